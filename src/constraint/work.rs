//! The work budget of one decision or delegation.

use std::cell::Cell;

use crate::limits::{MAX_DECISION_WORK, MAX_DELEGATION_WORK};

/// The work that is left for one decision or delegation, in bytes scanned. Other steps are charged
/// as bytes that take as long.
///
/// A short token can refer to a limit many times, and each evaluation may scan a long argument. So
/// such a limit spends from the budget first. Exhausting the budget can only lead to a refusal.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<usize>,
    is_exhausted: Cell<bool>,
}

impl Budget {
    /// Creates the budget of one decision, for any number of hops.
    pub(crate) fn for_decision() -> Self {
        Self { left: Cell::new(MAX_DECISION_WORK), is_exhausted: Cell::new(false) }
    }

    /// Creates the budget of one delegation, which is compared with all hops before it.
    pub(crate) fn for_delegation() -> Self {
        Self { left: Cell::new(MAX_DELEGATION_WORK), is_exhausted: Cell::new(false) }
    }

    /// Creates a budget of this much.
    pub(crate) fn of(work: usize) -> Self {
        Self { left: Cell::new(work), is_exhausted: Cell::new(false) }
    }

    /// Returns the work that is left: none, if more was needed than the budget had.
    pub(crate) fn left(&self) -> usize {
        if self.is_exhausted() { 0 } else { self.left.get() }
    }

    /// Creates an unlimited budget, for callers that check limits of their own choice.
    pub(crate) fn unlimited() -> Self {
        Self { left: Cell::new(usize::MAX), is_exhausted: Cell::new(false) }
    }

    /// Spends `amount` if that much is left. After one failure, every further call fails.
    pub(crate) fn spend(&self, amount: usize) -> bool {
        match self.left.get().checked_sub(amount) {
            Some(left) => self.left.set(left),
            None => self.is_exhausted.set(true),
        }
        !self.is_exhausted.get()
    }

    /// Returns true if more was needed than the budget had.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.is_exhausted.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exhausted_budget_stays_exhausted() {
        let work = Budget::for_decision();
        assert!(work.spend(MAX_DECISION_WORK) && !work.is_exhausted());
        assert!(work.spend(0));
        assert!(!work.spend(1) && work.is_exhausted());
        assert!(!work.spend(0), "not even zero is granted");
    }
}
