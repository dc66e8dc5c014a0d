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
use crate::text::json::SERDE_JSON_PRIVATE;

use columns::Columns;
use leaf::{Collect, Group, Leaf};
use number::check_numbers;

pub use error::ArgumentError;
pub use name::PointerFault;
pub(crate) use name::{enclosing, enclosing_list, key_at, name_above, pointer_fault, prefix_below};

/// The arguments of a call, by name.
///
/// A top-level argument keeps its name. A member of an object is named by its JSON Pointer (RFC
/// 6901), such as `/filter/owner`. No top-level name begins with a slash, so names are unique.
///
/// A member of the objects in a list is named with `*` for the index: `/files/*/path` is the list
/// of that member's values in all elements.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments {
    leaves: BTreeMap<String, Leaf>,
    groups: BTreeMap<String, Group>,
}

/// The value that a call has under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument<'a> {
    Absent,
    /// An object with members. It is not an argument itself; its members are.
    Object,
    /// A list of this many objects with members. It is not an argument itself either.
    Objects(usize),
    /// A float, an empty object, or a member that is not a leaf in all elements of a list.
    Undecidable,
    /// A list of this many elements, one of which is another list or cannot be judged. Limits can
    /// only judge its length.
    List(usize),
    Value(&'a Value),
}

impl Collect for Arguments {
    fn add_leaf(&mut self, name: &str, leaf: Leaf) -> Result<(), ArgumentError> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(ArgumentError::Name { name: name.to_owned() });
        }
        if self.leaves.len() >= MAX_ARGUMENTS {
            return Err(ArgumentError::TooMany);
        }
        self.leaves.insert(name.to_owned(), leaf);
        Ok(())
    }

    fn add_group(&mut self, name: &str, group: Group) -> Result<(), ArgumentError> {
        // Names of members are even longer.
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
    /// Names all values in `args`.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] if a name has an invalid length or could be mistaken for a JSON Pointer,
    /// if there are too many values or they nest too deep, or if JSON cannot carry an integer
    /// exactly.
    pub(crate) fn from_map(args: &Map<String, Json>) -> Result<Self, ArgumentError> {
        let mut found = Self::default();
        for (name, value) in args {
            if name.starts_with('/') {
                return Err(ArgumentError::Pointer { name: name.clone() });
            }
            // The readers of JSON refuse it too.
            if name.starts_with(SERDE_JSON_PRIVATE) {
                return Err(ArgumentError::Reserved { name: name.clone() });
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
                self.add_group(name, Group::Object)?;
                members.iter().try_for_each(|(key, value)| {
                    let inner = format!("{pointer}{}", name::step(key));
                    self.collect(&inner, &inner, value, deeper)
                })
            }
            Json::Array(items) => match columns::objects(items) {
                Some(elements) => {
                    self.add_group(name, Group::Objects(elements.len()))?;
                    Columns::of(&elements, pointer, deeper)?.name_into(pointer, self)
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
        self.add_leaf(name, leaf)
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

    /// Returns the names of the leaves. A capability must name them, unless it allows other
    /// arguments.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.leaves.keys().map(String::as_str)
    }

    /// Returns all names with their values, including objects and lists of objects.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Argument<'_>)> {
        let names = self.names().chain(self.groups.keys().map(String::as_str));
        names.map(|name| (name, self.get(name)))
    }
}
