//! Reports and decisions fit their schema, and altered ones do not.

use std::collections::HashSet;

use deputize::{Answer, DenyCode, InputCode, InputError};
use deputize_cli::commands::schema::Document;
use serde_json::{Value, json};

use super::samples::{json_of, reports};
use super::{require, validator};
use crate::common::{
    held, hostile, now, present_for, request_for, researcher, scenes, shown, token, verifier,
};

#[test]
fn every_report_fits() {
    let validator = validator(Document::Report);
    let reports = reports();
    for report in &reports {
        require(&validator, &json_of(report));
    }
    let verdicts: HashSet<_> = reports.iter().map(|own| format!("{:?}", own.verdict)).collect();
    assert_eq!(verdicts.len(), 4, "{verdicts:?}");
    for (_, report) in scenes::all() {
        require(&validator, &json_of(&report));
    }
    for (nth, text) in hostile::HOSTILE.into_iter().enumerate() {
        hostile::reports(nth, text).iter().for_each(|own| require(&validator, &json_of(own)));
    }
}

#[test]
fn every_decision_fits() {
    let validator = validator(Document::Decision);
    let presented = present_for(held(), &researcher(), &request_for("accounts/emea/42"));
    for resource in ["accounts/emea/42", "accounts/apac/7"] {
        let decision = verifier().decide(shown(&presented), request_for(resource), now());
        let answer = Answer::of(&decision);
        require(&validator, &serde_json::to_value(&answer).unwrap());
    }
    for code in [InputCode::MalformedLine, InputCode::MalformedToken, InputCode::MalformedRequest] {
        let answer = Answer::Error { reasons: vec![InputError::new(code, "why")] };
        require(&validator, &serde_json::to_value(&answer).unwrap());
    }
    for bad in [
        json!({"decision": "maybe", "reasons": []}),
        json!({"decision": "allow", "reasons": []}),
        json!({"decision": "error"}),
        json!({"decision": "error", "reasons": [{"code": "expired", "message": "why"}]}),
        json!({"decision": "error", "reasons": [{"code": "malformed_line"}]}),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}

#[test]
fn the_schema_lists_exactly_the_deny_codes() {
    let schema = Document::Report.schema().to_value();
    let listed = schema["$defs"]["DenyCode"]["oneOf"].as_array().unwrap();
    assert_eq!(listed.len(), DenyCode::ALL.len());
    let validator = validator(Document::Report);
    let denied = reports().into_iter().find(|own| !own.reasons.is_empty()).unwrap();
    let mut json = json_of(&denied);
    for code in DenyCode::ALL {
        json["reasons"][0]["code"] = code.as_str().into();
        require(&validator, &json);
    }
    json["reasons"][0]["code"] = "because".into();
    assert!(!validator.is_valid(&json));
}

/// Returns the JSON Pointers of all values in `json` except those below the `args` of a call, which
/// are the caller's.
pub(crate) fn pointers(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), json)];
    while let Some((pointer, json)) = waiting.pop() {
        found.push(pointer.clone());
        if pointer.ends_with("request/args") {
            continue;
        }
        match json {
            Value::Object(members) => waiting.extend(members.iter().map(|(key, value)| {
                (format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), value)
            })),
            Value::Array(items) => waiting
                .extend(items.iter().enumerate().map(|(i, item)| (format!("{pointer}/{i}"), item))),
            _ => {}
        }
    }
    found
}

/// Returns a value of another type.
fn unlike(json: &Value) -> Value {
    match json {
        Value::Object(_) => json!([]),
        Value::Array(_) => json!({}),
        Value::String(_) | Value::Null => json!(7.5),
        Value::Bool(_) | Value::Number(_) => json!("x"),
    }
}

/// Fields that may be absent from a report.
const OPTIONAL: [&str; 18] = [
    "called_by",
    "owner",
    "token_id",
    "presentation",
    "request",
    "returned_to",
    "not_before",
    "audience",
    "delegates",
    "allowed",
    "more_allowed",
    "requested",
    "kept",
    "optional",
    "other_args",
    "ports",
    "path_prefix",
    "args",
];

#[test]
fn a_report_without_a_field_or_with_another_type_does_not_fit() {
    let validator = validator(Document::Report);
    let mut tried = 0_usize;
    for report in reports() {
        let json = json_of(&report);
        for pointer in pointers(&json) {
            let mut other = json.clone();
            let place = other.pointer_mut(&pointer).unwrap();
            // Limits compare values of every type.
            let is_value = ["/equals", "/one_of/", "/none_of/", "/subset_of/", "/contains_all/"]
                .iter()
                .any(|kind| pointer.contains(kind));
            if !is_value {
                *place = unlike(place);
                assert!(!validator.is_valid(&other), "{pointer}");
                tried += 1;
            }
            let (parent, field) = pointer.rsplit_once('/').unwrap_or_default();
            let is_call_arg = parent.ends_with("request/args");
            let is_limit = parent.ends_with("/args") || parent.contains("/args/");
            let mut other = json.clone();
            if let Some(Value::Object(members)) = other.pointer_mut(parent)
                && !OPTIONAL.contains(&field)
                && !is_call_arg
                && (!is_limit || parent.ends_with("/url"))
            {
                let is_required = !pointer.is_empty() && members.remove(field).is_some();
                assert!(!is_required || !validator.is_valid(&other), "without {pointer}");
                tried += usize::from(is_required);
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn absent_fields_must_not_be_null() {
    let validator = validator(Document::Report);
    let unverified = deputize::Report::unverified_token(&token(), now());
    let json = json_of(&unverified);
    for absent in ["token_id", "request", "presentation", "owner", "called_by"] {
        let mut other = json.clone();
        other[absent] = Value::Null;
        assert!(!validator.is_valid(&other), "{absent}");
    }
    let mut other = json;
    other["hops"][0]["audience"] = Value::Null;
    assert!(!validator.is_valid(&other));
}

#[test]
fn a_report_may_get_new_fields() {
    let validator = validator(Document::Report);
    for report in reports() {
        let json = json_of(&report);
        for pointer in pointers(&json).iter().filter(|own| !own.contains("/allows/")) {
            let mut other = json.clone();
            if let Some(Value::Object(members)) = other.pointer_mut(pointer) {
                members.insert("new".to_owned(), json!([{}]));
                require(&validator, &other);
            }
        }
    }
}
