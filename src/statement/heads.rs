//! The rules by which a statement replaces, repeats or contradicts the statements seen before.

use crate::instant::UnixTime;
use crate::limits::{MAX_HEADS, MAX_REJECTED_HEADS};
use crate::statement::digest::StatementDigest;
use crate::statement::series::{Issue, SeriesId};
use crate::statement::state::{SeriesHead, SeriesState};

/// The change of a series when a statement arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The statement is a head already.
    Repeated,
    /// The series has these heads from now on: one, or several while there is a fork.
    Heads(Box<SeriesState>),
    /// The statement is older than a head.
    Old,
    /// The series has too many heads to keep one more.
    TooManyHeads,
    /// The series has ended.
    Final,
    /// The operator decided against the statement.
    Rejected,
}

impl SeriesState {
    /// Returns the state before any statement.
    pub(crate) fn before_first(series: SeriesId) -> Self {
        Self { series, heads: Vec::new(), rejected: Vec::new(), is_final: false }
    }

    /// Returns the change of the series when this statement arrives. `is_final` is true if no newer
    /// statement may follow it.
    pub(crate) fn step(&self, issue: &Issue, digest: StatementDigest, is_final: bool) -> Step {
        if self.has(&digest) {
            return Step::Repeated;
        }
        if self.rejected.iter().any(|head| head.digest == digest) {
            return Step::Rejected;
        }
        let own = SeriesHead { sequence: issue.sequence, digest, issued: issue.issued_at() };
        if self.heads.iter().any(|head| head.is_after(&own)) {
            return Step::Old;
        }
        // A statement that is newer than a final one is refused. An older one was handled above.
        if self.is_final {
            return Step::Final;
        }
        let names = |head: &SeriesHead| {
            issue.previous == Some(head.digest) || issue.ends.contains(&head.digest)
        };
        // A verifier that missed statements has not seen the one before this. So a gap in the
        // sequence replaces a single head; two heads need a statement that names them.
        let skips = |head: &SeriesHead| {
            self.heads.len() == 1 && issue.sequence > head.sequence.saturating_add(1)
        };
        let follows_all = self.heads.iter().all(|head| own.is_after(head));
        let replaces = |head: &SeriesHead| follows_all && (names(head) || skips(head));
        let mut heads: Vec<_> = self.heads.iter().filter(|head| !replaces(head)).copied().collect();
        if heads.len() >= MAX_HEADS {
            return Step::TooManyHeads;
        }
        heads.push(own);
        heads.sort();
        // A rejected statement that is older than a head is refused as old, so it need not be kept.
        let is_newer = |old: &&SeriesHead| !heads.iter().any(|head| head.is_after(old));
        let rejected = self.rejected.iter().filter(is_newer).copied().collect();
        Step::Heads(Box::new(Self { series: self.series, heads, rejected, is_final }))
    }

    /// Returns the state in which this statement is the only head, and the other heads are
    /// rejected. The statement may be a head or a rejected one, because an operator may decide
    /// again.
    ///
    /// A final series stays final. The fork does not undo that: somebody has signed with the key,
    /// so the key is not safe.
    pub(crate) fn keeping(&self, digest: StatementDigest) -> Option<Self> {
        let is_kept = |head: &&SeriesHead| head.digest == digest;
        let kept = self.heads.iter().chain(&self.rejected).find(is_kept)?;
        let mut rejected: Vec<_> = self.heads.iter().filter(|own| !is_kept(own)).copied().collect();
        // The oldest of the earlier rejections are forgotten. Otherwise an issuer could sign until
        // no further decision fits. A forgotten statement that arrives again is a fork again.
        let room = MAX_REJECTED_HEADS.saturating_sub(rejected.len());
        let before = self.rejected.iter().rev().filter(|own| !is_kept(own));
        rejected.extend(before.take(room));
        rejected.sort();
        Some(Self { heads: vec![*kept], rejected, ..self.clone() })
    }

    /// Returns true if the statement with this digest is a head.
    pub(crate) fn has(&self, digest: &StatementDigest) -> bool {
        self.heads.iter().any(|head| head.digest == *digest)
    }

    /// Returns the state as if the void heads had never been seen. If all are void, nothing has been
    /// seen.
    pub(crate) fn without(&self, is_void: impl Fn(&SeriesHead) -> bool) -> Self {
        let heads: Vec<_> = self.heads.iter().filter(|head| !is_void(head)).copied().collect();
        match heads.is_empty() {
            true => Self::before_first(self.series),
            false => Self { heads, ..self.clone() },
        }
    }

    /// Returns the latest time of issue of the heads.
    pub(crate) fn latest_issued(&self) -> Option<UnixTime> {
        self.heads.iter().map(|head| UnixTime::from(head.issued)).max()
    }
}
