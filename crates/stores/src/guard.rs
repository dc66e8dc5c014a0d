//! A replay guard in a folder.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use deputize::{Arrival, Presented, ReplayError, ReplayGuard};
use time::OffsetDateTime;

use crate::error::OpenError;
use crate::folder::{Folder, PAUSE, State};
use crate::ids::Ids;

/// Uses that a guard remembers unless told otherwise: a thousand calls a second, for a minute of
/// freshness and a minute of a file.
const DEFAULT_CAPACITY: usize = 120_000;

/// The part of the capacity for chains with one first hop, as in
/// [`REPLAY_SHARES`](deputize::limits::REPLAY_SHARES).
const SHARES: usize = deputize::limits::REPLAY_SHARES;

const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// A replay guard in a folder, for all processes of one machine that serve one audience.
///
/// Each use is on the disk before the call is allowed. When the guard is full it refuses; it never
/// forgets early. When it cannot lock, read or write the folder, it refuses as
/// [`ReplayUnknown`](deputize::DenyCode::ReplayUnknown).
///
/// It takes some 200 bytes of memory and 72 of the disk for each use.
#[derive(Debug)]
pub struct FileReplayGuard {
    folder: Folder,
    capacity: usize,
    share: usize,
    lock_timeout: Duration,
    memory: Mutex<Memory>,
}

/// What was read from the files.
#[derive(Debug)]
struct Memory {
    began: Option<u64>,
    used: Ids,
    noted: Ids,
    /// Why the guard is closed, once it is.
    closed: Option<OpenError>,
}

impl FileReplayGuard {
    /// Opens the guard in `folder`, or makes a new one there that starts at `now`.
    ///
    /// A new guard refuses presentations that could have been used before `now`: with the default
    /// window, all of them for the first 30 seconds.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the folder cannot be used.
    pub fn open(folder: impl AsRef<Path>, now: OffsetDateTime) -> Result<Self, OpenError> {
        Self::open_or_begin(folder.as_ref(), Some(seconds(now)))
    }

    /// Opens the guard in `folder`, or makes a new one there for an audience that has never been
    /// called before, so that there are no earlier uses.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_for_new_audience(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_or_begin(folder.as_ref(), None)
    }

    fn open_or_begin(path: &Path, began: Option<u64>) -> Result<Self, OpenError> {
        let folder = Folder::create(path)?;
        folder.create_lock()?;
        let locked = folder.lock(after(DEFAULT_LOCK_TIMEOUT))?;
        let mut used = Ids::new("used", true);
        used.refresh(&folder)?;
        let state = match folder.state()? {
            Some(state) => state,
            None if used.len() > 0 => {
                return Err(OpenError::damaged(&folder.file("state"), "the state is missing"));
            }
            None => {
                let state = State { began, forgotten: None };
                folder.write_state(state)?;
                state
            }
        };
        drop(locked);
        let noted = Ids::new("noted", false);
        let memory = Mutex::new(Memory { began: state.began, used, noted, closed: None });
        Ok(Self {
            folder,
            capacity: DEFAULT_CAPACITY,
            share: DEFAULT_CAPACITY.div_ceil(SHARES),
            lock_timeout: DEFAULT_LOCK_TIMEOUT,
            memory,
        })
    }

    /// Sets how many uses the guard remembers, instead of 120,000, and how many of them chains with
    /// one first hop may have, to a quarter of it.
    pub fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, share: capacity.div_ceil(SHARES), ..self }
    }

    /// Sets how many uses chains with one first hop may have.
    pub fn with_share(self, share: usize) -> Self {
        Self { share, ..self }
    }

    /// Sets how long a call waits for the folder, instead of 2 s.
    pub fn with_lock_timeout(self, timeout: Duration) -> Self {
        Self { lock_timeout: timeout, ..self }
    }

    /// Runs `act` while no other thread and no other process uses the folder.
    fn locked<T>(
        &self,
        act: impl FnOnce(&Folder, &mut Memory, State) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let deadline = after(self.lock_timeout);
        let mut memory = self.memory(deadline)?;
        if let Some(why) = &memory.closed {
            return Err(why.clone());
        }
        let _locked = self.folder.lock(deadline)?;
        let answer = self.state(&memory).and_then(|state| act(&self.folder, &mut memory, state));
        match &answer {
            Ok(_) | Err(OpenError::Locked { .. }) => {}
            // Read all files again.
            Err(OpenError::Io { .. }) => {
                (memory.used, memory.noted) = (Ids::new("used", true), Ids::new("noted", false));
            }
            Err(why @ (OpenError::Sync { .. } | OpenError::Damaged { .. })) => {
                memory.closed = Some(why.clone());
            }
        }
        answer
    }

    fn memory(&self, deadline: Instant) -> Result<MutexGuard<'_, Memory>, OpenError> {
        loop {
            match self.memory.try_lock() {
                Ok(memory) => return Ok(memory),
                // A thread that panicked may have left half an entry: nothing is known any more.
                Err(TryLockError::Poisoned(_)) => {
                    return Err(OpenError::io(&self.folder.file("lock"), "a thread panicked"));
                }
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(OpenError::Locked { path: self.folder.file("lock") });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }

    /// Reads the state. It must be that of the guard which was opened.
    fn state(&self, memory: &Memory) -> Result<State, OpenError> {
        let path = self.folder.file("state");
        let state = self.folder.state()?;
        let state = state.ok_or_else(|| OpenError::damaged(&path, "the state is missing"))?;
        if state.began != memory.began {
            return Err(OpenError::damaged(&path, "another guard was made in its place"));
        }
        Ok(state)
    }
}

impl ReplayGuard for FileReplayGuard {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        let [from, until, now] = [presented.from, presented.until, presented.now].map(seconds);
        let answer = self.locked(|folder, memory, mut state| {
            let Memory { used, noted, .. } = memory;
            used.refresh(folder)?;
            if used.contains(&presented.id) {
                return Ok(Err(ReplayError::Replayed));
            }
            if let Some(began) = state.began.filter(|began| from <= *began) {
                let why = format!(
                    "it began at {began} (seconds since 1970), and the presentation may have been used before that"
                );
                return Ok(Err(ReplayError::Unknown(why)));
            }
            if let Some(last) = used.ended_before(now) {
                // First the state: what is deleted must not be accepted again.
                state.forgotten = state.forgotten.max(Some(last));
                folder.write_state(state)?;
                used.forget(folder, last)?;
                noted.refresh(folder)?;
                noted.forget(folder, last)?;
            }
            if state.forgotten.is_some_and(|last| until <= last) {
                return Ok(Err(ReplayError::Unknown("the clock went back".to_owned())));
            }
            if used.len() >= self.capacity || used.of_first_hop(&presented.first_hop) >= self.share {
                return Ok(Err(ReplayError::Full));
            }
            used.add(folder, presented.id, presented.first_hop, until)?;
            Ok(Ok(()))
        });
        answer.unwrap_or_else(|why| Err(ReplayError::Unknown(why.to_string())))
    }

    fn note(&self, presented: &Presented) -> Arrival {
        let answer = self.locked(|folder, memory, _| {
            let Memory { used, noted, .. } = memory;
            used.refresh(folder)?;
            if used.contains(&presented.id) {
                return Ok(Arrival::Used);
            }
            noted.refresh(folder)?;
            if let Some(last) = noted.ended_before(seconds(presented.now)) {
                noted.forget(folder, last)?;
            }
            if noted.contains(&presented.id) {
                return Ok(Arrival::Again);
            }
            if noted.len() >= self.capacity
                || noted.of_first_hop(&presented.first_hop) >= self.share
            {
                return Ok(Arrival::Unknown);
            }
            noted.add(folder, presented.id, presented.first_hop, seconds(presented.until))?;
            Ok(Arrival::First)
        });
        answer.unwrap_or(Arrival::Unknown)
    }
}

/// Seconds since 1970, and 0 before that.
fn seconds(at: OffsetDateTime) -> u64 {
    u64::try_from(at.unix_timestamp()).unwrap_or(0)
}

/// The time of the system's steady clock after a timeout; one that is too long for it is none.
fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now)
}
