//! Messages of a server, as far as a guard looks into them.

use deputize::bind::McpCall;
use deputize_mcp::{Asked, ClientMessage, PassedRequest, ServerMessage};

use crate::message;

#[test]
fn the_guard_answers_for_roots() {
    let roots = message(r#"{"jsonrpc":"2.0","id":1,"method":"roots\/list"}"#);
    assert!(
        matches!(ServerMessage::of(&roots), ServerMessage::RootsList { id } if id.raw() == "1")
    );
    for method in ["sampling/createMessage", "elicitation/create", "ping", "Roots/list"] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#);
        let asks = message(&line);
        let is = ServerMessage::of(&asks);
        assert!(matches!(is, ServerMessage::Request { method: own, .. } if own == method));
    }
    let tells = message(r#"{"jsonrpc":"2.0","method":"roots/list"}"#);
    assert!(matches!(ServerMessage::of(&tells), ServerMessage::Notification { .. }));
}

#[test]
fn answers_that_open_something_are_looked_into() {
    let call = Asked::Call(McpCall::CallTool);
    for (line, asked, passes) in [
        (r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#, call, true),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t","status":"working"}}}"#,
            call,
            false,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":7}}}"#, call, false),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"taskId":"t"}}"#,
            Asked::Call(McpCall::GetTask),
            false,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"requestState":"s"}}"#, call, false),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"requestState":null}}"#, call, false),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#, call, true),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Asked::Call(McpCall::ListTools), false),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Asked::Call(McpCall::ListTemplates), false),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Asked::Pass(PassedRequest::Initialize), false),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Asked::Pass(PassedRequest::Discover), false),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Asked::Pass(PassedRequest::Ping), true),
    ] {
        let message = message(line);
        let ServerMessage::Answer(answer) = ServerMessage::of(&message) else { panic!("{line}") };
        assert_eq!(answer.passes(asked), passes, "{line} {asked:?}");
    }
}

#[test]
fn a_request_of_the_client_is_noted_with_what_it_asks() {
    for (method, asked) in [
        ("tools/call", Some(Asked::Call(McpCall::CallTool))),
        ("tools/list", Some(Asked::Call(McpCall::ListTools))),
        ("ping", Some(Asked::Pass(PassedRequest::Ping))),
        ("tasks/list", None),
    ] {
        let message = message(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#));
        assert_eq!(Asked::by(&ClientMessage::of(&message)), asked);
    }
}
