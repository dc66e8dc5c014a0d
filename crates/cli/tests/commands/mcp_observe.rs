//! Watch, propose, prove: a guard that observes, a review of its log, and a guard that enforces what came of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::shell::{Outcome, Shell};

/// A server that reads and writes, and knows no other tool.
const SERVER: &str = r#"
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    params = message["params"]
    known = params["name"] in ("read", "write")
    text = "did " + params["name"] + " " + json.dumps(params["arguments"]) if known else "no such tool"
    result = {"content": [{"type": "text", "text": text}], "isError": not known}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"#;

fn shell() -> Shell {
    let shell = Shell::empty();
    shell.done("deputize keygen alice && deputize keygen planner && deputize keygen log");
    shell.done("deputize keygen reader");
    // It may read one folder, and will do more.
    shell.done(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --allow 'tools/call read path:subpath=/srv/docs' --expires 1h --purpose p > planner.token",
    );
    shell.write("server.py", SERVER);
    shell.write(
        "guard.toml",
        "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
         [revocation]\nby_expiry = \"2h\"\n[log]\nkey = \"log.key\"\n",
    );
    shell
}

fn line(tool: &str, args: &Value, text: Option<&str>) -> String {
    let mut params = json!({ "name": tool, "arguments": args });
    if let Some(text) = text {
        params["_meta"] = json!({ "deputize/presentation": text.trim() });
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
}

/// A process that answers lines: a server, with a guard in front of it or without.
struct Peer {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peer {
    fn start(shell: &Shell, program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(args)
            .current_dir(shell.path("."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(shell.path("said")).unwrap())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, to, from: BufReader::new(from) }
    }

    fn guard(shell: &Shell, options: &[&str]) -> Self {
        let args =
            [&["mcp-guard", "--config", "guard.toml"], options, &["--", "python3", "server.py"]];
        Self::start(shell, env!("CARGO_BIN_EXE_deputize"), &args.concat())
    }

    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn end(self) {
        let Self { mut child, to, .. } = self;
        drop(to);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

fn present(shell: &Shell, who: &str, tool: &str, args: &Value) -> String {
    let members = args.as_object().unwrap().iter();
    let args: Vec<String> = members
        .map(|(name, value)| match value {
            Value::String(text) => format!("--arg {name}={text}"),
            other => format!("--arg {name}={other}"),
        })
        .collect();
    let args = args.join(" ");
    shell.done(&format!(
        "deputize present --anyway --key {who}.key --operation tools/call --resource {tool} \
         --audience fs.acme.com {args} @{who}.token"
    ))
}

fn class(answer: &Value) -> Option<&str> {
    answer["result"]["_meta"]["deputize/denial"]["class"].as_str()
}

fn reads(paths: &[&str]) -> Vec<Value> {
    paths.iter().map(|path| json!({ "path": path })).collect()
}

/// Presents each call, and returns the classes of the refusals.
fn present_all(
    shell: &Shell,
    guard: &mut Peer,
    who: &str,
    calls: &[(&str, Value)],
) -> Vec<Option<String>> {
    let ask = |(tool, args): &(&str, Value)| {
        let text = present(shell, who, tool, args);
        class(&guard.ask(&line(tool, args, Some(&text)))).map(str::to_owned)
    };
    calls.iter().map(ask).collect()
}

/// The calls of a key that its grant refuses make the grant that covers them, and no more.
#[test]
fn what_a_key_was_observed_to_do_becomes_the_grant_that_is_enforced() {
    let shell = shell();
    let mut calls: Vec<(&str, Value)> = Vec::new();
    calls.extend(reads(&["/srv/docs/a", "/srv/docs/b"]).into_iter().map(|args| ("read", args)));
    let more = ["/srv/notes/a", "/srv/notes/b"];
    calls.extend(
        more.map(|path| ("write", json!({ "path": path, "content": "text", "mode": 420 }))),
    );
    let mut guard = Peer::guard(&shell, &["--new", "--observe", "14d"]);
    let classes = present_all(&shell, &mut guard, "planner", &calls);
    assert!(classes.iter().all(Option::is_none), "{classes:?}");
    guard.end();

    let review = shell.done("deputize review data/log");
    for text in [
        "planner (",
        "2 calls allowed, and 2 observed that would have been refused",
        "the grant that would have covered them: 4 calls of the record pass, 0 newly refused",
        "+ tools/call write",
    ] {
        assert!(review.contains(text), "{text}: {review}");
    }
    let json: Value =
        serde_json::from_str(&shell.done("deputize review data/log --format json")).unwrap();
    let own = &json["keys"][0];
    assert_eq!(
        (&own["allowed"], &own["wanted"], &own["barred"]),
        (&2.into(), &2.into(), &0.into())
    );
    let page = shell.done("deputize review data/log --format html");
    assert!(page.contains("2 observed that would have been refused"), "{page}");

    shell.done("deputize review data/log --propose planner > wider.grant");
    shell.done(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --grant wider.grant --expires 1h --purpose p > planner.token",
    );
    let mut guard = Peer::guard(&shell, &["--enforce"]);
    let classes = present_all(&shell, &mut guard, "planner", &calls);
    assert!(classes.iter().all(Option::is_none), "{classes:?}");
    let outside = [
        ("read", json!({ "path": "/etc/passwd" })),
        ("write", json!({ "path": "/srv/docs/a", "content": "text", "mode": 420 })),
        ("write", json!({ "path": "/srv/notes/a", "content": "other", "mode": 420 })),
        ("rm", json!({ "path": "/srv/notes/a" })),
    ];
    let classes = present_all(&shell, &mut guard, "planner", &outside);
    assert!(classes.iter().all(|own| own.as_deref() == Some("not_granted")), "{classes:?}");
    guard.end();
}

/// A client that presents nothing gets what the server says, and its calls are nobody's.
#[test]
fn a_client_that_presents_nothing_works_as_without_a_guard_until_the_end() {
    let shell = shell();
    let calls = [
        line("read", &json!({ "path": "/srv/docs/a" }), None),
        line("rm", &json!({ "path": "/srv/docs/a" }), None),
        line(
            "write",
            &json!({ "path": "/srv/docs/a", "content": "x".repeat(5000) }),
            Some("nonsense"),
        ),
    ];
    let mut bare = Peer::start(&shell, "python3", &["server.py"]);
    let expected = calls.each_ref().map(|call| bare.ask(call));
    bare.end();
    // An end that is over in a moment, and enforced from then on.
    let until = OffsetDateTime::now_utc() + Duration::seconds(20);
    let until = until.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    let mut guard = Peer::guard(&shell, &["--new", "--observe", &until]);
    assert_eq!(calls.each_ref().map(|call| guard.ask(call)), expected);
    guard.end();
    let said = shell.read("said");
    assert!(said.contains("NOT ENFORCED") && said.contains(&until), "{said}");
    assert!(said.contains("calls without a token go out, too"), "{said}");

    // The log says so, in every form.
    let verdict = shell.done("deputize audit verify data/log");
    assert!(verdict.contains("unpresented:  3 calls"), "{verdict}");
    let shown = shell.done("deputize audit show data/log");
    assert_eq!(
        shown.matches("unpresented, and was made  an unknown caller: ").count(),
        3,
        "{shown}"
    );
    assert!(shown.contains("[not_presented]") && shown.contains("[not_canonical]"), "{shown}");
    assert!(shown.contains("\"/srv/docs/a\"") && shown.contains("(5,0"), "{shown}");
    assert!(!shell.done("deputize audit show data/log --agent planner").contains("unpresented"));
    let json = shell.done("deputize audit show data/log --format json");
    let json: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&json[0]["kind"], &json[0]["args"]["path"]),
        (&"unpresented".into(), &"/srv/docs/a".into())
    );
    assert!(json[0].get("charged").is_none() && json[0].get("agents").is_none());
    let tail = shell.done("deputize audit tail data/log");
    assert!(
        tail.contains("done  the call of record 1")
            && tail.contains("failed  the call of record 3"),
        "{tail}"
    );
    let page = shell.done("deputize audit show data/log --format html");
    assert!(page.contains("an agent can avoid being charged by presenting nothing"), "{page}");
    let events = shell.done("deputize audit export data/log --format cloudevents");
    assert_eq!(events.matches("deputize.call.unpresented").count(), 3, "{events}");
    let events = shell.done("deputize audit export data/log --format ocsf");
    assert_eq!(events.matches("observed: unpresented, and was made").count(), 3, "{events}");
    shell.done("deputize audit bundle data/log --records 1-2 > calls.bundle");
    let checked = shell.done("deputize audit check calls.bundle");
    assert!(checked.contains("who made 1 of the calls"), "{checked}");

    let left = rfc3339(&until) - OffsetDateTime::now_utc();
    if left.is_positive() {
        std::thread::sleep(left.unsigned_abs());
    }
    let mut guard = Peer::guard(&shell, &["--observe", &until]);
    for call in &calls {
        assert_eq!(class(&guard.ask(call)), Some("not_authentic"));
    }
    guard.end();
    assert!(shell.read("said").contains("the observation ended"), "{}", shell.read("said"));
}

fn rfc3339(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

/// Calls of nobody are in no proposal. Where a person takes a tool with its arguments, the grant has what was
/// recorded of these alone.
#[test]
fn a_tool_of_nobody_is_granted_only_where_a_person_takes_it() {
    let shell = shell();
    let mut guard = Peer::guard(&shell, &["--new", "--observe", "14d"]);
    for path in ["/srv/docs/a", "/srv/docs/b"] {
        assert_eq!(class(&guard.ask(&line("read", &json!({ "path": path }), None))), None);
    }
    guard.ask(&line("read", &json!({ "path": "/etc/shadow", "follow": true }), None));
    for text in ["one", "two"] {
        let args = json!({ "path": "/srv/a", "content": format!("{text}{}", "x".repeat(2000)) });
        guard.ask(&line("write", &args, None));
    }
    // Names that would be something else in a terminal or a page.
    let evil = json!({ "\u{1b}[2J<script>\u{202e}": "\u{1b}]0;x\u{7}<b>" });
    guard.ask(&line("<i>x", &evil, None));
    guard.end();

    let review = shell.done("deputize review data/log");
    assert!(review.contains("of nobody") && review.contains("6 unpresented"), "{review}");
    assert!(
        review.contains("on read, 3 done") && review.contains("\"follow\": true in 1 call"),
        "{review}"
    );
    assert!(!review.contains('\u{1b}') && !review.contains('\u{202e}'), "{review:?}");
    let page = shell.done("deputize review data/log --format html");
    assert!(
        !page.contains("<script>") && !page.contains("<i>") && !page.contains('\u{202e}'),
        "{page}"
    );
    let json: Value =
        serde_json::from_str(&shell.done("deputize review data/log --format json")).unwrap();
    assert_eq!((&json["unpresented"], json["keys"].as_array().unwrap().len()), (&6.into(), 0));
    assert_eq!(json["unpresented_tools"][0]["resource"], "read");
    assert_eq!(json["hops"].as_array().unwrap().len(), 0);

    // Nothing without a person, and nothing that nobody did.
    for (command, expected) in [
        ("--propose planner", "no reviewed hop has this id"),
        ("--take 'rm: path'", "no unpresented call of it is shown"),
        ("--take 'read: path, depth'", "no such call has the argument `depth`"),
        ("--take 'write: path, content'", "write `content=any`"),
        ("--take 'read'", "write the tool, a colon"),
        ("--take 'read: path, path'", "is there twice"),
    ] {
        let Outcome { code, err, .. } = shell.run(&format!("deputize review data/log {command}"));
        assert!(code == 2 && err.contains(expected), "{command}: {err}");
    }
    let Outcome { code, out, err } = shell.run(
        "deputize review data/log --take 'read: path' --take 'write: path, content=any' > reader.grant; cat reader.grant",
    );
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("shadow") && !out.contains("follow"), "{out}");
    assert!(err.contains("2 calls of nobody are covered, 1 have other arguments"), "{err}");
    assert!(
        err.contains("any value of content, and of everything in it")
            && err.contains("anybody can have made"),
        "{err}"
    );

    shell.done(
        "deputize mint --key alice.key --owner alice@acme.com --to reader=reader.pub \
         --grant reader.grant --expires 1h --purpose p > reader.token",
    );
    let mut guard = Peer::guard(&shell, &["--enforce"]);
    let inside = [
        ("read", json!({ "path": "/srv/docs/a" })),
        ("read", json!({ "path": "/srv/docs/b" })),
        ("write", json!({ "path": "/srv/a", "content": "another" })),
    ];
    let classes = present_all(&shell, &mut guard, "reader", &inside);
    assert!(classes.iter().all(Option::is_none), "{classes:?}");
    let outside = [
        ("read", json!({ "path": "/etc/shadow", "follow": true })),
        ("read", json!({ "path": "/etc/shadow" })),
        ("write", json!({ "path": "/srv/b", "content": "another" })),
    ];
    let classes = present_all(&shell, &mut guard, "reader", &outside);
    assert!(classes.iter().all(|own| own.as_deref() == Some("not_granted")), "{classes:?}");
    assert_eq!(
        class(&guard.ask(&line("read", &json!({ "path": "/srv/docs/a" }), None))),
        Some("not_authentic")
    );
    guard.end();
}

/// What is not enforced is said, and what is given twice is refused.
#[test]
fn the_end_is_of_the_option_or_of_the_file() {
    let shell = shell();
    let until = (OffsetDateTime::now_utc() + Duration::DAY).replace_nanosecond(0).unwrap();
    let until = until.format(&Rfc3339).unwrap();
    let config = shell.read("guard.toml");
    shell.write("guard.toml", format!("{config}[observe]\nuntil = \"{until}\"\n"));
    let guard = |options: &str| {
        shell.run(&format!("deputize mcp-guard --config guard.toml {options} -- true < /dev/null"))
    };
    let Outcome { code, err, .. } = guard("--new --observe 3d");
    assert!(code == 2 && err.contains(&until) && err.contains("leave out one of the two"), "{err}");
    let Outcome { code, err, .. } = guard("--new --enforce");
    assert!(code == 0 && err.contains("is ignored, and refusals are enforced"), "{err}");
    assert!(!err.contains("NOT ENFORCED"), "{err}");
    assert!(guard("").err.contains("NOT ENFORCED"));
    for (options, expected) in [
        ("--observe 91d", "at most 90 days"),
        ("--observe soon", "--observe"),
        ("--observe 1d --enforce", "cannot be used with"),
    ] {
        shell.write("guard.toml", config.clone());
        let Outcome { code, err, .. } = guard(options);
        assert!(code == 2 && err.contains(expected), "{options}: {err}");
    }
}
