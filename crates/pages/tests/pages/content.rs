//! What the page says.

use deputize::{DenyCode, PrincipalKind};
use deputize_pages::{Activity, Caller, DeedOutcome, activity_page};

use crate::cast::{alice, day, deed, log, party, planner, refused, researcher};

/// The body, a line for each element.
fn body(activity: &Activity) -> String {
    let page = activity_page(activity);
    let (head, body) = page.split_once("</head>").unwrap();
    assert!(head.contains("default-src 'none'"), "{head}");
    body.replace("><", ">\n<")
}

#[test]
fn a_page_of_three_calls() {
    let mut activity = Activity::new(log())
        .with_filter("agent", "researcher-1")
        .with_filter("since", "2026-11-23");
    activity.add(&deed(4, 0, vec![planner(), researcher(1)]));
    activity
        .add(&refused(deed(7, 60, vec![planner(), researcher(1)]), DenyCode::ResourceNotGranted));
    let mut stranger = refused(deed(9, 61, Vec::new()), DenyCode::NotTheHolder);
    stranger.caller = Caller::Unknown;
    activity.add(&stranger);
    activity.add_counted_refusals(1_200);
    insta::assert_snapshot!("three", body(&activity));
}

#[test]
fn a_page_without_decisions() {
    let page = body(&Activity::new(log()));
    assert!(page.contains("0 decisions: no decisions"), "{page}");
    assert!(!page.contains("<svg") && !page.contains("<table"), "{page}");
}

/// A name alone could be anybody's.
#[test]
fn an_owner_is_never_shown_without_the_fingerprint_of_the_root_key() {
    // Two owners of one name, and an agent with the name of an owner.
    let other = party("alice@acme.com", PrincipalKind::Human, 50);
    let agent = party("alice@acme.com", PrincipalKind::Agent, 51);
    let mut activity = Activity::new(log());
    activity.add(&deed(0, 0, vec![planner()]));
    let mut own = deed(1, 5, vec![agent.clone()]);
    own.caller =
        Caller::Holder { owner: other.clone(), agents: vec![agent.clone()], replay_checked: true };
    activity.add(&own);
    let page = activity_page(&activity);
    let count = |text: &str| page.matches(text).count();
    let fingerprints = [alice(), other, agent].map(|own| count(&own.key.fingerprint()));
    assert!(fingerprints.iter().all(|times| *times >= 2), "{fingerprints:?}");
    assert_eq!(count("alice@acme.com"), fingerprints.iter().sum::<usize>());
}

#[test]
fn a_log_that_is_not_whole_is_said_first() {
    let mut broken = log();
    broken.is_whole = false;
    broken.behind = 3;
    let page = body(&Activity::new(broken));
    let (before, _) = page.split_once("<h1>").unwrap();
    assert!(before.contains("THE LOG IS NOT WHOLE"), "{before}");
    assert!(page.contains("3 records that no checkpoint covers yet"), "{page}");
    assert!(!body(&Activity::new(log())).contains("NOT WHOLE"));
}

#[test]
fn values_that_are_not_there_are_said_to_be_not_shown() {
    let mut activity = Activity::new(log());
    let mut own = deed(0, 0, vec![planner()]);
    (own.resource, own.operation, own.audience, own.not_shown) = (None, None, None, 4);
    own.caller = Caller::NotShown;
    activity.add(&own);
    let page = body(&activity);
    assert_eq!(page.matches("(not shown)").count(), 3, "{page}");
    assert!(page.contains("4 values are not shown") && page.contains("a holder that is not shown"));
    assert!(page.contains("4 values not shown: erased, missing or wrong"));
}

#[test]
fn decisions_that_were_only_observed_are_told_apart() {
    let mut activity = Activity::new(log());
    for (record, outcome) in [(0, DeedOutcome::WouldAllow), (1, DeedOutcome::WouldRefuse)] {
        let mut own = deed(record, 0, vec![planner()]);
        own.outcome = outcome;
        activity.add(&own);
    }
    let page = body(&activity);
    assert!(page.contains("2 decisions: 1 allowed, 1 refused but not enforced"), "{page}");
    assert!(page.contains("would be refused, and was made"), "{page}");
    assert!(page.contains("would be allowed, not enforced"), "{page}");
    assert!(!page.contains("✗ refused<"), "{page}");
}

/// A mark for each decision of a few; columns of many.
#[test]
fn the_timeline_draws_marks_or_columns() {
    for (calls, is_marked) in [(1, true), (20, true), (5_000, false)] {
        let page = body(&day(calls));
        assert_eq!(page.contains("Each mark is one decision"), is_marked, "{calls}");
        assert_eq!(page.contains("Each column is 5 minutes"), !is_marked, "{calls}");
        assert_eq!(page.contains("class=\"bar "), !is_marked, "{calls}");
    }
}
