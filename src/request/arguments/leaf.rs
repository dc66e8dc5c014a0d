//! Named leaves and groups.

use super::error::ArgumentError;
use crate::request::value::Value;

/// A value that is not a group. An empty object is a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leaf {
    Value(Value),
    /// A list of this length, some of whose elements no constraint can judge.
    List(usize),
    Undecidable,
}

/// An object or a list with leaves of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Group {
    /// An object with members.
    Object,
    /// A list of this length, at least 1, of such objects.
    Objects(usize),
}

/// Collects leaves and groups by name.
pub(super) trait Collect {
    fn add_leaf(&mut self, name: &str, leaf: Leaf) -> Result<(), ArgumentError>;

    fn add_group(&mut self, name: &str, group: Group) -> Result<(), ArgumentError>;
}
