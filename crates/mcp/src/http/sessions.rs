//! The sessions behind a door, each with its own server process.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::http::inbox::{Posted, over_http};
use crate::http::outbox::Room;
use crate::http::refusal::NotServed;
use crate::http::router::Router;
use crate::limits::{HTTP_GIVES_WAY, MAX_HTTP_LINES};
use crate::session::{Seen, Session};
use crate::stdio::{Ended, SessionError, serve_until};
use crate::stop::Stop;

/// An event at a door, for its operator.
#[derive(Debug)]
#[non_exhaustive]
pub enum DoorSeen {
    /// A session dropped a message, or could not record an outcome.
    InSession(Seen),
    /// A server could not be started, or a session not begun.
    NotStarted(String),
    /// The server of a session ended by a fault, or with a status that is not success.
    Ended {
        /// The status of the server, if it ran.
        server: Option<ExitStatus>,
        /// The fault, if there was one.
        fault: Option<SessionError>,
    },
    /// A connection could not be accepted.
    NotAccepted(io::ErrorKind),
}

/// Starts a session and its server.
type Start = dyn Fn() -> io::Result<(Box<dyn Session>, Child)> + Send + Sync;

/// The observer of a door.
pub(super) type See = dyn Fn(DoorSeen) + Send + Sync;

/// The sessions of a door.
pub(super) struct Sessions {
    all: Mutex<HashMap<String, Arc<Live>>>,
    /// Written and read under the lock of `all`.
    is_over: AtomicBool,
    start: Box<Start>,
    see: Arc<See>,
    room: Room,
    most: usize,
    idle: Duration,
}

/// A session that was begun.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: String,
    pub(super) router: Arc<Router>,
    /// `None` when the session is to end.
    messages: Mutex<Option<mpsc::Sender<Posted>>>,
    usage: Mutex<Usage>,
    has_stream: AtomicBool,
    stop: Stop,
}

#[derive(Debug)]
struct Usage {
    exchanges: usize,
    since: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    pub(super) fn new(start: Box<Start>, see: Arc<See>, most: usize, idle: Duration) -> Self {
        let (all, is_over) = (Mutex::default(), AtomicBool::new(false));
        Self { all, is_over, start, see, room: Room::new(), most, idle }
    }

    /// Returns the room for the messages of all sessions.
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Returns the session with this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Live>> {
        lock(&self.all).get(id).filter(|live| lock(&live.messages).is_some()).cloned()
    }

    /// Begins a session: starts its server. Blocks.
    pub(super) fn begin(self: &Arc<Self>) -> Result<Arc<Live>, NotServed> {
        let (sender, messages) = mpsc::channel(MAX_HTTP_LINES);
        let router = Arc::new(Router::new(self.room.clone()));
        let live = Arc::new(Live {
            id: new_id().map_err(|why| self.not_started(why))?,
            router: Arc::clone(&router),
            messages: Mutex::new(Some(sender)),
            usage: Mutex::new(Usage { exchanges: 0, since: Instant::now() }),
            has_stream: AtomicBool::new(false),
            stop: Stop::new(),
        });
        // The place is taken before a process is started.
        self.admit(&live)?;
        let own = Taken { sessions: Arc::downgrade(self), live: Arc::clone(&live) };
        let (session, server) = (self.start)().map_err(|why| self.not_started(why))?;
        let (session, inbox) = over_http(session, router, messages);
        let see = Arc::clone(&self.see);
        let run = move || {
            let seen = Arc::clone(&see);
            let in_session = move |own| seen(DoorSeen::InSession(own));
            let stop = own.live.stop.clone();
            let ended = serve_until(&stop, session, inbox, io::sink(), server, in_session);
            drop(own);
            match ended {
                Ok(Ended { server, fault: None }) if server.success() => {}
                Ok(Ended { server, fault }) => see(DoorSeen::Ended { server: Some(server), fault }),
                Err(why) => see(DoorSeen::Ended { server: None, fault: Some(why) }),
            }
        };
        thread::Builder::new()
            .name("mcp-session".into())
            .spawn(run)
            .map_err(|why| self.not_started(why))?;
        Ok(live)
    }

    fn not_started(&self, why: impl fmt::Display) -> NotServed {
        (self.see)(DoorSeen::NotStarted(why.to_string()));
        NotServed::NotStarted
    }

    /// Takes a place. Where there is none, the session that was unused for longest gives way.
    fn admit(&self, live: &Arc<Live>) -> Result<(), NotServed> {
        let mut all = lock(&self.all);
        if self.is_over.load(Ordering::Relaxed) {
            return Err(NotServed::Busy("a session"));
        }
        if all.len() >= self.most {
            let unused = all.values().filter_map(|own| Some((own.unused()?, Arc::clone(own))));
            let longest = unused.max_by_key(|(unused, _)| *unused);
            match longest {
                Some((unused, own)) if unused > HTTP_GIVES_WAY => {
                    own.end();
                    all.remove(&own.id);
                }
                _ => return Err(NotServed::Busy("a session")),
            }
        }
        all.insert(live.id.clone(), Arc::clone(live));
        Ok(())
    }

    /// Ends the sessions that were unused for too long.
    pub(super) fn end_unused(&self) {
        let is_unused = |own: &Live| own.unused().is_some_and(|unused| unused > self.idle);
        lock(&self.all).values().filter(|own| is_unused(own)).for_each(|own| own.end());
    }

    /// Ends all sessions, and takes none any more.
    pub(super) fn end_all(&self) {
        let all = lock(&self.all);
        self.is_over.store(true, Ordering::Relaxed);
        all.values().for_each(|own| own.end());
    }

    /// Returns true if every session has ended.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.all).is_empty()
    }
}

impl Debug for Sessions {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("all", &lock(&self.all).len()).finish_non_exhaustive()
    }
}

/// The place of a session, which is free again when its server has ended.
struct Taken {
    sessions: Weak<Sessions>,
    live: Arc<Live>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.live.router.close();
        self.live.end();
        if let Some(sessions) = self.sessions.upgrade() {
            lock(&sessions.all).remove(&self.live.id);
        }
    }
}

impl Live {
    /// Returns the way to the session; `None` if it is to end.
    pub(super) fn messages(&self) -> Option<mpsc::Sender<Posted>> {
        lock(&self.messages).clone()
    }

    /// Ends the session in order.
    pub(super) fn end(&self) {
        self.stop.stop();
        lock(&self.messages).take();
    }

    /// Notes an exchange, as long as the result lives.
    pub(super) fn used(self: &Arc<Self>) -> InUse {
        let mut usage = lock(&self.usage);
        usage.exchanges = usage.exchanges.saturating_add(1);
        InUse(Arc::clone(self))
    }

    /// Takes the one stream of the session; `None` if it is open.
    pub(super) fn open_stream(self: &Arc<Self>) -> Option<OpenStream> {
        let was_open = self.has_stream.swap(true, Ordering::AcqRel);
        (!was_open).then(|| OpenStream(self.used()))
    }

    /// Returns the time since the last exchange; `None` while there is one.
    fn unused(&self) -> Option<Duration> {
        let usage = lock(&self.usage);
        (usage.exchanges == 0).then(|| usage.since.elapsed())
    }
}

/// An exchange of a session.
#[derive(Debug)]
pub(super) struct InUse(Arc<Live>);

impl InUse {
    pub(super) fn live(&self) -> &Arc<Live> {
        &self.0
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut usage = lock(&self.0.usage);
        usage.exchanges = usage.exchanges.saturating_sub(1);
        usage.since = Instant::now();
    }
}

/// The one stream of a session.
#[derive(Debug)]
pub(super) struct OpenStream(InUse);

impl OpenStream {
    pub(super) fn live(&self) -> &Arc<Live> {
        &self.0.0
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.0.has_stream.store(false, Ordering::Release);
    }
}

/// Returns an id of 256 random bits, which nobody guesses.
fn new_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
