//! A new token on standard output.

use deputize::Token;
use deputize::limits::{MAX_HOPS, MAX_TOKEN_BYTES};

use crate::output::error::Error;
use crate::output::streams::Output;

/// Prints the token, with a note on standard error if verifiers refuse such a token by default.
///
/// # Errors
///
/// If standard output is closed or fails.
pub fn print(token: &Token, output: &Output) -> Result<(), Error> {
    let (text, hops) = (token.to_text(), token.hops().len());
    if hops > MAX_HOPS {
        output.note(format_args!(
            "note: the chain has {hops} hops; verifiers accept {MAX_HOPS} by default, and `deputize verify` accepts no more"
        ));
    }
    if text.len() > MAX_TOKEN_BYTES {
        let length = text.len();
        output.note(format_args!(
            "note: the token has {length} bytes; verifiers accept {MAX_TOKEN_BYTES} by default, and `deputize verify` accepts no more"
        ));
    }
    output.print(text)
}
