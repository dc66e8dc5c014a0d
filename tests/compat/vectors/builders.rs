//! Builders of inputs: a chain of grants, a call, and the parts that differ between cases.

use deputize::ConstraintKind;
use serde_json::{Value, json};

/// One hop from Alice to the planner with these capabilities, presented for this request.
pub(super) fn one(name: &str, description: &str, capabilities: Value, request: Value) -> Value {
    case(name, description, &[hop("alice", "planner", capabilities)], "planner", request)
}

pub(super) fn case(
    name: &str,
    description: &str,
    grants: &[Value],
    by: &str,
    request: Value,
) -> Value {
    json!({
        "name": name,
        "description": description,
        "seeds": {
            "alice": "01".repeat(32),
            "planner": "02".repeat(32),
            "researcher": "03".repeat(32),
            "writer": "04".repeat(32),
            "printer": "05".repeat(32),
        },
        "owner": {"name": "alice@acme.com", "kind": "human"},
        "token_id": "70".repeat(16),
        "now": "2026-11-23T18:00:00Z",
        "grants": grants,
        "presented": {
            "by": by,
            "issued": "2026-11-23T18:00:00Z",
            "window": 30,
            "nonce": "0e".repeat(16),
        },
        "request": request,
        "decision": "allow",
        "codes": [],
    })
}

pub(super) fn hop(signer: &str, to: &str, capabilities: Value) -> Value {
    json!({
        "signer": signer,
        "to": {"name": to, "kind": "agent", "key": to},
        "capabilities": capabilities,
        "expires": "2026-11-23T19:00:00Z",
        "max_hops": 0,
        "purpose": "Q3 account review",
        "issued": "2026-11-23T18:00:00Z",
    })
}

pub(super) fn call(args: Value) -> Value {
    json!({
        "operation": "crm.read",
        "resource": "accounts/emea/42",
        "audience": "crm.acme.com",
        "args": args,
    })
}

pub(super) fn reading(args: Value) -> Value {
    json!([{"operation": "crm.read", "resource": "accounts/emea/42", "args": args}])
}

/// A limit on one argument, and a value within it.
pub(super) fn limit(kind: &str, parameter: Value, value: Value) -> Value {
    let limits = json!({ "value": { kind: parameter } });
    let description = format!("one argument limited by `{kind}`");
    one(&format!("limit_{kind}"), &description, reading(limits), call(json!({ "value": value })))
}

pub(super) fn limit_of(kind: ConstraintKind) -> Value {
    let (parameter, value) = match kind {
        ConstraintKind::Equals => (json!("ro"), json!("ro")),
        ConstraintKind::OneOf => (json!([null, true, -1, 7, "a", "b"]), json!(7)),
        ConstraintKind::NoneOf => (json!(["a", "b"]), json!("c")),
        ConstraintKind::Min => (json!(-5), json!(-5)),
        ConstraintKind::Max => (json!(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64)),
        ConstraintKind::Prefix => (json!("re: \"é\" "), json!("re: \"é\" hello")),
        ConstraintKind::Suffix => (json!("@acme.com"), json!("bob@acme.com")),
        ConstraintKind::Glob => (json!("reports/*/2026-*.csv"), json!("reports/emea/2026-11.csv")),
        ConstraintKind::Subpath => (json!("/srv/data"), json!("/srv/data/emea")),
        ConstraintKind::Url => (
            json!({"schemes": ["https"], "hosts": ["*.acme.com", "example.org"], "ports": [443, 8443], "path_prefix": "/v1"}),
            json!("https://api.acme.com:8443/v1/accounts"),
        ),
        ConstraintKind::Cidr => (json!("192.0.2.0/24"), json!("192.0.2.7")),
        ConstraintKind::MaxLen => (json!(5), json!("héll")),
        ConstraintKind::SubsetOf => (json!(["a", "b", "c"]), json!(["c", "a"])),
        ConstraintKind::ContainsAll => (json!(["a", "b"]), json!(["b", "x", "a"])),
        ConstraintKind::Each => {
            (json!({"subpath": "/srv/data"}), json!(["/srv/data/a", "/srv/data"]))
        }
    };
    limit(kind.as_str(), parameter, value)
}

/// A pattern that covers the call without being equal to it.
pub(super) fn pattern(name: &str, operation: &str, resource: &str) -> Value {
    one(
        &format!("pattern_{name}"),
        &format!("`{operation}` on `{resource}`"),
        json!([{"operation": operation, "resource": resource}]),
        call(json!({})),
    )
}

/// The same with any arguments.
pub(super) fn open(name: &str, operation: &str, resource: &str) -> Value {
    one(
        &format!("pattern_{name}_with_any_arguments"),
        &format!("`{operation}` on `{resource}`, whatever the arguments are"),
        json!([{"operation": operation, "resource": resource, "other_args": "allow"}]),
        call(json!({})),
    )
}

pub(super) fn plain() -> Value {
    json!([{"operation": "crm.read", "resource": "accounts/**", "args": {"limit": {"max": 100}}}])
}

pub(super) fn with(mut of: Value, pointer: &str, changes: Value) -> Value {
    let object = of.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    of
}

pub(super) fn refused(case: Value, codes: Value) -> Value {
    with(case, "", json!({"decision": "deny", "codes": codes}))
}

/// A chain through all the agents, as long as there are names.
pub(super) fn chain(names: &[&str]) -> Vec<Value> {
    let mut hops: Vec<Value> = Vec::new();
    for (index, pair) in names.windows(2).enumerate() {
        let left = names.len().saturating_sub(2).saturating_sub(index);
        hops.push(with(hop(pair[0], pair[1], plain()), "", json!({"max_hops": left})));
    }
    hops
}
