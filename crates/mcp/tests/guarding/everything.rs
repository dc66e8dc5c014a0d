//! The published server `everything`, which has subscriptions and tasks, behind a guard whose chain is revoked.

use std::io::BufRead as _;
use std::time::{Duration as Elapsed, Instant};

use deputize::{MemoryReplayGuard, ReplayPolicy, RevocationPolicy, RevokedHops, Verifier};
use deputize_guard::{Guard, Recording};
use deputize_mcp::Seen;
use serde_json::{Value, json};

use crate::cast::{presented, scene};
use crate::stdio::{Client, installed};

impl Client<'_> {
    /// Reads up to a notification.
    fn notified(&mut self, method: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.from.read_line(&mut line).unwrap(), 0, "no {method}");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["method"] == method {
                return message["params"].clone();
            }
        }
    }
}

#[test]
fn what_was_opened_ends_with_the_chain() {
    let scene = scene(&[
        "resources/subscribe uri uri",
        "tools/call toggle-subscriber-updates",
        "tools/call simulate-research-query topic ambiguous?",
        "tasks/get task taskId",
        "tasks/result task taskId",
    ]);
    let revoked = RevokedHops::default();
    let verifier = Verifier::new(
        scene.anchor(),
        RevocationPolicy::checked_with(revoked.clone()),
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );
    let mut server = installed("mcp-node/node_modules/.bin/mcp-server-everything");
    let guard = Guard::new(verifier, Recording::Nothing);
    let mut client = Client::guarded(&scene, guard, &mut server).initialized();

    let uri = "demo://resource/dynamic/text/1";
    let subscribed = client.request("resources/subscribe", json!({ "uri": uri }));
    assert_eq!(subscribed["result"], json!({}), "{subscribed}");
    // It sends one at once, and one every five seconds. The answer comes first or second.
    let id = client.id();
    let toggle = json!({ "name": "toggle-subscriber-updates", "arguments": {} });
    let line = presented(&scene, &id.to_string(), "tools/call", toggle);
    client.send(&line);
    assert_eq!(client.notified("notifications/resources/updated")["uri"], uri);

    let research = |ttl: u64| json!({ "name": "simulate-research-query", "arguments": { "topic": "x" }, "task": { "ttl": ttl } });
    let long = client.request("tools/call", research(600_000));
    let text = long["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("integer of at most 2"), "{text}");
    // On a machine with much to do, a task can be finished before its result is asked for.
    let waits = (0..10).find_map(|_| {
        let begun = client.request("tools/call", research(60_000));
        let task = begun["result"]["task"]["taskId"].as_str().unwrap_or_else(|| panic!("{begun}"));
        let waits = client.id();
        let params = json!({ "taskId": task });
        client.send(&presented(&scene, &waits.to_string(), "tasks/result", params));
        let got = client.request("tasks/get", json!({ "taskId": task }));
        // The request for the result is decided about by now.
        (got["result"]["status"] == "working").then_some(waits)
    });
    let waits = waits.unwrap();
    revoked.revoke(scene.token().hops()[0].id());
    let start = Instant::now();
    let answer = client.answer(waits);
    assert_eq!(answer["error"]["code"], -32010, "{answer}");
    assert_eq!(answer["error"]["data"]["deputize/denial"]["code"], "revoked");
    assert!(start.elapsed() < Elapsed::from_secs(4), "{:?}", start.elapsed());
    // The server has taken back the subscription by the time of the next update, so there was none to
    // drop but that of the task; and the client sees neither that nor the answers to the guard.
    std::thread::sleep(Elapsed::from_secs(1));
    let dropped = client.seen.lock().unwrap().len();
    std::thread::sleep(Elapsed::from_secs(6));
    client.send(r#"{"jsonrpc":"2.0","id":"last","method":"ping"}"#);
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(client.from.read_line(&mut line).unwrap(), 0);
        let message: Value = serde_json::from_str(&line).unwrap();
        if message["id"] == "last" {
            break;
        }
        // It logs that it was asked to unsubscribe.
        assert_eq!(message["method"], "notifications/message", "{message}");
    }
    let seen = client.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), dropped, "{seen:?}");
    assert!(seen.iter().all(|own| *own == Seen::NotOpened), "{seen:?}");
    assert!(client.end().fault.is_none());
}
