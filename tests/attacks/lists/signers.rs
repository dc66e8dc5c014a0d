//! A list counts as that of its issuer only with the issuer's signature over it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use deputize::{NoteError, RevocationList, Signer, SigningKey, StatementError};
use sha2::{Digest, Sha256};

use super::texts::wrong_kind;
use super::{edited, error, everything, officer};
use crate::common::{alice, held, presented, researcher, thief, token};
use crate::plain_list::{Plain, file, note};

fn name(key: &SigningKey) -> String {
    key.public_key().to_string()
}

fn not_signed() -> StatementError {
    StatementError::Note(NoteError::NotSignedBy { name: name(&alice()) })
}

/// Alice's list with other bytes in place of her signature, under her name.
#[track_caller]
fn with_signature(signature: &[u8], expected: StatementError) {
    let plain = everything();
    let line = signature_line(&alice().public_key().to_bytes(), signature);
    let bytes = [format!("{}\n{line}", plain.text()).as_bytes(), &plain.body()].concat();
    assert_eq!(RevocationList::parse(bytes), Err(expected));
}

/// The line of a key, whether that is one or not, by C2SP alone.
fn signature_line(key: &[u8; 32], signature: &[u8]) -> String {
    let name = format!("ed25519/{}", hex::encode(key));
    let hash = Sha256::digest([name.as_bytes(), b"\n\x01", key].concat());
    let bytes = [&hash[..4], signature].concat();
    format!("— {name} {}\n", STANDARD.encode(bytes))
}

#[test]
fn the_line_of_these_tests_is_that_of_the_library() {
    let text = everything().text();
    let signature = alice().sign(text.as_bytes()).unwrap().to_bytes();
    let line = signature_line(&alice().public_key().to_bytes(), &signature);
    assert_eq!(format!("{text}\n{line}"), note(&text, &alice()));
}

/// In the text, the signature line and the body.
#[test]
fn no_byte_can_be_flipped_left_out_or_doubled() {
    for own in [everything().file(&alice()), officer().file(&researcher())] {
        for at in 0..own.len() {
            let (before, rest) = own.split_at(at);
            let flipped = [before, &[rest[0] ^ (1 << (at % 8))], &rest[1..]].concat();
            let doubled = [before, &rest[..1], rest].concat();
            for other in [flipped, doubled, [before, &rest[1..]].concat(), before.to_vec()] {
                assert!(RevocationList::parse(other).is_err(), "byte {at}");
            }
        }
    }
}

#[test]
fn a_list_signed_by_a_thief() {
    let plain = everything();
    assert_eq!(error(&plain.text(), &plain.body(), &thief()), not_signed());
    // Under Alice's name.
    let signature = thief().sign(plain.text().as_bytes()).unwrap().to_bytes();
    with_signature(&signature, not_signed());
    // In the name of the thief, it is the thief's list.
    let text = edited(&plain.text(), &name(&alice()), &name(&thief()));
    let list = RevocationList::parse(file(&text, &plain.body(), &thief())).unwrap();
    assert_eq!(list.issuer(), thief().public_key());
}

/// Alice's signatures over other messages: the blocks of a token and of a presentation, the bytes
/// that one block has, the digest of the text, the text of another list.
#[test]
fn a_signature_of_another_message() {
    for raw in [held(), presented()] {
        with_signature(&raw.blocks[0].signature, not_signed());
        let signature = alice().sign(&raw.blocks[0].content).unwrap();
        with_signature(&signature.to_bytes(), not_signed());
    }
    let plain = everything();
    let other = Plain { sequence: 8, ..everything() };
    let digest = Sha256::digest(plain.text());
    let without_line_feed = plain.text().trim_end().to_owned();
    for message in [
        other.text().as_bytes(),
        &digest,
        without_line_feed.as_bytes(),
        format!("{}\n", plain.text()).as_bytes(),
        &plain.file(&alice()),
    ] {
        with_signature(&alice().sign(message).unwrap().to_bytes(), not_signed());
    }
}

/// And the other way round: the signature of a list on the first block of a token.
#[test]
fn the_signature_of_a_list_on_a_block() {
    let signature = alice().sign(everything().text().as_bytes()).unwrap();
    let mut raw = held();
    raw.blocks[0].signature = signature.to_bytes().to_vec();
    let not_signed = (Some(0), deputize::DenyCode::BadSignature);
    assert_eq!(crate::common::not_authentic(&raw), not_signed);
}

#[test]
fn a_signature_of_another_length() {
    let own = alice().sign(everything().text().as_bytes()).unwrap().to_bytes();
    for length in [1, 32, 63] {
        with_signature(&own[..length], not_signed());
    }
    with_signature(&[&own[..], &[0]].concat(), not_signed());
    let line = signature_line(&alice().public_key().to_bytes(), &[]);
    let read = RevocationList::parse(format!("{}\n{line}", everything().text()));
    assert!(matches!(read, Err(StatementError::Note(NoteError::Signature { .. }))), "{read:?}");
}

/// Everything after the signature of the issuer is the body.
#[test]
fn a_second_signature() {
    let plain = everything();
    let second = note(&plain.text(), &thief());
    let (_, second) = second.split_once("\n\n").unwrap();
    let found = second.len() as u64 + 69;
    let with_both = |first: &str, second: &str| {
        let text = format!("{}\n{first}{second}", plain.text());
        RevocationList::parse([text.as_bytes(), &plain.body()].concat())
    };
    let own = note(&plain.text(), &alice());
    let (_, own) = own.split_once("\n\n").unwrap();
    let length = StatementError::BodyLength { expected: 69, found };
    assert_eq!(with_both(own, second), Err(length.clone()));
    assert_eq!(with_both(own, own), Err(length));
    assert_eq!(with_both(second, own), Err(not_signed()));
    assert!(with_both(own, "").is_ok());
}

/// With the neutral point as the key, any response and its own multiple of the base point are a
/// signature of any message. A published reader of notes accepts it.
#[test]
fn a_list_under_a_weak_key() {
    let mut weak = [0; 32];
    weak[0] = 1;
    let weak_name = format!("ed25519/{}", hex::encode(weak));
    let plain = everything();
    let text = edited(&plain.text(), &name(&alice()), &weak_name);
    let response = Scalar::from(7_u8);
    let commitment = EdwardsPoint::mul_base(&response).compress().to_bytes();
    let signature = [commitment, response.to_bytes()].concat();
    let lax = ed25519_dalek::VerifyingKey::from_bytes(&weak).unwrap();
    let lax_signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    assert!(ed25519_dalek::Verifier::verify(&lax, text.as_bytes(), &lax_signature).is_ok());
    let forged = format!("{text}\n{}", signature_line(&weak, &signature));
    let read = RevocationList::parse([forged.as_bytes(), &plain.body()].concat());
    assert_eq!(read, Err(wrong_kind(text.lines().next().unwrap())));
}

/// The token of a power is authentic, held, and the one of the scope.
#[test]
fn another_authority() {
    let plain = officer();
    let with = |authority: Option<String>| {
        error(&Plain { authority, ..officer() }.text(), &plain.body(), &researcher())
    };
    let not_of_scope = |why| StatementError::AuthorityNotOfScope { why };
    assert_eq!(with(None), not_of_scope("is missing; the scope `power HOP` needs it"));
    let other = crate::common::mint(crate::common::first()).to_text();
    assert_eq!(with(Some(other)), not_of_scope("has a token with another last hop than the scope"));
    for scope in ["own".to_owned(), format!("root {}", alice().public_key())] {
        let text = Plain { scope, ..officer() }.text();
        let found = error(&text, &plain.body(), &researcher());
        assert_eq!(found, not_of_scope("is only for the scope `power HOP`"));
    }
    let good = token().to_text();
    let mut forged = held();
    forged.sign(1, &thief());
    for bad in [
        forged.to_text(),
        presented().to_text(),
        format!("{good}="),
        format!(" {good}"),
        good[1..].to_owned(),
        "A".repeat(65_536),
        String::new(),
    ] {
        let found = with(Some(bad));
        assert!(matches!(found, StatementError::Authority { .. }), "{found:?}");
    }
    let text = plain.text();
    let (number, line) = super::line(&text, "authority ");
    let twice = format!("{text}{line}\n");
    let expected = "the end of the text, or a line in its place";
    let found = error(&twice, &plain.body(), &researcher());
    assert_eq!(found, StatementError::Line { line: number + 1, expected });
}
