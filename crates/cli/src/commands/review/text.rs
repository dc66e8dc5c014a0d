//! A review in lines for people.

use deputize::text::Quoted;
use deputize_audit::{
    Coverage, CrowdedKey, HopReview, KeyReview, OperationReview, Proposal, Records, Review,
    RightReview, Usage, Verdict,
};
use time::OffsetDateTime;

use super::words::{calls, listed, refused, replay, values};
use super::{beyond, diff, observed};
use crate::output::granted::{at, named};

/// Keys of which hops are left out that are listed.
const LISTED_KEYS: usize = 20;

/// A remark on a proposal.
pub(super) const CUT: &str =
    "WARNING: parts are as granted, because narrowing them takes more work than a review spends";

/// Returns the review in lines.
pub(super) fn of(
    review: &Review,
    verdicts: &[Verdict],
    window: Option<&str>,
    now: OffsetDateTime,
) -> String {
    let mut text = vec![head(&review.coverage)];
    for (log, verdict) in verdicts.iter().enumerate() {
        let word = if verdict.is_whole() { "whole" } else { "NOT WHOLE" };
        let size = verdict.head.size();
        text.push(format!("log {log}:        {word}, {size} records, {}", verdict.origin));
    }
    text.extend(window.map(|window| format!("window:       {window}")));
    text.push(format!("records:      {}", not_use(&review.coverage)));
    text.extend(not_shown(&review.coverage).map(|line| format!("not shown:    {line}")));
    let left_out = not_reviewed(review, verdicts).into_iter();
    text.extend(left_out.map(|line| format!("not reviewed: {line}")));
    text.extend(overdue(review).map(|line| format!("past review:  {line}")));
    review.hops.iter().for_each(|own| hop(own, now, &mut text));
    for own in observed::parts(review) {
        text.push(format!("\n{}", own.heading));
        text.extend(own.lines.iter().map(|line| format!("  {line}")));
        text.extend(own.proposed.iter().map(|line| format!("  + {line}")));
        text.extend(own.beyond.iter().map(|line| format!("  BEYOND    {line}")));
    }
    text.join("\n")
}

fn head(coverage: &Coverage) -> String {
    match (coverage.first, coverage.last) {
        (Some(first), Some(last)) => format!(
            "ACCESS REVIEW of {}, from {} to {}",
            calls(coverage.allowed),
            at(first),
            at(last)
        ),
        _ => "ACCESS REVIEW of no allowed call".to_owned(),
    }
}

/// Returns the number of records, and of those that are no use.
pub(super) fn not_use(own: &Coverage) -> String {
    let Coverage { records, refused, observed, of_nobody, repeated, .. } = own;
    let unpresented = match own.unpresented.saturating_add(own.more_unpresented) {
        0 => String::new(),
        count => format!(", {count} unpresented"),
    };
    format!(
        "{records}; not use: {refused} refused, {observed} observed and not enforced, {of_nobody} of nobody, {repeated} repeated{unpresented}"
    )
}

/// Returns a line for each kind of calls that are not shown in full.
pub(super) fn not_shown(own: &Coverage) -> impl Iterator<Item = String> {
    let kinds = [
        (
            &own.without_chain,
            "do not show their chain: any hop below their first may have been used",
        ),
        (
            &own.without_call,
            "do not show their operation, resource or an argument, and are in no proposal",
        ),
        (
            &own.names_only,
            "show arguments by name alone: of these, a proposal grants what was granted",
        ),
        (
            &own.too_costly,
            "take more work to compare with the capabilities than a review spends, and are in no proposal",
        ),
    ];
    let kinds = kinds.into_iter().filter(|(records, _)| records.count > 0);
    kinds.map(|(records, what)| format!("{} {what} ({})", calls(records.count), places(records)))
}

/// Returns a line for each thing that the review leaves out.
pub(super) fn not_reviewed(review: &Review, verdicts: &[Verdict]) -> Vec<String> {
    let (more, behind) =
        (review.more, verdicts.iter().map(|own| own.behind).fold(0, u64::saturating_add));
    let mut lines: Vec<String> = review.crowded.iter().take(LISTED_KEYS).map(crowded).collect();
    if let Some(keys @ 1..) = review.crowded.len().checked_sub(LISTED_KEYS) {
        lines.push(format!("and further hops of {keys} more keys; --format json has all"));
    }
    if more > 0 {
        lines.push(format!("{more} uses of hops below still more keys"));
    }
    if behind > 0 {
        lines.push(format!(
            "{behind} records that no checkpoint covers: anybody can have written them"
        ));
    }
    let forgotten = review.coverage.forgotten;
    if forgotten > 0 {
        lines.push(format!(
            "{forgotten} presentations were forgotten, and a repetition of one of them counts as a call"
        ));
    }
    lines
}

/// Tells of which key hops are left out, and how many.
pub(super) fn crowded(own: &CrowdedKey) -> String {
    let (owner, root) = &own.owner;
    let many = if own.has_more { "more than " } else { "" };
    let plural = if own.hops == 1 && !own.has_more { "" } else { "s" };
    format!(
        "{} of {} ({}): and {many}{} more hop{plural} of this key, not reviewed one by one, in {} uses",
        named(&own.delegate),
        Quoted(owner.name()),
        root.fingerprint(),
        own.hops,
        own.uses
    )
}

/// Returns a line for each agent that is past its review.
pub(super) fn overdue(review: &Review) -> impl Iterator<Item = String> {
    review.overdue.iter().map(|(agent, due)| format!("{}, since {}", named(agent), at(*due)))
}

fn hop(own: &HopReview, now: OffsetDateTime, text: &mut Vec<String>) {
    let hop = &own.hop;
    let (owner, root) = &own.owner;
    text.push(format!("\n{}, hop {}", named(hop.delegate()), hop.id()));
    let mut line = |label: &str, value: String| text.push(format!("  {label:<10}{value}"));
    line("for:", format!("{} ({})", Quoted(owner.name()), root.fingerprint()));
    if own.depth > 0 {
        line("from:", named(hop.delegator()));
    }
    line("purpose:", Quoted(hop.grant().purpose()).to_string());
    let expires = hop.grant().expires();
    let soon = match own.ends_soon {
        true if expires <= now => ", ENDED",
        true => ", ENDS SOON",
        false => "",
    };
    line("until:", format!("{}{soon}", at(expires)));
    if let Some(due) = own.review_overdue {
        line("review:", format!("OVERDUE since {}", at(due)));
    }
    let last = own.last_used.map_or_else(String::new, |last| format!(", last {}", at(last)));
    let hidden = match own.hidden {
        0 => String::new(),
        hidden => {
            format!("; {} do not show by which capability, or whether of this hop", calls(hidden))
        }
    };
    line("used:", format!("{}{last}{hidden}", calls(own.calls)));
    own.rights.iter().for_each(|own| right(own, text));
    proposal(own, text);
}

fn right(own: &RightReview, text: &mut Vec<String>) {
    let word = match own.usage {
        Usage::Never => "NEVER",
        Usage::Hardly => "HARDLY",
        Usage::NotShown => "not shown",
        _ => "used",
    };
    text.push(format!("  {word:<10}{}", own.granted));
    if own.maybe > 0 {
        let maybe = calls(own.maybe);
        text.push(format!("  {:<12}at most {maybe} with arguments that are not all shown", ""));
    }
    own.operations.iter().for_each(|own| operation(own, text));
    if let Some(last) = own.last_used {
        text.push(format!("  {:<12}last {}", "", at(last)));
    }
}

fn operation(own: &OperationReview, text: &mut Vec<String>) {
    let resources = own.resources.iter().map(|own| Quoted(own).to_string());
    let resources = listed(resources, own.has_more_resources);
    text.push(format!(
        "  {:<12}{} of {} on {resources}",
        "",
        calls(own.calls),
        Quoted(&own.operation)
    ));
    for arg in &own.args {
        let often = if arg.present < own.calls {
            format!(" in {}", calls(arg.present))
        } else {
            String::new()
        };
        text.push(format!("  {:<14}{}: {}{often}", "", Quoted(&arg.name), values(arg)));
    }
}

/// Tells for whom a proposal is, and what became of the recorded calls under it.
pub(super) fn of_proposal(own: &HopReview) -> Vec<String> {
    let (owner, root) = &own.owner;
    let (to, owner) = (named(own.hop.delegate()), Quoted(owner.name()));
    let mut lines = vec![
        format!("for {to}, hop {}, of {owner} ({})", own.hop.id(), root.fingerprint()),
        replay(&own.replay),
    ];
    if own.hidden > 0 {
        lines.push(format!(
            "WARNING: {} do not show what they needed, and are in no proposal",
            calls(own.hidden)
        ));
    }
    if own.is_proposal_cut {
        lines.push(CUT.to_owned());
    }
    lines.extend(own.replay.newly_refused.iter().map(refused));
    lines.extend(beyond(own));
    lines
}

/// Returns a line for each part of the proposal that permits more than was recorded.
fn beyond(own: &HopReview) -> Vec<String> {
    let of = |proposal: &Proposal| beyond::lines(&proposal.capabilities, &proposal.beyond);
    let lines = own.proposal.iter().flat_map(of);
    lines.map(|line| format!("beyond what was seen: {line}")).collect()
}

/// Returns the remarks on a proposal: whether it is cut, and what it permits beyond what was recorded.
pub(super) fn remarks(own: &HopReview) -> Vec<String> {
    let cut = own.is_proposal_cut.then(|| CUT.to_owned());
    cut.into_iter().chain(beyond(own)).collect()
}

/// Tells for which key a proposal is, and what it permits.
pub(super) fn of_key(own: &KeyReview) -> Vec<String> {
    let part = observed::of_key(own);
    let mut lines = vec![format!("for {}", part.heading)];
    lines.extend(part.lines);
    lines.extend(part.beyond.iter().map(|line| format!("beyond what was seen: {line}")));
    lines
}

fn proposal(own: &HopReview, text: &mut Vec<String>) {
    match &own.proposal {
        Some(_) => {
            text.push(format!("  proposed: {}", replay(&own.replay)));
            if own.is_proposal_cut {
                text.push(format!("  {:<10}{CUT}", ""));
            }
            if let Some(held_out) = &own.held_out {
                text.push(format!(
                    "  {:<10}made of the first half of the window alone: {}",
                    "",
                    replay(held_out)
                ));
            }
        }
        None if own.calls == 0 && own.hidden == 0 => {
            text.push("  proposed: to take it away; no recorded call needed it".to_owned());
        }
        None => text.push("  proposed: nothing, because the calls are not shown".to_owned()),
    }
    for line in diff::lines(own) {
        let (sign, rest) = line.split_at_checked(1).unwrap_or(("", &line));
        text.push(format!("  {sign} {rest}"));
    }
    text.extend(beyond(own).into_iter().map(|line| format!("  {line}")));
    for own in &own.replay.newly_refused {
        text.push(format!("  REFUSED   {}", refused(own)));
    }
}

fn places(own: &Records) -> String {
    let places = own.first.iter().map(|(log, record)| format!("record {record} of log {log}"));
    listed(places, own.count > u64::try_from(own.first.len()).unwrap_or(0))
}
