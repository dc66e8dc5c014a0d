//! Our decision is that of Biscuit's own engine, on random chains, grants and requests.

use std::collections::BTreeMap;

use crate::oracle::{require_agreement, single};
use crate::random::case;
use crate::source::Source;
use deputize::{ConstraintKind, DenyCode};
use serde_json::{Value, json};

#[test]
fn decisions_agree_with_biscuits_engine() {
    let count: u64 = std::env::var("ORACLE_CASES").map_or(6_000, |n| n.parse().unwrap());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..count {
        let codes = require_agreement(&case(&mut Source(number)));
        let word = if codes.is_empty() { "allow" } else { codes[0].as_str() };
        *seen.entry(word).or_default() += 1;
    }
    println!("{seen:#?}");
    let share = |word: &str| seen.get(word).copied().unwrap_or(0) as f64 / count as f64;
    assert!(share("allow") > 0.05, "too few cases are allowed to mean anything: {seen:?}");
    for code in [
        DenyCode::Expired,
        DenyCode::NotYetValid,
        DenyCode::PresentationNotFresh,
        DenyCode::WrongRequest,
        DenyCode::WrongAudience,
        DenyCode::AudienceNotGranted,
        DenyCode::NoCapability,
        DenyCode::OperationNotGranted,
        DenyCode::ResourceNotGranted,
        DenyCode::UnknownArgument,
        DenyCode::ArgumentMissing,
        DenyCode::ArgumentRefused,
        DenyCode::DelegationDepthExceeded,
    ] {
        assert!(seen.contains_key(code.as_str()), "no case was refused by {code}: {seen:?}");
    }
}

/// Parameters at their boundaries.
fn parameters(kind: ConstraintKind) -> Vec<Value> {
    match kind {
        ConstraintKind::Equals => {
            vec![json!(null), json!(true), json!(1), json!("a"), json!(["a", "b"]), json!([])]
        }
        ConstraintKind::OneOf => vec![json!([1, "a", null]), json!([true, "ab"])],
        ConstraintKind::NoneOf => vec![json!([1, 2]), json!(["a"]), json!([true])],
        ConstraintKind::Min | ConstraintKind::Max => vec![json!(1)],
        ConstraintKind::Prefix => vec![json!("a")],
        ConstraintKind::Suffix => vec![json!("b")],
        ConstraintKind::Glob => vec![json!("a/*")],
        ConstraintKind::Subpath => vec![json!("a")],
        ConstraintKind::Url => vec![json!({"schemes": ["https"], "hosts": ["*.acme.com"]})],
        ConstraintKind::Cidr => vec![json!("10.0.0.0/8")],
        ConstraintKind::MaxLen => vec![json!(0), json!(1), json!(2)],
        ConstraintKind::SubsetOf => vec![json!([1, 2]), json!(["a", 1, null])],
        ConstraintKind::ContainsAll => vec![json!(["a"]), json!([1, 2]), json!(["b", "a"])],
        ConstraintKind::Each => vec![
            json!({"none_of": [1, 3]}),
            json!({"none_of": ["b"]}),
            json!({"none_of": [true]}),
            json!({"min": 1}),
            json!({"max": 1}),
            json!({"prefix": "a"}),
            json!({"suffix": "b"}),
            json!({"glob": "a/*"}),
            json!({"subpath": "a"}),
            json!({"url": {"schemes": ["https"], "hosts": ["*.acme.com"]}}),
            json!({"cidr": "10.0.0.0/8"}),
            json!({"max_len": 1}),
        ],
    }
}

/// Every kind of constraint against every type of value, both at their boundaries: alone in a hop,
/// where an error of the engine is a denial, and beside another capability, where it must not be
/// one.
#[test]
fn every_constraint_agrees_with_the_engine_on_every_value() {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(9_007_199_254_740_991_i64),
        json!(1.5),
        json!(""),
        json!("a"),
        json!("b"),
        json!("ab"),
        json!("äb"),
        json!("a/b"),
        json!("1"),
        json!("10.1.2.3"),
        json!("https://api.acme.com/v1"),
        json!([]),
        json!([1]),
        json!([1, 2]),
        json!(["a"]),
        json!(["a", "b"]),
        json!(["a", 1, null]),
        json!([[1]]),
        json!([1.5]),
        json!({}),
        json!({"o": 1}),
        json!([{"o": 1}]),
        json!([{"o": 1}, {"o": 2}]),
        json!([{"o": 1}, {}]),
        json!([1.5, 2.5]),
        json!(["a/b"]),
        json!(["a/b", "a/c"]),
        json!(["10.1.2.3", null]),
        json!([true, false]),
    ];
    let mut constraints = vec![
        json!({"any": true}),
        json!({"min": 1, "max": 2}),
        json!({"prefix": "a", "suffix": "b", "max_len": 2}),
        json!({"each": {"max_len": 3}, "max_len": 1}),
        json!({"each": {"prefix": "a"}, "contains_all": ["ab"]}),
    ];
    for kind in ConstraintKind::ALL {
        let parameters = parameters(*kind);
        constraints.extend(parameters.into_iter().map(|own| json!({kind.as_str(): own})));
    }
    let (mut allowed, mut denied) = (0, 0);
    for constraint in &constraints {
        for (number, value) in values.iter().map(Some).chain([None]).enumerate() {
            for (optional, others) in
                [(false, "deny"), (true, "deny"), (false, "allow"), (true, "allow")]
            {
                if optional && others == "allow" && constraint.get("any").is_some() {
                    continue; // It would have no effect, and grants refuse it.
                }
                let mut limits = constraint.clone();
                limits["optional"] = optional.into();
                let own = json!({"operation": "crm.read", "resource": "a", "args": {"v": limits}, "other_args": others});
                // The second one matches everything but the operation.
                let other =
                    json!({"operation": "mail.send", "resource": "**", "other_args": "allow"});
                let beside = if number % 2 == 0 { vec![own, other] } else { vec![other, own] };
                for capabilities in [&beside[number % 2..=number % 2], &beside[..]] {
                    let capabilities = capabilities.iter().cloned();
                    let capabilities = capabilities.map(|c| serde_json::from_value(c).unwrap());
                    let args = value.map(|value| ("v".to_owned(), value.clone()));
                    let args = args.into_iter().collect();
                    let case = single(capabilities.collect(), args).unwrap();
                    let is_allowed = require_agreement(&case).is_empty();
                    *(if is_allowed { &mut allowed } else { &mut denied }) += 1;
                }
            }
        }
    }
    assert!(allowed > 300 && denied > 300, "allowed {allowed}, denied {denied}");
}
