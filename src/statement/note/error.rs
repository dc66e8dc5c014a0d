//! Errors of signed notes.

use thiserror::Error;

use crate::key::{SignerError, WrongSignature};
use crate::limits::{MAX_NOTE_BYTES, MAX_NOTE_LINE, MAX_NOTE_SIGNATURES};
use crate::text::escape::Backticked;

/// The reason why bytes are not a signed note, or are not signed as required. Lines are counted
/// from 1, including the empty line and the signature lines.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The note is longer than [`MAX_NOTE_BYTES`].
    #[error("the note is longer than {MAX_NOTE_BYTES} bytes")]
    TooLong,
    /// A line is longer than [`MAX_NOTE_LINE`].
    #[error("line {line} of the note is longer than {MAX_NOTE_LINE} bytes")]
    LineTooLong {
        /// The line.
        line: usize,
    },
    /// The text is not UTF-8.
    #[error("the text of the note is not UTF-8")]
    NotUtf8,
    /// The text does not end in a line feed.
    #[error("the text of a note must end in a line feed")]
    NoLineFeed,
    /// A line of the text is empty.
    #[error("line {line} of the note is empty; only the line before the signatures may be")]
    EmptyLine {
        /// The line.
        line: usize,
    },
    /// A line of the text has an invisible character, such as a control character.
    #[error(
        "line {line} of the note has the invisible character U+{:04X}; leave it out",
        u32::from(*.found)
    )]
    Invisible {
        /// The line.
        line: usize,
        /// The character.
        found: char,
    },
    /// No signature line follows the text.
    #[error(
        "the note has no signature; after the text there must be an empty line and a line `— NAME SIGNATURE`"
    )]
    NoSignature,
    /// A line after the text is not a signature line.
    #[error(
        "line {line} of the note is not a signature line; it must be `— NAME SIGNATURE`, with the signature in standard base64 with padding, and a line feed at its end"
    )]
    Signature {
        /// The line.
        line: usize,
    },
    /// The note has more signatures than [`MAX_NOTE_SIGNATURES`].
    #[error("the note has more than {MAX_NOTE_SIGNATURES} signatures")]
    TooManySignatures,
    /// Two signature lines have the same name and the same hash of a key.
    #[error(
        "the note has two signatures of one key under the name {}; leave one out",
        Backticked(name)
    )]
    SignedTwice {
        /// The name.
        name: String,
    },
    /// The note has more or fewer signatures than its kind requires.
    #[error("the number of signatures must be {expected}, and is {found}")]
    SignatureCount {
        /// The required number.
        expected: usize,
        /// The actual number.
        found: usize,
    },
    /// The note has no signature of this key over its text.
    #[error("the note has no valid signature by {}", Backticked(name))]
    NotSignedBy {
        /// The name of the key.
        name: String,
    },
    /// The name of a key is empty, or has a blank, an invisible character or a plus sign.
    #[error(
        "{} is not the name of a key; it must not be empty or have blanks, invisible characters or `+`",
        Backticked(found)
    )]
    Name {
        /// The name.
        found: String,
    },
    /// The signature was not made by this key over the text.
    #[error(transparent)]
    WrongSignature(#[from] WrongSignature),
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}
