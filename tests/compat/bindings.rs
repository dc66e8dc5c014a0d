//! The vectors of `docs/BINDINGS.md`: messages, and the requests and presentations in them.
//!
//! `WRITE_BINDING_VECTORS=1` fills in what the inputs of a new vector give.

use std::fs;
use std::path::{Path, PathBuf};

use deputize::bind::{
    Envelope, McpCall, QueryKind, arguments, from_authorization, from_mcp_meta, query, segments,
};
use deputize::text::json;
use deputize::{CodedError, Denial, Request};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/binding_vectors").join(name)
}

/// Compares what `run` gives for each vector of a list with the members that the vector has beside
/// its inputs.
fn check(vectors: &mut Json, inputs: &[&str], mut run: impl FnMut(&Json) -> Json) {
    let vectors = vectors.as_array_mut().unwrap();
    assert!(vectors.len() > 5);
    for vector in vectors {
        let found = run(vector);
        let members = vector.as_object_mut().unwrap();
        let (input, kept): (Map<_, _>, Map<_, _>) =
            members.clone().into_iter().partition(|(name, _)| inputs.contains(&name.as_str()));
        let found = found.as_object().unwrap().clone();
        if std::env::var_os("WRITE_BINDING_VECTORS").is_some() {
            *members = input.into_iter().chain(found).collect();
        } else {
            assert_eq!(kept, found, "{input:?}");
        }
    }
}

fn with_file(name: &str, test: impl FnOnce(&mut Json)) {
    let mut vectors = json::read(&fs::read_to_string(file(name)).unwrap()).unwrap();
    test(&mut vectors);
    if std::env::var_os("WRITE_BINDING_VECTORS").is_some() {
        fs::write(file(name), serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
}

fn text<'v>(vector: &'v Json, name: &str) -> &'v str {
    vector[name].as_str().unwrap()
}

fn error(error: &impl CodedError) -> Json {
    json!({ "error": error.code() })
}

fn object(text: &str) -> Map<String, Json> {
    json::read(text).unwrap().as_object().unwrap().clone()
}

#[test]
fn messages_of_mcp_are_requests() {
    with_file("mcp.json", |vectors| {
        let inputs = ["name", "method", "params", "audience"];
        check(&mut vectors["requests"], &inputs, |vector| {
            let Some(call) = McpCall::of_method(text(vector, "method")) else {
                return json!({ "request": null });
            };
            let params = object(text(vector, "params"));
            let request = match call.request(&params, text(vector, "audience")) {
                Ok(request) => request,
                Err(why) => return error(&why),
            };
            let canonical = request.canonical_json();
            assert_eq!(<[u8; 32]>::from(Sha256::digest(&canonical)), request.digest());
            let sent = McpCall::params_of(&request).unwrap();
            assert_eq!(call.request(&sent, request.audience()).unwrap(), request);
            let sent = serde_json::to_string(&sent).unwrap();
            json!({ "request": canonical, "digest": hex::encode(request.digest()), "sent": sent })
        });
    });
}

#[test]
fn a_presentation_is_found_in_one_place() {
    with_file("transport.json", |vectors| {
        check(&mut vectors["authorization"], &["name", "fields"], |vector| {
            let fields = vector["fields"].as_array().unwrap().iter();
            let fields: Vec<_> = fields.map(|field| field.as_str().unwrap().as_bytes()).collect();
            match from_authorization(fields) {
                Ok(found) => json!({ "presentation": found }),
                Err(why) => error(&why),
            }
        });
        check(&mut vectors["meta"], &["name", "params"], |vector| {
            match from_mcp_meta(&object(text(vector, "params"))) {
                Ok(found) => json!({ "presentation": found }),
                Err(why) => error(&why),
            }
        });
        check(&mut vectors["envelopes"], &["name", "body"], |vector| {
            match Envelope::read(text(vector, "body")) {
                Ok(found) => json!(found),
                Err(why) => error(&why),
            }
        });
    });
}

#[test]
fn paths_and_queries_become_segments_and_arguments() {
    with_file("routes.json", |vectors| {
        check(&mut vectors["paths"], &["path"], |vector| match segments(text(vector, "path")) {
            Ok(found) => {
                // Whatever comes out can be the segments of a resource.
                if !found.is_empty() {
                    let resource = deputize::Resource::from_segments(&found).unwrap();
                    assert_eq!(resource.segments().collect::<Vec<_>>(), found);
                }
                json!({ "segments": found })
            }
            Err(why) => error(&why),
        });
        let kinds = vectors["parameters"].clone();
        let kinds: Vec<_> = kinds.as_array().unwrap().iter().map(parameter).collect();
        check(&mut vectors["queries"], &["query"], |vector| {
            match query(text(vector, "query"), &kinds) {
                Ok(args) => json!({ "args": args }),
                Err(why) => error(&why),
            }
        });
        check(&mut vectors["arguments"], &["path", "query", "body"], |vector| {
            let map = |name: &str| vector[name].as_object().unwrap().clone();
            match arguments(map("path"), text(vector, "query"), &kinds, map("body")) {
                Ok(args) => json!({ "args": args }),
                Err(why) => error(&why),
            }
        });
    });
}

fn parameter(own: &Json) -> (&str, QueryKind) {
    let kind = match own[1].as_str().unwrap() {
        "integer" => QueryKind::Integer,
        "boolean" => QueryKind::Boolean,
        "texts" => QueryKind::Texts,
        "text" => QueryKind::Text,
        other => panic!("{other}"),
    };
    (own[0].as_str().unwrap(), kind)
}

/// `Request::call` is the same rule.
#[test]
fn a_call_of_a_tool_is_the_same_request_either_way() {
    for head in ["5.0", "5", "0.5", "5.0000000000000000001", "1e-400"] {
        let args = format!(r#"{{"path": "/srv/a", "head": {head}}}"#);
        let params = object(&format!(r#"{{"name": "read_file", "arguments": {args}}}"#));
        let by_message = McpCall::CallTool.request(&params, "fs.acme.com").unwrap();
        let by_call = Request::call("read_file", Some(&args), "fs.acme.com").unwrap();
        assert_eq!(by_message, by_call);
        // Both judge the number by its text.
        assert_eq!(by_message.arg("head").is_ok(), head.starts_with("5") && head.len() < 4);
    }
}

fn a_json(depth: u32) -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..4).prop_map(Json::from),
        "[a-c]{0,2}".prop_map(Json::from),
        Just(json!(0.5)),
    ];
    leaf.prop_recursive(depth, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..3)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// The `params` of a message, of which some are those of the method.
fn a_message() -> impl Strategy<Value = (McpCall, Map<String, Json>)> {
    const NAMES: [&str; 13] = [
        "name",
        "arguments",
        "inputResponses",
        "requestState",
        "task",
        "uri",
        "notifications",
        "ref",
        "argument",
        "context",
        "taskId",
        "cursor",
        "_meta",
    ];
    let object = prop::collection::btree_map(
        prop_oneof!["[a-c]{1,2}", prop::sample::select(&NAMES[..]).prop_map(str::to_owned)],
        a_json(2),
        0..3,
    );
    let value = prop_oneof![
        3 => object.prop_map(|members| Json::Object(members.into_iter().collect())),
        3 => "[a-c]{1,2}".prop_map(Json::from),
        1 => a_json(2),
    ];
    let kept = prop::collection::vec(prop::option::weighted(0.7, value), NAMES.len());
    (prop::sample::select(&McpCall::ALL[..]), kept, any::<prop::sample::Index>()).prop_map(
        |(call, values, other)| {
            // Mostly members that some request of the method has; otherwise none would be accepted.
            let known = |name: &str| {
                let params = Map::from_iter([(name.to_owned(), Json::Null)]);
                !matches!(
                    call.request(&params, "a"),
                    Err(deputize::bind::McpError::UnknownMember { .. })
                )
            };
            let stray = other.get(&NAMES);
            let members = NAMES.iter().zip(values);
            let members =
                members.filter(|(name, _)| known(name) || (*name == stray && stray.len() == 3));
            let members = members.filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
            (call, members.collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// What a guard passes on is the message that was decided about. It follows that two messages that
    /// a server could tell apart, other than by `_meta`, are never one request.
    #[test]
    fn the_request_has_all_of_the_message((call, params) in a_message()) {
        let Ok(request) = call.request(&params, "fs.acme.com") else { return Ok(()) };
        let mut expected = params;
        expected.remove("_meta");
        expected.retain(|_, value| !value.is_null());
        if matches!(call, McpCall::CallTool | McpCall::GetPrompt) {
            expected.entry("arguments").or_insert_with(|| json!({}));
        }
        prop_assert_eq!(McpCall::params_of(&request), Some(expected));
    }
}

/// How many messages of [`a_message`] are requests: a property about none would hold.
#[test]
fn enough_random_messages_are_requests() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..500).filter(|_| {
        let (call, params) = a_message().new_tree(&mut runner).unwrap().current();
        call.request(&params, "fs.acme.com").is_ok()
    });
    assert!(accepted.count() > 100);
}

#[test]
fn refusals_of_mcp_answer_the_id_as_it_came() {
    with_file("refusals.json", |vectors| {
        check(&mut vectors["mcp"], &["method", "id"], |vector| {
            let (id, call) =
                (text(vector, "id"), McpCall::of_method(text(vector, "method")).unwrap());
            let now = time::OffsetDateTime::UNIX_EPOCH;
            let refused = Denial::not_presented(None, now).to_mcp(call, id);
            let malformed = call.malformed(id, "mcp_unknown_member", "`params` has another member");
            for line in [&refused, &malformed] {
                let answer = json::read(line).unwrap();
                assert_eq!(answer.as_object().unwrap().len(), 3);
                assert!(
                    !line.contains('\n')
                        && matches!(answer["id"], Json::String(_) | Json::Number(_) | Json::Null)
                );
            }
            json!({ "refused": refused, "malformed": malformed })
        });
    });
}
