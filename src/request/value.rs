//! Values that a constraint can judge.

use std::fmt::{self, Display, Formatter};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use thiserror::Error;

use crate::limits::MAX_INTEGER;
use crate::text::escape::Escaped;
use crate::text::json::LimitJson;

/// A value that limits can judge: no floats, no objects, no lists in lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// JSON `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer within ±(2^53 − 1), the range that JSON carries exactly (RFC 8785).
    Integer(i64),
    /// A string, compared byte by byte: no case folding, no Unicode normalisation.
    String(String),
    /// A list of values that are not lists.
    List(Vec<Value>),
}

impl Value {
    /// Converts JSON. Returns `None` for JSON that no limit can judge: a float, an object, or a
    /// list that contains one of them or another list.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Array(items) => {
                let items: Option<Vec<_>> = items.iter().map(Self::scalar_from_json).collect();
                items.map(Self::List)
            }
            other => Self::scalar_from_json(other),
        }
    }

    pub(crate) fn scalar_from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Null => Some(Self::Null),
            Json::Bool(b) => Some(Self::Bool(*b)),
            Json::Number(n) => n
                .as_i64()
                .filter(|i| i.unsigned_abs() <= MAX_INTEGER.unsigned_abs())
                .map(Self::Integer),
            Json::String(s) => Some(Self::String(s.clone())),
            Json::Array(_) | Json::Object(_) => None,
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Self::Integer(i)
    }
}

impl From<i32> for Value {
    fn from(i: i32) -> Self {
        Self::Integer(i.into())
    }
}

impl From<u32> for Value {
    fn from(i: u32) -> Self {
        Self::Integer(i.into())
    }
}

/// Refuses an integer beyond 2^53 − 1.
impl TryFrom<u64> for Value {
    type Error = ValueError;

    fn try_from(u: u64) -> Result<Self, ValueError> {
        let i = i64::try_from(u).ok().filter(|i| *i <= MAX_INTEGER);
        i.map(Self::Integer).ok_or(ValueError::TooLarge)
    }
}

/// Refuses an integer beyond 2^53 − 1.
impl TryFrom<usize> for Value {
    type Error = ValueError;

    fn try_from(n: usize) -> Result<Self, ValueError> {
        u64::try_from(n).map_err(|_| ValueError::TooLarge)?.try_into()
    }
}

/// Refuses JSON that no limit can judge.
///
/// ```
/// use deputize::{Constraint, Value};
/// use serde_json::json;
///
/// let limit = Constraint::equals(Value::try_from(json!(["a", "b"]))?);
/// assert_eq!(limit.to_string(), r#"= ["a", "b"]"#);
/// assert!(Value::try_from(json!(5.0)).is_err(), "a float");
/// # Ok::<(), deputize::ValueError>(())
/// ```
impl TryFrom<Json> for Value {
    type Error = ValueError;

    fn try_from(json: Json) -> Result<Self, ValueError> {
        let is_beyond = |n: &serde_json::Number| n.is_u64() || n.is_i64();
        match Self::from_json(&json) {
            Some(value) => Ok(value),
            None if json.as_number().is_some_and(is_beyond) => Err(ValueError::TooLarge),
            None => Err(ValueError::NotJudged),
        }
    }
}

/// The reason why something is not a [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ValueError {
    /// An integer beyond ±(2^53 − 1), which JSON does not carry exactly.
    #[error(
        "the integer is beyond ±(2^53 − 1), which JSON does not carry exactly; write it as a string"
    )]
    TooLarge,
    /// A float, an object, or a list with one of them or with a list.
    #[error(
        "no limit can judge a float, an object or a list with one of them; use strings, integers, booleans, null and lists of these"
    )]
    NotJudged,
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::String(s.to_owned())
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::String(s)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Integer(i) => Self::from(*i),
            Value::String(s) => Self::from(s.as_str()),
            Value::List(items) => items.iter().map(Self::from).collect(),
        }
    }
}

/// Writes the value for people: strings in quotes, with invisible characters escaped.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Integer(i) => write!(f, "{i}"),
            Self::String(s) => write!(f, "\"{}\"", Escaped(s)),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json::from(self).serialize(serializer)
    }
}

/// Reads the value from JSON, strictly. A number must be written as an integer, without a fraction
/// or an exponent.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = LimitJson::deserialize(deserializer)?.0;
        Self::from_json(&json).ok_or_else(|| {
            D::Error::custom(
                "a constraint compares strings, integers within ±(2^53 − 1), booleans, null and lists of these",
            )
        })
    }
}
