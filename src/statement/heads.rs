//! The rules by which a statement replaces, repeats or contradicts those that were seen.

use crate::instant::UnixTime;
use crate::limits::MAX_HEADS;
use crate::statement::digest::StatementDigest;
use crate::statement::series::Issue;
use crate::statement::state::{SeriesHead, SeriesState};

/// What becomes of a series when a statement arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The statement is a head already.
    Known,
    /// The series has these heads from now on: one, or several while there is a fork.
    Heads(Box<SeriesState>),
    /// The statement is older than a head.
    Old,
    /// The series has too many heads to keep one more.
    TooManyHeads,
    /// The series has ended.
    Final,
}

impl SeriesState {
    /// Returns the state before any statement.
    pub(crate) fn before_first(issue: &Issue) -> Self {
        Self { series: issue.series, heads: Vec::new(), is_final: false }
    }

    /// Returns what becomes of the series when this statement arrives. `is_final` says whether no
    /// newer one may follow it.
    pub(crate) fn step(&self, issue: &Issue, digest: StatementDigest, is_final: bool) -> Step {
        if self.heads.iter().any(|head| head.digest == digest) {
            return Step::Known;
        }
        if self.is_final {
            return Step::Final;
        }
        let issued = issue.issued.to_datetime();
        let is_after = |head: &SeriesHead| issue.sequence > head.sequence && issued >= head.issued;
        let is_before = |head: &SeriesHead| issue.sequence < head.sequence && issued <= head.issued;
        if self.heads.iter().any(is_before) {
            return Step::Old;
        }
        let names = |head: &SeriesHead| {
            issue.previous == Some(head.digest) || issue.ends.contains(&head.digest)
        };
        // Where statements were missed, the one before it is not known.
        let skips = |head: &SeriesHead| {
            self.heads.len() == 1 && issue.sequence > head.sequence.saturating_add(1)
        };
        let follows_all = self.heads.iter().all(is_after);
        let replaces = |head: &SeriesHead| follows_all && (names(head) || skips(head));
        let mut heads: Vec<_> = self.heads.iter().filter(|head| !replaces(head)).copied().collect();
        if heads.len() >= MAX_HEADS {
            return Step::TooManyHeads;
        }
        heads.push(SeriesHead { sequence: issue.sequence, digest, issued });
        heads.sort();
        Step::Heads(Box::new(Self { series: self.series, heads, is_final }))
    }

    /// Returns the latest time of issue of the heads.
    pub(crate) fn latest_issued(&self) -> Option<UnixTime> {
        self.heads.iter().map(|head| UnixTime::from(head.issued)).max()
    }
}
