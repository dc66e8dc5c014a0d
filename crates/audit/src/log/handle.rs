//! The log as a service uses it.

use std::fmt::{self, Debug, Formatter};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use deputize::limits::MAX_UNPRESENTED_BYTES;
use deputize::{
    CalledBy, ChargedTo, Decision, Denial, Observation, Record, RecordKind, RecordRules, Signer,
};
use time::OffsetDateTime;

use crate::checkpoint::{Origin, SignedCheckpoint};
use crate::limits::{LATEST_RECORDS, MAX_WAITING_REFUSALS};
use crate::log::call::{Call, ObservedCall};
use crate::log::error::{At, LogError};
use crate::log::folder::Folder;
use crate::log::open::{create, open};
use crate::log::queue::{Shared, Written};
use crate::log::settings::LogSettings;
use crate::log::statements::for_each_core;
use crate::log::writer::{LogSigner, Writer};

/// The log of a service. It is in a folder, which one `Log` writes at a time; share it among the
/// threads of the service by reference or in an `Arc`.
///
/// [`record`](Self::record) stands between a decision and the call: it gives the permit back when the
/// record is on the disk. Records that arrive together are synced together.
///
/// Dropping it writes what waits, and a last checkpoint.
pub struct Log {
    origin: Origin,
    pub(super) folder: Folder,
    rules: RecordRules,
    /// The number of records when it was opened.
    opened_at: u64,
    pub(super) shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A decision that has its record.
#[derive(Debug)]
#[must_use = "the permit is in it"]
pub enum Recorded {
    /// The call is allowed, and its record is written.
    Allowed(Box<Call>),
    /// The call is refused.
    Refused {
        /// The refusal.
        denial: Denial,
        /// The record of it.
        record: RefusalRecord,
    },
}

/// The record of a refused call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalRecord {
    /// It has a record of its own, which is written later.
    Own {
        /// The index of the record.
        index: u64,
    },
    /// It has none. A record that says how many calls were refused below its first hop, and why, counts
    /// it when the minute is over: the refusal was beyond its bounds, too many records waited, the disk
    /// had less room than the reserve, or its record would have been too long.
    Counted,
}

impl Log {
    /// Creates a log in a folder that has none. Its first checkpoint is on the disk when this
    /// returns.
    ///
    /// `signer` has the key of the log, which signs nothing else.
    ///
    /// # Errors
    ///
    /// [`LogError`] if there is a log, or a file cannot be written.
    pub fn create(
        folder: impl Into<PathBuf>,
        signer: impl Signer + Send + 'static,
        settings: LogSettings,
        now: OffsetDateTime,
    ) -> Result<Self, LogError> {
        let signer: LogSigner = Box::new(signer);
        Self::start(create(Folder::new(folder), signer, &settings, now)?, settings)
    }

    /// Opens a log to go on with it. Pass the newest checkpoint that is kept elsewhere, if there is
    /// one: a log that does not extend it was set back, and is not opened.
    ///
    /// The names and erasers of the settings are those of the first record and are not read.
    ///
    /// # Errors
    ///
    /// [`LogError`] if there is no log, another writer has it open, it is damaged, or it was set
    /// back.
    pub fn open(
        folder: impl Into<PathBuf>,
        signer: impl Signer + Send + 'static,
        settings: LogSettings,
        newest: Option<&SignedCheckpoint>,
        now: OffsetDateTime,
    ) -> Result<Self, LogError> {
        let signer: LogSigner = Box::new(signer);
        Self::start(open(Folder::new(folder), signer, newest, now)?, settings)
    }

    fn start(writer: Writer, settings: LogSettings) -> Result<Self, LogError> {
        let opened_at = writer.tree.size();
        let shared = Shared::new(opened_at);
        let (origin, rules) = (writer.origin, settings.rules.clone());
        let folder = writer.folder.clone();
        let path = folder.path().to_owned();
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("deputize-log".into())
            .spawn(move || writer.run(&own, &settings))
            .at(&path)?;
        Ok(Self { origin, folder, rules, opened_at, shared, thread: Some(thread) })
    }

    /// Returns the origin of the log. Keep it where a reader can trust it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the latest time of the last thousand records that were there when the log was opened: a clock
    /// that shows an earlier one was set back. An [`Observer`](deputize::Observer) wants to know
    /// ([`seen`](deputize::Observer::seen)).
    ///
    /// # Errors
    ///
    /// [`LogError`] if the records cannot be read.
    pub fn latest(&self) -> Result<Option<OffsetDateTime>, LogError> {
        let mut latest = None;
        let first = self.opened_at.saturating_sub(LATEST_RECORDS);
        for_each_core(&self.folder, first, self.opened_at, |core| {
            latest = latest.max(Some(core.at));
        })?;
        Ok(latest)
    }

    /// Records a decision, and gives it back when the call may go out or is refused. Blocks the thread
    /// while the record of an allowed call is written; refused calls do not wait.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The permit is gone: refuse the call. A refused call
    /// stays refused.
    pub fn record(&self, decision: Decision) -> Result<Recorded, LogError> {
        match self.begin(decision)? {
            Begun::Refused(denial, record) => Ok(Recorded::Refused { denial, record }),
            Begun::Allowed(call, written) => finish(written.wait(), call),
        }
    }

    /// Records a decision as [`record`](Self::record) does, without blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub async fn record_async(&self, decision: Decision) -> Result<Recorded, LogError> {
        match self.begin(decision)? {
            Begun::Refused(denial, record) => Ok(Recorded::Refused { denial, record }),
            Begun::Allowed(call, written) => finish(written.await, call),
        }
    }

    /// Records a decision that is observed and not enforced, and gives it back when the call may go out,
    /// whatever the decision. Blocks the thread while the record is written.
    ///
    /// A call that is charged to nobody has a record of its own within the bounds for strangers. Beyond them,
    /// and while the disk has less room than the reserve, it is counted, and goes out without waiting.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The observation is gone: the call has no record, so it
    /// should not go out.
    pub fn record_observation(&self, observation: Observation) -> Result<ObservedCall, LogError> {
        match self.begin_observed(observation)? {
            (call, Some(written)) => finish_observed(written.wait(), call),
            (call, None) => Ok(call),
        }
    }

    /// Records an observed decision as [`record_observation`](Self::record_observation) does, without
    /// blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`record_observation`](Self::record_observation).
    pub async fn record_observation_async(
        &self,
        observation: Observation,
    ) -> Result<ObservedCall, LogError> {
        match self.begin_observed(observation)? {
            (call, Some(written)) => finish_observed(written.await, call),
            (call, None) => Ok(call),
        }
    }

    /// Leaves a record to the writer, such as one that a gateway made of another service's decision. A
    /// service uses [`record`](Self::record), which gives no permit before the record is written.
    ///
    /// # Errors
    ///
    /// [`LogError::Outcome`] if the record is an outcome, which only a [`Call`] or an [`ObservedCall`]
    /// records; another [`LogError`] if the log cannot be written.
    pub fn append(&self, record: &Record) -> Result<Written, LogError> {
        match record.kind() {
            RecordKind::Outcome { .. } => Err(LogError::Outcome),
            _ => self.shared.push(record),
        }
    }

    fn begin(&self, decision: Decision) -> Result<Begun, LogError> {
        match decision {
            Decision::Allow(permit) => {
                self.shared.refusals().begin(permit.chain().verified_at());
                let decision = Decision::Allow(permit);
                let record = Record::of(&decision, &self.rules)?;
                let written = self.shared.push(&record)?;
                let Decision::Allow(permit) = decision else { return Err(LogError::Closed) };
                // If nobody waits for it, its outcome is unknown.
                Ok(Begun::Allowed(Box::new(Call::new(permit, &written)), written))
            }
            Decision::Deny(denial) => {
                self.refuse(denial).map(|(denial, record)| Begun::Refused(denial, record))
            }
        }
    }

    fn begin_observed(
        &self,
        observation: Observation,
    ) -> Result<(ObservedCall, Option<Written>), LogError> {
        let at = observation.decided_at();
        self.shared.refusals().begin(at);
        // A denial has a reason.
        let stranger = observation.reasons().first().map(|own| own.code);
        let stranger = stranger.filter(|_| observation.called_by() == CalledBy::Unknown);
        let Some(code) = stranger else {
            let written = self.shared.push(&Record::of_observation(&observation, &self.rules)?)?;
            return Ok((ObservedCall::new(observation, &written), Some(written)));
        };
        if self.shared.has_room() && self.shared.waiting() < MAX_WAITING_REFUSALS {
            let record = Record::of_observation(&observation, &self.rules)?;
            // However long its arguments are, a stranger's call goes out as before.
            let bytes = record.openings_bytes();
            if bytes <= MAX_UNPRESENTED_BYTES
                && self.shared.refusals().has_unpresented_record(bytes, at)
            {
                let written = self.shared.push(&record)?;
                return Ok((ObservedCall::new(observation, &written), Some(written)));
            }
        }
        self.shared.refusals().count_unpresented(code, at);
        self.shared.counted()?;
        Ok((ObservedCall::counted(observation), None))
    }

    fn refuse(&self, denial: Denial) -> Result<(Denial, RefusalRecord), LogError> {
        let (at, is_for_the_holder) = (denial.decided_at(), denial.is_for_the_holder());
        // A denial has a reason.
        let Some(code) = denial.reasons().first().map(|own| own.code) else {
            return Ok((denial, RefusalRecord::Counted));
        };
        let decision = Decision::Deny(denial);
        // Where no guard was asked, anybody can have repeated the call, and nobody is held to it.
        let charged = ChargedTo::of(&decision).filter(|_| is_for_the_holder);
        let has_room = self.shared.has_room() && self.shared.waiting() < MAX_WAITING_REFUSALS;
        let has_record = has_room && self.shared.refusals().has_record(charged.as_ref(), code, at);
        let record = has_record.then(|| Record::of(&decision, &self.rules)).transpose();
        let pushed = match record {
            Ok(Some(record)) => self.shared.push(&record).map(|written| Some(written.index())),
            Ok(None) => Ok(None),
            Err(why) => Err(why.into()),
        };
        let own = match pushed {
            Ok(Some(index)) => RefusalRecord::Own { index },
            // One that cannot be recorded is counted, as is one that has no record.
            Ok(None) | Err(LogError::Record(_)) => {
                self.shared.refusals().count(charged.as_ref(), code, at);
                // A log that is closed takes nothing more, and the call stays refused.
                let _ = self.shared.counted();
                RefusalRecord::Counted
            }
            Err(why) => return Err(why),
        };
        match decision {
            Decision::Deny(denial) => Ok((denial, own)),
            Decision::Allow(_) => Err(LogError::Closed),
        }
    }

    /// Writes what waits and a last checkpoint, and closes the log.
    ///
    /// # Errors
    ///
    /// [`LogError`] if something could not be written, now or before.
    pub fn close(mut self) -> Result<(), LogError> {
        self.end();
        match self.shared.failure() {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }

    fn end(&mut self) {
        self.shared.end();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A decision whose record has an index, if it is to have one.
enum Begun {
    Allowed(Box<Call>, Written),
    Refused(Denial, RefusalRecord),
}

fn finish(written: Result<u64, LogError>, call: Box<Call>) -> Result<Recorded, LogError> {
    match written {
        Ok(_) => Ok(Recorded::Allowed(call)),
        Err(why) => {
            call.forget();
            Err(why)
        }
    }
}

fn finish_observed(
    written: Result<u64, LogError>,
    call: ObservedCall,
) -> Result<ObservedCall, LogError> {
    match written {
        Ok(_) => Ok(call),
        Err(why) => {
            call.forget();
            Err(why)
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.end();
    }
}

impl Debug for Log {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("origin", &self.origin).finish_non_exhaustive()
    }
}
