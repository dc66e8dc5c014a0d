//! A client over stdio with a server over HTTP: a door, and servers that misbehave.

use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use deputize::Wallet;
use deputize_mcp::http::{Target, TargetError, connect};
use deputize_mcp::presenting::PresenterSession;
use deputize_mcp::{SessionError, Stop};
use serde_json::{Value, json};

use crate::cast::{AUDIENCE, Here, Holder, eventually};

/// A client over stdio.
pub(crate) struct Client {
    to: Option<PipeWriter>,
    from: BufReader<PipeReader>,
    session: JoinHandle<Result<(), SessionError>>,
}

impl Client {
    pub(crate) fn of(holder: &Holder, url: &str) -> Self {
        let (client_in, to) = std::io::pipe().unwrap();
        let (from, client_out) = std::io::pipe().unwrap();
        let target = Target::parse(url).unwrap();
        let session = holder.presenter();
        let session = thread::spawn(move || {
            let input = BufReader::new(client_in);
            connect(&target, &Stop::new(), session, input, client_out, |_| {})
        });
        Self { to: Some(to), from: BufReader::new(from), session }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        writeln!(self.to.as_mut().unwrap(), "{message}").unwrap();
    }

    pub(crate) fn call(&mut self, id: u32, tool: &str, args: Value) {
        let params = json!({ "name": tool, "arguments": args });
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }));
    }

    pub(crate) fn next(&mut self) -> Value {
        let mut line = String::new();
        assert_ne!(self.from.read_line(&mut line).unwrap(), 0, "the session has ended");
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) fn begin(&mut self) -> Value {
        self.send(&serde_json::from_str(&crate::cast::initialize("2025-11-25")).unwrap());
        let answer = self.next();
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        answer
    }

    /// Leaves, and returns how long the end took.
    pub(crate) fn end(mut self) -> Duration {
        let since = Instant::now();
        drop(self.to.take());
        self.ended().unwrap();
        since.elapsed()
    }

    /// Ends the input.
    pub(crate) fn leave(&mut self) {
        drop(self.to.take());
    }

    /// Waits for the end of the session, which comes whatever the server does.
    pub(crate) fn ended(self) -> Result<(), SessionError> {
        eventually("the session ends", || self.session.is_finished());
        self.session.join().unwrap()
    }
}

#[test]
fn a_client_that_attaches_nothing_calls_through_a_door() {
    let here = Here::new();
    let mut client = Client::of(&here.planner, &here.url);
    assert_eq!(client.begin()["result"]["protocolVersion"], "2025-11-25");
    client.call(1, "read", json!({ "path": "/srv/ä" }));
    assert_eq!(client.next()["result"]["args"]["path"], "/srv/ä");
    // Not sent.
    client.call(2, "secret", json!({}));
    assert!(client.next()["result"]["_meta"]["deputize/denial"].is_object());
    // What the server asks arrives, and so does the answer.
    client.call(3, "ask", json!({}));
    let asked = client.next();
    assert_eq!(asked["method"], "elicitation/create");
    client.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "decline" } }));
    assert_eq!(client.next()["result"]["answer"]["action"], "decline");
    // A call that takes long holds up no other.
    client.call(4, "slow", json!({ "seconds": 2 }));
    for id in 5..25 {
        client.call(id, "read", json!({ "path": id }));
    }
    let mut ids: Vec<_> = (0..20).map(|_| client.next()["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (5..25).collect::<Vec<_>>());
    assert_eq!(client.next()["id"], 4);
    assert!(!here.got().contains("secret") && !here.got().contains("deputize/"));
    assert!(client.end() < Duration::from_secs(3));
    eventually("the session was ended", || here.servers().is_empty());
}

/// What is still open when the client leaves has a bounded time, and then an error.
#[test]
fn a_client_that_leaves_waits_for_its_answers_for_a_bounded_time() {
    let here = Here::new();
    let mut client = Client::of(&here.planner, &here.url);
    client.begin();
    client.call(1, "slow", json!({ "seconds": 1 }));
    client.call(2, "never", json!({}));
    eventually("the calls are made", || here.got().matches("tools/call").count() == 2);
    let mut from = std::mem::replace(&mut client.from, BufReader::new(std::io::pipe().unwrap().0));
    let time = client.end();
    assert!(time > Duration::from_secs(4) && time < Duration::from_secs(12), "{time:?}");
    let mut left = String::new();
    from.read_to_string(&mut left).unwrap();
    let left: Vec<Value> = left.lines().map(|own| serde_json::from_str(own).unwrap()).collect();
    let [first, second] = &left[..] else { panic!("{left:?}") };
    assert_eq!((&first["id"], &first["result"]["name"]), (&json!(1), &json!("slow")));
    assert_eq!((&second["id"], &second["error"]["code"]), (&json!(2), &json!(-32603)));
}

#[test]
fn a_session_that_ended_leaves_an_error_for_each_open_request_and_ends_the_presenter() {
    let here = Here::new();
    let mut client = Client::of(&here.planner, &here.url);
    client.begin();
    client.call(1, "never", json!({}));
    eventually("the call is made", || here.got().contains("never"));
    client.call(2, "die", json!({}));
    let mut ids: Vec<_> = (0..2)
        .map(|_| client.next())
        .map(|own| {
            assert_eq!(own["error"]["code"], -32603, "{own}");
            own["id"].as_u64().unwrap()
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
    eventually("the server is gone", || here.servers().is_empty());
    client.call(3, "read", json!({}));
    let ended = client.next();
    assert_eq!(
        ended["error"]["data"]["deputize/denial"]["code"], "mcp_link_session_ended",
        "{ended}"
    );
    assert!(matches!(client.ended(), Err(SessionError::Over)));
}

#[test]
fn only_this_machine_is_reached_without_tls() {
    let error = |url: &str| Target::parse(url).unwrap_err();
    assert!(matches!(error("http://acme.com/mcp"), TargetError::Plain { .. }));
    assert!(matches!(error("http://localhost.acme.com/mcp"), TargetError::Plain { .. }));
    assert!(matches!(error("http://10.0.0.1/mcp"), TargetError::Plain { .. }));
    assert!(matches!(error("http://localhost@acme.com/mcp"), TargetError::Extra));
    assert!(matches!(error("https://a:b@acme.com/mcp"), TargetError::Extra));
    assert!(matches!(error("ftp://acme.com/mcp"), TargetError::Scheme { .. }));
    assert!(matches!(error("mcp"), TargetError::NotAUrl { .. }));
    for near in ["http://localhost/mcp", "http://127.9.9.9:80/", "http://[::1]:1/mcp"] {
        Target::parse(near).unwrap();
    }
}

/// A server that answers each message by what `answer` says, and the heads and bodies that it got.
pub(crate) fn server(
    answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    streaming(move |head, body, _| answer(head, body))
}

/// A server that may write to the connection before its answer.
pub(crate) fn streaming(
    answer: impl Fn(&str, &str, &TcpStream) -> Vec<u8> + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&got);
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (answer, got) = (Arc::clone(&answer), Arc::clone(&own));
            thread::spawn(move || serve(connection.unwrap(), &*answer, &got));
        }
    });
    (url, got)
}

fn serve(
    connection: TcpStream,
    answer: &(dyn Fn(&str, &str, &TcpStream) -> Vec<u8> + Send + Sync),
    got: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(&connection);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        head.push_str(&line.to_ascii_lowercase());
        line.clear();
    }
    if head.contains("mcp-name: unread\r\n") {
        thread::sleep(Duration::from_secs(1));
    }
    let length = head.lines().find_map(|own| own.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |own| own.trim().parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    got.lock().unwrap().push(format!("{head}\n{body}"));
    let _ = (&connection).write_all(&answer(&head, &body, &connection));
}

pub(crate) fn json_answer(status: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(crate) fn events(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

/// What a server of the tests does with `initialize`, and with what has no answer.
pub(crate) fn begins(head: &str, body: &str) -> Option<Vec<u8>> {
    if head.starts_with("get") {
        return Some(json_answer("405 Method Not Allowed", "", ""));
    }
    if body.contains("\"initialize\"") {
        let result = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}"#;
        return Some(json_answer("200 OK", "mcp-session-id: s-1\r\n", result));
    }
    body.contains("notifications/").then(|| json_answer("202 Accepted", "", ""))
}

/// A server whose answer to a call is this; returns what the client gets, and how often it was called.
fn answered(answer: &'static [u8]) -> (Value, usize) {
    let (url, got) =
        server(move |head, body| begins(head, body).unwrap_or_else(|| answer.to_vec()));
    let holder = Holder::alone();
    let mut client = Client::of(&holder, &url);
    client.begin();
    client.call(1, "read", json!({}));
    let answer = client.next();
    client.leave();
    // One of them ends the session.
    let _ = client.ended();
    let got = got.lock().unwrap();
    (answer, got.iter().filter(|own| own.contains("tools/call\"")).count())
}

/// A call is sent once, and its client learns what is known of it.
#[test]
fn a_call_whose_outcome_is_not_known_is_not_repeated() {
    let other = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n";
    let half = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n";
    let cases: [(&'static [u8], &str); 11] = [
        (b"", "mcp_link_broken"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
            "mcp_link_broken",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", "mcp_link_no_answer"),
        (other.as_bytes(), "mcp_link_no_answer"),
        (half.as_bytes(), "mcp_link_no_answer"),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", "mcp_link_no_answer"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n",
            "mcp_link_media_type",
        ),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "mcp_link_status"),
        (
            b"HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
            "mcp_link_status",
        ),
        (b"HTTP/1.1 404 Gone\r\ncontent-length: 0\r\n\r\n", "mcp_link_session_ended"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n[{}]",
            "mcp_link_no_answer",
        ),
    ];
    for (answer, code) in cases {
        let shown = String::from_utf8_lossy(answer);
        let (own, times) = answered(answer);
        assert_eq!((&own["id"], times), (&json!(1), 1), "{shown}: {own}");
        assert_eq!(own["error"]["data"]["deputize/denial"]["code"], code, "{shown}: {own}");
    }
}

#[test]
fn an_error_of_the_server_reaches_the_client_under_its_id() {
    let said = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":null,\r\n\"error\":{\"code\":-32600,\"message\":\"no\"}}";
    let (own, times) = answered(said);
    assert_eq!(times, 1);
    assert_eq!(
        own,
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32600, "message": "no" } })
    );
}

#[test]
fn a_server_that_is_not_there_got_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    let mut client = Client::of(&Holder::alone(), &url);
    let error = client.begin();
    assert_eq!(error["error"]["data"]["deputize/denial"]["code"], "mcp_link_not_sent", "{error}");
    client.end();
}

#[test]
fn the_fields_are_those_of_the_session_and_the_message() {
    let (url, got) = server(|head, body| {
        begins(head, body).unwrap_or_else(|| {
            events(": hello\r\nid: 1\r\ndata:\r\n\r\ndata: {\"jsonrpc\":\"2.0\",\r\ndata: \"id\":1,\"result\":{}}\r\n\r\n")
        })
    });
    let mut client = Client::of(&Holder::alone(), &url);
    client.begin();
    client.call(1, "read", json!({}));
    assert_eq!(client.next()["result"], json!({}));
    client.end();
    let got = got.lock().unwrap();
    let begin = got.iter().find(|own| own.contains("\"initialize\"")).unwrap();
    assert!(
        !begin.contains("mcp-session-id") && !begin.contains("mcp-protocol-version"),
        "{begin}"
    );
    let call = got.iter().find(|own| own.contains("tools/call\"")).unwrap();
    for field in [
        "mcp-session-id: s-1\r\n",
        "mcp-protocol-version: 2025-11-25\r\n",
        "mcp-method: tools/call\r\n",
        "mcp-name: read\r\n",
        "accept: application/json, text/event-stream\r\n",
        "content-type: application/json\r\n",
    ] {
        assert_eq!(call.matches(field).count(), 1, "{field}: {call}");
    }
    assert!(!call.contains("authorization") && !call.contains("cookie"), "{call}");
    let end = got.iter().find(|own| own.starts_with("delete")).unwrap();
    assert!(end.contains("mcp-session-id: s-1\r\n"), "{end}");
}

impl Holder {
    fn presenter(&self) -> PresenterSession {
        let mut wallet = Wallet::trusting_any_root();
        wallet.add(self.token().clone(), time::OffsetDateTime::now_utc()).unwrap();
        PresenterSession::new(wallet, self.key().clone(), AUDIENCE)
    }
}
