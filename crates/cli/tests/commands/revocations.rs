//! `deputize revocations`: show, verify, diff, prune, delta, apply.

use std::fs;

use deputize::{
    HopId, MemoryStatementState, NotAccepted, RevocationDraft, RevocationList, StatementEffect,
    Statements,
};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::Duration;

use crate::common::{key_of, now};
use crate::revoke::{hops, list, revoke};
use crate::shell::Shell;

/// A folder in which `old` is Alice's first list, with a hop, and `new` her second, in which an
/// owner came and a key changed.
fn shell() -> Shell {
    let shell = Shell::with_tokens();
    let done = |rest: &str| assert_eq!(revoke(&shell, "alice", rest).code, 0);
    done("--new --revoke-key planner.pub --compromised @researcher.token");
    shell.done("cp alice.revocations old");
    done("--owner 'a b' --revoke-key planner.pub --retired now --anyway");
    shell.done("cp alice.revocations new");
    shell
}

fn many(count: u64) -> RevocationList {
    let mut draft = RevocationDraft::own();
    for i in 0..count {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&i.to_be_bytes());
        draft.revoke_hop_id(&HopId::from_bytes(id), now());
    }
    draft.sign(&key_of("alice"), now(), now() + Duration::hours(24)).unwrap()
}

#[test]
fn a_list_is_shown_to_a_person_and_as_json() {
    let shell = shell();
    let own = list(&shell, "new");
    let id = hops(&shell, "researcher.token")[1].to_string();
    let (alice, planner) = (key_of("alice"), key_of("planner"));
    let [alice, planner] = [alice, planner].map(|key| deputize::Signer::public_key(&key));
    let wanted = format!(
        "revocations of 8a88e3dd7409f195 ({alice})
  scope:    own, chains in which the issuer is the root key or a delegate
  sequence: 2
  issued:   2026-11-23T18:00:00Z
  next:     2026-11-24T18:00:00Z
  digest:   {}
  previous: {}
  entries:  3
    owner \"a b\" since 2026-11-23T18:00:00Z
    key {planner} retired at 2026-11-23T18:00:00Z, since 2026-11-23T18:00:00Z
    hop {} since 2026-11-23T18:00:00Z, expires by 2026-11-23T19:00:00Z
",
        own.digest(),
        list(&shell, "old").digest(),
        &id[..32],
    );
    assert_eq!(shell.done("deputize revocations show new"), wanted);
    assert_eq!(shell.done("deputize revocations show - < new"), wanted);
    let json = shell.done("deputize revocations show --format json new");
    let json: Value = serde_json::from_str(&json).unwrap();
    jsonschema::validate(&Document::Revocations.schema().to_value(), &json).unwrap();
    assert_eq!((&json["scope"], &json["final"]), (&"own".into(), &false.into()));
    assert_eq!(json["entries"].as_array().unwrap().len(), 3);
    assert_eq!(json["entries"][0]["id"], id[..32]);
    assert_eq!(json["entries"][2]["what"], "retired_key");
    // Every kind of entry fits the schema.
    shell.done("deputize revoke --new --at $NOW --key writer.key --list w --hop 0101010101010101010101010101010101010101010101010101010101010101 --token-id 70707070707070707070707070707070 --revoke-key thief.pub --compromised --void 'own thief.pub from 2' --void 'list 0101010101010101010101010101010101010101010101010101010101010101' --void 'power 0101010101010101010101010101010101010101010101010101010101010101 from 1'");
    let json: Value =
        serde_json::from_str(&shell.done("deputize revocations show --format json w")).unwrap();
    jsonschema::validate(&Document::Revocations.schema().to_value(), &json).unwrap();
    assert_eq!(json["entries"].as_array().unwrap().len(), 6);
}

#[test]
fn a_long_list_is_shown_in_part_unless_all_of_it_is_wanted() {
    let shell = Shell::empty();
    shell.write("long", many(1_000).as_bytes());
    let shown = shell.done("deputize revocations show long");
    assert!(shown.ends_with("    … and 950 more hops; --all shows them\n"), "{shown}");
    assert_eq!(shown.matches("\n    hop ").count(), 50);
    assert_eq!(
        shell.done("deputize revocations show --all long").matches("\n    hop ").count(),
        1_000
    );
    let json: Value =
        serde_json::from_str(&shell.done("deputize revocations show --format json long")).unwrap();
    assert_eq!(json["entries"].as_array().unwrap().len(), 1_000);
}

/// A name cannot be taken for the words around it.
#[test]
fn names_in_a_list_are_quoted() {
    let shell = Shell::new();
    let name = "sequence: 9, owner bob since 2026-01-01T00:00:00Z";
    assert_eq!(revoke(&shell, "alice", &format!("--new --owner '{name}'")).code, 0);
    let shown = shell.done("deputize revocations show alice.revocations");
    assert!(
        shown.contains(&format!("    owner \"{name}\" since 2026-11-23T18:00:00Z\n")),
        "{shown}"
    );
}

#[test]
fn a_list_is_verified() {
    let shell = shell();
    let verify = |rest: &str| shell.run(&format!("deputize revocations verify {rest}"));
    let printed = verify("--at $NOW --issuer alice.pub new");
    let wanted = "new: authentic, by 8a88e3dd7409f195, sequence 2, issued 2026-11-23T18:00:00Z, fresh until 2026-11-24T18:00:00Z\n";
    assert_eq!((printed.code, printed.out.as_str(), printed.err.as_str()), (0, wanted, ""));
    let printed = verify("--at $NOW new");
    assert_eq!(
        printed.err,
        "note: anybody can issue a list; pass --issuer to check who issued this one\n"
    );
    for (rest, code, part) in [
        ("--at 2026-11-24T17:59:59Z", 0, "fresh until 2026-11-24T18:00:00Z"),
        ("--at 2026-11-24T18:00:00Z", 1, "it is stale since 2026-11-24T18:00:00Z; get a newer one"),
        ("--at 2026-11-23T18:59:59Z --max-stale 1h", 0, "fresh until 2026-11-23T19:00:00Z"),
        ("--at 2026-11-23T19:00:00Z --max-stale 1h", 1, "it is stale since 2026-11-23T19:00:00Z"),
        ("--at 2026-11-24T18:00:00Z --max-stale 7d", 1, "it is stale since 2026-11-24T18:00:00Z"),
        ("--at 2026-11-23T17:59:30Z", 0, "fresh until 2026-11-24T18:00:00Z"),
        (
            "--at 2026-11-23T17:59:29Z",
            1,
            "it was issued at 2026-11-23T18:00:00Z, ahead of the clock, 2026-11-23T17:59:29Z",
        ),
        (
            "--at $NOW --issuer planner.pub",
            1,
            "its issuer is 8a88e3dd7409f195, and not 8139770ea87d175f",
        ),
    ] {
        let printed = verify(&format!("{rest} new"));
        assert_eq!(printed.code, code, "{rest}: {}", printed.out);
        assert!(printed.out.contains(part), "{rest}: {}", printed.out);
        assert_eq!(printed.out.contains("REFUSED"), code == 1, "{}", printed.out);
    }
    for rest in [
        "--max-stale 2026-11-23T18:00:00Z new",
        "--max-stale soon new",
        "--issuer nobody new",
        "nowhere",
    ] {
        shell.refused(&format!("deputize revocations verify {rest}"));
    }
}

#[test]
fn a_file_that_is_not_an_authentic_list_is_refused() {
    let shell = shell();
    let bytes = fs::read(shell.path("new")).unwrap();
    let text = bytes.iter().position(|b| *b == b'8').unwrap();
    for (name, at, new) in [("digit", text, b'9'), ("body", bytes.len() - 1, 1)] {
        let mut odd = bytes.clone();
        odd[at] = new;
        shell.write(name, odd);
    }
    shell.write("cut", &bytes[..bytes.len() - 1]);
    shell.write("more", [&bytes[..], &[0]].concat());
    shell.done("deputize revocations delta old new > delta");
    for (name, why) in [
        ("digit", "this is not a revocation list, or it was damaged: "),
        ("body", "the body is not the one that was signed: its SHA-256 differs"),
        ("cut", "the body must have 23 bytes, and has 22"),
        ("more", "the body must have 23 bytes, and has 24"),
        ("alice.pub", "this is not a revocation list"),
        ("planner.token", "this is not a revocation list"),
        ("delta", "this is a delta; make the list with `deputize revocations apply OLD "),
        ("nowhere", "No such file"),
        (".", "Is a directory"),
    ] {
        for line in ["show", "verify", "diff new", "delta new"] {
            let printed = shell.refused(&format!("deputize revocations {line} {name}"));
            assert!(printed.contains(why), "{line} {name}: {printed}");
            // No byte of the body is printed.
            assert!(printed.chars().all(|c| !c.is_control()), "{printed:?}");
        }
    }
    let printed = shell.refused("deputize revocations show - < delta");
    let why = "standard input: this is a delta; make the list with `deputize revocations apply OLD DELTA > NEW`";
    assert_eq!(printed, why);
}

#[test]
fn lists_are_compared() {
    let shell = shell();
    let id = hops(&shell, "researcher.token")[1].to_string();
    let planner = deputize::Signer::public_key(&key_of("planner"));
    let wanted = format!(
        "old: of 8a88e3dd7409f195, sequence 1, issued 2026-11-23T18:00:00Z
new: of 8a88e3dd7409f195, sequence 2, issued 2026-11-23T18:00:00Z
new follows directly
+ owner \"a b\" since 2026-11-23T18:00:00Z
- key {planner} compromised, since 2026-11-23T18:00:00Z
+ key {planner} retired at 2026-11-23T18:00:00Z, since 2026-11-23T18:00:00Z, GIVEN BACK
"
    );
    assert_eq!(shell.done("deputize revocations diff old new"), wanted);
    // A hop that is pruned is not given back; one that is removed before is.
    shell.done(
        "deputize revocations prune --at 2026-11-23T19:05:00Z --key alice.key alice.revocations",
    );
    let shown = shell.done("deputize revocations diff new alice.revocations");
    assert!(
        shown.ends_with(&format!(
            "- hop {} since 2026-11-23T18:00:00Z, expires by 2026-11-23T19:00:00Z\n",
            &id[..32]
        )),
        "{shown}"
    );
    let newer = shell.done("deputize revocations diff old alice.revocations");
    assert!(
        newer.contains("\nalice.revocations is newer; the lists between are not compared\n"),
        "{newer}"
    );
    shell.done("cp new early; deputize revoke --at 2026-11-23T18:30:00Z --key alice.key --list early --give-back @researcher.token");
    let shown = shell.done("deputize revocations diff new early");
    assert!(shown.ends_with("expires by 2026-11-23T19:00:00Z, GIVEN BACK\n"), "{shown}");

    let json = |line: &str, code| -> Value {
        let printed = shell.run(&format!("deputize revocations diff --format json {line}"));
        assert_eq!(printed.code, code, "{line}: {}", printed.err);
        let json = serde_json::from_str(&printed.out).unwrap();
        jsonschema::validate(&Document::RevocationsDiff.schema().to_value(), &json).unwrap();
        json
    };
    assert_eq!(json("old new", 0)["changed"][0]["given_back"], true);
    let early = json("new early", 0);
    assert_eq!(
        (&early["relation"], &early["removed"][0]["given_back"]),
        (&"next".into(), &true.into())
    );
    assert_eq!(json("new new", 0)["relation"], "same");
    assert_eq!(json("old alice.revocations", 0)["relation"], "newer");
    assert_eq!(json("alice.revocations old", 1)["relation"], "older");
    // Two lists of one place; a higher one that is not issued later; a second child.
    assert_eq!(json("early alice.revocations", 1)["relation"], "fork");
    shell.done("cp old second; deputize revoke --at 2026-11-23T18:20:00Z --key alice.key --list second --owner z");
    assert_eq!(json("new second", 1)["relation"], "fork");
    assert_eq!(json("second new", 1)["relation"], "fork");
    assert_eq!(json("second old", 1)["relation"], "older");
    shell.done("deputize revoke --new --at 2026-11-23T18:10:00Z --key alice.key --list high --first-sequence 9 --owner z");
    assert_eq!(json("second high", 1)["relation"], "fork", "higher, and issued before");
    assert_eq!(json("new high", 0)["relation"], "newer");
    shell.done("deputize revoke --new --at $NOW --key planner.key --list p --owner z");
    assert_eq!(json("new p", 1)["relation"], "other_series");
    shell.done("deputize revoke --new --at $NOW --key writer.key --list w --for-root alice.pub; deputize revoke --new --at $NOW --key writer.key --list w2");
    assert_eq!(json("w w2", 1)["relation"], "other_series");
    shell.done("cp new last; cp new next; deputize revoke --at 2026-11-23T18:20:00Z --key alice.key --list last --revoke-key alice.pub --compromised --anyway");
    shell.done("deputize revoke --new --at 2026-11-23T18:30:00Z --key alice.key --list next5 --first-sequence 5");
    assert_eq!(json("new last", 0)["new"]["final"], true);
    assert_eq!(json("last next5", 1)["relation"], "after_final");
}

/// A verifier that holds the one list says the same about the other.
#[test]
fn lists_are_compared_as_verifiers_compare_them() {
    let (alice, folder) = (key_of("alice"), Shell::empty());
    let at = |minutes: i64| now() + Duration::minutes(minutes);
    let sign = |draft: RevocationDraft, minutes| {
        draft.sign(&alice, at(minutes), at(minutes) + Duration::hours(1)).unwrap()
    };
    let begun =
        |sequence, minutes| sign(RevocationDraft::own().with_first_sequence(sequence), minutes);
    let first = begun(1, 0);
    let second = sign(RevocationDraft::after(&first), 1);
    let third = sign(RevocationDraft::after(&second), 2);
    let mut other = RevocationDraft::after(&first);
    other.revoke_token([7; 16], now());
    let other = sign(other, 3);
    let ends = sign(RevocationDraft::ending_fork(&third, &other), 4);
    let mut last = RevocationDraft::after(&third);
    last.revoke_key(deputize::Signer::public_key(&alice), deputize::KeyEnd::compromised(), now());
    let all = [
        first,
        second,
        third,
        other,
        ends,
        sign(last, 5),
        begun(2, 0),
        begun(2, 9),
        begun(3, 1),
        begun(9, 0),
        begun(9, 9),
    ];
    for (place, list) in all.iter().enumerate() {
        folder.write(&place.to_string(), list.as_bytes());
    }
    let anchor = deputize::TrustAnchor::for_any_owner(deputize::Signer::public_key(&alice));
    let mut seen = std::collections::BTreeSet::new();
    for (i, old) in all.iter().enumerate() {
        for (j, new) in all.iter().enumerate() {
            let held = Statements::new(anchor.clone(), MemoryStatementState::default()).unwrap();
            let _ = held.accept_list(old.clone(), at(9)).unwrap();
            let wanted = match held.accept_list(new.clone(), at(9)).map(|accepted| accepted.effect)
            {
                Ok(StatementEffect::Current) if old == new => "is the same list",
                Ok(StatementEffect::Current) => "follows directly|is newer",
                Ok(StatementEffect::Forked { .. }) => "is a FORK",
                Err(NotAccepted::RolledBack { .. }) => "is OLDER",
                Err(NotAccepted::SeriesEnded) => "comes AFTER A FINAL list",
                _ => "nothing",
            };
            let printed = folder.run(&format!("deputize revocations diff {i} {j}"));
            let line = printed.out.lines().nth(2).unwrap();
            let is_wanted =
                wanted.split('|').any(|wanted| line.starts_with(&format!("{j} {wanted}")));
            assert!(is_wanted, "{i} {j}: {line}, not {wanted}");
            assert_eq!(
                printed.code == 0,
                wanted.contains("same") || wanted.contains('|'),
                "{line}"
            );
            seen.insert(wanted);
        }
    }
    assert_eq!(seen.len(), 5);
}

#[test]
fn a_list_is_renewed() {
    let shell = shell();
    let printed = shell.run("deputize revocations renew --at 2026-11-23T18:04:00Z --next 2h --key alice.key alice.revocations");
    let wanted = "alice.revocations: sequence 3, next by 2026-11-23T20:04:00Z, 3 entries\n";
    assert_eq!((printed.code, printed.out.as_str(), printed.err.as_str()), (0, wanted, ""));
    let own = list(&shell, "alice.revocations");
    assert_eq!(own.previous(), Some(list(&shell, "new").digest()));
    for (line, why) in [
        (
            "--key alice.key nowhere",
            "`nowhere`: the file does not exist; to begin the first list of this key, pass --new to `deputize revoke`",
        ),
        (
            "--key planner.key alice.revocations",
            "this is a list of the key 8a88e3dd7409f195, and --key is 8139770ea87d175f; each issuer has a file of its own",
        ),
        ("--key alice.key alice.pub", "`alice.pub`: this is not a revocation list"),
        ("--key alice.key --at 2026-11-23T18:03:59Z alice.revocations", "; set the clock"),
    ] {
        let printed = shell.refused(&format!("deputize revocations prune {line}"));
        assert!(printed.contains(why), "{line}: {printed}");
    }
    assert!(!shell.path("nowhere").exists());
}

#[test]
fn a_delta_makes_the_newer_list_of_the_older() {
    let shell = shell();
    shell.done(
        "deputize revocations prune --at 2026-11-23T19:05:00Z --key alice.key alice.revocations",
    );
    for (old, new) in
        [("old", "new"), ("new", "alice.revocations"), ("old", "alice.revocations"), ("old", "old")]
    {
        shell.done(&format!("deputize revocations delta {old} {new} > delta; deputize revocations apply {old} delta > made"));
        shell.done(&format!("cmp made {new}"));
    }
    shell.done("deputize revocations delta old new > delta");
    let why = shell.refused("deputize revocations apply new delta > made");
    assert!(why.contains("`delta`: the delta is for the list"), "{why}");
    assert!(
        shell
            .refused("deputize revocations apply old new > made")
            .contains("`new`: line 1 must be")
    );
    let why = shell.refused("deputize revocations delta new old > delta");
    assert_eq!(why, "`old`: this list is OLDER; verifiers refuse it");
    // `script` makes a terminal.
    for line in ["delta old new", "apply old delta"] {
        let typed = shell.run(&format!("deputize revocations delta old new > delta; script -qec 'deputize revocations {line}' /dev/null"));
        assert_eq!(typed.code, 2, "{}", typed.out);
        assert!(
            typed.out.contains("the result is not text, and standard output is a terminal"),
            "{}",
            typed.out
        );
    }
    assert_eq!(shell.run("deputize revocations delta old new >&-").code, 2);
}
