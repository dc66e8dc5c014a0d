//! One message to a server over HTTP, and what comes back.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::value::RawValue;
use thiserror::Error;
use ureq::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use ureq::http::{HeaderName, Response, StatusCode};
use ureq::{Agent, Body, RequestBuilder};

use crate::answer::{self, INTERNAL_ERROR};
use crate::client::PassedRequest;
use crate::http::events::Events;
use crate::http::fields::{self, EVENTS, JSON, media_type};
use crate::http::target::Target;
use crate::id::Id;
use crate::limits::{HTTP_BODY_DEADLINE, MAX_HTTP_HEAD_BYTES, MAX_LINE_BYTES, PATIENCE};
use crate::lines::Line;
use crate::message::{Content, Message};

/// The reason why a message has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error("the server cannot be reached, and got nothing: {0}")]
    NotSent(String),
    #[error("the connection broke before the answer came, so the outcome is not known: {0}")]
    Broken(String),
    #[error(
        "the server's answer ended without an answer to this request, so the outcome is not known"
    )]
    NoAnswer,
    #[error("the server has ended the session; begin a new one")]
    SessionEnded,
    #[error("the server answered with the HTTP status {0}")]
    Status(u16),
    #[error("the server answered with the media type `{0}`, which is not one of MCP")]
    MediaType(String),
    #[error(
        "the server's answer has more than {MAX_LINE_BYTES} bytes, so the outcome is not known"
    )]
    TooLong,
    /// A JSON-RPC error that the server gave with an HTTP error: its members as JSON text.
    #[error("{0}")]
    Said(String),
}

impl Fault {
    /// Returns the code for programs.
    fn code(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "mcp_link_not_sent",
            Self::Broken(_) => "mcp_link_broken",
            Self::NoAnswer => "mcp_link_no_answer",
            Self::SessionEnded => "mcp_link_session_ended",
            Self::Status(_) => "mcp_link_status",
            Self::MediaType(_) => "mcp_link_media_type",
            Self::TooLong => "mcp_link_too_long",
            Self::Said(_) => "mcp_link_said",
        }
    }

    /// Returns the line of the error that answers a request.
    pub(super) fn answer(&self, id: &Id) -> String {
        match self {
            Self::Said(error) => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}\n"),
            _ => answer::error(Some(id), INTERNAL_ERROR, self.code(), &format!("Failed: {self}.")),
        }
    }

    fn of(why: &ureq::Error) -> Self {
        use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
        let is_early = match why {
            ureq::Error::Io(why) => {
                matches!(why.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
            }
            ureq::Error::Timeout(own) => {
                matches!(own, ureq::Timeout::Resolve | ureq::Timeout::Connect)
            }
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::BadUri(_)
            | ureq::Error::Tls(_) => true,
            _ => false,
        };
        match is_early {
            true => Self::NotSent(why.to_string()),
            false => Self::Broken(why.to_string()),
        }
    }

    fn of_reading(why: &io::Error) -> Self {
        Self::Broken(why.to_string())
    }
}

/// The way to one server.
#[derive(Debug)]
pub(super) struct Link {
    agent: Agent,
    url: String,
    begun: Mutex<Begun>,
}

/// What the server said about its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Begun {
    session: Option<String>,
    version: Option<String>,
}

impl Link {
    pub(super) fn new(target: &Target) -> Self {
        let config = Agent::config_builder()
            .https_only(target.is_https())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // One of the environment would read what is signed.
            .proxy(None)
            // A coded body could grow beyond the bound.
            .accept_encoding("identity")
            .user_agent(concat!("deputize/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(MAX_HTTP_HEAD_BYTES)
            .timeout_connect(Some(HTTP_BODY_DEADLINE))
            // Before the server closes an idle connection, and a message is lost in it.
            .max_idle_age(Duration::from_secs(4))
            .build();
        let begun = Mutex::default();
        Self { agent: config.new_agent(), url: target.as_str().to_owned(), begun }
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message, and hands over each line that comes back for it.
    pub(super) fn post(&self, message: &Message, take: &mut dyn FnMut(Line)) -> Result<(), Fault> {
        let begins = is_initialize(message);
        if begins {
            *self.begun() = Begun::default();
        }
        let begun = self.begun().clone();
        let id = match message.content() {
            Content::Request { id, .. } => Some(id),
            _ => None,
        };
        let mut request = with_begun(self.agent.post(&self.url), &begun, message);
        if id.is_none() {
            request = request.config().timeout_global(Some(HTTP_BODY_DEADLINE)).build();
        }
        let line = message.line().bytes();
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let sent = request
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT, format!("{JSON}, {EVENTS}"))
            .send(body);
        let response = sent.map_err(|why| Fault::of(&why))?;
        if !response.status().is_success() {
            return Err(self.failed(response, &begun));
        }
        let Some(id) = id else { return Ok(()) };
        if begins {
            let session = text(&response, &fields::SESSION).map(str::to_owned);
            *self.begun() = Begun { session, version: None };
        }
        let mut take = |line: Line| {
            if begins && let Some(version) = version_of(&line) {
                self.begun().version = Some(version);
            }
            let is_answer = answers(&line, id);
            take(line);
            is_answer
        };
        match read(response, &mut take)? {
            true => Ok(()),
            false => Err(Fault::NoAnswer),
        }
    }

    /// Reads the stream of messages that belong to no request, until it ends. `last` is the id of its last
    /// event. Returns false if the server has none.
    pub(super) fn listen(
        &self,
        last: &mut Option<String>,
        take: &mut dyn FnMut(Line),
    ) -> Result<bool, Fault> {
        let begun = self.begun().clone();
        let mut request = with_fields(self.agent.get(&self.url), &begun);
        if let Some(last) = last {
            request = request.header(fields::LAST_EVENT, last.as_str());
        }
        let sent = request.header(ACCEPT, EVENTS).call();
        let response = sent.map_err(|why| Fault::of(&why))?;
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(false);
        }
        if !response.status().is_success() {
            return Err(self.failed(response, &begun));
        }
        let media = media_type(text(&response, &CONTENT_TYPE).unwrap_or_default());
        if media != EVENTS {
            return Err(Fault::MediaType(media));
        }
        let mut events = Events::new(BufReader::new(response.into_body().into_reader()));
        let read = follow(&mut events, &mut |line| {
            take(line);
            false
        });
        if let Some(id) = events.last_id() {
            *last = Some(id.to_owned());
        }
        read.map(|_| true)
    }

    /// Ends the session, if there is one.
    pub(super) fn end(&self) {
        let begun = std::mem::take(&mut *self.begun());
        if begun.session.is_some() {
            let request = with_fields(self.agent.delete(&self.url), &begun);
            // A server that does not hear it ends the session later.
            let _ = request.config().timeout_global(Some(PATIENCE)).build().call();
        }
        self.agent.clone().shutdown();
    }

    /// Returns the fault that a response is.
    fn failed(&self, response: Response<Body>, begun: &Begun) -> Fault {
        let status = response.status();
        if status == StatusCode::NOT_FOUND && begun.session.is_some() {
            let mut own = self.begun();
            // Another one may have begun meanwhile.
            if own.session == begun.session {
                *own = Begun::default();
            }
            return Fault::SessionEnded;
        }
        let is_json = text(&response, &CONTENT_TYPE).is_some_and(|own| media_type(own) == JSON);
        let said = match is_json {
            true => whole(response).ok().and_then(|line| error_of(&line)),
            false => None,
        };
        said.map_or(Fault::Status(status.as_u16()), Fault::Said)
    }
}

pub(super) fn is_initialize(message: &Message) -> bool {
    let initialize = PassedRequest::Initialize.method();
    matches!(message.content(), Content::Request { method, .. } if method == initialize)
}

/// Adds the fields of the session.
fn with_fields<B>(mut request: RequestBuilder<B>, begun: &Begun) -> RequestBuilder<B> {
    if let Some(session) = &begun.session {
        request = request.header(fields::SESSION, session.as_str());
    }
    if let Some(version) = &begun.version {
        request = request.header(fields::VERSION, version.as_str());
    }
    request
}

/// Adds the fields of the session, and those that repeat the message.
fn with_begun<B>(
    request: RequestBuilder<B>,
    begun: &Begun,
    message: &Message,
) -> RequestBuilder<B> {
    let params = match message.content() {
        Content::Request { params, .. } | Content::Notification { params, .. } => Some(params),
        Content::Result { .. } | Content::Error { .. } => None,
    };
    // A message of a version without sessions says its version itself.
    let own = params.and_then(fields::version_of).filter(|own| is_field(own));
    let version = own.map(str::to_owned).or_else(|| begun.version.clone());
    let mut request = with_fields(request, &Begun { version, ..begun.clone() });
    if let Some((method, name)) = fields::repeated(message.content()) {
        request = request.header(fields::METHOD, fields::encoded(method));
        if let Some(name) = name {
            request = request.header(fields::NAME, fields::encoded(name));
        }
    }
    request
}

fn is_field(text: &str) -> bool {
    fields::encoded(text) == text
}

fn text<'r>(response: &'r Response<Body>, name: &HeaderName) -> Option<&'r str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Hands over each line of an answer, until `take` says that one is the last. Returns true if it did.
fn read(response: Response<Body>, take: &mut dyn FnMut(Line) -> bool) -> Result<bool, Fault> {
    let coding = text(&response, &CONTENT_ENCODING).unwrap_or("identity");
    if !coding.eq_ignore_ascii_case("identity") {
        return Err(Fault::MediaType(coding.to_owned()));
    }
    let media = media_type(text(&response, &CONTENT_TYPE).unwrap_or_default());
    match media.as_str() {
        JSON => Ok(take(whole(response)?)),
        EVENTS => {
            let reader = BufReader::new(response.into_body().into_reader());
            follow(&mut Events::new(reader), take)
        }
        _ if response.status() == StatusCode::ACCEPTED => Ok(false),
        _ => Err(Fault::MediaType(media)),
    }
}

/// Reads a body as one line.
fn whole(response: Response<Body>) -> Result<Line, Fault> {
    let most = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let mut body = response.into_body().into_reader().take(most);
    body.read_to_end(&mut bytes).map_err(|why| Fault::of_reading(&why))?;
    match bytes.len() < MAX_LINE_BYTES {
        true => Ok(Line::of_json(bytes)),
        false => Err(Fault::TooLong),
    }
}

fn follow<R: io::BufRead>(
    events: &mut Events<R>,
    take: &mut dyn FnMut(Line) -> bool,
) -> Result<bool, Fault> {
    loop {
        let event = match events.next_event() {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(false),
            Err(why) => return Err(Fault::Broken(why.to_string())),
        };
        // Without data, an event only says where to resume.
        let is_message = event.kind.is_empty() || event.kind == b"message";
        if is_message && !event.data.is_empty() && take(Line::of_json(event.data)) {
            return Ok(true);
        }
    }
}

fn members(line: &Line) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_slice(line.bytes()).ok()
}

/// Returns true if a line answers the request with this id.
fn answers(line: &Line, id: &Id) -> bool {
    let members = members(line).filter(|own| !own.contains_key("method"));
    let raw = members.as_ref().and_then(|own| own.get("id"));
    let own = raw.and_then(|raw| Id::read(raw.get(), &serde_json::from_str(raw.get()).ok()?));
    own.is_some_and(|own| own.value() == id.value())
}

/// Returns the JSON text of the error that a line is, written anew.
fn error_of(line: &Line) -> Option<String> {
    // It may have no id, which no message lacks, so it is not read as one.
    let error: Json = serde_json::from_str(members(line)?.get("error")?.get()).ok()?;
    error.is_object().then(|| error.to_string())
}

/// Returns the version in the answer to `initialize`.
fn version_of(line: &Line) -> Option<String> {
    let result = *members(line)?.get("result")?;
    let result: BTreeMap<String, &RawValue> = serde_json::from_str(result.get()).ok()?;
    let version: String = serde_json::from_str(result.get("protocolVersion")?.get()).ok()?;
    Some(version).filter(|own| is_field(own))
}
