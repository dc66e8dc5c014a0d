//! The page of an access review: grants beside their use, and narrower grants.

mod given;
mod right;

use maud::{Markup, html};

pub use self::given::{
    AccessReview, GrantEnd, GrantUse, ObservedCalls, ReplayCount, ReviewedHop, ReviewedRight,
    SeenArgument, SeenOperation,
};
use crate::instant::time_text;
use crate::limits::{MAX_SHOWN_DIFF, MAX_SHOWN_HOPS};
use crate::number::{calls, grouped};
use crate::page::page;
use crate::shown::{ShownParty, cut, quoted};

const STYLE: &str = concat!(include_str!("../activity/activity.css"), include_str!("review.css"));

/// Returns an access review as an HTML page of its own: for each hop how much of its grant was used,
/// what was granted beside what was seen for each argument, and the proposal as a diff with the result
/// of its replay.
///
/// Untrusted text is escaped and isolated from the words around it. A name has the fingerprint of its
/// key beside it.
pub fn review_page(review: &AccessReview) -> String {
    let is_whole = review.logs.iter().all(|log| log.is_whole);
    let (class, word) = match is_whole {
        true => ("verified", "ACCESS REVIEW"),
        false => ("deny", "ACCESS REVIEW OF A LOG THAT IS NOT WHOLE"),
    };
    let unused = review.hops.iter().flat_map(|hop| &hop.rights);
    let unused = unused.filter(|right| right.usage == GrantUse::Never).count();
    let headline = format!(
        "{} beside {} grants; {unused} capabilities never used",
        calls(review.calls),
        review.hops.len()
    );
    let more = review.hops.len().saturating_sub(MAX_SHOWN_HOPS);
    let main = html! {
        main class=(class) {
            header class="verdict" {
                p class="word" { (word) }
                h1 { (headline) }
                (about(review))
            }
            @for own in review.hops.iter().take(MAX_SHOWN_HOPS) { (hop(own)) }
            @for own in review.observed.iter().take(MAX_SHOWN_HOPS) { (observed(own)) }
            @if more > 0 {
                p { (more) " further grants are left out: narrow the window, or list all of them as text." }
            }
        }
    };
    page(&format!("{word} · {headline}"), STYLE, &main)
}

fn observed(own: &ObservedCalls) -> Markup {
    let [lines, proposed, beyond] = [&own.lines, &own.proposed, &own.beyond];
    let more = [lines, proposed, beyond].map(|own| own.len().saturating_sub(MAX_SHOWN_DIFF));
    let more = more.into_iter().fold(0, usize::saturating_add);
    html! {
        section class="hop" {
            h2 { bdi dir="ltr" { (cut(&own.heading)) } }
            @for line in lines.iter().take(MAX_SHOWN_DIFF) { p { bdi dir="ltr" { (cut(line)) } } }
            ul class="diff" {
                @for line in proposed.iter().take(MAX_SHOWN_DIFF) { (diff_line(&format!("+{line}"))) }
            }
            @if !beyond.is_empty() {
                p { "Beyond what was seen, it permits:" }
                ul class="counts" {
                    @for line in beyond.iter().take(MAX_SHOWN_DIFF) {
                        li { bdi dir="ltr" { (cut(line)) } }
                    }
                }
            }
            @if more > 0 { p class="faint" { "and " (more) " further lines" } }
        }
    }
}

fn about(review: &AccessReview) -> Markup {
    html! {
        @if let Some((first, last)) = review.span {
            p class="when" { "from " (time_text(first)) " to " (time_text(last)) }
        }
        @for log in &review.logs {
            p class="when" {
                "log " code { (log.origin) } ", " (grouped(log.records)) " records, "
                @if log.is_whole { "whole" } @else { span class="refused" { "not whole" } }
            }
        }
        ul class="counts" { @for line in &review.coverage { li { (line) } } }
    }
}

fn hop(own: &ReviewedHop) -> Markup {
    html! {
        section class="hop" {
            h2 { (ShownParty::of(&own.to).markup()) }
            p {
                "for " (ShownParty::of(&own.owner).markup())
                @if let Some(from) = &own.from { ", from " (ShownParty::of(from).markup()) }
            }
            p { "purpose " bdi dir="ltr" { (quoted(&own.purpose)) } ", hop " code { (own.id) } }
            p {
                "until " (time_text(own.expires))
                @match own.end {
                    GrantEnd::Ended => span class="passed" { " ◇ ended" },
                    GrantEnd::Soon => span class="passed" { " ◇ ends soon" },
                    GrantEnd::Later => {},
                }
                @if let Some(due) = own.review_overdue {
                    span class="refused" { " ✗ review overdue since " (time_text(due)) }
                }
            }
            p {
                (calls(own.calls))
                @if let Some(last) = own.last_used { ", last " (time_text(last)) }
                @if own.hidden > 0 {
                    "; " (grouped(own.hidden)) " of them do not show by which capability"
                }
            }
            @for right in &own.rights { (right::draw(right, own.calls)) }
            h3 { "Proposal" }
            (proposal(own))
        }
    }
}

fn proposal(own: &ReviewedHop) -> Markup {
    let more = own.diff.len().saturating_sub(MAX_SHOWN_DIFF);
    html! {
        @if own.is_proposed {
            p { (replayed(&own.replay)) }
            @if let Some(held_out) = &own.held_out {
                p class="faint" { "Made of the first half of the window alone: " (replayed(held_out)) }
            }
        } @else if own.calls == 0 && own.hidden == 0 {
            p { "Take it away: no recorded call needed it." }
        } @else {
            p { "None, because the calls are not shown." }
        }
        @for line in &own.remarks { p class="passed" { (line) } }
        ul class="diff" { @for line in own.diff.iter().take(MAX_SHOWN_DIFF) { (diff_line(line)) } }
        @if more > 0 { p class="faint" { "and " (more) " further lines" } }
        @if !own.newly_refused.is_empty() {
            ul class="counts" {
                @for line in &own.newly_refused {
                    li { span class="refused" { "✗ newly refused: " } bdi dir="ltr" { (cut(line)) } }
                }
            }
        }
    }
}

fn diff_line(line: &str) -> Markup {
    let class = match line.as_bytes().first() {
        Some(b'-') => "gone",
        Some(b'+') => "new",
        _ => "same",
    };
    html! { li class=(class) { bdi class="quoted" dir="ltr" { (cut(line)) } } }
}

fn replayed(own: &ReplayCount) -> Markup {
    html! {
        span class="allowed" { "● " (calls(own.allowed)) " of the record pass" } ", "
        @if own.refused > 0 {
            span class="refused" { "✗ " (grouped(own.refused)) " newly refused" }
        } @else { "0 newly refused" }
        @if own.not_replayed > 0 { ", " (grouped(own.not_replayed)) " not replayed" }
    }
}
