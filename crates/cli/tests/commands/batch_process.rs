//! `verify --batch` as a process: pipes, exit codes, and memory that does not grow.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::batch::request_json;
use crate::common::{alice, held, present_for, request_for, researcher};
use crate::shell::NOW;
use deputize::Signer;

fn start() -> Child {
    Command::new(env!("CARGO_BIN_EXE_deputize"))
        .args(["verify", "--batch", "--at", NOW, "--trust", &alice().public_key().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A line about the call of an agent that may read `accounts/emea/**`.
fn line(resource: &str) -> String {
    let presented = present_for(held(), &researcher(), &request_for(resource)).to_text();
    let request = request_json(resource);
    format!(r#"{{"presentation":"{presented}","request":{request}}}"#)
}

/// Returns the answers of the process to the lines, its exit code, and its standard error.
fn run(lines: &str) -> (Vec<String>, Option<i32>, String) {
    let mut child = start();
    let mut input = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (text.lines().map(str::to_owned).collect(), output.status.code(), errors)
}

#[test]
fn the_worst_answer_is_the_exit_code() {
    let (inside, outside) = (line("accounts/emea/1"), line("accounts/apac/1"));
    for (lines, code) in [
        (String::new(), 0),
        (format!("{inside}\n{inside}\n"), 0),
        (format!("{inside}\n{outside}"), 1),
        (format!("{outside}\nx\n{inside}\n"), 2),
    ] {
        let (answers, found, errors) = run(&lines);
        assert_eq!(found, Some(code), "{errors}");
        assert_eq!(answers.len(), lines.lines().count());
        let words = match code {
            2 => "error: 1 of 3 lines could not be read; their answers say why\n",
            _ => "",
        };
        assert_eq!(errors, words, "a progress bar without a terminal");
        for (line, answer) in lines.lines().zip(answers) {
            let word = match line {
                "x" => "error",
                line if line.contains("apac") => "deny",
                _ => "allow",
            };
            assert!(answer.starts_with(&format!(r#"{{"decision":"{word}","reasons":["#)));
        }
    }
}

#[test]
fn a_line_is_answered_before_the_next_is_written() {
    let mut child = start();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for resource in ["accounts/emea/1", "accounts/apac/1", "accounts/emea/2"] {
        writeln!(input, "{}", line(resource)).unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert_eq!(answer.contains(r#""decision":"allow""#), resource.contains("emea"));
    }
    drop(input);
    assert!(answers.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// Returns the peak memory of the process, in KiB, after it has answered `count` lines.
fn peak(count: usize) -> u64 {
    let mut child = start();
    let mut input = child.stdin.take().unwrap();
    let answers = BufReader::new(child.stdout.take().unwrap());
    let (good, bad) = (line("accounts/emea/1"), "x".repeat(1000));
    let writer = thread::spawn(move || {
        for i in 0..count {
            let line = if i.is_multiple_of(10) { &good } else { &bad };
            writeln!(input, "{line}").unwrap();
        }
        // Open until the process has been measured.
        input
    });
    let found = answers.lines().take(count).filter(|line| !line.as_ref().unwrap().is_empty());
    assert_eq!(found.count(), count);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    drop(writer.join().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(2));
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_lines() {
    let (few, many) = (peak(10_000), peak(100_000));
    assert!(many < few + 16 * 1024, "{few} KiB for 10,000 lines, {many} KiB for 100,000");
}
