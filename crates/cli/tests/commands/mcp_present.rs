//! `deputize mcp-present` in front of `mcp-guard` and a published server, as a model uses them.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::shell::{Outcome, Shell};

/// A shell with a folder `docs`, its path, and Alice's token for the planner to read there.
fn shell() -> (Shell, String) {
    let shell = Shell::empty();
    shell.done("mkdir docs && echo hello > docs/a.txt && cp docs/a.txt 'docs/100%.txt'");
    shell.done("deputize keygen alice && deputize keygen planner && deputize keygen log");
    let docs = fs::canonicalize(shell.path("docs")).unwrap().to_str().unwrap().to_owned();
    shell.done(&format!(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --allow 'tools/call read_text_file path:subpath={docs} head?=1..100' \
         --allow 'tools/call list_directory path:subpath={docs}' --expires 1h --purpose p > planner.token"
    ));
    shell.write(
        "guard.toml",
        "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
         [revocation]\nby_expiry = \"2h\"\n[log]\nkey = \"log.key\"\n",
    );
    (shell, docs)
}

fn target() -> PathBuf {
    let own = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    own.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))
}

/// A presenter, a guard and the filesystem server of npm.
struct Chain {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    asked: u32,
}

impl Chain {
    fn start(shell: &Shell, docs: &str) -> Self {
        let server = target()
            .join("mcp-node/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
        assert!(server.exists(), "the servers are missing: run tests/setup");
        let own = env!("CARGO_BIN_EXE_deputize");
        let mut child = Command::new(own)
            .args(["mcp-present", "--key", "planner.key", "--token", "@planner.token"])
            .args(["--trust", "alice.pub=alice@acme.com", "--audience", "fs.acme.com"])
            .args(["--base", docs, "--", own, "mcp-guard", "--config", "guard.toml", "--new", "--"])
            .arg("node")
            .arg(fs::canonicalize(server).unwrap())
            .arg(docs)
            .current_dir(shell.path("."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, to, from: BufReader::new(from), asked: 0 }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let line =
            json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params });
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["id"], self.asked);
        answer["result"].take()
    }

    /// Returns the text of a tool call that the server ran, or of one that it did not.
    fn call(&mut self, tool: &str, args: Value) -> Result<String, String> {
        let result = self.ask("tools/call", json!({ "name": tool, "arguments": args }));
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        match result["isError"].as_bool() {
            Some(true) => Err(text),
            _ => Ok(text),
        }
    }

    fn end(self) -> Option<i32> {
        let Self { mut child, to, .. } = self;
        drop(to);
        child.wait().unwrap().code()
    }
}

#[test]
fn the_spellings_of_models_reach_a_published_server() {
    let (shell, docs) = shell();
    let mut chain = Chain::start(&shell, &docs);
    let tools = chain.ask("tools/list", json!({}))["tools"].take();
    let names: Vec<_> = tools.as_array().unwrap().iter().map(|own| &own["name"]).collect();
    assert_eq!(names, ["read_text_file", "list_directory"]);
    let read = &tools[0]["inputSchema"];
    let described = read["properties"]["path"]["description"].as_str().unwrap();
    assert!(described.ends_with(&format!("Allowed: `under \"{docs}\"`.")), "{read}");
    // It was a number.
    let head = &read["properties"]["head"];
    assert_eq!((&head["type"], &head["maximum"]), (&json!("integer"), &json!(100)), "{read}");
    assert_eq!(read["properties"].as_object().unwrap().len(), 2, "no `tail`: {read}");
    assert_eq!(read["additionalProperties"], false);

    for args in [
        json!({ "path": format!("{docs}/a.txt"), "head": 5.0 }),
        json!({ "path": "a.txt", "tail": null }),
        json!({ "path": "./a.txt" }),
        json!({ "path": format!("{docs}/./a.txt") }),
        json!({ "path": format!("{docs}//a.txt"), "head": null }),
    ] {
        let got = chain.call("read_text_file", args.clone());
        assert_eq!(got.as_deref().map(str::trim_end), Ok("hello"), "{args}");
    }
    for path in [format!("{docs}/"), ".".to_owned()] {
        let got = chain.call("list_directory", json!({ "path": path }));
        assert!(got.as_ref().is_ok_and(|own| own.contains("[FILE] a.txt")), "{path}: {got:?}");
    }
    for (path, why) in [
        (format!("{docs}/100%.txt"), "without two hexadecimal digits"),
        (String::new(), "`path` is empty"),
        (format!("{docs}/a.txt/"), "`path` ends in `/` or `/.`"),
        ("../docs/a.txt".to_owned(), "has `..`, which is not resolved"),
        ("/etc//hostname".to_owned(), "would be sent as `/etc/hostname`"),
    ] {
        let got = chain.call("read_text_file", json!({ "path": path })).unwrap_err();
        assert!(got.starts_with("Not sent. ") && got.contains(why), "{got}");
    }
    assert_eq!(chain.end(), Some(0));
    // What was not sent was not decided either.
    let log = shell.done("deputize audit show data/log");
    assert_eq!(log.matches("read_text_file").count(), 5, "{log}");
    assert_eq!(log.matches("list_directory").count(), 2, "{log}");
}

#[test]
fn a_base_is_absolute() {
    let (shell, _) = shell();
    for (base, why) in [("docs", "it is relative"), ("/srv/../docs", "`..`")] {
        let Outcome { code, err, .. } = shell.run(&format!(
            "deputize mcp-present --key planner.key --token @planner.token --audience a --base {base} -- true"
        ));
        assert!(code == 2 && err.contains(why), "{err}");
    }
}
