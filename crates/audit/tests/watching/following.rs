//! Following a log while its service writes it.

use deputize::{RecordRules, SigningKey};
use deputize_audit::{Log, LogSettings, LogTail};

use crate::cast::{Agent, by_expiry, call, later, now, verifier_with};

/// Agents choose how long their arguments are, and whoever follows the log keeps a few records at a time.
#[test]
fn long_records_are_read_a_few_at_a_time() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("log");
    let settings = LogSettings::new("crm.acme.com", "crm-1")
        .with_rules(RecordRules::default().with_max_value(64 * 1024));
    let log = Log::create(&folder, SigningKey::from_bytes(&[70; 32]), settings, now()).unwrap();
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    let long = serde_json::Value::from("x".repeat(60_000));
    let names = (0..12).map(|number| (format!("note{number}"), long.clone()));
    let call = call("crm.note", 5).with_arg_map(names.collect()).unwrap();
    // The first refusals of each minute have a record.
    for number in 0..30 {
        let at = later(60 * number);
        drop(log.record(verifier.decide(agent.presents(&call, at), call.clone(), at)).unwrap());
    }
    log.close().unwrap();
    let mut tail = LogTail::of_last_segment(folder).unwrap();
    let mut counts = Vec::new();
    loop {
        let records = tail.read().unwrap();
        if records.is_empty() {
            break;
        }
        assert!(records.iter().all(|own| own.not_shown == 0));
        counts.push(records.len());
    }
    // The first record of the log, and 24 of some 720 kB; then the others.
    assert_eq!(counts, [25, 6]);
}
