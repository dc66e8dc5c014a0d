//! The sources of a service, which are read in the background.

use std::fmt::{self, Debug, Formatter};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use deputize::{Accepted, Statements};
use time::OffsetDateTime;

use crate::fetch::Fetcher;
use crate::fetched::{FetchError, Fetched};
use crate::limits::FIRST_RETRY;
use crate::source::{Source, SourceFailure, SourceState};

/// The sources of a service. Each is read by a thread of its own, so none waits for another, and
/// what they give is accepted by the [`Statements`] of the service.
///
/// A reading that fails is tried again, and the last good statement is kept. It is the verifier's policy that refuses
/// when a statement is too old: a source that fails makes nothing fresh.
///
/// Dropping the value ends the threads; one that waits for its source ends at the deadline.
pub struct Sources {
    shared: Arc<Shared>,
}

struct Shared {
    statements: Statements,
    states: Mutex<Vec<SourceState>>,
    /// A state has changed.
    changed: Condvar,
    /// The threads are to end, or to read at once.
    orders: Mutex<Orders>,
    ordered: Condvar,
}

#[derive(Default)]
struct Orders {
    ends: bool,
    /// Increases with every order to read at once.
    round: u64,
}

/// A callback for each state of a source, such as to write it to the operator's log.
type Told = Arc<dyn Fn(&SourceState) + Send + Sync>;

impl Sources {
    /// Starts to read sources. `told` gets the state of a source after each reading; it is called by
    /// the thread of that source, which waits for it.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if the certificates of a source cannot be read, or a thread cannot be started.
    pub fn start(
        statements: &Statements,
        sources: impl IntoIterator<Item = Source>,
        told: impl Fn(&SourceState) + Send + Sync + 'static,
    ) -> Result<Self, FetchError> {
        let mut readers = Vec::new();
        for source in sources {
            readers.push((source.fetcher()?, source.every));
        }
        let states = readers.iter().map(|(fetcher, _)| SourceState::new(fetcher.place().clone()));
        let shared = Arc::new(Shared {
            statements: statements.clone(),
            states: Mutex::new(states.collect()),
            changed: Condvar::new(),
            orders: Mutex::default(),
            ordered: Condvar::new(),
        });
        let sources = Self { shared: Arc::clone(&shared) };
        let told: Told = Arc::new(told);
        for (index, (fetcher, every)) in readers.into_iter().enumerate() {
            let reader = Reader { index, fetcher, every, told: Arc::clone(&told) };
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new().name(format!("deputize-source-{index}"));
            let started = thread.spawn(move || reader.run(&shared));
            started.map_err(|why| FetchError::Thread { why: why.to_string() })?;
        }
        Ok(sources)
    }

    /// Returns the state of each source, in the order in which they were given.
    pub fn states(&self) -> Vec<SourceState> {
        self.shared.states().clone()
    }

    /// Waits until each source has been read, with or without success, for at most this time. Decide
    /// nothing before, after a start: a list that is not held refuses nothing unless a policy
    /// requires it. Returns the states.
    pub fn first_read(&self, most: Duration) -> Vec<SourceState> {
        let is_open = |states: &mut Vec<SourceState>| states.iter().any(|own| !own.is_tried());
        let waited = self.shared.changed.wait_timeout_while(self.shared.states(), most, is_open);
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Has all sources read at once, such as when the operator has heard of a revocation.
    pub fn read_now(&self) {
        let mut orders = self.shared.orders();
        orders.round = orders.round.saturating_add(1);
        drop(orders);
        self.shared.ordered.notify_all();
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        self.shared.orders().ends = true;
        self.shared.ordered.notify_all();
    }
}

impl Debug for Sources {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.states()).finish()
    }
}

impl Shared {
    fn states(&self) -> MutexGuard<'_, Vec<SourceState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the time of the next reading. Returns false if there is none.
    fn wait(&self, most: Duration, round: &mut u64) -> bool {
        let is_idle = |orders: &mut Orders| !orders.ends && orders.round == *round;
        let waited = self.ordered.wait_timeout_while(self.orders(), most, is_idle);
        let orders = waited.unwrap_or_else(PoisonError::into_inner).0;
        *round = orders.round;
        !orders.ends
    }
}

/// The reader of one source.
struct Reader {
    index: usize,
    fetcher: Fetcher,
    every: Duration,
    told: Told,
}

impl Reader {
    fn run(mut self, shared: &Shared) {
        let (mut round, mut retry) = (0, FIRST_RETRY);
        loop {
            // A defect of a reader must not end the refreshing for good. What it holds is replaced by
            // the next reading.
            let read = catch_unwind(AssertUnwindSafe(|| self.read(shared)));
            let read = read.unwrap_or(Err(SourceFailure::Died));
            let pause = match read {
                Ok(_) => self.every,
                Err(_) => retry.min(self.every),
            };
            retry = if read.is_ok() { FIRST_RETRY } else { retry.saturating_mul(2) };
            self.tell(shared, read);
            if !shared.wait(pause, &mut round) {
                return;
            }
        }
    }

    /// Reads the source once. Returns the statement, or `None` if it is unchanged.
    fn read(&mut self, shared: &Shared) -> Result<Option<Accepted>, SourceFailure> {
        let content = match self.fetcher.read()? {
            Fetched::Content(content) => content,
            Fetched::Unchanged => return self.accept_again(shared),
        };
        let accepted = shared.statements.accept(content, OffsetDateTime::now_utc())?;
        self.fetcher.keep();
        Ok(Some(accepted))
    }

    /// Accepts a statement that is held once more, to see what other processes have seen.
    fn accept_again(&self, shared: &Shared) -> Result<Option<Accepted>, SourceFailure> {
        let now = OffsetDateTime::now_utc();
        let held = shared.states().get(self.index).and_then(|own| own.accepted.clone());
        let Some(held) = held else { return Ok(None) };
        if let Some(list) = shared.statements.list(&held.series) {
            return Ok(Some(shared.statements.accept_list(list, now)?));
        }
        match shared.statements.directory(&held.series) {
            Some(directory) => Ok(Some(shared.statements.accept_directory(directory, now)?)),
            None => Ok(None),
        }
    }

    fn tell(&self, shared: &Shared, read: Result<Option<Accepted>, SourceFailure>) {
        let mut states = shared.states();
        let Some(state) = states.get_mut(self.index) else { return };
        match read {
            Ok(accepted) => state.succeeded(accepted, OffsetDateTime::now_utc()),
            Err(why) => state.failed(why),
        }
        let state = state.clone();
        drop(states);
        shared.changed.notify_all();
        // The callback is foreign code.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.told)(&state)));
    }
}
