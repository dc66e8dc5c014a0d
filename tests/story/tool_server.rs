//! The duties of a service, tested on the example `tool_server`: it builds the request from the
//! call, decides, and carries out what the permit holds. Two dozen attempts to make it read other
//! files fail.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use deputize::{Capability, Constraint, Grant, PresentOptions, Request, SigningKey, Token};
use serde_json::json;
use time::Duration;

use crate::common::{agent, alice, now, owner, planner, thief, verifier};

#[path = "../../examples/tool_server.rs"]
#[expect(dead_code, reason = "the test runs its service, not its `main`")]
mod example;

use example::{AUDIENCE, Refusal, handle};

const README: &str = "hello from the readme\n";

/// ```text
/// root/docs/readme.md
/// root/docs/drafts/
/// root/docs/shortcut  -> /etc/passwd
/// root/docs/etc       -> /etc
/// root/docs/notes     -> ../private/salaries.txt
/// root/private/salaries.txt
/// ```
fn directory(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    let (docs, private) = (root.join("docs"), root.join("private"));
    fs::create_dir_all(docs.join("drafts")).unwrap();
    fs::create_dir_all(&private).unwrap();
    fs::write(docs.join("readme.md"), README).unwrap();
    fs::write(private.join("salaries.txt"), "salaries: a lot\n").unwrap();
    symlink("/etc/passwd", docs.join("shortcut")).unwrap();
    symlink("/etc", docs.join("etc")).unwrap();
    symlink("../private/salaries.txt", docs.join("notes")).unwrap();
    root
}

/// The planner may read these files, up to 64 bytes at a time.
fn token(root: &SigningKey, resources: &str) -> Token {
    let limits = [Constraint::min(1), Constraint::max(64)];
    let own = Capability::new("files.read", resources).unwrap().with_arg("max_bytes", limits);
    let end = now() + Duration::HOUR;
    let grant = Grant::new(agent("planner", &planner()), [own.unwrap()], end, "answer questions");
    Token::mint(owner(), root, grant.unwrap(), now()).unwrap()
}

fn present(token: &Token, audience: &str, path: &str, max_bytes: i64) -> String {
    let args = json!({ "max_bytes": max_bytes }).to_string();
    let request = Request::new("files.read", path, audience).unwrap().with_args(&args).unwrap();
    let anyway = PresentOptions::default().anyway();
    token.present_with(&planner(), &request, now(), anyway).unwrap().to_text()
}

fn call(path: &str, max_bytes: i64) -> String {
    json!({ "path": path, "max_bytes": max_bytes }).to_string()
}

/// The code of the verifier's first reason, or the check of the service that refused.
fn refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Call(_) => "call",
        Refusal::Request(_) => "request",
        Refusal::Presentation(_) => "presentation",
        Refusal::Denied(denial) => denial.reasons()[0].code.as_str(),
        Refusal::OutsideRoot => "outside_root",
        Refusal::AnotherFile => "another_file",
        Refusal::NotAFile => "not_a_file",
        Refusal::Io(_) => "io",
    }
}

#[test]
fn an_agent_reads_what_it_presents() {
    let (root, verifier) = (directory("tool_server_reads"), verifier());
    let token = token(&alice(), "docs/**");
    for (max_bytes, text) in [(64, README), (5, "hello")] {
        let presented = present(&token, AUDIENCE, "docs/readme.md", max_bytes);
        let call = call("docs/readme.md", max_bytes);
        assert_eq!(handle(&verifier, &root, &presented, &call, now()).unwrap(), text);
        let again = handle(&verifier, &root, &presented, &call, now()).unwrap_err();
        assert_eq!(refusal(&again), "replayed");
    }
}

/// The presentation is for the same path and number of bytes as the call.
#[test]
fn honest_calls_beyond_the_grant_or_the_root() {
    let root = directory("tool_server_honest");
    let token = token(&alice(), "docs/**");
    for (path, max_bytes, expected) in [
        ("private/salaries.txt", 64, "resource_not_granted"),
        ("docs/readme.md", 4096, "argument_refused"),
        // The token allows these, and the file system must refuse them.
        ("docs/shortcut", 64, "outside_root"),
        ("docs/etc/passwd", 64, "outside_root"),
        ("docs/notes", 64, "another_file"),
        ("docs/drafts", 64, "not_a_file"),
        ("docs/missing.md", 64, "io"),
    ] {
        let presented = present(&token, AUDIENCE, path, max_bytes);
        let found = handle(&verifier(), &root, &presented, &call(path, max_bytes), now());
        assert_eq!(refusal(&found.unwrap_err()), expected, "{path}");
    }
}

/// The presentation is for the readme, and the call asks for something else.
#[test]
fn calls_other_than_the_presented_one() {
    let root = directory("tool_server_sly");
    let token = token(&alice(), "docs/**");
    for (call, expected) in [
        (call("../../etc/passwd", 64), "request"),
        (call("/etc/passwd", 64), "request"),
        (call("docs/../../etc/passwd", 64), "request"),
        (call("%2e%2e/etc/passwd", 64), "request"),
        (call("docs/%252e%252e/etc/passwd", 64), "request"),
        (call(r"docs\..\..\etc\passwd", 64), "request"),
        (call("docs/passwd\0.md", 64), "request"),
        (call("docs/．．/etc/passwd", 64), "request"),
        (call("private/salaries.txt", 64), "wrong_request"),
        (call("docs/readme.md", 4096), "wrong_request"),
        // Twice the same argument, and one that the tool does not have.
        (r#"{"path":"docs/readme.md","path":"/etc/passwd","max_bytes":64}"#.to_owned(), "call"),
        (r#"{"path":"docs/readme.md","max_bytes":64,"root":"/etc"}"#.to_owned(), "call"),
    ] {
        let presented = present(&token, AUDIENCE, "docs/readme.md", 64);
        let found = handle(&verifier(), &root, &presented, &call, now());
        assert_eq!(refusal(&found.unwrap_err()), expected, "{call}");
    }
}

#[test]
fn presentations_that_are_not_for_this_service() {
    let root = directory("tool_server_forged");
    let token = token(&alice(), "docs/**");
    let own_making = self::token(&thief(), "**");
    for (presented, expected) in [
        (present(&token, "mail.acme.com", "docs/readme.md", 64), "wrong_audience"),
        (token.to_text(), "not_presented"),
        (present(&own_making, AUDIENCE, "docs/readme.md", 64), "untrusted_root"),
        ("trust me".to_owned(), "presentation"),
    ] {
        let found = handle(&verifier(), &root, &presented, &call("docs/readme.md", 64), now());
        assert_eq!(refusal(&found.unwrap_err()), expected);
    }
}
