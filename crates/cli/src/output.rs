//! Standard output for what was asked for, standard error for everything else.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use crate::error::{Error, without_secret};

/// Where a command writes, and whether in colours.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    color: ColorChoice,
}

impl Output {
    /// Colours as `--color` says: where somebody sees them, if it says nothing.
    pub fn new(color: ColorChoice) -> Self {
        Self { color }
    }

    /// Writes a line of plain text, a token or a document, exactly as it is.
    ///
    /// # Errors
    ///
    /// Where nobody reads it, or it cannot be written.
    pub fn print(&self, text: impl Display) -> Result<(), Error> {
        let text = text.to_string();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        write_all(io::stdout().lock(), &format!("{text}{end}"))
    }

    /// Writes text that is in colours, which are taken out where nobody sees them.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn print_colored(&self, text: impl Display) -> Result<(), Error> {
        let out = io::stdout().lock();
        let text = text.to_string();
        let color = match self.color {
            ColorChoice::Auto => AutoStream::choice(&out),
            color => color,
        };
        // All at once: whoever reads the first line only must not break the pipe before the rest is
        // written.
        write_all(
            out,
            &match color {
                ColorChoice::Never => strip_str(&text).to_string(),
                _ => text,
            },
        )
    }

    /// Tells the person who called something beside the result. That nobody reads it is no failure.
    pub fn note(&self, text: impl Display) {
        let mut out = AutoStream::new(io::stderr().lock(), self.color);
        let _ = writeln!(out, "{}", without_secret(text.to_string()));
    }

    /// Tells why the command stopped.
    pub fn error(&self, error: &Error) {
        if *error == Error::Unheard {
            return;
        }
        let sentence = without_secret(error.to_string());
        self.note(format_args!("\u{1b}[1;31merror:\u{1b}[0m {sentence}"));
    }
}

fn write_all(mut out: impl Write, text: &str) -> Result<(), Error> {
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
