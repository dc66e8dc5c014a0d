//! `deputize report --ends`: the tokens that would end with each owner, key, token and hop.

use deputize::Signer;
use deputize_cli::commands::schema::Document;
use serde_json::Value;

use crate::common::key_of;
use crate::revoke::hops;
use crate::shell::{CALL, Shell, with_call};

/// A folder with the two tokens, one of Alice's for the writer, and one of another root for the
/// planner.
fn shell() -> Shell {
    let shell = Shell::with_tokens();
    let mint =
        "deputize mint --at $NOW --allow 'a b' --expires 2h --purpose p --owner alice@acme.com";
    shell.done(&format!("{mint} --key alice.key --to writer=writer.pub > writer.token"));
    shell.done(&format!("{mint} --key thief.key --to planner=planner.pub > thief.token"));
    shell
}

const ALL: &str = "@planner.token @researcher.token @writer.token @thief.token";

#[test]
fn each_subject_has_the_tokens_that_would_end() {
    let shell = shell();
    let key = |name: &str| key_of(name).public_key();
    let ids = hops(&shell, "researcher.token");
    let own = shell.done(&format!("deputize report --ends --at $NOW {ALL}"));
    let blocks: Vec<_> = own.split("\n  ends ").collect();
    let ends = |subject: &str| {
        let at = blocks.iter().position(|block| block.ends_with(subject));
        assert!(at.is_some(), "{subject}\n{own}");
        let at = at.unwrap();
        blocks[at + 1].lines().next().unwrap().to_owned()
    };
    let alices = "3: planner.token, researcher.token, writer.token";
    assert_eq!(ends(&format!("owner alice@acme.com, root key {}", key("alice"))), alices);
    assert_eq!(ends(&format!("key {} alice@acme.com", key("alice"))), alices);
    assert_eq!(ends(&format!("owner alice@acme.com, root key {}", key("thief"))), "1: thief.token");
    assert_eq!(
        ends(&format!("key {} planner", key("planner"))),
        "3: planner.token, researcher.token, thief.token"
    );
    assert_eq!(ends(&format!("key {} researcher", key("researcher"))), "1: researcher.token");
    let [first, second] = ids.try_into().unwrap();
    let line = format!(
        "hop 0 {first} alice@acme.com (8a88e3dd7409f195) → planner (8139770ea87d175f), until 2026-11-24T02:00:00Z"
    );
    assert_eq!(ends(&line), "2: planner.token, researcher.token");
    let line = format!(
        "hop 1 {second} planner (8139770ea87d175f) → researcher (ed4928c628d1c2c6), until 2026-11-23T18:15:00Z"
    );
    assert_eq!(ends(&line), "1: researcher.token");
    let id = shell.done("deputize ids @planner.token");
    assert_eq!(ends(id.lines().next().unwrap()), "2: planner.token, researcher.token");

    let json = shell.done(&format!("deputize report --ends --format json --at $NOW {ALL}"));
    let json: Value = serde_json::from_str(&json).unwrap();
    jsonschema::validate(&Document::Ends.schema().to_value(), &json).unwrap();
    let subjects = json["subjects"].as_array().unwrap();
    let hop = subjects.iter().find(|own| own["id"] == second.to_string()).unwrap();
    assert_eq!(
        (&hop["what"], &hop["index"], &hop["ends"]),
        (&"hop".into(), &1.into(), &serde_json::json!([1]))
    );
    assert_eq!(json["tokens"][1]["name"], "researcher.token");
    assert_eq!(json["tokens"][1]["expires"], "2026-11-23T18:15:00Z");
    // 2 owners, 5 keys, 3 tokens, 4 hops.
    assert_eq!(subjects.len(), 14);
}

/// Revoking a listed subject ends exactly its tokens, as a verifier decides.
#[test]
fn what_is_said_to_end_ends() {
    let shell = shell();
    let call = |token: &str| match token {
        "planner.token" | "researcher.token" => CALL.to_owned(),
        _ => "--at $NOW --operation a --resource b --audience c".to_owned(),
    };
    let holders = [
        ("planner.token", "planner"),
        ("researcher.token", "researcher"),
        ("writer.token", "writer"),
        ("thief.token", "planner"),
    ];
    for (token, holder) in holders {
        shell.done(&format!(
            "deputize present --key {holder}.key {} @{token} > {token}.p",
            call(token)
        ));
    }
    let json = shell.done(&format!("deputize report --ends --format json --at $NOW {ALL}"));
    let json: Value = serde_json::from_str(&json).unwrap();
    for subject in json["subjects"].as_array().unwrap() {
        let text = |name: &str| subject[name].as_str().unwrap_or_default();
        let what = match text("what") {
            "owner" => format!("--owner {}", text("name")),
            "key" => format!("--revoke-key {} --compromised --anyway", text("key")),
            "hop" => format!("--hop {}", text("id")),
            _ => format!("--token-id {}", text("id")),
        };
        for root in ["alice", "thief"] {
            // An owner is one under a root key.
            let is_meant = text("what") != "owner"
                || text("root_key") == key_of(root).public_key().to_string();
            let what = if is_meant { &what } else { "" };
            shell.done(&format!("rm -f {root}.list; deputize revoke --new --at $NOW --key {root}.key --list {root}.list {what}"));
        }
        let ended = holders.iter().enumerate().filter(|(_, (token, _))| {
            let line = format!("deputize verify --trust alice.pub --trust thief.pub --revocations alice.list --revocations thief.list --max-stale 1h {} @{token}.p", call(token));
            let printed = shell.run(&line);
            assert!(printed.code == 0 || printed.out.contains("revoked]"), "{}{}", printed.out, printed.err);
            printed.code == 1
        });
        let ended: Vec<_> = ended.map(|(place, _)| place).collect();
        assert_eq!(subject["ends"], serde_json::json!(ended), "{subject:#}");
    }
}

#[test]
fn many_tokens_come_from_a_file_or_standard_input() {
    let shell = shell();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    shell.done("(cat planner.token; echo; cat p) > all");
    let ends = |line: &str| shell.done(&format!("deputize report --ends --at $NOW {line}"));
    assert!(ends("@all").contains("  ends 2: all:1, all:3\n"));
    assert!(ends("< all").contains("  ends 2: standard input:1, standard input:3\n"));
    assert!(
        ends("- @writer.token < all")
            .contains("  ends 3: standard input:1, standard input:3, writer.token\n")
    );
    assert!(ends("$(cat planner.token) $(cat p)").contains("  ends 2: token 1, token 2\n"));
    shell.done("for i in $(seq 12); do cat planner.token; done > twelve");
    let own = ends("@twelve");
    assert!(own.contains("ends 12: twelve:1, ") && own.contains("twelve:8, 4 more\n"), "{own}");
}

#[test]
fn what_has_expired_or_is_not_a_token_is_left_out_and_named() {
    let shell = shell();
    let printed = shell.run(&format!("deputize report --ends --at 2026-11-23T18:15:00Z {ALL}"));
    assert_eq!(printed.err, "note: researcher.token has expired, so it has ended\n");
    assert!(!printed.out.contains("researcher"), "{}", printed.out);
    let mut odd = shell.read("planner.token").into_bytes();
    let middle = odd.len() / 2;
    odd[middle] = if odd[middle] == b'A' { b'B' } else { b'A' };
    shell.write("odd", odd);
    let printed = shell.run("deputize report --ends --at $NOW @odd @planner.token");
    assert_eq!(printed.code, 1);
    assert_eq!(printed.err, "odd: the token is not authentic, so nobody can use it\n");
    assert!(printed.out.contains("  ends 1: planner.token\n"));
    let printed = shell.run("deputize report --ends --at $NOW @alice.pub @planner.token");
    assert_eq!(printed.code, 2);
    assert!(printed.err.starts_with("alice.pub:1: this is PEM, such as a key,"), "{}", printed.err);
    assert!(printed.err.ends_with("error: 3 texts are not tokens\n"), "{}", printed.err);
    assert!(printed.out.contains("  ends 1: planner.token\n"));
    for (line, why) in [
        ("--ends --format html @planner.token", "--format: with --ends it is text or json"),
        ("--ends --trust alice.pub @planner.token", "cannot be used with"),
        ("--ends --batch", "cannot be used with"),
        ("--ends @nowhere", "nowhere: No such file"),
        ("--ends < /dev/null", "standard input: there is no token in it"),
        ("@planner.token @writer.token", "required arguments were not provided: --ends"),
    ] {
        let printed = shell.refused(&format!("deputize report {line}"));
        assert!(printed.contains(why), "{line}: {printed}");
    }
}
