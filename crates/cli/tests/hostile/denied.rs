//! Tokens that can be read but must not be trusted: exit code 1, with the deny code.

use crate::common::{TOKEN_ID, alice, now, owner, planner, present, reading, researcher, thief};
use crate::shell::{CALL, Shell, with_call};
use deputize::testing::{self, RawToken};
use deputize::{Grant, SigningKey};
use time::Duration;

fn grant(name: &str, key: &SigningKey, hours: i64) -> Grant {
    crate::common::grant(name, key, reading("accounts/**", 100), Duration::hours(hours))
}

fn mint(signer: &SigningKey, grant: Grant) -> RawToken {
    RawToken::mint(owner(), signer, grant, now(), TOKEN_ID)
}

#[track_caller]
fn denied(shell: &Shell, line: &str, code: &str) {
    let printed = shell.run(line);
    assert_eq!((printed.code, printed.err.as_str()), (1, ""), "{line}\n{}", printed.out);
    assert!(printed.out.contains(&format!("[{code}]")), "{line}\n{}", printed.out);
}

#[test]
fn forged_chains_are_denied() {
    let shell = Shell::new();
    let first = |hops| grant("planner", &planner(), 8).with_max_hops(hops);
    let second = |hours| grant("researcher", &researcher(), hours);
    let chains = [
        (present(mint(&thief(), first(1)), &planner()), "untrusted_root"),
        (
            present(mint(&alice(), first(1)).delegate(&thief(), second(1), now()), &researcher()),
            "bad_signature",
        ),
        (present(mint(&alice(), first(1)), &thief()), "not_the_holder"),
        (
            present(mint(&alice(), first(0)).delegate(&planner(), second(1), now()), &researcher()),
            "delegation_depth_exceeded",
        ),
        (
            present(mint(&alice(), first(1)).delegate(&planner(), second(9), now()), &researcher()),
            "outlives_parent",
        ),
        (
            present(mint(&alice(), testing::without_capabilities(first(0))), &planner()),
            "no_capability",
        ),
        (mint(&alice(), first(0)), "not_presented"),
    ];
    for (chain, code) in chains {
        shell.write("p", chain.to_text());
        denied(&shell, &format!("{} @p", with_call("verify --trust alice.pub")), code);
        if !["not_presented", "no_capability"].contains(&code) {
            denied(&shell, "deputize report --at $NOW --trust alice.pub @p", code);
        }
    }
}

#[test]
fn held_tokens_that_are_not_trusted_are_denied_by_report() {
    let shell = Shell::new();
    let report = "deputize report --at $NOW --trust alice.pub @t";
    shell.write("t", mint(&thief(), grant("planner", &planner(), 8)).to_text());
    denied(&shell, report, "untrusted_root");
    let chain = mint(&alice(), grant("planner", &planner(), 8).with_max_hops(1));
    shell.write(
        "t",
        chain.delegate(&thief(), grant("researcher", &researcher(), 1), now()).to_text(),
    );
    denied(&shell, report, "bad_signature");
    // A chain that is not authentic is refused with or without `--trust`.
    denied(&shell, "deputize report --at $NOW @t", "bad_signature");
    shell.write("t", mint(&thief(), grant("planner", &planner(), 8)).to_text());
    let printed = shell.done("deputize report --at $NOW @t");
    assert!(printed.starts_with("UNVERIFIED"), "{printed}");
}

#[test]
fn calls_out_of_scope_are_denied() {
    let shell = Shell::with_tokens();
    let cases = [
        ("crm.read", "crm.write", "operation_not_granted"),
        ("accounts/emea/42", "accounts/apac/7", "resource_not_granted"),
        ("crm.acme.com", "mail.acme.com", "audience_not_granted"),
        ("limit=5", "limit=11", "argument_refused"),
        ("limit=5", "limit=five", "argument_refused"),
        ("limit=5", "limit=5 --arg all=true", "unknown_argument"),
        ("--arg limit=5", "", "argument_missing"),
    ];
    for (from, to, code) in cases {
        let call = CALL.replace(from, to);
        shell.done(&format!(
            "deputize present --anyway --key researcher.key {call} @researcher.token > p"
        ));
        denied(&shell, &format!("deputize verify --trust alice.pub {call} @p"), code);
    }
}

/// Exit status 1 is for a Deputize token that is refused, 2 for any other text.
#[test]
fn refused_tokens_and_texts_that_are_not_tokens_exit_differently() {
    let shell = Shell::new();
    let faulty = |content: Vec<u8>| {
        let mut chain = mint(&alice(), grant("planner", &planner(), 8).with_max_hops(1));
        chain.blocks[0].content = content;
        chain.sign(0, &alice());
        chain
    };
    let own = mint(&alice(), grant("planner", &planner(), 8)).blocks[0].content.clone();
    // A Deputize block with a trailing field, and another kind of Biscuit.
    shell.write("ours", faulty([own, vec![0x32, 0]].concat()).to_text());
    shell.write("other", faulty(vec![0x18, 6]).to_text());
    let call = "--operation a --resource b --audience c";
    for command in
        ["report", "report --trust alice.pub", &format!("verify --trust alice.pub {call}")]
    {
        let line = |file: &str| format!("deputize {command} --at $NOW @{file}");
        let printed = shell.run(&line("ours"));
        assert_eq!((printed.code, printed.err.as_str()), (1, ""), "{command}\n{}", printed.out);
        let is_reported =
            ["[not_canonical]", "[not_presented]"].iter().any(|own| printed.out.contains(own));
        assert!(is_reported, "{}", printed.out);
        let printed = shell.refused(&line("other"));
        assert!(printed.contains("not a Deputize token"), "{printed}");
        assert!(shell.refused(&line("alice.pub")).contains("base64url"));
    }
}
