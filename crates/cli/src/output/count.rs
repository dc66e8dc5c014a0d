//! The progress of a command that reads many things, on a terminal.

use std::io::{IsTerminal as _, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A shorter run shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Things of which one shows the count.
const SOME: u64 = 1024;

/// A count on standard error, if that is a terminal. It is gone when it is dropped.
#[derive(Debug)]
pub struct Count {
    what: &'static str,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Count {
    /// Counts these things.
    pub fn on_terminal(what: &'static str) -> Self {
        Self::shown_if(what, stderr().is_terminal())
    }

    /// Counts these things while results are printed: a terminal that shows the results has no room for
    /// the count.
    pub fn beside_results(what: &'static str) -> Self {
        Self::shown_if(what, stderr().is_terminal() && !stdout().is_terminal())
    }

    fn shown_if(what: &'static str, is_shown: bool) -> Self {
        let bar = is_shown.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            let style = ProgressStyle::with_template("{spinner} {msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { what, started: Instant::now(), bar }
    }

    /// Shows the count so far, at some of the calls: a terminal takes longer than most things that are
    /// counted.
    pub fn show_some(&mut self, count: u64) {
        if count.is_multiple_of(SOME) {
            self.show(count);
        }
    }

    /// Shows the count so far.
    pub fn show(&mut self, count: u64) {
        let Some(bar) = &self.bar else { return };
        if bar.is_hidden() && self.started.elapsed() >= PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_message(format!("{} {}", HumanCount(count), self.what));
        bar.tick();
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
