//! The official SDKs as clients, which attach nothing, and published servers, which know nothing of tokens, with
//! `mcp-present` and `mcp-guard` between them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use crate::shell::Shell;

/// The clients: Python with both protocols, and both SDKs for TypeScript.
const CLIENTS: [&str; 4] = ["python legacy", "python auto", "node v1", "node v2-auto"];

/// Servers that speak the protocol of 2026-07-28, which clients then use that look for it.
const NEW: &str = "2026-07-28";
const OLD: &str = "2025-11-25";

/// A server, the planner's grant for it, and the calls of a client.
struct Case {
    server: String,
    allow: Vec<String>,
    /// The tools that the grant shows.
    tools: Vec<&'static str>,
    calls: Vec<(&'static str, Value, Expected)>,
    protocol: &'static str,
}

enum Expected {
    /// The server's text contains this.
    Done(&'static str),
    /// The presenter does not send the call.
    NotSent,
}

/// Returns the folder of the build, in which `tests/setup` installs servers and SDKs.
pub(crate) fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target =
        target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    assert!(target.join("mcp-venv").exists(), "the servers are missing: run tests/setup");
    fs::canonicalize(target).unwrap()
}

fn python(server: &str) -> String {
    format!("{}/mcp-venv/bin/{server}", target().display())
}

fn node(server: &str) -> String {
    format!("{}/mcp-node/node_modules/.bin/{server}", target().display())
}

/// The command that runs a client.
fn client(kind: &str) -> String {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/mcp_clients");
    match kind.split_once(' ').unwrap() {
        ("python", mode) => format!("{} {scripts}/client.py {mode}", python("python")),
        (_, mode) => format!("node {scripts}/client.mjs {}/mcp-node {mode}", target().display()),
    }
}

/// Runs each client in a folder of its own, which `case` fills, and then looks at the folder.
fn with_every_client(case: impl Fn(&str) -> Case, look: impl Fn(&str)) {
    for kind in CLIENTS {
        let shell = Shell::empty();
        let folder = fs::canonicalize(shell.path(".")).unwrap();
        let folder = folder.to_str().unwrap();
        let case = case(folder);
        shell.done("deputize keygen alice && deputize keygen planner && deputize keygen log");
        let allow: String = case.allow.iter().map(|own| format!(" --allow '{own}'")).collect();
        shell.done(&format!(
            "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub{allow} --expires 1h \
             --purpose p > planner.token"
        ));
        shell.write(
            "guard.toml",
            "audience = \"tools.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
             [revocation]\nby_expiry = \"2h\"\n[log]\nkey = \"log.key\"\n",
        );
        shell.done("deputize mcp-guard --config guard.toml --new -- true");
        let calls: Vec<_> = case.calls.iter().map(|(tool, args, _)| json!([tool, args])).collect();
        let out = shell.done(&format!(
            "{} '{}' deputize mcp-present --key planner.key --token @planner.token --trust alice.pub=alice@acme.com \
             --audience tools.acme.com -- deputize mcp-guard --config guard.toml -- {}",
            client(kind),
            json!(calls),
            case.server
        ));
        let shown: Value = serde_json::from_str(&out).unwrap();
        let protocol = if kind.ends_with("auto") { case.protocol } else { OLD };
        assert_eq!(shown["protocol"], protocol, "{kind}: {out}");
        assert_eq!(shown["tools"], json!(case.tools), "{kind}: {out}");
        for ((tool, args, expected), got) in
            case.calls.iter().zip(shown["calls"].as_array().unwrap())
        {
            let (is_error, text) = (got[0] == true, got[1].as_str().unwrap());
            let is_right = match expected {
                Expected::Done(part) => !is_error && text.contains(part),
                Expected::NotSent => is_error && text.starts_with("Not sent. Refused: "),
            };
            assert!(is_right, "{kind}: {tool} {args}: {got}");
        }
        look(folder);
        // What the presenter sent has a record, and what it did not send has none.
        let sent = case.calls.iter().filter(|own| matches!(own.2, Expected::Done(_))).count();
        // A client that looks for the protocol's version starts a second guard, with a log of its own.
        let log = shell.done(
            "for log in data/log data/log-?; do test ! -d $log || deputize audit show $log; done",
        );
        let allowed = log.lines().filter(|line| line.contains(" allowed ")).count();
        assert_eq!(allowed, sent, "{kind}: {log}");
    }
}

#[test]
fn time() {
    let case = |_: &str| Case {
        server: python("mcp-server-time"),
        allow: vec!["tools/call get_current_time timezone:one_of=Etc/UTC".to_owned()],
        tools: vec!["get_current_time"],
        calls: vec![
            ("get_current_time", json!({ "timezone": "Etc/UTC" }), Expected::Done("UTC")),
            ("get_current_time", json!({ "timezone": "Europe/Berlin" }), Expected::NotSent),
        ],
        protocol: NEW,
    };
    with_every_client(case, |_| {});
}

#[test]
fn filesystem() {
    let case = |folder: &str| {
        let open = format!("{folder}/open");
        fs::create_dir(&open).unwrap();
        fs::write(format!("{open}/a.txt"), "hello").unwrap();
        fs::write(format!("{folder}/secret.txt"), "hidden").unwrap();
        Case {
            server: format!("{} {folder}", node("mcp-server-filesystem")),
            allow: vec![
                format!("tools/call read_text_file path:subpath={open}"),
                format!("tools/call write_file path:subpath={open} content"),
            ],
            tools: vec!["read_text_file", "write_file"],
            calls: vec![
                (
                    "read_text_file",
                    json!({ "path": format!("{open}/a.txt") }),
                    Expected::Done("hello"),
                ),
                (
                    "read_text_file",
                    json!({ "path": format!("{folder}/secret.txt") }),
                    Expected::NotSent,
                ),
                (
                    "write_file",
                    json!({ "path": format!("{open}/b.txt"), "content": "new" }),
                    Expected::Done(""),
                ),
                (
                    "write_file",
                    json!({ "path": format!("{folder}/c.txt"), "content": "new" }),
                    Expected::NotSent,
                ),
                ("move_file", json!({ "source": "a", "destination": "b" }), Expected::NotSent),
            ],
            protocol: OLD,
        }
    };
    with_every_client(case, |folder| {
        assert_eq!(fs::read_to_string(format!("{folder}/open/b.txt")).unwrap(), "new");
        assert!(!Path::new(&format!("{folder}/c.txt")).exists());
    });
}

#[test]
fn memory() {
    let entity = |name: &str| json!({ "name": name, "entityType": "person", "observations": [] });
    let case = |folder: &str| Case {
        server: format!("env MEMORY_FILE_PATH={folder}/memory.json {}", node("mcp-server-memory")),
        allow: vec![
            "tools/call create_entities entities/**".to_owned(),
            "tools/call open_nodes names".to_owned(),
        ],
        tools: vec!["create_entities", "open_nodes"],
        calls: vec![
            ("create_entities", json!({ "entities": [entity("ann")] }), Expected::Done("ann")),
            ("open_nodes", json!({ "names": ["ann"] }), Expected::Done("person")),
            ("delete_entities", json!({ "entityNames": ["ann"] }), Expected::NotSent),
        ],
        protocol: OLD,
    };
    with_every_client(case, |folder| {
        assert!(fs::read_to_string(format!("{folder}/memory.json")).unwrap().contains("ann"));
    });
}

#[test]
fn git() {
    let case = |folder: &str| {
        let make = format!(
            "cd {folder} && git init -q repo && git -C repo -c user.name=a -c user.email=a@acme.com commit -q \
             --allow-empty -m first && cp -r repo other"
        );
        assert!(std::process::Command::new("sh").args(["-c", &make]).status().unwrap().success());
        let (repo, other) = (format!("{folder}/repo"), format!("{folder}/other"));
        let branch = |repo: &str| json!({ "repo_path": repo, "branch_name": "topic" });
        Case {
            server: python("mcp-server-git"),
            allow: vec![
                format!("tools/call git_log repo_path={repo}"),
                format!("tools/call git_create_branch repo_path={repo} branch_name"),
            ],
            tools: vec!["git_create_branch", "git_log"],
            calls: vec![
                ("git_log", json!({ "repo_path": repo }), Expected::Done("first")),
                ("git_log", json!({ "repo_path": other }), Expected::NotSent),
                ("git_create_branch", branch(&repo), Expected::Done("topic")),
                ("git_create_branch", branch(&other), Expected::NotSent),
            ],
            protocol: NEW,
        }
    };
    with_every_client(case, |folder| {
        let branch = |repo: &str| format!("{folder}/{repo}/.git/refs/heads/topic");
        assert!(Path::new(&branch("repo")).exists() && !Path::new(&branch("other")).exists());
    });
}

#[test]
fn everything() {
    let case = |_: &str| Case {
        server: node("mcp-server-everything"),
        allow: vec![
            "tools/call echo message".to_owned(),
            "tools/call get-sum a=0..10 b=0..10".to_owned(),
        ],
        tools: vec!["echo", "get-sum"],
        calls: vec![
            ("echo", json!({ "message": "hello" }), Expected::Done("hello")),
            ("get-sum", json!({ "a": 2, "b": 3 }), Expected::Done("5")),
            ("get-sum", json!({ "a": 2, "b": 11 }), Expected::NotSent),
            ("get-env", json!({}), Expected::NotSent),
        ],
        protocol: OLD,
    };
    with_every_client(case, |_| {});
}

/// The server reaches its pages by a proxy of ours, since a `url` limit names public hosts alone.
#[test]
fn fetch() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    // It ends with the process: `accept` has no end of its own.
    thread::spawn(move || {
        for asked in proxy.incoming() {
            let mut asked = asked.unwrap();
            let mut head = [0; 4096];
            let length = asked.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let (status, body) = match head.starts_with("GET http://docs.acme.com/open/") {
                true => ("200 OK", "a page of ours"),
                false => ("404 Not Found", ""),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            asked.write_all(answer.as_bytes()).unwrap();
        }
    });
    let url = |path: &str| json!({ "url": format!("http://docs.acme.com{path}") });
    let case = |_: &str| Case {
        server: format!(
            "{} --allow-private-ips --proxy-url http://127.0.0.1:{port}",
            python("mcp-server-fetch")
        ),
        allow: vec!["tools/call fetch url:url=http://docs.acme.com/open".to_owned()],
        tools: vec!["fetch"],
        calls: vec![
            ("fetch", url("/open/a"), Expected::Done("a page of ours")),
            ("fetch", url("/secret"), Expected::NotSent),
        ],
        protocol: NEW,
    };
    with_every_client(case, |_| {});
}
