//! The line of all openings of a record, as it is spelled.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::limits::MAX_OPENINGS_BYTES;
use crate::record::error::RecordError;
use crate::record::field::{Salt, to_canonical};

/// A value with its text in the form of RFC 8785. Records that repeat it share it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) text: Arc<str>,
}

/// An opening as a line has it. Without a value, it repeats that of an earlier record.
pub(super) type Written<T> = (Salt, Option<T>);

/// A line that is spelled as a writer spells it.
#[derive(Debug)]
pub(super) struct Spelled {
    /// The record whose values the line repeats.
    pub(super) base: Option<u64>,
    pub(super) index: u64,
    pub(super) open: Vec<Option<Written<Arc<Given>>>>,
}

/// The members of a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(default, rename = "as")]
    base: Option<u64>,
    index: u64,
    open: Vec<Option<Pair>>,
}

impl Spelled {
    pub(super) fn parse(line: &[u8]) -> Result<Self, RecordError> {
        if line.len() > MAX_OPENINGS_BYTES {
            return Err(RecordError::TooLong { found: line.len(), most: MAX_OPENINGS_BYTES });
        }
        let not_a_record = |e: serde_json::Error| RecordError::NotARecord { why: e.to_string() };
        let Members { base, index, open } = serde_json::from_slice(line).map_err(not_a_record)?;
        let given = |value: Value| {
            let text = to_canonical(&value)?.into();
            Ok::<_, RecordError>(Arc::new(Given { value, text }))
        };
        let written = |pair: Option<Pair>| match pair {
            Some(Pair(salt, value)) => Ok(Some((salt, value.map(given).transpose()?))),
            None => Ok(None),
        };
        let open: Vec<_> = open.into_iter().map(written).collect::<Result<_, RecordError>>()?;
        // Two readers of another spelling, such as one that repeats a key, could see two values.
        let text = |(salt, given): &Written<Arc<Given>>| {
            (*salt, given.as_ref().map(|own| Arc::clone(&own.text)))
        };
        let texts = open.iter().map(|opening| opening.as_ref().map(text));
        match spell(index, base, texts).as_bytes() == line {
            true => Ok(Self { base, index, open }),
            false => Err(RecordError::Spelling),
        }
    }
}

/// Writes a line in the form of RFC 8785. Values are texts of that form.
pub(super) fn spell(
    index: u64,
    base: Option<u64>,
    open: impl Iterator<Item = Option<Written<Arc<str>>>>,
) -> String {
    let base = base.map_or_else(String::new, |base| format!("\"as\":{base},"));
    let mut line = format!("{{{base}\"index\":{index},\"open\":[");
    for (place, opening) in open.enumerate() {
        if place > 0 {
            line.push(',');
        }
        let Some((salt, value)) = opening else {
            line.push_str("null");
            continue;
        };
        line.push_str("[\"");
        URL_SAFE_NO_PAD.encode_string(salt, &mut line);
        line.push('"');
        if let Some(value) = value {
            line.push(',');
            line.push_str(&value);
        }
        line.push(']');
    }
    line.push_str("]}");
    line
}

/// A salt, and a value if there is one.
#[derive(Debug)]
struct Pair(Salt, Option<Value>);

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PairVisitor)
    }
}

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Pair;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a salt and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pair, A::Error> {
        let mut salt = Salt::default();
        let text: Option<&str> = list.next_element()?;
        let is_salt =
            text.is_some_and(|text| URL_SAFE_NO_PAD.decode_slice(text, &mut salt) == Ok(16));
        if !is_salt {
            return Err(de::Error::custom("a salt is 16 bytes in base64url"));
        }
        // A third element is an error of the reader of JSON.
        Ok(Pair(salt, list.next_element()?))
    }
}
