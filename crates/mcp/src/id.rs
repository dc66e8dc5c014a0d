//! The id of a request.

use std::fmt::{self, Display, Formatter};

use deputize::limits::MAX_INTEGER;
use serde_json::Value as Json;

/// The id of a request, as it was written and as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    raw: String,
    value: IdValue,
}

/// The value of an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdValue {
    /// An integer within ±(2^53 − 1).
    Integer(i64),
    /// A string.
    Text(String),
}

impl Id {
    /// Returns the id that a value with this JSON text is; `None` for anything but a string of
    /// visible ASCII characters, or an integer in its one spelling. That excludes `1.0`, `1e0`, and
    /// `-0`, which some readers take for a float, and digits of other scripts and blanks, which some
    /// readers drop.
    pub(crate) fn read(raw: &str, json: &Json) -> Option<Self> {
        let value = match json {
            Json::String(text) if is_visible_ascii(text) => IdValue::Text(text.clone()),
            _ => IdValue::Integer(plain_integer(raw)?),
        };
        Some(Self { raw: raw.to_owned(), value })
    }

    /// Returns the JSON text, as it was written. An answer has it unchanged.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Returns the value.
    pub fn value(&self) -> &IdValue {
        &self.value
    }

    /// Returns the value by which ids are told apart. Some SDKs take a string that reads as an
    /// integer for that integer, so the two are the same.
    pub(crate) fn slot(&self) -> IdValue {
        match &self.value {
            IdValue::Text(text) => match integer_to_others(text) {
                Some(integer) => IdValue::Integer(integer),
                None => self.value.clone(),
            },
            IdValue::Integer(_) => self.value.clone(),
        }
    }
}

impl Display for Id {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

fn is_visible_ascii(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the integer that `int` of Python or `Number` of JavaScript reads in visible ASCII
/// characters, if an id can have it. A string that only looks like one to neither of them can be
/// taken for it here: `1__0` is no integer to Python, and is the same id as 10.
fn integer_to_others(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
    let prefixed =
        radix.iter().find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, *radix)));
    if let Some((digits, radix)) = prefixed {
        // Rust would accept a sign.
        let is_unsigned = !digits.starts_with(['+', '-']);
        return i64::from_str_radix(digits, radix)
            .ok()
            .filter(|own| is_unsigned && is_in_range(*own));
    }
    // Rust reads words as well, such as `infinity`.
    if lower.bytes().any(|byte| byte.is_ascii_alphabetic() && byte != b'e') {
        return None;
    }
    let number: f64 = lower.replace('_', "").parse().ok()?;
    // Written without fraction and exponent, a float within the range is the integer.
    let integer = if number.fract() == 0.0 { format!("{number:.0}") } else { return None };
    integer.parse().ok().filter(|own| is_in_range(*own))
}

fn is_in_range(integer: i64) -> bool {
    integer.unsigned_abs() <= MAX_INTEGER.unsigned_abs()
}

fn plain_integer(raw: &str) -> Option<i64> {
    let integer: i64 = raw.parse().ok()?;
    let is_plain = integer.to_string() == raw;
    (is_plain && is_in_range(integer)).then_some(integer)
}
