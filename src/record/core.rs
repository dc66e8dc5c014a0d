//! The core of a record: what a log keeps for ever.

use std::str::{self, FromStr};

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::{UnixTime, rfc3339};
use crate::key::PublicKey;
use crate::limits::{HARD_MAX_HOPS, MAX_CORE_BYTES, MAX_ERASERS, MAX_RECORD_FIELDS, MAX_RECORDS};
use crate::reason::DenyCode;
use crate::record::counted::MAX_NUMBER;
use crate::record::error::RecordError;
use crate::record::field::{Commitment, FieldKind};
use crate::record::kinds::{
    Charged, DecisionCore, MoreUnpresentedCore, OutcomeResult, RecordKind, RefusalsCore,
    UnpresentedCore,
};
use crate::record::line::{Code, Line};
use crate::verify::checks::CheckState;

/// The core of a record. It has no value that anybody could want erased: hops by their ids, codes,
/// and commitments to the values.
///
/// [`parse`](Self::parse) reads a line of a log. That a line can be read does not make it evidence:
/// that is the work of the log's tree and its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordCore {
    /// The place of the record in the log, from 0.
    pub index: u64,
    /// The time that the record states. Clocks can be set back.
    pub at: OffsetDateTime,
    /// The commitments to the values.
    pub fields: Vec<(FieldKind, Commitment)>,
    /// The contents by kind.
    pub kind: RecordKind,
}

impl RecordCore {
    /// Reads a line of a log, without its line feed.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is not, byte for byte, what a writer writes.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        if line.len() > MAX_CORE_BYTES {
            return Err(RecordError::TooLong { found: line.len(), most: MAX_CORE_BYTES });
        }
        let not_a_record = |why: String| RecordError::NotARecord { why };
        let text = str::from_utf8(line).map_err(|_| not_a_record("it is not UTF-8".into()))?;
        let read: Line = serde_json::from_str(text).map_err(|e| not_a_record(e.to_string()))?;
        let core = Self::from_line(read)?;
        match core.to_line()?.as_bytes() == line {
            true => Ok(core),
            false => Err(RecordError::Spelling),
        }
    }

    /// Returns the line of the core, without a line feed: the bytes of the leaf.
    pub(super) fn to_line(&self) -> Result<String, RecordError> {
        self.to_line_at(self.index)
    }

    /// Returns the line of a core that gets this index.
    pub(super) fn to_line_at(&self, index: u64) -> Result<String, RecordError> {
        if index >= MAX_RECORDS {
            return Err(RecordError::Index { found: index });
        }
        let line = serde_json::to_string(&Line { index, ..self.members() })
            .map_err(|error| RecordError::NotARecord { why: error.to_string() })?;
        match line.len() <= MAX_CORE_BYTES {
            true => Ok(line),
            false => Err(RecordError::TooLong { found: line.len(), most: MAX_CORE_BYTES }),
        }
    }

    fn members(&self) -> Line {
        let shared = Line {
            at: UnixTime::from(self.at).to_string(),
            fields: self.fields.clone(),
            index: self.index,
            v: 1,
            ..Line::default()
        };
        match &self.kind {
            RecordKind::Log { origin, erasers } => Line {
                kind: "log".into(),
                origin: Some(origin.clone()),
                erasers: Some(erasers.iter().map(PublicKey::to_string).collect()),
                ..shared
            },
            RecordKind::Decision(own) => Line { kind: "decision".into(), ..own.members(shared) },
            RecordKind::Outcome { of, result } => Line {
                kind: "outcome".into(),
                of: Some(*of),
                result: Some(result.as_str().into()),
                ..shared
            },
            RecordKind::Refusals(own) => Line { kind: "refusals".into(), ..own.members(shared) },
            RecordKind::Unpresented(own) => {
                Line { kind: "unpresented".into(), ..own.members(shared) }
            }
            RecordKind::MoreUnpresented(own) => {
                Line { kind: "more_unpresented".into(), ..own.members(shared) }
            }
            RecordKind::Erasure { statement, wrong } => Line {
                kind: "erasure".into(),
                statement: Some(statement.clone()),
                wrong: Some(wrong.clone()),
                ..shared
            },
            RecordKind::Recovery { kept, cut } => {
                Line { kind: "recovery".into(), kept: Some(*kept), cut: Some(*cut), ..shared }
            }
        }
    }

    /// Reads the members that the kind has. Others are noticed where the line is written again.
    fn from_line(mut line: Line) -> Result<Self, RecordError> {
        let kind = line.kind.clone();
        let fault = |fault| RecordError::Members { kind: kind.clone(), fault };
        let contents = match kind.as_str() {
            "log" => read_log(&mut line).map_err(fault)?,
            "decision" => RecordKind::Decision(DecisionCore::from_line(&mut line).map_err(fault)?),
            "outcome" => RecordKind::Outcome {
                of: line.of.filter(|of| *of < line.index).ok_or(fault("has no earlier `of`"))?,
                result: OutcomeResult::ALL
                    .into_iter()
                    .find(|known| line.result.as_deref() == Some(known.as_str()))
                    .ok_or(fault("has no `result`"))?,
            },
            "refusals" => RecordKind::Refusals(RefusalsCore::from_line(&line).map_err(fault)?),
            "unpresented" => {
                RecordKind::Unpresented(UnpresentedCore::from_line(&line).map_err(fault)?)
            }
            "more_unpresented" => {
                RecordKind::MoreUnpresented(MoreUnpresentedCore::from_line(&line).map_err(fault)?)
            }
            "erasure" => RecordKind::Erasure {
                statement: line.statement.take().ok_or(fault("has no `statement`"))?,
                wrong: line
                    .wrong
                    .take()
                    .filter(|wrong| wrong.is_sorted_by(|a, b| a < b))
                    .ok_or(fault("has no ascending `wrong`"))?,
            },
            "recovery" => read_recovery(&line).map_err(fault)?,
            _ => return Err(fault("is not one that this version reads")),
        };
        if line.v != 1 {
            return Err(fault("has another version than 1"));
        }
        if line.fields.len() > MAX_RECORD_FIELDS {
            return Err(fault("has too many fields"));
        }
        if !contents.has_fields(&line.fields) {
            return Err(fault("has other fields than a writer's, or in another order"));
        }
        if matches!(contents, RecordKind::Log { .. }) != (line.index == 0) {
            return Err(fault(
                "is not at the beginning of a log, or is not the record `log` there",
            ));
        }
        let at = rfc3339(&line.at).ok_or(fault("has no time"))?;
        Ok(Self { index: line.index, at, fields: line.fields, kind: contents })
    }
}

fn read_recovery(line: &Line) -> Result<RecordKind, &'static str> {
    let (kept, cut) = line.kept.zip(line.cut).ok_or("has no `kept` and `cut`")?;
    let is_told = (kept > 0 || cut > 0) && kept < line.index && cut <= MAX_NUMBER;
    is_told
        .then_some(RecordKind::Recovery { kept, cut })
        .ok_or("tells nothing, or more records than there are")
}

fn read_log(line: &mut Line) -> Result<RecordKind, &'static str> {
    let erasers = line.erasers.take().ok_or("has no `erasers`")?;
    let key = |text: &String| text.parse().map_err(|_| "has an eraser that is not a key");
    let erasers: Vec<PublicKey> = erasers.iter().map(key).collect::<Result<_, _>>()?;
    let is_ascending = erasers.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes());
    if !is_ascending || erasers.len() > MAX_ERASERS {
        return Err("has erasers that are not ascending, or too many");
    }
    Ok(RecordKind::Log { origin: line.origin.take().ok_or("has no `origin`")?, erasers })
}

impl DecisionCore {
    fn members(&self, line: Line) -> Line {
        let code = |(code, hop): &(DenyCode, Option<usize>)| match hop {
            Some(hop) => Code::At(code.as_str().into(), *hop),
            None => Code::Alone([code.as_str().into()]),
        };
        let line = Line {
            allowed: Some(self.allowed),
            charged: Some(self.charged.is_some()),
            codes: Some(self.codes.iter().map(code).collect()),
            enforced: Some(self.enforced),
            replays: Some(self.replays.as_str().into()),
            ..line
        };
        let Some(charged) = &self.charged else { return line };
        Line {
            count: charged.counted.map(|(_, count)| count.to_string()),
            first_hop: Some(charged.first_hop.to_string()),
            presentation: Some(charged.presentation.to_string()),
            series: charged.counted.map(|(series, _)| hex::encode(series)),
            ..line
        }
    }

    fn from_line(line: &mut Line) -> Result<Self, &'static str> {
        let code = |code: &Code| {
            let (text, hop) = match code {
                Code::At(text, hop) => (text, Some(*hop)),
                Code::Alone([text]) => (text, None),
            };
            let code =
                DenyCode::from_str(text).map_err(|_| "has a deny code of a later version")?;
            // The presentation comes after the last hop.
            match hop.is_none_or(|hop| hop <= HARD_MAX_HOPS) {
                true => Ok((code, hop)),
                false => Err("has a code about a hop that no chain has"),
            }
        };
        let codes = line.codes.take().ok_or("has no `codes`")?;
        let own = Self {
            allowed: line.allowed.ok_or("has no `allowed`")?,
            enforced: line.enforced.ok_or("has no `enforced`")?,
            codes: codes.iter().map(code).collect::<Result<_, _>>()?,
            replays: line
                .replays
                .as_deref()
                .and_then(CheckState::from_word)
                .ok_or("has no `replays`")?,
            charged: match line.charged.ok_or("has no `charged`")? {
                true => Some(Charged::from_line(line)?),
                false => None,
            },
        };
        if own.codes.len() > MAX_RECORD_FIELDS {
            return Err("has too many deny codes");
        }
        if own.allowed != own.codes.is_empty() {
            return Err("is allowed and has deny codes, or refused and has none");
        }
        if own.allowed && own.charged.is_none() {
            return Err("is allowed and charged to nobody");
        }
        Ok(own)
    }
}

impl Charged {
    fn from_line(line: &Line) -> Result<Self, &'static str> {
        let id = |text: &String| HopId::from_str(text).map_err(|_| "has an id that is not one");
        let counted = match (&line.series, &line.count) {
            (None, None) => None,
            (Some(series), Some(count)) => {
                let mut bytes = [0; 8];
                hex::decode_to_slice(series, &mut bytes).map_err(|_| "has a malformed `series`")?;
                let count = count.parse().ok().filter(|count| *count > 0);
                Some((bytes, count.ok_or("has a malformed `count`")?))
            }
            _ => return Err("has a `series` without `count`, or the other way round"),
        };
        Ok(Self {
            first_hop: line.first_hop.as_ref().ok_or("has no `first_hop`").and_then(id)?,
            presentation: line.presentation.as_ref().ok_or("has no `presentation`").and_then(id)?,
            counted,
        })
    }
}
