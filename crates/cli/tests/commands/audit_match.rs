//! `deputize present --presented-log` and `audit match`: which presentations no service recorded.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use deputize::{Presentation, Request};
use deputize_audit::{Log, PresentedLine};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::audit::{record, settings};
use crate::common::{key, now, verifier};
use crate::shell::{Outcome, Shell};

fn time(minute: i64) -> OffsetDateTime {
    now() + Duration::minutes(minute)
}

/// Presents a call at this minute, and notes it.
fn present(shell: &Shell, minute: i64) -> Presentation {
    let text = shell.done(&format!(
        "deputize present --at 2026-11-23T18:{minute:02}:00Z --key researcher.key --operation crm.read \
         --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 \
         --presented-log calls.presented @researcher.token"
    ));
    Presentation::parse(text.trim()).unwrap()
}

/// The log of a service that received some of twelve presentations, a minute apart.
fn shell(received: impl Fn(i64) -> bool) -> Shell {
    let shell = Shell::with_tokens();
    let log = Log::create(shell.path("log"), key(70), settings(), now()).unwrap();
    for minute in 0..12 {
        let presentation = present(&shell, minute);
        if received(minute) {
            let call = Request::new("crm.read", "accounts/emea/42", "crm.acme.com").unwrap();
            let call = call.with_args("{\"limit\":5}").unwrap();
            record(&log, verifier().decide(presentation, call, time(minute)));
        }
    }
    log.close().unwrap();
    shell
}

/// The output without the random series.
fn masked(shell: &Shell, out: &str) -> String {
    let line = shell.read("calls.presented");
    let note = PresentedLine::parse(line.lines().next().unwrap().as_bytes()).unwrap();
    let series: String = note.series.iter().map(|byte| format!("{byte:02x}")).collect();
    out.replace(&series, "SERIES")
}

#[test]
fn a_missing_presentation_is_found_between_its_neighbours() {
    let shell = shell(|minute| minute != 3);
    let Outcome { code, out, err } = shell.run("deputize audit match log");
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.contains("up to number 12, 11 recorded, 1 missing\n  number 4 is missing, between 2026-11-23T18:02:00Z and 2026-11-23T18:04:00Z\n"), "{out}");
    let Outcome { code, out, .. } =
        shell.run("deputize audit match log --presented calls.presented");
    assert_eq!(code, 1);
    insta::assert_snapshot!(masked(&shell, &out));
    let out = shell.run("deputize audit match log --presented calls.presented --format json").out;
    let json: Value = serde_json::from_str(&out).unwrap();
    assert!(jsonschema::is_valid(&Document::AuditMatch.schema().to_value(), &json), "{json}");
    let totals = ["presented", "recorded", "missing"].map(|name| json[name].as_u64().unwrap());
    assert_eq!(totals, [12, 11, 1]);
    assert_eq!(json["series"][0]["gaps"][0]["after"], "2026-11-23T18:02:00Z");
}

#[test]
fn a_lost_end_is_missed_by_the_notes_alone() {
    let shell = shell(|minute| minute < 10);
    shell.done("deputize audit match log");
    let Outcome { code, out, .. } =
        shell.run("deputize audit match log --presented calls.presented");
    assert_eq!(code, 1);
    assert!(out.contains("numbers 11 to 12 are missing, after 2026-11-23T18:09:00Z; the holder made 2 of them from 2026-11-23T18:10:00Z to 2026-11-23T18:11:00Z\n"), "{out}");
    // With the log of the other verifier, which has them.
    let other = Log::create(shell.path("other"), key(71), settings(), now()).unwrap();
    other.close().unwrap();
    assert_eq!(shell.run("deputize audit match log other --presented calls.presented").code, 1);
}

#[test]
fn a_complete_series_has_no_gap() {
    let shell = shell(|_| true);
    let out = shell.done("deputize audit match log --presented calls.presented");
    assert!(out.contains("in all: 12 presented, 12 recorded, 0 missing"), "{out}");
    // A log that is not whole.
    let cores = shell.path("log/segments/00000000.jsonl");
    let text = fs::read_to_string(&cores).unwrap();
    fs::write(&cores, text.replacen("\"result\":\"done\"", "\"result\":\"failed\"", 1)).unwrap();
    let Outcome { code, err, .. } = shell.run("deputize audit match log");
    assert!(code == 1 && err.contains("WARNING: the log"), "{err}");
}

#[test]
fn the_notes_are_for_their_owner_and_go_on() {
    let shell = Shell::with_tokens();
    present(&shell, 0);
    let path = shell.path("calls.presented");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // A note that a killed process did not finish.
    let first = shell.read("calls.presented");
    shell.write("calls.presented", format!("{first}{}", &first[..50]));
    present(&shell, 1);
    let notes: Vec<_> = shell
        .read("calls.presented")
        .lines()
        .map(|line| PresentedLine::parse(line.as_bytes()).unwrap())
        .collect();
    assert_eq!(notes.iter().map(|own| own.count).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(notes[0].series, notes[1].series);
    assert_ne!(notes[0].presentation, notes[1].presentation);
    // Another service has another series. A call that is not permitted is not noted.
    let call = "deputize present --at $NOW --key researcher.key --presented-log calls.presented @researcher.token";
    let refused =
        "--operation crm.read --resource accounts/us/1 --audience crm.acme.com --arg limit=5";
    assert_eq!(shell.run(&format!("{call} {refused}")).code, 1);
    assert_eq!(shell.read("calls.presented").lines().count(), 2);
}

#[test]
fn processes_that_present_at_once_share_the_numbers() {
    let shell = Shell::with_tokens();
    std::thread::scope(|scope| {
        for minute in 0..4 {
            let shell = &shell;
            scope.spawn(move || (0..3).for_each(|_| drop(present(shell, minute))));
        }
    });
    let mut counts: Vec<_> = shell
        .read("calls.presented")
        .lines()
        .map(|line| PresentedLine::parse(line.as_bytes()).unwrap().count)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=12).collect::<Vec<_>>());
}

#[test]
fn errors_say_what_to_do() {
    let shell = shell(|_| false);
    for (command, why) in [
        ("audit match nowhere", "there is no log"),
        ("audit match log --presented nothing", "there is no such file"),
        ("audit match log --presented alice.pub", "line 1: this is not a line of a presentation"),
        ("audit match", "required"),
    ] {
        let Outcome { code, err, .. } = shell.run(&format!("deputize {command}"));
        assert_eq!(code, 2, "{command}: {err}");
        assert!(err.contains(why), "{command}: {err}");
    }
    let present = "deputize present --at $NOW --key researcher.key --operation crm.read --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 @researcher.token";
    for file in [".", "/dev/null", "no/folder"] {
        let why = shell.refused(&format!("{present} --presented-log {file}"));
        assert!(why.contains(file), "{why}");
    }
}
