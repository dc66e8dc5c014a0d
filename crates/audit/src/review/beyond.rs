//! The calls that a proposal permits beyond those that were recorded.

use std::collections::BTreeSet;

use deputize::{ArgLimits, Capability, Constraint, OtherArgs, Value};

use crate::review::usage::OperationUse;
use crate::review::values::{ArgReview, Values};

/// A proposed capability, with the calls of which it was made; `None` if it is one of the grant, as it was.
pub(super) type Part<'u> = (Capability, Option<&'u OperationUse>);

/// A part of a proposed capability that permits more than was recorded. Combinations of arguments that were
/// recorded apart are permitted, too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Beyond {
    /// The capability is as it was granted.
    AsGranted {
        /// The place of the capability in the proposal.
        capability: usize,
    },
    /// It permits further operations.
    Operations {
        /// The place of the capability in the proposal.
        capability: usize,
    },
    /// It permits further resources.
    Resources {
        /// The place of the capability in the proposal.
        capability: usize,
        /// The number of the different resources that were recorded.
        seen: usize,
        /// True if there were more.
        has_more: bool,
    },
    /// It permits further values of an argument.
    Argument {
        /// The place of the capability in the proposal.
        capability: usize,
        /// The recorded values; none if no call had the argument.
        seen: ArgReview,
    },
    /// It permits arguments that it does not name.
    OtherArguments {
        /// The place of the capability in the proposal.
        capability: usize,
    },
}

impl Beyond {
    /// Returns the place of the capability in the proposal.
    pub fn capability(&self) -> usize {
        match self {
            Self::AsGranted { capability }
            | Self::Operations { capability }
            | Self::Resources { capability, .. }
            | Self::Argument { capability, .. }
            | Self::OtherArguments { capability } => *capability,
        }
    }

    pub(super) fn of(parts: &[Part<'_>]) -> Vec<Self> {
        let parts = parts.iter().enumerate();
        parts.flat_map(|(place, (own, calls))| Self::of_part(place, own, *calls)).collect()
    }

    fn of_part(capability: usize, own: &Capability, calls: Option<&OperationUse>) -> Vec<Self> {
        let Some(calls) = calls else { return vec![Self::AsGranted { capability }] };
        let mut all = Vec::new();
        if own.operation() != &calls.pattern() {
            all.push(Self::Operations { capability });
        }
        let (seen, has_more) = (calls.resources.listed.len(), calls.resources.is_many);
        let written = own.resource().as_written();
        let is_one = calls.resources.listed.iter().all(|one| one.as_str() == written) && !has_more;
        if !is_one {
            all.push(Self::Resources { capability, seen, has_more });
        }
        for (name, limits) in own.args() {
            match calls.args.get(name) {
                Some(values) if are_seen(limits, values) => {}
                values => {
                    let seen = values.cloned().unwrap_or_default().review(name);
                    all.push(Self::Argument { capability, seen });
                }
            }
        }
        if own.other_args() == OtherArgs::Allow {
            all.push(Self::OtherArguments { capability });
        }
        all
    }
}

/// Returns true if one of the limits permits values alone that were recorded.
fn are_seen(limits: &ArgLimits, values: &Values) -> bool {
    let are_listed = |own: &BTreeSet<Value>| own.is_subset(&values.listed);
    limits.constraints().iter().any(|limit| match limit {
        Constraint::Equals(only) => values.listed.contains(only),
        Constraint::OneOf(own) => are_listed(own),
        _ => false,
    })
}
