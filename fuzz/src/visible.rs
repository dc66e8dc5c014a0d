//! Text for people has no invisible characters.

use crate::common::is_hostile;

/// Panics where a text for a person has invisible or control characters, apart from line breaks.
pub(crate) fn require_visible(text: &str) {
    let odd = text.chars().find(|c| is_hostile(*c) && *c != '\n');
    assert_eq!(odd, None, "{text:?}");
}
