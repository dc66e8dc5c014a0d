//! Why arguments are refused.

use thiserror::Error;

use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS, MAX_INTEGER, MAX_NAME_BYTES};
use crate::text::escape::{Escaped, truncated};

/// Why arguments are refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// An argument's name is empty or too long.
    #[error(
        "the argument name `{}` must have between 1 and {MAX_NAME_BYTES} bytes",
        truncated(Escaped(name), MAX_NAME_BYTES)
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A top-level name that reads like the name of something inside an object.
    #[error(
        "the argument `{}` begins with a slash, like the name of something inside an object",
        truncated(Escaped(name), MAX_NAME_BYTES)
    )]
    Pointer {
        /// The name.
        name: String,
    },
    /// More leaves than [`MAX_ARGUMENTS`], or as many objects and lists of objects.
    #[error(
        "a request has at most {MAX_ARGUMENTS} arguments, counted inside objects too, and as many objects"
    )]
    TooMany,
    /// Deeper than [`MAX_ARGUMENT_DEPTH`].
    #[error("arguments nest at most {MAX_ARGUMENT_DEPTH} deep")]
    TooDeep,
    /// More bytes than [`MAX_ARGUMENT_BYTES`](crate::limits::MAX_ARGUMENT_BYTES).
    #[error("the arguments have {found} bytes; at most {most} are read")]
    TooLarge {
        /// The bytes of the text, or of the canonical JSON where that is longer.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// An integer that JSON readers round.
    #[error(
        "argument `{}` is {found}, beyond ±{MAX_INTEGER} (2^53 − 1), which JSON does not carry exactly; send a string",
        truncated(Escaped(name), MAX_NAME_BYTES)
    )]
    IntegerTooLarge {
        /// The argument.
        name: String,
        /// The number.
        found: String,
    },
}
