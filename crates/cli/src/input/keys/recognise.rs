//! Recognises the keys of other programs.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::convert::Conversion;
use super::der::{Form, of_der};
use super::foreign::{Foreign, Half};

/// Recognises bytes that are not text.
pub(super) fn of_bytes(bytes: &[u8], half: Half) -> Option<Foreign> {
    if let Some(found) = of_der(bytes, half, "in DER", Form::Bytes) {
        return Some(found);
    }
    match (bytes, half) {
        ([0xfe, 0xed, 0xfe, 0xed, ..], _) => {
            let words = "; export the key with `keytool -importkeystore … -deststoretype PKCS12`";
            Some(Foreign::words("a key store of Java", words))
        }
        (_, _) if bytes.starts_with(OPENSSH) => Some(Foreign::words(
            "the content of an OpenSSH key without PEM",
            "; give the whole file",
        )),
        (_, Half::Private) if matches!(bytes.len(), 32 | 64) => {
            Some(Foreign::convert("a seed in raw bytes", Conversion::Seed))
        }
        (_, Half::Public) if bytes.len() == 32 => {
            Some(Foreign::convert("a public key in raw bytes", Conversion::PublicBytes))
        }
        _ => None,
    }
}

/// Recognises a text without PEM and without a line that is a key.
pub(super) fn of_text(text: &str, half: Half) -> Option<Foreign> {
    let text = text.trim();
    let starts =
        |start: &str| text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
    if text.is_empty() {
        return Some(Foreign::words("an empty file", ""));
    }
    if text.starts_with('{') {
        return Some(of_json(text, half));
    }
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<IgnoredAny>>(text)
    {
        return of_numbers(items.len(), half);
    }
    let table = [
        ("PuTTY-User-Key-File", "a key of PuTTY", Some(Conversion::Putty)),
        (
            "---- BEGIN SSH2 PUBLIC KEY",
            "a public key in the file format of RFC 4716",
            Some(Conversion::PublicSsh2),
        ),
        ("AGE-SECRET-KEY-", "a key of age, for encryption", None),
        ("age1", "a public key of age, for encryption", None),
        ("untrusted comment:", "a key of minisign or signify", None),
        ("secp256r1-private/", "a private key of the Biscuit command on another curve", None),
        ("secp256r1/", "a public key of the Biscuit command on another curve", None),
    ];
    if let Some((_, what, how)) = table.into_iter().find(|(start, ..)| starts(start)) {
        return Some(how.map_or_else(|| Foreign::another(what), |how| Foreign::convert(what, how)));
    }
    if starts("ed25519-private/") {
        let what = "a private key of the Biscuit command";
        return Some(match half {
            Half::Private => Foreign::convert(what, Conversion::SeedInHex),
            Half::Public => Foreign::words(what, ", and its public half is needed: `ed25519/…`"),
        });
    }
    if starts("did:key:") {
        let words = "; give the key itself, as `ed25519/<hex>`";
        return Some(Foreign::words("a decentralised identifier", words));
    }
    if text.contains("Private-Key:") || text.contains("Public-Key:") {
        let words = " of `openssl pkey -text -noout`; leave out `-noout`, which leaves out the key";
        return Some(Foreign::words("the output", words));
    }
    of_digits(text, half).or_else(|| of_base64(text, half))
}

/// The JSON Web Key (RFC 7517), as far as it tells what it is. The private part is not kept.
#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    crv: Option<String>,
    d: Option<IgnoredAny>,
    x: Option<IgnoredAny>,
    keys: Option<Vec<Jwk>>,
}

fn of_json(text: &str, half: Half) -> Foreign {
    let Ok(jwk) = serde_json::from_str::<Jwk>(text) else {
        return Foreign::words("JSON", ", and not a key");
    };
    let (is_set, jwk) = match &jwk.keys {
        Some(keys) => match keys.as_slice() {
            [only] => (true, only),
            _ => {
                let what = format!("a set of {} JSON Web Keys", keys.len());
                return Foreign::words(what, "; give a file with one of them");
            }
        },
        None => (false, &jwk),
    };
    if jwk.kty.is_none() {
        return Foreign::words("JSON", ", and not a key");
    }
    if (jwk.kty.as_deref(), jwk.crv.as_deref()) != (Some("OKP"), Some("Ed25519")) {
        return Foreign::another("a JSON Web Key of another algorithm");
    }
    let kind = if is_set { "JSON Web Key in a set" } else { "JSON Web Key" };
    match (half, &jwk.d, &jwk.x) {
        (Half::Private, Some(_), _) => {
            Foreign::convert(format!("a {kind} (JWK)"), Conversion::SeedInJwk)
        }
        (Half::Private, None, _) => Foreign::words(
            format!("a public {kind} (JWK)"),
            ", and the private one is needed, which has a member `d`",
        ),
        (Half::Public, _, Some(_)) => {
            Foreign::convert(format!("a {kind} (JWK)"), Conversion::PublicInJwk)
        }
        (Half::Public, _, None) => {
            Foreign::words(format!("a {kind} (JWK)"), " without its member `x`, the public key")
        }
    }
}

fn of_numbers(count: usize, half: Half) -> Option<Foreign> {
    match (half, count) {
        (Half::Private, 32 | 64) => {
            Some(Foreign::convert("a seed as a list of numbers", Conversion::SeedInNumbers))
        }
        (_, count) => {
            let what = format!("a list of {count} numbers");
            Some(Foreign::words(what, ", and not a key in a form that is read"))
        }
    }
}

/// Recognises hexadecimal digits, with or without `0x` and colons.
fn of_digits(text: &str, half: Half) -> Option<Foreign> {
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let is_between = |c: char| c == ':' || c.is_whitespace();
    let digits = || text.chars().filter(|c| !is_between(*c));
    if !digits().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    match (half, digits().count()) {
        (Half::Private, 64) => {
            Some(Foreign::convert("a seed in hexadecimal", Conversion::SeedInHex))
        }
        (Half::Private, 128) => Some(Foreign::convert(
            "a seed and its public key in hexadecimal",
            Conversion::SeedInHex,
        )),
        (Half::Public, 64) => {
            Some(Foreign::convert("a key in hexadecimal", Conversion::PublicInHex))
        }
        (_, 64..) => Some(Foreign::words("a text of hexadecimal digits", ", and not a key")),
        _ => None,
    }
}

/// The beginning of a private key of OpenSSH.
const OPENSSH: &[u8] = b"openssh-key-v1\0";

/// The beginning of the public key in an SSH line.
const SSH: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";

fn of_base64(text: &str, half: Half) -> Option<Foreign> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let mut standard = Zeroizing::new(String::with_capacity(text.len()));
    standard.extend(text.chars().filter(|c| !c.is_whitespace()).map(|c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    }));
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(standard.as_bytes());
    let bytes = Zeroizing::new(bytes.ok()?);
    if let Some(found) = of_der(&bytes, half, "in base64, without the lines of PEM", Form::Base64) {
        return Some(found);
    }
    // 43 or 86 letters without padding.
    let padding = if bytes.len() == 32 { "=" } else { "==" };
    match (half, bytes.len()) {
        (Half::Private, _) if bytes.starts_with(OPENSSH) => Some(Foreign::convert(
            "an OpenSSH private key without the lines of PEM",
            Conversion::OpensshInBase64,
        )),
        (Half::Public, _) if bytes.starts_with(SSH) => Some(Foreign::convert(
            "an SSH key without the word `ssh-ed25519`",
            Conversion::PublicSshInBase64,
        )),
        (Half::Private, 32) => {
            Some(Foreign::convert("a seed in base64", Conversion::SeedInBase64 { padding }))
        }
        (Half::Private, 64) => Some(Foreign::convert(
            "a seed and its public key in base64",
            Conversion::SeedInBase64 { padding },
        )),
        (Half::Public, 32) => {
            Some(Foreign::convert("a key in base64", Conversion::PublicInBase64 { padding }))
        }
        _ => None,
    }
}
