//! Quotes, and text that is refused because it could be mistaken for something else.

use deputize::{ConstraintKind, GrammarFault};
use serde_json::{Value as Json, json};

use super::{means, parse, with};

/// Text in double quotes is itself, whatever it looks like.
#[test]
fn a_quoted_text_is_itself() {
    for text in [
        "subpath:/srv",
        "one_of(a,b)",
        "0..100",
        "0..",
        "..5",
        "5",
        "5.0",
        "true",
        "null",
        "'ro'",
        "[1]",
        "{}",
        "a\"b",
        "a\\b",
        "",
        " ",
        "\u{201c}ro\u{201d}",
        "\t",
        "a,b",
        "<=5",
        "漢字",
        "a\u{202e}b",
    ] {
        let quoted = Json::from(text);
        for own in [format!("a b/** n={quoted}"), format!("a b/** n:equals={quoted}")] {
            means(&own, with(json!({"n": {"equals": text}})));
        }
        means(&format!("a b/** n:one_of={quoted},x"), with(json!({"n": {"one_of": [text, "x"]}})));
        means(
            &format!("a b/** n={}", json!([text]).to_string().replace(' ', "\\u0020")),
            with(json!({"n": {"equals": [text]}})),
        );
    }
}

/// An operation and a resource can be in double quotes too. Other quotes are refused: they would
/// be a part of the resource.
#[test]
fn quotes_are_no_part_of_a_resource() {
    means("\"a\" \"b/**\"", json!({"operation": "a", "resource": "b/**"}));
    means(
        "a \"my files/**\" n",
        json!({"operation": "a", "resource": "my files/**", "args": {"n": {"any": true}}}),
    );
    means("a \"'b'\"", json!({"operation": "a", "resource": "'b'"}));
    means("a \"b\\\"c\"", json!({"operation": "a", "resource": "b\"c"}));
    means("a b'c/d’s", json!({"operation": "a", "resource": "b'c/d’s"}));
    for (text, at, fault) in [
        ("a 'b'", 2, GrammarFault::OtherQuote),
        ("'a' b", 0, GrammarFault::OtherQuote),
        ("a `b`", 2, GrammarFault::OtherQuote),
        ("a \u{201c}b\u{201d}", 2, GrammarFault::OtherQuote),
        ("a «b»", 2, GrammarFault::OtherQuote),
        ("a b\"c\"", 3, GrammarFault::QuoteInside),
        ("a b\"", 3, GrammarFault::QuoteInside),
        ("a\"\" b", 1, GrammarFault::QuoteInside),
        ("a \"b\"/**", 5, GrammarFault::AfterQuote),
        ("a \"b", 2, GrammarFault::OpenQuote),
        ("a b n='ro'", 6, GrammarFault::OtherQuote),
        ("a b n=ro\"", 8, GrammarFault::QuoteInside),
        ("a b n^='ro'", 7, GrammarFault::OtherQuote),
        ("a b n:one_of=x,'y'", 15, GrammarFault::OtherQuote),
        ("a b n:one_of=x\"y\"", 14, GrammarFault::QuoteInside),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.at, error.fault), (at, fault), "{text}");
    }
}

/// Text that looks like a limit in another spelling is not taken for a string.
#[test]
fn a_slip_is_not_a_string() {
    let is_refused = |value: &str| parse(&format!("a b n={value}")).is_err();
    for kind in ConstraintKind::ALL {
        for value in [format!("{kind}:x"), format!("{kind}:"), format!("{kind}(x)")] {
            assert!(is_refused(&value), "{value}");
        }
    }
    for range in [
        "0..",
        "..100",
        "..=100",
        "0..=100",
        "0...100",
        "100..0",
        "0..100EUR",
        "0..1_000",
        "1.5..2",
        "0..1.5",
        "0..5.0",
        "0..9007199254740992",
        "1.0..2.0",
        "0..1..2",
        "-1..",
        "0..a",
        "0…100",
        "…5",
    ] {
        assert!(is_refused(range), "{range}");
        assert!(parse(&format!("a b n:one_of={range},x")).is_err(), "{range}");
    }
    assert!(parse("a b n:one_of=0..5").is_err());
    assert!(parse("a b n:equals=0..5").is_err());
    assert!(parse("a b n[]=0..5").is_err());
    for text in [
        "..",
        "...",
        "../x",
        "a..b",
        "..x",
        "v1..2",
        "urls:x",
        "2026-11-23..2026-11-24",
        "x:one_of",
    ] {
        means(&format!("a b/** n={text}"), with(json!({"n": {"equals": text}})));
    }
}

/// An argument in the place of the resource is not a resource.
#[test]
fn an_argument_is_not_a_resource() {
    for word in [
        "limit<=100",
        "limit>=1",
        "path^=/data",
        "to$=@acme.com",
        "path:subpath=/srv",
        "n[]:max=5",
        "mode=ro",
        "limit=0..100",
        "limit?=5",
        "...",
    ] {
        let error = parse(&format!("a {word}")).unwrap_err();
        assert_eq!((error.at, error.fault), (2, GrammarFault::ArgumentAsResource), "{word}");
        if word != "limit?=5" {
            means(&format!("a {}", Json::from(word)), json!({"operation": "a", "resource": word}));
        }
    }
    for resource in ["sales/year=2026/**", "ab:b=c/d", "tags:x/y", "a?b", "a~b"] {
        means(&format!("a {resource}"), json!({"operation": "a", "resource": resource}));
    }
}

/// A number in a limit is an integer as written.
#[test]
fn numbers_are_integers() {
    for limit in ["<=", ">=", ":max=", ":min=", ":max_len="] {
        for number in
            ["5.0", "5e0", "0x5", "5_000", "5,0", "\"5\"", "", "5a", "9007199254740992", "٥"]
        {
            let text = format!("a b n{limit}{number}");
            assert!(parse(&text).is_err(), "{text}");
        }
        assert!(parse(&format!("a b n{limit}5")).is_ok());
    }
    assert!(parse("a b n:max_len=-1").is_err());
    assert!(parse("a b n=5.0").is_err());
    assert!(parse("a b n:one_of=5.0").is_err());
}

/// The error about too many arguments points to the first one too many.
#[test]
fn the_number_of_limits_is_bounded() {
    let many =
        |n: usize| parse(&format!("a b {}", (0..n).map(|i| format!("a{i} ")).collect::<String>()));
    assert!(many(16).is_ok());
    assert!(matches!(many(17).unwrap_err().fault, GrammarFault::Capability(_)));
    // Nothing behind it is read.
    let error = parse(&format!("a b {} <", "a b c d e f g h i j k l m n o p q")).unwrap_err();
    assert!(matches!(error.fault, GrammarFault::Capability(_)), "{error}");
    let twice =
        format!("a b n:one_of={}", (0..257).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
    assert!(matches!(parse(&twice).unwrap_err().fault, GrammarFault::Constraint(_)));
}
