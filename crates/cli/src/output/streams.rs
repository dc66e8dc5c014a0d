//! Standard output for results, standard error for everything else.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use deputize::text::visible_json;
use serde::Serialize;

use crate::output::error::{Error, without_secret};
use crate::platform;

/// The streams of a command, and when they have colours.
#[derive(Debug, Clone, Copy, Default)]
pub struct Output {
    color: ColorChoice,
}

/// Bytes of lines that are written together.
const LINES_TOGETHER: usize = 64 * 1024;

/// Lines on standard output, some of which are written together. Those that wait are written when it is
/// dropped.
#[derive(Debug)]
pub struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    is_seen: bool,
}

impl Lines {
    /// Prints a line of text.
    ///
    /// # Errors
    ///
    /// If standard output fails.
    pub fn print(&mut self, line: impl Display) -> Result<(), Error> {
        writeln!(self.out, "{line}")?;
        if self.is_seen { self.end() } else { Ok(()) }
    }

    /// Prints a value as JSON in one line.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn print_json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let json = serde_json::to_string(value).map_err(Error::new)?;
        self.print(visible_json(&json))
    }

    /// Writes the lines that wait.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn end(&mut self) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}

impl Output {
    /// Creates streams with colours as `--color` says.
    pub fn new(color: ColorChoice) -> Self {
        Self { color }
    }

    /// Creates an output without colors.
    pub fn plain() -> Self {
        Self::new(ColorChoice::Never)
    }

    /// Prints plain text, such as a token or a document, exactly as it is.
    ///
    /// # Errors
    ///
    /// If standard output is closed or fails.
    pub fn print(&self, text: impl Display) -> Result<(), Error> {
        if platform::is_stdout_closed() {
            return Err(Error::NoOutput);
        }
        let text = text.to_string();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        write_all(io::stdout().lock(), &format!("{text}{end}"))
    }

    /// Prints a value as JSON over several lines.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn print_json(&self, value: &impl Serialize) -> Result<(), Error> {
        let json = serde_json::to_string_pretty(value).map_err(Error::new)?;
        self.print(visible_json(&json))
    }

    /// Prints a value as JSON in one line.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn print_json_line(&self, value: &impl Serialize) -> Result<(), Error> {
        let mut lines = self.lines()?;
        lines.print_json(value)?;
        lines.end()
    }

    /// Returns a writer of lines, of which there may be very many.
    ///
    /// # Errors
    ///
    /// If standard output is closed.
    pub fn lines(&self) -> Result<Lines, Error> {
        if platform::is_stdout_closed() {
            return Err(Error::NoOutput);
        }
        let out = io::stdout().lock();
        // A person at a terminal sees each line at once.
        let is_seen = out.is_terminal();
        Ok(Lines { out: BufWriter::with_capacity(LINES_TOGETHER, out), is_seen })
    }

    /// Writes bytes that are not text, exactly as they are.
    ///
    /// # Errors
    ///
    /// If standard output is a terminal, closed, or fails.
    pub fn write_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        if platform::is_stdout_closed() {
            return Err(Error::NoOutput);
        }
        let mut out = io::stdout().lock();
        if out.is_terminal() {
            return Err(Error::new(
                "the result is not text, and standard output is a terminal; write it to a file, with `> FILE`",
            ));
        }
        out.write_all(bytes)?;
        out.flush()?;
        Ok(())
    }

    /// Prints text with colours, which are removed unless standard output shows them.
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
        let text = match color {
            ColorChoice::Never => strip_str(&text).to_string(),
            _ => text,
        };
        // All at once: a reader of only the first line must not break the pipe before the rest is
        // written.
        write_all(out, &text)
    }

    /// Prints a note to standard error. A closed standard error is not a failure.
    pub fn note(&self, text: impl Display) {
        let mut out = AutoStream::new(io::stderr().lock(), self.color);
        let _ = writeln!(out, "{}", without_secret(text.to_string()));
    }

    /// Prints the error that stops the command.
    pub fn error(&self, error: &Error) {
        if *error == Error::OutputClosed {
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
