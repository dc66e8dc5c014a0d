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
fn progress_goes_to_its_request_and_the_rest_to_the_stream() {
    let here = Here::new();
    let client = here.begin();
    let calls: Vec<_> = ["a", "b"].map(|own| with_progress(&client, &here, own, 0)).into();
    thread::scope(|scope| {
        let calls: Vec<_> = calls.iter().map(|own| scope.spawn(|| client.post(own))).collect();
        for (call, token) in calls.into_iter().zip(["a", "b"]) {
            let answer = call.join().unwrap();
            assert_eq!(answer.media, "text/event-stream");
            let messages = answer.messages();
            let [first, second, third, last] = &messages[..] else { panic!("{messages:?}") };
            for (step, progress) in [first, second, third].into_iter().enumerate() {
                let params = json!({ "progressToken": token, "progress": step });
                assert_eq!(progress["params"], params, "{messages:?}");
            }
            assert_eq!(last["result"]["name"], "progress");
        }
    });
    // They waited until there was a stream.
    let mut stream = client.stream();
    for _ in 0..6 {
        assert_eq!(stream.next().unwrap()["method"], "notifications/message");
    }
}

#[test]
fn what_a_server_asks_comes_by_the_stream_and_is_answered_by_post() {
    let here = Here::new();
    let client = here.begin();
    let mut stream = client.stream();
    let call = client.message(&here.planner, "ask", json!({}));
    thread::scope(|scope| {
        let call = scope.spawn(|| client.post(&call));
        let asked = stream.next().unwrap();
        assert_eq!(asked["method"], "elicitation/create");
        let answer =
            json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } });
        assert_eq!(client.post(&answer.to_string()).status, 202);
        let answer = call.join().unwrap();
        let [answer] = &answer.messages()[..] else { panic!("{answer:?}") };
        assert_eq!(answer["result"]["answer"], json!({ "action": "accept" }));
    });
    // An answer to nothing goes nowhere.
    let got = here.answered();
    let unasked = json!({ "jsonrpc": "2.0", "id": "ask-99", "result": {} });
    assert_eq!(client.post(&unasked.to_string()).status, 202);
    assert_eq!(client.call("read", json!({})).status, 200);
    assert_eq!(here.answered(), got);
}

/// A server that asks more than a client takes gets errors, and does not wait for ever. What it only
/// tells is dropped, the oldest first.
#[test]
fn what_nobody_takes_is_bounded() {
    let here = Here::new();
    let client = here.begin();
    let answer = client.call("flood", json!({ "times": 300 }));
    assert_eq!(answer.status, 200);
    eventually("what there was no room for is answered", || {
        here.answered().matches("-32603").count() == 300 - 256
    });
    let mut stream = client.stream();
    let waiting: Vec<_> = (0..256).map(|_| stream.next().unwrap()).collect();
    assert!(waiting.iter().enumerate().all(|(at, own)| own["id"] == format!("flood-{at}")));
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
    // The answer that nobody waited for went nowhere, and what was told went to the stream.
    assert_eq!(client.delete(), 204);
    let told: Vec<_> = std::iter::from_fn(|| stream.next()).collect();
    assert!(told.iter().all(|own| own.get("id").is_none()), "{told:?}");
    assert!(told.iter().any(|own| own["method"] == "notifications/progress"), "{told:?}");
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
