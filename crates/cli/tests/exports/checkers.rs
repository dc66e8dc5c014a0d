//! The libraries in Python, by the program `check.py`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The Python of the virtual environment that `setup` makes.
fn interpreter() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let environment = target.join("exports-venv");
    let own = folder().join("requirements.txt");
    let installed = fs::read(environment.join("installed.txt")).ok();
    assert!(
        installed == Some(fs::read(own).unwrap()),
        "{} does not have what requirements.txt names: run `bash tests/setup`",
        environment.display()
    );
    environment.join("bin/python")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports")
}

fn run(what: &str, input: &str) -> String {
    let mut program = Command::new(interpreter());
    program.arg("-B").arg(folder().join("check.py")).arg(what);
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{what}");
    String::from_utf8(done.stdout).unwrap()
}

/// The JSON Schema of OCSF 1.8 for our events.
pub(crate) fn ocsf_schema() -> Value {
    serde_json::from_str(&run("schema", "")).unwrap()
}

/// The answers of the CloudEvents SDK to these events.
pub(crate) fn cloud_events(events: &[Value]) -> Vec<Value> {
    let input: String = events.iter().map(|event| format!("{event}\n")).collect();
    let out = run("cloudevents", &input);
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), events.len());
    answers
}
