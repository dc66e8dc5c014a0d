//! Capabilities as text: each means the same as its JSON, and is written so that it is read again.

use deputize::{Capability, Constraint, ConstraintKind, GrammarError, GrammarFault};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

fn parse(text: &str) -> Result<Capability, GrammarError> {
    text.parse()
}

/// The text means this JSON, and what is written for it is read again.
#[track_caller]
fn means(text: &str, wanted: Json) {
    let own = parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(own, serde_json::from_value(wanted).unwrap(), "{text}");
    assert_eq!(parse(&own.as_written()).as_ref(), Ok(&own), "{}", own.as_written());
}

fn with(args: Json) -> Json {
    json!({"operation": "a", "resource": "b/**", "args": args})
}

/// Every kind can be written by its name, and what has an operator is the same with it.
#[test]
fn each_kind_can_be_written() {
    for kind in ConstraintKind::ALL {
        let (limit, short) = match kind {
            ConstraintKind::Equals => (":equals=1", Some("=1")),
            ConstraintKind::OneOf => (":one_of=1,2", None),
            ConstraintKind::NoneOf => (":none_of=1,2", None),
            ConstraintKind::Min => (":min=1", Some(">=1")),
            ConstraintKind::Max => (":max=1", Some("<=1")),
            ConstraintKind::Prefix => (":prefix=a", Some("^=a")),
            ConstraintKind::Suffix => (":suffix=a", Some("$=a")),
            ConstraintKind::Glob => (":glob=a/*", Some("~a/*")),
            ConstraintKind::Subpath => (":subpath=/srv", None),
            ConstraintKind::Url => (":url=https://a.com", None),
            ConstraintKind::Cidr => (":cidr=10.0.0.0/8", None),
            ConstraintKind::MaxLen => (":max_len=1", None),
            ConstraintKind::SubsetOf => (":subset_of=a", None),
            ConstraintKind::ContainsAll => (":contains_all=a", None),
            ConstraintKind::Each => ("[]:max=1", Some("[]<=1")),
        };
        let own = parse(&format!("a b n{limit}")).unwrap();
        let limits = own.constraints_on("n").unwrap();
        assert_eq!(limits.iter().map(Constraint::kind).collect::<Vec<_>>(), [*kind]);
        if let Some(short) = short {
            assert_eq!(parse(&format!("a b n{short}")), Ok(own));
        }
    }
}

#[test]
fn each_kind_has_its_json() {
    for (limit, json) in [
        ("n=0..100", json!({"min": 0, "max": 100})),
        ("n=-5..-5", json!({"min": -5, "max": -5})),
        ("n=0..100 n:none_of=13", json!({"min": 0, "max": 100, "none_of": [13]})),
        ("n?=0..100", json!({"min": 0, "max": 100, "optional": true})),
        (
            "n=-9007199254740991..9007199254740991",
            json!({"min": -9_007_199_254_740_991_i64, "max": 9_007_199_254_740_991_i64}),
        ),
        ("n:one_of=USD,EUR", json!({"one_of": ["USD", "EUR"]})),
        ("n:one_of=a", json!({"one_of": ["a"]})),
        ("n:one_of=1,\"1\",true,null,a.b,\"\"", json!({"one_of": [1, "1", true, null, "a.b", ""]})),
        ("n:one_of=\"a,b\",\"c d\",e:f", json!({"one_of": ["a,b", "c d", "e:f"]})),
        ("n:none_of=-1,0", json!({"none_of": [-1, 0]})),
        ("n:none_of=true", json!({"none_of": [true]})),
        ("n:subpath=/srv/emea", json!({"subpath": "/srv/emea"})),
        ("n:subpath=\"/srv/a b\"", json!({"subpath": "/srv/a b"})),
        ("n:subpath=data", json!({"subpath": "data"})),
        ("n:glob=\"a b/*\"", json!({"glob": "a b/*"})),
        ("n:cidr=10.0.0.0/8", json!({"cidr": "10.0.0.0/8"})),
        ("n:cidr=2001:db8::/32", json!({"cidr": "2001:db8::/32"})),
        ("n:max_len=0", json!({"max_len": 0})),
        ("n?:max_len=200", json!({"max_len": 200, "optional": true})),
        (
            "n:subset_of=a,b n:contains_all=a",
            json!({"subset_of": ["a", "b"], "contains_all": ["a"]}),
        ),
        ("n:url=https://acme.com", json!({"url": {"schemes": ["https"], "hosts": ["acme.com"]}})),
        (
            "n:url=https://*.acme.com:443/v1",
            json!({"url": {
                "schemes": ["https"], "hosts": ["*.acme.com"], "ports": [443], "path_prefix": "/v1"
            }}),
        ),
        (
            "n:url={http,https}://{a.com,[2606:4700::1111]}:{80,443}",
            json!({"url": {
                "schemes": ["http", "https"], "hosts": ["a.com", "[2606:4700::1111]"],
                "ports": [80, 443]
            }}),
        ),
        ("n[]:subpath=/srv", json!({"each": {"subpath": "/srv"}})),
        ("n[]:none_of=a,b", json!({"each": {"none_of": ["a", "b"]}})),
        (
            "n?[]:url=https://a.com",
            json!({"each": {"url": {"schemes": ["https"], "hosts": ["a.com"]}}, "optional": true}),
        ),
        ("n[]:max_len=5 n:max_len=2", json!({"each": {"max_len": 5}, "max_len": 2})),
    ] {
        means(&format!("a b/** {limit}"), with(json!({ "n": json })));
    }
    means("a b/** \"my n\":one_of=a", with(json!({"my n": {"one_of": ["a"]}})));
    means("a b/** /f/*/p[]:subpath=/srv", with(json!({"/f/*/p": {"each": {"subpath": "/srv"}}})));
}

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

/// The first argument too many is refused where it stands.
#[test]
fn the_number_of_limits_is_bounded() {
    let many =
        |n: usize| parse(&format!("a b {}", (0..n).map(|i| format!("a{i} ")).collect::<String>()));
    assert!(many(16).is_ok());
    let error = many(100_000).unwrap_err();
    assert!(matches!(error.fault, GrammarFault::Capability(_)), "{error}");
    let twice =
        format!("a b n:one_of={}", (0..257).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
    assert!(matches!(parse(&twice).unwrap_err().fault, GrammarFault::Constraint(_)));
}

#[test]
fn each_form_has_its_json() {
    means("a b/**", json!({"operation": "a", "resource": "b/**"}));
    means("  *\t** ", json!({"operation": "*", "resource": "**"}));
    means("a b/** limit", with(json!({"limit": {"any": true}})));
    means("a b/** limit<=100", with(json!({"limit": {"max": 100}})));
    means("a b/** limit>=-1 limit<=100", with(json!({"limit": {"min": -1, "max": 100}})));
    means("a b/** limit limit<=100", with(json!({"limit": {"max": 100}})));
    means("a b/** limit?<=100", with(json!({"limit": {"max": 100, "optional": true}})));
    means("a b/** limit?", with(json!({"limit": {"any": true, "optional": true}})));
    means("a b/** to$=@acme.com", with(json!({"to": {"suffix": "@acme.com"}})));
    means("a b/** path^=/data", with(json!({"path": {"prefix": "/data"}})));
    means("a b/** file~x/*.csv", with(json!({"file": {"glob": "x/*.csv"}})));
    means("a b/** mode=ro", with(json!({"mode": {"equals": "ro"}})));
    means("a b/** n=5", with(json!({"n": {"equals": 5}})));
    means("a b/** n=\"5\"", with(json!({"n": {"equals": "5"}})));
    means("a b/** n=true m=null", with(json!({"n": {"equals": true}, "m": {"equals": null}})));
    means("a b/** n=[1,\"x\"]", with(json!({"n": {"equals": [1, "x"]}})));
    means("a b/** n=007", with(json!({"n": {"equals": "007"}})));
    means("a b/** n=a=b<c", with(json!({"n": {"equals": "a=b<c"}})));
    means("a b/** n=\"a \\\"b\\\" \\u00e9\"", with(json!({"n": {"equals": "a \"b\" é"}})));
    means("a b/** \"my limit\"<=5", with(json!({"my limit": {"max": 5}})));
    means("a b/** \"...\"<=5", with(json!({"...": {"max": 5}})));
    means("a b/** /filter/owner=me", with(json!({"/filter/owner": {"equals": "me"}})));
    means("a b/** paths[]^=/srv", with(json!({"paths": {"each": {"prefix": "/srv"}}})));
    means("a b/** n?[]<=5", with(json!({"n": {"each": {"max": 5}, "optional": true}})));
    means("a b/** n n[]>=1", with(json!({"n": {"each": {"min": 1}}})));
    means("a b/** \"my paths\"[]~a/*", with(json!({"my paths": {"each": {"glob": "a/*"}}})));
    means("a b/** n=[]", with(json!({"n": {"equals": []}})));
    means(
        "a b/** /files/*/path[]$=.md",
        with(json!({"/files/*/path": {"each": {"suffix": ".md"}}})),
    );
    means("a b/** /files/*/path", with(json!({"/files/*/path": {"any": true}})));
    means("a b/** filter/**", with(json!({"filter": {"below": true}})));
    means(
        "a b/** /f/*/meta/** filter/**",
        with(json!({"/f/*/meta": {"below": true}, "filter": {"below": true}})),
    );
    means("a b/** \"my filter\"/**", with(json!({"my filter": {"below": true}})));
    means("a b/** \"a/\"/** b//**", with(json!({"a/": {"below": true}, "b/": {"below": true}})));
    means(
        "a b/** n=1 ...",
        json!({"operation": "a", "resource": "b/**", "args": {"n": {"equals": 1}}, "other_args": "allow"}),
    );
}

/// A limit as text and as JSON.
fn limit() -> impl Strategy<Value = (String, &'static str, Json)> {
    let number = -9_007_199_254_740_991_i64..=9_007_199_254_740_991;
    let word = "[a-zé@./0-9-]{1,8}".prop_filter("would be JSON", |w| {
        serde_json::from_str::<Json>(w).is_err() && !w.starts_with(['[', '{'])
    });
    let text = any::<String>();
    prop_oneof![
        number.clone().prop_map(|n| (format!("<={n}"), "max", n.into())),
        number.clone().prop_map(|n| (format!(">={n}"), "min", n.into())),
        number.prop_map(|n| (format!("={n}"), "equals", n.into())),
        word.clone().prop_map(|w| (format!("={w}"), "equals", w.into())),
        word.prop_map(|w| (format!("^={w}"), "prefix", w.into())),
        text.prop_map(|t| (format!("={}", Json::from(t.as_str())), "equals", t.into())),
        text.prop_map(|t| (format!("^={}", Json::from(t.as_str())), "prefix", t.into())),
        text.prop_map(|t| (format!("$={}", Json::from(t.as_str())), "suffix", t.into())),
        "[a-z]{1,4}(/\\*|/\\*\\*)?".prop_map(|g| (format!("~{g}"), "glob", g.into())),
        any::<bool>().prop_map(|b| (format!("={b}"), "equals", b.into())),
        any::<Vec<(bool, String)>>().prop_map(|texts| {
            let texts: Vec<_> = texts.into_iter().map(|(_, text)| Json::from(text)).collect();
            let written: Vec<_> = texts.iter().map(Json::to_string).collect();
            (format!(":one_of={}", written.join(",")), "one_of", texts.into())
        }),
        prop::collection::vec(-3_i64..3, 1..4).prop_map(|numbers| {
            let written: Vec<_> = numbers.iter().map(i64::to_string).collect();
            (format!(":none_of={}", written.join(",")), "none_of", numbers.into())
        }),
        "/?[a-z.]{1,3}(/[a-z.*]{0,3}){0,2}".prop_map(|t| (
            format!(":subpath={t}"),
            "subpath",
            t.into()
        )),
        (0_u64..50).prop_map(|n| (format!(":max_len={n}"), "max_len", n.into())),
        "10\\.[0-9]{1,3}\\.0\\.0/[0-9]{1,2}".prop_map(|t| (format!(":cidr={t}"), "cidr", t.into())),
        (-9_i64..9).prop_map(|n| (format!("[]<={n}"), "each", json!({"max": n}))),
        "[a-z/]{1,4}".prop_map(|t| (format!("[]:subpath={t}"), "each", json!({"subpath": t}))),
        "[a-z/]{1,4}".prop_map(|t| (format!("[]^={t}"), "each", json!({"prefix": t}))),
    ]
}

fn name() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        "[a-z_/][a-z0-9_./-]{0,5}".prop_map(|n| (n.clone(), n)),
        "/[a-z]{1,3}/\\*/[a-z]{1,3}".prop_map(|n| (n.clone(), n)),
        any::<String>().prop_map(|n| (Json::from(n.as_str()).to_string(), n)),
    ]
}

proptest! {
    /// Both forms accept the same capabilities, and refuse the same.
    #[test]
    fn text_and_json_agree(
        args in prop::collection::vec((name(), any::<bool>(), prop::collection::vec(limit(), 0..3)), 0..4),
        is_open in any::<bool>(),
    ) {
        let mut text = "crm.read accounts/**".to_owned();
        let mut json = Map::new();
        for ((written, name), is_optional, limits) in args {
            let mut own = Map::new();
            let mark = if is_optional { "?" } else { "" };
            if limits.is_empty() && is_optional {
                text.push_str(&format!(" {written}/**"));
                own.insert("below".to_owned(), true.into());
                prop_assume!(json.insert(name, own.into()).is_none());
                continue;
            }
            if limits.is_empty() {
                text.push_str(&format!(" {written}{mark}"));
                own.insert("any".to_owned(), true.into());
            }
            for (limit, kind, value) in limits {
                prop_assume!(!own.contains_key(kind));
                text.push_str(&format!("  {written}{mark}{limit}"));
                own.insert(kind.to_owned(), value);
            }
            if is_optional {
                own.insert("optional".to_owned(), true.into());
            }
            prop_assume!(json.insert(name, own.into()).is_none());
        }
        if is_open {
            text.push_str(" ...");
        }
        let wanted = json!({
            "operation": "crm.read", "resource": "accounts/**", "args": json,
            "other_args": if is_open { "allow" } else { "deny" },
        });
        let wanted = serde_json::from_value::<Capability>(wanted);
        match (parse(&text), wanted) {
            (Ok(own), Ok(wanted)) => {
                prop_assert_eq!(&own, &wanted);
                let written = wanted.as_written();
                prop_assert_eq!(parse(&written), Ok(wanted), "{}", written);
            }
            (Err(_), Err(_)) => {}
            (own, wanted) => prop_assert!(false, "{}\n{:?}\n{:?}", text, own, wanted),
        }
    }

    /// An accepted capability survives a round trip through JSON and through text, and an error
    /// points into the text.
    #[test]
    fn nothing_panics(text in "(crm\\.read a/\\*\\* )?[a-c<>=^$~?!*/\" .,:'\\\\\\[\\]{}0-9é\u{202e}]{0,24}|(a b )?(n:(one_of|subpath|url|cidr|max_len)=[a-c:/,.*{}\"0-9]{0,9} ?){0,2}|\\PC{0,40}") {
        match parse(&text) {
            Ok(capability) => {
                let json = serde_json::to_string(&capability).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Capability>(&json).unwrap(), &capability);
                let written = capability.as_written();
                prop_assert_eq!(parse(&written), Ok(capability), "{}", written);
            }
            Err(error) => {
                prop_assert_eq!(&error.text, &text);
                prop_assert!(error.at <= text.chars().count());
                prop_assert_eq!(error.to_string().lines().count(), 3);
            }
        }
    }
}
