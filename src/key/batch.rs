//! Batch verification of signatures, at less than half the cost of checking each alone.
//!
//! Each signature is an equation between points of the curve, *sB = R + kA* (RFC 8032 §5.1.7). The
//! batch multiplies each equation by a weight that nobody can choose, and checks the sum. If every
//! equation holds, so does the sum. If one does not, an attempt passes with a probability of at
//! most 2^-128. The weights are hashes of all the equations, so a chain always gets the same
//! result.
//!
//! # Differences from checking each signature alone
//!
//! The curve has eight points of small order, whose multiples can cancel out in such a sum. So the
//! sum is multiplied by the cofactor 8, as in the equation of RFC 8032: `[8]sB = [8]R + [8]kA`.
//! `verify_strict` checks the equation without the 8, which RFC 8032 calls sufficient but not
//! required.
//!
//! A signature that passes only with the cofactor has a component of small order in *R* or in the
//! key, and only the holder of the secret key can make one, on purpose. It is still that signer's
//! signature over that message, and nobody else can derive one from another. All other checks are
//! as strict: *s* is below the order of the group, and *R* and the key are canonical and not of
//! small order.
//!
//! This is Algorithm 2 of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs" (2020), with
//! the additional refusal of an *R* of small order. They show that nobody else can alter a
//! signature, that a signature is valid for one key and message only, and that a batch accepts
//! exactly what the single checks with the cofactor accept.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

use crate::key::{PublicKey, Signature, is_canonical, is_small_order};

/// The verification equation of one signature: `[8]sB = [8]R + [8]kA`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Equation {
    s: Scalar,
    r: EdwardsPoint,
    k: Scalar,
    a: EdwardsPoint,
}

impl Equation {
    /// Builds the equation of a signature over a message in parts. Returns `None` if the signature
    /// is malformed and thus cannot hold for any message.
    pub(crate) fn of(signer: &PublicKey, message: &[&[u8]], signature: &Signature) -> Option<Self> {
        let bytes = signature.to_bytes();
        let (commitment, s) = bytes.split_first_chunk::<32>()?;
        // Nothing below would refuse such a commitment: the cofactor cancels a point of small
        // order, and decompression accepts a second encoding.
        if is_small_order(commitment) || !is_canonical(commitment) {
            return None;
        }
        let mut hash = Sha512::new();
        hash.update(commitment);
        hash.update(signer.as_bytes());
        message.iter().for_each(|part| hash.update(part));
        Some(Self {
            s: Option::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?,
            r: CompressedEdwardsY(*commitment).decompress()?,
            k: Scalar::from_hash(hash),
            a: signer.point(),
        })
    }
}

/// Returns the index of the first equation that does not hold.
pub(crate) fn first_false(equations: &[Option<Equation>]) -> Option<usize> {
    let are_true = |some: &[Option<Equation>]| {
        some.iter().copied().collect::<Option<Vec<_>>>().is_some_and(|all| all_hold(&all))
    };
    if are_true(equations) {
        return None;
    }
    // Bisects. A false equation lies among the suspects, and all before `start` hold, so the result
    // is the first one, whichever others are false.
    let (mut start, mut suspects) = (0_usize, equations);
    while suspects.len() > 1 {
        let Some((former, latter)) = suspects.split_at_checked(suspects.len() / 2) else {
            break;
        };
        if are_true(former) {
            start = start.saturating_add(former.len());
            suspects = latter;
        } else {
            suspects = former;
        }
    }
    Some(start)
}

#[expect(clippy::arithmetic_side_effects, reason = "field and group arithmetic does not overflow")]
fn all_hold(equations: &[Equation]) -> bool {
    // One equation needs no weight, and the double-base multiplication is faster.
    if let [Equation { s, r, k, a }] = equations {
        let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(k, &-a, s);
        return (expected - r).mul_by_cofactor().is_identity();
    }
    let weights = weights(equations);
    let weighted = || equations.iter().zip(&weights);
    let base: Scalar = weighted().map(|(own, weight)| weight * own.s).sum();
    let scalars: Vec<Scalar> = weights
        .iter()
        .copied()
        .chain(weighted().map(|(own, weight)| weight * own.k))
        .chain([-base])
        .collect();
    let points: Vec<EdwardsPoint> = equations
        .iter()
        .map(|own| own.r)
        .chain(equations.iter().map(|own| own.a))
        .chain([ED25519_BASEPOINT_POINT])
        .collect();
    // Variable time is acceptable: signatures, keys and messages are all public.
    let sum = EdwardsPoint::vartime_multiscalar_mul(scalars, points);
    sum.mul_by_cofactor().is_identity()
}

/// Returns one 128-bit weight for each equation. Each weight depends on all equations, because *k*
/// is a hash of *R*, *A* and the message.
fn weights(equations: &[Equation]) -> Vec<Scalar> {
    let mut all = Sha512::new();
    all.update(b"deputize batch v1\0");
    for own in equations {
        // *s* is hashed too, because *k* does not cover it: otherwise the weights would be fixed
        // before *s*, and two false values of *s* could be chosen whose errors cancel out.
        all.update(own.k.as_bytes());
        all.update(own.s.as_bytes());
    }
    let seed = all.finalize();
    let four_weights = |index: u64| -> [u8; 64] {
        Sha512::new().chain_update(seed).chain_update(index.to_le_bytes()).finalize().into()
    };
    let hashes: Vec<u8> = (0..).take(equations.len().div_ceil(4)).flat_map(four_weights).collect();
    let (weights, _) = hashes.as_chunks::<16>();
    let weights = weights.iter().map(|weight| Scalar::from(u128::from_le_bytes(*weight)));
    weights.take(equations.len()).collect()
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]
mod tests {
    use super::*;
    use crate::key::{Signer, SigningKey};
    use curve25519_dalek::constants::EIGHT_TORSION;
    use proptest::prelude::*;

    /// The alteration of one signature of a batch.
    #[derive(Debug, Clone, Copy)]
    enum Change {
        None,
        Bit(usize),
        /// A point of small order added to the commitment of the finished signature.
        Moved(usize),
        /// A point of small order added before *s* is computed, as only the signer can.
        Twisted(usize),
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            3 => Just(Change::None),
            1 => (0..512_usize).prop_map(Change::Bit),
            1 => (1..8_usize).prop_map(Change::Moved),
            1 => (1..8_usize).prop_map(Change::Twisted),
        ]
    }

    fn challenge(commitment: &[u8; 32], signer: &PublicKey, message: &[u8]) -> Scalar {
        let hash = Sha512::new().chain_update(commitment).chain_update(signer.as_bytes());
        Scalar::from_hash(hash.chain_update(message))
    }

    fn signed(seed: u8, message: &[u8], change: Change) -> (PublicKey, Signature) {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let signer = key.public_key();
        let mut bytes = key.sign(message).unwrap().to_bytes();
        let commitment = CompressedEdwardsY(*bytes.first_chunk().unwrap()).decompress().unwrap();
        match change {
            Change::None => {}
            Change::Bit(at) => bytes[at / 8] ^= 1 << (at % 8),
            Change::Moved(by) => {
                let moved = (commitment + EIGHT_TORSION[by]).compress().to_bytes();
                bytes[..32].copy_from_slice(&moved);
            }
            Change::Twisted(by) => {
                let twisted = (commitment + EIGHT_TORSION[by]).compress().to_bytes();
                let old = challenge(bytes.first_chunk().unwrap(), &signer, message);
                let new = challenge(&twisted, &signer, message);
                let expanded = ed25519_dalek::hazmat::ExpandedSecretKey::from(&[seed; 32]);
                let s = Scalar::from_canonical_bytes(*bytes.last_chunk().unwrap()).unwrap();
                let s = s + (new - old) * expanded.scalar;
                bytes[..32].copy_from_slice(&twisted);
                bytes[32..].copy_from_slice(s.as_bytes());
            }
        }
        (signer, Signature::from_bytes(&bytes))
    }

    /// Checks one signature alone by RFC 8032 §5.1.7, with the cofactor.
    fn holds(signer: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let bytes = signature.to_bytes();
        let (r, s) = bytes.split_first_chunk::<32>().unwrap();
        let k = challenge(r, signer, message);
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().unwrap()));
        let point = CompressedEdwardsY(*r).decompress().filter(|point| !point.is_small_order());
        let (Some(s), Some(point)) = (s, point) else { return false };
        let is_canonical = point.compress().as_bytes() == r;
        let [left, right] = [s * ED25519_BASEPOINT_POINT, point + k * signer.point()];
        is_canonical && left.mul_by_cofactor() == right.mul_by_cofactor()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn the_first_bad_signature_is_found(changes in prop::collection::vec(change(), 0..12)) {
            let mut equations = Vec::new();
            let (mut expected, mut is_strict) = (None, true);
            for (place, (seed, change)) in (1..).zip(&changes).enumerate() {
                let message = [seed, 7, 7];
                let (signer, signature) = signed(seed, &message, *change);
                let is_good = holds(&signer, &message, &signature);
                prop_assert!(is_good || !signer.verify(&message, &signature));
                let is_by_signer = matches!(change, Change::None | Change::Twisted(_));
                prop_assert_eq!(is_good, is_by_signer);
                is_strict &= signer.verify(&message, &signature);
                expected = expected.or((!is_good).then_some(place));
                equations.push(Equation::of(&signer, &[&[seed], &[7, 7]], &signature));
            }
            prop_assert_eq!(first_false(&equations), expected);
            prop_assert!(!is_strict || expected.is_none());
        }
    }

    /// Tries the y coordinates from the prime up. Some of them are a second encoding of a point.
    #[test]
    fn a_non_canonical_commitment_is_refused() {
        let signer = SigningKey::from_bytes(&[1; 32]).public_key();
        let mut points = 0;
        for (n, sign) in (0..=18).flat_map(|n| [(n, 0), (n, 0x80)]) {
            let mut bytes = [0; 64];
            bytes[..32].fill(0xff);
            (bytes[0], bytes[31]) = (0xed + n, 0x7f | sign);
            points +=
                u32::from(CompressedEdwardsY(*bytes.first_chunk().unwrap()).decompress().is_some());
            assert!(Equation::of(&signer, &[b"any"], &Signature::from_bytes(&bytes)).is_none());
        }
        assert!(points > 10, "{points} points");
    }

    #[test]
    fn weights_depend_on_every_equation() {
        let sum = |changed: Option<u8>| {
            let equation = |seed| {
                let message = [if changed == Some(seed) { 1 } else { 0 }];
                let (signer, signature) = signed(seed, &message, Change::None);
                Equation::of(&signer, &[&message], &signature).unwrap()
            };
            weights(&(0..9).map(equation).collect::<Vec<_>>())
        };
        let plain = sum(None);
        assert_eq!(plain.len(), 9);
        for changed in 0..9 {
            let pairs = plain.iter().zip(sum(Some(changed))).collect::<Vec<_>>();
            assert!(pairs.iter().all(|(old, new)| **old != *new), "{changed}");
        }
        let distinct: std::collections::HashSet<_> = plain.iter().map(Scalar::to_bytes).collect();
        assert_eq!(distinct.len(), 9);
        assert!(distinct.iter().all(|weight| weight[16..].iter().all(|byte| *byte == 0)));
        assert!(distinct.iter().all(|weight| weight[8..16].iter().any(|byte| *byte != 0)));
    }
}
