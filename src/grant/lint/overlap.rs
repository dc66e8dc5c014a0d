//! Lints about entries that another entry makes pointless.

use super::code::LintCode;
use super::finding::GrantLint;
use super::limits::each_argument;
use crate::capability::Capability;
use crate::constraint::{Budget, Constraint};
use crate::grant::Grant;
use crate::limits::MAX_SHOWN_VALUE;
use crate::text::escape::Backticked;

/// Capabilities that are listed twice.
pub(super) fn repeated(grant: &Grant) -> Vec<GrantLint> {
    let all = grant.capabilities.iter().enumerate();
    let repeated = all.filter_map(|(index, own)| {
        let first = grant.capabilities.iter().position(|other| other == own)?;
        (first < index).then(|| {
            let message = format!("is the same as capability {first}");
            let instead = "leave it out, or write the one that was meant";
            GrantLint::new(LintCode::RepeatedCapability, message, instead).in_capability(index)
        })
    });
    repeated.collect()
}

/// Capabilities that permit only calls that another one permits too, as `accounts/42` beside
/// `accounts/**`.
pub(super) fn covered(grant: &Grant, work: &Budget) -> Vec<GrantLint> {
    let all = &grant.capabilities;
    let indexed = || all.iter().enumerate();
    let is_within = |own: &Capability, other: &Capability| own.beyond(other, work).is_none();
    let covered = indexed().filter_map(|(index, own)| {
        let permits_nothing = |own: &Capability| {
            own.args().values().any(|l| Constraint::permit_nothing(&l.constraints, work))
        };
        // Of two that permit the same, the later one is reported, and equal ones are repeated.
        let covers = |(other_index, other): &(usize, &Capability)| {
            own != *other
                && is_within(own, other)
                && (*other_index < index || !is_within(other, own))
        };
        let is_repeated = all.iter().take(index).any(|other| other == own);
        let (other_index, other) =
            indexed().find(covers).filter(|_| !is_repeated && !permits_nothing(own))?;
        let [own, other] = [own, other].map(|capability| capability.truncated_to(MAX_SHOWN_VALUE));
        let message = format!(
            "permits nothing that capability {other_index} does not: {} lies within {}",
            Backticked(&own),
            Backticked(&other)
        );
        let instead = format!("leave it out, or narrow capability {other_index}");
        let lint = GrantLint::new(LintCode::CoveredCapability, message, instead);
        Some(lint.in_capability(index))
    });
    covered.collect()
}

/// Hosts of a URL pattern that another host of it covers, as `api.acme.com` beside `*.acme.com`.
pub(super) fn covered_hosts(grant: &Grant) -> Vec<GrantLint> {
    each_argument(grant, |_, name, limits| {
        let (host, outer) = limits.constraints.iter().find_map(|limit| match limit {
            Constraint::Url(pattern) => pattern.covered_host(),
            Constraint::Each(limit) => match limit.as_ref() {
                Constraint::Url(pattern) => pattern.covered_host(),
                _ => None,
            },
            _ => None,
        })?;
        let message = format!(
            "the URL pattern of argument {} lists {}, and {} covers it",
            Backticked(name),
            Backticked(host),
            Backticked(outer)
        );
        Some(GrantLint::new(LintCode::CoveredHost, message, "leave one of the two out"))
    })
}
