//! Ed25519 keys: who signs, and who is named.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519::pkcs8::{
    self, DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes, spki,
};
use ed25519_dalek::Signer as _;
#[cfg(not(feature = "aws-lc"))]
use ed25519_dalek::Verifier as _;
use thiserror::Error;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// What signs a delegation or a presentation.
///
/// The library only ever asks for a signature over bytes, so that the key itself may stay in a
/// hardware module or a key-management service. [`SigningKey`] is the implementation in memory.
///
/// ```
/// use deputize::{PublicKey, Signature, Signer, SignerError, SigningKey};
///
/// /// A key that lives elsewhere, reached through some client.
/// struct Remote { client: SigningKey }
///
/// impl Signer for Remote {
///     fn public_key(&self) -> PublicKey {
///         self.client.public_key()
///     }
///     fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
///         self.client.sign(message).map_err(|_| SignerError::new("the key service is away"))
///     }
/// }
/// # let remote = Remote { client: SigningKey::generate().unwrap() };
/// # assert!(remote.public_key().verify(b"bytes", &remote.sign(b"bytes").unwrap()));
/// ```
pub trait Signer {
    /// The public half of the key that [`sign`](Self::sign) signs with.
    fn public_key(&self) -> PublicKey;

    /// An Ed25519 signature (RFC 8032, `PureEdDSA`) over `message`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the key from signing, in words for the person who called.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

/// Why a [`Signer`] did not sign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the signer failed: {0}")]
pub struct SignerError(String);

impl SignerError {
    /// A failure described in one lower-case sentence without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// An Ed25519 private key in memory, wiped when dropped and absent from `Debug`.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoRandomness`] where the system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self::from_bytes(&seed))
    }

    /// The key whose 32-byte seed (RFC 8032 §5.1.5) this is.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed. It is the key: keep it as one.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads PKCS#8 in PEM, version 1 (as OpenSSL writes it) or 2 (RFC 5958).
    ///
    /// # Errors
    ///
    /// [`KeyError::Pem`] for anything else, an encrypted key included, and
    /// [`KeyError::Published`] for the key that ends a presentation.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem)
            .map_err(|e| KeyError::Pem { expected: "PRIVATE KEY", why: why_private(e) })?;
        Self(key).if_secret()
    }

    /// Reads PKCS#8 in DER, version 1 or 2.
    ///
    /// # Errors
    ///
    /// [`KeyError::Der`] for anything else, and [`KeyError::Published`] for the key that ends a
    /// presentation.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_der(der)
            .map_err(|e| KeyError::Der { expected: "PKCS#8", why: why_private(e) })?;
        Self(key).if_secret()
    }

    fn if_secret(self) -> Result<Self, KeyError> {
        if self.public_key().is_published() { Err(KeyError::Published) } else { Ok(self) }
    }

    /// Writes PKCS#8 version 1 in PEM, which every OpenSSL reads (3.0 does not read version 2).
    ///
    /// # Errors
    ///
    /// None is known; the encoder's type allows one.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.pkcs8()
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|e| KeyError::Pem { expected: "PRIVATE KEY", why: e.to_string() })
    }

    /// Writes PKCS#8 version 1 in DER.
    ///
    /// # Errors
    ///
    /// None is known; the encoder's type allows one.
    pub fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.pkcs8()
            .to_pkcs8_der()
            .map(|der| der.to_bytes())
            .map_err(|e| KeyError::Der { expected: "PKCS#8", why: e.to_string() })
    }

    fn pkcs8(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        Ok(Signature(self.0.sign(message).to_bytes()))
    }
}

/// The key inside does it.
impl ZeroizeOnDrop for SigningKey {}

impl Debug for SigningKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(public: {}, secret: redacted)", self.public_key())
    }
}

/// An Ed25519 public key that is canonical and not weak: no import path makes another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// The key of these 32 bytes (RFC 8032 §5.1.2).
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKey`] where they are no point of the curve or not its one canonical
    /// spelling, [`KeyError::Weak`] for the few points that verify almost any message,
    /// [`KeyError::Published`] for the key that ends a presentation.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        if is_small_order(bytes) {
            return Err(KeyError::Weak);
        }
        if *bytes == TERMINAL_KEY {
            return Err(KeyError::Published);
        }
        if !is_canonical(bytes) {
            return Err(KeyError::NotAKey);
        }
        ed25519_dalek::VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| KeyError::NotAKey)
    }

    /// Whether everybody can sign with it. No import makes such a key, but whoever builds a
    /// [`SigningKey`] from the published seed has one.
    pub(crate) fn is_published(&self) -> bool {
        *self.as_bytes() == TERMINAL_KEY
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn point(&self) -> EdwardsPoint {
        self.0.to_edwards()
    }

    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads an X.509 `SubjectPublicKeyInfo` in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes), and [`KeyError::Pem`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(pem)
            .map_err(|e| KeyError::Pem { expected: "PUBLIC KEY", why: why_public(e) })?;
        Self::from_bytes(key.as_bytes())
    }

    /// Reads an X.509 `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes), and [`KeyError::Der`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_der(der)
            .map_err(|e| KeyError::Der { expected: "SubjectPublicKeyInfo", why: why_public(e) })?;
        Self::from_bytes(key.as_bytes())
    }

    /// Writes a `SubjectPublicKeyInfo` in PEM.
    ///
    /// # Errors
    ///
    /// None is known; the encoder's type allows one.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .map_err(|e| KeyError::Pem { expected: "PUBLIC KEY", why: e.to_string() })
    }

    /// Whether `signature` is this key's signature over `message`, by the rules of
    /// `ed25519_dalek::VerifyingKey::verify_strict`: canonical scalar, no key and no commitment of
    /// small order, no cofactor. So for one key and message, one signer makes one signature that
    /// nobody else can alter into another.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        // The plain check recomputes R and compares encodings, so an R that passes is canonical and
        // looking it up among the small-order encodings is what `verify_strict` learns by
        // decompressing it, a tenth of the whole cost. The key was looked up when it was made.
        let Some((commitment, response)) = signature.0.split_first_chunk::<32>() else {
            return false;
        };
        !is_small_order(commitment) && is_scalar(response) && self.check(message, &signature.0)
    }

    #[cfg(not(feature = "aws-lc"))]
    fn check(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }

    #[cfg(feature = "aws-lc")]
    fn check(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
        UnparsedPublicKey::new(&ED25519, self.as_bytes()).verify(message, signature).is_ok()
    }

    /// The first 8 bytes of the key in hexadecimal: enough for a person to compare.
    pub fn fingerprint(&self) -> String {
        self.to_bytes().iter().take(8).map(|b| format!("{b:02x}")).collect()
    }
}

impl Display for PublicKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519/{}", hex::encode(self.to_bytes()))
    }
}

impl Debug for PublicKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_bytes().cmp(other.0.as_bytes())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    /// Reads `ed25519/<64 hexadecimal digits>`, in lower case.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("ed25519/").ok_or(KeyError::Text)?;
        if digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(KeyError::Text);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Text)?;
        Self::from_bytes(&bytes)
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The 64 bytes of an Ed25519 signature, as yet believed by nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// A signature of these bytes.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        Self(*bytes)
    }

    /// The bytes of the signature.
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
}

impl Debug for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}

/// In words; the parser names the object identifier of the algorithm that it wants as the one that
/// it met.
fn why_private(error: pkcs8::Error) -> String {
    match error {
        pkcs8::Error::PublicKey(error) => why_public(error),
        other => other.to_string(),
    }
}

fn why_public(error: spki::Error) -> String {
    match error {
        spki::Error::OidUnknown { .. } => "the key is of another algorithm".to_owned(),
        other => other.to_string(),
    }
}

/// Why something is not a key that Deputize uses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not `ed25519/` and 64 lower-case hexadecimal digits.
    #[error("a public key is written `ed25519/` and 64 lower-case hexadecimal digits")]
    Text,
    /// The bytes are not the canonical spelling of a point on the curve.
    #[error("the bytes are not an Ed25519 public key in its canonical encoding")]
    NotAKey,
    /// A key of small order: signatures that it verifies prove nothing.
    #[error("the key is one of the weak keys of small order, which verify almost any message")]
    Weak,
    /// The key that ends a presentation, whose secret everyone knows.
    #[error("the key is the one that ends a presentation: its secret is published")]
    Published,
    /// PEM that does not hold such a key.
    #[error("expected an Ed25519 key in a PEM block `{expected}`: {why}")]
    Pem {
        /// The label of the expected PEM block.
        expected: &'static str,
        /// What the parser met.
        why: String,
    },
    /// DER that does not hold such a key.
    #[error("expected an Ed25519 key as {expected} in DER: {why}")]
    Der {
        /// The expected structure.
        expected: &'static str,
        /// What the parser met.
        why: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system's random source failed")]
    NoRandomness,
}

/// The secret of the key that ends a chain: the SHA-256 of the sentence `deputize: nothing may
/// follow a presentation`, so that everyone knows it and nobody can doubt where it came from.
pub(crate) const TERMINAL_SECRET: [u8; 32] = [
    0xb2, 0x69, 0xfe, 0x37, 0xeb, 0xe3, 0xa9, 0x68, 0x01, 0x04, 0x00, 0xc3, 0x18, 0x87, 0xb4, 0xe7,
    0xef, 0x2e, 0x4a, 0xc3, 0xeb, 0x0b, 0x8b, 0xab, 0x51, 0x60, 0x2f, 0x80, 0x77, 0xda, 0x20, 0xf7,
];

/// Its public half, which the last block of a presentation names.
pub(crate) const TERMINAL_KEY: [u8; 32] = [
    0x45, 0x73, 0x26, 0x6f, 0x2d, 0x18, 0x48, 0x2a, 0x7e, 0x53, 0x82, 0xee, 0xb4, 0xdd, 0x68, 0xeb,
    0xa1, 0xfe, 0xa7, 0xb6, 0xd6, 0x6b, 0x86, 0x68, 0x18, 0x17, 0x5f, 0x66, 0x51, 0xfa, 0x8d, 0xd3,
];

/// The y coordinates of the eight points of small order: 1, −1, 0 and the two of order 8.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    *b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    [0; 32],
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

/// Whether this canonical encoding names a point of small order, whatever its sign bit.
pub(crate) fn is_small_order(encoding: &[u8; 32]) -> bool {
    let mut y = *encoding;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER_Y.contains(&y)
}

/// Whether this is below the order of the group. `ed25519-dalek` asks it too, unless some crate in the
/// program switches on its `legacy_compatibility`.
fn is_scalar(response: &[u8]) -> bool {
    let bytes = response.try_into().ok();
    bytes.is_some_and(|bytes| Scalar::from_canonical_bytes(bytes).is_some().into())
}

/// Whether the y coordinate is below the field's prime 2^255 − 19 (RFC 8032 §5.1.3, step 1).
pub(crate) fn is_canonical(encoding: &[u8; 32]) -> bool {
    match encoding {
        [first, middle @ .., last] => {
            *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|b| *b != 0xff)
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_small_order_table_is_exactly_what_dalek_calls_weak() {
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
    fn the_terminal_key_is_the_hash_of_its_sentence_and_nobodys_key() {
        use sha2::{Digest, Sha256};
        let sentence = b"deputize: nothing may follow a presentation";
        assert_eq!(<[u8; 32]>::from(Sha256::digest(sentence)), TERMINAL_SECRET);
        let key = SigningKey::from_bytes(&TERMINAL_SECRET).public_key();
        assert_eq!(key.to_bytes(), TERMINAL_KEY);
        assert_eq!(PublicKey::from_bytes(&TERMINAL_KEY), Err(KeyError::Published));
    }

    #[test]
    fn second_spellings_of_a_coordinate_are_no_keys() {
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

    proptest! {
        #[test]
        fn verify_agrees_with_verify_strict(seed: [u8; 32], message: Vec<u8>, at in 0..64_usize, flip: u8) {
            let key = SigningKey::from_bytes(&seed);
            let public = key.public_key();
            let mut bytes = key.sign(&message).unwrap().to_bytes();
            prop_assert!(public.verify(&message, &Signature(bytes)));
            *bytes.get_mut(at).unwrap() ^= flip;
            let strict = public.0.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&bytes));
            prop_assert_eq!(public.verify(&message, &Signature(bytes)), strict.is_ok());
        }
    }
}
