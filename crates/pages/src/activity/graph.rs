//! The delegation graph: the owners, those to whom they delegated, and so on, with the number of calls
//! on each arrow.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::activity::counts::Counts;
use crate::activity::tree::{Node, Tree};
use crate::limits::MAX_SHOWN_NODES;
use crate::number::grouped;
use crate::wrap::wrapped;

/// All lengths are in the drawing's own units, as in the drawing of a report's chain: on a phone a unit
/// is about 0.9 pixels.
const WIDTH: u32 = 400;
const LINE: u32 = 17;
const CARD_MARGIN: u32 = 12;

/// The indent of a delegate below its delegator, if the chains are short, and for the longest chains.
const WIDEST_STEP: u32 = 24;
const NARROWEST_STEP: u32 = 4;

/// The indent of the lowest card.
const DEEPEST: u32 = 168;

/// The width of a letter of a name, which is bold, and of other text.
const NAME_LETTER: u32 = 9;
const LETTER: u32 = 8;

pub(super) fn draw(tree: &Tree) -> Markup {
    let drawn: BTreeSet<usize> = tree.busiest(MAX_SHOWN_NODES).into_iter().collect();
    let deepest = drawn.iter().filter_map(|at| tree.node(*at)).map(|node| node.depth).max();
    let Some(deepest) = deepest else {
        return html! { p class="faint" { "no call was made by the holder of a chain that is shown" } };
    };
    let deepest = u32::try_from(deepest).unwrap_or(u32::MAX).max(1);
    let step = DEEPEST.checked_div(deepest).unwrap_or(NARROWEST_STEP);
    let step = step.clamp(NARROWEST_STEP, WIDEST_STEP);
    let mut drawing = Drawing { tree, drawn: &drawn, step, height: 0, parts: Vec::new() };
    let owners = tree.owners();
    let (shown, hidden): (Vec<_>, Vec<_>) = owners.into_iter().partition(|at| drawn.contains(at));
    for owner in shown {
        drawing.node(owner, None);
    }
    let more = LeftOut::of(tree, &hidden, tree.further_owners, "owner");
    let view = format!("0 0 {WIDTH} {}", drawing.height.saturating_add(4));
    html! {
        svg class="chain" viewBox=(view) role="img" aria-label="who delegated to whom" {
            @for part in &drawing.parts { (part) }
        }
        @if let Some(more) = more { p class="faint" { (more.in_words()) } }
    }
}

struct Drawing<'a> {
    tree: &'a Tree,
    drawn: &'a BTreeSet<usize>,
    step: u32,
    height: u32,
    parts: Vec<Markup>,
}

impl Drawing<'_> {
    /// Draws a node, and below it those to whom it delegated. `above` is the lower edge of the
    /// delegator's card. The depth is that of a chain, which is bounded.
    fn node(&mut self, at: usize, above: Option<u32>) {
        let tree = self.tree;
        let Some(node) = tree.node(at) else { return };
        let x = self.indent(node.depth);
        let calls = node.calls.in_words();
        match above {
            None => self.height = self.height.saturating_add(6),
            Some(above) => {
                self.height = self.height.saturating_add(4);
                self.arrow(x, above, node);
                self.line(x.saturating_add(6), "", &calls);
                self.height = self.height.saturating_add(4);
            }
        }
        let own_calls = above.is_none().then_some(calls);
        self.card(x, node, own_calls.as_deref());
        let bottom = self.height;
        let children = tree.children(node);
        let (shown, hidden): (Vec<_>, Vec<_>) =
            children.into_iter().partition(|child| self.drawn.contains(child));
        for child in shown {
            self.node(child, Some(bottom));
        }
        if let Some(more) = LeftOut::of(tree, &hidden, node.beyond, "delegate") {
            self.height = self.height.saturating_add(4);
            self.line(x.saturating_add(self.step), "faint", &more.in_words());
        }
    }

    fn indent(&self, depth: usize) -> u32 {
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        depth.saturating_mul(self.step).min(DEEPEST).saturating_add(4)
    }

    /// Draws the arrow from the delegator's card to the one that is drawn next. It is as wide as its
    /// calls are many.
    fn arrow(&mut self, x: u32, above: u32, node: &Node) {
        let from = x.saturating_sub(self.step / 2);
        let to = self.height.saturating_add(LINE).saturating_add(4).saturating_add(20);
        let width = node.calls.total().checked_ilog10().unwrap_or(0).min(4).saturating_add(1);
        let class = if node.calls.allowed == 0 && node.calls.passed == 0 {
            "arrow refused"
        } else {
            "arrow"
        };
        self.parts.push(html! {
            g stroke-width=(width) {
                path class=(class) d=(format!("M{from} {above}V{to}H{x}")) {}
            }
        });
    }

    fn line(&mut self, x: u32, class: &str, text: &str) {
        let room = WIDTH.saturating_sub(x).checked_div(LETTER).unwrap_or(0);
        for text in wrapped(text, usize::try_from(room).unwrap_or(0), 2) {
            self.height = self.height.saturating_add(LINE);
            let y = self.height.saturating_sub(4);
            self.parts.push(html! { text class=(class) x=(x) y=(y) { (text) } });
        }
    }

    fn card(&mut self, x: u32, node: &Node, calls: Option<&str>) {
        let width = WIDTH.saturating_sub(x).saturating_sub(4);
        let columns = |letter: u32| {
            let room = width.saturating_sub(CARD_MARGIN.saturating_mul(2)).checked_div(letter);
            usize::try_from(room.unwrap_or(0)).unwrap_or(0).max(1)
        };
        let party = &node.party;
        let mut lines: Vec<(&str, String)> = Vec::new();
        let mut add = |class, text: &str, letter| {
            lines.extend(wrapped(text, columns(letter), 2).into_iter().map(|line| (class, line)));
        };
        add("name", &party.name, NAME_LETTER);
        add("faint", &format!("{} · {}", party.kind, party.fingerprint), LETTER);
        if let Some(calls) = calls {
            add("", calls, LETTER);
        }
        let number = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let height = number.saturating_mul(LINE).saturating_add(CARD_MARGIN);
        let class = if node.depth == 0 { "card owner" } else { "card" };
        // An inner `svg` clips text that is wider than computed.
        self.parts.push(html! {
            svg x=(x) y=(self.height) width=(width) height=(height) data-node=(node.depth) {
                rect class=(class) x="1" y="1" rx="8" width=(width.saturating_sub(2))
                    height=(height.saturating_sub(2)) {}
                @for ((class, text), y) in lines.iter().zip((1_u32..).map(|nth| nth.saturating_mul(LINE))) {
                    text class=(class) x=(CARD_MARGIN) y=(y.saturating_add(2)) { (text) }
                }
            }
        });
        self.height = self.height.saturating_add(height);
    }
}

/// Parties that are not drawn.
struct LeftOut {
    what: &'static str,
    number: usize,
    /// True if there are more than were told apart.
    is_more: bool,
    calls: Counts,
}

impl LeftOut {
    fn of(tree: &Tree, hidden: &[usize], beyond: Counts, what: &'static str) -> Option<Self> {
        let mut calls = beyond;
        hidden.iter().filter_map(|at| tree.node(*at)).for_each(|node| calls.join(node.calls));
        let is_more = beyond.total() > 0;
        (calls.total() > 0).then_some(Self { what, number: hidden.len(), is_more, calls })
    }

    fn in_words(&self) -> String {
        let number = u64::try_from(self.number).unwrap_or(u64::MAX);
        let many = if self.is_more { "more than " } else { "" };
        let plural = if self.number == 1 && !self.is_more { "" } else { "s" };
        format!(
            "{many}{} further {}{plural}: {}",
            grouped(number),
            self.what,
            self.calls.in_words()
        )
    }
}
