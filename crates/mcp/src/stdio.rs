//! A session with a server over stdio, on plain threads.

use std::io::{self, BufRead, Write};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use thiserror::Error;
use time::OffsetDateTime;

use crate::limits::{PATIENCE, PAUSE, SWEEP};
use crate::lines::{Line, Lines, LinesError};
use crate::queue::{Full, Queue};
use crate::running::Running;
use crate::session::{Effect, Seen, Session};
use crate::stop::Stop;

/// The end of a session.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The status of the server.
    pub server: ExitStatus,
    /// The fault that ended the session, if it was not the end of the client's input or of the server.
    pub fault: Option<SessionError>,
}

/// The fault that ended a session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A line of the client is too long, or could not be read.
    #[error("the client's messages cannot be read: {0}")]
    Client(LinesError),
    /// A line of the server is too long, or could not be read.
    #[error("the server's messages cannot be read: {0}")]
    Server(LinesError),
    /// The server does not read what it asked for.
    #[error("the server does not read the answers to its requests")]
    ServerIsFull,
    /// The server ended the session over HTTP.
    #[error(
        "the server has ended the session; start this program again, and do not repeat a call whose outcome is not known"
    )]
    Over,
    /// The server has no pipes, or a thread cannot be started.
    #[error("cannot run the session: {0}")]
    Io(#[from] io::Error),
}

/// Runs a session between a client and a server that was started with pipes for its input and output,
/// until the server ends. The end of the client's input is passed on, and what the server still
/// answers as well.
///
/// Each direction has a thread, so a client that waits for its decision does not hold up the server.
/// The thread that reads the client ends with its input, which can be after this returns.
///
/// # Errors
///
/// [`SessionError::Io`] if the session cannot begin.
pub fn serve(
    session: impl Session + 'static,
    client_in: impl BufRead + Send + 'static,
    client_out: impl Write + Send + 'static,
    server: Child,
    see: impl Fn(Seen) + Send + Sync + 'static,
) -> Result<Ended, SessionError> {
    serve_until(&Stop::new(), session, client_in, client_out, server, see)
}

/// Runs a session as [`serve`] does, and ends it in order when it is stopped.
///
/// # Errors
///
/// As [`serve`].
pub fn serve_until(
    stop: &Stop,
    session: impl Session + 'static,
    client_in: impl BufRead + Send + 'static,
    client_out: impl Write + Send + 'static,
    server: Child,
    see: impl Fn(Seen) + Send + Sync + 'static,
) -> Result<Ended, SessionError> {
    serve_running(stop, session, client_in, client_out, Running::new(server), see)
}

/// Runs a session as [`serve_until`] does.
pub(crate) fn serve_running(
    stop: &Stop,
    session: impl Session + 'static,
    client_in: impl BufRead + Send + 'static,
    client_out: impl Write + Send + 'static,
    mut server: Running,
    see: impl Fn(Seen) + Send + Sync + 'static,
) -> Result<Ended, SessionError> {
    let no_pipe = || io::Error::other("the server has no pipe");
    let (server_in, server_out) = server.pipes().ok_or_else(no_pipe)?;
    let messages = Arc::new(Queue::default());
    let shared = Arc::new(Shared {
        session: Box::new(session),
        client: Mutex::new(Box::new(client_out)),
        server: Arc::clone(&messages),
        deciding: Mutex::new(()),
        fault: Mutex::new(None),
        stop: stop.clone(),
        see: Box::new(see),
    });
    // It may wait for its client for ever, and holds nothing meanwhile.
    let client = Arc::downgrade(&shared);
    thread::Builder::new()
        .name("mcp-client".into())
        .spawn(move || read_client(&client, client_in))?;
    thread::Builder::new()
        .name("mcp-server-in".into())
        .spawn(move || write_server(server_in, &messages))?;
    let own = Arc::downgrade(&shared);
    thread::Builder::new().name("mcp-due".into()).spawn(move || sweep(&own))?;
    // A process that the server left behind can keep its output open for ever.
    let own = Arc::downgrade(&shared);
    let reader = thread::Builder::new()
        .name("mcp-server-out".into())
        .spawn(move || read_server(&own, Lines::new(io::BufReader::new(server_out))))?;
    end(&mut server, &reader, &shared)?;
    let status = server.end()?;
    // What is decided from now on goes nowhere.
    shared.server.drop_all();
    // On a thread, since a client may read nothing any more.
    let own = Arc::clone(&shared);
    thread::Builder::new().name("mcp-last".into()).spawn(move || {
        for effect in own.session.ended() {
            if let Effect::ToClient(bytes) = effect {
                own.to_client(&bytes);
            }
        }
    })?;
    let fault = lock(&shared.fault).take();
    // The session ends before this returns, and with it its log: what waits there is written.
    let patience = Instant::now();
    while Arc::strong_count(&shared) > 1 && patience.elapsed() < PATIENCE {
        thread::sleep(PAUSE);
    }
    Ok(Ended { server: status, fault })
}

/// Waits until the server has ended and its output is read. Whichever of the two ends first, the other
/// one has a bounded time: a server that closes its output answers nothing any more, and a process
/// that it left behind can keep the output open.
///
/// A session that is stopped ends its server's input, and then has the same time.
fn end(server: &mut Running, reader: &JoinHandle<()>, shared: &Shared) -> io::Result<()> {
    let mut since = None;
    loop {
        let is_stopped = shared.stop.is_stopped();
        if is_stopped {
            shared.server.close();
        }
        let (has_ended, is_read) = (server.has_ended()?, reader.is_finished());
        let has_failed = lock(&shared.fault).is_some() && is_read;
        if has_failed || (has_ended && is_read) {
            return Ok(());
        }
        if has_ended || is_read || is_stopped {
            let waited = since.get_or_insert_with(Instant::now).elapsed();
            if waited > PATIENCE {
                return Ok(());
            }
        }
        thread::sleep(PAUSE);
    }
}

/// The parts of a session that its threads share.
struct Shared {
    session: Box<dyn Session>,
    client: Mutex<Box<dyn Write + Send>>,
    /// Closed after the end of the client's input: the server's input ends when what was sent is
    /// written.
    server: Arc<Queue>,
    /// Held while a line of the client is decided about and sent, since what is due must not overtake it.
    deciding: Mutex<()>,
    fault: Mutex<Option<SessionError>>,
    stop: Stop,
    see: Box<dyn Fn(Seen) + Send + Sync>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_server(mut server: ChildStdin, messages: &Queue) {
    while let Some(bytes) = messages.next() {
        // A server that has ended answers nothing, which its reader notices.
        if server.write_all(&bytes).and_then(|()| server.flush()).is_err() {
            messages.drop_all();
        }
    }
}

/// Reads the client until its input or the session ends.
fn read_client(session: &Weak<Shared>, input: impl BufRead) {
    let mut lines = Lines::new(input);
    loop {
        let line = lines.next_line();
        let Some(own) = session.upgrade() else { return };
        match line {
            Ok(Some(line)) => {
                if own.stop.is_stopped() || !own.client_line(line) {
                    break;
                }
            }
            Ok(None) => break,
            Err(why) => {
                own.fail(SessionError::Client(why));
                break;
            }
        }
    }
    // The server's input ends, too.
    if let Some(own) = session.upgrade() {
        own.server.close();
    }
}

/// Reads the server until its output or the session ends.
fn read_server(session: &Weak<Shared>, mut lines: Lines<impl BufRead>) {
    loop {
        let line = lines.next_line().map_err(SessionError::Server);
        let Some(own) = session.upgrade() else { return };
        let done = match line {
            Ok(Some(line)) => own.server_line(line),
            Ok(None) => return,
            Err(why) => Err(why),
        };
        if let Err(why) = done {
            own.fail(why);
            return;
        }
    }
}

/// Sends what is due, until the session ends.
fn sweep(session: &Weak<Shared>) {
    loop {
        thread::sleep(SWEEP);
        let Some(own) = session.upgrade() else { return };
        own.send_due();
    }
}

impl Shared {
    /// Returns false if the server takes nothing any more.
    fn client_line(&self, line: Line) -> bool {
        let now = OffsetDateTime::now_utc();
        let deciding = lock(&self.deciding);
        match self.session.client_line(line, now, &mut |seen| (self.see)(seen)) {
            Some(Effect::ToClient(bytes)) => {
                drop(deciding);
                self.to_client(&bytes);
            }
            // Waits while the server does not read.
            Some(Effect::ToServer(bytes)) => return self.server.send(bytes),
            None => {}
        }
        true
    }

    fn send_due(&self) {
        let deciding = match self.deciding.try_lock() {
            Ok(deciding) => deciding,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // The next time, then.
            Err(TryLockError::WouldBlock) => return,
        };
        let mut to_client = Vec::new();
        for effect in self.session.due(OffsetDateTime::now_utc()) {
            match effect {
                Effect::ToClient(bytes) => to_client.push(bytes),
                // A server that reads nothing does not learn what has ended. Nothing of it is delivered.
                Effect::ToServer(bytes) => drop(self.server.send_own(bytes)),
            }
        }
        drop(deciding);
        for bytes in to_client {
            self.to_client(&bytes);
        }
    }

    fn fail(&self, why: SessionError) {
        lock(&self.fault).get_or_insert(why);
    }

    fn server_line(&self, line: Line) -> Result<(), SessionError> {
        let now = OffsetDateTime::now_utc();
        match self.session.server_line(line, now, &mut |seen| (self.see)(seen)) {
            Some(Effect::ToClient(bytes)) => self.to_client(&bytes),
            Some(Effect::ToServer(bytes)) => {
                self.server.send_own(bytes).map_err(|Full| SessionError::ServerIsFull)?;
            }
            None => {}
        }
        Ok(())
    }

    /// A client that has gone is noticed by the end of its input.
    fn to_client(&self, bytes: &[u8]) {
        let mut client = lock(&self.client);
        let _ = client.write_all(bytes).and_then(|()| client.flush());
    }
}
