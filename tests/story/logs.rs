//! A report as one line of JSON, as flat fields and as an event.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::common::{
    alice, denied, held, hostile, now, present, presented, request, researcher, scenes, shown,
    thief, token, verifier, verifier_of,
};
use deputize::text::is_invisible;
use deputize::{LogFields, Report, Signer, TrustAnchor};
use serde_json::Value;
use time::Duration;
use tracing_subscriber::fmt::MakeWriter;

fn all_reports() -> Vec<Report> {
    let mut all: Vec<_> = scenes::all().into_iter().map(|(_, report)| report).collect();
    for (nth, text) in hostile::HOSTILE.into_iter().enumerate() {
        all.extend(hostile::reports(nth, text));
    }
    all.push(Report::of_token(&verifier(), &token(), now()));
    all
}

#[test]
fn a_report_is_one_line_of_json() {
    for report in all_reports() {
        let line = report.to_json_line().unwrap();
        assert!(!line.chars().any(is_invisible), "{line}");
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&line), read(&report.to_json().unwrap()));
    }
}

fn fields(report: &Report) -> Vec<(&'static str, String)> {
    report.fields().iter().map(|(name, value)| (name, value.to_owned())).collect()
}

#[test]
fn the_fields_of_an_allowed_and_of_a_refused_call() {
    let report = scenes::allowed();
    let hops: Vec<_> = report.hops.iter().map(|hop| hop.id.to_string()).collect();
    let [root, key] = [alice(), researcher()].map(|own| own.public_key().to_string());
    let expected = [
        ("verdict", "allow"),
        ("at", "2026-11-23T18:00:00Z"),
        ("called_by", "holder"),
        ("owner", "alice@acme.com"),
        ("root_key", &root),
        ("holder", "researcher"),
        ("holder_key", &key),
        ("operation", "crm.read"),
        ("resource", "accounts/emea/42"),
        ("audience", "crm.acme.com"),
        ("token_id", report.token_id.as_deref().unwrap()),
        ("hop_ids", &hops.join(",")),
        ("presentation_id", &report.presentation.as_ref().unwrap().id.to_string()),
    ];
    assert_eq!(fields(&report), expected.map(|(name, value)| (name, value.to_owned())));
    let refused = Report::of(&verifier().decide(
        shown(&presented()),
        crate::common::request_for("accounts/apac/7"),
        now() + Duration::hours(1),
    ));
    let fields = refused.fields();
    let codes = "presentation_not_fresh,wrong_request,expired,resource_not_granted";
    assert_eq!(fields.codes.as_deref(), Some(codes));
    assert_eq!(fields.next_step.as_deref(), Some("ask_for_more"));
}

/// A reader of the log who looks for what an agent did must not find what somebody else did.
#[test]
fn a_claim_has_a_name_of_its_own() {
    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    let once = verifier();
    let again = [0, 1].map(|_| Report::of(&once.decide(shown(&presented()), request(), now())));
    let cases = [
        ("allowed", again[0].clone(), ["owner", "holder"], false),
        ("again", again[1].clone(), ["owner", "claimed_holder"], true),
        ("stolen", scenes::stolen(), ["owner", "claimed_holder"], false),
        (
            "untrusted",
            Report::of(&verifier_of(bob).decide(shown(&presented()), request(), now())),
            ["claimed_owner", "claimed_holder"],
            false,
        ),
        ("unverified", scenes::unverified(), ["claimed_owner", "claimed_holder"], false),
        ("held", Report::of_token(&verifier(), &token(), now()), ["owner", "holder"], false),
    ];
    for (case, report, expected, is_repeated) in cases {
        let fields = report.fields();
        let named: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        let named: Vec<_> = named
            .into_iter()
            .filter(|own| own.ends_with("owner") || own.ends_with("holder"))
            .collect();
        assert_eq!(named, expected, "{case}");
        let key = format!("{}_key", expected[1]);
        assert!(fields.iter().any(|(name, _)| name == key), "{case}");
        assert_eq!(fields.repeated.is_some(), is_repeated, "{case}");
        assert_eq!(report.is_repeated(), is_repeated, "{case}");
    }
    let unreadable = scenes::unreadable().fields();
    assert_eq!((&unreadable.root_key, &unreadable.claimed_holder), (&None, &None));
}

#[test]
fn a_field_is_one_line_that_cannot_end_its_quotation() {
    for report in all_reports() {
        let fields = report.fields();
        for (name, value) in fields.iter() {
            assert!(LogFields::NAMES.contains(&name));
            assert!(!value.chars().any(is_invisible), "{name}: {value:?}");
            let mut rest = value.replace("\\\\", "");
            rest = rest.replace("\\\"", "");
            assert!(!rest.contains('"'), "{name}: {value}");
        }
        let flat = serde_json::to_value(&fields).unwrap();
        assert_eq!(flat.as_object().unwrap().len(), fields.iter().count());
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn an_event_has_the_fields_of_the_report() {
    let reports = all_reports();
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        // A decision by itself emits nothing.
        drop(denied(verifier().decide(shown(&present(held(), &thief())), request(), now())));
        reports.iter().for_each(Report::trace);
    });
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(written.lines().count(), reports.len());
    for (line, report) in written.lines().zip(&reports) {
        let mut event: Value = serde_json::from_str(line).unwrap();
        let event = event.as_object_mut().unwrap();
        let is_fine = ["allow", "verified"].contains(&report.verdict.as_str());
        assert_eq!(event.remove("level").unwrap(), if is_fine { "INFO" } else { "WARN" });
        assert_eq!(event.remove("target").unwrap(), "deputize");
        // A message is not quoted in text logs, and a caller could write fields into it.
        assert_eq!(event.remove("message").unwrap(), "decision");
        assert_eq!(event.remove("summary").unwrap(), report.summary);
        event.remove("timestamp");
        assert_eq!(Value::Object(event.clone()), serde_json::to_value(report.fields()).unwrap());
    }
}
