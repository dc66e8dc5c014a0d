//! A presenter that was installed, started as a client starts it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::mcp_install::{at_home, shell};
use crate::shell::{Outcome, Shell};

/// Starts exactly the command of the entry with the official client, which attaches nothing.
fn used(shell: &Shell, bin: &Path) -> Value {
    let config: Value = serde_json::from_str(&shell.read("mcp.json")).unwrap();
    let entry = &config["mcpServers"]["time"];
    let args = entry["args"].as_array().unwrap().iter();
    let words = std::iter::once(&entry["command"]).chain(args);
    let words: Vec<_> = words.map(|own| format!("'{}'", own.as_str().unwrap())).collect();
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/mcp_clients/client.py");
    let call = |zone: &str| json!(["get_current_time", { "timezone": zone }]);
    let calls = json!([call("Etc/UTC"), call("Europe/Berlin")]);
    let python = bin.join("python");
    let Outcome { code, out, err } = at_home(
        shell,
        &format!("{} {client} legacy '{calls}' {}", python.display(), words.join(" ")),
    );
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn what_is_installed_works_and_what_is_taken_back_works() {
    let shell = shell();
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target =
        target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    let bin = target.join("mcp-venv/bin");
    assert!(bin.join("mcp-server-time").exists(), "the servers are missing: run tests/setup");
    let bin = std::fs::canonicalize(bin).unwrap();
    shell.done("deputize keygen log");
    shell.write(
        "guard.toml",
        "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
         [revocation]\nby_expiry = \"4h\"\n[log]\nkey = \"log.key\"\n",
    );
    shell.done("deputize mcp-guard --config guard.toml --new -- true < /dev/null");
    let config = format!(
        "{{\n\t\"mcpServers\": {{\n\t\t\"time\": {{\"command\": \"{}\", \"args\": [\"mcp-guard\", \"--config\", \"{}\", \"--\", \"{}\"]}}\n\t}}\n}}",
        env!("CARGO_BIN_EXE_deputize"),
        shell.path("guard.toml").display(),
        bin.join("mcp-server-time").display()
    );
    shell.write("mcp.json", &config);
    // Nothing is presented: the guard refuses both calls.
    let before = used(&shell, &bin);
    assert_eq!((&before["calls"][0][0], &before["calls"][1][0]), (&true.into(), &true.into()));
    let run = |line: &str| {
        let Outcome { code, err, .. } = at_home(&shell, line);
        assert_eq!(code, 0, "{err}");
    };
    run("deputize mcp install --file mcp.json --server time --audience fs.acme.com \
         --key planner.key --token @planner.token --trust alice.pub=alice@acme.com");
    run("deputize mcp doctor --file mcp.json --config guard.toml");
    let shown = used(&shell, &bin);
    assert_eq!(shown["tools"], json!(["get_current_time"]), "{shown}");
    assert_eq!((&shown["calls"][0][0], &shown["calls"][1][0]), (&false.into(), &true.into()));
    assert!(shown["calls"][0][1].as_str().unwrap().contains("UTC"), "{shown}");
    let log = shell.done("deputize audit show data/log --agent planner");
    assert_eq!(log.matches("get_current_time").count(), 1, "{log}");
    run("deputize mcp uninstall --file mcp.json --server time");
    assert_eq!(shell.read("mcp.json"), config);
    assert_eq!(used(&shell, &bin)["tools"], before["tools"]);
    // Without a guard, the server itself answers.
    let bare = config.replace(
        &config[config.find("\"command\"").unwrap()..config.find("]}").unwrap()],
        &format!("\"command\": \"{}\", \"args\": [", bin.join("mcp-server-time").display()),
    );
    shell.write("mcp.json", &bare);
    run("deputize mcp install --file mcp.json --server time --audience fs.acme.com \
         --key planner.key --token @planner.token --trust alice.pub=alice@acme.com");
    assert_eq!(used(&shell, &bin)["calls"][1][0], true);
    run("deputize mcp uninstall --file mcp.json --server time");
    assert_eq!(shell.read("mcp.json"), bare);
    let shown = used(&shell, &bin);
    assert_eq!((&shown["calls"][0][0], &shown["calls"][1][0]), (&false.into(), &false.into()));
}
