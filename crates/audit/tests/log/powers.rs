//! Erasing by a delegated power, and by age.

use deputize::{
    FieldKind, Grant, Note, Owner, Principal, PublicKey, Record, RecordRules, Signer, SigningKey,
    Token,
};
use deputize_audit::{
    ErasedRange, Erasure, ErasureError, ErasureReason, Fault, FolderFiles, Log, LogError,
    LogVerifier, Origin,
};
use time::{Duration, OffsetDateTime};

use crate::cast::{Place, Service, call, key_of_log, later, log_key, now};
use crate::eraser::{create, officer};

fn clerk() -> SigningKey {
    SigningKey::from_bytes(&[74; 32])
}

fn clerks_helper() -> SigningKey {
    SigningKey::from_bytes(&[75; 32])
}

fn grant(to: &SigningKey, capability: &str, expires: OffsetDateTime) -> Grant {
    let to = Principal::agent("clerk", to.public_key()).unwrap();
    Grant::new(to, [capability.parse().unwrap()], expires, "requests of customers").unwrap()
}

/// The officer lets the clerk do this for a minute.
fn power(root: &SigningKey, capability: &str) -> Token {
    let owner = Owner::human("privacy@acme.com").unwrap();
    let grant = grant(&clerk(), capability, later(60)).with_max_hops(1);
    Token::mint(owner, root, grant, now()).unwrap()
}

fn name_of(origin: &Origin) -> String {
    format!("log/{}", hex::encode(origin.id()))
}

/// A log of one call, the statement of a key about it, and the log itself.
struct Case {
    place: Place,
    log: Log,
    origin: Origin,
    head: deputize_audit::TreeHead,
}

impl Case {
    fn new() -> Self {
        let (place, service) = (Place::new(), Service::new());
        let log = create(&place);
        call(&log, service.allowed(4711));
        log.close().unwrap();
        let log = place.open().unwrap();
        let (origin, head) = (*log.origin(), *place.checkpoint().claimed().head());
        Self { place, log, origin, head }
    }

    fn erasure(&self, key: PublicKey, authority: Option<Token>) -> Erasure {
        Erasure {
            key,
            origin: self.origin,
            size: self.head.size(),
            root: self.head.root(),
            issued: now(),
            why: ErasureReason::Request,
            authority,
            ranges: vec![ErasedRange { first: 1, last: 1, kinds: None }],
        }
    }

    fn statement(&self, signer: &SigningKey, authority: Token) -> Note {
        self.erasure(signer.public_key(), Some(authority)).sign(signer).unwrap()
    }

    /// Asks the log, and then a reader of a log whose writer did not care.
    fn refusal(self, note: &Note, at: OffsetDateTime) -> (LogError, String) {
        let refused = self.log.erase_as_stated([note.clone()], at).unwrap_err();
        // A holder of the log's key writes the record all the same.
        let record = Record::erasure(note.to_string(), vec![], at);
        self.log.append(&record).unwrap().wait().unwrap();
        self.log.close().unwrap();
        let files = FolderFiles::new(self.place.path());
        let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
        let [only] = &verdict.findings[..] else { panic!("{:?}", verdict.findings) };
        match &only.fault {
            Fault::Erasure { why } => (refused, why.clone()),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_holder_of_the_power_by_name_can_erase() {
    for is_delegated in [false, true] {
        let case = Case::new();
        let by_name = format!("deputize.log {}", name_of(&case.origin));
        let mut token = power(&officer(), &by_name);
        let mut signer = clerk();
        if is_delegated {
            let further = grant(&clerks_helper(), &by_name, later(60));
            token = token.delegate(&clerk(), further, now()).unwrap();
            signer = clerks_helper();
        }
        let note = case.statement(&signer, token);
        assert_eq!(
            Erasure::parse(&note).unwrap().sign(&signer).unwrap().to_string(),
            note.to_string()
        );
        case.log.erase_as_stated([note.clone()], later(30)).unwrap();
        case.log.close().unwrap();
        let files = FolderFiles::new(case.place.path());
        let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
        assert!(verdict.is_whole(), "{:?}", verdict.findings);
        assert!(verdict.erased > 5);
    }
    // All logs of the officer.
    let case = Case::new();
    let note = case.statement(&clerk(), power(&officer(), "deputize.log log/*"));
    case.log.erase_as_stated([note.clone()], now()).unwrap();
}

#[test]
fn a_power_that_is_not_by_name_or_of_another_log_root_or_time_erases_nothing() {
    let of_authority =
        |error: &LogError| matches!(error, LogError::Erasure(ErasureError::Authority { .. }));
    for (capability, why) in [
        ("deputize.* **", "does not grant deputize.log on `log/"),
        ("* **", "does not grant deputize.log on `log/"),
        ("deputize.log log/00000000000000000000000000000000", "does not grant deputize.log"),
        ("deputize.log ** reason", "does not grant deputize.log"),
        ("deputize.revoke **", "does not grant deputize.log"),
    ] {
        let case = Case::new();
        let note = case.statement(&clerk(), power(&officer(), capability));
        let (refused, found) = case.refusal(&note, now());
        assert!(of_authority(&refused), "{refused}");
        assert!(found.contains(why), "{found}");
    }
    // It has ended when the log records it, whenever it was signed.
    let case = Case::new();
    let note = case.statement(&clerk(), power(&officer(), "deputize.log log/*"));
    let (refused, found) = case.refusal(&note, later(60));
    assert!(of_authority(&refused) && found.contains("expired"), "{refused} {found}");
    // It is for some services only, and a log is not a service.
    let case = Case::new();
    let limited = grant(&clerk(), "deputize.log log/*", later(60)).with_audience(["crm"]).unwrap();
    let owner = Owner::human("privacy@acme.com").unwrap();
    let token = Token::mint(owner, &officer(), limited, now()).unwrap();
    let note = case.statement(&clerk(), token);
    let (refused, found) = case.refusal(&note, now());
    assert!(of_authority(&refused) && found.contains("limited to some services"), "{found}");
}

#[test]
fn a_power_of_another_root_erases_nothing() {
    // The thief, and the log's own key, which is the root of nothing.
    for root in [SigningKey::from_bytes(&[73; 32]), log_key()] {
        let case = Case::new();
        let note = case.statement(&clerk(), power(&root, "deputize.log log/*"));
        let (refused, found) = case.refusal(&note, now());
        assert_eq!(refused, LogError::MayNotErase);
        assert!(found.contains("may not erase in this log"), "{found}");
    }
    // The clerk without its token.
    let case = Case::new();
    let note = case.erasure(clerk().public_key(), None).sign(&clerk()).unwrap();
    assert_eq!(case.refusal(&note, now()).0, LogError::MayNotErase);
}

#[test]
fn the_token_of_somebody_else_gives_no_power() {
    let case = Case::new();
    let note = case.statement(&clerks_helper(), power(&officer(), "deputize.log log/*"));
    let (refused, _) = case.refusal(&note, now());
    assert_eq!(refused, LogError::Erasure(ErasureError::OtherKey));
    assert_ne!(key_of_log(), officer().public_key());
}

fn ranges(of: &[ErasedRange]) -> Vec<(u64, u64)> {
    of.iter().map(|own| (own.first, own.last)).collect()
}

#[test]
fn records_are_kept_for_a_time_and_then_lose_their_values() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let day = |days| now() + Duration::days(days);
    // A clock that was set back between the second and the third.
    for (number, days) in [(1, 0), (2, 10), (3, 0), (4, 20)] {
        let decision = service.decide(&format!("accounts/{number}"), 5, day(days));
        let record = Record::of(&decision, &RecordRules::default()).unwrap();
        log.append(&record).unwrap().wait().unwrap();
    }
    log.close().unwrap();
    let log = place.open().unwrap();
    let kinds = [FieldKind::Resource];
    assert_eq!(log.older_than(now(), None).unwrap(), []);
    assert_eq!(ranges(&log.older_than(day(5), None).unwrap()), [(1, 1), (3, 3)]);
    let old = log.older_than(day(15), Some(&kinds)).unwrap();
    assert_eq!(ranges(&old), [(1, 3)]);
    log.erase(old, ErasureReason::Retention, day(15)).unwrap();
    // Erased values are not erased again; other kinds are still there.
    assert_eq!(log.older_than(day(15), Some(&kinds)).unwrap(), []);
    assert_eq!(ranges(&log.older_than(day(15), None).unwrap()), [(1, 3)]);
    assert_eq!(ranges(&log.older_than(day(25), Some(&kinds)).unwrap()), [(4, 4)]);
    let old = log.older_than(day(25), None).unwrap();
    assert_eq!(ranges(&old), [(1, 4)]);
    log.erase(old, ErasureReason::Retention, day(25)).unwrap();
    log.close().unwrap();
    let files = FolderFiles::new(place.path());
    let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    // The first record still says whose log it is.
    assert_eq!(verdict.shown, 1);
}

/// Outcomes without a value do not part the calls: there is one range.
#[test]
fn records_without_values_do_not_part_what_is_old() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    for number in 1..=4 {
        let Ok(deputize_audit::Recorded::Allowed(call)) = log.record(service.allowed(number))
        else {
            panic!()
        };
        call.failed(now()).unwrap().wait().unwrap();
    }
    log.close().unwrap();
    let log = place.open().unwrap();
    assert_eq!(ranges(&log.older_than(later(1), None).unwrap()), [(1, 7)]);
    log.erase([ErasedRange { first: 3, last: 3, kinds: None }], ErasureReason::Request, now())
        .unwrap();
    // Records without values need no statement.
    assert_eq!(ranges(&log.older_than(later(1), None).unwrap()), [(1, 1), (5, 7)]);
}

/// A statement that does not count keeps no value from being erased when it is old.
#[test]
fn retention_believes_no_statement_that_does_not_count() {
    let thief = SigningKey::from_bytes(&[73; 32]);
    let honest = |case: &Case| case.erasure(officer().public_key(), None);
    type Change = fn(&mut Erasure);
    let changes: [Option<Change>; 4] = [
        None,
        Some(|own| own.root = deputize_audit::leaf_hash(b"")),
        Some(|own| own.origin = Origin::new(key_of_log(), [9; 16])),
        Some(|own| own.size = 1 << 20),
    ];
    for change in changes {
        let case = Case::new();
        let mut erasure = honest(&case);
        let signer = if change.is_none() { &thief } else { &officer() };
        erasure.key = signer.public_key();
        if let Some(change) = change {
            change(&mut erasure);
        }
        let record = Record::erasure(erasure.sign(signer).unwrap().to_string(), vec![], now());
        case.log.append(&record).unwrap().wait().unwrap();
        case.log.close().unwrap();
        let log = case.place.open().unwrap();
        assert_eq!(ranges(&log.older_than(later(1), None).unwrap()), [(1, 2)]);
    }
    // One that counts.
    let case = Case::new();
    let note = honest(&case).sign(&officer()).unwrap();
    case.log.append(&Record::erasure(note.to_string(), vec![], now())).unwrap().wait().unwrap();
    case.log.close().unwrap();
    let log = case.place.open().unwrap();
    assert_eq!(ranges(&log.older_than(later(1), None).unwrap()), [(2, 2)]);
}
