//! Observation: a service records what it would refuse, until a fixed end.

use std::cell::RefCell;

use deputize::limits::MAX_OBSERVATION;
use deputize::{
    CalledBy, Decision, Denial, DenyCode, Observation, Observed, Observer, Report, SettingError,
    Verdict,
};
use deputize_pages::report_page;
use time::{Duration, OffsetDateTime};

use crate::common::{
    NONCE, WINDOW, anchor, held, now, refused, request, request_for, researcher, shown,
    verifier_without_guard,
};

const DAY: Duration = Duration::DAY;

fn observer(until: OffsetDateTime, start: OffsetDateTime) -> Observer {
    Observer::new(until, start, |_| ()).unwrap()
}

/// The decision about a presentation that the researcher makes at this time. Its hops expire, so
/// most of these are refusals.
fn decided_at(at: OffsetDateTime) -> Decision {
    let chain = held().present(&researcher(), &request(), at, WINDOW, NONCE);
    verifier_without_guard(anchor()).decide(shown(&chain), request(), at)
}

fn is_enforced(observer: &Observer, at: OffsetDateTime) -> bool {
    matches!(observer.observe(decided_at(at)), Observed::Enforced(_))
}

fn recorded(observed: Observed) -> Observation {
    match observed {
        Observed::Recorded(observation) => observation,
        Observed::Enforced(decision) => panic!("{decision:?}"),
    }
}

#[test]
fn a_decision_is_recorded_and_not_enforced() {
    let observer = observer(now() + DAY, now());
    let allowed = recorded(observer.observe(decided_at(now())));
    assert!(allowed.would_allow() && allowed.reasons().is_empty());
    assert_eq!(allowed.request(), Some(&request()));
    assert_eq!(allowed.called_by(), CalledBy::Holder);

    let denied = recorded(observer.observe(decided_at(now() + Duration::minutes(20))));
    assert!(!denied.would_allow());
    assert_eq!(denied.reasons()[0].code, DenyCode::Expired);
    assert_eq!(denied.request(), Some(&request()));

    // No form of the report shows a decision that was enforced.
    for (observation, verdict, code) in
        [(allowed, Verdict::WouldAllow, "would_allow"), (denied, Verdict::WouldDeny, "would_deny")]
    {
        let report = Report::of_observation(&observation);
        assert_eq!(report.verdict, verdict);
        let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        assert_eq!(json["verdict"], code);
        for text in [
            report.to_string(),
            report.to_markdown(),
            report.to_mermaid(),
            report.to_dot(),
            report_page(&report),
        ] {
            assert!(text.contains("observed and not enforced"), "{text}");
            assert!(text.to_lowercase().contains("would"), "{text}");
            assert!(!text.contains("ALLOWED") && !text.contains("REFUSED"), "{text}");
            assert!(!text.contains("refused here"), "{text}");
            assert!(!text.contains("; allowed crm") && !text.contains("; refused crm"), "{text}");
        }
    }
}

/// A page of an observation marks no hop as one that refused.
#[test]
fn a_page_of_an_observation_marks_no_hop() {
    let observer = observer(now() + DAY, now());
    let late = decided_at(now() + Duration::minutes(20));
    assert!(report_page(&Report::of(&late)).contains("refused here"));
    let page = report_page(&Report::of_observation(&recorded(observer.observe(late))));
    assert!(page.contains("observed and not enforced") && !page.contains("refused here"), "{page}");
    assert!(!page.contains("data-refused"), "{page}");
}

/// Most calls come without a token at first.
#[test]
fn a_call_without_a_token() {
    let call = || request_for("accounts/apac/1");
    let observer = observer(now() + DAY, now());
    let denial = Denial::not_presented(call(), now());
    let seen = recorded(observer.observe(Decision::Deny(denial)));
    assert_eq!(seen.reasons()[0].code, DenyCode::NotPresented);
    assert_eq!(seen.called_by(), CalledBy::Unknown);
    let report = Report::of_observation(&seen);
    assert_eq!((report.authentic, report.trusted, report.hops.len()), (false, false, 0));
    insta::assert_snapshot!(report.to_string(), @r#"
UNVERIFIED, nobody is accountable; observed, would refuse crm.read on accounts/apac/1 at crm.acme.com: the call has no token [not_presented]

WOULD REFUSE at 2026-11-23T18:00:00Z: crm.read on accounts/apac/1 at crm.acme.com with {"limit":5}
  ✗ the call has no token [not_presented]
    → have the holder present the token for this request

UNVERIFIED nobody: no block is readable and signed by the right key

remark:      this decision was observed and not enforced
remark:      called by an unknown party: no check shows that the holder made this call
checked:     nothing
not checked: everything else: there is no chain to examine
"#);
    // After the end it is refused, like any other.
    let late = Denial::not_presented(call(), now() + DAY);
    match observer.observe(Decision::Deny(late)) {
        Observed::Enforced(decision) => refused(decision, [(None, DenyCode::NotPresented)]),
        Observed::Recorded(_) => panic!("observed after the end"),
    }
}

/// So does a call with a text that is not a presentation.
#[test]
fn a_call_with_any_text() {
    let verifier = verifier_without_guard(anchor());
    let decide = |text: Option<&str>| verifier.decide_text(text, request(), now());
    let shown = held().present(&researcher(), &request(), now(), WINDOW, NONCE).to_text();
    assert!(decide(Some(&shown)).is_allowed());
    refused(decide(None), [(None, DenyCode::NotPresented)]);
    refused(decide(Some(&held().to_text())), [(None, DenyCode::NotPresented)]);
    let long = "A".repeat(1_000_000);
    for text in ["", "x", "Bearer x", "\u{0}", &shown[1..], &long] {
        let decision = decide(Some(text));
        let report = Report::of(&decision);
        assert!(report.to_string().contains("[not_canonical]"), "{report}");
        let Decision::Deny(denial) = decision else { panic!() };
        assert_eq!((denial.called_by(), denial.request()), (CalledBy::Unknown, Some(&request())));
        assert!(!denial.is_for_the_holder());
    }
}

#[test]
fn the_end_comes_once() {
    let until = now() + DAY;
    let observer = observer(until, now());
    assert_eq!(observer.until(), until);
    assert!(!is_enforced(&observer, now()));
    assert!(!is_enforced(&observer, until - Duration::SECOND));
    assert!(is_enforced(&observer, until));
    // Set back after the end, even by a second.
    assert!(is_enforced(&observer, until - Duration::SECOND));
    assert!(is_enforced(&observer, now()));
}

/// A clock that is set back before the end would prolong the observation.
#[test]
fn a_clock_that_goes_back_enforces() {
    let observer = observer(now() + DAY, now());
    let noon = now() + Duration::hours(6);
    assert!(!is_enforced(&observer, noon));
    // Threads and servers differ by seconds.
    assert!(!is_enforced(&observer, noon - Duration::seconds(30)));
    assert!(is_enforced(&observer, noon - Duration::seconds(31)));
    assert!(is_enforced(&observer, now()));
    assert!(!is_enforced(&observer, noon), "the clock is right again");

    // Before the start.
    let observer = self::observer(now() + DAY, now());
    assert!(!is_enforced(&observer, now() - Duration::seconds(30)));
    assert!(is_enforced(&observer, now() - Duration::seconds(31)));

    // After a restart, the service knows the time of its last record.
    let observer = self::observer(now() + DAY, now() - DAY);
    observer.seen(noon);
    assert!(is_enforced(&observer, now()));
    observer.seen(now());
    assert!(is_enforced(&observer, now()), "a time that was seen is not forgotten");
    observer.seen(now() + DAY);
    assert!(is_enforced(&observer, noon));
}

#[test]
fn every_start_warns() {
    let lines = RefCell::new(Vec::new());
    let start =
        |until| Observer::new(until, now(), |line| lines.borrow_mut().push(line.to_owned()));
    start(now() + MAX_OBSERVATION).unwrap();
    start(now() + DAY).unwrap();
    start(now()).unwrap();
    let over = start(now() - DAY).unwrap();
    assert!(is_enforced(&over, now()));
    let until = now() + MAX_OBSERVATION + Duration::SECOND;
    assert_eq!(start(until).unwrap_err(), SettingError::Observation { until });
    insta::assert_snapshot!(lines.into_inner().join("\n"), @r"
WARNING: deputize observes until 2027-02-21T18:00:00Z: refusals are recorded and NOT ENFORCED
WARNING: deputize observes until 2026-11-24T18:00:00Z: refusals are recorded and NOT ENFORCED
deputize: the observation ended at 2026-11-23T18:00:00Z, and refusals are enforced
deputize: the observation ended at 2026-11-22T18:00:00Z, and refusals are enforced
");
}
