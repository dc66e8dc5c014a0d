//! Errors of agents and directories.

use thiserror::Error;
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{KeyError, PublicKey, SignerError};
use crate::limits::{
    AGENTS_KEPT, MAX_AGENTS, MAX_DIRECTORY_BYTES, MAX_NAME_BYTES, MAX_RESPONSIBILITIES,
};
use crate::principal::{NameError, PrincipalKind};
use crate::statement::error::StatementError;
use crate::statement::note::NoteError;
use crate::text::escape::Backticked;

/// The reason why something is not an agent of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The id is not a URI, or longer than [`MAX_NAME_BYTES`].
    #[error(
        "the id {} is not a URI of at most {MAX_NAME_BYTES} bytes; write one such as `spiffe://acme.com/agents/planner`",
        Backticked(found)
    )]
    Id {
        /// The id.
        found: String,
    },
    /// The key cannot be the key of an agent.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The accountable party is neither a person nor an organization.
    #[error(
        "a person or an organization answers for an agent, and the kind of this party is `{found}`"
    )]
    Accountable {
        /// The kind of the party.
        found: PrincipalKind,
    },
    /// The agent has more responsibilities than [`MAX_RESPONSIBILITIES`].
    #[error(
        "an agent has at most {MAX_RESPONSIBILITIES} responsibilities, and this one has {found}"
    )]
    TooManyResponsibilities {
        /// Their number.
        found: usize,
    },
    /// A responsibility is not visible text.
    #[error("responsibility {index}: {error}")]
    Responsibility {
        /// The index in the list, from 0.
        index: usize,
        /// The fault.
        error: NameError,
    },
}

/// The reason why a directory cannot be changed or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// An entry with this key exists.
    #[error("the directory has an entry with the key {key} already; replace or remove it")]
    AlreadyListed {
        /// The key.
        key: Box<PublicKey>,
    },
    /// No entry has this key.
    #[error("the directory has no entry with the key {key}; add one")]
    NotListed {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The agent is retired, which is for good.
    #[error("the agent with the key {key} is retired, which is for good; add it under a new key")]
    Retired {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The next review is not later than this one.
    #[error("the agent is reviewed at {}, and the next review, at {}, is not later", UnixTime::from(*.at), UnixTime::from(*.next))]
    ReviewNotLater {
        /// The time of the review.
        at: OffsetDateTime,
        /// The time of the next one.
        next: OffsetDateTime,
    },
    /// An entry was removed that must be kept.
    #[error(
        "the entry of the key {key} must stay until {} days after its `valid_until`; retire the agent",
        AGENTS_KEPT.whole_days()
    )]
    RemovedEarly {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The directory has [`MAX_AGENTS`] entries already.
    #[error(
        "a directory has at most {MAX_AGENTS} entries; remove those of agents that ended long ago"
    )]
    TooMany,
    /// The entries take more than [`MAX_DIRECTORY_BYTES`].
    #[error(
        "the entries take {found} bytes, and at most {MAX_DIRECTORY_BYTES} are allowed; remove those of agents that ended long ago"
    )]
    TooLong {
        /// The length.
        found: usize,
    },
    /// An entry or the issuer's key is refused.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The statement cannot be written.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl From<NoteError> for DirectoryError {
    fn from(error: NoteError) -> Self {
        Self::Statement(error.into())
    }
}
