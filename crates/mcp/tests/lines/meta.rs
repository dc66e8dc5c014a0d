//! Members of `_meta` that are dropped, from either side.

use deputize_mcp::meta::{ClientMeta, Outgoing, PASSED_META, without_ours};
use serde_json::{Value as Json, json};

use crate::{line, message};

fn parsed(outgoing: &Outgoing) -> Json {
    let Outgoing::Anew(text) = outgoing else { panic!("{outgoing:?}") };
    assert!(text.ends_with("}\n") && text.matches('\n').count() == 1 && !text.contains('\r'));
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_clients_meta_is_reduced_to_the_list() {
    for name in PASSED_META {
        let text =
            json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {name: {}}}});
        let text = format!("  {text} \r");
        let passed = ClientMeta::new().filtered(message(&text));
        assert_eq!(passed, Outgoing::AsItCame(line(&text)), "{name}");
    }
    let dropped = json!({
        "deputize/presentation": "En0K", "deputize/x": 1, "x": 1, "": 1, "Progresstoken": 1,
        "acme/trace": 1, "traceparent": "t",
    });
    for (text, pointer) in [
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": dropped}}),
            "/params",
        ),
        (
            json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"_meta": dropped, "n": 1}}),
            "/params",
        ),
        (json!({"jsonrpc": "2.0", "id": 1, "result": {"_meta": dropped, "n": 1}}), "/result"),
    ] {
        let read = message(&text.to_string());
        let mut expected = text.clone();
        expected.pointer_mut(pointer).unwrap()["_meta"] = json!({"traceparent": "t"});
        assert_eq!(parsed(&ClientMeta::new().filtered(read.clone())), expected);
        // An operator's list cannot pass on what is ours.
        let more = ClientMeta::new().with("acme/trace").with("deputize/presentation");
        expected.pointer_mut(pointer).unwrap()["_meta"]["acme/trace"] = json!(1);
        assert_eq!(parsed(&more.filtered(read)), expected);
    }
    for meta in [json!(null), json!("x"), json!([1]), json!({"x": 1})] {
        let text = json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": meta}});
        let passed = parsed(&ClientMeta::new().filtered(message(&text.to_string())));
        assert_eq!(passed["params"], json!({}), "{meta}");
    }
}

#[test]
fn roots_are_struck_from_the_capabilities() {
    const IN_META: &str = "io.modelcontextprotocol/clientCapabilities";
    let text = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "capabilities": {"roots": {"listChanged": true}, "sampling": {}},
        "_meta": {IN_META: {"roots": {}, "elicitation": {}}},
    }});
    let read = message(&text.to_string());
    assert_eq!(
        parsed(&ClientMeta::new().filtered(read.clone()))["params"],
        json!({"capabilities": {"sampling": {}}, "_meta": {IN_META: {"elicitation": {}}}})
    );
    let kept = ClientMeta::new().with_roots().filtered(read);
    // Those of a result would be answered by nobody, whatever the configuration.
    assert_eq!(
        parsed(&kept)["params"],
        json!({"capabilities": text["params"]["capabilities"], "_meta": {IN_META: {"elicitation": {}}}})
    );
}

#[test]
fn members_that_are_ours_are_removed_from_what_a_server_sends() {
    let ours = json!({"deputize/denial": {}, "deputize/guard": {}, "deputize": 1, "x": 1});
    let rest = json!({"deputize": 1, "x": 1});
    let all = |own: &Json| {
        [
            json!({"jsonrpc": "2.0", "id": "a", "result": {"_meta": own}}),
            json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"_meta": own}}),
            json!({"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {"_meta": own}}),
            json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32010, "message": "x", "data": own}}),
            json!({"jsonrpc": "2.0", "id": 1, "error": {"_meta": own}}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {"capabilities": {"experimental": own}}}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {"capabilities": {"extensions": own, "tools": {}}}}),
        ]
    };
    for (text, expected) in all(&ours).iter().zip(all(&rest)) {
        assert_eq!(parsed(&without_ours(message(&text.to_string()))), expected);
    }
    for own in [&rest, &json!(null), &json!("deputize/denial"), &json!([])] {
        for text in all(own) {
            let text = format!("{text}\r");
            let passed = without_ours(message(&text));
            assert_eq!(passed, Outgoing::AsItCame(line(&text)));
            assert_eq!(passed.bytes(), [text.as_bytes(), b"\n"].concat());
        }
    }
    // Numbers and text survive.
    let text = r#"{"jsonrpc":"2.0","id":"\u0061","result":{"_meta":{"deputize/x":1},"n":[1.5,1e30,-1],"s":"\n\u2028\""}}"#;
    let passed = without_ours(message(text));
    assert!(String::from_utf8_lossy(passed.bytes()).contains(r#""id":"\u0061","#));
    assert_eq!(
        parsed(&passed)["result"],
        json!({"_meta": {}, "n": [1.5, 1e30, -1], "s": "\n\u{2028}\""})
    );
}
