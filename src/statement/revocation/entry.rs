//! Entries of revocation lists.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::{UnixTime, whole_seconds};
use crate::limits::MAX_CLOCK_TOLERANCE;
use crate::statement::digest::StatementDigest;

/// The number of bytes of a hop's id in an entry. Only a party that makes both hops can find two
/// with the same bytes, and its entry then revokes too much.
pub(crate) const ID_BYTES: usize = 16;

/// Bytes of the entry of a hop.
pub(crate) const ENTRY_BYTES: usize = ID_BYTES + 4 + 3;

/// The entry of a hop in the body of a list: its id, the time of its revocation, and its expiry.
pub(super) type Record = [u8; ENTRY_BYTES];

const HOUR: u64 = 3_600;

/// Replaces the expiry of a hop if it is unknown. Such an entry is never pruned.
const NOT_KNOWN: u32 = 0xff_ffff;

/// The entry of a revoked hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedHop {
    pub(crate) id: [u8; ID_BYTES],
    pub(crate) since: u32,
    /// In hours since 1970, rounded up.
    pub(crate) expires: u32,
}

impl RevokedHop {
    /// Creates the entry of a hop that was revoked at `since`. `expires` is `None` if the expiry of
    /// the hop is unknown.
    pub(crate) fn new(id: &HopId, since: UnixTime, expires: Option<UnixTime>) -> Self {
        let hours = expires.map(|at| at.seconds().div_ceil(HOUR));
        let hours = hours.and_then(|hours| u32::try_from(hours).ok());
        Self {
            id: first_bytes(id),
            since: u32::try_from(since.seconds()).unwrap_or(u32::MAX),
            expires: hours.unwrap_or(NOT_KNOWN).min(NOT_KNOWN),
        }
    }

    /// Returns the first 16 bytes of the hop's id.
    pub fn id(&self) -> [u8; ID_BYTES] {
        self.id
    }

    /// Returns true if the entry is about this hop.
    pub fn is_about(&self, hop: &HopId) -> bool {
        self.id == first_bytes(hop)
    }

    /// Returns the time of the revocation, as its author states it. Times after 7 February 2106 are
    /// returned as that time.
    pub fn since(&self) -> OffsetDateTime {
        self.since_unix().to_datetime()
    }

    pub(crate) fn since_unix(&self) -> UnixTime {
        UnixTime::from_seconds(u64::from(self.since)).unwrap_or(UnixTime::MAX)
    }

    /// Returns the time at which the hop expires, rounded up to a whole hour; `None` if it is
    /// unknown.
    pub fn expires(&self) -> Option<OffsetDateTime> {
        self.expires_unix().map(UnixTime::to_datetime)
    }

    pub(crate) fn expires_unix(&self) -> Option<UnixTime> {
        let seconds = u64::from(self.expires).saturating_mul(HOUR);
        (self.expires < NOT_KNOWN).then(|| UnixTime::from_seconds(seconds).unwrap_or(UnixTime::MAX))
    }

    /// Combines two entries with the same first bytes: the earlier revocation and the later expiry.
    pub(super) fn longer(self, other: &Self) -> Self {
        let (since, expires) = (self.since.min(other.since), self.expires.max(other.expires));
        Self { since, expires, ..self }
    }

    /// Returns true if the entry is pruned from a list that is issued at `at`. Every verifier that
    /// accepts the list then finds the hop expired, even with the slowest clock that the tolerance
    /// allows.
    pub(super) fn is_pruned(&self, at: UnixTime) -> bool {
        let tolerance = whole_seconds(MAX_CLOCK_TOLERANCE);
        self.expires_unix().is_some_and(|expires| expires.plus(tolerance) <= at)
    }

    pub(super) fn to_record(self) -> Record {
        let mut record = [0; ENTRY_BYTES];
        let [_, expires @ ..] = self.expires.to_be_bytes();
        let fields = self.id.into_iter().chain(self.since.to_be_bytes()).chain(expires);
        record.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        record
    }

    pub(super) fn read(record: &Record) -> Self {
        let [id @ .., s0, s1, s2, s3, e0, e1, e2] = *record;
        let since = u32::from_be_bytes([s0, s1, s2, s3]);
        Self { id, since, expires: u32::from_be_bytes([0, e0, e1, e2]) }
    }
}

/// Returns the first bytes of the id of a hop, by which lists find it.
pub(crate) fn first_bytes(id: &HopId) -> [u8; ID_BYTES] {
    let (first, _) = id.as_bytes().split_first_chunk().unwrap_or((&[0; ID_BYTES], &[]));
    *first
}

/// Returns the id in a record.
pub(super) fn id_bytes(record: &Record) -> &[u8; ID_BYTES] {
    record.first_chunk().unwrap_or(&[0; ID_BYTES])
}

/// Returns the id in a record, as the number by which records are ordered.
pub(super) fn id_of(record: &Record) -> u128 {
    u128::from_be_bytes(*id_bytes(record))
}

/// The entry of a revoked key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedKey {
    pub(crate) end: KeyEnd,
    pub(crate) since: UnixTime,
}

impl RevokedKey {
    /// Returns how the use of the key ended.
    pub fn end(&self) -> &KeyEnd {
        &self.end
    }

    /// Combines two entries of one key into the one that refuses more.
    pub(crate) fn take_stricter(&mut self, other: &Self) {
        self.since = self.since.min(other.since);
        match (&mut self.end, &other.end) {
            (KeyEnd::Retired { at }, KeyEnd::Retired { at: other }) => *at = (*at).min(*other),
            // The exceptions are dropped: they could lift a refusal of the entry that retires the
            // key.
            (KeyEnd::Retired { .. }, KeyEnd::Compromised { successors, .. }) => {
                let (good, successors) = (BTreeSet::new(), successors.clone());
                self.end = KeyEnd::Compromised { good, successors };
            }
            (KeyEnd::Compromised { good, .. }, KeyEnd::Retired { .. }) => good.clear(),
            (
                KeyEnd::Compromised { good, successors },
                KeyEnd::Compromised { good: other_good, successors: other_successors },
            ) => {
                good.retain(|hop| other_good.contains(hop));
                successors.retain(|digest| other_successors.contains(digest));
            }
        }
    }

    /// Returns the time of the entry, as its author states it.
    pub fn since(&self) -> OffsetDateTime {
        self.since.to_datetime()
    }
}

/// How the use of a key ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyEnd {
    /// The key is retired: hops that it issued after this time are refused, and so are
    /// presentations that it made after this time. The key itself states these times, so this is
    /// only for a key that nobody else had.
    #[non_exhaustive]
    Retired {
        /// The last second of its use.
        at: OffsetDateTime,
    },
    /// Somebody else may have the key: every hop that it signed and every presentation that it made
    /// is refused, at any stated time.
    #[non_exhaustive]
    Compromised {
        /// Hops that the key signed and that the entry excepts, because its owner recognises them.
        good: BTreeSet<HopId>,
        /// Successor statements of the key that the entry excepts.
        successors: BTreeSet<StatementDigest>,
    },
}

impl KeyEnd {
    /// The key is not used any more after `at`.
    pub fn retired(at: OffsetDateTime) -> Self {
        Self::Retired { at: UnixTime::from(at).to_datetime() }
    }

    /// Somebody else may have the key.
    pub fn compromised() -> Self {
        Self::Compromised { good: BTreeSet::new(), successors: BTreeSet::new() }
    }

    /// Excepts a hop that the key signed. It has no effect for a retired key.
    pub fn with_good(mut self, hop: HopId) -> Self {
        if let Self::Compromised { good, .. } = &mut self {
            good.insert(hop);
        }
        self
    }

    /// Excepts a successor statement. It has no effect for a retired key.
    pub fn with_successor(mut self, statement: StatementDigest) -> Self {
        if let Self::Compromised { successors, .. } = &mut self {
            successors.insert(statement);
        }
        self
    }
}
