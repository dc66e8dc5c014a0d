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
    /// Returns the id that a value with this JSON text is; `None` for anything but a string, or an
    /// integer in its one spelling. That excludes `1.0`, `1e0`, and `-0`, which some readers take
    /// for a float.
    pub(crate) fn read(raw: &str, json: &Json) -> Option<Self> {
        let value = match json {
            Json::String(text) => IdValue::Text(text.clone()),
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
            // As Python's `int` reads it: with a sign, zeros and blanks.
            IdValue::Text(text) => match text.trim().parse() {
                Ok(integer) => IdValue::Integer(integer),
                Err(_) => self.value.clone(),
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

fn plain_integer(raw: &str) -> Option<i64> {
    let integer: i64 = raw.parse().ok()?;
    let is_plain = integer.to_string() == raw;
    (is_plain && integer.unsigned_abs() <= MAX_INTEGER.unsigned_abs()).then_some(integer)
}
