//! Limits of revocation lists.

use std::collections::BTreeSet;

use deputize::{RevocationDraft, RevocationList, Signer, StatementError};
use time::{Duration, OffsetDateTime};

use super::{Limit, made};
use crate::common::{alice, now};
use crate::plain_list::{Plain, file, sha256};

pub(super) const LIMITS: &[Limit] = &[
    ("lines of entries, drafted", 4_096, |n| made(sign(&tokens(n))), "at most 4096"),
    ("lines of entries, read", 4_096, |n| made(read(lines(n))), "at most 4096"),
    ("heads that a list ends", 16, |n| made(read(ends(n))), "at most 16"),
    ("hops of a list", MAX_HOPS, |n| made(RevocationList::parse(hops(n))), "at most 2097152"),
    ("bytes of a list's note", 1_000_000, note, "longer than 1000000 bytes"),
];

const MAX_HOPS: usize = 1 << 21;

fn later() -> OffsetDateTime {
    now() + Duration::HOUR
}

/// The signer is not asked for what is too long or has too much.
fn sign(draft: &RevocationDraft) -> Result<RevocationList, StatementError> {
    let open = draft.prepare(alice().public_key(), now(), later())?;
    Ok(open.signed(&alice().sign(open.text().as_bytes()).unwrap()).unwrap())
}

fn read(plain: Plain) -> Result<RevocationList, StatementError> {
    RevocationList::parse(plain.file(&alice()))
}

fn plain() -> Plain {
    Plain::own(&alice(), now(), later())
}

fn tokens(count: usize) -> RevocationDraft {
    let mut draft = RevocationDraft::own();
    for n in 0..count as u128 {
        draft.revoke_token(n.to_be_bytes(), now());
    }
    draft
}

/// Lines of every kind, most of them exceptions.
fn lines(count: usize) -> Plain {
    use crate::plain_list::End;
    let texts = |count: usize| -> BTreeSet<String> {
        (0..count as u128).map(|n| hex::encode([n.to_be_bytes(); 2].concat())).collect()
    };
    let key = |seed: u8| crate::common::key(seed);
    let name = |seed: u8| key(seed).public_key().to_string();
    let compromised = End::Compromised { good: texts(count - 9), successors: texts(2) };
    Plain {
        tokens: [([1; 16], 0)].into(),
        owners: [("alice@acme.com".to_owned(), 0)].into(),
        keys: [(name(21), (compromised, 0)), (name(22), (End::Retired(0), 0))].into(),
        void_own: [(name(23), 0)].into(),
        void_power: [("00".repeat(32), 0)].into(),
        void_lists: texts(1),
        ..plain()
    }
}

fn ends(count: usize) -> Plain {
    Plain { ends: (0..count).map(|n| hex::encode([n as u8; 32])).collect(), ..plain() }
}

/// A list of this many hops, signed.
fn hops(count: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(count * 23);
    for n in 0..count as u128 {
        body.extend_from_slice(&(n << 100 | n).to_be_bytes());
        body.extend_from_slice(&[0xff; 7]);
    }
    let text = plain().text();
    let (before, _) = text.split_once("hops ").unwrap();
    file(&format!("{before}hops {count} {}\n", sha256(&body)), &body, &alice())
}

/// Drafts a list whose note has this length.
fn note(bytes: usize) -> Result<(), String> {
    const LINE: usize = "owner \"\" since 2026-11-23T18:00:00Z\n".len();
    const LONGEST: usize = LINE + 256;
    let mut draft = RevocationDraft::own();
    let mut left = bytes - sign(&draft).unwrap().note().len();
    let mut lines = Vec::new();
    while left >= 2 * LONGEST {
        lines.push(LONGEST);
        left -= LONGEST;
    }
    for (number, line) in lines.into_iter().chain([left / 2, left.div_ceil(2)]).enumerate() {
        let name = format!("{number:04}{}", "x".repeat(line - LINE - 4));
        draft.revoke_owner(name, now()).map_err(|e| e.to_string())?;
    }
    let list = sign(&draft).map_err(|e| e.to_string())?;
    assert_eq!(list.note().len(), bytes);
    Ok(())
}

/// The bound is that of the list, not of what is added to it.
#[test]
fn one_hop_more_in_a_draft_after_a_full_list() {
    let list = RevocationList::parse(hops(MAX_HOPS)).unwrap();
    let id =
        |n: u128| deputize::HopId::from_bytes([n.to_be_bytes(); 2].concat().try_into().unwrap());
    assert!(list.hop(&id(0)).is_some() && list.hop(&id(1)).is_none());
    let mut draft = RevocationDraft::after(&list);
    assert!(draft.revoke_hop_id(&id(1), now()));
    let (found, most) = (MAX_HOPS as u64 + 1, MAX_HOPS as u64);
    assert_eq!(sign(&draft), Err(StatementError::TooMany { what: "hops", found, most }));
    assert!(draft.restore_hop(&id(0)));
    let list = sign(&draft).unwrap();
    assert_eq!(list.hop_count(), MAX_HOPS);
    assert!(list.hop(&id(0)).is_none() && list.hop(&id(1)).is_some());
}
