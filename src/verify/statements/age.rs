//! How old the knowledge of a series is.

use crate::instant::UnixTime;
use crate::revocation::list::RevocationList;
use crate::statement::series::Issue;
use crate::statement::state::SeriesHead;
use crate::verify::statements::power::Power;

/// A list whose entries count.
#[derive(Debug, Clone)]
pub(crate) struct HeldList {
    pub(super) list: RevocationList,
    /// The power of a revoker by a token.
    pub(super) power: Option<Power>,
}

impl HeldList {
    pub(super) fn issue(&self) -> &Issue {
        self.list.issue()
    }

    /// Returns the head that it is if nothing replaces it.
    pub(super) fn head(&self) -> SeriesHead {
        let Issue { sequence, issued, .. } = *self.issue();
        SeriesHead { sequence, digest: self.list.digest(), issued: issued.to_datetime() }
    }
}

/// How old the knowledge of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// That of its one head.
    Of(Issued),
    /// It has statements that contradict each other.
    Forked,
    /// The power of its issuer has ended.
    PowerEnded,
    /// It could not be stored that its list was seen.
    NotStored,
    /// Only an older list than one that was seen is held.
    RolledBack,
}

impl Age {
    /// Orders the ages that are not fresh: of several series of one issuer, what is stale counts before
    /// what is unknown.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Of(_) | Self::Forked | Self::PowerEnded => 0,
            Self::NotStored => 1,
            Self::RolledBack => 2,
        }
    }
}

/// A list, for reports. Every decision copies it, so it is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListInForce {
    /// The beginning of the issuer's key.
    pub(crate) fingerprint: [u8; 8],
    pub(crate) sequence: u64,
    pub(crate) issued: UnixTime,
}

/// The times of a list, and its place in the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(super) list: ListInForce,
    next: UnixTime,
}

impl Issued {
    pub(super) fn of(held: &HeldList) -> Self {
        let Issue { sequence, issued, next, series, .. } = *held.issue();
        let fingerprint = series.issuer.first_bytes();
        Self { list: ListInForce { fingerprint, sequence, issued }, next }
    }

    /// Returns the time from which on the list is stale.
    pub(super) fn stale_from(&self, max_stale: u64) -> UnixTime {
        self.next.min(self.list.issued.plus(max_stale))
    }
}
