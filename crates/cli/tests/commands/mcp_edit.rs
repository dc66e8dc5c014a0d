//! Presenters in the text of configurations: other bytes stay, and those that were replaced come back.

use std::slice;

use deputize_cli::clients::{self, Behind, Client, Document, Held, Presenting, install};
use proptest::prelude::*;

pub(crate) const PROGRAM: &str = "/usr/local/bin/deputize";

pub(crate) fn presenting() -> Presenting {
    Presenting {
        key: "/home/alice/planner.key".to_owned(),
        insecure_key: false,
        held: Held::Token("/home/alice/planner.token".to_owned()),
        trust: vec!["/home/alice/alice.pub=alice@acme.com".to_owned()],
        successor: vec![],
        audience: "fs.acme.com".to_owned(),
        base: None,
    }
}

/// The text without the presenter.
fn uninstall(
    text: &str,
    client: Option<Client>,
    name: &str,
    originals: &[clients::Original],
) -> Result<String, String> {
    clients::uninstall(text, client, name, originals).map(|own| own.text)
}

/// The entry as it is started, with a presenter or without.
fn starts(text: &str, name: &str) -> (bool, Behind) {
    let document = Document::parse(text, None).unwrap();
    match document.server(name).unwrap().starts().unwrap() {
        Ok(own) => {
            assert_eq!((own.program.as_str(), own.presenting), (PROGRAM, presenting()));
            (true, own.behind)
        }
        Err(behind) => (false, behind),
    }
}

/// Installs and uninstalls: with the originals, and without them.
fn there_and_back(text: &str, name: &str) -> (String, String) {
    let (is_presented, behind) = starts(text, name);
    assert!(!is_presented);
    let installed = install(text, None, name, PROGRAM, &presenting()).unwrap();
    assert_eq!(starts(&installed.text, name), (true, behind.clone()), "{}", installed.text);
    assert!(install(&installed.text, None, name, PROGRAM, &presenting()).is_err());
    let exact = uninstall(&installed.text, None, name, &[installed.original]).unwrap();
    assert_eq!(exact, text);
    let said = uninstall(&installed.text, None, name, &[]).unwrap();
    assert_eq!(starts(&said, name), (false, behind));
    (installed.text, said)
}

#[test]
fn an_entry_is_edited_as_text() {
    let text = "{\r\n\t// mine\r\n\t\"mcpServers\": {\r\n\t\t\"files\": {\"command\": \"np\\u0078\", /* why */ \"args\": [\r\n\t\t\t\"-y\", // yes\r\n\t\t\t\"server\",\r\n\t\t], \"env\": {\"A\": \"b\",},},\r\n\t},\r\n}";
    let (installed, said) = there_and_back(text, "files");
    assert_eq!(said, text);
    let expected = text.replace("\"np\\u0078\",", &format!("\"{PROGRAM}\",")).replace(
        "\"-y\",",
        "\"mcp-present\", \"--key=/home/alice/planner.key\", \"--token=@/home/alice/planner.token\", \"--trust=/home/alice/alice.pub=alice@acme.com\", \"--audience=fs.acme.com\", \"--\", \"np\\u0078\", \"-y\",",
    );
    assert_eq!(installed, expected);
}

/// Without the originals, an entry says everything but whether it had an empty list of arguments, and of a
/// URL the spelling.
#[test]
fn an_entry_says_how_it_was() {
    for (entry, exactly) in [
        (r#"{"command":"a","args":["b"]}"#, true),
        (r#"{"args":["b"],"command":"a"}"#, true),
        (r#"{"command":"a","args":[]}"#, true),
        (r#"{"command":"a","args":[ /* none */ ],}"#, true),
        ("{\"command\":\"a\",\"args\":[\n  // none\n]}", true),
        (r#"{"command":"a" /* c */, "args":["b",],}"#, true),
        (r#"{"command":"a"}"#, false),
        ("{\"command\":\"a\" // c\n,}", false),
        (r#"{"url": "https://acme.com/mcp"}"#, true),
        (r#"{"url":"https://acme.com/mcp"}"#, false),
        (r#"{"type":"http","url":"https:\/\/acme.com/mcp","env":{}}"#, false),
        (r#"{"url": "https://acme.com/mcp", "type" : "http"}"#, true),
        (r#"{"url":"https://acme.com/mcp","type":"streamable-http"}"#, false),
    ] {
        let text = format!("{{\"mcpServers\": {{\"s\": {entry}, \"t\": {{\"command\": \"t\"}}}}}}");
        let (_, said) = there_and_back(&text, "s");
        assert_eq!(said == text, exactly, "{said}");
    }
}

/// A client that writes its configuration anew keeps the values alone.
#[test]
fn an_entry_that_was_written_anew_is_taken_back() {
    for entry in [
        r#"{"type":"stdio","command":"a","args":["b","--","c"],"env":{"A":"b"}}"#,
        r#"{"command":"a"}"#,
        r#"{"z":1,"url":"https://acme.com/mcp","a":2,"type":"http"}"#,
    ] {
        let text = format!("{{\"servers\": {{\"s\": {entry}}}}}");
        let installed = install(&text, None, "s", PROGRAM, &presenting()).unwrap();
        // This sorts the members by their names.
        let value: serde_json::Value = serde_json::from_str(&installed.text).unwrap();
        for anew in [value.to_string(), format!("{value:#}")] {
            let back =
                uninstall(&anew, Some(Client::Vscode), "s", slice::from_ref(&installed.original));
            let mut back: serde_json::Value = serde_json::from_str(&back.unwrap()).unwrap();
            let mut before: serde_json::Value = serde_json::from_str(&text).unwrap();
            for own in [&mut back, &mut before] {
                let entry = own["servers"]["s"].as_object_mut().unwrap();
                if entry.get("args").is_some_and(|args| args == &serde_json::json!([])) {
                    entry.remove("args");
                }
            }
            assert_eq!(back, before);
        }
        // Or with a comma behind the last argument.
        let comma = installed.text.replace("\"]", "\",]");
        uninstall(&comma, None, "s", &[]).unwrap();
    }
}

#[test]
fn what_cannot_be_edited_is_refused() {
    let install = |text: &str| {
        install(text, None, "s", PROGRAM, &presenting()).map(|own| own.text).unwrap_err()
    };
    for (text, why) in [
        ("", "the file is empty"),
        ("// nothing", "the file is empty"),
        ("[]", "this is not a configuration"),
        ("{", "this is not JSON with comments"),
        ("{} {}", "this is not JSON with comments"),
        ("{'mcpServers': {}}", "this is not JSON with comments"),
        ("{mcpServers: {}}", "this is not JSON with comments"),
        ("{}", "has no `mcpServers`"),
        ("{\"mcpServers\": null}", "`mcpServers` is not an object"),
        ("{\"mcpServers\": []}", "`mcpServers` is not an object"),
        ("{\"mcpServers\": {}}", "has no server"),
        ("{\"mcpServers\": {\"a\": {}, \"b\\n\": {}}}", "has no server `s`; it has `a`, `b\\n`"),
        ("{\"mcpServers\": {}, \"servers\": {}}", "has both `mcpServers` and `servers`"),
        ("{\"mcpServers\": {}, \"mcpS\\u0065rvers\": {}}", "has `mcpServers` twice"),
        ("{\"mcpServers\": {\"s\": {}, \"s\": {}}}", "`mcpServers` has `s` twice"),
        ("{\"mcpServers\": {\"s\": 1}}", "the entry is not an object"),
        ("{\"mcpServers\": {\"s\": {}}}", "has neither `command` nor `url`"),
        ("{\"mcpServers\": {\"s\": {\"command\": 1}}}", "`command` is not a text"),
        ("{\"mcpServers\": {\"s\": {\"command\": \"a\", \"command\": \"b\"}}}", "`command` twice"),
        (
            "{\"mcpServers\": {\"s\": {\"command\": \"a\", \"url\": \"b\"}}}",
            "both `command` and `url`",
        ),
        (
            "{\"mcpServers\": {\"s\": {\"command\": \"a\", \"args\": \"b\"}}}",
            "`args` is not a list",
        ),
        ("{\"mcpServers\": {\"s\": {\"command\": \"a\", \"args\": [1]}}}", "that is not a text"),
        ("{\"mcpServers\": {\"s\": {\"url\": \"a\", \"type\": \"sse\"}}}", "has the `type` `sse`"),
        (
            "{\"mcpServers\": {\"s\": {\"url\": \"a\", \"headers\": {}}}}",
            "has `headers` beside `url`",
        ),
        ("{\"mcpServers\": {\"s\": {\"url\": \"a\", \"args\": []}}}", "has `args` beside `url`"),
        ("{\"mcpServers\": {\"s\": {\"url\": \"https://acme.com/mcp?key=1\"}}}", "has a query"),
        ("{\"mcpServers\": {\"s\": {\"url\": \"https://acme.com/${input:key}\"}}}", "has `${…}`"),
        (
            "{\"mcpServers\": {\"s\": {\"url\": \"https://k@acme.com/mcp\"}}}",
            "has a user or a password",
        ),
        ("{\"mcpServers\": {\"s\": {\"url\": \"https:\\\\\\\\k@acme.com\"}}}", "has a user or"),
        (
            "{\"mcpServers\": {\"s\": {\"url\": \"https:k:p@acme.com\"}}}",
            "has a user or a password",
        ),
        ("{\"mcpServers\": {\"s\": {\"url\": \"https://acme.com/mcp#k\"}}}", "has a fragment"),
    ] {
        let found = install(text);
        assert!(found.contains(why), "{text}: {found}");
    }
}

/// Entries that only look like those of `install` are not touched.
#[test]
fn other_entries_are_not_taken_back() {
    for (command, args) in [
        ("not-deputize", r#"["mcp-present", "--key=k", "--token=@t", "--audience=a", "--", "c"]"#),
        ("deputize", r#"["mcp-guard", "--config", "guard.toml", "--", "c"]"#),
        (
            "deputize",
            r#"["--color=never", "mcp-present", "--key=k", "--token=@t", "--audience=a", "--", "c"]"#,
        ),
        ("deputize", r#"["mcp-present"]"#),
        ("deputize", r#"["mcp-present", "--key=k", "--token=@t", "--audience=a"]"#),
        ("deputize", r#"["mcp-present", "--key=k", "--token=@t", "--audience=a", "--"]"#),
        (
            "deputize",
            r#"["mcp-present", "--key=k", "--token=@t", "--audience=a", "--new", "--", "c"]"#,
        ),
        (
            "deputize",
            r#"["mcp-present", "--key=k", "--key=l", "--token=@t", "--audience=a", "--", "c"]"#,
        ),
        ("deputize", r#"["mcp-present", "--key=k", "--token=t", "--audience=a", "--", "c"]"#),
        (
            "deputize",
            r#"["mcp-present", "--key=k", "--token=@t", "--url", "u", "--audience=a", "--", "c"]"#,
        ),
        ("sh", r#"["-c", "deputize mcp-present --key=k -- c"]"#),
    ] {
        let text = format!(
            "{{\"mcpServers\": {{\"s\": {{\"command\": \"{command}\", \"args\": {args}}}}}}}"
        );
        assert!(uninstall(&text, None, "s", &[]).is_err(), "{text}");
    }
    // Written by hand, in the other form of options, and with a relative program.
    let text = r#"{"mcpServers": {"s": {"command": "deputize.exe", "args": ["mcp-present", "--key", "k", "--token", "@t", "--audience", "a", "--", "c", "d"]}}}"#;
    let back = uninstall(text, None, "s", &[]).unwrap();
    assert_eq!(back, r#"{"mcpServers": {"s": {"command": "c", "args": ["d"]}}}"#);
    // With a directory of the server.
    let based = text.replace(r#""--audience""#, r#""--base=/srv", "--audience""#);
    assert_eq!(uninstall(&based, None, "s", &[]).unwrap(), back);
    // Behind another one.
    let twice = text.replace(r#""c", "d""#, r#""deputize", "mcp-present", "--key", "k", "--token", "@t", "--audience", "b", "--", "c", "d""#);
    let once = uninstall(&twice, None, "s", &[]).unwrap();
    assert_eq!(uninstall(&once, None, "s", &[]).unwrap(), back);
}

/// The originals come from a file: they may change the spelling of an entry and nothing else.
#[test]
fn forged_originals_have_no_effect() {
    let text = r#"{"mcpServers": {"s": {"command": "a", "args": ["b"], "env": {"A": "b"}}, "t": {"command": "t"}}}"#;
    let installed = install(text, None, "s", PROGRAM, &presenting()).unwrap();
    let honest = serde_json::to_value(&installed.original).unwrap();
    let entry = &installed.text[installed.text.find("{\"command\"").unwrap()..];
    let length = entry.find("}, \"t\"").unwrap() + 1;
    let next = ", \"t\": {\"command\": \"t\"}".len();
    for (start, end, new) in [
        (0, length, r#"{"command": "evil", "args": ["b"], "env": {"A": "b"}}"#),
        (0, length, r#"{"command": "a", "args": ["b", "evil"], "env": {"A": "b"}}"#),
        (0, length, r#"{"command": "a", "args": ["b"], "env": {"LD_PRELOAD": "evil"}}"#),
        (0, length, r#"{"command": "a", "args": ["b"], "env": {"A": "b"}, "cwd": "/evil"}"#),
        (0, length, r#"{"command": "a", "args": ["b"]}"#),
        (
            0,
            length + next,
            r#"{"command": "a", "args": ["b"], "env": {"A": "b"}}, "u": {"command": "evil"}"#,
        ),
        (
            0,
            length,
            r#"{"command": "a", "args": ["b"], "env": {"A": "b"}}, "u": {"command": "evil"}"#,
        ),
        (0, length, r#"{"command": "a", "args": ["b"], "env": {"A": "b"}}}, "x": {"y": {}"#),
        (0, usize::MAX, ""),
        (5, 2, ""),
    ] {
        let mut forged = honest.clone();
        forged["splices"] = serde_json::json!([[start, end, new]]);
        let forged = serde_json::from_value(forged).unwrap();
        assert_eq!(uninstall(&installed.text, None, "s", &[forged]).unwrap(), text, "{new}");
    }
}

/// Blanks, line breaks and comments, as editors write them.
fn blank() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![" ", "\n", "\r\n", "\t", "// c\n", "/* \"{ */", ""]);
    prop::collection::vec(part, 0..3).prop_map(|parts| parts.concat())
}

fn quoted() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "",
        "--",
        "a/b",
        "\u{e9}\u{1f600}",
        "\"\\",
        "\n",
        "args",
        "command",
        "${X}",
        "mcp-present",
    ]);
    prop_oneof!["[a-z -]{0,6}", odd.prop_map(str::to_owned)].prop_flat_map(|text| {
        let plain = serde_json::to_string(&text).unwrap();
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        prop_oneof![Just(plain), Just(format!("\"{escaped}\""))]
    })
}

/// The parts of a list or an object between its brackets.
fn joined(parts: Vec<String>, blanks: Vec<String>, trailing: bool) -> String {
    let mut blanks = blanks.into_iter().cycle();
    let mut blank = move || blanks.next().unwrap_or_default();
    let mut text = blank();
    let count = parts.len();
    for (nth, part) in parts.into_iter().enumerate() {
        text.push_str(&part);
        text.push_str(&blank());
        if nth + 1 < count || trailing {
            text.push(',');
            text.push_str(&blank());
        }
    }
    text
}

fn blanks() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(blank(), 1..6)
}

fn other() -> impl Strategy<Value = String> {
    let list = (prop::collection::vec(quoted(), 0..3), blanks(), any::<bool>());
    let list = list.prop_map(|(parts, blanks, trailing)| {
        let trailing = trailing && !parts.is_empty();
        format!("[{}]", joined(parts, blanks, trailing))
    });
    let plain = prop::sample::select(vec!["1", "-2.5e3", "true", "null", "{}"]);
    prop_oneof![quoted(), list, plain.prop_map(str::to_owned)]
}

/// An entry with a command, and whether its arguments are written.
fn entry() -> impl Strategy<Value = (String, bool)> {
    let args = prop::option::of((prop::collection::vec(quoted(), 0..4), blanks(), any::<bool>()));
    let parts = (quoted(), args, prop::collection::vec(other(), 0..3), blanks(), any::<bool>());
    (parts, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |((command, args, others, blanks, trailing), at, is_first)| {
            let has_args = args.is_some();
            let mut members: Vec<_> =
                others.iter().enumerate().map(|(nth, own)| format!("\"o{nth}\":{own}")).collect();
            let args = args.map(|(parts, blanks, trailing)| {
                let trailing = trailing && !parts.is_empty();
                format!("\"args\": [{}]", joined(parts, blanks, trailing))
            });
            let command = format!("\"comm\\u0061nd\" :{command}");
            let own = if is_first { [Some(command), args] } else { [args, Some(command)] };
            for own in own.into_iter().flatten() {
                members.insert(at.index(members.len() + 1), own);
            }
            (format!("{{{}}}", joined(members, blanks, trailing)), has_args)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_is_installed_can_be_taken_back(
        (entry, has_args) in entry(),
        servers in prop::collection::vec(other(), 0..3),
        name in quoted(),
        blanks in blanks(),
        at in any::<prop::sample::Index>(),
        trailing in any::<bool>(),
    ) {
        let mut members: Vec<_> =
            servers.iter().enumerate().map(|(nth, own)| format!("\"-{nth}-\": {own}")).collect();
        members.insert(at.index(members.len() + 1), format!("{name}: {entry}"));
        let servers = joined(members, blanks.clone(), trailing);
        let text = format!("{}{{\"mcpServers\":{{{servers}}}}}{}", blanks[0], blanks[0]);
        let name: String = serde_json::from_str(&name).unwrap();
        // An entry that looks like one with a presenter is not edited.
        let document = Document::parse(&text, None).unwrap();
        prop_assume!(matches!(document.server(&name).unwrap().starts(), Ok(Err(_))));
        let (installed, said) = there_and_back(&text, &name);
        prop_assert!(!has_args || said == text, "{}", said);

        // An edit elsewhere stays, with the originals and without them.
        let original = install(&text, None, &name, PROGRAM, &presenting()).unwrap().original;
        for (old, new) in [("{\"mcpServers\":{", "{ // more\n \"new\": [1],\"mcpServers\":{\"-n-\": {},"), ("}}", "}\t} // end")] {
            let edited = |text: &str| match old {
                "}}" => text.rsplit_once(old).map(|(a, b)| format!("{a}{new}{b}")).unwrap(),
                _ => text.replacen(old, new, 1),
            };
            let back = uninstall(&edited(&installed), None, &name, slice::from_ref(&original)).unwrap();
            prop_assert_eq!(back, edited(&text));
        }
        // So does one of the entry itself.
        if has_args && entry.contains("\"o0\":") {
            let edited = |text: &str| text.replacen("\"o0\":", "\"o0\" /* new */:", 1);
            let back = uninstall(&edited(&installed), None, &name, &[original]).unwrap();
            prop_assert_eq!(back, edited(&text));
        }
    }
}
