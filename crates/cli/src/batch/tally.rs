//! How many lines came to what.

/// What came of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call is allowed, or the report refuses nothing.
    Passed,
    /// The call, or the chain, is denied.
    Denied,
    /// The line was none.
    Malformed,
}

/// How many lines came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls that are allowed, or reports that refuse nothing.
    pub passed: u64,
    /// Calls or chains that are denied.
    pub denied: u64,
    /// Lines, tokens and requests that are none.
    pub malformed: u64,
}

impl Tally {
    /// All lines.
    pub fn lines(&self) -> u64 {
        self.passed.saturating_add(self.denied).saturating_add(self.malformed)
    }

    /// 2 where a line was malformed, else 1 where one was denied, else 0: the worst answer counts.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self { malformed: 1.., .. } => 2,
            Self { denied: 1.., .. } => 1,
            _ => 0,
        }
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        let place = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Denied => &mut self.denied,
            Outcome::Malformed => &mut self.malformed,
        };
        *place = place.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_answer_counts() {
        let tally = |passed, denied, malformed| Tally { passed, denied, malformed }.exit_code();
        assert_eq!(tally(0, 0, 0), 0);
        assert_eq!(tally(5, 0, 0), 0);
        assert_eq!(tally(5, 1, 0), 1);
        assert_eq!(tally(0, 1, 1), 2);
    }
}
