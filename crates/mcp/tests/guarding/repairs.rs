//! Repairs of a presenter: what is sent, what is not, and why.

use deputize::Wallet;
use deputize::testing::Scene;
use deputize_mcp::presenting::PresenterSession;
use deputize_mcp::{Effect, Session as _};
use serde_json::{Value, json};

use crate::cast::{AUDIENCE, Ends, Went, line, now, scene};

fn presenter(scene: &Scene, base: Option<&str>) -> PresenterSession {
    let mut wallet = Wallet::trusting_any_root();
    wallet.add(scene.token().clone(), now()).unwrap();
    let own = PresenterSession::new(wallet, scene.holder_key().clone(), AUDIENCE);
    match base {
        Some(base) => own.with_base(base.parse().unwrap()),
        None => own,
    }
}

/// Sends a call of the tool `t` through the presenter and a guard: the arguments that reach the
/// server, or the text for the model.
fn sent(scene: &Scene, base: Option<&str>, args: &Value) -> Result<Value, String> {
    let line = line_sent(&presenter(scene, base), args)?;
    match Ends::new(scene).client(line.trim_end()) {
        Went::ToServer(mut got) => Ok(got["params"]["arguments"].take()),
        other => panic!("the guard: {other:?}"),
    }
}

/// The arguments that a presenter sends, or the text for the model.
fn sent_by(session: &PresenterSession, args: &Value) -> Result<Value, String> {
    let line = line_sent(session, args)?;
    // The id is free again.
    let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    session.server_line(self::line(&answer.to_string()), now(), &mut |_| ());
    let mut line: Value = serde_json::from_str(&line).unwrap();
    Ok(line["params"]["arguments"].take())
}

/// Lists tools to a client.
fn list(session: &PresenterSession, tools: &Value) {
    let ask = r#"{"jsonrpc":"2.0","id":9,"method":"tools/list"}"#;
    session.client_line(line(ask), now(), &mut |_| ());
    let answer = json!({ "jsonrpc": "2.0", "id": 9, "result": { "tools": tools } });
    session.server_line(line(&answer.to_string()), now(), &mut |_| ()).unwrap();
}

fn line_sent(session: &PresenterSession, args: &Value) -> Result<String, String> {
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "t", "arguments": args },
    });
    match session.client_line(line(&call.to_string()), now(), &mut |_| ()).unwrap() {
        Effect::ToServer(bytes) => Ok(String::from_utf8(bytes).unwrap()),
        Effect::ToClient(bytes) => {
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(answer["result"]["isError"], true);
            Err(answer["result"]["content"][0]["text"].as_str().unwrap().to_owned())
        }
    }
}

/// The nine spellings of `docs/BINDINGS.md`, section 6, as models write them.
#[test]
fn spellings_of_models() {
    let scene = scene(&["tools/call t path:subpath=/srv/docs head?=0..100"]);
    let based = Some("/srv/docs");
    for (args, base, expected) in [
        (
            json!({ "path": "/srv/docs/a", "head": 5.0 }),
            None,
            json!({ "path": "/srv/docs/a", "head": 5 }),
        ),
        (json!({ "path": "/srv/docs/./a.txt" }), None, json!({ "path": "/srv/docs/a.txt" })),
        (json!({ "path": "/srv/docs//a.txt" }), None, json!({ "path": "/srv/docs/a.txt" })),
        (json!({ "path": "/srv/docs/" }), None, json!({ "path": "/srv/docs" })),
        (json!({ "path": "a.txt" }), based, json!({ "path": "/srv/docs/a.txt" })),
        (json!({ "path": "./a.txt" }), based, json!({ "path": "/srv/docs/a.txt" })),
        (json!({ "path": "." }), based, json!({ "path": "/srv/docs" })),
        (json!({ "path": "./" }), based, json!({ "path": "/srv/docs" })),
        (json!({ "path": "docs/." }), Some("/srv"), json!({ "path": "/srv/docs" })),
        (json!({ "path": "." }), Some("/srv/docs/q3"), json!({ "path": "/srv/docs/q3" })),
        // More of one kind, and all at once.
        (json!({ "path": "/srv//docs/./b", "head": null }), None, json!({ "path": "/srv/docs/b" })),
        (json!({ "path": "b//./c", "head": null }), based, json!({ "path": "/srv/docs/b/c" })),
        (json!({ "path": "docs/a" }), Some("/srv"), json!({ "path": "/srv/docs/a" })),
        (json!({ "path": "srv/docs/a" }), Some("/"), json!({ "path": "/srv/docs/a" })),
    ] {
        assert_eq!(sent(&scene, base, &args), Ok(expected), "{args}");
    }
    for (path, base, why) in [
        // The ninth: some readers decode `%tx`, and others do not.
        ("/srv/docs/100%.txt", based, "`path` has a `%` without two hexadecimal digits after it"),
        ("/srv/docs/../a", based, "`path` has `..`, which is not resolved"),
        ("../docs/a", based, "`path` has `..`, which is not resolved"),
        ("/srv/docs//x/../a", based, "`path` has `..`, which is not resolved"),
        ("a.txt", None, "`path` is relative; write it as an absolute path"),
        ("", None, "`path` is empty"),
        // It may mean that no path is given.
        ("", based, "`path` is empty"),
        // A link is what it leads to, and a new name a directory.
        ("/srv/docs/link/", None, "`path` ends in `/` or `/.`"),
        ("/srv/docs/link/.", based, "`path` ends in `/` or `/.`"),
        ("link/", based, "`path` ends in `/` or `/.`"),
        ("/srv//docs/new//", None, "`path` ends in `/` or `/.`"),
        (".", None, "`path` has a `.` or `..` segment"),
        // A repaired call that is not permitted is not sent.
        (
            "b//a.txt",
            Some("/srv/other"),
            "`b//a.txt` in `path` would be sent as `/srv/other/b/a.txt`",
        ),
        ("/etc//passwd", based, "`/etc//passwd` in `path` would be sent as `/etc/passwd`"),
        // Another meaning on some systems.
        ("//srv/docs/a", based, "`path` has an empty segment"),
        ("~/a", based, "`path` is relative"),
        ("c:/a", based, "`path` has a segment that begins with a drive letter"),
        ("file:///srv/docs/a", based, "`path` has an empty segment"),
        ("docs\\a", based, "`path` has a backslash"),
    ] {
        let text = sent(&scene, base, &json!({ "path": path })).unwrap_err();
        assert!(text.starts_with("Not sent. Refused: ") && text.contains(why), "{path}: {text}");
    }
}

/// Nothing is repaired where the call is permitted as it is, or where the argument may be no path.
#[test]
fn what_need_not_be_repaired_stays() {
    let args = json!({ "path": "b//./c/", "head": null, "text": "x//" });
    for allowed in [
        "tools/call t ...",
        "tools/call t path head? text",
        "tools/call t path^=b head?=null text$=//",
    ] {
        let scene = scene(&[allowed]);
        assert_eq!(sent(&scene, Some("/srv"), &args), Ok(args.clone()), "{allowed}");
    }
    // Only what every alternative limits as a path is one.
    let either = scene(&["tools/call t path:subpath=/srv text", "tools/call t path^=b text=a"]);
    let text = sent(&either, None, &json!({ "path": "/srv//a", "text": "b" })).unwrap_err();
    assert!(!text.contains("Note: "), "{text}");
    let listed = scene(&["tools/call t path:subpath=/srv", "tools/call t path=/etc/hosts"]);
    let got = sent(&listed, None, &json!({ "path": "/etc//hosts" }));
    assert_eq!(got, Ok(json!({ "path": "/etc/hosts" })));
    // Text that is limited otherwise keeps its spelling beside a path that is repaired.
    let beside = scene(&["tools/call t path:subpath=/srv text:max_len=9 url:url=https://acme.com"]);
    let args = json!({ "path": "/srv//a", "text": "x//./", "url": "https://acme.com/a/b/" });
    let repaired = json!({ "path": "/srv/a", "text": "x//./", "url": "https://acme.com/a/b/" });
    assert_eq!(sent(&beside, Some("/srv"), &args), Ok(repaired));
}

#[test]
fn paths_in_lists_and_objects_are_repaired() {
    let lists = scene(&["tools/call t paths[]:subpath=/srv"]);
    let args = json!({ "paths": ["/srv//a", "b", "/srv/c"] });
    assert_eq!(
        sent(&lists, Some("/srv"), &args),
        Ok(json!({ "paths": ["/srv/a", "/srv/b", "/srv/c"] }))
    );
    let inner = scene(&["tools/call t /files/*/path[]:subpath=/srv /files/*/content"]);
    let args = json!({ "files": [{ "path": "a//b", "content": "a//b" }, { "path": "/srv/", "content": "" }] });
    let repaired = json!({
        "files": [{ "path": "/srv/a/b", "content": "a//b" }, { "path": "/srv", "content": "" }],
    });
    assert_eq!(sent(&inner, Some("/srv"), &args), Ok(repaired));
    let text = sent(&lists, None, &json!({ "paths": ["/srv/a", "/srv/../x"] })).unwrap_err();
    assert!(text.contains("`paths` has `..`"), "{text}");
    // A relative directory stays one.
    let relative = scene(&["tools/call t path:subpath=docs"]);
    let got = sent(&relative, Some("/srv"), &json!({ "path": "./docs//a" }));
    assert_eq!(got, Ok(json!({ "path": "docs/a" })));
}

/// `null` can mean something to a server: nobody, everybody, to delete.
#[test]
fn null_is_left_out_only_where_it_means_nothing() {
    let scene = scene(&["tools/call t head?<=100 label?=a patch/** when?"]);
    for (args, wanted) in [
        // Inside an argument.
        (
            json!({ "head": null, "patch": { "assignee": null } }),
            json!({ "patch": { "assignee": null } }),
        ),
        (
            json!({ "head": null, "patch": [{ "assignee": null }], "when": null }),
            json!({ "patch": [{ "assignee": null }], "when": null }),
        ),
        (json!({ "head": null, "patch": {} }), json!({ "patch": {} })),
    ] {
        assert_eq!(sent(&scene, None, &args), Ok(wanted), "{args}");
    }
    // An argument that is not granted, of a tool that was not listed.
    assert!(sent(&scene, None, &json!({ "patch": {}, "other": null })).is_err());
    // By the schema that the server lists.
    let null = |property: Value| {
        let label = json!({ "patch": {}, "label": null });
        let schema = json!({ "properties": { "label": property }, "additionalProperties": false });
        let session = presenter(&scene, None);
        list(&session, &json!([{ "name": "t", "inputSchema": schema }]));
        match sent_by(&session, &label) {
            Ok(got) => got == json!({ "patch": {} }),
            Err(_) => false,
        }
    };
    for refusing in [
        json!({ "type": "string" }),
        json!({ "enum": ["a"] }),
        json!({ "const": "a" }),
        json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
        json!({ "allOf": [{}, { "type": "string" }] }),
        // An absent argument is the same, as the server says.
        json!({ "anyOf": [{ "type": "string" }, { "type": "null" }], "default": null }),
        json!(false),
    ] {
        assert!(null(refusing.clone()), "{refusing}");
    }
    for admitting in [
        json!({}),
        json!(true),
        json!({ "type": ["string", "null"] }),
        json!({ "type": "string", "nullable": true }),
        json!({ "enum": ["a", null] }),
        json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }),
        json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/x" }] }),
        json!({ "$ref": "#/$defs/x" }),
        json!({ "not": { "type": "string" } }),
        json!(5),
    ] {
        assert!(!null(admitting.clone()), "{admitting}");
    }
    // What a closed schema does not name means nothing, and a later listing counts.
    let session = presenter(&scene, None);
    let unknown = json!({ "patch": {}, "other": null });
    let closed = json!({ "properties": { "patch": {} }, "additionalProperties": false });
    list(&session, &json!([{ "name": "t", "inputSchema": closed }]));
    assert_eq!(sent_by(&session, &unknown), Ok(json!({ "patch": {} })));
    list(&session, &json!([{ "name": "t", "inputSchema": { "properties": {} } }]));
    assert!(sent_by(&session, &unknown).is_err());
    // A schema that is too large to be kept counts as not listed, and leaves room for others.
    let label = json!({ "patch": {}, "label": null });
    let admitting = |other: &str| json!({ "properties": { "label": true, other: true } });
    list(&session, &json!([{ "name": "t", "inputSchema": admitting("x") }]));
    assert!(sent_by(&session, &label).is_err());
    let large = admitting(&"x".repeat(1024 * 1024));
    list(&session, &json!([{ "name": "t", "inputSchema": large }]));
    assert_eq!(sent_by(&session, &label), Ok(json!({ "patch": {} })));
    list(&session, &json!([{ "name": "t", "inputSchema": admitting("x") }]));
    assert!(sent_by(&session, &label).is_err());
    // Where a token permits `null`, it is meant.
    let either = self::scene(&["tools/call t label?=a x", "tools/call t label?=null y"]);
    assert!(sent(&either, None, &json!({ "label": null, "x": 1 })).is_err());
}

/// Beside another place, a relative path may be relative to that.
#[test]
fn a_path_is_based_only_if_it_is_the_one_place_of_the_call() {
    let base = Some("/srv");
    let based = json!({ "path": "/srv/a" });
    let of = |allowed: &str, args: Value| sent(&scene(&[allowed]), base, &args);
    let two = "tools/call t cwd?:subpath=/srv path:subpath=/srv text?";
    assert_eq!(of(two, json!({ "path": "a" })), Ok(based.clone()));
    let with_text = json!({ "path": "a", "text": "b" });
    assert_eq!(of(two, with_text), Ok(json!({ "path": "/srv/a", "text": "b" })));
    for args in [
        json!({ "cwd": "/srv/app", "path": "secrets" }),
        json!({ "cwd": "app", "path": "secrets" }),
        json!({ "cwd": "/srv/app", "path": "./x//y" }),
        json!({ "path": "a", "text": "/srv/app" }),
        json!({ "path": "a", "text": ["~/app"] }),
    ] {
        let text = of(two, args.clone()).unwrap_err();
        assert!(
            text.contains("`path` is relative; write it as an absolute path"),
            "{args}: {text}"
        );
    }
    // The other place is one by its value alone.
    for allowed in [
        "tools/call t repo=/srv/repo files[]:subpath=/srv/repo",
        "tools/call t repo files[]:subpath=/srv/repo",
    ] {
        assert!(of(allowed, json!({ "repo": "/srv/repo", "files": ["repo/a"] })).is_err());
    }
    // A relative path that one of the tokens permits is not to be changed.
    let either = scene(&["tools/call t path:subpath=/srv x", "tools/call t path=a y"]);
    assert!(sent(&either, base, &json!({ "path": "a", "x": 1 })).is_err());
}
