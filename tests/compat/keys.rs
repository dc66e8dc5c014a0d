//! Keys in the forms that OpenSSL reads and writes. Weak keys are refused in every form.

use deputize::{PublicKey, Signer, SigningKey};
use ed25519_dalek::pkcs8::EncodePrivateKey as _;

/// The seed of 32 sevens and its public key, as `openssl pkey` of OpenSSL 3.0.19 writes them.
const PRIVATE_PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH
-----END PRIVATE KEY-----
";
const PUBLIC_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=
-----END PUBLIC KEY-----
";
const PRIVATE_DER: &str = "302e020100300506032b6570042204200707070707070707070707070707070707070707070707070707070707070707";
const PUBLIC_DER: &str =
    "302a300506032b6570032100ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
const PUBLIC_TEXT: &str =
    "ed25519/ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

#[test]
fn private_keys_are_written_as_openssl_writes_them() {
    assert_eq!(*key().to_pem().unwrap(), PRIVATE_PEM);
    assert_eq!(*key().to_der().unwrap(), hex::decode(PRIVATE_DER).unwrap());
    let read = SigningKey::from_pem(PRIVATE_PEM).unwrap();
    assert_eq!(read.to_bytes(), key().to_bytes());
    let read = SigningKey::from_der(&hex::decode(PRIVATE_DER).unwrap()).unwrap();
    assert_eq!(read.to_bytes(), key().to_bytes());
}

#[test]
fn version_2_of_pkcs_8_is_read_and_its_public_half_is_checked() {
    let inner = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let version_2 = inner.to_pkcs8_der().unwrap();
    assert_eq!(version_2.as_bytes().get(4), Some(&1), "the version field says v2");
    let read = SigningKey::from_der(version_2.as_bytes()).unwrap();
    assert_eq!(read.to_bytes(), key().to_bytes());
    let mut other_half = version_2.as_bytes().to_vec();
    *other_half.last_mut().unwrap() ^= 1;
    assert!(SigningKey::from_der(&other_half).is_err());
}

#[test]
fn public_keys_are_written_as_openssl_writes_them() {
    let public = key().public_key();
    assert_eq!(public.to_pem().unwrap(), PUBLIC_PEM);
    assert_eq!(public.to_string(), PUBLIC_TEXT);
    assert_eq!(PublicKey::from_pem(PUBLIC_PEM).unwrap(), public);
    assert_eq!(PublicKey::from_der(&hex::decode(PUBLIC_DER).unwrap()).unwrap(), public);
    assert_eq!(PUBLIC_TEXT.parse::<PublicKey>().unwrap(), public);
    let json = serde_json::to_string(&public).unwrap();
    assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), public);
}

/// For encodings with a y near the field's prime, we agree with `ed25519-dalek`, for every byte
/// that the rule of RFC 8032 checks.
#[test]
fn encodings_beside_the_prime_are_judged_by_all_their_bytes() {
    let mut accepted = [0, 0];
    for last in 0..=u8::MAX {
        for first in 0xe8..=u8::MAX {
            for middle in [0xff, 0xfe] {
                let mut bytes = [0xff; 32];
                (bytes[0], bytes[15], bytes[31]) = (first, middle, last);
                let dalek = ed25519_dalek::VerifyingKey::from_bytes(&bytes)
                    .is_ok_and(|key| !key.is_weak() && key.to_bytes() == bytes);
                let is_beyond = first >= 0xed && middle == 0xff && last & 0x7f == 0x7f;
                let ours = PublicKey::from_bytes(&bytes).is_ok();
                assert_eq!(ours, dalek && !is_beyond, "{}", hex::encode(bytes));
                if let Some(count) = accepted.get_mut(usize::from(middle == 0xff)) {
                    *count += usize::from(ours);
                }
            }
        }
    }
    assert!(accepted.iter().all(|count| *count > 1_000), "{accepted:?}");
}

#[test]
fn secrets_do_not_show() {
    let key = key();
    let shown = format!("{key:?} {key:#?}");
    assert!(shown.contains(PUBLIC_TEXT) && !shown.contains("0707"), "{shown}");
    assert!(!shown.contains("7, 7"), "{shown}");
}
