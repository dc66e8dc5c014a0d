//! Lints about the limits on one argument.

use super::code::LintCode;
use super::finding::GrantLint;
use super::through::Elements;
use super::words::is_amount;
use crate::capability::{ArgLimits, Capability, Presence};
use crate::constraint::{Budget, Constraint};
use crate::grant::Grant;
use crate::limits::MAX_SHOWN_FACT;
use crate::request::arguments::enclosing;
use crate::request::value::Value;
use crate::text::escape::{Backticked, truncated};

/// Limits that permit no value, such as `limit>=10 limit<=5`.
pub(super) fn impossible(grant: &Grant, work: &Budget) -> Vec<GrantLint> {
    each_argument(grant, |capability, name, limits| {
        if Constraint::permit_nothing(&limits.constraints, work) {
            let message = format!(
                "no value of argument {} satisfies {}",
                Backticked(name),
                truncated(limits, MAX_SHOWN_FACT)
            );
            let instead = "change one of the limits";
            return Some(GrantLint::new(LintCode::ImpossibleLimits, message, instead));
        }
        let outer = refusing_members(capability, name, limits)?;
        let message = format!(
            "argument {} requires an object or a list of objects, which the limits on {} refuse",
            Backticked(name),
            Backticked(&outer)
        );
        let instead = "name either the argument or its members";
        Some(GrantLint::new(LintCode::ImpossibleLimits, message, instead))
    })
}

/// Returns an argument that must not be an object or a list of objects, although the required
/// argument `name` is a member of it.
fn refusing_members(capability: &Capability, name: &str, limits: &ArgLimits) -> Option<String> {
    let refuses_objects = |outer: &String| {
        capability.args().get(outer).is_some_and(|own| match own.presence {
            Presence::Required => true,
            // A list of objects has a length.
            Presence::Optional => {
                own.constraints.iter().any(|limit| !matches!(limit, Constraint::MaxLen(_)))
            }
            Presence::Below => false,
        })
    };
    enclosing(name).find(refuses_objects).filter(|_| limits.presence == Presence::Required)
}

/// An upper bound on an amount, where a negative one passes.
pub(super) fn negative_amounts(grant: &Grant) -> Vec<GrantLint> {
    each_argument(grant, |_, name, limits| {
        let found = Elements::of(&limits.constraints);
        let is_bounded_below = found.own.iter().any(|limit| matches!(limit, Constraint::Min(_)));
        if is_bounded_below || !is_amount(name) {
            return None;
        }
        let most = found.own.iter().find_map(|limit| match limit {
            Constraint::Max(most) if *most >= 0 => Some(*most),
            _ => None,
        })?;
        // Two, in case that another limit refuses the first.
        let negative = [-1, -1_000_000].map(Value::from).into_iter().find(|n| found.permit(n))?;
        let instead = match found.is_list {
            false => {
                let bounds = vec![Constraint::min(0), Constraint::max(most)];
                written(name, limits, bounds)
            }
            true => "list the amounts with `:subset_of=`, because `each` takes only one bound"
                .to_owned(),
        };
        let message = format!(
            "argument {} has the upper bound {most} and no lower one, so {} is permitted",
            Backticked(name),
            negative
        );
        Some(GrantLint::new(LintCode::NegativeAmount, message, instead))
    })
}

/// Returns the lints of every argument of every capability.
pub(super) fn each_argument(
    grant: &Grant,
    lint: impl Fn(&Capability, &str, &ArgLimits) -> Option<GrantLint>,
) -> Vec<GrantLint> {
    let capabilities = grant.capabilities.iter().enumerate();
    let found = capabilities.flat_map(|(index, capability)| {
        let lint = &lint;
        capability.args().iter().filter_map(move |(name, limits)| {
            Some(lint(capability, name, limits)?.in_capability(index).in_argument(name))
        })
    });
    found.collect()
}

/// Returns the remedy for an argument: its limits, as the grammar writes them.
pub(super) fn written(name: &str, limits: &ArgLimits, constraints: Vec<Constraint>) -> String {
    let instead = ArgLimits { presence: limits.presence, constraints };
    format!("write {}", Backticked(&instead.as_written(name).join(" ")))
}
