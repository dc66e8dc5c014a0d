//! The report as a page: one file, without scripts, and with nothing to fetch.

mod drawing;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::sentence::Piece;
use crate::report::words::Lengths;
use crate::report::{HopReport, PrincipalReport, Report, Verdict};
use crate::text::escape::QuotedBidi;

const STYLE: &str = include_str!("style.css");

/// Even a browser that found something to run or to fetch in the page would not.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

impl Report {
    /// The report as an HTML page that stands by itself: the chain drawn, what each hop removed
    /// struck through, the hop that refused marked, and a table with everything beneath. It reads
    /// on a phone and in print, in light and dark, and runs no script.
    ///
    /// Whatever somebody chose is text and stands apart from the words around it; letters that run
    /// from right to left are shown as they are.
    pub fn to_html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                    meta name="referrer" content="no-referrer";
                    title { (self.verdict.word()) " · " (self.summary) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main class=(self.verdict.class()) {
                        (self.headline())
                        (self.list_reasons())
                        h2 { "The chain" }
                        (self.draw_chain())
                        @if !self.hops.is_empty() {
                            h2 { "Hop by hop" }
                            (self.tabulate_hops())
                        }
                        @if !self.remarks.is_empty() {
                            h2 { "Remarks" }
                            ul { @for remark in &self.remarks { li { bdi dir="ltr" { (remark) } } } }
                        }
                        h2 { "What was checked" }
                        (list(&self.checked))
                        h2 { "What was not" }
                        (list(&self.not_checked))
                    }
                }
            }
        };
        page.into_string()
    }

    fn headline(&self) -> Markup {
        html! {
            header class="verdict" {
                p class="word" { (self.verdict.word()) }
                h1 {
                    @for piece in self.pieces() {
                        @match piece {
                            Piece::Words(words) => (words),
                            Piece::Name(name) => strong { bdi dir="ltr" { (name_of(name)) } },
                            Piece::Said(said) => bdi dir="ltr" { (said) },
                        }
                    }
                }
                p class="when" {
                    "at " (self.at)
                    @if let Some(request) = &self.request {
                        ", with the arguments " code { (request.args_in_words(Lengths::LONG)) }
                    }
                    @if let Some(id) = &self.token_id {
                        ", token " (mark(self.trusted)) code { (id) }
                    }
                }
            }
        }
    }

    fn list_reasons(&self) -> Markup {
        html! {
            @if !self.reasons.is_empty() {
                h2 { "Why" }
                ul class="reasons" {
                    @for reason in &self.reasons {
                        li {
                            p {
                                span class="refused" {
                                    "✗ "
                                    @if let Some(hop) = reason.hop { (self.place(hop)) ": " }
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

    /// How the block with this index is called.
    fn place(&self, index: usize) -> String {
        match &self.presentation {
            Some(_) if index == self.hops.len() => "the presentation".to_owned(),
            _ => format!("hop {index}"),
        }
    }

    fn tabulate_hops(&self) -> Markup {
        const HEADS: [&str; 6] = ["hop", "from → to", "why", "allows", "removed", "valid, id"];
        html! {
            table {
                thead { tr { @for head in HEADS { th scope="col" { (head) } } } }
                tbody { @for hop in &self.hops { (row(hop, HEADS)) } }
            }
        }
    }
}

impl Verdict {
    fn class(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Verified => "verified",
            Self::Unverified => "unverified",
        }
    }
}

fn row(hop: &HopReport, labels: [&str; 6]) -> Markup {
    let [place, parties, why, allows, removed, valid] = labels;
    let mark = mark(hop.trusted);
    html! {
        tr class=[hop.refused.then_some("refusing")] {
            td data-label=(place) {
                (hop.index)
                @if hop.refused { " " span class="refused" data-refused { "✗ refused here" } }
            }
            td data-label=(parties) {
                p { (mark) (party(&hop.from)) }
                p { (mark) "→ " (party(&hop.to)) }
                @if let Some(earlier) = hop.returned_to {
                    p { (mark) "returned to the delegator of hop " (earlier) }
                }
            }
            td data-label=(why) { (mark) bdi dir="ltr" { (QuotedBidi(&hop.purpose)) } }
            td data-label=(allows) {
                ul {
                    @for text in hop.allows_in_words(Lengths::LONG) { li { (mark) bdi class="said" dir="ltr" { (text) } } }
                    @for note in &hop.notes {
                        li { (mark) span class="refused" { "note: " } bdi dir="ltr" { (note) } }
                    }
                    @if let Some(names) = hop.audience_in_words() {
                        li { (mark) "audience: " bdi class="said" dir="ltr" { (names) } }
                    }
                    @if let Some(keys) = &hop.delegates {
                        li { (mark) "delegates: " code { (keys.join(", ")) } }
                    }
                }
            }
            td data-label=(removed) {
                @if hop.removed.is_empty() { (mark) span class="faint" { "nothing" } } @else {
                    ul {
                        @for gone in &hop.removed {
                            li {
                                (mark) s class="said" { bdi dir="ltr" { (gone.what) } }
                                @if let Some(kept) = &gone.kept {
                                    " kept " bdi class="said" dir="ltr" { (kept) }
                                }
                            }
                        }
                    }
                }
            }
            td data-label=(valid) {
                p { (mark) (hop.validity()) }
                p { (mark) (hop.revocation.words()) }
                p { (mark) code { (hop.id) } }
            }
        }
    }
}

fn party(party: &PrincipalReport) -> Markup {
    html! {
        bdi dir="ltr" { strong { (name_of(&party.name)) } }
        " (" (party.kind) ", " code { (party.fingerprint) } ")"
    }
}

fn name_of(name: &str) -> String {
    QuotedBidi(name).to_string()
}

/// Stands before every claim that no signature proves.
fn mark(proven: bool) -> Markup {
    html! { @if !proven { span class="doubt" { "UNVERIFIED " } } }
}

fn list(items: &[&str]) -> Markup {
    html! {
        @if items.is_empty() { p { "nothing" } } @else {
            ul { @for item in items { li { (item) } } }
        }
    }
}
