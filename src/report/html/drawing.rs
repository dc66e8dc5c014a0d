//! The chain drawn: a card for everyone who takes part, from the owner down, and on each arrow why.

use maud::{Markup, html};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::name_of;
use crate::report::words::{Lengths, NotShown};
use crate::report::{HopReport, PrincipalReport, Report};
use crate::text::escape::{Quoted, QuotedBidi};

/// All lengths are in the drawing's own units; the page scales it. On a phone a unit is about 0.9
/// pixels, so that the smallest text is 10 pixels high.
const WIDTH: u32 = 400;
const MARGIN: u32 = 12;
const LINE: u32 = 17;

/// What fits on a line of 12 units: a letter of the fixed-width font is 7.2 units wide.
const COLUMNS: usize = 50;

/// More of one kind in a card hides the rest; everything stands in the table.
const MOST_LINES: usize = 6;

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
        let proven = self.trusted;
        let mut card = Card::new(proven);
        match &self.owner {
            Some(owner) => card.party(owner, proven),
            None => card.text(
                false,
                "",
                "nobody: no block is both readable and signed by whom it should be",
            ),
        }
        card
    }

    fn hop_card(&self, hop: &HopReport) -> Card {
        let proven = hop.trusted;
        let mut card = Card { hop: Some(hop.index), ..Card::new(proven) };
        card.party(&hop.to, proven);
        if let Some(earlier) = hop.returned_to {
            let text = format!("returned to the delegator of hop {earlier}");
            card.text(proven, "faint", &text);
        }
        card.some_of(hop.allows_in_words(Lengths::SHORT), |card, text| {
            card.text(proven, "", &text);
        });
        card.some_of(hop.removed.iter(), |card, gone| {
            card.text(proven, "gone", &gone.what);
            if let Some(kept) = &gone.kept {
                card.text(proven, "", &format!("  kept {kept}"));
            }
        });
        card.some_of(hop.notes.iter(), |card, note| {
            card.text(proven, "refused", &format!("note: {note}"));
        });
        card.text(proven, "faint", &format!("until {} ({})", hop.expires, hop.time_left()));
        self.refuse(&mut card, hop.index);
        card
    }

    /// What the chain ends in: the presentation, or a block that is not worth showing.
    fn last_card(&self) -> Option<Card> {
        let index = self.hops.len();
        let mut card = match &self.presentation {
            Some(presentation) => {
                let proven = presentation.trusted;
                let mut card = Card::new(proven);
                let to = format!("presented to {}", Quoted(&presentation.audience));
                card.text(proven, "", &to);
                card.text(proven, "faint", &format!("at {}", presentation.issued));
                card
            }
            None if self.not_shown > 0 => {
                let mut card = Card::new(false);
                card.text(false, "faint", &NotShown(self.not_shown).to_string());
                card
            }
            None => return None,
        };
        self.refuse(&mut card, index);
        Some(card)
    }

    /// Marks the card of the block that refused.
    fn refuse(&self, card: &mut Card, index: usize) {
        let reasons = self.reasons.iter().filter(|reason| reason.hop == Some(index));
        let mut codes: Vec<_> = reasons.map(|reason| reason.code.as_str()).collect();
        codes.dedup();
        if !codes.is_empty() {
            card.is_refusing = true;
            card.text(true, "refused", &format!("✗ refused here: {}", codes.join(", ")));
        }
    }
}

fn purpose_of(hop: &HopReport) -> Vec<Line> {
    let mut card = Card::new(hop.trusted);
    card.wrap(hop.trusted, "purpose", &QuotedBidi(&hop.purpose).to_string(), 2);
    card.lines
}

/// One who takes part.
#[derive(Debug)]
struct Card {
    hop: Option<usize>,
    is_proven: bool,
    is_refusing: bool,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    class: &'static str,
    text: String,
    /// Whether the line claims something that no signature proves.
    is_doubtful: bool,
}

impl Card {
    fn new(is_proven: bool) -> Self {
        Self { hop: None, is_proven, is_refusing: false, lines: Vec::new() }
    }

    fn party(&mut self, party: &PrincipalReport, proven: bool) {
        self.wrap(proven, "name", &name_of(&party.name), 2);
        let what = format!("{} · {}", party.kind, party.fingerprint);
        self.text(proven, "faint", &what);
    }

    fn text(&mut self, proven: bool, class: &'static str, text: &str) {
        self.wrap(proven, class, text, 3);
    }

    /// Adds a text in at most so many lines.
    fn wrap(&mut self, proven: bool, class: &'static str, text: &str, most: usize) {
        let marked = if proven { 0 } else { "UNVERIFIED ".len() };
        let columns = match class {
            // The font of names is larger.
            "name" => COLUMNS.saturating_sub(12),
            // It stands to the right of the arrow.
            "purpose" => COLUMNS.saturating_sub(5),
            _ => COLUMNS,
        };
        // What goes on must not look like a line that begins.
        let columns = columns.saturating_sub(marked).saturating_sub("↳ ".width());
        for (i, text) in wrapped(text, columns, most).into_iter().enumerate() {
            let text = if i == 0 { text } else { format!("↳ {text}") };
            self.lines.push(Line { class, text, is_doubtful: !proven });
        }
    }

    /// Adds the first few of `items`, and how many more there are.
    fn some_of<T>(&mut self, items: impl Iterator<Item = T>, mut add: impl FnMut(&mut Self, T)) {
        let mut more: usize = 0;
        for (i, item) in items.enumerate() {
            if i < MOST_LINES {
                add(self, item);
            } else {
                more = more.saturating_add(1);
            }
        }
        if more > 0 {
            let proven = self.is_proven;
            self.text(proven, "faint", &format!("and {more} more, in the table"));
        }
    }

    fn class(&self) -> &'static str {
        match (self.is_refusing, self.is_proven) {
            (true, true) => "card refusing",
            (true, false) => "card unproven refusing",
            (false, true) => "card proven",
            (false, false) => "card unproven",
        }
    }
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
        // A picture of its own cuts off whatever is wider than it seemed.
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

    fn arrow(&mut self, label: &[Line]) {
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

fn height_of(lines: &[Line]) -> u32 {
    u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_mul(LINE)
}

fn lines(lines: &[Line], x: u32) -> Markup {
    html! {
        @for (i, line) in lines.iter().enumerate() {
            // The letters stand on the line's lower edge.
            text x=(x) y=(height_of(lines.get(..=i).unwrap_or_default()).saturating_add(2))
                xml:space="preserve" {
                @if line.is_doubtful { tspan class="doubt" { "UNVERIFIED " } }
                tspan class=(line.class) data-removed=[(line.class == "gone").then_some("")] {
                    (line.text)
                }
            }
        }
    }
}

/// The text in lines of so many columns, broken between words where there are some, with `…` where
/// it goes on.
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

/// The longest beginning of the text that is no wider than so many columns, and at least one
/// character.
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
    fn texts_are_broken_between_words_and_cut_at_the_end() {
        assert_eq!(wrapped("", 10, 2), [""; 0]);
        assert_eq!(wrapped("short", 10, 2), ["short"]);
        assert_eq!(wrapped("two words here", 10, 2), ["two words", "here"]);
        assert_eq!(wrapped("0123456789abcdef", 10, 2), ["0123456789", "abcdef"]);
        assert_eq!(wrapped("0123456789abcdefghijklm", 10, 2), ["0123456789", "abcdefghi…"]);
        assert_eq!(wrapped("漢字漢字漢字", 4, 2), ["漢字", "漢…"]);
        assert_eq!(wrapped("e\u{301}e\u{301}e\u{301}", 2, 3), ["e\u{301}e\u{301}", "e\u{301}"]);
    }
}
