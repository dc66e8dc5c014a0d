//! Keys in DER, which has no lines that name what it is.

use super::convert::Conversion;
use super::foreign::{Foreign, Half};

/// A text form of DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Bytes,
    Base64,
    Pem,
}

/// The object identifier of Ed25519 (RFC 8410), and the beginning of a private key behind it.
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const SEED: &[u8] = b"\x04\x22\x04\x20";

/// Recognises a structure in DER.
pub(super) fn of_der(bytes: &[u8], half: Half, form_text: &str, form: Form) -> Option<Foreign> {
    let content = sequence(bytes)?;
    let is_seed = |version: &[u8]| {
        let rest = content.strip_prefix(version).and_then(|rest| rest.strip_prefix(ED25519));
        rest.is_some_and(|rest| rest.starts_with(SEED))
    };
    // The version number; OpenSSL 3.0 does not read the second.
    let (is_1, is_2) = (is_seed(b"\x02\x01\x00"), is_seed(b"\x02\x01\x01"));
    if is_1 || is_2 {
        let what = match is_1 {
            true => format!("a private key (PKCS#8) {form_text}"),
            false => format!("a private key as ring writes it (PKCS#8 version 2) {form_text}"),
        };
        let how = match (half, form, is_1) {
            (Half::Private, Form::Bytes, true) => Conversion::Der,
            (Half::Private, Form::Base64, true) => Conversion::DerInBase64,
            (Half::Private, Form::Pem, true) => Conversion::Pem,
            (Half::Private, Form::Bytes, false) => Conversion::DerWithPublic,
            (Half::Private, Form::Base64, false) => Conversion::DerWithPublicInBase64,
            (Half::Private, Form::Pem, false) => Conversion::PemWithPublic,
            (Half::Public, Form::Bytes, true) => Conversion::PublicOfDer,
            (Half::Public, ..) => {
                return Some(Foreign::words(what, ", and the public one is needed"));
            }
        };
        return Some(Foreign::convert(what, how));
    }
    if content.starts_with(ED25519) {
        let what = format!("a public key {form_text}");
        return Some(match (half, form) {
            (Half::Private, _) => Foreign::words(what, ", and the private one is needed"),
            (Half::Public, Form::Base64) => Foreign::convert(what, Conversion::PublicDerInBase64),
            (Half::Public, _) => Foreign::convert(what, Conversion::PublicDer),
        });
    }
    if content.starts_with(b"\x02\x01\x03") {
        return Some(Foreign::convert("a key store (PKCS#12)", Conversion::Pkcs12));
    }
    if content.starts_with(b"\x02\x01") {
        return Some(Foreign::another(format!("a key of another algorithm {form_text}")));
    }
    // `AlgorithmIdentifier` with PBES2 (RFC 8018) or an older scheme of PKCS#5 and PKCS#12.
    let is_encrypted = content
        .get(2..)
        .is_some_and(|rest| rest.starts_with(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05"));
    if is_encrypted && half == Half::Private && form == Form::Bytes {
        let what = format!("an encrypted private key {form_text}");
        return Some(Foreign::convert(what, Conversion::Der));
    }
    Some(Foreign::words(format!("a structure {form_text}"), ", and not a key that is read"))
}

/// Returns the content of a sequence that takes up all bytes.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (length, content) = match bytes {
        [0x30, length @ 0..=0x7f, content @ ..] => (usize::from(*length), content),
        [0x30, 0x81, length, content @ ..] => (usize::from(*length), content),
        [0x30, 0x82, high, low, content @ ..] => {
            (usize::from(u16::from_be_bytes([*high, *low])), content)
        }
        _ => return None,
    };
    (content.len() == length).then_some(content)
}
