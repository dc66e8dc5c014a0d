//! Properties of narrowed schemas, on random grants, schemas and calls.

use std::collections::BTreeMap;

use deputize::{
    Capability, Constraint, Grant, OtherArgs, Owner, Principal, Request, Signer as _, SigningKey,
    Token, Value, Wallet,
};
use deputize_mcp::presenting::PresenterSession;
use deputize_mcp::{Effect, Session as _};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use time::Duration;

use crate::cast::{AUDIENCE, line, now};

/// Few names and values, so that calls, limits and schemas often meet.
const NAMES: [&str; 5] = ["a", "a", "a", "b", "c"];

/// The limits on an argument of a capability, by its presence: required, optional, or anything below.
#[derive(Debug, Clone)]
struct Limited(u8, Vec<Constraint>);

/// A capability for the tool `t`, as far as the library can make it.
#[derive(Debug, Clone)]
struct Allowed(BTreeMap<&'static str, Limited>, bool);

impl Allowed {
    fn capability(&self) -> Option<Capability> {
        let mut own = Capability::new("tools/call", "t").unwrap();
        for (name, Limited(presence, limits)) in &self.0 {
            own = match presence {
                0 => own.with_arg(*name, limits.clone()).ok()?,
                1 => own.with_optional_arg(*name, limits.clone()).ok()?,
                _ => own.with_below(*name).ok()?,
            };
        }
        Some(own.with_other_args(if self.1 { OtherArgs::Allow } else { OtherArgs::Deny }))
    }
}

fn constraint() -> impl Strategy<Value = Constraint> {
    let texts = || vec(select(vec!["a", "bc", "/srv/a", "/srv/b/c"]), 1..3);
    prop_oneof![
        4 => (0..4_i64).prop_map(Constraint::min),
        4 => (1..5_i64).prop_map(Constraint::max),
        2 => (0..4_u64).prop_map(Constraint::max_len),
        2 => texts().prop_map(Constraint::one_of),
        2 => vec(0..4_i64, 1..3).prop_map(Constraint::one_of),
        1 => Just(Constraint::one_of([Value::Null, Value::from(1), Value::from("a")])),
        2 => value().prop_map(|own| match Value::try_from(own) {
            Ok(own) => Constraint::equals(own),
            Err(_) => Constraint::equals(2),
        }),
        1 => Just(Constraint::none_of(["a"])),
        1 => Just(Constraint::prefix("/srv")),
        1 => select(vec!["/srv", "/srv/b"]).prop_map(|own| Constraint::subpath(own).unwrap()),
        1 => texts().prop_map(Constraint::subset_of),
        1 => Just(Constraint::each(Constraint::subpath("/srv").unwrap()).unwrap()),
    ]
}

fn allowed() -> impl Strategy<Value = Allowed> {
    let name = select(vec!["a", "a", "a", "a", "b", "b", "c", "/b/x", "/c/*/y"]);
    let presence = select(vec![0, 0, 1, 1, 1, 2]);
    let limited = (presence, vec(constraint(), 0..3)).prop_map(|(presence, mut limits)| {
        limits.sort_by_key(Constraint::kind);
        limits.dedup_by_key(|own| own.kind());
        Limited(presence, if presence == 2 { Vec::new() } else { limits })
    });
    (btree_map(name, limited, 0..4), prop::bool::weighted(0.1))
        .prop_map(|(args, other)| Allowed(args, other))
}

/// A chain, by what each hop adds to the limits of the one before it, and leaves out.
type Chain = (Vec<Allowed>, Option<(u8, &'static str, Constraint)>);

fn chain() -> impl Strategy<Value = Chain> {
    (vec(allowed(), 1..4), option::of((any::<u8>(), select(NAMES.to_vec()), constraint())))
}

fn value() -> BoxedStrategy<Json> {
    let scalar = select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(1),
        json!(2),
        json!(2),
        json!(3.0),
        json!(4),
        json!(2.5),
        json!("a"),
        json!("bc"),
        json!("/srv/a"),
        json!("/srv/b/c"),
        json!("/etc"),
    ]);
    prop_oneof![
        12 => scalar.clone(),
        1 => vec(scalar.clone(), 0..4).prop_map(Json::from),
        1 => scalar.clone().prop_map(|own| json!({ "x": own })),
        2 => scalar.clone().prop_map(|own| json!({ "b": own })),
        1 => vec(scalar.prop_map(|own| json!({ "y": own })), 0..3).prop_map(Json::from),
    ]
    .boxed()
}

fn property() -> impl Strategy<Value = Json> {
    let kind = select(vec![
        json!(null),
        json!(null),
        json!("string"),
        json!("integer"),
        json!("number"),
        json!("number"),
        json!("array"),
        json!(["string", "number", "null"]),
        json!(["integer", "number", "null"]),
    ]);
    let more = select(vec![
        json!({}),
        json!({}),
        json!({ "minimum": 1.5, "maximum": 3 }),
        json!({ "exclusiveMinimum": 0 }),
        json!({ "maxLength": 2, "maxItems": 2 }),
        json!({ "enum": [0, 1, "a", null] }),
        json!({ "enum": ["bc", "/srv/a", "/etc"] }),
        json!({ "const": 2 }),
        json!({ "description": "It." }),
        json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }], "default": null }),
        json!({ "$ref": "#/$defs/small" }),
    ]);
    let made = (kind, more).prop_map(|(kind, mut more)| {
        if !kind.is_null() {
            more["type"] = kind;
        }
        more
    });
    prop_oneof![
        12 => made,
        1 => any::<bool>().prop_map(Json::from),
        3 => Just(json!({ "$ref": "#/properties/a" })),
        3 => Just(json!({ "$ref": "#" })),
    ]
}

fn schema() -> impl Strategy<Value = Json> {
    let others = select(vec![
        json!(null),
        json!(null),
        json!(true),
        json!(false),
        json!({ "type": "string" }),
    ]);
    let more = select(vec![
        json!({}),
        json!({}),
        json!({}),
        json!({ "patternProperties": { "^b": { "maximum": 3 } } }),
        json!({ "allOf": [{ "properties": { "b": { "type": "integer" } } }] }),
        json!({ "maxProperties": 2 }),
        json!({ "dependentRequired": { "a": ["b"] } }),
    ]);
    let dialect = select(vec![
        json!(null),
        json!("http://json-schema.org/draft-07/schema#"),
        json!("https://json-schema.org/draft/2020-12/schema"),
        json!("http://json-schema.org/draft-04/schema#"),
    ]);
    let properties = btree_map(select(NAMES.to_vec()), property(), 0..5);
    let required = proptest::sample::subsequence(vec!["a", "b", "c", "d"], 0..2);
    (properties, required, others, more, dialect).prop_map(
        |(properties, required, others, mut more, dialect)| {
            more["type"] = "object".into();
            more["$defs"] = json!({ "small": { "maximum": 2 } });
            if !properties.is_empty() {
                // A reference to a property needs one.
                let mut properties = properties;
                properties.entry("a").or_insert(json!({ "type": "integer" }));
                if properties["a"]["$ref"] == "#/properties/a" {
                    properties.insert("a", json!({}));
                }
                more["properties"] = json!(properties);
            }
            if !required.is_empty() {
                more["required"] = json!(required);
            }
            for (name, own) in [("additionalProperties", others), ("$schema", dialect)] {
                if !own.is_null() {
                    more[name] = own;
                }
            }
            more
        },
    )
}

/// Tokens, and the key of their holder.
struct Held {
    tokens: Vec<Token>,
    key: SigningKey,
}

impl Held {
    fn of(chains: &[Chain]) -> Option<Self> {
        let [alice, planner, key] = [(); 3].map(|()| SigningKey::generate().unwrap());
        let grant = |name: &str, to: &SigningKey, own: Vec<Capability>| {
            let to = Principal::agent(name, to.public_key()).unwrap();
            Grant::new(to, own, now() + Duration::HOUR, "a test").ok()
        };
        let mut tokens = Vec::new();
        for (allowed, narrower) in chains {
            let own: Vec<_> = allowed.iter().filter_map(Allowed::capability).collect();
            let Some(first) = grant("planner", &planner, own.clone()) else { continue };
            let owner = Owner::human("alice@acme.com").unwrap();
            let Ok(first) = Token::mint(owner, &alice, first.with_max_hops(1), now()) else {
                continue;
            };
            let narrowed = narrower.as_ref().map(|(which, name, limit)| {
                let mut parts = allowed.clone();
                parts.retain(|own| own.capability().is_some());
                let index = usize::from(*which) % parts.len();
                parts.truncate(index + 1);
                for part in &mut parts {
                    part.1 = false;
                    part.0.retain(|_, own| own.0 == 0 || which % 2 == 0);
                    let own = part.0.entry(name).or_insert(Limited(1, Vec::new()));
                    if own.0 < 2 && own.1.iter().all(|own| own.kind() != limit.kind()) {
                        own.1.push(limit.clone());
                    }
                }
                parts.iter().filter_map(Allowed::capability).collect()
            });
            let delegated = [narrowed, Some(own)].into_iter().flatten().find_map(|own| {
                first.delegate(&planner, grant("researcher", &key, own)?, now()).ok()
            });
            tokens.extend(delegated);
        }
        (!tokens.is_empty()).then_some(Self { tokens, key })
    }

    fn permit(&self, args: &Json) -> bool {
        let Ok(call) = Request::call("t", Some(&args.to_string()), AUDIENCE) else { return false };
        self.tokens.iter().any(|own| own.would_permit(&call, now()).is_ok())
    }

    /// Returns the schema of the tool as the presenter shows it; `None` if it leaves the tool out.
    fn shown(&self, schema: &Json) -> Option<Json> {
        let mut wallet = Wallet::trusting_any_root();
        for token in &self.tokens {
            wallet.add(token.clone(), now()).unwrap();
        }
        let session = PresenterSession::new(wallet, self.key.clone(), AUDIENCE);
        session.client_line(
            line(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#),
            now(),
            &mut |_| (),
        );
        let answer = json!({
            "jsonrpc": "2.0", "id": 1, "result": { "tools": [{ "name": "t", "inputSchema": schema }] },
        });
        let shown = session.server_line(line(&answer.to_string()), now(), &mut |_| ());
        let Some(Effect::ToClient(shown)) = shown else { panic!("{shown:?}") };
        let mut shown: Json = serde_json::from_slice(&shown).unwrap();
        shown["result"]["tools"].get_mut(0).map(|own| own["inputSchema"].take())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is narrowed admits no call that was not admitted, and hides none that is permitted.
    #[test]
    fn narrowing_adds_nothing_and_hides_nothing(
        schema in schema(),
        chains in vec(chain(), 1..3),
        calls in vec(btree_map(select(vec!["a", "a", "a", "a", "b", "b", "c", "d"]), value(), 0..4), 48),
    ) {
        let Some(held) = Held::of(&chains) else { return Ok(()) };
        // Draft 4 has no boolean schemas.
        let Ok(own) = jsonschema::validator_for(&schema) else { return Ok(()) };
        let shown = held.shown(&schema);
        if let Some(shown) = &shown {
            let again = held.shown(shown);
            prop_assert_eq!(again.as_ref(), Some(shown), "narrowed twice");
        }
        let narrowed = shown.as_ref().map(|own| jsonschema::validator_for(own).unwrap());
        for call in calls {
            let call = json!(call);
            let was = own.is_valid(&call);
            let is = narrowed.as_ref().is_some_and(|own| own.is_valid(&call));
            prop_assert!(was || !is, "admits {call:?}: {shown:?}");
            if was && held.permit(&call) {
                prop_assert!(is, "hides {call:?}: {shown:?}");
            }
        }
    }
}
