//! Narrowing: the limits of a child permit nothing that those of its parent forbid.

use std::collections::BTreeSet;

use super::permits::{are_all_like, lookup};
use super::{Budget, Constraint};
use crate::limits::MAX_SPAN;
use crate::request::value::Value;

impl Constraint {
    /// Checks that `parent` permits everything that this constraint permits.
    ///
    /// A yes is always right. A no may be too strict, but never for a finite set: the parent, of
    /// whatever kind, checks each value of `equals` and `one_of`.
    pub fn within(&self, parent: &Self) -> bool {
        Self::widened(std::slice::from_ref(self), std::slice::from_ref(parent)).is_none()
    }

    /// The first of the `parent`'s limits on an argument that the `child`'s limits on it, taken
    /// together, do not imply; `None` if the child narrows.
    ///
    /// A child that is seen to permit nothing narrows everything.
    pub fn widened<'p>(child: &[Self], parent: &'p [Self]) -> Option<&'p Self> {
        Self::widened_within(child, parent, &Budget::unlimited())
    }

    /// As [`widened`](Self::widened); once the budget is exhausted, everything counts as widened.
    pub(crate) fn widened_within<'p>(
        child: &[Self],
        parent: &'p [Self],
        work: &Budget,
    ) -> Option<&'p Self> {
        let child: Vec<&Self> = child.iter().collect();
        let values = enumerate_set(&child, work);
        parent.iter().find(|limit| {
            let is_within = match &values {
                Some(values) => values.iter().all(|value| limit.permits_within(value, work)),
                None => is_implied(&child, limit, work),
            };
            // Some of what is asked above is whether a value is *not* permitted.
            !is_within || work.is_exhausted()
        })
    }

    /// Checks that this constraint, whose values are too many to enumerate, implies `parent`.
    fn implies(&self, parent: &Self, work: &Budget) -> bool {
        match (parent, self) {
            (Self::Min(outer), Self::Min(own)) => own >= outer,
            (Self::Max(outer), Self::Max(own)) => own <= outer,
            (Self::Prefix(prefix), own) => own.has_prefix(prefix),
            (Self::Suffix(suffix), own) => own.has_suffix(suffix),
            (Self::Glob(outer), Self::Glob(own)) => own.is_within(outer, work),
            (Self::Glob(outer), Self::Subpath(own)) => own.within_glob(outer, work),
            (Self::Subpath(outer), Self::Glob(own)) => outer.covers_glob(own, work),
            (Self::Subpath(outer), Self::Subpath(own)) => own.within(outer),
            (Self::Url(outer), Self::Url(own)) => own.within(outer),
            (Self::Cidr(outer), Self::Cidr(own)) => own.within(outer),
            (Self::MaxLen(outer), Self::MaxLen(own)) => own <= outer,
            (Self::ContainsAll(outer), Self::ContainsAll(own)) => own.is_superset(outer),
            // No infinite set lies within a finite one, and a finite child was enumerated.
            (Self::Equals(_) | Self::OneOf(_), _) => false,
            // All limits of the child together imply these: see `is_implied`.
            (Self::NoneOf(_) | Self::SubsetOf(_) | Self::Each(_), _) => false,
            (
                Self::Min(_)
                | Self::Max(_)
                | Self::Glob(_)
                | Self::Subpath(_)
                | Self::Url(_)
                | Self::Cidr(_)
                | Self::MaxLen(_)
                | Self::ContainsAll(_),
                _,
            ) => false,
        }
    }

    /// Checks that every permitted value is a string that starts with `prefix`.
    fn has_prefix(&self, prefix: &str) -> bool {
        match self {
            Self::Prefix(own) => own.starts_with(prefix),
            Self::Glob(own) => own.head().starts_with(prefix),
            Self::Subpath(own) => own.as_str().starts_with(prefix),
            Self::Url(own) => own.starts_with(prefix),
            Self::Equals(_)
            | Self::OneOf(_)
            | Self::NoneOf(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Suffix(_)
            | Self::Cidr(_)
            | Self::MaxLen(_)
            | Self::SubsetOf(_)
            | Self::ContainsAll(_)
            | Self::Each(_) => false,
        }
    }

    /// Checks that every permitted value is a string that ends with `suffix`.
    fn has_suffix(&self, suffix: &str) -> bool {
        match self {
            Self::Suffix(own) => own.ends_with(suffix),
            Self::Glob(own) => own.tail().ends_with(suffix),
            Self::Equals(_)
            | Self::OneOf(_)
            | Self::NoneOf(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Prefix(_)
            | Self::Subpath(_)
            | Self::Url(_)
            | Self::Cidr(_)
            | Self::MaxLen(_)
            | Self::SubsetOf(_)
            | Self::ContainsAll(_)
            | Self::Each(_) => false,
        }
    }

    /// Checks that some value of the type of this one may be permitted.
    fn covers_type(&self, sample: &Value) -> bool {
        match self {
            // Not asked of these two, whose values are enumerated.
            Self::Equals(_) | Self::OneOf(_) => true,
            Self::NoneOf(set) => are_all_like(set, sample),
            Self::Min(_) | Self::Max(_) => matches!(sample, Value::Integer(_)),
            Self::Prefix(_)
            | Self::Suffix(_)
            | Self::Glob(_)
            | Self::Subpath(_)
            | Self::Url(_)
            | Self::Cidr(_) => matches!(sample, Value::String(_)),
            Self::MaxLen(_) => matches!(sample, Value::String(_) | Value::List(_)),
            Self::SubsetOf(_) | Self::ContainsAll(_) | Self::Each(_) => {
                matches!(sample, Value::List(_))
            }
        }
    }

    /// A set of at most a few hundred values that has all permitted ones.
    fn enumerate_values(&self) -> Option<Vec<Value>> {
        match self {
            Self::Equals(value) => Some(vec![value.clone()]),
            Self::OneOf(set) => Some(set.iter().cloned().collect()),
            Self::NoneOf(set) if are_all_like(set, &Value::Bool(false)) => {
                Some(vec![Value::Bool(false), Value::Bool(true)])
            }
            Self::Glob(glob) => glob.literal().map(|text| vec![Value::from(text)]),
            Self::Cidr(network) => network
                .enumerate_addresses()
                .map(|texts| texts.into_iter().map(Value::from).collect()),
            Self::MaxLen(0) => Some(vec![Value::from(""), Value::List(Vec::new())]),
            Self::NoneOf(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Prefix(_)
            | Self::Suffix(_)
            | Self::Subpath(_)
            | Self::Url(_)
            | Self::MaxLen(_)
            | Self::SubsetOf(_)
            | Self::ContainsAll(_)
            | Self::Each(_) => None,
        }
    }
}

/// Checks that the child's limits, taken together, imply this one.
fn is_implied(child: &[&Constraint], limit: &Constraint, work: &Budget) -> bool {
    match limit {
        // One of the child's limits forbids each listed value, and together they leave no type but
        // that of the list.
        Constraint::NoneOf(set) => {
            set.iter().all(|value| child.iter().any(|own| !own.permits_within(value, work)))
                && cover_no_other_type(child, set, &one_of_each_type())
        }
        Constraint::Each(outer) => match elements(child, work) {
            Elements::Few(values) => values.iter().all(|own| outer.permits_element(own, work)),
            Elements::Many(limits) => is_implied_for_elements(&limits, outer, work),
        },
        Constraint::SubsetOf(outer) => match elements(child, work) {
            Elements::Few(values) => {
                values.iter().all(|own| work.spend(lookup(own)) && outer.contains(own))
            }
            Elements::Many(_) => false,
        },
        Constraint::Equals(_)
        | Constraint::OneOf(_)
        | Constraint::Min(_)
        | Constraint::Max(_)
        | Constraint::Prefix(_)
        | Constraint::Suffix(_)
        | Constraint::Glob(_)
        | Constraint::Subpath(_)
        | Constraint::Url(_)
        | Constraint::Cidr(_)
        | Constraint::MaxLen(_)
        | Constraint::ContainsAll(_) => child.iter().any(|own| own.implies(limit, work)),
    }
}

/// The same for elements of a list, which are scalars.
fn is_implied_for_elements(child: &[&Constraint], limit: &Constraint, work: &Budget) -> bool {
    let Constraint::NoneOf(set) = limit else {
        return child.iter().any(|own| own.implies(limit, work));
    };
    let scalars = one_of_each_type().into_iter().filter(|own| !is_list(own));
    set.iter().all(|value| child.iter().any(|own| !own.permits_element(value, work)))
        && cover_no_other_type(child, set, &scalars.collect::<Vec<_>>())
}

/// Checks for each type but that of the set that one of the child's limits permits no value of it.
fn cover_no_other_type(child: &[&Constraint], set: &BTreeSet<Value>, samples: &[Value]) -> bool {
    let mut others = samples.iter().filter(|sample| !are_all_like(set, sample));
    others.all(|sample| child.iter().any(|own| !own.covers_type(sample)))
}

/// The elements that lists may have, in which several limits hold together.
enum Elements<'c> {
    /// These values.
    Few(Vec<Value>),
    /// The values that these limits permit; all values where there is no limit.
    Many(Vec<&'c Constraint>),
}

fn elements<'c>(limits: &[&'c Constraint], work: &Budget) -> Elements<'c> {
    let each = limits.iter().filter_map(|limit| match limit {
        Constraint::Each(inner) => Some(inner.as_ref()),
        _ => None,
    });
    let each: Vec<_> = each.collect();
    let listed = limits.iter().filter_map(|limit| match limit {
        Constraint::SubsetOf(set) => Some(set),
        _ => None,
    });
    let listed: Vec<_> = listed.collect();
    let few = match listed.first() {
        Some(set) => Some(set.iter().cloned().collect()),
        None => enumerate_set(&each, work),
    };
    let Some(mut values) = few else { return Elements::Many(each) };
    values.retain(|value| {
        !is_list(value)
            && listed.iter().all(|set| set.contains(value))
            && each.iter().all(|limit| limit.permits_element(value, work))
    });
    Elements::Few(values)
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_))
}

/// Exactly the values that the limits together permit, if these are few.
fn enumerate_set(limits: &[&Constraint], work: &Budget) -> Option<Vec<Value>> {
    let few = limits.iter().find_map(|limit| limit.enumerate_values());
    let mut values = few.or_else(|| enumerate_integers(limits))?;
    values.retain(|value| limits.iter().all(|limit| limit.permits_within(value, work)));
    Some(values)
}

/// The integers between the highest `min` and the lowest `max`.
fn enumerate_integers(limits: &[&Constraint]) -> Option<Vec<Value>> {
    let lowest = limits.iter().filter_map(|limit| match limit {
        Constraint::Min(bound) => Some(*bound),
        _ => None,
    });
    let highest = limits.iter().filter_map(|limit| match limit {
        Constraint::Max(bound) => Some(*bound),
        _ => None,
    });
    let (lowest, highest) = (lowest.max()?, highest.min()?);
    let is_narrow = highest.checked_sub(lowest)? <= MAX_SPAN;
    is_narrow.then(|| (lowest..=highest).map(Value::Integer).collect())
}

fn one_of_each_type() -> [Value; 5] {
    [
        Value::Null,
        Value::Bool(false),
        Value::Integer(0),
        Value::String(String::new()),
        Value::List(Vec::new()),
    ]
}
