//! The report as a person reads it in a terminal or a log.

use std::fmt::{self, Display, Formatter};

use crate::report::account::{Report, Verdict};
use crate::report::hop::HopReport;
use crate::report::lines::Label;
use crate::report::wording::{Piece, REFUSED_HERE, Room, join, mark, plain};

/// Writes the report without colours.
impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Text { report: self, paint: Paint::Plain }.fmt(f)
    }
}

impl Report {
    /// Returns the same text with terminal colours (ECMA-48 SGR), whether or not it is written to a
    /// terminal.
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
    Removed,
}

impl Paint {
    fn on(self, style: Style, text: impl Display) -> String {
        let sgr = match style {
            Style::Good => "1;32",
            Style::Bad => "1;31",
            Style::Doubtful => "1;33",
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Removed => "2;9",
        };
        let text = text.to_string();
        match self {
            Self::Color if !text.is_empty() => format!("\u{1b}[{sgr}m{text}\u{1b}[0m"),
            Self::Color | Self::Plain => text,
        }
    }

    fn mark(self, is_trusted: bool) -> String {
        self.on(Style::Doubtful, mark(is_trusted))
    }

    fn pieces(self, pieces: &[Piece<'_>]) -> String {
        let write = |piece: &Piece<'_>| match piece {
            Piece::Removed(_) => self.on(Style::Removed, piece),
            _ => piece.to_string(),
        };
        pieces.iter().map(write).collect()
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
            Verdict::Unverified | Verdict::WouldAllow | Verdict::WouldDeny => Style::Doubtful,
        };
        write!(f, "{} at {}", paint.on(style, report.verdict.as_text()), report.at)?;
        match &report.request {
            Some(request) => {
                writeln!(f, ": {request} with {}", request.args_text(Room::Lines))?;
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
        writeln!(f, "{}     {}", label("checked:"), join(&report.checked()))?;
        write!(f, "{} {}", label("not checked:"), join(&report.not_checked()))
    }
}

impl Text<'_> {
    fn write_chain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, paint } = self;
        let mut owner = plain(&report.owner_pieces());
        if report.owner.is_some() {
            owner = paint.on(Style::Strong, owner);
        }
        writeln!(f, "{}{owner}", paint.mark(report.trusted))?;
        report.hops.iter().try_for_each(|hop| self.write_hop(f, hop))?;
        let indent = " ".repeat(report.hops.len().saturating_mul(3));
        if let Some(presentation) = &report.presentation {
            let [audience, time] = presentation.lines().map(|pieces| plain(&pieces));
            write!(f, "{indent}└─ {}{audience} {time}", paint.mark(presentation.trusted))?;
            self.write_refused(f, presentation.refused)?;
        }
        if let Some(blocks) = report.not_shown_text() {
            writeln!(f, "{indent}└─ {}{blocks}", paint.mark(false))?;
        }
        Ok(())
    }

    fn write_refused(&self, f: &mut Formatter<'_>, is_refusing: bool) -> fmt::Result {
        if is_refusing {
            write!(f, " {}", self.paint.on(Style::Bad, REFUSED_HERE))?;
        }
        writeln!(f)
    }

    fn write_hop(&self, f: &mut Formatter<'_>, hop: &HopReport) -> fmt::Result {
        let paint = self.paint;
        let indent = " ".repeat(hop.index.saturating_mul(3));
        let mark = paint.mark(hop.trusted);
        let to = paint.on(Style::Strong, plain(&hop.to.pieces()));
        write!(f, "{indent}└─ {mark}hop {}: {to}", hop.index)?;
        self.write_refused(f, hop.refused)?;
        hop.lines(Room::Lines).iter().try_for_each(|line| {
            let label = match line.label.word() {
                Some(word) => format!("{:width$}", format!("{word}:"), width = Label::WIDTH),
                None => String::new(),
            };
            let label = paint.on(Style::Faint, label);
            writeln!(f, "{indent}      {mark}{label}{}", paint.pieces(&line.pieces))
        })
    }
}
