//! Erasing values of a log that is written: they are in no file afterwards, and everything else holds.

use std::fs;
use std::sync::Arc;
use std::thread;

use deputize::{
    FieldKind, Note, RecordKind, ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey,
    Verifier,
};
use deputize_audit::{ErasedRange, Erasure, ErasureReason, FolderFiles, LogError, LogVerifier};

use crate::cast::{Place, Service, call, now};
use crate::eraser::{create, is_anywhere, of_record, officer, verdict};

#[test]
fn an_erased_value_is_in_no_file_and_every_proof_holds() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let indexes: Vec<_> = [4711, 4712].map(|number| call(&log, service.allowed(number))).into();
    assert!(is_anywhere(&place, "accounts/4711"));
    let kept = {
        let mut log = Some(log);
        log.take().unwrap().close().unwrap();
        place.checkpoint()
    };
    let log = place.open().unwrap();
    let index = log
        .erase(
            of_record(indexes[0], &[FieldKind::Resource]),
            ErasureReason::Request,
            now() + time::Duration::milliseconds(5),
        )
        .unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    assert!(is_anywhere(&place, "accounts/4712"));
    // The log goes on.
    call(&log, service.allowed(4713));
    log.close().unwrap();
    let verifier = LogVerifier::default().having_seen(kept);
    let verdict = verifier.verify(&FolderFiles::new(place.path()), |_| ()).unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    // The resource and the presentation, which has a digest of the call, and the digest of the result.
    assert_eq!(verdict.erased, 3);
    assert!(matches!(place.cores()[index[0] as usize].kind, RecordKind::Erasure { .. }));
    let carried_out = fs::read_to_string(place.file("erased")).unwrap();
    assert_eq!(carried_out, (index[0] + 1).to_string());
}

/// The result of a call can be an echo of its arguments, wherever its record is.
#[test]
fn the_result_goes_with_the_call() {
    for last in [1, 2] {
        let (place, service) = (Place::new(), Service::new());
        let log = create(&place);
        call(&log, service.allowed(4711));
        let kinds = Some(vec![FieldKind::Resource]);
        log.erase([ErasedRange { first: 1, last, kinds }], ErasureReason::Request, now()).unwrap();
        log.close().unwrap();
        let verdict = verdict(&place);
        assert!(verdict.is_whole(), "{:?}", verdict.findings);
        // The resource, the presentation, and the result.
        assert_eq!(verdict.erased, 3, "{last}");
    }
}

#[test]
fn an_officer_that_the_log_names_can_erase_and_others_cannot() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let index = call(&log, service.allowed(4711));
    log.close().unwrap();
    let log = place.open().unwrap();
    let head = *place.checkpoint().claimed().head();
    let statement = |key: &SigningKey| Erasure {
        key: key.public_key(),
        origin: *log.origin(),
        size: head.size(),
        root: head.root(),
        issued: now(),
        why: ErasureReason::Law,
        authority: None,
        ranges: vec![ErasedRange { first: index, last: index, kinds: None }],
    };
    let thief = SigningKey::from_bytes(&[73; 32]);
    let note = statement(&thief).sign(&thief).unwrap();
    assert_eq!(log.erase_as_stated([note.clone()], now()).unwrap_err(), LogError::MayNotErase);
    let mut other = statement(&officer());
    other.root = deputize_audit::leaf_hash(b"");
    let note = other.sign(&officer()).unwrap();
    assert_eq!(log.erase_as_stated([note.clone()], now()).unwrap_err(), LogError::MayNotErase);
    assert!(is_anywhere(&place, "accounts/4711"));
    let note = statement(&officer()).sign(&officer()).unwrap();
    log.erase_as_stated([note.clone()], now()).unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    log.close().unwrap();
    assert!(verdict(&place).is_whole());
}

/// One presentation in two records, where no guard is asked: it goes from both, and so do both results.
#[test]
fn the_results_of_a_repeated_presentation_go_too() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let request = || {
        let call = Request::new("crm.read", "accounts/4711", "crm.acme.com").unwrap();
        call.with_args("{\"limit\":5}").unwrap()
    };
    let verifier = Verifier::new(
        service.scene.anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: time::Duration::hours(8) },
        ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]),
    );
    let presentation = service.scene.present(&request()).unwrap();
    let indexes =
        [(); 2].map(|()| call(&log, verifier.decide(presentation.clone(), request(), now())));
    let index =
        log.erase(of_record(indexes[0], &[FieldKind::Resource]), ErasureReason::Request, now());
    log.close().unwrap();
    let verdict = verdict(&place);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    // Of each the resource, the presentation, and the result.
    assert_eq!((index.unwrap(), verdict.erased), (vec![5], 6));
}

/// Ranges that touch and have the same kinds are one line of the statement.
#[test]
fn a_statement_joins_its_ranges() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    for number in 1..=3 {
        call(&log, service.allowed(number));
    }
    let some = [FieldKind::Presentation, FieldKind::Result];
    for (kinds, first) in [(None, 1), (Some(some.to_vec()), 1)] {
        let calls =
            [1, 3, 5].map(|index| ErasedRange { first: index, last: index, kinds: kinds.clone() });
        let index = log.erase(calls, ErasureReason::Request, now()).unwrap();
        let RecordKind::Erasure { statement, .. } = &place.cores()[index[0] as usize].kind else {
            panic!()
        };
        let note = Note::parse(statement.as_bytes()).unwrap();
        assert_eq!(Erasure::parse(&note).unwrap().ranges, [ErasedRange { first, last: 6, kinds }]);
    }
    log.close().unwrap();
    assert!(verdict(&place).is_whole());
}

#[test]
fn what_is_not_in_the_log_cannot_be_erased() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let index = call(&log, service.allowed(1));
    let kinds = [FieldKind::Resource];
    let error = log.erase(of_record(99, &kinds), ErasureReason::Request, now()).unwrap_err();
    assert!(matches!(error, LogError::Erasure(_)), "{error}");
    let twice = [of_record(index, &kinds), of_record(index, &kinds)].concat();
    let error = log.erase(twice, ErasureReason::Request, now()).unwrap_err();
    assert!(matches!(error, LogError::Erasure(_)), "{error}");
    assert!(log.erase([], ErasureReason::Request, now()).is_err());
    // The log goes on.
    call(&log, service.allowed(2));
    log.close().unwrap();
    assert!(verdict(&place).is_whole());
}

#[test]
fn values_are_erased_while_others_are_written() {
    let (place, service) = (Place::new(), Arc::new(Service::new()));
    let log = Arc::new(create(&place));
    let first = call(&log, service.allowed(4711));
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (log, service) = (Arc::clone(&log), Arc::clone(&service));
            thread::spawn(move || {
                for n in 0..20 {
                    call(&log, service.allowed(thread * 100 + n));
                }
            })
        })
        .collect();
    for kinds in [[FieldKind::Resource], [FieldKind::Argument], [FieldKind::Owner]] {
        log.erase(of_record(first, &kinds), ErasureReason::Request, now()).unwrap();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let log = Arc::into_inner(log).unwrap();
    log.close().unwrap();
    let verdict = verdict(&place);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    assert_eq!(verdict.read, 1 + 2 + 160 + 3);
    assert!(!is_anywhere(&place, "accounts/4711"));
}
