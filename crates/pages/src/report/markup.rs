//! The pieces of a line in HTML.

use deputize::text::QuotedBidi;
use deputize::wording::{Piece, UNVERIFIED};
use maud::{Markup, html};

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
    html! { @if !is_trusted { span class="mark" { (UNVERIFIED) } } }
}

/// Returns the pieces as text.
pub(super) fn plain(pieces: &[Piece<'_>]) -> String {
    pieces.iter().map(ToString::to_string).collect()
}
