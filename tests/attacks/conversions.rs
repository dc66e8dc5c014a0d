//! The attacker holds a valid token for a part of a tree of resources or paths, and wants another
//! part: by characters that a service converts to others, and by segments that Windows takes for a
//! drive.

use std::str::FromStr;

use deputize::{
    Constraint, ConstraintError, Request, ResourceError, ResourcePattern, UrlPattern, Value,
};

use crate::texts::{no_file, no_path};

/// Characters that a code page, a best fit or a transliteration to ASCII turns into `/`, `\` or
/// `%`.
#[test]
fn a_resource_that_climbs_once_it_is_converted() {
    for c in [
        '\u{2044}',
        '\u{2215}',
        '\u{29f8}',
        '\u{2571}',
        '\u{27cb}',
        '\u{f7}',
        '\u{1f67c}',
        '\u{2216}',
        '\u{29f5}',
        '\u{29f9}',
        '\u{2572}',
        '\u{27cd}',
        '\u{a5}',
        '\u{ffe5}',
        '\u{20a9}',
        '\u{ffe6}',
        '\u{1f67d}',
        '\u{66a}',
        '\u{bd}',
        '\u{2153}',
        '\u{33a7}',
        '\u{33de}',
    ] {
        let escaped: String =
            c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02x}")).collect();
        no_path(&[
            &format!("a/..{c}b"),
            &format!("a{c}b"),
            &format!("a/{c}"),
            &format!("a/x{escaped}y"),
        ]);
    }
    no_path(&["a/\u{b7}\u{b7}/b", "a/\u{3002}\u{3002}/b", "a/.\u{ff61}/b"]);
}

/// Windows joins a drive to a directory as another root, and `c:x` as a place on that drive.
#[test]
fn a_resource_that_is_on_another_drive() {
    no_path(&["a/c:/windows/win.ini", "c:/windows", "c:", "a/C:", "a/z:x/b", "a/c:x", "a/ c:/b"]);
    no_path(&["a/c%3a/b", "a/%63:/b", "a/%63%3A/b", "a/c%ef%bc%9a/b"]);
    for colon in ['\u{ff1a}', '\u{fe55}', '\u{fe13}', '\u{2236}', '\u{2d0}', '\u{a789}', '\u{589}']
    {
        no_path(&[&format!("a/c{colon}/b"), &format!("c{colon}x")]);
    }
    // Full-width, double-struck, circled, the Kelvin sign.
    no_path(&["a/\u{ff43}:/b", "a/\u{2102}:/b", "a/\u{24d2}:/b", "a/\u{212a}:x"]);
    let made = Constraint::subpath("/srv/c:");
    assert!(matches!(made, Err(ConstraintError::Subpath { .. })), "{made:?}");
    let made = Constraint::glob("/srv/c:/*");
    assert!(matches!(made, Err(ConstraintError::Glob { .. })), "{made:?}");
    let made = UrlPattern::new(["https"], ["acme.com"]).unwrap().with_path_prefix("/c:/x");
    assert!(matches!(made, Err(ConstraintError::Url { .. })), "{made:?}");
    for made in ["accounts/c:/**", "c:/*", "c:"].map(ResourcePattern::from_str) {
        assert!(matches!(made, Err(ResourceError { .. })), "{made:?}");
    }
    no_file(&["data/c:/windows/win.ini", "data/C:x", "data/c%3a/x"]);
}

/// Type and number, a time, a port: more than a letter before the colon.
#[test]
fn colons_elsewhere_are_not_drives() {
    for text in [
        "a/repo:42",
        "a/x1:2",
        "a/10:30",
        "a/1:2",
        "a/b/urn:x:y",
        "a/xc:",
        "a/:c",
        "a/\u{4f1a}\u{8b70}\u{ff1a}1",
    ] {
        assert!(Request::new("files.read", text, "files.acme.com").is_ok(), "{text}");
        assert!(Constraint::subpath("a").unwrap().permits(&Value::from(text)), "{text}");
        assert!(Constraint::glob("a/**").unwrap().permits(&Value::from(text)), "{text}");
        assert!(ResourcePattern::from_str(text).is_ok(), "{text}");
    }
    let api = UrlPattern::new(["https"], ["acme.com"]).unwrap();
    assert!(api.permits("https://acme.com/a/repo:42"));
}

/// A permitted text is still permitted, with as many segments, after a service has normalised it.
#[test]
fn permitted_texts_stay_permitted_when_normalised() {
    use unicode_normalization::UnicodeNormalization;
    let all = Constraint::glob("**").unwrap();
    let changes = |c: &char| !c.nfkc().eq([*c]) || !c.nfkd().eq([*c]);
    for c in ('\u{80}'..=char::MAX).filter(changes) {
        for text in [
            format!("a/{c}"),
            format!("a/{c}{c}"),
            format!("a/.{c}"),
            format!("a/x{c}y/b"),
            format!("a/c{c}"),
            format!("{c}:/b"),
            format!("a/..{c}/b"),
        ] {
            if !all.permits(&Value::from(text.as_str())) {
                continue;
            }
            for plain in [text.nfkc().collect::<String>(), text.nfkd().collect()] {
                assert!(
                    all.permits(&Value::from(plain.as_str())),
                    "U+{:04X}: {text} {plain}",
                    u32::from(c)
                );
                assert_eq!(plain.split('/').count(), text.split('/').count(), "{text}");
            }
        }
    }
}
