//! The text of a revocation list, which people read before they sign it.

use deputize::{
    HopId, KeyEnd, RevocationDraft, RevocationList, Signer, SigningKey, StatementDigest, VoidSeries,
};
use time::{Duration, OffsetDateTime};

use crate::common::{TOKEN_ID, alice, held, key, now, planner, researcher, token, writer};

fn at(hours: i64) -> OffsetDateTime {
    now() + Duration::hours(hours)
}

fn sign(draft: &RevocationDraft, key: &SigningKey, hours: i64) -> RevocationList {
    draft.sign(key, at(hours), at(hours + 24)).unwrap()
}

/// The notes of lists with every kind of line, with a long authority cut.
#[test]
fn the_text_of_a_list() {
    let id = |byte: u8| HopId::from_bytes([byte; 32]);
    let digest = |byte: u8| StatementDigest::from_bytes([byte; 32]);
    let empty = sign(&RevocationDraft::own(), &alice(), 0);
    let mut draft = RevocationDraft::after(&empty);
    draft.revoke_hop(&token().hops()[0], at(1));
    draft.revoke_token(TOKEN_ID, at(1));
    draft.revoke_owner("alice@acme.com", at(1)).unwrap();
    draft.revoke_owner("Bob \"Bobby\" \\ sons", at(-1)).unwrap();
    let end = KeyEnd::compromised().with_good(id(1)).with_good(id(2)).with_successor(digest(3));
    draft.revoke_key(planner().public_key(), end, at(1));
    draft.revoke_key(key(20).public_key(), KeyEnd::retired(at(-9)), at(1));
    draft.void_series(VoidSeries::Own(writer().public_key()), 2);
    draft.void_series(VoidSeries::Power(id(4)), 3);
    draft.void_list(digest(5));
    let everything = sign(&draft, &alice(), 1);
    let fork = sign(&RevocationDraft::after(&empty), &alice(), 2);
    let end = sign(&RevocationDraft::ending_fork(&everything, &fork), &alice(), 3);
    let root = sign(&RevocationDraft::for_root(alice().public_key()), &key(30), 0);
    let officer = sign(&RevocationDraft::by_power_of(token()), &researcher(), 0);
    let notes: Vec<_> = [empty, everything, fork, end, root, officer]
        .iter()
        .map(|list| list.note().to_owned())
        .collect();
    let shown = notes.join("────\n").replace(&held().to_text(), "[a token]");
    insta::assert_snapshot!(shown);
}

/// The beginning of a delta, which people see when they open one.
#[test]
fn the_beginning_of_a_delta() {
    let base = sign(&RevocationDraft::own(), &alice(), 0);
    let mut draft = RevocationDraft::after(&base);
    draft.revoke_hop(&token().hops()[0], at(1));
    let result = sign(&draft, &alice(), 1);
    let delta = result.delta_from(&base);
    let text = &delta[..delta.len() - 23];
    insta::assert_snapshot!(std::str::from_utf8(text).unwrap());
}
