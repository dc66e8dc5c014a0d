//! Calls that share a record, and calls that nobody presented: their members in a line.

use std::collections::BTreeMap;
use std::str::FromStr;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::{UnixTime, rfc3339};
use crate::limits::MAX_RECORD_FIELDS;
use crate::reason::DenyCode;
use crate::record::kinds::{MoreUnpresentedCore, RefusalsCore, UnpresentedCore};
use crate::record::line::{Code, Line};

/// The largest integer that all readers of JSON read alike: 2^53 − 1.
pub(super) const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Numbers of calls by their first deny code.
type Counts = BTreeMap<&'static str, u64>;

impl RefusalsCore {
    /// Counts refused calls below one first hop, or charged to nobody, by their first codes.
    pub fn new(first_hop: Option<HopId>, refused: Counts, until: OffsetDateTime) -> Self {
        Self { first_hop, refused, until }
    }

    pub(super) fn members(&self, line: Line) -> Line {
        Line {
            first_hop: self.first_hop.as_ref().map(HopId::to_string),
            refused: Some(written(&self.refused)),
            until: Some(UnixTime::from(self.until).to_string()),
            ..line
        }
    }

    pub(super) fn from_line(line: &Line) -> Result<Self, &'static str> {
        let first_hop = line.first_hop.as_deref().map(HopId::from_str).transpose();
        Ok(Self {
            first_hop: first_hop.map_err(|_| "has a `first_hop` that is not one")?,
            refused: read(line.refused.as_ref().ok_or("has no `refused`")?)?,
            until: until(line)?,
        })
    }
}

impl UnpresentedCore {
    pub(super) fn members(&self, line: Line) -> Line {
        let codes = self.codes.iter().map(|code| Code::Alone([code.as_str().into()]));
        Line { codes: Some(codes.collect()), ..line }
    }

    pub(super) fn from_line(line: &Line) -> Result<Self, &'static str> {
        let code = |code: &Code| match code {
            Code::Alone([text]) => {
                DenyCode::from_str(text).map_err(|_| "has a deny code of a later version")
            }
            Code::At(..) => Err("has a code about a hop, and no chain"),
        };
        let codes = line.codes.as_ref().ok_or("has no `codes`")?;
        let codes: Vec<DenyCode> = codes.iter().map(code).collect::<Result<_, _>>()?;
        let is_once = |(place, code)| codes.iter().take(place).all(|other| other != code);
        match codes.is_empty() || codes.len() > MAX_RECORD_FIELDS {
            false if codes.iter().enumerate().all(is_once) => Ok(Self { codes }),
            false => Err("has a deny code twice"),
            true => Err("has no deny code, or too many"),
        }
    }
}

impl MoreUnpresentedCore {
    /// Counts calls that nobody presented by their first codes.
    pub fn new(counted: Counts, until: OffsetDateTime) -> Self {
        Self { counted, until }
    }

    pub(super) fn members(&self, line: Line) -> Line {
        Line {
            unpresented: Some(written(&self.counted)),
            until: Some(UnixTime::from(self.until).to_string()),
            ..line
        }
    }

    pub(super) fn from_line(line: &Line) -> Result<Self, &'static str> {
        let counted = read(line.unpresented.as_ref().ok_or("has no `unpresented`")?)?;
        Ok(Self { counted, until: until(line)? })
    }
}

fn written(counts: &Counts) -> Vec<(String, u64)> {
    counts.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

fn read(counts: &[(String, u64)]) -> Result<Counts, &'static str> {
    let entry = |(code, count): &(String, u64)| {
        let code = DenyCode::from_str(code).map_err(|_| "has a deny code of a later version")?;
        Ok::<_, &'static str>((code.as_str(), *count))
    };
    let is_counted = |(_, count): &(String, u64)| (1..=MAX_NUMBER).contains(count);
    match counts.is_empty() || !counts.iter().all(is_counted) {
        true => Err("counts no calls, or more than a number can tell"),
        false => counts.iter().map(entry).collect(),
    }
}

/// Returns the time of the last of the calls, which is not before that of the first.
fn until(line: &Line) -> Result<OffsetDateTime, &'static str> {
    let until = line.until.as_deref().and_then(rfc3339).ok_or("has no `until`")?;
    match rfc3339(&line.at).is_none_or(|at| until < at) {
        true => Err("ends before it begins"),
        false => Ok(until),
    }
}
