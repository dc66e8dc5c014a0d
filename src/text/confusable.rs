//! Confusable names: different texts that people read as the same, and texts that are made to be
//! read as another.

use caseless::default_case_fold_str;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;

/// Returns the appearance of a name: compatibility normalisation (NFKC), case folding, and the
/// skeleton of UTS #39 §4, which replaces each character by one that it resembles. Names with the
/// same appearance look alike. Appearances are compared to refuse, never to allow.
pub(crate) fn appearance(name: &str) -> String {
    // A fast path for most names: a search among many names computes the appearance of each.
    if name.is_ascii() {
        return name.chars().fold(String::with_capacity(name.len()), appear_ascii);
    }
    by_tables(name)
}

fn by_tables(name: &str) -> String {
    // A skeleton may contain capital letters, such as `O` for `0`, so it is folded again.
    fold(&skeleton(&fold(name)).collect::<String>())
}

fn appear_ascii(mut appearance: String, c: char) -> String {
    match c {
        'm' | 'M' => appearance.push_str("rn"),
        '0' => appearance.push('o'),
        '1' | '|' => appearance.push('l'),
        '"' => appearance.push_str("''"),
        '`' => appearance.push('\''),
        '%' => appearance.push_str("\u{b0}/0"),
        c => appearance.push(c.to_ascii_lowercase()),
    }
    appearance
}

fn fold(text: &str) -> String {
    default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect()
}

/// Returns the scripts of a name that mixes letters of several, in the order of their first letters
/// (UTS #39 §5.1). People who write Chinese, Japanese or Korean mix their scripts with each other
/// and with Latin, so those mixtures are not reported (§5.2, "highly restrictive").
pub(crate) fn mixed_scripts(name: &str) -> Option<Vec<&'static str>> {
    // A fast path: most names.
    if name.is_ascii() {
        return None;
    }
    let (mut all, mut without_latin) =
        (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    let mut names = Vec::new();
    for script in name.chars().map(AugmentedScriptSet::for_char).filter(|own| !own.is_all()) {
        all.intersect_with(script);
        let first = script.base.iter().next().map_or("another script", |own| own.full_name());
        if first != "Latin" {
            without_latin.intersect_with(script);
        }
        if !names.contains(&first) {
            names.push(first);
        }
    }
    let is_usual = without_latin.hanb || without_latin.jpan || without_latin.kore;
    (all.is_empty() && !is_usual).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mix_scripts_are_found() {
        for (name, scripts) in [
            ("p\u{430}ypal", ["Latin", "Cyrillic"]),
            ("\u{430}lice@acme.com", ["Cyrillic", "Latin"]),
            ("acme.c\u{3bf}m", ["Latin", "Greek"]),
            ("\u{3bf}\u{441}", ["Greek", "Cyrillic"]),
            ("a\u{561}", ["Latin", "Armenian"]),
        ] {
            assert_eq!(mixed_scripts(name), Some(scripts.to_vec()), "{name}");
        }
        for name in [
            "",
            "alice@acme.com",
            "Jos\u{e9} \u{2192} 1",
            "jose\u{301}",
            "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430} 1",
            "\u{5317}\u{4eac} agent",
            "\u{6771}\u{4eac}\u{30bf}\u{30ef}\u{30fc}\u{306e} agent",
            "\u{d55c}\u{ad6d}\u{6f22} agent",
        ] {
            assert_eq!(mixed_scripts(name), None, "{name}");
        }
    }

    /// Pairs are enough: no table looks at more than two characters of ASCII.
    #[test]
    fn the_fast_path_for_ascii_agrees_with_the_tables() {
        for first in '\0'..='\x7f' {
            for second in '\0'..='\x7f' {
                let name = format!("{first}{second}a");
                assert_eq!(appearance(&name), by_tables(&name), "{name:?}");
            }
        }
    }

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
