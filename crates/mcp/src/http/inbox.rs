//! The client's side of a session over HTTP, as the lines and effects of a session over stdio.

use std::io::{self, BufRead, Read};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

use crate::http::asking::Asking;
use crate::http::outbox::Held;
use crate::http::rename::{replaced, with_id};
use crate::http::router::Router;
use crate::id::Id;
use crate::limits::MAX_HTTP_FIRST_BYTES;
use crate::lines::Line;
use crate::open::OpenIdError;
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
    /// The request of the other side that the message is about, if it asks for nothing itself.
    pub(super) about: Option<About>,
}

/// The request of the other side that a message is about.
#[derive(Debug)]
pub(super) enum About {
    /// It cancels the request of the client with this id.
    Cancels(Id),
    /// It answers the request of the server with this id.
    Answers(Id),
}

/// The outcome of a decision.
#[derive(Debug)]
pub(super) enum Decided {
    /// The session answered the request itself.
    Answered(Vec<u8>),
    /// The message was not accepted. The answer has no id: it would be taken for that to another request.
    Refused(Vec<u8>),
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
    long: Arc<Mutex<()>>,
}

/// Returns a session and the stream of its client's lines. A long line is decided about while no other session
/// that has this lock does so: to read one takes ten times its length of memory.
pub(super) fn over_http<S: Session>(
    inner: S,
    router: Arc<Router>,
    messages: mpsc::Receiver<Posted>,
    long: Arc<Mutex<()>>,
) -> (DoorSession<S>, Inbox) {
    let current = Current::default();
    let line = Held::few(Vec::new());
    let inbox = Inbox { messages, line, read: 0, current: Arc::clone(&current) };
    (DoorSession { inner, router, current, long }, inbox)
}

impl BufRead for Inbox {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read >= self.line.as_ref().len() {
            // Nothing is held on to while nothing is decided about.
            (self.line, self.read) = (Held::few(Vec::new()), 0);
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
    /// Decides about a line. A request waits before that, under an id that no answer before it has: its server may
    /// answer at once.
    fn decide(
        &self,
        line: Line,
        turn: &Turn,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> (Decided, Option<Effect>) {
        let Some(asking) = &turn.asking else {
            return match self.about(line, turn.about.as_ref()) {
                Some(line) => match self.inner.client_line(line, now, see) {
                    Some(Effect::ToClient(bytes)) => (Decided::Refused(bytes), None),
                    effect => (Decided::Accepted, effect),
                },
                // It is about nothing that is open, and goes nowhere.
                None => (Decided::Accepted, None),
            };
        };
        if self.router.is_over() {
            asking.outbox.close();
            return (Decided::Accepted, None);
        }
        if !self.router.begin(asking) {
            let why = OpenIdError::StillOpen { id: asking.id.raw().to_owned() };
            return (Decided::Refused(why.answer(&asking.id).into_bytes()), None);
        }
        let effect = self.inner.client_line(line, now, see);
        if self.inner.is_proven() {
            self.router.note_proven();
        }
        match effect {
            Some(Effect::ToServer(line)) => {
                asking.is_made.store(asking.is_call, Ordering::Relaxed);
                (Decided::Accepted, Some(Effect::ToServer(line)))
            }
            Some(Effect::ToClient(bytes)) => {
                self.router.withdraw(asking);
                match with_id(&bytes, asking.id.raw()) {
                    Some(bytes) => (Decided::Answered(bytes), None),
                    None => (Decided::Refused(bytes), None),
                }
            }
            None => {
                self.router.withdraw(asking);
                asking.outbox.close();
                (Decided::Accepted, None)
            }
        }
    }

    /// Returns a message about a request of the other side with the id that the server knows; `None` if it
    /// is about none that is open.
    fn about(&self, line: Line, about: Option<&About>) -> Option<Line> {
        let line = match about {
            None => return Some(line),
            Some(About::Answers(id)) => with_id(line.content(), self.router.answered(id)?.raw()),
            Some(About::Cancels(id)) => {
                let number = self.router.cancel(id)?.to_string();
                replaced(line.content(), &["params", "requestId"], &number)
            }
        };
        Line::of_whole(line?)
    }

    fn route(&self, line: &[u8], now: OffsetDateTime, see: &mut dyn FnMut(Seen)) -> Option<Effect> {
        let answer = self.router.route(line)?;
        self.answer_for_client(answer, now, see)
    }

    /// Answers a request of the server in place of the client: the session takes it as such.
    fn answer_for_client(
        &self,
        answer: String,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        self.inner.client_line(Line::of_whole(answer.into_bytes())?, now, see)
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
        let is_long = line.bytes().len() > MAX_HTTP_FIRST_BYTES;
        let alone = is_long.then(|| self.long.lock().unwrap_or_else(PoisonError::into_inner));
        let (decided, effect) = self.decide(line, &turn, now, see);
        drop(alone);
        // A client that has left does not wait.
        let _ = turn.decided.send(decided);
        effect
    }

    fn server_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        match self.inner.server_line(line, now, see)? {
            Effect::ToClient(line) => self.route(&line, now, see),
            effect => Some(effect),
        }
    }

    fn due(&self, now: OffsetDateTime) -> Vec<Effect> {
        let due = self.inner.due(now);
        if !due.is_empty() {
            // An authority has ended, and what was told for it may still wait.
            self.router.drop_deliveries();
        }
        let mut to_server = Vec::new();
        for effect in due {
            match effect {
                Effect::ToClient(line) => {
                    // The session asks its client nothing of itself.
                    let _ = self.router.route(&line);
                }
                effect => to_server.push(effect),
            }
        }
        let unanswered = self.router.take_unanswered().into_iter();
        to_server
            .extend(unanswered.filter_map(|own| self.answer_for_client(own, now, &mut |_| {})));
        to_server
    }

    fn ended(&self) -> Vec<Effect> {
        for effect in self.inner.ended() {
            if let Effect::ToClient(line) = effect {
                // The server asks nothing any more.
                let _ = self.router.route(&line);
            }
        }
        self.router.close();
        Vec::new()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use std::io::BufRead as _;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use tokio::sync::{mpsc, oneshot};

    use super::{Current, Inbox, Posted, Turn};
    use crate::http::outbox::{Held, Room};

    #[test]
    fn nothing_is_held_while_nothing_is_decided_about() {
        let (room, current) = (Room::of(4 * 1024), Current::default());
        let (sender, messages) = mpsc::channel(1);
        let line = Held::few(Vec::new());
        let mut inbox = Inbox { messages, line, read: 0, current: Arc::clone(&current) };
        let reader = thread::spawn(move || {
            let mut line = Vec::new();
            while inbox.read_until(b'\n', &mut line).unwrap() > 0 {}
            line.len()
        });
        let line = room.hold([vec![b'a'; 4_000], b"\n".to_vec()].concat()).unwrap();
        let (decided, _decision) = oneshot::channel();
        let turn = Turn { decided, asking: None, about: None };
        sender.blocking_send(Posted { line, turn }).unwrap();
        let mut tries = 0;
        while room.take(4 * 1024).is_none() {
            tries += 1;
            assert!(tries < 500);
            thread::sleep(Duration::from_millis(10));
        }
        drop(sender);
        assert_eq!(reader.join().unwrap(), 4_001);
    }
}
