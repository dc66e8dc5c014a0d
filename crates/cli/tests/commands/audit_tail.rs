//! `deputize audit tail`: the newest records of a log, while its service writes it.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration as Elapsed;

use deputize::{Decision, Denial, FieldKind, PresentOptions, Record, RecordRules, Request};
use deputize_audit::{Durability, ErasedRange, ErasureReason, Log, LogSettings, Recorded};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::common::{crm_request, key, now, researcher, token, verifier};
use crate::shell::{Outcome, Shell};

fn settings() -> LogSettings {
    LogSettings::new("crm.acme.com", "crm-1")
}

fn call(log: &Log, resource: &str, limit: u32, at: OffsetDateTime) {
    let call = crm_request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
    let anyway = PresentOptions::default().anyway();
    let presentation = token().present_with(&researcher(), &call, at, anyway).unwrap();
    if let Recorded::Allowed(call) = log.record(verifier().decide(presentation, call, at)).unwrap()
    {
        call.done(None, at).unwrap().wait().unwrap();
    }
}

/// A shell with a log of two allowed calls, a refused one, and one of a stranger.
fn shell() -> (Shell, PathBuf) {
    let shell = Shell::new();
    let folder = shell.path("log");
    let log = Log::create(&folder, key(70), settings(), now()).unwrap();
    call(&log, "accounts/emea/1", 5, now());
    call(&log, "accounts/emea/2", 10, now());
    call(&log, "accounts/emea/3", 50, now());
    let stranger = Request::new("crm.read", "accounts/emea/4", "crm.acme.com").unwrap();
    let _ = log.record(Decision::Deny(Denial::not_presented(stranger, now()))).unwrap();
    log.close().unwrap();
    (shell, folder)
}

/// A `deputize audit tail --follow` that runs, and the lines that it prints.
struct Tail {
    child: Child,
    lines: Receiver<String>,
}

impl Tail {
    fn of(folder: &Path, options: &[&str]) -> Self {
        // The program that runs the tests may ignore interrupts, as a shell does in the background.
        let mut child = Command::new("env")
            .args(["--default-signal=INT", env!("CARGO_BIN_EXE_deputize")])
            .args(["audit", "tail", "--follow"])
            .args(options)
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (to, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines() {
                if to.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(Elapsed::from_secs(60)).unwrap()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_newest_records_are_shown_each_in_a_line() {
    let (shell, folder) = shell();
    let out = shell.done("deputize audit tail log");
    insta::assert_snapshot!(out);
    let count =
        |options: &str| shell.done(&format!("deputize audit tail {options} log")).lines().count();
    assert_eq!((count("-n 3"), count("--lines 0"), count("-n 100")), (3, 0, 7));
    assert_eq!(
        shell.done("deputize audit tail -n 1 log"),
        format!("{}\n", out.lines().last().unwrap())
    );
    // Only decisions are of an agent.
    assert_eq!(
        (count("--agent researcher"), count("--agent nobody"), count("--refused")),
        (3, 0, 2)
    );
    let refused = shell.done("deputize audit tail -n 1 --refused --agent researcher log");
    assert!(
        refused.contains("accounts/emea/3") && refused.contains("[argument_refused"),
        "{refused}"
    );
    // Values that were erased are not shown, and the record of the erasure is.
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    let resource = ErasedRange { first: 1, last: 1, kinds: Some(vec![FieldKind::Resource]) };
    log.erase([resource], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    let out = shell.done("deputize audit tail log");
    assert!(!out.contains("accounts/emea/1") && out.contains("erased  values"), "{out}");
}

#[test]
fn a_log_is_followed_while_it_is_written() {
    let (_shell, folder) = shell();
    let tail = Tail::of(&folder, &["-n", "1"]);
    assert!(tail.next().contains("an unknown caller: crm.read on accounts/emea/4"));
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    for number in 10..15 {
        call(&log, &format!("accounts/emea/{number}"), 5, now() + Duration::seconds(number));
        let (decision, outcome) = (tail.next(), tail.next());
        let expected = format!("): crm.read on accounts/emea/{number} at crm.acme.com");
        assert!(decision.contains(&expected), "{decision}");
        assert!(outcome.contains("done  the call of record"), "{outcome}");
    }
    // The openings are written anew while they are followed.
    let resource = ErasedRange { first: 1, last: 7, kinds: Some(vec![FieldKind::Resource]) };
    log.erase([resource], ErasureReason::Request, now()).unwrap();
    assert!(tail.next().contains("erased  values"));
    call(&log, "accounts/emea/20", 5, now() + Duration::seconds(20));
    assert!(tail.next().contains("accounts/emea/20"));
    log.close().unwrap();
    assert!(tail.next().contains("done"));
}

/// A segment has 65,536 records. The next one begins in files of its own.
#[test]
fn a_log_is_followed_into_its_next_segment() {
    let shell = Shell::new();
    let folder = shell.path("log");
    let quick = settings().with_durability(Durability::Within(Elapsed::from_secs(1)));
    let log = Log::create(&folder, key(70), quick, now()).unwrap();
    let stranger = Request::new("crm.read", "accounts/emea/4", "crm.acme.com").unwrap();
    let refused = Decision::Deny(Denial::not_presented(stranger, now()));
    let refused = Record::of(&refused, &RecordRules::default().without_values()).unwrap();
    for _ in 1..65_531 {
        drop(log.append(&refused).unwrap());
    }
    log.close().unwrap();
    let tail = Tail::of(&folder, &["-n", "1"]);
    assert!(tail.next().ends_with("(record 65530)"));
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    for number in 0..5 {
        let resource = format!("accounts/emea/{number}");
        call(&log, &resource, 5, now() + Duration::seconds(number));
        let (decision, outcome) = (tail.next(), tail.next());
        assert!(decision.contains(&format!("crm.read on {resource} at")), "{decision}");
        let ends = |line: &str, index| line.contains(&format!("(record {index})"));
        let index = 65_531 + 2 * number;
        assert!(ends(&decision, index) && ends(&outcome, index + 1), "{decision}\n{outcome}");
    }
    log.close().unwrap();
    assert!(folder.join("segments/00000001.jsonl").exists());
    let out = shell.done("deputize audit tail -n 12 log");
    assert_eq!(out.lines().count(), 12);
    assert!(out.lines().next().unwrap().ends_with("(record 65529)"), "{out}");
    assert!(tail.lines.try_recv().is_err());
}

/// Half a line is not shown, nor is it lost.
#[test]
fn a_line_is_shown_when_it_is_whole() {
    let (_shell, folder) = shell();
    let (cores, openings) =
        (folder.join("segments/00000000.jsonl"), folder.join("segments/00000000.open.jsonl"));
    let texts = [&cores, &openings].map(|path| fs::read_to_string(path).unwrap());
    let short = texts
        .clone()
        .map(|text| text.lines().take(6).map(|own| format!("{own}\n")).collect::<String>());
    fs::write(&cores, &short[0]).unwrap();
    fs::write(&openings, &short[1]).unwrap();
    let tail = Tail::of(&folder, &["-n", "1"]);
    assert!(tail.next().contains("accounts/emea/3"));
    let append = |path: &Path, text: &str| {
        OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    };
    let rest = |place: usize| texts[place].strip_prefix(short[place].as_str()).unwrap();
    append(&openings, rest(1));
    let (first, second) = rest(0).split_at(30);
    append(&cores, first);
    thread::sleep(Elapsed::from_millis(600));
    assert!(tail.lines.try_recv().is_err());
    append(&cores, second);
    assert!(tail.next().contains("accounts/emea/4"));
}

#[test]
fn the_json_follows_its_schema_and_marks_what_is_not_covered() {
    let (shell, folder) = shell();
    let checkpoint = fs::read(folder.join("checkpoint")).unwrap();
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    call(&log, "accounts/emea/9", 5, now() + Duration::seconds(9));
    log.close().unwrap();
    // As if the newest checkpoint were not written yet.
    fs::write(folder.join("checkpoint"), checkpoint).unwrap();
    let out = shell.done("deputize audit tail --format json log");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = Document::AuditTail.schema().to_value();
    for (index, line) in lines.iter().enumerate() {
        assert!(jsonschema::is_valid(&schema, line), "{line}");
        assert_eq!((&line["record"], &line["covered"]), (&index.into(), &(index < 7).into()));
    }
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    let expected = [
        "log", "decision", "outcome", "decision", "outcome", "decision", "decision", "decision",
        "outcome",
    ];
    assert_eq!(kinds, expected);
    let text = shell.done("deputize audit tail -n 1 log");
    assert!(text.ends_with("(record 8)  not covered yet\n"), "{text}");
}

/// The reader goes away while nothing is written.
#[test]
fn it_ends_with_its_reader_or_with_an_interrupt() {
    let (shell, folder) = shell();
    let Outcome { code, err, .. } = shell.run("deputize audit tail --follow log | head -n 1");
    assert_eq!((code, err.as_str()), (0, ""));
    let mut tail = Tail::of(&folder, &["-n", "1"]);
    tail.next();
    let kill = format!("kill -INT {}", tail.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let status = tail.child.wait().unwrap();
    assert_eq!(status.signal(), Some(2));
    // Whole lines only.
    assert!(tail.lines.recv().is_err());
}

#[test]
fn errors_say_what_to_do() {
    let (shell, folder) = shell();
    for (command, why) in [
        ("audit tail nowhere", "there is no log"),
        ("audit tail log --since yesterday", "this is not a time in RFC 3339"),
        ("audit tail log -n -1", "-1"),
        ("audit tail log -n 70000", "70000"),
    ] {
        let Outcome { code, err, .. } = shell.run(&format!("deputize {command}"));
        assert_eq!(code, 2, "{command}: {err}");
        assert!(err.contains(why), "{command}: {err}");
    }
    let cores = folder.join("segments/00000000.jsonl");
    let text = fs::read_to_string(&cores).unwrap();
    fs::write(&cores, text.replacen("\"index\":3", "\"index\":4", 1)).unwrap();
    let Outcome { code, err, .. } = shell.run("deputize audit tail log");
    assert!(code == 2 && err.contains("a line is not record 3"), "{err}");
    fs::write(&cores, format!("{text}{}", "x".repeat(20_000))).unwrap();
    let Outcome { code, err, .. } = shell.run("deputize audit tail log");
    assert!(code == 2 && err.contains("a line has more than"), "{err}");
    fs::remove_file(&cores).unwrap();
    fs::create_dir(&cores).unwrap();
    let Outcome { code, err, .. } = shell.run("deputize audit tail log");
    assert!(code == 2 && err.contains("this is not a file"), "{err}");
}
