//! Errors of signed notes.

use thiserror::Error;

use crate::key::SignerError;
use crate::limits::{MAX_NOTE_BYTES, MAX_NOTE_LINE, MAX_NOTE_SIGNATURES};
use crate::text::escape::Backticked;

/// The reason why bytes are not a signed note, or not one that is signed as required.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoteError {
    /// It is longer than [`MAX_NOTE_BYTES`].
    #[error("the note is longer than {MAX_NOTE_BYTES} bytes")]
    TooLong,
    /// A line of the text is longer than [`MAX_NOTE_LINE`].
    #[error("line {line} of the note is longer than {MAX_NOTE_LINE} bytes")]
    LineTooLong {
        /// The line, from 1.
        line: usize,
    },
    /// The text is not UTF-8.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// The text does not end in a line feed.
    #[error("the text of a note must end in a line feed")]
    NoLineFeed,
    /// A line of the text is empty.
    #[error("line {line} of the note is empty; only the line before the signatures is")]
    EmptyLine {
        /// The line, from 1.
        line: usize,
    },
    /// A line of the text has a control character or a line separator.
    #[error("line {line} of the note has a control character")]
    ControlCharacter {
        /// The line, from 1.
        line: usize,
    },
    /// There is no signature line after an empty line.
    #[error(
        "the note has no signature; after the text there must be an empty line and a line `— NAME SIGNATURE`"
    )]
    NoSignature,
    /// A signature line is malformed, or something else follows the text.
    #[error(
        "after the text of the note there is a line that is not a signature; it must be `— NAME SIGNATURE`, with the signature in standard base64"
    )]
    Signature,
    /// It has more than [`MAX_NOTE_SIGNATURES`].
    #[error("a note has at most {MAX_NOTE_SIGNATURES} signatures")]
    TooManySignatures,
    /// It has more or fewer signatures than its kind requires.
    #[error("a note of this kind has {expected} signatures, and this one has {found}")]
    SignatureCount {
        /// The number that is required.
        expected: usize,
        /// The number that it has.
        found: usize,
    },
    /// It has no signature of this key over its text.
    #[error("the note has no valid signature by {}", Backticked(name))]
    NotSignedBy {
        /// The name of the key.
        name: String,
    },
    /// The name of a key is empty, or has a blank, a control character or a plus sign.
    #[error(
        "{} is not the name of a key; it may have no blanks, control characters and `+`",
        Backticked(found)
    )]
    Name {
        /// The name.
        found: String,
    },
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}
