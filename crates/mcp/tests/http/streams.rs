//! The exchange to which each message of a server belongs.

use std::io::{BufRead as _, Read as _};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cast::{Client, Here, eventually};

/// A call with a token for its progress.
fn with_progress(client: &Client<'_>, here: &Here, token: &str, seconds: u32) -> String {
    let message = client.message(&here.planner, "progress", json!({ "seconds": seconds }));
    let mut message: Value = serde_json::from_str(&message).unwrap();
    message["params"]["_meta"]["progressToken"] = token.into();
    message.to_string()
}

#[test]
fn progress_goes_to_its_call_and_what_no_call_explains_to_the_stream() {
    let here = Here::new();
    let client = here.begin();
    let mut stream = client.stream();
    let calls: Vec<_> = ["a", "b"].map(|own| with_progress(&client, &here, own, 0)).into();
    thread::scope(|scope| {
        let calls: Vec<_> = calls.iter().map(|own| scope.spawn(|| client.post(own))).collect();
        for (call, token) in calls.into_iter().zip(["a", "b"]) {
            let answer = call.join().unwrap();
            assert_eq!(answer.media, "text/event-stream");
            let mut messages = answer.messages();
            assert_eq!(messages.pop().unwrap()["result"]["name"], "progress");
            // What the server logs goes to the youngest call: both are of one holder.
            messages.retain(|own| own["method"] != "notifications/message");
            let [first, second, third] = &messages[..] else { panic!("{messages:?}") };
            for (step, progress) in [first, second, third].into_iter().enumerate() {
                let params = json!({ "progressToken": token, "progress": step });
                assert_eq!(progress["params"], params, "{messages:?}");
            }
        }
    });
    // These wait until there is a stream, and nothing of a call does.
    drop(stream);
    client.call("changed", json!({}));
    stream = client.stream();
    assert_eq!(stream.next().unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(client.delete(), 204);
    assert_eq!(stream.next(), None);
}

/// Whoever knows the id of a session gets nothing of what a call of the holder is told or asked.
#[test]
fn what_a_server_asks_comes_by_the_call_and_only_its_reader_answers() {
    let here = Here::new();
    let client = here.begin();
    let mut stolen = client.stream();
    let mut call = client.open(&client.message(&here.planner, "ask", json!({})));
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert_ne!(call.read_line(&mut line).unwrap(), 0);
    }
    let asked: Value = serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(asked["method"], "elicitation/create");
    let id = asked["id"].as_str().unwrap();
    assert!(id.len() == 64 && !line.contains("ask-"), "{line}");
    // The ids of the server itself, and of calls, are of no use.
    for guessed in ["ask-1".into(), "ask-2".into(), json!(1), json!(2), json!(3)] {
        let answer = json!({ "jsonrpc": "2.0", "id": guessed, "result": { "action": "accept" } });
        assert_eq!(client.post(&answer.to_string()).status, 202);
    }
    assert_eq!(here.answered(), "");
    let answer = json!({ "jsonrpc": "2.0", "id": id, "result": { "action": "decline" } });
    assert_eq!(client.post(&answer.to_string()).status, 202);
    let mut rest = String::new();
    while !rest.contains("\"result\"") {
        assert_ne!(call.read_line(&mut rest).unwrap(), 0);
    }
    assert!(rest.contains("decline"), "{rest}");
    assert_eq!(client.post(&answer.to_string()).status, 202);
    assert_eq!(here.answered().lines().count(), 1, "{}", here.answered());
    assert_eq!(client.delete(), 204);
    assert_eq!(stolen.next(), None);
}

/// A server that asks while no client waits gets errors, and does not wait for ever.
#[test]
fn what_nobody_takes_is_answered() {
    let here = Here::new();
    let client = here.begin();
    let call =
        client.open(&client.message(&here.planner, "flood", json!({ "times": 100, "seconds": 1 })));
    eventually("the call is made", || here.got().contains("flood"));
    drop(call);
    eventually("everything is answered", || {
        let answered = here.answered();
        answered.matches("-32603").count() == 100 && answered.matches("ping-").count() == 100
    });
    // Also what it asked before the client left.
    let mut call = client.open(&client.message(&here.planner, "ask", json!({})));
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert_ne!(call.read_line(&mut line).unwrap(), 0);
    }
    drop(call);
    eventually("the question is answered", || here.answered().matches("-32603").count() == 101);
    assert_eq!(client.call("read", json!({})).status, 200);
}

#[test]
fn a_hundred_calls_at_once_each_have_their_answer() {
    let here = Here::new();
    let client = here.begin();
    let calls: Vec<_> = (0..100)
        .map(|at| match at % 7 {
            0 => client.message(&here.planner, "secret", json!({ "path": at })),
            1 => client.message(&here.planner, "slow", json!({ "seconds": 0.1, "path": at })),
            _ => client.message(&here.planner, "read", json!({ "path": at })),
        })
        .collect();
    thread::scope(|scope| {
        let calls: Vec<_> =
            calls.iter().map(|own| (own, scope.spawn(|| client.post(own)))).collect();
        for (at, (message, call)) in calls.into_iter().enumerate() {
            let message: Value = serde_json::from_str(message).unwrap();
            let answer = call.join().unwrap();
            let [own] = &answer.messages()[..] else { panic!("{answer:?}") };
            assert_eq!(own["id"], message["id"]);
            match at % 7 {
                0 => assert_eq!(answer.code(), "not_granted"),
                _ => assert_eq!(own["result"]["args"]["path"], at),
            }
        }
    });
    let refused = (0..100).filter(|at| at % 7 == 0).count();
    assert_eq!(here.got().matches("tools/call").count(), 100 - refused);
}

#[test]
fn a_client_that_leaves_half_way_takes_nothing_from_the_others() {
    let here = Here::new();
    let client = here.begin();
    let mut left = client.open(&with_progress(&client, &here, "a", 1));
    let mut line = String::new();
    while !line.contains("progressToken") {
        line.clear();
        left.read_line(&mut line).unwrap();
    }
    drop(left);
    let mut stream = client.stream();
    assert_eq!(client.call("read", json!({})).json()["result"]["name"], "read");
    thread::sleep(Duration::from_millis(1500));
    // The answer that nobody waited for went nowhere, and so did what was told.
    assert_eq!(client.delete(), 204);
    assert_eq!(stream.next(), None);
}

#[test]
fn a_request_that_is_cancelled_has_no_answer() {
    let here = Here::new();
    let client = here.begin();
    let call = client.message(&here.planner, "slow", json!({ "seconds": 2 }));
    let id: Value = serde_json::from_str::<Value>(&call).unwrap()["id"].clone();
    thread::scope(|scope| {
        let answer = scope.spawn(|| client.post(&call));
        eventually("the call is made", || here.got().contains("slow"));
        let cancel = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id },
        });
        assert_eq!(client.post(&cancel.to_string()).status, 202);
        let answer = answer.join().unwrap();
        assert!(answer.status == 200 && answer.messages().is_empty(), "{answer:?}");
    });
    eventually("the server learns it", || here.got().contains("notifications/cancelled"));
}

/// An id that is open is refused without an id: otherwise the refusal would answer the open request.
#[test]
fn an_id_that_is_open_is_not_answered_twice() {
    let here = Here::new();
    let client = here.begin();
    let slow = client.message(&here.planner, "slow", json!({ "seconds": 1 }));
    let id: Value = serde_json::from_str::<Value>(&slow).unwrap()["id"].clone();
    let mut second: Value =
        serde_json::from_str(&client.message(&here.planner, "read", json!({}))).unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| client.post(&slow));
        eventually("the call is made", || here.got().contains("slow"));
        for own in [id.clone(), id.to_string().into()] {
            second["id"] = own;
            let answer = client.post(&second.to_string());
            assert_eq!((answer.status, answer.code().as_str()), (400, "mcp_id_still_open"));
            assert_eq!(answer.json()["id"], Value::Null);
        }
        let first = first.join().unwrap();
        assert_eq!(first.messages()[0]["result"]["name"], "slow", "{first:?}");
    });
    assert!(!here.got().contains("\"read\""));
}

/// A stream that is silent shows that it lives.
#[test]
fn a_silent_stream_has_a_pulse() {
    let here = Here::new();
    let client = here.begin();
    let mut call = client.open(&client.message(&here.planner, "slow", json!({ "seconds": 17 })));
    let mut text = vec![0; 4096];
    let mut read = String::new();
    while !read.contains("\"result\"") {
        let bytes = call.read(&mut text).unwrap();
        assert_ne!(bytes, 0, "{read}");
        read.push_str(std::str::from_utf8(&text[..bytes]).unwrap());
    }
    assert!(read.contains("text/event-stream") && read.contains("\n:\n\n"), "{read}");
}

/// The answer to a call whose client is gone goes to no other request with its id.
#[test]
fn an_answer_is_of_the_request_that_asked_for_it() {
    let here = Here::new();
    let client = here.begin();
    let slow = client.message(&here.planner, "slow", json!({ "seconds": 2 }));
    let id: Value = serde_json::from_str::<Value>(&slow).unwrap()["id"].clone();
    let call = client.open(&slow);
    eventually("the call is made", || here.got().contains("slow"));
    drop(call);
    thread::sleep(Duration::from_millis(200));
    let ping = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string();
    let long = ping.replace(
        "\"ping\"",
        &format!("\"ping\",\"params\":{{\"a\":\"{}\"}}", "a".repeat(8_000_000)),
    );
    // While the call has no answer, its id is taken, although its client has left.
    for message in [&ping, &long] {
        let answer = client.post(message);
        assert_eq!((answer.status, answer.code().as_str()), (400, "mcp_id_still_open"));
    }
    // Nor does it get the answer once the call was cancelled, however late that comes.
    let cancel = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id },
    });
    assert_eq!(client.post(&cancel.to_string()).status, 202);
    for _ in 0..30 {
        assert_eq!(client.post(&ping).json(), json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
        thread::sleep(Duration::from_millis(100));
    }
    // The server knows the call by another id than its client does.
    assert!(here.got().lines().count() > 30);
}
