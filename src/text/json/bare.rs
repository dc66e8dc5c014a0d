//! Values that people write without quotes, such as the `5` in `limit=5` on a command line.

use serde::de::IgnoredAny;
use serde_json::Number;

use crate::limits::MAX_INTEGER;

/// The meaning of a value that is written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bare {
    /// The text is JSON.
    Json,
    /// The text is a string.
    Text {
        /// The number that the text would be as JSON, in the spelling that is signed (RFC 8785), if
        /// it is a number that a request can have.
        number: Option<String>,
    },
}

/// Decides whether a value that is written without quotes is JSON or a string.
///
/// It is JSON if it parses as JSON, except that a number must be in the one spelling that is signed
/// (RFC 8785). Any other spelling is a string: it may be a commit (`1e3`, `12e4567`), a version
/// (`1.10`), a code (`007`, `-0`) or an id beyond 2^53 − 1, and as a number it would be signed as
/// something else. So in either case, the text that was written is the text that is signed.
///
/// ```
/// use deputize::text::json::{Bare, read_bare};
///
/// for json in ["5", "-1.5", "1e+30", "true", "null", "[1e3]", "{\"a\": 1}", "\"1.10\""] {
///     assert_eq!(read_bare(json), Bare::Json);
/// }
/// for text in ["007", "12e4567", "12345678901234567890", "yes", "[draft]", ""] {
///     assert_eq!(read_bare(text), Bare::Text { number: None });
/// }
/// assert_eq!(read_bare("1.10"), Bare::Text { number: Some("1.1".to_owned()) });
/// ```
pub fn read_bare(text: &str) -> Bare {
    let is_number = text.trim_start().starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if !is_number {
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        return if is_json { Bare::Json } else { Bare::Text { number: None } };
    }
    match serde_json::from_str(text).ok().and_then(|number| as_signed(&number)) {
        Some(number) if number == text => Bare::Json,
        number => Bare::Text { number },
    }
}

/// Returns the spelling of a number in a signed request, or `None` for an integer beyond
/// ±(2^53 − 1).
pub(crate) fn as_signed(number: &Number) -> Option<String> {
    if number.is_f64() {
        return serde_json_canonicalizer::to_string(number).ok();
    }
    let is_exact = |i: i64| i.unsigned_abs() <= MAX_INTEGER.unsigned_abs();
    number.as_i64().filter(|i| is_exact(*i)).map(|i| i.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_one_only_as_it_is_signed() {
        for (text, number) in [
            ("1e3", Some("1000")),
            ("1E3", Some("1000")),
            ("1e+3", Some("1000")),
            ("5.0", Some("5")),
            ("1.10", Some("1.1")),
            ("-0", Some("0")),
            ("-0.0", Some("0")),
            (" 5", Some("5")),
            ("5 ", Some("5")),
            ("6.02e23", Some("6.02e+23")),
            ("0.1000000000000000055", Some("0.1")),
            ("007", None),
            ("+5", None),
            (".5", None),
            ("5.", None),
            ("0x10", None),
            ("1_000", None),
            ("12e4567", None),
            ("1e-4567", Some("0")),
            ("9007199254740992", None),
            ("-9007199254740992", None),
            ("18446744073709551616", Some("18446744073709552000")),
            ("1.2.3", None),
            ("-", None),
        ] {
            let number = number.map(str::to_owned);
            assert_eq!(read_bare(text), Bare::Text { number }, "{text}");
        }
        for text in ["0", "5", "-5", "0.5", "-1.5", "1e+21", "1e-7", "9007199254740991", "6.02e+23"]
        {
            assert_eq!(read_bare(text), Bare::Json, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_signed_as_it_is_written(text in "-?[0-9]{1,20}(\\.[0-9]{1,5})?(e[+-]?[0-9]{1,3})?") {
            if read_bare(&text) == Bare::Json {
                let number: Number = serde_json::from_str(&text).unwrap_or_else(|_| 0.into());
                prop_assert_eq!(as_signed(&number), Some(text));
            }
        }
    }
}
