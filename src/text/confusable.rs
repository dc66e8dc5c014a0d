//! Names that a person takes for one another.

use caseless::default_case_fold_str;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// The name as it looks: after compatibility normalisation (NFKC), case folding, and replacing each
/// character by what it looks like (the skeleton of UTS #39 §4). Names that come to the same look
/// alike. It is compared to refuse, never to allow.
pub(crate) fn appearance(name: &str) -> String {
    // A skeleton may hold capital letters, as `O` for `0`, and is folded again.
    folded(&skeleton(&folded(name)).collect::<String>())
}

fn folded(text: &str) -> String {
    default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_appearance() {
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
        // A capital I is an i once cases are folded.
        assert_eq!(appearance("AIice"), appearance("aiice"));
        assert_eq!(appearance("bo0"), appearance("BOO"));
        assert_eq!(appearance("Stra\u{df}e"), appearance("STRASSE"));
        assert_eq!(appearance("jose\u{301}"), appearance("jos\u{e9}"));
    }
}
