//! One thing that may be done: an operation on a resource, with limits on its arguments.

mod display;
mod error;
mod json;
mod narrow;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::constraint::{Budget, Constraint};
use crate::limits::{MAX_CONSTRAINTS, MAX_NAME_BYTES};
use crate::request::Request;
use crate::request::arguments::{Argument, enclosing, list_around, prefix_below, why_nothing_has};
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;
use crate::text::escape::{TextFault, check_visible};

pub use error::CapabilityError;
pub use narrow::Excess;

/// An operation on a resource, with limits on its arguments.
///
/// The world is closed: an argument that the capability does not name is refused unless
/// [`with_other_args`](Self::with_other_args) says otherwise, and a named one must be present
/// unless it is optional.
///
/// ```
/// use deputize::{Capability, Constraint};
///
/// let read = Capability::new("crm.read", "accounts/emea/**")?
///     .with_arg("limit", [Constraint::min(1), Constraint::max(100)])?
///     .with_optional_arg("mode", [Constraint::equals("ro")])?;
/// assert_eq!(
///     read.to_string(),
///     r#"crm.read on accounts/emea/** where limit >= 1 and <= 100, mode (optional) = "ro""#
/// );
/// # Ok::<(), deputize::CapabilityError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Capability {
    operation: OperationPattern,
    resource: ResourcePattern,
    args: BTreeMap<String, ArgLimits>,
    other_args: OtherArgs,
}

/// What is asked of one named argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ArgLimits {
    pub(crate) presence: Presence,
    /// All must hold. In canonical order, none twice; none at all means any value.
    pub(crate) constraints: Vec<Constraint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// Optional, and so is everything inside it, whatever that is.
    Below,
}

/// What happens to arguments that a capability does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OtherArgs {
    /// They are refused.
    Deny,
    /// They are let through, whatever they are.
    Allow,
}

impl Capability {
    /// The operation pattern (`crm.read`, `crm.*`, `*`) on the resource pattern
    /// (`accounts/42`, `accounts/*`, `accounts/**`, `**`), without arguments.
    ///
    /// # Errors
    ///
    /// [`CapabilityError::Operation`] or [`CapabilityError::Resource`] for a text that is not a pattern.
    pub fn new(operation: &str, resource: &str) -> Result<Self, CapabilityError> {
        Ok(Self::from_patterns(operation.parse()?, resource.parse()?))
    }

    pub(crate) fn from_patterns(operation: OperationPattern, resource: ResourcePattern) -> Self {
        Self { operation, resource, args: BTreeMap::new(), other_args: OtherArgs::Deny }
    }

    /// Names an argument that must be present and satisfy all of `constraints`; none means any
    /// value. What lies inside an object argument is named by its JSON Pointer, as `/filter/owner`;
    /// what lies in the objects of a list by one with `*` for the index, as `/files/*/path`, which
    /// is the list of that member in each of them.
    ///
    /// A list of objects is not empty. Where the empty list is to be permitted too, grant it in a
    /// capability of its own, that names the list (`files`) and limits it by `max_len` 0.
    ///
    /// # Errors
    ///
    /// [`CapabilityError`] for a name that stands already, a constraint that says nothing sensible,
    /// or too much of either.
    pub fn with_arg(
        self,
        name: impl Into<String>,
        constraints: impl IntoIterator<Item = Constraint>,
    ) -> Result<Self, CapabilityError> {
        self.with_limits(name.into(), Presence::Required, constraints.into_iter().collect())
    }

    /// Names an argument that may be absent, and otherwise must satisfy all of `constraints`.
    ///
    /// # Errors
    ///
    /// As [`with_arg`](Self::with_arg).
    pub fn with_optional_arg(
        self,
        name: impl Into<String>,
        constraints: impl IntoIterator<Item = Constraint>,
    ) -> Result<Self, CapabilityError> {
        self.with_limits(name.into(), Presence::Optional, constraints.into_iter().collect())
    }

    /// Names an argument that may be absent, may be anything, and may have anything inside it, in
    /// objects and in lists of objects. A capability that is drawn from this one may limit what lies
    /// inside.
    ///
    /// # Errors
    ///
    /// As [`with_arg`](Self::with_arg).
    pub fn with_below(self, name: impl Into<String>) -> Result<Self, CapabilityError> {
        self.with_limits(name.into(), Presence::Below, Vec::new())
    }

    pub(crate) fn with_limits(
        mut self,
        name: String,
        presence: Presence,
        mut constraints: Vec<Constraint>,
    ) -> Result<Self, CapabilityError> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(CapabilityError::ArgName { name });
        }
        if let Err(fault) = check_arg_name(&name) {
            return Err(CapabilityError::ArgNameHidden { name, fault });
        }
        if let Some(fault) = why_nothing_has(&name) {
            return Err(CapabilityError::ArgPointer { name, fault });
        }
        for constraint in &constraints {
            constraint
                .check()
                .map_err(|error| CapabilityError::Arg { name: name.clone(), error })?;
        }
        if presence == Presence::Below && !constraints.is_empty() {
            return Err(CapabilityError::NotLimits { name });
        }
        constraints.sort();
        let twice = constraints.windows(2).find_map(|pair| match pair {
            [a, b] if a.kind() == b.kind() => Some(a.kind()),
            _ => None,
        });
        if let Some(kind) = twice {
            return Err(CapabilityError::KindTwice { name, kind });
        }
        if self.args.contains_key(&name) {
            return Err(CapabilityError::ArgTwice { name });
        }
        self.args.insert(name, ArgLimits { presence, constraints });
        let count: usize = self.args.values().map(|limits| limits.constraints.len().max(1)).sum();
        if count > MAX_CONSTRAINTS {
            return Err(CapabilityError::TooManyConstraints { found: count });
        }
        Ok(self)
    }

    /// Says what happens to arguments that are not named. They are refused unless it is said.
    pub fn with_other_args(self, other_args: OtherArgs) -> Self {
        Self { other_args, ..self }
    }

    /// What can only be seen once the capability is whole.
    pub(crate) fn check(&self) -> Result<(), CapabilityError> {
        self.resource.check()?;
        let is_open = self.other_args == OtherArgs::Allow;
        let optional = self.args.iter().filter(|(_, limits)| limits.presence != Presence::Required);
        for (name, limits) in optional {
            if is_open && limits.constraints.is_empty() {
                return Err(CapabilityError::SaysNothing { name: name.clone() });
            }
            let lies_in = |outer: String| self.args.contains_key(&outer);
            // Where nothing is limited, nothing is evaded.
            let is_below = limits.presence == Presence::Below;
            if !is_below && name.starts_with('/') && (is_open || enclosing(name).any(lies_in)) {
                return Err(CapabilityError::EvadedByShape { name: name.clone() });
            }
        }
        Ok(())
    }

    /// Which operations are covered.
    pub fn operation(&self) -> &OperationPattern {
        &self.operation
    }

    /// Which resources are covered.
    pub fn resource(&self) -> &ResourcePattern {
        &self.resource
    }

    /// What happens to arguments that are not named.
    pub fn other_args(&self) -> OtherArgs {
        self.other_args
    }

    /// The constraints on a named argument, all of which must hold; `None` where it is not named.
    pub fn constraints_on(&self, name: &str) -> Option<&[Constraint]> {
        self.args.get(name).map(|limits| limits.constraints.as_slice())
    }

    pub(crate) fn args(&self) -> &BTreeMap<String, ArgLimits> {
        &self.args
    }

    /// Whether the call is covered.
    pub fn permits(&self, request: &Request) -> bool {
        self.mismatch(request, &Budget::unlimited()).is_none()
    }

    /// The first thing about the call that this capability does not cover.
    pub(crate) fn mismatch<'a>(
        &'a self,
        request: &'a Request,
        work: &Budget,
    ) -> Option<Mismatch<'a>> {
        if !self.operation.permits(request.operation()) {
            return Some(Mismatch::Operation);
        }
        if !self.resource.permits(request.resource()) {
            return Some(Mismatch::Resource);
        }
        if self.other_args == OtherArgs::Deny
            && let Some(name) = self.unnamed(request, work)
        {
            return Some(Mismatch::Unnamed { name });
        }
        self.args.iter().find_map(|(name, limits)| limits.mismatch(name, request, work))
    }
}

impl Capability {
    /// The names inside which everything is permitted.
    pub(crate) fn below(&self) -> impl Iterator<Item = &str> {
        let below = self.args.iter().filter(|(_, limits)| limits.presence == Presence::Below);
        below.map(|(name, _)| name.as_str())
    }

    /// Whether it names what lies in the objects of this list.
    pub(crate) fn goes_into(&self, list: &str) -> bool {
        self.args.keys().any(|name| list_around(name).is_some_and(|own| own == list))
    }

    /// The first argument that is neither named nor lies below one that is. Each look below is
    /// charged: a call may have many arguments there.
    fn unnamed<'r>(&self, request: &'r Request, work: &Budget) -> Option<&'r str> {
        const COMPARISON: usize = 8;
        let below: Vec<String> = self.below().map(prefix_below).collect();
        let lies_below = |name: &str| {
            below.iter().any(|prefix| work.spend(COMPARISON) && name.starts_with(prefix))
        };
        let mut names = request.arguments().names();
        names.find(|name| !self.args.contains_key(*name) && !lies_below(name))
    }
}

impl ArgLimits {
    fn mismatch<'a>(
        &'a self,
        name: &'a str,
        request: &'a Request,
        work: &Budget,
    ) -> Option<Mismatch<'a>> {
        match (request.arguments().get(name), self.presence) {
            (Argument::Absent | Argument::Object | Argument::Objects(_), Presence::Required) => {
                Some(Mismatch::Missing { name })
            }
            (Argument::Absent, Presence::Optional | Presence::Below) => None,
            // What cannot be decided upon satisfies no constraint, but for the length of a list.
            (found @ (Argument::Undecidable | Argument::Object), _) => self
                .constraints
                .first()
                .map(|constraint| Mismatch::Undecidable { name, constraint, found }),
            (found @ (Argument::List(length) | Argument::Objects(length)), _) => {
                self.constraints.iter().find(|constraint| !constraint.permits_length(length)).map(
                    |constraint| match constraint {
                        Constraint::MaxLen(_) => Mismatch::TooLong { name, constraint, length },
                        _ => Mismatch::Undecidable { name, constraint, found },
                    },
                )
            }
            (Argument::Value(value), _) => self
                .constraints
                .iter()
                .find(|constraint| !constraint.permits_within(value, work))
                .map(|constraint| Mismatch::Constraint { name, constraint, value }),
        }
    }
}

/// Whether all of a name can be seen; of a JSON Pointer, each of its parts, which are names too.
fn check_arg_name(name: &str) -> Result<(), TextFault> {
    check_visible(name)?;
    match name.strip_prefix('/') {
        Some(parts) => parts.split('/').try_for_each(check_visible),
        None => Ok(()),
    }
}

/// Why a capability does not cover a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mismatch<'a> {
    Operation,
    Resource,
    Unnamed {
        name: &'a str,
    },
    Missing {
        name: &'a str,
    },
    /// The value is neither absent nor one that can be judged.
    Undecidable {
        name: &'a str,
        constraint: &'a Constraint,
        found: Argument<'a>,
    },
    /// More elements in a list that cannot be judged otherwise.
    TooLong {
        name: &'a str,
        constraint: &'a Constraint,
        length: usize,
    },
    Constraint {
        name: &'a str,
        constraint: &'a Constraint,
        value: &'a crate::request::value::Value,
    },
}

impl Mismatch<'_> {
    /// How near the capability came to covering the call.
    pub(crate) fn nearness(&self) -> u8 {
        match self {
            Self::Operation => 0,
            Self::Resource => 1,
            Self::Unnamed { .. } => 2,
            Self::Missing { .. } => 3,
            Self::Undecidable { .. } | Self::TooLong { .. } | Self::Constraint { .. } => 4,
        }
    }
}
