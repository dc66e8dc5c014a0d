//! The pieces of a line in HTML.

use maud::{Markup, html};

use crate::report::wording::{self, Piece};
use crate::text::escape::QuotedBidi;

pub(super) fn line(pieces: &[Piece<'_>]) -> Markup {
    html! { @for piece in pieces { (draw(piece)) } }
}

fn draw(piece: &Piece<'_>) -> Markup {
    html! {
        @match piece {
            Piece::Words(words) => (words),
            Piece::Name(name) => bdi dir="ltr" { strong { (QuotedBidi(name)) } },
            Piece::Chosen(text) => bdi dir="ltr" { (QuotedBidi(text)) },
            Piece::Escaped(text) => bdi class="quoted" dir="ltr" { (text) },
            Piece::Removed(text) => s class="quoted" { bdi dir="ltr" { (text) } },
            Piece::Digits(text) => code { (text) },
        }
    }
}

/// Returns the mark before every claim of a chain that is not trusted.
pub(super) fn mark(is_trusted: bool) -> Markup {
    html! { @if !is_trusted { span class="mark" { (wording::UNVERIFIED) } } }
}
