//! Records as they are written.

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::key::PublicKey;
use crate::limits::{MAX_ERASERS, MAX_OPENINGS_BYTES, MAX_RECORD_FIELDS};
use crate::record::core::RecordCore;
use crate::record::error::RecordError;
use crate::record::field::{Commitment, FieldKind, Salt, to_canonical};
use crate::record::kinds::{MoreUnpresentedCore, OutcomeResult, RecordKind, RefusalsCore};
use crate::record::opening::spell;

/// A record that is ready to be written: a log gives it an index.
///
/// It can be made of a decision, of the outcome of a call that went out, and of what happens to the
/// log. There is no way to make one of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its index is 0 until it is written.
    core: RecordCore,
    /// The salt and the value, in the form of RFC 8785, for each field of the core.
    values: Vec<(Salt, Arc<str>)>,
}

impl Record {
    /// Makes the first record of a log, which says whose it is: the origin of its checkpoints, the keys
    /// that may sign erasures beside its own, the service as its operator calls it, and this verifier
    /// of it.
    ///
    /// # Errors
    ///
    /// [`RecordError::NoRandomness`] if the operating system gives no random bytes for the salts.
    pub fn log(
        origin: String,
        mut erasers: Vec<PublicKey>,
        service: &str,
        verifier: &str,
        at: OffsetDateTime,
    ) -> Result<Self, RecordError> {
        erasers.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        erasers.dedup();
        if erasers.len() > MAX_ERASERS {
            return Err(RecordError::TooLong { found: erasers.len(), most: MAX_ERASERS });
        }
        let kind = RecordKind::Log { origin, erasers };
        let whose = json!({ "service": service, "verifier": verifier });
        Self::new(kind, at, vec![(FieldKind::Log, to_canonical(&whose)?.into())])
    }

    /// Makes the record of what became of a call. `of` is the index of the decision about it, which was
    /// allowed or not enforced, or of the record of a call that nobody presented, and `output` the result of the call, if there is one: the record has its length and a
    /// salted commitment to its SHA-256.
    ///
    /// # Errors
    ///
    /// [`RecordError::NoRandomness`] if the operating system gives no random bytes for the salts.
    pub fn outcome(
        of: u64,
        result: OutcomeResult,
        output: Option<&[u8]>,
        at: OffsetDateTime,
    ) -> Result<Self, RecordError> {
        let digest = output.map(|output| {
            let (bytes, digest) = (output.len(), hex::encode(Sha256::digest(output)));
            (FieldKind::Result, format!("{{\"bytes\":{bytes},\"sha256\":\"{digest}\"}}").into())
        });
        Self::new(RecordKind::Outcome { of, result }, at, digest.into_iter().collect())
    }

    /// Makes the record of refused calls that have no record each. `at` is the time of the first of
    /// them.
    pub fn refusals(refusals: RefusalsCore, at: OffsetDateTime) -> Self {
        Self::without_fields(RecordKind::Refusals(refusals), at)
    }

    /// Makes the record of calls that nobody presented and that have no record each. `at` is the time of the
    /// first of them.
    pub fn more_unpresented(more: MoreUnpresentedCore, at: OffsetDateTime) -> Self {
        Self::without_fields(RecordKind::MoreUnpresented(more), at)
    }

    /// Makes the record of an erasure, with the signed note that says what is erased, and the fields
    /// that it names and whose values are wrong.
    pub fn erasure(statement: String, wrong: Vec<(u64, usize)>, at: OffsetDateTime) -> Self {
        Self::without_fields(RecordKind::Erasure { statement, wrong }, at)
    }

    /// Makes the record of an opening of the log that found `kept` records behind the last checkpoint,
    /// and cut off `cut` bytes behind those.
    pub fn recovery(kept: u64, cut: u64, at: OffsetDateTime) -> Self {
        Self::without_fields(RecordKind::Recovery { kept, cut }, at)
    }

    /// Returns the contents.
    pub fn kind(&self) -> &RecordKind {
        &self.core.kind
    }

    /// Returns the time that the record states.
    pub fn at(&self) -> OffsetDateTime {
        self.core.at
    }

    /// Returns the line of the core and that of the openings with all values, without line feeds, for
    /// a record that gets this index. A log writes shorter lines with an
    /// [`OpeningsWriter`](crate::OpeningsWriter).
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the index is beyond every log, or the core would be too long.
    pub fn to_lines(&self, index: u64) -> Result<(String, String), RecordError> {
        let whole = |(salt, value): &(Salt, Arc<str>)| Some((*salt, Some(Arc::clone(value))));
        let openings = spell(index, None, self.values.iter().map(whole));
        if openings.len() > MAX_OPENINGS_BYTES {
            return Err(RecordError::TooLong { found: openings.len(), most: MAX_OPENINGS_BYTES });
        }
        Ok((self.core_line(index)?, openings))
    }

    pub(super) fn core_line(&self, index: u64) -> Result<String, RecordError> {
        self.core.to_line_at(index)
    }

    /// Returns the kinds of the fields, in their order.
    pub(super) fn kinds(&self) -> impl Iterator<Item = FieldKind> {
        self.core.fields.iter().map(|(kind, _)| *kind)
    }

    /// Returns the salt and the value of each field.
    pub(super) fn openings(&self) -> Vec<Option<(Salt, Arc<str>)>> {
        self.values.iter().cloned().map(Some).collect()
    }

    /// Returns true if a reader accepts the openings.
    pub(super) fn fits(&self) -> bool {
        self.openings_bytes() <= MAX_OPENINGS_BYTES
    }

    /// Returns the length of the line of the openings with all values, or somewhat more.
    pub fn openings_bytes(&self) -> usize {
        // Each has a salt, brackets, quotation marks and commas; so has the line.
        let lengths = self.values.iter().map(|(_, value)| value.len().saturating_add(32));
        lengths.fold(64, usize::saturating_add)
    }

    fn without_fields(kind: RecordKind, at: OffsetDateTime) -> Self {
        let core = RecordCore { index: 0, at, fields: Vec::new(), kind };
        Self { core, values: Vec::new() }
    }

    /// Makes a record with these fields, which are in the order of their kinds. The last of too many
    /// fields become one.
    pub(super) fn new(
        kind: RecordKind,
        at: OffsetDateTime,
        mut fields: Vec<(FieldKind, Arc<str>)>,
    ) -> Result<Self, RecordError> {
        if fields.len() > MAX_RECORD_FIELDS {
            let rest = fields.iter().skip(MAX_RECORD_FIELDS.saturating_sub(1));
            let rest: Vec<_> = rest.map(|(kind, value)| format!("[\"{kind}\",{value}]")).collect();
            fields.truncate(MAX_RECORD_FIELDS.saturating_sub(1));
            fields.push((FieldKind::Rest, format!("[{}]", rest.join(",")).into()));
        }
        let mut salts = vec![Salt::default(); fields.len()];
        // One call of the operating system for all of them.
        getrandom::fill(salts.as_flattened_mut()).map_err(|_| RecordError::NoRandomness)?;
        let mut core = RecordCore { index: 0, at, fields: Vec::with_capacity(fields.len()), kind };
        let mut values = Vec::with_capacity(fields.len());
        for ((kind, value), salt) in fields.into_iter().zip(salts) {
            core.fields.push((kind, Commitment::to(kind, &salt, &value)));
            values.push((salt, value));
        }
        Ok(Self { core, values })
    }
}

/// Returns the value of an argument of which only the length and a salted digest are kept.
pub(super) fn digest_of(name: &str, value: &str) -> Result<Value, RecordError> {
    let mut salt = Salt::default();
    getrandom::fill(&mut salt).map_err(|_| RecordError::NoRandomness)?;
    let digest = hex::encode(Sha256::new().chain_update(salt).chain_update(value).finalize());
    let salt = hex::encode(salt);
    Ok(json!({ "bytes": value.len(), "digest": digest, "name": name, "salt": salt }))
}
