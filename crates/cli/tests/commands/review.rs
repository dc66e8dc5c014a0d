//! `deputize review`: grants beside their use, and the narrower grant that `--grant` takes.

use std::fs;

use deputize::{Decision, FieldKind, Grant, PresentOptions, Principal, Signer, Token};
use deputize_audit::{ErasedRange, ErasureReason, Log, LogSettings, Recorded};
use deputize_cli::commands::schema::Document;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::common::{alice, crm_request, key, now, planner, researcher, token, verifier};
use crate::shell::{Outcome, Shell};

fn decide(resource: &str, limit: u32, at: OffsetDateTime) -> Decision {
    let call = crm_request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
    let anyway = PresentOptions::default().anyway();
    let presentation = token().present_with(&researcher(), &call, at, anyway).unwrap();
    verifier().decide(presentation, call, at)
}

/// A shell with a log in the folder `log`: four calls that were allowed, and one that was refused.
fn shell() -> Shell {
    let shell = Shell::new();
    let settings = LogSettings::new("crm.acme.com", "crm-1");
    let log = Log::create(shell.path("log"), key(70), settings, now()).unwrap();
    for (number, limit) in [(1, 3), (2, 5), (3, 4), (2, 10), (4, 50)] {
        let at = now() + Duration::seconds(number);
        if let Recorded::Allowed(call) =
            log.record(decide(&format!("accounts/emea/{number}"), limit, at)).unwrap()
        {
            call.done(None, at).unwrap().wait().unwrap();
        }
    }
    log.close().unwrap();
    shell
}

/// The output of a command, without the key and the random id of the log.
fn masked(out: &str) -> String {
    match out.split_once("deputize/log/v1/") {
        Some((start, rest)) => format!("{start}ORIGIN{}", &rest[64 + 1 + 32..]),
        None => out.to_owned(),
    }
}

const AT: &str = "--at 2026-11-23T18:10:00Z";

#[test]
fn grants_stand_beside_their_use() {
    let shell = shell();
    let Outcome { code, out, err } = shell.run(&format!("deputize review log {AT}"));
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(masked(&out));
    let Outcome { code, out, .. } =
        shell.run(&format!("deputize review log {AT} --exact --format diff"));
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
}

/// The page has what the text has.
#[test]
fn a_review_is_a_page() {
    let shell = shell();
    let page = shell.done(&format!("deputize review log {AT} --exact --format html"));
    assert!(page.contains("4 calls beside 2 grants; 0 capabilities never used"), "{page}");
    let root = alice().public_key().fingerprint();
    assert_eq!(page.matches("alice@acme.com").count(), page.matches(&root).count());
    for text in [
        "records: ",
        "not use: 1 refused",
        "&lt;= 100",
        "3 to 10",
        "-crm.read accounts/** limit&lt;=100",
        "+crm.read accounts/emea/* limit=3..10",
        "● 4 calls of the record pass",
        "Made of the first half of the window alone: ",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn a_review_in_json_has_its_published_shape() {
    let shell = shell();
    let out = shell.done(&format!("deputize review log {AT} --format json"));
    let review: Value = serde_json::from_str(&out).unwrap();
    let schema = Document::Review.schema().to_value();
    jsonschema::validate(&schema, &review).unwrap();
    assert_eq!(review["allowed"], 4);
    assert_eq!(review["refused"], 1);
    assert_eq!(review["logs"][0]["whole"], true);
    let researcher = &review["hops"][1];
    assert_eq!(researcher["to"]["name"], "researcher");
    assert_eq!(
        researcher["capabilities"][0]["operations"][0]["args"][0]["integers"],
        serde_json::json!([3, 10])
    );
    assert_eq!(researcher["replay"]["allowed"], 4);
    assert_eq!(researcher["replay"]["refused"], 0);
}

#[test]
fn a_proposal_is_minted_as_it_is_and_refuses_what_was_never_needed() {
    let shell = shell();
    let out = shell.done(&format!("deputize review log {AT} --propose planner"));
    let proposal: Value = serde_json::from_str(&out).unwrap();
    jsonschema::validate(&Document::Proposal.schema().to_value(), &proposal).unwrap();
    fs::write(shell.path("planner.grant"), out).unwrap();
    for (name, own) in [("alice", alice()), ("planner", planner())] {
        fs::write(shell.path(&format!("{name}.key")), own.to_pem().unwrap().as_bytes()).unwrap();
        shell.done(&format!("chmod 600 {name}.key"));
        fs::write(shell.path(&format!("{name}.pub")), own.public_key().to_pem().unwrap()).unwrap();
    }
    let mint = "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
                --grant planner.grant --expires 1h --purpose review --at 2026-11-23T18:10:00Z";
    let text = shell.done(mint);
    let narrower = Token::parse(text.trim()).unwrap();
    let grant = narrower.hops()[0].grant();
    assert_eq!(grant.max_hops(), 1);
    assert_eq!(grant.audience().unwrap().iter().collect::<Vec<_>>(), ["crm.acme.com"]);
    let permits = |resource: &str, limit: u32| {
        let call = crm_request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
        narrower.would_permit(&call, now() + Duration::minutes(11)).is_ok()
    };
    assert!(permits("accounts/emea/2", 10));
    assert!(!permits("accounts/emea/2", 11), "no recorded call had more");
    assert!(!permits("accounts/apac/2", 5), "nor another region");

    // Options replace the services and the number of delegations, and add capabilities.
    let text =
        shell.done(&format!("{mint} --audience other.acme.com --max-hops 0 --allow 'crm.ping **'"));
    let other = Token::parse(text.trim()).unwrap();
    let grant = other.hops()[0].grant();
    assert_eq!((grant.max_hops(), grant.capabilities().len()), (0, 2));
    assert_eq!(grant.audience().unwrap().iter().collect::<Vec<_>>(), ["other.acme.com"]);

    // A file that is not one is refused, and so is one that grants nothing.
    for (text, why) in [
        (r#"{"capabilities":[]}"#, "the file has no capability"),
        (r#"{"capabilities":[],"delegate":"x"}"#, "unknown field"),
        ("[]", "object"),
    ] {
        fs::write(shell.path("planner.grant"), text).unwrap();
        let Outcome { code, err, .. } = shell.run(mint);
        assert_eq!(code, 2);
        assert!(err.contains("--grant") && err.contains(why), "{err}");
    }
}

#[test]
fn a_proposal_needs_one_hop() {
    let shell = shell();
    let propose = |wanted: &str| shell.run(&format!("deputize review log {AT} --propose {wanted}"));
    let Outcome { code, err, .. } = propose("nobody");
    assert_eq!(code, 2);
    assert!(err.contains("no reviewed hop has this id"), "{err}");
    let key = researcher().public_key().to_string();
    let Outcome { code, out, err } = propose(&key);
    assert_eq!(code, 0, "{err}");
    // The file is on standard output alone; for whom it is, and what was replayed, beside it.
    assert!(serde_json::from_str::<Value>(&out).is_ok());
    assert!(err.contains("researcher (ed4928c628d1c2c6)") && err.contains("4 calls"), "{err}");
    // The right log, and no log that was cut back.
    shell.done("cp log/checkpoint kept.checkpoint");
    assert_eq!(shell.run(&format!("deputize review log {AT} --seen kept.checkpoint")).code, 0);
    let other = format!("deputize/log/v1/{}/{}", "ab".repeat(32), "00".repeat(16));
    let Outcome { code, err, .. } = shell.run(&format!("deputize review log {AT} --log {other}"));
    assert_eq!(code, 2, "{err}");
    // Nothing at all is not nothing to take away.
    let none = format!("deputize review log {AT} --since 2027-01-01T00:00:00Z");
    assert_eq!((shell.run(&none).code, shell.run(&format!("{none} --check")).code), (0, 1));
}

#[test]
fn a_check_fails_where_something_can_be_taken_away() {
    let shell = shell();
    assert_eq!(shell.run(&format!("deputize review log {AT} --check")).code, 0);
    // A grant of which nothing was used.
    let to = Principal::agent("researcher", researcher().public_key()).unwrap();
    let unused = "crm.export **".parse::<deputize::Capability>().unwrap();
    let until = now() + Duration::hours(1);
    let grant = Grant::new(to, [unused], until, "export").unwrap();
    let owner = deputize::Owner::human("alice@acme.com").unwrap();
    let token = Token::mint(owner, &alice(), grant, now()).unwrap();
    fs::write(shell.path("unused.token"), token.to_text()).unwrap();
    let review = format!("deputize review log {AT} --token @unused.token");
    assert_eq!(shell.run(&review).code, 0);
    let Outcome { code, out, err } = shell.run(&format!("{review} --check"));
    assert_eq!(code, 1);
    // It names the agent and its hop, and only that one.
    let id = token.hops()[0].id();
    let root = alice().public_key().fingerprint();
    let why = format!(
        "check: researcher (ed4928c628d1c2c6), hop {id}, of alice@acme.com ({root}): 1 of 1 capabilities never used\n"
    );
    assert_eq!(err, why);
    assert!(out.contains("NEVER     crm.export on **"), "{out}");
    assert!(out.contains("proposed: to take it away; no recorded call needed it"), "{out}");
    // Several hops of one agent: the id tells them apart.
    let Outcome { code, err, .. } = shell.run(&format!("{review} --propose researcher"));
    assert_eq!(code, 2);
    assert!(err.contains("several hops have this delegate"), "{err}");
}

/// Nothing counts twice, and no checkpoint is left out silently.
#[test]
fn a_log_is_given_once_and_each_checkpoint_is_of_one() {
    let shell = shell();
    shell.done("cp -r log copy");
    for twice in ["log log", "log copy"] {
        let Outcome { code, err, .. } = shell.run(&format!("deputize review {twice} {AT}"));
        assert_eq!(code, 2);
        assert!(err.contains("this log is given twice"), "{err}");
    }
    let settings = LogSettings::new("crm.acme.com", "crm-2");
    Log::create(shell.path("other"), key(70), settings, now()).unwrap().close().unwrap();
    let seen = format!("deputize review log {AT} --seen other/checkpoint");
    let Outcome { code, err, .. } = shell.run(&seen);
    assert_eq!(code, 2);
    assert!(err.contains("`other/checkpoint`: it is the checkpoint of none"), "{err}");
}

/// A call whose chain was erased may have needed anything: the check says so.
#[test]
fn a_check_tells_what_is_not_known() {
    let shell = shell();
    let log = Log::open(
        shell.path("log"),
        key(70),
        LogSettings::new("crm.acme.com", "crm-1"),
        None,
        now(),
    );
    let log = log.unwrap();
    let all = ErasedRange { first: 1, last: 9, kinds: Some(vec![FieldKind::Resource]) };
    let _ = log.erase([all], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    let Outcome { code, out, err } = shell.run(&format!("deputize review log {AT} --check"));
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains(
            "not known of 1 of 1 capabilities; calls that do not show what they needed: 4"
        ),
        "{err}"
    );
    assert!(out.contains("not shown"), "{out}");
}

#[test]
fn a_log_that_is_not_whole_is_reviewed_with_a_warning() {
    let shell = shell();
    let cores = shell.path("log/segments/00000000.jsonl");
    let text = fs::read_to_string(&cores).unwrap();
    fs::write(&cores, text.replacen("\"result\":\"done\"", "\"result\":\"failed\"", 1)).unwrap();
    let Outcome { code, out, err } = shell.run(&format!("deputize review log {AT}"));
    assert_eq!(code, 1);
    assert!(err.contains("WARNING: the log `log` is not whole"), "{err}");
    assert!(out.contains("NOT WHOLE"), "{out}");
}
