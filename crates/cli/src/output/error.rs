//! The error that stops a command, in one line.

use std::fmt::{self, Display, Formatter};
use std::io;

/// The error that a command prints to standard error before it exits with status 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A lower-case sentence without a full stop.
    Message(String),
    /// The reader of standard output has closed it, so there is nobody to print to.
    OutputClosed,
    /// The command was started without a standard output, so its result would be lost.
    NoOutput,
}

impl Error {
    /// Creates an error with this sentence.
    pub fn new(sentence: impl Display) -> Self {
        Self::Message(sentence.to_string())
    }

    /// Creates an error about one option, argument or file.
    pub fn about(subject: impl Display, why: impl Display) -> Self {
        Self::Message(format!("{subject}: {why}"))
    }

    /// Ignores a closed standard output, for commands whose exit status has the result too, as in
    /// `… | head -1`.
    ///
    /// # Errors
    ///
    /// Any other error.
    pub fn unless_output_closed(self) -> Result<(), Self> {
        match self {
            Self::OutputClosed | Self::NoOutput => Ok(()),
            Self::Message(_) => Err(self),
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(sentence) => f.write_str(sentence),
            Self::OutputClosed => f.write_str("standard output is closed"),
            Self::NoOutput => f.write_str(
                "standard output is closed, so the result would be lost; open it, such as with `> FILE`",
            ),
        }
    }
}

impl std::error::Error for Error {}

/// An error of standard output.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::about("cannot write to standard output", error),
        }
    }
}

/// The result of a command that did not stop with an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The call is allowed, or the work is done.
    Done,
    /// The call or the token is refused.
    Refused,
    /// A signal ended the command in order. The exit status is 128 and its number.
    Stopped(u8),
}

/// The beginnings of private keys as text.
const SECRETS: [&str; 5] = [
    "PRIVATE KEY-----",
    // The base64 before the secret in every private Ed25519 key in PKCS#8 (RFC 8410).
    "wBQYDK2VwBCIEI",
    // The base64 of `openssh-key-v1`.
    "b3BlbnNzaC1rZXktdjE",
    // As the Biscuit command writes it.
    "ed25519-private/",
    "AGE-SECRET-KEY-",
];

/// Returns the text, or a warning if it contains a private key. A key that was given by mistake
/// must not get into a log as well.
pub fn without_secret(text: String) -> String {
    let is_secret = |text: &str| SECRETS.iter().any(|part| text.contains(part));
    // Of a JWK, `d` is the private part.
    if is_secret(&text) || (text.contains("\"kty\"") && text.contains("\"d\"")) {
        return "a private key was given as an argument, where other users can see it; give the name of its file, and make a new key".to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pipe_is_not_reported() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Error::from(broken), Error::OutputClosed);
    }
}
