//! A client over stdio with a server over HTTP, on plain threads.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use time::OffsetDateTime;

use crate::client::PassedNotification;
use crate::http::exchange::{Link, is_initialize};
use crate::http::fault::Fault;
use crate::http::posts::Posts;
use crate::http::target::Target;
use crate::id::Id;
use crate::limits::{HTTP_RETRY, PATIENCE, PAUSE};
use crate::lines::{Line, Lines};
use crate::message::{Content, Message};
use crate::presenting::PresenterSession;
use crate::session::{Effect, Seen, Session};
use crate::stdio::SessionError;
use crate::stop::Stop;

/// An event between a client and a server over HTTP.
#[derive(Debug)]
#[non_exhaustive]
pub enum LinkSeen {
    /// The session dropped a message.
    InSession(Seen),
    /// A message that has no answer did not reach the server, with the reason.
    NotTaken(String),
    /// The stream of the server's own messages cannot be read, with the reason. It is opened anew.
    NoStream(String),
}

/// Presents for a client to a server that is reached over HTTP, until the client's input ends, the server
/// ends the session, or it is stopped. Requests that are still open then have [`PATIENCE`] to be answered.
///
/// Each request has a thread, so none holds up another, or the client's input. A message is sent once: if
/// its outcome is not known, the client learns that. Nothing but the response to its own `POST` answers
/// a request. A new `initialize` ends the session before.
///
/// # Errors
///
/// [`SessionError::Client`] if the client's input cannot be read, [`SessionError::Over`] if the server has
/// ended the session, and [`SessionError::Io`] if the session cannot begin.
pub fn connect(
    target: &Target,
    stop: &Stop,
    session: PresenterSession,
    client_in: impl BufRead + Send + 'static,
    client_out: impl Write + Send + 'static,
    see: impl Fn(LinkSeen) + Send + Sync + 'static,
) -> Result<(), SessionError> {
    let (notes, noted) = channel();
    let shared = Arc::new(Shared {
        link: Link::new(target),
        session: session.over_http(),
        client: Mutex::new(Box::new(client_out)),
        posts: Posts::default(),
        notes: Mutex::new(Some(notes)),
        beginning: Mutex::default(),
        listened: Mutex::default(),
        is_over: AtomicBool::new(false),
        has_ended: AtomicBool::new(false),
        see: Box::new(see),
    });
    let own = Arc::clone(&shared);
    thread::Builder::new().name("mcp-notes".into()).spawn(move || own.send_notes(&noted))?;
    let own = Arc::clone(&shared);
    // It may wait for its client after the session was stopped.
    let client = thread::Builder::new().name("mcp-client".into()).spawn(move || {
        let mut lines = Lines::new(client_in);
        while let Some(line) = lines.next_line().map_err(SessionError::Client)? {
            own.client_line(line);
        }
        Ok::<(), SessionError>(())
    })?;
    while !client.is_finished() && !stop.is_stopped() && !shared.is_over() {
        thread::sleep(PAUSE);
    }
    shared.end()?;
    if client.is_finished() {
        // A thread that died has said why on standard error.
        client.join().unwrap_or(Ok(()))?;
    }
    match shared.is_over() {
        true => Err(SessionError::Over),
        false => Ok(()),
    }
}

/// The parts of a session that its threads share.
struct Shared {
    link: Link,
    session: PresenterSession,
    client: Mutex<Box<dyn Write + Send>>,
    posts: Posts,
    /// The notifications, which go out in order.
    notes: Mutex<Option<Sender<Message>>>,
    /// Held while a session begins.
    beginning: Mutex<()>,
    /// The number of the session whose stream is read.
    listened: Mutex<Option<u64>>,
    /// The server has ended the session.
    is_over: AtomicBool,
    has_ended: AtomicBool,
    see: Box<dyn Fn(LinkSeen) + Send + Sync>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn client_line(self: &Arc<Self>, line: Line) {
        let now = OffsetDateTime::now_utc();
        let effect = self.session.client_line(line, now, &mut |own| self.saw(own));
        self.carry_out(effect);
    }

    fn saw(&self, seen: Seen) {
        (self.see)(LinkSeen::InSession(seen));
    }

    fn carry_out(self: &Arc<Self>, effect: Option<Effect>) {
        match effect {
            Some(Effect::ToClient(bytes)) => self.to_client(&bytes),
            Some(Effect::ToServer(bytes)) => {
                let line = Lines::new(bytes.as_slice()).next_line();
                // The session has written it.
                if let Ok(Some(line)) = line
                    && let Ok(message) = Message::read(line)
                {
                    self.send(message);
                }
            }
            None => {}
        }
    }

    fn to_client(&self, bytes: &[u8]) {
        let mut client = lock(&self.client);
        // A client that has gone is noticed by the end of its input.
        let _ = client.write_all(bytes).and_then(|()| client.flush());
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Sends a message, and does not wait for it.
    fn send(self: &Arc<Self>, message: Message) {
        if !self.posts.begin(id_of(&message)) {
            return self.failed(&message, &Fault::TooMany);
        }
        if matches!(message.content(), Content::Notification { .. }) {
            return match &*lock(&self.notes) {
                // The other end lives as long as this one.
                Some(notes) => drop(notes.send(message)),
                None => self.posts.end(),
            };
        }
        if is_initialize(&message) {
            self.posts.hold();
        }
        let own = Arc::clone(self);
        let thread = thread::Builder::new().name("mcp-request".into());
        let message = Arc::new(message);
        let sent = Arc::clone(&message);
        let spawned = thread.spawn(move || match sent.content() {
            Content::Request { .. } if is_initialize(&sent) => {
                let one = lock(&own.beginning);
                own.exchange(&sent);
                drop(one);
                own.posts.release();
            }
            Content::Request { .. } => {
                own.posts.wait_to_follow();
                own.exchange(&sent);
            }
            // `initialize` itself may wait for what the server asked.
            _ => own.exchange(&sent),
        });
        if let Err(why) = spawned {
            if is_initialize(&message) {
                self.posts.release();
            }
            self.posts.sent(id_of(&message));
            self.failed(&message, &Fault::NotSent(why.to_string()));
            self.posts.end();
        }
    }

    fn send_notes(self: &Arc<Self>, noted: &Receiver<Message>) {
        while let Ok(message) = noted.recv() {
            self.posts.wait_to_follow();
            // It must not overtake what it cancels.
            if let Some(id) = message.cancelled() {
                self.posts.wait_until_sent(&id);
            }
            self.exchange(&message);
        }
    }

    /// Sends a message, and reads its answer.
    fn exchange(self: &Arc<Self>, message: &Message) {
        let id = id_of(message);
        let sent = || self.posts.sent(id);
        let mut take = |line, is_current| {
            // Before its id is free for another one.
            sent();
            let now = OffsetDateTime::now_utc();
            let (effect, is_answer) = self.session.line_of(id, line, now, &mut |own| self.saw(own));
            // Nobody answers what a session asks that another one has replaced.
            if is_current || is_answer {
                self.carry_out(effect);
            }
            is_answer
        };
        let ended = match self.is_over() || self.has_ended.load(Ordering::Acquire) {
            true => Err(Fault::SessionEnded),
            false => self.link.post(message, &sent, &mut take),
        };
        match ended {
            Err(why) => {
                sent();
                self.failed(message, &why);
            }
            Ok(()) if is_initialized(message) => self.listen(),
            Ok(()) => {}
        }
        self.posts.end();
    }

    fn failed(self: &Arc<Self>, message: &Message, why: &Fault) {
        match message.content() {
            Content::Request { id, .. } => {
                let line = Lines::new(why.answer(id).as_bytes()).next_line();
                if let Ok(Some(line)) = line {
                    let now = OffsetDateTime::now_utc();
                    // One that was cancelled has no answer.
                    let (effect, _) = self.session.line_of(Some(id), line, now, &mut |_| {});
                    self.carry_out(effect);
                }
            }
            _ => (self.see)(LinkSeen::NotTaken(why.to_string())),
        }
        if *why == Fault::SessionEnded {
            self.over();
        }
    }

    /// Notes that the server has ended the session.
    fn over(&self) {
        if !self.has_ended.load(Ordering::Acquire) {
            self.is_over.store(true, Ordering::Release);
        }
    }

    /// Reads the server's own messages until it has none or the session ends, and does not wait for it.
    fn listen(self: &Arc<Self>) {
        let number = self.link.number();
        if lock(&self.listened).replace(number) == Some(number) {
            return;
        }
        let own = Arc::clone(self);
        let listen = move || own.listen_on(number);
        if let Err(why) = thread::Builder::new().name("mcp-stream".into()).spawn(listen) {
            (self.see)(LinkSeen::NoStream(why.to_string()));
        }
    }

    fn listen_on(self: &Arc<Self>, number: u64) {
        let (first, longest) = HTTP_RETRY;
        let (mut pause, mut last) = (first, None);
        let mut take = |line| {
            let now = OffsetDateTime::now_utc();
            let (effect, _) = self.session.line_of(None, line, now, &mut |own| self.saw(own));
            self.carry_out(effect);
        };
        while !self.has_ended.load(Ordering::Acquire) {
            match self.link.listen(number, &mut last, &mut take) {
                Ok(true) => pause = first,
                Ok(false) => return,
                Err(Fault::SessionEnded) => return self.over(),
                Err(_) if self.has_ended.load(Ordering::Acquire) => return,
                Err(why) => (self.see)(LinkSeen::NoStream(why.to_string())),
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(longest);
        }
    }

    /// Waits for what is open, and answers what the server has not.
    fn end(self: &Arc<Self>) -> std::io::Result<()> {
        self.posts.finish(PATIENCE);
        self.has_ended.store(true, Ordering::Release);
        drop(lock(&self.notes).take());
        // Before the connections are closed, which would be taken for faults.
        let left = self.session.left();
        let own = Arc::clone(self);
        // A client may read nothing any more.
        let last = thread::Builder::new().name("mcp-last".into()).spawn(move || {
            for id in left {
                own.to_client(Fault::Left.answer(&id).as_bytes());
            }
        })?;
        self.link.end();
        let since = Instant::now();
        while !last.is_finished() && since.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

fn id_of(message: &Message) -> Option<&Id> {
    match message.content() {
        Content::Request { id, .. } => Some(id),
        _ => None,
    }
}

fn is_initialized(message: &Message) -> bool {
    let initialized = PassedNotification::Initialized.method();
    matches!(message.content(), Content::Notification { method, .. } if method == initialized)
}
