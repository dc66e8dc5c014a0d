//! Values that limits let through.

use crate::constraint::Constraint;
use crate::request::value::Value;

/// The limits on an argument, or on the elements of its list.
pub(super) struct Elements<'g> {
    /// The limits on the argument.
    all: &'g [Constraint],
    /// The limits on each value: those on the argument, or the one in `each`.
    pub(super) own: Vec<&'g Constraint>,
    pub(super) is_list: bool,
}

impl<'g> Elements<'g> {
    pub(super) fn of(all: &'g [Constraint]) -> Self {
        let each = all.iter().find_map(|limit| match limit {
            Constraint::Each(limit) => Some(limit.as_ref()),
            _ => None,
        });
        match each {
            Some(limit) => Self { all, own: vec![limit], is_list: true },
            None => Self { all, own: all.iter().collect(), is_list: false },
        }
    }

    /// Returns true if all limits permit the value, or a list of it.
    pub(super) fn permit(&self, value: &Value) -> bool {
        let value = if self.is_list { Value::List(vec![value.clone()]) } else { value.clone() };
        self.all.iter().all(|limit| limit.permits(&value))
    }
}
