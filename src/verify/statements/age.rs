//! The age of the knowledge of a series.

use crate::instant::UnixTime;
use crate::statement::digest::StatementDigest;
use crate::statement::in_series::InSeries;
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::Issue;
use crate::statement::state::SeriesHead;
use crate::verify::statements::power::Power;

/// A statement that counts.
#[derive(Debug, Clone)]
pub(crate) struct HeldStatement<S> {
    pub(super) statement: S,
    /// The power of an issuer who has it by a token.
    pub(super) power: Option<Power>,
}

/// A list whose entries count.
pub(crate) type HeldList = HeldStatement<RevocationList>;

impl<S: InSeries> HeldStatement<S> {
    pub(super) fn issue(&self) -> &Issue {
        self.statement.issue()
    }

    pub(super) fn digest(&self) -> StatementDigest {
        self.statement.digest()
    }

    /// Returns the statement as a head of its series.
    pub(super) fn head(&self) -> SeriesHead {
        self.statement.head()
    }
}

/// The age of the knowledge of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// The age of its one head.
    Of(Issued),
    /// Its statements contradict each other.
    Forked,
    /// The power of its issuer has ended.
    PowerEnded,
    /// The statement is seen, but the state could not be stored.
    NotStored,
    /// A newer statement was seen, but only an older one is held.
    RolledBack,
}

impl Age {
    /// Orders the ages that are not fresh. Of several series of one issuer, a stale one counts
    /// before an unknown one.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Of(_) | Self::Forked | Self::PowerEnded => 0,
            Self::NotStored => 1,
            Self::RolledBack => 2,
        }
    }
}

/// A statement, for reports. Every decision copies it, so it is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InForce {
    /// The beginning of the issuer's key.
    pub(crate) fingerprint: [u8; 8],
    pub(crate) sequence: u64,
    pub(crate) issued: UnixTime,
}

/// The times of a statement, and its place in the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(super) statement: InForce,
    next: UnixTime,
}

impl Issued {
    pub(super) fn of(issue: &Issue) -> Self {
        let Issue { sequence, issued, next, series, .. } = *issue;
        let fingerprint = series.issuer.first_bytes();
        Self { statement: InForce { fingerprint, sequence, issued }, next }
    }

    /// Returns the time from which on the statement is stale.
    pub(super) fn stale_from(&self, max_stale: u64) -> UnixTime {
        self.next.min(self.statement.issued.plus(max_stale))
    }
}
