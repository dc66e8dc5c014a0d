//! `deputize audit`: the log of a service, verified and shown.

use std::fs;
use std::path::PathBuf;

use deputize::{Decision, Denial, PresentOptions, Request};
use deputize_audit::{Log, LogSettings, Recorded};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::OffsetDateTime;

use crate::common::{crm_request, key, now, researcher, token, verifier};
use crate::shell::{Outcome, Shell};

pub(crate) fn settings() -> LogSettings {
    LogSettings::new("crm.acme.com", "crm-1")
}

/// A decision about a call of the researcher.
pub(crate) fn decide(resource: &str, limit: u32, at: OffsetDateTime) -> Decision {
    let call = crm_request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
    let anyway = PresentOptions::default().anyway();
    let presentation = token().present_with(&researcher(), &call, at, anyway).unwrap();
    verifier().decide(presentation, call, at)
}

pub(crate) fn record(log: &Log, decision: Decision) {
    if let Recorded::Allowed(call) = log.record(decision).unwrap() {
        call.done(None, now()).unwrap().wait().unwrap();
    }
}

/// A shell with a log in the folder `log`: two calls that were allowed, one that was refused, one of a
/// stranger, and one a minute later.
pub(crate) fn shell() -> (Shell, PathBuf) {
    let shell = Shell::new();
    let folder = shell.path("log");
    let log = Log::create(&folder, key(70), settings(), now()).unwrap();
    record(&log, decide("accounts/emea/1", 5, now()));
    record(&log, decide("accounts/emea/2", 10, now()));
    record(&log, decide("accounts/emea/3", 50, now()));
    let stranger = Request::new("crm.read", "accounts/emea/4", "crm.acme.com").unwrap();
    record(&log, Decision::Deny(Denial::not_presented(stranger, now())));
    log.close().unwrap();
    (shell, folder)
}

/// The output of a command, without the key and the random id of the log.
pub(crate) fn masked(out: &str) -> String {
    match out.split_once("deputize/log/v1/") {
        Some((start, rest)) => format!("{start}ORIGIN{}", &rest[64 + 1 + 32..]),
        None => out.to_owned(),
    }
}

#[test]
fn a_whole_log_is_verified() {
    let (shell, _) = shell();
    let Outcome { code, out, err } = shell.run("deputize audit verify log");
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(masked(&out));
    shell.done("cp log/checkpoint kept.checkpoint");
    let Outcome { code, out, .. } = shell.run("deputize audit verify log --seen kept.checkpoint");
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("compared:     the checkpoint of 7 records"), "{out}");
    assert!(!out.contains("cut back:"), "{out}");
}

#[test]
fn a_changed_log_is_not_whole() {
    let (shell, folder) = shell();
    let cores = folder.join("segments/00000000.jsonl");
    let text = fs::read_to_string(&cores).unwrap();
    fs::write(&cores, text.replacen("\"result\":\"done\"", "\"result\":\"failed\"", 1)).unwrap();
    let Outcome { code, out, .. } = shell.run("deputize audit verify log");
    assert_eq!(code, 1);
    insta::assert_snapshot!(masked(&out));
    let Outcome { code, out, err } = shell.run("deputize audit show log");
    assert_eq!(code, 1);
    assert!(err.contains("WARNING: the log `log` is not whole"), "{err}");
    assert!(out.contains("accounts/emea/1"));

    // A value, which only the verification with values sees.
    fs::write(&cores, text).unwrap();
    let openings = folder.join("segments/00000000.open.jsonl");
    let text = fs::read_to_string(&openings).unwrap();
    fs::write(&openings, text.replacen("accounts/emea/2", "accounts/emea/9", 1)).unwrap();
    let Outcome { code, out, .. } = shell.run("deputize audit verify log");
    assert_eq!(code, 1);
    assert!(
        out.contains(
            "record 3: field 1 (`resource`) is not the value that was recorded [value_wrong]"
        ),
        "{out}"
    );
    assert_eq!(shell.run("deputize audit verify log --without-values").code, 0);
    // A value that differs from the recorded one is not shown.
    let Outcome { out, .. } = shell.run("deputize audit show log");
    assert!(!out.contains("accounts/emea/9") && out.contains("crm.read on (not shown)"), "{out}");
}

/// Anybody with access to the folder can append lines.
#[test]
fn records_that_no_checkpoint_covers_are_left_out() {
    let (shell, folder) = shell();
    for name in ["segments/00000000.jsonl", "segments/00000000.open.jsonl"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let forged = text.lines().nth(1).unwrap().replacen("\"index\":1,", "\"index\":7,", 1);
        fs::write(folder.join(name), format!("{text}{forged}\n")).unwrap();
    }
    let note = "`log`: 1 record behind the newest checkpoint is left out; `deputize audit tail` shows it\n";
    for (command, lines) in [
        ("show log", 4),
        ("show log --format json", 4),
        ("show log --value accounts/emea/1", 1),
        ("export log --format cloudevents", 4),
    ] {
        let Outcome { code, out, err } = shell.run(&format!("deputize audit {command}"));
        assert_eq!((code, out.lines().count(), err.as_str()), (0, lines, note), "{command}: {out}");
    }
    let page = shell.done("deputize audit show log --format html");
    assert!(page.contains("4 decisions:") && page.contains("1 records that no checkpoint covers"));
    let Outcome { code, err, .. } = shell.run("deputize audit match log");
    assert_eq!((code, err.as_str()), (0, note));
    let tail = shell.done("deputize audit tail log");
    assert_eq!((tail.lines().count(), tail.matches("not covered yet").count()), (8, 1), "{tail}");
}

#[test]
fn a_log_that_was_cut_back_is_found_with_a_kept_checkpoint() {
    let (shell, folder) = shell();
    shell.done("cp -r log early");
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    record(&log, decide("accounts/emea/5", 5, now()));
    log.close().unwrap();
    shell.done("cp log/checkpoint kept.checkpoint");
    assert_eq!(shell.run("deputize audit verify early").code, 0);
    let Outcome { code, out, .. } = shell.run("deputize audit verify early --seen kept.checkpoint");
    assert_eq!(code, 1);
    assert!(out.contains("does not extend the checkpoint of 9 records that was kept elsewhere [contradicts_checkpoint]"), "{out}");
}

/// The records that a crash left behind a checkpoint are told for ever.
#[test]
fn records_that_were_recovered_are_counted() {
    let (shell, folder) = shell();
    shell.done("cp log/checkpoint early.checkpoint");
    let open = || Log::open(&folder, key(70), settings(), None, now()).unwrap();
    let log = open();
    record(&log, decide("accounts/emea/5", 5, now()));
    log.close().unwrap();
    shell.done("cp early.checkpoint log/checkpoint");
    open().close().unwrap();
    let out = shell.done("deputize audit verify log");
    assert!(out.contains("recovered:    2 records were behind a checkpoint"), "{out}");
    let out = shell.done("deputize audit verify log --format json");
    let verdict: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(verdict["recovered"], 2);
}

#[test]
fn the_json_follows_its_schemas() {
    let (shell, _) = shell();
    let out = shell.done("deputize audit verify log --format json");
    let verdict: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&verdict["whole"], &verdict["size"]), (&true.into(), &7.into()));
    assert!(jsonschema::is_valid(&Document::AuditVerify.schema().to_value(), &verdict));
    let out = shell.done("deputize audit show log --format json");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert!(jsonschema::is_valid(&Document::AuditShow.schema().to_value(), line), "{line}");
    }
    assert_eq!(lines[0]["args"]["limit"], 5);
    assert_eq!(lines[3].get("agents"), None);
}

#[test]
fn errors_say_what_to_do() {
    let (shell, folder) = shell();
    for (command, why) in [
        ("audit verify nowhere", "there is no log"),
        ("audit verify log --log x", "is not the origin of a log"),
        ("audit verify log --seen alice.pub", "alice.pub"),
        ("audit verify log --witness x", "--witness"),
        ("audit show log --since yesterday", "this is not a time in RFC 3339"),
    ] {
        let Outcome { code, err, .. } = shell.run(&format!("deputize {command}"));
        assert_eq!(code, 2, "{command}: {err}");
        assert!(err.contains(why), "{command}: {err}");
    }
    // Another log than the expected one.
    let other = Log::create(shell.path("other"), key(71), settings(), now()).unwrap();
    let origin = other.origin().to_string();
    drop(other);
    assert_eq!(shell.run(&format!("deputize audit verify log --log {origin}")).code, 2);
    drop(folder);
}
