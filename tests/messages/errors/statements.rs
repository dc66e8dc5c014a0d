//! Errors of statements and of revocation lists.

use deputize::{
    KeyEnd, Note, RevocationDraft, RevocationList, Signer, SignerError, SigningKey,
    StatementDigest, StatementError, StatementScope, VoidSeries,
};
use time::{Duration, OffsetDateTime};

use super::messages;
use crate::common::{alice, now, planner, researcher, thief, token};

fn at(seconds: i64) -> OffsetDateTime {
    now() + Duration::seconds(seconds)
}

fn sign(draft: &RevocationDraft, key: &SigningKey) -> Result<RevocationList, StatementError> {
    draft.sign(key, now(), at(3_600))
}

fn list() -> RevocationList {
    let mut draft = RevocationDraft::own();
    draft.revoke_hop(&token().hops()[0], now());
    draft.revoke_hop(&token().hops()[1], now());
    sign(&draft, &alice()).unwrap()
}

/// Reads the list with a changed text, signed again by Alice, and the body after a change.
fn changed(
    text: impl Fn(&str) -> String,
    body: impl Fn(&mut Vec<u8>),
) -> Result<RevocationList, StatementError> {
    let list = list();
    let (note, mut own) = (list.note(), list.as_bytes()[list.note().len()..].to_vec());
    let text = text(&note[..note.find("\n\n").unwrap() + 1]);
    let name = alice().public_key().to_string();
    let note = Note::new(text).and_then(|note| note.signed_by(name, &alice())).unwrap();
    body(&mut own);
    RevocationList::parse([note.to_string().as_bytes(), &own].concat())
}

fn with(from: &str, to: &str) -> Result<RevocationList, StatementError> {
    changed(|text| text.replacen(from, to, 1), |_| {})
}

#[test]
fn reading_lists() {
    let issued = "issued 2026-11-23T18:00:00Z";
    let scope = |scope: &str| with("scope own", scope);
    let other_power = format!("scope power {}", "00".repeat(32));
    let other_token = |text: &str| {
        let text = text.replacen("scope own", &other_power, 1);
        format!("{text}authority {}\n", token())
    };
    let not_a_token = format!("authority {}", "A".repeat(80));
    let with_line = |line: String| changed(move |text| format!("{text}{line}\n"), |_| {});
    messages(
        "reading_lists",
        [
            refused!(RevocationList::parse("hello\n"), StatementError::Note(_)),
            refused!(with("revocations", "agents"), StatementError::WrongKind { .. }),
            refused!(scope("scope all"), StatementError::Line { .. }),
            refused!(scope("scope named"), StatementError::Line { .. }),
            refused!(with_line("hello".to_owned()), StatementError::Line { .. }),
            refused!(with("sequence 1", "sequence 01"), StatementError::Spelling { .. }),
            refused!(
                with("sequence 1", "sequence 9999999999"),
                StatementError::SequenceAhead { .. }
            ),
            refused!(
                with(issued, "issued 2027-11-23T18:00:00Z"),
                StatementError::NextNotLater { .. }
            ),
            refused!(with("hops 2", "hops 1000000000"), StatementError::TooMany { .. }),
            refused!(
                changed(str::to_owned, |body| body.push(0)),
                StatementError::BodyLength { .. }
            ),
            refused!(changed(str::to_owned, |body| body[40] ^= 1), StatementError::BodyDigest),
            refused!(twice(), StatementError::BodyOrder { .. }),
            refused!(scope(&other_power), StatementError::AuthorityNotOfScope { .. }),
            refused!(with_line(not_a_token.clone()), StatementError::AuthorityNotOfScope { .. }),
            refused!(changed(other_token, |_| {}), StatementError::AuthorityNotOfScope { .. }),
            refused!(
                changed(
                    |text| {
                        let text = text.replacen("scope own", &other_power, 1);
                        format!("{text}{not_a_token}\n")
                    },
                    |_| {}
                ),
                StatementError::Authority { .. }
            ),
            refused!("00".parse::<StatementDigest>(), StatementError::NotADigest),
            refused!("keys".parse::<deputize::StatementKind>(), StatementError::NotAKind { .. }),
            refused!("all".parse::<StatementScope>(), StatementError::NotAScope { .. }),
        ],
    );
}

/// A list with one entry twice, as its issuer can sign it.
fn twice() -> Result<RevocationList, StatementError> {
    use sha2::{Digest, Sha256};
    let double = |body: &mut Vec<u8>| *body = body[..23].repeat(2);
    let mut body = list().as_bytes()[list().note().len()..].to_vec();
    let before = hex::encode(Sha256::digest(&body));
    double(&mut body);
    let after = hex::encode(Sha256::digest(&body));
    changed(|text| text.replacen(&before, &after, 1), double)
}

#[test]
fn applying_deltas() {
    let base = list();
    let mut draft = RevocationDraft::after(&base);
    draft.restore_hop(&token().hops()[0].id());
    let result = sign(&draft, &alice()).unwrap();
    let honest = result.delta_from(&base);
    let spelled = [b"x", &honest[..]].concat();
    let start = honest.len() - 16;
    let wrong = [&honest[..start], &[0; 16]].concat();
    let foreign = sign(&RevocationDraft::own(), &thief()).unwrap().delta_from(&base);
    messages(
        "applying_deltas",
        [
            refused!(base.apply(&spelled), StatementError::Line { .. }),
            refused!(result.apply(&honest), StatementError::WrongBase { .. }),
            refused!(base.apply(&honest[..start]), StatementError::BodyLength { .. }),
            refused!(base.apply(&wrong), StatementError::DeltaMismatch),
            refused!(base.apply(&foreign), StatementError::OtherSeries { .. }),
        ],
    );
}

#[test]
fn signing_lists() {
    struct Broken;
    impl Signer for Broken {
        fn public_key(&self) -> deputize::PublicKey {
            alice().public_key()
        }
        fn sign(&self, _: &[u8]) -> Result<deputize::Signature, SignerError> {
            Err(SignerError::new("the device is locked"))
        }
    }
    let next = RevocationDraft::after(&list());
    let mut last = next.clone();
    last.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    let after_last = RevocationDraft::after(&sign(&last, &alice()).unwrap());
    let mut pruned = next.clone();
    pruned.prune(at(24 * 3_600));
    let mut void = RevocationDraft::for_root(alice().public_key());
    void.void_series(VoidSeries::Own(planner().public_key()), 1);
    let mut own_void = next.clone();
    own_void.void_series(VoidSeries::Own(alice().public_key()), 1);
    let mut lines = RevocationDraft::own();
    for n in 0..4_097_u128 {
        lines.revoke_token(n.to_be_bytes(), now());
    }
    let root = sign(&RevocationDraft::for_root(thief().public_key()), &alice()).unwrap();
    messages(
        "signing_lists",
        [
            refused!(sign(&next, &thief()), StatementError::NotTheIssuer { .. }),
            refused!(
                sign(&RevocationDraft::by_power_of(token()), &planner()),
                StatementError::NotTheIssuer { .. }
            ),
            refused!(next.sign(&alice(), at(-1), at(1)), StatementError::BeforePrevious { .. }),
            refused!(next.sign(&alice(), at(1), at(1)), StatementError::NextNotLater { .. }),
            refused!(pruned.sign(&alice(), at(1), at(2)), StatementError::PrunedLater { .. }),
            refused!(sign(&after_last, &alice()), StatementError::AfterFinal),
            refused!(
                sign(&RevocationDraft::ending_fork(&list(), &root), &alice()),
                StatementError::OtherSeries { .. }
            ),
            refused!(
                sign(&RevocationDraft::own().with_first_sequence(u64::MAX), &alice()),
                StatementError::SequenceAhead { .. }
            ),
            refused!(sign(&void, &researcher()), StatementError::Void { .. }),
            refused!(sign(&own_void, &alice()), StatementError::Void { .. }),
            refused!(sign(&lines, &alice()), StatementError::TooMany { .. }),
            refused!(next.sign(&Broken, now(), at(1)), StatementError::Signer(_)),
        ],
    );
}
