//! The schema of a tool, narrowed to a capability: it never refuses a call that both permit, and
//! never accepts one that the tool's own schema refuses.

use deputize::{Capability, Request};
use serde_json::{Value, json};

fn tools() -> Vec<Value> {
    let properties = json!({
        "n": { "type": ["integer", "null"], "minimum": 2, "maximum": 50 },
        "path": { "type": "string", "pattern": "^/", "maxLength": 20 },
        "mode": { "enum": ["ro", "rw"] },
        "tags": { "type": "array", "items": { "type": "string" }, "allOf": [{ "maxItems": 3 }] },
        "filter": { "type": "object", "properties": { "owner": { "type": "string" } } },
        "hidden": { "type": "boolean" },
    });
    vec![
        json!(true),
        json!({}),
        json!({ "type": "object", "properties": properties }),
        json!({ "type": "object", "properties": properties, "required": ["path"], "additionalProperties": false }),
        json!({ "properties": properties, "additionalProperties": { "type": "integer" } }),
        json!({ "properties": { "n": properties["n"] }, "additionalProperties": false }),
        json!({ "additionalProperties": { "type": "integer" } }),
        json!({ "patternProperties": { "^p": { "maxLength": 3 } }, "additionalProperties": false }),
        json!({ "$defs": { "n": properties["n"] }, "properties": { "n": { "$ref": "#/$defs/n" } } }),
        json!({ "allOf": [{ "properties": properties }], "unevaluatedProperties": false }),
        // As generators write a root that has a name.
        json!({ "$ref": "#/$defs/Args", "$defs": { "Args": { "type": "object", "properties": properties } } }),
        json!({ "properties": { "tags": { "prefixItems": [{}], "unevaluatedItems": false } } }),
        json!({ "properties": { "n": { "minimum": 2.5 }, "path": true, "mode": false } }),
    ]
}

const CAPABILITIES: [&str; 20] = [
    "a b",
    "a b ...",
    "a b n=0..10",
    "a b n?<=5 ...",
    "a b n=5",
    "a b n:one_of=5,7",
    "a b n:none_of=5",
    "a b path:subpath=/srv",
    "a b path:subpath=/",
    "a b path:glob=/srv/*.txt",
    "a b path^=/srv/ mode?=ro",
    "a b path$=.txt",
    "a b path:max_len=5 hidden?=true",
    "a b path:url=https://acme.com",
    "a b tags:subset_of=x,y",
    "a b tags:contains_all=x",
    "a b tags[]^=x",
    "a b /filter/owner=me",
    "a b filter/**",
    "a b path:cidr=10.0.0.0/8",
];

fn values() -> Vec<Value> {
    let one = |name: &'static str, values: Vec<Value>| {
        values.into_iter().map(move |value| json!({ name: value }))
    };
    let mut all = vec![json!({}), json!({"n": 5, "path": "/srv/a.txt"})];
    all.extend(one("n", [0, 1, 2, 3, 5, 7, 10, 11, 50, 51].map(Value::from).to_vec()));
    all.extend(one("n", vec![json!(null), json!(2.5), json!(5.0), json!("5")]));
    let paths =
        ["", "/", "/srv", "/srv/a.txt", "/srvx", "srv", "/srv/../x", "/srv/aaaaaaaaaaaaaaaa.txt"];
    all.extend(one("path", paths.map(Value::from).to_vec()));
    all.extend(one(
        "path",
        ["https://acme.com", "http://acme.com", "10.1.2.3"].map(Value::from).to_vec(),
    ));
    all.extend(one(
        "tags",
        vec![json!([]), json!(["x"]), json!(["y", "x"]), json!(["z"]), json!([1])],
    ));
    all.extend(one(
        "filter",
        vec![json!({}), json!({"owner": "me"}), json!({"owner": 1}), json!(1)],
    ));
    all.extend(one("hidden", vec![json!(true), json!("true")]));
    all.extend(one("other", vec![json!(1), json!("x")]));
    all.push(json!({"path": "/srv/a.txt", "mode": "ro"}));
    all.push(json!({"path": "/srv/a.txt", "mode": "rw"}));
    all.push(json!({"path": "/srv", "hidden": true}));
    all
}

#[test]
fn a_narrowed_schema_lies_between_the_tool_and_the_capability() {
    let (mut refused, mut missed) = (0, 0);
    for tool in tools() {
        let before = jsonschema::validator_for(&tool).unwrap();
        for text in CAPABILITIES {
            let own: Capability = text.parse().unwrap();
            let narrowed = own.narrow_schema(&tool);
            jsonschema::draft202012::meta::validate(&narrowed).unwrap();
            let after = jsonschema::validator_for(&narrowed).unwrap();
            for args in values() {
                let call = Request::new("a", "b", "c").unwrap();
                let call = call.with_arg_map(args.as_object().unwrap().clone()).unwrap();
                let (is_tool, is_after) = (before.is_valid(&args), after.is_valid(&args));
                let is_both = is_tool && own.permits(&call);
                assert!(!is_both || is_after, "{text} {tool} refuses {args}: {narrowed}");
                assert!(!is_after || is_tool, "{text} {tool} accepts {args}: {narrowed}");
                refused += u32::from(is_tool && !is_after);
                missed += u32::from(is_after && !is_both);
            }
        }
    }
    // Most of what the capability refuses is refused by the schema already.
    assert!(refused > 20 * missed, "refused {refused}, missed {missed}");
}
