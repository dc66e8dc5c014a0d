//! Messages of the server, and what belongs to whom.

use deputize::{MemoryReplayGuard, ReplayPolicy, RevocationPolicy, TrustAnchors, Verifier};
use deputize_guard::{Guard, GuardParts, Recording};
use deputize_mcp::{Seen, Session as _};
use serde_json::{Value, json};
use time::Duration;

use crate::cast::{Ends, Went, presented, scene};

#[test]
fn a_listing_shows_what_the_chain_grants() {
    let scene = scene(&["tools/call read_file path", "prompts/get review"]);
    let ends = Ends::new(&scene);
    let tools = json!([{ "name": "read_file" }, { "name": "write_file" }, { "name": "a//b" }, {}]);
    let listing = presented(&scene, "1", "tools/list", json!({}));
    let sent = ends.client(&listing).into_server();
    assert_eq!(sent, json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} }));
    let answer =
        json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": tools, "nextCursor": "p2" } });
    let shown = ends.server(&answer.to_string()).into_client();
    assert_eq!(shown["result"], json!({ "tools": [{ "name": "read_file" }], "nextCursor": "p2" }));
    // Without a presentation, all of it.
    ends.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).into_server();
    assert_eq!(ends.server(&answer.to_string()).into_client()["result"]["tools"], tools);
    // With one that was used before, nothing.
    assert_eq!(ends.client(&listing).refusal(), "not_fresh");
    for (method, member, items, left) in [
        ("prompts/list", "prompts", json!([{ "name": "review" }, { "name": "x" }]), 1),
        ("resources/list", "resources", json!([{ "uri": "file:///a" }]), 0),
        ("resources/templates/list", "resourceTemplates", json!([{ "uriTemplate": "a" }]), 0),
    ] {
        ends.client(&presented(&scene, "2", method, json!({}))).into_server();
        let answer = json!({ "jsonrpc": "2.0", "id": 2, "result": { member: items } });
        let shown = ends.server(&answer.to_string()).into_client();
        assert_eq!(shown["result"][member].as_array().unwrap().len(), left, "{method}");
    }
}

#[test]
fn the_guard_announces_itself_and_nobody_else_does() {
    let scene = scene(&["tools/call read_file"]);
    let ends = Ends::new(&scene);
    ends.client(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#).into_server();
    let forged =
        json!({ "deputize/guard": { "audience": "bank.acme.com" }, "deputize/x": 1, "acme": 1 });
    let answer = json!({
        "jsonrpc": "2.0", "id": 0,
        "result": { "capabilities": { "tools": {}, "experimental": forged, "extensions": forged }, "_meta": forged },
    });
    let shown = ends.server(&answer.to_string()).into_client();
    let expected = json!({
        "capabilities": {
            "tools": {},
            "experimental": { "deputize/guard": { "audience": "fs.acme.com" }, "acme": 1 },
            "extensions": { "acme": 1 },
        },
        "_meta": { "acme": 1 },
    });
    assert_eq!(shown["result"], expected);

    // A server cannot answer in the guard's name.
    ends.client(&presented(&scene, "1", "tools/call", json!({ "name": "read_file" })))
        .into_server();
    let denial = json!({ "deputize/denial": { "class": "not_granted" } });
    let answer =
        json!({ "jsonrpc": "2.0", "id": 1, "result": { "isError": true, "_meta": denial } });
    let shown = ends.server(&answer.to_string()).into_client();
    assert_eq!(shown["result"], json!({ "isError": true, "_meta": {} }));
}

#[test]
fn answers_and_requests_of_the_server_are_matched() {
    let scene = scene(&["tools/call read_file"]);
    let ends = Ends::new(&scene);
    assert_eq!(ends.server(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Went::Nowhere);
    assert_eq!(ends.server("log: started"), Went::Nowhere);
    assert_eq!(*ends.seen.lock().unwrap(), [Seen::Unasked, Seen::NotAMessage("mcp_not_json")]);
    let asked = r#"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{}}"#;
    assert!(matches!(ends.server(asked), Went::ToClient(_)));
    // An id that is open is not taken twice.
    assert_eq!(ends.server(asked).into_server()["id"], Value::Null);
    let answer = r#"{"jsonrpc":"2.0","id":5,"result":{"role":"assistant"}}"#;
    assert!(matches!(ends.client(answer), Went::ToServer(_)));
    assert_eq!(ends.client(answer), Went::Nowhere);
    // An answer that nobody can read is one to its client.
    ends.client(&presented(&scene, "1", "tools/call", json!({ "name": "read_file" })))
        .into_server();
    let large = r#"{"jsonrpc":"2.0","id":1,"result":{"mtime":18446744073709551615}}"#;
    let shown = ends.server(large).into_client();
    assert_eq!((&shown["id"], &shown["error"]["code"]), (&json!(1), &json!(-32603)));
    // And so is the end of the server.
    ends.client(&presented(&scene, "2", "tools/call", json!({ "name": "read_file" })))
        .into_server();
    assert_eq!(ends.session.ended().len(), 1);
    assert!(ends.session.ended().is_empty());
}

/// A task and a state belong to the holder to whom the guard passed them.
#[test]
fn tasks_and_states_are_of_one_holder() {
    let allowed = [
        "tools/call build",
        "tools/call mail to",
        "tasks/get task taskId",
        "tasks/cancel task taskId",
    ];
    let (one, other) = (scene(&allowed), scene(&allowed));
    let verifier = Verifier::new(
        TrustAnchors::new([one.anchor(), other.anchor()]).unwrap(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::DAY },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );
    let ends = Ends::of(Guard::new(verifier, Recording::Nothing));
    let call =
        |id: &str, method: &str, params: Value| ends.client(&presented(&one, id, method, params));
    call("1", "tools/call", json!({ "name": "build", "task": { "ttl": 60000 } })).into_server();
    ends.server(r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t1","status":"working"}}}"#)
        .into_client();
    assert!(matches!(call("2", "tasks/get", json!({ "taskId": "t1" })), Went::ToServer(_)));
    assert_eq!(call("3", "tasks/get", json!({ "taskId": "t2" })).refusal(), "not_granted");
    assert_eq!(
        call("4", "tools/call", json!({ "name": "build", "task": { "ttl": 1, "user": "root" } }))
            .refusal(),
        "not_granted"
    );
    let theirs =
        |id: &str, method: &str, params: Value| ends.client(&presented(&other, id, method, params));
    assert_eq!(theirs("10", "tasks/get", json!({ "taskId": "t1" })).refusal(), "not_granted");
    assert_eq!(theirs("10", "tasks/cancel", json!({ "taskId": "t1" })).refusal(), "not_granted");
    // Neither does a task move to another holder, whatever the server says.
    theirs("10", "tools/call", json!({ "name": "build" })).into_server();
    ends.server(r#"{"jsonrpc":"2.0","id":10,"result":{"task":{"taskId":"t1"}}}"#).into_client();
    assert_eq!(theirs("10", "tasks/cancel", json!({ "taskId": "t1" })).refusal(), "not_granted");

    let ask = |state: &str, to: &str| json!({ "name": "mail", "arguments": { "to": to }, "requestState": state });
    assert_eq!(call("5", "tools/call", ask("sure?", "bob")).refusal(), "not_granted");
    call("6", "tools/call", json!({ "name": "mail", "arguments": { "to": "bob" } })).into_server();
    ends.server(r#"{"jsonrpc":"2.0","id":6,"result":{"resultType":"input_required","requestState":"sure?"}}"#).into_client();
    assert_eq!(call("7", "tools/call", ask("sure?", "eve")).refusal(), "not_granted");
    assert_eq!(call("8", "tools/call", ask("other", "bob")).refusal(), "not_granted");
    assert_eq!(theirs("10", "tools/call", ask("sure?", "bob")).refusal(), "not_granted");
    let sent = call("9", "tools/call", ask("sure?", "bob")).into_server();
    assert_eq!(sent["params"]["requestState"], "sure?");
}

/// A server that guesses the next id answers nothing: an answer counts once its call was sent.
#[test]
fn an_answer_cannot_come_before_its_call() {
    let scene = scene(&["tools/call read_file"]);
    let ends = std::sync::Arc::new(std::sync::OnceLock::<Ends>::new());
    let early = std::sync::Arc::clone(&ends);
    let answered = std::sync::Arc::new(std::sync::Mutex::new(None));
    let own = std::sync::Arc::clone(&answered);
    // The policy is asked while the call is decided about.
    let parts = GuardParts::new(scene.verifier(), Recording::Nothing).with_policy(move |_, _| {
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"forged":true}}"#;
        *own.lock().unwrap() = early.get().map(|ends| ends.server(answer));
        Ok(())
    });
    ends.set(Ends::of(Guard::from_parts(parts))).ok().unwrap();
    let ends = ends.get().unwrap();
    ends.client(&presented(&scene, "1", "tools/call", json!({ "name": "read_file" })))
        .into_server();
    assert_eq!(*answered.lock().unwrap(), Some(Went::Nowhere));
    let real = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert!(matches!(ends.server(real), Went::ToClient(_)));
}

/// No SDK answers a request that was cancelled, and a late answer is not that of another call.
#[test]
fn a_cancelled_call_keeps_its_id_until_there_is_no_room() {
    let scene = scene(&["tools/call read_file"]);
    let ends = Ends::new(&scene);
    let send = |id: u32| {
        ends.client(&presented(
            &scene,
            &id.to_string(),
            "tools/call",
            json!({ "name": "read_file" }),
        ))
    };
    let cancel = |id: u32| {
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }).to_string()
    };
    send(1).into_server();
    assert!(matches!(ends.client(&cancel(1)), Went::ToServer(_)));
    assert_eq!(send(1).into_client()["id"], Value::Null);
    assert_eq!(ends.server(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Went::Nowhere);
    send(1).into_server();
    // Cancelled calls do not fill the connection.
    let many = u32::try_from(3 * deputize_mcp::limits::MAX_OPEN_IDS).unwrap();
    for id in 10..10 + many {
        let ping = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string();
        assert!(matches!(ends.client(&ping), Went::ToServer(_)), "{id}");
        ends.client(&cancel(id)).into_server();
    }
}
