//! `deputize revoke` for an existing list: entries that are given back, forks that end, results
//! as JSON, and errors.

use deputize_cli::commands::schema::Document;
use serde_json::Value;

use crate::revoke::{list, revoked};
use crate::shell::Shell;

#[test]
fn what_was_taken_is_given_back() {
    let shell = Shell::with_tokens();
    let id = "70".repeat(16);
    let all = format!("--owner bob --token-id {id} --hop {}", "ab".repeat(32));
    revoked(
        &shell,
        "alice",
        &format!("--new {all} --revoke-key planner.pub --compromised @researcher.token"),
    );
    let (out, _) = revoked(
        &shell,
        "alice",
        &format!("--give-back {all} --revoke-key planner.pub @researcher.token"),
    );
    assert_eq!(out.matches("given back: ").count(), 5, "{out}");
    assert!(out.ends_with("sequence 2, next by 2026-11-24T18:00:00Z, 0 entries\n"), "{out}");
    let (out, err) = revoked(&shell, "alice", "--give-back --owner bob");
    assert!(out.starts_with("alice.revocations: unchanged, sequence 2, "), "{out}");
    assert_eq!(err, "note: the list has no entry for owner bob\n");
    for (rest, why) in [
        ("--revoke-key planner.pub --retired now", "leave out --retired and --compromised"),
        ("--void 'list 0'", "the digest of a statement is written as 64"),
        ("--new --owner bob", "cannot be used with"),
    ] {
        let line =
            format!("deputize revoke --give-back --key alice.key --list alice.revocations {rest}");
        assert!(shell.refused(&line).contains(why), "{rest}: {}", shell.refused(&line));
    }
}

#[test]
fn a_fork_is_ended_with_the_entries_of_both() {
    let shell = Shell::with_tokens();
    revoked(&shell, "alice", "--new --owner a");
    shell.done("cp alice.revocations one");
    revoked(&shell, "alice", "--owner b");
    shell.done("mv alice.revocations other; cp one alice.revocations");
    for (file, why) in [
        ("one", "--ends-fork: this is the same as the one in the file"),
        (
            "other",
            "--ends-fork: this one follows the one in the file, so the two are not a fork; replace the file by it",
        ),
    ] {
        let line = format!(
            "deputize revoke --at $NOW --key alice.key --list alice.revocations --ends-fork {file}"
        );
        assert_eq!(shell.refused(&line), why);
    }
    revoked(&shell, "alice", "--owner c");
    let heads = [list(&shell, "alice.revocations").digest(), list(&shell, "other").digest()];
    let (out, _) = revoked(&shell, "alice", "--owner d --ends-fork other");
    assert!(out.contains("sequence 3, ") && out.contains(", 4 entries"), "{out}");
    let own = list(&shell, "alice.revocations");
    assert_eq!(own.owners().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    let named: Vec<_> = own.previous().into_iter().chain(own.ends()).collect();
    assert!(heads.iter().all(|head| named.contains(head)), "{named:?}");
    revoked(&shell, "planner", "--new");
    let line = "deputize revoke --at $NOW --key alice.key --list alice.revocations --ends-fork planner.revocations";
    assert!(shell.refused(line).contains("this belongs to another series"));
}

#[test]
fn the_result_is_json_too() {
    let shell = Shell::with_tokens();
    let schema = Document::Revoke.schema().to_value();
    let json = |rest: &str| -> Value {
        let (out, _) = revoked(&shell, "alice", &format!("--format json {rest}"));
        let json = serde_json::from_str(&out).unwrap();
        jsonschema::validate(&schema, &json).unwrap();
        json
    };
    let first = json("--new @researcher.token");
    assert_eq!((&first["written"], &first["list"]["sequence"]), (&true.into(), &1.into()));
    assert_eq!(first["added"][0]["what"], "hop");
    assert_eq!(first["added"][0]["expires"], "2026-11-23T19:00:00Z");
    let second = json("--revoke-key planner.pub --compromised --owner a");
    assert_eq!(second["list"]["previous"], first["list"]["digest"]);
    assert_eq!(second["added"].as_array().unwrap().len(), 2);
    let third = json(
        "--revoke-key planner.pub --compromised --good 0101010101010101010101010101010101010101010101010101010101010101",
    );
    assert_eq!(third["changed"][0]["given_back"], true, "{third:#}");
    let fourth = json("--give-back --owner a");
    assert_eq!(fourth["removed"][0]["entry"]["name"], "a");
    assert_eq!(fourth["removed"][0]["given_back"], true);
    assert_eq!(json("@researcher.token")["written"], false);
    let renewed = shell.done("deputize revocations prune --format json --at 2026-11-23T20:00:00Z --key alice.key alice.revocations");
    let renewed: Value = serde_json::from_str(&renewed).unwrap();
    jsonschema::validate(&schema, &renewed).unwrap();
    assert_eq!(renewed["removed"][0]["given_back"], false, "{renewed:#}");
}

#[test]
fn errors_say_what_to_do() {
    let shell = Shell::with_tokens();
    revoked(&shell, "alice", "--new");
    shell.write("odd.revocations", "odd");
    let bytes = std::fs::read(shell.path("alice.revocations")).unwrap();
    shell.write("cut.revocations", &bytes[..bytes.len() - 1]);
    let hop = "ab".repeat(32);
    let own = |rest: &str| {
        format!("deputize revoke --at $NOW --key alice.key --list alice.revocations {rest}")
    };
    let lines = [
        own(""),
        own("--new --owner a"),
        own("--next 0h --owner a"),
        own("--next 2026-11-23T18:00:00Z --owner a"),
        own("--next later --owner a"),
        own("--for-root alice.pub --owner a"),
        own("--first-sequence 5 --owner a"),
        own("--at-hop 2 @researcher.token"),
        own("--at-hop 1"),
        own("--surrender"),
        own("--surrender --at-hop 1 @researcher.token"),
        own(&hop),
        own("70707070707070707070707070707070"),
        own("researcher.token"),
        own("--hop 12"),
        own("--token-id 12"),
        own("--token-id +0707070707070707070707070707070"),
        own("--owner ''"),
        own("--revoke-key planner.pub"),
        own("--revoke-key nobody.pub --compromised"),
        own("--revoke-key planner.pub --retired yesterday"),
        own("--revoke-key planner.pub --retired now --compromised"),
        own("--compromised"),
        own("--retired now"),
        own("--revoke-key planner.pub --retired now --good 12"),
        own("--revoke-key planner.pub --compromised --good 12"),
        own("--revoke-key planner.pub --compromised --successor 12"),
        own("--void 'own planner.pub'"),
        own("--void 'all of them from 1'"),
        own("--void 'own planner.pub from x'"),
        own("--ends-fork nowhere"),
        own("--owner a").replace("--list alice.revocations", "--list nowhere"),
        own("--owner a").replace("--list alice.revocations", "--list nowhere/x"),
        own("--owner a").replace("--list alice.revocations", "--list ."),
        own("--owner a").replace("--list alice.revocations", "--list -"),
        own("--owner a").replace("--list alice.revocations", "--list odd.revocations"),
        own("--owner a").replace("--list alice.revocations", "--list cut.revocations"),
        own("--owner a").replace("alice.key", "planner.key"),
        own("--owner a").replace("--at $NOW", "--at 2026-11-23T17:59:59Z"),
        own("--owner a").replace("--at $NOW", "--at now"),
        own("--new").replace("--list alice.revocations", "--list x --first-sequence 99999999999"),
    ];
    let printed: Vec<_> =
        lines.iter().map(|line| format!("$ {line}\n{}", shell.refused(line))).collect();
    insta::assert_snapshot!(printed.join("\n\n"));
    assert_eq!(std::fs::read(shell.path("alice.revocations")).unwrap(), bytes);
    assert!(!shell.path("nowhere").exists() && !shell.path(".nowhere.lock").exists());
}

/// A list that was lost begins again above all that were issued.
#[test]
fn a_lost_list_begins_again() {
    let shell = Shell::with_tokens();
    let (out, err) = revoked(&shell, "alice", "--new --first-sequence 41 --owner a");
    assert!(out.contains("sequence 41, "), "{out}");
    assert!(!err.contains("--first-sequence"), "{err}");
    assert_eq!(list(&shell, "alice.revocations").previous(), None);
}
