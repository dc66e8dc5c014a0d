//! Values that a constraint can judge.

use std::fmt::{self, Display, Formatter};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

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
