//! Lines that wait, and sessions that are stopped.

use std::io::{BufRead as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use deputize_mcp::SessionError;
use serde_json::{Value, json};

use crate::cast::{presented, scene};
use crate::stdio::{Client, script};

/// A server that asks before it reads what waits for it is no reason to end anything.
#[test]
fn a_server_that_asks_while_lines_wait_goes_on() {
    let scene = scene(&["tools/call write content"]);
    let server = "import sys, json, time
time.sleep(1)
for n in range(5000): print('{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"roots/list\"}' % n)
roots = 0
for line in sys.stdin:
    message = json.loads(line)
    if 'method' not in message: roots += 1
    else: print(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': {'bytes': len(line)}}))
sys.exit(0 if roots == 5000 else 1)";
    let mut client = Client::of(&scene, &mut script(server));
    let content = "x".repeat(100_000);
    let lines: Vec<_> = (0..150)
        .map(|id| {
            let params = json!({ "name": "write", "arguments": { "content": content } });
            presented(&scene, &id.to_string(), "tools/call", params) + "\n"
        })
        .collect();
    let mut to = client.to.try_clone().unwrap();
    let sender =
        thread::spawn(move || lines.iter().for_each(|own| to.write_all(own.as_bytes()).unwrap()));
    for id in 0..150 {
        assert!(client.answer(id)["result"]["bytes"].as_u64().unwrap() > 100_000);
    }
    sender.join().unwrap();
    let ended = client.end();
    assert!(ended.fault.is_none() && ended.server.success(), "{ended:?}");
}

/// A session that is stopped closes the server's input, answers what is open, and does not wait for ever.
#[test]
fn a_session_is_stopped_in_order() {
    let scene = scene(&["tools/call a"]);
    for (then, code, least) in [("sys.exit(5)", Some(5), 0), ("time.sleep(60)", None, 5)] {
        let server = format!(
            "import json, sys, time
for line in sys.stdin: print('{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}}')
print('{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"late\":true}}}}')
{then}"
        );
        let mut client = Client::of(&scene, &mut script(&server));
        for id in ["1", "2"] {
            client.send(&presented(&scene, id, "tools/call", json!({ "name": "a" })));
            client.from.read_line(&mut String::new()).unwrap();
        }
        let start = Instant::now();
        client.stop.stop();
        // What the server still answers is passed on, and the rest is answered for it.
        assert_eq!(client.answer(1)["result"], json!({ "late": true }));
        assert_eq!(client.answer(2)["error"]["code"], -32603);
        let ended = client.session.join().unwrap();
        assert_eq!((ended.server.code(), ended.fault.is_none()), (code, true));
        assert!(start.elapsed() >= Duration::from_secs(least), "{:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(least + 5), "{:?}", start.elapsed());
    }
}

/// Neither does one whose client reads nothing any more.
#[test]
fn a_client_that_does_not_read_does_not_hold_up_the_end() {
    let scene = scene(&["tools/call a"]);
    let server = "import sys
while True: print('{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}')";
    let client = Client::of(&scene, &mut script(server));
    thread::sleep(Duration::from_secs(1));
    let start = Instant::now();
    client.stop.stop();
    let ended = client.session.join().unwrap();
    assert!(!ended.server.success() && ended.fault.is_none(), "{ended:?}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    drop(client.from);
}

/// The bound is one of bytes: a server that reads nothing leaves few long lines waiting, and many short ones.
#[test]
fn a_server_that_reads_nothing_holds_up_its_client_and_nobody_else() {
    let scene = scene(&["tools/call a"]);
    let client = Client::of(&scene, &mut script("import time; time.sleep(60)"));
    let mut to = client.to.try_clone().unwrap();
    let (sent, count) = std::sync::mpsc::channel();
    let line = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "x": "x".repeat(1_000_000) } });
    let line = line.to_string() + "\n";
    thread::spawn(move || {
        while to.write_all(line.as_bytes()).is_ok() {
            let _ = sent.send(());
        }
    });
    let waits = |after: Duration| {
        let mut lines = 0;
        while count.recv_timeout(after).is_ok() {
            lines += 1;
        }
        lines
    };
    let lines = waits(Duration::from_secs(3));
    // The queue, what its writer has in its hand, and the pipes.
    assert!((14..=20).contains(&lines), "{lines}");
    client.stop.stop();
    let ended = client.session.join().unwrap();
    assert!(!matches!(ended.fault, Some(SessionError::ServerIsFull)), "{ended:?}");
}

/// The answers of the tests are read as messages.
#[test]
fn an_answer_to_a_stopped_session_is_a_message() {
    let scene = scene(&["tools/call a"]);
    let mut client = Client::of(&scene, &mut script("import sys; sys.stdin.read()"));
    client.send(&presented(&scene, "1", "tools/call", json!({ "name": "a" })));
    thread::sleep(Duration::from_millis(300));
    client.stop.stop();
    let answer: Value = client.answer(1);
    assert_eq!(answer["error"]["data"]["deputize/denial"]["code"], "server_failed");
    assert!(client.session.join().unwrap().server.success());
}
