//! The arguments of a call, each leaf under one name.

mod error;
mod name;
mod number;
mod leaf;
mod columns;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS, MAX_NAME_BYTES};
use crate::request::value::Value;

use columns::Columns;
use leaf::{Found, Group, Leaf};
use number::check_numbers;

pub use error::ArgumentError;
pub use name::PointerFault;
pub(crate) use name::{enclosing, list_around, name_above, prefix_below, why_nothing_has};

/// The arguments of a call, by name.
///
/// A top-level argument is named as it is; what lies inside objects is named by its JSON Pointer
/// (RFC 6901), as `/filter/owner`. No top-level name begins with a slash, so no two share one.
///
/// A list of objects is named like an object, with `*` for the index: `/files/*/path` is the list of
/// that member in each element.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments {
    leaves: BTreeMap<String, Leaf>,
    groups: BTreeMap<String, Group>,
}

/// The value of a call under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument<'a> {
    Absent,
    /// An object with members, which is no argument itself: its members are.
    Object,
    /// A list of so many objects with members, which is no argument itself either.
    Objects(usize),
    /// A float, an empty object, or what is not in all elements of a list.
    Undecidable,
    /// A list of so many elements, one of which cannot be decided upon or is another list. Its
    /// length can be.
    List(usize),
    Value(&'a Value),
}

impl Found for Arguments {
    fn leaf(&mut self, name: &str, leaf: Leaf) -> Result<(), ArgumentError> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(ArgumentError::Name { name: name.to_owned() });
        }
        if self.leaves.len() >= MAX_ARGUMENTS {
            return Err(ArgumentError::TooMany);
        }
        self.leaves.insert(name.to_owned(), leaf);
        Ok(())
    }

    fn group(&mut self, name: &str, group: Group) -> Result<(), ArgumentError> {
        // Names further below are longer still.
        if name.len() > MAX_NAME_BYTES {
            return Err(ArgumentError::Name { name: name.to_owned() });
        }
        if self.groups.len() >= MAX_ARGUMENTS {
            return Err(ArgumentError::TooMany);
        }
        self.groups.insert(name.to_owned(), group);
        Ok(())
    }
}

impl Arguments {
    /// Names everything in `args`.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] if a name could be mistaken for a JSON Pointer, if there are too many leaves or
    /// they nest too deep, or if an integer is larger than JSON carries.
    pub(crate) fn of(args: &Map<String, Json>) -> Result<Self, ArgumentError> {
        let mut found = Self::default();
        for (name, value) in args {
            if name.starts_with('/') {
                return Err(ArgumentError::Pointer { name: name.clone() });
            }
            found.collect(name, &name::step(name), value, 1)?;
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
        let deeper = depth.saturating_add(1);
        match json {
            Json::Object(members) if !members.is_empty() => {
                self.group(name, Group::Object)?;
                members.iter().try_for_each(|(key, value)| {
                    let inner = format!("{pointer}{}", name::step(key));
                    self.collect(&inner, &inner, value, deeper)
                })
            }
            Json::Array(items) => match columns::objects(items) {
                Some(elements) => {
                    self.group(name, Group::Objects(elements.len()))?;
                    Columns::of(&elements, pointer, deeper)?.name(pointer, self)
                }
                None => self.collect_leaf(name, json, depth),
            },
            leaf => self.collect_leaf(name, leaf, depth),
        }
    }

    fn collect_leaf(&mut self, name: &str, json: &Json, depth: usize) -> Result<(), ArgumentError> {
        check_numbers(json, depth, &|| name.to_owned())?;
        let leaf = match (Value::from_json(json), json) {
            (Some(value), _) => Leaf::Value(value),
            (None, Json::Array(items)) => Leaf::List(items.len()),
            (None, _) => Leaf::Undecidable,
        };
        self.leaf(name, leaf)
    }

    /// Returns the value under this name.
    pub(crate) fn get(&self, name: &str) -> Argument<'_> {
        match (self.leaves.get(name), self.groups.get(name)) {
            (Some(Leaf::Value(value)), None) => Argument::Value(value),
            (Some(Leaf::List(length)), None) => Argument::List(*length),
            // A member may be a leaf in one element of a list and an object in another.
            (Some(_), _) => Argument::Undecidable,
            (None, Some(Group::Object)) => Argument::Object,
            (None, Some(Group::Objects(length))) => Argument::Objects(*length),
            (None, None) => Argument::Absent,
        }
    }

    /// The names of the leaves: what a capability must name where its world is closed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.leaves.keys().map(String::as_str)
    }

    /// Everything under its name, objects and lists of objects too.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Argument<'_>)> {
        let names = self.names().chain(self.groups.keys().map(String::as_str));
        names.map(|name| (name, self.get(name)))
    }
}
