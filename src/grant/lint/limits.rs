//! Lints about the limits on one argument.

use super::GrantLint;
use super::code::LintCode;
use super::through::Elements;
use super::words::is_amount;
use crate::capability::ArgLimits;
use crate::constraint::{Budget, Constraint};
use crate::grant::Grant;
use crate::limits::MAX_SHOWN_FACT;
use crate::request::value::Value;
use crate::text::escape::{Backticked, truncated};

/// Limits that permit no value, such as `limit>=10 limit<=5`.
pub(super) fn impossible(grant: &Grant, work: &Budget) -> Vec<GrantLint> {
    each_argument(grant, |name, limits| {
        Constraint::permit_nothing(&limits.constraints, work).then(|| {
            let message = format!(
                "no value of argument {} satisfies {}",
                Backticked(name),
                truncated(limits, MAX_SHOWN_FACT)
            );
            GrantLint::new(LintCode::ImpossibleLimits, message, "change one of the limits")
        })
    })
}

/// An upper bound on an amount, where a negative one passes.
pub(super) fn negative_amounts(grant: &Grant) -> Vec<GrantLint> {
    each_argument(grant, |name, limits| {
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
    lint: impl Fn(&str, &ArgLimits) -> Option<GrantLint>,
) -> Vec<GrantLint> {
    let capabilities = grant.capabilities.iter().enumerate();
    let found = capabilities.flat_map(|(index, capability)| {
        let lint = &lint;
        capability.args().iter().filter_map(move |(name, limits)| {
            Some(lint(name, limits)?.in_capability(index).in_argument(name))
        })
    });
    found.collect()
}

/// Returns the remedy for an argument: its limits, as the grammar writes them.
pub(super) fn written(name: &str, limits: &ArgLimits, constraints: Vec<Constraint>) -> String {
    let instead = ArgLimits { presence: limits.presence, constraints };
    format!("write {}", Backticked(&instead.as_written(name).join(" ")))
}
