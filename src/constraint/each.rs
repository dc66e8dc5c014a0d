//! `each`: a limit on every element of a list.

use serde_json::Value as Json;

use super::{Budget, Constraint, ConstraintError, lookup};
use crate::request::value::Value;

impl Constraint {
    /// Whether an element of a list is permitted, which is charged whatever comes of it: a short
    /// token can ask about a long list many times.
    pub(super) fn permits_element(&self, element: &Value, work: &Budget) -> bool {
        work.spend(self.glance(element)) && self.permits_within(element, work)
    }

    /// What it takes to look at one element, beside what is charged for looking closer.
    fn glance(&self, element: &Value) -> usize {
        // A comparison; and to read an address of at most 39 bytes and write it again.
        const COMPARISON: usize = 8;
        const ADDRESS: usize = 48;
        let compared = match self {
            Self::NoneOf(_) => return lookup(element),
            Self::Cidr(_) => return ADDRESS,
            Self::Prefix(text) | Self::Suffix(text) => text.len(),
            Self::Glob(glob) => glob.as_str().len(),
            Self::Subpath(directory) => directory.as_str().len(),
            _ => 0,
        };
        COMPARISON.saturating_add(compared / 32)
    }
}

/// Whether the limit can be asked of the elements of a list, which are scalars.
pub(super) fn check_element(limit: &Constraint) -> Result<(), ConstraintError> {
    let remedy = match limit {
        Constraint::NoneOf(_)
        | Constraint::Min(_)
        | Constraint::Max(_)
        | Constraint::Prefix(_)
        | Constraint::Suffix(_)
        | Constraint::Glob(_)
        | Constraint::Subpath(_)
        | Constraint::Url(_)
        | Constraint::Cidr(_)
        | Constraint::MaxLen(_) => return limit.check(),
        Constraint::Equals(_) | Constraint::OneOf(_) => {
            "list the permitted elements in `subset_of`"
        }
        Constraint::SubsetOf(_) | Constraint::ContainsAll(_) => "put it beside `each`",
        Constraint::Each(_) => "name what lies inside by `*`, or grant any value",
    };
    Err(ConstraintError::Element { found: limit.kind().to_owned(), remedy })
}

/// From `{KIND: parameter}`.
pub(super) fn from_json(json: Json) -> Result<Constraint, ConstraintError> {
    let refuse = |found: &Json| ConstraintError::Element {
        found: found.to_string(),
        remedy: r#"write `{"max": 5}`"#,
    };
    let Json::Object(members) = json else { return Err(refuse(&json)) };
    if members.len() > 1 {
        return Err(refuse(&Json::Object(members)));
    }
    let Some((kind, parameter)) = members.into_iter().next() else {
        return Err(refuse(&Json::Object(serde_json::Map::new())));
    };
    // What is inside of it is not looked at, however deep it goes.
    if kind == "each" {
        let remedy = "name what lies inside by `*`, or grant any value";
        return Err(ConstraintError::Element { found: kind, remedy });
    }
    Constraint::each(Constraint::from_json(&kind, parameter)?)
}
