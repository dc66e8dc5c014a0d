//! The report in Markdown (CommonMark with GitHub's tables and strikethrough), for comments and
//! documents.
//!
//! Untrusted text is in code spans, the one place where Markdown interprets nothing: no links,
//! HTML, mentions, emphasis or formulas. The report's own words are bare.

use std::fmt::{self, Display, Formatter, Write};

use crate::report::account::{Report, Verdict};
use crate::report::hop::HopReport;
use crate::report::wording::{Piece, REFUSED_HERE, Room, join, mark};
use crate::text::escape::Quoted;

impl Report {
    /// Returns the report in Markdown, with a table of the hops and a section for each.
    pub fn to_markdown(&self) -> String {
        Markdown(self).to_string()
    }
}

struct Markdown<'a>(&'a Report);

impl Display for Markdown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "## {} at {}\n", report.verdict.as_text(), report.at)?;
        writeln!(f, "**{}**\n", line(&report.summary_pieces()))?;
        if let Some(request) = &report.request {
            let args = request.args_text(Room::Lines);
            writeln!(f, "Call: {} with {}\n", line(&request.pieces()), Code(&args))?;
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
        writeln!(f, "- checked: {}", join(&report.checked()))?;
        writeln!(f, "- not checked: {}", join(&report.not_checked()))
    }
}

impl Markdown<'_> {
    fn write_chain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "{}Owner: {}\n", mark(report.trusted), line(&report.owner_pieces()))?;
        if !report.hops.is_empty() {
            self.write_table(f)?;
        }
        report.hops.iter().try_for_each(|hop| write_hop(f, hop))?;
        if let Some(presentation) = &report.presentation {
            let [audience, time] = presentation.lines().map(|pieces| line(&pieces));
            writeln!(f, "### Presentation{}\n", refused(presentation.refused))?;
            writeln!(f, "- {}{audience} {time}\n", mark(presentation.trusted))?;
        }
        if let Some(blocks) = report.not_shown_text() {
            writeln!(f, "{}{blocks}\n", mark(false))?;
        }
        Ok(())
    }

    fn write_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| hop | from | to | fingerprint | valid until | verdict |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for hop in &self.0.hops {
            let mark = mark(hop.trusted);
            let [from, to] = names(hop).map(|name| Cell(&name).to_string());
            let fingerprint = &hop.to.fingerprint;
            let verdict = match (hop.refused, self.0.verdict) {
                (true, _) => REFUSED_HERE,
                (false, Verdict::Allow) => "allowed",
                (false, Verdict::WouldAllow) => "would allow",
                (false, _) => "–",
            };
            let (index, expires) = (hop.index, &hop.expires);
            writeln!(
                f,
                "| {mark}{index} | {from} | {to} | `{fingerprint}` | {expires} | {verdict} |"
            )?;
        }
        writeln!(f)
    }
}

fn write_hop(f: &mut Formatter<'_>, hop: &HopReport) -> fmt::Result {
    let (mark, [from, to]) = (mark(hop.trusted), names(hop));
    writeln!(f, "### {mark}Hop {}: {from} → {to}{}\n", hop.index, refused(hop.refused))?;
    writeln!(f, "- {mark}delegate: {}", line(&hop.to.pieces()))?;
    for entry in hop.lines(Room::Lines) {
        writeln!(f, "- {mark}{}{}", entry.label.prefix(), line(&entry.pieces))?;
    }
    writeln!(f)
}

fn refused(is_refusing: bool) -> String {
    if is_refusing { format!(" {REFUSED_HERE}") } else { String::new() }
}

/// Returns the delegator's and the delegate's name.
fn names(hop: &HopReport) -> [String; 2] {
    [&hop.from, &hop.to].map(|principal| line(&[Piece::Name(&principal.name)]))
}

fn line(pieces: &[Piece<'_>]) -> String {
    let write = |piece: &Piece<'_>| match piece {
        Piece::Words(words) => words.to_string(),
        Piece::Name(text) | Piece::Chosen(text) => Code(&Quoted(text).to_string()).to_string(),
        Piece::Escaped(text) | Piece::Digits(text) => Code(text).to_string(),
        Piece::Removed(text) => format!("~~{}~~", Code(text)),
    };
    pieces.iter().map(write).collect()
}

/// A code span around escaped text. Backticks are escaped like invisible characters: not every
/// program reads a fence that is longer than any run of them (cmark and its descendants stop at
/// 80). Blanks at the ends would be taken for padding, so they are padded. (CommonMark 0.31,
/// section 6.1.)
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

/// A cell of a table. A bar ends the cell even within a code span unless a backslash precedes it,
/// which the table removes. (GitHub Flavored Markdown 0.29, section 4.10.)
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
    fn text_cannot_end_its_code_span() {
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
