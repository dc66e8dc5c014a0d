//! Normal forms: the same letters in different characters.

use unicode_normalization::IsNormalized;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};
use unicode_normalization::is_nfc_quick;

/// Finds the characters of a text that normalisation (UAX #15, form C) would replace or move, one
/// character after the other.
///
/// `é` is one character or two, and a reader cannot see which. Text in form C has no such
/// character, so it is shown as it is, and text in another form is shown with escapes.
#[derive(Debug, Default)]
pub(crate) struct NormalForm {
    /// The letter that the next mark would be composed with, composed as far as possible.
    base: Option<char>,
    /// The combining class of the last mark after the letter that was not composed with it. It
    /// keeps marks of its own class from the letter.
    blocked: Option<u8>,
    /// The combining class of the last character.
    class: u8,
}

impl NormalForm {
    /// Returns true if form C would not have this character in this place.
    pub(crate) fn changes(&mut self, c: char) -> bool {
        if c.is_ascii() {
            *self = Self { base: Some(c), blocked: None, class: 0 };
            return false;
        }
        let class = canonical_combining_class(c);
        let is_out_of_order = class != 0 && class < self.class;
        let is_reached = self.blocked.is_none_or(|blocked| blocked < class);
        let base = self.base.filter(|_| is_reached);
        let composed = base.and_then(|base| compose(base, c));
        let is_put_inside = composed.is_none() && base.is_some_and(|base| goes_inside(base, c));
        match composed {
            Some(composed) => self.base = Some(composed),
            None if class == 0 => (self.base, self.blocked) = (Some(c), None),
            None => self.blocked = Some(class),
        }
        self.class = class;
        let is_replaced = is_nfc_quick(std::iter::once(c)) == IsNormalized::No;
        is_replaced || is_out_of_order || is_put_inside || composed.is_some()
    }
}

/// Returns true if a mark belongs before a mark that the letter is composed with, and composes with
/// the part of the letter before that: the dot below of `ẹ̀`, written after `è`.
fn goes_inside(letter: char, mark: char) -> bool {
    let class = canonical_combining_class(mark);
    let (mut part, mut is_inside) = (None, false);
    decompose_canonical(letter, |c| match part {
        None => part = Some(c),
        Some(before) if !is_inside && canonical_combining_class(c) <= class => {
            part = compose(before, c).or(part);
        }
        Some(_) => is_inside = true,
    });
    class != 0 && is_inside && part.and_then(|part| compose(part, mark)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::{UnicodeNormalization as _, is_nfc};

    fn changed(text: &str) -> String {
        let mut form = NormalForm::default();
        text.chars().filter(|c| form.changes(*c)).collect()
    }

    #[test]
    fn characters_that_form_c_has_not_are_found() {
        for (text, found) in [
            ("alice", ""),
            ("jos\u{e9}", ""),
            ("jose\u{301}", "\u{301}"),
            ("\u{212b}", "\u{212b}"), // ANGSTROM SIGN
            ("\u{2126}", "\u{2126}"), // OHM SIGN
            ("\u{f900}", "\u{f900}"), // a compatibility ideograph
            ("\u{1100}\u{1161}\u{11a8}", "\u{1161}\u{11a8}"), // Jamo
            ("\u{ac01}", ""),
            ("a\u{323}\u{302}", "\u{323}\u{302}"),
            ("x\u{323}\u{301}", ""), // nothing to compose, and in order
            ("x\u{301}\u{323}", "\u{323}"), // out of order
            ("\u{e8}\u{323}", "\u{323}"), // the dot belongs before the accent
            ("\u{e8}\u{316}", ""),   // nothing to compose the lower accent with
            ("\u{958}", "\u{958}"),  // excluded from composition
            ("\u{915}\u{93c}", ""),
            ("\u{30ab}\u{3099}", "\u{3099}"), // KA with a voiced mark
        ] {
            assert_eq!(changed(text), found, "{text}");
        }
    }

    proptest! {
        /// Every text that normalisation changes has a character that it changes, and text in form
        /// C has none.
        #[test]
        fn a_text_is_in_form_c_if_nothing_is_found(text in "[a-e\u{e0}-\u{ef}\u{300}-\u{345}\u{212a}\u{212b}\u{1100}-\u{1112}\u{1161}-\u{1175}\u{11a8}\u{ac00}-\u{ac20}\u{915}\u{93c}\u{958}]{0,6}|\\PC{0,6}") {
            let nfc: String = text.nfc().collect();
            prop_assert_eq!(changed(&nfc), "");
            prop_assert_eq!(changed(&text).is_empty(), is_nfc(&text));
        }

        #[test]
        fn letters_with_two_marks(text in "[aeou\u{e0}-\u{fd}\u{1e00}-\u{1ef9}][\u{300}-\u{338}]{0,3}") {
            let nfc: String = text.nfc().collect();
            prop_assert_eq!(changed(&nfc), "");
            prop_assert_eq!(changed(&text).is_empty(), is_nfc(&text));
        }
    }
}
