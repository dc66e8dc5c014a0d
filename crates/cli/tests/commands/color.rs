//! Colours on terminals, and nowhere else.

use crate::shell::Shell;

const ESCAPE: char = '\u{1b}';

#[test]
fn colors_appear_only_on_terminals() {
    let shell = Shell::with_tokens();
    let report = "deputize report --at $NOW --trust alice.pub @researcher.token";
    let plain = shell.done(report);
    let colored = shell.done(&format!("{report} --color always"));
    assert!(!plain.contains(ESCAPE), "colours without a terminal: {plain}");
    assert!(colored.contains(ESCAPE));
    for (line, is_colored) in [
        (format!("{report} --color auto"), false),
        (format!("CLICOLOR_FORCE=1 {report}"), true),
        (format!("CLICOLOR_FORCE=1 {report} --color never"), false),
        (format!("NO_COLOR=1 {report}"), false),
        (format!("NO_COLOR=1 {report} --color always"), true),
    ] {
        assert_eq!(
            shell.done(&line),
            if is_colored { &colored } else { &plain }.as_str(),
            "{line}"
        );
    }
    // On a terminal, which `script` makes.
    let terminal = |line: &str| shell.done(&format!("script -qec '{line}' /dev/null < /dev/null"));
    assert!(terminal(&format!("TERM=xterm {report}")).contains(ESCAPE));
    assert!(!terminal(&format!("TERM=xterm NO_COLOR=1 {report}")).contains(ESCAPE));
    assert!(!terminal(&format!("TERM=dumb {report}")).contains(ESCAPE));
}

#[test]
fn on_a_terminal_the_command_asks_for_a_token() {
    let shell = Shell::with_tokens();
    let printed = shell.run("deputize report < /dev/null").err;
    assert!(!printed.contains("terminal"), "{printed}");
    let printed = shell.run("script -qec 'deputize report' /dev/null < /dev/null").out;
    assert!(printed.starts_with("reading a token from the terminal"), "{printed}");
}

#[test]
fn errors_and_help_obey_the_color_option() {
    let shell = Shell::empty();
    let printed = |line: &str| shell.run(line).err;
    assert_eq!(printed("deputize report x").find(ESCAPE), None);
    assert!(
        printed("deputize report x --color always")
            .starts_with("\u{1b}[1;31merror:\u{1b}[0m token: ")
    );
    assert!(printed("deputize --color=always nonsense").starts_with("\u{1b}[1;31merror:"));
    assert!(printed("deputize nonsense --color always").starts_with("\u{1b}[1;31merror:"));
    assert_eq!(printed("CLICOLOR_FORCE=1 deputize nonsense --color never").find(ESCAPE), None);
    assert_eq!(printed("deputize nonsense -- --color always").find(ESCAPE), None);
    let help = |more: &str| shell.done(&format!("deputize {more} --help"));
    assert!(help("--color always").contains(ESCAPE));
    assert!(!help("").contains(ESCAPE));
    assert!(!help("mint").contains(ESCAPE));
}

#[test]
fn documents_are_never_colored() {
    let shell = Shell::with_tokens();
    for form in ["json", "markdown", "mermaid", "dot", "html"] {
        let line =
            format!("deputize report --at $NOW --color always --format {form} @researcher.token");
        assert!(!shell.done(&line).contains(ESCAPE), "{form}");
    }
    assert!(!shell.done("deputize completions bash --color always").contains(ESCAPE));
}

/// The recorded output of the terminal keeps text that was overwritten.
#[test]
fn a_long_batch_shows_its_progress() {
    let shell = Shell::with_tokens();
    let batch = "deputize report --batch --trust alice.pub";
    let line = r#"{"token":"$(cat researcher.token)"}"#.replace('"', "\\\"");
    let terminal = |lines: &str| {
        shell.done(&format!("echo \"{lines}\" > lines; script -qec 'sh lines > out' /dev/null"))
    };
    let short = terminal(&format!("echo '{line}' | {batch} --at $NOW"));
    assert!(
        short.trim_end().ends_with("s") && short.starts_with("1 line: 1 reported, 0 refused"),
        "{short:?}"
    );
    let long = format!("(echo '{line}'; sleep 1.2; echo '{line}') | {batch} --at $NOW");
    let long = terminal(&long);
    assert!(long.contains("2 lines, ") && long.contains(" a second"), "{long:?}");
    assert!(long.contains("2 lines: 2 reported, 0 refused, 0 malformed, in "), "{long:?}");
}
