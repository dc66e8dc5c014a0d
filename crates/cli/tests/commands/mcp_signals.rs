//! Signals end a guarded session in order.

use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mcp_guard::{Guard, call, present, shell};

/// A server that says that it has a call, and never answers it. With `stays`, the end of its input does not
/// end it.
const SERVER: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    print(json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}), flush=True)
open("ended", "w").close()
while os.path.exists("stays"): time.sleep(1)
"#;

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

fn status(child: &mut Child) -> (Option<i32>, Duration) {
    let start = Instant::now();
    (child.wait().unwrap().code(), start.elapsed())
}

#[test]
fn a_signal_ends_the_session_in_order() {
    for (signal, code, stays) in [("-TERM", 143, false), ("-INT", 130, false), ("-TERM", 143, true)]
    {
        let shell = shell("");
        shell.write("server.py", SERVER);
        if stays {
            shell.write("stays", "");
        }
        let mut guard = Guard::start(&shell, &["--new"]);
        writeln!(guard.to, "{}", call(1, &present(&shell), "/srv/a")).unwrap();
        let mut line = String::new();
        guard.from.read_line(&mut line).unwrap();
        send(signal, &guard.child);
        // The open call has an answer, though its input is open.
        line.clear();
        guard.from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&1.into(), &(-32603).into()));
        let (own, _) = status(&mut guard.child);
        assert_eq!(own, Some(code), "{signal}");
        // The server had the end of its input first.
        assert_eq!(shell.read("ended"), "");
        // The call and its unknown outcome are in the log, and a checkpoint covers them.
        let records = shell.read("data/log/segments/00000000.jsonl");
        assert!(records.contains(r#""result":"unknown""#), "{records}");
        let verified = shell.done("deputize audit verify data/log --format json");
        assert!(verified.contains("\"size\": 3,"), "{verified}");
        assert!(verified.contains("\"not_covered\": 0,"), "{verified}");
        assert_eq!(shell.read("data/log.checkpoint"), shell.read("data/log/checkpoint"));
    }
}

/// Whoever sends a second one does not want to wait.
#[test]
fn a_second_signal_ends_it_at_once() {
    let shell = shell("");
    shell.write("server.py", SERVER);
    shell.write("stays", "");
    let mut guard = Guard::start(&shell, &["--new"]);
    writeln!(guard.to, "{}", call(1, &present(&shell), "/srv/a")).unwrap();
    guard.from.read_line(&mut String::new()).unwrap();
    send("-TERM", &guard.child);
    thread::sleep(Duration::from_millis(300));
    send("-INT", &guard.child);
    let (code, took) = status(&mut guard.child);
    assert_eq!(code, Some(130));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_presenter_ends_in_order_too() {
    let shell = shell("");
    shell.write("server.py", SERVER);
    let mut child = Command::new(env!("CARGO_BIN_EXE_deputize"))
        .args(["mcp-present", "--key", "planner.key", "--token", "@planner.token"])
        .args(["--audience", "fs.acme.com", "--", "python3", "server.py"])
        .current_dir(shell.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let mut from = std::io::BufReader::new(child.stdout.take().unwrap());
    writeln!(to, r#"{{"jsonrpc":"2.0","id":1,"method":"ping"}}"#).unwrap();
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    send("-INT", &child);
    line.clear();
    from.read_line(&mut line).unwrap();
    assert!(line.contains("-32603"), "{line}");
    assert_eq!(status(&mut child).0, Some(130));
}
