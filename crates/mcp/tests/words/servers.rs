//! The published servers that `tests/servers/setup` installs, and their tools.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use deputize_mcp::words::Vocabulary;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The servers, by the names of their vocabularies, with the folder of the program.
const SERVERS: [(&str, &str, &str); 6] = [
    ("filesystem", "mcp-node/node_modules/.bin", "mcp-server-filesystem"),
    ("git", "mcp-venv/bin", "mcp-server-git"),
    ("memory", "mcp-node/node_modules/.bin", "mcp-server-memory"),
    ("time", "mcp-venv/bin", "mcp-server-time"),
    ("fetch", "mcp-venv/bin", "mcp-server-fetch"),
    ("everything", "mcp-node/node_modules/.bin", "mcp-server-everything"),
];

/// Time for a server to start and to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A published server, what it lists, and its vocabulary.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// The schemas of the arguments, by the name of the tool.
    pub(crate) tools: BTreeMap<String, Value>,
    pub(crate) words: Vocabulary,
}

/// All of them. Each is started once.
pub(crate) static ALL: LazyLock<Vec<Server>> = LazyLock::new(|| {
    let servers = SERVERS.iter().map(|(name, folder, program)| {
        let words = vocabulary(name);
        let tools = listed(&target().join(folder).join(program), &words);
        Server { name, tools, words }
    });
    servers.collect()
});

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mcp")
}

pub(crate) fn vocabulary(name: &str) -> Vocabulary {
    let text = fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap();
    Vocabulary::parse(&text).unwrap_or_else(|why| panic!("{name}.toml: {why}"))
}

/// Cargo's target directory.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

struct Running {
    /// Its folder.
    _root: TempDir,
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(program: &Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        if program.ends_with("mcp-server-filesystem") {
            command.arg(root.path());
        }
        let child = command
            .current_dir(root.path())
            .env("MEMORY_FILE_PATH", root.path().join("memory"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let shown = program.display();
        let mut child = child.unwrap_or_else(|why| panic!("{shown}: {why}; run tests/setup"));
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { _root: root, child, to, from: receiver }
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").unwrap();
    }

    fn ask(&mut self, id: u32, method: &str, params: &Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.from.recv_timeout(PATIENCE).unwrap();
            match message.get("method") {
                None if message["id"] == id => return message["result"].clone(),
                // Otherwise the server waits for it.
                Some(asked) if asked == "roots/list" => {
                    let id = &message["id"];
                    self.send(&json!({"jsonrpc": "2.0", "id": id, "result": {"roots": []}}));
                }
                _ => {}
            }
        }
    }

    fn tools(&mut self, mut id: u32) -> BTreeMap<String, Value> {
        let mut tools = BTreeMap::new();
        let mut page = json!({});
        loop {
            id += 1;
            let listed = self.ask(id, "tools/list", &page);
            for tool in listed["tools"].as_array().unwrap() {
                let name = tool["name"].as_str().unwrap().to_owned();
                tools.insert(name, tool["inputSchema"].clone());
            }
            match listed["nextCursor"].as_str() {
                Some(cursor) => page = json!({ "cursor": cursor }),
                None => return tools,
            }
        }
    }
}

/// Returns what a server lists to a client that can do everything. Some tools are added after the
/// client was initialized, so it is asked again until it has as many as the vocabulary.
fn listed(program: &Path, words: &Vocabulary) -> BTreeMap<String, Value> {
    let mut server = Running::start(program);
    let tasks = json!({"list": {}, "cancel": {}, "requests": {
        "sampling": {"createMessage": {}}, "elicitation": {"create": {}},
    }});
    let capabilities = json!({
        "sampling": {}, "elicitation": {"form": {}, "url": {}}, "roots": {"listChanged": true}, "tasks": tasks,
    });
    let client = json!({"name": "test", "version": "1"});
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client,
    });
    server.ask(0, "initialize", &params);
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let started = Instant::now();
    let mut id = 0;
    loop {
        id += 100;
        let tools = server.tools(id);
        if tools.len() == words.tools().count() || started.elapsed() > Duration::from_secs(10) {
            return tools;
        }
        thread::sleep(Duration::from_millis(100));
    }
}
