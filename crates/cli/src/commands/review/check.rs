//! The reasons for which `review --check` fails.

use deputize::text::Quoted;
use deputize_audit::{HopReview, Review, Usage};

use super::text;
use crate::output::granted::named;

/// Reasons that are listed.
const LISTED: usize = 100;

/// Returns a line for each reason, with the agent that it is about.
pub(super) fn lines(review: &Review) -> Vec<String> {
    let mut lines = Vec::new();
    if review.coverage.allowed == 0 {
        lines.push("check: there is no allowed call; is it the right log and window?".to_owned());
    }
    lines.extend(text::overdue(review).map(|own| format!("check: past its review: {own}")));
    lines.extend(review.crowded.iter().map(|own| format!("check: {}", text::crowded(own))));
    if review.more > 0 {
        let more = review.more;
        lines.push(format!("check: {more} uses of hops below still more keys are not reviewed"));
    }
    for own in review.hops.iter().filter(|own| own.has_findings()) {
        let (owner, root) = &own.owner;
        let (to, owner) = (named(own.hop.delegate()), Quoted(owner.name()));
        let why = reasons(own).join(", ");
        let (id, root) = (own.hop.id(), root.fingerprint());
        lines.push(format!("check: {to}, hop {id}, of {owner} ({root}): {why}"));
    }
    let more = lines.len().saturating_sub(LISTED);
    if more > 0 {
        lines.truncate(LISTED);
        lines.push(format!("check: and {more} more"));
    }
    lines
}

fn reasons(own: &HopReview) -> Vec<String> {
    let unused = own.rights.iter().filter(|right| right.usage == Usage::Never).count();
    let counts = [
        (u64::try_from(unused).unwrap_or(u64::MAX), "capabilities never used"),
        (own.replay.refused, "recorded calls that its proposal refuses"),
        (own.too_costly, "calls that take too much work to compare"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let mut reasons: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if own.review_overdue.is_some() {
        reasons.push("past its review".to_owned());
    }
    if own.is_proposal_cut {
        reasons.push("a proposal that takes too much work to narrow".to_owned());
    }
    reasons
}
