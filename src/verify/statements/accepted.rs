//! The result of accepting a statement.

use crate::statement::digest::StatementDigest;
use crate::statement::series::SeriesId;
use crate::statement::state::{SeriesState, StateError};

/// A statement that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an accepted statement may not be current"]
#[non_exhaustive]
pub struct Accepted {
    /// Its series.
    pub series: SeriesId,
    /// Its place in the series.
    pub sequence: u64,
    /// Its digest.
    pub digest: StatementDigest,
    /// The effect of the statement. Its entries refuse in any case.
    pub effect: StatementEffect,
}

/// The effect of an accepted statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementEffect {
    /// It is the latest of its series.
    Current,
    /// The statement contradicts others of its series. All of them refuse, and none of them is
    /// fresh.
    #[non_exhaustive]
    Forked {
        /// The digests of all of them.
        heads: Vec<StatementDigest>,
    },
    /// The statement could not be stored as seen. It refuses. For freshness, the stored one counts:
    /// an older one, or this one if only the comparison of the state failed. Accept the statement
    /// again when the store works.
    #[non_exhaustive]
    NotStored {
        /// The reason.
        why: StateError,
    },
    /// A newer statement was seen, but is not held: the process was restarted since, or another
    /// process that shares the state has seen it. This one refuses, and is never fresh.
    #[non_exhaustive]
    RolledBack {
        /// The highest sequence seen.
        seen: u64,
    },
    /// The power of its issuer has expired. The statement refuses, and is never fresh.
    PowerEnded,
}

impl StatementEffect {
    pub(super) fn of(state: &SeriesState) -> Self {
        match state.heads.as_slice() {
            [_] => Self::Current,
            heads => Self::Forked { heads: heads.iter().map(|head| head.digest).collect() },
        }
    }
}
