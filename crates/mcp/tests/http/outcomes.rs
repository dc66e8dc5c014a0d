//! A client over stdio, and servers over HTTP that answer for others, late or never.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use deputize_mcp::SessionError;
use serde_json::{Value, json};

use crate::cast::{Holder, eventually, initialize};
use crate::link::{Client, begins, events, json_answer, server, streaming};

fn result(id: u32, said: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"said":"{said}"}}}}"#)
}

fn is_call(body: &str, id: u32) -> bool {
    body.contains("tools/call\"") && body.contains(&format!("\"id\":{id},"))
}

fn code(answer: &Value) -> &str {
    answer["error"]["data"]["deputize/denial"]["code"].as_str().unwrap_or_default()
}

fn wait(flag: &AtomicBool) {
    eventually("the test goes on", || flag.load(Ordering::Acquire));
}

fn flag() -> (Arc<AtomicBool>, Arc<AtomicBool>) {
    let flag = Arc::new(AtomicBool::new(false));
    (Arc::clone(&flag), flag)
}

/// One `404` is the answer to one request: another call has its own, or its outcome is not known.
#[test]
fn the_end_of_a_session_answers_no_other_call() {
    let (refused, own) = flag();
    let (url, _) = server(move |head, body| match () {
        () if is_call(body, 1) => {
            wait(&own);
            thread::sleep(Duration::from_millis(500));
            json_answer("200 OK", "", &result(1, "done"))
        }
        () if is_call(body, 2) => {
            wait(&own);
            thread::sleep(Duration::from_secs(60));
            Vec::new()
        }
        () if is_call(body, 3) => json_answer("404 Not Found", "", ""),
        () => begins(head, body).unwrap_or_default(),
    });
    let mut client = Client::of(&Holder::alone(), &url);
    client.begin();
    client.call(1, "read", json!({}));
    client.call(2, "read", json!({}));
    thread::sleep(Duration::from_millis(500));
    client.call(3, "read", json!({}));
    let third = client.next();
    assert_eq!((&third["id"], code(&third)), (&json!(3), "mcp_link_session_ended"), "{third}");
    refused.store(true, Ordering::Release);
    // What comes now is not sent.
    client.call(4, "read", json!({}));
    let fourth = client.next();
    assert_eq!((&fourth["id"], code(&fourth)), (&json!(4), "mcp_link_session_ended"), "{fourth}");
    let first = client.next();
    assert_eq!((&first["id"], &first["result"]["said"]), (&json!(1), &json!("done")), "{first}");
    let second = client.next();
    assert_eq!((&second["id"], code(&second)), (&json!(2), "mcp_link_left"), "{second}");
    assert!(second.to_string().contains("outcome is not known"));
    // Its input is open, and the program ends.
    let why = client.ended().unwrap_err();
    assert!(matches!(why, SessionError::Over) && why.to_string().contains("start"), "{why}");
}

/// The stream of a session that has ended says so as well.
#[test]
fn a_stream_that_is_not_found_ends_the_presenter() {
    let (url, _) = server(|head, body| match head.starts_with("get") {
        true => json_answer("404 Not Found", "", ""),
        false => begins(head, body).unwrap(),
    });
    let mut client = Client::of(&Holder::alone(), &url);
    client.begin();
    assert!(matches!(client.ended(), Err(SessionError::Over)));
}

/// A session that another one replaces is ended, and nothing of its stream arrives.
#[test]
fn a_new_initialize_ends_the_session_before() {
    let (other, own) = flag();
    let number = Mutex::new(0);
    let note =
        |of: u32| format!("data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/of/{of}\"}}\n\n");
    let (url, got) = server(move |head, body| match () {
        () if head.starts_with("get") && head.contains("mcp-session-id: s-1\r\n") => {
            wait(&own);
            events(&note(1))
        }
        () if head.starts_with("get") => {
            wait(&own);
            // The other one's message has come.
            thread::sleep(Duration::from_millis(500));
            events(&note(2))
        }
        () if body.contains("\"initialize\"") => {
            let mut number = number.lock().unwrap();
            *number += 1;
            let id = format!("mcp-session-id: s-{number}\r\n");
            let result = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}"#;
            json_answer("200 OK", &id, result)
        }
        () => json_answer("202 Accepted", "", ""),
    });
    let mut client = Client::of(&Holder::alone(), &url);
    let has = |what: &[&str]| {
        let got = got.lock().unwrap();
        got.iter().any(|own| what.iter().all(|what| own.contains(what)))
    };
    client.begin();
    eventually("the stream is open", || has(&["get /", "s-1"]));
    client.begin();
    assert!(has(&["delete /", "mcp-session-id: s-1\r\n"]));
    eventually("the other stream is open", || has(&["get /", "s-2"]));
    other.store(true, Ordering::Release);
    assert_eq!(client.next()["method"], "notifications/of/2");
    client.end();
    assert!(has(&["delete /", "mcp-session-id: s-2\r\n"]));
}

/// A server that never answers `initialize` does not keep a presenter whose client has left.
#[test]
fn the_end_of_the_input_is_noticed_while_a_server_is_silent() {
    for silent in ["\"initialize\"", "notifications/initialized"] {
        let (url, got) = server(move |head, body| {
            if body.contains(silent) {
                thread::sleep(Duration::from_secs(60));
            }
            begins(head, body).unwrap()
        });
        let mut client = Client::of(&Holder::alone(), &url);
        client.send(&serde_json::from_str(&initialize("2025-11-25")).unwrap());
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/progress" }));
        eventually("it is asked", || got.lock().unwrap().iter().any(|own| own.contains(silent)));
        let time = client.end();
        assert!(time < Duration::from_secs(12), "{silent}: {time:?}");
    }
}

/// A server may ask before it answers `initialize`.
#[test]
fn a_request_in_the_stream_of_initialize_is_answered() {
    let (answered, own) = flag();
    let (url, _) = streaming(move |head, body, mut to| {
        if body.contains("\"initialize\"") {
            to.write_all(&events(
                "data: {\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n\n",
            ))
            .unwrap();
            wait(&answered);
            return format!("data: {}\n\n", result(0, "begun")).into_bytes();
        }
        if body.contains("\"id\":\"p\"") {
            answered.store(true, Ordering::Release);
            return json_answer("202 Accepted", "", "");
        }
        begins(head, body).unwrap()
    });
    let mut client = Client::of(&Holder::alone(), &url);
    client.send(&serde_json::from_str(&initialize("2025-11-25")).unwrap());
    assert_eq!(client.next()["method"], "ping");
    client.send(&json!({ "jsonrpc": "2.0", "id": "p", "result": {} }));
    assert_eq!(client.next()["result"]["said"], "begun");
    assert!(own.load(Ordering::Acquire));
    client.end();
}

/// An id that a client used again while the `POST` of a cancelled request is read would get its answer.
#[test]
fn the_id_of_a_cancelled_request_stays_taken_until_its_post_has_ended() {
    let (reused, own) = flag();
    let number = Mutex::new(0);
    let (url, got) = server(move |head, body| {
        if !is_call(body, 7) {
            return begins(head, body).unwrap();
        }
        let mut calls = number.lock().unwrap();
        *calls += 1;
        if *calls == 1 {
            drop(calls);
            wait(&own);
            return json_answer("200 OK", "", &result(7, "old"));
        }
        json_answer("200 OK", "", &result(7, "new"))
    });
    let count = |what: &str| got.lock().unwrap().iter().filter(|own| own.contains(what)).count();
    let mut client = Client::of(&Holder::alone(), &url);
    client.begin();
    client.call(7, "read", json!({}));
    eventually("it is called", || count("tools/call\"") == 1);
    let params = json!({ "requestId": 7 });
    client
        .send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
    eventually("it is cancelled", || count("notifications/cancelled\"") == 1);
    client.call(7, "read", json!({}));
    let refused = client.next();
    assert_eq!((&refused["id"], code(&refused)), (&Value::Null, "mcp_id_still_open"), "{refused}");
    reused.store(true, Ordering::Release);
    // When the `POST` has ended, the id is free.
    loop {
        thread::sleep(Duration::from_millis(100));
        client.call(7, "read", json!({}));
        let answer = client.next();
        if code(&answer) != "mcp_id_still_open" {
            assert_eq!(answer["result"]["said"], "new", "{answer}");
            break;
        }
    }
    assert_eq!(count("tools/call\""), 2);
    client.end();
}

/// No response answers a request of another `POST`, also not by a line that is no message.
#[test]
fn an_answer_is_passed_for_the_request_of_its_own_post_alone() {
    for false_answer in [result(1, "false"), r#"{"jsonrpc":"2.0","id":1,"result":[]}"#.to_owned()] {
        let (told, own) = flag();
        let said = format!("data: {false_answer}\n\n");
        let (url, _) = server(move |head, body| match () {
            () if head.starts_with("get") => {
                eventually("it is called", || own.load(Ordering::Acquire));
                events(&said)
            }
            () if is_call(body, 1) => {
                own.store(true, Ordering::Release);
                thread::sleep(Duration::from_secs(2));
                json_answer("200 OK", "", &result(1, "true"))
            }
            () if is_call(body, 2) => events(&format!("{said}data: {}\n\n", result(2, "true"))),
            () => begins(head, body).unwrap(),
        });
        let mut client = Client::of(&Holder::alone(), &url);
        client.begin();
        client.call(1, "read", json!({}));
        wait(&told);
        client.call(2, "read", json!({}));
        for id in [2, 1] {
            let answer = client.next();
            let seen = (&answer["id"], &answer["result"]["said"]);
            assert_eq!(seen, (&json!(id), &json!("true")), "{answer}");
        }
        client.end();
    }
}

#[test]
fn a_cancel_does_not_overtake_its_request() {
    let times = Arc::new(Mutex::new((None, None)));
    let own = Arc::clone(&times);
    let (url, _) = server(move |head, body| {
        if body.contains("tools/call\"") {
            own.lock().unwrap().0 = Some(Instant::now());
            return json_answer("200 OK", "", &result(1, "done"));
        }
        if body.contains("notifications/cancelled") {
            own.lock().unwrap().1 = Some(Instant::now());
        }
        begins(head, body).unwrap()
    });
    let mut client = Client::of(&Holder::alone(), &url);
    client.begin();
    // More than the connection holds while the server does not read.
    client.call(1, "unread", json!({ "path": "a".repeat(12_000_000) }));
    let params = json!({ "requestId": 1 });
    client
        .send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
    eventually("both have come", || matches!(*times.lock().unwrap(), (Some(_), Some(_))));
    let (Some(called), Some(cancelled)) = *times.lock().unwrap() else { panic!() };
    let before = called.saturating_duration_since(cancelled);
    assert!(before < Duration::from_millis(500), "{before:?}");
    client.end();
}

/// The id of an event that cannot be a field does not keep the stream closed, and neither does one that the
/// server no longer knows.
#[test]
fn no_id_of_an_event_keeps_a_stream_closed() {
    let (url, got) = server(|head, body| match () {
        () if head.contains("last-event-id: gone") => json_answer("400 Bad Request", "", ""),
        () if head.starts_with("get") => {
            events("id: gone\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/a\"}\n\n")
        }
        () => begins(head, body).unwrap(),
    });
    let mut client = Client::of(&Holder::alone(), &url);
    client.begin();
    for _ in 0..2 {
        assert_eq!(client.next()["method"], "notifications/a");
    }
    client.end();
    assert!(got.lock().unwrap().iter().any(|own| own.contains("last-event-id: gone")));
    for id in ["é".to_owned(), "\u{1}".to_owned(), "a".repeat(100_000)] {
        let (url, got) = server(move |head, body| match head.starts_with("get") {
            true => events(&format!(
                "id: {id}\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/a\"}}\n\n"
            )),
            false => begins(head, body).unwrap(),
        });
        let mut client = Client::of(&Holder::alone(), &url);
        client.begin();
        for _ in 0..2 {
            assert_eq!(client.next()["method"], "notifications/a");
        }
        client.end();
        assert!(!got.lock().unwrap().iter().any(|own| own.contains("last-event-id")));
    }
}
