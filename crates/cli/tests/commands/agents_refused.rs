//! `deputize agents`: ambiguous agents, wrong signers, and directories that verifiers would refuse.

use deputize::{Capability, Grant, Signer, StatementScope, Token};
use time::Duration;

use crate::agents::{directory, done, hire, kept, shell};
use crate::common::{agent, key_of, now, owner, planner, writer};
use crate::shell::{Outcome, Shell};

#[test]
fn an_agent_is_meant_by_one_name() {
    let shell = shell();
    for (name, why) in [
        (
            "writer",
            "`writer`: the directory has no agent with this name or id, and no key file has this name",
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
        assert!(why.contains("equals or resembles that of planner (8139770ea87d175f)"), "{why}");
        assert!(why.ends_with("pass --anyway to sign the directory all the same\n"), "{why}");
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
        "`acme.agent`: the file does not exist; to begin the first directory of this key, pass --new to `deputize agents add` or `import`"
    );
    assert!(!shell.path(".acme.agent.lock").exists());
    let (code, why) = kept(&shell, "add", &format!("--new {}", hire("writer")));
    assert!(
        code == 2
            && why.contains("the file exists already; to change the directory, leave out --new")
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

/// Alice gives the writer a token for an operation on these resources.
fn powered(shell: &Shell, operation: &str, resources: &[&str]) -> Token {
    let own = resources.iter().map(|resource| Capability::new(operation, resource).unwrap());
    let grant = Grant::new(agent("writer", &writer()), own, now() + Duration::DAY, "agents");
    let token = Token::mint(owner(), &key_of("alice"), grant.unwrap(), now()).unwrap();
    shell.write("power", token.to_text());
    token
}

const ADD: &str = "deputize agents add --at $NOW --key writer.key by.agents";

/// Runs `agents add` by the power, which must be refused for this reason, and write nothing.
fn without_power(shell: &Shell, options: &str, why: &str) {
    let before = std::fs::read(shell.path("by.agents")).ok();
    let Outcome { code, out, err } = shell.run(&format!("{ADD} {options}"));
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains(why), "{why}\n{err}");
    assert_eq!(std::fs::read(shell.path("by.agents")).ok(), before);
}

#[test]
fn a_directory_by_a_power_needs_the_power_over_all_agents() {
    let shell = Shell::new();
    let token = powered(&shell, "deputize.directory", &["agent/*"]);
    let begin = format!("--new --power @power {}", hire("planner"));
    let by_alice = ADD.replace("writer.key", "alice.key");
    let why = shell.refused(&format!("{by_alice} {begin}"));
    let wanted = "--power: the token is held by writer (agent, ca93ac1705187071), and --key is 8a88e3dd7409f195; its holder signs the directory";
    assert_eq!(why, wanted);
    shell.done(&format!("{ADD} {begin}"));
    let own = directory(&shell, "by.agents");
    assert_eq!(own.scope(), StatementScope::Power(token.hop_ids().last().unwrap()));
    assert_eq!(own.authority(), Some(&token));
    shell.done(&format!("{ADD} {}", hire("researcher")));
    // To list an agent is not to let it spawn.
    let lacks = "verifiers would not accept this directory: hop 0 of its power does not grant deputize.directory on ";
    let spawner = format!("{} --may-spawn", hire("alice"));
    without_power(&shell, &spawner, &format!("{lacks}`spawn/*`"));
    let late = "deputize agents renew --at 2026-11-24T18:00:00Z --key writer.key by.agents";
    let why = shell.run(late);
    assert!(why.code == 1 && why.err.contains("verifiers would not accept"), "{}", why.err);
    shell.done("rm by.agents");
    powered(&shell, "deputize.directory", &["agent/**", "spawn/*"]);
    shell.done(&format!("{ADD} {begin} --may-spawn; rm by.agents"));
    // A wildcard does not count, nor does a power over some agents.
    let one = format!("agent/{}", &planner().public_key().to_string()["ed25519/".len()..]);
    for (operation, resource) in
        [("deputize.*", "**"), ("*", "**"), ("deputize.revoke", "**"), ("deputize.directory", &one)]
    {
        powered(&shell, operation, &[resource]);
        without_power(&shell, &begin, &format!("{lacks}`agent/*`"));
    }
    // Nor does a power at some services, or with an argument.
    for (option, why) in [("--audience crm.acme.com", "limited to some services"), ("", lacks)] {
        let argument = if option.is_empty() { " limit" } else { "" };
        shell.done(&format!("deputize mint --at $NOW --key alice.key --owner alice@acme.com --to writer=writer.pub --allow 'deputize.directory **{argument}' --expires 1h --purpose p {option} > power"));
        without_power(&shell, &begin, why);
    }
    let (_, err) = done(&shell, "add", &format!("--new {}", hire("planner")));
    assert!(!err.contains("power"), "{err}");
}
