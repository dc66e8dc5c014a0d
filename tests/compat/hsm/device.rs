//! A hardware security module that speaks PKCS#11. Here it is SoftHSM; only [`LIBRARY`] and
//! [`Slot::fresh`] are about that.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, KeyType, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use deputize::{PublicKey, Signature};

/// The path of the library in Debian's package `softhsm2`.
const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// The OID of Ed25519 (RFC 8410) in DER. PKCS#11 3.0 also has the name `edwards25519` as a
/// `PrintableString`, which SoftHSM 2.6 refuses with `CKR_GENERAL_ERROR`.
const ED25519: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];

/// A slot that holds the keys of one signing program, and nothing else.
pub(crate) struct Slot(Session);

/// A key pair in the slot.
pub(crate) struct Key {
    pub(crate) private: ObjectHandle,
    pub(crate) public: PublicKey,
}

impl Slot {
    /// Initialises the token in the first free slot, with new PINs.
    pub(crate) fn fresh() -> Result<Self, Error> {
        let library = Pkcs11::new(LIBRARY)?;
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        let slot = library.get_slots_with_token()?.remove(0);
        let [officer, user] = ["officer-1234", "user-5678"].map(|pin| AuthPin::new(pin.into()));
        library.init_token(slot, &officer, "deputize")?;
        let session = library.open_rw_session(slot)?;
        session.login(UserType::So, Some(&officer))?;
        session.init_pin(&user)?;
        session.logout()?;
        session.login(UserType::User, Some(&user))?;
        Ok(Self(session))
    }

    /// Generates a pair whose private half never leaves the device, and signs with Ed25519 alone.
    pub(crate) fn generate(&self, label: &str) -> Result<Key, Error> {
        let label = || Attribute::Label(label.into());
        let public = [
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::EcParams(ED25519.to_vec()),
            Attribute::Token(true),
            Attribute::Verify(true),
            label(),
        ];
        let private = [
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Derive(false),
            Attribute::AllowedMechanisms(vec![MechanismType::EDDSA]),
            label(),
        ];
        let mechanism = Mechanism::EccEdwardsKeyPairGen;
        let (public, private) = self.0.generate_key_pair(&mechanism, &public, &private)?;
        Ok(Key { private, public: self.public_key(public)? })
    }

    /// Reads a public key. Its point is an `OCTET STRING` in DER here; other devices return the 32
    /// bytes alone.
    fn public_key(&self, public: ObjectHandle) -> Result<PublicKey, Error> {
        let read = self.0.get_attributes(public, &[AttributeType::EcPoint])?;
        let [Attribute::EcPoint(point)] = &read[..] else { panic!("no point: {read:?}") };
        let point = point.strip_prefix(&[0x04, 0x20]).unwrap_or(point);
        let point = point.try_into().expect("a point of Ed25519 has 32 bytes");
        // Refuses points that are not canonical or weak.
        Ok(PublicKey::from_bytes(point).expect("the device generated a good key"))
    }

    /// Signs with Ed25519 as RFC 8032 has it: the mechanism without parameters. With parameters,
    /// `CKM_EDDSA` signs a context or a hash, which no verifier here accepts.
    pub(crate) fn sign(&self, key: &Key, message: &[u8]) -> Result<Signature, Error> {
        let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let signature = self.0.sign(&pure, key.private, message)?;
        let bytes = signature[..].try_into().expect("a signature of Ed25519 has 64 bytes");
        Ok(Signature::from_bytes(bytes))
    }

    /// Returns true if every way out that PKCS#11 has for a private key is closed.
    pub(crate) fn is_sealed(&self, key: &Key) -> bool {
        let Self(session) = self;
        let value = [AttributeType::Value];
        let never = [AttributeType::NeverExtractable, AttributeType::AlwaysSensitive];
        let refuses = |change| session.update_attributes(key.private, &[change]).is_err();
        let info = session.get_attribute_info(key.private, &value).unwrap();
        matches!(info[..], [AttributeInfo::Sensitive])
            && session.get_attributes(key.private, &value).unwrap().is_empty()
            && session.get_attributes(key.private, &never).unwrap()
                == [Attribute::NeverExtractable(true), Attribute::AlwaysSensitive(true)]
            && refuses(Attribute::Extractable(true))
            && refuses(Attribute::Sensitive(false))
            && matches!(self.wrapped(key), Err(Error::Pkcs11(RvError::KeyUnextractable, _)))
    }

    /// Encrypts a private key under another key of the slot.
    fn wrapped(&self, key: &Key) -> Result<Vec<u8>, Error> {
        let template =
            [Attribute::Wrap(true), Attribute::Unwrap(true), Attribute::ValueLen(32.into())];
        let wrapping = self.0.generate_key(&Mechanism::AesKeyGen, &template)?;
        self.0.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, key.private)
    }
}

/// Runs a test again in a process of its own, with a device of its own in cargo's target directory:
/// SoftHSM reads the path of its configuration from the environment.
pub(crate) fn with_own_device(test: &str, body: impl FnOnce(Slot)) {
    const PATH: &str = "SOFTHSM2_CONF";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let configuration = folder.join("softhsm2.conf");
    if env::var_os(PATH).is_some_and(|path| path == configuration) {
        return body(Slot::fresh().unwrap());
    }
    assert!(Path::new(LIBRARY).exists(), "{LIBRARY} is missing: run `bash tests/setup`");
    drop(fs::remove_dir_all(&folder));
    let tokens = folder.join("tokens");
    fs::create_dir_all(&tokens).unwrap();
    fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let done = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(PATH, configuration)
        .output()
        .unwrap();
    let output =
        [done.stdout, done.stderr].map(|output| String::from_utf8_lossy(&output).into_owned());
    // A filter that matches no test succeeds too.
    assert!(
        done.status.success() && output[0].contains("1 passed"),
        "{}\n{}",
        output[0],
        output[1]
    );
}
