//! A source of statements, and its state.

use std::time::Duration;

use deputize::{Accepted, NotAccepted};
use thiserror::Error;
use time::OffsetDateTime;

use crate::fetch::Fetcher;
use crate::fetched::FetchError;
use crate::limits::{DEFAULT_DEADLINE, DEFAULT_INTERVAL, MIN_INTERVAL};
use crate::place::Place;

/// A source of statements: revocation lists, directories of agents.
///
/// ```
/// # use deputize_guard::Source;
/// # use std::time::Duration;
/// let source = Source::new("https://acme.com/deputize/alice.revocations".parse()?)
///     .every(Duration::from_secs(30));
/// # Ok::<(), deputize_guard::PlaceError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a source is read once it is started"]
pub struct Source {
    pub(crate) place: Place,
    pub(crate) every: Duration,
    deadline: Duration,
    roots: Option<Vec<u8>>,
}

impl Source {
    /// Creates the source at a place, which is read every [`DEFAULT_INTERVAL`].
    pub fn new(place: Place) -> Self {
        Self { place, every: DEFAULT_INTERVAL, deadline: DEFAULT_DEADLINE, roots: None }
    }

    /// Sets the time between two readings, at least [`MIN_INTERVAL`].
    pub fn every(self, every: Duration) -> Self {
        Self { every: every.max(MIN_INTERVAL), ..self }
    }

    /// Sets the deadline of one reading of a URL, from the look-up of its host to the last byte.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Trusts the certificates of these authorities, in PEM, instead of the public ones: for a
    /// source in one's own network.
    pub fn with_roots(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { roots: Some(pem.into()), ..self }
    }

    pub(crate) fn fetcher(&self) -> Result<Fetcher, FetchError> {
        Fetcher::new(self.place.clone(), self.deadline, self.roots.as_deref())
    }
}

/// The state of a source. The age of what it gave is that of the statement: a verifier's policy
/// refuses when it is too old, whatever the state of the source.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SourceState {
    /// The place.
    pub place: Place,
    /// The time of the last reading whose statement was accepted, or that found it unchanged.
    pub read_at: Option<OffsetDateTime>,
    /// The last statement that was accepted, with its effect: anything but
    /// [`Current`](deputize::StatementEffect::Current) needs an operator.
    pub accepted: Option<Accepted>,
    /// The reason why the readings since then failed.
    pub failure: Option<SourceFailure>,
    /// The number of readings that failed since then.
    pub failures: u32,
}

impl SourceState {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, read_at: None, accepted: None, failure: None, failures: 0 }
    }

    /// Returns true if the source has been read, with or without success.
    pub fn is_tried(&self) -> bool {
        self.read_at.is_some() || self.failures > 0
    }

    pub(crate) fn succeeded(&mut self, accepted: Option<Accepted>, now: OffsetDateTime) {
        self.read_at = Some(now);
        self.accepted = accepted.or(self.accepted.take());
        self.failure = None;
        self.failures = 0;
    }

    pub(crate) fn failed(&mut self, why: SourceFailure) {
        self.failure = Some(why);
        self.failures = self.failures.saturating_add(1);
    }
}

/// The reason why a reading of a source gave nothing.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SourceFailure {
    /// The source could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The statement was not accepted. The last good one is kept.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    /// The reading ended in a defect of this program. It is tried again.
    #[error("the task that reads the source ended by a defect, and was started again")]
    Died,
}
