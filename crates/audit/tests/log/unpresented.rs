//! Calls that go out while the service observes, and for which no presentation counts: a record of their own
//! kind, of nobody.

use std::path::PathBuf;

use deputize::limits::MAX_UNPRESENTED_BYTES;
use deputize::{
    Decision, Denial, FieldKind, Observation, Observed, Observer, OutcomeResult, Presentation,
    RecordCore, RecordKind, Request,
};
use deputize_audit::{
    BundleDraft, ErasedRange, ErasureReason, FolderFiles, Log, LogReader, LogVerifier, ReadRecord,
    SeriesMatcher, Verdict,
};
use time::OffsetDateTime;

use crate::cast::{Place, Service, call, later, lines, log_key, now, settings};

fn observed(decision: Decision) -> Observation {
    match Observer::new(later(7200), now(), |_| ()).unwrap().observe(decision) {
        Observed::Recorded(observation) => observation,
        Observed::Enforced(decision) => panic!("{decision:?}"),
    }
}

fn request(resource: &str, args: &str) -> Request {
    let call = Request::new("crm.read", resource, "crm.acme.com").unwrap();
    call.with_args(args).unwrap().with_context("state", r#""opaque""#).unwrap()
}

/// A call that nobody presents.
fn stranger(args: &str, at: OffsetDateTime) -> Observation {
    observed(Decision::Deny(Denial::not_presented(request("accounts/7", args), at)))
}

fn verdict(place: &Place) -> Verdict {
    let verdict = LogVerifier::default().verify(&FolderFiles::new(place.path()), |_| ()).unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    verdict
}

fn records(place: &Place) -> Vec<ReadRecord> {
    let files = FolderFiles::new(place.path());
    let mut reader = LogReader::new(&files);
    std::iter::from_fn(|| reader.next_record().unwrap()).collect()
}

fn unpresented(place: &Place) -> Vec<ReadRecord> {
    let is_own = |record: &ReadRecord| matches!(record.core.kind, RecordKind::Unpresented(_));
    records(place).into_iter().filter(is_own).collect()
}

fn counted(place: &Place) -> Vec<(&'static str, u64)> {
    let more = |core: RecordCore| match core.kind {
        RecordKind::MoreUnpresented(own) => Some(own.counted),
        _ => None,
    };
    place.cores().into_iter().filter_map(more).flatten().collect()
}

/// Whatever came with the call: where nobody is charged, the record is of nobody.
#[test]
fn every_observed_call_that_is_charged_to_nobody_is_of_this_kind() {
    let (place, service, other) = (Place::new(), Service::new(), Service::new());
    let log = place.create();
    let wanted = request("accounts/7", r#"{"limit":5,"who":"jane@acme.com"}"#);
    let signed = |service: &Service, call: &Request| -> Presentation {
        service.scene.token().present(service.scene.holder_key(), call, now()).unwrap()
    };
    let permitted = Request::new("crm.read", "accounts/7", "crm.acme.com").unwrap();
    let permitted = permitted.with_args(r#"{"limit":5}"#).unwrap();
    let used = signed(&service, &permitted);
    assert!(service.verifier.decide(used.clone(), permitted.clone(), now()).is_allowed());
    let mut broken = signed(&service, &permitted).to_text();
    let flipped = if broken.pop() == Some('A') { 'Q' } else { 'A' };
    broken.push(flipped);
    let decide = |text: Option<&str>, call: &Request| {
        service.verifier.decide_text(text, call.clone(), now())
    };
    let (foreign, own) =
        (signed(&other, &permitted).to_text(), signed(&service, &permitted).to_text());
    let decisions = [
        decide(None, &wanted),
        decide(Some("nonsense"), &wanted),
        decide(Some(&broken), &permitted),
        // Signed below a root that nobody trusts, for another call, and used before.
        decide(Some(&foreign), &permitted),
        decide(Some(&own), &wanted),
        decide(Some(&used.to_text()), &permitted),
    ];
    for decision in decisions {
        assert!(!decision.is_allowed());
        let call = log.record_observation(observed(decision)).unwrap();
        drop(call.done(Some(b"42"), later(1)).unwrap().unwrap());
    }
    // A call that a holder made, beyond its grant, is its own deed.
    drop(log.record_observation(observed(service.refused(now()))).unwrap());
    log.close().unwrap();
    let codes = own_codes(&place);
    assert_eq!(codes[..2], [["not_presented"], ["not_canonical"]]);
    let rest: Vec<_> = codes[2..].iter().map(|own| own[0]).collect();
    assert!(["bad_signature", "bad_proof", "not_canonical"].contains(&rest[0]), "{rest:?}");
    assert_eq!(rest[1..], ["untrusted_root", "wrong_request", "replayed"]);
    let verdict = verdict(&place);
    assert_eq!((verdict.unpresented, verdict.more_unpresented), (6, 0));
    assert_eq!(verdict.signatures.unwrap().calls, 1);

    for record in unpresented(&place) {
        // Neither a chain nor a context, and no value in what is kept for ever.
        let kinds: Vec<_> = record.core.fields.iter().map(|(kind, _)| *kind).collect();
        assert!(kinds.starts_with(&[FieldKind::Call, FieldKind::Resource, FieldKind::Argument]));
        assert!(kinds[2..].iter().all(|kind| *kind == FieldKind::Argument), "{kinds:?}");
    }
    let cores = std::fs::read_to_string(place.file("segments/00000000.jsonl")).unwrap();
    assert!(!cores.contains("jane") && !cores.contains("accounts") && !cores.contains("limit"));
    let first = &unpresented(&place)[0];
    let args: Vec<_> =
        first.values.iter().filter(|(kind, _)| *kind == FieldKind::Argument).collect();
    assert_eq!(args[1].1, serde_json::json!({ "name": "who", "value": "jane@acme.com" }));
}

fn own_codes(place: &Place) -> Vec<Vec<&'static str>> {
    let codes = |record: ReadRecord| match record.core.kind {
        RecordKind::Unpresented(own) => own.codes.iter().map(|code| code.as_str()).collect(),
        other => panic!("{other:?}"),
    };
    unpresented(place).into_iter().map(codes).collect()
}

/// A stranger fills neither the disk nor the room of anybody else, and its calls go out all the same.
#[test]
fn the_first_calls_of_a_minute_have_records_and_the_others_are_counted() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..200 {
        let call = log.record_observation(stranger("{}", now())).unwrap();
        assert_eq!(call.index().is_some(), number < 60);
        // The outcome has a record where the call has one.
        assert_eq!(call.failed(later(1)).unwrap().is_some(), number < 60);
    }
    // Those of an agent have records, allowed or not.
    let own = log.record_observation(observed(service.refused(now()))).unwrap();
    assert!(own.index().is_some());
    call(&log, service.allowed(1));
    assert!(log.record_observation(stranger("{}", later(61))).unwrap().index().is_some());
    log.close().unwrap();
    assert_eq!(unpresented(&place).len(), 61);
    assert_eq!(counted(&place), [("not_presented", 140)]);
    assert_eq!(verdict(&place).more_unpresented, 140);
}

/// The values of a call are bounded, and those of a minute.
#[test]
fn long_arguments_are_kept_as_digests_and_take_their_part_of_the_minute() {
    let place = Place::new();
    let log = place.create();
    let args = |count: usize| {
        let value = "x".repeat(1000);
        let args: Vec<_> = (0..count).map(|n| format!("\"a{n:02}\":\"{value}\"")).collect();
        format!("{{{}}}", args.join(","))
    };
    // Twelve are kept as they are, and of forty only the lengths.
    assert!(log.record_observation(stranger(&args(12), now())).unwrap().index().is_some());
    assert!(log.record_observation(stranger(&args(40), now())).unwrap().index().is_some());
    for _ in 0..58 {
        drop(log.record_observation(stranger(&args(14), now())).unwrap());
    }
    // Too many even as digests.
    let many: Vec<_> = (0..250).map(|n| format!("\"a{n}\":\"{n:0100}\"")).collect();
    let many = format!("{{{}}}", many.join(","));
    let huge = log.record_observation(stranger(&many, later(61))).unwrap();
    assert_eq!(huge.index(), None);
    drop(huge);
    log.close().unwrap();
    let lengths: Vec<_> = lines(&place.file("segments/00000000.open.jsonl"));
    assert!(lengths.iter().all(|line| line.len() <= MAX_UNPRESENTED_BYTES));
    let own = unpresented(&place);
    assert!((10..30).contains(&own.len()), "{}", own.len());
    let digests = own[1].values.iter().filter(|(_, value)| value.get("digest").is_some()).count();
    assert_eq!(digests, 40);
    assert_eq!(counted(&place).iter().map(|(_, n)| n).sum::<u64>(), 61 - own.len() as u64);
    verdict(&place);
}

#[test]
fn below_the_reserve_they_are_counted_only_and_go_out() {
    let place = Place::new();
    let settings = settings()
        .with_reserve(u64::MAX)
        .with_checkpoint_interval(std::time::Duration::from_millis(1));
    let log = Log::create(place.path(), log_key(), settings, now()).unwrap();
    for _ in 0..2 {
        call(&log, Service::new().allowed(1));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    call(&log, Service::new().allowed(1));
    assert_eq!(log.record_observation(stranger("{}", now())).unwrap().index(), None);
    log.close().unwrap();
    assert_eq!(counted(&place), [("not_presented", 1)]);
}

/// A value that a stranger sent can be erased with its outcome, and both go into a bundle.
#[test]
fn its_values_are_erased_with_the_result_of_its_outcome() {
    let place = Place::new();
    let log = place.create();
    let call = log.record_observation(stranger(r#"{"who":"jane@acme.com"}"#, now())).unwrap();
    drop(call.done(Some(b"an echo"), later(1)).unwrap());
    let range = ErasedRange { first: 1, last: 1, kinds: Some(vec![FieldKind::Argument]) };
    let _ = log.erase([range], ErasureReason::Request, later(2)).unwrap();
    log.close().unwrap();
    let all = records(&place);
    assert_eq!(all[1].value(FieldKind::Argument), None);
    assert!(all[1].value(FieldKind::Resource).is_some());
    assert_eq!(all[2].value(FieldKind::Result), None);
    assert_eq!(verdict(&place).erased, 2);
    let files = FolderFiles::new(place.path());
    let bundle = BundleDraft::default().collect(&files, |own| own.core.index == 1).unwrap();
    let kinds: Vec<_> = bundle.claimed_records().map(|own| own.core.kind.clone()).collect();
    assert!(matches!(kinds[2], RecordKind::Outcome { of: 1, result: OutcomeResult::Done }));
    let verdict = bundle.verify(None).unwrap();
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!((verdict.decisions, verdict.unpresented), (0, 1));
}

/// What a holder notes of its presentations is never compared with it.
#[test]
fn nobody_s_series_has_it() {
    let place = Place::new();
    let log = place.create();
    drop(log.record_observation(stranger("{}", now())).unwrap());
    log.close().unwrap();
    let mut matcher = SeriesMatcher::default();
    records(&place).iter().for_each(|record| matcher.recorded(record));
    let matched = matcher.finish();
    assert!(matched.series.is_empty(), "{matched:?}");
}

/// Lines that no writer writes.
#[test]
fn a_record_that_says_something_about_a_chain_is_none() {
    let place = Place::new();
    let log = place.create();
    drop(log.record_observation(stranger(r#"{"a":1}"#, now())).unwrap());
    for _ in 0..60 {
        drop(log.record_observation(stranger("{}", now())).unwrap());
    }
    log.close().unwrap();
    let path: PathBuf = place.file("segments/00000000.jsonl");
    let (one, more) = (&lines(&path)[1], lines(&path).pop().unwrap());
    assert!(
        RecordCore::parse(one.as_bytes()).is_ok() && RecordCore::parse(more.as_bytes()).is_ok()
    );
    let codes = r#""codes":[["not_presented"]]"#;
    for (line, from, to) in [
        (one, codes, r#""codes":[]"#),
        (one, codes, r#""codes":[["not_presented",1]]"#),
        (one, codes, r#""codes":[["not_presented"],["not_presented"]]"#),
        (one, codes, r#""codes":[["no_such_code"]]"#),
        (one, codes, r#""charged":false,"codes":[["not_presented"]]"#),
        (one, r#"["argument","#, r#"["context","#),
        (one, r#"["resource","#, r#"["argument","#),
        (&more, r#"[["not_presented",1]]"#, "[]"),
        (&more, r#"[["not_presented",1]]"#, r#"[["not_presented",0]]"#),
    ] {
        assert!(line.contains(from), "{line}");
        let changed = line.replace(from, to);
        assert!(RecordCore::parse(changed.as_bytes()).is_err(), "{changed}");
    }
}
