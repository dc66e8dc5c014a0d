//! The commitment of a block, found by its position alone: `docs/FORMAT.md`, section 7.
//!
//! A later block refers to strings by number, and the numbers have their meaning only after the
//! blocks that its signer saw. So a verifier reads and compares the commitment before it looks up
//! any string.

use crate::format::datalog::symbols::OFFSET;
use crate::format::datalog::syntax::field;
use crate::format::wire::Reader;

/// The root key that a first block states: the third term of its third fact, `owner`.
pub(crate) fn stated_root(content: &[u8]) -> Option<&[u8; 32]> {
    term(content, 2, 2)
}

/// The id that a later block states as its parent's: the sixth term of `delegate`, the third of
/// `presentation`.
pub(crate) fn stated_parent(content: &[u8], is_presentation: bool) -> Option<&[u8; 32]> {
    term(content, 0, if is_presentation { 2 } else { 5 })
}

/// Returns true if a first block begins with the fact `deputize`, as only ours do, even if the rest
/// of it is malformed.
pub(crate) fn is_of_deputize(content: &[u8]) -> bool {
    let mut symbols = Reader::new(content);
    let own = std::iter::from_fn(|| symbols.bytes(field::SYMBOL).ok());
    let place = own.enumerate().find(|(_, text)| *text == b"deputize");
    let name = predicate(content, 0).and_then(|mut fact| fact.uint(1).ok());
    let number = place.and_then(|(place, _)| u64::try_from(place.saturating_add(OFFSET)).ok());
    number.is_some() && number == name
}

fn term(content: &[u8], fact: usize, place: usize) -> Option<&[u8; 32]> {
    let mut terms = predicate(content, fact)?;
    terms.uint(1).ok()?;
    for _ in 0..place {
        terms.message(2).ok()?;
    }
    terms.message(2).ok()?.bytes(5).ok()?.try_into().ok()
}

/// Returns a reader of the predicate of the fact at index `place`: its name, then its terms.
fn predicate(content: &[u8], place: usize) -> Option<Reader<'_>> {
    let mut r = Reader::new(content);
    while r.at(field::SYMBOL) {
        r.bytes(field::SYMBOL).ok()?;
    }
    r.uint(field::VERSION).ok()?;
    for _ in 0..place {
        r.message(field::FACT).ok()?;
    }
    r.message(field::FACT).ok()?.message(1).ok()
}
