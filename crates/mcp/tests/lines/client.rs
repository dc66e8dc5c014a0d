//! Messages of a client, by the table of rule 16.

use deputize::bind::McpCall;
use deputize_mcp::limits::{MAX_ID_BYTES, MAX_OPEN_IDS};
use deputize_mcp::{
    ClientMessage, Content, Id, OpenIdError, OpenIds, Pass, PassedNotification, PassedRequest,
};
use serde_json::{Value as Json, json};

use crate::message;

fn request(method: &str) -> String {
    json!({"jsonrpc": "2.0", "id": "a", "method": method}).to_string()
}

fn notification(method: &str) -> String {
    json!({"jsonrpc": "2.0", "method": method}).to_string()
}

#[test]
fn every_method_has_one_treatment() {
    for call in McpCall::ALL {
        let asks = message(&request(call.method()));
        match ClientMessage::of(&asks) {
            ClientMessage::Call(own) => assert!(own.call == call && !call.is_listing()),
            ClientMessage::Listing(own) => assert!(own.call == call && call.is_listing()),
            other => panic!("{other:?}"),
        }
        // A call without an id is refused, and has no answer.
        let tells = message(&notification(call.method()));
        let ClientMessage::Refused(refused) = ClientMessage::of(&tells) else {
            panic!("{tells:?}")
        };
        assert_eq!(refused.answer(), None);
    }
    for method in PassedRequest::ALL {
        let asks = message(&request(method.method()));
        let is = ClientMessage::of(&asks);
        assert!(
            matches!(is, ClientMessage::Pass(Pass::Request { method: own, .. }) if own == method)
        );
        let tells = message(&notification(method.method()));
        assert!(matches!(ClientMessage::of(&tells), ClientMessage::Refused(_)), "{method:?}");
    }
    for method in PassedNotification::ALL {
        let tells = message(&notification(method.method()));
        assert_eq!(ClientMessage::of(&tells), ClientMessage::Pass(Pass::Notification(method)));
        let asks = message(&request(method.method()));
        assert!(matches!(ClientMessage::of(&asks), ClientMessage::Refused(_)), "{method:?}");
    }
    let roots = message(&notification("notifications/roots/list_changed"));
    assert_eq!(ClientMessage::of(&roots), ClientMessage::RootsChanged);
}

#[test]
fn every_other_method_is_refused() {
    for method in [
        "tasks/list",
        "roots/list",
        "sampling/createMessage",
        "elicitation/create",
        "Tools/Call",
        "Ping",
        "INITIALIZE",
        "tools/call ",
        "tools/call\u{0}",
        "tools\\/call",
        "",
        "rpc.discover",
        "notifications/roots/list_changed",
        "notifications/tasks/status",
        "x",
    ] {
        let asks = message(&request(method));
        let ClientMessage::Refused(refused) = ClientMessage::of(&asks) else { panic!("{method}") };
        let answer: Json = serde_json::from_str(&refused.answer().unwrap()).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("a"), &json!(-32601)));
        if method != "notifications/roots/list_changed" {
            let tells = message(&notification(method));
            let is = ClientMessage::of(&tells);
            assert!(matches!(is, ClientMessage::Refused(own) if own.answer().is_none()));
        }
    }
}

fn id(raw: &str) -> Id {
    let line = format!(r#"{{"jsonrpc":"2.0","id":{raw},"result":{{}}}}"#);
    let message = message(&line);
    assert!(matches!(ClientMessage::of(&message), ClientMessage::Answer { .. }));
    let Content::Result { id, .. } = message.content() else { panic!("{raw}") };
    id.clone()
}

#[test]
fn an_id_is_open_once() {
    let mut open = OpenIds::new();
    open.open(&id("7"), "sampling").unwrap();
    for same in ["7", r#""7""#, r#""07""#, r#""7e0""#, r#""0x7""#, r#""+7""#, r#""\u0037""#] {
        let error = open.open(&id(same), "x").unwrap_err();
        assert_eq!(error, OpenIdError::StillOpen { id: same.to_owned() });
        let answer: Json = serde_json::from_str(&error.answer(&id(same))).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&Json::Null, &json!(-32600)));
    }
    open.open(&id(r#""7a""#), "roots").unwrap();
    // An answer has the same type and value as the request.
    for other in [r#""7""#, r#""07""#, "8", r#""7A""#] {
        assert_eq!(open.get(&id(other)).copied().or(open.close(&id(other))), None, "{other}");
    }
    assert_eq!(open.get(&id(r#""7\u0061""#)), Some(&"roots"));
    assert_eq!(open.close(&id("7")), Some("sampling"));
    assert_eq!(open.close(&id("7")), None, "answered twice");
    open.open(&id(r#""7""#), "again").unwrap();
    assert_eq!((open.len(), open.is_empty()), (2, false));
}

#[test]
fn open_ids_are_bounded() {
    let mut open = OpenIds::new();
    let long = id(&format!("\"{}\"", "x".repeat(MAX_ID_BYTES)));
    assert_eq!(open.open(&long, 0), Err(OpenIdError::TooLong { bytes: MAX_ID_BYTES + 2 }));
    for nth in 0..MAX_OPEN_IDS {
        open.open(&id(&nth.to_string()), nth).unwrap();
    }
    let error = open.open(&id("-1"), 0).unwrap_err();
    assert_eq!(error, OpenIdError::TooMany);
    assert!(error.answer(&id("-1")).contains(r#""id":-1,"#));
    open.close(&id("0")).unwrap();
    open.open(&id("-1"), 0).unwrap();
}
