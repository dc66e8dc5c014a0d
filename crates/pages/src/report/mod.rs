//! The page of a report.

mod markup;
mod drawing;

use deputize::wording::{Label, Line, REFUSED_HERE, Room};
use deputize::{HopReport, Report, Verdict};
use maud::{Markup, html};

use crate::page::page;
use crate::report::drawing::draw_chain;
use crate::report::markup::{line, mark};

/// Returns a report as an HTML page of its own: a drawing of the chain, with the parts that each hop
/// removed struck through and the hop that refused marked, and a table of the hops. It is readable on
/// a phone and in print, in light and dark mode, and runs no script.
///
/// Untrusted text is escaped and isolated from the words around it; right-to-left letters are shown
/// as they are.
pub fn report_page(report: &Report) -> String {
    let title = format!("{} · {}", report.verdict.as_text(), report.summary);
    let main = html! {
        main class=(class(report.verdict)) {
            (headline(report))
            (list_reasons(report))
            h2 { "The chain" }
            (draw_chain(report))
            @if !report.hops.is_empty() {
                h2 { "Hop by hop" }
                (tabulate(&report.hops))
            }
            @if !report.remarks.is_empty() {
                h2 { "Remarks" }
                ul { @for remark in &report.remarks { li { bdi dir="ltr" { (remark) } } } }
            }
            h2 { "Checked" }
            (list(&report.checked()))
            h2 { "Not checked" }
            (list(&report.not_checked()))
        }
    };
    page(&title, "", &main)
}

fn headline(report: &Report) -> Markup {
    html! {
        header class="verdict" {
            p class="word" { (report.verdict.as_text()) }
            h1 { (line(&report.summary_pieces())) }
            p class="when" {
                "at " (report.at)
                @if let Some(request) = &report.request {
                    ", with the arguments " code { (request.args_text(Room::Page)) }
                }
                @if let Some(id) = &report.token_id {
                    ", token " (mark(report.trusted)) code { (id) }
                }
            }
        }
    }
}

fn list_reasons(report: &Report) -> Markup {
    html! {
        @if !report.reasons.is_empty() {
            h2 { "Reasons" }
            ul class="reasons" {
                @for reason in &report.reasons {
                    li {
                        p {
                            span class="refused" {
                                "✗ "
                                @if let Some(hop) = reason.hop { (place(report, hop)) ": " }
                            }
                            bdi dir="ltr" { (reason.message) } " "
                            code { "[" (reason.code) "]" }
                        }
                        p class="remedy" { "→ " (reason.remedy) }
                    }
                }
            }
        }
    }
}

/// Returns the name of the block with this index.
fn place(report: &Report, index: usize) -> String {
    match &report.presentation {
        Some(_) if index == report.hops.len() => "the presentation".to_owned(),
        _ => format!("hop {index}"),
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Verified => "verified",
        Verdict::Unverified => "unverified",
        Verdict::WouldAllow => "would_allow",
        Verdict::WouldDeny => "would_deny",
    }
}

/// A column of the table of hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Hop,
    Principals,
    Purpose,
    Allows,
    Removed,
    Valid,
}

impl Column {
    const ALL: [Self; 6] =
        [Self::Hop, Self::Principals, Self::Purpose, Self::Allows, Self::Removed, Self::Valid];

    fn head(self) -> &'static str {
        match self {
            Self::Hop => "hop",
            Self::Principals => "from → to",
            Self::Purpose => "purpose",
            Self::Allows => "allows",
            Self::Removed => "removed",
            Self::Valid => "valid, id",
        }
    }

    /// Returns the column for lines with this label.
    fn of(label: Label) -> Self {
        match label {
            Label::Returned | Label::Directory => Self::Principals,
            Label::Purpose => Self::Purpose,
            Label::Allows | Label::Note | Label::Audience | Label::Delegates => Self::Allows,
            Label::Removed => Self::Removed,
            Label::Validity | Label::Id => Self::Valid,
        }
    }
}

fn tabulate(hops: &[HopReport]) -> Markup {
    html! {
        table {
            thead { tr { @for column in Column::ALL { th scope="col" { (column.head()) } } } }
            tbody { @for hop in hops { (row(hop)) } }
        }
    }
}

fn row(hop: &HopReport) -> Markup {
    let lines = hop.lines(Room::Page);
    html! {
        tr class=[hop.refused.then_some("refusing")] {
            @for column in Column::ALL {
                td data-label=(column.head()) { (cell(hop, column, &lines)) }
            }
        }
    }
}

fn cell(hop: &HopReport, column: Column, lines: &[Line<'_>]) -> Markup {
    let mark = mark(hop.trusted);
    let entries: Vec<_> = lines.iter().filter(|line| Column::of(line.label) == column).collect();
    html! {
        @match column {
            Column::Hop => {
                (hop.index)
                @if hop.refused { " " span class="refused" data-refused { (REFUSED_HERE) } }
            }
            Column::Principals => {
                p { (mark) (line(&hop.from.pieces())) }
                p { (mark) "→ " (line(&hop.to.pieces())) }
            }
            Column::Removed if entries.is_empty() => { (mark) span class="faint" { "nothing" } }
            Column::Purpose | Column::Allows | Column::Removed | Column::Valid => {}
        }
        @match column {
            Column::Allows | Column::Removed if !entries.is_empty() => {
                ul {
                    @for entry in entries {
                        li class=[class_of(entry.label)] { (mark) (item(entry, column)) }
                    }
                }
            }
            _ => {
                @for entry in entries {
                    p class=[class_of(entry.label)] { (mark) (item(entry, column)) }
                }
            }
        }
    }
}

fn item(entry: &Line<'_>, column: Column) -> Markup {
    // The head of the column may already have the word.
    let label = entry.label.word().filter(|word| *word != column.head());
    html! {
        @if let Some(word) = label { span class="label" { (word) ": " } }
        (line(&entry.pieces))
    }
}

fn class_of(label: Label) -> Option<&'static str> {
    match label {
        Label::Note => Some("note"),
        Label::Returned
        | Label::Purpose
        | Label::Allows
        | Label::Removed
        | Label::Audience
        | Label::Delegates
        | Label::Directory
        | Label::Validity
        | Label::Id => None,
    }
}

fn list(items: &[String]) -> Markup {
    html! {
        @if items.is_empty() { p { "nothing" } } @else {
            ul { @for item in items { li { (item) } } }
        }
    }
}
