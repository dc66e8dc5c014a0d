//! The presentations that a holder made, as it notes them.

use std::str::{self, FromStr as _};

use deputize::HopId;
use deputize::text::rfc3339;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::limits::MAX_PRESENTED_LINE_BYTES;

/// A presentation that a holder made and numbered: a line of JSON in a file that the holder keeps.
///
/// It is the holder's word, and nobody signed it. [`SeriesMatcher`](crate::SeriesMatcher) sets it beside
/// the records of services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedLine {
    /// The time of the presentation by the holder's clock, in whole seconds.
    pub at: OffsetDateTime,
    /// The service.
    pub audience: String,
    /// The series.
    pub series: [u8; 8],
    /// The number in the series, from 1.
    pub count: u64,
    /// The id of the presentation.
    pub presentation: HopId,
    /// The id of hop 0 of the token.
    pub first_hop: HopId,
    /// The id of the last hop of the token, whose delegate is the holder.
    pub last_hop: HopId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: String,
    audience: String,
    count: String,
    first_hop: String,
    last_hop: String,
    presentation: String,
    series: String,
    v: u8,
}

impl PresentedLine {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    ///
    /// [`PresentedLineError`] with the rule that it breaks.
    pub fn parse(line: &[u8]) -> Result<Self, PresentedLineError> {
        let fault = |why: &str| PresentedLineError { why: why.to_owned() };
        if line.len() > MAX_PRESENTED_LINE_BYTES {
            return Err(fault("it is longer than any such line"));
        }
        let read: Line = serde_json::from_slice(line)
            .map_err(|why| PresentedLineError { why: why.to_string() })?;
        if read.v != 1 {
            return Err(fault("it has another version than 1"));
        }
        let id = |text: &str| HopId::from_str(text).map_err(|why| fault(&why.to_string()));
        let mut series = [0; 8];
        hex::decode_to_slice(&read.series, &mut series)
            .map_err(|_| fault("its series is not 16 hexadecimal digits"))?;
        let count = read.count.parse().ok().filter(|count| *count > 0);
        Ok(Self {
            at: rfc3339(&read.at).ok_or(fault("its time is not in RFC 3339"))?,
            audience: read.audience,
            series,
            count: count.ok_or(fault("its number is not one from 1 on"))?,
            presentation: id(&read.presentation)?,
            first_hop: id(&read.first_hop)?,
            last_hop: id(&read.last_hop)?,
        })
    }

    /// Returns the line, without a line feed.
    ///
    /// # Errors
    ///
    /// [`PresentedLineError`] if no reader accepts it, such as one with a time after the year 9999.
    pub fn to_line(&self) -> Result<String, PresentedLineError> {
        let fault = |why: String| PresentedLineError { why };
        let at = self.at.to_offset(UtcOffset::UTC);
        let at = at.replace_nanosecond(0).map_err(|why| fault(why.to_string()))?;
        let line = Line {
            at: at.format(&Rfc3339).map_err(|why| fault(why.to_string()))?,
            audience: self.audience.clone(),
            count: self.count.to_string(),
            first_hop: self.first_hop.to_string(),
            last_hop: self.last_hop.to_string(),
            presentation: self.presentation.to_string(),
            series: hex::encode(self.series),
            v: 1,
        };
        let line = serde_json::to_string(&line).map_err(|why| fault(why.to_string()))?;
        Self::parse(line.as_bytes())?;
        Ok(line)
    }
}

/// A line is not a presentation that a holder noted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("this is not a line of a presentation that was made: {why}")]
#[non_exhaustive]
pub struct PresentedLineError {
    /// The reason.
    pub why: String,
}
