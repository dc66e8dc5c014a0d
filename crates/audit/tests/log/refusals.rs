//! Refused calls: neither strangers nor agents fill the disk.

use deputize::{Decision, Denial, RecordKind, Request};
use deputize_audit::{Log, Recorded, RefusalRecord};

use crate::cast::{Place, Service, call, later, log_key, now, settings};

fn refuse(log: &Log, decision: Decision) -> RefusalRecord {
    match log.record(decision).unwrap() {
        Recorded::Refused { record, .. } => record,
        Recorded::Allowed(call) => panic!("{call:?}"),
    }
}

fn refusals(place: &Place) -> Vec<(bool, Vec<(&'static str, u64)>)> {
    let refusals = |kind| match kind {
        RecordKind::Refusals(own) => {
            Some((own.first_hop.is_some(), own.refused.into_iter().collect()))
        }
        _ => None,
    };
    place.cores().into_iter().filter_map(|core| refusals(core.kind)).collect()
}

#[test]
fn the_first_refusals_of_an_agent_have_records_and_the_others_are_counted() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    // The log says of each which of the two it is.
    let records: Vec<_> = (0..100).map(|_| refuse(&log, service.refused(now()))).collect();
    let own: Vec<_> = (1..16).map(|index| RefusalRecord::Own { index }).collect();
    assert_eq!(records[..15], own);
    assert!(records[15..].iter().all(|own| *own == RefusalRecord::Counted), "{records:?}");
    // A call that is allowed is recorded all the same.
    call(&log, service.allowed(1));
    refuse(&log, service.refused(later(61)));
    log.close().unwrap();
    let kinds = place.kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == "refused").count(), 15 + 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "allowed").count(), 1);
    assert_eq!(refusals(&place), [(true, vec![("argument_refused", 85)])]);
    let counted =
        place.cores().into_iter().find(|core| matches!(core.kind, RecordKind::Refusals(_)));
    assert_eq!(counted.unwrap().at, now());
}

#[test]
fn calls_of_nobody_share_one_bound() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..200 {
        let call = Request::new("crm.read", &format!("accounts/{number}"), "crm.acme.com").unwrap();
        refuse(&log, Decision::Deny(Denial::not_presented(call, now())));
    }
    // An agent has a bound of its own.
    refuse(&log, service.refused(now()));
    log.close().unwrap();
    let kinds = place.kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == "refused").count(), 60 + 1);
    assert_eq!(refusals(&place), [(false, vec![("not_presented", 140)])]);
}

/// The reserve of the disk is for calls that are allowed.
#[test]
fn below_the_reserve_refusals_are_counted_only() {
    let (place, service) = (Place::new(), Service::new());
    let settings = settings()
        .with_reserve(u64::MAX)
        .with_checkpoint_interval(std::time::Duration::from_millis(1));
    let log = Log::create(place.path(), log_key(), settings, now()).unwrap();
    // The room is asked for after a batch.
    call(&log, service.allowed(1));
    std::thread::sleep(std::time::Duration::from_millis(20));
    call(&log, service.allowed(2));
    call(&log, service.allowed(3));
    for _ in 0..20 {
        assert_eq!(refuse(&log, service.refused(now())), RefusalRecord::Counted);
    }
    call(&log, service.allowed(4));
    log.close().unwrap();
    let kinds = place.kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == "refused").count(), 0);
    assert_eq!(kinds.iter().filter(|kind| **kind == "allowed").count(), 4);
    assert_eq!(refusals(&place), [(true, vec![("argument_refused", 20)])]);
}
