//! Who takes part: a name, what it is, and the key that speaks for it.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::key::PublicKey;
use crate::limits::MAX_NAME_BYTES;
use crate::text::escape::{Backticked, Quoted, TextFault, check_visible};

/// What a principal is. It is a claim of whoever names the principal, for people to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    Human,
    /// A program that acts on its own judgement, such as an AI agent.
    Agent,
    /// A program that does what it is told.
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

/// The one who is accountable for a whole chain, as the first block names them.
///
/// Their key is not written here: it is the root key, which a verifier knows beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    name: String,
    kind: PrincipalKind,
}

impl Owner {
    /// A person.
    ///
    /// # Errors
    ///
    /// [`NameError`] where the name is blank, longer than [`MAX_NAME_BYTES`], or has something that
    /// cannot be seen.
    pub fn human(name: impl Into<String>) -> Result<Self, NameError> {
        Self::new(name, PrincipalKind::Human)
    }

    /// An owner of any kind.
    ///
    /// # Errors
    ///
    /// As [`human`](Self::human).
    pub fn new(name: impl Into<String>, kind: PrincipalKind) -> Result<Self, NameError> {
        Ok(Self { name: checked_name(name.into())?, kind })
    }

    /// The name, such as a mail address.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the owner is.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }
}

impl Owner {
    /// The owner as the principal that signs with `root`.
    pub(crate) fn with_key(&self, root: PublicKey) -> Principal {
        Principal { name: self.name.clone(), kind: self.kind, key: root }
    }
}

/// One to whom authority is delegated. The key is the proof; name and kind are the delegator's word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    name: String,
    kind: PrincipalKind,
    key: PublicKey,
}

impl Principal {
    /// An agent.
    ///
    /// # Errors
    ///
    /// [`NameError`] where the name is blank, longer than [`MAX_NAME_BYTES`], or has something that
    /// cannot be seen.
    pub fn agent(name: impl Into<String>, key: PublicKey) -> Result<Self, NameError> {
        Self::new(name, PrincipalKind::Agent, key)
    }

    /// A principal of any kind.
    ///
    /// # Errors
    ///
    /// As [`agent`](Self::agent).
    pub fn new(
        name: impl Into<String>,
        kind: PrincipalKind,
        key: PublicKey,
    ) -> Result<Self, NameError> {
        Ok(Self { name: checked_name(name.into())?, kind, key })
    }

    /// The name that the delegator gave.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the delegator says it is.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The key that must sign whatever this principal does.
    pub fn key(&self) -> PublicKey {
        self.key
    }
}

impl Display for Principal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", Quoted(&self.name), self.kind, self.key.fingerprint())
    }
}

/// The reason why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing but blanks.
    #[error("the name is blank; write visible text, such as `alice@acme.com`")]
    Blank,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("a name has at most {MAX_NAME_BYTES} bytes, and this one has {found}")]
    TooLong {
        /// The length in bytes.
        found: usize,
    },
    /// Two names that differ in what is invisible look the same.
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

/// Whether a person would see nothing.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || crate::text::escape::is_invisible(c))
}
