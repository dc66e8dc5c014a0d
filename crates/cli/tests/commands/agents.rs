//! `deputize agents`: what each command does to the directory in the file, and what is refused.

use deputize::text::rfc3339;
use deputize::{
    Agent, AgentStatus, Capability, Directory, DirectoryDraft, Grant, Owner, Principal,
    PrincipalKind, Signer, StatementScope, Token,
};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::Duration;

use crate::common::{agent, key_of, now, owner, planner, researcher, thief, writer};
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

/// As [`agents`], which must fail, print nothing, and leave the directory as it was. Returns the exit
/// status, and why.
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
        "note: this is the first directory of this key; if there were others, begin after them, with --first-sequence\n"
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

    // A second one, with what is taken unless it is said otherwise, and as JSON.
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
    assert!(err.contains("goes on until then, and is not retired"), "{err}");
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
        ("--ends-fork other", "--ends-fork: this is the one in the file"),
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
fn an_agent_is_meant_by_one_name() {
    let shell = shell();
    for (name, why) in [
        (
            "writer",
            "`writer`: the directory has no agent with this name or id, and there is no such key file",
        ),
        ("writer.pub", "the directory has no agent with the key ed25519/ca93ac17"),
        ("urn:acme:writer", "no agent with this name or id"),
        (
            "ed25519/ca93ac1705187071d67b83c7ff0efe8108e8ec4530575d7726879333dbdabe7c",
            "no agent with the key",
        ),
    ] {
        let (code, error) = kept(&shell, "suspend", name);
        assert!(code == 2 && error.contains(why), "{name}: {error}");
    }
    // While it changes its key, it has two.
    shell.done("deputize rotate --at $NOW --key planner.key --new-key writer.key --successor s");
    done(&shell, "rekey", "s");
    for name in ["planner", "urn:acme:planner"] {
        let (code, why) = kept(&shell, "suspend", name);
        assert!(
            code == 2 && why.contains("2 agents have this name or id; give the key of one: "),
            "{why}"
        );
        for who in [planner(), writer()] {
            assert!(why.contains(&format!("{} (active)", who.public_key())), "{why}");
        }
    }
    done(&shell, "suspend", "writer.pub planner.pub");
    // One that is not listed: the others are not changed either.
    let (code, _) = kept(&shell, "resume", "writer.pub nobody");
    assert_eq!(code, 2);
}

#[test]
fn what_no_verifier_would_take_is_refused() {
    let shell = shell();
    let add = |rest: &str| kept(&shell, "add", rest);
    let named =
        |name: &str| format!("--agent '{name}=writer.pub' --id urn:a --accountable alice@acme.com");
    for name in ["planner", "Planner", "pl\u{430}nner"] {
        let (code, why) = add(&named(name));
        assert_eq!(code, 1);
        assert!(why.contains("is that of planner (8139770ea87d175f), or looks like it"), "{why}");
        assert!(why.ends_with("to sign the directory all the same, pass --anyway\n"), "{why}");
    }
    let hired = |from: &str, to: &str| hire("writer").replace(from, to);
    for (rest, why) in [
        (hire("planner"), "has an entry with the key ed25519/8139770e"),
        (hired("urn:acme:writer", "writer"), "is not a URI"),
        (hired("alice@acme.com", "''"), "--accountable: "),
        (
            hired("alice@acme.com", "bot --accountable-kind agent"),
            "a person or an organization answers",
        ),
        (hired("=writer.pub", ""), "--agent: `writer` has no key; write NAME=KEY"),
        (format!("{} --responsibility ''", hire("writer")), "--responsibility: "),
        (
            format!("{} --valid-until soon", hire("writer")),
            "--valid-until: `soon` is not a duration",
        ),
        (format!("{} --next 2026-11-23T18:00:00Z", hire("writer")), "next"),
    ] {
        let (code, error) = add(&rest);
        assert!(code == 2 && error.contains(why), "{rest}\n{error}");
    }
    let (_, err) = done(&shell, "add", &format!("--anyway {}", named("Planner")));
    assert!(err.contains("warning: the name of Planner"), "{err}");
}

#[test]
fn a_directory_is_its_issuers() {
    let shell = shell();
    let other = "deputize agents suspend --at $NOW --key writer.key acme.agents planner";
    assert_eq!(
        shell.refused(other),
        "`acme.agents`: this is a directory of the key 8a88e3dd7409f195, and --key is ca93ac1705187071; each issuer has a file of its own"
    );
    let missing = "deputize agents suspend --key alice.key acme.agent planner";
    assert_eq!(
        shell.refused(missing),
        "`acme.agent`: there is no such directory; to begin the first one of this key, pass --new to `deputize agents add` or `import`"
    );
    assert!(!shell.path(".acme.agent.lock").exists());
    let (code, why) = kept(&shell, "add", &format!("--new {}", hire("writer")));
    assert!(
        code == 2 && why.contains("it exists already; to change the directory, leave out --new")
    );
    // Something else, and a directory in which a byte was changed.
    shell.done("deputize revoke --new --key alice.key --list list");
    for file in ["list", "alice.pub"] {
        let why = shell.refused(&format!("deputize agents renew --key alice.key {file}"));
        assert!(why.contains("this is not an agent directory, or it was damaged: "), "{why}");
    }
    let odd = String::from_utf8(std::fs::read(shell.path("acme.agents")).unwrap()).unwrap();
    shell.write("acme.agents", odd.replace("active", "Active"));
    for command in ["renew --key alice.key", "show", "verify", "export"] {
        let why = shell.refused(&format!("deputize agents {command} acme.agents"));
        assert!(why.contains("the body is not the one that was signed"), "{why}");
    }
    // A clock that was set back.
    let early = odd.replace("Active", "active");
    shell.write("acme.agents", early);
    let why = shell
        .refused("deputize agents renew --at 2026-11-23T17:59:59Z --key alice.key acme.agents");
    assert!(why.contains("2026-11-23T18:00:00Z"), "{why}");
}

#[test]
fn a_lost_directory_begins_after_those_before() {
    let shell = Shell::new();
    let (_, err) = done(&shell, "add", &format!("--new --first-sequence 40 {}", hire("planner")));
    assert_eq!(err, "");
    assert_eq!(directory(&shell, "acme.agents").sequence(), 40);
}

/// A token for `deputize.directory`, which Alice gives to the writer.
fn powered(shell: &Shell, resources: &[&str], audience: bool) -> Token {
    let resources = resources.iter().map(|own| Capability::new("deputize.directory", own).unwrap());
    let grant = Grant::new(agent("writer", &writer()), resources, now() + Duration::DAY, "agents");
    let mut grant = grant.unwrap();
    if audience {
        grant = grant.with_audience(["crm.acme.com"]).unwrap();
    }
    let token = Token::mint(owner(), &key_of("alice"), grant, now()).unwrap();
    shell.write("power", token.to_text());
    token
}

#[test]
fn a_directory_by_a_power_lists_what_the_power_grants() {
    let shell = Shell::new();
    let key = planner().public_key().to_string().replace("ed25519/", "");
    let token = powered(&shell, &[&format!("agent/{key}")], false);
    let add = "deputize agents add --at $NOW --key writer.key by.agents";
    let why = shell.refused(&format!(
        "deputize agents add --at $NOW --key alice.key by.agents --new --power @power {}",
        hire("planner")
    ));
    assert!(
        why.starts_with("--power: the token is held by writer (agent, ca93ac1705187071)"),
        "{why}"
    );
    shell.done(&format!("{add} --new --power @power {}", hire("planner")));
    let own = directory(&shell, "by.agents");
    assert_eq!(own.scope(), StatementScope::Power(token.hop_ids().last().unwrap()));
    assert_eq!(own.authority(), Some(&token));
    // What the power does not grant, alone or with the right to spawn.
    for (options, kind) in [
        (hire("researcher"), "agent/ed4928c628d1c2c6"),
        (format!("{} --may-spawn", hire("researcher")), "agent/ed4928c628d1c2c6"),
    ] {
        let Outcome { code, out, err } = shell.run(&format!("{add} {options}"));
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains(&format!("hop 0 of the token that gives the power does not grant `deputize.directory` by that name on `{kind}")), "{err}");
    }
    assert_eq!(directory(&shell, "by.agents").digest(), own.digest());
    let why =
        shell.run("deputize agents renew --at 2026-11-24T18:00:00Z --key writer.key by.agents");
    assert!(
        why.code == 1 && why.err.contains("the token that gives the power has expired"),
        "{}",
        why.err
    );
    // A wildcard does not count, and a service cannot be named.
    for (resources, audience, part) in [
        (vec![format!("agent/{key}")], true, "limits it to some services"),
        (vec!["spawn/**".to_owned()], false, "on `agent/8139770e"),
    ] {
        let resources: Vec<_> = resources.iter().map(String::as_str).collect();
        powered(&shell, &resources, audience);
        let printed = shell.run(&format!("{add}2 --new --power @power {}", hire("planner")));
        assert!(printed.code == 1 && printed.err.contains(part), "{}", printed.err);
    }
}

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
        "note: anybody can issue a directory; pass --issuer to check whose this is\n"
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
