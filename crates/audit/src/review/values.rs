//! The values of one argument, as far as a proposal needs them.

use std::collections::BTreeSet;

use deputize::{Constraint, Value};

use crate::limits::{MAX_LISTED_BYTES, MAX_LISTED_VALUES};
use crate::review::room::take;

/// Bytes that a listed value takes beside its own.
const VALUE_BYTES: usize = 64;

/// The values of one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArgReview {
    /// The name by which a capability limits it.
    pub name: String,
    /// The calls that had it.
    pub present: u64,
    /// The least and the greatest integer.
    pub integers: Option<(i64, i64)>,
    /// The different values, the first of many.
    pub values: Vec<Value>,
    /// True if there were more values, or values that limits cannot judge or the records do not show.
    pub has_more: bool,
    /// True if some values were not integers, or are not known to be.
    pub has_others: bool,
}

/// A summary of the values that an argument had, in bounded memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    /// The calls that had the argument.
    pub(super) present: u64,
    /// The different values, unless they are [too many](Self::is_many).
    pub(super) listed: BTreeSet<Value>,
    /// True if values are left out of the list.
    pub(super) is_many: bool,
    /// The least and the greatest integer.
    pub(super) integers: Option<(i64, i64)>,
    /// The different elements of lists, as `listed`.
    elements: BTreeSet<Value>,
    elements_are_many: bool,
    /// The deepest folder that all paths share, by its segments.
    folder: Option<Vec<String>>,
    /// Some values cannot be judged, or are not shown.
    pub(super) has_unknown: bool,
    /// Some values are not shown, and can be objects.
    pub(super) has_hidden: bool,
    /// Some values were of these kinds.
    has_lists: bool,
    has_others: bool,
    has_no_paths: bool,
}

impl Values {
    /// Adds the value of one call, `None` if limits cannot judge it or the record does not show it. What
    /// is kept of it takes bytes from `room`.
    pub(super) fn add(&mut self, value: Option<&Value>, room: &mut usize) {
        self.present = self.present.saturating_add(1);
        let Some(value) = value else {
            self.has_unknown = true;
            return;
        };
        match value {
            Value::Integer(own) => {
                let (least, greatest) = self.integers.unwrap_or((*own, *own));
                self.integers = Some((least.min(*own), greatest.max(*own)));
            }
            Value::List(items) => {
                self.has_lists = true;
                for item in items {
                    let is_kept = keep(&mut self.elements, item, room);
                    self.elements_are_many |= !is_kept;
                }
            }
            Value::String(text) => {
                self.has_others = true;
                self.add_path(text, room);
            }
            Value::Null | Value::Bool(_) => {
                self.has_others = true;
                self.has_no_paths = true;
            }
        }
        self.is_many |= !keep(&mut self.listed, value, room);
    }

    /// Returns the values as a review lists them.
    pub(super) fn review(&self, name: &str) -> ArgReview {
        ArgReview {
            name: name.to_owned(),
            present: self.present,
            integers: self.integers,
            values: self.listed.iter().cloned().collect(),
            has_more: self.is_many || self.has_unknown,
            has_others: !self.are_integers(),
        }
    }

    /// Adds a call of which the record shows only that it had the argument.
    pub(super) fn add_hidden(&mut self) {
        self.present = self.present.saturating_add(1);
        (self.has_unknown, self.has_hidden) = (true, true);
    }

    /// Returns true if all values are known, and integers.
    pub(super) fn are_integers(&self) -> bool {
        !self.has_unknown && !self.has_others && !self.has_lists
    }

    fn add_path(&mut self, text: &str, room: &mut usize) {
        let directory = text.rsplit_once('/').map(|(directory, _)| directory);
        let directory = directory.filter(|directory| {
            let limit = Constraint::subpath(directory);
            limit.is_ok_and(|limit| limit.permits(&Value::from(text)))
        });
        let Some(directory) = directory else {
            self.has_no_paths = true;
            return;
        };
        let segments = directory.split('/').map(str::to_owned);
        self.folder = Some(match self.folder.take() {
            None if take(room, directory.len()) => segments.collect(),
            None => {
                self.has_no_paths = true;
                return;
            }
            Some(common) => {
                let shared = common.into_iter().zip(segments).take_while(|(a, b)| a == b);
                shared.map(|(segment, _)| segment).collect()
            }
        });
    }

    /// Returns limits that permit all the values, and as few others as limits can; `None` if no limit
    /// says more than the grant does.
    ///
    /// A few different values are listed, integers are a range, and many paths are their common folder.
    pub(super) fn limits(&self, rounding: bool) -> Option<Vec<Constraint>> {
        if self.has_unknown || self.present == 0 {
            return None;
        }
        if let (Some((least, greatest)), true) = (self.integers, self.are_integers()) {
            return Some(match least == greatest {
                true => vec![Constraint::equals(least)],
                false if rounding => {
                    vec![
                        Constraint::min(rounded_down(least)),
                        Constraint::max(rounded_up(greatest)),
                    ]
                }
                false => vec![Constraint::min(least), Constraint::max(greatest)],
            });
        }
        if let (false, Some(only)) = (self.is_many || self.listed.len() > 1, self.listed.first()) {
            return Some(vec![Constraint::equals(only.clone())]);
        }
        if self.has_lists {
            let are_only_lists = self.integers.is_none() && !self.has_others;
            let are_listed = are_only_lists && !self.elements_are_many;
            return are_listed.then(|| vec![Constraint::subset_of(self.elements.clone())]);
        }
        if !self.is_many {
            return Some(vec![Constraint::one_of(self.listed.clone())]);
        }
        if self.has_no_paths || self.integers.is_some() {
            return None;
        }
        let folder = self.folder.as_ref()?.join("/");
        Constraint::subpath(&folder).ok().map(|limit| vec![limit])
    }
}

/// Adds a value to a list if there is room for it.
fn keep(listed: &mut BTreeSet<Value>, value: &Value, room: &mut usize) -> bool {
    if listed.contains(value) {
        return true;
    }
    let length = length(value);
    let has_room = listed.len() < MAX_LISTED_VALUES
        && length <= MAX_LISTED_BYTES
        && take(room, length.saturating_add(VALUE_BYTES));
    if has_room {
        listed.insert(value.clone());
    }
    has_room
}

fn length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => 8,
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(length).fold(0, usize::saturating_add),
    }
}

/// The next number of the series 1, 2, 5, 10, 20, 50 … that is at least this.
fn rounded_up(number: i64) -> i64 {
    match number {
        ..0 => steps()
            .take_while(|step| *step <= number.saturating_neg())
            .last()
            .map_or(0, i64::saturating_neg),
        0 => 0,
        _ => steps().find(|step| *step >= number).unwrap_or(number),
    }
}

/// The next number of the series, with 0 and its negative numbers, that is at most this.
fn rounded_down(number: i64) -> i64 {
    rounded_up(number.saturating_neg()).saturating_neg()
}

/// The series 1, 2, 5, 10, 20, 50 … up to the greatest integer that a limit can have.
fn steps() -> impl Iterator<Item = i64> {
    let tens = std::iter::successors(Some(1_i64), |ten| ten.checked_mul(10));
    let all =
        tens.flat_map(|ten| [1_i64, 2, 5].into_iter().filter_map(move |n| ten.checked_mul(n)));
    all.take_while(|step| *step <= deputize::limits::MAX_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_away_from_the_recorded_ones() {
        for (number, down, up) in [
            (0, 0, 0),
            (1, 1, 1),
            (3, 2, 5),
            (40, 20, 50),
            (100, 100, 100),
            (101, 100, 200),
            (-1, -1, -1),
            (-3, -5, -2),
            (-40, -50, -20),
        ] {
            assert_eq!((rounded_down(number), rounded_up(number)), (down, up), "{number}");
        }
        let most = deputize::limits::MAX_INTEGER;
        assert_eq!((rounded_up(most), rounded_down(-most)), (most, -most));
    }
}
