//! The leaves and groups that have names.

use super::error::ArgumentError;
use crate::request::value::Value;

/// Anything but a group. An empty object is a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leaf {
    Value(Value),
    /// A list of this length, some of whose elements no constraint can judge.
    List(usize),
    Undecidable,
}

/// An object or a list that has leaves of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Group {
    /// An object that has members.
    Object,
    /// A list of this length, at least 1, in which every element is such an object.
    Objects(usize),
}

/// Collects leaves and groups by name.
pub(super) trait Found {
    fn leaf(&mut self, name: &str, leaf: Leaf) -> Result<(), ArgumentError>;

    fn group(&mut self, name: &str, group: Group) -> Result<(), ArgumentError>;
}
