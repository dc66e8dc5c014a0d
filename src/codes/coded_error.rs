//! Errors with codes.

use std::error::Error;

/// An error of this crate, with a code for programs. Every public error implements it. The errors
/// of related crates, such as `deputize-stores`, have codes of their own.
///
/// ```
/// use deputize::{CodedError, PublicKey};
///
/// fn code_of<T, E: CodedError>(result: Result<T, E>) -> Option<&'static str> {
///     result.err().map(|error| error.code())
/// }
/// assert_eq!(code_of("ed25519/00".parse::<PublicKey>()), Some("key_text"));
/// ```
pub trait CodedError: Error {
    /// Returns the code, in snake case: one of [`ERROR_CODES`](crate::ERROR_CODES), or the text of a [`DenyCode`](crate::DenyCode) where
    /// a verifier would refuse for this reason, or of a [`RefusalClass`](crate::RefusalClass).
    ///
    /// Codes are stable; new ones may be added. An error that only wraps another has the code of
    /// that one.
    fn code(&self) -> &'static str;
}

/// Makes the table of codes: the list of all, and the implementation for each error.
macro_rules! codes {
    (
        single: { $($single:ident = $single_code:literal,)+ }
        $(
            $(#[$attribute:meta])*
            $name:ident {
                $($variant:ident = $code:literal,)*
                // Variants that wrap another error, and those that wrap a reason.
                $(; wraps $($wrapping:ident),+)? $(; refused $($refusing:ident),+)?
            }
        )+
    ) => {
        /// The codes of all errors but those of refusals, which are [`DenyCode::ALL`](crate::DenyCode::ALL).
        ///
        /// | code | error |
        /// |---|---|
        $(#[doc = concat!("| `", $single_code, "` | `", stringify!($single), "` |")])+
        $($(#[doc = concat!("| `", $code, "` | `", stringify!($name), "::", stringify!($variant), "` |")])*)+
        pub const ERROR_CODES: &[&str] = &[$($single_code,)+ $($($code,)*)+];

        $(impl CodedError for $single {
            fn code(&self) -> &'static str {
                $single_code
            }
        })+

        $($(#[$attribute])*
        impl CodedError for $name {
            fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                    $($(Self::$wrapping(inner) => inner.code(),)+)?
                    $($(Self::$refusing(reason) => reason.code.as_str(),)+)?
                }
            }
        })+
    };
}

pub(super) use codes;
