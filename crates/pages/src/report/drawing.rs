//! A drawing of the chain: a card for each principal, from the owner down, and the purpose on each
//! arrow.

use deputize::text::QuotedBidi;
use deputize::wording::{Label, Line, Piece, REFUSED_HERE, Room, UNVERIFIED};
use deputize::{HopReport, PrincipalReport, Report, Verdict};
use maud::{Markup, html};
use unicode_width::UnicodeWidthStr;

use crate::limits::MAX_SHOWN_CARD_LINES;
use crate::report::markup::plain;
use crate::wrap::wrapped;

/// All lengths are in the drawing's own units; the page scales it. On a phone a unit is about 0.9
/// pixels, so that the smallest text is 10 pixels high.
const WIDTH: u32 = 400;
const MARGIN: u32 = 12;
const LINE: u32 = 17;

/// The columns of a line of 12 units: a letter of the fixed-width font is 7.2 units wide.
const COLUMNS: usize = 50;

pub(super) fn draw_chain(report: &Report) -> Markup {
    let mut drawing = Drawing::default();
    drawing.card(owner_card(report));
    for hop in &report.hops {
        drawing.arrow(&purpose_of(hop));
        drawing.card(hop_card(report, hop));
    }
    if let Some(last) = last_card(report) {
        drawing.arrow(&[]);
        drawing.card(last);
    }
    drawing.finish(&report.summary)
}

fn owner_card(report: &Report) -> Card {
    let mut card = Card::new(report.trusted);
    match &report.owner {
        Some(owner) => card.principal(owner),
        None => card.text("", &plain(&report.owner_pieces())),
    }
    card
}

fn hop_card(report: &Report, hop: &HopReport) -> Card {
    let mut card = Card { hop: Some(hop.index), ..Card::new(hop.trusted) };
    card.principal(&hop.to);
    let lines = hop.lines(Room::Box);
    for group in lines.chunk_by(|a, b| a.label == b.label) {
        group.iter().take(MAX_SHOWN_CARD_LINES).for_each(|line| card.line(line));
        let more = group.len().saturating_sub(MAX_SHOWN_CARD_LINES);
        if more > 0 {
            card.text("faint", &format!("and {more} more, in the table"));
        }
    }
    mark_card(report, &mut card, hop.index);
    card
}

/// Returns the card of the presentation, or of blocks that are not shown.
fn last_card(report: &Report) -> Option<Card> {
    let mut card = match (&report.presentation, report.not_shown_text()) {
        (Some(presentation), _) => {
            let mut card = Card::new(presentation.trusted);
            let [audience, time] = presentation.lines().map(|pieces| plain(&pieces));
            card.text("", &audience);
            card.text("faint", &time);
            card
        }
        (None, Some(blocks)) => {
            let mut card = Card::new(false);
            card.text("faint", &blocks);
            card
        }
        (None, None) => return None,
    };
    mark_card(report, &mut card, report.hops.len());
    Some(card)
}

/// Marks the card of a block that refused the call. In an observation, none has.
fn mark_card(report: &Report, card: &mut Card, index: usize) {
    if report.verdict == Verdict::WouldDeny {
        return;
    }
    let reasons = report.reasons.iter().filter(|reason| reason.hop == Some(index));
    let mut codes: Vec<_> = reasons.map(|reason| reason.code.as_str()).collect();
    codes.dedup();
    if !codes.is_empty() {
        card.is_refusing = true;
        let text = format!("{REFUSED_HERE}: {}", codes.join(", "));
        card.wrap(true, "refused", &text, 3);
    }
}

/// Returns the text on the arrow of a hop.
fn purpose_of(hop: &HopReport) -> Vec<DrawnLine> {
    drawn_lines(hop.trusted, "purpose", &QuotedBidi(&hop.purpose).to_string(), 2).collect()
}

/// The card of a principal or of a block.
#[derive(Debug)]
struct Card {
    hop: Option<usize>,
    is_trusted: bool,
    is_refusing: bool,
    lines: Vec<DrawnLine>,
}

#[derive(Debug)]
struct DrawnLine {
    class: &'static str,
    text: String,
    /// True if it is about a chain that is trusted.
    is_trusted: bool,
}

impl Card {
    fn new(is_trusted: bool) -> Self {
        Self { hop: None, is_trusted, is_refusing: false, lines: Vec::new() }
    }

    fn principal(&mut self, principal: &PrincipalReport) {
        self.wrap(self.is_trusted, "name", &QuotedBidi(&principal.name).to_string(), 2);
        self.text("faint", &format!("{} · {}", principal.kind, principal.fingerprint));
    }

    fn line(&mut self, line: &Line<'_>) {
        let (class, label) = match line.label {
            // The arrow has the purpose.
            Label::Purpose => return,
            // These two are plain and struck through, because labels would take a third of the
            // card.
            Label::Allows | Label::Removed => ("", String::new()),
            Label::Note => ("refused", line.label.prefix()),
            Label::Audience | Label::Delegates | Label::Directory => ("", line.label.prefix()),
            Label::Returned | Label::Validity | Label::Id => ("faint", line.label.prefix()),
        };
        let (gone, rest): (Vec<_>, Vec<_>) =
            line.pieces.iter().cloned().partition(|piece| matches!(piece, Piece::Removed(_)));
        if !gone.is_empty() {
            self.text("gone", &plain(&gone));
        }
        if !rest.is_empty() {
            self.text(class, &format!("{label}{}", plain(&rest)));
        }
    }

    fn text(&mut self, class: &'static str, text: &str) {
        self.wrap(self.is_trusted, class, text, 3);
    }

    /// Adds text in at most `most` lines.
    fn wrap(&mut self, is_trusted: bool, class: &'static str, text: &str, most: usize) {
        self.lines.extend(drawn_lines(is_trusted, class, text, most));
    }

    fn class(&self) -> &'static str {
        match (self.is_refusing, self.is_trusted) {
            (true, true) => "card refusing",
            (true, false) => "card untrusted refusing",
            (false, true) => "card trusted",
            (false, false) => "card untrusted",
        }
    }
}

/// Breaks text into at most `most` lines.
fn drawn_lines(
    is_trusted: bool,
    class: &'static str,
    text: &str,
    most: usize,
) -> impl Iterator<Item = DrawnLine> {
    let marked = if is_trusted { 0 } else { UNVERIFIED.len() };
    let columns = match class {
        // The font of names is larger.
        "name" => COLUMNS.saturating_sub(12),
        // The text is to the right of the arrow.
        "purpose" => COLUMNS.saturating_sub(5),
        _ => COLUMNS,
    };
    // A line that continues a text must not look like the beginning of another.
    let columns = columns.saturating_sub(marked).saturating_sub("↳ ".width());
    wrapped(text, columns, most).into_iter().enumerate().map(move |(i, text)| {
        let text = if i == 0 { text } else { format!("↳ {text}") };
        DrawnLine { class, text, is_trusted }
    })
}

/// Cards and arrows from top to bottom.
#[derive(Debug, Default)]
struct Drawing {
    height: u32,
    parts: Vec<Markup>,
}

impl Drawing {
    fn card(&mut self, card: Card) {
        let inner = WIDTH.saturating_sub(MARGIN);
        let height = height_of(&card.lines).saturating_add(MARGIN);
        // An inner `svg` clips text that is wider than computed.
        self.parts.push(html! {
            svg x=(MARGIN / 2) y=(self.height) width=(inner) height=(height)
                data-hop=[card.hop] data-refused=[card.is_refusing.then_some("")] {
                rect class=(card.class()) x="2" y="2" rx="8" width=(inner.saturating_sub(4))
                    height=(height.saturating_sub(4)) {}
                (lines(&card.lines, MARGIN))
            }
        });
        self.height = self.height.saturating_add(height);
    }

    fn arrow(&mut self, label: &[DrawnLine]) {
        const X: u32 = 28;
        let height = height_of(label).max(LINE).saturating_add(8);
        let tip = height.saturating_sub(7);
        self.parts.push(html! {
            svg x="0" y=(self.height) width=(WIDTH) height=(height) {
                path class="arrow" d=(format!("M{X} 0V{tip}")) {}
                path class="tip" d=(format!("M{X} {height}l-5 -8h10z")) {}
                (lines(label, X.saturating_add(14)))
            }
        });
        self.height = self.height.saturating_add(height);
    }

    fn finish(self, label: &str) -> Markup {
        let view = format!("0 0 {WIDTH} {}", self.height);
        html! {
            svg class="chain" viewBox=(view) role="img"
                aria-label=(label) {
                @for part in &self.parts { (part) }
            }
        }
    }
}

fn height_of(lines: &[DrawnLine]) -> u32 {
    u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_mul(LINE)
}

fn lines(lines: &[DrawnLine], x: u32) -> Markup {
    html! {
        @for (i, line) in lines.iter().enumerate() {
            // `y` is the lower edge of the letters.
            text x=(x) y=(height_of(lines.get(..=i).unwrap_or_default()).saturating_add(2))
                xml:space="preserve" {
                @if !line.is_trusted { tspan class="mark" { (UNVERIFIED) } }
                tspan class=(line.class) data-removed=[(line.class == "gone").then_some("")] {
                    (line.text)
                }
            }
        }
    }
}
