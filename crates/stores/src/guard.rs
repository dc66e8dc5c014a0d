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

/// Uses that a guard remembers by default: a thousand calls a second, for a minute of freshness and
/// the minute that one file covers.
const DEFAULT_CAPACITY: usize = 120_000;

/// The part of the capacity for chains with one first hop, as in
/// [`REPLAY_SHARES`](deputize::limits::REPLAY_SHARES).
const SHARES: usize = deputize::limits::REPLAY_SHARES;

const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest time that a call may wait for the folder.
const MAX_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// Seconds by which the clock may have been set back between two starts.
const AHEAD: u64 = 600;

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

/// The room for one more presentation with a first hop.
enum Room {
    Free,
    /// The first hop has no more.
    ShareFull,
    /// No first hop has any.
    Full,
}

/// The contents of the files that were read so far.
#[derive(Debug)]
struct Memory {
    /// The id of the folder.
    id: [u8; 16],
    used: Ids,
    noted: Ids,
    /// The reason why the guard is closed, if it is.
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
        Self::open_or_begin(folder.as_ref(), now, Some(seconds(now)))
    }

    /// Opens the guard in `folder`, or makes a new one there for a new audience, which has no
    /// earlier uses.
    ///
    /// # Security
    ///
    /// If the folder was lost, this function accepts presentations that were used before. Call it
    /// once, when the service is set up; otherwise call [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_for_new_audience(
        folder: impl AsRef<Path>,
        now: OffsetDateTime,
    ) -> Result<Self, OpenError> {
        Self::open_or_begin(folder.as_ref(), now, None)
    }

    fn open_or_begin(
        path: &Path,
        now: OffsetDateTime,
        began: Option<u64>,
    ) -> Result<Self, OpenError> {
        let folder = Folder::create(path)?;
        let locked = folder.lock(after(DEFAULT_LOCK_TIMEOUT))?;
        let mut used = Ids::new("used", true);
        used.refresh(&folder, None)?;
        let file = folder.file("state");
        let state = match folder.state()? {
            Some(state) => state,
            None if used.len() > 0 => {
                return Err(OpenError::damaged(&file, "the state is missing"));
            }
            None => {
                let mut id = [0; 16];
                getrandom::fill(&mut id).map_err(|_| OpenError::NoRandomness)?;
                let state = State { id, began, forgotten: None };
                folder.write_state(state)?;
                state
            }
        };
        let latest = seconds(now).saturating_add(AHEAD);
        if let Some(at) = state.began.max(state.forgotten).filter(|at| *at > latest) {
            return Err(OpenError::FromTheFuture { path: file, at });
        }
        locked.check()?;
        drop(locked);
        let noted = Ids::new("noted", false);
        let memory = Mutex::new(Memory { id: state.id, used, noted, closed: None });
        Ok(Self {
            folder,
            capacity: DEFAULT_CAPACITY,
            share: DEFAULT_CAPACITY.div_ceil(SHARES),
            lock_timeout: DEFAULT_LOCK_TIMEOUT,
            memory,
        })
    }

    /// Sets the number of uses that the guard remembers (by default 120,000), and the share of
    /// chains with one first hop to a quarter of it.
    pub fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, share: capacity.div_ceil(SHARES), ..self }
    }

    /// Sets the number of uses that chains with one first hop may have.
    pub fn with_share(self, share: usize) -> Self {
        Self { share, ..self }
    }

    /// Sets the time that a call waits for the folder: by default 2 s, at most a minute.
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
        let locked = self.folder.lock(deadline)?;
        let answer = self.state(&memory).and_then(|state| act(&self.folder, &mut memory, state));
        if let Err(why @ (OpenError::Sync { .. } | OpenError::Damaged { .. })) = &answer {
            memory.closed = Some(why.clone());
        }
        // If the folder was replaced, another process may have locked the new one.
        answer.and_then(|answer| locked.check().map(|()| answer))
    }

    fn memory(&self, deadline: Instant) -> Result<MutexGuard<'_, Memory>, OpenError> {
        loop {
            match self.memory.try_lock() {
                Ok(memory) => return Ok(memory),
                // A thread that panicked may have left half an entry, so the memory cannot be
                // relied on.
                Err(TryLockError::Poisoned(_)) => {
                    return Err(OpenError::io(&self.folder.file(""), "a thread panicked"));
                }
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(OpenError::Locked { path: self.folder.file("") });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }

    /// Reads the state, which must belong to the guard that was opened.
    fn state(&self, memory: &Memory) -> Result<State, OpenError> {
        let path = self.folder.file("state");
        let state = self.folder.state()?;
        let state = state.ok_or_else(|| OpenError::damaged(&path, "the state is missing"))?;
        if state.id != memory.id {
            return Err(OpenError::damaged(&path, "another guard was made in its place"));
        }
        Ok(state)
    }
}

impl ReplayGuard for FileReplayGuard {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        let [from, until, now] = [presented.from, presented.until, presented.now].map(seconds);
        let answer = self.locked(|folder, memory, mut state| {
            memory.used.refresh(folder, state.forgotten)?;
            if memory.used.contains(&presented.id) {
                return Ok(Err(ReplayError::Replayed));
            }
            if let Some(began) = state.began.filter(|began| from <= *began) {
                let why = format!(
                    "it began at {began} (seconds since 1970), and the presentation may have been used before that"
                );
                return Ok(Err(ReplayError::Unknown(why)));
            }
            memory.forget(folder, &mut state, now)?;
            if state.may_have_forgotten(until) {
                return Ok(Err(ReplayError::Unknown("the clock went back".to_owned())));
            }
            match self.room(&memory.used, presented) {
                Room::ShareFull => return Ok(Err(ReplayError::ShareFull)),
                Room::Full => return Ok(Err(ReplayError::Full)),
                Room::Free => {}
            }
            memory.used.add(folder, presented.id, presented.first_hop, until)?;
            Ok(Ok(()))
        });
        answer.unwrap_or_else(|why| Err(ReplayError::Unknown(why.to_string())))
    }

    fn note(&self, presented: &Presented) -> Arrival {
        let [from, until, now] = [presented.from, presented.until, presented.now].map(seconds);
        let answer = self.locked(|folder, memory, mut state| {
            memory.used.refresh(folder, state.forgotten)?;
            if memory.used.contains(&presented.id) {
                return Ok(Arrival::Used);
            }
            memory.forget(folder, &mut state, now)?;
            let began_later = state.began.is_some_and(|began| from <= began);
            if began_later || state.may_have_forgotten(until) {
                return Ok(Arrival::Unknown);
            }
            // A failure to write notes must not affect uses.
            Ok(self.arrival(folder, memory, presented, until).unwrap_or_else(|_| {
                memory.noted = Ids::new("noted", false);
                Arrival::Unknown
            }))
        });
        answer.unwrap_or(Arrival::Unknown)
    }
}

impl FileReplayGuard {
    fn room(&self, ids: &Ids, presented: &Presented) -> Room {
        match () {
            () if ids.of_first_hop(&presented.first_hop) >= self.share => Room::ShareFull,
            () if ids.len() >= self.capacity => Room::Full,
            () => Room::Free,
        }
    }

    /// Notes a presentation that was refused and not used up.
    fn arrival(
        &self,
        folder: &Folder,
        memory: &mut Memory,
        presented: &Presented,
        until: u64,
    ) -> Result<Arrival, OpenError> {
        memory.noted.refresh(folder, None)?;
        if memory.noted.contains(&presented.id) {
            return Ok(Arrival::Again);
        }
        match self.room(&memory.noted, presented) {
            Room::ShareFull => return Ok(Arrival::ShareFull),
            Room::Full => return Ok(Arrival::Unknown),
            Room::Free => {}
        }
        memory.noted.add(folder, presented.id, presented.first_hop, until)?;
        Ok(Arrival::First)
    }
}

impl Memory {
    /// Forgets uses that have ended. The state is stored first: a deleted use must not be accepted
    /// again.
    fn forget(&mut self, folder: &Folder, state: &mut State, now: u64) -> Result<(), OpenError> {
        let last = self.used.ended_before(now).max(self.noted.ended_before(now));
        if last <= state.forgotten {
            return Ok(());
        }
        state.forgotten = last;
        folder.write_state(*state)?;
        self.used.forget(folder, last)?;
        if self.noted.forget(folder, last).is_err() {
            self.noted = Ids::new("noted", false);
        }
        Ok(())
    }
}

/// Seconds since 1970, and 0 before that.
fn seconds(at: OffsetDateTime) -> u64 {
    u64::try_from(at.unix_timestamp()).unwrap_or(0)
}

/// The time of the system's steady clock after a timeout.
fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout.min(MAX_LOCK_TIMEOUT)).unwrap_or(now)
}
