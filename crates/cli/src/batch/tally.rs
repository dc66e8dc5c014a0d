//! The number of lines with each outcome.

/// The outcome of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call is allowed, or the token is not refused.
    Passed,
    /// The call or the token is refused.
    Denied,
    /// The line, its token or its request is malformed.
    Malformed,
}

/// The number of lines with each outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls that are allowed, or tokens that are not refused.
    pub passed: u64,
    /// Calls or tokens that are refused.
    pub denied: u64,
    /// Malformed lines.
    pub malformed: u64,
}

impl Tally {
    /// Returns the number of all lines.
    pub fn lines(&self) -> u64 {
        self.passed.saturating_add(self.denied).saturating_add(self.malformed)
    }

    /// Returns the exit status: 2 if a line was malformed, else 1 if one was refused, else 0.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self { malformed: 1.., .. } => 2,
            Self { denied: 1.., .. } => 1,
            _ => 0,
        }
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Denied => &mut self.denied,
            Outcome::Malformed => &mut self.malformed,
        };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_is_the_exit_code() {
        let tally = |passed, denied, malformed| Tally { passed, denied, malformed }.exit_code();
        assert_eq!(tally(0, 0, 0), 0);
        assert_eq!(tally(5, 0, 0), 0);
        assert_eq!(tally(5, 1, 0), 1);
        assert_eq!(tally(0, 1, 1), 2);
    }
}
