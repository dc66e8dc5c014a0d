//! Settings of a log.

use std::time::Duration;

use deputize::{PublicKey, RecordRules};

use crate::limits::{CHECKPOINT_INTERVAL, DEFAULT_RESERVE};

/// When a record counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When it is on the disk. Records that arrive together are synced together.
    Synced,
    /// When the operating system has it; it is synced at most this much later. If the machine loses
    /// power, calls that went out in this time have no record.
    Within(Duration),
}

/// The settings of a log.
#[derive(Debug, Clone)]
pub struct LogSettings {
    pub(super) service: String,
    pub(super) verifier: String,
    pub(super) erasers: Vec<PublicKey>,
    pub(super) rules: RecordRules,
    pub(super) durability: Durability,
    pub(super) checkpoint_interval: Duration,
    pub(super) reserve: u64,
}

impl LogSettings {
    /// Creates settings for the log of this verifier of a service, as its operator calls them. The
    /// first record of a log has these names.
    pub fn new(service: impl Into<String>, verifier: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            verifier: verifier.into(),
            erasers: Vec::new(),
            rules: RecordRules::default(),
            durability: Durability::Synced,
            checkpoint_interval: CHECKPOINT_INTERVAL,
            reserve: DEFAULT_RESERVE,
        }
    }

    /// Sets the keys that may sign erasures, beside that of the log, or delegate the power to (by
    /// `deputize.log` on `log/ID`). They are in the first record, so they are fixed when the log is
    /// created.
    #[must_use]
    pub fn with_erasers(self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { erasers: keys.into_iter().collect(), ..self }
    }

    /// Sets the values of calls that are kept.
    #[must_use]
    pub fn with_rules(self, rules: RecordRules) -> Self {
        Self { rules, ..self }
    }

    /// Sets when a record counts as written, and so when a call may go out:
    /// [`Durability::Synced`] by default.
    #[must_use]
    pub fn with_durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Sets the time from a record to the checkpoint that covers it, at most; one second by default.
    /// Records behind the last checkpoint can be changed unnoticed by whoever can write to the disk.
    #[must_use]
    pub fn with_checkpoint_interval(self, interval: Duration) -> Self {
        Self { checkpoint_interval: interval.min(CHECKPOINT_INTERVAL), ..self }
    }

    /// Sets the free room on the disk, in bytes, below which refused calls have no record each: 64 MiB
    /// by default. The rest is for calls that are allowed.
    #[must_use]
    pub fn with_reserve(self, bytes: u64) -> Self {
        Self { reserve: bytes, ..self }
    }
}
