//! The attacker has a valid token and makes one change anywhere: flips a bit, replaces a character,
//! cuts off an end. Every change is refused.

use crate::common::{held, now, presented, request, researcher, verifier};
use deputize::{
    Decision, PresentOptions, Presentation, PublicKey, Signature, Signer, SignerError, SigningKey,
    Token,
};

/// Returns true if the call is allowed with these bytes of an altered presentation.
fn is_allowed(bytes: &[u8]) -> bool {
    Presentation::from_bytes(bytes.to_vec()).is_ok_and(presentation_is_allowed)
}

fn presentation_is_allowed(presentation: Presentation) -> bool {
    // A new guard each time, so that nothing is refused as a replay.
    match verifier().decide(presentation, request(), now()) {
        Decision::Allow(_) => true,
        Decision::Deny(denial) => {
            assert!(!denial.reasons().is_empty());
            false
        }
    }
}

#[test]
fn the_presentation_itself_is_allowed() {
    assert!(is_allowed(&presented().to_bytes()));
    assert!(Presentation::parse(&presented().to_text()).is_ok_and(presentation_is_allowed));
}

#[test]
fn no_bit_of_a_presentation_can_be_flipped() {
    let bytes = presented().to_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(!is_allowed(&flipped), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn no_end_of_a_presentation_can_be_cut_off_or_added() {
    let bytes = presented().to_bytes();
    for length in 0..bytes.len() {
        assert!(!is_allowed(&bytes[..length]), "cut to {length} bytes");
    }
    for byte in 0..=u8::MAX {
        let longer = [&bytes[..], &[byte]].concat();
        assert!(!is_allowed(&longer), "{byte} added");
    }
}

#[test]
fn no_character_of_a_presentation_can_be_replaced_or_left_out() {
    // Neighbours in ASCII, and characters that a careless decoder might skip or confuse.
    const OTHERS: &[u8] = b"A+/= ";
    let text = presented().to_text();
    assert!(text.is_ascii());
    for at in 0..text.len() {
        let own = text.as_bytes()[at];
        let near = [own.wrapping_sub(1), own.wrapping_add(1)];
        for other in OTHERS.iter().copied().chain(near) {
            let mut replaced = text.clone().into_bytes();
            replaced[at] = other;
            let replaced = String::from_utf8(replaced).unwrap();
            let is_allowed = Presentation::parse(&replaced).is_ok_and(presentation_is_allowed);
            assert_eq!(is_allowed, other == own, "character {at}: {other}");
        }
        let left_out = [&text[..at], &text[at.saturating_add(1)..]].concat();
        assert!(!Presentation::parse(&left_out).is_ok_and(presentation_is_allowed), "{at}");
        let cut = &text[..at];
        assert!(!Presentation::parse(cut).is_ok_and(presentation_is_allowed), "{at}");
    }
}

/// Claims to be any holder and signs with the researcher's key, so that the library always presents
/// and the verifier presentation_is_allowed.
struct AnyHolder(PublicKey, SigningKey);

impl Signer for AnyHolder {
    fn public_key(&self) -> PublicKey {
        self.0
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        self.1.sign(message)
    }
}

/// Returns true if a token, if it could be parsed, can be presented and gets the call allowed.
fn is_usable(token: Result<Token, deputize::TokenError>) -> bool {
    token.is_ok_and(|token| {
        let holder = token.holder().key();
        let anyway = PresentOptions::default().anyway();
        let holder = AnyHolder(holder, researcher());
        let presented = token.present_with(&holder, &request(), now(), anyway);
        presented.is_ok_and(presentation_is_allowed)
    })
}

#[test]
fn no_bit_of_a_held_token_can_be_flipped() {
    let base64 = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    };
    let bytes = held().to_bytes();
    assert!(is_usable(Token::parse(&base64(&bytes))));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let token = Token::parse(&base64(&flipped));
            assert!(!is_usable(token), "bit {bit} of byte {at}");
        }
        let cut = Token::parse(&base64(&bytes[..at]));
        assert!(!is_usable(cut), "cut to {at} bytes");
    }
}

#[test]
fn no_second_spelling_of_a_presentation_is_read() {
    let bytes = presented().to_bytes();
    // The proof is last: a message of 34 bytes, which holds the secret of 32.
    let (rest, proof) = bytes.split_at(bytes.len() - 36);
    assert_eq!(proof[..4], [4 << 3 | 2, 34, 1 << 3 | 2, 32]);
    let spelled = [
        [rest, &[4 << 3 | 2, 34 | 0x80, 0], &proof[2..]].concat(),
        [rest, &[(4 << 3 | 2) | 0x80, 0], &proof[1..]].concat(),
        [rest, &[4 << 3 | 2, 35, 1 << 3 | 2, 32 | 0x80, 0], &proof[4..]].concat(),
        // Unknown and repeated fields, and another order.
        [rest, proof, &[15 << 3, 1]].concat(),
        [rest, proof, proof].concat(),
        [proof, rest].concat(),
    ];
    for other in spelled {
        assert!(Presentation::from_bytes(other.clone()).is_err(), "{other:02x?}");
    }
}
