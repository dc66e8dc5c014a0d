//! Capabilities: an operation on a resource, with limits on its arguments.

mod display;
mod error;
mod json;
mod narrow;
mod with_work;
mod least;
mod grammar;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::constraint::{Budget, Constraint};
use crate::limits::{MAX_CONSTRAINTS, MAX_NAME_BYTES};
use crate::request::Request;
use crate::request::arguments::{Argument, enclosing, enclosing_list, pointer_fault, prefix_below};
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;
use crate::request::value::Value;
use crate::text::escape::{TextFault, check_visible};

pub use error::CapabilityError;
pub use grammar::{GrammarError, GrammarFault};
pub use narrow::Excess;

/// An operation on a resource, with limits on its arguments.
///
/// An argument that the capability does not name is refused, unless
/// [`with_other_args`](Self::with_other_args) allows others. A named argument must be present,
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

/// The limits on one named argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArgLimits {
    pub(crate) presence: Presence,
    /// The constraints, which must all hold. In canonical order and without repetition; an empty
    /// list permits any value.
    pub(crate) constraints: Vec<Constraint>,
}

/// The presence of a named argument in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be absent.
    Optional,
    /// It may be absent, may have any value, and may contain anything.
    Below,
}

/// The treatment of arguments that a capability does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OtherArgs {
    /// Other arguments are refused.
    Deny,
    /// Other arguments are permitted, with any value.
    Allow,
}

impl Capability {
    /// Creates a capability without arguments, from an operation pattern (`crm.read`, `crm.*`, `*`)
    /// and a resource pattern (`accounts/42`, `accounts/*`, `accounts/**`, `**`).
    ///
    /// # Errors
    ///
    /// [`CapabilityError::Operation`] or [`CapabilityError::Resource`] if a text is not a pattern.
    pub fn new(operation: &str, resource: &str) -> Result<Self, CapabilityError> {
        Ok(Self::from_patterns(operation.parse()?, resource.parse()?))
    }

    pub(crate) fn from_patterns(operation: OperationPattern, resource: ResourcePattern) -> Self {
        Self { operation, resource, args: BTreeMap::new(), other_args: OtherArgs::Deny }
    }

    /// Adds an argument that must be present and satisfy all of `constraints`; without constraints,
    /// any value is permitted. A member of an object argument is named by its JSON Pointer, such as
    /// `/filter/owner`. A member of the objects in a list is named with `*` for the index, such as
    /// `/files/*/path`, which is the list of that member's values in all objects.
    ///
    /// An empty list is not a list of objects. To permit it too, grant it in a capability of its
    /// own, which names the list (`files`) and limits it with `max_len` 0.
    ///
    /// # Errors
    ///
    /// [`CapabilityError`] for an argument that is already named or has an invalid name, and for
    /// invalid, repeated or too many constraints.
    pub fn with_arg(
        self,
        name: impl Into<String>,
        constraints: impl IntoIterator<Item = Constraint>,
    ) -> Result<Self, CapabilityError> {
        self.with_limits(name.into(), Presence::Required, constraints.into_iter().collect())
    }

    /// Adds an argument that may be absent, and otherwise must satisfy all of `constraints`. The
    /// rules are those of [`with_arg`](Self::with_arg).
    pub fn with_optional_arg(
        self,
        name: impl Into<String>,
        constraints: impl IntoIterator<Item = Constraint>,
    ) -> Result<Self, CapabilityError> {
        self.with_limits(name.into(), Presence::Optional, constraints.into_iter().collect())
    }

    /// Adds an argument that may be absent, may have any value, and may contain anything, in
    /// objects and in lists of objects. A capability derived from this one may limit its members.
    /// The rules are those of [`with_arg`](Self::with_arg).
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
        if let Some(fault) = pointer_fault(&name) {
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

    /// Sets the treatment of arguments that are not named. The default is [`OtherArgs::Deny`].
    pub fn with_other_args(self, other_args: OtherArgs) -> Self {
        Self { other_args, ..self }
    }

    /// Checks the rules that concern the capability as a whole.
    pub(crate) fn check(&self) -> Result<(), CapabilityError> {
        self.resource.check()?;
        let is_open = self.other_args == OtherArgs::Allow;
        let optional = self.args.iter().filter(|(_, limits)| limits.presence != Presence::Required);
        for (name, limits) in optional {
            if is_open && limits.constraints.is_empty() {
                return Err(CapabilityError::SaysNothing { name: name.clone() });
            }
            let is_named = |outer: String| self.args.contains_key(&outer);
            // An argument without limits has nothing to bypass.
            let is_below = limits.presence == Presence::Below;
            if !is_below && name.starts_with('/') && (is_open || enclosing(name).any(is_named)) {
                return Err(CapabilityError::EvadedByShape { name: name.clone() });
            }
        }
        Ok(())
    }

    /// Returns the covered operations.
    pub fn operation(&self) -> &OperationPattern {
        &self.operation
    }

    /// Returns the covered resources.
    pub fn resource(&self) -> &ResourcePattern {
        &self.resource
    }

    /// Returns the treatment of arguments that are not named.
    pub fn other_args(&self) -> OtherArgs {
        self.other_args
    }

    /// Returns the constraints on a named argument, all of which must hold, or `None` if it is not
    /// named.
    pub fn constraints_on(&self, name: &str) -> Option<&[Constraint]> {
        self.args.get(name).map(|limits| limits.constraints.as_slice())
    }

    /// Returns the named arguments with their limits.
    pub fn args(&self) -> &BTreeMap<String, ArgLimits> {
        &self.args
    }

    /// Returns true if `parent` covers every call that this capability covers. `true` is always
    /// right; `false` may be too strict, as with [`Constraint::within`], and where the comparison takes
    /// more than [`MAX_DELEGATION_WORK`](crate::limits::MAX_DELEGATION_WORK).
    ///
    /// ```
    /// # use deputize::Capability;
    /// let wide: Capability = "crm.read accounts/** limit=0..100".parse()?;
    /// let narrow: Capability = "crm.read accounts/42 limit=5".parse()?;
    /// assert!(narrow.within(&wide) && !wide.within(&narrow));
    /// # Ok::<(), deputize::GrammarError>(())
    /// ```
    pub fn within(&self, parent: &Self) -> bool {
        self.beyond(parent, &Budget::for_delegation()).is_none()
    }

    /// Returns true if the capability covers the call.
    ///
    /// # Security
    ///
    /// The work is not bounded: it grows with the limits and with the values. Where strangers chose both,
    /// [`permits_with`](Self::permits_with) bounds it.
    pub fn permits(&self, request: &Request) -> bool {
        self.mismatch(request, &Budget::unlimited()).is_none()
    }

    /// Returns the first aspect of the call that this capability does not cover.
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
    /// Returns the resources, if the capability grants this operation by its name and names no
    /// arguments. A wildcard does not count.
    pub(crate) fn grants_by_name(&self, operation: &str) -> Option<&ResourcePattern> {
        let is_named =
            matches!(&self.operation, OperationPattern::Exact(own) if own.as_str() == operation);
        (is_named && self.args.is_empty()).then_some(&self.resource)
    }

    /// Returns the names inside which everything is permitted.
    pub(crate) fn below(&self) -> impl Iterator<Item = &str> {
        let below = self.args.iter().filter(|(_, limits)| limits.presence == Presence::Below);
        below.map(|(name, _)| name.as_str())
    }

    /// Returns true if the capability names a member of the objects in this list.
    pub(crate) fn limits_elements_of(&self, list: &str) -> bool {
        self.args.keys().any(|name| enclosing_list(name).is_some_and(|own| own == list))
    }

    /// Returns the first argument that is neither named nor below a named one. Each comparison with
    /// a prefix is charged to the budget, because a call may have many arguments below others.
    fn unnamed<'r>(&self, request: &'r Request, work: &Budget) -> Option<&'r str> {
        const COMPARISON: usize = 8;
        let below: Vec<String> = self.below().map(prefix_below).collect();
        let is_below_named = |name: &str| {
            below.iter().any(|prefix| work.spend(COMPARISON) && name.starts_with(prefix))
        };
        let mut names = request.arguments().names();
        names.find(|name| !self.args.contains_key(*name) && !is_below_named(name))
    }
}

impl ArgLimits {
    /// Returns whether the argument must be there.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Returns the constraints, which must all hold. Without one, any value is permitted.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

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
            // A value that cannot be judged satisfies no constraint, except that a list has a
            // length.
            (found @ (Argument::Undecidable | Argument::Object), _) => self
                .constraints
                .first()
                .map(|limit| Mismatch::Limit { name, limit, found: Found::Undecidable(found) }),
            (found @ (Argument::List(length) | Argument::Objects(length)), _) => {
                self.constraints.iter().find(|limit| !limit.permits_length(length)).map(|limit| {
                    let found = match limit {
                        Constraint::MaxLen(_) => Found::TooLong(length),
                        _ => Found::Undecidable(found),
                    };
                    Mismatch::Limit { name, limit, found }
                })
            }
            (Argument::Value(value), _) => self
                .constraints
                .iter()
                .find(|limit| !limit.permits_within(value, work))
                .map(|limit| Mismatch::Limit { name, limit, found: Found::Value(value) }),
        }
    }
}

/// Checks that a name is visible, and so is each part of a JSON Pointer: the parts are names too.
fn check_arg_name(name: &str) -> Result<(), TextFault> {
    check_visible(name)?;
    match name.strip_prefix('/') {
        Some(parts) => parts.split('/').try_for_each(check_visible),
        None => Ok(()),
    }
}

/// The reason why a capability does not cover a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mismatch<'a> {
    Operation,
    Resource,
    Unnamed { name: &'a str },
    Missing { name: &'a str },
    Limit { name: &'a str, limit: &'a Constraint, found: Found<'a> },
}

/// The value of an argument that does not satisfy a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    Value(&'a Value),
    /// The argument is present, but limits cannot judge its value.
    Undecidable(Argument<'a>),
    /// A list of this length, whose elements cannot be judged, has too many of them.
    TooLong(usize),
}

impl<'a> Mismatch<'a> {
    /// Returns the rank of the mismatch: a higher rank means that the capability came nearer to
    /// covering the call.
    pub(crate) fn nearness(&self) -> u8 {
        match self {
            Self::Operation => 0,
            Self::Resource => 1,
            Self::Unnamed { .. } => 2,
            Self::Missing { .. } => 3,
            Self::Limit { .. } => 4,
        }
    }

    /// Returns the argument that differs, if it is one.
    pub(crate) fn argument(&self) -> Option<&'a str> {
        match self {
            Self::Operation | Self::Resource => None,
            Self::Unnamed { name } | Self::Missing { name } | Self::Limit { name, .. } => {
                Some(name)
            }
        }
    }
}
