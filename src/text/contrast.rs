//! Display of two texts in one sentence so that their difference is visible.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter, Write};
use std::ops::Range;

use crate::limits::MAX_SHOWN_CONTRAST;
use crate::text::escape::{Quoted, is_hidden, write_escaped};

/// One of two different texts, shown as [`Quoted`]. If the two could look the same, the differing
/// part is written in escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Distinguished<'a> {
    text: &'a str,
    /// The range of characters that differ from the other text.
    differing: Range<usize>,
    escaped: EscapedPart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EscapedPart {
    None,
    /// Letters beyond ASCII can be composed or decomposed, and many resemble others.
    BeyondAscii,
    All,
}

impl Distinguished<'_> {
    /// Returns true if escapes were needed to distinguish the two texts.
    pub(crate) fn is_escaped(&self) -> bool {
        self.escaped != EscapedPart::None
    }
}

impl Display for Distinguished<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let needs_escape = |c: char| match self.escaped {
            EscapedPart::None => false,
            EscapedPart::BeyondAscii => !c.is_ascii(),
            EscapedPart::All => true,
        };
        if !self.is_escaped() {
            return Display::fmt(&Quoted(self.text), f);
        }
        f.write_char('"')?;
        write_escaped(f, self.text, |nth, c| {
            is_hidden(c) || (self.differing.contains(&nth) && needs_escape(c))
        })?;
        f.write_char('"')
    }
}

/// Prepares two texts for a sentence in which the reader must see the difference.
pub(crate) fn distinguish<'a>(one: &'a str, other: &'a str) -> [Distinguished<'a>; 2] {
    if one.len().max(other.len()) > MAX_SHOWN_CONTRAST {
        return [one, other].map(|text| Distinguished {
            text,
            differing: 0..0,
            escaped: EscapedPart::None,
        });
    }
    let same = |(a, b): &(char, char)| a == b;
    let start = one.chars().zip(other.chars()).take_while(same).count();
    let left = one.chars().count().min(other.chars().count()).saturating_sub(start);
    let ends = one.chars().rev().zip(other.chars().rev());
    let end = ends.take(left).take_while(same).count();
    let differing = |text: &str| start..text.chars().count().saturating_sub(end);
    let part =
        |text: &str| -> String { text.chars().skip(start).take(differing(text).len()).collect() };
    let (own, others) = (part(one), part(other));
    let escaped = match (own.is_ascii() && others.is_ascii(), one == other) {
        (true, false) if fold_lookalikes(&own) == fold_lookalikes(&others) => EscapedPart::All,
        (false, _) if could_look_alike(&own, &others) => EscapedPart::BeyondAscii,
        _ => EscapedPart::None,
    };
    [one, other].map(|text| Distinguished { text, differing: differing(text), escaped })
}

/// Returns true if two texts, one of them beyond ASCII, could look the same. It errs towards true,
/// because it uses no table of confusable characters: a false positive only adds escapes.
fn could_look_alike(one: &str, other: &str) -> bool {
    // The maximum number of ASCII characters that one character can resemble, such as `ffi` as a
    // single ligature.
    const MAX_RESEMBLED: usize = 3;
    // Letters of one script are distinguishable, unless combining marks are added.
    let scripts: Vec<_> = one.chars().chain(other.chars()).map(Script::of).collect();
    if scripts.iter().all(|own| scripts.first() == Some(own) && *own != Script::Other) {
        return false;
    }
    // Each ASCII character needs a counterpart in the other text: itself, or a character beyond
    // ASCII.
    let has_counterparts = |one: &str, other: &str| {
        let mut left = BTreeMap::<char, usize>::new();
        for c in other.chars().filter(char::is_ascii) {
            let count = left.entry(c).or_default();
            *count = count.saturating_add(1);
        }
        let unmatched = one.chars().filter(char::is_ascii).filter(|c| match left.get_mut(c) {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                false
            }
            _ => true,
        });
        let beyond_ascii = other.chars().filter(|c| !c.is_ascii()).count();
        unmatched.count() <= beyond_ascii.saturating_mul(MAX_RESEMBLED)
    };
    has_counterparts(one, other) && has_counterparts(other, one)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Greek,
    Cyrillic,
    /// Syllables and ideographs, without the combining marks of kana.
    EastAsian,
    Other,
}

impl Script {
    fn of(c: char) -> Self {
        match c {
            '\u{391}'..='\u{3c9}' => Self::Greek,
            '\u{400}'..='\u{45f}' => Self::Cyrillic,
            '\u{3041}'..='\u{3096}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}' => Self::EastAsian,
            _ => Self::Other,
        }
    }
}

/// Maps ASCII characters that look the same in many fonts to one form.
fn fold_lookalikes(text: &str) -> String {
    let text = text.replace("rn", "m").replace("vv", "w").replace("cl", "d");
    text.replace(['I', '1', '|'], "l").replace('0', "O")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_alike_are_distinguished() {
        for (one, other, shown) in [
            ("alice", "bob", ["alice", "bob"]),
            ("alice", "alice", ["alice", "alice"]),
            ("José", "Jose\u{301}", [r#""Jos\u{e9}""#, r#""Jose\u{301}""#]),
            ("Jos\u{e9} M", "Jose M", [r#""Jos\u{e9} M""#, r#""Jose M""#]),
            ("alice", "\u{430}lice", [r#""alice""#, r#""\u{430}lice""#]),
            // The common parts are not escaped.
            ("é p\u{430}ypal", "é payp\u{430}l", [r#""é p\u{430}ypal""#, r#""é payp\u{430}l""#]),
            // Texts that cannot look the same are not escaped.
            ("reports/**", "日本語", ["reports/**", "\"日本語\""]),
            ("北京", "上海", ["\"北京\"", "\"上海\""]),
            ("Москва", "Минск", ["\"Москва\"", "\"Минск\""]),
            ("が", "か\u{3099}", [r#""\u{304c}""#, r#""\u{304b}\u{3099}""#]),
            ("\u{fb03}x", "ffix", [r#""\u{fb03}x""#, r#""ffix""#]),
            ("сосо", "coco", [r#""\u{441}\u{43e}\u{441}\u{43e}""#, r#""coco""#]),
            ("paypal", "paypaI", [r#""paypa\u{6c}""#, r#""paypa\u{49}""#]),
            ("modern", "modem", [r#""mode\u{72}\u{6e}""#, r#""mode\u{6d}""#]),
            ("aa", "aaa", ["aa", "aaa"]),
            ("", "é", ["\"\"", r#""\u{e9}""#]),
        ] {
            let apart = distinguish(one, other);
            assert_eq!(apart.each_ref().map(ToString::to_string), shown);
            let [other, one] = distinguish(other, one);
            assert_eq!([one, other], apart, "in either order");
        }
    }
}
