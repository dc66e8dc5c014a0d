//! A signed list says exactly what was drafted, a delta gives exactly the list that it was made for,
//! and a hop is found exactly where a list has it.

use std::collections::BTreeSet;

use crate::common::{alice, now};
use crate::list_drafts::{Drafted, Signed, hop_id, hop_until, issuer};
use crate::plain_list::{Plain, parts};
use crate::source::Source;
use deputize::{HopId, RevocationDraft, RevocationList, StatementError};
use time::Duration;

const CASES: u64 = 150;

/// A few lists of one series, each from the one before or from two that contradict each other.
fn history(source: &mut Source) -> Vec<Signed> {
    let issuer = issuer(source);
    let mut lists: Vec<Signed> = Vec::new();
    // A sequence is at most the seconds since 1970, and times do not go back.
    let mut at = now();
    for _ in 0..3 + source.below(4) {
        let mut own: Drafted = match lists.as_slice() {
            [] => issuer.first(source),
            [.., one, other] if source.chance(40) => match source.chance(50) {
                true => one.ending_fork(other),
                false => other.ending_fork(one),
            },
            // After a list that is not the last one: a fork.
            lists => source.pick(lists).next(),
        };
        for _ in 0..source.below(12) {
            own.change(source);
        }
        at += Duration::seconds(source.below(4_000) as i64);
        lists.extend(issuer.sign(own, at));
    }
    lists
}

#[test]
fn a_list_says_what_was_drafted() {
    let (mut lists, mut empty) = (0, 0);
    for seed in 0..CASES {
        let history = history(&mut Source(seed));
        lists += history.len();
        for signed in history {
            let read = RevocationList::parse(signed.list.as_bytes()).unwrap();
            assert_eq!(read, signed.list);
            assert_eq!(Plain::of(&read), signed.plain);
            let (text, body) = parts(&read);
            assert_eq!((text, body), (&*signed.plain.text(), &*signed.plain.body()));
            empty += usize::from(signed.plain.hops.is_empty());
        }
    }
    assert!(lists > 500 && empty > 20, "{lists} {empty}");
}

#[test]
fn a_delta_between_any_two_lists_of_a_series_gives_the_second() {
    let mut changed = 0;
    for seed in 0..CASES {
        let history = history(&mut Source(seed + 1_000_000));
        let lists: Vec<_> = history.into_iter().map(|signed| signed.list).collect();
        for (base, result) in pairs(&lists) {
            let delta = result.delta_from(base);
            assert!(RevocationList::is_delta(&delta));
            assert_eq!(base.apply(&delta).as_ref(), Ok(result));
            let before: BTreeSet<_> = base.hops().map(|hop| hop.id()).collect();
            changed += usize::from(before != result.hops().map(|hop| hop.id()).collect());
            if base != result {
                let (base, found) = (base.digest().to_string(), result.digest().to_string());
                let expected = StatementError::WrongBase { base, found };
                assert_eq!(result.apply(&delta), Err(expected));
            }
        }
    }
    assert!(changed > 500, "{changed}");
}

fn pairs(lists: &[RevocationList]) -> impl Iterator<Item = (&RevocationList, &RevocationList)> {
    lists.iter().flat_map(move |base| lists.iter().map(move |result| (base, result)))
}

/// Among hashes, and among ids that an issuer chose so that the index does not help.
#[test]
fn a_hop_is_found_exactly_where_a_scan_finds_it() {
    for (seed, count) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 64), (5, 65), (6, 1_000), (7, 3_000)]
    {
        for shared in [0, 1, 3, 4, 8, 15] {
            let mut source = Source(seed * 100 + shared as u64);
            let mut id = || {
                let mut bytes = [0x70; 32];
                bytes[shared..].fill_with(|| source.roll() as u8);
                HopId::from_bytes(bytes)
            };
            let mut draft = RevocationDraft::own();
            let ids: Vec<_> = (0..count).map(|_| id()).collect();
            for id in &ids {
                draft.revoke_hop_id(id, now());
            }
            let list = draft.sign(&alice(), now(), now() + Duration::HOUR).unwrap();
            assert!(ids.iter().all(|id| list.hop(id).is_some_and(|hop| hop.is_about(id))));
            let near = ids.iter().flat_map(|id| [-1_i128, 1].map(|step| beside(id, step)));
            let ends = [[0; 32], [0xff; 32], [0x70; 32]].map(HopId::from_bytes);
            for id in near.chain(ends).chain((0..50).map(|_| id())).collect::<Vec<_>>() {
                let scanned = list.hops().find(|hop| hop.is_about(&id));
                assert_eq!(list.hop(&id), scanned, "{id}");
            }
        }
    }
}

/// The id whose first bytes are the next ones, or those before.
fn beside(id: &HopId, step: i128) -> HopId {
    let mut bytes = id.to_bytes();
    let own = u128::from_be_bytes(*bytes.first_chunk().unwrap());
    bytes[..16].copy_from_slice(&own.wrapping_add_signed(step).to_be_bytes());
    HopId::from_bytes(bytes)
}

/// To the second: five minutes after the expiry, which is rounded up to a whole hour.
#[test]
fn an_entry_is_pruned_five_minutes_after_its_expiry() {
    for (expires, hours) in [(1, 1), (3_599, 1), (3_600, 1), (3_601, 2), (7_200, 2)] {
        let hop = hop_until(Duration::seconds(expires));
        let mut draft = RevocationDraft::own();
        assert!(draft.revoke_hop(&hop, now()));
        let over = now() + Duration::hours(hours) + Duration::minutes(5);
        let list = draft.sign(&alice(), now(), now() + Duration::HOUR).unwrap();
        let listed = list.hop(&hop.id()).and_then(|hop| hop.expires());
        assert_eq!(listed, Some(now() + Duration::hours(hours)));
        // In a draft, and in the list before it.
        for mut draft in [draft, RevocationDraft::after(&list)] {
            for early in [Duration::ZERO, over - now() - Duration::SECOND] {
                assert_eq!(draft.prune(now() + early), 0);
            }
            assert_eq!(draft.prune(over - Duration::milliseconds(1)), 0);
            assert_eq!(draft.prune(over), 1);
            assert_eq!(draft.prune(over), 0);
            let early = draft.sign(&alice(), over - Duration::SECOND, over);
            let (pruned, issued) = (over, over - Duration::SECOND);
            assert_eq!(early, Err(StatementError::PrunedLater { pruned, issued }));
            let list = draft.sign(&alice(), over, over + Duration::HOUR).unwrap();
            assert_eq!(list.hop_count(), 0);
        }
    }
}

/// An expiry that is not known, and one beyond what an entry can say.
#[test]
fn an_entry_without_an_expiry_is_never_pruned() {
    let hop = hop_until(Duration::days(365 * 1_900));
    let mut draft = RevocationDraft::own();
    assert!(draft.revoke_hop(&hop, now()));
    let mut source = Source(1);
    for _ in 0..100 {
        draft.revoke_hop_id(&hop_id(&mut source), now());
    }
    let list = draft.sign(&alice(), now(), now() + Duration::HOUR).unwrap();
    assert!(list.hops().all(|hop| hop.expires().is_none()));
    let end = now() + Duration::days(365 * 7_900);
    assert_eq!([draft.prune(end), RevocationDraft::after(&list).prune(end)], [0, 0]);
}
