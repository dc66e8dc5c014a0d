//! How far a batch has come, on a terminal.

use std::io::{IsTerminal, Write, stderr, stdout};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::tally::Tally;

/// Who waits for less does not want to see a bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how far a batch has come, where somebody looks.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    audience: Audience,
    /// Bytes of the whole input, where that is known.
    size: Option<u64>,
    bar: Option<ProgressBar>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    Nobody,
    /// The answers go elsewhere, so that a bar may stand there.
    Terminal,
    /// The answers stand there too.
    TerminalWithAnswers,
}

impl Progress {
    /// Nobody looks.
    pub fn hidden() -> Self {
        Self { started: Instant::now(), audience: Audience::Nobody, size: None, bar: None }
    }

    /// On standard error, where that is a terminal. A bar where `size`, the bytes of the input, is
    /// known, and a count otherwise.
    pub fn on_terminal(size: Option<u64>) -> Self {
        let audience = match (stderr().is_terminal(), stdout().is_terminal()) {
            (false, _) => Audience::Nobody,
            (true, false) => Audience::Terminal,
            (true, true) => Audience::TerminalWithAnswers,
        };
        Self { audience, size, ..Self::hidden() }
    }

    /// Bytes of the file that standard input comes from, where it comes from one.
    pub fn stdin_size() -> Option<u64> {
        #[cfg(unix)]
        {
            let file = std::fs::File::from(std::io::stdin().as_fd().try_clone_to_owned().ok()?);
            file.metadata().ok().filter(std::fs::Metadata::is_file).map(|own| own.len())
        }
        #[cfg(not(unix))]
        None
    }

    pub(super) fn show(&mut self, bytes: u64, tally: &Tally) {
        if self.audience != Audience::Terminal {
            return;
        }
        let (size, elapsed) = (self.size, self.started.elapsed());
        // It is there from the beginning, unseen, so that it knows how fast things go.
        let bar = self.bar.get_or_insert_with(|| new_bar(size));
        if bar.is_hidden() && elapsed >= PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_message(speed(tally.lines(), elapsed));
        bar.set_position(if size.is_some() { bytes } else { tally.lines() });
    }

    /// Takes the bar away and says in one line what came of it, where somebody looks.
    pub(super) fn end(&mut self, tally: &Tally, passed: &str) {
        // Dropped, it is cleared.
        self.bar = None;
        if self.audience == Audience::Nobody {
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        // Whoever closed standard error does not want to know.
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
        "{} {noun}: {} {passed}, {} denied, {} malformed",
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
            "100,000 lines: 80,000 allowed, 19,990 denied, 10 malformed"
        );
        let one = Tally { passed: 1, ..Tally::default() };
        assert_eq!(summary(&one, "reported"), "1 line: 1 reported, 0 denied, 0 malformed");
    }
}
