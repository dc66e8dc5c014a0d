//! The room for others is bounded in bytes, and one holder cannot take that of another.

use deputize::{
    Capability, Grant, MemoryReplayGuard, Principal, ReplayPolicy, RevocationPolicy, Signer as _,
    SigningKey, Token, TrustAnchors, Verifier,
};
use deputize_guard::{Guard, Recording};
use deputize_mcp::limits::{MAX_LINE_BYTES, MAX_OWNED, MAX_OWNED_NAME_BYTES};
use deputize_mcp::{Effect, Lines, Session as _};
use serde_json::{Value, json};
use time::Duration;

use crate::cast::{AUDIENCE, Ends, Went, line, now, presented, scene, with_text};

/// Calls that wait for their answers are kept, and have at most the bytes of four of the longest.
#[test]
fn open_calls_are_bounded_in_bytes() {
    let scene = scene(&["tools/call write content"]);
    let ends = Ends::new(&scene);
    let half = "x".repeat(MAX_LINE_BYTES / 2);
    let call = |id: u32| {
        let params = json!({ "name": "write", "arguments": { "content": half } });
        let text = presented(&scene, &id.to_string(), "tools/call", params);
        match ends.session.client_line(line(&text), now(), &mut |_| {}) {
            Some(Effect::ToServer(_)) => true,
            Some(Effect::ToClient(bytes)) => {
                let answer: Value = serde_json::from_slice(&bytes).unwrap();
                let code = &answer["error"]["data"]["deputize/denial"]["code"];
                assert_eq!((&answer["id"], code), (&json!(id), &json!("mcp_open_too_large")));
                false
            }
            None => panic!("{id}"),
        }
    };
    let sent: Vec<bool> = (0..9).map(call).collect();
    // Each line is longer than half of the longest, by its presentation.
    assert_eq!(sent, [true, true, true, true, true, true, true, false, false]);
    ends.server(r#"{"jsonrpc":"2.0","id":0,"result":{}}"#).into_client();
    assert!(call(9));
    // A call that was cancelled is kept no more.
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    ends.client(cancel).into_server();
    assert!(call(10) && !call(11));
}

#[test]
fn names_that_are_kept_are_bounded() {
    let scene =
        scene(&["resources/subscribe uri uri", "tools/call build", "tasks/get task taskId"]);
    let ends = Ends::new(&scene);
    let subscribe = |id: &str, bytes: usize| {
        let params = json!({ "uri": "x".repeat(bytes) });
        ends.client(&presented(&scene, id, "resources/subscribe", params))
    };
    assert!(matches!(subscribe("1", MAX_OWNED_NAME_BYTES), Went::ToServer(_)));
    assert_eq!(subscribe("2", MAX_OWNED_NAME_BYTES + 1).refusal(), "not_granted");
    let task = "t".repeat(MAX_OWNED_NAME_BYTES + 1);
    ends.client(&presented(&scene, "3", "tools/call", json!({ "name": "build" }))).into_server();
    let answer = json!({ "jsonrpc": "2.0", "id": 3, "result": { "task": { "taskId": task } } });
    ends.server(&answer.to_string()).into_client();
    let asks = presented(&scene, "4", "tasks/get", json!({ "taskId": task }));
    assert_eq!(ends.client(&asks).refusal(), "not_granted");
}

/// A holder, and those to whom it delegates what it has.
struct Holder {
    token: Token,
    key: SigningKey,
}

impl Holder {
    fn below(&self) -> Self {
        let key = SigningKey::generate().unwrap();
        let to = Principal::agent("helper", key.public_key()).unwrap();
        let allowed = ALLOWED.map(|own| own.parse::<Capability>().unwrap());
        let grant = Grant::new(to, allowed, now() + Duration::minutes(4), "a test").unwrap();
        let token = self.token.delegate(&self.key, grant, now()).unwrap();
        Self { token, key }
    }
}

const ALLOWED: [&str; 2] = ["tools/call build", "tasks/get task taskId"];

/// A holder that begins many tasks, also under the names of its own delegates, loses its own.
#[test]
fn one_holder_cannot_push_out_the_tasks_of_another() {
    let two = [crowd_of_one(), crowd_of_many()];
    for (crowd, size) in two {
        let other = scene(&ALLOWED);
        let verifier = Verifier::new(
            TrustAnchors::new([crowd.anchor, other.anchor()]).unwrap(),
            RevocationPolicy::OnlyByExpiry { at_most: Duration::DAY },
            ReplayPolicy::refused_by(
                MemoryReplayGuard::for_new_audience(10_000).with_share(10_000),
            ),
        );
        let ends = Ends::of(Guard::new(verifier, Recording::Nothing));
        let begin = |token: &Token, key: &SigningKey, task: &str| {
            let params = json!({ "name": "build" });
            ends.client(&call(token, key, "tools/call", params)).into_server();
            let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": { "taskId": task } });
            ends.server(&answer.to_string()).into_client();
        };
        let has = |token: &Token, key: &SigningKey, task: &str| {
            let went = ends.client(&call(token, key, "tasks/get", json!({ "taskId": task })));
            if let Went::ToServer(_) = went {
                let answer = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"-"}}"#;
                ends.server(answer).into_client();
                return true;
            }
            false
        };
        let (token, key) = (other.token(), other.holder_key());
        begin(token, key, "mine");
        begin(token, key, "second");
        for nth in 0..size {
            let by = &crowd.holders[nth % crowd.holders.len()];
            begin(&by.token, &by.key, &nth.to_string());
        }
        assert!(has(token, key, "mine") && has(token, key, "second"), "{size}");
        let first = &crowd.holders[0];
        assert!(!has(&first.token, &first.key, "0"), "the oldest of the crowd is forgotten");
        let last = &crowd.holders[(size - 1) % crowd.holders.len()];
        assert!(has(&last.token, &last.key, &(size - 1).to_string()));
    }
}

struct Crowd {
    anchor: deputize::TrustAnchor,
    holders: Vec<Holder>,
}

fn root(scene: &SigningKey) -> Holder {
    let key = SigningKey::generate().unwrap();
    let to = Principal::agent("planner", key.public_key()).unwrap();
    let allowed = ALLOWED.map(|own| own.parse::<Capability>().unwrap());
    let grant = Grant::new(to, allowed, now() + Duration::minutes(5), "a test").unwrap();
    let owner = deputize::Owner::human("carol@acme.com").unwrap();
    let token = Token::mint(owner, scene, grant.with_max_hops(1), now()).unwrap();
    Holder { token, key }
}

fn crowd_of_one() -> (Crowd, usize) {
    let owner = SigningKey::generate().unwrap();
    let anchor = deputize::TrustAnchor::new(owner.public_key(), "carol@acme.com");
    (Crowd { anchor, holders: vec![root(&owner)] }, MAX_OWNED + 10)
}

/// More delegates than there is room for tasks, each with one task.
fn crowd_of_many() -> (Crowd, usize) {
    let owner = SigningKey::generate().unwrap();
    let anchor = deputize::TrustAnchor::new(owner.public_key(), "carol@acme.com");
    let root = root(&owner);
    let holders = (0..MAX_OWNED + 10).map(|_| root.below()).collect();
    (Crowd { anchor, holders }, MAX_OWNED + 10)
}

fn call(token: &Token, key: &SigningKey, method: &str, params: Value) -> String {
    let call = deputize::bind::McpCall::of_method(method).unwrap();
    let params = params.as_object().unwrap().clone();
    let request = call.request(&params, AUDIENCE).unwrap();
    let shown = token.present(key, &request, now()).unwrap();
    with_text("1", method, params, &shown.to_text())
}

/// An answer that cannot be read tells its client so, where it is clear which one it was.
#[test]
fn an_answer_that_cannot_be_read_is_told() {
    let scene = scene(&["tools/call a"]);
    let ends = Ends::new(&scene);
    let deep = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    let told = [
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":"\ud800"}}"#.to_owned(),
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"a":{deep}}}}}"#),
        r#"{"result":{"a":NaN,"id":7,"b":"\"id\":{"}, "\u0069d" : 1 ,"jsonrpc":"2.0"}"#.to_owned(),
        r#" {"id":1,"result":{},"result":{}}"#.to_owned(),
    ];
    let untold = [
        r#"{"jsonrpc":"2.0","id":1,"id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"\u0069d":2,"result":{}}"#,
        r#"{"jsonrpc":"2.0","result":{"id":1,"a":1,"a":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":NaN}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":NaN}} 1"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":1,"a":2}}"#,
        r#"{"jsonrpc":"2.0","id":2,"result":{"a":1,"a":2}}"#,
        r#"{"jsonrpc":"2.0","id":"1","result":{"a":1,"a":2}}"#,
        r#"{"jsonrpc":"2.0","id":[1],"result":{"a":1,"a":2}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#,
        r#""id":1"#,
        "{",
        "{\"id\"",
        "{\"id\":1",
        "{}",
        "",
    ];
    let open = || {
        ends.client(&presented(&scene, "1", "tools/call", json!({ "name": "a" }))).into_server();
    };
    open();
    for line in untold {
        assert_eq!(ends.server(line), Went::Nowhere, "{line}");
    }
    for line in told {
        let shown = ends.server(&line).into_client();
        assert_eq!((&shown["id"], &shown["error"]["code"]), (&json!(1), &json!(-32603)), "{line}");
        open();
    }
    let bytes = &b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"\xff\r\"}}\n"[..];
    let line = Lines::new(bytes).next_line().unwrap().unwrap();
    let told = ends.session.server_line(line, now(), &mut |_| {});
    assert!(matches!(told, Some(Effect::ToClient(_))), "{told:?}");
    // A request that cannot be accepted has an answer too.
    let asked = r#"{"jsonrpc":"2.0","id":4,"method":"sampling/createMessage","x":1}"#;
    let answer = ends.server(asked).into_server();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(4), &json!(-32600)));
}
