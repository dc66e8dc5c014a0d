//! The client's side of a session over HTTP, as the lines and effects of a session over stdio.

use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

use crate::http::outbox::Held;
use crate::http::router::{Asking, Router};
use crate::id::Id;
use crate::lines::{Line, Lines};
use crate::session::{Effect, Seen, Session};

/// A message of a client, and the exchange that waits for the decision about it.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) line: Held,
    pub(super) turn: Turn,
}

/// The exchange of a message that is decided about.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) decided: oneshot::Sender<Decided>,
    /// The request, if the message is one.
    pub(super) asking: Option<Arc<Asking>>,
    /// The id of the request that the message cancels.
    pub(super) cancels: Option<Id>,
}

/// The outcome of a decision.
#[derive(Debug)]
pub(super) enum Decided {
    /// The session answered the message itself.
    Answered(Vec<u8>),
    /// The message was passed on, or needs no answer.
    Accepted,
}

/// The turn whose line was read last. Lines are decided about one after the other.
type Current = Arc<Mutex<Option<Turn>>>;

/// The messages of a client as a stream of lines. It ends when the session does.
#[derive(Debug)]
pub(super) struct Inbox {
    messages: mpsc::Receiver<Posted>,
    line: Held,
    read: usize,
    current: Current,
}

/// A session whose client is at the other end of HTTP.
#[derive(Debug)]
pub(super) struct DoorSession<S> {
    inner: S,
    router: Arc<Router>,
    current: Current,
}

/// Returns a session and the stream of its client's lines.
pub(super) fn over_http<S: Session>(
    inner: S,
    router: Arc<Router>,
    messages: mpsc::Receiver<Posted>,
) -> (DoorSession<S>, Inbox) {
    let current = Current::default();
    let line = Held::few(Vec::new());
    let inbox = Inbox { messages, line, read: 0, current: Arc::clone(&current) };
    (DoorSession { inner, router, current }, inbox)
}

impl BufRead for Inbox {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read >= self.line.as_ref().len() {
            let Some(Posted { line, turn }) = self.messages.blocking_recv() else { return Ok(&[]) };
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
            (self.line, self.read) = (line, 0);
        }
        Ok(self.line.as_ref().get(self.read..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.read = self.read.saturating_add(amount);
    }
}

impl Read for Inbox {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<S: Session> DoorSession<S> {
    /// Decides about a line. A request waits before that: its server may answer at once.
    fn decide(
        &self,
        line: Line,
        turn: &Turn,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> (Decided, Option<Effect>) {
        // One whose id waits already is refused by the session, and takes no answer from the other.
        let waits = turn.asking.as_ref().filter(|asking| self.router.begin(asking));
        match self.inner.client_line(line, now, see) {
            Some(Effect::ToClient(bytes)) => {
                if let Some(asking) = waits {
                    self.router.forget(asking);
                }
                (Decided::Answered(bytes), None)
            }
            Some(effect) => (Decided::Accepted, Some(effect)),
            None => (Decided::Accepted, None),
        }
    }

    fn route(
        &self,
        line: Vec<u8>,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        let unasked = self.router.route(line).err()?;
        // It is an answer of this client: the session takes it as such.
        let line = Lines::new(unasked.answer.as_bytes()).next_line().ok()??;
        self.inner.client_line(line, now, see)
    }
}

impl<S: Session> Session for DoorSession<S> {
    fn client_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        let turn = self.current.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let (decided, effect) = self.decide(line, &turn, now, see);
        if let Some(id) = &turn.cancels {
            self.router.cancel(id);
        }
        // The client may have left before the request began to wait.
        if let (Err(_), Some(asking)) = (turn.decided.send(decided), &turn.asking) {
            self.router.forget(asking);
        }
        effect
    }

    fn server_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        match self.inner.server_line(line, now, see)? {
            Effect::ToClient(line) => self.route(line, now, see),
            effect => Some(effect),
        }
    }

    fn due(&self, now: OffsetDateTime) -> Vec<Effect> {
        let mut to_server = Vec::new();
        for effect in self.inner.due(now) {
            match effect {
                Effect::ToClient(line) => {
                    // The session asks its client nothing of itself.
                    let _ = self.router.route(line);
                }
                effect => to_server.push(effect),
            }
        }
        to_server
    }

    fn ended(&self) -> Vec<Effect> {
        for effect in self.inner.ended() {
            if let Effect::ToClient(line) = effect {
                // The server asks nothing any more.
                let _ = self.router.route(line);
            }
        }
        self.router.close();
        Vec::new()
    }
}
