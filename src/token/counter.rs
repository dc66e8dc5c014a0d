//! Numbering of presentations, so that a missing one can be noticed later.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::format::datalog::Counted;
use crate::format::hop_id::HopId;
use crate::limits::MAX_SERIES;

/// A counter of the presentations that one process makes, from 1, for each token and audience.
///
/// The first presentation for a token and an audience draws a random series, and so does the first
/// one after a fork. A service that sees the presentations of a series can tell which are missing,
/// except for the last ones. If a presentation got its number and the signer failed, it is missing
/// too.
///
/// ```
/// # use deputize::*;
/// # use time::{Duration, OffsetDateTime};
/// # fn f(token: Token, key: SigningKey, request: Request, now: OffsetDateTime) -> Result<(), PresentError> {
/// let counter = Counter::default();
/// let first = token.present_with(&key, &request, now, PresentOptions::default().counted_by(&counter))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Counter(Mutex<Series>);

#[derive(Debug, Default)]
struct Series {
    /// The process that drew the series. After a fork, the child must not continue with the same
    /// numbers.
    process: u32,
    by_token_and_audience: HashMap<(HopId, String), Counted>,
}

/// The operating system gave no random bytes.
#[derive(Debug)]
pub(crate) struct NoRandomness;

impl Counter {
    /// Continues the series of an earlier process, for a holder that keeps what it presented. Whoever
    /// continues one series twice gives two presentations one number, which is its own fault.
    #[must_use]
    pub fn continuing(self, token: HopId, audience: &str, series: [u8; 8], count: u64) -> Self {
        let mut all = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.process = std::process::id();
        all.by_token_and_audience.insert((token, audience.to_owned()), Counted { series, count });
        Self(Mutex::new(all))
    }

    /// Returns the series of this token and audience, and the last number in it; `None` if nothing was
    /// presented. `token` is the id of its last hop.
    pub fn last(&self, token: HopId, audience: &str) -> Option<([u8; 8], u64)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = all.by_token_and_audience.get(&(token, audience.to_owned()));
        last.map(|own| (own.series, own.count))
    }

    /// Returns the next number for this token and audience.
    pub(crate) fn next(&self, token: HopId, audience: &str) -> Result<Counted, NoRandomness> {
        // A thread that panicked elsewhere cannot have left half an entry.
        let mut series = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if series.process != process || series.by_token_and_audience.len() >= MAX_SERIES {
            *series = Series { process, by_token_and_audience: HashMap::new() };
        }
        let key = (token, audience.to_owned());
        let next = match series.by_token_and_audience.get(&key) {
            Some(last) if last.count < u64::MAX => {
                Counted { count: last.count.saturating_add(1), ..*last }
            }
            _ => {
                let mut id = [0; 8];
                getrandom::fill(&mut id).map_err(|_| NoRandomness)?;
                Counted { series: id, count: 1 }
            }
        };
        series.by_token_and_audience.insert(key, next);
        Ok(next)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    fn series(counter: &Counter) -> std::sync::MutexGuard<'_, Series> {
        counter.0.lock().unwrap()
    }

    #[test]
    fn each_token_and_audience_is_counted_separately() {
        let counter = Counter::default();
        let [a, b] = [1, 2].map(|n| HopId::from_bytes([n; 32]));
        let first = counter.next(a, "crm").unwrap();
        let second = counter.next(a, "crm").unwrap();
        assert_eq!((first.count, second.count), (1, 2));
        assert_eq!(first.series, second.series);
        for other in [counter.next(b, "crm").unwrap(), counter.next(a, "mail").unwrap()] {
            assert_eq!(other.count, 1);
            assert_ne!(other.series, first.series);
        }
        assert_eq!(counter.next(a, "crm").unwrap().count, 3);
    }

    /// A forked child has the memory of its parent and a process id of its own.
    #[test]
    fn a_forked_process_begins_a_new_series() {
        let counter = Counter::default();
        let token = HopId::from_bytes([1; 32]);
        let before = counter.next(token, "crm").unwrap();
        let parent = series(&counter).process.wrapping_add(1);
        series(&counter).process = parent;
        let after = counter.next(token, "crm").unwrap();
        assert_eq!(after.count, 1);
        assert_ne!(after.series, before.series);
    }

    #[test]
    fn a_series_of_an_earlier_process_is_continued() {
        let [a, b] = [1, 2].map(|n| HopId::from_bytes([n; 32]));
        let counter = Counter::default().continuing(a, "crm", [7; 8], 41);
        assert_eq!(counter.last(a, "crm"), Some(([7; 8], 41)));
        let next = counter.next(a, "crm").unwrap();
        assert_eq!((next.series, next.count), ([7; 8], 42));
        assert_eq!(counter.last(a, "crm"), Some(([7; 8], 42)));
        assert_eq!((counter.last(a, "mail"), counter.last(b, "crm")), (None, None));
        assert_eq!(counter.next(b, "crm").unwrap().count, 1);
    }

    #[test]
    fn the_number_of_series_is_bounded() {
        let counter = Counter::default();
        for n in 0..=u64::try_from(MAX_SERIES).unwrap() {
            let mut id = [0; 32];
            id.first_chunk_mut().unwrap().clone_from(&n.to_be_bytes());
            counter.next(HopId::from_bytes(id), "crm").unwrap();
        }
        assert_eq!(series(&counter).by_token_and_audience.len(), 1);
    }
}
