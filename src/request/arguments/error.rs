//! The reasons why arguments are refused.

use thiserror::Error;

use crate::limits::{
    MAX_ARGUMENT_BYTES, MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS, MAX_INTEGER, MAX_NAME_BYTES,
};
use crate::text::escape::Backticked;

/// The reason why the arguments of a request are refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// The argument is there, and no limit can judge its value: it is a float, an object, a list with
    /// one of these, or a member that not all elements of a list have.
    #[error(
        "argument {} is not a string, integer, boolean, null or list of these; read it from the JSON of the arguments",
        Backticked(name)
    )]
    NotAValue {
        /// The name of the argument.
        name: String,
    },
    /// An argument's name begins with `$serde_json::private::`, which `serde_json` reserves.
    #[error("the argument name {} is reserved by `serde_json`; use another", Backticked(name))]
    Reserved {
        /// The name.
        name: String,
    },
    /// An argument's name is empty or longer than [`MAX_NAME_BYTES`].
    #[error(
        "the argument name {} has {} bytes, and a name has 1 to {MAX_NAME_BYTES}",
        Backticked(name),
        name.len()
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A top-level name looks like the name of a value inside an object.
    #[error(
        "the argument {} begins with a slash, as the name of a value inside an object does; rename it, or send the object",
        Backticked(name)
    )]
    Pointer {
        /// The name.
        name: String,
    },
    /// There are more than [`MAX_ARGUMENTS`] values, or more objects and lists of objects.
    #[error(
        "the request has more than {MAX_ARGUMENTS} arguments or {MAX_ARGUMENTS} objects, including those inside objects; send fewer"
    )]
    TooMany,
    /// The arguments nest deeper than [`MAX_ARGUMENT_DEPTH`].
    #[error("the arguments nest more than {MAX_ARGUMENT_DEPTH} levels deep; flatten them")]
    TooDeep,
    /// The arguments have more than [`MAX_ARGUMENT_BYTES`].
    #[error("the arguments have {found} bytes, and at most {MAX_ARGUMENT_BYTES} are allowed")]
    TooLarge {
        /// The length in bytes of the text or of the canonical JSON.
        found: usize,
    },
    /// An integer is so large that some JSON readers round it.
    #[error(
        "argument {} is {found}{}, beyond ±{MAX_INTEGER} (2^53 − 1), which JSON cannot carry exactly; send a string",
        Backticked(name),
        beyond_64_bits(*found)
    )]
    IntegerTooLarge {
        /// The argument.
        name: String,
        /// The number. `i64::MIN` and `u64::MAX` also represent all numbers beyond them.
        found: i128,
    },
}

fn beyond_64_bits(found: i128) -> &'static str {
    match found {
        _ if found <= i128::from(i64::MIN) => " or less",
        _ if found >= i128::from(u64::MAX) => " or more",
        _ => "",
    }
}
