//! A list that every reader would refuse is not signed: the signer is not even called.

use deputize::limits::MAX_ENDED_HEADS;
use deputize::{
    KeyEnd, RevocationDraft, RevocationList, Signer, SigningKey, StatementDigest, StatementError,
    VoidSeries,
};
use time::{Duration, OffsetDateTime};

use crate::common::{alice, now, planner, researcher, thief, token};

/// A list that cannot be signed cannot be prepared either.
fn sign(draft: &RevocationDraft, key: &SigningKey) -> Result<RevocationList, StatementError> {
    let prepared = draft.prepare(key.public_key(), now(), now() + Duration::HOUR);
    let signed = draft.sign(key, now(), now() + Duration::HOUR);
    assert_eq!(prepared.err(), signed.clone().err());
    signed
}

fn first() -> RevocationList {
    sign(&RevocationDraft::own(), &alice()).unwrap()
}

/// The list after `list`, with one more entry.
fn after(list: &RevocationList, entry: u8) -> RevocationList {
    let mut draft = RevocationDraft::after(list);
    draft.revoke_token([entry; 16], now());
    sign(&draft, &alice()).unwrap()
}

fn not_the_issuer(
    issuer: &SigningKey,
    signer: &SigningKey,
) -> Result<RevocationList, StatementError> {
    let [issuer, signer] = [issuer, signer].map(|key| Box::new(key.public_key()));
    Err(StatementError::NotTheIssuer { issuer, signer })
}

#[test]
fn the_next_list_by_another_key() {
    let next = RevocationDraft::after(&first());
    assert_eq!(sign(&next, &thief()), not_the_issuer(&alice(), &thief()));
    assert!(sign(&next, &alice()).is_ok());
}

/// The planner has delegated this token to the researcher.
#[test]
fn a_list_by_a_power_that_the_signer_does_not_hold() {
    let draft = RevocationDraft::by_power_of(token());
    for other in [alice(), planner(), thief()] {
        assert_eq!(sign(&draft, &other), not_the_issuer(&researcher(), &other));
    }
    assert!(sign(&draft, &researcher()).is_ok());
}

#[test]
fn a_void_line_that_does_not_count() {
    let scopes = [
        (RevocationDraft::for_root(alice().public_key()), thief()),
        (RevocationDraft::by_power_of(token()), researcher()),
    ];
    for (draft, signer) in scopes {
        let mut by_list = draft.clone();
        by_list.void_list(StatementDigest::from_bytes([7; 32]));
        let mut by_series = draft;
        by_series.void_series(VoidSeries::Own(planner().public_key()), 1);
        for draft in [by_list, by_series] {
            let why = "is only for the scope `own`";
            assert_eq!(sign(&draft, &signer), Err(StatementError::Void { line: 7, why }));
        }
    }
    let mut own = RevocationDraft::own();
    own.void_series(VoidSeries::Own(alice().public_key()), 1);
    let why = "is for the issuer itself";
    assert_eq!(sign(&own, &alice()), Err(StatementError::Void { line: 7, why }));
    assert!(sign(&own, &planner()).is_ok());
}

#[test]
fn a_list_of_a_root_as_that_of_its_revoker() {
    let draft = RevocationDraft::for_root(alice().public_key());
    let found = sign(&draft, &alice()).unwrap_err();
    assert!(matches!(found, StatementError::Line { line: 2, .. }), "{found:?}");
}

/// A thief who has the key could withdraw the report.
#[test]
fn a_list_after_one_that_reports_its_own_key() {
    let mut last = RevocationDraft::after(&first());
    last.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    let last = sign(&last, &alice()).unwrap();
    let other = after(&first(), 1);
    for next in [
        RevocationDraft::after(&last),
        RevocationDraft::ending_fork(&last, &other),
        RevocationDraft::ending_fork(&other, &last),
    ] {
        assert_eq!(sign(&next, &alice()), Err(StatementError::AfterFinal));
    }
    // A key that is only retired goes on until then.
    let mut retired = RevocationDraft::after(&first());
    retired.revoke_key(alice().public_key(), KeyEnd::retired(now()), now());
    let retired = sign(&retired, &alice()).unwrap();
    assert!(sign(&RevocationDraft::after(&retired), &alice()).is_ok());
}

#[test]
fn the_end_of_a_fork_of_two_series() {
    let root = thief().public_key();
    let other = sign(&RevocationDraft::for_root(root), &alice()).unwrap();
    let (own, foreign) = (first().series().to_string(), other.series().to_string());
    for (one, two, expected, found) in
        [(first(), other.clone(), &foreign, &own), (other, first(), &own, &foreign)]
    {
        // The one with the higher sequence, or the second one.
        let draft = RevocationDraft::ending_fork(&one, &two);
        let (expected, found) = (expected.clone(), found.clone());
        assert_eq!(sign(&draft, &alice()), Err(StatementError::OtherSeries { expected, found }));
    }
}

/// Heads that were missed by a verifier are named, and those of earlier forks as long as there is
/// room.
#[test]
fn more_forks_than_a_list_can_end() {
    let mut list = first();
    let mut most = 0;
    for round in 0..20_u8 {
        let (one, other) = (after(&list, 2 * round), after(&list, 2 * round + 1));
        let two = after(&other, 77);
        list = sign(&RevocationDraft::ending_fork(&one, &two), &alice()).unwrap();
        assert_eq!(list.sequence(), two.sequence() + 1);
        assert_eq!(list.previous(), Some(two.digest()));
        let ends: Vec<_> = list.ends().collect();
        // `two` has replaced `other`, unless a verifier missed it.
        for named in [one.digest(), other.digest()] {
            assert!(ends.contains(&named), "round {round}");
        }
        assert!(!ends.contains(&two.digest()));
        most = most.max(ends.len());
        // Later lists repeat it.
        let next = after(&list, 78);
        assert_eq!(next.ends().collect::<Vec<_>>(), ends);
        list = next;
    }
    assert!(most as u64 <= MAX_ENDED_HEADS && most > 10, "{most}");
}

#[test]
fn a_list_before_the_one_before_it() {
    let at = |seconds| now() + Duration::seconds(seconds);
    let list = RevocationDraft::own().sign(&alice(), at(10), at(100)).unwrap();
    let other = RevocationDraft::own().with_first_sequence(9).sign(&alice(), at(5), at(100));
    for next in [
        RevocationDraft::after(&list),
        RevocationDraft::ending_fork(&list, &other.clone().unwrap()),
        RevocationDraft::ending_fork(&other.unwrap(), &list),
    ] {
        let early = next.sign(&alice(), at(9), at(100));
        let expected = StatementError::BeforePrevious { before: at(10), now: at(9) };
        assert_eq!(early, Err(expected));
        assert!(next.sign(&alice(), at(10), at(100)).is_ok());
        let late = next.sign(&alice(), at(10), at(10));
        assert_eq!(late, Err(StatementError::NextNotLater { issued: at(10), next: at(10) }));
    }
}

/// After the highest sequence, a list can be issued once a second.
#[test]
fn a_sequence_ahead_of_the_clock() {
    let seconds = now().unix_timestamp().unsigned_abs();
    let draft = |sequence| RevocationDraft::own().with_first_sequence(sequence);
    let ahead =
        |sequence, issued: OffsetDateTime| StatementError::SequenceAhead { sequence, issued };
    assert_eq!(sign(&draft(seconds + 1), &alice()), Err(ahead(seconds + 1, now())));
    let highest = i64::MAX.unsigned_abs();
    assert_eq!(sign(&draft(u64::MAX), &alice()), Err(ahead(highest, now())));
    let list = sign(&draft(seconds), &alice()).unwrap();
    let next = RevocationDraft::after(&list);
    assert_eq!(sign(&next, &alice()), Err(ahead(seconds + 1, now())));
    let later = now() + Duration::SECOND;
    assert!(next.sign(&alice(), later, later + Duration::HOUR).is_ok());
}
