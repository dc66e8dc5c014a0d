//! Lines that two readers could take for two different things.

use deputize::CodedError;
use deputize_mcp::{IdValue, MessageError};
use serde_json::{Value as Json, json};

use crate::{message, read};
use deputize_mcp::Content;

/// The code of the refusal of a line, and the code and the id of its answer.
fn refusal(bytes: impl AsRef<[u8]>) -> (&'static str, i64, Json) {
    let malformed = match read(bytes.as_ref()) {
        Ok(read) => panic!("{read:?}"),
        Err(malformed) => malformed,
    };
    let answer = malformed.answer();
    assert!(answer.ends_with("}\n") && answer.matches('\n').count() == 1, "{answer}");
    let answer: Json = serde_json::from_str(&answer).unwrap();
    let data = &answer["error"]["data"]["deputize/denial"];
    assert_eq!(data["code"], malformed.code());
    (malformed.code(), answer["error"]["code"].as_i64().unwrap(), answer["id"].clone())
}

#[test]
fn two_lines_in_one() {
    const INNER: &str = r#"{"jsonrpc":"2.0","id":71,"method":"tools/call","params":{"name":"t"}}"#;
    for line in [
        format!("{{\"jsonrpc\":\"2.0\",\"id\":17,\"x\":\r{INNER}\r}}"),
        format!("{{\"jsonrpc\":\"2.0\",\"id\":17,\"result\":{{\"x\":\r{INNER}\r}}}}"),
        "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\r\"id\":1}".to_owned(),
        format!("{INNER}\r\r"),
        format!("\r{INNER}"),
    ] {
        assert_eq!(refusal(&line), ("mcp_carriage_return", -32700, Json::Null), "{line:?}");
    }
    assert!(read(format!("{INNER}\r")).is_ok(), "CR and LF end a line");
}

#[test]
fn text_that_readers_repair_or_skip() {
    let call = |id: &str, name: &str, more: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}"{more}}}}}"#
        )
    };
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for line in [
        call("1", "t", r#","name":"u""#),
        call("1", "t", r#","arguments":{"a":[{"b":1,"\u0062":2}]}"#),
        call("1", "t", r#","arguments":{"a":NaN}"#),
        call("1", "t", r#","arguments":{"a":-Infinity}"#),
        call("1", "t", r#","arguments":{"a":1e999}"#),
        call("1", "t", r#","arguments":{"a":01}"#),
        call("1", r"\ud800", ""),
        call("1", r"\udc00\ud800", ""),
        call("1", "t", &format!(r#","arguments":{{"a":{deep}}}"#)),
        call("1", "t", r#","arguments":{"$serde_json::private::Number":"5"}"#),
        call("1", "a\tb", ""),
        format!("\u{feff}{}", call("1", "t", "")),
        format!("{}\u{2028}{}", call("1", "t", ""), call("2", "u", "")),
        format!("{{\u{2028}{}", &call("1", "t", "")[1..]),
        format!("{}{}", call("1", "t", ""), call("2", "u", "")),
        call("1", "t", "").replace("\"method\"", "\"method\":\"ping\",\"m\\u0065thod\""),
        call("1,\"id\":2", "t", ""),
        call("1", "t", "").replace('}', ",}"),
        "{'jsonrpc':'2.0'}".to_owned(),
        String::new(),
        "  ".to_owned(),
    ] {
        assert_eq!(refusal(&line), ("mcp_not_json", -32700, Json::Null), "{line:?}");
    }
    let wrong = [call("1", "t", "").as_bytes(), b"\xff"].concat();
    assert_eq!(refusal(wrong), ("mcp_not_utf8", -32700, Json::Null));
    let inside = call("1", "t", "").into_bytes();
    let inside: Vec<u8> = inside.iter().map(|b| if *b == b't' { 0xc3 } else { *b }).collect();
    assert_eq!(refusal(inside).0, "mcp_not_utf8");
}

#[test]
fn batches_and_lists_of_members() {
    for line in [
        "[]",
        r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call"}]"#,
        r#"["2.0",1,"tools/call",null]"#,
        r#"[{"jsonrpc":"2.0"},null,{}]"#,
        r#""tools/call""#,
        "null",
        "7",
    ] {
        assert_eq!(refusal(line), ("mcp_not_an_object", -32600, Json::Null), "{line}");
    }
}

#[test]
fn integers_that_readers_round() {
    let with = |place: &str, number: &str| {
        let line =
            r#"{"jsonrpc":"2.0","id":ID,"method":"tools/call","params":{"a":[{"b":NUMBER}]}}"#;
        let line = line.replace(place, number);
        line.replace("ID", "1").replace("NUMBER", "1")
    };
    for number in [
        "9007199254740992",
        "9007199254740993",
        "-9007199254740992",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "1000000000000000000000000000000",
        "-1000000000000000000000000000000",
    ] {
        for place in ["ID", "NUMBER"] {
            let (code, error, _) = refusal(with(place, number));
            assert_eq!((code, error), ("mcp_large_integer", -32600), "{number}");
        }
    }
    for number in ["9007199254740991", "-9007199254740991"] {
        assert!(read(with("ID", number)).is_ok() && read(with("NUMBER", number)).is_ok());
    }
    // Not written as an integer.
    assert!(read(with("NUMBER", "1e30")).is_ok());
}

#[test]
fn ids() {
    let ping = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
    let texts =
        [r#""""#, r#"" 7""#, r#""7\n""#, r#""\u0660""#, r#""７""#, r#""a b""#, r#""\u007f""#];
    let others = ["1.0", "1e0", "1E0", "-0", "0.5", "null", "{}", "[]", "[1]", "true", "-0.0"];
    for id in others.into_iter().chain(texts) {
        assert_eq!(refusal(ping(id)), ("mcp_id", -32600, Json::Null), "{id}");
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
        assert_eq!(refusal(answer), ("mcp_id", -32600, Json::Null), "{id}");
    }
    for (raw, value) in [
        ("0", IdValue::Integer(0)),
        ("-7", IdValue::Integer(-7)),
        ("9007199254740991", IdValue::Integer(9_007_199_254_740_991)),
        (r#""~!""#, IdValue::Text("~!".to_owned())),
        (r#""7""#, IdValue::Text("7".to_owned())),
        (r#""\u0061\\""#, IdValue::Text("a\\".to_owned())),
    ] {
        let read = message(&ping(&format!(" {raw}  ")));
        let Content::Request { id, .. } = read.content() else { panic!("{read:?}") };
        assert_eq!((id.raw(), id.value()), (raw, &value));
    }
}

#[test]
fn members_of_two_kinds_or_of_none() {
    for (line, code, id) in [
        (r#"{"jsonrpc":"2.0","id":5,"method":"ping","result":{}}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"method":"ping","error":{}}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"result":{},"error":{}}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"result":{},"params":{}}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"result":{},"method":null}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","result":{}}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"params":{}}"#, "mcp_kind", Json::Null),
        (r#"{"jsonrpc":"2.0"}"#, "mcp_kind", Json::Null),
        (r#"{}"#, "mcp_version", Json::Null),
        (r#"{"id":5,"method":"ping"}"#, "mcp_version", json!(5)),
        (r#"{"jsonrpc":2.0,"id":5,"method":"ping"}"#, "mcp_version", json!(5)),
        (r#"{"jsonrpc":"2.00","id":5,"method":"ping"}"#, "mcp_version", json!(5)),
        (r#"{"jsonrpc":"2.0","id":5,"Method":"tools/call"}"#, "mcp_unknown_member", Json::Null),
        (
            r#"{"jsonrpc":"2.0","id":5,"method":"ping","METHOD":"x"}"#,
            "mcp_unknown_member",
            json!(5),
        ),
        (r#"{"jsonrpc":"2.0","id":"5","method":"ping","x":1}"#, "mcp_unknown_member", json!("5")),
        (r#"{"jsonrpc":"2.0","id":5,"method":7}"#, "mcp_member", json!(5)),
        (r#"{"jsonrpc":"2.0","id":5,"method":["tools/call"]}"#, "mcp_member", json!(5)),
        (r#"{"jsonrpc":"2.0","id":5,"method":"ping","params":null}"#, "mcp_member", json!(5)),
        (r#"{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}"#, "mcp_member", json!(5)),
        (r#"{"jsonrpc":"2.0","id":5,"result":null}"#, "mcp_member", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"result":[]}"#, "mcp_member", Json::Null),
        (r#"{"jsonrpc":"2.0","id":5,"error":"x"}"#, "mcp_member", Json::Null),
    ] {
        let (found, _, own) = refusal(line);
        assert_eq!((found, own), (code, id), "{line}");
    }
    // Of invalid parameters, JSON-RPC has a code of its own.
    assert_eq!(refusal(r#"{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}"#).1, -32602);
    assert_eq!(refusal(r#"{"jsonrpc":"2.0","id":5,"method":7}"#).1, -32600);
}

#[test]
fn the_four_kinds() {
    let is = |line: &str, expected: fn(&Content) -> bool| {
        assert!(expected(message(line).content()), "{line}");
    };
    is(r#"{"method":"x","id":1,"jsonrpc":"2.0"}"#, |own| matches!(own, Content::Request { .. }));
    is(
        "\t{ \"m\\u0065thod\" : \"x\" , \"jsonrpc\":\"2.0\" } \r",
        |own| matches!(own, Content::Notification { method, .. } if method == "x"),
    );
    is(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, |own| matches!(own, Content::Result { .. }));
    is(r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, |own| matches!(own, Content::Error { .. }));
}

/// A name in an answer is shortened, and cannot end its quotation.
#[test]
fn an_answer_quotes_safely() {
    let name = format!("`\u{202e}{}", "x".repeat(100_000));
    let line = json!({"jsonrpc": "2.0", "id": 1, "method": "ping", name: 1}).to_string();
    let malformed = read(line).unwrap_err();
    assert!(matches!(malformed.error, MessageError::UnknownMember { .. }));
    let answer = malformed.answer();
    assert!(answer.len() < 1000, "{}", answer.len());
    assert!(!answer.contains('\u{202e}'));
}
