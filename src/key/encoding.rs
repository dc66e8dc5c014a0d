//! Checks of the 32-byte encodings of points and scalars.

use curve25519_dalek::scalar::Scalar;

/// The y coordinates of the eight points of small order: 1, −1, 0 and the two of order 8.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    *b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    [0; 32],
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

/// Returns true if a canonical encoding is a point of small order, with either sign bit.
pub(crate) fn is_small_order(encoding: &[u8; 32]) -> bool {
    let mut y = *encoding;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER_Y.contains(&y)
}

/// Returns true if the value is below the order of the group. `ed25519-dalek` checks this too,
/// unless a crate in the program enables its feature `legacy_compatibility`.
pub(super) fn is_scalar(response: &[u8]) -> bool {
    let bytes = response.try_into().ok();
    bytes.is_some_and(|bytes| Scalar::from_canonical_bytes(bytes).is_some().into())
}

/// Returns true if the y coordinate is below the field prime 2^255 − 19 (RFC 8032 §5.1.3, step 1).
pub(crate) fn is_canonical(encoding: &[u8; 32]) -> bool {
    match encoding {
        [first, middle @ .., last] => {
            *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|b| *b != 0xff)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyError, PublicKey};

    #[test]
    fn the_small_order_table_has_exactly_the_weak_keys_of_dalek() {
        let mut found = 0;
        for y in SMALL_ORDER_Y {
            for sign in [0, 0x80] {
                let mut bytes = y;
                bytes[31] |= sign;
                if let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&bytes) {
                    assert!(key.is_weak());
                    found += 1;
                }
                assert_eq!(PublicKey::from_bytes(&bytes), Err(KeyError::Weak));
            }
        }
        assert!(found >= 8, "eight points of small order exist, {found} found");
    }

    #[test]
    fn non_canonical_coordinates_are_not_keys() {
        let prime_plus = |n: u8| {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed_u8.wrapping_add(n);
            bytes[31] = 0x7f;
            bytes
        };
        for n in 0..=18 {
            assert!(PublicKey::from_bytes(&prime_plus(n)).is_err(), "p + {n}");
        }
    }
}
