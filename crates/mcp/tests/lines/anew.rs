//! Calls that are written anew, from the request that was decided about.

use deputize::Request;
use deputize_mcp::meta::ClientMeta;
use deputize_mcp::{ClientMessage, request_line};
use serde_json::{Value as Json, json};

use crate::message;

#[test]
fn a_call_is_written_from_its_request() {
    let line = json!({"jsonrpc": "2.0", "id": "ID", "method": "tools/call", "params": {
        "name": "read", "arguments": {"path": "/a\nb\r", "n": [5.5, null], "o": {"_meta": 1}},
        "task": {"ttl": 5}, "requestState": "s", "inputResponses": {"q": {"action": "accept"}},
        "_meta": {"deputize/presentation": "En0K", "progressToken": 7, "x": 1},
    }});
    let read = message(
        &line.to_string().replace("\"ID\"", r#""\u0061""#).replace("tools/call", r"tools\/call"),
    );
    let ClientMessage::Call(own) = ClientMessage::of(&read) else { panic!("{read:?}") };
    let request = own.call.request(own.params, "fs.acme.com").unwrap();
    let anew = request_line(&request, own.id, ClientMeta::new().kept(own.params)).unwrap();
    assert!(anew.starts_with(r#"{"jsonrpc":"2.0","id":"\u0061","method":"tools/call","params":{"#));
    assert!(anew.ends_with("}\n") && anew.matches('\n').count() == 1 && !anew.contains('\r'));
    let mut expected = line.clone();
    expected["id"] = json!("a");
    expected["params"]["_meta"] = json!({"progressToken": 7});
    assert_eq!(serde_json::from_str::<Json>(&anew).unwrap(), expected);
    let again = message(anew.trim_end());
    let ClientMessage::Call(same) = ClientMessage::of(&again) else { panic!("{again:?}") };
    assert_eq!(same.call.request(same.params, "fs.acme.com").unwrap(), request);

    let bare = request_line(&request, own.id, serde_json::Map::new()).unwrap();
    assert!(!bare.contains("\"_meta\":{"));
    let other = Request::new("crm.read", "a", "b").unwrap();
    assert_eq!(request_line(&other, own.id, serde_json::Map::new()), None);
}
