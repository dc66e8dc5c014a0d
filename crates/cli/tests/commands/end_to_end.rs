//! All commands in sequence, from `keygen` to a refused call, with their exit codes.

use crate::shell::{MINT, NOW, Outcome, Shell, with_call};
use deputize::{Presentation, Token};

/// The lines of the documents, with values in place of `…`.
#[test]
fn the_documented_commands_work() {
    let shell = Shell::empty();
    for name in ["alice", "planner", "researcher"] {
        shell.done(&format!("deputize keygen {name}"));
    }
    let token = shell.done("deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'crm.read accounts/** limit<=100' --expires 8h --max-hops 3 --audience crm.acme.com --purpose 'Q3 review'");
    let longer = shell.done(&format!("deputize delegate --key planner.key --to researcher=researcher.pub --allow 'crm.read accounts/emea/** limit<=10' --expires 15m --purpose 'EMEA' {token}"));
    let presented = shell.done(&format!("deputize present --key researcher.key --operation crm.read --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 {longer}"));
    let verify = "deputize verify --trust alice.pub --operation crm.read --resource accounts/emea/42 --audience crm.acme.com";
    let printed = shell.done(&format!("{verify} --arg limit=5 {presented}"));
    let summary = printed.lines().next().unwrap();
    assert!(
        summary.starts_with("alice@acme.com (")
            && summary.contains("; allowed crm.read on accounts/emea/42"),
        "{printed}"
    );
    let other = shell.run(&format!("{verify} --arg limit=6 {presented}"));
    assert_eq!((other.code, other.err.as_str()), (1, ""));
    assert!(other.out.contains("[wrong_request]"), "{}", other.out);
    for form in ["text", "json", "markdown", "mermaid", "dot", "html"] {
        let report = format!("deputize report --trust alice.pub --format {form}");
        shell.done(&format!("{report} {longer}"));
        shell.done(&format!("{report} {presented}"));
    }
}

/// The note about a token whose root key was not compared with any trusted key.
const CLAIM: &str = "note: the token claims the owner alice@acme.com, with root key 8a88e3dd7409f195; pass --trust to check this\n";

/// A holder that passes `--trust` refuses the tokens of all other owners.
#[test]
fn a_holder_compares_the_root_key_with_its_trusted_keys() {
    let shell = Shell::with_tokens();
    let delegate = "deputize delegate --at $NOW --key planner.key --to thief=thief.pub --allow 'crm.read accounts/emea/42 limit<=5' --expires 1m --purpose 'one account'";
    let present = with_call("present --key planner.key");
    for line in [delegate, present.as_str()] {
        // The grant comes after the note.
        let note = |err: &str| err.split("granted by ").next().unwrap().to_owned();
        let own = shell.run(&format!("{line} --trust alice.pub=alice@acme.com @planner.token"));
        assert_eq!((own.code, note(&own.err).as_str()), (0, ""), "{line}");
        let none = shell.run(&format!("{line} @planner.token"));
        assert_eq!((none.code, note(&none.err).as_str()), (0, CLAIM), "{line}");
        for (trust, code) in
            [("thief.pub", "untrusted_root"), ("alice.pub=bob@acme.com", "owner_not_trusted")]
        {
            let other = shell.run(&format!("{line} --trust {trust} @planner.token"));
            assert_eq!((other.code, other.out.as_str()), (1, ""), "{line}");
            assert!(other.err.contains(code), "{}", other.err);
        }
    }
}

#[test]
fn tokens_go_to_standard_output_only() {
    let shell = Shell::with_tokens();
    for name in ["planner.token", "researcher.token"] {
        let text = shell.read(name);
        let token = text.strip_suffix('\n').unwrap();
        assert!(Token::parse(token).is_ok(), "{token}");
    }
    let Outcome { code, out, err } =
        shell.run(&with_call("present --key researcher.key @researcher.token"));
    assert_eq!((code, err.as_str()), (0, CLAIM));
    assert!(Presentation::parse(out.strip_suffix('\n').unwrap()).is_ok(), "{out}");
    let Outcome { code, out, err } = shell.run("deputize keygen new");
    assert_eq!(code, 0);
    assert!(out.starts_with("ed25519/") && out.len() == 8 + 64 + 1, "{out}");
    assert_eq!(err, "wrote new.key (private: keep it where it is used) and new.pub\n");
}

#[test]
fn a_token_is_an_argument_a_file_or_standard_input() {
    let shell = Shell::with_tokens();
    let report = "deputize report --at $NOW --trust alice.pub";
    let wanted = shell.done(&format!("{report} @researcher.token"));
    for line in [
        format!("{report} $(cat researcher.token)"),
        format!("{report} - < researcher.token"),
        format!("{report} < researcher.token"),
        format!("(echo; echo \"  $(cat researcher.token) \"; echo) | {report}"),
    ] {
        assert_eq!(shell.done(&line), wanted, "{line}");
    }
}

#[test]
fn commands_work_in_a_pipe() {
    let shell = Shell::with_tokens();
    let (present, verify) = (
        with_call("present --key researcher.key @researcher.token"),
        with_call("verify --trust alice.pub"),
    );
    assert!(shell.done(&format!("{present} | {verify}")).contains("ALLOWED"));
    // A closed output causes no panic and no message. A decision still has its exit code; a token
    // that nobody received is a failure.
    for (line, code) in [
        (format!("{verify} @p"), "0\n"),
        (format!("{} @p", with_call("verify --trust thief.pub")), "1\n"),
        ("deputize report --at $NOW --trust alice.pub @researcher.token".to_owned(), "0\n"),
        (present.clone(), "2\n"),
    ] {
        let line =
            format!("{present} > p 2> /dev/null; (sleep 0.1; {line}; echo $? > code) | true");
        let printed = shell.run(&line).err;
        assert!(printed.is_empty() || printed == CLAIM, "{printed}");
        assert_eq!(shell.read("code"), code, "{line}");
    }
    // A reader of only the first line does not break the pipe before the rest is written.
    let line = format!(
        "for i in 1 2 3 4 5 6 7 8; do ({present} | tee q | {verify}; echo $? >> codes) | head -1; done"
    );
    shell.done(&line);
    assert_eq!(shell.read("codes"), "0\n".repeat(8));
}

#[test]
fn at_fixes_every_clock() {
    let shell = Shell::with_tokens();
    let at = |at: &str| {
        shell.run(&format!("deputize report --trust alice.pub --at {at} @researcher.token"))
    };
    let now = at(NOW);
    assert_eq!(now.code, 0);
    assert!(now.out.contains("valid until 2026-11-23T18:15:00Z (15 min left)"), "{}", now.out);
    assert_eq!(at("2026-11-23T18:14:59Z").code, 0);
    let late = at("2026-11-23T19:15:00+01:00");
    assert_eq!(late.code, 1, "{}", late.out);
    assert!(late.out.contains("[expired]"), "{}", late.out);
    // Presented at NOW, verified half a minute and a second later.
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    let verify = |at: &str| {
        shell.run(&format!(
            "{} --at {at} @p",
            with_call("verify --trust alice.pub").replace("--at $NOW", "")
        ))
    };
    assert_eq!(verify("2026-11-23T18:00:30Z").code, 0);
    assert!(verify("2026-11-23T18:00:31Z").out.contains("[presentation_not_fresh]"));
}

#[test]
fn every_kind_of_principal_can_be_named() {
    let shell = Shell::new();
    for kind in ["human", "agent", "service", "organization"] {
        shell.done(&format!("deputize mint --at $NOW --key alice.key --owner acme --owner-kind {kind} --to p=planner.pub --to-kind {kind} --allow 'a b' --expires 1h --purpose x > t"));
        let printed = shell.done("deputize report --at $NOW --trust alice.pub @t");
        assert_eq!(printed.matches(&format!("({kind}, ")).count(), 2, "{printed}");
    }
    let printed = shell.done("deputize report --at $NOW @t");
    assert!(printed.contains("UNVERIFIED"), "{printed}");
}

/// The library treats an omitted limit as a widening; the command takes the parent's.
#[test]
fn delegate_keeps_what_its_options_leave_out() {
    let shell = Shell::new();
    shell.done("deputize mint --at $NOW --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'crm.read **' --expires 8h --not-before 1h --max-hops 1 --audience a.acme.com --audience b.acme.com --delegates researcher.pub --delegates thief.pub --purpose x > planner.token");
    let delegate = "deputize delegate --at $NOW --key planner.key --to researcher=researcher.pub --allow 'crm.read **' --expires 2h --purpose x @planner.token";
    let token = shell.done(delegate);
    let token = Token::parse(token.trim()).unwrap();
    let (parent, own) = (token.hops()[0].grant(), token.hops().last().unwrap().grant());
    assert!(parent.audience().is_some() && parent.audience() == own.audience());
    assert!(
        parent.allowed_delegates().is_some()
            && parent.allowed_delegates() == own.allowed_delegates()
    );
    assert!(parent.not_before().is_some() && parent.not_before() == own.not_before());
    // Options override the parent's values.
    let other = shell
        .done(&format!("{delegate} --audience a.acme.com --delegates thief.pub --not-before 90m"));
    let other = Token::parse(other.trim()).unwrap();
    let own = other.hops().last().unwrap().grant();
    assert_eq!(own.audience().unwrap().len(), 1);
    assert_eq!(own.allowed_delegates().unwrap().len(), 1);
    assert_ne!(own.not_before(), parent.not_before());
}

#[test]
fn the_owner_after_trust_must_match() {
    let shell = Shell::with_tokens();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    shell.done(&format!(
        "{} @p",
        with_call("verify --trust thief.pub --trust alice.pub=alice@acme.com")
    ));
    let other = shell.run(&format!("{} @p", with_call("verify --trust alice.pub=bob@acme.com")));
    assert_eq!(other.code, 1);
    assert!(other.out.contains("[owner_not_trusted]"), "{}", other.out);
    let held =
        shell.run("deputize report --at $NOW --trust alice.pub=bob@acme.com @researcher.token");
    assert_eq!(held.code, 1, "{}", held.out);
}

#[test]
fn the_json_of_a_decision_has_its_verdict_and_reasons() {
    let shell = Shell::with_tokens();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    let verify = |trust: &str| {
        let printed =
            shell.run(&format!("{} --trust {trust} --format json @p", with_call("verify")));
        (printed.code, serde_json::from_str::<serde_json::Value>(&printed.out).unwrap())
    };
    let (code, allowed) = verify("alice.pub");
    assert_eq!((code, &allowed["decision"]), (0, &"allow".into()));
    assert_eq!(allowed["reasons"], serde_json::json!([]));
    assert_eq!(allowed.pointer("/report/verdict").unwrap(), "allow");
    let (code, denied) = verify("thief.pub");
    assert_eq!((code, &denied["decision"]), (1, &"deny".into()));
    assert_eq!(denied.pointer("/reasons/0/code").unwrap(), "untrusted_root");
    assert_eq!(denied["report"]["reasons"], denied["reasons"]);
}

/// The examples of the help, exactly as shown.
#[test]
fn the_examples_of_the_help_work() {
    use deputize_cli::cli;
    use deputize_cli::commands::revocations::{
        apply, delta, diff, prune, show, verify as verify_list,
    };
    use deputize_cli::commands::{
        delegate, explain, mint, present, report, revocations, revoke, schema, verify,
    };
    let commands = |help: &str| {
        let example = help.split("Example").nth(1).unwrap();
        let lines: Vec<_> =
            example.lines().skip(1).take_while(|line| line.starts_with("  ")).collect();
        lines.join("\n")
    };
    let printed = Shell::empty().done(&format!("set -e\n{}", commands(cli::EXAMPLE)));
    assert!(printed.contains("ALLOWED at ") && printed.contains("VERIFIED at "), "{printed}");

    let shell = Shell::new();
    for (help, file) in [
        (mint::EXAMPLE, "planner.token"),
        (delegate::EXAMPLE, "researcher.token"),
        (present::EXAMPLE, "call.token"),
        (report::EXAMPLE, "chain.html"),
        (explain::EXAMPLE, "call.token"),
        (schema::EXAMPLE, "grant.schema.json"),
        (verify::EXAMPLE, "decisions.jsonl"),
        (revoke::EXAMPLE, "alice.revocations"),
        (revocations::EXAMPLE, "alice.revocations"),
        (show::EXAMPLE, "alice.revocations"),
        (verify_list::EXAMPLE, "alice.revocations"),
        (prune::EXAMPLE, "alice.revocations"),
        (diff::EXAMPLE, "alice.revocations"),
        (delta::EXAMPLE, "alice.delta"),
        (apply::EXAMPLE, "alice.revocations"),
    ] {
        shell.done("touch calls.jsonl tokens.jsonl");
        let before = match file {
            "decisions.jsonl" => "deputize revoke --new --key alice.key --list alice.revocations",
            "alice.revocations" if help == revoke::EXAMPLE => "rm alice.revocations",
            "alice.revocations" if help == prune::EXAMPLE => {
                "cp alice.revocations yesterday.revocations"
            }
            // Which has the older list.
            "alice.revocations" if help == apply::EXAMPLE => {
                "cp yesterday.revocations alice.revocations"
            }
            _ => "true",
        };
        shell.done(before);
        shell.done(&format!("set -e\n{}", commands(help)));
        assert!(shell.path(file).exists(), "{file}");
    }
}

/// Those of directories and of rotations, in the order of an agent's life.
#[test]
fn the_examples_of_the_lives_of_agents_and_keys_work() {
    use deputize_cli::commands::agents::{
        EXAMPLE, add, export, import, rekey, remove, renew, retire, review, show, status, verify,
    };
    use deputize_cli::commands::rotate;
    let shell = Shell::with_tokens();
    shell.done("deputize keygen new");
    // The example of `rotate` is of a token that is valid now.
    shell.done(&MINT.replace("--at $NOW", ""));
    for help in [
        EXAMPLE,
        add::EXAMPLE,
        status::SUSPEND,
        status::RESUME,
        review::EXAMPLE,
        show::EXAMPLE,
        verify::EXAMPLE,
        renew::EXAMPLE,
        export::EXAMPLE,
        import::EXAMPLE,
        rotate::EXAMPLE,
        rekey::EXAMPLE,
    ] {
        let example = help.split("Example").nth(1).unwrap().replace(":\n", "");
        shell.done(&format!("set -e\n{example}"));
    }
    // Now the planner has two keys, of which the first ended more than a year ago.
    shell.done("deputize agents retire --key security.key acme.agents new.pub");
    for (help, code) in [(retire::EXAMPLE, 2), (remove::EXAMPLE, 2)] {
        let line = help.lines().last().unwrap();
        assert_eq!(shell.run(line).code, code);
        let line = line.replace(" planner", " planner.pub");
        let is_removal = line.contains(" remove ");
        let late = if is_removal { "--at 2099-01-01T00:00:00Z" } else { "" };
        shell.done(&format!("{line} {late}"));
    }
}
