//! The attacker wants to get a key accepted for which anybody can sign, or that has two spellings,
//! and tries every input that takes a key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::edwards::CompressedEdwardsY;
use deputize::testing::RawToken;
use deputize::{
    DenyCode, Grant, GrantError, KeyError, MintError, Principal, PublicKey, Signer, SigningKey,
    Token, TrustAnchor,
};
use time::Duration;

use crate::common::forging::{altered, terminal, with_next_key};
use crate::common::{
    TOKEN_ID, alice, codes, decided, denied, first, grant, held, mint, not_authentic, now, owner,
    planner, present, reading, refused, request, researcher, shown, thief, verifier_of,
};

/// The eight points of small order in all their spellings: from the table of the torsion in
/// `curve25519-dalek`, and those with a y beyond the prime or a sign on zero.
const WEAK: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn bytes(digits: &str) -> [u8; 32] {
    hex::decode(digits).unwrap().try_into().unwrap()
}

/// The second spellings of coordinates: values from the prime upwards.
fn second_spellings() -> Vec<[u8; 32]> {
    let from_the_prime = |n: u8, sign: u8| {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + n;
        bytes[31] = 0x7f | sign;
        bytes
    };
    (0..=18).flat_map(|n| [from_the_prime(n, 0), from_the_prime(n, 0x80)]).collect()
}

/// Coordinates without a point.
fn no_points() -> Vec<[u8; 32]> {
    let small = |n: u8| {
        let mut bytes = [0; 32];
        bytes[0] = n;
        bytes
    };
    let candidates = (2..60).map(small);
    let is_point = |bytes: &[u8; 32]| CompressedEdwardsY(*bytes).decompress().is_some();
    candidates.filter(|bytes| !is_point(bytes)).collect()
}

/// All bad keys: weak, with a second spelling, not a point, and the published key.
fn bad() -> Vec<[u8; 32]> {
    let weak = WEAK.iter().map(|digits| bytes(digits));
    let mut all: Vec<_> = weak.chain(second_spellings()).chain(no_points()).collect();
    all.push(terminal().public_key().to_bytes());
    assert!(all.len() > 70);
    all
}

fn der(key: &[u8; 32]) -> Vec<u8> {
    [&hex::decode("302a300506032b6570032100").unwrap()[..], key].concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// PKCS#8 of a seed, with or without a public key that is stated as its own.
fn pkcs8(seed: &[u8; 32], public: Option<&[u8; 32]>) -> Vec<u8> {
    let start = hex::decode("020100300506032b657004220420").unwrap();
    let mut body = [&start[..], seed].concat();
    if let Some(public) = public {
        body[2] = 1;
        body.extend([0x81, 0x21, 0x00]);
        body.extend(public);
    }
    [&[0x30, u8::try_from(body.len()).unwrap()][..], &body].concat()
}

#[track_caller]
fn is_refused(key: &[u8; 32], made: Result<PublicKey, KeyError>) {
    let is_fitting = matches!(
        made,
        Err(KeyError::Weak
            | KeyError::NotAKey
            | KeyError::Published
            | KeyError::Pem { .. }
            | KeyError::Der { .. })
    );
    assert!(is_fitting, "{}: {made:?}", hex::encode(key));
}

#[test]
fn weak_keys_as_bytes() {
    for digits in WEAK {
        let made = PublicKey::from_bytes(&bytes(digits));
        assert!(matches!(made, Err(KeyError::Weak | KeyError::NotAKey)), "{digits}: {made:?}");
    }
    assert_eq!(PublicKey::from_bytes(&bytes(WEAK[2])), Err(KeyError::Weak));
}

#[test]
fn keys_in_a_second_spelling_as_bytes() {
    for key in second_spellings() {
        let made = PublicKey::from_bytes(&key);
        assert!(matches!(made, Err(KeyError::Weak | KeyError::NotAKey)), "{key:?}: {made:?}");
    }
}

#[test]
fn bytes_that_are_not_a_point() {
    let all = no_points();
    assert!(all.len() > 10);
    assert!(all.iter().all(|key| PublicKey::from_bytes(key) == Err(KeyError::NotAKey)));
}

#[test]
fn the_published_key_as_bytes() {
    let key = terminal().public_key().to_bytes();
    assert_eq!(PublicKey::from_bytes(&key), Err(KeyError::Published));
}

#[test]
fn bad_keys_as_text() {
    for key in bad() {
        is_refused(&key, format!("ed25519/{}", hex::encode(key)).parse());
    }
}

#[test]
fn bad_keys_in_json() {
    for key in bad() {
        let json = format!("\"ed25519/{}\"", hex::encode(key));
        assert!(serde_json::from_str::<PublicKey>(&json).is_err(), "{json}");
    }
}

#[test]
fn bad_keys_in_der() {
    for key in bad() {
        is_refused(&key, PublicKey::from_der(&der(&key)));
    }
}

#[test]
fn bad_keys_in_pem() {
    for key in bad() {
        is_refused(&key, PublicKey::from_pem(&pem("PUBLIC KEY", &der(&key))));
    }
}

/// The delegate of a hop.
#[test]
fn bad_keys_as_the_next_one_in_a_block() {
    for key in bad() {
        if key == terminal().public_key().to_bytes() {
            continue;
        }
        refused(with_next_key(&key), [(Some(1), DenyCode::BadKey)]);
    }
    let published = with_next_key(&terminal().public_key().to_bytes());
    refused(published, [(Some(2), DenyCode::BlockAfterPresentation)]);
}

/// A token that an agent receives, and would delegate further.
#[test]
fn bad_keys_as_the_holder_of_a_token() {
    for key in bad() {
        let mut raw = held();
        raw.blocks[1].next_key = key.to_vec();
        raw.sign(1, &planner());
        assert_eq!(not_authentic(&raw), (Some(1), DenyCode::BadKey));
    }
}

/// The only keys to which a hop may be delegated.
#[test]
fn bad_keys_among_the_allowed_delegates() {
    let own = researcher().public_key();
    let raw = || present(mint(first().with_allowed_delegates([own]).unwrap()), &planner());
    assert!(decided(&raw()).is_allowed());
    for key in bad() {
        let mut content = raw().blocks[0].content.clone();
        let at = content.windows(32).position(|part| part == own.to_bytes()).unwrap();
        content.splice(at..at + 32, key);
        let mut raw = raw();
        raw.blocks[0].content = content;
        raw.resign(0, &alice());
        raw.resign(1, &planner());
        refused(decided(&raw), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn a_key_of_another_length_in_a_block() {
    for length in [0, 1, 31, 33, 64] {
        let decision = altered(|raw| raw.blocks[0].next_key.resize(length, 0));
        refused(decision, [(Some(0), DenyCode::BadKey)]);
    }
}

#[test]
fn a_key_of_another_algorithm_in_a_block() {
    for algorithm in [1, 2, u64::from(u32::MAX), u64::MAX] {
        let decision = altered(|raw| raw.blocks[1].algorithm = algorithm);
        refused(decision, [(Some(1), DenyCode::BadKey)]);
    }
    let decision = altered(|raw| {
        raw.blocks[1].algorithm = 1;
        raw.blocks[1].next_key = vec![2; 33];
    });
    refused(decision, [(Some(1), DenyCode::BadKey)]);
}

#[test]
fn the_algorithm_of_a_presentation_changed() {
    let decision = altered(|raw| raw.blocks[2].algorithm = 1);
    refused(decision, [(Some(2), DenyCode::BadKey)]);
}

#[test]
fn a_key_in_another_text() {
    let text = alice().public_key().to_string();
    let digits = text.strip_prefix("ed25519/").unwrap();
    for other in [
        digits.to_owned(),
        format!("ed25519/{}", digits.to_uppercase()),
        format!("ED25519/{digits}"),
        format!(" {text}"),
        format!("{text}\n"),
        format!("{text}00"),
        text[..text.len() - 1].to_owned(),
        format!("ed25519/0x{}", &digits[2..]),
        format!("ed25519/{}\u{ff10}", &digits[..61]),
        format!("secp256r1/{digits}"),
        "ed25519/".to_owned(),
        String::new(),
    ] {
        assert_eq!(other.parse::<PublicKey>(), Err(KeyError::Text), "{other:?}");
    }
}

#[test]
fn a_key_in_another_der() {
    let own = alice().public_key().to_bytes();
    let good = der(&own);
    assert!(PublicKey::from_der(&good).is_ok());
    let other = |at: usize, byte: u8| {
        let mut der = good.clone();
        der[at] = byte;
        der
    };
    let x25519 = other(8, 0x6e);
    let unused_bits = other(11, 1);
    let longer = [&good[..], &[0]].concat();
    let long_form = [&[0x30, 0x81, 0x2a][..], &good[2..]].concat();
    let indefinite = [&[0x30, 0x80][..], &good[2..], &[0, 0]].concat();
    let with_null = [&hex::decode("302c300706032b65700500032100").unwrap()[..], &own].concat();
    let short = good[..43].to_vec();
    for der in [x25519, unused_bits, longer, long_form, indefinite, with_null, short, Vec::new()] {
        let made = PublicKey::from_der(&der);
        assert!(matches!(made, Err(KeyError::Der { .. })), "{}: {made:?}", hex::encode(&der));
        let made = PublicKey::from_pem(&pem("PUBLIC KEY", &der));
        assert!(matches!(made, Err(KeyError::Pem { .. })), "{}: {made:?}", hex::encode(&der));
    }
}

#[test]
fn a_key_in_pem_under_another_label() {
    let own = der(&alice().public_key().to_bytes());
    for label in ["PRIVATE KEY", "CERTIFICATE", "RSA PUBLIC KEY", "public key", "PUBLIC KEY "] {
        let made = PublicKey::from_pem(&pem(label, &own));
        assert!(matches!(made, Err(KeyError::Pem { .. })), "{label}: {made:?}");
    }
}

#[test]
fn two_keys_in_one_pem() {
    let one = pem("PUBLIC KEY", &der(&alice().public_key().to_bytes()));
    let two = pem("PUBLIC KEY", &der(&thief().public_key().to_bytes()));
    let made = PublicKey::from_pem(&format!("{one}{two}"));
    assert!(matches!(made, Err(KeyError::Pem { .. })), "{made:?}");
}

/// PKCS#8 version 2 states the public key of the seed, and a library may show that key to others.
#[test]
fn a_private_key_with_the_public_half_of_another() {
    let (seed, own) = ([7; 32], SigningKey::from_bytes(&[7; 32]).public_key().to_bytes());
    assert!(SigningKey::from_der(&pkcs8(&seed, None)).is_ok());
    assert!(SigningKey::from_der(&pkcs8(&seed, Some(&own))).is_ok());
    for other in [alice().public_key().to_bytes(), bytes(WEAK[0]), [0xff; 32]] {
        let der = pkcs8(&seed, Some(&other));
        let made = SigningKey::from_der(&der);
        assert!(matches!(made, Err(KeyError::Der { .. })), "{made:?}");
        let made = SigningKey::from_pem(&pem("PRIVATE KEY", &der));
        assert!(matches!(made, Err(KeyError::Pem { .. })), "{made:?}");
    }
}

/// Anybody could sign with it.
#[test]
fn the_published_secret_as_a_private_key() {
    let der = pkcs8(&terminal().to_bytes(), None);
    let made = SigningKey::from_der(&der).map(|key| key.public_key());
    assert_eq!(made, Err(KeyError::Published));
    let made = SigningKey::from_pem(&pem("PRIVATE KEY", &der)).map(|key| key.public_key());
    assert_eq!(made, Err(KeyError::Published));
}

/// Only code that builds the signing key from the published seed could use its public half as an
/// anchor.
#[test]
fn the_published_key_as_a_trust_anchor() {
    let everybody = terminal();
    let anchor = TrustAnchor::for_any_owner(everybody.public_key());
    let grant = grant("planner", &planner(), reading("accounts/**", 100), Duration::hours(1));
    let chain = RawToken::mint(owner(), &everybody, grant, now(), TOKEN_ID);
    let shown = shown(&present(chain, &planner()));
    let denial = denied(verifier_of(anchor).decide(shown, request(), now()));
    assert_eq!(codes(&denial), [(Some(0), DenyCode::BadKey)]);
    let minted = Token::mint(owner(), &everybody, first(), now());
    assert_eq!(minted, Err(MintError::PublishedKey));
}

#[test]
fn the_published_key_as_a_delegate() {
    let everybody = Principal::agent("everybody", terminal().public_key()).unwrap();
    let own = [reading("accounts/**", 100)];
    let made = Grant::new(everybody, own, now() + Duration::hours(1), "a test");
    assert_eq!(made, Err(GrantError::PublishedKey));
}
