//! CloudEvents, read by the SDK in Python.

use deputize_cli::commands::schema::Document;
use serde_json::{Value, json};

use crate::checkers::cloud_events;
use crate::scene::{events, leaf, shell};

#[test]
fn the_sdk_reads_each_event() {
    let shell = shell();
    let events = events(&shell, "cloudevents");
    assert_eq!(events.len(), 4);
    let schema = Document::AuditCloudEvent.schema().to_value();
    for (event, answer) in events.iter().zip(cloud_events(&events)) {
        assert!(jsonschema::is_valid(&schema, event), "{event}");
        let attributes = &answer["attributes"];
        assert_eq!(attributes["specversion"], "1.0", "{answer}");
        for name in ["id", "source", "type", "deputizeleaf"] {
            assert_eq!(attributes[name], event[name], "{answer}");
        }
        assert!(
            attributes["time"].as_str().unwrap().starts_with("2026-11-23 18:00:00"),
            "{answer}"
        );
    }
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let [allowed, refused] = ["deputize.decision.allowed", "deputize.decision.refused"];
    assert_eq!(kinds, [allowed, refused, refused, allowed]);
    assert_eq!(events[0]["deputizeleaf"], leaf(&shell, 1));
    assert_eq!(events[0]["data"]["resource"], "accounts/emea/1");
    // A stranger, and a call that was erased.
    assert_eq!((events[2].get("subject"), events[3].get("subject")), (None, None));
    assert_eq!(events[3]["data"].get("resource"), None);
}

#[test]
fn the_sdk_refuses_altered_events() {
    let event = &events(&shell(), "cloudevents")[0];
    let altered = |name: &str, value: Value| {
        let mut event = event.clone();
        event[name] = value;
        event
    };
    let altered = [
        altered("specversion", json!("0.3")),
        altered("type", json!("")),
        altered("source", json!("")),
        altered("time", json!("yesterday")),
        altered("deputize_leaf", json!("0")),
        altered("deputizeLeaf", json!("0")),
    ];
    for (event, answer) in altered.iter().zip(cloud_events(&altered)) {
        assert!(answer["error"].is_string(), "{event}");
    }
}

#[test]
fn the_options_of_show_choose_events() {
    let shell = shell();
    for (options, count) in [("--refused", 2), ("--agent researcher", 2), ("--agent nobody", 0)] {
        let out = shell.done(&format!("deputize audit export log --format cloudevents {options}"));
        assert_eq!(out.lines().count(), count, "{options}");
    }
    let why = shell.run("deputize audit export log").err;
    assert!(why.contains("--format"), "{why}");
    shell.done("sed -i 's/\"result\":\"done\"/\"result\":\"failed\"/' log/segments/00000000.jsonl");
    let tampered = shell.run("deputize audit export log --format ocsf");
    assert!(tampered.code == 1 && tampered.err.contains("WARNING"), "{}", tampered.err);
}
