//! `explain`, `completions`, `man`.

use crate::shell::Shell;
use deputize::{DenyCode, InputCode, LintCode};

#[test]
fn every_code_is_explained() {
    let shell = Shell::empty();
    let all = shell.done("deputize explain");
    for code in DenyCode::ALL {
        let own = shell.done(&format!("deputize explain {code}"));
        let wanted = format!("{code}\n  {}\n  → {}\n", code.meaning(), code.remedy());
        assert_eq!(own, wanted);
        assert!(all.contains(&wanted), "{code}");
    }
    for code in LintCode::ALL {
        let own = shell.done(&format!("deputize explain {code}"));
        let start = format!("{code}\n  {}\n  → a warning", code.meaning());
        assert!(own.starts_with(&start) && all.contains(&own), "{own}");
    }
    let inputs = [InputCode::MalformedLine, InputCode::MalformedToken, InputCode::MalformedRequest];
    let inputs = inputs.map(|code| serde_json::to_string(&code).unwrap());
    for code in inputs.iter().map(String::as_str).chain(["no_token_fits", "ambiguous_owner"]) {
        let own = shell.done(&format!("deputize explain {code}"));
        assert!(all.contains(&own) && own.starts_with(code.trim_matches('"')), "{own}");
    }
}

#[test]
fn several_codes_are_explained_at_once_and_an_unknown_one_is_named() {
    let shell = Shell::empty();
    let both = shell.done("deputize explain expired negative_amount");
    let [one, other] =
        ["expired", "negative_amount"].map(|code| shell.done(&format!("deputize explain {code}")));
    assert_eq!(both, format!("{one}\n{other}"));
    let printed = shell.run("deputize explain expird expired nonsense negative_amount");
    assert_eq!((printed.code, printed.out), (2, both));
    let why = "error: invalid value 'expird' for '[CODE]...' [`deputize explain` lists them all]; tip: a similar value exists: 'expired'; invalid value 'nonsense' for";
    assert!(printed.err.starts_with(why), "{}", printed.err);
}

#[test]
fn completions_know_the_commands() {
    let shell = Shell::empty();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = shell.done(&format!("deputize completions {name}"));
        for word in ["delegate", "max-hops"] {
            assert!(script.contains(word), "{name}: {word}");
        }
        let knows_codes = script.contains("resource_not_granted");
        assert!(knows_codes || !["bash", "zsh"].contains(&name), "{name}");
    }
    // Bash can parse its script.
    shell.done("deputize completions bash > c && bash -n c");
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let shell = Shell::empty();
    let printed = shell.run("deputize man share/m");
    assert_eq!((printed.code, printed.out.as_str()), (0, ""));
    let pages: Vec<_> = printed.err.lines().collect();
    // One for each command: three are below `wallet`, three below `mcp`, nine below `audit`, six below `revocations`, and
    // twelve below `agents`.
    assert_eq!(pages.len(), 58, "{}", printed.err);
    for page in pages {
        let text = shell.read(page);
        assert!(text.contains(".SH SYNOPSIS") && text.contains("Example"), "{page}");
    }
    let shown = shell.done("MANWIDTH=80 man -l share/m/deputize-mint.1 | col -bx");
    assert!(shown.contains("accounts/**  a resource, one segment below it, everything"), "{shown}");
    assert!(shown.contains("\n         deputize mint --key alice.key"), "{shown}");
    std::fs::metadata(shell.path("share/m/deputize.1")).unwrap();
    // Again, over the pages of before.
    assert_eq!(shell.run("deputize man share/m").err, printed.err);
    let printed = shell.refused("deputize man share/m/deputize.1");
    assert!(printed.contains("this is a file, and the pages go to a directory"), "{printed}");
}

#[test]
fn the_demo_writes_a_script_that_repeats_it() {
    let shell = Shell::empty();
    let printed = shell.done("deputize demo shell");
    for word in ["\nALLOWED at ", "\nREFUSED at ", "[resource_not_granted]", "\n$ deputize mint"] {
        assert!(printed.contains(word), "{word}: {printed}");
    }
    assert!(shell.read("shell/allowed.html").contains("ALLOWED"));
    assert!(shell.read("shell/refused.html").contains("data-refused"));
    // Keys are never overwritten, so the first three commands say so and the others go on.
    let again = shell.run("cd shell && sh commands.sh");
    assert_eq!(again.err.matches("error: ").count(), 3, "{}", again.err);
    assert_eq!(again.out.matches("\nALLOWED at ").count(), 1);
    assert_eq!(again.out.matches("\nREFUSED at ").count(), 1);
    let twice = shell.refused("deputize demo shell");
    let why = "`shell`: it exists already, and the demonstration makes a new directory; give another name, or run `sh commands.sh`";
    assert!(twice.starts_with(why), "{twice}");
    let elsewhere = shell.done("TMPDIR=. deputize demo");
    assert!(elsewhere.contains("All of it is in ./deputize-demo-"), "{elsewhere}");
}

/// Verifiers accept 8 hops and 16 KiB by default.
#[test]
fn a_token_beyond_the_default_limits_gets_a_note() {
    let shell = Shell::with_tokens();
    let mut mint = "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --expires 1h --purpose p".to_owned();
    for i in 0..60 {
        mint.push_str(&format!(" --allow 'crm.read accounts/{}/{i}'", "x".repeat(200)));
    }
    let printed = shell.run(&mint);
    assert_eq!(printed.code, 0);
    assert!(
        printed.err.contains("\nnote: the token has 2") && printed.err.contains("accept 16384"),
        "{}",
        printed.err
    );
    shell.done("deputize mint --at $NOW --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --expires 1h --max-hops 8 --purpose p > t1");
    for i in 1..9 {
        let (from, to) =
            if i % 2 == 1 { ("planner", "researcher") } else { ("researcher", "planner") };
        let left = 8 - i;
        let printed = shell.run(&format!("deputize delegate --at $NOW --key {from}.key --to {to}={to}.pub --allow 'a b' --expires 30m --max-hops {left} --purpose p @t{i} > t{}", i + 1));
        assert_eq!(printed.code, 0, "{}", printed.err);
        assert_eq!(
            printed.err.contains("note: the chain has 9 hops"),
            i == 8,
            "{i}: {}",
            printed.err
        );
    }
}
