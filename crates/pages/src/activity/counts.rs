//! Numbers of decisions.

use crate::activity::deed::DeedOutcome;

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
            DeedOutcome::WouldRefuse => &mut self.passed,
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

/// Returns a number with commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(at);
        if at > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_separated() {
        let all = [0, 12, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "12", "999", "1,000", "12,345", "1,234,567"]);
    }
}
