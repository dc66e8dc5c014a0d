//! Grants and values that are costly to compare: the calls are listed, and nothing is guessed of them.

use deputize::{Capability, Constraint, Decision, RecordRules, Signer, SigningKey, Value};
use deputize_audit::{HopReview, Reviewer, Usage};

use crate::cast::{Place, capabilities, day, decide, of, planner, planners, request};

/// A verifier is content with the first of these capabilities; the others are costly.
fn granted(limit: &Constraint) -> Vec<Capability> {
    let costly = |number: usize| {
        let own = Capability::new("crm.read", &format!("accounts/{number}/**")).unwrap();
        own.with_arg("text", [limit.clone()]).unwrap()
    };
    // All of them are about the resource of the call.
    let costly = (0..62).map(|_| 1).map(costly);
    capabilities(&["crm.read ** ..."]).into_iter().chain(costly).collect()
}

fn call(granted: Vec<Capability>, text: &Value) -> Decision {
    let text = serde_json::to_value(text).unwrap();
    let args = serde_json::json!({ "text": text }).to_string();
    let token = planners(granted);
    let decision = decide(&token, &planner(), &request("crm.read", "accounts/1/x", &args), day(1));
    assert!(decision.is_allowed(), "{decision:?}");
    decision
}

/// The review of the planner's hop after one costly call, beside one of an ordinary grant.
fn reviewed(rules: RecordRules, limit: &Constraint, value: &Value) -> HopReview {
    let mut place = Place::new();
    place.rules = rules;
    let ordinary = planners(capabilities(&["crm.read **"]));
    let own = decide(&ordinary, &planner(), &request("crm.read", "accounts/2", "{}"), day(1));
    let costly = call(granted(limit), value);
    place.write(&[costly, own]);
    let review = place.review(&Reviewer::new(day(2)));
    assert_eq!((review.coverage.too_costly.count, review.hops.len()), (1, 2));
    assert_eq!(review.coverage.too_costly.first, [(0, 1)]);
    assert!(review.has_findings());
    let is_ordinary = |own: &&HopReview| own.hop.id() == ordinary.hops()[0].id();
    let other = review.hops.iter().find(is_ordinary).unwrap();
    assert_eq!((other.calls, other.too_costly, other.has_findings()), (1, 0, false));
    review.hops.iter().find(|own| !is_ordinary(own)).unwrap().clone()
}

/// A pattern that is tried at every segment of a path, again and again.
fn pattern() -> Constraint {
    Constraint::glob(&format!("**/{}/**", "*a".repeat(120))).unwrap()
}

fn path() -> String {
    vec!["aaaaaaaaaaaaa"; 60].join("/")
}

fn is_listed(own: &HopReview) {
    assert_eq!((own.calls, own.hidden, own.too_costly), (1, 1, 1));
    // Nothing is called unused that the call may have needed, and nothing is proposed.
    assert!(own.rights.iter().all(|right| right.usage == Usage::NotShown));
    assert_eq!(own.proposal, None);
    // An agent does not get a grant past a review by making that costly.
    assert!(own.has_findings());
}

#[test]
fn a_costly_pattern_is_listed() {
    is_listed(&reviewed(RecordRules::default(), &pattern(), &Value::from(path())));
}

#[test]
fn a_costly_list_is_listed() {
    let value = Value::List(vec![Value::from("a"); 240]);
    is_listed(&reviewed(RecordRules::default(), &Constraint::subset_of(["a", "b"]), &value));
    let every = Constraint::each(Constraint::none_of(["b"])).unwrap();
    is_listed(&reviewed(RecordRules::default(), &every, &value));
}

/// A capability that is compared with what is shown of a call costs as much.
#[test]
fn a_costly_value_beside_a_withheld_one_is_listed() {
    let rules = RecordRules::default().withholding("crm.*".parse().unwrap(), "secret");
    let limit = pattern();
    let mut place = Place::new();
    place.rules = rules;
    let granted = granted(&limit).into_iter().enumerate().map(|(place, own)| match place {
        0 => own,
        _ => own.with_arg("secret", []).unwrap(),
    });
    let token = planners(granted.collect());
    let text = path();
    let args = format!(r#"{{"text":"{text}","secret":1}}"#);
    let call = request("crm.read", "accounts/1/x", &args);
    place.write(&[decide(&token, &planner(), &call, day(1))]);
    let review = place.review(&Reviewer::new(day(2)));
    assert_eq!((review.coverage.names_only.count, review.coverage.too_costly.count), (1, 1));
    is_listed(of(&review, "planner"));
}

/// Ordinary limits are far from the bound, also with as many capabilities as a grant can have.
#[test]
fn an_ordinary_grant_is_compared() {
    let rights = (0..63).map(|number| format!("crm.read accounts/** path:subpath=/srv/{number}"));
    let texts: Vec<_> = rights.collect();
    let granted = capabilities(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let call = request("crm.read", "accounts/1", r#"{"path":"/srv/62/reports/2026/q4.csv"}"#);
    let place = Place::new();
    let holder: SigningKey = planner();
    assert_eq!(holder.public_key(), planner().public_key());
    place.write(&[decide(&planners(granted), &holder, &call, day(1))]);
    let review = place.review(&Reviewer::new(day(2)));
    let own = of(&review, "planner");
    assert_eq!((own.calls, own.too_costly, own.rights[62].calls), (1, 0, 1));
    assert!(!own.is_proposal_cut);
}
