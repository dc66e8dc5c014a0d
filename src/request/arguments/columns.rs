//! The members that all elements of a list of objects have, gathered in one pass.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::error::ArgumentError;
use super::leaf::{Found, Group, Leaf};
use super::name;
use super::number::check_numbers;
use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_ARGUMENTS};
use crate::request::value::Value;

/// The elements of a list that has some and nothing but objects with members.
pub(super) fn objects(items: &[Json]) -> Option<Vec<&Map<String, Json>>> {
    let objects = items.iter().map(|item| item.as_object().filter(|own| !own.is_empty()));
    objects.collect::<Option<Vec<_>>>().filter(|objects| !objects.is_empty())
}

/// The values under one pointer in the elements.
#[derive(Debug, Default)]
struct Column<'j> {
    /// The number of elements in which it is a leaf.
    leaves: usize,
    /// The values in all elements so far; `None` once an element has none that can be judged.
    values: Option<Vec<Value>>,
    /// It is an object with members in one of them.
    is_object: bool,
    members: BTreeMap<&'j str, Column<'j>>,
}

/// The columns of one list.
#[derive(Debug, Default)]
pub(super) struct Columns<'j> {
    members: BTreeMap<&'j str, Column<'j>>,
    elements: usize,
    leaves: usize,
    objects: usize,
}

/// A place in an element, the innermost step last.
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
    /// Of elements that lie at this depth of the list with this pointer.
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
                    column.put(leaf, self.elements);
                }
            }
            // A list of many elements with many members must not grow names without end.
            if self.leaves > MAX_ARGUMENTS || self.objects > MAX_ARGUMENTS {
                return Err(ArgumentError::TooMany);
            }
        }
        Ok(())
    }

    /// Every column under its name.
    pub(super) fn name(self, list: &str, found: &mut impl Found) -> Result<(), ArgumentError> {
        name_all(self.members, &format!("{list}{}", name::INTO_LIST), self.elements, found)
    }
}

impl Column<'_> {
    /// Notes a leaf of an element that so many stand before.
    fn put(&mut self, leaf: &Json, before: usize) {
        match (&mut self.values, Value::scalar_from_json(leaf)) {
            (Some(values), Some(value)) if values.len() == before => values.push(value),
            // No list has a gap, so the values are of no use any more.
            (values, _) => *values = None,
        }
    }
}

fn name_all(
    members: BTreeMap<&str, Column<'_>>,
    outer: &str,
    elements: usize,
    found: &mut impl Found,
) -> Result<(), ArgumentError> {
    for (key, column) in members {
        let pointer = format!("{outer}{}", name::step(key));
        if column.is_object {
            found.group(&pointer, Group::Object)?;
        }
        if column.leaves > 0 {
            let leaf = match column.values.filter(|values| values.len() == elements) {
                Some(values) => Leaf::Value(Value::List(values)),
                None if column.leaves == elements => Leaf::List(elements),
                None => Leaf::Undecidable,
            };
            found.leaf(&pointer, leaf)?;
        }
        name_all(column.members, &pointer, elements, found)?;
    }
    Ok(())
}
