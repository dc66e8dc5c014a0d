//! Replacements of parts of a text.

use std::ops::Range;

/// A part of a text, and the text in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// Returns the text with the parts replaced, or `None` if they overlap or are not parts of it.
pub(super) fn apply(text: &str, splices: &[Splice]) -> Option<String> {
    let mut sorted: Vec<_> = splices.iter().collect();
    sorted.sort_by_key(|own| own.range.start);
    let (mut made, mut at) = (String::new(), 0);
    for own in sorted {
        made.push_str(text.get(at..own.range.start)?);
        made.push_str(&own.text);
        at = own.range.end;
        text.get(own.range.clone())?;
    }
    made.push_str(text.get(at..)?);
    Some(made)
}

/// Returns the replacements that take these back.
pub(super) fn reversed(text: &str, splices: &[Splice]) -> Option<Vec<Splice>> {
    let mut sorted: Vec<_> = splices.iter().collect();
    sorted.sort_by_key(|own| own.range.start);
    let (mut reversed, mut added, mut removed) = (Vec::new(), 0_usize, 0_usize);
    for own in sorted {
        let start = own.range.start.checked_add(added)?.checked_sub(removed)?;
        let range = start..start.checked_add(own.text.len())?;
        reversed.push(Splice { range, text: text.get(own.range.clone())?.to_owned() });
        added = added.checked_add(own.text.len())?;
        removed = removed.checked_add(own.range.len())?;
    }
    Some(reversed)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_replaced_comes_back(parts in prop::collection::vec(("[a-é]{0,3}", "[x-é]{0,3}", "[k-ü]{0,3}"), 0..5)) {
            let (mut text, mut expected, mut splices) = (String::new(), String::new(), Vec::new());
            for (kept, old, new) in parts {
                text.push_str(&kept);
                let start = text.len();
                text.push_str(&old);
                expected.push_str(&kept);
                expected.push_str(&new);
                splices.push(Splice { range: start..text.len(), text: new });
            }
            let changed = apply(&text, &splices).unwrap();
            prop_assert_eq!(&changed, &expected);
            let back = reversed(&text, &splices).unwrap();
            prop_assert_eq!(apply(&changed, &back).unwrap(), text);
        }
    }

    #[test]
    fn parts_that_are_not_of_the_text_are_refused() {
        let splice = |range| Splice { range, text: String::new() };
        assert_eq!(apply("abc", &[splice(0..2), splice(1..3)]), None);
        assert_eq!(apply("abc", &[splice(2..4)]), None);
        assert_eq!(apply("é", &[splice(1..2)]), None);
    }
}
