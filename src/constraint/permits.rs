//! Evaluation of a constraint on one value.

use std::collections::BTreeSet;
use std::mem::discriminant;

use super::{Budget, Constraint};
use crate::request::value::Value;

impl Constraint {
    /// Returns true if the constraint permits the value. A value of a type that the constraint does
    /// not apply to is denied. `null` is permitted only if [`Equals`](Self::Equals) or
    /// [`OneOf`](Self::OneOf) names it.
    pub fn permits(&self, value: &Value) -> bool {
        self.permits_within(value, &Budget::unlimited())
    }

    /// As [`permits`](Self::permits), with at most this much work, which it lessens by its own; `None`
    /// where that is not enough. The unit is that of
    /// [`MAX_DECISION_WORK`](crate::limits::MAX_DECISION_WORK).
    pub fn permits_with(&self, value: &Value, work: &mut usize) -> Option<bool> {
        let budget = Budget::of(*work);
        let is_permitted = self.permits_within(value, &budget);
        *work = budget.left();
        (is_permitted || !budget.is_exhausted()).then_some(is_permitted)
    }

    /// Returns true if the constraint permits a list of this length whose elements no constraint
    /// can judge.
    pub(crate) fn permits_length(&self, length: usize) -> bool {
        matches!(self, Self::MaxLen(most) if is_at_most(length, *most))
    }

    /// As [`permits`](Self::permits), but checks that are charged fail once the budget is
    /// exhausted.
    pub(crate) fn permits_within(&self, value: &Value, work: &Budget) -> bool {
        match (self, value) {
            (Self::Equals(own), value) => own == value,
            (Self::OneOf(set), value) => set.contains(value),
            (Self::NoneOf(set), value) => all_have_type_of(set, value) && !set.contains(value),
            (Self::Min(bound), Value::Integer(i)) => i >= bound,
            (Self::Max(bound), Value::Integer(i)) => i <= bound,
            (Self::Prefix(prefix), Value::String(s)) => s.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(s)) => s.ends_with(suffix),
            (Self::Glob(glob), Value::String(s)) => glob.permits_within(s, work),
            (Self::Subpath(directory), Value::String(s)) => directory.permits_within(s, work),
            (Self::Url(pattern), Value::String(s)) => pattern.permits_within(s, work),
            (Self::Cidr(network), Value::String(s)) => network.permits(s),
            (Self::MaxLen(most), Value::String(s)) => is_at_most(s.len(), *most),
            (Self::MaxLen(most), Value::List(items)) => is_at_most(items.len(), *most),
            (Self::SubsetOf(set), Value::List(items)) => {
                items.iter().all(|item| work.spend(lookup_cost(item)) && set.contains(item))
            }
            (Self::ContainsAll(set), Value::List(items)) => {
                let mut missing: BTreeSet<_> = set.iter().collect();
                for item in items {
                    if missing.is_empty() || !work.spend(lookup_cost(item)) {
                        break;
                    }
                    missing.remove(item);
                }
                missing.is_empty()
            }
            (Self::Each(limit), Value::List(items)) => {
                items.iter().all(|item| limit.permits_element(item, work))
            }
            // Spelled out, so that a new kind cannot fall through to here unnoticed.
            (
                Self::Min(_)
                | Self::Max(_)
                | Self::Prefix(_)
                | Self::Suffix(_)
                | Self::Glob(_)
                | Self::Subpath(_)
                | Self::Url(_)
                | Self::Cidr(_)
                | Self::MaxLen(_)
                | Self::SubsetOf(_)
                | Self::ContainsAll(_)
                | Self::Each(_),
                _,
            ) => false,
        }
    }

    /// As [`permits`](Self::permits), for an element of a list. Every kind is charged, because a
    /// short token can have a long list checked many times.
    pub(super) fn permits_element(&self, element: &Value, work: &Budget) -> bool {
        work.spend(self.element_cost(element)) && self.permits_within(element, work)
    }

    /// Returns the base cost of checking one element. A kind that scans it is charged for the scan
    /// as well.
    fn element_cost(&self, element: &Value) -> usize {
        // The costs of a comparison, and of parsing an address of at most 39 bytes and writing it
        // again.
        const COMPARISON: usize = 8;
        const ADDRESS: usize = 56;
        let compared = match self {
            Self::NoneOf(_) => return lookup_cost(element),
            Self::Cidr(_) => return ADDRESS,
            Self::Prefix(text) | Self::Suffix(text) => text.len(),
            Self::Glob(glob) => glob.as_str().len(),
            Self::Subpath(directory) => directory.as_str().len(),
            Self::Equals(_)
            | Self::OneOf(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Url(_)
            | Self::MaxLen(_)
            | Self::SubsetOf(_)
            | Self::ContainsAll(_)
            | Self::Each(_) => 0,
        };
        COMPARISON.saturating_add(compared / 32)
    }
}

/// Returns the cost of a look-up in a set of [`MAX_LIST`](crate::limits::MAX_LIST) values: eight
/// comparisons.
pub(super) fn lookup_cost(value: &Value) -> usize {
    const EIGHT_COMPARISONS: usize = 24;
    match value {
        Value::String(text) => EIGHT_COMPARISONS.saturating_add(text.len() / 4),
        _ => EIGHT_COMPARISONS,
    }
}

/// Returns true if every value of the set has the type of this one. Values are ordered by type
/// first, so the ends of the set decide.
pub(super) fn all_have_type_of(set: &BTreeSet<Value>, value: &Value) -> bool {
    let like = |other: &Value| discriminant(other) == discriminant(value);
    set.first().is_some_and(like) && set.last().is_some_and(like)
}

fn is_at_most(length: usize, most: u64) -> bool {
    u64::try_from(length).is_ok_and(|length| length <= most)
}
