//! MCP over HTTP, as operators and clients use it: the official SDKs, and published servers.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shell::Shell;

/// A server of npm or PyPI, or an SDK. It is missing if `tests/setup` did not run.
fn installed(path: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target =
        target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    let path = target.join(path);
    assert!(path.exists(), "{} is missing: run tests/setup", path.display());
    let folder = fs::canonicalize(path.parent().unwrap()).unwrap();
    folder.join(path.file_name().unwrap())
}

/// A shell with a folder for the filesystem server, a token for a part of it, and a configuration.
fn shell(more: &str) -> Shell {
    let shell = Shell::empty();
    shell.done("deputize keygen alice && deputize keygen planner && deputize keygen log");
    fs::create_dir_all(shell.path("srv/open")).unwrap();
    shell.write("srv/open/a.txt", "hello");
    shell.write("srv/secret.txt", "hidden");
    let open = format!("{}/open", root(&shell));
    shell.done(&format!(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --allow 'tools/call read_text_file path:subpath={open}' \
         --allow 'tools/call write_file path:subpath={open} content' --expires 1h --purpose p > fs.token"
    ));
    shell.write(
        "guard.toml",
        format!(
            "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
             [revocation]\nby_expiry = \"2h\"\n[log]\nkey = \"log.key\"\n{more}"
        ),
    );
    shell
}

fn root(shell: &Shell) -> String {
    fs::canonicalize(shell.path("srv")).unwrap().to_str().unwrap().to_owned()
}

/// A guard that listens, and is ended with this.
struct Guard {
    child: Child,
    url: String,
}

impl Guard {
    fn start(shell: &Shell) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deputize"))
            .args(["mcp-guard", "--config", "guard.toml", "--new", "--listen", "127.0.0.1:0", "--"])
            .arg(installed("mcp-node/node_modules/.bin/mcp-server-filesystem"))
            .arg(root(shell))
            .current_dir(shell.path("."))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    /// The servers that run.
    fn servers(&self) -> usize {
        let task = format!("/proc/{0}/task/", self.child.id());
        let tasks = fs::read_dir(task).unwrap().map(|own| own.unwrap().path().join("children"));
        let children = tasks.map(|own| fs::read_to_string(own).unwrap_or_default());
        children.map(|own| own.split_whitespace().count()).sum()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a client of an SDK got, and what is on the disk.
fn shows_what_the_grant_says(shell: &Shell, name: &str, out: &str) {
    let shown: Value = serde_json::from_str(out).unwrap();
    assert_eq!(shown["version"], "2025-11-25", "{name}: {out}");
    // A listing without a presentation shows all.
    assert!(shown["tools"].as_u64().unwrap() > 10, "{name}: {out}");
    assert_eq!(shown["read"], json!([false, "hello"]), "{name}");
    assert_eq!(shown["write"][0], false, "{name}: {out}");
    assert_eq!(shell.read(&format!("srv/open/{name}.txt")), "new");
    for refused in ["other", "bare"] {
        assert_eq!(shown[refused][0], true, "{name}: {out}");
        assert!(shown[refused][1].as_str().unwrap().starts_with("Refused: "), "{name}: {out}");
    }
    assert!(!shell.path(&format!("srv/{name}.txt")).exists());
    assert_eq!(shown["together"], 10, "{name}: {out}");
}

/// Each of the SDKs speaks to the guard as to any server, and the newest protocol falls back to sessions.
#[test]
fn the_official_clients_speak_to_a_guard_over_http() {
    let shell = shell("");
    let mut guard = Guard::start(&shell);
    let (root, url) = (root(&shell), guard.url.clone());
    let python = installed("mcp-venv/bin/python");
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands");
    for mode in ["legacy", "auto"] {
        let out = shell.done(&format!(
            "{} {scripts}/mcp_http_client.py {url} {mode} {root}",
            python.display()
        ));
        shows_what_the_grant_says(&shell, mode, &out);
    }
    let modules = installed("mcp-node/package.json");
    let modules = modules.parent().unwrap().display();
    for sdk in ["sdk", "client-legacy", "client-auto"] {
        let out =
            shell.done(&format!("node {scripts}/mcp_http_client.mjs {url} {sdk} {root} {modules}"));
        shows_what_the_grant_says(&shell, sdk, &out);
    }
    eventually("every session was ended by its client", || guard.servers() == 0);
    // The log is whole when the guard has ended.
    guard.signal("TERM");
    assert_eq!(guard.child.wait().unwrap().code(), Some(128 + 15));
    // The calls that were refused are of nobody: the holder did not make them.
    let shown = shell.done("deputize audit show data/log --agent planner");
    assert_eq!(shown.matches("write_file").count(), 5, "{shown}");
    shell.done("deputize audit verify data/log");
}

/// A presenter that reaches a server over HTTP, and its client.
struct Presenter {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Presenter {
    fn start(shell: &Shell, token: &str, audience: &str, url: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deputize"))
            .args(["mcp-present", "--key", "planner.key", "--token", token])
            .args(["--audience", audience, "--url", url])
            .current_dir(shell.path("."))
            .env("http_proxy", "http://127.0.0.1:9")
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("ALL_PROXY", "http://127.0.0.1:9")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut own = Self { child, to, from: BufReader::new(from) };
        let params = json!({
            "protocolVersion": "2025-11-25", "clientInfo": { "name": "t", "version": "1" },
            "capabilities": { "elicitation": {}, "sampling": {} },
        });
        let answer = own.ask(0, "initialize", params);
        assert!(answer["result"].is_object(), "{answer}");
        own.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        own
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").unwrap();
    }

    /// The next message that is not a notification.
    fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.from.read_line(&mut line).unwrap(), 0);
            let message: Value = serde_json::from_str(&line).unwrap();
            if message.get("id").is_some() {
                return message;
            }
        }
    }

    fn ask(&mut self, id: u32, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.next()
    }

    fn call(&mut self, id: u32, tool: &str, args: Value) -> Value {
        self.ask(id, "tools/call", json!({ "name": tool, "arguments": args }))
    }

    fn end(self) -> Option<i32> {
        let Self { mut child, to, .. } = self;
        drop(to);
        child.wait().unwrap().code()
    }
}

#[test]
fn a_presenter_reaches_a_guard_over_http() {
    let shell = shell("");
    let mut guard = Guard::start(&shell);
    let root = root(&shell);
    let mut client = Presenter::start(&shell, "@fs.token", "fs.acme.com", &guard.url);
    let tools = client.ask(1, "tools/list", json!({}));
    let tools: Vec<_> =
        tools["result"]["tools"].as_array().unwrap().iter().map(|own| &own["name"]).collect();
    assert_eq!(tools, ["read_text_file", "write_file"]);
    let read = client.call(2, "read_text_file", json!({ "path": format!("{root}/open/a.txt") }));
    assert_eq!(read["result"]["content"][0]["text"], "hello", "{read}");
    let hidden = client.call(3, "read_text_file", json!({ "path": format!("{root}/secret.txt") }));
    let text = hidden["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Not sent. Refused: "), "{hidden}");
    // Another audience than the guard's own is seen before anything is sent.
    let mut other = Presenter::start(&shell, "@fs.token", "crm.acme.com", &guard.url);
    let refused = other.call(1, "read_text_file", json!({ "path": format!("{root}/open/a.txt") }));
    assert_eq!(
        refused["result"]["_meta"]["deputize/denial"]["code"], "other_audience",
        "{refused}"
    );
    assert_eq!(guard.servers(), 2);
    assert_eq!((client.end(), other.end()), (Some(0), Some(0)));
    eventually("the sessions were ended", || guard.servers() == 0);
    guard.signal("TERM");
    guard.child.wait().unwrap();
    let shown = shell.done("deputize audit show data/log --agent planner");
    assert_eq!(shown.matches("read_text_file").count(), 1, "{shown}");
}

/// A guard that is killed leaves its presenter with an error for each call, and none is sent twice.
#[test]
fn a_guard_that_is_killed_leaves_an_error() {
    let shell = shell("");
    let mut guard = Guard::start(&shell);
    let root = root(&shell);
    let mut client = Presenter::start(&shell, "@fs.token", "fs.acme.com", &guard.url);
    guard.child.kill().unwrap();
    guard.child.wait().unwrap();
    let read = client.call(2, "read_text_file", json!({ "path": format!("{root}/open/a.txt") }));
    assert_eq!(read["error"]["data"]["deputize/denial"]["code"], "mcp_link_not_sent", "{read}");
    assert_eq!(client.end(), Some(0));
}

/// A published server over HTTP, without a guard: the presenter is the client's own check.
#[test]
fn a_presenter_reaches_a_published_server_over_http() {
    let shell = shell("");
    shell.done(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --allow 'tools/call echo message:max_len=20' --allow 'tools/call get-sum a=1..10 b=1..10' \
         --allow 'tools/call trigger-long-running-operation duration steps' \
         --allow 'tools/call trigger-elicitation-request' --expires 1h --purpose p > all.token",
    );
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut server = Command::new(installed("mcp-node/node_modules/.bin/mcp-server-everything"))
        .arg("streamableHttp")
        .env("PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(server.stderr.take().unwrap());
    let mut note = String::new();
    while !note.contains("listening on port") {
        note.clear();
        assert_ne!(notes.read_line(&mut note).unwrap(), 0);
    }
    thread::spawn(move || std::io::copy(&mut notes, &mut std::io::sink()));
    let url = format!("http://127.0.0.1:{port}/mcp");
    let mut client = Presenter::start(&shell, "@all.token", "all.acme.com", &url);
    let echo = client.call(1, "echo", json!({ "message": "hello" }));
    assert_eq!(echo["result"]["content"][0]["text"], "Echo: hello", "{echo}");
    let sum = client.call(2, "get-sum", json!({ "a": 2.0, "b": 3 }));
    assert!(sum["result"]["content"][0]["text"].as_str().unwrap().contains('5'), "{sum}");
    let not_sent = client.call(3, "get-sum", json!({ "a": 2, "b": 300 }));
    assert_eq!(not_sent["result"]["isError"], true, "{not_sent}");
    // A call that takes long streams its progress, and others pass it.
    let long = json!({
        "name": "trigger-long-running-operation", "arguments": { "duration": 2, "steps": 4 },
        "_meta": { "progressToken": "t" },
    });
    client.send(&json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": long }));
    assert_eq!(client.call(5, "echo", json!({ "message": "meanwhile" }))["id"], 5);
    let mut told = 0;
    let done = loop {
        let mut line = String::new();
        client.from.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        match message["method"].as_str() {
            Some("notifications/progress") => {
                assert_eq!(message["params"]["progressToken"], "t");
                told += 1;
            }
            Some(_) => {}
            None => break message,
        }
    };
    assert_eq!((&done["id"], told), (&json!(4), 4), "{done}");
    // The server asks back while it runs a tool, and gets its answer.
    let asked = client.call(6, "trigger-elicitation-request", json!({}));
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    client.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "decline" } }));
    assert_eq!(client.next()["id"], 6);
    assert_eq!(client.end(), Some(0));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn errors_of_addresses_say_what_to_do() {
    let shell = shell("");
    let error = |command: &str| {
        let outcome = shell.run(command);
        assert_eq!(outcome.code, 2, "{}", outcome.err);
        outcome.err
    };
    let present = "deputize mcp-present --key planner.key --token @fs.token --audience a --url";
    let err = error(&format!("{present} http://acme.com/mcp"));
    assert!(err.contains("`acme.com` is not this machine, so its URL must be `https`"), "{err}");
    let err = error(&format!("{present} http://127.0.0.1/mcp -- true"));
    assert!(err.contains("cannot be used with"), "{err}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let err =
        error(&format!("deputize mcp-guard --config guard.toml --new --listen {address} -- true"));
    assert!(err.contains(&address.to_string()), "{err}");
    shell.write("guard.toml", "audience = \"a\"\nfolder = \"b\"\n[listen]\nsessions = 0\n");
    let err = error("deputize mcp-guard --config guard.toml --listen 127.0.0.1:0 -- true");
    assert!(err.contains("line 4"), "{err}");
}
