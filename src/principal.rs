//! Owners and principals: a name, a kind, and a key.

use std::fmt::{self, Display, Formatter};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::key::PublicKey;
use crate::limits::MAX_NAME_BYTES;
use crate::text::escape::{Backticked, Quoted, TextFault, check_visible};
use crate::text::json::FromObject;

/// The kind of a principal. It is a claim by the delegator, for people to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    Human,
    /// A program that acts on its own judgement, such as an AI agent.
    Agent,
    /// A program that follows fixed instructions.
    Service,
    /// A group of people that acts as one.
    Organization,
}

impl PrincipalKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Agent => "agent",
            Self::Service => "service",
            Self::Organization => "organization",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Human, Self::Agent, Self::Service, Self::Organization]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

impl Display for PrincipalKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The principal accountable for a whole chain, as named in the first block.
///
/// It has no key here: the owner's key is the root key, which a verifier has as a trust anchor.
///
/// In JSON: `{"name":"alice@acme.com","kind":"human"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Owner {
    name: String,
    kind: PrincipalKind,
}

impl Owner {
    /// Creates an owner who is a person.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the name is blank, longer than [`MAX_NAME_BYTES`], or has invisible
    /// characters.
    pub fn human(name: impl Into<String>) -> Result<Self, NameError> {
        Self::new(name, PrincipalKind::Human)
    }

    /// Creates an owner of any kind, under the rules of [`human`](Self::human).
    pub fn new(name: impl Into<String>, kind: PrincipalKind) -> Result<Self, NameError> {
        Ok(Self { name: checked_name(name.into())?, kind })
    }

    /// Returns the name, such as an email address.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }
}

impl Owner {
    /// Returns the owner as a principal with the root key.
    pub fn with_key(&self, root: PublicKey) -> Principal {
        Principal { name: self.name.clone(), kind: self.kind, key: root }
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            name: String,
            kind: PrincipalKind,
        }
        let FromObject(Fields { name, kind }) = FromObject::deserialize(deserializer)?;
        Self::new(name, kind).map_err(D::Error::custom)
    }
}

/// A delegate: the party that receives authority. Its key identifies it; name and kind are the
/// delegator's claims.
///
/// In JSON: `{"name":"planner","kind":"agent","key":"ed25519/…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Principal {
    name: String,
    kind: PrincipalKind,
    key: PublicKey,
}

impl Principal {
    /// Creates a principal that is an agent.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the name is blank, longer than [`MAX_NAME_BYTES`], or has invisible
    /// characters.
    pub fn agent(name: impl Into<String>, key: PublicKey) -> Result<Self, NameError> {
        Self::new(name, PrincipalKind::Agent, key)
    }

    /// Creates a principal of any kind, under the rules of [`agent`](Self::agent).
    pub fn new(
        name: impl Into<String>,
        kind: PrincipalKind,
        key: PublicKey,
    ) -> Result<Self, NameError> {
        Ok(Self { name: checked_name(name.into())?, kind, key })
    }

    /// Returns the name that the delegator gave.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind that the delegator stated.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// Returns the key that must sign for this principal.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    pub(crate) fn with_key(self, key: PublicKey) -> Self {
        Self { key, ..self }
    }
}

impl Display for Principal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", Quoted(&self.name), self.kind, self.key.fingerprint())
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            name: String,
            kind: PrincipalKind,
            key: PublicKey,
        }
        let FromObject(Fields { name, kind, key }) = FromObject::deserialize(deserializer)?;
        Self::new(name, kind, key).map_err(D::Error::custom)
    }
}

/// The reason why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name has no visible text.
    #[error("the name is blank; write visible text")]
    Blank,
    /// The name is longer than [`MAX_NAME_BYTES`].
    #[error("a name has at most {MAX_NAME_BYTES} bytes, and this one has {found}")]
    TooLong {
        /// The length in bytes.
        found: usize,
    },
    /// Part of the name is invisible, so that another name could look the same.
    #[error("the name {} {fault}; write visible text without blanks around it", Backticked(found))]
    Hidden {
        /// The name.
        found: String,
        /// The rule that it breaks.
        fault: TextFault,
    },
}

pub(crate) fn checked_name(name: String) -> Result<String, NameError> {
    if is_blank(&name) {
        return Err(NameError::Blank);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong { found: name.len() });
    }
    match check_visible(&name) {
        Ok(()) => Ok(name),
        Err(fault) => Err(NameError::Hidden { found: name, fault }),
    }
}

/// Returns true if the text has no visible character.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || crate::text::escape::is_invisible(c))
}
