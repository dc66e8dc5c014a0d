//! The answer to each HTTP message.

use std::sync::Arc;

use deputize::bind::from_authorization;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, ORIGIN,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::http::fields::{self, EVENTS, JSON, PATH, accepts, media_type};
use crate::http::inbox::{Decided, Posted, Turn};
use crate::http::outbox::Held;
use crate::http::places::Place;
use crate::http::received::{Received, Refused};
use crate::http::refusal::NotServed;
use crate::http::reply::{Reply, Waiting, begun, empty, json, refused, stream_of};
use crate::http::sessions::{InUse, Live, Sessions};
use crate::limits::{
    HTTP_BODY_DEADLINE, HTTP_START_DEADLINE, MAX_HTTP_FIRST_BYTES, MAX_HTTP_READ_AT_ONCE,
    MAX_LINE_BYTES,
};

/// The room that a body takes at a time.
const STEP: usize = 16 * 1024;

/// The rules of a door about who may ask.
#[derive(Debug)]
pub(super) struct Gate {
    sessions: Arc<Sessions>,
    /// The names of this server, in lower case.
    hosts: Vec<String>,
    /// The bodies that may be read as JSON at a time.
    reading: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new(sessions: Arc<Sessions>, hosts: Vec<String>) -> Self {
        Self { sessions, hosts, reading: Arc::new(Semaphore::new(MAX_HTTP_READ_AT_ONCE)) }
    }

    /// Answers a message on a connection.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        place: &Arc<Place>,
    ) -> Response<Reply> {
        let answered = match self.admit(&request) {
            Err(why) => Err(why.into()),
            Ok(()) => match *request.method() {
                Method::POST => self.post(request, place).await,
                Method::GET => self.get(request.headers(), place).map_err(Refused::from),
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
        // A browser sends it with what a page asks for.
        if let Some(origin) = fields::one(headers, &ORIGIN)? {
            return Err(NotServed::Origin { origin: origin.to_owned() });
        }
        let found = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        match from_authorization(found) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(NotServed::Presentation),
            Err(why) => Err(NotServed::Authorization(why)),
        }
    }

    /// Returns true if a field `Host` is a name of this server, with a port or none. Which port it is is of no use to
    /// an attacker.
    fn is_own(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| {
            let rest = host.split_at_checked(own.len());
            let rest = rest.filter(|(name, _)| name.eq_ignore_ascii_case(own));
            rest.is_some_and(|(_, rest)| rest.is_empty() || is_port(rest))
        })
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

    fn get(&self, headers: &HeaderMap, place: &Arc<Place>) -> Result<Response<Reply>, NotServed> {
        if !accepts(headers, EVENTS) {
            return Err(NotServed::NotAcceptable("`text/event-stream`"));
        }
        let live = self.begun(headers)?;
        if headers.contains_key(fields::LAST_EVENT) {
            return Err(NotServed::Resumed);
        }
        Ok(stream_of(live.open_stream(place)))
    }

    fn delete(&self, headers: &HeaderMap) -> Result<Response<Reply>, NotServed> {
        self.begun(headers)?.end();
        Ok(empty(StatusCode::NO_CONTENT))
    }

    async fn post(
        &self,
        request: Request<Incoming>,
        place: &Arc<Place>,
    ) -> Result<Response<Reply>, Refused> {
        let (head, body) = request.into_parts();
        let headers = &head.headers;
        may_be_posted(headers)?;
        let named = self.session(headers)?;
        let used = named.as_ref().map(Live::used);
        let body = read(headers, body, named.as_deref()).await?;
        // A long message takes its time, in which others are served, and memory.
        let place_to_read = match body.as_ref().len() > MAX_HTTP_FIRST_BYTES {
            true => Arc::clone(&self.reading).acquire_owned().await.ok(),
            false => None,
        };
        let number = self.sessions.number();
        let read = spawn_blocking(move || {
            let _reading = place_to_read;
            Received::read(body, number)
        });
        let received = read.await.map_err(|_| NotServed::Slow)??;
        let id = received.id();
        let refuse = |why| Refused::NotServed(why, id.clone());
        received.compare(headers).map_err(refuse)?;
        match (used, received.begins()) {
            (None, true) => self.initialize(received).await.map_err(refuse),
            (None, false) => Err(refuse(received.without_session())),
            (Some(_), true) => Err(refuse(NotServed::SecondInitialize)),
            (Some(used), false) => {
                let live = self.begun(headers).map_err(refuse)?;
                let version = live.router.version().unwrap_or_default();
                received.compare_version(version).map_err(refuse)?;
                hand_over(used, received, place).await.map_err(refuse)
            }
        }
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
                Decided::Answered(bytes) | Decided::Refused(bytes) => Ok(Held::few(bytes)),
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

/// Returns true for a colon and a port.
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':');
    let digits = digits.filter(|own| own.bytes().all(|byte| byte.is_ascii_digit()));
    digits.is_some_and(|own| own.parse::<u16>().is_ok())
}

/// Reads a body within its bound and its time, while its session has room for it. Without a session, it is
/// a short one.
async fn read(
    headers: &HeaderMap,
    mut body: Incoming,
    session: Option<&Live>,
) -> Result<Held, NotServed> {
    let room = session.map(|own| &own.router.rooms().bodies);
    let (most, long) = match room {
        Some(_) => (MAX_LINE_BYTES, NotServed::TooLong),
        None => (MAX_HTTP_FIRST_BYTES, NotServed::LongFirst),
    };
    let announced = fields::one(headers, &CONTENT_LENGTH)?.and_then(|own| own.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes >= most) {
        return Err(long);
    }
    // Room is taken as the bytes come: to announce a length costs its sender nothing.
    let step = || match room {
        Some(room) => room.take(STEP).map(Some).ok_or(NotServed::Busy("a message")),
        None => Ok(None),
    };
    let (mut held, mut taken) = (step()?, STEP);
    let mut bytes = Vec::new();
    let read = async {
        while let Some(frame) = body.frame().await {
            // Trailers carry nothing.
            let Ok(data) = frame.map_err(|_| NotServed::Slow)?.into_data() else { continue };
            bytes.extend_from_slice(&data);
            if bytes.len() >= most {
                return Err(long);
            }
            while taken < bytes.len() {
                if let (Some(held), Some(more)) = (&mut held, step()?) {
                    held.merge(more);
                }
                taken = taken.saturating_add(STEP);
            }
        }
        Ok(())
    };
    timeout(HTTP_BODY_DEADLINE, read).await.map_err(|_| NotServed::Slow)??;
    Ok(match held {
        Some(room) => Held::with(bytes, room),
        None => Held::few(bytes),
    })
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

/// Hands a message over to its session, and answers with the outcome.
async fn hand_over(
    used: InUse,
    received: Received,
    place: &Arc<Place>,
) -> Result<Response<Reply>, NotServed> {
    let live = Arc::clone(used.live());
    let waiting = received.asking.clone().map(|asking| Waiting::new(asking, used));
    match (send(&live, received).await?, waiting) {
        (Decided::Answered(bytes), _) => Ok(json(StatusCode::OK, Held::few(bytes))),
        // Without its id, an error would be taken for the answer to nothing, and the client would wait.
        (Decided::Refused(bytes), _) => Ok(json(StatusCode::BAD_REQUEST, Held::few(bytes))),
        (Decided::Accepted, Some(waiting)) => Ok(waiting.respond(place).await),
        (Decided::Accepted, None) => Ok(empty(StatusCode::ACCEPTED)),
    }
}

/// Hands a message over, and waits for the decision.
async fn send(live: &Arc<Live>, received: Received) -> Result<Decided, NotServed> {
    let messages = live.messages().ok_or(NotServed::UnknownSession)?;
    let (decided, decision) = oneshot::channel();
    let about = received.about();
    // What was read takes many times the room of the line, and would wait with it.
    let (line, asking) = received.into_parts();
    let posted = Posted { line, turn: Turn { decided, asking, about } };
    messages.send(posted).await.map_err(|_| NotServed::UnknownSession)?;
    decision.await.map_err(|_| NotServed::UnknownSession)
}
