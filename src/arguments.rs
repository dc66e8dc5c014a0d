//! The arguments of a call, each leaf under one name.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value as Json};
use thiserror::Error;

use crate::inert::Escaped;
use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS, MAX_INTEGER, MAX_NAME_BYTES};
use crate::value::Value;

/// The leaves of a call's arguments, by name.
///
/// A top-level argument is named as it is; what lies inside objects is named by its JSON Pointer
/// (RFC 6901), as `/filter/owner`. A leaf that cannot be decided upon is `None`.
pub(crate) type Leaves = BTreeMap<String, Option<Value>>;

/// Names every leaf of `args`.
///
/// # Errors
///
/// Where two leaves would bear one name, or there are too many, or they nest too deep, or an
/// integer is larger than JSON carries.
pub(crate) fn leaves(args: &Map<String, Json>) -> Result<Leaves, ArgumentError> {
    let mut found = Leaves::new();
    for (name, value) in args {
        collect(name, &pointer_token(name), value, 1, &mut found)?;
    }
    Ok(found)
}

fn collect(
    name: &str,
    pointer: &str,
    json: &Json,
    depth: usize,
    found: &mut Leaves,
) -> Result<(), ArgumentError> {
    if depth > MAX_ARGUMENT_DEPTH {
        return Err(ArgumentError::TooDeep);
    }
    match json {
        Json::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let inner = format!("{pointer}{}", pointer_token(key));
                collect(&inner, &inner, value, depth.saturating_add(1), found)?;
            }
            return Ok(());
        }
        other => check_numbers(name, other, depth)?,
    }
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(ArgumentError::Name { name: name.to_owned() });
    }
    if found.len() >= MAX_ARGUMENTS {
        return Err(ArgumentError::TooMany);
    }
    match found.insert(name.to_owned(), Value::from_json(json)) {
        None => Ok(()),
        Some(_) => Err(ArgumentError::Duplicate { name: name.to_owned() }),
    }
}

/// Refuses integers that other JSON readers would round: two different calls must not share a
/// digest.
fn check_numbers(name: &str, json: &Json, depth: usize) -> Result<(), ArgumentError> {
    if depth > MAX_ARGUMENT_DEPTH {
        return Err(ArgumentError::TooDeep);
    }
    let deeper = depth.saturating_add(1);
    match json {
        Json::Number(n) if is_too_large(n) => {
            Err(ArgumentError::IntegerTooLarge { name: name.to_owned(), found: n.to_string() })
        }
        Json::Array(items) => items.iter().try_for_each(|item| check_numbers(name, item, deeper)),
        Json::Object(members) => {
            members.values().try_for_each(|value| check_numbers(name, value, deeper))
        }
        _ => Ok(()),
    }
}

fn is_too_large(n: &Number) -> bool {
    const BOUND: f64 = 9_007_199_254_740_992.0;
    match (n.as_i64(), n.as_f64()) {
        (Some(i), _) => i.unsigned_abs() > MAX_INTEGER.unsigned_abs(),
        (None, Some(f)) => f.abs() >= BOUND,
        (None, None) => true,
    }
}

fn pointer_token(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Why arguments are refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// An argument's name is empty or too long.
    #[error("the argument name `{}` must have between 1 and {MAX_NAME_BYTES} bytes", Escaped(name))]
    Name {
        /// The name.
        name: String,
    },
    /// Two arguments would bear one name, such as a key `/a/b` beside an object `a` with a key `b`.
    #[error("two arguments would both be named `{}`", Escaped(name))]
    Duplicate {
        /// The name.
        name: String,
    },
    /// More leaves than [`MAX_ARGUMENTS`].
    #[error("a request has at most {MAX_ARGUMENTS} arguments, counted inside objects too")]
    TooMany,
    /// Deeper than [`MAX_ARGUMENT_DEPTH`].
    #[error("arguments nest at most {MAX_ARGUMENT_DEPTH} deep")]
    TooDeep,
    /// An integer that JSON readers round.
    #[error(
        "argument `{}` is {found}, beyond ±{MAX_INTEGER} (2^53 − 1), which JSON does not carry exactly; send a string",
        Escaped(name)
    )]
    IntegerTooLarge {
        /// The argument.
        name: String,
        /// The number.
        found: String,
    },
}
