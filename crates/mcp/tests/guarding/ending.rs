//! Tasks and subscriptions end with the authority for them.

use deputize::testing::Scene;
use deputize::{
    MemoryReplayGuard, Observer, ReplayPolicy, RevocationPolicy, RevokedHops, TrustAnchors,
    Verifier,
};
use deputize_guard::{Guard, GuardParts, Recording};
use deputize_mcp::{Seen, Session as _};
use serde_json::{Value, json};
use time::Duration;

use crate::cast::{Ends, Went, now, presented, scene};

const ALLOWED: [&str; 6] = [
    "resources/subscribe uri uri",
    "subscriptions/listen uri resourceSubscriptions? toolsListChanged?",
    "tools/call build",
    "tasks/get task taskId",
    "tasks/result task taskId",
    "tools/call ask",
];

/// A guard of two holders, whose chains can be revoked.
struct Two {
    one: Scene,
    other: Scene,
    revoked: RevokedHops,
    ends: Ends,
}

impl Two {
    fn new() -> Self {
        let (one, other) = (scene(&ALLOWED), scene(&ALLOWED));
        let revoked = RevokedHops::default();
        let verifier = Verifier::new(
            TrustAnchors::new([one.anchor(), other.anchor()]).unwrap(),
            RevocationPolicy::checked_with(revoked.clone()),
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
        );
        let ends = Ends::of(Guard::new(verifier, Recording::Nothing));
        Self { one, other, revoked, ends }
    }

    fn revoke(&self, scene: &Scene) {
        // That of the planner, from whom the holder has its own.
        self.revoked.revoke(scene.token().hops()[0].id());
    }

    /// Sends a call, which is allowed.
    fn call(&self, scene: &Scene, id: &str, method: &str, params: Value) {
        self.ends.client(&presented(scene, id, method, params)).into_server();
    }

    fn subscribe(&self, scene: &Scene, id: &str, uri: &str) {
        self.call(scene, id, "resources/subscribe", json!({ "uri": uri }));
        self.ends.server(&result(id, json!({}))).into_client();
    }

    fn task(&self, scene: &Scene, id: &str, task: &str) {
        self.call(scene, id, "tools/call", json!({ "name": "build", "task": { "ttl": 60000 } }));
        self.ends.server(&result(id, json!({ "task": { "taskId": task } }))).into_client();
    }
}

fn result(id: &str, result: Value) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}")
}

fn updated(uri: &str) -> String {
    notification("resources/updated", json!({ "uri": uri }))
}

fn notification(name: &str, params: Value) -> String {
    let method = format!("notifications/{name}");
    json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

fn is_delivered(ends: &Ends, line: &str) -> bool {
    match ends.server(line) {
        Went::ToClient(_) => true,
        Went::Nowhere => {
            assert_eq!(ends.seen.lock().unwrap().pop(), Some(Seen::NotOpened));
            false
        }
        Went::ToServer(value) => panic!("{value}"),
    }
}

#[test]
fn a_subscription_ends_with_its_chain() {
    let two = Two::new();
    let Two { one, ends, .. } = &two;
    assert!(!is_delivered(ends, &updated("file:///a")), "nobody asked for it");
    // The first update can come before the answer.
    two.call(one, "1", "resources/subscribe", json!({ "uri": "file:///a" }));
    assert!(is_delivered(ends, &updated("file:///a")));
    ends.server(&result("1", json!({}))).into_client();
    for (uri, delivered) in [
        ("file:///a", true),
        ("file:///a/b", true),
        ("file:///a#1", true),
        ("file:///ab", false),
        ("file:///", false),
    ] {
        assert_eq!(is_delivered(ends, &updated(uri)), delivered, "{uri}");
    }
    assert!(!is_delivered(ends, &notification("resources/updated", json!({}))));
    assert!(is_delivered(ends, &notification("resources/list_changed", json!({}))));
    assert_eq!(ends.due(now()), []);
    two.revoke(one);
    assert!(!is_delivered(ends, &updated("file:///a")));
    let told = ends.due(now());
    let [Went::ToServer(told)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(
        told,
        &json!({ "jsonrpc": "2.0", "id": "deputize-1", "method": "resources/unsubscribe", "params": { "uri": "file:///a" } })
    );
    // The client has not asked, and gets no answer.
    assert_eq!(ends.server(&result("\"deputize-1\"", json!({}))), Went::Nowhere);
    assert_eq!(ends.due(now()), []);
    assert!(ends.session.ended().is_empty());
}

#[test]
fn two_holders_have_a_subscription_each() {
    let two = Two::new();
    let Two { one, other, ends, .. } = &two;
    two.subscribe(one, "1", "file:///a");
    two.subscribe(other, "2", "file:///a");
    two.subscribe(one, "3", "file:///b");
    two.revoke(one);
    // The server has one for both.
    let told: Vec<_> = ends.due(now()).into_iter().map(Went::into_server).collect();
    let uris: Vec<_> = told.iter().map(|own| own["params"]["uri"].as_str().unwrap()).collect();
    assert_eq!(uris, ["file:///b"]);
    assert!(
        is_delivered(ends, &updated("file:///a")) && !is_delivered(ends, &updated("file:///b"))
    );
    // What the client ends is ended for both.
    two.subscribe(other, "4", "file:///c");
    let unsubscribe = json!({ "jsonrpc": "2.0", "id": 5, "method": "resources/unsubscribe", "params": { "uri": "file:///a" } });
    ends.client(&unsubscribe.to_string()).into_server();
    assert!(
        !is_delivered(ends, &updated("file:///a")) && is_delivered(ends, &updated("file:///c"))
    );
    two.revoke(other);
    let told: Vec<_> = ends.due(now()).into_iter().map(Went::into_server).collect();
    assert_eq!((told.len(), &told[0]["params"]["uri"]), (1, &json!("file:///c")));
}

/// A stream of `subscriptions/listen` is an open request, and its notifications have its id.
#[test]
fn a_stream_ends_with_its_chain() {
    let two = Two::new();
    let Two { one, other, ends, .. } = &two;
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    two.call(one, "\"listen-1\"", "subscriptions/listen", listen.clone());
    two.call(other, "2", "subscriptions/listen", listen.clone());
    let of = |id: Value| {
        let meta = json!({ "io.modelcontextprotocol/subscriptionId": id });
        notification("tools/list_changed", json!({ "_meta": meta }))
    };
    for (id, delivered) in [
        (json!("listen-1"), true),
        (json!(2), true),
        (json!("2"), false),
        (json!(3), false),
        (json!([2]), false),
    ] {
        assert_eq!(is_delivered(ends, &of(id.clone())), delivered, "{id}");
    }
    two.revoke(one);
    assert!(!is_delivered(ends, &of(json!("listen-1"))));
    let told = ends.due(now());
    let [Went::ToServer(cancelled), Went::ToClient(error)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], "listen-1");
    let told = (&error["id"], &error["error"]["code"], &error["error"]["data"]["deputize/denial"]);
    let denial = json!({ "class": "not_granted", "code": "revoked" });
    assert_eq!(told, (&json!("listen-1"), &json!(-32010), &denial));
    assert!(error["error"]["message"].as_str().unwrap().contains("was revoked"), "{error}");
    assert_eq!(ends.server(&result("\"listen-1\"", json!({}))), Went::Nowhere);
    assert!(is_delivered(ends, &of(json!(2))));
    // An answer that comes before the guard looked is not delivered either.
    two.revoke(other);
    let answer = ends.server(&result("2", json!({ "_meta": {} }))).into_client();
    assert_eq!(answer["error"]["code"], -32010);
    assert_eq!(ends.due(now()), []);
    // Neither is one to a stream that the client has ended.
    let two = Two::new();
    let Two { one, ends, .. } = &two;
    two.call(one, "1", "subscriptions/listen", listen);
    assert!(is_delivered(ends, &of(json!(1))));
    ends.client(&notification("cancelled", json!({ "requestId": 1 }))).into_server();
    assert!(!is_delivered(ends, &of(json!(1))));
}

#[test]
fn a_task_ends_with_its_chain() {
    let two = Two::new();
    let Two { one, other, ends, .. } = &two;
    two.task(one, "1", "t1");
    two.task(other, "2", "t2");
    let status = |task: &str| {
        notification("tasks/status", json!({ "taskId": task, "status": "working", "ttl": 1 }))
    };
    assert!(is_delivered(ends, &status("t1")) && !is_delivered(ends, &status("t3")));
    // Its result is waited for, when the chain expires. A clock that goes back changes nothing.
    two.call(one, "3", "tasks/result", json!({ "taskId": "t1" }));
    let later = now() + Duration::minutes(6);
    assert_eq!(ends.server_at(later, &status("t1")), Went::Nowhere);
    assert_eq!(ends.server_at(later, &status("t2")), Went::Nowhere);
    let told = ends.due(later);
    let methods: Vec<_> = told
        .iter()
        .map(|own| match own {
            Went::ToServer(own) => {
                (own["method"].as_str().unwrap(), own["params"]["taskId"].clone())
            }
            Went::ToClient(own) => ("answer", own["id"].clone()),
            Went::Nowhere => panic!("{told:?}"),
        })
        .collect();
    let expected = [
        ("notifications/cancelled", Value::Null),
        ("answer", json!(3)),
        ("tasks/cancel", json!("t1")),
        ("tasks/cancel", json!("t2")),
    ];
    assert_eq!(methods, expected);
    assert_eq!(ends.due(now()), []);
    assert!(!is_delivered(ends, &status("t1")));
}

/// A task that is asked to live longer than its chain is refused, with the most that it can have.
#[test]
fn a_task_does_not_outlive_its_chain() {
    let two = Two::new();
    let Two { one, ends, .. } = &two;
    let wish = |id: &str, task: Value| {
        let params = json!({ "name": "build", "task": task });
        ends.client(&presented(one, id, "tools/call", params))
    };
    for (id, ttl) in ["1", "2", "3"].into_iter().zip([json!(0), json!(200_000), Value::Null]) {
        assert!(matches!(wish(id, json!({ "ttl": ttl })), Went::ToServer(_)), "{ttl}");
    }
    assert!(matches!(wish("4", json!({})), Went::ToServer(_)));
    for ttl in [json!(300_001), json!(-1), json!(1.5), json!("1000"), json!(1e9), json!(9e15)] {
        let answer = wish("5", json!({ "ttl": ttl })).into_client();
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("integer of at most 2"), "{ttl}: {text}");
    }
}

/// The ids of the guard's own requests are never those of the client's.
#[test]
fn the_guard_and_its_client_have_different_ids() {
    let two = Two::new();
    let Two { one, ends, .. } = &two;
    two.subscribe(one, "1", "file:///a");
    two.subscribe(one, "2", "file:///b");
    two.call(one, "\"deputize-1\"", "tools/call", json!({ "name": "ask" }));
    two.revoke(one);
    let told: Vec<_> = ends.due(now()).into_iter().map(Went::into_server).collect();
    assert_eq!((&told[0]["id"], &told[1]["id"]), (&json!("deputize-2"), &json!("deputize-3")));
    let ping = |id: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string();
    assert_eq!(ends.client(&ping("deputize-2")).into_client()["id"], Value::Null);
    // Neither can the client take them back, or learn that they failed.
    for id in ["deputize-2", "deputize-3"] {
        let cancel = notification("cancelled", json!({ "requestId": id }));
        assert_eq!(ends.client(&cancel), Went::Nowhere);
    }
    let unreadable = r#"{"jsonrpc":"2.0","id":"deputize-3","result":{"a":1,"a":2}}"#;
    assert_eq!(ends.server(unreadable), Went::Nowhere);
    assert_eq!(ends.server(&result("\"deputize-2\"", json!({}))), Went::Nowhere);
    let own = ends.server(&result("\"deputize-1\"", json!({}))).into_client();
    assert_eq!(own["id"], "deputize-1");
}

/// While a guard observes, everything is delivered, and what was opened without authority ends with that.
#[test]
fn what_was_observed_ends_with_the_observation() {
    let scene = scene(&["resources/subscribe uri uri"]);
    let until = now() + Duration::minutes(1);
    let observer = Observer::new(until, now(), |_| {}).unwrap();
    let parts = GuardParts::new(scene.verifier(), Recording::Nothing).observing(observer);
    let ends = Ends::of(Guard::from_parts(parts));
    let listen =
        r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{}}}"#;
    ends.client(listen).into_server();
    let meta = json!({ "io.modelcontextprotocol/subscriptionId": 1 });
    let of = notification("tools/list_changed", json!({ "_meta": meta }));
    assert!(is_delivered(&ends, &of) && is_delivered(&ends, &updated("file:///a")));
    assert_eq!(ends.due(now()), []);
    let later = until + Duration::SECOND;
    assert_eq!(ends.server_at(later, &of), Went::Nowhere);
    let told = ends.due(later);
    let [Went::ToServer(_), Went::ToClient(error)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(error["error"]["data"]["deputize/denial"]["code"], "guard_observing");
}
