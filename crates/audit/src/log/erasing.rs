//! Erasing as a service does it: by the key of its log, or by statements that others sign.

use std::sync::mpsc;

use deputize::{FieldKind, Note, PublicKey, Token};
use time::OffsetDateTime;

use crate::checkpoint::Checkpoint;
use crate::erasure::{ErasedRange, Erasure, ErasureReason};
use crate::log::along::with_all_along;
use crate::log::divide::divide;
use crate::log::error::LogError;
use crate::log::handle::Log;
use crate::log::open::checkpoint;
use crate::log::order::{Command, Order};
use crate::log::retention::older_than;
use crate::log::statements::Statements;

impl Log {
    /// Erases values for good: statements that the key of the log signs become records, and then the
    /// values are removed from the files. What goes with them goes too: see
    /// [`FieldKind::takes_along`](deputize::FieldKind::takes_along), outcomes of the calls, and other
    /// records of the same presentations. Blocks until it is done, and returns the indexes of the records.
    ///
    /// There is one statement, or as many as it takes to name all ranges, and all values that were wrong
    /// before. Each is complete by itself: after a crash or an error, those that are in the log are carried
    /// out, and the same call erases the rest.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the ranges are not in the log, or a file cannot be read or written.
    pub fn erase(
        &self,
        ranges: impl IntoIterator<Item = ErasedRange>,
        why: ErasureReason,
        now: OffsetDateTime,
    ) -> Result<Vec<u64>, LogError> {
        self.order(Order::Own { ranges: ranges.into_iter().collect(), why }, now)
    }

    /// Returns the records before this time that no erasure in the log is about yet, for
    /// [`erase`](Self::erase): retention by age. `kinds` are the kinds of values to erase, `None` for all.
    /// The first record stays, which says whose log it is. Clocks can be set back, so the ranges need not
    /// be one.
    ///
    /// # Errors
    ///
    /// [`LogError`] if a file cannot be read.
    pub fn older_than(
        &self,
        time: OffsetDateTime,
        kinds: Option<&[FieldKind]>,
    ) -> Result<Vec<ErasedRange>, LogError> {
        self.read(|own| older_than(&self.folder, own, time, kinds))
    }

    /// Returns the statements for somebody else to sign who may erase these values: an eraser of the log, or
    /// the holder of an authority ([`Erasure::authority`]). They name what goes with the values, as
    /// [`erase`](Self::erase) does, and are about the newest tree that a checkpoint covers.
    ///
    /// ```
    /// # use deputize::{Signer as _, SigningKey};
    /// # use deputize_audit::{ErasedRange, ErasureReason, Log, LogError};
    /// # fn erase(log: &Log, officer: &SigningKey, ranges: Vec<ErasedRange>) -> Result<(), LogError> {
    /// # let now = time::OffsetDateTime::now_utc();
    /// let key = officer.public_key();
    /// let plan = log.plan_erasure(ranges, ErasureReason::Request, key, None, now)?;
    /// let signed = plan.iter().map(|own| own.sign(officer)).collect::<Result<Vec<_>, _>>()?;
    /// log.erase_as_stated(signed, now)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`LogError`] if the key may not erase in this log at this time, the ranges are not in it, the authority
    /// is too long for a record, or a file cannot be read.
    pub fn plan_erasure(
        &self,
        ranges: impl IntoIterator<Item = ErasedRange>,
        why: ErasureReason,
        signer: PublicKey,
        authority: Option<Token>,
        now: OffsetDateTime,
    ) -> Result<Vec<Erasure>, LogError> {
        let ranges: Vec<_> = ranges.into_iter().collect();
        self.read(|own| {
            let log = Statements::of(&self.folder, *own.origin(), *own.head())?;
            let mut whole = log.frame(signer, authority.clone(), why, now);
            log.require_power(&whole, now)?;
            whole.ranges = with_all_along(&self.folder, log.size(), ranges.clone())?;
            let mut plan = Vec::new();
            divide(&log, whole, |statement, _| {
                plan.push(statement);
                Ok(())
            })?;
            Ok(plan)
        })
    }

    /// Erases the values that statements name, if their signers may erase in this log at this time. All of
    /// them count, or none becomes a record. Returns the indexes of their records. Check before whether a hop
    /// of an authority is revoked, if there is one: the log knows no lists.
    ///
    /// # Errors
    ///
    /// [`LogError`] if a statement does not count, its record would be too long, or a file cannot be written.
    /// The statements of [`plan_erasure`](Self::plan_erasure) fit, unless further values became wrong since.
    pub fn erase_as_stated(
        &self,
        statements: impl IntoIterator<Item = Note>,
        now: OffsetDateTime,
    ) -> Result<Vec<u64>, LogError> {
        self.order(Order::Signed(statements.into_iter().collect()), now)
    }

    fn order(&self, order: Order, at: OffsetDateTime) -> Result<Vec<u64>, LogError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.shared.order(Command { order, at, reply })?;
        // The writer drops the other end only when the log is closed.
        let closed = || self.shared.failure().unwrap_or(LogError::Closed);
        answer.recv().map_err(|_| closed())?
    }

    /// Reads what the newest checkpoint covers.
    fn read<T>(&self, read: impl Fn(&Checkpoint) -> Result<T, LogError>) -> Result<T, LogError> {
        let mut own = checkpoint(&self.folder)?;
        loop {
            let found = read(&own);
            // While the log is written, the tiles of a checkpoint can be gone: then there is a newer one.
            let newest = checkpoint(&self.folder)?;
            if !matches!(found, Err(LogError::Tile(_))) || newest == own {
                return found;
            }
            own = newest;
        }
    }
}
