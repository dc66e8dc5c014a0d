//! Narrowing: checks that a capability does not exceed the one that it is derived from.

use std::fmt::{self, Display, Formatter};

use super::display::AllOf;
use super::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::{Budget, Constraint};
use crate::limits::MAX_NAME_BYTES;
use crate::request::arguments::prefix_below;
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;
use crate::text::contrast::distinguish;
use crate::text::escape::{Backticked, truncated};

/// The first aspect in which a capability exceeds its parent. `Display` gives the end of a sentence
/// whose subject is the capability.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Excess {
    /// The operation is not covered by the parent.
    Operation {
        /// The operations of the capability.
        requested: OperationPattern,
        /// The operations of the parent; `None` if the parent grant has no capability.
        granted: Option<OperationPattern>,
    },
    /// The resource is not covered by the parent.
    Resource {
        /// The resources of the capability.
        requested: ResourcePattern,
        /// The resources of the parent.
        granted: ResourcePattern,
    },
    /// The capability allows arguments that are not named, which the parent refuses.
    OtherArgs,
    /// The capability names an argument that the parent does not name.
    ArgAdded {
        /// The argument.
        name: String,
    },
    /// The parent requires an argument that the capability makes optional or leaves out.
    ArgNotRequired {
        /// The argument.
        name: String,
    },
    /// The parent names an argument inside which the capability permits everything.
    ArgBelow {
        /// The argument.
        name: String,
    },
    /// The parent constrains an argument that the capability does not constrain.
    ArgUnlimited {
        /// The argument.
        name: String,
        /// The constraints of the parent.
        granted: Vec<Constraint>,
    },
    /// The constraints on an argument permit more than the parent's do.
    ArgConstraint {
        /// The argument.
        name: String,
        /// The constraints of the capability.
        requested: Vec<Constraint>,
        /// The constraint of the parent that they do not imply.
        granted: Constraint,
    },
}

impl Excess {
    /// Returns the remedy, as the end of a sentence.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Operation { .. } | Self::Resource { .. } | Self::ArgConstraint { .. } => {
                "narrow the capability"
            }
            Self::OtherArgs => "deny other arguments",
            Self::ArgAdded { .. } => "leave the argument out",
            Self::ArgNotRequired { .. } => "require the argument",
            Self::ArgBelow { .. } | Self::ArgUnlimited { .. } => "constrain the argument",
        }
    }
}

impl Display for Excess {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation { requested, granted: Some(granted) } => {
                let [granted, requested] = [granted, requested].map(OperationPattern::as_written);
                let (granted, requested) = (Backticked(&granted), Backticked(&requested));
                write!(f, "widens the operation from {granted} to {requested}")
            }
            Self::Operation { requested, granted: None } => {
                let requested = requested.as_written();
                write!(f, "grants {}, and its parent grants nothing", Backticked(&requested))
            }
            Self::Resource { requested, granted } => {
                let [granted, requested] = [granted, requested].map(ResourcePattern::as_written);
                let [from, to] = distinguish(&granted, &requested);
                if from.is_escaped() {
                    return write!(f, "widens the resource from {from} to {to}");
                }
                let (granted, requested) = (Backticked(&granted), Backticked(&requested));
                write!(f, "widens the resource from {granted} to {requested}")
            }
            Self::OtherArgs => f.write_str("allows other arguments, and its parent does not"),
            Self::ArgAdded { name } => {
                let name = Backticked(name);
                write!(f, "names argument {name}, and its parent does not")
            }
            Self::ArgNotRequired { name } => {
                let name = Backticked(name);
                write!(f, "does not require argument {name}, and its parent does")
            }
            Self::ArgBelow { name } => {
                let name = Backticked(name);
                write!(f, "permits everything inside argument {name}, and its parent does not")
            }
            Self::ArgUnlimited { name, granted } => {
                let (name, granted) = (Backticked(name), short(AllOf(granted)));
                write!(
                    f,
                    "allows any value for argument {name}, and its parent limits it to {granted}"
                )
            }
            Self::ArgConstraint { name, requested, granted } => {
                let (name, requested, granted) =
                    (Backticked(name), short(AllOf(requested)), short(granted));
                write!(f, "limits argument {name} to {requested}, and its parent to {granted}")
            }
        }
    }
}

fn short(constraints: impl Display) -> String {
    truncated(constraints, MAX_NAME_BYTES)
}

impl Capability {
    /// Returns `None` if one of `parents` covers everything that this capability does, and
    /// otherwise the excess over the nearest of them.
    pub(crate) fn excess_over(&self, parents: &[Self], work: &Budget) -> Option<Excess> {
        let mut nearest = None;
        for parent in parents {
            let widening = self.beyond(parent, work)?;
            let rank = u8::from(!matches!(widening, Excess::Operation { .. }));
            if nearest.as_ref().is_none_or(|(best, _)| rank > *best) {
                nearest = Some((rank, widening));
            }
        }
        Some(nearest.map_or_else(
            || Excess::Operation { requested: self.operation.clone(), granted: None },
            |(_, widening)| widening,
        ))
    }

    /// Returns the first aspect in which this capability exceeds `parent`. If the budget runs out
    /// first, the result is an excess too.
    pub(crate) fn beyond(&self, parent: &Self, work: &Budget) -> Option<Excess> {
        if !self.operation.within(&parent.operation) {
            return Some(Excess::Operation {
                requested: self.operation.clone(),
                granted: Some(parent.operation.clone()),
            });
        }
        if !self.resource.within(&parent.resource) {
            return Some(Excess::Resource {
                requested: self.resource.clone(),
                granted: parent.resource.clone(),
            });
        }
        if self.other_args == OtherArgs::Allow && parent.other_args == OtherArgs::Deny {
            return Some(Excess::OtherArgs);
        }
        if let Some(unnamed) = self.unnamed_in(parent) {
            return Some(unnamed);
        }
        let below: Vec<String> = self.below().map(prefix_below).collect();
        parent.args.iter().find_map(|(name, outer)| {
            let own = self.args.get(name);
            let others = if own.is_none() && self.may_contain(name, &below) {
                OtherArgs::Allow
            } else {
                self.other_args
            };
            outer.excess_of(name, own, others, work)
        })
    }

    /// Returns the first argument that this capability names and `parent` does not.
    fn unnamed_in(&self, parent: &Self) -> Option<Excess> {
        if parent.other_args == OtherArgs::Allow {
            return None;
        }
        let below: Vec<String> = parent.below().map(prefix_below).collect();
        let is_below_named = |name: &str| below.iter().any(|prefix| name.starts_with(prefix));
        self.args.iter().find_map(|(name, own)| {
            let outer = parent.args.get(name);
            if own.presence == Presence::Below && outer.is_some() && !is_below_named(name) {
                // The parent must permit everything inside it too, which only its own `below` does.
                let is_below = outer.is_some_and(|outer| outer.presence == Presence::Below);
                return (!is_below).then(|| Excess::ArgBelow { name: name.clone() });
            }
            let is_added = outer.is_none() && !is_below_named(name);
            is_added.then(|| Excess::ArgAdded { name: name.clone() })
        })
    }

    /// Returns true if a call may have an argument that this capability does not name: the argument
    /// is below one of these prefixes, or the capability names a member of it, so that it is an
    /// object or a list.
    fn may_contain(&self, name: &str, below: &[String]) -> bool {
        let inside = prefix_below(name);
        below.iter().any(|prefix| name.starts_with(prefix))
            || self.args.keys().any(|own| own.starts_with(&inside))
    }
}

impl ArgLimits {
    /// Returns the excess of the child's limits on the argument `name` over these. If the child
    /// does not name the argument, it treats it by `others`.
    fn excess_of(
        &self,
        name: &str,
        child: Option<&Self>,
        others: OtherArgs,
        work: &Budget,
    ) -> Option<Excess> {
        let name = name.to_owned();
        if self.presence == Presence::Required
            && child.is_none_or(|child| child.presence != Presence::Required)
        {
            return Some(Excess::ArgNotRequired { name });
        }
        match child {
            // The child refuses the argument altogether.
            None if others == OtherArgs::Deny => None,
            None if self.constraints.is_empty() => None,
            None => Some(Excess::ArgUnlimited { name, granted: self.constraints.clone() }),
            Some(child) => {
                let granted =
                    Constraint::widened_within(&child.constraints, &self.constraints, work)?;
                let (requested, granted) = (child.constraints.clone(), granted.clone());
                Some(match requested.is_empty() {
                    true => Excess::ArgUnlimited { name, granted: self.constraints.clone() },
                    false => Excess::ArgConstraint { name, requested, granted },
                })
            }
        }
    }
}
