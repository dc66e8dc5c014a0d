//! The text commits to the body: its number of entries, every byte of it, and that it is in order.

use deputize::limits::MAX_LISTED_HOPS;
use deputize::{RevocationList, StatementError};

use super::{edited, error, everything};
use crate::common::alice;
use crate::plain_list::{Plain, file, sha256};

/// The error of Alice's list with another body than the one that she signed.
#[track_caller]
fn refused(body: &[u8], expected: StatementError) {
    assert_eq!(error(&everything().text(), body, &alice()), expected);
}

/// The list with another body, to which the text commits.
fn committed(body: &[u8]) -> Result<RevocationList, StatementError> {
    let plain = everything();
    let text = edited(&plain.text(), &sha256(&plain.body()), &sha256(body));
    let text = edited(&text, "\nhops 3 ", &format!("\nhops {} ", body.len() / 23));
    RevocationList::parse(file(&text, body, &alice()))
}

fn length(found: u64) -> StatementError {
    StatementError::BodyLength { expected: 69, found }
}

#[test]
fn a_truncated_or_a_longer_body() {
    let body = everything().body();
    for cut in 0..body.len() {
        refused(&body[..cut], length(cut as u64));
    }
    for more in [vec![0], b"\n".to_vec(), vec![0xff; 23], body.clone()] {
        let longer = [&body[..], &more].concat();
        refused(&longer, length(longer.len() as u64));
        let longer = [&more[..], &body].concat();
        refused(&longer, length(longer.len() as u64));
    }
}

#[test]
fn another_byte_of_the_body() {
    let body = everything().body();
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut other = body.clone();
            other[at] ^= 1 << bit;
            refused(&other, StatementError::BodyDigest);
        }
    }
}

/// By somebody who has not signed it, and by the issuer.
#[test]
fn a_reordered_body() {
    let body = everything().body();
    let entries: Vec<_> = body.chunks(23).collect();
    for order in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let other = order.map(|at| entries[at]).concat();
        refused(&other, StatementError::BodyDigest);
        let entry = (1..3).find(|at| order[*at] < order[at - 1]).unwrap();
        assert_eq!(committed(&other), Err(StatementError::BodyOrder { entry }));
    }
}

/// With the same fields, and with others.
#[test]
fn two_entries_of_one_hop() {
    let body = everything().body();
    let other = [&body[..16], &[0; 7]].concat();
    for twice in [&body[..23], &other] {
        let body = [&body[..23], twice, &body[23..]].concat();
        assert_eq!(committed(&body), Err(StatementError::BodyOrder { entry: 1 }));
    }
}

/// Ids are ordered by all of their 16 bytes.
#[test]
fn entries_that_differ_in_the_last_byte_of_the_id() {
    let entry = |last: u8, fields: u8| [&[0x11; 15][..], &[last], &[fields; 7]].concat();
    assert!(committed(&[entry(1, 9), entry(2, 0)].concat()).is_ok());
    let wrong = committed(&[entry(2, 0), entry(1, 9)].concat());
    assert_eq!(wrong, Err(StatementError::BodyOrder { entry: 1 }));
    let same = committed(&[entry(1, 0), entry(1, 9)].concat());
    assert_eq!(same, Err(StatementError::BodyOrder { entry: 1 }));
}

/// Nothing is allocated for what is not there.
#[test]
fn a_header_that_claims_a_billion_entries() {
    let plain = everything();
    for claimed in [2, 4, MAX_LISTED_HOPS, MAX_LISTED_HOPS + 1, 1_000_000_000, i64::MAX as u64] {
        let text = edited(&plain.text(), "\nhops 3 ", &format!("\nhops {claimed} "));
        let expected = match claimed <= MAX_LISTED_HOPS {
            true => StatementError::BodyLength { expected: claimed * 23, found: 69 },
            false => {
                let (what, most) = ("hops", MAX_LISTED_HOPS);
                StatementError::TooMany { what, found: claimed, most }
            }
        };
        let file = file(&text, &plain.body(), &alice());
        let mut found = None;
        let allocated = allocation_counter::measure(|| found = Some(RevocationList::parse(file)));
        assert_eq!(found, Some(Err(expected)));
        assert!(allocated.bytes_max < 64 * 1024, "{claimed}: {allocated:?}");
    }
}

/// A list with as many hops as fit, in one bucket and in ids that nobody chose: a look-up allocates
/// nothing.
#[test]
fn a_look_up_copies_nothing() {
    let list = RevocationList::parse(everything().file(&alice())).unwrap();
    let ids = [[0x11; 32], [0x12; 32], [0xff; 32]].map(deputize::HopId::from_bytes);
    let allocated = allocation_counter::measure(|| {
        assert_eq!(ids.each_ref().map(|id| list.hop(id).is_some()), [true, false, false]);
    });
    assert_eq!(allocated.count_total, 0);
    let empty = Plain { hops: Default::default(), ..everything() };
    let empty = RevocationList::parse(empty.file(&alice())).unwrap();
    assert!(ids.iter().all(|id| empty.hop(id).is_none()));
}
