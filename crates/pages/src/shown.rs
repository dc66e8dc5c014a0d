//! Text that somebody chose, cut and escaped when it arrives, so that what is kept is bounded.

use deputize::PrincipalKind;
use deputize::text::{QuotedBidi, Visible};
use maud::{Markup, html};

use crate::given::Party;
use crate::limits::{MAX_SHOWN_ARGUMENTS, MAX_SHOWN_LIMIT, MAX_SHOWN_TEXT};

/// Returns the text in quotes if it needs them, with `…` behind them if it is cut.
pub(crate) fn quoted(text: &str) -> String {
    let (start, is_cut) = start_of(text, MAX_SHOWN_TEXT);
    format!("{}{}", QuotedBidi(start), if is_cut { "…" } else { "" })
}

/// Returns JSON with hidden characters escaped.
pub(crate) fn json(text: &str) -> String {
    let (start, is_cut) = start_of(text, MAX_SHOWN_ARGUMENTS);
    format!("{}{}", Visible(start), if is_cut { "…" } else { "" })
}

/// Returns text that is escaped already, with `…` behind it if it is cut.
pub(crate) fn cut(text: &str) -> String {
    let (start, is_cut) = start_of(text, MAX_SHOWN_LIMIT);
    format!("{start}{}", if is_cut { "…" } else { "" })
}

fn start_of(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
        None => (text, false),
    }
}

/// A party as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownParty {
    pub(crate) name: String,
    pub(crate) kind: PrincipalKind,
    pub(crate) fingerprint: String,
}

impl ShownParty {
    pub(crate) fn of(party: &Party) -> Self {
        Self { name: quoted(&party.name), kind: party.kind, fingerprint: party.key.fingerprint() }
    }

    /// Returns the name with the fingerprint of the key.
    pub(crate) fn markup(&self) -> Markup {
        html! {
            bdi dir="ltr" { strong { (self.name) } }
            " (" (self.kind) ", " code { (self.fingerprint) } ")"
        }
    }
}
