//! `deputize revoke`: the entries of a list, its issuers, and refusals.

use deputize::{HopId, KeyEnd, RevocationList, Signer, StatementScope, Token};

use crate::common::{key_of, now};
use crate::shell::{Outcome, Shell, with_call};
use time::Duration;

/// Returns the list in a file.
pub(crate) fn list(shell: &Shell, file: &str) -> RevocationList {
    RevocationList::parse(std::fs::read(shell.path(file)).unwrap()).unwrap()
}

pub(crate) fn hops(shell: &Shell, token: &str) -> Vec<HopId> {
    Token::parse(shell.read(token).trim()).unwrap().hop_ids().collect()
}

/// Runs `revoke` with the key of a member of the cast, for the list `FILE` of that name.
pub(crate) fn revoke(shell: &Shell, who: &str, rest: &str) -> Outcome {
    shell.run(&format!("deputize revoke --at $NOW --key {who}.key --list {who}.revocations {rest}"))
}

/// As [`revoke`], which must succeed. Returns what was printed on both channels.
pub(crate) fn revoked(shell: &Shell, who: &str, rest: &str) -> (String, String) {
    let Outcome { code, out, err } = revoke(shell, who, rest);
    assert_eq!(code, 0, "{rest}\n{out}{err}");
    (out, err)
}

/// As [`revoke`], which must refuse, print nothing, and leave the list as it was.
pub(crate) fn refused(shell: &Shell, who: &str, rest: &str) -> String {
    let file = shell.path(&format!("{who}.revocations"));
    let before = std::fs::read(&file).ok();
    let Outcome { code, out, err } = revoke(shell, who, rest);
    assert_eq!((code, out.as_str()), (1, ""), "{rest}\n{err}");
    assert!(err.ends_with("nothing was changed; pass --anyway to sign the list all the same\n"));
    assert_eq!(std::fs::read(&file).ok(), before, "{rest}");
    err
}

#[test]
fn a_root_takes_back_the_last_hop_of_a_token() {
    let shell = Shell::with_tokens();
    let ids = hops(&shell, "researcher.token");
    let (out, err) = revoked(&shell, "alice", "--new @researcher.token");
    let wanted = format!(
        "revoked: hop 1 {} planner (8139770ea87d175f) → researcher (ed4928c628d1c2c6), until 2026-11-23T18:15:00Z
alice.revocations: sequence 1, next by 2026-11-24T18:00:00Z, 1 entry
",
        ids[1]
    );
    assert_eq!(out, wanted);
    for note in [
        "note: planner can delegate to researcher again; to prevent that, revoke hop 0 too, with --at-hop 0\n",
        "note: equal grants of one delegator in one second are one hop, and are revoked together\n",
        "note: this is the first list of this key; if there were earlier ones, pass --first-sequence to begin after them\n",
    ] {
        assert!(err.contains(note), "{err}");
    }
    let first = list(&shell, "alice.revocations");
    assert_eq!(
        (first.issuer(), first.scope()),
        (key_of("alice").public_key(), StatementScope::Own)
    );
    assert_eq!((first.issued(), first.next_update()), (now(), now() + Duration::hours(24)));
    let entry = first.hop(&ids[1]).unwrap();
    // Rounded up to a whole hour.
    assert_eq!((entry.since(), entry.expires()), (now(), Some(now() + Duration::hours(1))));
    assert!(first.hop(&ids[0]).is_none() && first.hop_count() == 1);

    let (out, err) = revoked(&shell, "alice", "--next 2h --at-hop 0 @researcher.token");
    assert!(out.contains(&format!("revoked: hop 0 {} alice@acme.com (8a88", ids[0])), "{out}");
    assert!(out.ends_with("sequence 2, next by 2026-11-23T20:00:00Z, 2 entries\n"), "{out}");
    assert!(!err.contains("can delegate") && !err.contains("the first list"), "{err}");
    let second = list(&shell, "alice.revocations");
    assert_eq!((second.sequence(), second.previous()), (2, Some(first.digest())));
    assert!(second.hop(&ids[0]).is_some() && second.hop(&ids[1]).is_some());
}

#[test]
fn a_presentation_and_several_tokens_are_taken_back_too() {
    let shell = Shell::with_tokens();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    let (one, other) = (hops(&shell, "planner.token")[0], hops(&shell, "researcher.token")[1]);
    let (out, _) = revoked(&shell, "alice", "--new @p @planner.token");
    assert!(out.find(&other.to_string()) < out.find(&one.to_string()), "{out}");
    let own = list(&shell, "alice.revocations");
    assert!(own.hop(&one).is_some());
    assert_eq!(own.hop(&other).unwrap().expires(), Some(now() + Duration::hours(1)));
    // Long after, when it is not valid any more, and from standard input.
    shell.done("deputize revoke --new --at 2026-11-23T18:16:00Z --key alice.key --list late - < p");
    assert!(list(&shell, "late").hop(&other).is_some());
    let mut odd = shell.read("p").into_bytes();
    let middle = odd.len() / 2;
    odd[middle] = if odd[middle] == b'A' { b'B' } else { b'A' };
    shell.write("odd", odd);
    let why = shell.refused("deputize revoke --new --key alice.key --list x @odd");
    assert!(why.contains("the presentation is not authentic"), "{why}");
    assert!(!shell.path("x").exists());
}

#[test]
fn a_delegator_takes_back_what_is_below_its_own_hop() {
    let shell = Shell::with_tokens();
    let ids = hops(&shell, "researcher.token");
    let (_, err) = revoked(&shell, "planner", "--new @researcher.token");
    assert!(!err.contains("can delegate"), "the note is not for the issuer itself: {err}");
    assert!(list(&shell, "planner.revocations").hop(&ids[1]).is_some());
    // Its own hop only if it says so.
    let why = refused(&shell, "planner", "@planner.token");
    let wanted = "this key holds the token, so the last hop is its own, 0; to give it back, pass --surrender\n";
    assert!(why.starts_with(wanted), "{why}");
    revoked(&shell, "planner", "--surrender @researcher.token");
    assert!(list(&shell, "planner.revocations").hop(&ids[0]).is_some());
    // Hops over which the list has no power.
    for (who, rest, why) in [
        (
            "researcher",
            "--new --at-hop 0 @researcher.token",
            "hop 0 is above the one that gave this key its authority, hop 1, so its list has no power over it\n",
        ),
        (
            "writer",
            "--new @researcher.token",
            "nor one of its delegates, so its list has no power over it\n",
        ),
        (
            "writer",
            "--new --at-hop 0 @researcher.token",
            "nor one of its delegates, so its list has no power over it\n",
        ),
        (
            "writer",
            "--new --surrender @researcher.token",
            "is not a delegate of this token, so it has no hop of its own to revoke\n",
        ),
    ] {
        let printed = refused(&shell, who, rest);
        assert!(printed.contains(why), "{rest}: {printed}");
        assert!(!shell.path(&format!("{who}.revocations")).exists());
    }
    revoked(&shell, "researcher", "--new --surrender @researcher.token");
    assert!(list(&shell, "researcher.revocations").hop(&ids[1]).is_some());
    // A person who knows better, as with the successor of a root key.
    let (_, err) = revoked(&shell, "writer", "--new --anyway @researcher.token");
    assert!(err.starts_with("warning: the key"), "{err}");
    assert!(list(&shell, "writer.revocations").hop(&ids[1]).is_some());
}

#[test]
fn ids_owners_and_keys_are_taken_back() {
    let shell = Shell::with_tokens();
    let ids = hops(&shell, "researcher.token");
    let token_id = shell.done("deputize ids @planner.token");
    let token_id = token_id.lines().next().unwrap().strip_prefix("token ").unwrap().to_owned();
    let planner = key_of("planner").public_key();
    let rest = format!(
        "--new --hop {} --token-id {token_id} --owner alice@acme.com --revoke-key planner.pub --retired 2026-11-23T17:00:00Z",
        ids[1].to_string().to_uppercase()
    );
    let (out, err) = revoked(&shell, "alice", &rest);
    let wanted = format!(
        "revoked: hop {}
revoked: token {token_id}
revoked: owner alice@acme.com
revoked: key {planner}, retired at 2026-11-23T17:00:00Z
alice.revocations: sequence 1, next by 2026-11-24T18:00:00Z, 4 entries
",
        ids[1]
    );
    assert_eq!(out, wanted);
    assert!(err.contains("note: the expiry of a hop is unknown if only its id is given"), "{err}");
    let own = list(&shell, "alice.revocations");
    assert_eq!(own.hop(&ids[1]).unwrap().expires(), None);
    let (id, since) = own.tokens().next().unwrap();
    assert_eq!((format!("{:032x}", u128::from_be_bytes(id)), since), (token_id.clone(), now()));
    assert_eq!(own.owners().collect::<Vec<_>>(), [("alice@acme.com", now())]);
    let (key, entry) = own.keys().next().unwrap();
    assert_eq!((key, entry.end()), (planner, &KeyEnd::retired(now() - Duration::hours(1))));

    // Revoking again adds no entry, and issues no new list.
    let before = shell.path("alice.revocations");
    let bytes = std::fs::read(&before).unwrap();
    let (out, err) = revoked(&shell, "alice", &rest.replace("--new", ""));
    assert_eq!(
        out,
        "alice.revocations: unchanged, sequence 1, next by 2026-11-24T18:00:00Z, 4 entries\n"
    );
    assert_eq!(err.matches("note: the list has this entry already: ").count(), 4, "{err}");
    assert_eq!(std::fs::read(&before).unwrap(), bytes);

    // From retired to compromised, with exceptions, and not back by mistake.
    let digest = own.digest();
    let rest =
        format!("--revoke-key {planner} --compromised --good {} --successor {digest}", ids[1]);
    let (out, err) = revoked(&shell, "alice", &rest);
    assert!(out.starts_with(&format!("revoked: key {planner}, compromised\n")), "{out}");
    assert!(err.contains("note: it replaces the entry: key ed25519/8139"), "{err}");
    let own = list(&shell, "alice.revocations");
    let end = KeyEnd::compromised().with_good(ids[1]).with_successor(digest);
    assert_eq!(own.keys().next().unwrap().1.end(), &end);
    let why = refused(&shell, "alice", "--revoke-key planner.pub --retired now");
    assert!(why.starts_with("the list reports this key as compromised;"), "{why}");
    revoked(&shell, "alice", "--revoke-key planner.pub --retired now --anyway");
    let own = list(&shell, "alice.revocations");
    assert_eq!(own.keys().next().unwrap().1.end(), &KeyEnd::retired(now()));
}

#[test]
fn what_has_expired_needs_no_entry_and_entries_are_pruned_with_each_list() {
    let shell = Shell::with_tokens();
    let late = |at: &str, rest: &str| {
        let line = "deputize revoke --key alice.key --list alice.revocations";
        shell.run(&format!("{line} --at {at} {rest}"))
    };
    revoked(&shell, "alice", "--new @researcher.token");
    // It expires at 18:15, which is rounded up, and the greatest tolerance is five minutes.
    let printed = late("2026-11-23T19:04:59Z", "@planner.token");
    assert!(printed.out.ends_with("2 entries\n"), "{}", printed.out);
    let printed = late("2026-11-23T19:05:00Z", "--owner a");
    assert!(printed.out.ends_with(", 2 entries, 1 expired and removed\n"), "{}", printed.out);
    let printed = late("2026-11-23T19:05:00Z", "@researcher.token");
    assert_eq!(printed.code, 0);
    assert!(printed.err.starts_with("note: this hop has expired and needs no entry: hop 1 "));
    assert!(
        printed.out.starts_with("alice.revocations: unchanged, sequence 3, "),
        "{}",
        printed.out
    );
}

#[test]
fn a_list_about_its_own_compromised_key_is_the_last() {
    let shell = Shell::with_tokens();
    revoked(&shell, "alice", "--new @planner.token");
    let why = refused(&shell, "alice", "--revoke-key alice.pub --compromised");
    assert!(
        why.starts_with("this is the key that signs the list: the list becomes final"),
        "{why}"
    );
    revoked(&shell, "alice", "--revoke-key alice.pub --compromised --anyway");
    for line in [
        "revoke --list alice.revocations --anyway --owner a",
        "revoke --list alice.revocations --give-back --revoke-key alice.pub",
        "revocations prune alice.revocations",
    ] {
        let why = shell.refused(&format!("deputize {line} --at $NOW --key alice.key"));
        assert!(
            why.contains("`alice.revocations`: this list is final: it reports its own key"),
            "{why}"
        );
    }
    assert!(shell.done("deputize revocations show alice.revocations").contains("\n  final:    "));
    // A key that is only retired goes on.
    revoked(&shell, "planner", "--new --revoke-key planner.pub --retired now");
    revoked(&shell, "planner", "--owner a");
}
