//! Errors of use: one line on standard error, nothing on standard output, exit code 2.

use crate::shell::{CALL, DELEGATE, MINT, Shell, with_call};

/// Returns each line with the error that it prints.
fn printed(shell: &Shell, lines: &[String]) -> String {
    let printed: Vec<_> =
        lines.iter().map(|line| format!("$ {line}\n{}", shell.refused(line))).collect();
    printed.join("\n\n")
}

#[test]
fn usage() {
    let shell = Shell::new();
    let lines = [
        "deputize nonsense",
        "deputize mnt",
        "deputize --colour never",
        "deputize keygen",
        "deputize keygen ''",
        "deputize keygen ..",
        "deputize mint",
        "deputize mint --purpos x",
        "deputize report --format pdf",
        "deputize report --format jsn",
        "deputize report a b",
        "deputize explain expird",
        "deputize explain nonsense",
        "deputize completions tcsh",
        "deputize pubkey",
        "deputize verify --operation a",
        "deputize report --color blue",
        "deputize report $(printf 'a\\033[2Jb') c",
    ];
    insta::assert_snapshot!(printed(&shell, &lines.map(str::to_owned)));
}

#[test]
fn granting() {
    let shell = Shell::with_tokens();
    let mint = |from: &str, to: &str| MINT.replace(" > planner.token", "").replace(from, to);
    let delegate =
        |from: &str, to: &str| DELEGATE.replace(" > researcher.token", "").replace(from, to);
    let lines = [
        mint("8h", "8"),
        mint("8h", "8M"),
        mint("8h", "0h"),
        mint("8h", "-1h"),
        mint("8h", "tomorrow"),
        mint("8h", "2026-11-23T17:00:00Z"),
        mint("8h", "2026-11-23T17:00"),
        mint("$NOW", "now"),
        mint("$NOW", "1960-01-01T00:00:00Z"),
        mint("8h", "8h --not-before 9h"),
        mint("'Q3 review'", "' '"),
        mint("alice@acme.com", "''"),
        mint("planner=planner.pub", "=planner.pub"),
        mint("planner=planner.pub", "alice=alice.pub"),
        mint("'crm.read accounts/** limit<=100'", "'crm.read'"),
        mint("limit<=100", "limit<100"),
        mint("--allow 'crm.read accounts/** limit<=100'", ""),
        mint("--max-hops 3", "--max-hops 32"),
        mint("--max-hops 3", "--max-hops -1"),
        mint("--audience crm.acme.com", "--audience ''"),
        mint("--key alice.key", "--key nobody.key"),
        delegate("--key planner.key", "--key thief.key"),
        delegate("researcher=researcher.pub", "planner=planner.pub"),
        delegate("accounts/emea/**", "'**'"),
        delegate("limit<=10", "limit<=1000"),
        delegate("15m", "9h"),
        delegate("15m", "15m --audience mail.acme.com"),
        delegate("15m", "15m --max-hops 3"),
        delegate("@planner.token", "@researcher.token"),
        delegate("--at $NOW", "--at 2026-11-24T18:00:00Z"),
    ];
    insta::assert_snapshot!(printed(&shell, &lines));
}

#[test]
fn calls() {
    let shell = Shell::with_tokens();
    let present = |more: &str| format!("{} {more}", with_call("present --key researcher.key"));
    let changed = |from: &str, to: &str| present("@researcher.token").replace(from, to);
    let lines = [
        changed("--operation crm.read", ""),
        changed("crm.read", "'crm read'"),
        changed("accounts/emea/42", "accounts/../42"),
        changed("crm.acme.com", "''"),
        changed("limit=5", "limit"),
        changed("limit=5", "limit=5 --arg limit=6"),
        changed("limit=5", "'a={\"b\":1,\"b\":2}'"),
        changed("limit=5", "'limit=[9007199254740993]'"),
        changed("limit=5", "/a=5"),
        present("--request call.json @researcher.token"),
        changed("researcher.key", "planner.key"),
        present("researcher.token"),
        present("@missing.token"),
        present("''"),
        present(""),
        present("nonsense"),
        present("bm9uc2Vuc2U"),
        present("@planner.pub"),
        present("$(printf 'a\\033[2J\\342\\200\\256b.token')"),
        format!("head -c 200000 /dev/zero | {}", present("")),
        format!("printf '\\377\\376' | {}", present("")),
        format!("deputize verify --trust nowhere.pub {CALL} @researcher.token"),
        format!("deputize verify --trust alice.pub= {CALL} @researcher.token"),
        format!("deputize verify --trust alice.pub {CALL} @alice.pub"),
        "deputize report nonsense".to_owned(),
    ];
    insta::assert_snapshot!(printed(&shell, &lines));
}

#[test]
fn a_presentation_cannot_be_delegated_or_presented_again() {
    let shell = Shell::with_tokens();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    let printed = shell.refused(&with_call("present --key researcher.key @p"));
    assert!(printed.contains("has been presented already"), "{printed}");
}

#[test]
fn every_help_ends_with_an_example() {
    let shell = Shell::empty();
    let commands = [
        "keygen",
        "pubkey",
        "mint",
        "delegate",
        "present",
        "wallet",
        "wallet add",
        "wallet list",
        "wallet drop",
        "verify",
        "report",
        "ids",
        "revoke",
        "revocations",
        "revocations show",
        "revocations verify",
        "revocations diff",
        "revocations prune",
        "revocations renew",
        "revocations delta",
        "revocations apply",
        "agents",
        "agents add",
        "agents suspend",
        "agents resume",
        "agents retire",
        "agents review",
        "agents rekey",
        "agents remove",
        "agents renew",
        "agents show",
        "agents verify",
        "agents import",
        "agents export",
        "rotate",
        "explain",
        "completions",
        "man",
        "schema",
        "demo",
    ];
    for command in commands {
        let long = shell.done(&format!("deputize {command} --help"));
        assert!(long.lines().rev().take(6).any(|line| line == "Example:"), "{long}");
        assert!(
            long.lines().all(|line| line.starts_with("Usage:") || line.chars().count() <= 100),
            "{long}"
        );
        let short = shell.done(&format!("deputize {command} -h"));
        assert!(short.contains("\nExample:\n  "), "{short}");
    }
    insta::assert_snapshot!("help", shell.done("deputize --help"));
    insta::assert_snapshot!("help_mint", shell.done("deputize mint --help"));
    insta::assert_snapshot!("help_verify", shell.done("deputize verify -h"));
    assert_eq!(
        shell.done("deputize --version"),
        format!("deputize {}\n", env!("CARGO_PKG_VERSION"))
    );
    let nothing = shell.run("deputize");
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
    assert!(
        nothing.err.contains("Usage: deputize")
            && nothing.err.ends_with("error: a command is missing\n")
    );
}
