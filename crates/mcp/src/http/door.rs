//! The answer to each HTTP message.

use std::sync::Arc;

use deputize::bind::from_authorization;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    ORIGIN,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::client::{PassedNotification, PassedRequest};
use crate::http::fields::{self, EVENTS, JSON, PATH, Unclear, accepts, media_type};
use crate::http::inbox::{Decided, Posted, Turn};
use crate::http::outbox::{Held, Outbox};
use crate::http::refusal::NotServed;
use crate::http::reply::{Reply, Waiting, begun, empty, json, refused, stream_of};
use crate::http::router::Asking;
use crate::http::sessions::{InUse, Live, Sessions};
use crate::id::Id;
use crate::limits::{HTTP_BODY_DEADLINE, HTTP_START_DEADLINE, MAX_LINE_BYTES};
use crate::lines::Line;
use crate::message::{Content, Malformed, Message};

/// The room that a body takes at a time.
const STEP: usize = 16 * 1024;

/// The rules of a door about who may ask.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) sessions: Arc<Sessions>,
    /// The names of this server, in lower case.
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
}

/// The refusal of an HTTP message, with the JSON text of the id of the message in it.
enum Refused {
    NotServed(NotServed, Option<String>),
    Malformed(Box<Malformed>),
}

impl From<NotServed> for Refused {
    fn from(why: NotServed) -> Self {
        Self::NotServed(why, None)
    }
}

impl From<Unclear> for NotServed {
    fn from(Unclear(name): Unclear) -> Self {
        Self::Field { name: name.to_string() }
    }
}

impl Gate {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Reply> {
        let answered = match self.admit(&request) {
            Err(why) => Err(why.into()),
            Ok(()) => match *request.method() {
                Method::POST => self.post(request).await,
                Method::GET => self.get(request.headers()).map_err(Refused::from),
                Method::DELETE => self.delete(request.headers()).map_err(Refused::from),
                _ => Err(NotServed::Method.into()),
            },
        };
        answered.unwrap_or_else(|why| match why {
            Refused::NotServed(why, id) => refused(&why, id.as_deref()),
            Refused::Malformed(why) => {
                json(StatusCode::BAD_REQUEST, Held::few(why.answer().into_bytes()))
            }
        })
    }

    /// Checks what holds for every message.
    fn admit(&self, request: &Request<Incoming>) -> Result<(), NotServed> {
        let (uri, headers) = (request.uri(), request.headers());
        if uri.authority().is_some() || uri.path() != PATH || uri.query().is_some() {
            return Err(NotServed::Path);
        }
        let host = fields::one(headers, &HOST)?.unwrap_or_default();
        if !self.is_own(host) {
            return Err(NotServed::Host { host: host.to_owned() });
        }
        if let Some(origin) = fields::one(headers, &ORIGIN)?
            && !self.origins.iter().any(|own| own == origin)
        {
            return Err(NotServed::Origin { origin: origin.to_owned() });
        }
        let found = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        match from_authorization(found) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(NotServed::Presentation),
            Err(why) => Err(NotServed::Authorization(why)),
        }
    }

    /// Returns true if a field `Host` names this server. The port is of no use to an attacker.
    fn is_own(&self, host: &str) -> bool {
        let uri: Option<Uri> = format!("http://{host}/").parse().ok();
        let name = uri.as_ref().filter(|_| !host.contains(['@', '/'])).and_then(Uri::host);
        name.is_some_and(|name| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// Returns the session that a message names; `None` if it names none.
    fn session(&self, headers: &HeaderMap) -> Result<Option<Arc<Live>>, NotServed> {
        match fields::one(headers, &fields::SESSION)? {
            None => Ok(None),
            Some(id) => self.sessions.get(id).map(Some).ok_or(NotServed::UnknownSession),
        }
    }

    /// Returns the session of a message that must have one, of the version that was agreed upon.
    fn begun(&self, headers: &HeaderMap) -> Result<Arc<Live>, NotServed> {
        let live = self.session(headers)?.ok_or(NotServed::NoSession)?;
        let negotiated = live.router.version().ok_or(NotServed::UnknownSession)?;
        match fields::one(headers, &fields::VERSION)? {
            Some(version) if version != negotiated => {
                Err(NotServed::Version { negotiated: negotiated.to_owned() })
            }
            _ => Ok(live),
        }
    }

    fn get(&self, headers: &HeaderMap) -> Result<Response<Reply>, NotServed> {
        if !accepts(headers, EVENTS) {
            return Err(NotServed::NotAcceptable("`text/event-stream`"));
        }
        let live = self.begun(headers)?;
        if headers.contains_key(fields::LAST_EVENT) {
            return Err(NotServed::Resumed);
        }
        live.open_stream().map(stream_of).ok_or(NotServed::StreamIsOpen)
    }

    fn delete(&self, headers: &HeaderMap) -> Result<Response<Reply>, NotServed> {
        self.begun(headers)?.end();
        Ok(empty(StatusCode::NO_CONTENT))
    }

    async fn post(&self, request: Request<Incoming>) -> Result<Response<Reply>, Refused> {
        let (head, body) = request.into_parts();
        let headers = &head.headers;
        may_be_posted(headers)?;
        let named = self.session(headers)?;
        let used = named.as_ref().map(Live::used);
        let body = self.read(headers, body).await?;
        // A long message takes its time, in which others are served.
        let read = spawn_blocking(move || Received::read(body)).await;
        let received = read.map_err(|_| NotServed::Slow)??;
        let id = received.id();
        let refuse = |why| Refused::NotServed(why, id.clone());
        received.compare(headers).map_err(refuse)?;
        let begins = received.method() == Some(PassedRequest::Initialize.method());
        match (used, begins) {
            (None, true) => self.initialize(received).await.map_err(refuse),
            (None, false) => Err(refuse(received.without_session())),
            (Some(_), true) => Err(refuse(NotServed::SecondInitialize)),
            (Some(used), false) => {
                self.begun(headers).map_err(refuse)?;
                hand_over(used, received).await.map_err(refuse)
            }
        }
    }

    /// Reads a body within its bound and its time, while there is room for it.
    async fn read(&self, headers: &HeaderMap, mut body: Incoming) -> Result<Held, NotServed> {
        let too_long = |bytes: usize| bytes >= MAX_LINE_BYTES;
        let announced = fields::one(headers, &CONTENT_LENGTH)?.and_then(|own| own.parse().ok());
        if announced.is_some_and(too_long) {
            return Err(NotServed::TooLong);
        }
        // Room is taken as the bytes come: to announce a length costs its sender nothing.
        let step = || self.sessions.room().take(STEP).ok_or(NotServed::Busy("a message"));
        let (mut room, mut taken) = (step()?, STEP);
        let mut bytes = Vec::new();
        let read = async {
            while let Some(frame) = body.frame().await {
                // Trailers carry nothing.
                let Ok(data) = frame.map_err(|_| NotServed::Slow)?.into_data() else { continue };
                bytes.extend_from_slice(&data);
                if too_long(bytes.len()) {
                    return Err(NotServed::TooLong);
                }
                while taken < bytes.len() {
                    room.merge(step()?);
                    taken = taken.saturating_add(STEP);
                }
            }
            Ok(())
        };
        timeout(HTTP_BODY_DEADLINE, read).await.map_err(|_| NotServed::Slow)??;
        Ok(Held::with(bytes, room))
    }

    /// Begins a session. If its server does not answer with a result, or the client leaves, it ends.
    async fn initialize(&self, received: Received) -> Result<Response<Reply>, NotServed> {
        let sessions = Arc::clone(&self.sessions);
        let begin = spawn_blocking(move || {
            sessions.begin().map(|live| Beginning { used: live.used(), stands: false })
        });
        let mut beginning = begin.await.map_err(|_| NotServed::NotStarted)??;
        let live = Arc::clone(beginning.used.live());
        let Some(asking) = received.asking.clone() else { return Err(NotServed::NoSession) };
        let waiting = Waiting::new(asking, live.used());
        let answer = async {
            match send(&live, received).await? {
                Decided::Answered(bytes) => Ok(Held::few(bytes)),
                Decided::Accepted => waiting.answer().await.ok_or(NotServed::NoAnswer),
            }
        };
        let answer =
            timeout(HTTP_START_DEADLINE, answer).await.map_err(|_| NotServed::NoAnswer)??;
        match live.router.version() {
            Some(_) => {
                beginning.stands = true;
                Ok(begun(answer, &live.id))
            }
            None => Ok(json(StatusCode::OK, answer)),
        }
    }
}

/// A session that ends with this, unless it stands.
struct Beginning {
    used: InUse,
    stands: bool,
}

impl Drop for Beginning {
    fn drop(&mut self) {
        if !self.stands {
            self.used.live().end();
        }
    }
}

/// Checks the fields of a POST that do not depend on its body.
fn may_be_posted(headers: &HeaderMap) -> Result<(), NotServed> {
    if !accepts(headers, JSON) || !accepts(headers, EVENTS) {
        return Err(NotServed::NotAcceptable("`application/json` and `text/event-stream`"));
    }
    let coding = fields::one(headers, &CONTENT_ENCODING)?.unwrap_or("identity");
    if !coding.eq_ignore_ascii_case("identity") {
        return Err(NotServed::Coding);
    }
    let content = fields::one(headers, &CONTENT_TYPE)?.unwrap_or_default();
    let mut parameters = content.split(';').skip(1).map(|own| own.trim().to_ascii_lowercase());
    let is_utf8 =
        parameters.all(|own| matches!(own.as_str(), "charset=utf-8" | "charset=\"utf-8\""));
    match media_type(content) == JSON && is_utf8 {
        true => Ok(()),
        false => Err(NotServed::MediaType),
    }
}

/// A message of a client that was read strictly.
struct Received {
    line: Held,
    content: Content,
    asking: Option<Arc<Asking>>,
    cancels: Option<Id>,
}

impl Received {
    fn read(body: Held) -> Result<Self, Refused> {
        let line = Line::of_whole(body.as_ref().to_vec()).ok_or(NotServed::Lines)?;
        let message = Message::read(line).map_err(|why| Refused::Malformed(Box::new(why)))?;
        let cancels = match message.content() {
            Content::Notification { method, .. }
                if method == PassedNotification::Cancelled.method() =>
            {
                message.cancelled()
            }
            _ => None,
        };
        let (line, content) = message.into_parts();
        let asking = match &content {
            Content::Request { id, method, params } => Some(Arc::new(Asking {
                id: id.clone(),
                method: method.clone(),
                progress: params.get("_meta").and_then(|own| own.get("progressToken")).cloned(),
                outbox: Outbox::default(),
            })),
            _ => None,
        };
        let line = body.map(|_| line.bytes().to_vec());
        Ok(Self { line, content, asking, cancels })
    }

    /// Returns the JSON text of the id of a request.
    fn id(&self) -> Option<String> {
        self.asking.as_ref().map(|own| own.id.raw().to_owned())
    }

    fn method(&self) -> Option<&str> {
        self.asking.as_ref().map(|own| own.method.as_str())
    }

    /// Compares the fields that repeat the message with it.
    fn compare(&self, headers: &HeaderMap) -> Result<(), NotServed> {
        let field = |name: &HeaderName| fields::one(headers, name);
        let (method, name) = (field(&fields::METHOD)?, field(&fields::NAME)?);
        let repeated = fields::repeated(&self.content);
        if let Some(method) = method
            && repeated.is_none_or(|(own, _)| own != method)
        {
            return Err(NotServed::Differs("Mcp-Method"));
        }
        if let (Some(name), Some((_, Some(own)))) = (name, repeated)
            && !fields::is_value_of(name, own)
        {
            return Err(NotServed::Differs("Mcp-Name"));
        }
        Ok(())
    }

    /// Returns the reason why a message without a session is not served. One of a version that has none
    /// learns the versions that have them.
    fn without_session(&self) -> NotServed {
        match &self.content {
            Content::Request { params, .. } => fields::version_of(params)
                .map_or(NotServed::NoSession, |requested| NotServed::Stateless {
                    requested: requested.to_owned(),
                }),
            _ => NotServed::NoSession,
        }
    }
}

/// Hands a message over to its session, and answers with the outcome.
async fn hand_over(used: InUse, received: Received) -> Result<Response<Reply>, NotServed> {
    let live = Arc::clone(used.live());
    let id = received.id();
    let waiting = received.asking.clone().map(|asking| Waiting::new(asking, used));
    match (send(&live, received).await?, waiting) {
        // Without its id, an error would be taken for the answer to nothing, and the client would wait.
        (Decided::Answered(bytes), _) => {
            let status = match has_id(&bytes, id.as_deref()) {
                true => StatusCode::OK,
                false => StatusCode::BAD_REQUEST,
            };
            Ok(json(status, Held::few(bytes)))
        }
        (Decided::Accepted, Some(waiting)) => Ok(waiting.respond().await),
        (Decided::Accepted, None) => Ok(empty(StatusCode::ACCEPTED)),
    }
}

/// Hands a message over, and waits for the decision.
async fn send(live: &Arc<Live>, received: Received) -> Result<Decided, NotServed> {
    let messages = live.messages().ok_or(NotServed::UnknownSession)?;
    let (decided, decision) = oneshot::channel();
    // What was read takes many times the room of the line, and would wait with it.
    let Received { line, asking, cancels, content } = received;
    drop(content);
    let posted = Posted { line, turn: Turn { decided, asking, cancels } };
    messages.send(posted).await.map_err(|_| NotServed::UnknownSession)?;
    decision.await.map_err(|_| NotServed::UnknownSession)
}

/// Returns true if an answer of a session's own has the id of the request.
fn has_id(answer: &[u8], id: Option<&str>) -> bool {
    let begin = id.map(|id| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},"));
    begin.is_some_and(|begin| answer.starts_with(begin.as_bytes()))
}
