//! The fields of a record: values that only the openings have, and to which the core commits.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::record::error::RecordError;

/// A number of random bytes that nobody can guess.
pub(super) type Salt = [u8; 16];

macro_rules! kinds {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal takes [$($along:ident),*];)+) => {
        /// The kind of a field, in the order of the fields in a record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum FieldKind {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl FieldKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the stable text, as in a record.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Returns the kinds that must be erased with this one: from their values, this one could
            /// be read or guessed.
            pub fn takes_along(self) -> &'static [Self] {
                match self { $(Self::$name => &[$(Self::$along,)*],)+ }
            }
        }
    };
}

kinds! {
    /// The service and the verifier, in the first record of a log.
    Log = "log" takes [];
    /// The operation and the audience of the call.
    Call = "call" takes [Presentation, Reasons];
    /// The resource of the call.
    Resource = "resource" takes [Presentation, Reasons];
    /// The owner with the root key.
    Owner = "owner" takes [Hops, Chain, Presentation, Checks, Reasons];
    /// The delegate of each hop.
    Agents = "agents" takes [Hops, Chain, Presentation, Checks, Reasons];
    /// The ids of the hops. The id of a hop after the first is a hash without a random part.
    Hops = "hops" takes [Chain, Presentation, Reasons];
    /// The delegations of the presentation.
    Chain = "chain" takes [Hops, Presentation, Reasons];
    /// The last block of the presentation, which has a digest of the call.
    Presentation = "presentation" takes [];
    /// The facts that the verifier checked, with the lists and the directory that it used.
    Checks = "checks" takes [Reasons];
    /// The reasons of a refusal, in words.
    Reasons = "reasons" takes [];
    /// An argument of the call.
    Argument = "argument" takes [Presentation, Reasons, Rest];
    /// A member of the context of the call.
    Context = "context" takes [Presentation, Reasons, Rest];
    /// The length and digest of the result of a call.
    Result = "result" takes [];
    /// The last arguments and members of the context of a record that would have too many fields.
    Rest = "rest" takes [Presentation, Reasons];
}

impl Display for FieldKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FieldKind {
    type Err = NotAKind;

    fn from_str(text: &str) -> Result<Self, NotAKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(NotAKind)
    }
}

/// The text is not a kind of field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKind;

impl Display for NotAKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("not a kind of field")
    }
}

impl Serialize for FieldKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FieldKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A commitment to a value and its salt. It reveals neither.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Commits to a value in the form of RFC 8785.
    pub(super) fn to(kind: FieldKind, salt: &Salt, value: &str) -> Self {
        let name = kind.as_str();
        let mut hash = Sha256::new();
        hash.update(b"deputize/evidence/field/v1\0");
        // A closed list of short names.
        hash.update([u8::try_from(name.len()).unwrap_or(u8::MAX)]);
        hash.update(name);
        hash.update(salt);
        hash.update(value);
        Self(hash.finalize().into())
    }
}

impl Display for Commitment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Debug for Commitment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 43];
        // 32 bytes have this length.
        match URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).ok().and(str::from_utf8(&text).ok()) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 32];
        let text = <&str>::deserialize(deserializer)?;
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(de::Error::custom("a commitment is 32 bytes in base64url")),
        }
    }
}

/// Writes a value in the form of RFC 8785.
pub(super) fn to_canonical(value: &impl Serialize) -> Result<String, RecordError> {
    serde_json_canonicalizer::to_string(value)
        .map_err(|error| RecordError::NotARecord { why: error.to_string() })
}
