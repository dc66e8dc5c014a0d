//! Files that are read fit their schema, and the schema refuses what the reader refuses.

use std::fs;

use deputize::Request;
use deputize_cli::commands::schema::Document;
use deputize_cli::input::capabilities::CapabilitiesFile;
use serde_json::{Value, json};

use super::{read, require, root, validator};

#[test]
fn every_request_and_grant_of_the_vectors_fits() {
    let (requests, grants) = (validator(Document::Request), validator(Document::Capabilities));
    let lines = validator(Document::BatchLine);
    let mut count = 0_usize;
    for entry in fs::read_dir(root().join("tests/vectors")).unwrap() {
        let vector = read(entry.unwrap().path());
        require(&requests, &vector["request"]);
        let line = json!({
            "presentation": vector["presentation"],
            "request": vector["request"],
            "at": vector["now"],
        });
        require(&lines, &line);
        for hop in vector["grants"].as_array().unwrap() {
            let file = json!({ "capabilities": hop["capabilities"] });
            require(&grants, &file);
            CapabilitiesFile::from_json(&file.to_string()).unwrap();
        }
        count += 1;
    }
    assert!(count >= 50, "{count}");
}

fn capability(part: Value) -> Value {
    let mut own = json!({"operation": "crm.read", "resource": "accounts/**"});
    own.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    json!({ "capabilities": [own] })
}

fn limits(limits: Value) -> Value {
    capability(json!({"args": {"a": limits}}))
}

#[test]
fn schema_and_reader_refuse_the_same_capabilities() {
    let validator = validator(Document::Capabilities);
    let many: Vec<_> = (0..257).collect();
    let pairs: serde_json::Map<_, _> =
        (0..17).map(|i| (format!("a{i}"), json!({"any": true}))).collect();
    let one = capability(json!({}))["capabilities"][0].clone();
    let refused = [
        json!([]),
        json!([[]]),
        json!({}),
        json!({"capabilities": []}),
        json!({"capabilities": vec![one.clone(); 65]}),
        json!({"capabilities": [one], "more": 1}),
        json!({"capabilities": [["crm.read", "accounts/**", null, null]]}),
        capability(json!({"more": 1})),
        capability(json!({"operation": "crm..read"})),
        capability(json!({"operation": "crm.*.read"})),
        capability(json!({"operation": "crm read"})),
        capability(json!({"operation": "a".repeat(259)})),
        capability(json!({"resource": ""})),
        capability(json!({"resource": "/accounts"})),
        capability(json!({"resource": "accounts//**"})),
        capability(json!({"resource": "*"})),
        capability(json!({"resource": "accounts/*/x"})),
        capability(json!({"resource": "a\\b"})),
        capability(json!({"other_args": "perhaps"})),
        capability(json!({"args": []})),
        capability(json!({"args": {"": {"any": true}}})),
        capability(json!({"args": {"a".repeat(257): {"any": true}}})),
        capability(json!({ "args": pairs })),
        limits(json!({})),
        limits(json!({"optional": true})),
        limits(json!({"any": false})),
        limits(json!({"any": true, "max": 1})),
        limits(json!({"max": 1, "optional": "yes"})),
        limits(json!({"regex": "a.*"})),
        limits(json!({"max": "1"})),
        limits(json!({"max": 1.5})),
        limits(json!({"min": 9_007_199_254_740_992_i64})),
        limits(json!({"equals": 1.5})),
        limits(json!({"equals": [[1]]})),
        limits(json!({"equals": {"a": 1}})),
        limits(json!({"one_of": []})),
        limits(json!({"one_of": [1, 1]})),
        limits(json!({"one_of": [[1]]})),
        limits(json!({ "one_of": many })),
        limits(json!({"none_of": [1, "a"]})),
        limits(json!({"none_of": [null]})),
        limits(json!({"prefix": ""})),
        limits(json!({"suffix": "x".repeat(4097)})),
        limits(json!({"glob": "a/?"})),
        limits(json!({"glob": ""})),
        limits(json!({"glob": "a//b"})),
        limits(json!({"subpath": "a/*"})),
        limits(json!({"subpath": "a/"})),
        limits(json!({"url": {"schemes": ["https"]}})),
        limits(json!({"url": {"schemes": ["HTTPS"], "hosts": ["a.com"]}})),
        limits(json!({"url": {"schemes": ["https"], "hosts": []}})),
        limits(json!({"url": {"schemes": ["https"], "hosts": ["a.com"], "port": 1}})),
        limits(json!({"url": {"schemes": ["https"], "hosts": ["a.com"], "ports": [0]}})),
        limits(json!({"url": {"schemes": ["https"], "hosts": ["a.com"], "ports": [65_536]}})),
        limits(json!({"url": {"schemes": ["https"], "hosts": ["a.com"], "path_prefix": "v1"}})),
        limits(json!({"cidr": "10.0.0.0"})),
        limits(json!({"max_len": -1})),
        limits(json!({"subset_of": ["a", "a"]})),
        limits(json!({"contains_all": "a"})),
    ];
    for json in refused {
        assert!(!validator.is_valid(&json), "the schema accepts {json}");
        assert!(
            CapabilitiesFile::from_json(&json.to_string()).is_err(),
            "the reader accepts {json}"
        );
    }
    for json in [
        capability(json!({"args": null, "other_args": null})),
        capability(json!({"operation": "*", "resource": "**"})),
        capability(json!({"operation": "crm.*", "resource": "é/x y/*"})),
        limits(json!({"any": true, "optional": false})),
        limits(json!({"max": 9_007_199_254_740_991_i64, "min": 0, "optional": true})),
        limits(json!({"prefix": "é".repeat(2048)})),
        limits(json!({"subpath": "/"})),
        limits(
            json!({"url": {"schemes": ["ssh"], "hosts": ["a"], "ports": [22], "path_prefix": "/"}}),
        ),
        limits(json!({"url": {"schemes": ["https"], "hosts": ["8.8.8.8"], "ports": []}})),
        limits(json!({"below": true})),
        limits(json!({"each": {"subpath": "/srv"}, "max_len": 5, "optional": true})),
        limits(json!({"each": {"none_of": [1, 2]}})),
    ] {
        require(&validator, &json);
        CapabilitiesFile::from_json(&json.to_string()).unwrap();
    }
}

#[test]
fn schema_and_reader_refuse_the_same_requests() {
    let validator = validator(Document::Request);
    let with = |part: Value| {
        let mut own = json!({"operation": "crm.read", "resource": "a/1", "audience": "b"});
        own.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        own
    };
    for json in [
        json!({}),
        json!([]),
        json!(["crm.read", "a/1", "b", {}]),
        with(json!({"operation": "crm.*"})),
        with(json!({"resource": "a/**"})),
        with(json!({"resource": 1})),
        with(json!({"audience": ""})),
        with(json!({"audience": "a".repeat(257)})),
        with(json!({"args": []})),
        with(json!({"args": {"/a": 1}})),
        with(json!({"more": 1})),
    ] {
        assert!(!validator.is_valid(&json), "the schema accepts {json}");
        assert!(Request::from_json(&json.to_string()).is_err(), "the reader accepts {json}");
    }
    for json in [
        with(json!({"args": null})),
        with(json!({"args": {"": {"a": 1}, "b": [[1.5, null, {}]]}})),
        with(json!({"args": {"a": [{"b": -1e300}], "*": 5.0}})),
    ] {
        require(&validator, &json);
        Request::from_json(&json.to_string()).unwrap();
    }
}
