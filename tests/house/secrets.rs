//! Private keys are wiped, and appear in no output, error or token.

use std::fmt::{Debug, Display};
use std::process::Command;

use crate::common::{agent, anchor, now, owner, reading, request, verifier_of};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use deputize::{
    Grant, HopId, Presentation, PublicKey, Report, Signer, SignerError, SigningKey, Token,
    TrustAnchor,
};
use deputize_pages::report_page;
use time::Duration;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A secret, no short part of which occurs elsewhere by chance.
fn secret(nth: u8) -> [u8; 32] {
    std::array::from_fn(|i| u8::try_from(i).unwrap().wrapping_mul(97).wrapping_add(nth))
}

fn key(nth: u8) -> SigningKey {
    SigningKey::from_bytes(&secret(nth))
}

/// Returns true if the output contains a part of the secret: as bytes, in hexadecimal, in base64 at
/// any alignment, or as Rust prints bytes.
fn reveals(shown: impl AsRef<[u8]>, secret: [u8; 32]) -> bool {
    let bytes = shown.as_ref();
    let text = String::from_utf8_lossy(bytes);
    secret.windows(9).any(|part| {
        let (hex, numbers) = (hex::encode(part), format!("{part:?}"));
        let forms = [
            hex.to_uppercase(),
            hex,
            STANDARD.encode(part),
            URL_SAFE.encode(part),
            numbers[1..numbers.len() - 1].to_owned(),
            numbers[1..numbers.len() - 1].replace(", ", ",\n    "),
        ];
        bytes.windows(9).any(|window| window == part)
            || forms.iter().any(|form| text.contains(form))
    })
}

#[test]
fn parts_of_a_secret_are_detected() {
    let secret = secret(1);
    for shown in [
        format!("{secret:?}"),
        format!("{secret:#?}"),
        format!("{:02x?}", &secret).replace(", ", ""),
        key(1).to_pem().unwrap().to_string(),
        URL_SAFE.encode(secret),
        STANDARD.encode([&[7][..], &secret].concat()),
        STANDARD.encode([&[7, 7][..], &secret].concat()),
        hex::encode_upper(&secret[..9]),
    ] {
        assert!(reveals(&shown, secret), "{shown}");
        assert!(!reveals(&shown, self::secret(2)));
    }
    assert!(reveals(&key(1).to_der().unwrap()[..], secret));
}

#[test]
fn keys_and_their_encodings_are_wiped() {
    fn wiped<T: ZeroizeOnDrop>(_: &T) {}
    wiped(&key(1));
    // Our type only declares it; the key inside it must do it.
    wiped(&ed25519_dalek::SigningKey::from_bytes(&secret(1)));
    let _: Zeroizing<[u8; 32]> = key(1).to_bytes();
    let _: Zeroizing<String> = key(1).to_pem().unwrap();
    let _: Zeroizing<Vec<u8>> = key(1).to_der().unwrap();
}

/// Features of these crates wipe the copies of a key that reading and writing PKCS#8 makes. Nothing
/// else would fail without these features.
#[test]
fn every_crate_that_handles_secrets_wipes_them() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--package", "deputize", "--format", "{p} [{f}]"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    for name in ["ed25519-dalek", "ed25519", "curve25519-dalek", "der"] {
        let start = format!("{name} v");
        let line = tree.lines().find(|line| line.starts_with(&start)).unwrap();
        let (_, features) = line.split_once('[').unwrap();
        let is_enabled = features.split([',', ']']).any(|feature| feature == "zeroize");
        assert!(is_enabled, "{line}");
    }
}

#[test]
fn debug_output_has_no_secret() {
    let shown = format!("{:?} {:#?}", key(1), key(1));
    assert!(shown.contains("redacted") && !reveals(&shown, secret(1)), "{shown}");
    let within = format!("{:?} {:#?}", Some((key(1), 5)), vec![key(1)]);
    assert!(!reveals(&within, secret(1)), "{within}");
}

/// The errors of reading keys, and how many there were.
#[derive(Default)]
struct Errors {
    text: String,
    refused: u32,
}

impl Errors {
    fn add<T, E: Display + Debug>(&mut self, read: Result<T, E>) {
        if let Err(e) = read {
            self.text += &format!("{e} {e:?}\n");
            self.refused += 1;
        }
    }
}

#[test]
fn errors_of_reading_keys_have_no_secret() {
    let (pem, der) = (key(1).to_pem().unwrap(), key(1).to_der().unwrap());
    let mut errors = Errors::default();
    // Every kind of damage, at every position.
    for place in 0..pem.len() {
        for wrong in ["", "!", "\0", "é", "\n", " ", "=", "-----"] {
            let text = format!("{}{wrong}{}", &pem[..place], &pem[place + 1..]);
            errors.add(SigningKey::from_pem(&text));
        }
        errors.add(SigningKey::from_pem(&pem[..place]));
    }
    for place in 0..der.len() {
        for wrong in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut bytes = der.to_vec();
            bytes[place] ^= wrong;
            errors.add(SigningKey::from_der(&bytes));
        }
        errors.add(SigningKey::from_der(&der[..place]));
    }
    for label in ["PUBLIC KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        errors.add(SigningKey::from_pem(&pem.replace("PRIVATE KEY", label)));
    }
    // Another algorithm's key.
    let mut other = der.to_vec();
    other[11] ^= 1;
    errors.add(SigningKey::from_der(&other));
    errors.add(SigningKey::from_pem(&hex::encode(secret(1))));
    errors.add(SigningKey::from_der(&secret(1)));
    assert!(errors.refused > 1_000, "{} were refused", errors.refused);
    assert!(!reveals(&errors.text, secret(1)), "{}", errors.text);
}

/// A private key in place of another input.
#[test]
fn errors_of_misplaced_keys_have_no_secret() {
    let (pem, der) = (key(1).to_pem().unwrap(), key(1).to_der().unwrap());
    let digits = hex::encode(secret(1));
    let mut errors = Errors::default();
    for text in [
        pem.to_string(),
        STANDARD.encode(&der[..]),
        URL_SAFE.encode(secret(1)),
        digits.to_uppercase(),
        format!("ed25519/{}", digits.to_uppercase()),
        format!("ed25519/{digits}0"),
        format!("{digits}x"),
    ] {
        let json = serde_json::to_string(&text).unwrap();
        errors.add(PublicKey::from_pem(&text));
        errors.add(text.parse::<PublicKey>());
        errors.add(serde_json::from_str::<PublicKey>(&json));
        errors.add(text.parse::<HopId>());
        errors.add(Token::parse(&text));
        errors.add(Presentation::parse(&text));
    }
    let relabelled = pem.replace("PRIVATE", "PUBLIC");
    errors.add(PublicKey::from_pem(&relabelled));
    errors.add(PublicKey::from_der(&der));
    errors.add(Presentation::from_bytes(der.to_vec()));
    // 64 digits are the id of a hop as well.
    assert_eq!(errors.refused, 7 * 6 + 3 - 1);
    assert!(!reveals(&errors.text, secret(1)), "{}", errors.text);
}

/// A signer whose key service does not answer.
struct UnavailableSigner(SigningKey);

impl Signer for UnavailableSigner {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<deputize::Signature, SignerError> {
        Err(SignerError::new("the key service is unavailable"))
    }
}

#[test]
fn tokens_and_errors_have_no_secret() {
    let grant = |name: &str, to: &SigningKey, hops| {
        let own = reading("accounts/**", 100);
        let grant = Grant::new(agent(name, to), [own], now() + Duration::hours(1), "a test");
        grant.unwrap().with_max_hops(hops)
    };
    let (alice, planner, researcher) = (key(1), key(2), key(3));
    let minted = Token::mint(owner(), &alice, grant("planner", &planner, 1), now()).unwrap();
    let held = minted.delegate(&planner, grant("researcher", &researcher, 0), now()).unwrap();
    let shown = held.present(&researcher, &request(), now()).unwrap();
    let mut made = vec![
        minted.as_bytes().to_vec(),
        held.as_bytes().to_vec(),
        held.to_text().into_bytes(),
        shown.as_bytes().to_vec(),
        shown.to_text().into_bytes(),
        format!("{minted:?} {held:#?} {shown:?}").into_bytes(),
    ];
    // Errors of operations with keys.
    let wrong = held.present(&alice, &request(), now()).unwrap_err();
    let unavailable = held.present(&UnavailableSigner(key(3)), &request(), now()).unwrap_err();
    let further = grant("writer", &key(4), 0);
    let too_deep = held.delegate(&researcher, further.clone(), now()).unwrap_err();
    let no_holder = held.delegate(&planner, further, now()).unwrap_err();
    let errors = format!(
        "{wrong} {wrong:?} {unavailable} {unavailable:?} {too_deep:?} {no_holder} {no_holder:?}"
    );
    made.push(errors.into_bytes());
    // Reports in all formats, trusted and untrusted.
    let trusted = verifier_of(TrustAnchor::for_any_owner(alice.public_key()));
    let decided = |verifier: &deputize::Verifier| verifier.decide(shown.clone(), request(), now());
    let (allowed, refused) = (decided(&trusted), decided(&verifier_of(anchor())));
    for report in [
        Report::of(&allowed),
        Report::of(&refused),
        Report::of_token(&trusted, &held, now()),
        Report::unverified_token(&held, now()),
        Report::unverified_presentation(&shown, now()),
    ] {
        made.push(format!("{report:?} {report:#?} {report}").into_bytes());
        made.push(report.to_json().unwrap().into_bytes());
        made.push([report.to_markdown(), report.to_mermaid(), report.to_dot()].concat().into());
        made.push(report_page(&report).into_bytes());
    }
    made.push(format!("{allowed:?} {refused:#?} {trusted:#?}").into_bytes());
    for nth in 1..=4 {
        for shown in &made {
            assert!(!reveals(shown, secret(nth)), "{}", String::from_utf8_lossy(shown));
        }
    }
    let public = hex::encode(alice.public_key().to_bytes());
    assert!(made.iter().any(|shown| String::from_utf8_lossy(shown).contains(&public)));
}
