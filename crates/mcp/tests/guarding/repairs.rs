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
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "t", "arguments": args },
    });
    let went = presenter(scene, base).client_line(line(&call.to_string()), now(), &mut |_| ());
    match went.unwrap() {
        Effect::ToServer(bytes) => {
            let text = String::from_utf8(bytes).unwrap();
            match Ends::new(scene).client(text.trim_end()) {
                Went::ToServer(mut got) => Ok(got["params"]["arguments"].take()),
                other => panic!("the guard: {other:?}"),
            }
        }
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
        (json!({ "path": "" }), based, json!({ "path": "/srv/docs" })),
        // More of one kind, and all at once.
        (
            json!({ "path": "/srv//docs/./b//", "head": null }),
            None,
            json!({ "path": "/srv/docs/b" }),
        ),
        (json!({ "path": "b//./c/", "head": null }), based, json!({ "path": "/srv/docs/b/c" })),
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
