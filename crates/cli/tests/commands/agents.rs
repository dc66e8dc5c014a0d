//! `deputize agents`: the effect of each command on the directory in the file, and refusals.

use deputize::text::rfc3339;
use deputize::{
    Agent, AgentStatus, Directory, Owner, Principal, PrincipalKind, Signer, StatementScope,
};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::Duration;

use crate::common::{agent, key_of, now, owner, planner, researcher};
use crate::shell::{Outcome, Shell};

/// Returns the directory in a file.
pub(crate) fn directory(shell: &Shell, file: &str) -> Directory {
    Directory::parse(&std::fs::read(shell.path(file)).unwrap()).unwrap()
}

/// Returns an agent of the directory `acme.agents`.
pub(crate) fn listed(shell: &Shell, who: &str) -> Agent {
    directory(shell, "acme.agents").agent(&key_of(who).public_key()).unwrap().clone()
}

/// Runs a command of `agents` on `acme.agents`, signed by Alice, at the time of the tests.
pub(crate) fn agents(shell: &Shell, command: &str, rest: &str) -> Outcome {
    shell.run(&format!("deputize agents {command} --at $NOW --key alice.key acme.agents {rest}"))
}

/// As [`agents`], which must succeed. Returns what was printed on both channels.
pub(crate) fn done(shell: &Shell, command: &str, rest: &str) -> (String, String) {
    let Outcome { code, out, err } = agents(shell, command, rest);
    assert_eq!(code, 0, "{command} {rest}\n{out}{err}");
    (out, err)
}

/// As [`agents`], which must fail, print nothing, and leave the directory as it was. Returns the
/// exit status, and why.
pub(crate) fn kept(shell: &Shell, command: &str, rest: &str) -> (i32, String) {
    let before = std::fs::read(shell.path("acme.agents")).ok();
    let Outcome { code, out, err } = agents(shell, command, rest);
    assert!(code != 0 && out.is_empty(), "{command} {rest}\n{out}{err}");
    assert_eq!(std::fs::read(shell.path("acme.agents")).ok(), before, "{command} {rest}");
    (code, err)
}

/// The options that add a member of the cast, for whom Alice answers.
pub(crate) fn hire(who: &str) -> String {
    format!("--agent {who}={who}.pub --id urn:acme:{who} --accountable alice@acme.com")
}

/// A folder with the directory `acme.agents`, of the planner and the researcher.
pub(crate) fn shell() -> Shell {
    let shell = Shell::new();
    done(&shell, "add", &format!("--new {}", hire("planner")));
    done(&shell, "add", &hire("researcher"));
    shell
}

#[test]
fn an_agent_is_added_with_all_that_is_said_about_it() {
    let shell = Shell::new();
    let (out, err) = done(
        &shell,
        "add",
        "--new --agent planner=planner.pub --id spiffe://acme.com/planner --accountable Payments \
         --accountable-kind organization --kind service --responsibility 'reads accounts' \
         --responsibility plans --valid-from 2026-11-01T00:00:00Z --valid-until 365d \
         --next-review 2027-02-01T00:00:00Z --may-spawn --next 2h",
    );
    assert_eq!(
        out,
        "added: planner (service, 8139770ea87d175f), spiffe://acme.com/planner, Payments (organization) answers for it
acme.agents: sequence 1, next by 2026-11-23T20:00:00Z, 1 agent
"
    );
    assert_eq!(
        err,
        "note: this is the first directory of this key; if there were earlier ones, pass --first-sequence to begin after them\n"
    );
    let own = directory(&shell, "acme.agents");
    assert_eq!((own.issuer(), own.scope()), (key_of("alice").public_key(), StatementScope::Named));
    assert_eq!((own.issued(), own.next_update()), (now(), now() + Duration::hours(2)));
    let principal =
        Principal::new("planner", PrincipalKind::Service, planner().public_key()).unwrap();
    let by = Owner::new("Payments", PrincipalKind::Organization).unwrap();
    let wanted = Agent::new("spiffe://acme.com/planner", principal, by)
        .and_then(|own| own.with_responsibilities(["reads accounts", "plans"]))
        .unwrap()
        .with_valid_from(rfc3339("2026-11-01T00:00:00Z").unwrap())
        .with_valid_until(now() + Duration::days(365))
        .with_next_review(rfc3339("2027-02-01T00:00:00Z").unwrap())
        .with_may_spawn(true);
    assert_eq!(own.agents(), std::slice::from_ref(&wanted));

    // A second one, with the defaults, and as JSON.
    let json = done(&shell, "add", &format!("--format json {}", hire("researcher"))).0;
    let json: Value = serde_json::from_str(&json).unwrap();
    jsonschema::validate(&Document::AgentsChange.schema().to_value(), &json).unwrap();
    let next = directory(&shell, "acme.agents");
    assert_eq!((next.sequence(), next.previous()), (2, Some(own.digest())));
    let second = Agent::new("urn:acme:researcher", agent("researcher", &researcher()), owner());
    let second = second.unwrap();
    assert_eq!(listed(&shell, "researcher"), second);
    assert_eq!(listed(&shell, "planner"), wanted);
    assert_eq!(json["added"], serde_json::to_value([second]).unwrap());
    assert_eq!((&json["written"], &json["directory"]["sequence"]), (&true.into(), &2.into()));
    assert_eq!(json["directory"]["digest"], next.digest().to_string());
}

#[test]
fn agents_rest_and_go_on() {
    let shell = shell();
    let (out, _) = done(&shell, "suspend", "planner urn:acme:researcher");
    assert_eq!(
        out,
        "suspended: planner (8139770ea87d175f)
suspended: researcher (ed4928c628d1c2c6)
acme.agents: sequence 3, next by 2026-11-24T18:00:00Z, 2 agents
"
    );
    for who in ["planner", "researcher"] {
        assert_eq!(listed(&shell, who).status(), AgentStatus::Suspended);
    }
    // Nothing to change, and nothing is issued.
    let (out, err) = done(&shell, "suspend", "planner");
    assert!(out.contains("acme.agents: unchanged, sequence 3,"), "{out}");
    assert_eq!(err, "note: it is suspended already: planner (8139770ea87d175f)\n");
    assert_eq!(directory(&shell, "acme.agents").sequence(), 3);
    done(&shell, "resume", "planner.pub");
    assert_eq!(listed(&shell, "planner").status(), AgentStatus::Active);
    assert_eq!(listed(&shell, "researcher").status(), AgentStatus::Suspended);
    let key = researcher().public_key().to_string();
    done(&shell, "resume", &key);
    assert_eq!(listed(&shell, "researcher").status(), AgentStatus::Active);
}

#[test]
fn an_agent_is_reviewed_and_one_that_is_not_is_overdue() {
    let shell = shell();
    let (out, _) = done(&shell, "review", "planner --next-review 90d");
    assert!(
        out.starts_with("reviewed: planner (8139770ea87d175f), again by 2027-02-21T18:00:00Z\n")
    );
    let own = listed(&shell, "planner");
    assert_eq!(own.last_review(), Some(now()));
    assert_eq!(own.next_review(), Some(now() + Duration::days(90)));
    let (code, why) = kept(&shell, "review", "planner --next-review 2026-11-23T18:00:00Z");
    assert!(
        code == 2 && why.contains("the next review, at 2026-11-23T18:00:00Z, is not later"),
        "{why}"
    );

    done(&shell, "suspend", "planner");
    let late = "--at 2027-02-21T18:00:00Z --key alice.key acme.agents planner";
    let resumed = shell.run(&format!("deputize agents resume {late}"));
    assert_eq!(
        resumed.err,
        "note: verifiers refuse planner (8139770ea87d175f): review overdue since 2027-02-21T18:00:00Z\n"
    );
}

#[test]
fn an_agent_ends_now_then_or_later() {
    let shell = shell();
    let (out, err) = done(&shell, "retire", "planner --from 8h");
    assert!(
        out.starts_with("ends: planner (8139770ea87d175f), at 2026-11-24T02:00:00Z\n"),
        "{out}"
    );
    assert!(err.contains("may act until then, and is not retired yet"), "{err}");
    let own = listed(&shell, "planner");
    assert_eq!(own.status(), AgentStatus::Active);
    assert_eq!(own.valid_until(), Some(now() + Duration::hours(8)));
    // A later end gives nothing back.
    done(&shell, "retire", "planner --from 9h");
    assert_eq!(listed(&shell, "planner"), own);

    let (out, _) = done(&shell, "retire", "planner --from 2026-11-22T18:00:00Z");
    assert!(
        out.starts_with("retired: planner (8139770ea87d175f), ended at 2026-11-22T18:00:00Z\n")
    );
    done(&shell, "retire", "researcher");
    let [planner, researcher] = ["planner", "researcher"].map(|who| listed(&shell, who));
    assert_eq!([planner.status(), researcher.status()], [AgentStatus::Retired; 2]);
    assert_eq!(planner.valid_until(), Some(now() - Duration::DAY));
    assert_eq!(researcher.valid_until(), Some(now()));
    let (_, err) = done(&shell, "retire", "planner");
    assert_eq!(err, "note: it is retired already: planner (8139770ea87d175f)\n");
    // It is for good.
    for (command, rest) in [
        ("resume", "planner"),
        ("suspend", "planner"),
        ("review", "planner --next-review 1h"),
        ("retire", "planner --from 1h"),
    ] {
        let (code, why) = kept(&shell, command, rest);
        assert!(code == 2 && why.contains("is retired, which is for good"), "{command}: {why}");
    }
}

#[test]
fn an_entry_is_removed_a_year_after_its_end() {
    let shell = shell();
    for retired in [false, true] {
        if retired {
            done(&shell, "retire", "planner");
        }
        let (code, why) = kept(&shell, "remove", "planner");
        assert!(
            code == 2 && why.contains("must stay until 365 days after its `valid_until`"),
            "{why}"
        );
    }
    let year = "--at 2027-11-23T18:00:01Z --key alice.key acme.agents planner";
    let out = shell.done(&format!("deputize agents remove {year}"));
    assert!(out.starts_with("removed: planner (8139770ea87d175f), urn:acme:planner\n"), "{out}");
    let own = directory(&shell, "acme.agents");
    assert_eq!(own.agents().len(), 1);
    assert!(own.agent(&planner().public_key()).is_none());
}

#[test]
fn a_directory_is_renewed() {
    let shell = shell();
    let before = directory(&shell, "acme.agents");
    let (out, _) = done(&shell, "renew", "--next 12h");
    assert_eq!(out, "acme.agents: sequence 3, next by 2026-11-24T06:00:00Z, 2 agents\n");
    let own = directory(&shell, "acme.agents");
    assert_eq!((own.previous(), own.agents()), (Some(before.digest()), before.agents()));
}

/// A backup was restored, and two directories follow it. The end gives nothing back.
#[test]
fn a_fork_ends_with_what_both_let_act() {
    let shell = shell();
    shell.done("cp acme.agents backup");
    done(&shell, "suspend", "planner");
    shell.done("cp acme.agents one; cp backup acme.agents");
    done(&shell, "add", &hire("writer"));
    shell.done("cp acme.agents other");
    let end = |rest: &str| agents(&shell, "renew", rest);
    for (rest, why) in [
        ("--ends-fork other", "--ends-fork: this is the same as the one in the file"),
        ("--ends-fork backup", "--ends-fork: the one in the file follows this one"),
        ("--ends-fork alice.pub", "this is not an agent directory"),
    ] {
        let (code, error) = kept(&shell, "renew", rest);
        assert!(code == 2 && error.contains(why), "{error}");
    }
    shell.done("cp one acme.agents");
    let printed = end("--ends-fork other");
    assert_eq!(
        printed.out,
        "added: writer (ca93ac1705187071), suspended
acme.agents: sequence 4, next by 2026-11-24T18:00:00Z, 3 agents
"
    );
    assert_eq!(listed(&shell, "planner").status(), AgentStatus::Suspended);
    let own = directory(&shell, "acme.agents");
    let named: Vec<_> = own.previous().into_iter().chain(own.ends()).collect();
    for head in ["one", "other", "backup"] {
        assert!(named.contains(&directory(&shell, head).digest()), "{head}");
    }
}

#[test]
fn a_lost_directory_begins_after_those_before() {
    let shell = Shell::new();
    let (_, err) = done(&shell, "add", &format!("--new --first-sequence 40 {}", hire("planner")));
    assert_eq!(err, "");
    assert_eq!(directory(&shell, "acme.agents").sequence(), 40);
}
