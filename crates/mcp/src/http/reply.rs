//! Responses to a client.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::http::asking::Asking;
use crate::http::events::{PULSE, event};
use crate::http::fields::{EVENTS, JSON, SESSION};
use crate::http::outbox::{Held, Kind, Outbox};
use crate::http::places::{Keeps, Place};
use crate::http::refusal::NotServed;
use crate::http::router::Router;
use crate::http::sessions::{InUse, OpenStream};
use crate::limits::{HTTP_AT_ONCE, HTTP_PULSE};

/// The body of a response.
#[derive(Debug)]
pub(super) enum Reply {
    Whole(Option<Bytes>),
    Stream(Box<Stream>),
}

/// Events as they come.
#[derive(Debug)]
pub(super) struct Stream {
    first: Option<Held>,
    source: Source,
    pulse: Pin<Box<Sleep>>,
}

/// The exchange that a stream belongs to.
#[derive(Debug)]
enum Source {
    Request(Waiting),
    Session(OpenStream),
}

impl Source {
    fn outbox(&self) -> &Outbox {
        match self {
            Self::Request(waiting) => &waiting.asking.outbox,
            Self::Session(stream) => &stream.outbox,
        }
    }
}

/// A request whose client waits. When it leaves, the answer goes nowhere.
#[derive(Debug)]
pub(super) struct Waiting {
    asking: Arc<Asking>,
    keeps: Option<Keeps>,
    router: Arc<Router>,
    _used: InUse,
}

impl Waiting {
    pub(super) fn new(asking: Arc<Asking>, used: InUse) -> Self {
        Self { asking, keeps: None, router: Arc::clone(&used.live().router), _used: used }
    }

    /// Waits for the next message for this request.
    async fn next(&self) -> Option<(Kind, Held)> {
        poll_fn(|context| self.asking.outbox.poll_next(context)).await
    }

    /// Waits for the answer, and for nothing before it.
    pub(super) async fn answer(&self) -> Option<Held> {
        loop {
            match self.next().await? {
                (Kind::Answer, answer) => return Some(answer),
                (Kind::Notification | Kind::Delivery | Kind::Request, _) => {}
            }
        }
    }

    /// Answers with the one message if it comes at once, and with a stream otherwise.
    /// A call that is made keeps the place of its connection.
    pub(super) async fn respond(mut self, place: &Arc<Place>) -> Response<Reply> {
        self.keeps = self.asking.is_made().then(|| place.keep());
        let first = match timeout(HTTP_AT_ONCE, self.next()).await {
            Ok(Some((Kind::Answer, answer))) => {
                return json(StatusCode::OK, answer.keeping(self.keeps.take()));
            }
            Ok(None) if self.router.is_over() => {
                return refused(&NotServed::UnknownSession, Some(self.asking.id.raw()));
            }
            // A request that was cancelled has no answer, and an empty stream.
            Ok(first) => first.map(|(_, message)| message),
            Err(_) => None,
        };
        stream(first, Source::Request(self))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.router.leave(&self.asking);
    }
}

/// Answers with the messages that belong to no request.
pub(super) fn stream_of(open: OpenStream) -> Response<Reply> {
    stream(None, Source::Session(open))
}

fn stream(first: Option<Held>, source: Source) -> Response<Reply> {
    let pulse = Box::pin(sleep_until(next_pulse()));
    let stream = Stream { first, source, pulse };
    let mut response = of(StatusCode::OK, Reply::Stream(Box::new(stream)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    // Some proxies hold events back otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn next_pulse() -> Instant {
    let now = Instant::now();
    now.checked_add(HTTP_PULSE).unwrap_or(now)
}

fn of(status: StatusCode, body: Reply) -> Response<Reply> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Answers without a body.
pub(super) fn empty(status: StatusCode) -> Response<Reply> {
    of(status, Reply::Whole(None))
}

/// Answers with a JSON text.
pub(super) fn json(status: StatusCode, body: Held) -> Response<Reply> {
    let mut response = of(status, Reply::Whole(Some(Bytes::from_owner(body))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

/// Answers `initialize`, with the id of the session.
pub(super) fn begun(answer: Held, session: &str) -> Response<Reply> {
    let mut response = json(StatusCode::OK, answer);
    if let Ok(id) = HeaderValue::from_str(session) {
        response.headers_mut().insert(SESSION, id);
    }
    response
}

/// Answers a message that is not served. `id` is the JSON text of its id.
pub(super) fn refused(why: &NotServed, id: Option<&str>) -> Response<Reply> {
    let mut response = json(why.status(), Held::few(why.body(id).into_bytes()));
    match why {
        NotServed::Method => {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
        }
        NotServed::Busy(_) => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
        _ => {}
    }
    response
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|own| Ok(Frame::data(own)))),
            Self::Stream(stream) => {
                stream.poll(context).map(|own| own.map(|own| Ok(Frame::data(own))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                hyper::body::SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Stream(_) => hyper::body::SizeHint::default(),
        }
    }
}

impl Stream {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let message = match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => {
                let next = self.source.outbox().poll_next(context);
                next.map(|next| next.map(|(_, message)| message))
            }
        };
        match message {
            Poll::Ready(Some(message)) => {
                self.pulse.as_mut().reset(next_pulse());
                Poll::Ready(Some(Bytes::from_owner(message.map(event))))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if self.pulse.as_mut().poll(context).is_ready() => {
                // The timer must be asked again, or it wakes nobody.
                self.pulse.as_mut().reset(next_pulse());
                context.waker().wake_by_ref();
                Poll::Ready(Some(Bytes::from_static(PULSE)))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
