//! Numbers of decisions.

use crate::activity::deed::DeedOutcome;
use crate::number::grouped;

/// Numbers of decisions by their outcome, as the timeline draws them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// Allowed, or would have been.
    pub(super) allowed: u64,
    /// Refused.
    pub(super) refused: u64,
    /// Would have been refused, and was made.
    pub(super) passed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: DeedOutcome) {
        let own = match outcome {
            DeedOutcome::Allowed | DeedOutcome::WouldAllow => &mut self.allowed,
            DeedOutcome::Refused => &mut self.refused,
            DeedOutcome::WouldRefuse | DeedOutcome::Unpresented => &mut self.passed,
        };
        *own = own.saturating_add(1);
    }

    pub(super) fn join(&mut self, other: Self) {
        self.allowed = self.allowed.saturating_add(other.allowed);
        self.refused = self.refused.saturating_add(other.refused);
        self.passed = self.passed.saturating_add(other.passed);
    }

    pub(super) fn total(self) -> u64 {
        self.allowed.saturating_add(self.refused).saturating_add(self.passed)
    }

    /// Returns the greatest of the numbers.
    pub(super) fn most(self) -> u64 {
        self.allowed.max(self.refused).max(self.passed)
    }

    /// Returns the numbers in words, without those that are 0.
    pub(super) fn in_words(self) -> String {
        let parts = [
            (self.allowed, "allowed"),
            (self.refused, "refused"),
            (self.passed, "refused but not enforced"),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let words: Vec<_> =
            parts.map(|(number, word)| format!("{} {word}", grouped(number))).collect();
        if words.is_empty() { "no decisions".to_owned() } else { words.join(", ") }
    }
}
