//! `--successor`: trust anchors that follow the successors of their root keys.

use deputize::{Signer, Successor};

use crate::common::{key_of, now};
use crate::shell::{CALL, Shell, with_call};

/// A folder with a call under the key of the writer, who succeeds Alice, and the statements of that.
fn shell() -> Shell {
    let shell = Shell::new();
    for (old, new) in [
        ("alice", "thief"),
        ("thief", "writer"),
        ("writer", "alice"),
        ("alice", "writer"),
        ("planner", "researcher"),
    ] {
        let own = Successor::sign(&key_of(old), &key_of(new), now()).unwrap();
        shell.write(&format!("{old}-{new}"), own.to_text());
    }
    shell.done("deputize mint --at $NOW --key writer.key --owner alice@acme.com --to planner=planner.pub --allow 'crm.read accounts/** limit' --expires 8h --purpose p > planner.token");
    shell.done(&format!("deputize present --key planner.key {CALL} @planner.token > call.token"));
    shell
}

#[test]
fn a_verifier_follows_a_successor_that_it_is_given() {
    let shell = shell();
    let trust = "--trust alice.pub=alice@acme.com";
    let verify = format!("deputize verify {CALL} {trust} @call.token");
    let refused = shell.run(&verify);
    assert!(refused.code == 1 && refused.out.contains("[untrusted_root]"), "{}", refused.out);
    // In whichever order.
    for statements in [
        "alice-writer",
        "alice-thief --successor thief-writer",
        "thief-writer --successor alice-thief",
    ] {
        let printed = shell.run(&format!("{verify} --successor {statements}"));
        assert_eq!(printed.code, 0, "{statements}\n{}{}", printed.out, printed.err);
        // So do a report, and a holder.
        for command in [
            "report --at $NOW @planner.token".to_owned(),
            with_call("check @planner.token"),
            with_call("present --key planner.key @planner.token"),
            "wallet add --at $NOW --wallet w @planner.token".to_owned(),
            "wallet list --at $NOW --wallet w".to_owned(),
        ] {
            let command = command.trim_start_matches("deputize ");
            let line = format!("deputize {command} {trust}");
            let lists = command.starts_with("wallet list");
            assert!(lists || shell.run(&line).code == 1, "{line}");
            let out = shell.done(&format!("{line} --successor {statements}"));
            assert!(!lists || out.starts_with("for alice@acme.com"), "{out}");
        }
    }
    // For its own owner only.
    let other =
        format!("{verify} --successor alice-writer").replace("=alice@acme.com", "=bob@acme.com");
    assert_eq!(shell.run(&other).code, 1);
    // A reported key has none.
    shell.done("deputize revoke --new --at $NOW --key alice.key --list list --revoke-key alice.pub --compromised --anyway");
    let reported =
        shell.run(&format!("{verify} --successor alice-writer --revocations list --max-stale 1h"));
    assert_eq!(reported.code, 1, "{}", reported.out);
}

#[test]
fn a_successor_that_no_anchor_can_follow_is_an_error() {
    let shell = shell();
    let verify = |statements: &str| {
        shell.refused(&format!("deputize verify {CALL} --trust alice.pub @call.token {statements}"))
    };
    for (statements, why) in [
        (
            "--successor planner-researcher",
            "--successor `planner-researcher`: it is about a successor of the key 8139770ea87d175f, which no trust anchor has; trust that key with --trust",
        ),
        (
            "--successor alice-writer --successor planner-researcher",
            "`planner-researcher`: it is about",
        ),
        (
            "--successor alice-writer --successor alice-thief",
            "--successor `alice-thief`: this and `alice-writer` give a key two successors or two predecessors",
        ),
        (
            "--successor alice-thief --successor thief-writer --successor writer-alice",
            "in a circle",
        ),
        ("--successor alice.pub", "--successor `alice.pub`: this is not a successor statement"),
        ("--successor nowhere", "--successor `nowhere`: No such file"),
    ] {
        let error = verify(statements);
        assert!(error.contains(why), "{statements}\n{error}");
    }
    let alone = shell.run("deputize report --at $NOW --successor alice-writer @planner.token");
    assert!(alone.code == 2 && alone.err.contains("--trust"), "{}", alone.err);
    assert_eq!(key_of("alice").public_key().fingerprint(), "8a88e3dd7409f195");
}
