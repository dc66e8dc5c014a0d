//! The lists of the vectors, each from a draft.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{
    CodedError, HopId, KeyEnd, RevocationDraft, RevocationList, Signer, StatementDigest, VoidSeries,
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::content;
use crate::common::{TOKEN_ID, key, now, planner, researcher, token, writer};
use crate::plain_list::{file, parts, sha256};

fn at(hours: i64) -> OffsetDateTime {
    now() + Duration::hours(hours)
}

fn id(byte: u8) -> HopId {
    HopId::from_bytes([byte; 32])
}

/// The list that the key with this seed signs, some hours after now.
fn sign(draft: &RevocationDraft, seed: u8, hours: i64) -> RevocationList {
    draft.sign(&key(seed), at(hours), at(hours + 24)).unwrap()
}

pub(super) fn cases() -> Vec<Value> {
    let empty = sign(&RevocationDraft::own(), 1, 0);
    let mut draft = RevocationDraft::after(&empty);
    for hop in token().hops() {
        draft.revoke_hop(hop, now());
    }
    draft.revoke_hop_id(&id(0xee), OffsetDateTime::from_unix_timestamp(9_999_999_999).unwrap());
    let three = sign(&draft, 1, 1);
    let everything = sign(&with_every_line(&three), 1, 2);
    let mut draft = RevocationDraft::after(&three);
    draft.revoke_hop_id(&id(7), at(2));
    let fork = sign(&draft, 1, 3);
    let end = sign(&RevocationDraft::ending_fork(&everything, &fork), 1, 4);
    let mut draft = RevocationDraft::for_root(key(1).public_key()).with_first_sequence(77);
    draft.revoke_token(TOKEN_ID, now());
    let root = sign(&draft, 30, 0);
    let mut draft = RevocationDraft::by_power_of(token());
    draft.revoke_hop_id(&id(7), now());
    let power = sign(&draft, 3, 0);
    let mut last = RevocationDraft::after(&end);
    last.revoke_key(key(1).public_key(), KeyEnd::compromised().with_good(id(7)), at(5));
    let last = sign(&last, 1, 5);
    let mut cases = vec![
        list("empty", "the first list of a root key, without entries", 1, &empty),
        list(
            "three_hops",
            "the list after it, with two hops whose expiry is known, and one since the greatest time",
            1,
            &three,
        ),
        list("every_line", "every kind of line of an own list", 1, &everything),
        list(
            "end_of_a_fork",
            "the end of a fork of `every_line` and another list after `three_hops`",
            1,
            &end,
        ),
        list("scope_root", "the list of a revoker whom trust anchors name", 30, &root),
        list("scope_power", "the list of a revoker by a token", 3, &power),
        list("final", "the last list of a key, which it reports as compromised", 1, &last),
        delta("delta_of_added_hops", "from `empty` to `three_hops`", "empty", &empty, &three),
        delta(
            "delta_of_nothing",
            "a list with the hops of the one before",
            "three_hops",
            &three,
            &everything,
        ),
    ];
    let (text, body) = parts(&three);
    let other =
        |body: &[u8]| file(&text.replace(&sha256(parts(&three).1), &sha256(body)), body, &key(1));
    let reversed = [&body[46..], &body[23..46], &body[..23]].concat();
    let sequence = text.replace("sequence 2", "sequence 02");
    for (name, description, bytes) in [
        (
            "refused_order",
            "a body in descending order, to which the text commits",
            other(&reversed),
        ),
        ("refused_trailing_byte", "a byte after the body", [three.as_bytes(), &[0]].concat()),
        ("refused_spelling", "a number with a leading zero", file(&sequence, body, &key(1))),
        (
            "refused_signer",
            "a text signed by another key than its issuer",
            file(text, body, &key(2)),
        ),
    ] {
        let error = RevocationList::parse(bytes.clone()).unwrap_err();
        let file = STANDARD.encode(bytes);
        cases.push(
            json!({"name": name, "description": description, "file": file, "code": error.code()}),
        );
    }
    cases
}

/// The draft of the list after this one, with every kind of line.
fn with_every_line(list: &RevocationList) -> RevocationDraft {
    let digest = |byte: u8| StatementDigest::from_bytes([byte; 32]);
    let mut draft = RevocationDraft::after(list);
    draft.revoke_token(TOKEN_ID, at(2));
    draft.revoke_token([0; 16], at(-2));
    draft.revoke_owner("alice@acme.com", at(2)).unwrap();
    draft.revoke_owner("Zoë \"Z\" \\ since 1970", at(2)).unwrap();
    let end = KeyEnd::compromised().with_good(id(8)).with_good(id(9)).with_successor(digest(3));
    draft.revoke_key(planner().public_key(), end, at(2));
    draft.revoke_key(researcher().public_key(), KeyEnd::compromised(), at(2));
    draft.revoke_key(writer().public_key(), KeyEnd::retired(at(-9)), at(2));
    draft.void_series(VoidSeries::Own(planner().public_key()), 0);
    draft.void_series(VoidSeries::Power(id(4)), u64::MAX);
    draft.void_list(digest(5));
    draft.void_list(digest(6));
    draft
}

fn list(name: &str, description: &str, seed: u8, list: &RevocationList) -> Value {
    let (text, hops) = content(list);
    json!({
        "name": name,
        "description": description,
        "seed": hex::encode([seed; 32]),
        "text": text,
        "hops": hops,
        "digest": list.digest().to_string(),
        "file": STANDARD.encode(list.as_bytes()),
        "code": null,
    })
}

/// A delta between two lists, and the list that it gives.
fn delta(
    name: &str,
    description: &str,
    base: &str,
    from: &RevocationList,
    to: &RevocationList,
) -> Value {
    json!({
        "name": name,
        "description": description,
        "base": base,
        "delta": STANDARD.encode(to.delta_from(from)),
        "file": STANDARD.encode(to.as_bytes()),
    })
}
