//! Calls that were observed, and that went out whatever the decision: their outcomes.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use deputize::{
    CodedError, Decision, FieldKind, Observation, Observed, Observer, OutcomeResult, Record,
    RecordKind,
};
use deputize_audit::{
    BundleDraft, ErasedRange, ErasureReason, FolderFiles, Log, LogError, LogReader, LogVerifier,
};

use crate::cast::{Place, Service, call, later, now};

fn observed(decision: Decision) -> Observation {
    match Observer::new(later(60), now(), |_| ()).unwrap().observe(decision) {
        Observed::Recorded(observation) => observation,
        Observed::Enforced(decision) => panic!("{decision:?}"),
    }
}

/// Each decision as `(allowed, enforced)`, and each outcome as the index of its decision.
fn told(place: &Place) -> Vec<String> {
    let told = |kind| match kind {
        RecordKind::Decision(own) => {
            Some(format!("allowed {}, enforced {}", own.allowed, own.enforced))
        }
        RecordKind::Outcome { of, result } => Some(format!("{} {of}", result.as_str())),
        _ => None,
    };
    place.cores().into_iter().filter_map(|core| told(core.kind)).collect()
}

fn assert_whole(place: &Place) {
    let verdict = LogVerifier::default().verify(&FolderFiles::new(place.path()), |_| ()).unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
}

/// A log of one call that enforcement would allow, and of three that it would refuse.
fn write(place: &Place) -> Log {
    let (log, service) = (place.create(), Service::new());
    let own = log.record_observation(observed(service.allowed(1))).unwrap();
    assert_eq!((own.index(), own.observation().would_allow()), (Some(1), true));
    // The record is there when the call may go out.
    assert_eq!(place.kinds(), ["log", "allowed"]);
    own.done(Some(b"42"), later(1)).unwrap().unwrap().wait().unwrap();
    for result in [OutcomeResult::Done, OutcomeResult::Failed, OutcomeResult::Unknown] {
        let own = log.record_observation(observed(service.refused(now()))).unwrap();
        assert!(!own.observation().would_allow());
        match result {
            OutcomeResult::Done => drop(own.done(Some(b"43"), later(1)).unwrap()),
            OutcomeResult::Failed => drop(own.failed(later(1)).unwrap()),
            OutcomeResult::Unknown => drop(own),
        }
    }
    log
}

#[test]
fn the_outcome_of_an_observed_call_is_recorded_and_the_call_is_never_a_permitted_one() {
    let place = Place::new();
    write(&place).close().unwrap();
    let expected = [
        "allowed true, enforced false",
        "done 1",
        "allowed false, enforced false",
        "done 3",
        "allowed false, enforced false",
        "failed 5",
        "allowed false, enforced false",
        "unknown 7",
    ];
    assert_eq!(told(&place), expected);
    assert_whole(&place);
}

/// A bundle has the outcomes of its decisions, and an erasure reaches their results.
#[test]
fn the_outcome_goes_with_its_observed_call() {
    let place = Place::new();
    let log = write(&place);
    let files = FolderFiles::new(place.path());
    let resource = ErasedRange { first: 3, last: 3, kinds: Some(vec![FieldKind::Resource]) };
    let _ = log.erase([resource], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    let mut reader = LogReader::new(&files);
    let (mut shown, mut erased) = (0, 0);
    while let Some(record) = reader.next_record().unwrap() {
        if record.core.fields.iter().any(|(kind, _)| *kind == FieldKind::Result) {
            match record.value(FieldKind::Result) {
                Some(_) => shown += 1,
                None => erased += 1,
            }
        }
    }
    assert_eq!((shown, erased), (1, 1));
    assert_whole(&place);
    let draft = BundleDraft::default();
    let bundle = draft.collect(&files, |record| matches!(record.core.index, 3 | 5)).unwrap();
    let results = bundle.claimed_records().filter_map(|record| match record.core.kind {
        RecordKind::Outcome { of, result } => Some((of, result)),
        _ => None,
    });
    assert!(results.eq([(3, OutcomeResult::Done), (5, OutcomeResult::Failed)]));
    let verdict = bundle.verify(None).unwrap();
    assert!(verdict.holds(), "{verdict:?}");
}

/// Only a call has an outcome, and it has one.
#[test]
fn an_outcome_is_not_left_to_the_log_beside_its_call() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    drop(log.record(service.refused(now())).unwrap());
    call(&log, service.allowed(1));
    for of in [1, 2] {
        let outcome = Record::outcome(of, OutcomeResult::Done, None, now()).unwrap();
        let why = log.append(&outcome).unwrap_err();
        assert_eq!((&why, why.code()), (&LogError::Outcome, "log_outcome"));
    }
    log.close().unwrap();
    assert_whole(&place);
}

/// A service that gives up waiting for the record makes no call, and the log says that it does not know.
#[test]
fn an_observed_call_that_nobody_waits_for_has_an_unknown_outcome() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    {
        let mut waiting = pin!(log.record_observation_async(observed(service.refused(now()))));
        let mut context = Context::from_waker(Waker::noop());
        match waiting.as_mut().poll(&mut context) {
            Poll::Pending => {}
            // The disk was faster.
            Poll::Ready(call) => drop(call.unwrap()),
        }
    }
    log.close().unwrap();
    assert_eq!(told(&place), ["allowed false, enforced false", "unknown 1"]);
    assert_whole(&place);
}
