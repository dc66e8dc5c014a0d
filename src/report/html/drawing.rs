//! A drawing of the chain: a card for each principal, from the owner down, and the purpose on each
//! arrow.

use maud::{Markup, html};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::limits::MAX_SHOWN_CARD_LINES;
use crate::report::account::{Report, Verdict};
use crate::report::hop::HopReport;
use crate::report::lines::{Label, Line};
use crate::report::principal::PrincipalReport;
use crate::report::wording::{NotShown, Piece, REFUSED_HERE, Room, UNVERIFIED, plain};
use crate::text::escape::QuotedBidi;

/// All lengths are in the drawing's own units; the page scales it. On a phone a unit is about 0.9
/// pixels, so that the smallest text is 10 pixels high.
const WIDTH: u32 = 400;
const MARGIN: u32 = 12;
const LINE: u32 = 17;

/// The columns of a line of 12 units: a letter of the fixed-width font is 7.2 units wide.
const COLUMNS: usize = 50;

impl Report {
    pub(super) fn draw_chain(&self) -> Markup {
        let mut drawing = Drawing::default();
        drawing.card(self.owner_card());
        for hop in &self.hops {
            drawing.arrow(&purpose_of(hop));
            drawing.card(self.hop_card(hop));
        }
        if let Some(last) = self.last_card() {
            drawing.arrow(&[]);
            drawing.card(last);
        }
        drawing.finish(&self.summary)
    }

    fn owner_card(&self) -> Card {
        let mut card = Card::new(self.trusted);
        match &self.owner {
            Some(owner) => card.principal(owner),
            None => card.text("", &plain(&self.owner_pieces())),
        }
        card
    }

    fn hop_card(&self, hop: &HopReport) -> Card {
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
        self.mark_card(&mut card, hop.index);
        card
    }

    /// Returns the card of the presentation, or of blocks that are not shown.
    fn last_card(&self) -> Option<Card> {
        let index = self.hops.len();
        let mut card = match &self.presentation {
            Some(presentation) => {
                let mut card = Card::new(presentation.trusted);
                let [audience, time] = presentation.lines().map(|pieces| plain(&pieces));
                card.text("", &audience);
                card.text("faint", &time);
                card
            }
            None if self.not_shown > 0 => {
                let mut card = Card::new(false);
                card.text("faint", &NotShown(self.not_shown).to_string());
                card
            }
            None => return None,
        };
        self.mark_card(&mut card, index);
        Some(card)
    }

    /// Marks the card of a block that refused the call. In an observation, none has.
    fn mark_card(&self, card: &mut Card, index: usize) {
        if self.verdict == Verdict::WouldDeny {
            return;
        }
        let reasons = self.reasons.iter().filter(|reason| reason.hop == Some(index));
        let mut codes: Vec<_> = reasons.map(|reason| reason.code.as_str()).collect();
        codes.dedup();
        if !codes.is_empty() {
            card.is_refusing = true;
            let text = format!("{REFUSED_HERE}: {}", codes.join(", "));
            card.wrap(true, "refused", &text, 3);
        }
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

/// Breaks text into lines of at most `columns`, between words if possible, with `…` where it is
/// cut.
fn wrapped(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.width() <= columns {
            lines.push(rest.to_owned());
            break;
        }
        let is_last = lines.len().saturating_add(1) >= most;
        let room = if is_last { columns.saturating_sub(1) } else { columns };
        let fits = prefix_of(rest, room);
        if is_last {
            lines.push(format!("{fits}…"));
            break;
        }
        // A word may be a whole line long.
        let end = fits.rfind(' ').filter(|end| *end > fits.len() / 2);
        let line = end.and_then(|end| fits.get(..end)).unwrap_or(fits);
        rest = rest.get(line.len()..).unwrap_or_default().trim_start_matches(' ');
        lines.push(line.to_owned());
    }
    lines
}

/// Returns the longest prefix that is not wider than `columns`, but at least one character.
fn prefix_of(text: &str, columns: usize) -> &str {
    let mut width: usize = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        width = width.saturating_add(c.width().unwrap_or(0));
        (width > columns && at > 0).then_some(at)
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_is_broken_between_words_and_cut_at_the_end() {
        assert_eq!(wrapped("", 10, 2), [""; 0]);
        assert_eq!(wrapped("short", 10, 2), ["short"]);
        assert_eq!(wrapped("two words here", 10, 2), ["two words", "here"]);
        assert_eq!(wrapped("0123456789abcdef", 10, 2), ["0123456789", "abcdef"]);
        assert_eq!(wrapped("0123456789abcdefghijklm", 10, 2), ["0123456789", "abcdefghi…"]);
        assert_eq!(wrapped("漢字漢字漢字", 4, 2), ["漢字", "漢…"]);
        assert_eq!(wrapped("e\u{301}e\u{301}e\u{301}", 2, 3), ["e\u{301}e\u{301}", "e\u{301}"]);
    }
}
