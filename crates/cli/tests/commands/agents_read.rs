//! The output of `deputize agents show` and `verify` for people and programs.

use deputize::{Agent, DirectoryDraft, Signer};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::Duration;

use crate::agents::{directory, done, shell};
use crate::common::{agent, key_of, now, owner, thief, writer};
use crate::shell::Shell;

#[test]
fn a_directory_is_shown_as_a_table_in_detail_and_as_json() {
    let shell = shell();
    done(&shell, "review", "planner --next-review 90d");
    done(
        &shell,
        "add",
        "--agent 'the writer=writer.pub' --id urn:acme:writer --accountable Payments --accountable-kind organization --responsibility writes --next-review 1h --valid-from 2h --may-spawn",
    );
    done(&shell, "suspend", "researcher");
    let own = directory(&shell, "acme.agents");
    let shown = shell.done("deputize agents show --at 2026-11-23T19:00:00Z acme.agents");
    let wanted = format!(
        "agents of 8a88e3dd7409f195 ({})
  scope:    named, for verifiers that name the issuer
  sequence: 5
  issued:   2026-11-23T18:00:00Z
  next:     2026-11-24T18:00:00Z
  digest:   {}
  previous: {}
  agents:   3
    NAME          KIND   STATUS           ANSWERS FOR IT  NEXT REVIEW                   KEY
    planner       agent  active           alice@acme.com  2027-02-21T18:00:00Z          8139770ea87d175f
    researcher    agent  suspended        alice@acme.com  none                          ed4928c628d1c2c6
    \"the writer\"  agent  active, NOT YET  Payments        2026-11-23T19:00:00Z OVERDUE  ca93ac1705187071
",
        key_of("alice").public_key(),
        own.digest(),
        own.previous().unwrap()
    );
    assert_eq!(shown, wanted);
    assert_eq!(
        shell.done("deputize agents show --at 2026-11-23T19:00:00Z - < acme.agents"),
        wanted
    );
    let shown =
        shell.done("deputize agents show --at 2026-11-23T19:00:00Z acme.agents 'the writer'");
    assert_eq!(
        shown,
        format!(
            "\"the writer\" (agent, ca93ac1705187071)
  key:          {}
  id:           urn:acme:writer
  status:       active
  answers:      Payments (organization)
  is for:       writes
  valid from:   2026-11-23T20:00:00Z
  next review:  2026-11-23T19:00:00Z
  may spawn:    delegates below it need no entry
  REFUSED:      may act from 2026-11-23T20:00:00Z on, review overdue since 2026-11-23T19:00:00Z
",
            writer().public_key()
        )
    );
    let json =
        shell.done("deputize agents show --at 2026-11-23T19:00:00Z --format json acme.agents");
    let json: Value = serde_json::from_str(&json).unwrap();
    jsonschema::validate(&Document::AgentsShow.schema().to_value(), &json).unwrap();
    assert_eq!(json["agents"].as_array().unwrap().len(), 3);
    for own in json["agents"].as_array().unwrap() {
        let refused: Vec<_> = own["refused"]
            .as_array()
            .unwrap()
            .iter()
            .map(|own| own["why"].as_str().unwrap())
            .collect();
        let wanted: &[&str] = match own["agent"]["name"].as_str().unwrap() {
            "planner" => &[],
            "researcher" => &["suspended"],
            _ => &["not_yet_valid", "review_overdue"],
        };
        assert_eq!(refused, wanted);
    }
    let one = shell.done("deputize agents show --format json acme.agents researcher");
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one["agents"].as_array().unwrap().len(), 1);
    let why = shell.refused("deputize agents show acme.agents nobody");
    assert!(why.starts_with("the agent `nobody`: "), "{why}");
}

#[test]
fn a_long_directory_is_shown_in_part_unless_all_of_it_is_wanted() {
    let shell = Shell::new();
    let mut draft = DirectoryDraft::named();
    for seed in 100..200 {
        let own = agent(&format!("agent {seed}"), &crate::common::key(seed));
        draft.add(Agent::new(format!("urn:{seed}"), own, owner()).unwrap()).unwrap();
    }
    let own = draft.sign(&thief(), now(), now() + Duration::DAY).unwrap();
    shell.write("long", own.as_bytes());
    let shown = shell.done("deputize agents show long");
    assert!(shown.ends_with("    … and 50 more agents; --all shows them\n"), "{shown}");
    assert_eq!(shown.matches("\n    \"agent ").count(), 50);
    assert_eq!(
        shell.done("deputize agents show --all long").matches("\n    \"agent ").count(),
        100
    );
}

#[test]
fn a_directory_is_verified() {
    let shell = shell();
    done(&shell, "suspend", "researcher");
    let verify = |rest: &str| shell.run(&format!("deputize agents verify {rest} acme.agents"));
    let printed = verify("--at $NOW --issuer alice.pub");
    let wanted = "acme.agents: authentic, by 8a88e3dd7409f195, sequence 3, issued 2026-11-23T18:00:00Z, fresh until 2026-11-24T18:00:00Z
researcher (ed4928c628d1c2c6): suspended
";
    assert_eq!((printed.code, printed.out.as_str(), printed.err.as_str()), (0, wanted, ""));
    assert_eq!(
        verify("--at $NOW").err,
        "note: anybody can issue a directory; pass --issuer to check who issued this one\n"
    );
    for (rest, code, part) in [
        ("--at 2026-11-24T17:59:59Z", 0, ": authentic"),
        (
            "--at 2026-11-24T18:00:00Z",
            1,
            "it is stale since 2026-11-24T18:00:00Z; get a newer one\n",
        ),
        ("--at 2026-11-23T18:59:59Z --max-stale 1h", 0, "fresh until 2026-11-23T19:00:00Z\n"),
        ("--at 2026-11-23T19:00:00Z --max-stale 1h", 1, "it is stale since 2026-11-23T19:00:00Z"),
        (
            "--at $NOW --issuer planner.pub",
            1,
            "its issuer is 8a88e3dd7409f195, and not 8139770ea87d175f",
        ),
        ("--at 2026-11-23T17:00:00Z", 1, "ahead of the clock, 2026-11-23T17:00:00Z"),
    ] {
        let printed = verify(rest);
        assert!(printed.code == code && printed.out.contains(part), "{rest}\n{}", printed.out);
        assert!(
            printed.out.ends_with("researcher (ed4928c628d1c2c6): suspended\n"),
            "{}",
            printed.out
        );
    }
    // Of whom it would refuse, and why.
    done(
        &shell,
        "add",
        "--agent 'Writer=writer.pub' --id urn:a --accountable alice@acme.com --next-review 1h --valid-until 2h",
    );
    done(
        &shell,
        "add",
        "--anyway --agent writer=thief.pub --id urn:b --accountable alice@acme.com --valid-from 3h",
    );
    let out = verify("--at 2026-11-23T20:00:00Z --issuer alice.pub").out;
    for line in [
        "Writer (ca93ac1705187071): ended at 2026-11-23T20:00:00Z, review overdue since 2026-11-23T19:00:00Z, its name looks like that of writer",
        "): may act from 2026-11-23T21:00:00Z on, its name looks like that of Writer (ca93ac1705187071): refused",
    ] {
        assert!(out.contains(line), "{out}");
    }
}
