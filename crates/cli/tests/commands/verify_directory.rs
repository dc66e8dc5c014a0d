//! `deputize verify` and `report` with a directory of agents: the agents that it admits, its
//! issuer, and older directories.

use crate::shell::{CALL, Outcome, Shell};
use crate::verify_lists::{allowed, refused, verify};

/// The shell, with a call of the researcher and a directory, signed by the writer's key, in which
/// the planner and the researcher are.
fn shell() -> Shell {
    let shell = Shell::with_tokens();
    shell.done(&format!(
        "deputize present {CALL} --key researcher.key @researcher.token > call.token"
    ));
    add(&shell, "--new --agent planner=planner.pub --id urn:acme:planner");
    add(&shell, "--agent researcher=researcher.pub --id urn:acme:researcher");
    shell.done("cp acme.agents first.agents");
    shell
}

fn add(shell: &Shell, rest: &str) {
    shell.done(&format!(
        "deputize agents add --at $NOW --key writer.key acme.agents --accountable alice@acme.com {rest}"
    ));
}

fn change(shell: &Shell, command: &str, rest: &str) {
    shell.done(&format!("deputize agents {command} --at $NOW --key writer.key acme.agents {rest}"));
}

#[track_caller]
fn wrong(shell: &Shell, rest: &str, message: &str) {
    let Outcome { code, out, err } = verify(shell, rest);
    assert!(code == 2 && out.is_empty() && err.contains(message), "{rest}\n{out}{err}");
}

/// The directory, and the key that counts.
const OWN: &str = "--directory acme.agents --directory-issuer writer.pub";

#[test]
fn each_step_of_an_agents_life_decides() {
    let shell = shell();
    let (out, err) = allowed(&shell, OWN);
    assert!(out.contains("directory: active, urn:acme:researcher, answered for by alice@acme.com"));
    assert!(out.contains("; directory of agents (2 of "), "{out}");
    assert_eq!(err, "note: an older statement would not be noticed; give --state to notice it\n");
    change(&shell, "suspend", "researcher");
    refused(&shell, OWN, "agent_suspended");
    change(&shell, "resume", "researcher");
    allowed(&shell, OWN);
    change(&shell, "retire", "planner");
    let Outcome { code, out, .. } = verify(&shell, OWN);
    assert!(code == 1 && out.contains("[agent_retired]"), "{out}");
    // Without a directory, nobody looks, and the report says so.
    let line = format!("deputize verify {CALL} --trust alice.pub=alice@acme.com @call.token");
    let Outcome { code, out, .. } = shell.run(&line);
    assert!(code == 0 && out.contains("agents: the verifier follows none"), "{out}");
    // In a report, too.
    let report = shell.run(&format!(
        "deputize report --at $NOW --trust alice.pub=alice@acme.com --max-stale 1h {OWN} @planner.token"
    ));
    assert!(report.code == 1 && report.out.contains("directory: retired,"), "{}", report.out);
}

#[test]
fn the_operator_says_whose_directory_counts() {
    let shell = shell();
    let alone = "--directory acme.agents";
    wrong(&shell, alone, "pass --directory-issuer to name the key whose directory is followed");
    let other = format!("{alone} --directory-issuer planner.pub");
    wrong(&shell, &other, "as the issuer of a directory");
    wrong(&shell, "--directory alice.pub --directory-issuer writer.pub", "not an agent directory");
    let line =
        format!("deputize verify {CALL} --trust alice.pub --directory acme.agents @call.token");
    assert!(shell.run(&line).err.contains("--max-stale"));
}

#[test]
fn a_root_key_gives_the_power_to_keep_the_directory() {
    let shell = shell();
    let grant = "--at $NOW --to hr=writer.pub --expires 1d --purpose 'keeps the directory'";
    // `agents` would not sign the second one.
    for (allow, code) in [("deputize.directory agent/**", 0), ("* **", 2)] {
        shell.done(&format!(
            "deputize mint --owner alice@acme.com --key alice.key {grant} --allow '{allow}' > hr.token"
        ));
        shell.done(
            "rm -f power.agents && deputize agents add --anyway --at $NOW --key writer.key power.agents --new \
             --power @hr.token --agent planner=planner.pub --id urn:acme:planner \
             --accountable alice@acme.com",
        );
        shell.done(
            "deputize agents add --anyway --at $NOW --key writer.key power.agents --agent \
             researcher=researcher.pub --id urn:acme:researcher --accountable alice@acme.com",
        );
        let Outcome { code: exit, out, err } = verify(&shell, "--directory power.agents");
        assert_eq!(exit, code, "{allow}\n{out}{err}");
    }
}

#[test]
fn a_directory_is_stale_to_the_second_and_missing_agents_are_refused() {
    let shell = shell();
    for (at, code) in [("18:59:59", 0), ("19:00:00", 1)] {
        let line = format!(
            "deputize report --at 2026-11-23T{at}Z --trust alice.pub=alice@acme.com --max-stale 1h \
             {OWN} @planner.token"
        );
        let Outcome { code: exit, out, err } = shell.run(&line);
        assert_eq!(exit, code, "{at}\n{out}{err}");
        assert_eq!(out.contains("[directory_stale]"), code == 1, "{out}");
    }
    shell.done(
        "deputize agents add --at $NOW --key writer.key --new few.agents --accountable \
         alice@acme.com --agent planner=planner.pub --id urn:acme:planner",
    );
    let few = "--directory few.agents --directory-issuer writer.pub";
    refused(&shell, few, "agent_not_listed");
    allowed(&shell, &format!("{few} --outside researcher.pub"));
}

#[test]
fn an_older_directory_is_noticed_with_a_state() {
    let shell = shell();
    change(&shell, "suspend", "researcher");
    let state = "--state seen --directory-issuer writer.pub --directory";
    refused(&shell, &format!("--new-state {state} acme.agents"), "agent_suspended");
    let err = refused(&shell, &format!("{state} first.agents"), "directory_unknown");
    assert!(err.contains("`first.agents` is older than 3, which was seen before"), "{err}");
    // Without the state, nobody notices.
    allowed(&shell, "--directory first.agents --directory-issuer writer.pub");
    // A list and a directory, in one state.
    shell.done(
        "deputize revoke --at $NOW --key alice.key --list alice.revocations --new --token-id \
         00112233445566778899aabbccddeeff",
    );
    let both = "--state seen --revocations alice.revocations";
    let err = refused(&shell, &format!("{both} {OWN}"), "agent_suspended");
    assert_eq!(err, "");
    // A series that was seen and is not given gets a note.
    let err = refused(&shell, &format!("--state seen {OWN}"), "agent_suspended");
    assert!(err.starts_with("note: --state has seen revocations of ed25519/"), "{err}");
}

#[test]
fn two_keys_of_one_name_need_the_statement() {
    let shell = shell();
    shell.done(
        "deputize rotate --at $NOW --key researcher.key --new-key thief.key --successor \
         researcher.successor",
    );
    change(&shell, "rekey", "researcher.successor");
    refused(&shell, OWN, "agent_differs");
    allowed(&shell, &format!("{OWN} --agent-successor researcher.successor"));
    wrong(&shell, &format!("{OWN} --agent-successor acme.agents"), "--agent-successor");
}
