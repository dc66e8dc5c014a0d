//! A capability beside its use: how much of the calls it permitted, and each argument as granted and as
//! seen.

use maud::{Markup, html};

use crate::instant::time_text;
use crate::limits::{MAX_SHOWN_OPERATIONS, MAX_SHOWN_RESOURCES};
use crate::number::{calls, grouped};
use crate::review::given::{GrantUse, ReviewedRight, SeenArgument, SeenOperation};
use crate::shown::{cut, quoted};

/// A row of the table: the subject, what is granted, and what was seen.
struct Row {
    what: String,
    granted: Option<String>,
    seen: Option<String>,
}

/// Draws a capability of a hop that `of` calls used.
pub(super) fn draw(own: &ReviewedRight, of: u64) -> Markup {
    let (class, word) = match own.usage {
        GrantUse::Never => ("refused", "✗ never used"),
        GrantUse::NotShown => ("passed", "◇ not shown"),
        GrantUse::Hardly => ("passed", "◇ hardly used"),
        GrantUse::Used => ("allowed", "● used"),
    };
    html! {
        div class="right" {
            p {
                span class=(class) { (word) } " "
                bdi class="quoted" dir="ltr" { (cut(&own.granted.to_string())) }
            }
            p class="faint" {
                (grouped(own.calls)) " of " (calls(of))
                @if own.maybe > 0 { ", and at most " (grouped(own.maybe)) " more, whose arguments are not all shown" }
                @if let Some(last) = own.last_used { ", last " (time_text(last)) }
            }
            (bar(own.calls, of))
            @if own.usage != GrantUse::Never { (table(own)) }
        }
    }
}

/// Draws a part of a whole, in percent, so that it fits every screen.
fn bar(part: u64, whole: u64) -> Markup {
    let share = part.saturating_mul(1_000).checked_div(whole.max(1)).unwrap_or(0).min(1_000);
    // A single call is seen, too.
    let share = if part > 0 { share.max(5) } else { 0 };
    let width = format!("{}.{}%", share / 10, share % 10);
    let label = format!("{} of {}", grouped(part), grouped(whole));
    html! {
        svg class="use" width="100%" height="10" role="img" aria-label=(label) {
            rect class="whole" x="0" y="1" width="100%" height="8" rx="2" {}
            @if share > 0 { rect class="part" x="0" y="1" width=(width) height="8" rx="2" {} }
        }
    }
}

fn table(own: &ReviewedRight) -> Markup {
    let shown = own.operations.iter().take(MAX_SHOWN_OPERATIONS);
    let more = own.operations.len().saturating_sub(MAX_SHOWN_OPERATIONS);
    let rows: Vec<Row> = shown.flat_map(|seen| rows(own, seen)).collect();
    html! {
        @if !rows.is_empty() {
            table class="beside" {
                thead { tr { th scope="col" { "part" } th scope="col" { "granted" } th scope="col" { "seen" } } }
                tbody {
                    @for row in &rows {
                        tr {
                            td data-label="part" { bdi dir="ltr" { (row.what) } }
                            td data-label="granted" { (cell(row.granted.as_deref(), "not limited")) }
                            td data-label="seen" { (cell(row.seen.as_deref(), "never sent")) }
                        }
                    }
                }
            }
        }
        @if more > 0 { p class="faint" { "and " (more) " further operations" } }
    }
}

fn cell(text: Option<&str>, otherwise: &str) -> Markup {
    html! {
        @match text {
            Some(text) => bdi class="quoted" dir="ltr" { (text) },
            None => span class="faint" { (otherwise) },
        }
    }
}

/// Returns the rows of an operation: the resource, then each argument that is limited or was sent.
fn rows(right: &ReviewedRight, own: &SeenOperation) -> Vec<Row> {
    let granted = format!("{} on {}", right.granted.operation(), right.granted.resource());
    let seen = format!("{} of {} on {}", calls(own.calls), quoted(&own.operation), resources(own));
    let mut rows =
        vec![Row { what: "call".to_owned(), granted: Some(cut(&granted)), seen: Some(seen) }];
    let limits = right.granted.args();
    for (name, limits) in limits {
        let seen = own.args.iter().find(|arg| arg.name == *name);
        rows.push(Row {
            what: quoted(name),
            granted: Some(cut(&limits.to_string())),
            seen: seen.map(|seen| values(seen, own.calls)),
        });
    }
    for seen in own.args.iter().filter(|arg| !limits.contains_key(&arg.name)) {
        let seen_values = Some(values(seen, own.calls));
        rows.push(Row { what: quoted(&seen.name), granted: None, seen: seen_values });
    }
    rows
}

fn resources(own: &SeenOperation) -> String {
    let shown = own.resources.iter().take(MAX_SHOWN_RESOURCES).map(|own| quoted(own));
    let mut shown: Vec<_> = shown.collect();
    if own.has_more_resources || own.resources.len() > MAX_SHOWN_RESOURCES {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn values(own: &SeenArgument, of: u64) -> String {
    let often =
        if own.present < of { format!(", in {}", calls(own.present)) } else { String::new() };
    format!("{}{often}", cut(&own.values))
}
