//! The attacker fills bounded storage, so that statements of others do not fit any more.

use std::cmp::Reverse;

use deputize::limits::{MAX_HELD_HOPS, MAX_LISTED_HOPS, MAX_POWERS_OF_ROOT, MAX_REJECTED_HEADS};
use deputize::{
    DenyCode, NotAccepted, Note, RevocationDraft, RevocationList, Signer, SigningKey,
    StatementEffect, Statements,
};
use sha2::{Digest as _, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{
    DAY, HOPS, by_lists, call, effect, empty, hr, mallory, numbered, officer, power, power_of,
    powers_of_one, refuses, revoking, signed, takes, two_roots, with_root_list,
};
use crate::common::{alice, anchor, now, researcher, thief, token};

/// An own list of somebody, with as many hops as a list may have.
fn longest_list(issuer: &SigningKey, at: OffsetDateTime) -> Vec<u8> {
    let body: Vec<u8> = (0..MAX_LISTED_HOPS)
        .flat_map(|number| [&(number << 40).to_be_bytes()[..], &[0; 12], &[0xff; 3]].concat())
        .collect();
    let (name, digest) = (issuer.public_key().to_string(), hex::encode(Sha256::digest(&body)));
    let text = format!(
        "deputize revocations v1 {name}\nscope own\nsequence 1\nissued {}\nnext {}\nhops {MAX_LISTED_HOPS} {digest}\n",
        at.format(&Rfc3339).unwrap(),
        (at + DAY).format(&Rfc3339).unwrap()
    );
    let note = Note::new(text).unwrap().signed_by(name, issuer).unwrap();
    [note.to_string().into_bytes(), body].concat()
}

#[test]
fn lists_of_strangers_take_no_room_of_an_officer() {
    let statements = with_root_list();
    let count = MAX_HELD_HOPS / usize::try_from(MAX_LISTED_HOPS).unwrap();
    for stranger in 0..count {
        let list = longest_list(&numbered(u32::try_from(stranger).unwrap()), now());
        assert_eq!(statements.accept(list, now()).unwrap().effect, StatementEffect::Current);
    }
    let own = power(&officer(), HOPS, DAY);
    let draft = revoking(RevocationDraft::by_power_of(own), &token(), 0);
    takes(&statements, &signed(&draft, &officer(), now()), now());
    assert_eq!(call(&by_lists(&statements, anchor()), now()), [(Some(0), DenyCode::Revoked)]);
    // But that of delegates, whom nobody names either.
    let draft = revoking(RevocationDraft::own(), &token(), 1);
    let error = refuses(&statements, &signed(&draft, &researcher(), now()), now());
    assert_eq!(error, NotAccepted::Full { held: count });
}

#[test]
fn officers_of_one_root_take_no_room_of_others() {
    let statements = empty(two_roots());
    takes(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let all = ["deputize.revoke key/00"];
    for own in powers_of_one(&officer(), &all, MAX_POWERS_OF_ROOT) {
        takes(&statements, &signed(&RevocationDraft::by_power_of(own), &officer(), now()), now());
    }
    // Another officer of this root.
    let own = power(&hr(), HOPS, DAY);
    let draft = revoking(RevocationDraft::by_power_of(own), &token(), 0);
    let error = refuses(&statements, &signed(&draft, &hr(), now()), now());
    assert_eq!(error, NotAccepted::Full { held: MAX_POWERS_OF_ROOT });
    // One of another root, and a delegate.
    let own = power_of(&thief(), mallory(), &hr(), HOPS, DAY);
    takes(&statements, &signed(&RevocationDraft::by_power_of(own), &hr(), now()), now());
    let draft = revoking(RevocationDraft::own(), &token(), 1);
    takes(&statements, &signed(&draft, &researcher(), now()), now());
    let found = call(&by_lists(&statements, two_roots()), now());
    assert_eq!(found, [(Some(1), DenyCode::Revoked)]);
}

/// A list of the root, and lists that contradict it: more than decisions are remembered, each with
/// a lower digest than the one before. The attacker has the root key.
fn contradictions() -> (RevocationList, Vec<RevocationList>) {
    let of = |seconds| {
        let draft = RevocationDraft::own().with_first_sequence(5);
        draft.sign(&alice(), now(), now() + DAY + Duration::seconds(seconds)).unwrap()
    };
    let count = i64::try_from(MAX_REJECTED_HEADS).unwrap() + 4;
    let mut of_thief: Vec<_> = (1..=count).map(of).collect();
    of_thief.sort_by_key(|list| Reverse(list.digest()));
    (of(0), of_thief)
}

/// Takes a list that contradicts the one for which the operator then decides.
#[track_caller]
fn decide(statements: &Statements, own: &RevocationList, against: &RevocationList) {
    assert!(matches!(effect(statements, against, now()), StatementEffect::Forked { .. }));
    let accepted = statements.accept_fork(own.digest()).unwrap();
    assert_eq!((accepted.digest, accepted.effect), (own.digest(), StatementEffect::Current));
}

/// Each decision counts at once, and what it is against is not taken again.
#[test]
fn any_number_of_decisions_each_end_a_fork() {
    let statements = empty(anchor());
    let verifier = by_lists(&statements, anchor());
    let (honest, of_thief) = contradictions();
    takes(&statements, &honest, now());
    for (number, own) in of_thief.iter().enumerate() {
        decide(&statements, &honest, own);
        assert_eq!(call(&verifier, now()), [], "after {number} others");
        assert_eq!(refuses(&statements, own, now()), NotAccepted::Rejected, "{number}");
    }
    // The next list of the issuer replaces the one that counts.
    takes(&statements, &signed(&RevocationDraft::after(&honest), &alice(), now()), now());
}
