//! `deputize audit show`: who did what, with which values.

use std::fs;

use deputize::{FieldKind, PresentOptions, RecordRules, Signer};
use deputize_audit::{ErasedRange, ErasureReason, Log};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::Duration;

use crate::audit::{decide, record, settings, shell};
use crate::common::{alice, crm_request, key, now, planner, researcher, token, verifier};
use crate::shell::Shell;

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

/// What the service did not keep is named, and what is in the last field of a record is shown.
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

/// The context is shown beside the arguments, kept or not, also from the last field of a record.
#[test]
fn the_context_of_a_call_is_shown() {
    let shell = Shell::new();
    let log = Log::create(shell.path("log"), key(70), settings(), now()).unwrap();
    for (args, round) in [("{\"limit\":5}", 1..2), ("{}", 1..1), ("{\"limit\":6}", 1..70)] {
        let mut call = crm_request("crm.read", "accounts/emea/1", args);
        call = call.with_context("ticket", "T-\u{202e}1").unwrap();
        call = call.with_context("page", "p".repeat(1998)).unwrap();
        for number in round {
            call = call.with_context(format!("z{number:02}"), number).unwrap();
        }
        let anyway = PresentOptions::default().anyway();
        let presentation = token().present_with(&researcher(), &call, now(), anyway).unwrap();
        record(&log, verifier().decide(presentation, call, now()));
    }
    log.close().unwrap();
    let context = "context {\"ticket\":\"T-\\u{202e}1\"";
    for command in ["show", "tail"] {
        let out = shell.done(&format!("deputize audit {command} log"));
        let lines: Vec<_> = out.lines().filter(|line| line.contains("crm.read")).collect();
        let first =
            format!(" with {{\"limit\":5}}, {context},\"z01\":1}}, page: (2,000 bytes, not kept)");
        assert!(lines[0].contains(&first), "{out}");
        assert!(lines[1].contains(&format!(" with {context}}}, page: (2,000 bytes")), "{out}");
        assert!(lines[2].contains("\"z69\":69}, page: (2,000 bytes"), "{out}");
        let out =
            shell.done(&format!("deputize audit {command} --agent researcher log --format json"));
        let lines: Vec<Value> = out.lines().map(|own| serde_json::from_str(own).unwrap()).collect();
        let document = if command == "show" { Document::AuditShow } else { Document::AuditTail };
        for line in &lines {
            assert!(jsonschema::is_valid(&document.schema().to_value(), line), "{line}");
            assert_eq!(line["context"]["ticket"], "T-\u{202e}1");
            assert_eq!(line["context_digests"]["page"]["bytes"], 2000);
            assert_eq!((line.get("digests"), line.get("context_withheld")), (None, None));
        }
        assert_eq!(
            (&lines[2]["context"]["z69"], &lines[2]["args"]["limit"]),
            (&69.into(), &6.into())
        );
    }
    let page = shell.done("deputize audit show log --format html");
    assert!(page.contains("context {&quot;ticket&quot;"), "{page}");
    // A value that is gone is not passed over.
    let log = Log::open(shell.path("log"), key(70), settings(), None, now()).unwrap();
    let kinds = Some(vec![FieldKind::Context]);
    log.erase([ErasedRange { first: 1, last: 1, kinds }], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    let out = shell.done("deputize audit show log");
    assert!(
        out.contains("{\"limit\":5}, context (3 values of the context are not shown)"),
        "{out}"
    );
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

/// Whoever erases a value finds where else it is: a grant quotes what it grants.
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
    let resource = ErasedRange { first: 3, last: 3, kinds: Some(vec![FieldKind::Resource]) };
    let _ = log.erase([resource], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    assert_eq!(found("accounts/emea/2"), "");
}
