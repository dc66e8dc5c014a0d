//! `deputize mcp-guard`, as an operator and a client use it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::shell::{Outcome, Shell};

/// A server in Python that answers each call with what it got, and writes it to a file.
const SERVER: &str = r#"
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    with open("got", "a") as file: file.write(line)
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": {"got": message["params"]}}), flush=True)
"#;

const CALL: &str =
    "--operation tools/call --resource read --audience fs.acme.com --arg path=/srv/a";

/// A shell with Alice's token for the planner, a server, and a configuration.
pub(crate) fn shell(more: &str) -> Shell {
    let shell = Shell::empty();
    shell.done("deputize keygen alice && deputize keygen planner && deputize keygen log");
    shell.done(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --allow 'tools/call read path:subpath=/srv' --expires 1h --purpose p > planner.token",
    );
    shell.write("server.py", SERVER);
    shell.write(
        "guard.toml",
        format!(
            "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
             [revocation]\nby_expiry = \"2h\"\n[log]\nkey = \"log.key\"\n{more}"
        ),
    );
    shell
}

pub(crate) fn call(id: u32, text: &str, path: &str) -> String {
    serde_json::json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {
            "name": "read", "arguments": { "path": path },
            "_meta": { "deputize/presentation": text.trim() },
        },
    })
    .to_string()
}

pub(crate) fn present(shell: &Shell) -> String {
    shell.done(&format!("deputize present --key planner.key {CALL} @planner.token"))
}

/// A guard that runs.
pub(crate) struct Guard {
    pub(crate) child: Child,
    pub(crate) to: ChildStdin,
    pub(crate) from: BufReader<ChildStdout>,
}

impl Guard {
    pub(crate) fn start(shell: &Shell, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deputize"))
            .args(["mcp-guard", "--config", "guard.toml"])
            .args(options)
            .args(["--", "python3", "server.py"])
            .current_dir(shell.path("."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, to, from: BufReader::new(from) }
    }

    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn end(self) -> Option<i32> {
        let Self { mut child, to, .. } = self;
        drop(to);
        child.wait().unwrap().code()
    }
}

fn class(answer: &Value) -> Option<&str> {
    answer["result"]["_meta"]["deputize/denial"]["class"].as_str()
}

/// A presentation that was used is not accepted again, whether the guard ended or was killed.
#[test]
fn a_call_passes_once_over_restarts_and_kills() {
    let shell = shell("");
    let (first, second) = (present(&shell), present(&shell));
    let mut guard = Guard::start(&shell, &["--new"]);
    let answer = guard.ask(&call(1, &first, "/srv/a"));
    assert_eq!(
        answer["result"]["got"],
        serde_json::json!({ "name": "read", "arguments": { "path": "/srv/a" } })
    );
    assert_eq!(class(&guard.ask(&call(2, &first, "/srv/a"))), Some("not_fresh"));
    assert_eq!(class(&guard.ask(&call(3, &second, "/etc/passwd"))), Some("not_granted"));
    assert_eq!(guard.end(), Some(0));

    let mut guard = Guard::start(&shell, &[]);
    assert_eq!(class(&guard.ask(&call(1, &first, "/srv/a"))), Some("not_fresh"));
    assert_eq!(class(&guard.ask(&call(2, &second, "/srv/a"))), None);
    guard.child.kill().unwrap();
    guard.child.wait().unwrap();
    let mut guard = Guard::start(&shell, &[]);
    for text in [&first, &second] {
        assert_eq!(class(&guard.ask(&call(1, text, "/srv/a"))), Some("not_fresh"));
    }
    assert_eq!(guard.end(), Some(0));
    // The server got what was allowed, without the presentations.
    let got = shell.read("got");
    assert_eq!(got.lines().count(), 2);
    assert!(!got.contains("deputize/"), "{got}");
    // And the log has all of it.
    let shown = shell.done("deputize audit show data/log --agent planner");
    assert_eq!(shown.lines().count(), 2, "{shown}");
    shell.done("deputize audit verify data/log");
}

#[test]
fn a_guard_that_observes_says_so_and_refuses_nothing() {
    let until = time::OffsetDateTime::now_utc() + time::Duration::DAY;
    let until = until.format(&time::format_description::well_known::Rfc3339).unwrap();
    let shell = shell(&format!("[observe]\nuntil = \"{until}\"\n"));
    let line =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm","arguments":{}}}"#;
    let command = format!(
        "echo '{line}' | deputize mcp-guard --config guard.toml --new -- python3 server.py"
    );
    let Outcome { code, out, err, .. } = shell.run(&command);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"got\"") && err.contains("NOT ENFORCED"), "{out}{err}");
}

/// The server ends while its client waits for more: what the log still had to write is written.
#[test]
fn the_log_is_whole_when_the_server_ends_first() {
    let shell = shell("");
    shell.write("server.py", "input()\n");
    let mut guard = Guard::start(&shell, &["--new"]);
    let answer = guard.ask(&call(1, &present(&shell), "/srv/a"));
    assert_eq!(answer["error"]["code"], -32603);
    assert_eq!(guard.child.wait().unwrap().code(), Some(0));
    let verdict = shell.done("deputize audit verify data/log");
    // The log, the decision, and its unknown outcome, all below the last checkpoint.
    assert!(verdict.contains("3 records") && !verdict.contains("behind"), "{verdict}");
    drop(guard.to);
}

/// A part that is missing was lost, and with it what the guard has seen.
#[test]
fn a_folder_that_lost_a_part_is_not_used() {
    let shell = shell("");
    assert_eq!(Guard::start(&shell, &["--new"]).end(), Some(0));
    for part in ["log", "used", "statements"] {
        shell.done(&format!("mv data/{part} kept"));
        let Outcome { code, err, .. } =
            shell.run("deputize mcp-guard --config guard.toml -- true < /dev/null");
        assert!(code == 2 && err.contains(&format!("it has no `{part}`")), "{err}");
        shell.done(&format!("mv kept data/{part}"));
    }
    assert_eq!(shell.done("stat -c %a data").trim(), "700");
    assert_eq!(Guard::start(&shell, &[]).end(), Some(0));
}

/// Over standard input and output, each client has a guard. They share what was used, and each has a log.
#[test]
fn guards_of_several_clients_share_a_folder() {
    let shell = shell("");
    let shown: Vec<_> = (0..4).map(|_| present(&shell)).collect();
    let mut first = Guard::start(&shell, &["--new"]);
    assert_eq!(class(&first.ask(&call(1, &shown[0], "/srv/a"))), None);
    let mut second = Guard::start(&shell, &[]);
    assert_eq!(class(&second.ask(&call(1, &shown[0], "/srv/a"))), Some("not_fresh"));
    assert_eq!(class(&second.ask(&call(2, &shown[1], "/srv/a"))), None);
    assert_eq!(class(&first.ask(&call(2, &shown[1], "/srv/a"))), Some("not_fresh"));
    assert_eq!((first.end(), second.end()), (Some(0), Some(0)));
    // The next one goes on with the first log.
    let mut third = Guard::start(&shell, &[]);
    assert_eq!(class(&third.ask(&call(1, &shown[2], "/srv/a"))), None);
    assert_eq!(third.end(), Some(0));
    let allowed = |log: &str| {
        shell.done(&format!("deputize audit verify data/{log}"));
        let shown = shell.done(&format!("deputize audit show data/{log}"));
        shown.lines().filter(|line| line.contains(" allowed ")).count()
    };
    assert_eq!((allowed("log"), allowed("log-2")), (2, 1));
    // A second log that is missing was lost, as the first one would be.
    shell.done("mv data/log-2 kept");
    let Outcome { code, err, .. } =
        shell.run("deputize mcp-guard --config guard.toml -- true < /dev/null");
    assert!(code == 2 && err.contains("it has no `log-2`"), "{err}");
    shell.done("mv kept data/log-2");
    let third = Guard::start(&shell, &[]);
    let mut fourth = Guard::start(&shell, &[]);
    assert_eq!(class(&fourth.ask(&call(1, &shown[3], "/srv/a"))), None);
    assert_eq!((third.end(), fourth.end()), (Some(0), Some(0)));
    assert_eq!((allowed("log"), allowed("log-2")), (2, 2));
}

#[test]
fn errors_say_what_to_do() {
    let shell = shell("");
    let error = |options: &str| {
        let Outcome { code, err, .. } = shell.run(&format!("deputize mcp-guard {options}"));
        assert_eq!(code, 2, "{err}");
        err
    };
    assert!(
        error("--config none.toml -- true").contains("cannot read the configuration `none.toml`")
    );
    assert!(error("--config guard.toml --new -- ./no-such-server").contains("no-such-server"));
    let err = error("--config guard.toml --new -- python3 server.py < /dev/null");
    assert!(err.contains("the audience is not new"), "{err}");
    let err = error("--config guard.toml -- sh -c 'exit 3' < /dev/null");
    assert!(err.contains("the server ended with exit status: 3"), "{err}");
    shell.write("guard.toml", "audience = \"a\"\nfoldr = \"b\"\n");
    assert!(
        error("--config guard.toml -- true").contains("line 2, column 1: unknown field `foldr`")
    );
}
