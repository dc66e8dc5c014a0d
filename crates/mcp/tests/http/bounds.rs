//! Messages that are too large, too slow, or too many.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use deputize_mcp::limits::{MAX_HTTP_HEAD_BYTES, MAX_LINE_BYTES};
use serde_json::json;

use crate::cast::Here;

/// The head of a POST, without the fields about its length.
fn head(session: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-session-id: {session}\r\n"
    )
}

#[test]
fn a_body_is_bounded_whether_its_length_is_announced_or_not() {
    let here = Here::new();
    let client = here.begin();
    let head = head(client.session.as_deref().unwrap());
    // It is refused before it is sent.
    let announced = here.raw(format!("{head}content-length: {MAX_LINE_BYTES}\r\n\r\n").as_bytes());
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");
    let mut chunked = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    (0..=MAX_LINE_BYTES / 0x10000).for_each(|_| chunked.extend_from_slice(&chunk));
    let mut connection = TcpStream::connect(here.address()).unwrap();
    // The server may close while the rest is sent.
    let mut reader = connection.try_clone().unwrap();
    let writer = thread::spawn(move || drop(connection.write_all(&chunked)));
    let mut answer = Vec::new();
    let _ = reader.read_to_end(&mut answer);
    writer.join().unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // The longest that is allowed reaches the server.
    let call = client.message(&here.planner, "read", json!({ "path": "" }));
    let path = "a".repeat(MAX_LINE_BYTES - 2 * call.len());
    let answer = client.call("read", json!({ "path": path }));
    assert_eq!(answer.status, 200);
    assert_eq!(here.got().matches("tools/call").count(), 1);
    let answer = client.call("large", json!({ "bytes": 5_000_000 }));
    assert_eq!(answer.body.matches('a').count() / 1_000_000, 5);
}

#[test]
fn heads_are_bounded() {
    let here = Here::new();
    let long = "a".repeat(2 * MAX_HTTP_HEAD_BYTES);
    let answer =
        here.raw(format!("GET /mcp HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\n\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let many: String = (0..70).map(|at| format!("x-{at}: a\r\n")).collect();
    let answer = here.raw(format!("GET /mcp HTTP/1.1\r\nhost: localhost\r\n{many}\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // Two readers could see two messages.
    let two = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = here.raw(two.as_bytes());
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

/// A slow client holds a connection for a bounded time, and holds up nobody.
#[test]
fn slow_senders_are_left() {
    let here = Here::new();
    let client = here.begin();
    let head = head(client.session.as_deref().unwrap());
    thread::scope(|scope| {
        let slow = scope.spawn(|| {
            let since = Instant::now();
            let answer = here.raw(format!("{head}content-length: 100\r\n\r\n{{").as_bytes());
            (since.elapsed(), answer)
        });
        let silent = scope.spawn(|| {
            let since = Instant::now();
            let answer = here.raw(b"POST /mcp HTTP/1.1\r\nhost: ");
            (since.elapsed(), answer)
        });
        let idle = scope.spawn(|| {
            let since = Instant::now();
            // The connection is kept, and closed when nothing follows.
            let answer = here.raw(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
            (since.elapsed(), answer)
        });
        for _ in 0..20 {
            assert_eq!(client.call("read", json!({})).status, 200);
        }
        let (time, answer) = silent.join().unwrap();
        assert!(time < Duration::from_secs(15) && !answer.contains(" 2"), "{time:?} {answer}");
        let (time, answer) = idle.join().unwrap();
        assert!(
            time < Duration::from_secs(15) && answer.starts_with("HTTP/1.1 404 "),
            "{time:?} {answer}"
        );
        let (time, answer) = slow.join().unwrap();
        assert!(
            time < Duration::from_secs(40) && answer.starts_with("HTTP/1.1 408 "),
            "{time:?} {answer}"
        );
    });
}

/// A client that fills the room of its session holds up no other one.
#[test]
fn room_is_that_of_each_session() {
    let here = Here::new();
    let (full, other) = (here.begin(), here.begin());
    let head = head(full.session.as_deref().unwrap());
    let begun = format!("{head}content-length: {}\r\n\r\n", MAX_LINE_BYTES - 1);
    let fills: Vec<_> = (0..2)
        .map(|_| {
            let mut connection = TcpStream::connect(here.address()).unwrap();
            connection.write_all(begun.as_bytes()).unwrap();
            connection.write_all(&vec![b' '; MAX_LINE_BYTES - 2]).unwrap();
            connection
        })
        .collect();
    // A call meanwhile could take the last room from those that fill it.
    thread::sleep(Duration::from_secs(5));
    crate::cast::eventually("the room is full", || full.call("read", json!({})).status == 503);
    assert_eq!(other.call("read", json!({})).status, 200);
    drop(fills);
    crate::cast::eventually("there is room again", || full.call("read", json!({})).status == 200);
}

/// A client that reads nothing holds an answer for a bounded time.
#[test]
fn a_client_that_reads_nothing_is_left() {
    let here = Here::new();
    let client = here.begin();
    let bytes = 15_000_000;
    let mut call = client.open(&client.message(&here.planner, "large", json!({ "bytes": bytes })));
    thread::sleep(Duration::from_secs(35));
    let mut got = Vec::new();
    let _ = call.read_to_end(&mut got);
    assert!(got.len() < bytes, "{}", got.len());
    assert_eq!(client.call("read", json!({})).status, 200);
}
