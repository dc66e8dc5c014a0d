//! The sessions behind a door, each with its own server process.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::http::inbox::{Posted, over_http};
use crate::http::notes::Notes;
use crate::http::outbox::Outbox;
use crate::http::places::{Keeps, Place};
use crate::http::refusal::NotServed;
use crate::http::router::{Router, new_id};
use crate::limits::{HTTP_STARTS, HTTP_UNPROVEN_PART, MAX_HTTP_LINES};
use crate::running::Running;
use crate::session::{Seen, Session};
use crate::stdio::{Ended, SessionError, serve_running};
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
    /// So many events came too fast to be told.
    Lost(u64),
}

/// Starts a session and its server.
type Start = dyn Fn() -> io::Result<(Box<dyn Session>, Child)> + Send + Sync;

/// The observer of a door.
pub(super) type See = Notes<DoorSeen>;

/// The sessions of a door.
pub(super) struct Sessions {
    all: Mutex<HashMap<String, Arc<Live>>>,
    /// Written and read under the lock of `all`.
    is_over: AtomicBool,
    start: Box<Start>,
    see: Arc<See>,
    starts: Mutex<Starts>,
    requests: AtomicU64,
    /// Held while a long message is decided about.
    long: Arc<Mutex<()>>,
    most: usize,
    idle: Duration,
}

/// How many sessions can begin, as of a time.
#[derive(Debug)]
struct Starts {
    left: usize,
    since: Instant,
}

impl Starts {
    fn new(now: Instant) -> Self {
        Self { left: HTTP_STARTS.0, since: now }
    }

    /// Takes one; returns false if there is none.
    fn take(&mut self, now: Instant) -> bool {
        let (most, pause) = HTTP_STARTS;
        while self.left < most
            && let Some(next) = self.since.checked_add(pause)
            && next <= now
        {
            (self.left, self.since) = (self.left.saturating_add(1), next);
        }
        if self.left == most {
            self.since = now;
        }
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

/// A session that was begun.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: String,
    pub(super) router: Arc<Router>,
    /// `None` when the session is to end.
    messages: Mutex<Option<mpsc::Sender<Posted>>>,
    usage: Mutex<Usage>,
    began: Instant,
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
        let starts = Mutex::new(Starts::new(Instant::now()));
        let (requests, long) = (AtomicU64::new(1), Arc::default());
        Self { all, is_over, start, see, starts, requests, long, most, idle }
    }

    /// Returns the number of a request, which no other has.
    pub(super) fn number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the session with this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Live>> {
        lock(&self.all).get(id).filter(|live| !live.is_ending()).cloned()
    }

    /// Begins a session: starts its server. Blocks.
    pub(super) fn begin(self: &Arc<Self>) -> Result<Arc<Live>, NotServed> {
        let (sender, messages) = mpsc::channel(MAX_HTTP_LINES);
        let router = Arc::new(Router::new());
        let live = Arc::new(Live {
            id: new_id().map_err(|why| self.not_started(why))?,
            router: Arc::clone(&router),
            messages: Mutex::new(Some(sender)),
            usage: Mutex::new(Usage { exchanges: 0, since: Instant::now() }),
            began: Instant::now(),
            stop: Stop::new(),
        });
        if !lock(&self.starts).take(Instant::now()) {
            return Err(NotServed::Busy("a session"));
        }
        // The place is taken before a process is started.
        self.admit(&live)?;
        let own = Taken { sessions: Arc::downgrade(self), live: Arc::clone(&live) };
        let (session, server) = (self.start)().map_err(|why| self.not_started(why))?;
        let server = Running::new(server);
        let (session, inbox) = over_http(session, router, messages, Arc::clone(&self.long));
        let see = Arc::clone(&self.see);
        let run = move || {
            let seen = Arc::clone(&see);
            let in_session = move |own| seen.tell(DoorSeen::InSession(own));
            let stop = own.live.stop.clone();
            let ended = serve_running(&stop, session, inbox, io::sink(), server, in_session);
            drop(own);
            match ended {
                Ok(Ended { server, fault: None }) if server.success() => {}
                Ok(Ended { server, fault }) => {
                    see.tell(DoorSeen::Ended { server: Some(server), fault });
                }
                Err(why) => see.tell(DoorSeen::Ended { server: None, fault: Some(why) }),
            }
        };
        thread::Builder::new()
            .name("mcp-session".into())
            .spawn(run)
            .map_err(|why| self.not_started(why))?;
        Ok(live)
    }

    fn not_started(&self, why: impl fmt::Display) -> NotServed {
        self.see.tell(DoorSeen::NotStarted(why.to_string()));
        NotServed::NotStarted
    }

    /// Takes a place. Only a session whose client has shown a presentation keeps its own: of the others, the
    /// oldest gives way, whatever it does.
    fn admit(&self, live: &Arc<Live>) -> Result<(), NotServed> {
        let mut all = lock(&self.all);
        if self.is_over.load(Ordering::Relaxed) {
            return Err(NotServed::Busy("a session"));
        }
        // One that is ending has its place until its server has ended, and takes none from another.
        let open = || all.values().filter(|own| !own.is_ending());
        let unproven = || open().filter(|own| !own.router.is_proven());
        let share = (self.most / HTTP_UNPROVEN_PART).max(1);
        if open().count() >= self.most || unproven().count() >= share {
            match unproven().min_by_key(|own| own.began) {
                Some(oldest) => oldest.end(),
                None => return Err(NotServed::Busy("a session")),
            }
        }
        all.insert(live.id.clone(), Arc::clone(live));
        Ok(())
    }

    /// Ends the sessions that were unused for too long. A client that has shown nothing yet can be one that waits
    /// for its user; what a stranger holds gives way to the next one.
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

    /// Opens the one stream of the session. The one before it ends.
    pub(super) fn open_stream(self: &Arc<Self>, place: &Arc<Place>) -> OpenStream {
        let keeps = self.router.is_proven().then(|| place.keep());
        OpenStream { outbox: self.router.open_stream(), _used: self.used(), _keeps: keeps }
    }

    fn is_ending(&self) -> bool {
        lock(&self.messages).is_none()
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
pub(super) struct OpenStream {
    pub(super) outbox: Arc<Outbox>,
    _used: InUse,
    _keeps: Option<Keeps>,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Starts;
    use crate::limits::HTTP_STARTS;

    #[test]
    fn starts_are_bounded_in_number_and_rate() {
        let (most, pause) = HTTP_STARTS;
        let now = Instant::now();
        let mut starts = Starts::new(now);
        assert_eq!((0..100).filter(|_| starts.take(now)).count(), most);
        let later = now + pause + pause / 2;
        assert!(starts.take(later) && !starts.take(later));
        // The half that was over counts.
        assert!(starts.take(later + pause / 2));
        assert_eq!((0..100).filter(|_| starts.take(now + Duration::from_secs(3600))).count(), most);
    }
}
