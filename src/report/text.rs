//! The report as a person reads it in a terminal or a log.

use std::fmt::{self, Display, Formatter};

use crate::report::words::{Lengths, NotShown, Party, join, mark};
use crate::report::{HopReport, Report, Verdict};
use crate::text::escape::Quoted;

/// Without colours.
impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Text { report: self, paint: Paint::Plain }.fmt(f)
    }
}

impl Report {
    /// The same text in the colours of a terminal (ECMA-48 SGR), whatever it is written to.
    pub fn in_color(&self) -> impl Display {
        Text { report: self, paint: Paint::Color }
    }
}

#[derive(Debug, Clone, Copy)]
enum Paint {
    Plain,
    Color,
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Good,
    Bad,
    Doubtful,
    Strong,
    Faint,
    Gone,
}

impl Paint {
    fn on(self, style: Style, text: impl Display) -> String {
        let sgr = match style {
            Style::Good => "1;32",
            Style::Bad => "1;31",
            Style::Doubtful => "1;33",
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Gone => "2;9",
        };
        let text = text.to_string();
        match self {
            Self::Color if !text.is_empty() => format!("\u{1b}[{sgr}m{text}\u{1b}[0m"),
            Self::Color | Self::Plain => text,
        }
    }

    /// Goes before every claim that no signature proves.
    fn mark(self, proven: bool) -> String {
        if proven { String::new() } else { self.on(Style::Doubtful, mark(proven)) }
    }
}

struct Text<'a> {
    report: &'a Report,
    paint: Paint,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, paint } = self;
        writeln!(f, "{}", paint.on(Style::Strong, &report.summary))?;
        writeln!(f)?;
        let style = match report.verdict {
            Verdict::Allow | Verdict::Verified => Style::Good,
            Verdict::Deny => Style::Bad,
            Verdict::Unverified => Style::Doubtful,
        };
        write!(f, "{} at {}", paint.on(style, report.verdict.word()), report.at)?;
        match &report.request {
            Some(request) => {
                writeln!(f, ": {request} with {}", request.args_in_words(Lengths::SHORT))?;
            }
            None => writeln!(f)?,
        }
        for reason in &report.reasons {
            writeln!(f, "  {} {reason}", paint.on(Style::Bad, "✗"))?;
            writeln!(f, "    → {}", reason.remedy)?;
        }
        writeln!(f)?;
        self.write_chain(f)?;
        writeln!(f)?;
        let label = |text| paint.on(Style::Faint, text);
        for remark in &report.remarks {
            writeln!(f, "{}      {remark}", label("remark:"))?;
        }
        writeln!(f, "{}     {}", label("checked:"), join(&report.checked))?;
        write!(f, "{} {}", label("not checked:"), join(&report.not_checked))
    }
}

impl Text<'_> {
    fn write_chain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, paint } = self;
        match &report.owner {
            Some(owner) => {
                let proven = paint.mark(report.trusted);
                writeln!(f, "{proven}{}", paint.on(Style::Strong, Party(owner)))?;
            }
            None => {
                let nobody = "nobody: no block is both readable and signed by whom it should be";
                writeln!(f, "{}{nobody}", paint.mark(false))?;
            }
        }
        report.hops.iter().try_for_each(|hop| self.write_hop(f, hop))?;
        if let Some(presentation) = &report.presentation {
            let indent = " ".repeat(report.hops.len().saturating_mul(3));
            let proven = paint.mark(presentation.trusted);
            let (audience, issued) = (Quoted(&presentation.audience), &presentation.issued);
            write!(f, "{indent}└─ {proven}presented to {audience} at {issued}")?;
            self.write_refused(f, presentation.refused)?;
        }
        if report.not_shown > 0 {
            let indent = " ".repeat(report.hops.len().saturating_mul(3));
            writeln!(f, "{indent}└─ {}{}", paint.mark(false), NotShown(report.not_shown))?;
        }
        Ok(())
    }

    fn write_refused(&self, f: &mut Formatter<'_>, is_refusing: bool) -> fmt::Result {
        if is_refusing {
            write!(f, " {}", self.paint.on(Style::Bad, "✗ refused here"))?;
        }
        writeln!(f)
    }

    fn write_hop(&self, f: &mut Formatter<'_>, hop: &HopReport) -> fmt::Result {
        let paint = self.paint;
        let indent = " ".repeat(hop.index.saturating_mul(3));
        let proven = paint.mark(hop.trusted);
        let to = paint.on(Style::Strong, Party(&hop.to));
        write!(f, "{indent}└─ {proven}hop {}: {to}", hop.index)?;
        self.write_refused(f, hop.refused)?;
        let mut line = |label: &str, text: &dyn Display| {
            writeln!(f, "{indent}      {proven}{}{text}", paint.on(Style::Faint, label))
        };
        if let Some(earlier) = hop.returned_to {
            line("", &format!("returned to the delegator of hop {earlier}"))?;
        }
        line("purpose:   ", &Quoted(&hop.purpose))?;
        hop.allows_in_words(Lengths::SHORT).try_for_each(|text| line("allows:    ", &text))?;
        for removal in &hop.removed {
            let what = paint.on(Style::Gone, &removal.what);
            let kept = removal.kept.as_ref().map(|kept| format!(" (kept {kept})"));
            line("removed:   ", &format!("{what}{}", kept.unwrap_or_default()))?;
        }
        hop.notes.iter().try_for_each(|note| line("note:      ", note))?;
        if let Some(names) = hop.audience_in_words() {
            line("audience:  ", &names)?;
        }
        if let Some(delegates) = &hop.delegates {
            line("delegates: ", &delegates.join(", "))?;
        }
        line("", &hop.validity())?;
        line("", &format!("id {}, {}", hop.id, hop.revocation.words()))
    }
}
