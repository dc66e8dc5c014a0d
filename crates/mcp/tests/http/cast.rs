//! A door in front of servers, its holders, and a client.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use deputize::bind::{MCP_PRESENTATION, McpCall};
use deputize::{
    Grant, MemoryReplayGuard, Owner, PresentOptions, Principal, ReplayPolicy, RevocationPolicy,
    Signer as _, SigningKey, Token, TrustAnchor, Verifier,
};
use deputize_guard::{Guard, Recording};
use deputize_mcp::guarding::GuardSession;
use deputize_mcp::http::{Door, DoorSettings};
use deputize_mcp::{Session, Stop};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;

pub(crate) const AUDIENCE: &str = "fs.acme.com";
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/server.py");
const BOTH: &str = "application/json, text/event-stream";

/// An agent to whom Alice delegated.
pub(crate) struct Holder {
    key: SigningKey,
    token: Token,
}

impl Holder {
    fn of(alice: &SigningKey, name: &str, allowed: &[&str]) -> Self {
        let (key, now) = (SigningKey::generate().unwrap(), OffsetDateTime::now_utc());
        let to = Principal::agent(name, key.public_key()).unwrap();
        let allowed: Vec<_> = allowed.iter().map(|own| own.parse().unwrap()).collect();
        let expires = now + time::Duration::minutes(5);
        let grant = Grant::new(to, allowed, expires, "a test").unwrap();
        let owner = Owner::human("alice@acme.com").unwrap();
        Self { token: Token::mint(owner, alice, grant, now).unwrap(), key }
    }

    /// A holder whose guard is not asked.
    pub(crate) fn alone() -> Self {
        Self::of(
            &SigningKey::generate().unwrap(),
            "planner",
            &["tools/call read path?", "tools/call unread path?"],
        )
    }

    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Returns the `params` of a request with a presentation for it, whatever the token allows.
    pub(crate) fn presented(&self, method: &str, mut params: Value) -> Value {
        let call = McpCall::of_method(method).unwrap();
        let request = call.request(params.as_object().unwrap(), AUDIENCE).unwrap();
        let options = PresentOptions::default().anyway();
        let now = OffsetDateTime::now_utc();
        let shown = self.token.present_with(&self.key, &request, now, options).unwrap();
        params["_meta"][MCP_PRESENTATION] = shown.to_text().into();
        params
    }
}

/// A door that is open, and the folder in which its servers write.
pub(crate) struct Here {
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    pub(crate) planner: Holder,
    pub(crate) other: Holder,
    stop: Stop,
    door: Option<JoinHandle<()>>,
}

impl Here {
    pub(crate) fn new() -> Self {
        Self::with(DoorSettings::default())
    }

    pub(crate) fn with(settings: DoorSettings) -> Self {
        let alice = SigningKey::generate().unwrap();
        let allowed =
            ["changed", "slow", "progress", "ask", "flood", "large", "die", "never", "read"];
        let allowed: Vec<_> = allowed
            .iter()
            .map(|name| format!("tools/call {name} seconds? times? bytes? path?"))
            .collect();
        let allowed: Vec<_> = allowed.iter().map(String::as_str).collect();
        let [planner, other] = ["planner", "other"].map(|name| Holder::of(&alice, name, &allowed));
        let replays = MemoryReplayGuard::for_new_audience(10_000).with_share(10_000);
        let verifier = Verifier::new(
            TrustAnchor::new(alice.public_key(), "alice@acme.com"),
            RevocationPolicy::OnlyByExpiry { at_most: time::Duration::HOUR },
            ReplayPolicy::refused_by(replays),
        );
        let guard = Guard::new(verifier, Recording::Nothing);
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned();
        let start = move || {
            let session = GuardSession::new(guard.clone(), AUDIENCE).for_one_holder();
            let mut server = Command::new("python3");
            server.arg(SERVER).arg(&place).stdin(Stdio::piped()).stdout(Stdio::piped());
            std::os::unix::process::CommandExt::process_group(&mut server, 0);
            let session: Box<dyn Session> = Box::new(session);
            Ok((session, server.spawn()?))
        };
        let door = Door::bind("127.0.0.1:0".parse().unwrap(), settings).unwrap();
        let (url, stop) = (door.url(), Stop::new());
        let own = stop.clone();
        let door = thread::spawn(move || door.serve(&own, start, |_| {}).unwrap());
        Self { url, folder, planner, other, stop, door: Some(door) }
    }

    /// Begins a session, and returns its client.
    pub(crate) fn begin(&self) -> Client<'_> {
        let answer = self.client(None).post(&initialize("2025-11-25"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let announced = &answer.json()["result"]["capabilities"]["experimental"]["deputize/guard"];
        assert_eq!(announced, &json!({ "audience": AUDIENCE }));
        let id = answer.session.unwrap();
        assert!(id.len() == 64 && id.bytes().all(|own| own.is_ascii_hexdigit()), "{id}");
        let client = self.client(Some(id));
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(client.post(&initialized.to_string()).status, 202);
        client
    }

    pub(crate) fn client(&self, session: Option<String>) -> Client<'_> {
        Client { here: self, session, next: AtomicU32::new(1) }
    }

    /// The processes of servers that were started, and run.
    pub(crate) fn servers(&self) -> Vec<u32> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|own| own.unwrap().file_name());
        let names = names.map(|own| own.into_string().unwrap());
        let pids = names.filter_map(|own| own.strip_prefix("pid-").map(|pid| pid.parse().unwrap()));
        pids.filter(|pid| is_running(*pid)).collect()
    }

    /// How many servers were ever started.
    pub(crate) fn started(&self) -> usize {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|own| own.unwrap().file_name());
        names.filter(|own| own.to_string_lossy().starts_with("pid-")).count()
    }

    /// What the servers got.
    pub(crate) fn got(&self) -> String {
        fs::read_to_string(self.folder.path().join("got")).unwrap_or_default()
    }

    /// The answers that the servers got.
    pub(crate) fn answered(&self) -> String {
        fs::read_to_string(self.folder.path().join("answered")).unwrap_or_default()
    }

    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap()
    }

    /// Sends bytes, and returns everything that comes back until the connection is closed.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut connection = TcpStream::connect(self.address()).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _ = connection.write_all(bytes);
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn stop(&mut self) {
        self.stop.stop();
        if let Some(door) = self.door.take() {
            door.join().unwrap();
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(door) = self.door.take() {
            let _ = door.join();
        }
    }
}

fn is_running(pid: u32) -> bool {
    // One that has ended and was not waited for is a zombie.
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|own| !own.contains(") Z "))
}

/// Waits until something holds.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn initialize(version: &str) -> String {
    let params = json!({
        "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
    });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()
}

/// A client of one session, or of none.
pub(crate) struct Client<'h> {
    here: &'h Here,
    pub(crate) session: Option<String>,
    next: AtomicU32,
}

/// A response over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) session: Option<String>,
    pub(crate) media: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The messages, in one piece or as events.
    pub(crate) fn messages(&self) -> Vec<Value> {
        match self.media.as_str() {
            "text/event-stream" => messages(&self.body),
            _ => vec![self.json()],
        }
    }

    /// The code of a message that is not served, or refused.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        let denial = &json["error"]["data"]["deputize/denial"];
        let denial =
            if denial.is_null() { &json["result"]["_meta"]["deputize/denial"] } else { denial };
        let code = denial["class"].as_str().or(denial["code"].as_str());
        code.unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

pub(crate) fn messages(events: &str) -> Vec<Value> {
    let data = events.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

impl Client<'_> {
    fn id(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn agent() -> ureq::Agent {
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        config.timeout_global(Some(Duration::from_secs(60))).build().new_agent()
    }

    pub(crate) fn post(&self, body: &str) -> Answer {
        self.post_with(&[], body)
    }

    /// Sends a message with further fields.
    pub(crate) fn post_with(&self, fields: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Self::agent().post(&self.here.url);
        let has = |name| fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        if !has("accept") {
            request = request.header("accept", BOTH);
        }
        if !has("content-type") {
            request = request.header("content-type", "application/json");
        }
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        answer(request.send(body).unwrap())
    }

    pub(crate) fn get_with(&self, fields: &[(&str, &str)]) -> ureq::http::Response<ureq::Body> {
        let mut request = Self::agent().get(&self.here.url);
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.call().unwrap()
    }

    /// Opens the stream of the session.
    pub(crate) fn stream(&self) -> Stream {
        let response = self.get_with(&[("accept", "text/event-stream")]);
        assert_eq!(response.status(), 200);
        Stream(BufReader::new(Box::new(response.into_body().into_reader())))
    }

    pub(crate) fn delete(&self) -> u16 {
        let request = Self::agent().delete(&self.here.url);
        let request = request.header("mcp-session-id", self.session.as_deref().unwrap());
        request.call().unwrap().status().as_u16()
    }

    /// The message of a call by a holder.
    pub(crate) fn message(&self, holder: &Holder, tool: &str, args: Value) -> String {
        let params = holder.presented("tools/call", json!({ "name": tool, "arguments": args }));
        json!({ "jsonrpc": "2.0", "id": self.id(), "method": "tools/call", "params": params })
            .to_string()
    }

    pub(crate) fn call(&self, tool: &str, args: Value) -> Answer {
        self.post(&self.message(&self.here.planner, tool, args))
    }

    /// Sends a message on a connection of its own, which the caller reads and closes.
    pub(crate) fn open(&self, body: &str) -> BufReader<TcpStream> {
        let mut connection = TcpStream::connect(self.here.address()).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let session = self.session.as_deref().unwrap();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\naccept: {BOTH}\r\ncontent-type: application/json\r\n\
             mcp-session-id: {session}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(body.as_bytes()).unwrap();
        BufReader::new(connection)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let field = |name: &str| {
        let value = response.headers().get(name).map(|own| own.to_str().unwrap().to_owned());
        value.unwrap_or_default()
    };
    let session = Some(field("mcp-session-id")).filter(|own| !own.is_empty());
    let (status, media) = (response.status().as_u16(), field("content-type"));
    let body = response.body_mut().with_config().limit(u64::MAX).read_to_string().unwrap();
    Answer { status, session, media, body }
}

/// A stream of events.
pub(crate) struct Stream(BufReader<Box<dyn std::io::Read>>);

impl Stream {
    /// The next message; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }
}
