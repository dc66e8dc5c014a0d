//! Lines of MCP. What is passed on is, for a lenient reader that also splits at CR, the one message
//! that was read and no call; and what is written anew is read as what it was.

use deputize::bind::McpCall;
use deputize_mcp::meta::{ClientMeta, Outgoing, without_ours};
use deputize_mcp::{
    Asked, ClientCall, ClientMessage, Content, Id, Line, Lines, Message, OpenIds, ServerMessage,
    request_line,
};
use serde_json::Value as Json;

/// Reads the input as a stream, from a client and from a server.
pub fn check(data: &[u8]) {
    let mut lines = Lines::new(data);
    let mut open = OpenIds::new();
    while let Ok(Some(line)) = lines.next_line() {
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(malformed) => {
                is_an_error(&malformed.answer(), malformed.id());
                continue;
            }
        };
        from_client(&message, &mut open);
        from_server(message);
    }
}

fn from_client(message: &Message, open: &mut OpenIds<Asked>) {
    let client = ClientMessage::of(message);
    if let (Some(asked), Content::Request { id, .. }) = (Asked::by(&client), message.content()) {
        match open.open(id, asked) {
            Ok(()) => assert_eq!(open.get(id), Some(&asked)),
            Err(error) => drop(serde_json::from_str::<Json>(&error.answer(id)).unwrap()),
        }
    }
    match client {
        ClientMessage::Call(call) | ClientMessage::Listing(call) => written_anew(call),
        ClientMessage::Pass(_) | ClientMessage::Answer { .. } => {
            let outgoing = ClientMeta::new().filtered(message.clone());
            let seen = the_only_one(outgoing.bytes());
            let method = seen.get("method").and_then(Json::as_str);
            assert!(method.and_then(McpCall::of_method).is_none(), "{seen}");
            is_the_same(&seen, message.content());
            let again = ClientMeta::new().filtered(Message::read(line(&outgoing)).unwrap());
            assert!(matches!(again, Outgoing::AsItCame(_)), "{again:?}");
        }
        ClientMessage::Refused(refused) => {
            if let Some(answer) = refused.answer() {
                is_an_error(&answer, refused.id);
            }
        }
        ClientMessage::RootsChanged => {}
    }
}

/// A call that is written anew is the same call.
fn written_anew(own: ClientCall<'_>) {
    let Ok(request) = own.call.request(own.params, "fs.acme.com") else { return };
    let text = request_line(&request, own.id, ClientMeta::new().kept(own.params)).unwrap();
    the_only_one(text.as_bytes());
    let line = Lines::new(text.as_bytes()).next_line().unwrap().unwrap();
    let again = Message::read(line).unwrap();
    match ClientMessage::of(&again) {
        ClientMessage::Call(same) | ClientMessage::Listing(same) => {
            assert_eq!((same.call, same.id), (own.call, own.id));
            assert_eq!(same.call.request(same.params, "fs.acme.com").as_ref(), Ok(&request));
        }
        other => panic!("{other:?}"),
    }
}

fn from_server(message: Message) {
    if let ServerMessage::Answer(answer) = ServerMessage::of(&message) {
        let passes = answer.passes(Asked::Call(McpCall::CallTool));
        assert_eq!(passes, answer.task.is_none() && answer.state.is_none());
    }
    let content = message.content().clone();
    let outgoing = without_ours(message);
    is_the_same(&the_only_one(outgoing.bytes()), &content);
    let again = without_ours(Message::read(line(&outgoing)).unwrap());
    assert!(matches!(again, Outgoing::AsItCame(_)), "{again:?}");
}

fn line(outgoing: &Outgoing) -> Line {
    Lines::new(outgoing.bytes()).next_line().unwrap().unwrap()
}

/// The message that a reader sees that takes CR for a line end, replaces bytes that are not UTF-8,
/// and keeps the last of two equal keys.
fn the_only_one(bytes: &[u8]) -> Json {
    let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
    let read = lines.map(|line| serde_json::from_str::<Json>(&String::from_utf8_lossy(line)));
    let [seen] = &read.filter_map(Result::ok).collect::<Vec<_>>()[..] else {
        panic!("not one message: {:?}", String::from_utf8_lossy(bytes));
    };
    seen.clone()
}

/// Kind, method and id are those that were read.
fn is_the_same(seen: &Json, content: &Content) {
    let (members, method, id): (&[_], _, _) = match content {
        Content::Request { id, method, .. } => (&["id", "method"], Some(method), Some(id)),
        Content::Notification { method, .. } => (&["method"], Some(method), None),
        Content::Result { id, .. } => (&["id", "result"], None, Some(id)),
        Content::Error { id, .. } => (&["error", "id"], None, Some(id)),
    };
    let seen = seen.as_object().unwrap();
    let own = |name: &&String| !matches!(name.as_str(), "jsonrpc" | "params");
    assert!(seen.keys().filter(own).eq(members), "{seen:?}");
    assert_eq!(seen.get("method").and_then(Json::as_str), method.map(String::as_str));
    assert_eq!(seen.get("id"), id.map(value).as_ref());
}

fn value(id: &Id) -> Json {
    serde_json::from_str(id.raw()).unwrap()
}

fn is_an_error(answer: &str, id: Option<&Id>) {
    assert!(answer.ends_with('\n') && answer.matches(['\r', '\n']).count() == 1, "{answer}");
    let answer: Json = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["id"], id.map_or(Json::Null, value));
    assert!(answer["error"]["code"].is_i64() && answer.get("method").is_none());
}
