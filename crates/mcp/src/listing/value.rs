//! The schema of one argument.

use std::collections::BTreeSet;

use deputize::text::is_invisible;
use deputize::{Constraint, Value};
use serde_json::{Map, Value as Json};

use crate::limits::{MAX_LISTED_CHARS, MAX_LISTED_VALUES};

/// The outcome of narrowing a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Narrowed {
    /// It has all limits.
    Whole,
    /// It lacks limits, or has a hull of them.
    Partly,
    /// No value of it is permitted. It is left as it was.
    Nothing,
}

/// Members that combine or refer to other schemas. A schema with one of them is not narrowed.
const COMBINING: [&str; 9] =
    ["$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "const"];

/// Narrows the schema of an argument to these alternatives of limits, as far as its own members
/// express them. `may_be_absent` says that `null` can stand for an absent argument.
pub(super) fn narrow(
    schema: &mut Map<String, Json>,
    limits: &[Vec<&Constraint>],
    may_be_absent: bool,
    work: &mut usize,
) -> Narrowed {
    if COMBINING.iter().any(|own| schema.contains_key(*own)) || limits.iter().any(Vec::is_empty) {
        return Narrowed::Partly;
    }
    if let Some(values) = union(limits, |own| values(own, work)) {
        return match list(schema, &values, may_be_absent) {
            Some(narrowed) => narrowed,
            None => Narrowed::Partly,
        };
    }
    // Without a type, the schema takes values of types that the limits refuse.
    let mut is_whole = limits.len() == 1 && schema.contains_key("type");
    let hull = |of: fn(&[&Constraint]) -> Option<i64>, widest: fn(i64, i64) -> i64| {
        limits.iter().map(|own| of(own)).reduce(|a, b| Some(widest(a?, b?))).flatten()
    };
    let (least, most) = (hull(least, i64::min), hull(most, i64::max));
    if accepts(schema, "integer") || accepts(schema, "number") {
        only_integers(schema);
        is_whole &= least.is_none_or(|own| bound(schema, Bound::LEAST, own));
        is_whole &= most.is_none_or(|own| bound(schema, Bound::MOST, own));
    } else {
        is_whole &= least.or(most).is_none();
    }
    if let Some(longest) = hull(longest, i64::max) {
        // Bytes of UTF-8: no reader counts more characters than that.
        let of_text = accepts(schema, "string") && bound(schema, Bound::LENGTH, longest);
        let of_list = accepts(schema, "array") && bound(schema, Bound::ITEMS, longest);
        is_whole &= of_text || of_list;
    }
    let is_bound = |own: &&Constraint| {
        matches!(own, Constraint::Min(_) | Constraint::Max(_) | Constraint::MaxLen(_))
    };
    match is_whole && limits.iter().flatten().all(is_bound) {
        true => Narrowed::Whole,
        false => Narrowed::Partly,
    }
}

/// Returns the union of what each alternative permits, if each of them permits few values.
fn union<'l>(
    limits: &[Vec<&'l Constraint>],
    values: impl FnMut(&[&'l Constraint]) -> Option<Vec<Value>>,
) -> Option<BTreeSet<Value>> {
    let all: Option<Vec<_>> = limits.iter().map(Vec::as_slice).map(values).collect();
    Some(all?.into_iter().flatten().collect())
}

/// Returns the listed values that all constraints permit, if one of them lists values.
fn values(limits: &[&Constraint], work: &mut usize) -> Option<Vec<Value>> {
    let mut values: Vec<_> = limits.iter().find_map(|limit| match limit {
        Constraint::Equals(value) => Some(vec![value.clone()]),
        Constraint::OneOf(set) => Some(set.iter().cloned().collect()),
        _ => None,
    })?;
    // Without work, a value stays.
    values.retain(|own| limits.iter().all(|limit| limit.permits_with(own, work).unwrap_or(true)));
    Some(values)
}

/// Lets the schema list these values. `None` if they are not to be listed.
fn list(
    schema: &mut Map<String, Json>,
    values: &BTreeSet<Value>,
    may_be_absent: bool,
) -> Option<Narrowed> {
    let may_be_null = may_be_absent && accepts(schema, "null");
    let own = match schema.get("enum") {
        Some(Json::Array(own)) => {
            let is_permitted = |json: &&Json| match Value::try_from((*json).clone()) {
                Ok(Value::Null) if may_be_null => true,
                Ok(value) => values.contains(&value),
                Err(_) => false,
            };
            own.iter().filter(is_permitted).cloned().collect()
        }
        Some(_) => return None,
        None if values.len() <= MAX_LISTED_VALUES && values.iter().all(can_be_listed) => {
            let null = may_be_null && !values.contains(&Value::Null);
            let null = null.then_some(Json::Null);
            values.iter().map(Json::from).chain(null).collect::<Vec<_>>()
        }
        None => return None,
    };
    if own.iter().all(|json| json.is_null() && !values.contains(&Value::Null)) {
        return Some(Narrowed::Nothing);
    }
    schema.insert("enum".to_owned(), own.into());
    Some(Narrowed::Whole)
}

/// Returns true for a value of a grant that can stand in a listing as it is: it would be another value if
/// it was escaped, and nothing quotes it. So a text has no blank, with which it could be a sentence.
fn can_be_listed(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => true,
        Value::String(text) => {
            text.chars().count() <= MAX_LISTED_CHARS
                && !text.chars().any(|own| is_invisible(own) || own.is_whitespace())
        }
        Value::List(items) => items.len() <= MAX_LISTED_VALUES && items.iter().all(can_be_listed),
    }
}

/// A bound in a schema.
struct Bound {
    name: &'static str,
    /// True if the greater of two bounds permits less.
    is_lower: bool,
    /// A member that changes the meaning of the bound, if it is a boolean: draft 4 had it.
    changed_by: &'static str,
}

impl Bound {
    const LEAST: Self = Self { name: "minimum", is_lower: true, changed_by: "exclusiveMinimum" };
    const MOST: Self = Self { name: "maximum", is_lower: false, changed_by: "exclusiveMaximum" };
    const LENGTH: Self = Self { name: "maxLength", is_lower: false, changed_by: "" };
    const ITEMS: Self = Self { name: "maxItems", is_lower: false, changed_by: "" };
}

/// Sets a bound, unless the schema has a narrower one. Returns false if it cannot.
fn bound(schema: &mut Map<String, Json>, bound: Bound, value: i64) -> bool {
    if schema.get(bound.changed_by).is_some_and(Json::is_boolean) {
        return false;
    }
    let is_narrower = match schema.get(bound.name) {
        None => true,
        Some(Json::Number(own)) => {
            let (own, value) = (own.as_f64(), Json::from(value).as_f64());
            if bound.is_lower { value > own } else { value < own }
        }
        Some(_) => return false,
    };
    if is_narrower {
        schema.insert(bound.name.to_owned(), value.into());
    }
    true
}

/// Returns true if the schema says nothing about types, or names this one.
fn accepts(schema: &Map<String, Json>, name: &str) -> bool {
    match schema.get("type") {
        None => true,
        Some(Json::String(own)) => own == name,
        Some(Json::Array(own)) => own.iter().any(|own| own == name),
        Some(_) => false,
    }
}

/// Replaces `number` by `integer`: no limit permits a fraction.
fn only_integers(schema: &mut Map<String, Json>) {
    match schema.get_mut("type") {
        Some(Json::String(own)) if own == "number" => "integer".clone_into(own),
        Some(Json::Array(own)) => {
            if own.iter().any(|own| own == "integer") {
                own.retain(|own| own != "number");
            } else if let Some(own) = own.iter_mut().find(|own| *own == "number") {
                *own = "integer".into();
            }
        }
        _ => {}
    }
}

fn least(limits: &[&Constraint]) -> Option<i64> {
    let bounds = limits.iter().filter_map(|limit| match limit {
        Constraint::Min(bound) | Constraint::Equals(Value::Integer(bound)) => Some(*bound),
        _ => None,
    });
    bounds.max()
}

fn most(limits: &[&Constraint]) -> Option<i64> {
    let bounds = limits.iter().filter_map(|limit| match limit {
        Constraint::Max(bound) | Constraint::Equals(Value::Integer(bound)) => Some(*bound),
        _ => None,
    });
    bounds.min()
}

fn longest(limits: &[&Constraint]) -> Option<i64> {
    let bounds = limits.iter().filter_map(|limit| match limit {
        Constraint::MaxLen(most) => i64::try_from(*most).ok(),
        _ => None,
    });
    bounds.min()
}
