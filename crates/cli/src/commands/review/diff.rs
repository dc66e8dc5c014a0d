//! The grants as they are and as they are proposed, as a diff.

use std::collections::BTreeSet;

use deputize::Capability;
use deputize::text::Quoted;
use deputize_audit::{HopReview, Review};

/// Returns the diffs of all hops, in the form of `diff -u` without line numbers.
pub(super) fn of(review: &Review) -> String {
    let mut text = Vec::new();
    for own in &review.hops {
        let (id, name) = (own.hop.id(), Quoted(own.hop.delegate().name()).to_string());
        let lines = lines(own);
        if lines.iter().any(|line| !line.starts_with(' ')) {
            text.push(format!("--- {id} {name}, granted\n+++ {id} {name}, proposed"));
            text.extend(lines);
        }
    }
    text.join("\n")
}

/// Returns the lines of one hop: kept ones begin with a blank. Without a proposal, everything is
/// taken away that no call can have needed.
pub(super) fn lines(own: &HopReview) -> Vec<String> {
    let grant = own.hop.grant();
    let granted: Vec<String> = grant.capabilities().iter().map(Capability::as_written).collect();
    let Some(proposal) = &own.proposal else {
        // Of calls that are not shown, nothing can be said.
        let sign = if own.calls == 0 && own.hidden == 0 { '-' } else { ' ' };
        return granted.into_iter().map(|line| format!("{sign}{line}")).collect();
    };
    let proposed: Vec<String> = proposal.capabilities.iter().map(Capability::as_written).collect();
    let sign =
        |line: &String, others: &[String], sign| if others.contains(line) { ' ' } else { sign };
    let mut lines: Vec<String> =
        granted.iter().map(|line| format!("{}{line}", sign(line, &proposed, '-'))).collect();
    let new = proposed.iter().filter(|line| !granted.contains(line));
    lines.extend(new.map(|line| format!("+{line}")));
    let services = |of: Option<&BTreeSet<String>>| match of {
        None => "audience any".to_owned(),
        Some(of) => {
            let of: Vec<_> = of.iter().map(|own| Quoted(own).to_string()).collect();
            format!("audience {}", of.join(" "))
        }
    };
    let hops = |hops: u32| format!("max_hops {hops}");
    let rest = [
        (services(grant.audience()), services(proposal.audience.as_ref())),
        (hops(grant.max_hops()), hops(proposal.max_hops)),
    ];
    for (old, new) in rest.into_iter().filter(|(old, new)| old != new) {
        lines.extend([format!("-{old}"), format!("+{new}")]);
    }
    lines
}
