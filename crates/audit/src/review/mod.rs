//! Access review: the grants of the recorded chains beside their use, and narrower grants that every
//! recorded call passes.

mod error;
mod call;
mod room;
mod values;
mod resources;
mod possible;
mod usage;
mod keys;
mod narrow;
mod beyond;
mod proposal;
mod replayed;
mod observed;
mod findings;
mod hops;
mod strangers;
mod replay;
mod assemble;

pub use beyond::Beyond;
pub use error::ReviewError;
pub use findings::{
    Coverage, CrowdedKey, HopReview, OperationReview, Records, Review, RightReview, Usage,
};
pub use observed::{KeyReview, Take, TakeFault, Taken, Unpresented, UnpresentedTool};
pub use proposal::Proposal;
pub use replayed::{NewlyRefused, Replay};
pub use values::ArgReview;

use std::collections::HashMap;
use std::sync::Arc;

use deputize::limits::MAX_DELEGATION_WORK;
use deputize::{Agent, Directory, Principal, PublicKey, Token};
use time::{Duration, OffsetDateTime};

use crate::files::LogFiles;
use crate::limits::{BYTES_TOGETHER, RECORDS_TOGETHER};
use crate::log::LogError;
use crate::review::call::{Chains, Entry, RecordedCall, Seen};
use crate::review::hops::Hops;
use crate::review::keys::{KeyId, KeyUse, Keys};
use crate::review::replay::Replays;
use crate::review::strangers::Strangers;
use crate::review::usage::{Means, share_hidden};
use crate::verify::{LogReader, read_checkpoint};

/// Makes access reviews of logs.
///
/// It reads what the records show, and verifies neither the log nor the presentations: that is the part
/// of [`LogVerifier`](crate::LogVerifier), whose verdict stands beside a review.
///
/// The logs are read three times from beginning to end, up to the checkpoint that each has at the start.
/// The memory is bounded, and so is the work for the limits of hostile grants. A key below which there are
/// more hops than are reviewed one by one is [named](Review::crowded); other keys do not lose by it.
#[derive(Debug, Clone)]
pub struct Reviewer {
    now: OffsetDateTime,
    since: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
    ends_within: Duration,
    rounding: bool,
    tokens: Vec<Arc<Token>>,
    reviews: HashMap<PublicKey, (Principal, OffsetDateTime)>,
    ends: Vec<u64>,
    takes: Vec<Take>,
}

impl Reviewer {
    /// Reviews all records. `now` is the time for what has ended or ends soon.
    pub fn new(now: OffsetDateTime) -> Self {
        Self {
            now,
            since: None,
            until: None,
            ends_within: Duration::days(7),
            rounding: true,
            tokens: Vec::new(),
            reviews: HashMap::new(),
            ends: Vec::new(),
            takes: Vec::new(),
        }
    }

    /// Leaves out records before this time.
    #[must_use]
    pub fn since(self, time: OffsetDateTime) -> Self {
        Self { since: Some(time), ..self }
    }

    /// Leaves out records from this time on.
    #[must_use]
    pub fn until(self, time: OffsetDateTime) -> Self {
        Self { until: Some(time), ..self }
    }

    /// Ends each of the logs, in their order, before the record with this index: the size of the
    /// [head](crate::Verdict::head) that was verified. A log that is written meanwhile has a newer
    /// checkpoint, which is where it ends by default.
    #[must_use]
    pub fn up_to(self, sizes: impl IntoIterator<Item = u64>) -> Self {
        Self { ends: sizes.into_iter().collect(), ..self }
    }

    /// Sets the time before the end of a grant in which it ends soon. It is seven days by default.
    #[must_use]
    pub fn ending_within(self, time: Duration) -> Self {
        Self { ends_within: time, ..self }
    }

    /// Proposes bounds on integers as they were recorded. Without it, they are rounded outwards to 1, 2, 5,
    /// 10, 20, 50 and so on, within the grant.
    #[must_use]
    pub fn without_rounding(self) -> Self {
        Self { rounding: false, ..self }
    }

    /// Reviews the hops of a token too, though no record may have them: only so is a grant seen that was
    /// never used at all.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.tokens.push(Arc::new(token));
        self
    }

    /// Takes a tool and its arguments from the calls that nobody presented, as [`Review::taken`]. Strangers chose
    /// the values: whoever takes them looks at the capability that comes of them.
    #[must_use]
    pub fn taking(mut self, take: Take) -> Self {
        self.takes.push(take);
        self
    }

    /// Compares with the dates of review in a directory.
    #[must_use]
    pub fn with_directory(mut self, directory: &Directory) -> Self {
        let dates = directory.agents().iter();
        let due = |agent: &Agent| {
            let date = agent.next_review()?;
            Some((agent.key(), (agent.principal().clone(), date)))
        };
        self.reviews.extend(dates.filter_map(due));
        self
    }

    /// Reviews the records of these logs. `progress` is called with the number of records that were read
    /// in all three readings, some thousand at a time.
    ///
    /// # Errors
    ///
    /// [`ReviewError`] if a log cannot be read, or there is no randomness for throw-away keys.
    pub fn review(
        &self,
        logs: &[&dyn LogFiles],
        mut progress: impl FnMut(u64),
    ) -> Result<Review, ReviewError> {
        let mut read: u64 = 0;
        let mut progress = |records: u64| {
            read = read.saturating_add(records);
            progress(read);
        };
        // A log that is written meanwhile must not be longer in a later reading.
        let mut logs_up_to = Vec::new();
        for (place, files) in logs.iter().enumerate() {
            let covered = read_checkpoint(*files)?.claimed().head().size();
            let end = self.ends.get(place).map_or(covered, |end| covered.min(*end));
            logs_up_to.push((*files, end));
        }
        let logs = logs_up_to.as_slice();

        let (mut coverage, mut hops) = (Coverage::default(), Hops::default());
        let (mut keys, mut strangers) = (Keys::default(), Strangers::new(&self.takes));
        self.tokens.iter().for_each(|token| hops.add(token, 0));
        let forgotten = self.read(logs, &mut progress, |log, entry| {
            coverage.add(log, &entry);
            match &entry {
                Entry::Allowed(call) => {
                    call.token.iter().for_each(|token| hops.add(token, 1));
                }
                Entry::Observed(call, _) => keys.note(call),
                Entry::Unpresented(call) => strangers.add(log, call),
                Entry::Outcome(of, result) => strangers.outcome(log, *of, *result),
                _ => {}
            }
        })?;
        coverage.forgotten = forgotten;
        let middle = coverage.middle();

        let mut means = Means::default();
        self.read(logs, &mut progress, |log, entry| match &entry {
            Entry::Allowed(call) => {
                let is_in_first_half = middle.is_some_and(|middle| call.at < middle);
                if !means.add(&mut hops.reviewed, call, is_in_first_half) {
                    coverage.too_costly.add((log, call.index));
                }
                keys.add(call, &[]);
            }
            Entry::Observed(call, codes) => keys.add(call, codes),
            _ => {}
        })?;

        share_hidden(&mut hops.reviewed);
        let mut replays = Replays::new(&hops.reviewed, &mut means.work, self.rounding, self.now)?;
        let left_out = replays.add_keys(&keys.reviewed, &mut means.work, self.rounding);
        let mut together: Vec<(usize, Box<RecordedCall>)> = Vec::new();
        let mut bytes: usize = 0;
        self.read(logs, &mut progress, |log, entry| {
            if let Entry::Allowed(call) | Entry::Observed(call, _) = entry {
                bytes = bytes.saturating_add(call.bytes);
                together.push((log, call));
            }
            if together.len() >= RECORDS_TOGETHER || bytes >= BYTES_TOGETHER {
                replays.add(&std::mem::take(&mut together));
                bytes = 0;
            }
        })?;
        replays.add(&together);
        let overdue = self.reviews.values().filter(|(_, due)| *due <= self.now).cloned();
        let mut overdue: Vec<_> = overdue.collect();
        overdue.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
        let (crowded, more) = (hops.crowded(), hops.more);
        let hops = self.assemble(hops.reviewed.values(), &mut replays);
        let of_key = |(id, own): (KeyId, KeyUse)| {
            let left_out = left_out.get(&id).copied().unwrap_or_default();
            own.review(id, left_out, &mut replays)
        };
        let mut keys_reviewed: Vec<_> = keys.reviewed.into_iter().filter_map(of_key).collect();
        keys_reviewed.sort_by_key(|own| (own.owner.1.to_bytes(), own.holder.key().to_bytes()));
        let mut work = MAX_DELEGATION_WORK;
        let (unpresented, taken) =
            strangers.review(self.rounding, &mut work, |own| replays.is_grantable(own));
        Ok(Review {
            coverage,
            hops,
            keys: keys_reviewed,
            more_keys: keys.more,
            unpresented,
            taken,
            crowded,
            more,
            overdue,
        })
    }

    /// Reads the records in the window. Returns the number of presentations that were forgotten.
    fn read(
        &self,
        logs: &[(&dyn LogFiles, u64)],
        progress: &mut impl FnMut(u64),
        mut each: impl FnMut(usize, Entry),
    ) -> Result<u64, LogError> {
        let (mut chains, mut seen) = (Chains::default(), Seen::default());
        let mut untold: usize = 0;
        for (log, (files, end)) in logs.iter().enumerate() {
            // A presentation is for one service: the log of another must not make a call a repetition.
            seen.clear();
            let mut reader = LogReader::new(*files).up_to(*end);
            while let Some(record) = reader.next_record()? {
                untold = untold.saturating_add(1);
                if untold == RECORDS_TOGETHER {
                    progress(u64::try_from(untold).unwrap_or_default());
                    untold = 0;
                }
                let at = record.core.at;
                let is_in = self.since.is_none_or(|since| at >= since)
                    && self.until.is_none_or(|until| at < until);
                if is_in {
                    each(log, Entry::of(&record, &mut chains, &mut seen));
                }
            }
        }
        progress(u64::try_from(untold).unwrap_or_default());
        Ok(seen.forgotten)
    }
}
