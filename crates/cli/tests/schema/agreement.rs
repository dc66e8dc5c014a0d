//! The schema accepts everything that the reader accepts, on random JSON.

use deputize::text::json;
use deputize::{ConstraintKind, Grant, Request, Signer};
use deputize_cli::commands::schema::Document;
use deputize_cli::input::capabilities::CapabilitiesFile;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use super::validator;

const TEXTS: [&str; 28] = [
    "",
    "a",
    "crm.read",
    "crm.*",
    "*",
    "**",
    "a/*",
    "a/**",
    "/srv/data",
    "a//b",
    "../a",
    "a/../b",
    "%2e",
    "é漢",
    "\u{202e}",
    "\n",
    "a b",
    "?",
    "[a]",
    "10.0.0.0/8",
    "10.1.0.0/8",
    "::/0",
    "2001:db8::/32",
    "https",
    "*.acme.com",
    "127.0.0.1",
    "allow",
    "x\n",
];

const OTHER_KEYS: [&str; 13] = [
    "operation",
    "resource",
    "audience",
    "args",
    "other_args",
    "capabilities",
    "any",
    "optional",
    "below",
    "ports",
    "path_prefix",
    "/a",
    "",
];

fn keys() -> Vec<&'static str> {
    let kinds = ConstraintKind::ALL.iter().map(|kind| kind.as_str());
    kinds.chain(OTHER_KEYS).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => "[a-z/.*]{0,12}",
        1 => ".{0,6}",
        1 => (select(&["a", "é", "/a", "a.", "*"][..]), 250_usize..262).prop_map(|(s, n)| s.repeat(n)),
        1 => (4090_usize..4100).prop_map(|n| "x".repeat(n)),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    const EDGE: i64 = 9_007_199_254_740_991;
    prop_oneof![
        3 => text().prop_map(Value::from),
        2 => (-3_i64..70_000).prop_map(Value::from),
        1 => select(&[EDGE, -EDGE, EDGE + 1, -EDGE - 1, i64::MAX, i64::MIN][..]).prop_map(Value::from),
        1 => select(&[0.0, -0.0, 1.0, 1.5, 1e300, 9_007_199_254_740_992.0][..]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(Value::from(u64::MAX)),
    ]
}

/// A list, mostly of one type.
fn list() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::collection::vec(scalar(), 0..4).prop_map(Value::from),
        prop::collection::vec(text(), 1..4).prop_map(Value::from),
        prop::collection::vec(-2_i64..5, 1..4).prop_map(Value::from),
        (254_i64..259).prop_map(|n| (0..n).collect()),
    ]
}

fn parameter() -> impl Strategy<Value = (&'static str, Value)> {
    let flags = select(&["any", "optional", "below"][..]);
    let kinds = select(ConstraintKind::ALL);
    prop_oneof![
        9 => kinds.prop_flat_map(|kind| (Just(kind.as_str()), parameter_of(kind))),
        1 => (flags, any::<bool>().prop_map(Value::from)),
    ]
}

fn parameter_of(kind: ConstraintKind) -> BoxedStrategy<Value> {
    match kind {
        ConstraintKind::Prefix
        | ConstraintKind::Suffix
        | ConstraintKind::Glob
        | ConstraintKind::Subpath
        | ConstraintKind::Cidr => text().prop_map(Value::from).boxed(),
        ConstraintKind::Min | ConstraintKind::Max | ConstraintKind::MaxLen => scalar().boxed(),
        ConstraintKind::OneOf
        | ConstraintKind::NoneOf
        | ConstraintKind::SubsetOf
        | ConstraintKind::ContainsAll => list().boxed(),
        ConstraintKind::Equals => prop_oneof![scalar(), list()].boxed(),
        ConstraintKind::Url => url().boxed(),
        ConstraintKind::Each => parameter_of_elements().boxed(),
    }
}

fn parameter_of_elements() -> impl Strategy<Value = Value> {
    let kinds = select(&["none_of", "max", "prefix", "glob", "equals", "one_of", "each"][..]);
    let value = prop_oneof![2 => scalar(), 1 => list()];
    prop::collection::btree_map(kinds, value, 0..3)
        .prop_map(|all| all.into_iter().map(|(kind, value)| (kind.to_owned(), value)).collect())
}

fn url() -> impl Strategy<Value = Value> {
    let schemes = select(&["https", "http", "ssh", "HTTP", "a+b"][..]);
    let hosts = select(&["acme.com", "*.acme.com", "8.8.8.8", "10.0.0.1", "[::1]", "a_b", ""][..]);
    let ports = prop::option::of(prop::collection::vec(0_u32..70_000, 0..3));
    let path = prop::option::of(select(&["", "/", "/v1", "/v1/", "v1", "/a b", "/%2e"][..]));
    (schemes, hosts, ports, path).prop_map(|(scheme, host, ports, path)| {
        let mut url = json!({"schemes": [scheme], "hosts": [host]});
        if let Some(ports) = ports {
            url["ports"] = ports.into();
        }
        if let Some(path) = path {
            url["path_prefix"] = path.into();
        }
        url
    })
}

fn limits() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"any": true})),
        Just(json!({"below": true})),
        prop::collection::vec(parameter(), 1..3).prop_map(|parts| {
            parts.into_iter().map(|(kind, value)| (kind.to_owned(), value)).collect()
        }),
    ]
}

fn capability() -> impl Strategy<Value = Value> {
    let operation = prop_oneof![3 => select(&["crm.read", "crm.*", "*"][..]).prop_map(str::to_owned), 1 => text()];
    let resource = prop_oneof![3 => select(&["a/1", "a/*", "a/**", "**"][..]).prop_map(str::to_owned), 1 => text()];
    let args = prop::collection::btree_map(text(), limits(), 0..3);
    let others = select(vec![json!("allow"), json!("deny"), json!(null), json!("x")]);
    (operation, resource, args, prop::option::of(others)).prop_map(
        |(op, resource, args, others)| {
            let args: Map<_, _> = args.into_iter().collect();
            let mut own = json!({"operation": op, "resource": resource, "args": args});
            if let Some(others) = others {
                own["other_args"] = others;
            }
            own
        },
    )
}

fn capabilities() -> impl Strategy<Value = Value> {
    prop::collection::vec(capability(), 0..3).prop_map(|all| json!({ "capabilities": all }))
}

/// A time with one character changed, or without it.
fn odd_time() -> impl Strategy<Value = String> {
    let odd = select(&["", " ", "_", "T", "t", "9", ":", "\n", "\0", "é"][..]);
    (0_usize..20, odd).prop_map(|(at, odd)| {
        let mut time = "2026-11-24T02:00:00Z".to_owned();
        time.replace_range(at..=at, odd);
        time
    })
}

fn grant() -> impl Strategy<Value = Value> {
    let name = prop_oneof![9 => "[a-z]{1,5}", 1 => text()];
    let key = |seed: u8| super::common::key(seed).public_key().to_string();
    let keys = prop::collection::vec((1_u8..5).prop_map(key), 0..3).prop_map(Value::from);
    let start = prop_oneof![
        9 => select(&["2026-11-23T18:00:00Z", "2026-11-23T18:00:00.5+01:00"][..]).prop_map(str::to_owned),
        1 => odd_time(),
    ];
    let expires = prop_oneof![
        9 => select(&["2026-11-24T18:00:00Z", "2027-01-01T00:00:00z"][..]).prop_map(str::to_owned),
        1 => Just("1969-01-01T00:00:00Z".to_owned()),
        1 => odd_time(),
    ];
    let audience = prop::collection::vec(name.clone(), 0..3).prop_map(Value::from);
    let hops = prop_oneof![3 => (0_i64..4).prop_map(Value::from), 1 => scalar()];
    let one = json!({ "capabilities": [{"operation": "crm.read", "resource": "a/**"}] });
    let capabilities = prop_oneof![3 => Just(one), 1 => capabilities()];
    let optional = (
        prop::option::of(start),
        prop::option::of(hops),
        prop::option::of(audience),
        prop::option::of(keys),
    );
    (capabilities, name.clone(), 1_u8..5, expires, name, optional).prop_map(
        move |(mut own, name, seed, expires, purpose, (start, hops, audience, delegates))| {
            own["to"] = json!({"name": name, "kind": "agent", "key": key(seed)});
            own["expires"] = expires.into();
            own["purpose"] = purpose.into();
            let optional = [
                ("not_before", start.map(Value::from)),
                ("max_hops", hops),
                ("audience", audience),
                ("delegates", delegates),
            ];
            for (field, value) in optional {
                if let Some(value) = value {
                    own[field] = value;
                }
            }
            own
        },
    )
}

fn argument() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..3)
                .prop_map(|all| all.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn call() -> impl Strategy<Value = Value> {
    let operation = prop_oneof![select(&["crm.read", "a"][..]).prop_map(str::to_owned), text()];
    let args = prop::collection::btree_map(text(), argument(), 0..3);
    (operation, text(), text(), args).prop_map(|(operation, resource, audience, args)| {
        let args: Map<_, _> = args.into_iter().collect();
        json!({"operation": operation, "resource": resource, "audience": audience, "args": args})
    })
}

/// A change to JSON that may be valid.
#[derive(Debug, Clone)]
enum Change {
    Replace(Index, Value),
    Remove(Index),
    Add(Index, &'static str, Value),
    /// An object becomes the list of its values, in the order that serde expects.
    List(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let any_json = || prop_oneof![scalar(), list(), Just(json!({})), limits(), capability()];
    prop_oneof![
        (any::<Index>(), any_json()).prop_map(|(at, json)| Change::Replace(at, json)),
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), select(keys()), any_json())
            .prop_map(|(at, key, json)| Change::Add(at, key, json)),
        any::<Index>().prop_map(Change::List),
    ]
}

impl Change {
    fn apply(self, json: &mut Value) {
        match self {
            Self::Replace(at, new) => *pick(json, at) = new,
            Self::Remove(at) => match pick(json, at) {
                Value::Object(members) => {
                    let key = members.keys().next().cloned();
                    key.and_then(|key| members.remove(&key));
                }
                Value::Array(items) => drop(items.pop()),
                other => *other = Value::Null,
            },
            Self::Add(at, key, new) => match pick(json, at) {
                Value::Object(members) => drop(members.insert(key.to_owned(), new)),
                Value::Array(items) => items.push(new),
                other => *other = new,
            },
            Self::List(at) => {
                let place = pick(json, at);
                if let Value::Object(members) = place {
                    let values = keys().into_iter().filter_map(|key| members.get(key));
                    *place = values.cloned().collect();
                }
            }
        }
    }
}

/// Returns one of the values in `json`.
fn pick(json: &mut Value, at: Index) -> &mut Value {
    let all = super::reports::pointers(json);
    json.pointer_mut(&all[at.index(all.len())]).unwrap()
}

pub(crate) fn changed(json: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (json, prop::collection::vec(change(), 0..3)).prop_map(|(mut json, changes)| {
        changes.into_iter().for_each(|change| change.apply(&mut json));
        json
    })
}

/// The number of inputs that the reader accepted, and that both refused: neither may be rare.
#[derive(Default)]
struct Count {
    accepted: u32,
    both_refused: u32,
    all: u32,
}

pub(crate) fn require_agreement(
    document: Document,
    json: impl Strategy<Value = Value>,
    accepts: impl Fn(&str) -> bool,
) {
    let validator = validator(document);
    let count = std::cell::RefCell::new(Count::default());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let run = runner.run(&json, |json| {
        let (read, fits) = (accepts(&json.to_string()), validator.is_valid(&json));
        let mut count = count.borrow_mut();
        count.accepted += u32::from(read);
        count.both_refused += u32::from(!read && !fits);
        count.all += 1;
        prop_assert!(fits || !read, "the reader accepts what the schema refuses: {json}");
        Ok(())
    });
    run.unwrap();
    let Count { accepted, both_refused, all } = count.into_inner();
    assert!(accepted > all / 20, "{accepted} of {all} are accepted");
    assert!(both_refused > all / 3, "{both_refused} of {all} are refused by both");
}

#[test]
fn capabilities_files() {
    require_agreement(Document::Capabilities, changed(capabilities()), |json| {
        CapabilitiesFile::from_json(json).is_ok()
    });
}

#[test]
fn grants() {
    require_agreement(Document::Grant, changed(grant()), |json| {
        json::read_object::<Grant>(json).is_ok()
    });
}

#[test]
fn requests() {
    require_agreement(Document::Request, changed(call()), |json| Request::from_json(json).is_ok());
}
