//! A client over stdio with a server over HTTP, on plain threads.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::client::PassedNotification;
use crate::http::exchange::{Fault, Link, is_initialize};
use crate::http::target::Target;
use crate::limits::{HTTP_RETRY, MAX_HTTP_REQUESTS, PATIENCE, PAUSE};
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

/// Presents for a client to a server that is reached over HTTP, until the client's input ends
/// or the session is stopped. Requests that are still open then have [`PATIENCE`] to be answered.
///
/// Each request has a thread, so one that takes long holds up no other. A message is sent once: if its
/// outcome is not known, the client learns that.
///
/// # Errors
///
/// [`SessionError::Client`] if the client's input cannot be read, and [`SessionError::Io`] if the session
/// cannot begin.
pub fn connect(
    target: &Target,
    stop: &Stop,
    session: PresenterSession,
    client_in: impl BufRead + Send + 'static,
    client_out: impl Write + Send + 'static,
    see: impl Fn(LinkSeen) + Send + Sync + 'static,
) -> Result<(), SessionError> {
    let shared = Arc::new(Shared {
        link: Link::new(target),
        session,
        client: Mutex::new(Box::new(client_out)),
        requests: Requests::default(),
        is_listening: AtomicBool::new(false),
        has_ended: AtomicBool::new(false),
        see: Box::new(see),
    });
    let own = Arc::clone(&shared);
    // It may wait for its client after the session was stopped.
    let client = thread::Builder::new().name("mcp-client".into()).spawn(move || {
        let mut lines = Lines::new(client_in);
        while let Some(line) = lines.next_line().map_err(SessionError::Client)? {
            own.client_line(line);
        }
        Ok(())
    })?;
    while !client.is_finished() && !stop.is_stopped() {
        thread::sleep(PAUSE);
    }
    shared.end();
    match client.is_finished() {
        // A thread that died has said why on standard error.
        true => client.join().unwrap_or(Ok(())),
        false => Ok(()),
    }
}

/// The parts of a session that its threads share.
struct Shared {
    link: Link,
    session: PresenterSession,
    client: Mutex<Box<dyn Write + Send>>,
    requests: Requests,
    is_listening: AtomicBool,
    has_ended: AtomicBool,
    see: Box<dyn Fn(LinkSeen) + Send + Sync>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of requests that have a thread.
#[derive(Default)]
struct Requests(Mutex<usize>, Condvar);

impl Requests {
    /// Takes a place, and waits for one.
    fn begin(&self) {
        let mut open = lock(&self.0);
        while *open >= MAX_HTTP_REQUESTS {
            open = self.1.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
        *open = open.saturating_add(1);
    }

    fn end(&self) {
        let mut open = lock(&self.0);
        *open = open.saturating_sub(1);
        self.1.notify_all();
    }

    /// Waits until all have ended, or for so long.
    fn wait(&self, most: Duration) {
        let since = Instant::now();
        let mut open = lock(&self.0);
        while *open > 0
            && let Some(left) = most.checked_sub(since.elapsed())
        {
            (open, _) = self.1.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
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

    fn send(self: &Arc<Self>, message: Message) {
        let is_request = matches!(message.content(), Content::Request { .. });
        // What follows `initialize` has the id of its session. What has no answer goes out in order.
        if !is_request || is_initialize(&message) {
            return self.exchange(&message);
        }
        self.requests.begin();
        let own = Arc::clone(self);
        let thread = thread::Builder::new().name("mcp-request".into());
        let message = Arc::new(message);
        let sent = Arc::clone(&message);
        let spawned = thread.spawn(move || {
            own.exchange(&sent);
            own.requests.end();
        });
        if let Err(why) = spawned {
            self.requests.end();
            self.failed(&message, &Fault::NotSent(why.to_string()));
        }
    }

    /// Sends a message, and reads its answer.
    fn exchange(self: &Arc<Self>, message: &Message) {
        match self.link.post(message, &mut |line| self.server_line(line)) {
            Err(why) => self.failed(message, &why),
            Ok(()) if is_initialized(message) => self.listen(),
            Ok(()) => {}
        }
    }

    fn failed(self: &Arc<Self>, message: &Message, why: &Fault) {
        match message.content() {
            Content::Request { id, .. } => {
                let line = Lines::new(why.answer(id).as_bytes()).next_line();
                if let Ok(Some(line)) = line {
                    self.server_line(line);
                }
            }
            _ => (self.see)(LinkSeen::NotTaken(why.to_string())),
        }
        if *why == Fault::SessionEnded {
            self.leave_behind();
        }
    }

    /// Answers what the server does not.
    fn leave_behind(&self) {
        for effect in self.session.ended() {
            if let Effect::ToClient(bytes) = effect {
                self.to_client(&bytes);
            }
        }
    }

    fn server_line(self: &Arc<Self>, line: Line) {
        let now = OffsetDateTime::now_utc();
        let effect = self.session.server_line(line, now, &mut |own| self.saw(own));
        self.carry_out(effect);
    }

    /// Reads the server's own messages until it has none or the session ends, and does not wait for it.
    fn listen(self: &Arc<Self>) {
        if self.is_listening.swap(true, Ordering::AcqRel) {
            return;
        }
        let own = Arc::clone(self);
        let listen = move || {
            own.listen_on();
            own.is_listening.store(false, Ordering::Release);
        };
        if let Err(why) = thread::Builder::new().name("mcp-stream".into()).spawn(listen) {
            self.is_listening.store(false, Ordering::Release);
            (self.see)(LinkSeen::NoStream(why.to_string()));
        }
    }

    fn listen_on(self: &Arc<Self>) {
        let (first, longest) = HTTP_RETRY;
        let (mut pause, mut last) = (first, None);
        while !self.has_ended.load(Ordering::Acquire) {
            match self.link.listen(&mut last, &mut |line| self.server_line(line)) {
                Ok(true) => pause = first,
                Ok(false) => return,
                Err(Fault::SessionEnded) => return self.leave_behind(),
                Err(_) if self.has_ended.load(Ordering::Acquire) => return,
                Err(why) => (self.see)(LinkSeen::NoStream(why.to_string())),
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(longest);
        }
    }

    fn end(&self) {
        self.requests.wait(PATIENCE);
        self.has_ended.store(true, Ordering::Release);
        self.leave_behind();
        self.link.end();
    }
}

fn is_initialized(message: &Message) -> bool {
    let initialized = PassedNotification::Initialized.method();
    matches!(message.content(), Content::Notification { method, .. } if method == initialized)
}
