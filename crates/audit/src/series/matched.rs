//! The result of setting presentations beside records.

use deputize::HopId;
use time::OffsetDateTime;

/// Which numbers of each series were recorded.
///
/// A number that is in no log was never sent, lost on the way, received by another verifier, refused
/// without being charged, counted in a record of refusals, dropped before a decision, or left out by a
/// log: which of these cannot be told from the gap (`docs/EVIDENCE.md` section 7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Matched {
    /// The series, by the first time in them; at most a thousand.
    pub series: Vec<NumberedSeries>,
    /// The number of further series.
    pub more_series: u64,
    /// The number of presentations that holders noted.
    pub presented: u64,
    /// The number of presentations that were recorded, each once.
    pub recorded: u64,
    /// The number of numbers that no log has, or has with another presentation than the holder noted.
    pub missing: u64,
    /// The number of further gaps, beyond the thousand that the series list.
    pub more_gaps: u64,
    /// The number of records of a presentation that an earlier record has: it is one deed of its holder,
    /// repeated by an unknown party.
    pub repeated: u64,
    /// The numbers with two presentations, at most a thousand: a fault of the holder, or of a log. Whose
    /// it is, only both presentations with their signatures show.
    pub doubled: Vec<DoubledNumber>,
    /// The number of further ones.
    pub more_doubled: u64,
    /// The number of charged decisions whose holder does not count: nothing is known of gaps.
    pub uncounted: u64,
    /// The number of presentations that came after their place was judged, since too many were held. They
    /// can be some of the missing ones.
    pub late: u64,
    /// The number of series that were forgotten, since too many were held. What follows in them is not
    /// matched with what was before.
    pub forgotten: u64,
}

/// A series: the presentations of one token to one audience, by one process of the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberedSeries {
    /// The id of hop 0 of the token.
    pub first_hop: HopId,
    /// The series.
    pub series: [u8; 8],
    /// The id of the last hop, if a record or the holder shows it.
    pub last_hop: Option<HopId>,
    /// The name of the last hop's delegate, if a record shows it; cut after 256 bytes.
    pub agent: Option<String>,
    /// The service, if a record or the holder shows it; cut after 256 bytes.
    pub audience: Option<String>,
    /// The number of presentations that the holder noted; `None` if it noted none of this series. Then a
    /// lost end of the series is not missed.
    pub presented: Option<u64>,
    /// The number of presentations that were recorded.
    pub recorded: u64,
    /// The greatest number that was seen.
    pub last: u64,
    /// The number of numbers up to the last one that no log has, or has with another presentation than
    /// the holder noted.
    pub missing: u64,
    /// The gaps, ascending.
    pub gaps: Vec<Gap>,
    /// The time of the first presentation that was seen.
    pub from: OffsetDateTime,
}

/// Numbers of a series that no log has, or has with another presentation, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The first number.
    pub first: u64,
    /// The last number.
    pub last: u64,
    /// The number of them that the holder noted.
    pub presented: u64,
    /// The time of the recorded presentation before them.
    pub after: Option<OffsetDateTime>,
    /// The time of the recorded presentation behind them.
    pub before: Option<OffsetDateTime>,
    /// The times at which the holder made the first and the last that it noted.
    pub sent: Option<(OffsetDateTime, OffsetDateTime)>,
}

/// A number with two presentations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DoubledNumber {
    /// The id of hop 0 of the token.
    pub first_hop: HopId,
    /// The series.
    pub series: [u8; 8],
    /// The number.
    pub count: u64,
    /// The first presentation that was seen.
    pub first: HopId,
    /// The other one.
    pub other: HopId,
}

impl Matched {
    /// Returns true if no number is missing.
    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }
}
