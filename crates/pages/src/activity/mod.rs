//! The page of what happened: the decisions of a log, over time, by who delegated to whom, and one by
//! one.

mod deed;
mod counts;
mod lanes;
mod tree;
mod row;
mod account;
mod timeline;
mod graph;

use maud::{Markup, html};

pub use self::account::Activity;
pub use self::deed::{Caller, Deed, DeedOutcome};
use crate::activity::row::Row;
use crate::number::grouped;
use crate::page::page;

const STYLE: &str = include_str!("activity.css");

/// Returns the decisions of a log as an HTML page of its own: their numbers, a timeline with a lane for
/// each agent, the delegation graph with the number of calls on each arrow, and a table of the newest
/// decisions. It says what it leaves out.
///
/// Untrusted text is escaped and isolated from the words around it. A name has the fingerprint of its
/// key beside it.
pub fn activity_page(activity: &Activity) -> String {
    let (class, word) = match activity.log.is_whole {
        true => ("verified", "THE LOG IS WHOLE"),
        false => ("deny", "THE LOG IS NOT WHOLE"),
    };
    let total = activity.counts.total();
    let headline = format!("{}: {}", decisions(total), activity.counts.in_words());
    let main = html! {
        main class=(class) {
            header class="verdict" {
                p class="word" { (word) }
                h1 { (headline) }
                (about(activity))
            }
            h2 { "Over time" }
            (timeline::draw(&activity.lanes))
            h2 { "Who delegated to whom" }
            (graph::draw(&activity.tree))
            h2 { "Decisions" }
            (table(activity))
        }
    };
    page(&format!("{word} · {headline}"), STYLE, &main)
}

fn decisions(number: u64) -> String {
    format!("{} decision{}", grouped(number), if number == 1 { "" } else { "s" })
}

fn about(activity: &Activity) -> Markup {
    let log = &activity.log;
    html! {
        p class="when" { "log " code { (log.origin) } ", " (grouped(log.records)) " records" }
        @if !log.is_whole {
            p class="refused" {
                "Records of this log were changed, dropped or moved. " code { "deputize audit verify" } " names them."
            }
        }
        @if !activity.filters.is_empty() {
            p class="when" {
                "Only "
                @for (nth, (what, value)) in activity.filters.iter().enumerate() {
                    @if nth > 0 { ", " }
                    (what) " " bdi dir="ltr" { (value) }
                }
            }
        }
        ul class="counts" { @for line in remarks(activity) { li { (line) } } }
        @if !activity.by_first_code.is_empty() {
            p { "By the first code:" }
            ul class="counts" {
                @for (code, number) in &activity.by_first_code {
                    li { code { "[" (code) "]" } " " (grouped(*number)) }
                }
            }
        }
    }
}

fn remarks(activity: &Activity) -> Vec<String> {
    let lines = [
        (activity.counts.passed, "refused but not enforced: the service only observed"),
        (
            activity.unpresented,
            "unpresented: while a service observes, an agent can avoid being charged by presenting nothing",
        ),
        (
            activity.counted_unpresented,
            "further unpresented calls that were made and that the log only counts, by no filter",
        ),
        (activity.would_allow, "of the allowed ones only observed"),
        (
            activity.unknown_callers,
            "charged to nobody: it is not shown that a holder made the call",
        ),
        (activity.not_shown, "values not shown: erased, missing or wrong"),
        (activity.counted_refusals, "further refused calls that the log only counts, by no filter"),
        (activity.log.behind, "records that no checkpoint covers yet"),
    ];
    let lines = lines.into_iter().filter(|(number, _)| *number > 0);
    lines.map(|(number, words)| format!("{} {words}", grouped(number))).collect()
}

fn table(activity: &Activity) -> Markup {
    let shown = u64::try_from(activity.rows.len()).unwrap_or(u64::MAX);
    let left_out = activity.counts.total().saturating_sub(shown);
    html! {
        @if left_out > 0 {
            p {
                "The newest " (decisions(shown)) ". " (grouped(left_out))
                " earlier ones are left out: narrow the page to an agent, an owner, a system, a time or the "
                "refused ones, or list all of them as text."
            }
        }
        @if activity.rows.is_empty() { p class="faint" { "no decisions" } } @else {
            table class="deeds" {
                thead { (Row::head()) }
                tbody { @for row in &activity.rows { (row.markup()) } }
            }
        }
    }
}
