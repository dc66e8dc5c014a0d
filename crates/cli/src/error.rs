//! Why a command stopped, in one line.

use std::fmt::{self, Display, Formatter, Write};
use std::io;

/// What a command says on standard error before it exits with 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Something is wrong, in a lower-case sentence without a full stop.
    Said(String),
    /// Nobody reads standard output any more, so there is nobody to tell.
    Unheard,
}

impl Error {
    /// An error in the words of `sentence`.
    pub fn new(sentence: impl Display) -> Self {
        Self::Said(sentence.to_string())
    }

    /// Passes over that nobody reads on, where the exit code says it all: `… | head -1` is enough
    /// for some.
    ///
    /// # Errors
    ///
    /// Any other.
    pub fn unless_unheard(self) -> Result<(), Self> {
        if self == Self::Unheard { Ok(()) } else { Err(self) }
    }

    /// An error about one option, argument or file, which `what` names.
    pub fn about(what: impl Display, why: impl Display) -> Self {
        Self::Said(format!("{what}: {why}"))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(sentence) => f.write_str(sentence),
            Self::Unheard => f.write_str("nobody reads standard output"),
        }
    }
}

impl std::error::Error for Error {}

/// Failing to write to standard output.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unheard,
            _ => Self::about("cannot write to standard output", error),
        }
    }
}

/// What a command came to, if it did not stop with an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The call is allowed, or what was to be done is done.
    Done,
    /// The token is refused.
    Denied,
}

/// What stands in the base64 of every private Ed25519 key in PKCS#8 (RFC 8410), before the secret.
const ED25519_PKCS8: &str = "wBQYDK2VwBCIEI";

/// The text, unless it holds a private key that somebody gave where another thing was wanted: it
/// must not stand in a log as well.
pub fn without_secret(text: String) -> String {
    if text.contains("PRIVATE KEY-----") || text.contains(ED25519_PKCS8) {
        return "a private key was given as an argument, where others can see it; give the name of its file, and make a new key".to_owned();
    }
    text
}

/// Text that somebody else chose, with whatever cannot be seen, or turns the line around, escaped.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| write_shown(f, c))
    }
}

/// One character as [`Shown`] shows it.
pub fn write_shown(out: &mut impl Write, c: char) -> fmt::Result {
    // `escape_debug` knows which characters print; quotes and back-slashes do.
    if matches!(c, '"' | '\'' | '\\') || (is_left_to_right(c) && c.escape_debug().len() == 1) {
        return out.write_char(c);
    }
    write!(out, "\\u{{{:x}}}", u32::from(c))
}

/// Not of a script that runs from right to left (UAX #9, classes `R` and `AL`).
fn is_left_to_right(c: char) -> bool {
    !matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let hostile = "é漢 \"'\\ a\n\t\u{1b}[2J\u{202e}\u{200b}\u{5d0}\u{a0}";
        assert_eq!(
            Shown(hostile).to_string(),
            "é漢 \"'\\ a\\u{a}\\u{9}\\u{1b}[2J\\u{202e}\\u{200b}\\u{5d0}\\u{a0}"
        );
    }

    #[test]
    fn a_broken_pipe_is_nothing_to_tell_anyone() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Error::from(broken), Error::Unheard);
    }
}
