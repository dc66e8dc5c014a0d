//! The report in Markdown (CommonMark with GitHub's tables and strikethrough), for comments and
//! documents.
//!
//! Whatever somebody chose stands in a code span, the one place in which Markdown interprets
//! nothing: no links, HTML, mentions, emphasis or formulas. Our own words stand bare.

use std::fmt::{self, Display, Formatter, Write};

use crate::report::sentence::Piece;
use crate::report::words::{Lengths, NotShown, join, mark};
use crate::report::{HopReport, PrincipalReport, Report, Verdict};
use crate::text::escape::Quoted;

impl Report {
    /// The report in Markdown, with a table of the hops and a section for each.
    pub fn to_markdown(&self) -> String {
        Markdown(self).to_string()
    }
}

struct Markdown<'a>(&'a Report);

impl Display for Markdown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "## {} at {}\n", report.verdict.word(), report.at)?;
        writeln!(f, "**{}**\n", sentence(report))?;
        if let Some(request) = &report.request {
            let [operation, resource, audience] =
                [&request.operation, &request.resource, &request.audience].map(|text| said(text));
            let args = Code(&request.args_in_words(Lengths::SHORT)).to_string();
            writeln!(f, "Asked: {operation} on {resource} at {audience} with {args}\n")?;
        }
        for reason in &report.reasons {
            let hop = reason.hop.map(|hop| format!("hop {hop}: ")).unwrap_or_default();
            let (message, code) = (Code(&reason.message), reason.code);
            writeln!(f, "- ✗ {hop}{message} [`{code}`]\\\n  → {}", reason.remedy)?;
        }
        if !report.reasons.is_empty() {
            writeln!(f)?;
        }
        self.write_chain(f)?;
        writeln!(f, "### Checks\n")?;
        for remark in &report.remarks {
            writeln!(f, "- remark: {}", Code(remark))?;
        }
        writeln!(f, "- checked: {}", join(&report.checked))?;
        writeln!(f, "- not checked: {}", join(&report.not_checked))
    }
}

impl Markdown<'_> {
    fn write_chain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let proven = mark(report.trusted);
        match &report.owner {
            Some(owner) => writeln!(f, "{proven}Owner: {}\n", party(owner))?,
            None => {
                let nobody = "nobody: no block is both readable and signed by whom it should be";
                writeln!(f, "{}Owner: {nobody}\n", mark(false))?;
            }
        }
        if !report.hops.is_empty() {
            self.write_table(f)?;
        }
        report.hops.iter().try_for_each(|hop| write_hop(f, hop))?;
        if let Some(presentation) = &report.presentation {
            let proven = mark(presentation.trusted);
            let (audience, issued) = (said(&presentation.audience), &presentation.issued);
            let refused = if presentation.refused { " ✗ refused here" } else { "" };
            writeln!(f, "### Presentation{refused}\n")?;
            writeln!(f, "- {proven}presented to {audience} at {issued}\n")?;
        }
        if report.not_shown > 0 {
            writeln!(f, "{}{}\n", mark(false), NotShown(report.not_shown))?;
        }
        Ok(())
    }

    fn write_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| hop | from | to | fingerprint | valid until | verdict |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for hop in &self.0.hops {
            let proven = mark(hop.trusted);
            let [from, to] = [&hop.from, &hop.to].map(|party| Cell(&said(&party.name)).to_string());
            let fingerprint = &hop.to.fingerprint;
            let verdict = match (hop.refused, self.0.verdict) {
                (true, _) => "✗ refused here",
                (false, Verdict::Allow) => "allowed",
                (false, _) => "–",
            };
            let (index, expires) = (hop.index, &hop.expires);
            writeln!(
                f,
                "| {proven}{index} | {from} | {to} | `{fingerprint}` | {expires} | {verdict} |"
            )?;
        }
        writeln!(f)
    }
}

fn write_hop(f: &mut Formatter<'_>, hop: &HopReport) -> fmt::Result {
    let proven = mark(hop.trusted);
    let [from, to] = [&hop.from, &hop.to].map(|party| said(&party.name));
    let refused = if hop.refused { " ✗ refused here" } else { "" };
    writeln!(f, "### {proven}Hop {}: {from} → {to}{refused}\n", hop.index)?;
    let mut item = |text: &str| writeln!(f, "- {proven}{text}");
    item(&format!("delegate: {}", party(&hop.to)))?;
    if let Some(earlier) = hop.returned_to {
        item(&format!("returned to the delegator of hop {earlier}"))?;
    }
    item(&format!("purpose: {}", said(&hop.purpose)))?;
    hop.allows_in_words(Lengths::SHORT)
        .try_for_each(|text| item(&format!("allows: {}", Code(&text))))?;
    for removal in &hop.removed {
        let kept = removal.kept.as_ref().map(|kept| format!(" (kept {})", Code(kept)));
        item(&format!("removed: ~~{}~~{}", Code(&removal.what), kept.unwrap_or_default()))?;
    }
    hop.notes.iter().try_for_each(|note| item(&format!("note: {}", Code(note))))?;
    if let Some(names) = hop.audience_in_words() {
        item(&format!("audience: {}", Code(&names)))?;
    }
    if let Some(delegates) = &hop.delegates {
        item(&format!("delegates: {}", Code(&delegates.join(", "))))?;
    }
    item(&hop.validity())?;
    item(&format!("id `{}`, {}", hop.id, hop.revocation.words()))?;
    writeln!(f)
}

fn sentence(report: &Report) -> String {
    let write = |piece| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Name(name) => said(name),
        Piece::Said(said) => Code(&said).to_string(),
    };
    report.pieces().into_iter().map(write).collect()
}

fn party(party: &PrincipalReport) -> String {
    format!("{} ({}, {})", said(&party.name), party.kind, Code(&party.fingerprint))
}

fn said(text: &str) -> String {
    Code(&Quoted(text).to_string()).to_string()
}

/// A code span around text that is inert already. Backticks are escaped as what cannot be seen is:
/// fences long enough to hold any run of them are not read as fences by every program (cmark and
/// those made after it stop at 80). Blanks at its ends are taken for padding, so they are padded.
/// (CommonMark 0.31, section 6.1.)
struct Code<'a>(&'a str);

impl Display for Code<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0.replace('`', r"\u{60}");
        if text.is_empty() {
            return Ok(());
        }
        let pad = if text.starts_with(' ') || text.ends_with(' ') { " " } else { "" };
        write!(f, "`{pad}{text}{pad}`")
    }
}

/// In a table a bar ends the cell even within a code span, unless a backslash stands before it,
/// which the table takes away. (GitHub Flavored Markdown 0.29, section 4.10.)
struct Cell<'a>(&'a str);

impl Display for Cell<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            if c == '|' {
                f.write_char('\\')?;
            }
            f.write_char(c)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_code_span() {
        for (text, span) in [
            ("planner", "`planner`"),
            ("a`b", r"`a\u{60}b`"),
            ("`", r"`\u{60}`"),
            (" a ", "`  a  `"),
        ] {
            assert_eq!(Code(text).to_string(), span);
        }
    }
}
