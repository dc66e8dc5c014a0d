//! The record of one series: the states seen, and the statements that count.

use crate::instant::UnixTime;
use crate::statement::digest::StatementDigest;
use crate::statement::heads::Step;
use crate::statement::in_series::InSeries;
use crate::statement::series::SeriesId;
use crate::statement::state::{SeriesHead, SeriesState};
use crate::verify::statements::accepted::StatementEffect;
use crate::verify::statements::age::{Age, HeldStatement, Issued};
use crate::verify::statements::error::NotAccepted;

/// The record of one series.
#[derive(Debug, Clone)]
pub(crate) struct SeriesRecord<S> {
    /// The state in the store.
    pub(super) stored: Option<SeriesState>,
    /// The state seen after that, while it could not be stored.
    pub(super) unstored: Option<SeriesState>,
    /// The statements that count, in the order of their arrival: heads, stored heads whose
    /// replacement could not be stored, or one statement that is older than a head.
    pub(super) statements: Vec<HeldStatement<S>>,
}

impl<S> Default for SeriesRecord<S> {
    fn default() -> Self {
        Self { stored: None, unstored: None, statements: Vec::new() }
    }
}

impl<S: InSeries> SeriesRecord<S> {
    /// Returns the state of everything seen: the stored state or the later one that could not be
    /// stored, followed by the statements that count. Void heads count as never seen.
    pub(super) fn seen(
        &self,
        series: SeriesId,
        is_void: impl Fn(&SeriesHead) -> bool,
    ) -> SeriesState {
        let states = self.unstored.iter().chain(&self.stored).map(|state| state.without(&is_void));
        let first = states.into_iter().find(|state| !state.heads.is_empty());
        let mut seen = first.unwrap_or_else(|| SeriesState::before_first(series));
        for held in self.statements.iter().filter(|held| !is_void(&held.head())) {
            let (issue, is_final) = (held.issue(), held.statement.is_final());
            if let Step::Heads(after) = seen.step(issue, held.digest(), is_final) {
                seen = *after;
            }
        }
        seen
    }

    /// Returns the latest time of issue seen, stored or not. The clock has reached that time,
    /// except for the tolerance.
    pub(super) fn latest_issued(&self) -> Option<UnixTime> {
        let held = self.statements.iter().map(|held| held.issue().issued).max();
        let states =
            self.stored.iter().chain(&self.unstored).filter_map(SeriesState::latest_issued);
        held.max(states.max())
    }

    pub(super) fn holds(&self, digest: &StatementDigest) -> bool {
        self.statements.iter().any(|held| held.digest() == *digest)
    }

    pub(super) fn has_stored(&self, digest: &StatementDigest) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.has(digest))
    }

    /// Takes a statement. Statements that are neither stored heads nor heads in `after` are
    /// dropped.
    pub(super) fn take(&mut self, new: HeldStatement<S>, after: &SeriesState) {
        // The order of arrival is kept, because it decides which of two statements contradicts the
        // other.
        if !self.holds(&new.digest()) {
            self.statements.push(new);
        }
        let Self { stored, statements, .. } = self;
        let is_stored =
            |own: &StatementDigest| stored.as_ref().is_some_and(|stored| stored.has(own));
        statements.retain(|held| after.has(&held.digest()) || is_stored(&held.digest()));
    }

    /// Records the state that will be stored. If it would forget stored heads that are void, they
    /// are kept until it is stored, because the root may lift the void line again.
    pub(super) fn set_unstored(&mut self, after: &SeriesState) {
        let is_later = |stored: &SeriesState| stored != after && after.forgets_nothing_of(stored);
        self.unstored = self.stored.as_ref().is_none_or(is_later).then(|| after.clone());
    }

    /// Records the stored state, and drops the statements that are no longer heads.
    pub(super) fn set_stored(&mut self, after: SeriesState) {
        self.statements.retain(|held| after.has(&held.digest()));
        (self.stored, self.unstored) = (Some(after), None);
    }

    /// Records the state that another process has stored, and drops the statements that the
    /// operator decided against.
    pub(super) fn adopt(&mut self, stored: Option<SeriesState>) {
        if self.stored == stored {
            return;
        }
        let rejected = stored.iter().flat_map(|state| &state.rejected);
        let rejected: Vec<_> = rejected.map(|head| head.digest).collect();
        self.statements.retain(|held| !rejected.contains(&held.digest()));
        (self.stored, self.unstored) = (stored, None);
    }

    /// Takes a statement that is older than a head, if no other is held.
    pub(super) fn take_old(
        &mut self,
        new: HeldStatement<S>,
        seen: &SeriesState,
        is_void: impl Fn(&SeriesHead) -> bool,
    ) -> Result<StatementEffect, NotAccepted> {
        let digest = new.digest();
        // The newer statement was seen but could not be stored, so the stored older one still
        // counts.
        if let Some(stored) = self.stored.clone().filter(|stored| stored.has(&digest)) {
            self.take(new, seen);
            return Ok(StatementEffect::of(&stored));
        }
        let of_head = |head: &SeriesHead| head.sequence;
        let (newest, offered) = (seen.heads.iter().map(of_head).max(), new.issue().sequence);
        let newest = newest.unwrap_or_default();
        let holds_another = self.statements.iter().any(|held| !is_void(&held.head()));
        if holds_another && !self.holds(&digest) {
            return Err(NotAccepted::RolledBack { seen: newest, offered });
        }
        if !holds_another {
            self.statements = vec![new];
        }
        Ok(StatementEffect::RolledBack { seen: newest })
    }

    /// Returns the age of the knowledge of the series, or `None` if all held statements are void.
    pub(super) fn age(
        &self,
        series: SeriesId,
        is_void: impl Fn(&SeriesHead) -> bool,
    ) -> Option<Age> {
        let statements = || self.statements.iter().filter(|held| !is_void(&held.head()));
        statements().next()?;
        let seen = self.seen(series, &is_void);
        let of = |state: &SeriesState| statements().find(|held| state.has(&held.digest())).cloned();
        let stored = self.stored.as_ref().map(|stored| stored.without(&is_void));
        let age = match (of(&seen), stored) {
            (None, _) => Age::RolledBack,
            (Some(_), _) if seen.heads.len() > 1 => Age::Forked,
            (Some(_), Some(stored)) if stored.heads.len() > 1 => Age::Forked,
            (Some(_), stored) => match stored.as_ref().and_then(of) {
                Some(head) => Age::Of(Issued::of(head.issue())),
                None => Age::NotStored,
            },
        };
        Some(age)
    }
}
