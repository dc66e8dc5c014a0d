//! `deputize verify` and `report` with revocation lists: refusals, and notes about older lists.

use crate::shell::{CALL, Outcome, Shell};

/// The shell, with a call of the researcher and an empty list of Alice's, signed at `$NOW`.
fn shell() -> Shell {
    let shell = Shell::with_tokens();
    shell.done(&format!(
        "deputize present {CALL} --key researcher.key @researcher.token > call.token"
    ));
    shell.done(&revoke("alice", "--new --token-id 00112233445566778899aabbccddeeff"));
    shell.done("cp alice.revocations first.revocations");
    shell
}

fn revoke(who: &str, rest: &str) -> String {
    format!("deputize revoke --at $NOW --key {who}.key --list {who}.revocations {rest}")
}

/// Verifies the call with statements that are at most an hour old.
pub(crate) fn verify(shell: &Shell, rest: &str) -> Outcome {
    shell.run(&format!(
        "deputize verify {CALL} --trust alice.pub=alice@acme.com --max-stale 1h {rest} @call.token"
    ))
}

#[track_caller]
pub(crate) fn refused(shell: &Shell, rest: &str, code: &str) -> String {
    let Outcome { code: exit, out, err } = verify(shell, rest);
    let first = out.lines().next().unwrap_or_default();
    assert!(exit == 1 && first.ends_with(&format!("[{code}]")), "{rest}\n{out}{err}");
    err
}

#[track_caller]
pub(crate) fn allowed(shell: &Shell, rest: &str) -> (String, String) {
    let Outcome { code, out, err } = verify(shell, rest);
    assert_eq!(code, 0, "{rest}\n{out}{err}");
    (out, err)
}

#[test]
fn a_list_is_needed_and_its_age_is_told() {
    let shell = shell();
    let (out, err) = allowed(&shell, "--revocations alice.revocations");
    assert!(out.contains(", not revoked as of 2026-11-23T18:00:00Z\n"), "{out}");
    assert!(out.contains("; revocation (list 1 of "), "{out}");
    assert_eq!(err, "note: an older statement would not be noticed; give --state to notice it\n");
    // A list of somebody else is not one of Alice's.
    shell.done(&revoke("planner", "--new --token-id 00112233445566778899aabbccddeeff"));
    refused(&shell, "--revocations planner.revocations", "revocation_unknown");
    // Without its greatest age, a list says too little.
    let line = format!("deputize verify {CALL} --trust alice.pub --revocations alice.revocations");
    assert!(shell.run(&line).err.contains("--max-stale"));
}

#[test]
fn a_hop_is_refused_from_the_next_list_on() {
    let shell = shell();
    shell.done(&revoke("alice", "--at-hop 0 @researcher.token"));
    refused(&shell, "--revocations alice.revocations", "revoked");
    // The planner takes back what it gave, by a list that nobody needs.
    shell.done(&revoke("planner", "--new @researcher.token"));
    let both = "--revocations first.revocations --revocations planner.revocations";
    refused(&shell, both, "revoked");
    // In a report, too.
    let report = shell.run(
        "deputize report --at $NOW --trust alice.pub=alice@acme.com --max-stale 1h \
         --revocations alice.revocations @planner.token",
    );
    assert_eq!(report.code, 1);
    assert!(report.out.contains(", REVOKED\n"), "{}", report.out);
}

#[test]
fn a_list_is_stale_to_the_second() {
    let shell = shell();
    for (at, code) in [("18:59:59", 0), ("19:00:00", 1)] {
        let line = format!(
            "deputize report --at 2026-11-23T{at}Z --trust alice.pub=alice@acme.com \
             --revocations alice.revocations --max-stale 1h @planner.token"
        );
        let Outcome { code: exit, out, err } = shell.run(&line);
        assert_eq!(exit, code, "{at}\n{out}{err}");
        assert_eq!(out.contains("[revocation_stale]"), code == 1, "{out}");
    }
}

#[test]
fn an_older_list_is_noticed_with_a_state() {
    let shell = shell();
    let missing = shell.run(&format!(
        "deputize verify {CALL} --trust alice.pub --revocations alice.revocations --max-stale 1h \
         --state seen @call.token"
    ));
    assert!(
        missing.code == 2 && missing.err.contains("the file does not exist"),
        "{}",
        missing.err
    );
    let state = "--state seen --revocations";
    let (_, err) = allowed(&shell, "--new-state --state seen --revocations alice.revocations");
    assert_eq!(err, "");
    shell.done(&revoke("alice", "--at-hop 0 @researcher.token"));
    refused(&shell, &format!("{state} alice.revocations"), "revoked");
    let err = refused(&shell, &format!("{state} first.revocations"), "revocation_unknown");
    assert!(err.contains("`first.revocations` is older than 2,"), "{err}");
    // Without the state, nobody notices.
    allowed(&shell, "--revocations first.revocations");
}

#[test]
fn of_lists_that_contradict_each_other_the_operator_names_one() {
    let shell = shell();
    for name in ["one", "two"] {
        shell.done("cp first.revocations alice.revocations");
        shell.done(&revoke("alice", &format!("--owner {name}@acme.com")));
        shell.done(&format!("mv alice.revocations {name}.revocations"));
    }
    let both = "--state seen --revocations one.revocations --revocations two.revocations";
    let err = refused(&shell, &format!("--new-state {both}"), "revocation_stale");
    let digests: Vec<_> = err.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(digests.len(), 2, "{err}");
    // It is remembered.
    refused(&shell, "--state seen --revocations one.revocations", "revocation_stale");
    let show = shell.done("deputize revocations show one.revocations");
    let own = digests.iter().find(|digest| show.contains(**digest)).unwrap();
    allowed(&shell, &format!("--state seen --revocations one.revocations --accept-fork {own}"));
    allowed(&shell, "--state seen --revocations one.revocations");
    let other = verify(&shell, "--state seen --revocations two.revocations");
    assert!(other.code == 2 && other.err.contains("--revocations `two.revocations`"), "{other:?}");
}

#[test]
fn a_revoker_counts_where_it_is_named() {
    let shell = shell();
    shell.done(&revoke("researcher", "--new --for-root alice.pub --owner alice@acme.com"));
    let lists = "--revocations alice.revocations --revocations researcher.revocations";
    let not_named = verify(&shell, lists);
    assert!(not_named.code == 2 && not_named.err.contains("as a revoker"), "{not_named:?}");
    refused(&shell, &format!("{lists} --revoker researcher.pub"), "revoked");
}
