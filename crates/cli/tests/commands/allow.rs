//! The one-line form of capabilities means the same as the JSON form, and its errors point at the
//! character.

use deputize::{Capability, Constraint, ConstraintKind};
use deputize_cli::input::allow::{AllowError, parse};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

#[track_caller]
fn means(text: &str, wanted: Json) {
    assert_eq!(parse(text).unwrap(), serde_json::from_value(wanted).unwrap(), "{text}");
}

/// The short form has the kinds that need only one short parameter; the others are for JSON.
#[test]
fn a_kind_has_a_short_form_or_is_left_to_json() {
    for kind in ConstraintKind::ALL {
        let limit = match kind {
            ConstraintKind::Equals => "=1",
            ConstraintKind::Min => ">=1",
            ConstraintKind::Max => "<=1",
            ConstraintKind::Prefix => "^=a",
            ConstraintKind::Suffix => "$=a",
            ConstraintKind::Glob => "~a",
            ConstraintKind::Each => "[]<=1",
            ConstraintKind::OneOf
            | ConstraintKind::NoneOf
            | ConstraintKind::Subpath
            | ConstraintKind::Url
            | ConstraintKind::Cidr
            | ConstraintKind::MaxLen
            | ConstraintKind::SubsetOf
            | ConstraintKind::ContainsAll => continue,
        };
        let capability = parse(&format!("a b n{limit}")).unwrap();
        let limits = capability.constraints_on("n").unwrap();
        assert_eq!(limits.iter().map(Constraint::kind).collect::<Vec<_>>(), [*kind]);
    }
}

#[test]
fn each_form_has_its_json() {
    let with = |args: Json| json!({"operation": "a", "resource": "b/**", "args": args});
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

#[test]
fn errors_point_at_the_character() {
    let cases = [
        "",
        "crm.read",
        "crm..read accounts",
        "crm.read accounts/../x",
        "crm.read accounts/** limit<100",
        "crm.read accounts/** limit>1",
        "crm.read accounts/** limit==1",
        "crm.read accounts/** limit=<1",
        "crm.read accounts/** limit=>1",
        "crm.read accounts/** limit=~a",
        "crm.read accounts/** limit!=1",
        "crm.read accounts/** limit!1",
        "crm.read accounts/** limit~=a*",
        "crm.read accounts/** limit^a",
        "crm.read accounts/** limit??<=1",
        "crm.read accounts/** limit<=",
        "crm.read accounts/** limit<=\"1\"",
        "crm.read accounts/** limit<=1.5",
        "crm.read accounts/** limit<=5.0",
        "crm.read accounts/** limit<=4.9999999999999999999",
        "crm.read accounts/** limit=1e2",
        "crm.read accounts/** limit<=9007199254740992",
        "crm.read accounts/** limit=1.5",
        "crm.read accounts/** limit=[1, 2]",
        "crm.read accounts/** limit={\"a\":1}",
        "crm.read accounts/** limit=\"a",
        "crm.read accounts/** limit=\"a\"b",
        "crm.read accounts/** limit=\"\\x\"",
        "crm.read accounts/** lim\"it\"=1",
        "crm.read accounts/** <=1",
        "crm.read accounts/** \"\"<=1",
        "crm.read accounts/** ...<=1",
        "crm.read accounts/** limit<=1 limit<=2",
        "crm.read accounts/** limit<=1 limit?>=0",
        "crm.read accounts/** file~[a]",
        "crm.read accounts/** \"漢字\"<1",
        "crm.read accounts/** \"a\u{202e}\u{5d0}\"<1",
        // A look-alike of an operator must not turn the limit into a name.
        "crm.read accounts/** limit≤100 ...",
        "crm.read accounts/** limit:100 ...",
        "crm.read accounts/** limit\u{200b}<=100 ...",
        "crm.read accounts/** limit 100",
        "crm.read accounts/** limit -5",
        "crm.read accounts/** …",
        "crm.read accounts/** 漢字=1",
        "crm.read, accounts/**",
        "crm.read accounts/**, limit<=1",
        "crm.read accounts/** note^=",
        "crm.read accounts/** paths[]",
        "crm.read accounts/** paths[]=a",
        "crm.read accounts/** paths[]<5",
        "crm.read accounts/** paths[]?<=5",
        "crm.read accounts/** paths[0]<=5",
        "crm.read accounts/** paths[][]<=5",
        "crm.read accounts/** paths[]>=1 paths[]<=5",
        "crm.read accounts/** filter/**<=5",
        "crm.read accounts/** filter/**?",
        "crm.read accounts/** filter** ...",
        "crm.read accounts/** **",
        "crm.read accounts/** /**",
        "crm.read accounts/** .../**",
        "crm.read accounts/** filter/** filter<=5",
        "crm.read accounts/** filter? filter/**",
        "crm.read accounts/** note*=a",
        "crm.read accounts/** files/*/path",
        "crm.read accounts/** /files/*",
        "crm.read accounts/** /files",
        "crm.read accounts/** /a/*/b/*/c",
    ];
    let printed: Vec<_> = cases.iter().map(|text| parse(text).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(printed.join("\n\n"));
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
        (-9_i64..9).prop_map(|n| (format!("[]<={n}"), "each", json!({"max": n}))),
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
            (Ok(own), Ok(wanted)) => prop_assert_eq!(own, wanted),
            (Err(_), Err(_)) => {}
            (own, wanted) => prop_assert!(false, "{}\n{:?}\n{:?}", text, own, wanted),
        }
    }

    /// An accepted capability survives a round trip through JSON, and an error points into the
    /// text.
    #[test]
    fn nothing_panics(text in "(crm\\.read a/\\*\\* )?[a-c<>=^$~?!*/\" .\\\\\\[\\]{}0-9é\u{202e}]{0,24}|\\PC{0,40}") {
        match parse(&text) {
            Ok(capability) => {
                let json = serde_json::to_string(&capability).unwrap();
                prop_assert_eq!(serde_json::from_str::<Capability>(&json).unwrap(), capability);
            }
            Err(error) => {
                let AllowError { text: own, at, .. } = &error;
                prop_assert_eq!(own, &text);
                prop_assert!(*at <= text.chars().count());
                prop_assert_eq!(error.to_string().lines().count(), 3);
            }
        }
    }
}
