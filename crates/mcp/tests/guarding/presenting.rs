//! A presenter, alone and in front of a guard.

use deputize::Wallet;
use deputize::testing::Scene;
use deputize_mcp::presenting::PresenterSession;
use deputize_mcp::{Effect, Session};
use serde_json::{Value, json};

use crate::cast::{AUDIENCE, Ends, Went, line, now, scene};

fn presenter(scene: &Scene, audience: &str) -> PresenterSession {
    let mut wallet = Wallet::trusting_any_root();
    wallet.add(scene.token().clone(), now()).unwrap();
    PresenterSession::new(wallet, scene.holder_key().clone(), audience)
}

fn call(id: u32, method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// The text of a line without its end.
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().trim_end().to_owned()
}

/// A client's line through the presenter and the guard.
fn through(presenter: &PresenterSession, guard: &Ends, sent: &str) -> Went {
    match presenter.client_line(line(sent), now(), &mut |_| ()).unwrap() {
        Effect::ToServer(bytes) => guard.client(&text(&bytes)),
        Effect::ToClient(bytes) => Went::ToClient(serde_json::from_slice(&bytes).unwrap()),
    }
}

#[test]
fn calls_of_a_client_that_attaches_nothing_pass_both() {
    let scene = scene(&["tools/call read_file path:subpath=/srv head?=0..100"]);
    let (own, guard) = (presenter(&scene, AUDIENCE), Ends::new(&scene));
    for (id, args, sent) in [
        (1, json!({ "path": "/srv/a" }), json!({ "path": "/srv/a" })),
        // As models write it.
        (2, json!({ "path": "/srv/a", "head": 5.0 }), json!({ "path": "/srv/a", "head": 5 })),
        (3, json!({ "path": "/srv/a", "head": null }), json!({ "path": "/srv/a" })),
    ] {
        let params =
            json!({ "name": "read_file", "arguments": args, "_meta": { "progressToken": id } });
        let got = through(&own, &guard, &call(id, "tools/call", params)).into_server();
        assert_eq!(got["params"]["arguments"], sent);
        assert_eq!(got["params"]["_meta"], json!({ "progressToken": id }));
    }
    // What no token permits is not sent, and the model learns what is permitted.
    let refused = own.client_line(
        line(&call(
            4,
            "tools/call",
            json!({ "name": "read_file", "arguments": { "path": "/etc" } }),
        )),
        now(),
        &mut |_| (),
    );
    let Some(Effect::ToClient(answer)) = refused else { panic!("{refused:?}") };
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let why = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(why.starts_with("Not sent. Refused: ") && why.contains("/srv"), "{why}");
    assert_eq!(answer["result"]["_meta"]["deputize/denial"]["code"], "argument_refused");
}

#[test]
fn a_listing_is_filtered_at_both_ends() {
    let scene = scene(&["tools/call read_file path"]);
    let (own, guard) = (presenter(&scene, AUDIENCE), Ends::new(&scene));
    let sent = through(&own, &guard, &call(1, "tools/list", json!({}))).into_server();
    assert_eq!(sent["params"], json!({}));
    let answer =
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"read_file"},{"name":"rm"}]}}"#;
    assert_eq!(
        guard.server(answer).into_client()["result"]["tools"],
        json!([{ "name": "read_file" }])
    );
    // The presenter filters what an unguarded server lists.
    let shown = own.server_line(line(answer), now(), &mut |_| ());
    let Some(Effect::ToClient(shown)) = shown else { panic!("{shown:?}") };
    assert_eq!(
        text(&shown),
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"read_file"}]}}"#
    );
}

/// A malicious server announces the audience of another one, to relay the calls to it.
#[test]
fn a_server_that_announces_another_audience_gets_no_call() {
    let scene = scene(&["tools/call **"]);
    let own = presenter(&scene, AUDIENCE);
    let initialize = call(1, "initialize", json!({ "capabilities": {} }));
    assert!(matches!(
        own.client_line(line(&initialize), now(), &mut |_| ()),
        Some(Effect::ToServer(_))
    ));
    let answer = json!({
        "jsonrpc": "2.0", "id": 1,
        "result": { "capabilities": { "experimental": { "deputize/guard": { "audience": "bank.acme.com" } } } },
    });
    own.server_line(line(&answer.to_string()), now(), &mut |_| ()).unwrap();
    let refused =
        own.client_line(line(&call(2, "tools/call", json!({ "name": "a" }))), now(), &mut |_| ());
    let Some(Effect::ToClient(answer)) = refused else { panic!("{refused:?}") };
    assert!(text(&answer).contains("the server announces the audience `bank.acme.com`"));
    // A guard of another audience refuses on its side as well.
    let elsewhere = presenter(&scene, "mail.acme.com");
    let guard = Ends::new(&scene);
    let went = through(&elsewhere, &guard, &call(1, "tools/call", json!({ "name": "a" })));
    assert_eq!(went.refusal(), "not_fresh");
}
