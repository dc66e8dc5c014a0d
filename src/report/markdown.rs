//! The report in Markdown (CommonMark with GitHub's tables and strikethrough), for comments and
//! documents.
//!
//! Whatever somebody chose stands in a code span, the one place in which Markdown interprets
//! nothing: no links, HTML, mentions, emphasis or formulas. Our own words stand bare.

use std::fmt::{self, Display, Formatter, Write};

use crate::inert::Inert;
use crate::report::sentence::Piece;
use crate::report::words::{join, mark};
use crate::report::{HopReport, PartyReport, Report, Verdict};

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
        // In bold, since a line that begins with a long code span looks like a fenced block.
        writeln!(f, "**{}**\n", sentence(report))?;
        if let Some(request) = &report.request {
            let [operation, resource, audience] =
                [&request.operation, &request.resource, &request.audience].map(|text| said(text));
            let args = Code(&request.args_in_short()).to_string();
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
        writeln!(f, "- checked: {}", join(&report.checked))?;
        writeln!(f, "- not checked: {}", join(&report.not_checked))
    }
}

impl Markdown<'_> {
    fn write_chain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let proven = mark(report.owner_is_proven());
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
            let proven = mark(presentation.authentic);
            let (audience, issued) = (said(&presentation.audience), &presentation.issued);
            writeln!(f, "### Presentation\n\n- {proven}presented to {audience} at {issued}\n")?;
        }
        Ok(())
    }

    fn write_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| hop | from | to | fingerprint | valid until | verdict |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for hop in &self.0.hops {
            let proven = mark(hop.authentic);
            let [from, to] = [&hop.from, &hop.to].map(|party| Cell(&said(&party.name)).to_string());
            let fingerprint = hop.to.fingerprint_in_words();
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
    let proven = mark(hop.authentic);
    let [from, to] = [&hop.from, &hop.to].map(|party| said(&party.name));
    let refused = if hop.refused { " ✗ refused here" } else { "" };
    writeln!(f, "### {proven}Hop {}: {from} → {to}{refused}\n", hop.index)?;
    let mut item = |text: &str| writeln!(f, "- {proven}{text}");
    item(&format!("delegate: {}", party(&hop.to)))?;
    if let Some(earlier) = hop.returned_to {
        item(&format!("returned to the delegator of hop {earlier}"))?;
    }
    item(&format!("purpose: {}", said(&hop.purpose)))?;
    hop.allows_in_words().try_for_each(|text| item(&format!("allows: {}", Code(&text))))?;
    for removal in &hop.removed {
        let kept = removal.kept.as_ref().map(|kept| format!(" (kept {})", Code(kept)));
        item(&format!("removed: ~~{}~~{}", Code(&removal.what), kept.unwrap_or_default()))?;
    }
    if let Some(names) = hop.audience_in_words() {
        item(&format!("asking: {}", Code(&names)))?;
    }
    if let Some(delegates) = &hop.delegates {
        item(&format!("only to: {}", Code(&delegates.join(", "))))?;
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

fn party(party: &PartyReport) -> String {
    let key = party.fingerprint.as_ref().map(|key| Code(key).to_string());
    let key = key.unwrap_or_else(|| party.fingerprint_in_words().to_owned());
    format!("{} ({}, {key})", said(&party.name), party.kind)
}

fn said(text: &str) -> String {
    Code(&Inert(text).to_string()).to_string()
}

/// A code span around text that is inert already: its fence is longer than any within, and set off
/// by blanks where the text begins or ends with one, or with blanks that would be taken for those.
/// (CommonMark 0.31, section 6.1.)
struct Code<'a>(&'a str);

impl Display for Code<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0;
        if text.is_empty() {
            return Ok(());
        }
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.saturating_add(1));
        let is_edge = |c| c == '`' || c == ' ';
        let pad = if text.starts_with(is_edge) || text.ends_with(is_edge) { " " } else { "" };
        write!(f, "{fence}{pad}{text}{pad}{fence}")
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
    fn a_code_span_is_longer_than_what_it_holds() {
        for (text, span) in [
            ("planner", "`planner`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a``", "``` a`` ```"),
            (" a ", "`  a  `"),
            ("```x`", "```` ```x` ````"),
        ] {
            assert_eq!(Code(text).to_string(), span);
        }
    }
}
