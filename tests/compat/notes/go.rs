//! Go's implementation, by the program `main.go`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{Opened, Read};

/// The folder of the sources of Go libraries in Debian's packages.
const LIBRARIES: &str = "/usr/share/gocode";

/// Reads each note, with the keys that are known, in Go's text form.
pub(crate) fn open(notes: &[(&[u8], Vec<String>)]) -> Vec<Read> {
    answers("open", notes).iter().map(read).collect()
}

/// Signs each text with the private keys, in Go's text form.
pub(crate) fn sign(texts: &[(&[u8], Vec<String>)]) -> Vec<Vec<u8>> {
    answers("sign", texts).iter().map(|answer| bytes(&answer["note"])).collect()
}

fn read(answer: &Value) -> Read {
    match answer["error"].as_str().unwrap() {
        "" => Ok(Opened {
            text: String::from_utf8(bytes(&answer["note"])).unwrap(),
            signers: serde_json::from_value(answer["signers"].clone()).unwrap(),
            unverified: serde_json::from_value(answer["unverified"].clone()).unwrap(),
        }),
        error => Err(error.to_owned()),
    }
}

fn bytes(base64: &Value) -> Vec<u8> {
    STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

fn answers(what: &str, tasks: &[(&[u8], Vec<String>)]) -> Vec<Value> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let task =
        |(note, keys): &(&[u8], Vec<String>)| json!({"note": STANDARD.encode(note), "keys": keys});
    let work = json!({what: tasks.iter().map(task).collect::<Vec<_>>()});
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = folder().join(format!("work{number}.json"));
    fs::write(&file, work.to_string()).unwrap();
    let done = run(Command::new(program()).arg(file));
    let mut answers: Value = serde_json::from_slice(&done).unwrap();
    let answers: Vec<Value> = serde_json::from_value(answers[what].take()).unwrap();
    assert_eq!(answers.len(), tasks.len());
    answers
}

/// The program, built once with the Go and the library of the distribution.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let library = Path::new(LIBRARIES).join("src/golang.org/x/mod/sumdb/note");
        assert!(library.is_dir(), "{} is missing: run `bash tests/setup`", library.display());
        let program = folder().join("notes");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("main.go");
        // Nothing is downloaded, and nothing is written elsewhere.
        run(Command::new("go")
            .args(["build", "-o"])
            .args([&program, &source])
            .env("GO111MODULE", "off")
            .env("GOPATH", LIBRARIES)
            .env("GOCACHE", folder().join("cache"))
            .env("GOFLAGS", "")
            .env("GOTOOLCHAIN", "local"));
        program
    })
}

/// A folder below cargo's target directory.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(command: &mut Command) -> Vec<u8> {
    let done = command.output().unwrap_or_else(|error| {
        panic!("{command:?} does not run: {error}; run `bash tests/setup`")
    });
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}
