//! Events of OCSF: by the published schema of 1.8 without what only 1.9 has, and by our own.

use deputize_cli::commands::schema::Document;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::checkers::ocsf_schema;
use crate::scene::{events, leaf, shell};

/// The members that OCSF has since 1.9.
const SINCE_1_9: [&str; 2] = ["delegation", "attestation_list"];

struct Schemas {
    published: Validator,
    own: Validator,
}

impl Schemas {
    fn new() -> Self {
        let own = Document::AuditOcsf.schema().to_value();
        Self {
            published: jsonschema::validator_for(&ocsf_schema()).unwrap(),
            own: jsonschema::validator_for(&own).unwrap(),
        }
    }

    /// Returns the first fault of an event.
    fn fault(&self, event: &Value) -> Option<String> {
        let mut old = event.clone();
        SINCE_1_9.iter().for_each(|name| drop(old.as_object_mut().unwrap().remove(*name)));
        let published = self.published.iter_errors(&old).next().map(|error| error.to_string());
        let own = self.own.iter_errors(event).next().map(|error| error.to_string());
        published.or(own)
    }
}

#[test]
fn each_event_follows_the_published_schema() {
    let (schemas, shell) = (Schemas::new(), shell());
    let events = events(&shell, "ocsf");
    for event in &events {
        assert_eq!(schemas.fault(event), None, "{event}");
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(6003), &json!(600_399)));
    }
    // Two hops for each of the first two calls; the others show none.
    assert_eq!(events.len(), 6);
}

#[test]
fn each_ancestor_has_an_event_of_its_own() {
    let shell = shell();
    let events = events(&shell, "ocsf");
    let [first, last] = [&events[0], &events[1]];
    let (first_hop, last_hop) = (&first["delegation"], &last["delegation"]);
    assert_eq!(first_hop.get("parent_uid"), None);
    assert_eq!(last_hop["parent_uid"], first_hop["uid"]);
    assert_eq!(first_hop["issuer_uid"], first["actor"]["user"]["uid"]);
    assert_eq!(last_hop["issuer_uid"], first["actor"]["app_uid"]);
    assert_eq!(
        (&first["actor"]["app_name"], &last["actor"]["app_name"]),
        (&json!("planner"), &json!("researcher"))
    );
    assert_eq!(
        (&first["activity_name"], &last["activity_name"]),
        (&json!("delegation"), &json!("crm.read"))
    );
    // In milliseconds.
    assert_eq!(last["time"], 1_795_456_800_000_i64);
    assert_eq!(last_hop["created_time"].as_i64().unwrap() % 1000, 0);
    assert!(last_hop["created_time"].as_i64() <= last["time"].as_i64());
    // Both are about one record.
    assert_eq!(first["metadata"]["correlation_uid"], last["metadata"]["correlation_uid"]);
    assert_ne!(first["metadata"]["uid"], last["metadata"]["uid"]);
    let attestation = &last["attestation_list"][0];
    assert_eq!(attestation["fingerprint"]["value"], leaf(&shell, 1));
    assert_eq!(attestation["chain_uid"], last["metadata"]["log_name"]);
}

#[test]
fn decisions_have_their_ids() {
    let events = events(&shell(), "ocsf");
    let ids = |event: &Value| {
        ["action_id", "disposition_id", "status_id"].map(|name| event[name].as_u64().unwrap())
    };
    assert_eq!(ids(&events[1]), [1, 1, 1]);
    assert_eq!(ids(&events[3]), [2, 2, 2]);
    assert_eq!(events[3]["status_detail"], "argument_refused");
    // A stranger has no delegation; of an erased call, none is shown.
    assert_eq!(events[4]["actor"]["app_name"], "unknown");
    assert_eq!(events[5]["actor"]["app_name"], "(not shown)");
    assert!(events[4..].iter().all(|event| event.get("delegation").is_none()));
}

#[test]
fn altered_events_are_refused() {
    let schemas = Schemas::new();
    let event = &events(&shell(), "ocsf")[1];
    let changes: [(&str, Option<Value>); 12] = [
        ("/api", None),
        ("/actor", None),
        ("/src_endpoint", None),
        ("/time", Some(json!("2026-11-23T18:00:00Z"))),
        ("/type_uid", Some(json!(600_301_999))),
        ("/disposition_id", Some(json!(1_000))),
        ("/metadata/product", None),
        ("/other", Some(json!(1))),
        ("/delegation/uid", None),
        ("/delegation/scopes", Some(json!([]))),
        ("/delegation/created_time", Some(json!("now"))),
        ("/attestation_list/0/fingerprint/value", Some(json!("x"))),
    ];
    for (path, value) in changes {
        let mut event = event.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => drop(parent.insert(name.to_owned(), value)),
            None => drop(parent.remove(name)),
        }
        assert!(schemas.fault(&event).is_some(), "{path}");
    }
}
