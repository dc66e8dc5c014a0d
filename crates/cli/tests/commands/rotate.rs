//! `deputize rotate`: the statement, the delegated tokens, and the grants to ask for.

use deputize::{Signer, Successor, Token};
use deputize_cli::commands::schema::Document;
use serde_json::Value;

use crate::common::{key_of, now, planner, writer};
use crate::shell::{CALL, MINT, Outcome, Shell};

fn rotate(shell: &Shell, who: &str, rest: &str) -> Outcome {
    shell.run(&format!(
        "deputize rotate --at $NOW --key {who}.key --new-key writer.key --successor {who}.successor {rest}"
    ))
}

fn statement(shell: &Shell, who: &str) -> Successor {
    Successor::parse(shell.read(&format!("{who}.successor")).as_bytes()).unwrap()
}

fn token(text: &str) -> Token {
    Token::parse(text.trim()).unwrap()
}

#[test]
fn all_that_a_token_grants_goes_to_the_new_key() {
    let shell = Shell::with_tokens();
    let Outcome { code, out, err } = rotate(&shell, "planner", "--token @planner.token");
    assert_eq!(code, 0, "{err}");
    let (old, new) = (token(&shell.read("planner.token")), token(&out));
    assert_eq!(new.hops().len(), 2);
    assert_eq!(new.hops()[0].id(), old.hops()[0].id());
    let hop = &new.hops()[1];
    assert_eq!(hop.delegator(), old.holder());
    assert_eq!((hop.delegate().name(), hop.delegate().key()), ("planner", writer().public_key()));
    assert_eq!(hop.delegate().kind(), old.holder().kind());
    assert_eq!(new.capabilities(), old.capabilities());
    assert_eq!((new.expires(), new.audience()), (old.expires(), old.audience()));
    assert_eq!(new.further_hops(), old.further_hops() - 1);
    assert_eq!(hop.grant().purpose(), "rotation of the key 8139770ea87d175f: Q3 review");
    let own = statement(&shell, "planner");
    assert_eq!((own.old(), own.new_key()), (planner().public_key(), writer().public_key()));
    assert_eq!(own.issued(), now());
    for line in [
        "wrote planner.successor: ed25519/ca93ac17",
        "planner.token: delegated to the new key\n",
        "granted by planner to planner (agent, ca93ac1705187071)\n",
        "`deputize agents rekey --key ISSUER DIRECTORY planner.successor`\n",
        "`deputize revoke --key planner.key --list LIST --revoke-key ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394 --retired now`\n",
    ] {
        assert!(err.contains(line), "{err}");
    }
    // A verifier allows the call, and the old key, retired, takes nothing away.
    shell.write("new.token", out);
    shell.done(&format!("deputize present --key writer.key {CALL} @new.token > call.token"));
    shell.done("deputize revoke --new --at $NOW --key planner.key --list planner.revocations --revoke-key planner.pub --retired now");
    shell.done("deputize revoke --new --at $NOW --key alice.key --list alice.revocations");
    let verify = format!(
        "deputize verify {CALL} --trust alice.pub=alice@acme.com --revocations alice.revocations \
         --revocations planner.revocations --max-stale 1h"
    );
    shell.done(&format!("{verify} @call.token"));
    shell.done(&format!("deputize present --at 2026-11-23T18:00:01Z --key planner.key {} @planner.token > old.token", CALL.replace("--at $NOW", "")));
    let old = shell.run(&format!("{} @old.token", verify.replace("$NOW", "2026-11-23T18:00:01Z")));
    assert!(old.code == 1 && old.out.contains("[key_revoked]"), "{}", old.out);
}

#[test]
fn what_cannot_be_delegated_must_be_asked_for() {
    let shell = Shell::with_tokens();
    let Outcome { code, out, err } = rotate(&shell, "researcher", "--token @researcher.token");
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    for line in [
        "researcher.token: NOT delegated: ",
        "ask planner (agent, ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394) for a grant to researcher=ed25519/ca93ac17",
        "  may do:  crm.read on accounts/emea/** where limit <= 10\n",
        "  at:      crm.acme.com\n",
        "  until:   2026-11-23T18:15:00Z\n",
        "next: ask for the tokens that could not be delegated\n",
    ] {
        assert!(err.contains(line), "{err}");
    }
    assert_eq!(statement(&shell, "researcher").new_key(), writer().public_key());
    let Outcome { code, out, .. } =
        rotate(&shell, "researcher", "--format json --token @researcher.token");
    let json: Value = serde_json::from_str(&out).unwrap();
    jsonschema::validate(&Document::Rotate.schema().to_value(), &json).unwrap();
    let own = &json["tokens"][0];
    assert_eq!((code, &own["result"], &own["of"]["name"]), (1, &"ask".into(), &"planner".into()));
    assert_eq!(own["to"]["key"], writer().public_key().to_string());
    assert_eq!(own["until"], "2026-11-23T18:15:00Z");
    assert_eq!(json["written"], false);
    assert_eq!(json["successor"], shell.read("researcher.successor"));

    // Only some keys may get it.
    shell.done("deputize mint --at $NOW --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --expires 1h --max-hops 1 --delegates researcher.pub --purpose p > only");
    let Outcome { code, out, err } =
        rotate(&shell, "planner", "--token @only --token @planner.token");
    assert_eq!(code, 1);
    assert!(err.contains("only: NOT delegated: hop 0 does not allow"), "{err}");
    assert!(err.contains("ask alice@acme.com (human, ed25519/8a88e3dd"), "{err}");
    // The other one is delegated all the same.
    assert_eq!(token(&out).holder().key(), writer().public_key());
    // An expired token needs no delegation.
    let line = "deputize rotate --at 2026-11-23T18:15:00Z --key researcher.key --new-key writer.key --successor researcher.successor --token @researcher.token";
    let printed = shell.run(line);
    assert!(
        printed.code == 0
            && printed.err.contains("it has expired, so there is nothing to delegate"),
        "{}",
        printed.err
    );
}

#[test]
fn the_tokens_of_a_wallet_and_of_a_file_are_rotated() {
    let shell = Shell::with_tokens();
    shell.done("deputize wallet add --at $NOW --wallet w --any-root @planner.token; deputize wallet add --at $NOW --wallet w --any-root @researcher.token");
    let printed = rotate(&shell, "planner", "--wallet w");
    assert_eq!(printed.code, 0, "{}", printed.err);
    assert_eq!(token(&printed.out).holder().key(), writer().public_key());
    // The new one is beside the old ones.
    let listed: Value =
        serde_json::from_str(&shell.done("deputize wallet list --format json --wallet w")).unwrap();
    let holders: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["holder"]["key"].as_str().unwrap())
        .collect();
    assert_eq!(holders.len(), 3);
    assert!(holders.contains(&writer().public_key().to_string().as_str()));
    shell.done(&format!(
        "deputize present --key writer.key --wallet w --trust alice.pub {CALL} > call.token"
    ));
    // Several in a file, and on standard input.
    shell.done("cat planner.token planner.token > both");
    for source in ["@both", "- < both"] {
        let Outcome { out, err, .. } = rotate(&shell, "planner", &format!("--token {source}"));
        assert_eq!(out.lines().count(), 2, "{err}");
        out.lines().for_each(|line| assert_eq!(token(line).hops().len(), 2));
    }
}

#[test]
fn a_root_key_has_a_successor_that_verifiers_follow() {
    let shell = Shell::with_tokens();
    let Outcome { code, out, err } = rotate(&shell, "alice", "--owner alice@acme.com");
    assert_eq!(code, 0, "{err}");
    let (options, json) = out.trim().split_once('\n').unwrap();
    assert_eq!(
        options,
        format!(
            "--trust {}=alice@acme.com --successor alice.successor",
            key_of("alice").public_key()
        )
    );
    let anchor: deputize::TrustAnchor = serde_json::from_str(json).unwrap();
    let wanted = deputize::TrustAnchor::new(key_of("alice").public_key(), "alice@acme.com");
    assert_eq!(anchor, wanted.with_successor(statement(&shell, "alice")).unwrap());
    assert!(
        err.contains(
            "retire the old key in the list of the new one: `deputize revoke --key writer.key "
        ),
        "{err}"
    );
    // With what was printed, a token of the new key is trusted.
    shell.done("deputize mint --at $NOW --key writer.key --owner alice@acme.com --to planner=planner.pub --allow 'crm.read accounts/**' --expires 1h --purpose p > new.token");
    let report = |trust: &str| shell.run(&format!("deputize report --at $NOW {trust} @new.token"));
    assert_eq!(report(options).code, 0, "{}", report(options).out);
    assert_eq!(report("--trust alice.pub=alice@acme.com").code, 1);

    // The new key retires the old one: what that granted before goes on, and nothing later.
    shell.done("deputize revoke --new --at $NOW --key writer.key --list list --revoke-key alice.pub --retired now");
    shell
        .done(&MINT.replace("$NOW", "2026-11-23T18:00:01Z").replace("planner.token", "late.token"));
    for (own, code) in [("planner.token", 0), ("late.token", 1)] {
        let report = shell.run(&format!(
            "deputize report --at 2026-11-23T18:00:02Z {options} --revocations list --max-stale 1h @{own}"
        ));
        assert_eq!(report.code, code, "{own}\n{}{}", report.out, report.err);
        assert_eq!(report.out.contains("[key_revoked]"), code == 1, "{}", report.out);
    }

    let any = rotate(&shell, "alice", "--any-owner --format json");
    let any: Value = serde_json::from_str(&any.out).unwrap();
    jsonschema::validate(&Document::Rotate.schema().to_value(), &any).unwrap();
    assert_eq!((&any["anchor"]["any_owner"], &any["written"]), (&true.into(), &false.into()));
}

#[test]
fn a_rotation_that_is_not_one_writes_nothing() {
    let shell = Shell::with_tokens();
    shell.write("other", "mine");
    shell.done(
        "deputize rotate --key planner.key --new-key thief.key --successor taken 2>/dev/null",
    );
    let before = shell.read("taken");
    let line = "deputize rotate --at $NOW --key planner.key --new-key writer.key --successor s --token @planner.token";
    for (from, to, why) in [
        ("--new-key writer.key", "--new-key planner.key", "--new-key: the key ed25519/8139770e"),
        (
            "--new-key writer.key",
            "--new-key writer.pub",
            "this is a public key, and the private one is needed",
        ),
        (
            "--successor s",
            "--successor other",
            "--successor `other`: the file exists, and this is not a successor statement",
        ),
        (
            "--successor s",
            "--successor taken",
            "--successor `taken`: the file exists, and says that ",
        ),
        ("--successor s", "--successor -", "standard input cannot be replaced"),
        (
            "@planner.token",
            "@researcher.token",
            "researcher.token: the token is held by researcher",
        ),
        (
            "--key planner.key",
            "--key alice.key",
            "planner.token: --key is the root key of this token, and planner",
        ),
        ("@planner.token", "nonsense", "token 1: "),
        ("--token @planner.token", "--wallet nowhere", "the wallet does not exist"),
        ("--token @planner.token", "--owner a --token @planner.token", "cannot be used with"),
    ] {
        let changed = line.replace(from, to);
        assert_ne!(changed, line);
        let printed = shell.run(&changed);
        assert!(printed.code == 2 && printed.out.is_empty(), "{changed}\n{}", printed.err);
        assert!(printed.err.contains(why), "{changed}\n{}", printed.err);
        assert!(!shell.path("s").exists(), "{changed}");
    }
    assert_eq!((shell.read("other").as_str(), shell.read("taken")), ("mine", before));
}
