//! Callers who want their refused calls to leave no trace, to be charged to others, or to push out the
//! records about others.

use std::collections::BTreeMap;

use deputize::{
    Decision, Denial, Grant, MemoryReplayGuard, OperationPattern, Owner, PresentOptions, Principal,
    Record, RecordKind, RecordRules, ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey,
    Token, TrustAnchor, Verifier,
};
use deputize_audit::{Log, Recorded};
use time::Duration;

use crate::cast::{Place, Service, call, later, log_key, now, settings};

fn counted(place: &Place) -> BTreeMap<(bool, &'static str), u64> {
    let mut all = BTreeMap::new();
    for core in place.cores() {
        if let RecordKind::Refusals(own) = core.kind {
            for (code, count) in own.refused {
                *all.entry((own.first_hop.is_some(), code)).or_default() += count;
            }
        }
    }
    all
}

fn records(place: &Place) -> usize {
    place.kinds().into_iter().filter(|kind| *kind == "refused").count()
}

fn nobody(seconds: i64) -> Decision {
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    Decision::Deny(Denial::not_presented(call, later(seconds)))
}

/// Arguments that take more than the openings of a record may have: the refusal is forgotten.
#[test]
fn a_refused_call_leaves_a_trace_whatever_its_arguments_are() {
    let (place, service) = (Place::new(), Service::new());
    let keeping = settings().with_rules(RecordRules::default().with_max_value(64 * 1024));
    let log = Log::create(place.path(), log_key(), keeping, now()).unwrap();
    let long: Vec<_> = (0..20).map(|n| format!("\"n{n}\":\"{}\"", "a".repeat(60_000))).collect();
    for _ in 0..5 {
        let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
        let call = call.with_args(&format!("{{\"limit\":50,{}}}", long.join(","))).unwrap();
        let presentation = service.scene.present(&call).unwrap();
        let decision = service.verifier.decide(presentation, call, now());
        assert!(!decision.is_allowed());
        drop(log.record(decision));
    }
    log.close().unwrap();
    let all: u64 = counted(&place).values().sum();
    assert_eq!(all + records(&place) as u64, 5);
}

/// The same with the rules that a service has by default: as much as a caller can say.
#[test]
fn the_longest_call_has_a_record_by_default() {
    let service = Service::new();
    let name = |n: usize| format!("{n:03}{}", "\"".repeat(253));
    let member = |n: usize| match n % 2 {
        0 => format!("{:?}:\"{}\"", name(n), "b".repeat(1022)),
        _ => format!("{:?}:{{}}", name(n)),
    };
    let all = (0..250).map(member).collect::<Vec<_>>().join(",");
    let json = format!(
        "{{\"operation\":\"crm.read\",\"resource\":\"accounts/1\",\"audience\":\"crm.acme.com\",\"args\":{{{all}}},\"context\":{{{all}}}}}"
    );
    let call = Request::from_json(&json).unwrap();
    let presentation = service.scene.present(&call).unwrap();
    let decision = service.verifier.decide(presentation, call, now());
    assert!(!decision.is_allowed());
    let record = Record::of(&decision, &RecordRules::default()).unwrap();
    let length = record.to_lines(1).map(|(_, openings)| openings.len());
    assert!(length.is_ok(), "{length:?}");
}

/// The count of a minute is written when the minute is over, and not when the next call is refused.
#[test]
fn what_was_counted_is_written_when_its_minute_is_over() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for _ in 0..100 {
        drop(log.record(nobody(0)).unwrap());
    }
    let decision = service.decide("accounts/1", 5, later(200));
    assert!(decision.is_allowed());
    drop(log.record(decision).unwrap());
    let Recorded::Allowed(own) = log.record(service.decide("accounts/2", 5, later(201))).unwrap()
    else {
        panic!()
    };
    own.done(None, later(201)).unwrap().wait().unwrap();
    // Before the log is closed, as after a crash now.
    let written = counted(&place);
    log.close().unwrap();
    assert_eq!(written, BTreeMap::from([((false, "not_presented"), 40)]));
}

/// Threads that decided just before and just after the end of a minute record in any order.
#[test]
fn a_minute_ends_once() {
    let place = Place::new();
    let log = place.create();
    for number in 0..200 {
        drop(log.record(nobody(if number % 2 == 0 { 59 } else { 60 })).unwrap());
    }
    log.close().unwrap();
    assert!(records(&place) <= 2 * 60, "{}", records(&place));
}

/// A thief repeats one captured presentation at a service without a guard. The holder signed one call.
#[test]
fn a_holder_is_not_charged_with_repetitions() {
    let (place, service) = (Place::new(), Service::new());
    let once_or_often = ReplayPolicy::accepted_for([OperationPattern::Any]);
    let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
    let verifier = Verifier::new(service.scene.anchor(), by_expiry, once_or_often);
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    let call = call.with_args("{\"limit\":50}").unwrap();
    let captured = service.scene.present(&call).unwrap();
    let log = place.create();
    for _ in 0..1000 {
        let decision = verifier.decide(captured.clone(), call.clone(), now());
        assert!(!decision.is_allowed());
        drop(log.record(decision).unwrap());
    }
    log.close().unwrap();
    // The records have the id of the presentation, by which a reader finds repetitions. A count has
    // none.
    let charged: u64 = counted(&place)
        .into_iter()
        .filter_map(|((is_charged, _), count)| is_charged.then_some(count))
        .sum();
    assert_eq!(charged, 0);
}

/// A team of agents below one owner.
struct Team {
    token: Token,
    planner: SigningKey,
    verifier: Verifier,
}

impl Team {
    fn new() -> Self {
        let [alice, planner] = [SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32])];
        let first = grant("planner", &planner).with_max_hops(1);
        let owner = Owner::human("alice@acme.com").unwrap();
        let token = Token::mint(owner, &alice, first, now()).unwrap();
        let anchor = TrustAnchor::new(alice.public_key(), "alice@acme.com");
        let guard = MemoryReplayGuard::for_new_audience(10_000).with_share(10_000);
        let once = ReplayPolicy::refused_by(guard);
        let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
        Self { token, planner, verifier: Verifier::new(anchor, by_expiry, once) }
    }

    /// A refused call by an agent that has this number.
    fn refused(&self, number: u32) -> Decision {
        let mut seed = [3; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let key = SigningKey::from_bytes(&seed);
        let to = grant(&format!("worker-{number}"), &key);
        let token = self.token.delegate(&self.planner, to, now()).unwrap();
        let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
        let call = call.with_args("{\"limit\":50}").unwrap();
        let anyway = PresentOptions::default().anyway();
        let presentation = token.present_with(&key, &call, now(), anyway).unwrap();
        self.verifier.decide(presentation, call, now())
    }
}

fn grant(name: &str, key: &SigningKey) -> Grant {
    let to = Principal::agent(name, key.public_key()).unwrap();
    let may: Vec<deputize::Capability> = vec!["crm.read accounts/** limit<=10".parse().unwrap()];
    Grant::new(to, may, later(300), "a test").unwrap()
}

/// Section 4: beyond the first 60 of a first hop, the first refusal with each code of each last hop has
/// a record, up to 60 more.
#[test]
fn the_first_refusal_of_each_agent_has_a_record() {
    let (place, team) = (Place::new(), Team::new());
    let log = place.create();
    for number in 0..130 {
        drop(log.record(team.refused(number)).unwrap());
    }
    log.close().unwrap();
    assert_eq!(records(&place), 120);
}

/// However many agents there are, the records are bounded, and an allowed call is not kept waiting.
#[test]
fn spawned_keys_do_not_fill_the_disk() {
    let (place, service, team) = (Place::new(), Service::new(), Team::new());
    let log = place.create();
    for number in 0..700 {
        drop(log.record(team.refused(number)).unwrap());
    }
    call(&log, service.allowed(1));
    // Another root, and nobody, have their own.
    drop(log.record(service.refused(now())).unwrap());
    drop(log.record(nobody(0)).unwrap());
    log.close().unwrap();
    assert!(records(&place) <= 602);
    let all: u64 = counted(&place).values().sum();
    assert_eq!(all + records(&place) as u64, 702);
}

/// A service reads which calls went out from their records. One whose caller gave up while the record
/// was written did not go out, and nothing says so.
#[test]
fn a_call_that_was_given_up_is_told() {
    use std::future::Future;
    use std::task::{Context, Waker};
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let mut future = Box::pin(log.record_async(service.allowed(1)));
    let first = Future::poll(future.as_mut(), &mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending(), "it was written at once");
    drop(future);
    log.close().unwrap();
    assert_eq!(place.kinds(), ["log", "allowed", "outcome"]);
}
