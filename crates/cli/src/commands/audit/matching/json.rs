//! The result in JSON.

use deputize::HopId;
use deputize_audit::{DoubledNumber, Gap, Matched, NumberedSeries};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::audit::matching::text::{ABSENCE, hex};
use crate::output::granted::at;

/// The result in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MatchedJson {
    /// True if no number is missing.
    complete: bool,
    /// The number of presentations that holders noted.
    presented: u64,
    /// The number of presentations that were recorded, each once.
    recorded: u64,
    /// The number of numbers that no log has, or has with another presentation than the holder noted.
    missing: u64,
    /// The series, at most a thousand of them.
    series: Vec<SeriesJson>,
    /// The number of further series.
    more_series: u64,
    /// The number of gaps that the series do not list.
    more_gaps: u64,
    /// The number of records of a presentation that an earlier record has: one deed, repeated.
    repeated: u64,
    /// The numbers with two presentations: a fault of the holder, or of a log. Whose it is, only both
    /// presentations with their signatures show.
    doubled: Vec<DoubledJson>,
    /// The number of further ones.
    more_doubled: u64,
    /// The number of charged decisions whose holder does not count.
    uncounted: u64,
    /// The number of presentations that were read too late to be compared.
    late: u64,
    /// The number of series that were forgotten, since too many were held.
    forgotten: u64,
    /// The meaning of a missing number.
    absence: &'static str,
}

/// A series in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct SeriesJson {
    /// The series.
    #[schemars(extend("pattern" = "^[0-9a-f]{16}$"))]
    series: String,
    /// The id of hop 0 of the token.
    first_hop: HopId,
    /// The id of the last hop of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_hop: Option<HopId>,
    /// The name of the holder, by a record; cut after 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// The service; cut after 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// The number of presentations that the holder noted, if it noted one of this series.
    #[serde(skip_serializing_if = "Option::is_none")]
    presented: Option<u64>,
    /// The number of presentations that were recorded.
    recorded: u64,
    /// The greatest number that was seen.
    last: u64,
    /// The number of numbers up to it that no log has, or has with another presentation than the holder
    /// noted.
    missing: u64,
    /// The gaps, ascending.
    gaps: Vec<GapJson>,
}

/// Numbers that no log has, or has with another presentation, one after the other, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct GapJson {
    /// The first number.
    first: u64,
    /// The last number.
    last: u64,
    /// The number of them that the holder noted.
    presented: u64,
    /// The time of the record before them, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// The time of the record behind them, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// The time at which the holder made the first that it noted, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_from: Option<String>,
    /// The time at which the holder made the last that it noted, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_until: Option<String>,
}

/// A number with two presentations in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct DoubledJson {
    /// The series.
    series: String,
    /// The number.
    count: u64,
    /// The ids of the presentations.
    presentations: [HopId; 2],
}

impl MatchedJson {
    /// Writes the result in JSON.
    pub fn of(matched: &Matched) -> Self {
        let gap = |own: &Gap| GapJson {
            first: own.first,
            last: own.last,
            presented: own.presented,
            after: own.after.map(at),
            before: own.before.map(at),
            sent_from: own.sent.map(|(from, _)| at(from)),
            sent_until: own.sent.map(|(_, until)| at(until)),
        };
        let series = |own: &NumberedSeries| SeriesJson {
            series: hex(own.series),
            first_hop: own.first_hop,
            last_hop: own.last_hop,
            agent: own.agent.clone(),
            audience: own.audience.clone(),
            presented: own.presented,
            recorded: own.recorded,
            last: own.last,
            missing: own.missing,
            gaps: own.gaps.iter().map(gap).collect(),
        };
        let doubled = |own: &DoubledNumber| DoubledJson {
            series: hex(own.series),
            count: own.count,
            presentations: [own.first, own.other],
        };
        Self {
            complete: matched.is_complete(),
            presented: matched.presented,
            recorded: matched.recorded,
            missing: matched.missing,
            series: matched.series.iter().map(series).collect(),
            more_series: matched.more_series,
            more_gaps: matched.more_gaps,
            repeated: matched.repeated,
            doubled: matched.doubled.iter().map(doubled).collect(),
            more_doubled: matched.more_doubled,
            uncounted: matched.uncounted,
            late: matched.late,
            forgotten: matched.forgotten,
            absence: ABSENCE,
        }
    }
}
