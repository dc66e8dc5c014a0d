//! Text as editors and shells write it: UTF-8, with or without a byte-order mark.

use std::fmt::{self, Display, Formatter};

/// The byte-order mark in UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the text without the byte-order mark at its start.
///
/// # Errors
///
/// [`EncodingError`] if the bytes are not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, EncodingError> {
    if let Some(error) = wide(bytes) {
        return Err(error);
    }
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| EncodingError::NotText { at: e.valid_up_to() })
}

/// The reason why bytes are not text in UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingError {
    /// The text is in another encoding of Unicode, which PowerShell and some editors write.
    Wide {
        /// Its name, as `iconv` has it.
        encoding: &'static str,
    },
    /// The bytes are not text in an encoding of Unicode.
    NotText {
        /// The number of bytes of UTF-8 before the first that is not.
        at: usize,
    },
}

impl EncodingError {
    /// Returns the command that converts the file with this name, in the words of a shell, to
    /// `new`.
    pub fn command(self, file: &str, new: &str) -> Option<String> {
        match self {
            Self::Wide { encoding } => {
                Some(format!("(umask 077; iconv -f {encoding} -t UTF-8 {file} > {new})"))
            }
            Self::NotText { .. } => None,
        }
    }
}

/// Gives a sentence about the file.
impl Display for EncodingError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wide { encoding } => {
                write!(f, "this is text in {encoding}, as PowerShell writes it, and UTF-8 is read")
            }
            Self::NotText { at } => {
                let byte = at.saturating_add(1);
                write!(f, "this is not text: byte {byte} is not UTF-8")
            }
        }
    }
}

impl std::error::Error for EncodingError {}

/// Recognises UTF-16 and UTF-32 by their mark, or by the zero bytes of ASCII text.
fn wide(bytes: &[u8]) -> Option<EncodingError> {
    let every = |nth: usize, of: usize| {
        let numbered = bytes.iter().zip((0..of).cycle());
        numbered.filter(move |(_, at)| *at == nth).map(|(byte, _)| *byte)
    };
    let is_zero = |nth: usize, of: usize| bytes.len() >= 8 && every(nth, of).all(|b| b == 0);
    let has_no_zero = |nth: usize, of: usize| every(nth, of).all(|b| b != 0);
    // Letters beyond Latin have no zero.
    let is_mostly_zero = |nth: usize| {
        let zeros = every(nth, 2).filter(|b| *b == 0).count();
        bytes.len() >= 4 && zeros.saturating_mul(4) > bytes.len()
    };
    let encoding = match bytes {
        [0xff, 0xfe, 0, 0, ..] => "UTF-32LE",
        [0, 0, 0xfe, 0xff, ..] => "UTF-32BE",
        [0xff, 0xfe, ..] => "UTF-16LE",
        [0xfe, 0xff, ..] => "UTF-16BE",
        _ if has_no_zero(0, 4) && (1..4).all(|nth| is_zero(nth, 4)) => "UTF-32LE",
        _ if has_no_zero(3, 4) && (0..3).all(|nth| is_zero(nth, 4)) => "UTF-32BE",
        _ if has_no_zero(0, 2) && is_mostly_zero(1) => "UTF-16LE",
        _ if has_no_zero(1, 2) && is_mostly_zero(0) => "UTF-16BE",
        _ => return None,
    };
    Some(EncodingError::Wide { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, unit: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn a_mark_in_utf_8_is_not_part_of_the_text() {
        assert_eq!(utf8(b"\xef\xbb\xbfabc"), Ok("abc"));
        assert_eq!(utf8(b"abc"), Ok("abc"));
        assert_eq!(utf8(b""), Ok(""));
        assert_eq!(utf8("\u{feff}\u{feff}a".as_bytes()), Ok("\u{feff}a"));
        assert_eq!(utf8(b"ab\xff"), Err(EncodingError::NotText { at: 2 }));
        assert_eq!(utf8(b"a\0b"), Ok("a\0b"));
    }

    #[test]
    fn wide_text_is_recognised_with_and_without_a_mark() {
        for text in ["{\"a\": \"\u{5317}\u{4eac}\"}", "-----BEGIN PRIVATE KEY-----\r\nMC4C\r\n"] {
            let marked = format!("\u{feff}{text}");
            for text in [text, &marked] {
                let wide = |encoding| Err(EncodingError::Wide { encoding });
                assert_eq!(utf8(&units(text, u16::to_le_bytes)), wide("UTF-16LE"), "{text}");
                assert_eq!(utf8(&units(text, u16::to_be_bytes)), wide("UTF-16BE"), "{text}");
            }
        }
        let wide: Vec<u8> = "abc".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        assert_eq!(utf8(&wide), Err(EncodingError::Wide { encoding: "UTF-32LE" }));
        let wide: Vec<u8> = "abc".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(utf8(&wide), Err(EncodingError::Wide { encoding: "UTF-32BE" }));
    }
}
