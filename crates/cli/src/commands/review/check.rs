//! The reasons for which `review --check` fails.

use deputize::text::Quoted;
use deputize_audit::{HopReview, Review, Usage};

use super::text;
use crate::output::granted::named;

/// Reasons that are listed.
const LISTED: usize = 100;

/// Returns a line for each reason, with the agent that it is about, and for each grant of which the records
/// show too little to tell.
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
    // No reason to fail, and none to be content either.
    for own in review.hops.iter().filter(|own| !own.has_findings()) {
        let hidden = own.rights.iter().filter(|right| right.usage == Usage::NotShown).count();
        if hidden > 0 {
            let (to, id) = (named(own.hop.delegate()), own.hop.id());
            let calls = own.hidden;
            lines.push(format!(
                "check: {to}, hop {id}: not known of {hidden} of {} capabilities; calls that do not show what they needed: {calls}",
                own.rights.len()
            ));
        }
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
        (own.replay.refused, "recorded calls that the proposal refuses"),
        (own.too_costly, "calls that take too much work to compare"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let mut reasons: Vec<_> = counts.map(|(count, what)| format!("{what}: {count}")).collect();
    if unused > 0 {
        reasons.push(format!("{unused} of {} capabilities never used", own.rights.len()));
    }
    if own.review_overdue.is_some() {
        reasons.push("past its review".to_owned());
    }
    if own.is_proposal_cut {
        reasons.push("a proposal that takes too much work to narrow".to_owned());
    }
    reasons
}
