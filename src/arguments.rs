//! The arguments of a call, each leaf under one name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value as Json};
use thiserror::Error;

use crate::inert::{Escaped, shortened};
use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS, MAX_INTEGER, MAX_NAME_BYTES};
use crate::value::Value;

/// The arguments of a call, by name.
///
/// A top-level argument is named as it is; what lies inside objects is named by its JSON Pointer
/// (RFC 6901), as `/filter/owner`. No top-level name begins with a slash, so no two share one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments {
    /// Whatever is not an object, and empty objects. `None` is what cannot be decided upon.
    leaves: BTreeMap<String, Option<Value>>,
    /// The objects that have members. A limit on one of them cannot be decided upon.
    objects: BTreeSet<String>,
}

/// What a call has under a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Argument<'a> {
    Absent,
    /// An object with members, which is no argument itself: its members are.
    Object,
    /// A float, an empty object, or a list that holds one of them or another list.
    Undecidable,
    Value(&'a Value),
}

impl Arguments {
    /// Names everything in `args`.
    ///
    /// # Errors
    ///
    /// Where a name could be mistaken for a JSON Pointer, there are too many leaves, they nest too
    /// deep, or an integer is larger than JSON carries.
    pub(crate) fn of(args: &Map<String, Json>) -> Result<Self, ArgumentError> {
        let mut found = Self::default();
        for (name, value) in args {
            if name.starts_with('/') {
                return Err(ArgumentError::Pointer { name: name.clone() });
            }
            found.collect(name, &pointer_token(name), value, 1)?;
        }
        Ok(found)
    }

    fn collect(
        &mut self,
        name: &str,
        pointer: &str,
        json: &Json,
        depth: usize,
    ) -> Result<(), ArgumentError> {
        if depth > MAX_ARGUMENT_DEPTH {
            return Err(ArgumentError::TooDeep);
        }
        match json {
            Json::Object(members) if !members.is_empty() => {
                // What stands below has a longer name still.
                if name.len() > MAX_NAME_BYTES {
                    return Err(ArgumentError::Name { name: name.to_owned() });
                }
                if self.objects.len() >= MAX_ARGUMENTS {
                    return Err(ArgumentError::TooMany);
                }
                self.objects.insert(name.to_owned());
                for (key, value) in members {
                    let inner = format!("{pointer}{}", pointer_token(key));
                    self.collect(&inner, &inner, value, depth.saturating_add(1))?;
                }
                return Ok(());
            }
            other => check_numbers(name, other, depth)?,
        }
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(ArgumentError::Name { name: name.to_owned() });
        }
        if self.leaves.len() >= MAX_ARGUMENTS {
            return Err(ArgumentError::TooMany);
        }
        self.leaves.insert(name.to_owned(), Value::from_json(json));
        Ok(())
    }

    /// What stands under this name.
    pub(crate) fn get(&self, name: &str) -> Argument<'_> {
        match self.leaves.get(name) {
            Some(Some(value)) => Argument::Value(value),
            Some(None) => Argument::Undecidable,
            None if self.objects.contains(name) => Argument::Object,
            None => Argument::Absent,
        }
    }

    /// The names of the leaves: what a capability must name where its world is closed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.leaves.keys().map(String::as_str)
    }

    /// Everything under its name, objects too.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Argument<'_>)> {
        let names = self.names().chain(self.objects.iter().map(String::as_str));
        names.map(|name| (name, self.get(name)))
    }
}

/// Refuses integers that other JSON readers would round, so that calls which differ in one share no
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
    #[error(
        "the argument name `{}` must have between 1 and {MAX_NAME_BYTES} bytes",
        shortened(Escaped(name), MAX_NAME_BYTES)
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A top-level name that reads like the name of something inside an object.
    #[error(
        "the argument `{}` begins with a slash, like the name of something inside an object",
        shortened(Escaped(name), MAX_NAME_BYTES)
    )]
    Pointer {
        /// The name.
        name: String,
    },
    /// More leaves than [`MAX_ARGUMENTS`], or as many objects.
    #[error(
        "a request has at most {MAX_ARGUMENTS} arguments, counted inside objects too, and as many objects"
    )]
    TooMany,
    /// Deeper than [`MAX_ARGUMENT_DEPTH`].
    #[error("arguments nest at most {MAX_ARGUMENT_DEPTH} deep")]
    TooDeep,
    /// An integer that JSON readers round.
    #[error(
        "argument `{}` is {found}, beyond ±{MAX_INTEGER} (2^53 − 1), which JSON does not carry exactly; send a string",
        shortened(Escaped(name), MAX_NAME_BYTES)
    )]
    IntegerTooLarge {
        /// The argument.
        name: String,
        /// The number.
        found: String,
    },
}
