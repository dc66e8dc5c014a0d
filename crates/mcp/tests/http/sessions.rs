//! The life of a session and of its server.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use deputize_mcp::http::DoorSettings;
use serde_json::json;

use crate::cast::{Here, eventually, initialize, messages};

#[test]
fn a_session_has_a_server_until_it_is_ended() {
    let here = Here::new();
    let client = here.begin();
    let [server] = here.servers()[..] else { panic!("{:?}", here.servers()) };
    let answer = client.call("read", json!({ "path": "/srv/a" }));
    assert_eq!(answer.json()["result"]["args"], json!({ "path": "/srv/a" }), "{answer:?}");
    assert_eq!((answer.status, answer.media.as_str()), (200, "application/json"));
    // Not without a presentation, and the status is 200: the answer reaches the model.
    let bare = json!({ "name": "read", "arguments": { "path": "/srv/a" } });
    let bare = json!({ "jsonrpc": "2.0", "id": 90, "method": "tools/call", "params": bare });
    let refused = client.post(&bare.to_string());
    assert_eq!((refused.status, refused.code().as_str()), (200, "not_authentic"));
    let secret = client.call("secret", json!({}));
    assert_eq!((secret.status, secret.code().as_str()), (200, "not_granted"));
    assert_eq!(here.got().matches("tools/call").count(), 1, "{}", here.got());
    assert!(!here.got().contains("deputize/"), "{}", here.got());

    assert_eq!(client.delete(), 204);
    eventually("the server is gone", || !here.servers().contains(&server));
    let ended = client.call("read", json!({}));
    assert_eq!((ended.status, ended.code().as_str()), (404, "mcp_http_unknown_session"));
    assert_eq!(client.get_with(&[("accept", "text/event-stream")]).status(), 404);
    assert_eq!(client.delete(), 404);
    assert_eq!(here.got().matches("tools/call").count(), 1);
}

#[test]
fn an_initialize_that_is_refused_leaves_no_server() {
    let here = Here::new();
    let client = here.client(None);
    let refused = [
        client.post_with(&[("origin", "http://evil.com")], &initialize("2025-11-25")),
        client.post(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":[]}"#),
        client.post(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"initialize"}"#),
        client.post(r#"{"jsonrpc":"2.0","method":"initialize"}"#),
        client.post(r#"[{"jsonrpc":"2.0","id":1,"method":"initialize"}]"#),
        client.post_with(&[("mcp-method", "ping")], &initialize("2025-11-25")),
        client.post_with(&[("mcp-session-id", "a")], &initialize("2025-11-25")),
    ];
    assert!(refused.iter().all(|own| own.status >= 400 && own.session.is_none()), "{refused:?}");
    assert_eq!(here.started(), 0);
    // One that the server itself refuses began nothing.
    let answer = client.post(&initialize("none"));
    assert_eq!((answer.status, answer.session.as_ref()), (200, None));
    assert_eq!(answer.json()["error"]["code"], -32602);
    assert_eq!(here.started(), 1);
    eventually("the server is gone", || here.servers().is_empty());
}

#[test]
fn an_unused_session_ends_and_one_with_a_stream_does_not() {
    let here = Here::with(DoorSettings::default().with_idle(Duration::from_secs(3)));
    let kept = here.begin();
    assert_eq!(kept.call("read", json!({})).status, 200);
    let _stream = kept.stream();
    let (left, waits) = (here.begin(), here.begin());
    // A client that has shown nothing yet can be one that waits for its user.
    let _waiting = waits.stream();
    assert_eq!(here.servers().len(), 3);
    eventually("the unused one is gone", || here.servers().len() == 2);
    assert_eq!(left.call("read", json!({})).status, 404);
    thread::sleep(Duration::from_secs(4));
    assert_eq!(kept.call("read", json!({})).status, 200);
    assert_eq!(waits.call("read", json!({})).status, 200);
}

/// Without a token, nobody takes the place of a holder, or that of others without one for long.
#[test]
fn strangers_give_way_to_each_other_and_holders_do_not() {
    let here = Here::with(DoorSettings::default().with_sessions(4));
    let holder = here.begin();
    assert_eq!(holder.call("read", json!({})).status, 200);
    let strangers: Vec<_> = (0..6)
        .map(|_| {
            let client = here.begin();
            let stream = client.stream();
            (client, stream)
        })
        .collect();
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let states: Vec<_> = strangers.iter().map(|(own, _)| own.post(ping).status).collect();
    assert_eq!(states, [404, 404, 404, 404, 200, 200]);
    assert_eq!(holder.call("read", json!({})).status, 200);
    // One that has shown a presentation is a holder, and where all are, the next finds no room.
    let kept = &strangers[4].0;
    assert_eq!(kept.call("read", json!({})).status, 200);
    let more = [here.begin(), here.begin(), here.begin()];
    for own in &more[1..] {
        assert_eq!(own.call("read", json!({})).status, 200);
    }
    let next = here.client(None).post(&initialize("2025-11-25"));
    assert_eq!((next.status, next.code().as_str()), (503, "mcp_http_busy"));
    for own in [&holder, kept, &more[1], &more[2]] {
        assert_eq!(own.call("read", json!({})).status, 200);
    }
    eventually("four are left", || here.servers().len() == 4);
}

/// A process that anyone can start is started at a bounded rate.
#[test]
fn sessions_begin_at_a_bounded_rate() {
    let here = Here::new();
    let all = thread::scope(|scope| {
        let begin = || here.client(None).post(&initialize("none")).status;
        let all: Vec<_> = (0..40).map(|_| scope.spawn(begin)).collect();
        all.into_iter().map(|own| own.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.iter().filter(|own| **own == 503).count() >= 10, "{all:?}");
    assert!(here.started() <= 30, "{}", here.started());
    eventually("they are served again", || {
        here.client(None).post(&initialize("none")).status == 200
    });
}

/// Whatever a server started ends with it, and a process that outlives it holds nothing of the session.
#[test]
fn what_a_server_started_ends_with_it() {
    let here = Here::new();
    fs::write(here.folder.path().join("child"), "").unwrap();
    let client = here.begin();
    eventually("its child runs", || here.servers().len() == 2);
    assert_eq!(client.delete(), 204);
    eventually("both are gone", || here.servers().is_empty());
}

#[test]
fn a_server_that_does_not_hear_is_killed() {
    let here = Here::new();
    fs::write(here.folder.path().join("deaf"), "").unwrap();
    let client = here.begin();
    let call = client.message(&here.planner, "never", json!({}));
    let (status, answer) = thread::scope(|scope| {
        let call = scope.spawn(|| client.post(&call));
        eventually("the call is made", || here.got().contains("never"));
        (client.delete(), call.join().unwrap())
    });
    assert_eq!(status, 204);
    let [error] = &answer.messages()[..] else { panic!("{answer:?}") };
    assert_eq!(error["error"]["code"], -32603, "{answer:?}");
    eventually("the server is gone", || here.servers().is_empty());
}

#[test]
fn a_server_that_dies_leaves_an_error_for_each_open_request() {
    let here = Here::new();
    let client = here.begin();
    let mut stream = client.stream();
    let open: Vec<_> = (0..3).map(|_| client.message(&here.planner, "never", json!({}))).collect();
    thread::scope(|scope| {
        let open: Vec<_> = open.iter().map(|own| scope.spawn(|| client.post(own))).collect();
        eventually("the calls are made", || here.got().matches("never").count() == 3);
        client.call("die", json!({}));
        for call in open {
            let answer = call.join().unwrap();
            assert_eq!(answer.messages()[0]["error"]["code"], -32603, "{answer:?}");
        }
    });
    assert_eq!(stream.next(), None);
    eventually("the session is gone", || client.call("read", json!({})).status == 404);
}

#[test]
fn a_door_that_is_stopped_ends_its_servers() {
    let mut here = Here::new();
    let client = here.begin();
    let call = client.open(&client.message(&here.planner, "never", json!({})));
    eventually("the call is made", || here.got().contains("never"));
    let since = Instant::now();
    assert_eq!(here.servers().len(), 1);
    drop(client);
    here.stop();
    assert!(since.elapsed() < Duration::from_secs(9));
    assert!(here.servers().is_empty());
    let mut text = String::new();
    let mut call = call;
    let _ = std::io::Read::read_to_string(&mut call, &mut text);
    assert!(messages(&text).is_empty() || text.contains("-32603"), "{text}");
}
