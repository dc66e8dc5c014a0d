//! `deputize audit erase`: values are removed for good.

use std::fs;

use deputize_audit::Log;

use crate::audit::{decide, record, settings, shell};
use crate::common::{key, now};
use crate::shell::Outcome;

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
