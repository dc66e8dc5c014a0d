//! Narrowing: whether one set of limits permits nothing that another forbids.

use std::collections::BTreeSet;

use super::{Budget, Constraint, are_all_like, lookup};
use crate::limits::MAX_SPAN;
use crate::request::value::Value;

impl Constraint {
    /// Whether everything that this constraint permits is permitted by `parent`.
    ///
    /// A yes is always right. A no may be too strict, but never for a finite set: the values of
    /// `equals` and `one_of` are put to the parent one by one, whatever its kind.
    pub fn within(&self, parent: &Self) -> bool {
        Self::widened(std::slice::from_ref(self), std::slice::from_ref(parent)).is_none()
    }

    /// The first of the `parent`'s limits on an argument that the `child`'s limits on it, taken
    /// together, do not imply; `None` if the child narrows.
    ///
    /// A child that permits nothing narrows everything, where that is noticed.
    pub fn widened<'p>(child: &[Self], parent: &'p [Self]) -> Option<&'p Self> {
        Self::widened_within(child, parent, &Budget::unlimited())
    }

    /// As [`widened`](Self::widened); what there is no work left to find out counts as widened.
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

    /// Whether this constraint, whose values are too many to look at, implies `parent`.
    fn implies(&self, parent: &Self, work: &Budget) -> bool {
        match (self, parent) {
            (Self::Min(own), Self::Min(outer)) => own >= outer,
            (Self::Max(own), Self::Max(outer)) => own <= outer,
            (own, Self::Prefix(prefix)) => own.has_prefix(prefix),
            (own, Self::Suffix(suffix)) => own.has_suffix(suffix),
            (Self::Glob(own), Self::Glob(outer)) => own.is_within(outer, work),
            (Self::Subpath(own), Self::Glob(outer)) => own.within_glob(outer, work),
            (Self::Glob(own), Self::Subpath(outer)) => outer.covers_glob(own, work),
            (Self::Subpath(own), Self::Subpath(outer)) => own.within(outer),
            (Self::Url(own), Self::Url(outer)) => own.within(outer),
            (Self::Cidr(own), Self::Cidr(outer)) => own.within(outer),
            (Self::MaxLen(own), Self::MaxLen(outer)) => own <= outer,
            (Self::ContainsAll(own), Self::ContainsAll(outer)) => own.is_superset(outer),
            // A finite set would have been looked at; nothing infinite lies within one.
            _ => false,
        }
    }

    /// Whether every permitted value is a string that starts with `prefix`.
    fn has_prefix(&self, prefix: &str) -> bool {
        match self {
            Self::Prefix(own) => own.starts_with(prefix),
            Self::Glob(own) => own.head().starts_with(prefix),
            Self::Subpath(own) => own.as_str().starts_with(prefix),
            Self::Url(own) => own.starts_with(prefix),
            _ => false,
        }
    }

    /// Whether every permitted value is a string that ends with `suffix`.
    fn has_suffix(&self, suffix: &str) -> bool {
        match self {
            Self::Suffix(own) => own.ends_with(suffix),
            Self::Glob(own) => own.tail().ends_with(suffix),
            _ => false,
        }
    }

    /// Whether any value of this type is permitted; the value stands for its type.
    fn covers_type(&self, sample: &Value) -> bool {
        match self {
            // These two are never asked: where one of them stands, the values are looked at.
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

    /// A set of at most a few hundred values outside of which nothing is permitted.
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
            _ => None,
        }
    }
}

/// Whether the child's limits, taken together, imply this one.
fn is_implied(child: &[&Constraint], limit: &Constraint, work: &Budget) -> bool {
    match limit {
        // Every listed value is forbidden by one of the child's limits, and together they leave no
        // type but that of the list.
        Constraint::NoneOf(set) => {
            set.iter().all(|value| child.iter().any(|own| !own.permits_within(value, work)))
                && cover_no_other_type(child, set, &one_of_each_type())
        }
        Constraint::Each(outer) => match elements(child, work) {
            Elements::Few(values) => values.iter().all(|own| outer.permits_element(own, work)),
            Elements::Many(limits) => are_implied_elements(&limits, outer, work),
        },
        Constraint::SubsetOf(outer) => match elements(child, work) {
            Elements::Few(values) => {
                values.iter().all(|own| work.spend(lookup(own)) && outer.contains(own))
            }
            Elements::Many(_) => false,
        },
        limit => child.iter().any(|own| own.implies(limit, work)),
    }
}

/// The same of scalars: no element of a list is a list.
fn are_implied_elements(child: &[&Constraint], limit: &Constraint, work: &Budget) -> bool {
    match limit {
        Constraint::NoneOf(set) => {
            let scalars = one_of_each_type().into_iter().filter(|own| !is_list(own));
            set.iter().all(|value| child.iter().any(|own| !own.permits_element(value, work)))
                && cover_no_other_type(child, set, &scalars.collect::<Vec<_>>())
        }
        limit => child.iter().any(|own| own.implies(limit, work)),
    }
}

/// Whether one of the child's limits permits nothing of each type but that of the set.
fn cover_no_other_type(child: &[&Constraint], set: &BTreeSet<Value>, samples: &[Value]) -> bool {
    let mut others = samples.iter().filter(|sample| !are_all_like(set, sample));
    others.all(|sample| child.iter().any(|own| !own.covers_type(sample)))
}

/// What the elements may be of the lists that some limits permit together.
enum Elements<'c> {
    /// These values.
    Few(Vec<Value>),
    /// Whatever these limits permit, which are none where anything may be an element, or where no
    /// list is asked for.
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
