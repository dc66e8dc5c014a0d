//! Ids as text: of hops, tokens and statements.

use std::str::FromStr;

use deputize::text::Backticked;
use deputize::{HopId, StatementDigest};

use crate::output::Error;

/// Reads the id of a hop, 64 hexadecimal digits. The error begins with `option`.
///
/// # Errors
///
/// If it is not such an id.
pub fn hop_id(option: &str, text: &str) -> Result<HopId, Error> {
    HopId::from_str(text).map_err(|e| about(option, text, &e.to_string()))
}

/// Reads the random id of a token, 32 hexadecimal digits. The error begins with `option`.
///
/// # Errors
///
/// If it is not such an id.
pub fn token_id(option: &str, text: &str) -> Result<[u8; 16], Error> {
    let is_id = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    match u128::from_str_radix(text, 16) {
        Ok(id) if is_id => Ok(id.to_be_bytes()),
        _ => Err(about(option, text, "the id of a token is written as 32 hexadecimal digits")),
    }
}

/// Reads the digest of a statement. The error begins with `option`.
///
/// # Errors
///
/// If it is not such a digest.
pub fn digest(option: &str, text: &str) -> Result<StatementDigest, Error> {
    text.parse().map_err(|e: deputize::StatementError| about(option, text, &e.to_string()))
}

/// Writes 16 bytes in hexadecimal.
pub fn hex(id: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(id))
}

fn about(option: &str, text: &str, why: &str) -> Error {
    Error::about(format_args!("{option} {}", Backticked(text)), why)
}
