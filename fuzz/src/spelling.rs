//! Every token, block or key that is read has one spelling, in which it is written again.

use crate::source::Source;
use crate::{common, mutate_wire, random, wire};
use biscuit_auth::format::schema;
use deputize::testing::{RawBlock, RawToken};
use deputize::{HopId, Owner, Presentation, PublicKey, Report, Signer, SigningKey, Token};
use prost::Message;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::random::NOW;

/// The first byte selects how the rest is read.
pub fn check(data: &[u8]) {
    let Some((what, rest)) = data.split_first() else { return };
    match what % 12 {
        0 => container(rest),
        1 => text(rest),
        2 => content(rest, 0),
        3 => content(rest, 1),
        4 => closing(rest),
        5 => public_key(rest),
        6 => public_der(rest),
        7 => private_der(rest),
        8 => pem(rest),
        9 => hop_id(rest),
        10 => mutated_container(&mut Source::new(rest)),
        _ => mutated_content(&mut Source::new(rest)),
    }
}

/// A real token, mutated.
fn mutated_container(source: &mut Source<'_>) {
    let token = if source.chance(50) { common::held() } else { common::presented() };
    container(&mutate_wire::once_or_twice(source, &token.to_bytes()));
}

/// The content of a real block, mutated.
fn mutated_content(source: &mut Source<'_>) {
    let (presented, scene) = (common::presented(), random::case(source));
    match source.below(4) {
        0 => closing(&mutate_wire::once_or_twice(source, &presented.blocks[2].content)),
        1 => content(&mutate_wire::once_or_twice(source, &presented.blocks[1].content), 1),
        _ => content(&mutate_wire::once_or_twice(source, &scene.held.blocks[0].content), 0),
    }
}

/// The bytes of a token: our reader agrees with a second one, and writes the same bytes.
fn container(bytes: &[u8]) {
    let read = Presentation::from_bytes(bytes.to_vec());
    assert_eq!(read.is_ok(), wire::container(bytes).is_some(), "{}", hex::encode(bytes));
    let apart = RawToken::take_apart(bytes);
    assert_eq!(read.is_ok(), apart.is_some());
    let (Ok(read), Some(apart)) = (read, apart) else { return };
    assert_eq!(read.as_bytes(), bytes);
    assert_eq!(apart.to_bytes(), bytes);
    let text = read.to_text();
    assert_eq!(text, base64url(bytes));
    if let Ok(token) = Token::parse(&text) {
        token_is_its_content(&token, &text);
    }
}

/// The text of a token: given bytes have exactly one.
fn text(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(read) = Presentation::parse(text) {
        assert_eq!(read.to_text(), text);
        assert_eq!(base64url(read.as_bytes()), text);
    }
    if let Ok(token) = Token::parse(text) {
        token_is_its_content(&token, text);
    }
}

/// Encoding the content of a token again gives the token.
fn token_is_its_content(token: &Token, text: &str) {
    assert_eq!(token.to_text(), text);
    let apart = RawToken::take_apart(token.as_bytes()).unwrap();
    apart.blocks.iter().for_each(|block| require_canonical(&block.content));
    let report = Report::unverified_token(token, NOW);
    assert_eq!(report.hops.len(), apart.blocks.len());
    let owner = report.owner.as_ref().unwrap();
    let owner = Owner::new(owner.name.clone(), owner.kind).unwrap();
    let id = hex::decode(report.token_id.as_ref().unwrap()).unwrap();
    let signer = SigningKey::from_bytes(&[1; 32]);
    let mut again: Option<RawToken> = None;
    for (hop, grant) in report.hops.iter().zip(token.hops().iter().map(deputize::Hop::grant)) {
        let issued = OffsetDateTime::parse(&hop.issued, &Rfc3339).unwrap();
        again = Some(match again {
            None => {
                let id = id.as_slice().try_into().unwrap();
                RawToken::mint(owner.clone(), &signer, grant.clone(), issued, id)
            }
            Some(before) => before.delegate(&signer, grant.clone(), issued),
        });
    }
    for (own, block) in again.unwrap().blocks.iter().zip(&apart.blocks) {
        assert_eq!(own.content, block.content, "{}", hex::encode(&block.content));
        assert_eq!(own.next_key, block.next_key);
    }
}

/// The content of the first block of a held token, or of the block after a valid first block.
fn content(content: &[u8], before: usize) {
    let mut raw = common::held();
    raw.blocks.truncate(before);
    let key = SigningKey::from_bytes(&[9; 32]).public_key().to_bytes();
    raw.blocks.push(unsigned(content, &key));
    let text = raw.to_text();
    if let Ok(token) = Token::parse(&text) {
        token_is_its_content(&token, &text);
    }
}

/// The content of a presentation.
fn closing(content: &[u8]) {
    let mut raw = common::presented();
    let last = raw.blocks.pop().unwrap();
    raw.blocks.push(RawBlock { content: content.to_vec(), ..last });
    let read = Presentation::from_bytes(raw.to_bytes()).unwrap();
    let report = Report::unverified_presentation(&read, NOW);
    if report.presentation.is_some() {
        require_canonical(content);
        assert_eq!(report.not_shown, 0);
    }
}

fn unsigned(content: &[u8], next_key: &[u8]) -> RawBlock {
    RawBlock {
        content: content.to_vec(),
        algorithm: 0,
        next_key: next_key.to_vec(),
        signature: vec![0; 64],
        external_signature: None,
        version: 1,
    }
}

/// Checks that Biscuit's own reader reads the content, finds no field that we do not use, and
/// writes the same bytes.
fn require_canonical(content: &[u8]) {
    let block = schema::Block::decode(content).expect("Biscuit reads what we read");
    assert_eq!(block.encode_to_vec(), content, "{}", hex::encode(content));
    let has_more = block.context.is_some() || !block.public_keys.is_empty();
    let mut rules = block.checks.iter().flat_map(|check| &check.queries);
    let is_plain = rules.all(|rule| rule.scope.is_empty());
    let kinds = block.checks.iter().all(|check| check.kind.is_none());
    assert!(!has_more && block.rules.is_empty() && block.scope.is_empty() && is_plain && kinds);
}

/// `ed25519/<hex>`.
fn public_key(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let read = text.parse::<PublicKey>();
    if let Ok(key) = read {
        assert_eq!(key.to_string(), text);
        require_strong(&key.to_bytes());
        assert_eq!(PublicKey::from_bytes(&key.to_bytes()), Ok(key));
        assert_eq!(PublicKey::from_pem(&key.to_pem().unwrap()), Ok(key));
        assert_eq!(PublicKey::from_der(&[&SPKI[..], &key.to_bytes()].concat()), Ok(key));
    }
    let json = serde_json::Value::from(text).to_string();
    assert_eq!(serde_json::from_str::<PublicKey>(&json).ok(), read.ok());
}

/// The bytes before the key in `SubjectPublicKeyInfo` (RFC 8410, section 4).
const SPKI: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// The bytes before the seed in PKCS#8 version 1 (RFC 8410, section 7).
const PKCS8: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// Checks with another library that a key is canonical and not weak.
fn require_strong(bytes: &[u8; 32]) {
    use curve25519_dalek::edwards::CompressedEdwardsY;
    let point = CompressedEdwardsY(*bytes).decompress().expect("a key is a point");
    assert_eq!(&point.compress().0, bytes, "a key has one spelling");
    assert!(!point.is_small_order(), "a key is not weak");
}

fn public_der(der: &[u8]) {
    if let Ok(key) = PublicKey::from_der(der) {
        assert_eq!(der, [&SPKI[..], &key.to_bytes()].concat());
        require_strong(&key.to_bytes());
    }
    // The same key as raw bytes.
    if let Some(bytes) = der.first_chunk::<32>()
        && let Ok(key) = PublicKey::from_bytes(bytes)
    {
        assert_eq!(key.to_bytes(), *bytes);
        require_strong(bytes);
    }
}

fn private_der(der: &[u8]) {
    let Ok(key) = SigningKey::from_der(der) else { return };
    let seed = key.to_bytes();
    let again = key.to_der().unwrap();
    assert_eq!(*again, [&PKCS8[..], seed.as_slice()].concat());
    assert_eq!(*SigningKey::from_der(&again).unwrap().to_bytes(), *seed);
    assert!(der.windows(32).any(|own| own == seed.as_slice()), "the seed is in the input");
    // Version 2 has the public half too, which must match the seed.
    if der.get(4) == Some(&1) {
        let own = key.public_key().to_bytes();
        assert!(
            der.windows(32).any(|bytes| bytes == own),
            "the public half does not match the seed"
        );
    }
}

/// PEM has several spellings (line ends), but the same key is written back.
fn pem(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(key) = PublicKey::from_pem(text) {
        let again = key.to_pem().unwrap();
        assert_eq!(plain(&again), plain(text));
        assert_eq!(PublicKey::from_pem(&again), Ok(key));
        require_strong(&key.to_bytes());
    }
    if let Ok(key) = SigningKey::from_pem(text) {
        let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        assert_eq!(*again.to_bytes(), *key.to_bytes());
    }
}

/// The base64 of PEM without line ends.
fn plain(text: &str) -> String {
    let start = text.find("-----BEGIN").unwrap();
    let lines = text[start..].lines().map(str::trim);
    lines.filter(|line| !line.starts_with('-')).collect()
}

fn hop_id(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(id) = text.parse::<HopId>() {
        // People paste ids from other tools, so upper case is accepted too.
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
}

/// base64url without padding (RFC 4648, section 5).
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[bits >> (18 - 6 * place) & 63]));
        }
    }
    text
}
