//! `deputize audit prove`, `bundle` and `check`: what somebody sees who has nothing but the file.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{Record, Signer as _};
use deputize_audit::{Log, Witness};
use deputize_cli::commands::schema::Document;
use serde_json::Value;

use crate::audit::{masked, settings, shell};
use crate::common::{key, now};
use crate::shell::{MINT, Outcome, Shell};

fn checked(shell: &Shell, options: &str) -> Value {
    let out = shell.done(&format!("deputize audit check {options} --format json"));
    let checked: Value = serde_json::from_str(&out).unwrap();
    assert!(jsonschema::is_valid(&Document::AuditCheck.schema().to_value(), &checked), "{checked}");
    checked
}

fn not_said(checked: &Value) -> String {
    checked["not_said"].to_string()
}

#[test]
fn a_record_is_proved_without_the_log() {
    let (shell, _) = shell();
    shell.done("deputize audit prove log 3 > three.tlog-proof && mv log elsewhere");
    let text = shell.read("three.tlog-proof");
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{text}");
    let out = shell.done("deputize audit check three.tlog-proof");
    insta::assert_snapshot!(masked(&out));
    let json = checked(&shell, "three.tlog-proof");
    assert_eq!((&json["holds"], &json["records"]), (&true.into(), &serde_json::json!([3])));
    assert_eq!(json["decisions"][0]["allowed"], true);
    // From a pipe, and changed.
    shell.done("cat three.tlog-proof | deputize audit check -");
    shell.write("other.tlog-proof", text.replace("index 3", "index 4"));
    let why = shell.refused("deputize audit check other.tlog-proof");
    assert!(why.contains("the proof is for record 4, and the record in it is 3"), "{why}");
}

#[test]
fn a_bundle_needs_nothing_else() {
    let (shell, _) = shell();
    shell.done("cp log/checkpoint kept.checkpoint");
    shell.done("deputize audit bundle log --records 3,5-6 --seen kept.checkpoint > calls.bundle");
    shell.done("mv log elsewhere");
    let Outcome { code, out, err } = shell.run("deputize audit check calls.bundle");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!(masked(&out));
    let json = checked(&shell, "calls.bundle");
    assert_eq!(json["records"], serde_json::json!([0, 3, 4, 5, 6]));
    assert_eq!(json["extends"], serde_json::json!([7]));
    // Two calls of the researcher and one of a stranger.
    assert_eq!(json["signatures"]["calls"], 2);
    let origin = json["origin"].as_str().unwrap();
    let trusted = checked(&shell, &format!("calls.bundle --log {origin}"));
    assert!(not_said(&json).contains("pass --log") && !not_said(&trusted).contains("pass --log"));
}

#[test]
fn the_options_of_show_choose_decisions() {
    let (shell, _) = shell();
    for (options, records) in [
        ("", "[0,1,2,3,4,5,6]"),
        ("--refused", "[0,5,6]"),
        ("--agent researcher --refused", "[0,5]"),
        ("--agent researcher --refused --records 6", "[0,5,6]"),
        ("--agent nobody", "[0]"),
        ("--records 2", "[0,2]"),
    ] {
        shell.done(&format!("deputize audit bundle log {options} > some.bundle"));
        assert_eq!(checked(&shell, "some.bundle")["records"].to_string(), records, "{options}");
    }
    // An outcome without its decision.
    let json = checked(&shell, "some.bundle");
    assert!(not_said(&json).contains("what 1 of the outcomes are outcomes of"), "{json}");
}

#[test]
fn a_changed_bundle_does_not_hold() {
    let (shell, _) = shell();
    shell.done("deputize audit bundle log --records 3 > calls.bundle");
    let text = shell.read("calls.bundle");
    assert!(text.contains("accounts/emea/2"));
    shell.write("calls.bundle", text.replace("accounts/emea/2", "accounts/emea/9"));
    let Outcome { code, out, .. } = shell.run("deputize audit check calls.bundle");
    assert_eq!(code, 1);
    insta::assert_snapshot!(masked(&out));
    assert!(!out.contains("accounts/emea/9"), "{out}");
}

/// A decision that the log does not have is not shown as one, and nothing that a stranger wrote reaches the
/// terminal as it is.
#[test]
fn what_is_not_in_the_log_is_not_shown() {
    let (shell, _) = shell();
    shell.done("deputize audit bundle log --records 5 > calls.bundle");
    let text = shell.read("calls.bundle");
    let forged = text.replacen(
        "2026-11-23T18:00:00Z\\\",\\\"charged\\\":true",
        "2026-11-24T18:00:00Z\\\",\\\"charged\\\":true",
        1,
    );
    assert_ne!(forged, text);
    shell.write("forged.bundle", forged);
    let Outcome { code, out, .. } = shell.run("deputize audit check forged.bundle");
    assert_eq!(code, 1);
    assert!(out.contains("record 5: it is not this record of this log"), "{out}");
    assert!(!out.contains("decision: "), "{out}");
    for (file, content) in [
        ("a", "{\"\\u001b[2J\":1}".to_owned()),
        ("b", text.replacen("\\\"at\\\"", "\\\"\\\\u001b[2J\\\"", 1)),
        ("c", "c2sp.org/tlog-proof@v1\nextra eyJcdTAwMWIiOjF9\nindex 0\n\nx\n".to_owned()),
    ] {
        assert_ne!(content, text);
        shell.write(file, content);
        let Outcome { code, out, err } = shell.run(&format!("deputize audit check {file}"));
        assert_ne!(code, 0, "{out}");
        assert!(!format!("{out}{err}").contains('\u{1b}'), "{out}{err}");
        assert!(format!("{out}{err}").contains("\\u{1b}"), "{out}{err}");
    }
}

#[test]
fn an_erasure_comes_along() {
    let (shell, _) = shell();
    fs::write(shell.path("log.key"), key(70).to_pem().unwrap()).unwrap();
    shell.done("chmod 600 log.key");
    shell
        .done("deputize audit erase --at $NOW --key log.key --why law --records 3 --kinds all log");
    shell.done("deputize audit bundle log --records 3 > calls.bundle");
    let json = checked(&shell, "calls.bundle");
    assert_eq!(json["records"], serde_json::json!([0, 3, 4, 7]));
    assert!(json["values_erased"].as_u64().unwrap() > 5, "{json}");
    assert!(not_said(&json).contains("who signed 1 of the calls"), "{json}");
}

#[test]
fn lists_are_in_the_bundle() {
    let (shell, _) = shell();
    shell.done(MINT);
    shell.done("deputize revoke --new --at $NOW --key alice.key --list acme.rev @planner.token");
    shell.done("deputize audit bundle log --list acme.rev --records 3 > calls.bundle");
    let json = checked(&shell, "calls.bundle");
    assert_eq!(json["lists"], 1);
    assert!(not_said(&json).contains("whether the service decided by these lists"), "{json}");
    let why = shell.refused("deputize audit bundle log --list alice.pub");
    assert!(why.contains("alice.pub"), "{why}");
    let why = shell.refused("deputize audit bundle log --directory alice.pub");
    assert!(why.contains("alice.pub"), "{why}");
}

#[test]
fn errors_say_what_to_do() {
    let (shell, _) = shell();
    for (command, why) in [
        ("prove log 7", "there is no proof of record 7: the newest checkpoint covers 7 records"),
        ("prove nowhere 0", "there is no log"),
        ("prove log x", "invalid value"),
        (
            "bundle log --records 3,70",
            "--records 70-70: the newest checkpoint covers no such records",
        ),
        ("bundle log --records 9-7", "give the index of a record"),
        ("bundle log --seen alice.pub", "alice.pub"),
        ("check alice.pub", "this is not a bundle of records"),
        ("check nothing", "nothing"),
        ("check alice.pub --log x", "is not the origin of a log"),
    ] {
        let Outcome { code, err, .. } = shell.run(&format!("deputize audit {command}"));
        assert_eq!(code, 2, "{command}: {err}");
        assert!(err.contains(why), "{command}: {err}");
    }
    let other = Log::create(shell.path("other"), key(71), settings(), now()).unwrap();
    shell.done("deputize audit bundle log > all.bundle");
    let why = shell.refused(&format!("deputize audit check all.bundle --log {}", other.origin()));
    assert!(why.contains("deputize/log/v1/"), "{why}");
}

/// A line of a witness in a checkpoint, C2SP `cosignature/v1`, and the key to expect.
fn cosignature(name: &str, seed: u8, text: &str) -> (String, String) {
    let key = key(seed);
    let witness = Witness::new(name, key.public_key()).unwrap().to_string();
    let hash = u32::from_str_radix(witness.split('+').nth(1).unwrap(), 16).unwrap();
    let time = 1_795_456_800_u64;
    let message = format!("cosignature/v1\ntime {time}\n{text}");
    let signature = key.sign(message.as_bytes()).unwrap().to_bytes();
    let bytes = [&hash.to_be_bytes()[..], &time.to_be_bytes(), &signature].concat();
    (format!("\u{2014} {name} {}\n", STANDARD.encode(bytes)), witness)
}

/// As `audit verify` does, of a bundle and of a proof.
#[test]
fn witnesses_of_a_bundle_and_of_a_proof_are_counted() {
    let (shell, folder) = shell();
    let checkpoint = fs::read_to_string(folder.join("checkpoint")).unwrap();
    let text = format!("{}\n", checkpoint.split_once("\n\n").unwrap().0);
    let (line, first) = cosignature("w1.example", 81, &text);
    let (_, second) = cosignature("w2.example", 82, &text);
    fs::write(folder.join("checkpoint"), format!("{checkpoint}{line}")).unwrap();
    shell.done("deputize audit bundle log --records 1 > file.bundle");
    shell.done("deputize audit prove log 1 > file.proof");
    for what in ["verify log", "check file.bundle", "check file.proof"] {
        let run = |options: &str| shell.run(&format!("deputize audit {what} {options}"));
        let Outcome { code, out, err } = run(&format!("--witness {first}"));
        assert_eq!((code, err.as_str()), (0, ""), "{what}: {out}");
        assert!(out.contains("witnesses:    w1.example"), "{what}: {out}");
        let both = format!("--witness {first} --witness {second}");
        let few = run(&both);
        let why = "1 of 2 required witnesses cosigned the checkpoint [too_few_witnesses]";
        assert!(few.code == 1 && few.out.contains(why), "{what}: {}", few.out);
        assert!(!few.out.starts_with("WHOLE") && !few.out.starts_with("HOLDS"), "{what}");
        assert_eq!(run(&format!("{both} --witnesses 1")).code, 0, "{what}");
        assert_eq!(run(&format!("--witness {second} --witnesses 0")).code, 0, "{what}");
        for (options, why) in [
            (format!("--witness {first} --witnesses 2"), "--witnesses"),
            ("--witnesses 1".to_owned(), "--witness <KEY>"),
            ("--witness x".to_owned(), "--witness"),
        ] {
            let refused = run(&options);
            assert!(refused.code == 2 && refused.err.contains(why), "{what}: {}", refused.err);
        }
    }
    let json = checked(&shell, &format!("file.bundle --witness {first}"));
    assert_eq!(json["witnesses"], serde_json::json!(["w1.example"]));
    // Who changes the tree has no cosignature of it.
    let log = Log::open(&folder, key(70), settings(), None, now()).unwrap();
    log.append(&Record::recovery(0, 1, now())).unwrap().wait().unwrap();
    log.close().unwrap();
    let own = fs::read_to_string(folder.join("checkpoint")).unwrap();
    fs::write(folder.join("checkpoint"), format!("{own}{line}")).unwrap();
    shell.done("deputize audit bundle log --records 1 > later.bundle");
    let refused = shell.run(&format!("deputize audit check later.bundle --witness {first}"));
    assert!(refused.code == 1 && refused.out.contains("0 of 1 required"), "{}", refused.out);
}
