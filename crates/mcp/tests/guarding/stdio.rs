//! Sessions with real servers: those that `tests/servers/setup` installs, and some that misbehave.

use std::fs;
use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use deputize::testing::Scene;
use deputize_guard::{Guard, Recording};
use deputize_mcp::guarding::GuardSession;
use deputize_mcp::{Ended, Seen, SessionError, Stop, serve_until};
use serde_json::{Value, json};

use crate::cast::{AUDIENCE, presented, scene};

/// A client whose server is guarded.
pub(crate) struct Client<'s> {
    scene: &'s Scene,
    pub(crate) to: PipeWriter,
    pub(crate) from: BufReader<PipeReader>,
    pub(crate) session: JoinHandle<Ended>,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) stop: Stop,
    next: u32,
}

impl<'s> Client<'s> {
    pub(crate) fn of(scene: &'s Scene, server: &mut Command) -> Self {
        Self::guarded(scene, Guard::new(scene.verifier(), Recording::Nothing), server)
    }

    pub(crate) fn guarded(scene: &'s Scene, guard: Guard, server: &mut Command) -> Self {
        let server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = server.spawn().unwrap();
        let (client_in, to) = std::io::pipe().unwrap();
        let (from, client_out) = std::io::pipe().unwrap();
        let session = GuardSession::new(guard, AUDIENCE);
        let stop = Stop::new();
        let own_stop = stop.clone();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&seen);
        let session = thread::spawn(move || {
            let input = BufReader::new(client_in);
            let see = move |event| own.lock().unwrap().push(event);
            serve_until(&own_stop, session, input, client_out, child, see).unwrap()
        });
        Self { scene, to, from: BufReader::new(from), session, seen, stop, next: 0 }
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.to.write_all(line.as_bytes()).unwrap();
        self.to.write_all(b"\n").unwrap();
    }

    /// Reads up to the answer with this id.
    pub(crate) fn answer(&mut self, id: u32) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.from.read_line(&mut line).unwrap(), 0, "no answer to {id}");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    pub(crate) fn initialized(mut self) -> Self {
        let params = json!({
            "protocolVersion": "2025-11-25", "clientInfo": { "name": "test", "version": "1" },
            "capabilities": { "roots": { "listChanged": true } },
        });
        let id = self.id();
        self.send(
            &json!({ "jsonrpc": "2.0", "id": id, "method": "initialize", "params": params })
                .to_string(),
        );
        let answer = self.answer(id);
        let announced = &answer["result"]["capabilities"]["experimental"]["deputize/guard"];
        assert_eq!(announced, &json!({ "audience": AUDIENCE }), "{answer}");
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        self
    }

    pub(crate) fn id(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.id();
        let line = presented(self.scene, &id.to_string(), method, params);
        self.send(&line);
        self.answer(id)
    }

    /// The text of a tool's result, or of its refusal.
    pub(crate) fn call(&mut self, tool: &str, args: Value) -> Result<String, String> {
        let answer = self.request("tools/call", json!({ "name": tool, "arguments": args }));
        let texts = answer["result"]["content"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let text = texts.iter().filter_map(|own| own["text"].as_str()).collect();
        match answer["result"]["isError"].as_bool() {
            Some(true) => Err(text),
            _ => Ok(text),
        }
    }

    /// Leaves, and returns the end of the session.
    pub(crate) fn end(self) -> Ended {
        drop(self.to);
        drop(self.from);
        self.session.join().unwrap()
    }
}

fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))
}

/// A server of npm or PyPI. It is missing if `tests/setup` did not run.
pub(crate) fn installed(path: &str) -> Command {
    let path = target().join(path);
    assert!(path.exists(), "{} is missing: run tests/setup", path.display());
    Command::new(path)
}

fn refused(result: Result<String, String>) {
    let text = result.unwrap_err();
    assert!(text.starts_with("Refused: "), "{text}");
}

#[test]
fn the_filesystem_server_reads_and_writes_where_the_grant_says() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let root = root.to_str().unwrap();
    fs::create_dir(folder.path().join("open")).unwrap();
    fs::write(folder.path().join("open/a.txt"), "hello").unwrap();
    fs::write(folder.path().join("secret.txt"), "hidden").unwrap();
    let open = format!("{root}/open");
    let scene = scene(&[
        &format!("tools/call read_text_file path:subpath={open}"),
        &format!("tools/call write_file path:subpath={open} content"),
    ]);
    let mut server = installed("mcp-node/node_modules/.bin/mcp-server-filesystem");
    let mut client = Client::of(&scene, server.arg(root)).initialized();
    let tools = client.request("tools/list", json!({}));
    let names = tools["result"]["tools"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|own| own["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["read_text_file", "write_file"]);

    let read = client.call("read_text_file", json!({ "path": format!("{open}/a.txt") }));
    assert_eq!(read.unwrap(), "hello");
    refused(client.call("read_text_file", json!({ "path": format!("{root}/secret.txt") })));
    refused(client.call("read_text_file", json!({ "path": format!("{open}/../secret.txt") })));
    refused(client.call("read_text_file", json!({ "path": "/etc/hostname" })));
    refused(client.call("list_allowed_directories", json!({})));

    let write = |name: &str| json!({ "path": format!("{root}/{name}"), "content": "new" });
    client.call("write_file", write("open/new.txt")).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("open/new.txt")).unwrap(), "new");
    refused(client.call("write_file", write("new.txt")));
    assert!(!folder.path().join("new.txt").exists());
    // The server has asked for roots, and had none from the client: it is where it was started.
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#);
    client.send(r#"{"jsonrpc":"2.0","id":0,"result":{"roots":[{"uri":"file:///etc"}]}}"#);
    client.call("read_text_file", json!({ "path": format!("{open}/a.txt") })).unwrap();
    assert!(client.end().fault.is_none());
}

#[test]
fn the_memory_server_keeps_what_the_grant_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.json");
    let scene = scene(&[
        "tools/call create_entities /entities/*/name[]:prefix=acme- /entities/*/entityType /entities/*/observations",
    ]);
    let mut server = installed("mcp-node/node_modules/.bin/mcp-server-memory");
    let mut client = Client::of(&scene, server.env("MEMORY_FILE_PATH", &file)).initialized();
    let entity = |name: &str| json!({ "entities": [{ "name": name, "entityType": "customer", "observations": ["new"] }] });
    client.call("create_entities", entity("acme-1")).unwrap();
    refused(client.call("create_entities", entity("other")));
    refused(client.call("read_graph", json!({})));
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains("acme-1") && !kept.contains("other"), "{kept}");
    assert!(client.end().fault.is_none());
}

fn git(folder: &Path, args: &[&str]) -> String {
    let own = ["-c", "user.name=t", "-c", "user.email=t@acme.com"];
    let output = Command::new("git").args(own).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_git_server_commits_what_the_grant_says() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    for name in ["mine", "other"] {
        let path = root.join(name);
        fs::create_dir(&path).unwrap();
        git(&path, &["init", "-q"]);
        git(&path, &["config", "user.name", "t"]);
        git(&path, &["config", "user.email", "t@acme.com"]);
        fs::write(path.join("a"), "1").unwrap();
        git(&path, &["add", "a"]);
        git(&path, &["commit", "-q", "-m", "first"]);
        fs::write(path.join("a"), "2").unwrap();
        git(&path, &["add", "a"]);
    }
    let [mine, other] = ["mine", "other"].map(|name| root.join(name).to_str().unwrap().to_owned());
    let scene = scene(&[
        &format!("tools/call git_commit repo_path={mine} message:max_len=80"),
        &format!("tools/call git_log repo_path={mine} max_count?=1..10"),
    ]);
    let mut client =
        Client::of(&scene, &mut installed("mcp-venv/bin/mcp-server-git")).initialized();
    client.call("git_commit", json!({ "repo_path": mine, "message": "second" })).unwrap();
    refused(client.call("git_commit", json!({ "repo_path": other, "message": "second" })));
    refused(client.call("git_reset", json!({ "repo_path": mine })));
    let log = client.call("git_log", json!({ "repo_path": mine, "max_count": 5 })).unwrap();
    assert!(log.contains("second"), "{log}");
    refused(client.call("git_log", json!({ "repo_path": mine, "max_count": 50 })));
    assert_eq!(git(&root.join("mine"), &["rev-list", "--count", "HEAD"]).trim(), "2");
    assert_eq!(git(&root.join("other"), &["rev-list", "--count", "HEAD"]).trim(), "1");
    assert!(client.end().fault.is_none());
}

/// To Python, a raw CR ends a line: without a guard that reads strictly, this server runs the call
/// inside the line.
#[test]
fn the_time_server_does_not_see_a_call_inside_a_line() {
    let scene = scene(&["tools/call get_current_time timezone"]);
    let mut client =
        Client::of(&scene, &mut installed("mcp-venv/bin/mcp-server-time")).initialized();
    let inner = r#"{"jsonrpc":"2.0","id":71,"method":"tools/call","params":{"name":"convert_time","arguments":{}}}"#;
    client.send(&format!("{{\"jsonrpc\":\"2.0\",\"id\":17,\"x\":\r{inner}\r}}"));
    let time = client.call("get_current_time", json!({ "timezone": "Etc/UTC" })).unwrap();
    assert!(time.contains("UTC"), "{time}");
    refused(client.call("convert_time", json!({})));
    let ended = client.end();
    assert!(ended.fault.is_none() && ended.server.success(), "{ended:?}");
}

#[test]
fn a_thousand_calls_at_once_each_have_an_answer() {
    let scene = scene(&["tools/call get_current_time timezone"]);
    let mut client =
        Client::of(&scene, &mut installed("mcp-venv/bin/mcp-server-time")).initialized();
    let mut to = client.to.try_clone().unwrap();
    let lines: Vec<_> = (100..1100)
        .map(|id| {
            let zone = if id % 10 == 0 { "nowhere" } else { "Etc/UTC" };
            let args = json!({ "name": "get_current_time", "arguments": { "timezone": zone, "x": id % 7 } });
            let args = if id % 7 == 0 { args } else { json!({ "name": "get_current_time", "arguments": { "timezone": zone } }) };
            presented(&scene, &id.to_string(), "tools/call", args)
        })
        .collect();
    let sender = thread::spawn(move || {
        for line in lines {
            to.write_all(line.as_bytes()).unwrap();
            to.write_all(b"\n").unwrap();
        }
    });
    let mut open: std::collections::BTreeSet<u64> = (100..1100).collect();
    while !open.is_empty() {
        let mut line = String::new();
        client.from.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        if let Some(id) = message["id"].as_u64() {
            assert!(open.remove(&id), "{message}");
            let is_refused = message["result"]["_meta"]["deputize/denial"].is_object();
            assert_eq!(is_refused, id % 7 == 0, "{message}");
        }
    }
    sender.join().unwrap();
    assert!(client.end().fault.is_none());
}

/// A server in Python that does what `script` says.
pub(crate) fn script(script: &str) -> Command {
    let mut python = Command::new("python3");
    python.args(["-u", "-c", script]);
    python
}

#[test]
fn a_server_that_dies_leaves_an_error_for_each_open_request() {
    let scene = scene(&["tools/call a"]);
    let mut client = Client::of(&scene, &mut script("input(); import sys; sys.exit(3)"));
    let answer = client.request("tools/call", json!({ "name": "a" }));
    assert_eq!(answer["error"]["code"], -32603);
    let ended = client.session.join().unwrap();
    assert_eq!((ended.server.code(), ended.fault.is_none()), (Some(3), true));
}

#[test]
fn a_server_that_talks_nonsense_is_not_heard() {
    let scene = scene(&["tools/call a"]);
    let server = "print('starting'); print('{}'); print('[]'); print('\\x7f' * 100000)
import json
id = json.loads(input())['id']
print('{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}')
print('{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"ok\":true}}' % id)";
    let mut client = Client::of(&scene, &mut script(server));
    let answer = client.request("tools/call", json!({ "name": "a" }));
    assert_eq!(answer["result"], json!({ "ok": true }));
    let seen = Arc::clone(&client.seen);
    assert!(client.end().fault.is_none());
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().filter(|own| matches!(own, Seen::NotAMessage(_))).count(), 4);
    assert!(seen.contains(&Seen::Unasked));
}

#[test]
fn a_server_that_floods_is_ended_where_a_line_has_no_end() {
    let scene = scene(&["tools/call a"]);
    let server = "import sys
while True: sys.stdout.write('a' * 1000000)";
    let ended = Client::of(&scene, &mut script(server)).session.join().unwrap();
    assert!(matches!(ended.fault, Some(SessionError::Server(_))), "{ended:?}");
    assert!(!ended.server.success());
}

/// A server that asks without end and never reads is ended, and not waited for.
#[test]
fn a_server_that_asks_and_does_not_read_is_ended() {
    let scene = scene(&["tools/call a"]);
    let server = "n = 0
while True:
    print('{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"roots/list\"}' % n)
    n += 1";
    let ended = Client::of(&scene, &mut script(server)).session.join().unwrap();
    assert!(matches!(ended.fault, Some(SessionError::ServerIsFull)), "{ended:?}");
}

#[test]
fn a_client_that_leaves_half_way_ends_the_server() {
    let scene = scene(&["tools/call a"]);
    let server = "import sys
for line in sys.stdin: print('{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}')
sys.exit(7)";
    let mut client = Client::of(&scene, &mut script(server));
    client.to.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth").unwrap();
    let ended = client.end();
    assert_eq!(ended.server.code(), Some(7));
    assert!(matches!(ended.fault, Some(SessionError::Client(_))), "{ended:?}");
}

/// A process that the server leaves behind keeps its output open, and answers nothing.
#[test]
fn a_process_that_is_left_behind_holds_nobody_up() {
    let scene = scene(&["tools/call a"]);
    let server = "import subprocess, sys
input()
subprocess.Popen(['sleep', '30'])
sys.exit(4)";
    let mut client = Client::of(&scene, &mut script(server));
    let answer = client.request("tools/call", json!({ "name": "a" }));
    assert_eq!(answer["error"]["code"], -32603);
    assert_eq!(client.session.join().unwrap().server.code(), Some(4));
}

#[test]
fn a_server_that_closes_its_output_is_ended() {
    let scene = scene(&["tools/call a"]);
    let server = "import os, time
input()
os.close(1)
time.sleep(60)";
    let mut client = Client::of(&scene, &mut script(server));
    let answer = client.request("tools/call", json!({ "name": "a" }));
    assert_eq!(answer["error"]["code"], -32603);
    assert!(!client.session.join().unwrap().server.success());
}
