//! Messages of the client.

use deputize::Observer;
use deputize_guard::{Guard, GuardParts, Recording};
use deputize_mcp::Seen;
use deputize_mcp::guarding::GuardSession;
use serde_json::{Value, json};
use time::Duration;

use crate::cast::{AUDIENCE, Ends, Went, now, presented, scene, text, with_text};

const READ: &str = "tools/call read_file path:subpath=/srv head?=0..100";

fn read(path: &str) -> Value {
    json!({ "name": "read_file", "arguments": { "path": path } })
}

#[test]
fn an_allowed_call_reaches_the_server_without_its_presentation() {
    let scene = scene(&[READ]);
    let ends = Ends::new(&scene);
    let mut params = read("/srv/a");
    params["_meta"] = json!({
        "progressToken": 7, "acme/user": "root", "deputize/other": 1, "traceparent": "00-a-b-01",
    });
    let call = presented(&scene, "1", "tools/call", params);
    let sent = ends.client(&call).into_server();
    let expected = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": "read_file", "arguments": { "path": "/srv/a" },
            "_meta": { "progressToken": 7, "traceparent": "00-a-b-01" },
        },
    });
    assert_eq!(sent, expected);
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    assert_eq!(
        ends.server(answer).into_client(),
        json!({"jsonrpc":"2.0","id":1,"result":{"content":[]}})
    );
    // The same line once more.
    assert_eq!(ends.client(&call).refusal(), "not_fresh");
}

#[test]
fn whatever_is_not_allowed_does_not_reach_the_server() {
    let scene = scene(&[READ]);
    let ends = Ends::new(&scene);
    let refused = |line: &str, class: &str| {
        assert_eq!(ends.client(line).refusal(), class, "{line}");
    };
    refused(&presented(&scene, "1", "tools/call", read("/etc/passwd")), "not_granted");
    refused(&presented(&scene, "2", "tools/call", json!({ "name": "write_file" })), "not_granted");
    refused(
        &presented(&scene, "3", "resources/read", json!({ "uri": "file:///srv/a" })),
        "not_granted",
    );
    let bare = |id: u32, method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
    };
    refused(&bare(4, "tools/call", read("/srv/a")), "not_authentic");
    let two = json!({ "name": "read_file", "_meta": { "deputize/presentation": ["a", "b"] } });
    refused(&bare(5, "tools/call", two), "transport_not_text");
    let large =
        json!({ "name": "read_file", "_meta": { "deputize/presentation": "A".repeat(100_000) } });
    refused(&bare(6, "tools/call", large), "not_authentic");
    refused(
        &bare(7, "tools/call", json!({ "name": "read_file", "user": "root" })),
        "mcp_unknown_member",
    );
    refused(&bare(8, "tasks/list", json!({})), "mcp_not_allowed");
    refused(&bare(9, "tools/run", json!({})), "mcp_not_allowed");
    // Arguments that differ from those that were presented; a tool that was renamed.
    let shown = text(
        &scene,
        &deputize::Request::call("read_file", Some(r#"{"path":"/srv/a"}"#), AUDIENCE).unwrap(),
    );
    let other = |id: &str, params: Value| {
        with_text(id, "tools/call", params.as_object().unwrap().clone(), &shown)
    };
    refused(&other("10", read("/srv/b")), "not_fresh");
    refused(
        &other("11", json!({ "name": "read_media", "arguments": { "path": "/srv/a" } })),
        "not_granted",
    );
    // None of them used it up.
    assert!(matches!(ends.client(&other("12", read("/srv/a"))), Went::ToServer(_)));
}

/// A refused request leaves nothing open, and an id in use is refused before anything is used up.
#[test]
fn an_id_is_open_until_its_answer() {
    let scene = scene(&[READ]);
    let ends = Ends::new(&scene);
    ends.client(&presented(&scene, "1", "tools/call", read("/etc"))).refusal();
    let first = presented(&scene, "1", "tools/call", read("/srv/a"));
    assert!(matches!(ends.client(&first), Went::ToServer(_)));
    for id in ["1", "\"1\"", "\" 1\""] {
        let again = presented(&scene, id, "tools/call", read("/srv/b"));
        assert_eq!(ends.client(&again).into_client()["id"], Value::Null);
    }
    let second = presented(&scene, "2", "tools/call", read("/srv/b"));
    let taken = second.replacen("\"id\":2", "\"id\":1", 1);
    assert_eq!(ends.client(&taken).into_client()["id"], Value::Null);
    assert!(matches!(ends.client(&second), Went::ToServer(_)), "it was used up");
    ends.server(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).into_client();
    assert!(matches!(
        ends.client(&presented(&scene, "1", "tools/call", read("/srv/c"))),
        Went::ToServer(_)
    ));
}

#[test]
fn messages_without_authority_pass_and_roots_are_the_guards() {
    let scene = scene(&[READ]);
    let ends = Ends::new(&scene);
    let initialize = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": { "protocolVersion": "2025-11-25", "capabilities": { "roots": { "listChanged": true }, "sampling": {} } },
    });
    let sent = ends.client(&initialize.to_string()).into_server();
    assert_eq!(sent["params"]["capabilities"], json!({ "sampling": {} }));
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert!(matches!(ends.client(initialized), Went::ToServer(_)));
    for dropped in [
        r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/made/up"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"read_file"}}"#,
        // Nobody has asked.
        r#"{"jsonrpc":"2.0","id":3,"result":{"roots":[{"uri":"file:///etc"}]}}"#,
    ] {
        assert_eq!(ends.client(dropped), Went::Nowhere, "{dropped}");
    }
    assert_eq!(*ends.seen.lock().unwrap(), [Seen::UnaskedByServer]);
    // The server asks, and the guard answers.
    let asked = ends.server(r#"{"jsonrpc":"2.0","id":"r","method":"roots/list"}"#);
    assert_eq!(
        asked.into_server(),
        json!({ "jsonrpc": "2.0", "id": "r", "result": { "roots": [] } })
    );
    let guard = Guard::new(scene.verifier(), Recording::Nothing);
    let roots = ["file:///srv".to_owned()];
    let ends = Ends::with(GuardSession::new(guard, AUDIENCE).with_roots(roots));
    let asked = ends.server(r#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#).into_server();
    assert_eq!(asked["result"]["roots"], json!([{ "uri": "file:///srv" }]));
    assert_eq!(ends.client(r#"{"jsonrpc":"2.0","id":1,"result":{"roots":[]}}"#), Went::Nowhere);
}

#[test]
fn lines_that_two_readers_read_differently_are_refused() {
    let scene = scene(&["tools/call **"]);
    let ends = Ends::new(&scene);
    for line in [
        "{\"jsonrpc\":\"2.0\",\"id\":17,\"x\":\r{\"jsonrpc\":\"2.0\",\"id\":71,\"method\":\"tools/call\"}\r}",
        r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"method":"tools/call","params":{"name":"a"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"n":9007199254740993}}}"#,
        "nonsense",
    ] {
        let answer = ends.client(line).into_client();
        assert!(answer["error"]["code"].is_i64(), "{line}: {answer}");
    }
}

#[test]
fn an_observing_guard_passes_on_what_it_would_refuse() {
    let scene = scene(&[READ]);
    let observer = Observer::new(now() + Duration::days(1), now(), |_| {}).unwrap();
    let parts = GuardParts::new(scene.verifier(), Recording::Nothing).observing(observer);
    let ends = Ends::of(Guard::from_parts(parts));
    let call = |id: u32, params: Value| {
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
    };
    let sent = ends.client(&call(1, read("/etc/passwd"))).into_server();
    assert_eq!(sent["params"], read("/etc/passwd"));
    let presented = presented(&scene, "2", "tools/call", json!({ "name": "write_file" }));
    let sent = ends.client(&presented).into_server();
    assert_eq!(sent["params"], json!({ "name": "write_file", "arguments": {} }));
    // To observe waives decisions, not form: what is no request would have no record.
    let odd = call(3, json!({ "name": "read_file", "user": "root" }));
    assert_eq!(ends.client(&odd).refusal(), "mcp_unknown_member");
    // Lines are read as strictly, and methods are as few.
    assert_eq!(
        ends.client(r#"{"jsonrpc":"2.0","id":4,"method":"tools/run"}"#).refusal(),
        "mcp_not_allowed"
    );
}
