//! Random capabilities and random texts.

use deputize::Capability;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::parse;

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
