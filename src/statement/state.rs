//! The latest statements seen, which a verifier keeps in a store that survives a restart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use time::OffsetDateTime;

use crate::statement::digest::StatementDigest;
use crate::statement::series::SeriesId;

/// A statement that no newer one has replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesHead {
    /// The place in the series.
    pub sequence: u64,
    /// The digest.
    pub digest: StatementDigest,
    /// The time of issue, in whole seconds.
    pub issued: OffsetDateTime,
}

/// The latest statements seen of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesState {
    /// The series.
    pub series: SeriesId,
    /// One statement, or several while the series has a fork, in ascending order.
    pub heads: Vec<SeriesHead>,
    /// Heads of a fork that the operator decided against, in ascending order. They are not accepted
    /// again.
    pub rejected: Vec<SeriesHead>,
    /// True if no newer statement is accepted, because the issuer reported its own key as
    /// compromised.
    pub is_final: bool,
}

impl SeriesState {
    /// Returns true if this state is not older than `before`: each earlier head is still a head or
    /// precedes a new one, each rejected head stays rejected or is older than a head, and nothing
    /// changes after a final statement.
    pub fn forgets_nothing_of(&self, before: &Self) -> bool {
        let is_new = |head: &&SeriesHead| !before.heads.contains(head);
        let new = self.heads.iter().filter(is_new);
        let is_kept = |old: &SeriesHead| {
            self.heads.contains(old) || new.clone().any(|head| head.is_after(old))
        };
        let is_rejected = |old: &SeriesHead| {
            self.rejected.contains(old) || self.heads.iter().any(|head| head.is_after(old))
        };
        self.series == before.series
            && before.heads.iter().all(is_kept)
            && before.rejected.iter().all(is_rejected)
            && (!before.is_final || self == before)
    }
}

impl SeriesHead {
    /// Returns true if this statement is newer: its sequence is higher, and it is not issued
    /// earlier.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        self.sequence > other.sequence && self.issued >= other.issued
    }
}

/// A store of the latest statements seen. With it, a verifier notices an older statement even after
/// a restart.
///
/// # Security
///
/// The stored state must survive a crash, and the store must never replace it by an older one.
/// Verifiers that share a store must share all of it. If the store forgets, an attacker who can
/// withhold statements can show an old one again.
pub trait StatementState: Send + Sync {
    /// Returns all stored states. It is called once, at the start.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the states cannot be read. No statement is accepted then.
    fn load(&self) -> Result<Vec<SeriesState>, StateError>;

    /// Stores the state of a series durably, in place of `before`, which is `None` for a series
    /// that is not stored. If `before` and `after` are equal, it only compares.
    ///
    /// # Errors
    ///
    /// [`StateError::Changed`], with the stored state, if that is not `before`: another process was
    /// faster. [`StateError::Failed`] if the state cannot be stored, or would forget a statement
    /// seen before ([`SeriesState::forgets_nothing_of`]).
    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError>;

    /// Stores a state as [`replace`](Self::replace) does, even if it is older than `before`. The
    /// operator has named the head of a fork that counts, or the root has voided all heads.
    ///
    /// A store whose `replace` refuses older states must implement it.
    ///
    /// # Errors
    ///
    /// As [`replace`](Self::replace).
    fn reset(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        self.replace(before, after)
    }
}

/// A shared store.
impl<S: StatementState + ?Sized> StatementState for Arc<S> {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        (**self).load()
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        (**self).replace(before, after)
    }

    fn reset(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        (**self).reset(before, after)
    }
}

/// The failure of a [`StatementState`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another process has stored another state meanwhile.
    #[error("another process has stored a newer state of this series")]
    Changed {
        /// The stored state.
        stored: Option<Box<SeriesState>>,
    },
    /// The state cannot be read or written.
    #[error("the state of statements {0}")]
    Failed(String),
}

/// A store in memory, for tests and for services that have no durable store. A restart forgets
/// everything.
///
/// After a restart, such a service accepts an older list until that list is stale.
#[derive(Debug, Default)]
pub struct MemoryStatementState(Mutex<HashMap<SeriesId, SeriesState>>);

impl StatementState for MemoryStatementState {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        let stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(stored.values().cloned().collect())
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        match before.is_none_or(|before| after.forgets_nothing_of(before)) {
            true => self.reset(before, after),
            false => Err(StateError::Failed("would be replaced by an older one".to_owned())),
        }
    }

    fn reset(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = stored.get(&after.series);
        if own != before {
            return Err(StateError::Changed { stored: own.cloned().map(Box::new) });
        }
        stored.insert(after.series, after.clone());
        Ok(())
    }
}
