//! The walk-throughs in the documents, command by command, in a real shell.
//!
//! Every ```` ```console ```` block is run, and a block with the name of a file, such as ```` ```toml guard.toml ````, is
//! written to it. `$ ` begins a command, which continues after a `\` at
//! the end of a line. The output on both channels follows, then `? n` if the exit status is not 0.
//! `[..]` matches any text, a line `...` any lines. New keys are replaced by fixed ones, so that
//! fingerprints are always the same. `WALKTHROUGH=overwrite` writes the output into the documents.

use std::fs;
use std::path::Path;

use crate::common::{PEOPLE, key_of};
use crate::shell::{Outcome, Shell, write_key};
use deputize::Signer;

#[test]
fn the_readme_of_the_command_is_true() {
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
}

#[test]
fn the_readme_of_the_library_is_true() {
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"));
}

#[test]
fn an_mcp_server_is_guarded_as_the_guide_says() {
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/guard-an-mcp-server.md"));
}

fn walk(document: &Path) {
    let text = fs::read_to_string(document).unwrap();
    let shell = Shell::empty();
    shell.write("filesystem.toml", include_str!("../../../../examples/mcp/filesystem.toml"));
    let mut written = String::new();
    let mut commands = 0;
    let mut lines = text.lines().peekable();
    let mut is_console = false;
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        match line {
            "```console" => is_console = true,
            "```" => is_console = false,
            _ => {}
        }
        if let Some((_, file)) = line.strip_prefix("```").and_then(|own| own.split_once(' ')) {
            let mut content = String::new();
            while let Some(line) = lines.next_if(|line| *line != "```") {
                content.push_str(&format!("{line}\n"));
            }
            shell.write(file, &content);
            written.push_str(&content);
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) else { continue };
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            let next = lines.next().unwrap();
            written.push_str(&format!("{next}\n"));
            command.push_str(&format!("\n{next}"));
        }
        let is_output = |line: &&str| *line != "```" && !line.starts_with("$ ");
        let mut wanted = Vec::new();
        while let Some(line) = lines.next_if(is_output) {
            wanted.push(line);
        }
        let printed = printed(&shell, &command);
        let printed: Vec<_> = printed.lines().collect();
        commands += 1;
        let is_as_documented = matches(&wanted, &printed);
        let overwrites = std::env::var("WALKTHROUGH").is_ok_and(|how| how == "overwrite");
        assert!(
            is_as_documented || overwrites,
            "{}\n$ {command}\nshould print\n{}\nand prints\n{}",
            document.display(),
            wanted.join("\n"),
            printed.join("\n")
        );
        for line in if is_as_documented { wanted } else { printed } {
            written.push_str(&format!("{line}\n"));
        }
    }
    assert!(commands > 3, "{} has no walk-through", document.display());
    if written != text {
        fs::write(document, written).unwrap();
    }
}

/// Returns the folders of the servers and of the SDK that `tests/setup` installs, as `PATH` has them.
fn servers() -> String {
    let target = crate::mcp_clients::target();
    format!("{0}/mcp-node/node_modules/.bin:{0}/mcp-venv/bin", target.display())
}

/// Returns what the command prints, without random text.
fn printed(shell: &Shell, command: &str) -> String {
    let path = "PATH=$SERVERS:$PATH";
    let command_line = format!("{path}; {{ {command}\n}} 2>&1").replace("$SERVERS", &servers());
    let Outcome { code, out: mut printed, .. } = shell.run(&command_line);
    if let Some(name) = command.strip_prefix("deputize keygen ") {
        let is_known = PEOPLE.iter().any(|(own, _)| *own == name);
        assert!(is_known, "`{name}` has no fixed key");
        write_key(shell.path(".").as_path(), name);
        let at = printed.find("ed25519/").unwrap();
        let made = printed[at..].split_whitespace().next().unwrap().to_owned();
        assert!(made.parse::<deputize::PublicKey>().is_ok(), "{made}");
        printed = printed.replace(&made, &key_of(name).public_key().to_string());
    }
    if code != 0 {
        printed.push_str(&format!("? {code}\n"));
    }
    printed.lines().map(|line| without_id(line) + "\n").collect()
}

/// Replaces the ids of hops: 64 hexadecimal digits without the prefix that keys have.
fn without_id(line: &str) -> String {
    let is_id = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '/');
    words
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if is_id(bare) { word.replace(bare, "[..]") } else { word.to_owned() }
        })
        .collect()
}

fn matches(wanted: &[&str], printed: &[&str]) -> bool {
    match wanted {
        [] => printed.is_empty(),
        ["...", rest @ ..] => (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..])),
        [first, rest @ ..] => match printed {
            [line, others @ ..] => matches_line(first, line) && matches(rest, others),
            [] => false,
        },
    }
}

fn matches_line(wanted: &str, printed: &str) -> bool {
    match wanted.split_once("[..]") {
        None => wanted == printed,
        Some((start, rest)) => printed.strip_prefix(start).is_some_and(|printed| {
            let ends = printed.char_indices().map(|(at, _)| at).chain([printed.len()]);
            ends.into_iter().any(|at| matches_line(rest, &printed[at..]))
        }),
    }
}

#[test]
fn only_wildcards_match_other_text() {
    assert!(matches(&["a [..] c", "...", "z"], &["a b c", "x", "y", "z"]));
    assert!(matches(&["a[..]", "..."], &["a"]));
    assert!(!matches(&["a [..] c"], &["a b d"]));
    assert!(!matches(&["a"], &["a", "b"]));
    assert!(!matches(&["a", "b"], &["a"]));
    let id = "0123456789abcdef".repeat(4);
    assert_eq!(
        without_id(&format!("id {id}, not ed25519/{id}")),
        format!("id [..], not ed25519/{id}")
    );
}
