//! `--allow`: the examples that the command and the documents show, errors, and warnings.

use std::fs;
use std::path::{Path, PathBuf};

use deputize::{Capability, Grant, Principal, Signer};
use deputize_cli::input::capabilities::CapabilitiesFile;
use deputize_cli::input::syntax::SYNTAX;
use deputize_mcp::words::Vocabulary;
use time::Duration;

use crate::common::{now, planner};
use crate::shell::{DELEGATE, MINT, Outcome, Shell};

/// The codes of the lints of a grant of these capabilities for eight hours.
fn lints(capabilities: &[Capability]) -> Vec<&'static str> {
    let to = Principal::agent("planner", planner().public_key()).unwrap();
    let ends = now() + Duration::hours(8);
    let grant = Grant::new(to, capabilities.to_vec(), ends, "a test").unwrap();
    grant.lints(now()).iter().map(|lint| lint.code.as_str()).collect()
}

/// The help has an operation, a resource or an argument in every word before the meaning.
#[test]
fn the_examples_of_the_help_are_read() {
    let mut count = 0;
    for row in SYNTAX.lines().filter_map(|line| line.strip_prefix("  ")) {
        let (examples, _) = row.split_at(38);
        // The only value with a blank.
        let examples = examples.replace("a b", "a_b");
        for example in examples.split([' ', ',']).filter(|example| !example.is_empty()) {
            let is_argument = example.contains(['=', '<', '>', '~', '?', '[']) || example == "...";
            let form = match example {
                "crm.read" | "crm.*" | "*" => format!("{example} **"),
                _ if is_argument => format!("crm.read ** {example}"),
                _ if row.contains("resource") => format!("crm.read {example}"),
                _ => format!("crm.read ** {example}"),
            };
            let read = form.parse().map_err(|error| format!("{row}: {error}"));
            assert_eq!(lints(&[read.unwrap()]), [""; 0], "{example}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// The files whose examples people copy.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("README.md"), root.join("crates/cli/README.md")];
    let folders = ["docs", "docs/guide", "crates/cli/src", "crates/cli/src/commands", "examples"];
    for folder in folders.into_iter().chain(["crates/cli/src/input", "examples/mcp"]) {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let is_text = |path: &PathBuf| path.extension().is_some_and(|e| e == "md" || e == "rs");
        files.extend(entries.map(|entry| entry.unwrap().path()).filter(is_text));
    }
    files
}

/// The vocabularies of published servers.
fn vocabularies() -> Vec<Vocabulary> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mcp");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|own| own == "toml"));
    files.map(|path| Vocabulary::parse(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

/// No example permits more than it seems to.
#[test]
fn the_examples_of_the_documents_have_no_lints() {
    // Shown with the error and the warning that they get.
    let wrong = ["crm.read accounts/** limit<100", "bank.pay suppliers/** amount<=500"];
    let words = vocabularies();
    let mut count = 0;
    for file in documents() {
        let text = fs::read_to_string(&file).unwrap();
        let shown = file.display();
        let quoted = text.split("--allow '").skip(1).filter_map(|rest| rest.split('\'').next());
        let in_demo =
            text.split("\"--allow\", \"").skip(1).filter_map(|rest| rest.split('"').next());
        for example in quoted.chain(in_demo) {
            // A form, not an example.
            if wrong.contains(&example) || example.starts_with("OPERATION") {
                continue;
            }
            count += 1;
            // A word, in documents about vocabularies.
            let granted = words.iter().find_map(|words| words.expand(example).ok().flatten());
            let own = || example.parse().map(|own| vec![own]);
            let own = granted.map_or_else(own, Ok).map_err(|error| format!("{shown}: {error}"));
            assert_eq!(lints(&own.unwrap()), [""; 0], "{shown}: {example}");
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn the_capabilities_in_json_have_no_lints() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, rest) = readme.split_once("```json\n").unwrap();
    let (json, _) = rest.split_once("\n```").unwrap();
    let file = CapabilitiesFile::from_json(json).unwrap();
    assert_eq!(lints(&file.capabilities), [""; 0]);
}

#[test]
fn an_error_names_the_option_and_points_at_the_character() {
    let shell = Shell::new();
    let line = MINT.replace(" > planner.token", "").replace("limit<=100", "limit<100");
    let Outcome { code, out, err } = shell.run(&line);
    assert_eq!((code, out.as_str()), (2, ""));
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(
        lines,
        [
            "error: --allow: `<` is not an operator; write `<=`, at character 27",
            "  crm.read accounts/** limit<100",
            "                            ^",
        ]
    );
}

/// Returns the text after the grant on standard error. Lints are warnings there; they change
/// neither the token nor the exit status.
fn warnings_in(err: &str) -> String {
    let (_, warnings) = err.split_once("  further: ").unwrap();
    warnings.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn a_grant_that_cannot_be_meant_is_warned_about() {
    let shell = Shell::with_tokens();
    let run = |line: &str| {
        let line = line.split(" > ").next().unwrap();
        let Outcome { code, out, err } = shell.run(line);
        assert_eq!((code, out.lines().count()), (0, 1), "{line}\n{err}");
        warnings_in(&err)
    };
    assert_eq!(run(MINT), "");
    assert_eq!(run(&MINT.replace("limit<=100", "limit=0..100")), "");
    let warned = run(&MINT.replace("limit<=100", "amount<=100 path^=/data"));
    let lines: Vec<_> = warned.lines().collect();
    assert_eq!(
        lines,
        [
            "warning: capability 0: argument `amount` has the upper bound 100 and no lower one, so -1 is permitted; write `amount=0..100` [negative_amount]",
            "warning: capability 0: argument `path` is compared as text, so `/data/../etc/passwd` and `/data-other` are permitted; write `path:subpath=/data` [loose_path]",
        ]
    );
    let warned = run(&MINT.replace("8h", "8d"));
    assert!(warned.contains("[long_lifetime]"), "{warned}");
    let warned = run(&DELEGATE.replace("limit<=10", "limit<=10 limit>=11"));
    assert!(warned.contains("[impossible_limits]"), "{warned}");
}

/// A delegation keeps the allowed delegates of its parent, whether it can use them or not.
#[test]
fn what_a_parent_forces_is_not_warned_about() {
    let shell = Shell::new();
    let mint = MINT.replace("--max-hops 3", "--max-hops 1 --delegates researcher.pub");
    let Outcome { code, err, .. } = shell.run(&mint);
    assert_eq!((code, warnings_in(&err).as_str()), (0, ""));
    let Outcome { code, err, .. } = shell.run(DELEGATE);
    assert_eq!(code, 0, "{err}");
    assert!(!err.contains("warning"), "{err}");
    let mint = mint.replace("--max-hops 1", "");
    let Outcome { code, err, .. } = shell.run(&mint);
    assert_eq!(code, 0);
    assert!(err.contains("[unused_delegates]"), "{err}");
}
