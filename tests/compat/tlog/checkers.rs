//! The other implementations, by the programs `main.go` and `check.py`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

use serde_json::{Value, json};

/// The folder in which Debian's packages have the sources of Go libraries.
const LIBRARIES: &str = "/usr/share/gocode";

/// Something to verify, and whether it holds.
pub(crate) struct Case {
    pub(crate) what: String,
    pub(crate) task: Value,
    pub(crate) holds: bool,
}

/// Checks that both accept the cases of this kind that hold, and refuse the others.
pub(crate) fn agree(kind: &str, cases: &[Case]) {
    assert!(cases.iter().any(|case| case.holds) && cases.iter().any(|case| !case.holds));
    for (name, answers) in [("go", go(kind, cases)), ("python", python(kind, cases))] {
        assert_eq!(answers.len(), cases.len());
        for (case, answer) in cases.iter().zip(answers) {
            let error = answer["error"].as_str().unwrap();
            assert_eq!(error.is_empty(), case.holds, "{name}: {}: {error}", case.what);
        }
    }
}

/// Returns the answers of the program in Python to other tasks.
pub(crate) fn by_python(kind: &str, tasks: &[Value]) -> Vec<Value> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("check.py");
    answers(Command::new(interpreter()).arg("-B").arg(program), kind, tasks)
}

fn python(kind: &str, cases: &[Case]) -> Vec<Value> {
    by_python(kind, &tasks(cases))
}

fn go(kind: &str, cases: &[Case]) -> Vec<Value> {
    answers(&mut Command::new(go_program()), kind, &tasks(cases))
}

fn tasks(cases: &[Case]) -> Vec<Value> {
    cases.iter().map(|case| case.task.clone()).collect()
}

fn answers(program: &mut Command, kind: &str, tasks: &[Value]) -> Vec<Value> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = folder("work").join(format!("{number}.json"));
    fs::write(&file, json!({kind: tasks}).to_string()).unwrap();
    let done = run(program.arg(file));
    let mut answers: Value = serde_json::from_slice(&done).unwrap();
    serde_json::from_value(answers[kind].take()).unwrap()
}

/// The program, built once with the Go and the library of the distribution.
fn go_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let library = Path::new(LIBRARIES).join("src/golang.org/x/mod/sumdb/tlog");
        assert!(library.is_dir(), "{} is missing: run `bash tests/setup`", library.display());
        let program = folder("go").join("tlog");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("main.go");
        // Nothing is downloaded, and nothing is written elsewhere.
        run(Command::new("go")
            .args(["build", "-o"])
            .args([&program, &source])
            .env("GO111MODULE", "off")
            .env("GOPATH", LIBRARIES)
            .env("GOCACHE", folder("go").join("cache"))
            .env("GOFLAGS", "")
            .env("GOTOOLCHAIN", "local"));
        program
    })
}

/// The Python of the virtual environment that `setup` makes.
fn interpreter() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let environment = target.join("tlog-venv");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements.txt");
    let installed = fs::read(environment.join("installed.txt")).ok();
    assert!(
        installed == Some(fs::read(own).unwrap()),
        "{} does not have what requirements.txt names: run `bash tests/setup`",
        environment.display()
    );
    environment.join("bin/python")
}

/// A folder below cargo's target directory.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tlog").join(name);
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
