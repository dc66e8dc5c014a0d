//! Changed calls: each differs from a vector in one respect.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::{array, at};

/// Other times, each with a name.
pub(crate) fn moments(vector: &Value) -> Vec<(String, OffsetDateTime)> {
    let now = at(&vector["now"]);
    let mut moments: Vec<_> = [-31, -30, 30, 31, 86_400]
        .map(|seconds| (format!("{seconds} s later"), now + Duration::seconds(seconds)))
        .into();
    for (hop, grant) in array(&vector["grants"]).iter().enumerate() {
        for edge in ["not_before", "expires"].into_iter().filter(|edge| grant[*edge].is_string()) {
            let edge_at = at(&grant[edge]);
            moments.push((format!("a second before `{edge}` of hop {hop}"), edge_at - SECOND));
            moments.push((format!("at `{edge}` of hop {hop}"), edge_at));
        }
    }
    moments
}

const SECOND: Duration = Duration::seconds(1);

/// Other requests, each with a name and one change.
pub(crate) fn requests(own: &Value) -> Vec<(String, Value)> {
    let mut changed = Vec::new();
    let mut set = |field: &str, value: Value| {
        let mut request = own.clone();
        let name = format!("{field} {value}");
        request[field] = value;
        if request != *own {
            changed.push((name, request));
        }
    };
    for operation in ["crm.read", "crm.write", "crm.read.all", "crm", "crmx.read", "CRM.read", "x"]
    {
        set("operation", json!(operation));
    }
    for resource in RESOURCES {
        set("resource", json!(resource));
    }
    for audience in ["crm.acme.com", "mail.acme.com", "CRM.acme.com", "crm.acme.com.evil.com"] {
        set("audience", json!(audience));
    }
    let args = own["args"].as_object().cloned().unwrap_or_default();
    for other in arguments(&args) {
        set("args", Value::Object(other));
    }
    changed
}

const RESOURCES: [&str; 10] = [
    "accounts/emea/42",
    "accounts/emea/43",
    "accounts/emea/42/orders",
    "accounts/emea",
    "accounts",
    "accounts/apac/7",
    "accounts-old/emea/42",
    "Accounts/emea/42",
    "accounts/emea/４２",
    "mail/inbox",
];

/// One argument fewer, one more, and each of them with every value.
fn arguments(own: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let with = |name: &str, value: Value| {
        let mut args = own.clone();
        args.insert(name.to_owned(), value);
        args
    };
    let without = own.keys().map(|name| {
        let mut args = own.clone();
        args.remove(name);
        args
    });
    let mut all: Vec<_> = without.collect();
    all.push(with("extra", json!(1)));
    all.push(with("extra", json!({"deep": [1]})));
    all.push(with("mode", json!("ro")));
    all.push(with("Limit", json!(1)));
    for name in own.keys() {
        all.extend(values().into_iter().map(|value| with(name, value)));
    }
    all
}

/// Values of every kind, including the boundaries of every limit in the vectors.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!({}),
        json!({"a/b": "x"}),
        json!({"a/b": "x", "n": 3}),
        json!({"a/b": "x", "n": 4}),
        json!({"a/b": "y", "n": 3}),
        json!({"a/b": "x", "n": 3, "more": 1}),
        json!({"a": {"b": "x"}, "n": 3}),
        json!([]),
        json!([null]),
        json!([1]),
        json!([0.5]),
        json!([[]]),
        json!(["b", "a", null]),
        json!(["a", "b", null]),
        json!(["a"]),
        json!(["b", "a"]),
        json!(["a", "a"]),
        json!(["c", "a", "c"]),
        json!(["a", "b", "c", "d"]),
        json!(["b", "x", "a", 1]),
        json!(["1", "2", "3", "4", "5"]),
        json!(["1", "2", "3", "4", "5", "6"]),
        json!([{"a": "b"}]),
        json!([{"a": "b"}, {"a": "x"}]),
        json!([{"a": "/srv/data/x"}, {"a": "/srv/data/y", "b": {"*": 1}}]),
        json!([{"a": "b"}, {"b": 1}]),
        json!([{"a": "b"}, {}]),
        json!([{"a": 0.5}, {"a": {"b": 1}}]),
        json!([{"a": {"b": 1}}, {"a": {"b": 2}}]),
        json!({"*": [{"a": [{"b": 1}]}]}),
        json!(["/srv/data/x", "/srv/data"]),
        json!(["/srv/data/x", "/etc/passwd"]),
    ];
    for number in [0, 1, -1, 3, 5, 6, 7, 8, 10, 11, -5, -6, 100, 101, 499, 500, 501] {
        values.push(json!(number));
    }
    for number in [9_007_199_254_740_991_i64, -9_007_199_254_740_991] {
        values.push(json!(number));
    }
    for number in [0.5, 5.0, -0.0, 1e-7, 1.5e15, 1e21, 123_456.789, 5e-324, 0.000_001] {
        values.push(json!(number));
    }
    values.extend(TEXTS.map(Value::from));
    values
}

const TEXTS: [&str; 68] = [
    "",
    " ",
    "ro",
    "RO",
    "ro ",
    "a",
    "b",
    "c",
    "d",
    "5",
    "admin",
    "Admin",
    "query",
    // Lengths count bytes.
    "12345",
    "123456",
    "héll",
    "héllo",
    "漢字",
    "e\u{301}",
    "\u{e9}",
    "re: \"é\" ",
    "re: \"é\"",
    "re: \"e\u{301}\" ",
    "bob@acme.com",
    "eve@acme.com",
    "bob@acme.com.evil.com",
    "bob+23456789012345678901234567@acme.com",
    "bob+234567890123456789012345678@acme.com",
    "bob+2345678901234567890123456789@acme.com",
    // Characters that JSON can write in several ways.
    "\u{8}\t\n\u{c}\r\u{1}\u{7f}\u{2028}\\\"/<€😀",
    // `glob` and `subpath`
    "reports/emea/2026-11.csv",
    "reports/emea/2026-.csv",
    "reports/emea/2025-11.csv",
    "reports/emea/x/2026-11.csv",
    "reports/2026-11.csv",
    "/reports/emea/2026-11.csv",
    "reports/../2026-11.csv",
    "reports/%2e%2e/2026-11.csv",
    "reports/emea/2026-11.csv/",
    "reports\\emea\\2026-11.csv",
    "/srv/data",
    "/srv/data/emea/1",
    "/srv/database",
    "srv/data",
    "/srv/data/../secret",
    "/srv/data//x",
    "/srv/data/%2e%2e/x",
    "/srv/data/\u{202e}x",
    // `url`
    "https://api.acme.com/v1",
    "https://api.acme.com:8443/v1/accounts?x=1#y",
    "https://api.acme.com:80/v1",
    "https://api.acme.com/v10",
    "https://acme.com/v1",
    "https://example.org/v1/",
    "http://example.org:443/v1",
    "https://api.acme.com@evil.com/v1",
    "https://evil.com/v1?.acme.com",
    "https://API.acme.com/v1",
    "https://api.acme.com./v1",
    "https://api.acme.com/v1/../admin",
    "https://api.acme.com:08443/v1",
    // `cidr`
    "192.0.2.0",
    "192.0.2.255",
    "192.0.3.0",
    "192.0.2.07",
    "::ffff:192.0.2.7",
    "3221225991",
    "192.0.2.7 ",
];
