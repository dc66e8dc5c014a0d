//! The progress of a batch, on a terminal.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::batch::tally::Tally;

/// A shorter batch shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows the progress of a batch, if standard error is a terminal.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    target: Target,
    /// The bytes of the whole input, if known.
    size: Option<u64>,
    bar: Option<ProgressBar>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Nobody,
    /// The answers go elsewhere, so there is room for a bar.
    Terminal,
    /// The answers go to the terminal too, so there is no room for a bar.
    TerminalWithAnswers,
}

impl Progress {
    /// Creates a display that shows nothing.
    pub fn hidden() -> Self {
        Self { started: Instant::now(), target: Target::Nobody, size: None, bar: None }
    }

    /// Creates a display on standard error, if that is a terminal: a bar if `size`, the bytes of
    /// the input, is known, else a count of lines.
    pub fn on_terminal(size: Option<u64>) -> Self {
        let target = match (stderr().is_terminal(), stdout().is_terminal()) {
            (false, _) => Target::Nobody,
            (true, false) => Target::Terminal,
            (true, true) => Target::TerminalWithAnswers,
        };
        Self { target, size, ..Self::hidden() }
    }

    pub(super) fn show(&mut self, bytes: u64, tally: &Tally) {
        if self.target != Target::Terminal {
            return;
        }
        let (size, elapsed) = (self.size, self.started.elapsed());
        // It is hidden at first, but measures the speed from the start.
        let bar = self.bar.get_or_insert_with(|| new_bar(size));
        if bar.is_hidden() && elapsed >= PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_message(speed(tally.lines(), elapsed));
        bar.set_position(if size.is_some() { bytes } else { tally.lines() });
    }

    /// Removes the bar and prints a summary in one line, if standard error is a terminal.
    pub(super) fn end(&mut self, tally: &Tally, passed: &str) {
        // It clears itself when it is dropped.
        self.bar = None;
        if self.target == Target::Nobody {
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        // A closed standard error is not a failure.
        let _ = writeln!(stderr(), "{}, in {seconds:.1} s", summary(tally, passed));
    }
}

fn new_bar(size: Option<u64>) -> ProgressBar {
    let template = match size {
        Some(_) => "{bar:30} {percent:>3} %  {bytes} of {total_bytes}  {msg}  {eta} left",
        None => "{spinner} {msg}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| match size {
        Some(_) => ProgressStyle::default_bar(),
        None => ProgressStyle::default_spinner(),
    });
    ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden())
        .with_style(style)
        .with_finish(ProgressFinish::AndClear)
}

fn speed(lines: u64, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let rate = lines.saturating_mul(1000).checked_div(millis).unwrap_or(0);
    format!("{} lines, {} a second", HumanCount(lines), HumanCount(rate))
}

fn summary(tally: &Tally, passed: &str) -> String {
    let lines = tally.lines();
    let noun = if lines == 1 { "line" } else { "lines" };
    let Tally { passed: good, denied, malformed } = *tally;
    format!(
        "{} {noun}: {} {passed}, {} refused, {} malformed",
        HumanCount(lines),
        HumanCount(good),
        HumanCount(denied),
        HumanCount(malformed),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_one_line() {
        let tally = Tally { passed: 80_000, denied: 19_990, malformed: 10 };
        assert_eq!(
            summary(&tally, "allowed"),
            "100,000 lines: 80,000 allowed, 19,990 refused, 10 malformed"
        );
        let one = Tally { passed: 1, ..Tally::default() };
        assert_eq!(summary(&one, "reported"), "1 line: 1 reported, 0 refused, 0 malformed");
    }
}
