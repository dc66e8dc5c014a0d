//! The standing of a statement that was accepted.

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
    /// What it counts for. Its entries refuse in any case.
    pub standing: Standing,
}

/// The standing of an accepted statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It is the latest of its series.
    Current,
    /// It and others of its series contradict each other. All of them refuse, and none is fresh.
    #[non_exhaustive]
    Forked {
        /// The digests of all of them.
        heads: Vec<StatementDigest>,
    },
    /// That it was seen could not be stored. It refuses, and what was stored before counts for
    /// freshness: an older one, or this one, if only the state could not be compared. Accept it again
    /// when it can be stored.
    #[non_exhaustive]
    NotStored {
        /// The reason.
        why: StateError,
    },
    /// A newer one was seen, but is not held: this process was started again since, or another one that
    /// shares the state has seen it. It refuses, and is never fresh.
    #[non_exhaustive]
    RolledBack {
        /// The highest sequence that was seen.
        seen: u64,
    },
    /// The power of its issuer has expired. It refuses, and is never fresh.
    PowerEnded,
}

impl Standing {
    pub(super) fn of(state: &SeriesState) -> Self {
        match state.heads.as_slice() {
            [_] => Self::Current,
            heads => Self::Forked { heads: heads.iter().map(|head| head.digest).collect() },
        }
    }
}
