//! Confusable names: different text that people read as the same.

use caseless::default_case_fold_str;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Returns the appearance of a name: compatibility normalisation (NFKC), case folding, and the
/// skeleton of UTS #39 §4, which replaces each character by one that it resembles. Names with the
/// same appearance look alike. Appearances are compared to refuse, never to allow.
pub(crate) fn appearance(name: &str) -> String {
    // A skeleton may contain capital letters, such as `O` for `0`, so it is folded again.
    fold(&skeleton(&fold(name)).collect::<String>())
}

fn fold(text: &str) -> String {
    default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_the_same_appearance() {
        let name = appearance("alice@acme.com");
        for other in [
            "Alice@ACME.com",
            "ａｌｉｃｅ＠ａｃｍｅ．ｃｏｍ",
            "\u{430}lice@acme.com", // CYRILLIC SMALL LETTER A
            "a1ice@acme.com",
            "alice@acrne.com",
            "al\u{131}ce@acme.com",  // DOTLESS I
            "alice@acme\u{2024}com", // ONE DOT LEADER
            "alice@acme.c\u{3bf}m",  // GREEK SMALL LETTER OMICRON
        ] {
            assert_eq!(appearance(other), name, "{other}");
        }
        for other in ["bob@acme.com", "alice@acme.org", "alicia@acme.com", "alice"] {
            assert_ne!(appearance(other), name, "{other}");
        }
        // Case folding turns a capital I into i.
        assert_eq!(appearance("AIice"), appearance("aiice"));
        assert_eq!(appearance("bo0"), appearance("BOO"));
        assert_eq!(appearance("Stra\u{df}e"), appearance("STRASSE"));
        assert_eq!(appearance("jose\u{301}"), appearance("jos\u{e9}"));
    }
}
