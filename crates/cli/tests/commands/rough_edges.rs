//! Input as people copy, pipe and type it: quotes, schemes, marks, odd paths, closed outputs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::shell::{DELEGATE, MINT, Shell, with_call};

/// A token has one spelling, so nothing is left out; the error says what to leave out.
#[test]
fn what_is_copied_along_with_a_token_is_named() {
    let shell = Shell::with_tokens();
    let report = "deputize report --at $NOW --trust alice.pub";
    let wanted = shell.done(&format!("{report} @planner.token"));
    for (text, why) in [
        ("'\"'\"$(cat planner.token)\"'\"'", "the token is in quotes, `\"`; give it without them"),
        ("\"'$(cat planner.token)'\"", "the token is in quotes, `'`; give it without them"),
        ("\"Bearer $(cat planner.token)\"", "begins with `Bearer`; give the token without it"),
        ("\"deputize $(cat planner.token)\"", "begins with `deputize`; give the token without it"),
        ("\"Authorization: Deputize $(cat planner.token)\"", "begins with `Authorization:`;"),
        ("\"$(cat planner.token)=\"", "the token ends with padding, `=`; leave it out"),
        ("\"$(fold planner.token)\"", "the token has white space inside; write it as one word"),
        ("\"$(tr -- -_ +/ < planner.token)\"", "base64 with `+` and `/`"),
        ("\"{\\\"token\\\":\\\"$(cat planner.token)\\\"}\"", "this is JSON;"),
    ] {
        for line in [
            format!("{report} -- {text}"),
            format!("echo {text} | {report}"),
            format!("echo {text} > t; {report} @t"),
        ] {
            // `echo` of a shell keeps the line breaks of the text in quotes.
            let printed = shell.refused(&line);
            assert!(printed.contains(why), "{line}\n{printed}");
        }
    }
    let line = "printf '{\"token\":\"Bearer %s\"}' $(cat planner.token)";
    let answer = shell.run(&format!("{line} | deputize report --batch")).out;
    assert!(answer.contains("the text begins with `Bearer`"), "{answer}");
    assert_eq!(shell.done(&format!("{report} @- < planner.token")), wanted);
    shell.done("(printf '\\357\\273\\277'; cat planner.token) > marked");
    assert_eq!(shell.done(&format!("{report} @marked")), wanted);
    shell.done("iconv -t UTF-16 planner.token > wide");
    let printed = shell.refused(&format!("{report} @wide"));
    let (_, command) = printed.split_once("this is text in UTF-16LE").unwrap();
    let (_, command) = command.split_once("with `").unwrap();
    shell.done(command.trim_end_matches('`'));
    assert_eq!(shell.done(&format!("{report} @NEW.token")), wanted);
    let printed = shell.refused("deputize report 'my token.file'");
    assert!(printed.ends_with("to read a file, write `'@my token.file'`"), "{printed}");
}

#[test]
fn json_files_are_read_with_a_mark_and_from_standard_input() {
    let shell = Shell::with_tokens();
    let mark = "\u{feff}";
    shell.write(
        "c.json",
        format!("{mark}{{\"capabilities\":[{{\"operation\":\"a\",\"resource\":\"b\"}}]}}\r\n"),
    );
    let mint = MINT.replace("'crm.read accounts/** limit<=100'", "'x y' --capabilities c.json");
    shell.done(&mint);
    shell.done(&format!("{} < c.json", mint.replace("c.json", "-")));
    let call = "{\"operation\":\"crm.read\",\"resource\":\"accounts/emea/42\",\"audience\":\"crm.acme.com\",\"args\":{\"limit\":5}}";
    shell.write("r.json", format!("{mark}\n{call}\n\n"));
    let present =
        "deputize present --at $NOW --key researcher.key --request r.json @researcher.token";
    shell.done(present);
    shell.done(&format!("{} < r.json", present.replace("r.json", "-")));
    shell.done("iconv -f UTF-8 -t UTF-16LE r.json > 'w i.json'");
    let printed = shell.refused(&present.replace("r.json", "'w i.json'"));
    let why = "--request `w i.json`: this is text in UTF-16LE, as PowerShell writes it, and UTF-8 is read; convert it with `(umask 077; iconv -f UTF-16LE -t UTF-8 'w i.json' > NEW.json)`";
    assert_eq!(printed, why);
    shell.done("(umask 077; iconv -f UTF-16LE -t UTF-8 'w i.json' > NEW.json)");
    shell.done(&present.replace("r.json", "NEW.json"));
}

/// A start is rounded up and an end down, wherever they are written.
#[test]
fn a_fraction_of_a_second_extends_nothing() {
    let shell = Shell::new();
    let mint = MINT.replace("--at $NOW", "--at 2026-11-23T18:00:00.9Z");
    for (options, shown) in [
        ("--expires 8h", "valid until 2026-11-24T02:00:00Z"),
        ("--expires 2026-11-24T02:00:00.9Z", "valid until 2026-11-24T02:00:00Z"),
        ("--expires 8h --not-before 5s", "valid from 2026-11-23T18:00:06Z until"),
        (
            "--expires 8h --not-before 2026-11-23T18:00:05.000000001Z",
            "valid from 2026-11-23T18:00:06Z until",
        ),
        (
            "--expires 8h --not-before 2026-11-23T18:00:05.000Z",
            "valid from 2026-11-23T18:00:05Z until",
        ),
        ("--expires 2026-12-31T23:59:60Z", "valid until 2026-12-31T23:59:59Z"),
    ] {
        shell.done(&mint.replace("--expires 8h", options));
        let report = "deputize report --trust alice.pub @planner.token --at";
        let report = shell.run(&format!("{report} 2026-11-23T18:00:07.9Z")).out;
        assert!(
            report.contains(shown) && report.contains("issued 2026-11-23T18:00:00Z"),
            "{report}"
        );
    }
    shell.done(&mint.replace("--expires 8h", "--expires 8h --not-before 5s"));
    let at = |at: &str| {
        shell.run(&format!("deputize report --trust alice.pub @planner.token --at {at}"))
    };
    assert_eq!(at("2026-11-23T18:00:05.999Z").code, 1);
    assert_eq!(at("2026-11-23T18:00:06Z").code, 0);
    assert_eq!(at("2026-11-24T01:59:59.999Z").code, 0);
    assert_eq!(at("2026-11-24T02:00:00.000Z").code, 1);
    // The time of a line of a batch is one too.
    let line = |at: &str| {
        format!(
            "printf '{{\"token\":\"%s\",\"at\":\"{at}\"}}' $(cat planner.token) | deputize report --trust alice.pub --batch --at-from-lines"
        )
    };
    assert_eq!(shell.run(&line("2026-11-23T18:00:05.999Z")).code, 1);
    assert_eq!(shell.run(&line("2026-11-23T18:00:06.001Z")).code, 0);
}

/// The command that the message prints is pasted into a shell, and does what it says.
#[test]
fn commands_in_messages_are_safe_to_paste() {
    let shell = Shell::new();
    for name in [
        "plain.key",
        "my key.key",
        "it's.key",
        "-rf.key",
        "$(touch owned).key",
        "a;touch owned",
        "a`touch owned`",
        "a\nb",
        "a  b",
        "~",
        "a*?[b]",
        "a\"b",
        "a\\b",
        "!x",
        "a\u{202e}b",
        "jose\u{301}",
        "#x",
        "=x",
        "&",
    ] {
        fs::copy(shell.path("alice.key"), shell.path(name)).unwrap();
        fs::set_permissions(shell.path(name), fs::Permissions::from_mode(0o644)).unwrap();
        let argument = format!("'{}'", name.replace('\'', r"'\''"));
        let mint = MINT.replace("--key alice.key", &format!("--key={argument}"));
        let printed = shell.refused(&mint);
        let (_, command) = printed.split_once("run `").unwrap();
        let (command, _) = command.split_once("`, or").unwrap();
        assert!(!command.contains('`'), "{printed}");
        shell.write("command", command);
        shell.done("bash command");
        shell.done(&mint);
        assert!(!shell.path("owned").exists(), "{printed}");
    }
}

#[test]
fn an_argument_is_what_is_written_or_a_number_as_it_is_signed() {
    let shell = Shell::new();
    shell.done(&MINT.replace("'crm.read accounts/** limit<=100'", "'f r ...'"));
    let present = "deputize present --at $NOW --key planner.key --operation f --resource r --audience crm.acme.com @planner.token";
    let verify = "deputize verify --at $NOW --trust alice.pub --operation f --resource r --audience crm.acme.com --format json";
    for (value, args) in [
        ("12e4567", "\"12e4567\""),
        ("1e3", "\"1e3\""),
        ("007", "\"007\""),
        ("1.10", "\"1.10\""),
        ("1.1", "1.1"),
        ("-0", "\"-0\""),
        ("-5", "-5"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740993", "\"9007199254740993\""),
        ("12345678901234567890", "\"12345678901234567890\""),
        ("6.02e+23", "6.02e+23"),
        ("true", "true"),
        ("null", "null"),
        ("yes", "\"yes\""),
        ("a=b", "\"a=b\""),
        ("[1.10]", "[1.1]"),
        ("\"1.10\"", "\"1.10\""),
        ("", "\"\""),
    ] {
        let made = shell.run(&format!("{present} --arg 'x={value}' > p"));
        assert_eq!(made.code, 0, "{value}: {}", made.err);
        let request = format!(
            "{{\"operation\":\"f\",\"resource\":\"r\",\"audience\":\"crm.acme.com\",\"args\":{{\"x\":{args}}}}}"
        );
        shell.write("r.json", request);
        let verify = "deputize verify --at $NOW --trust alice.pub --request r.json @p";
        let shown = shell.run(verify);
        assert_eq!(shown.code, 0, "{value}: {}", shown.out);
        // The report shows the number that is signed.
        assert!(shown.out.contains(&format!("with {{\"x\":{args}}}")), "{value}: {}", shown.out);
    }
    let made = shell.run(&format!("{present} --arg version=1.10 --arg n=1e3 > p"));
    let notes = "note: --arg `version`: `1.10` is a string; for the number, write `1.1`\nnote: --arg `n`: `1e3` is a string; for the number, write `1000`\n";
    assert!(made.err.ends_with(notes), "{}", made.err);
    let verified = shell.run(&format!("{verify} --arg version=1.10 --arg n=1e3 @p"));
    assert_eq!(verified.code, 0, "{}", verified.err);
}

#[test]
fn a_token_that_goes_nowhere_is_an_error() {
    let shell = Shell::with_tokens();
    let present = with_call("present --key researcher.key @researcher.token");
    let lines =
        [MINT.replace("> planner.token", ""), DELEGATE.replace("> researcher.token", ""), present];
    for line in lines {
        let printed = shell.run(&format!("{line} >&-"));
        assert_eq!(printed.code, 2);
        let why = "error: standard output is closed, so the result would be lost";
        assert!(printed.err.contains(why), "{}", printed.err);
        shell.done(&format!("{line} > /dev/null"));
        let printed = shell.run(&format!("{line} > /dev/full"));
        assert_eq!(printed.code, 2);
        let why = "error: cannot write to standard output: No space";
        assert!(printed.err.contains(why), "{}", printed.err);
    }
    // The exit status says what the report would.
    shell.done("deputize report --at $NOW --trust alice.pub @planner.token >&-");
    assert_eq!(shell.run("deputize report --at $NOW --trust thief.pub @planner.token >&-").code, 1);
    shell.done("deputize keygen new >&- && test -f new.key");
    // The exit status of a batch has a result too.
    shell.done("echo | deputize verify --trust alice.pub --batch >&-");
}

#[test]
fn a_path_with_an_equals_sign_is_a_key_of_to_and_not_of_trust() {
    let shell = Shell::new();
    shell.done("mkdir 'k=1' && cp planner.pub alice.pub 'k=1'");
    shell.done(&MINT.replace("planner.pub", "k=1/planner.pub"));
    let report = "deputize report --at $NOW @planner.token";
    let printed = shell.refused(&format!("{report} --trust k=1/alice.pub"));
    let why = "--trust `k`: No such file or directory (os error 2); a key is a file, `ed25519/<hex>` or `ssh-ed25519 AAAA…`; the first `=` ends KEY, so give the file `k=1/alice.pub` on standard input, as `--trust=-[=OWNER] < k=1/alice.pub`";
    assert_eq!(printed, why);
    shell.done(&format!("{report} --trust=- < k=1/alice.pub"));
    shell.done(&format!("{report} --trust=-=alice@acme.com < k=1/alice.pub"));
}

#[test]
fn a_quoted_operation_or_resource_is_read_without_its_quotes() {
    const OTHER_QUOTE: &str = "only `\"` is a quotation mark here; put the text in double quotes";
    let shell = Shell::new();
    let mint = |allow: &str| {
        let allow = allow.replace('\'', r"'\''");
        MINT.replace("'crm.read accounts/** limit<=100'", &format!("'{allow}'"))
    };
    shell.done(&mint(r#"f "accounts/my folder/42" limit<=5"#));
    let report = shell.done("deputize report --at $NOW --trust alice.pub @planner.token");
    assert!(report.contains("f on \"accounts/my folder/42\" where limit <= 5"), "{report}");
    shell.done(&mint(r#""crm.*" "accounts/**""#));
    let report = shell.done("deputize report --at $NOW --trust alice.pub @planner.token");
    assert!(report.contains("crm.* on accounts/**"), "{report}");
    for (allow, why) in [
        ("f 'accounts/42'", OTHER_QUOTE),
        ("f \u{201c}accounts/42\u{201d}", OTHER_QUOTE),
        ("'f' r", OTHER_QUOTE),
        ("f `r`", OTHER_QUOTE),
        ("f \"accounts/42", "the double quote is not closed"),
        ("f \"r\"x", "a blank is missing after the double quote"),
    ] {
        let printed = shell.run(&mint(allow));
        assert_eq!(printed.code, 2);
        assert!(printed.err.contains(why), "{allow}: {}", printed.err);
    }
}
