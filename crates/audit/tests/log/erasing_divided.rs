//! Erasures that take more than one record: nobody can make one impossible.

use std::collections::BTreeMap;
use std::fs;

use deputize::limits::MAX_CORE_BYTES;
use deputize::{FieldKind, Grant, Note, Owner, Principal, Record, RecordKind, RecordRules, Signer};
use deputize::{SigningKey, Token};
use deputize_audit::{ErasedRange, Erasure, ErasureError, ErasureReason, Log, LogError, Verdict};

use crate::cast::{Place, Service, later, lines, now};
use crate::eraser::{OPENINGS, create, is_anywhere, officer, verdict};

const CORES: &str = "segments/00000000.jsonl";

/// Records of a call with 64 fields, and the last one, whose line opening the log requires.
const CALLS: u64 = 120;

fn all_of(first: u64, last: u64) -> [ErasedRange; 1] {
    [ErasedRange { first, last, kinds: None }]
}

fn record(service: &Service, resource: &str, args: &str) -> Record {
    Record::of(&service.decide_with(resource, args, now()), &RecordRules::default()).unwrap()
}

/// A log in which somebody made more than 6,000 values wrong.
fn tampered() -> Place {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let args: BTreeMap<_, _> = (0..70).map(|n| (format!("a{n:02}"), "secret-4711")).collect();
    let own = record(&service, "accounts/4711", &serde_json::to_string(&args).unwrap());
    let written: Vec<_> = (0..=CALLS).map(|_| log.append(&own).unwrap()).collect();
    written.into_iter().for_each(|own| assert!(own.wait().is_ok()));
    log.close().unwrap();
    let mut openings = lines(&place.file(OPENINGS));
    for line in &mut openings[1..=CALLS as usize] {
        *line = format!("{{{}", &line[1..].replace("secret-4711", "secret-4799"));
    }
    // One that nobody can read.
    openings[7] = "{}".to_owned();
    fs::write(place.file(OPENINGS), openings.join("\n") + "\n").unwrap();
    place
}

fn wrong_in(verdict: &Verdict) -> u64 {
    assert!(verdict.findings.iter().all(|own| own.fault.code() == "value_wrong"));
    verdict.findings.len() as u64 + verdict.more_findings
}

/// The statements of the records with these indexes, with the number of wrong fields of each.
fn statements(place: &Place, indexes: &[u64]) -> Vec<(Erasure, usize)> {
    let cores = place.cores();
    let read = |index: &u64| match &cores[*index as usize].kind {
        RecordKind::Erasure { statement, wrong } => {
            let erasure = Erasure::parse(&Note::parse(statement.as_bytes()).unwrap()).unwrap();
            let has = |index: u64| erasure.ranges.iter().any(|own| own.has(index, FieldKind::Call));
            assert!(wrong.iter().all(|(index, _)| has(*index)));
            (erasure, wrong.len())
        }
        other => panic!("{other:?}"),
    };
    indexes.iter().map(read).collect()
}

#[test]
fn any_number_of_wrong_values_is_named() {
    let place = tampered();
    let log = place.open().unwrap();
    let indexes = log.erase(all_of(1, CALLS + 1), ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    assert!(!is_anywhere(&place, "secret-47"));
    let statements = statements(&place, &indexes);
    let wrong: usize = statements.iter().map(|(_, wrong)| wrong).sum();
    assert!(wrong > 6000, "{wrong}");
    assert_eq!(wrong_in(&verdict(&place)), wrong as u64);
    // Each is about other records, and together they are about all.
    let mut next = 1;
    for (own, _) in &statements {
        let [range] = &own.ranges[..] else { panic!("{:?}", own.ranges) };
        assert_eq!(range.first, next);
        next = range.last + 1;
    }
    assert_eq!(next, CALLS + 2);
    // They are not more than it takes.
    let cores = lines(&place.file(CORES));
    let lengths: Vec<_> = indexes.iter().map(|own| cores[*own as usize].len()).collect();
    let (_, full) = lengths.split_last().unwrap();
    assert!(full.iter().all(|own| *own > MAX_CORE_BYTES / 5 * 4), "{lengths:?}");
}

/// The writer stopped when the first statements were on the disk, and no checkpoint covered them.
#[test]
fn an_erasure_that_stopped_between_two_statements_is_finished() {
    let place = tampered();
    let before: Vec<_> = ["checkpoint", CORES, OPENINGS]
        .map(|name| (name, fs::read(place.file(name)).unwrap()))
        .into();
    let log = place.open().unwrap();
    let tiles = fs::read_dir(place.file("tile/0")).unwrap().count();
    let indexes = log.erase(all_of(1, CALLS + 1), ErasureReason::Retention, now()).unwrap();
    log.close().unwrap();
    assert!(indexes.len() > 2 && tiles > 0);
    let of_wrong = wrong_in(&verdict(&place));
    for stated in 1..indexes.len() {
        let end = indexes[stated] as usize;
        let added = |name| lines(&place.file(name))[indexes[0] as usize..end].join("\n") + "\n";
        let added = [(CORES, added(CORES)), (OPENINGS, added(OPENINGS))];
        let stopped = Place::new();
        for folder in ["segments", "tile"] {
            fs::create_dir_all(stopped.file(folder)).unwrap();
        }
        for (name, bytes) in &before {
            let added = added.iter().filter(|(own, _)| own == name);
            let added: String = added.map(|(_, lines)| lines.as_str()).collect();
            fs::write(stopped.file(name), [bytes, added.as_bytes()].concat()).unwrap();
        }
        let log = stopped.open().unwrap();
        // The first statements are carried out, and hide nothing.
        let left = log.older_than(later(1), None).unwrap();
        assert_eq!(left[0].last, CALLS + 1);
        assert!(left[0].first > 1);
        assert!(is_anywhere(&stopped, "secret-47"));
        assert_eq!(wrong_in(&verdict(&stopped)), of_wrong);
        // The same command again.
        let again = log.erase(left, ErasureReason::Retention, now()).unwrap();
        assert_eq!(again.len(), indexes.len() - stated);
        log.close().unwrap();
        assert!(!is_anywhere(&stopped, "secret-47"));
        assert_eq!(wrong_in(&verdict(&stopped)), of_wrong);
    }
}

/// One presentation in 2,100 records, each between others.
fn repeated() -> Place {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let [own, other] = ["accounts/4711", "accounts/4712"]
        .map(|resource| record(&service, resource, "{\"limit\":5}"));
    let written: Vec<_> =
        (0..2100).flat_map(|_| [&own, &other]).map(|own| log.append(own).unwrap()).collect();
    written.into_iter().for_each(|own| assert!(own.wait().is_ok()));
    log.close().unwrap();
    place
}

fn by_name(first: u64) -> [ErasedRange; 1] {
    [ErasedRange { first, last: first, kinds: Some(FieldKind::ALL.to_vec()) }]
}

#[test]
fn any_number_of_ranges_is_erased() {
    let place = repeated();
    let log = place.open().unwrap();
    let indexes = log.erase(by_name(1), ErasureReason::Request, now()).unwrap();
    // More than wait together.
    assert!(indexes.len() > 16, "{indexes:?}");
    log.close().unwrap();
    assert!(!is_anywhere(&place, "accounts/4711") && is_anywhere(&place, "accounts/4712"));
    let statements = statements(&place, &indexes);
    assert_eq!(statements.iter().map(|(own, _)| own.ranges.len()).sum::<usize>(), 2100);
    let verdict = verdict(&place);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    assert_eq!((verdict.erased, verdict.shown), (2100 * 9, 2100 * 9 + 1));
}

fn clerk() -> SigningKey {
    SigningKey::from_bytes(&[74; 32])
}

fn helper() -> SigningKey {
    SigningKey::from_bytes(&[75; 32])
}

fn grant(to: &SigningKey, purpose: &str, hops: u32) -> Grant {
    let to = Principal::agent("clerk", to.public_key()).unwrap();
    let others = (0..8).map(|n| format!("crm.read accounts/{}/{n}", "x".repeat(100)));
    let all = ["deputize.log log/*".to_owned()].into_iter().chain(others.filter(|_| hops > 0));
    let all = all.map(|own| own.parse().unwrap());
    Grant::new(to, all, later(60), purpose).unwrap().with_max_hops(hops)
}

/// The officer lets the clerk erase.
fn power(purpose: &str, hops: u32) -> Token {
    let owner = Owner::human("privacy@acme.com").unwrap();
    Token::mint(owner, &officer(), grant(&clerk(), purpose, hops), now()).unwrap()
}

fn signed(plan: &[Erasure], key: &SigningKey) -> Vec<Note> {
    plan.iter().map(|own| own.sign(key).unwrap()).collect()
}

fn plan(log: &Log, ranges: [ErasedRange; 1], token: Option<Token>) -> Vec<Erasure> {
    let why = ErasureReason::Law;
    log.plan_erasure(ranges, why, clerk().public_key(), token, now()).unwrap()
}

#[test]
fn a_holder_of_the_power_signs_as_many_statements_as_it_takes() {
    let token = power("requests of customers", 0);
    for (place, ranges) in [(tampered(), all_of(1, CALLS + 1)), (repeated(), by_name(1))] {
        let log = place.open().unwrap();
        let plan = plan(&log, ranges, Some(token.clone()));
        assert!(plan.len() > 2);
        // One of them that does not count keeps the others from the log, too.
        let mut notes = signed(&plan, &clerk());
        let other = Erasure { root: deputize_audit::leaf_hash(b""), ..plan[1].clone() };
        notes[1] = other.sign(&clerk()).unwrap();
        assert_eq!(log.erase_as_stated(notes, now()), Err(LogError::MayNotErase));
        assert!(is_anywhere(&place, "accounts/4711"));
        let indexes = log.erase_as_stated(signed(&plan, &clerk()), now()).unwrap();
        log.close().unwrap();
        assert!(!is_anywhere(&place, "accounts/4711"));
        let statements = statements(&place, &indexes);
        assert!(statements.iter().map(|(own, _)| own).eq(&plan));
        let wrong: usize = statements.iter().map(|(_, wrong)| wrong).sum();
        assert_eq!(wrong_in(&verdict(&place)), wrong as u64);
    }
}

#[test]
fn a_statement_whose_record_would_be_too_long_erases_nothing() {
    let place = tampered();
    let log = place.open().unwrap();
    let mut plan = plan(&log, all_of(1, CALLS + 1), Some(power("requests of customers", 0)));
    plan.truncate(1);
    plan[0].ranges = all_of(1, CALLS + 1).to_vec();
    let refused = log.erase_as_stated(signed(&plan, &clerk()), now()).unwrap_err();
    let LogError::Erasure(ErasureError::TooLong { wrong }) = refused else { panic!("{refused}") };
    assert!(wrong > 6000);
    assert!(is_anywhere(&place, "secret-4799"));
    assert!(!place.kinds().contains(&"other"));
}

#[test]
fn nobody_plans_what_its_signer_may_not_erase() {
    let place = repeated();
    let log = place.open().unwrap();
    let plan = |key: SigningKey, token| {
        log.plan_erasure(by_name(1), ErasureReason::Law, key.public_key(), token, now())
    };
    assert_eq!(plan(clerk(), None), Err(LogError::MayNotErase));
    assert!(plan(officer(), None).is_ok());
    // An authority that leaves no room.
    let purpose = "p".repeat(500);
    let mut token = power(&purpose, 20);
    for hops in (0..20).rev() {
        let (from, to) = if hops % 2 == 1 { (clerk(), helper()) } else { (helper(), clerk()) };
        token = token.delegate(&from, grant(&to, &purpose, hops), now()).unwrap();
    }
    let refused = plan(clerk(), Some(token));
    assert!(matches!(refused, Err(LogError::Erasure(ErasureError::TooLong { wrong: 0 }))));
    // The other ranges are refused as in `erase`.
    let ranges = all_of(1, 9999);
    let refused = log.plan_erasure(ranges, ErasureReason::Law, officer().public_key(), None, now());
    assert!(matches!(refused, Err(LogError::Erasure(ErasureError::Range { .. }))));
}
