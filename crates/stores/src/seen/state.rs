//! The state of statements in a file.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deputize::{SeriesState, StateError, StatementState};

use crate::seen::error::StateFileError;
use crate::seen::file::StateFile;
use crate::seen::text::{MAX_SERIES, Seen, fault_of};

const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest time that a change may wait for others.
const MAX_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// The latest statements that were seen, in a file, for all processes of one machine that share it.
///
/// With it, an older revocation list is noticed after a restart, too. A change is on the disk
/// before the list counts as fresh, and a process that is killed, or a disk that is full, leaves
/// the old state or the new one. A state is never replaced by an older one, unless the operator
/// decides a fork ([`Statements::accept_fork`](deputize::Statements::accept_fork)) or the root key
/// voids lists.
///
/// ```
/// use deputize::time::{Duration, OffsetDateTime};
/// use deputize::{
///     ListPolicy, MemoryReplayGuard, ReplayPolicy, RevocationPolicy, Statements, TrustAnchor,
///     Verifier,
/// };
/// use deputize_stores::FileStatementState;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let alice = deputize::SigningKey::generate()?;
/// # let root = deputize::Signer::public_key(&alice);
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("seen");
/// // Once, when the service is set up:
/// // let path = "/var/lib/crm/seen";
/// FileStatementState::create(&path)?;
///
/// // At each start. A file that is missing is an error.
/// let now = OffsetDateTime::now_utc();
/// let anchor = TrustAnchor::new(root, "alice@acme.com");
/// let statements = Statements::new(anchor.clone(), FileStatementState::open(&path)?)?;
/// # let list = deputize::RevocationDraft::own().sign(&alice, now, now + Duration::hours(24))?;
/// # let fetched = list.as_bytes();
/// let accepted = statements.accept(fetched, now)?;
/// # assert_eq!(accepted.effect, deputize::StatementEffect::Current);
/// let verifier = Verifier::new(
///     anchor,
///     RevocationPolicy::by_lists(ListPolicy::new(&statements, Duration::hours(1))),
///     ReplayPolicy::refused_by(MemoryReplayGuard::new(60_000, now)),
/// );
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// A user who can write the file can make verifiers forget, so only the user who runs the service
/// may change it and its folder. A copy that is restored while no process has the file open lacks
/// the statements that were seen since.
#[derive(Debug)]
pub struct FileStatementState {
    file: StateFile,
    lock_timeout: Duration,
    memory: Mutex<Memory>,
}

/// The facts about the file that must not change while it is open.
#[derive(Debug)]
struct Memory {
    id: [u8; 16],
    writes: u64,
    /// The reason why nothing more is stored, if that is so.
    closed: Option<StateFileError>,
}

/// The outcome of a change.
enum Put {
    Stored,
    /// This state is stored, and not the one that was to be replaced.
    Changed(Option<Box<SeriesState>>),
}

impl FileStatementState {
    /// Opens the state in a file.
    ///
    /// # Errors
    ///
    /// [`StateFileError::Missing`] if the file does not exist, and other errors if it cannot be
    /// used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StateFileError> {
        let file = StateFile::at(path.as_ref())?;
        let Seen { id, writes, .. } = file.read()?;
        let memory = Mutex::new(Memory { id, writes, closed: None });
        Ok(Self { file, lock_timeout: DEFAULT_LOCK_TIMEOUT, memory })
    }

    /// Creates a state in a new file, which has seen nothing. Its folder must exist.
    ///
    /// # Security
    ///
    /// If the old state was lost, an attacker who can withhold lists can show old ones again until
    /// they are stale. Call this function once, when the service is set up; otherwise call
    /// [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// [`StateFileError::Exists`] if the file exists, and other errors if it cannot be created.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, StateFileError> {
        let file = StateFile::at(path.as_ref())?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| StateFileError::NoRandomness)?;
        let locked = file.lock(after(DEFAULT_LOCK_TIMEOUT))?;
        if file.exists()? {
            return Err(StateFileError::Exists { path: file.path() });
        }
        locked.replace(&Seen::new(id))?;
        drop(locked);
        let memory = Mutex::new(Memory { id, writes: 0, closed: None });
        Ok(Self { file, lock_timeout: DEFAULT_LOCK_TIMEOUT, memory })
    }

    /// Sets the time that a change waits for others: by default 2 s, at most a minute.
    pub fn with_lock_timeout(self, timeout: Duration) -> Self {
        Self { lock_timeout: timeout, ..self }
    }

    /// Reads the state, which must be the one that was opened, and not older than the last one that
    /// was read.
    fn read(&self) -> Result<Seen, StateFileError> {
        let mut memory = self.memory();
        if let Some(why) = &memory.closed {
            return Err(why.clone());
        }
        let seen = self.file.read()?;
        if seen.id != memory.id || seen.writes < memory.writes {
            return Err(StateFileError::Replaced { path: self.file.path() });
        }
        memory.writes = seen.writes;
        Ok(seen)
    }

    /// Reads the state that counts as stored.
    fn read_durable(&self) -> Result<Seen, StateFileError> {
        let seen = self.read()?;
        self.close_unless_synced(self.file.sync())?;
        Ok(seen)
    }

    /// Stores a state in place of `before`.
    fn put(
        &self,
        before: Option<&SeriesState>,
        after: &SeriesState,
        may_be_older: bool,
    ) -> Result<Put, StateFileError> {
        let (id, path) = (after.series, self.file.path());
        if before == Some(after) {
            let own = self.read_durable()?.series.remove(&id);
            return Ok(if own.as_ref() == before {
                Put::Stored
            } else {
                Put::Changed(own.map(Box::new))
            });
        }
        let locked = self.file.lock(self::after(self.lock_timeout))?;
        let mut seen = self.read()?;
        let own = seen.series.remove(&id);
        if own.as_ref() != before {
            self.close_unless_synced(self.file.sync())?;
            return Ok(Put::Changed(own.map(Box::new)));
        }
        if let Some(why) = fault_of(after) {
            return Err(StateFileError::NotAState { path, series: id.to_string(), why });
        }
        if !may_be_older && own.is_some_and(|own| !after.forgets_nothing_of(&own)) {
            return Err(StateFileError::Older { path, series: id.to_string() });
        }
        if seen.series.len() >= MAX_SERIES {
            return Err(StateFileError::Full { path, most: MAX_SERIES });
        }
        seen.series.insert(id, after.clone());
        seen.writes = seen.writes.saturating_add(1);
        self.close_unless_synced(locked.replace(&seen))?;
        self.memory().writes = seen.writes;
        Ok(Put::Stored)
    }

    /// After a failed sync, the system may have dropped what it could not write, and the next sync
    /// may succeed all the same.
    fn close_unless_synced<T>(
        &self,
        answer: Result<T, StateFileError>,
    ) -> Result<T, StateFileError> {
        if let Err(why @ StateFileError::Sync { .. }) = &answer {
            self.memory().closed = Some(why.clone());
        }
        answer
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatementState for FileStatementState {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        let seen = self.read_durable();
        let seen = seen.map_err(|why| StateError::Failed(format!("cannot be read: {why}")))?;
        Ok(seen.series.into_values().collect())
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        answer(self.put(before, after, false))
    }

    fn reset(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        answer(self.put(before, after, true))
    }
}

fn answer(put: Result<Put, StateFileError>) -> Result<(), StateError> {
    match put {
        Ok(Put::Stored) => Ok(()),
        Ok(Put::Changed(stored)) => Err(StateError::Changed { stored }),
        Err(why) => Err(StateError::Failed(format!("cannot be stored: {why}"))),
    }
}

/// The time of the system's steady clock after a timeout.
fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout.min(MAX_LOCK_TIMEOUT)).unwrap_or(now)
}
