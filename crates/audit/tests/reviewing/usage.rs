//! Grants beside their use.

use deputize::{
    Agent, Decision, DenyCode, DirectoryDraft, Observed, Observer, Owner, Principal, Record,
    Signer, Token, Value,
};
use deputize_audit::{FolderFiles, LogFiles, Reviewer, Usage};
use time::Duration;

use crate::cast::{
    AUDIENCE, Place, alice, capabilities, day, decide, of, planner, planners, proposed, request,
    researcher, researchers, start,
};

fn granted() -> (Token, Token) {
    let planners = planners(capabilities(&["crm.* accounts/** limit<=100", "mail.send **"]));
    let own =
        capabilities(&["crm.read accounts/** limit<=100", "crm.export accounts/** limit<=100"]);
    let researchers = researchers(&planners, own);
    (planners, researchers)
}

/// The researcher reads some accounts, from the first day to the tenth.
fn reads(token: &Token) -> Vec<Decision> {
    let reads = [(1, "accounts/eu/42", 3), (4, "accounts/eu/7", 40), (10, "accounts/eu/42", 17)];
    let read = |(on, resource, limit): (i64, &str, i64)| {
        let call = request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
        let decision = decide(token, &researcher(), &call, day(on));
        assert!(decision.is_allowed(), "{decision:?}");
        decision
    };
    reads.map(read).into()
}

#[test]
fn each_hop_has_what_its_delegate_and_everybody_below_used_of_it() {
    let (place, (_, token)) = (Place::new(), granted());
    place.write(&reads(&token));
    let review = place.review(&Reviewer::new(day(11)));
    let [planner, researcher] = [of(&review, "planner"), of(&review, "researcher")];
    assert_eq!(review.hops.len(), 2);
    assert_eq!((planner.depth, researcher.depth), (0, 1));
    assert_eq!(researcher.above, Some(planner.hop.id()));
    assert_eq!(planner.owner, (Owner::human("alice@acme.com").unwrap(), alice().public_key()));

    let usage = |hop: &deputize_audit::HopReview| {
        hop.rights.iter().map(|own| (own.usage, own.calls, own.last_used)).collect::<Vec<_>>()
    };
    let used = (Usage::Used, 3, Some(day(10)));
    assert_eq!(usage(planner), [used, (Usage::Never, 0, None)]);
    assert_eq!(usage(researcher), [used, (Usage::Never, 0, None)]);
    assert!(researcher.has_findings() && review.has_findings());

    let own = &researcher.rights[0].operations[0];
    assert_eq!((own.operation.as_str(), own.calls), ("crm.read", 3));
    assert_eq!(own.resources, ["accounts/eu/42", "accounts/eu/7"]);
    assert_eq!((own.args[0].name.as_str(), own.args[0].integers), ("limit", Some((3, 40))));
    assert_eq!(own.args[0].values, [3, 17, 40].map(Value::from));
    assert_eq!(researcher.audiences.iter().collect::<Vec<_>>(), [AUDIENCE]);

    // Granted `limit <= 100` and `accounts/**`.
    let narrower = "crm.read accounts/eu/* limit=2..50";
    assert_eq!(proposed(researcher), [narrower]);
    assert_eq!(proposed(planner), [narrower]);
    let exact = place.review(&Reviewer::new(day(11)).without_rounding());
    let exact = proposed(of(&exact, "researcher"));
    assert_eq!(exact, ["crm.read accounts/eu/* limit=3..40"]);
    // The planner delegates once; the researcher does not.
    let hops = |hop: &deputize_audit::HopReview| hop.proposal.as_ref().unwrap().max_hops;
    assert_eq!((hops(planner), hops(researcher)), (1, 0));
    for hop in [planner, researcher] {
        assert_eq!((hop.replay.allowed, hop.replay.refused, hop.replay.not_replayed), (3, 0, 0));
    }
}

#[test]
fn a_refused_call_and_an_observed_one_are_not_use() {
    let (place, (_, token)) = (Place::new(), granted());
    let refused = |resource: &str, limit: u32| {
        let call = request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
        let decision = decide(&token, &researcher(), &call, day(2));
        assert!(!decision.is_allowed());
        decision
    };
    let log = place.create();
    for decision in reads(&token).into_iter().chain([refused("accounts/us/1", 101)]) {
        drop(log.append(&Record::of(&decision, &place.rules).unwrap()).unwrap());
    }
    let observer = Observer::new(day(3), start(), |_| ()).unwrap();
    let Observed::Recorded(observation) = observer.observe(refused("accounts/jp/1", 200)) else {
        panic!("it is not enforced yet");
    };
    let observed = log.record_observation(observation).unwrap();
    assert!(!observed.observation().would_allow());
    drop(observed.done(Some(b"42 accounts"), day(3)).unwrap());
    log.close().unwrap();
    let review = place.review(&Reviewer::new(day(11)));
    let coverage = &review.coverage;
    assert_eq!((coverage.allowed, coverage.refused, coverage.observed), (3, 1, 1));
    assert_eq!(coverage.records, 7);
    assert_eq!((coverage.first, coverage.last), (Some(day(1)), Some(day(10))));
    let own = &of(&review, "researcher").rights[0];
    assert_eq!((own.calls, own.operations[0].args[0].integers), (3, Some((3, 40))));
    assert!(
        !own.operations[0].resources.iter().any(|own| own.contains("us") || own.contains("jp"))
    );
}

#[test]
fn a_repeated_presentation_is_one_call() {
    let (place, other, (_, token)) = (Place::new(), Place::new(), granted());
    let mut decisions = reads(&token);
    let call = request("crm.read", "accounts/eu/42", r#"{"limit":3}"#);
    let text = token.present(&researcher(), &call, day(1)).unwrap().to_text();
    let twice = || {
        let presentation = deputize::Presentation::parse(&text).unwrap();
        crate::cast::verifier().decide(presentation, call.clone(), day(1))
    };
    decisions.extend([twice(), twice()]);
    place.write(&decisions);
    // A log of another verifier of the same service has it too.
    other.write(&[twice()]);
    let files = [FolderFiles::new(place.path()), FolderFiles::new(other.path())];
    let files = [&files[0] as &dyn LogFiles, &files[1]];
    let review = Reviewer::new(day(11)).review(&files, |_| ()).unwrap();
    // It is one deed in each log; the log of another service must not make it a repetition here.
    assert_eq!((review.coverage.allowed, review.coverage.repeated), (5, 1));
    assert_eq!(of(&review, "researcher").calls, 5);
}

#[test]
fn only_records_in_the_window_count() {
    let (place, (_, token)) = (Place::new(), granted());
    place.write(&reads(&token));
    let reviewer = Reviewer::new(day(11)).since(day(4)).until(day(10));
    let review = place.review(&reviewer);
    assert_eq!((review.coverage.records, review.coverage.allowed), (1, 1));
    assert_eq!(proposed(of(&review, "researcher")), ["crm.read accounts/eu/7 limit=40"]);
}

#[test]
fn a_right_that_one_call_in_many_needed_was_hardly_used() {
    let place = Place::new();
    let token = planners(capabilities(&["crm.read **", "crm.export **"]));
    let call = |operation, number: u32| {
        let call = request(operation, &format!("accounts/{number}"), "{}");
        decide(&token, &planner(), &call, day(1) + Duration::seconds(number.into()))
    };
    let mut decisions: Vec<_> = (0..200).map(|number| call("crm.read", number)).collect();
    decisions.push(call("crm.export", 201));
    place.write(&decisions);
    let review = place.review(&Reviewer::new(day(2)));
    let usage: Vec<_> = of(&review, "planner").rights.iter().map(|own| own.usage).collect();
    assert_eq!(usage, [Usage::Used, Usage::Hardly]);
    assert!(!review.has_findings());
}

#[test]
fn a_call_is_counted_for_the_narrowest_capability_that_permits_it() {
    let place = Place::new();
    let granted = ["crm.* **", "crm.read accounts/**", "crm.read accounts/eu/*"];
    let token = planners(capabilities(&granted));
    let call = |resource| decide(&token, &planner(), &request("crm.read", resource, "{}"), day(1));
    place.write(&["accounts/eu/1", "accounts/us/1", "accounts/eu/2"].map(call));
    let review = place.review(&Reviewer::new(day(2)));
    let calls: Vec<_> = of(&review, "planner").rights.iter().map(|own| own.calls).collect();
    assert_eq!(calls, [0, 1, 2]);
    assert_eq!(of(&review, "planner").rights[0].usage, Usage::Never);
}

#[test]
fn a_grant_that_no_record_has_is_seen_by_its_token() {
    let (place, (planners, token)) = (Place::new(), granted());
    place.write(&[]);
    let review = place.review(&Reviewer::new(day(11)).with_token(token));
    assert_eq!(review.hops.len(), 2);
    let researcher = of(&review, "researcher");
    assert_eq!((researcher.calls, researcher.last_used), (0, None));
    assert!(researcher.rights.iter().all(|own| own.usage == Usage::Never));
    assert_eq!((&researcher.proposal, &researcher.held_out), (&None, &None));
    assert_eq!(of(&review, "planner").hop, planners.hops()[0]);
}

#[test]
fn what_ends_soon_and_who_is_past_the_review_is_told() {
    let (place, (_, token)) = (Place::new(), granted());
    place.write(&reads(&token));
    let agent = |name: &str, key: &deputize::SigningKey, due| {
        let named = Principal::agent(name, key.public_key()).unwrap();
        Agent::new(
            format!("spiffe://acme.com/agents/{name}"),
            named,
            Owner::human("alice@acme.com").unwrap(),
        )
        .unwrap()
        .with_next_review(due)
    };
    let mut draft = DirectoryDraft::named();
    draft.add(agent("planner", &planner(), day(12))).unwrap();
    draft.add(agent("researcher", &researcher(), day(14))).unwrap();
    let directory = draft.sign(&alice(), start(), day(30)).unwrap();
    let told = |now| {
        let review = place.review(&Reviewer::new(now).with_directory(&directory));
        ["planner", "researcher"].map(|name| {
            let own = of(&review, name);
            (own.ends_soon, own.review_overdue)
        })
    };
    // The researcher's grant ends on the twentieth day, the planner's on the thirtieth.
    assert_eq!(told(day(11)), [(false, None), (false, None)]);
    assert_eq!(told(day(13)), [(false, Some(day(12))), (true, None)]);
    assert_eq!(told(day(40)), [(true, Some(day(12))), (true, Some(day(14)))]);
    // An agent without calls is told, too.
    let reviewer = Reviewer::new(day(13)).since(day(12)).with_directory(&directory);
    let review = place.review(&reviewer);
    assert_eq!((review.hops.len(), review.coverage.allowed), (0, 0));
    let overdue: Vec<_> = review.overdue.iter().map(|(own, due)| (own.name(), *due)).collect();
    assert_eq!(overdue, [("planner", day(12))]);
    assert!(review.has_findings());
}

/// A grant that is narrowed keeps every limit that it had.
#[test]
fn a_proposal_keeps_the_keys_to_which_it_may_be_delegated() {
    let place = Place::new();
    let to = Principal::agent("planner", planner().public_key()).unwrap();
    let grant = deputize::Grant::new(to, capabilities(&["crm.read **"]), day(30), "work").unwrap();
    let grant = grant.with_max_hops(1).with_allowed_delegates([researcher().public_key()]).unwrap();
    let owner = Owner::human("alice@acme.com").unwrap();
    let planners = Token::mint(owner, &alice(), grant, start()).unwrap();
    let to = Principal::agent("researcher", researcher().public_key()).unwrap();
    let below = deputize::Grant::new(to, capabilities(&["crm.read **"]), day(20), "work").unwrap();
    let below = below.with_allowed_delegates([researcher().public_key()]).unwrap();
    let token = planners.delegate(&planner(), below, start()).unwrap();
    let call = request("crm.read", "accounts/1", "{}");
    place.write(&[decide(&token, &researcher(), &call, day(1))]);
    let review = place.review(&Reviewer::new(day(2)));
    let own = of(&review, "planner").proposal.clone().unwrap();
    assert_eq!(own.allowed_delegates, Some([researcher().public_key()].into()));
    assert_eq!((own.max_hops, own.audience), (1, Some([AUDIENCE.to_owned()].into())));
}

/// A service that lets a call pass which the hop does not permit, by its services or its depth: that
/// shows no need.
#[test]
fn a_call_that_the_hop_did_not_permit_does_not_widen_a_proposal() {
    let place = Place::new();
    let to = Principal::agent("planner", planner().public_key()).unwrap();
    let grant = deputize::Grant::new(to, capabilities(&["crm.read **"]), day(30), "work").unwrap();
    let grant = grant.with_audience([AUDIENCE]).unwrap();
    let owner = Owner::human("alice@acme.com").unwrap();
    let token = Token::mint(owner, &alice(), grant, start()).unwrap();
    let call = request("crm.read", "accounts/1", "{}");
    place.write(&[decide(&token, &planner(), &call, day(1))]);
    // The rogue service records as allowed what its verifier refused.
    let elsewhere = deputize::Request::new("crm.read", "accounts/1", "evil.com").unwrap();
    let refused = decide(&token, &planner(), &elsewhere, day(1));
    let (core, openings) = Record::of(&refused, &place.rules).unwrap().to_lines(2).unwrap();
    let mut core: serde_json::Value = serde_json::from_str(&core).unwrap();
    let mut openings: serde_json::Value = serde_json::from_str(&openings).unwrap();
    (core["allowed"], core["codes"]) = (true.into(), serde_json::json!([]));
    let fields = core["fields"].as_array_mut().unwrap();
    let reasons = fields.iter().position(|own| own[0] == "reasons").unwrap();
    fields.remove(reasons);
    openings["open"].as_array_mut().unwrap().remove(reasons);
    crate::cast::append(&place, &[(core.to_string(), openings.to_string())]);
    // It covers what it finds.
    place.open().close().unwrap();
    let review = place.review(&Reviewer::new(day(2)));
    let own = of(&review, "planner");
    assert_eq!((own.calls, own.hidden), (2, 1));
    let proposal = own.proposal.as_ref().unwrap();
    assert_eq!(
        (proposal.audience.clone(), proposal.max_hops),
        (Some([AUDIENCE.to_owned()].into()), 0)
    );
    assert_eq!(own.audiences, [AUDIENCE.to_owned()].into());
}

/// A writer to the folder who has no key adds nothing to a review.
#[test]
fn a_record_that_no_checkpoint_covers_is_not_use() {
    let (place, (_, token)) = (Place::new(), granted());
    place.write(&reads(&token));
    let call = request("crm.export", "accounts/1", r#"{"limit":1}"#);
    let decision = decide(&token, &researcher(), &call, day(2));
    assert!(decision.is_allowed());
    let (core, openings) = Record::of(&decision, &place.rules).unwrap().to_lines(4).unwrap();
    crate::cast::append(&place, &[(core, openings)]);
    let review = place.review(&Reviewer::new(day(11)));
    assert_eq!((review.coverage.records, review.coverage.allowed), (4, 3));
    assert_eq!(of(&review, "researcher").rights[1].usage, Usage::Never);
}

#[test]
fn a_proposal_of_the_first_half_tells_how_many_later_calls_it_would_lose() {
    let place = Place::new();
    let token = planners(capabilities(&["crm.read accounts/** limit<=100"]));
    let call = |on, limit: i64| {
        let call = request("crm.read", "accounts/1", &format!("{{\"limit\":{limit}}}"));
        decide(&token, &planner(), &call, day(on))
    };
    place.write(&[call(1, 10), call(2, 20), call(8, 15), call(9, 90)]);
    let review = place.review(&Reviewer::new(day(11)).without_rounding());
    let own = of(&review, "planner");
    assert_eq!((own.replay.allowed, own.replay.refused), (4, 0));
    let held_out = own.held_out.as_ref().unwrap();
    assert_eq!((held_out.allowed, held_out.refused), (3, 1));
    assert_eq!(held_out.newly_refused[0].record, 4);
    assert_eq!(held_out.newly_refused[0].codes, [DenyCode::ArgumentRefused]);
}
