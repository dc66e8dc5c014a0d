//! Standard output for what was asked for, standard error for everything else.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};

use crate::error::Error;

/// What stands in the base64 of every private Ed25519 key in PKCS#8 (RFC 8410), before the secret.
const ED25519_PKCS8: &str = "wBQYDK2VwBCIEI";

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
        let mut out = io::stdout().lock();
        write!(out, "{text}{end}")?;
        out.flush()?;
        Ok(())
    }

    /// Writes text that is in colours, which are taken out where nobody sees them.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn print_colored(&self, text: impl Display) -> Result<(), Error> {
        let mut out = AutoStream::new(io::stdout().lock(), self.color);
        // Whole lines at once: a report is many small pieces.
        out.write_all(text.to_string().as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Tells the person who called something beside the result. That nobody reads it is no failure.
    pub fn note(&self, text: impl Display) {
        let mut out = AutoStream::new(io::stderr().lock(), self.color);
        let _ = writeln!(out, "{text}");
    }

    /// Tells why the command stopped.
    pub fn error(&self, error: &Error) {
        if *error == Error::Unheard {
            return;
        }
        let mut sentence = error.to_string();
        // An error quotes what was given, and that must not be a secret.
        if sentence.contains("PRIVATE KEY-----") || sentence.contains(ED25519_PKCS8) {
            sentence = "a private key was given as an argument, where others can see it; give the name of its file, and make a new key".to_owned();
        }
        self.note(format_args!("\u{1b}[1;31merror:\u{1b}[0m {sentence}"));
    }
}
