//! Calls that the records do not show: they are told, and nothing is guessed.

use deputize::{Decision, FieldKind, RecordRules, Token};
use deputize_audit::{ErasedRange, ErasureReason, Reviewer, Usage};

use crate::cast::{
    Place, capabilities, day, decide, of, planner, planners, proposed, request, start,
};

fn token() -> Token {
    let granted = ["crm.read accounts/** limit<=100 note?", "crm.export accounts/** limit<=100"];
    planners(capabilities(&granted))
}

fn read(token: &Token, number: u32, limit: u32) -> Decision {
    let args = format!("{{\"limit\":{limit},\"note\":\"about {number}\"}}");
    let call = request("crm.read", &format!("accounts/{number}"), &args);
    let decision = decide(token, &planner(), &call, day(1));
    assert!(decision.is_allowed(), "{decision:?}");
    decision
}

/// A log of three calls, whose second has these values erased.
fn erased(kinds: &[FieldKind]) -> Place {
    let (place, token) = (Place::new(), token());
    place.write(&[read(&token, 1, 10), read(&token, 2, 90), read(&token, 3, 20)]);
    let log = place.open();
    let range = ErasedRange { first: 2, last: 2, kinds: Some(kinds.to_vec()) };
    let _ = log.erase([range], ErasureReason::Request, start()).unwrap();
    log.close().unwrap();
    place
}

#[test]
fn a_call_with_an_erased_argument_is_named_and_no_proposal_is_made_of_it() {
    let place = erased(&[FieldKind::Argument]);
    let review = place.review(&Reviewer::new(day(2)).without_rounding());
    let coverage = &review.coverage;
    assert_eq!((coverage.allowed, coverage.without_call.count), (3, 1));
    assert_eq!(coverage.without_call.first, [(0, 2)]);
    assert_eq!((coverage.without_chain.count, coverage.names_only.count), (0, 0));
    let own = of(&review, "planner");
    assert_eq!((own.calls, own.hidden), (3, 1));
    assert_eq!(
        proposed(own),
        [r#"crm.read accounts/* limit=10..20 note:one_of="about 1","about 3""#]
    );
    assert_eq!((own.replay.allowed, own.replay.refused, own.replay.not_replayed), (2, 0, 1));
    // The erased call may have needed it.
    assert_eq!(own.rights[1].usage, Usage::NotShown);
    assert!(!own.has_findings());
    // The services of the hidden call are not known.
    assert_eq!(own.proposal.as_ref().unwrap().audience, None);
}

#[test]
fn a_call_with_an_erased_resource_is_named() {
    let review = erased(&[FieldKind::Resource]).review(&Reviewer::new(day(2)));
    assert_eq!(review.coverage.without_call.first, [(0, 2)]);
    assert!(proposed(of(&review, "planner"))[0].contains("accounts/*"));
}

#[test]
fn a_call_without_its_chain_is_named_and_counts_for_no_hop() {
    let review = erased(&[FieldKind::Chain]).review(&Reviewer::new(day(2)));
    assert_eq!((review.coverage.allowed, review.coverage.without_chain.count), (3, 1));
    assert_eq!(review.coverage.without_chain.first, [(0, 2)]);
    // It may have been this hop: nothing that is not shown is called unused.
    let own = of(&review, "planner");
    assert_eq!((own.calls, own.hidden, own.replay.not_replayed), (2, 1, 1));
    assert_eq!(own.rights[1].usage, Usage::NotShown);
    let proposal = own.proposal.as_ref().unwrap();
    assert_eq!((proposal.max_hops, proposal.audience.clone()), (2, None));
    assert!(!own.has_findings());
}

/// Of two capabilities that may have permitted a call whose argument is withheld, neither is called
/// unused, and both are proposed.
#[test]
fn a_withheld_argument_takes_no_capability_away() {
    let mut place = Place::new();
    place.rules = RecordRules::default().withholding("crm.*".parse().unwrap(), "limit");
    let granted = [
        "crm.read accounts/** limit<=100 mode?",
        "crm.read accounts/** limit<=10 mode?",
        "crm.read accounts/** limit<=100 mode=admin",
        "crm.read accounts/** mode=ro",
        "crm.read other/** limit<=100",
    ];
    let token = planners(capabilities(&granted));
    let call = request("crm.read", "accounts/1", r#"{"limit":50,"mode":"ro"}"#);
    let decision = decide(&token, &planner(), &call, day(1));
    assert!(decision.is_allowed(), "{decision:?}");
    place.write(&[decision]);
    let review = place.review(&Reviewer::new(day(2)));
    let own = of(&review, "planner");
    let usage: Vec<_> = own.rights.iter().map(|own| (own.usage, own.maybe)).collect();
    // The shown argument rules out the third, the withheld one the fourth.
    let (used, never) = ((Usage::Used, 1), (Usage::Never, 0));
    assert_eq!(usage, [used, used, never, never, never]);
    let proposal = own.proposal.as_ref().unwrap();
    assert!(proposal.capabilities.iter().any(|own| own.permits(&call)), "{:?}", proposed(own));
}

#[test]
fn a_range_of_integers_does_not_hide_other_values() {
    let place = Place::new();
    let token = planners(capabilities(&["crm.read ** limit"]));
    let call = |number: usize, value: &str| {
        let call = request("crm.read", "accounts/1", &format!("{{\"limit\":{value}}}"));
        let at = day(1) + time::Duration::seconds(i64::try_from(number).unwrap());
        decide(&token, &planner(), &call, at)
    };
    let mut decisions: Vec<_> = (1..=16).map(|own| call(own, &own.to_string())).collect();
    decisions.push(call(17, "\"all\""));
    place.write(&decisions);
    let review = place.review(&Reviewer::new(day(2)));
    let arg = &of(&review, "planner").rights[0].operations[0].args[0];
    assert_eq!((arg.integers, arg.has_more, arg.has_others), (Some((1, 16)), true, true));
    assert_eq!(proposed(of(&review, "planner")), ["crm.read accounts/1 limit"]);
}

#[test]
fn of_a_withheld_argument_the_proposal_grants_what_was_granted() {
    let (mut place, token) = (Place::new(), token());
    place.rules = RecordRules::default().withholding("crm.*".parse().unwrap(), "limit");
    place.write(&[read(&token, 1, 10), read(&token, 2, 20)]);
    let review = place.review(&Reviewer::new(day(2)));
    assert_eq!(review.coverage.names_only.first, [(0, 1), (0, 2)]);
    let own = of(&review, "planner");
    assert_eq!((own.rights[0].calls, own.rights[0].maybe), (0, 2));
    let only = &proposed(own)[0];
    assert!(only.starts_with("crm.read accounts/* limit<=100 note:one_of="), "{only}");
    assert_eq!((own.replay.allowed, own.replay.not_replayed), (0, 2));
    let args = &own.rights[0].operations[0].args;
    let [limit, note] = &args[..] else { panic!("{args:?}") };
    assert_eq!((limit.values.len(), limit.present, limit.has_more), (0, 2, true));
    assert_eq!((note.values.len(), note.has_more), (2, false));
}

#[test]
fn without_values_a_review_sees_operations_resources_and_names() {
    let (mut place, token) = (Place::new(), token());
    place.rules = RecordRules::default().without_values();
    place.write(&[read(&token, 1, 10), read(&token, 2, 20)]);
    let review = place.review(&Reviewer::new(day(2)));
    assert_eq!(review.coverage.names_only.count, 2);
    let own = of(&review, "planner");
    assert_eq!(own.rights[1].usage, Usage::Never);
    assert_eq!(proposed(own), ["crm.read accounts/* limit<=100 note"]);
}

#[test]
fn a_withheld_object_keeps_every_granted_member() {
    let mut place = Place::new();
    place.rules = RecordRules::default().withholding("crm.*".parse().unwrap(), "filter");
    let token =
        planners(capabilities(&["crm.read accounts/** /filter/owner:one_of=me,us limit<=100"]));
    let call = request("crm.read", "accounts/1", r#"{"filter":{"owner":"me"},"limit":5}"#);
    let decision = decide(&token, &planner(), &call, day(1));
    assert!(decision.is_allowed(), "{decision:?}");
    place.write(&[decision]);
    let review = place.review(&Reviewer::new(day(2)));
    let own = of(&review, "planner");
    let proposal = own.proposal.as_ref().unwrap();
    assert!(proposal.capabilities[0].permits(&call), "{:?}", proposed(own));
    assert!(proposal.capabilities[0].within(&own.hop.grant().capabilities()[0]));
    assert_eq!(proposal.capabilities[0].resource().as_written(), "accounts/1");
}

#[test]
fn a_long_value_is_known_by_its_name_alone() {
    let place = Place::new();
    let token = planners(capabilities(&["mail.send ** body?"]));
    let body = "x".repeat(2_000);
    let call = request("mail.send", "alice", &format!("{{\"body\":\"{body}\"}}"));
    place.write(&[decide(&token, &planner(), &call, day(1))]);
    let review = place.review(&Reviewer::new(day(2)));
    assert_eq!(review.coverage.names_only.count, 1);
    assert!(of(&review, "planner").proposal.as_ref().unwrap().capabilities[0].permits(&call));
}
