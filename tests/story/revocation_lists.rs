//! Revocation: lists that are drafted, signed, read, kept up to date and passed on as deltas.

use deputize::{
    HopId, KeyEnd, NameError, Note, PublicKey, RevocationDraft, RevocationList, RevokedKey,
    Signature, Signer, SignerError, SigningKey, SigningKind, StatementError, StatementKind,
    StatementScope, Token, VoidSeries,
};
use time::{Duration, OffsetDateTime};

use crate::common::{TOKEN_ID, alice, key, now, planner, researcher, second, thief, token, writer};

fn at(hours: i64) -> OffsetDateTime {
    now() + Duration::hours(hours)
}

/// Signs a list some hours after now, for a day.
fn sign(draft: &RevocationDraft, key: &SigningKey, hours: i64) -> RevocationList {
    draft.sign(key, at(hours), at(hours + 24)).unwrap()
}

#[test]
fn alice_takes_back_what_she_gave_and_gives_it_again() {
    let token = token();
    let (first, second) = (&token.hops()[0], &token.hops()[1]);
    let mut draft = RevocationDraft::own();
    assert!(draft.revoke_hop(first, now()));
    assert!(!draft.revoke_hop(first, at(1)), "it is revoked already");
    let list = sign(&draft, &alice(), 0);

    let entry = list.hop(&first.id()).unwrap();
    assert!(entry.is_about(&first.id()) && !entry.is_about(&second.id()));
    assert_eq!(entry.id(), first.id().to_bytes()[..16]);
    assert_eq!((entry.since(), entry.expires()), (now(), Some(first.grant().expires())));
    assert_eq!(list.hop(&second.id()), None);
    assert_eq!((list.sequence(), list.previous(), list.ends().count()), (1, None, 0));
    assert_eq!((list.issued(), list.next_update()), (now(), at(24)));
    assert_eq!((list.issuer(), list.scope()), (alice().public_key(), StatementScope::Own));
    assert_eq!(list.series().kind, StatementKind::Revocations);

    let mut next = RevocationDraft::after(&list);
    assert!(next.restore_hop(&first.id()));
    assert!(!next.restore_hop(&first.id()), "it is restored already");
    let next = sign(&next, &alice(), 1);
    assert_eq!((next.sequence(), next.previous()), (2, Some(list.digest())));
    assert_eq!((next.hop(&first.id()), next.hop_count()), (None, 0));
    assert!(list.hop(&first.id()).is_some(), "a list that was read does not change");
}

/// A list is a signed note, which any tool verifies, and the hops after it.
#[test]
fn a_list_is_read_from_its_file() {
    let mut draft = RevocationDraft::own();
    draft.revoke_token(TOKEN_ID, now());
    draft.revoke_hop_id(&HopId::from_bytes([7; 32]), now());
    let list = sign(&draft, &alice(), 0);
    let file = list.as_bytes().to_vec();
    let read = RevocationList::parse(file.as_slice()).unwrap();
    assert_eq!((&read, read.digest()), (&list, list.digest()));
    assert_eq!(read.tokens().collect::<Vec<_>>(), [(TOKEN_ID, now())]);
    let ids: Vec<_> = read.hops().map(|hop| hop.id()).collect();
    assert_eq!(ids, [[7; 16]]);

    let (note, body) = file.split_at(read.note().len());
    assert_eq!((note, body.len()), (read.note().as_bytes(), 23));
    let note = Note::parse(note).unwrap();
    let key = alice().public_key();
    assert_eq!(note.verify(&key.to_string(), &key), Ok(()));
    let series = format!("revocations of {key}, scope own");
    assert_eq!(read.series().to_string(), series);
    let shown = format!("RevocationList({series}, 1, 2026-11-23T18:00:00Z, 1 hops, 1 lines)");
    assert_eq!(format!("{read:?}"), shown);
}

/// An expiry is rounded up to a whole hour, and a time beyond 2106 is cut.
#[test]
fn the_times_of_an_entry_are_coarse() {
    let grant = second().until(now() + Duration::minutes(10)).unwrap();
    let raw = crate::common::mint(crate::common::first());
    let raw = raw.delegate(&planner(), grant, now());
    let token = Token::parse(&raw.to_text()).unwrap();
    let mut draft = RevocationDraft::own();
    let late = OffsetDateTime::from_unix_timestamp(i64::from(u32::MAX) + 5).unwrap();
    draft.revoke_hop(&token.hops()[1], late);
    let entry = sign(&draft, &alice(), 0).hops().next().unwrap();
    assert_eq!(entry.since().unix_timestamp(), i64::from(u32::MAX));
    assert_eq!(entry.expires(), Some(at(1)));
}

/// An entry for two hops lasts until the later expiry: two hops can have the same first bytes, if
/// their delegator wants it so.
#[test]
fn an_entry_lasts_as_long_as_the_longest_of_its_hops() {
    let token = token();
    let hop = &token.hops()[0];
    let twin = {
        let mut bytes = hop.id().to_bytes();
        bytes[31] ^= 1;
        HopId::from_bytes(bytes)
    };
    let listed = sign(
        &{
            let mut draft = RevocationDraft::own();
            draft.revoke_hop(hop, at(2));
            draft
        },
        &alice(),
        0,
    );
    for mut draft in [RevocationDraft::own(), RevocationDraft::after(&listed)] {
        draft.revoke_hop(hop, at(2));
        assert!(!draft.revoke_hop_id(&twin, at(1)));
        assert_eq!(draft.prune(at(24)), 0);
        let entry = sign(&draft, &alice(), 24).hop(&hop.id()).unwrap();
        assert_eq!((entry.since(), entry.expires()), (at(1), None));
    }
}

#[test]
fn an_owner_leaves() {
    let mut draft = RevocationDraft::own();
    assert_eq!(draft.revoke_owner("alice@acme.com", now()), Ok(true));
    assert_eq!(draft.revoke_owner("alice@acme.com", at(1)), Ok(false));
    assert_eq!(draft.revoke_owner(" ", now()), Err(NameError::Blank));
    let list = sign(&draft, &alice(), 0);
    assert_eq!(list.owners().collect::<Vec<_>>(), [("alice@acme.com", now())]);
    let mut next = RevocationDraft::after(&list);
    assert!(next.restore_owner("alice@acme.com") && !next.restore_owner("alice@acme.com"));
    assert_eq!(sign(&next, &alice(), 1).owners().count(), 0);
}

#[test]
fn a_key_is_retired_then_reported_as_compromised() {
    let key = planner().public_key();
    let mut draft = RevocationDraft::own();
    assert_eq!(draft.revoke_key(key, KeyEnd::retired(at(-1)), now()), None);
    let list = sign(&draft, &alice(), 0);
    let only = |list: &RevocationList| -> (PublicKey, RevokedKey) {
        let [(key, revoked)] = list.keys().collect::<Vec<_>>()[..] else { panic!("{list:?}") };
        (key, revoked.clone())
    };
    let (own, retired) = only(&list);
    assert_eq!((own, retired.end(), retired.since()), (key, &KeyEnd::retired(at(-1)), now()));
    let mut next = RevocationDraft::after(&list);
    let end = KeyEnd::compromised().with_good(token().hops()[1].id()).with_successor(list.digest());
    assert_eq!(next.revoke_key(key, end.clone(), at(1)), Some(retired));
    let list = sign(&next, &alice(), 1);
    let (own, compromised) = only(&list);
    assert_eq!((own, compromised.end(), compromised.since()), (key, &end, at(1)));
    let mut next = RevocationDraft::after(&list);
    assert_eq!(next.restore_key(&key), Some(compromised));
    assert_eq!(next.restore_key(&key), None);
    assert_eq!(sign(&next, &alice(), 2).keys().count(), 0);
    // A retired key has no exceptions.
    let plain = KeyEnd::retired(now());
    let with = plain.clone().with_good(token().hops()[1].id()).with_successor(list.digest());
    assert_eq!(with, plain);
}

/// The researcher holds a token, and revokes by it; Alice voids the researcher's lists.
#[test]
fn a_root_voids_the_lists_of_a_revoker() {
    let mut draft = RevocationDraft::by_power_of(token());
    draft.revoke_token(TOKEN_ID, now());
    let revoker = sign(&draft, &researcher(), 0);
    let power = token().hops()[1].id();
    assert_eq!(revoker.scope(), StatementScope::Power(power));
    assert_eq!(revoker.authority(), Some(&token()));
    let mut root = RevocationDraft::own();
    root.void_series(VoidSeries::Power(power), 2);
    root.void_series(VoidSeries::Own(writer().public_key()), 1);
    root.void_list(revoker.digest());
    let root = sign(&root, &alice(), 0);
    let expected = [(VoidSeries::Own(writer().public_key()), 1), (VoidSeries::Power(power), 2)];
    assert_eq!(root.void_series().collect::<Vec<_>>(), expected);
    assert_eq!(root.void_lists().collect::<Vec<_>>(), [revoker.digest()]);
    // A newer list of Alice that lacks the lines withdraws them: a draft repeats them.
    let next = sign(&RevocationDraft::after(&root), &alice(), 1);
    assert_eq!(next.void_series().collect::<Vec<_>>(), expected);
}

/// A key that is kept elsewhere signs the text of a list, and nothing else.
#[test]
fn a_list_is_signed_elsewhere() {
    let mut draft = RevocationDraft::own();
    draft.revoke_token(TOKEN_ID, now());
    draft.revoke_hop(&token().hops()[0], now());
    let open = draft.prepare(alice().public_key(), now(), at(24)).unwrap();
    assert_eq!(open.issuer(), alice().public_key());
    assert!(open.text().starts_with("deputize revocations v1 ed25519/"));
    // The values that the signer sees.
    let shown = open.to_sign();
    let SigningKind::Revocations { list, .. } = shown.kind() else { panic!("{shown:?}") };
    assert_eq!((shown.key(), shown.message()), (alice().public_key(), open.text().as_bytes()));
    assert!(list.hops().eq(sign(&draft, &alice(), 0).hops()) && list.hops().count() == 1);
    let list = open.signed(&alice().sign(open.text().as_bytes()).unwrap()).unwrap();
    assert_eq!(list, sign(&draft, &alice(), 0));
    let wrong = thief().sign(open.text().as_bytes()).unwrap();
    assert!(matches!(open.signed(&wrong), Err(StatementError::Note(_))));
    assert_eq!(
        format!("{open:?}"),
        format!("UnsignedRevocations({} bytes of text, 1 hops)", open.text().len())
    );
}

/// A signer that fails, or signs something else.
#[test]
fn a_signer_that_fails() {
    struct Other(Result<Signature, SignerError>);
    impl Signer for Other {
        fn public_key(&self) -> PublicKey {
            alice().public_key()
        }
        fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
            self.0.clone()
        }
    }
    let draft = RevocationDraft::own();
    let failed = SignerError::new("the device is locked");
    let signed = draft.sign(&Other(Err(failed.clone())), now(), at(1));
    assert_eq!(signed, Err(StatementError::Signer(failed)));
    let signed = draft.sign(&Other(alice().sign(b"something else")), now(), at(1));
    assert!(matches!(signed, Err(StatementError::Note(_))), "{signed:?}");
}

/// A reader that has a list can get the next one as a delta.
#[test]
fn a_list_is_passed_on_as_a_delta() {
    let id = |n: u8| HopId::from_bytes([n; 32]);
    let mut draft = RevocationDraft::own();
    assert!((0..200).all(|n| draft.revoke_hop_id(&id(n), now())));
    let base = sign(&draft, &alice(), 0);
    let mut draft = RevocationDraft::after(&base);
    assert!(draft.restore_hop(&id(7)) && draft.revoke_hop_id(&id(250), at(1)));
    let result = sign(&draft, &alice(), 1);
    let delta = result.delta_from(&base);
    assert!(delta.len() < 900 && result.as_bytes().len() > 4_600, "{}", delta.len());
    assert!(RevocationList::is_delta(&delta) && !RevocationList::is_delta(result.as_bytes()));
    assert_eq!(base.apply(&delta), Ok(result.clone()));
    // And the way back: whether a list is newer is judged where it is accepted.
    assert_eq!(result.apply(&base.delta_from(&result)), Ok(base));
}

/// Two machines with one key: each list goes on from the first one.
#[test]
fn a_fork_ends_with_the_entries_of_both() {
    let id = |n: u8| HopId::from_bytes([n; 32]);
    let mut first = RevocationDraft::own();
    first.void_list(sign(&RevocationDraft::own(), &planner(), 0).digest());
    first.void_series(VoidSeries::Own(planner().public_key()), 3);
    let first = sign(&first, &alice(), 0);
    let key = key(21).public_key();
    let (mut one, mut other) = (RevocationDraft::after(&first), RevocationDraft::after(&first));
    one.revoke_hop_id(&id(1), at(2));
    one.revoke_token(TOKEN_ID, at(2));
    one.revoke_key(key, KeyEnd::retired(now()), at(2));
    one.void_series(VoidSeries::Own(planner().public_key()), 9);
    one.void_list(first.digest());
    other.revoke_hop_id(&id(2), at(1));
    other.revoke_token(TOKEN_ID, at(1));
    let end = KeyEnd::compromised().with_good(id(3)).with_successor(first.digest());
    other.revoke_key(key, end, at(1));
    let (one, other) = (sign(&one, &alice(), 2), sign(&other, &alice(), 2));

    let list = sign(&RevocationDraft::ending_fork(&one, &other), &alice(), 3);
    assert_eq!((list.sequence(), list.previous()), (3, Some(other.digest())));
    let mut ends = [one.digest(), first.digest()];
    ends.sort();
    assert_eq!(list.ends().collect::<Vec<_>>(), ends);
    assert!(list.hop(&id(1)).is_some() && list.hop(&id(2)).is_some());
    assert_eq!(list.tokens().collect::<Vec<_>>(), [(TOKEN_ID, at(1))]);
    // The exception would lift what the retired key lost.
    let end = KeyEnd::compromised().with_successor(first.digest());
    let keys: Vec<_> =
        list.keys().map(|(own, revoked)| (own, revoked.end(), revoked.since())).collect();
    assert_eq!(keys, [(key, &end, at(1))]);
    // Only what both void is void.
    let void = (VoidSeries::Own(planner().public_key()), 9);
    assert_eq!(list.void_series().collect::<Vec<_>>(), [void]);
    assert_eq!(list.void_lists().collect::<Vec<_>>(), first.void_lists().collect::<Vec<_>>());
}

/// The scope decides the chains that a list is about. The digest depends on the text alone.
#[test]
fn lists_of_different_series_are_different() {
    let root = RevocationDraft::for_root(alice().public_key());
    let lists = [
        sign(&RevocationDraft::own(), &researcher(), 0),
        sign(&root, &researcher(), 0),
        sign(&RevocationDraft::by_power_of(token()), &researcher(), 0),
        sign(&RevocationDraft::own(), &alice(), 0),
        sign(&RevocationDraft::own(), &alice(), 1),
    ];
    for (index, one) in lists.iter().enumerate() {
        for other in &lists[..index] {
            assert_ne!((one, one.digest()), (other, other.digest()));
        }
        let issuer = if index < 3 { researcher() } else { alice() };
        assert_eq!(sign(&RevocationDraft::after(one), &issuer, 2).series(), one.series());
    }
}
