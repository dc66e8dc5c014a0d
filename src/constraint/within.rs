//! Narrowing: checks that the limits of a child permit nothing that those of its parent forbid.

use std::collections::BTreeSet;

use super::permits::{all_have_type_of, lookup_cost};
use super::{Budget, Constraint};
use crate::limits::MAX_SPAN;
use crate::request::value::Value;

impl Constraint {
    /// Returns true if `parent` permits everything that this constraint permits.
    ///
    /// `true` is always right. `false` may be too strict, but not for a finite set: each value of
    /// `equals` and `one_of` is tested against a parent of any kind.
    pub fn within(&self, parent: &Self) -> bool {
        Self::widened(std::slice::from_ref(self), std::slice::from_ref(parent)).is_none()
    }

    /// Returns the first of the `parent`'s limits on an argument that the `child`'s limits on it,
    /// taken together, do not imply, or `None` if the child narrows.
    ///
    /// A child whose limits are found to permit nothing narrows everything.
    pub fn widened<'p>(child: &[Self], parent: &'p [Self]) -> Option<&'p Self> {
        Self::widened_within(child, parent, &Budget::unlimited())
    }

    /// As [`widened`](Self::widened), with at most this much work, which it lessens by its own: where
    /// that is not enough, a limit counts as widened. The unit is that of
    /// [`MAX_DECISION_WORK`](crate::limits::MAX_DECISION_WORK).
    pub fn widened_with<'p>(
        child: &[Self],
        parent: &'p [Self],
        work: &mut usize,
    ) -> Option<&'p Self> {
        let budget = Budget::of(*work);
        let widened = Self::widened_within(child, parent, &budget);
        *work = budget.left();
        widened
    }

    /// As [`widened`](Self::widened), but every limit counts as widened once the budget is
    /// exhausted.
    pub(crate) fn widened_within<'p>(
        child: &[Self],
        parent: &'p [Self],
        work: &Budget,
    ) -> Option<&'p Self> {
        let child: Vec<&Self> = child.iter().collect();
        let values = enumerate_permitted(&child, work);
        parent.iter().find(|limit| {
            let is_within = match &values {
                Some(values) => values.iter().all(|value| limit.permits_within(value, work)),
                None => is_implied(&child, limit, work),
            };
            // Some checks above pass if a value is *not* permitted, as with an exhausted budget.
            !is_within || work.is_exhausted()
        })
    }

    /// Returns true if this constraint, whose values are too many to enumerate, implies `parent`.
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
            // An infinite set is not within a finite one, and a finite child was enumerated.
            (Self::Equals(_) | Self::OneOf(_), _) => false,
            // These need all limits of the child together: see `is_implied`.
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

    /// Returns true if every permitted value is a string that starts with `prefix`.
    fn has_prefix(&self, prefix: &str) -> bool {
        match self {
            Self::Url(own) => own.starts_with(prefix),
            other => other.head().is_some_and(|head| head.starts_with(prefix)),
        }
    }

    /// Returns true if every permitted value is a string that ends with `suffix`.
    fn has_suffix(&self, suffix: &str) -> bool {
        self.tail().is_some_and(|tail| tail.ends_with(suffix))
    }

    /// Returns the characters with which every permitted string begins.
    pub(super) fn head(&self) -> Option<&str> {
        match self {
            Self::Prefix(text) => Some(text),
            Self::Glob(glob) => Some(glob.head()),
            Self::Subpath(directory) => Some(directory.as_str()),
            Self::Equals(_)
            | Self::OneOf(_)
            | Self::NoneOf(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Suffix(_)
            | Self::Url(_)
            | Self::Cidr(_)
            | Self::MaxLen(_)
            | Self::SubsetOf(_)
            | Self::ContainsAll(_)
            | Self::Each(_) => None,
        }
    }

    /// Returns the characters with which every permitted string ends.
    pub(super) fn tail(&self) -> Option<&str> {
        match self {
            Self::Suffix(text) => Some(text),
            Self::Glob(glob) => Some(glob.tail()),
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
            | Self::Each(_) => None,
        }
    }

    /// Returns true if a value of the type of `sample` may be permitted.
    pub(super) fn covers_type(&self, sample: &Value) -> bool {
        match self {
            // The values of these two are enumerated instead.
            Self::Equals(_) | Self::OneOf(_) => true,
            Self::NoneOf(set) => all_have_type_of(set, sample),
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

    /// Returns a superset of the permitted values, if they are at most a few hundred.
    fn enumerate_values(&self) -> Option<Vec<Value>> {
        match self {
            Self::Equals(value) => Some(vec![value.clone()]),
            Self::OneOf(set) => Some(set.iter().cloned().collect()),
            Self::NoneOf(set) if all_have_type_of(set, &Value::Bool(false)) => {
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

/// Returns true if the child's limits, taken together, imply this one.
fn is_implied(child: &[&Constraint], limit: &Constraint, work: &Budget) -> bool {
    match limit {
        // The child's limits must forbid each listed value, and every type but that of the list.
        Constraint::NoneOf(set) => {
            set.iter().all(|value| child.iter().any(|own| !own.permits_within(value, work)))
                && exclude_other_types(child, set, &type_samples())
        }
        Constraint::Each(outer) => match elements(child, work) {
            Elements::Values(values) => values.iter().all(|own| outer.permits_element(own, work)),
            Elements::Limits(limits) => is_implied_for_elements(&limits, outer, work),
        },
        Constraint::SubsetOf(outer) => match elements(child, work) {
            Elements::Values(values) => {
                values.iter().all(|own| work.spend(lookup_cost(own)) && outer.contains(own))
            }
            Elements::Limits(_) => false,
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

/// As [`is_implied`], for the elements of a list, which are scalars.
fn is_implied_for_elements(child: &[&Constraint], limit: &Constraint, work: &Budget) -> bool {
    let Constraint::NoneOf(set) = limit else {
        return child.iter().any(|own| own.implies(limit, work));
    };
    let scalars = type_samples().into_iter().filter(|own| !is_list(own));
    set.iter().all(|value| child.iter().any(|own| !own.permits_element(value, work)))
        && exclude_other_types(child, set, &scalars.collect::<Vec<_>>())
}

/// Returns true if each type but that of the set is excluded by one of the child's limits.
fn exclude_other_types(child: &[&Constraint], set: &BTreeSet<Value>, samples: &[Value]) -> bool {
    let mut others = samples.iter().filter(|sample| !all_have_type_of(set, sample));
    others.all(|sample| child.iter().any(|own| !own.covers_type(sample)))
}

/// The elements that a list may have if several limits hold together.
enum Elements<'c> {
    /// These values.
    Values(Vec<Value>),
    /// The values that these limits permit; all values if there are no limits.
    Limits(Vec<&'c Constraint>),
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
        None => enumerate_permitted(&each, work),
    };
    let Some(mut values) = few else { return Elements::Limits(each) };
    values.retain(|value| {
        !is_list(value)
            && listed.iter().all(|set| set.contains(value))
            && each.iter().all(|limit| limit.permits_element(value, work))
    });
    Elements::Values(values)
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_))
}

/// Returns exactly the values that the limits together permit, if they are few.
pub(crate) fn enumerate_permitted(limits: &[&Constraint], work: &Budget) -> Option<Vec<Value>> {
    let few = limits.iter().find_map(|limit| limit.enumerate_values());
    let mut values = few.or_else(|| enumerate_integers(limits))?;
    values.retain(|value| limits.iter().all(|limit| limit.permits_within(value, work)));
    Some(values)
}

/// Returns the integers from the highest `min` to the lowest `max`, if they are few.
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

pub(super) fn type_samples() -> [Value; 5] {
    [
        Value::Null,
        Value::Bool(false),
        Value::Integer(0),
        Value::String(String::new()),
        Value::List(Vec::new()),
    ]
}
