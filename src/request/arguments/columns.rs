//! The members of all elements of a list of objects, gathered in one pass.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::error::ArgumentError;
use super::leaf::{Collect, Group, Leaf};
use super::name;
use super::number::check_numbers;
use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS};
use crate::request::value::Value;

/// Returns the elements if the list is not empty and all of them are objects with members.
pub(super) fn objects(items: &[Json]) -> Option<Vec<&Map<String, Json>>> {
    let objects = items.iter().map(|item| item.as_object().filter(|own| !own.is_empty()));
    objects.collect::<Option<Vec<_>>>().filter(|objects| !objects.is_empty())
}

/// The values of one member in the elements of a list.
#[derive(Debug, Default)]
struct Column<'j> {
    /// The number of elements in which the member is a leaf.
    leaves: usize,
    /// The values in all elements so far; `None` once an element lacks one that limits can judge.
    values: Option<Vec<Value>>,
    /// True if the member is an object with members in one of the elements.
    is_object: bool,
    members: BTreeMap<&'j str, Column<'j>>,
}

/// The columns of one list of objects.
#[derive(Debug, Default)]
pub(super) struct Columns<'j> {
    members: BTreeMap<&'j str, Column<'j>>,
    elements: usize,
    leaves: usize,
    objects: usize,
}

/// The place of a member in an element: its key, and the place of the object that has it.
#[derive(Clone, Copy)]
struct Place<'p> {
    outer: Option<&'p Place<'p>>,
    key: &'p str,
}

impl Place<'_> {
    fn pointer(&self, list: &str) -> String {
        let outer = self
            .outer
            .map_or_else(|| format!("{list}{}", name::INTO_LIST), |outer| outer.pointer(list));
        format!("{outer}{}", name::step(self.key))
    }
}

impl<'j> Columns<'j> {
    /// Gathers the columns of the elements, which are at this depth, in the list with this pointer.
    pub(super) fn of(
        elements: &[&'j Map<String, Json>],
        list: &str,
        depth: usize,
    ) -> Result<Self, ArgumentError> {
        if depth > MAX_ARGUMENT_DEPTH {
            return Err(ArgumentError::TooDeep);
        }
        let mut columns = Self::default();
        let mut members = BTreeMap::new();
        for element in elements {
            columns.add(&mut members, element, None, list, depth.saturating_add(1))?;
            columns.elements = columns.elements.saturating_add(1);
        }
        Ok(Self { members, ..columns })
    }

    /// Adds the members of the next element, or of an object in it.
    fn add(
        &mut self,
        into: &mut BTreeMap<&'j str, Column<'j>>,
        members: &'j Map<String, Json>,
        outer: Option<&Place<'_>>,
        list: &str,
        depth: usize,
    ) -> Result<(), ArgumentError> {
        if depth > MAX_ARGUMENT_DEPTH {
            return Err(ArgumentError::TooDeep);
        }
        for (key, json) in members {
            let place = Place { outer, key };
            let column = into
                .entry(key)
                .or_insert_with(|| Column { values: Some(Vec::new()), ..Column::default() });
            match json {
                Json::Object(inner) if !inner.is_empty() => {
                    self.objects = self.objects.saturating_add(usize::from(!column.is_object));
                    column.is_object = true;
                    let deeper = depth.saturating_add(1);
                    self.add(&mut column.members, inner, Some(&place), list, deeper)?;
                }
                leaf => {
                    check_numbers(leaf, depth, &|| place.pointer(list))?;
                    self.leaves = self.leaves.saturating_add(usize::from(column.leaves == 0));
                    column.leaves = column.leaves.saturating_add(1);
                    column.push(leaf, self.elements);
                }
            }
            // Otherwise, a list of many elements with many members could add names without bound.
            if self.leaves > MAX_ARGUMENTS || self.objects > MAX_ARGUMENTS {
                return Err(ArgumentError::TooMany);
            }
        }
        Ok(())
    }

    /// Adds every column to `arguments` under its name.
    pub(super) fn name_into(
        self,
        list: &str,
        arguments: &mut impl Collect,
    ) -> Result<(), ArgumentError> {
        name_columns(self.members, &format!("{list}{}", name::INTO_LIST), self.elements, arguments)
    }
}

impl Column<'_> {
    /// Adds the leaf of the element at this index.
    fn push(&mut self, leaf: &Json, index: usize) {
        match (&mut self.values, Value::scalar_from_json(leaf)) {
            (Some(values), Some(value)) if values.len() == index => values.push(value),
            // A list cannot have a gap, so the values are of no further use.
            (values, _) => *values = None,
        }
    }
}

fn name_columns(
    members: BTreeMap<&str, Column<'_>>,
    outer: &str,
    elements: usize,
    arguments: &mut impl Collect,
) -> Result<(), ArgumentError> {
    for (key, column) in members {
        let pointer = format!("{outer}{}", name::step(key));
        if column.is_object {
            arguments.add_group(&pointer, Group::Object)?;
        }
        if column.leaves > 0 {
            let leaf = match column.values.filter(|values| values.len() == elements) {
                Some(values) => Leaf::Value(Value::List(values)),
                None if column.leaves == elements => Leaf::List(elements),
                None => Leaf::Undecidable,
            };
            arguments.add_leaf(&pointer, leaf)?;
        }
        name_columns(column.members, &pointer, elements, arguments)?;
    }
    Ok(())
}
