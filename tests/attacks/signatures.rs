//! The attacker has signatures, its own and other people's. It wants a second one for the same
//! bytes, or a signature over something else to count as one of a hop or a presentation.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use deputize::testing::{RawBlock, RawProof, RawToken};
use deputize::{Decision, DenyCode, PublicKey, Signature, Signer, SignerError, SigningKey};
use sha2::{Digest, Sha512};
use time::Duration;

use crate::common::forging::{altered, chain_of, signed_by, terminal};
use crate::common::{
    alice, decided, first, grant, held, mint, not_authentic, now, planner, present, presented,
    reading, refused, request, researcher, thief, writer,
};

/// The order of the group (RFC 8032 §5.1), little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Signs with a chosen commitment, as the holder of a key can.
pub(crate) struct ChosenCommitment {
    pub(crate) key: SigningKey,
    pub(crate) commitment: Commitment,
}

/// The value in place of the commitment to a derived nonce (RFC 8032 §5.1.6).
pub(crate) enum Commitment {
    /// To another nonce.
    OtherNonce,
    /// To another nonce, plus a point of order 8.
    WithTorsion,
    /// To zero: the neutral point.
    Neutral,
    /// To zero, in the neutral point's second spelling.
    NonCanonicalNeutral,
}

impl Signer for ChosenCommitment {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let wide = |parts: &[&[u8]]| -> [u8; 64] { Sha512::digest(parts.concat()).into() };
        let secret = *wide(&[&*self.key.to_bytes()]).first_chunk().unwrap();
        let secret = Scalar::from_bytes_mod_order(clamp_integer(secret));
        let mut nonce = Scalar::from_bytes_mod_order_wide(&wide(&[b"other nonce", message]));
        let mut commitment = EdwardsPoint::mul_base(&nonce);
        match self.commitment {
            Commitment::OtherNonce => {}
            Commitment::WithTorsion => commitment += EIGHT_TORSION[1],
            Commitment::Neutral | Commitment::NonCanonicalNeutral => {
                nonce = Scalar::ZERO;
                commitment = EdwardsPoint::mul_base(&nonce);
            }
        }
        let mut commitment = commitment.compress().to_bytes();
        if matches!(self.commitment, Commitment::NonCanonicalNeutral) {
            commitment = [0xff; 32];
            (commitment[0], commitment[31]) = (0xee, 0x7f);
        }
        let key = self.public_key().to_bytes();
        let challenge = Scalar::from_bytes_mod_order_wide(&wide(&[&commitment, &key, message]));
        let response = (nonce + challenge * secret).to_bytes();
        let signature = [commitment, response].concat();
        Ok(Signature::from_bytes(signature.first_chunk().unwrap()))
    }
}

/// The standard chain with another valid signature on one block, over the same bytes.
pub(crate) fn signed_again(hop: usize, key: SigningKey) -> RawToken {
    let mut raw = presented();
    raw.sign(hop, &ChosenCommitment { key, commitment: Commitment::OtherNonce });
    assert_ne!(raw.blocks[hop].signature, presented().blocks[hop].signature);
    sign_from(&mut raw, hop + 1);
    assert!(decided(&raw).is_allowed());
    raw
}

/// Signs all blocks from this one on again, with the right keys.
fn sign_from(raw: &mut RawToken, first: usize) {
    for (hop, signer) in [alice(), planner(), researcher()].iter().enumerate().skip(first) {
        raw.sign(hop, signer);
    }
}

/// Decides about the standard chain with another signature on one block, and valid ones on those
/// after it.
fn with_signature(hop: usize, change: impl FnOnce(&mut Vec<u8>)) -> Decision {
    altered(|raw| {
        change(&mut raw.blocks[hop].signature);
        sign_from(raw, hop + 1);
    })
}

fn with_commitment(hop: usize, commitment: Commitment) -> Decision {
    let key = [alice(), planner(), researcher()][hop].clone();
    altered(|raw| {
        raw.sign(hop, &ChosenCommitment { key, commitment });
        sign_from(raw, hop + 1);
    })
}

/// A signature by the signer of this block over any bytes.
fn over(hop: usize, message: &[u8]) -> Vec<u8> {
    let signer = [alice(), planner(), researcher()][hop].clone();
    signer.sign(message).unwrap().to_bytes().to_vec()
}

/// Adds the group order to the response, which then still satisfies the equation.
pub(crate) fn add_order(signature: &mut [u8], times: u8) {
    for _ in 0..times {
        let mut carry = 0;
        for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
    }
}

#[test]
fn a_response_beyond_the_order_of_the_group() {
    for times in [1, 2, 8, 14] {
        let add = |signature: &mut Vec<u8>| add_order(signature, times);
        refused(with_signature(0, add), [(Some(0), DenyCode::BadSignature)]);
        refused(with_signature(1, add), [(Some(1), DenyCode::BadSignature)]);
        refused(with_signature(2, add), [(Some(2), DenyCode::NotTheHolder)]);
    }
}

#[test]
fn a_commitment_of_small_order() {
    refused(with_commitment(0, Commitment::Neutral), [(Some(0), DenyCode::BadSignature)]);
    refused(with_commitment(1, Commitment::Neutral), [(Some(1), DenyCode::BadSignature)]);
    refused(with_commitment(2, Commitment::Neutral), [(Some(2), DenyCode::NotTheHolder)]);
}

#[test]
fn a_commitment_in_a_second_spelling() {
    let decision = with_commitment(1, Commitment::NonCanonicalNeutral);
    refused(decision, [(Some(1), DenyCode::BadSignature)]);
}

/// Valid by the equation of RFC 8032 with the cofactor, which the batch check of delegations uses,
/// but not by `verify_strict`, which checks presentations. Only the signer can make one.
#[test]
fn a_commitment_with_a_part_of_small_order() {
    for hop in [0, 1] {
        assert!(with_commitment(hop, Commitment::WithTorsion).is_allowed());
    }
    refused(with_commitment(2, Commitment::WithTorsion), [(Some(2), DenyCode::NotTheHolder)]);
    // Two of them, whose components of small order might cancel out, beside valid and invalid ones.
    let both = |change: fn(&mut Vec<u8>)| {
        altered(|raw| {
            for hop in [0, 1] {
                let key = [alice(), planner()][hop].clone();
                raw.sign(hop, &ChosenCommitment { key, commitment: Commitment::WithTorsion });
            }
            change(&mut raw.blocks[1].signature);
            sign_from(raw, 2);
        })
    };
    assert!(both(|_| {}).is_allowed());
    refused(both(|own| own[33] ^= 1), [(Some(1), DenyCode::BadSignature)]);
}

/// The sum of both responses is right.
#[test]
fn two_responses_that_compensate_each_other() {
    let shift = |signature: &mut [u8], by: Scalar| {
        let response = Scalar::from_canonical_bytes(*signature.last_chunk().unwrap()).unwrap();
        signature[32..].copy_from_slice((response + by).as_bytes());
    };
    let decision = altered(|raw| {
        shift(&mut raw.blocks[0].signature, Scalar::ONE);
        sign_from(raw, 1);
        shift(&mut raw.blocks[1].signature, -Scalar::ONE);
        sign_from(raw, 2);
    });
    refused(decision, [(Some(0), DenyCode::BadSignature)]);
}

/// Delegations are checked together: the first bad one is named, at any place.
#[test]
fn a_bad_signature_anywhere_in_a_chain() {
    for hops in 1..=8 {
        for (first, second) in (0..hops).flat_map(|n| (n..hops).map(move |m| (n, m))) {
            let mut raw = chain_of(u8::try_from(hops).unwrap());
            raw.blocks[first].signature[40] ^= 1;
            raw.blocks[second].content.push(0);
            refused(decided(&raw), [(Some(first), DenyCode::BadSignature)]);
        }
    }
}

#[test]
fn a_commitment_with_its_sign_flipped() {
    refused(with_signature(1, |own| own[31] ^= 0x80), [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn a_signature_of_zeros() {
    refused(with_signature(0, |own| own.fill(0)), [(Some(0), DenyCode::BadSignature)]);
    refused(with_signature(2, |own| own.fill(0)), [(Some(2), DenyCode::NotTheHolder)]);
}

#[test]
fn a_signature_of_another_length() {
    for length in [0, 1, 32, 63, 65, 128] {
        let decision = with_signature(1, |own| own.resize(length, 0));
        refused(decision, [(Some(1), DenyCode::BadSignature)]);
        let mut raw = held();
        raw.blocks[1].signature.resize(length, 0);
        assert_eq!(not_authentic(&raw), (Some(1), DenyCode::BadSignature));
    }
}

#[test]
fn a_hop_signed_by_a_stranger() {
    refused(signed_by(0, &thief()), [(Some(0), DenyCode::BadSignature)]);
    refused(signed_by(1, &thief()), [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn a_hop_signed_by_the_owner_in_the_place_of_its_agent() {
    refused(signed_by(1, &alice()), [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn a_hop_signed_by_its_own_delegate() {
    refused(signed_by(1, &researcher()), [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn a_third_hop_signed_by_the_second_hops_signer() {
    let own = grant("writer", &writer(), reading("**", 1), Duration::minutes(1));
    let raw = present(held().delegate(&planner(), own, now()), &writer());
    refused(decided(&raw), [(Some(2), DenyCode::BadSignature)]);
}

/// A hop's signature covers the previous one; otherwise it could be put after any block.
#[test]
fn a_hop_signed_as_if_it_were_the_first() {
    let mut alone = presented();
    alone.blocks.remove(0);
    alone.sign(0, &planner());
    let signature = alone.blocks[0].signature.clone();
    let decision = with_signature(1, |own| *own = signature);
    refused(decision, [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn a_first_hop_signed_as_a_later_one() {
    let mut behind = presented();
    behind.blocks.insert(0, held().blocks[1].clone());
    behind.sign(1, &alice());
    let signature = behind.blocks[1].signature.clone();
    let decision = with_signature(0, |own| *own = signature);
    refused(decision, [(Some(0), DenyCode::BadSignature)]);
}

/// The same after an empty signature, of which only the mark would be signed.
#[test]
fn a_first_hop_signed_after_an_empty_signature() {
    let mut behind = presented();
    let empty = RawBlock { signature: Vec::new(), ..held().blocks[1].clone() };
    behind.blocks.insert(0, empty);
    behind.sign(1, &alice());
    let signature = behind.blocks[1].signature.clone();
    let decision = with_signature(0, |own| *own = signature);
    refused(decision, [(Some(0), DenyCode::BadSignature)]);
}

/// Signed by the right signer, for a hop to another key.
#[test]
fn a_hop_redirected_to_another_delegate() {
    let decision = altered(|raw| {
        raw.blocks[1].next_key = thief().public_key().to_bytes().to_vec();
        raw.sign(2, &thief());
    });
    refused(decision, [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn the_signature_of_a_presentation_on_a_hop() {
    let own = present(mint(first()), &planner()).blocks[1].signature.clone();
    let decision = with_signature(1, |signature| *signature = own);
    refused(decision, [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn the_signature_of_a_hop_on_a_presentation() {
    let own = grant("writer", &writer(), reading("**", 9), Duration::minutes(1));
    let hop = held().delegate(&researcher(), own, now()).blocks[2].signature.clone();
    let decision = with_signature(2, |signature| *signature = hop);
    refused(decision, [(Some(2), DenyCode::NotTheHolder)]);
}

/// Messages that an agent might sign on request: a text, a digest, a block without its frame.
#[test]
fn a_signature_over_something_else() {
    let (block, call) = (presented().blocks[2].clone(), request());
    let framed =
        [b"\0BLOCK\0\0VERSION\0".to_vec(), vec![1, 0, 0, 0], block.content.clone()].concat();
    let messages = [
        block.content.clone(),
        block.content.iter().chain(&block.next_key).copied().collect(),
        call.digest().to_vec(),
        hex::encode(call.digest()).into_bytes(),
        Sha512::digest(&block.content).to_vec(),
        framed,
        presented().blocks[1].signature.clone(),
        Vec::new(),
    ];
    for message in messages {
        let decision = with_signature(2, |own| *own = over(2, &message));
        refused(decision, [(Some(2), DenyCode::NotTheHolder)]);
    }
}

/// The same signed bytes for another algorithm, version or previous signature.
#[test]
fn a_signature_over_another_frame() {
    let (before, block) = (presented().blocks[1].signature.clone(), presented().blocks[2].clone());
    let framed = |version: u32, algorithm: i32, mark: &[u8]| {
        [
            b"\0BLOCK\0\0VERSION\0",
            &version.to_le_bytes()[..],
            b"\0PAYLOAD\0",
            &block.content,
            b"\0ALGORITHM\0",
            &algorithm.to_le_bytes(),
            b"\0NEXTKEY\0",
            &block.next_key,
            mark,
            &before,
        ]
        .concat()
    };
    let right = with_signature(2, |own| *own = over(2, &framed(1, 0, b"\0PREVSIG\0")));
    assert!(right.is_allowed());
    for message in [
        framed(0, 0, b"\0PREVSIG\0"),
        framed(2, 0, b"\0PREVSIG\0"),
        framed(1_u32.swap_bytes(), 0, b"\0PREVSIG\0"),
        framed(1, 1, b"\0PREVSIG\0"),
        framed(1, 0, b"\0EXTERNALSIG\0"),
        framed(1, 0, b""),
    ] {
        let decision = with_signature(2, |own| *own = over(2, &message));
        refused(decision, [(Some(2), DenyCode::NotTheHolder)]);
    }
}

#[test]
fn the_proof_of_another_key() {
    let secret = |bytes| RawToken { proof: RawProof::NextSecret(bytes), ..presented() };
    let longer = [&terminal().to_bytes()[..], &[0]].concat();
    for bytes in [vec![7; 32], researcher().to_bytes().to_vec(), longer, vec![0; 32], Vec::new()] {
        refused(decided(&secret(bytes)), [(Some(2), DenyCode::BadProof)]);
    }
}
