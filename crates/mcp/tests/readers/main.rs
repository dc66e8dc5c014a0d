//! Node and Python see in each line that is passed on the one message that was read, and nothing in
//! it that a guard decides about.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod corpus;
mod ids;
mod mutate;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use deputize::bind::McpCall;
use deputize_mcp::meta::{ClientMeta, without_ours};
use deputize_mcp::{ClientCall, ClientMessage, Content, Id, Line, Lines, Message, request_line};
use serde_json::{Map, Value as Json, json};

use mutate::Random;

const CASES: usize = 20_000;

/// Bytes for a reader, and what it may see in them.
struct Case {
    bytes: Vec<u8>,
    allowed: Allowed,
}

enum Allowed {
    /// This message and no other.
    Only(Json),
    /// This one, which is no call.
    NoCall(Json),
    /// A refused line: nobody receives it.
    Anything,
}

/// What a guard passes on of a line, if it came from a client and if it came from a server.
fn cases(bytes: &[u8]) -> Vec<Case> {
    let line: Line = Lines::new(bytes).next_line().unwrap().unwrap();
    let Ok(message) = Message::read(line) else {
        return vec![Case { bytes: bytes.to_vec(), allowed: Allowed::Anything }];
    };
    let own = message.content().clone();
    let client_line = match ClientMessage::of(&message) {
        ClientMessage::Call(call) | ClientMessage::Listing(call) => written_anew(call),
        ClientMessage::Pass(_) | ClientMessage::Answer { .. } => {
            let outgoing = ClientMeta::new().filtered(message.clone());
            let is_first =
                matches!(&own, Content::Request { method, .. } if method == "initialize");
            let seen = as_json(&own, |holder| {
                let kept = ClientMeta::new().kept(holder);
                if holder.get("_meta") != Some(&Json::Object(kept.clone())) {
                    holder.remove("_meta");
                }
                if !kept.is_empty() {
                    holder.insert("_meta".to_owned(), Json::Object(kept));
                }
                if let Some(Json::Object(members)) = holder.get_mut("capabilities")
                    && is_first
                {
                    members.remove("roots");
                }
            });
            Some(Case { bytes: outgoing.bytes().to_vec(), allowed: Allowed::NoCall(seen) })
        }
        ClientMessage::RootsChanged | ClientMessage::Refused(_) => {
            Some(Case { bytes: bytes.to_vec(), allowed: Allowed::Anything })
        }
    };
    let outgoing = without_ours(message);
    let seen = as_json(&own, |holder| {
        let own: &[_] = match &own {
            Content::Result { .. } => &["/capabilities/experimental", "/capabilities/extensions"],
            Content::Error { .. } => &["/data"],
            _ => &[],
        };
        for pointer in own.iter().chain(&["/_meta"]) {
            let mut all = Json::Object(std::mem::take(holder));
            if let Some(Json::Object(members)) = all.pointer_mut(pointer) {
                members.retain(|name, _| !name.starts_with("deputize/"));
            }
            let Json::Object(rest) = all else { panic!("{all}") };
            *holder = rest;
        }
    });
    let server_line = Case { bytes: outgoing.bytes().to_vec(), allowed: Allowed::Only(seen) };
    client_line.into_iter().chain([server_line]).collect()
}

fn written_anew(own: ClientCall<'_>) -> Option<Case> {
    let request = own.call.request(own.params, "fs.acme.com").ok()?;
    let meta = ClientMeta::new().kept(own.params);
    let mut params = McpCall::params_of(&request).unwrap();
    if !meta.is_empty() {
        params.insert("_meta".to_owned(), Json::Object(meta.clone()));
    }
    let seen = json!({
        "jsonrpc": "2.0", "id": id(own.id), "method": own.call.method(), "params": params,
    });
    let line = request_line(&request, own.id, meta).unwrap();
    Some(Case { bytes: line.into_bytes(), allowed: Allowed::Only(seen) })
}

fn id(id: &Id) -> Json {
    serde_json::from_str(id.raw()).unwrap()
}

/// A message as it was read, after a change to its one object. Absent parameters are empty.
fn as_json(content: &Content, change: impl Fn(&mut Map<String, Json>)) -> Json {
    let changed = |members: &Map<String, Json>| {
        let mut members = members.clone();
        change(&mut members);
        members
    };
    match content {
        Content::Request { id: own, method, params } => {
            json!({"jsonrpc": "2.0", "id": id(own), "method": method, "params": changed(params)})
        }
        Content::Notification { method, params } => {
            json!({"jsonrpc": "2.0", "method": method, "params": changed(params)})
        }
        Content::Result { id: own, result } => {
            json!({"jsonrpc": "2.0", "id": id(own), "result": changed(result)})
        }
        Content::Error { id: own, error } => {
            json!({"jsonrpc": "2.0", "id": id(own), "error": changed(error)})
        }
    }
}

/// Returns true if two readers read the same, where JavaScript has one type of numbers.
fn is_same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let is_same = |(name, own)| b.get(name).is_some_and(|other| is_same(own, other));
            a.len() == b.len() && a.iter().all(is_same)
        }
        _ => a == b,
    }
}

/// What a reader sees in each case: the text of each message, and whether it is a call.
fn seen_by(program: &str, script: &str, input: &Path) -> Vec<Vec<(bool, String)>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(script);
    let output = Command::new(program)
        .arg(script)
        .args(McpCall::ALL.map(McpCall::method))
        .stdin(File::open(input).unwrap())
        .output()
        .expect("tests/setup installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut all, mut case) = (Vec::new(), Vec::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        match line.split_once(' ') {
            None => all.push(std::mem::take(&mut case)),
            Some((kind, message)) => case.push((kind == "call", message.to_owned())),
        }
    }
    all
}

#[test]
fn other_readers_see_the_message_that_was_read() {
    let mut random = Random(7);
    let own = corpus::MESSAGES.iter().map(|message| message.as_bytes().to_vec());
    let mutated = std::iter::repeat_with(|| mutate::line(&mut random));
    let lines = own.chain(mutated).take(CASES);
    let cases: Vec<_> = lines.flat_map(|line| cases(&[&line[..], b"\n"].concat())).collect();
    let count = |is: fn(&Allowed) -> bool| cases.iter().filter(|case| is(&case.allowed)).count();
    // Otherwise the test would show little.
    assert!(count(|allowed| matches!(allowed, Allowed::NoCall(_))) > CASES / 8);
    assert!(count(|allowed| matches!(allowed, Allowed::Only(_))) > CASES / 4);
    assert!(count(|allowed| matches!(allowed, Allowed::Anything)) > CASES / 4);

    let input = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lines_for_readers");
    let bytes = cases.iter().flat_map(|case| [&case.bytes[..], b"\"end of case\"\n"]);
    fs::write(&input, bytes.collect::<Vec<_>>().concat()).unwrap();
    for (program, script) in [("node", "reader.js"), ("python3", "reader.py")] {
        let seen = seen_by(program, script, &input);
        assert_eq!(seen.len(), cases.len(), "{program}");
        let mut calls_in_refused = 0;
        for (case, seen) in cases.iter().zip(seen) {
            let shown =
                || format!("{program}: {:?}: {seen:?}", String::from_utf8_lossy(&case.bytes));
            let (message, must_not_call) = match &case.allowed {
                Allowed::Only(message) => (message, false),
                Allowed::NoCall(message) => (message, true),
                Allowed::Anything => {
                    calls_in_refused += usize::from(seen.iter().any(|(is_call, _)| *is_call));
                    continue;
                }
            };
            let [(is_call, text)] = &seen[..] else { panic!("{}", shown()) };
            let mut read: Json = serde_json::from_str(text).unwrap();
            let has_method = read.get("method").is_some();
            if let Json::Object(members) = &mut read
                && has_method
            {
                members.entry("params").or_insert_with(|| json!({}));
            }
            assert!(is_same(message, &read), "{}\n{message}", shown());
            assert!(!(must_not_call && *is_call), "{}", shown());
        }
        // Of what is refused, this reader would have executed much.
        assert!(calls_in_refused > CASES / 50, "{program}: {calls_in_refused}");
    }
}
