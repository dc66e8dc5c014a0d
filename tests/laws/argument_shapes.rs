//! Names inside objects and lists, and everything below a name: for every shape of an argument, our
//! decision is that of Biscuit's engine.

use deputize::{Capability, Grant, Owner, Principal, Request, Signer, SigningKey, Token};
use serde_json::{Value as Json, json};
use time::Duration;

use crate::oracle::{require_agreement, single};
use crate::random::NOW;

fn capability(limits: &Json, others: &str) -> Capability {
    let own = json!({
        "operation": "crm.read", "resource": "a", "args": limits, "other_args": others,
    });
    serde_json::from_value(own).unwrap()
}

/// Limits on the elements of a list, on the list, and on neighbouring names.
fn limits() -> Vec<Json> {
    let path = json!({"each": {"subpath": "a"}});
    let optional = json!({"each": {"subpath": "a"}, "optional": true});
    vec![
        json!({"/f/*/p": path}),
        json!({"/f/*/p": optional}),
        json!({"/f/*/p": path, "/f/*/c": {"any": true}}),
        json!({"/f/*/p": path, "/f/*/c": {"any": true, "optional": true}}),
        json!({"/f/*/p": path, "f": {"max_len": 2, "optional": true}}),
        json!({"/f/*/p": path, "f": {"below": true}}),
        json!({"/f/*/p": {"max_len": 1}}),
        json!({"/f/*/p": {"equals": ["a", "b"]}}),
        json!({"/f/*/p": {"subset_of": ["a", 1]}}),
        json!({"/f/*/p": {"contains_all": ["a"]}}),
        json!({"/f/*/p": {"subpath": "a"}}),
        json!({"/f/*/p/q": {"any": true}}),
        json!({"/f/*/p/q": {"each": {"min": 1}, "optional": true}}),
        json!({"/f/~2/p": {"subpath": "a"}}),
        json!({"/~2/p": {"subpath": "a"}}),
        json!({"*": {"subpath": "a"}}),
        json!({"/f/p": {"subpath": "a"}}),
        json!({"f": {"any": true}}),
        json!({"f": {"any": true, "optional": true}}),
        json!({"f": {"max_len": 0}}),
        json!({"f": {"max_len": 1, "optional": true}}),
        json!({"f": {"each": {"max_len": 9}, "optional": true}}),
        json!({"f": {"subset_of": ["a", 1], "optional": true}}),
        json!({"f": {"below": true}}),
        json!({"f": {"below": true}, "/f/p": {"subpath": "a"}}),
        json!({"/f/*/p": {"below": true}}),
        json!({"/f/p": {"below": true}}),
        json!({"f2": {"below": true}}),
        json!({"f": {"below": true}, "f2": {"below": true}, "*": {"below": true}}),
        json!({"/f/p": {"below": true}, "f": {"max_len": 1}}),
        json!({"/f/p": {"any": true}}),
        json!({"/f/p": {"any": true}, "f": {"equals": 5, "optional": true}}),
        json!({"/f/p": {"any": true}, "f": {"below": true}, "/f/c": {"any": true}}),
    ]
}

fn shapes() -> Vec<Json> {
    let inside = [
        json!([]),
        json!(""),
        json!("a"),
        json!(5),
        json!(null),
        json!(1.5),
        json!({}),
        json!(["a"]),
        json!([{}]),
        json!([[{"p": "a"}]]),
        json!([{"p": "a"}]),
        json!([{"p": "a"}, {"p": "b"}]),
        json!([{"p": "a"}, {"p": "a/b"}]),
        json!([{"p": "a"}, {"p": "a"}, {"p": "a"}]),
        json!([{"p": "a"}, {"p": 1}]),
        json!([{"p": "a"}, {"p": 1.5}]),
        json!([{"p": "a"}, {"p": ["a"]}]),
        json!([{"p": "a"}, {"p": {}}]),
        json!([{"p": "a"}, {"p": {"q": 1}}]),
        json!([{"p": {"q": 1}}, {"p": {"q": 2}}]),
        json!([{"p": {"q": 1}}, {"p": {"r": 2}}]),
        json!([{"p": "a"}, {"c": 1}]),
        json!([{"c": 1}]),
        json!([{"p": "a", "c": 1}, {"p": "a", "c": 1.5}]),
        json!([{"p": "a", "c": 1}, {"p": "a"}]),
        json!([{"p": "a"}, {}]),
        json!([{"p": "a"}, "a"]),
        json!([{"p": "a"}, null]),
        json!([{"p": [{"q": 1}]}]),
        json!([{"*": "a"}]),
        json!({"*": {"p": "a"}}),
        json!({"*": [{"p": "a"}]}),
        json!({"p": "a"}),
        json!({"p": {"q": "a"}}),
        json!({"p": [{"q": "a"}]}),
        json!({"p": "a", "c": 1}),
        json!({"p": "b"}),
        json!({"~2": {"p": "a"}}),
    ];
    let mut shapes: Vec<_> = inside
        .iter()
        .flat_map(|value| [json!({"f": value}), json!({"*": value}), json!({"f2": value})])
        .collect();
    shapes.push(json!({}));
    shapes.extend(inside.iter().map(|value| json!({"f": [{"p": "a"}], "f2": value})));
    shapes
}

#[test]
fn every_shape_is_decided_as_by_the_engine() {
    let (mut allowed, mut denied) = (0, 0);
    for limits in limits() {
        for others in ["deny", "allow"] {
            let own = capability(&limits, others);
            let other: Capability =
                serde_json::from_value(json!({"operation": "mail.send", "resource": "**"}))
                    .unwrap();
            for (number, args) in shapes().into_iter().enumerate() {
                let args = args.as_object().unwrap().clone();
                // Half of them beside another capability, where an error must fail only its own
                // alternative.
                let granted = match number % 2 {
                    0 => vec![own.clone()],
                    _ => vec![other.clone(), own.clone()],
                };
                // A contradictory grant cannot be made.
                let Some(case) = single(granted, args) else { continue };
                let is_allowed = require_agreement(&case).is_empty();
                *(if is_allowed { &mut allowed } else { &mut denied }) += 1;
            }
        }
    }
    assert!(allowed > 300 && denied > 3_000, "allowed {allowed}, denied {denied}");
}

/// A child that `delegate` accepts permits no shape that its parent forbids.
#[test]
fn no_shape_of_arguments_widens_a_delegation() {
    let [alice, planner, researcher] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let grant = |to: &SigningKey, own: &Capability| {
        let to = Principal::agent("agent", to.public_key()).unwrap();
        Grant::new(to, [own.clone()], NOW + Duration::HOUR, "a test")
    };
    let calls: Vec<Request> = shapes()
        .into_iter()
        .map(|args| {
            let call = Request::new("crm.read", "a", "x").unwrap();
            call.with_arg_map(args.as_object().unwrap().clone()).unwrap()
        })
        .collect();
    let all: Vec<(Capability, Vec<bool>)> = limits()
        .iter()
        .flat_map(|limits| [capability(limits, "deny"), capability(limits, "allow")])
        .filter(|own| grant(&planner, own).is_ok())
        .map(|own| (own.clone(), calls.iter().map(|call| own.permits(call)).collect()))
        .collect();
    let (mut accepted, mut refused) = (0, 0);
    for (parent, outer) in &all {
        let granted = grant(&planner, parent).unwrap().with_max_hops(1);
        let token = Token::mint(Owner::human("alice").unwrap(), &alice, granted, NOW).unwrap();
        for (child, inner) in &all {
            if token.delegate(&planner, grant(&researcher, child).unwrap(), NOW).is_err() {
                refused += 1;
                assert!(parent != child, "{child} is not within itself");
                continue;
            }
            accepted += 1;
            let widens = inner.iter().zip(outer).position(|(inner, outer)| *inner && !*outer);
            let call = widens.map(|at| calls[at].args());
            assert_eq!(call, None, "[{child}] is accepted below [{parent}]");
        }
    }
    assert!(accepted > 100 && refused > 1_000, "accepted {accepted}, refused {refused}");
}

/// States what is permitted, because agreement alone is not enough: both could be wrong.
#[test]
fn other_values_in_place_of_a_list_of_objects_are_refused() {
    let permits = |limits: &Json, others: &str, args: &Json| {
        let own =
            json!({"operation": "crm.read", "resource": "a", "args": limits, "other_args": others});
        let own: Capability = serde_json::from_value(own).unwrap();
        let call = Request::new("crm.read", "a", "x").unwrap();
        own.permits(&call.with_args(&args.to_string()).unwrap())
    };
    let path = json!({"/f/*/p": {"each": {"subpath": "a"}}});
    for (args, closed, open) in [
        (json!({"f": [{"p": "a"}, {"p": "a/b"}]}), true, true),
        (json!({"f": [{"p": "a", "c": 1}]}), false, true),
        (json!({"f": [{"p": "a"}, {"p": "b"}]}), false, false),
        (json!({"f": [{"p": "a"}, {"c": 1}]}), false, false),
        (json!({"f": [{"p": "a"}, {"p": 1.5}]}), false, false),
        (json!({"f": [{"p": "a"}, "b"]}), false, false),
        (json!({"f": [{"p": "a"}, {}]}), false, false),
        (json!({"f": []}), false, false),
        (json!({"f": {"*": {"p": "a"}}}), false, false),
        (json!({"f": {"p": "a"}}), false, false),
        (json!({"f": "a"}), false, false),
        (json!({}), false, false),
    ] {
        assert_eq!(permits(&path, "deny", &args), closed, "{args}");
        assert_eq!(permits(&path, "allow", &args), open, "{args}");
    }
    let below = json!({"f": {"below": true}});
    for (args, is_permitted) in [
        (json!({}), true),
        (json!({"f": 1.5}), true),
        (json!({"f": {"a": {"b": [{"c": []}]}}}), true),
        (json!({"f": [{"a": 1}, 2]}), true),
        (json!({"f": [{"a": 1}, {"b": {"*": 2}}]}), true),
        (json!({"f2": 1}), false),
        (json!({"f2": {"a": 1}}), false),
        (json!({"f": 1, "g": {"f": 1}}), false),
        (json!({"f/a": 1}), false),
    ] {
        assert_eq!(permits(&below, "deny", &args), is_permitted, "{args}");
    }
}
