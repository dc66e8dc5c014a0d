//! `deputize audit`: the log of a service, verified and shown.

use std::fs;
use std::path::PathBuf;

use deputize::{Decision, Denial, PresentOptions, RecordRules, Request, Signer};
use deputize_audit::{Log, LogSettings, Recorded};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::common::{alice, crm_request, key, now, planner, researcher, token, verifier};
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

/// Nothing is signed in a log that was set back, if a later checkpoint of it was kept.
#[test]
fn a_log_that_was_set_back_is_not_erased_in() {
    let (shell, folder) = shell();
    fs::write(shell.path("log.key"), key(70).to_pem().unwrap().as_bytes()).unwrap();
    shell.done("chmod 600 log.key && cp -r log early");
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    record(&log, decide("accounts/emea/5", 5, now()));
    log.close().unwrap();
    shell.done("cp log/checkpoint kept.checkpoint");
    let erase = "deputize audit erase --at $NOW --key log.key --why request --records 1 --kinds all --seen kept.checkpoint";
    let Outcome { code, err, .. } = shell.run(&format!("{erase} early"));
    assert!(code == 2 && err.contains("set back or changed"), "{err}");
    shell.done("deputize audit verify early");
    assert!(shell.done(&format!("{erase} log")).contains("erased; the statement is record 9"));
}

#[test]
fn who_did_what_is_shown() {
    let (shell, folder) = shell();
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    record(&log, decide("accounts/emea/6", 6, now() + Duration::minutes(1)));
    log.close().unwrap();
    let out = shell.done("deputize audit show log");
    insta::assert_snapshot!(out);
    let count =
        |options: &str| shell.done(&format!("deputize audit show log {options}")).lines().count();
    assert_eq!(count("--refused"), 2);
    assert_eq!(count("--agent researcher"), 4);
    assert_eq!(count(&format!("--agent {}", planner().public_key())), 4);
    assert_eq!(count("--agent nobody"), 0);
    assert_eq!(count("--owner alice@acme.com --refused"), 1);
    assert_eq!(count("--system crm.acme.com"), 5);
    assert_eq!(count("--system mail.acme.com"), 0);
    assert_eq!(count("--since 2026-11-23T18:01:00Z"), 1);
    assert_eq!(count("--until 2026-11-23T18:01:00Z"), 4);
}

/// Values that the service did not keep are named, and those in the last field of a record are shown.
#[test]
fn arguments_that_were_not_kept_are_named() {
    let shell = Shell::new();
    let rules = RecordRules::default().withholding("crm.*".parse().unwrap(), "password");
    let log = Log::create(shell.path("log"), key(70), settings().with_rules(rules), now()).unwrap();
    let mut args = serde_json::json!({
        "body": "b".repeat(1998), "limit": 5, "note": "\u{5d0}, \u{202e}x → y", "password": "hunter2",
    });
    let decide = |args: &Value| {
        let call = crm_request("crm.read", "accounts/emea/1", &args.to_string());
        let anyway = PresentOptions::default().anyway();
        let presentation = token().present_with(&researcher(), &call, now(), anyway).unwrap();
        verifier().decide(presentation, call, now())
    };
    record(&log, decide(&args));
    for number in 0..70 {
        args[format!("z{number:02}")] = number.into();
    }
    args["zz"] = "z".repeat(1998).into();
    record(&log, decide(&args));
    log.close().unwrap();
    let out = shell.done("deputize audit show log");
    let (first, second) = out.split_once('\n').unwrap();
    let kept = r#" with {"limit":5,"note":"\u{5d0}, \u{202e}x → y"}, body: (2,000 bytes, not kept), password: (withheld)"#;
    assert!(first.contains(kept), "{first}");
    let last = r#""z69":69}, body: (2,000 bytes, not kept), zz: (2,000 bytes, not kept), password: (withheld)"#;
    assert!(second.contains(last), "{second}");
    assert!(!out.contains("hunter2") && !out.contains("not shown"), "{out}");
    let page = shell.done("deputize audit show log --format html");
    assert!(page.contains("body: (2,000 bytes, not kept), password: (withheld)"), "{page}");
    for command in ["show", "tail"] {
        let out = shell.done(&format!("deputize audit {command} log --refused --format json"));
        let lines: Vec<Value> = out.lines().map(|own| serde_json::from_str(own).unwrap()).collect();
        let document = if command == "show" { Document::AuditShow } else { Document::AuditTail };
        assert!(jsonschema::is_valid(&document.schema().to_value(), &lines[1]), "{}", lines[1]);
        assert_eq!(
            (&lines[1]["args"]["z69"], &lines[1]["withheld"]),
            (&69.into(), &vec!["password"].into())
        );
        assert_eq!(lines[1]["digests"]["zz"]["bytes"], 2000);
        assert_eq!(lines[0]["digests"]["body"]["digest"].as_str().unwrap().len(), 64);
    }
}

/// A planner may name a key that it spawned as it likes.
#[test]
fn a_name_has_the_fingerprint_of_its_key() {
    let (shell, _) = shell();
    let chain = [("alice@acme.com", alice()), ("planner", planner()), ("researcher", researcher())]
        .map(|(name, key)| format!("{name} ({})", key.public_key().fingerprint()));
    let chain = chain.join(" → ");
    for command in ["show", "tail"] {
        let out = shell.done(&format!("deputize audit {command} log"));
        assert!(out.contains(&format!("  allowed  {chain}: crm.read on")), "{out}");
    }
}

#[test]
fn the_page_shows_who_did_what() {
    let (shell, folder) = shell();
    let page = shell.done("deputize audit show log --format html");
    assert!(
        page.contains("THE LOG IS WHOLE") && page.contains("4 decisions: 2 allowed, 2 refused")
    );
    let owner = alice().public_key().fingerprint();
    assert_eq!(page.matches("alice@acme.com").count(), page.matches(&owner).count());
    for text in ["accounts/emea/1", "{&quot;limit&quot;:5}", "an unknown caller", "[not_presented]"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    // The filters hold, and are named.
    let page = shell.done("deputize audit show log --format html --refused --agent researcher");
    assert!(page.contains("1 decision: 1 refused") && !page.contains("accounts/emea/1"), "{page}");
    assert!(page.contains("agent <bdi dir=\"ltr\">researcher</bdi>"), "{page}");

    let openings = folder.join("segments/00000000.open.jsonl");
    let text = fs::read_to_string(&openings).unwrap();
    fs::write(&openings, text.replacen("accounts/emea/2", "accounts/emea/9", 1)).unwrap();
    let page = shell.done("deputize audit show log --format html");
    assert!(!page.contains("accounts/emea/9") && page.contains("(not shown)"), "{page}");
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

#[test]
fn values_are_erased_for_good() {
    let (shell, folder) = shell();
    fs::write(shell.path("log.key"), key(70).to_pem().unwrap()).unwrap();
    shell.done("chmod 600 log.key && cp log/checkpoint kept.checkpoint");
    let erase = "deputize audit erase --at $NOW --key log.key --why request";
    let out = shell.done(&format!("{erase} --records 1 --kinds resource,argument log"));
    assert_eq!(out, "erased; the statement is record 7\n");
    assert_eq!(shell.run("grep -r accounts/emea/1 log").code, 1);
    let out = shell.done("deputize audit verify log --seen kept.checkpoint");
    assert!(out.starts_with("WHOLE") && out.contains("3 erased by statements"), "{out}");
    let out = shell.done("deputize audit show log");
    let first = out.lines().next().unwrap();
    assert!(
        first.contains(
            "): crm.read on (not shown) at crm.acme.com with (an argument is not shown)  (record 1)"
        ),
        "{first}"
    );
    for (command, why) in [
        (
            format!("{erase} --records 1 --kinds everything log"),
            "`everything` is not a kind; the kinds are log, call,",
        ),
        (format!("{erase} --records 9-7 --kinds all log"), "give the index of a record"),
        (
            format!("{erase} --records 70 --kinds all log"),
            "not in the tree that the statement names",
        ),
        (
            erase.replace("request", "because") + " --records 1 --kinds all log",
            "`because` is not a reason",
        ),
        (erase.replace("log.key", "alice.key") + " --records 1 --kinds all log", "key"),
    ] {
        let Outcome { code, err, .. } = shell.run(&command);
        assert_eq!(code, 2, "{command}: {err}");
        assert!(err.contains(why), "{command}: {err}");
    }
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    let Outcome { code, err, .. } = shell.run(&format!("{erase} --records 3 --kinds all log"));
    assert!(code == 2 && err.contains("is writing this log"), "{err}");
    drop(log);
}

/// An eraser of a value finds where else it is: a grant quotes the values that it grants.
#[test]
fn a_value_is_found_wherever_it_is() {
    let (shell, folder) = shell();
    let found = |text: &str| shell.done(&format!("deputize audit show log --value {text}"));
    assert_eq!(found("emea/2").lines().count(), 1);
    assert_eq!(found("emea/9"), "");
    // The argument, and the purpose, which only the blocks of the chain have.
    assert_eq!(found("50").lines().count(), 1);
    assert_eq!(found("'Q3 account review'").lines().count(), 3);
    shell.done("deputize audit show log --value accounts/emea/1 --value accounts/emea/3");
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    let resource = deputize_audit::ErasedRange {
        first: 3,
        last: 3,
        kinds: Some(vec![deputize::FieldKind::Resource]),
    };
    let _ = log.erase([resource], deputize_audit::ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    assert_eq!(found("accounts/emea/2"), "");
}

#[test]
fn values_are_erased_by_age() {
    let (shell, folder) = shell();
    fs::write(shell.path("log.key"), key(70).to_pem().unwrap().as_bytes()).unwrap();
    shell.done("chmod 600 log.key");
    let erase = |older_than: &str| {
        shell.run(&format!(
            "deputize audit erase --key log.key --older-than {older_than} --kinds all \
             --why retention --at 2026-12-23T18:00:00Z {}",
            folder.display()
        ))
    };
    let Outcome { code, out, err } = erase("8w");
    assert_eq!((code, out.trim()), (0, "nothing to erase"), "{err}");
    let Outcome { code, out, err } = erase("4w");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("erased; the statement is record"), "{out}");
    let verdict = shell.done("deputize audit verify log");
    assert!(verdict.starts_with("WHOLE") && verdict.contains(" 1 shown"), "{verdict}");
    assert_eq!(erase("4w").out.trim(), "nothing to erase");
    let Outcome { code, err, .. } = erase("yesterday");
    assert!(code == 2 && err.contains("--older-than"), "{err}");
    let both =
        "deputize audit erase --key log.key --older-than 4w --records 1 --kinds all --why law log";
    assert_eq!(shell.run(both).code, 2);
}
