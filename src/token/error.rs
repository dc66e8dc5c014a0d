//! Why there is no token.

use thiserror::Error;

use crate::format::container::FormatError;
use crate::grant::{GrantError, Widening};
use crate::key::{PublicKey, SignerError};
use crate::limits::{HARD_MAX_HOPS, MAX_BLOCK_TEXT};
use crate::reason::Reason;

/// What can fail in [`append`](super::append), whatever is appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    Token(TokenError),
    Signer(SignerError),
}

impl From<TokenError> for AppendError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<SignerError> for AppendError {
    fn from(error: SignerError) -> Self {
        Self::Signer(error)
    }
}

/// Why a text is no token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not a Biscuit in text.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It is another kind of Biscuit.
    #[error("this is a Biscuit, and not a Deputize token")]
    AnotherBiscuit,
    /// It is a presentation.
    #[error("the token was presented already; only a held token can be delegated or presented")]
    NotHeld,
    /// It is not authentic, for the reason for which a verifier would refuse it.
    #[error("the token is not authentic: {0}")]
    NotAuthentic(Box<Reason>),
    /// More text in one block than is read.
    #[error(
        "the texts of the grant come to more than {MAX_BLOCK_TEXT} bytes, each counted as often as it is used; grant fewer capabilities or use shorter texts"
    )]
    BlockTooLong,
}

/// Why no chain was begun.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MintError {
    /// The grant is none, such as one with too many hops.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The signer's key is the one whose secret is published.
    #[error(
        "the signer's key is the published one that ends presentations; everybody can sign with it"
    )]
    PublishedKey,
    /// The delegate's key is the owner's own.
    #[error("the grant is to the owner's own key; delegate to a key of the agent's own")]
    SelfDelegation,
    /// The grant ends before it could be used.
    #[error("the grant was over at {expires}, before it was made")]
    Over {
        /// When it ended.
        expires: String,
    },
    /// The operating system gave no random bytes for the token's id.
    #[error("the operating system's random source failed")]
    NoRandomness,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The chain could not be written.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<AppendError> for MintError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Token(e) => Self::Token(e),
            AppendError::Signer(e) => Self::Signer(e),
        }
    }
}

/// Why a delegation was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DelegateError {
    /// The grant is none, such as one with too many hops.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The signer is not the one that the last hop names.
    #[error(
        "the token is held by {holder}, and the signer's key is {found}; sign with the holder's key"
    )]
    NotTheHolder {
        /// The holder: name, kind and fingerprint.
        holder: String,
        /// The signer's key.
        found: Box<PublicKey>,
    },
    /// The delegate's key is the signer's own.
    #[error("the grant is to the holder's own key, which binds nobody; delegate to a fresh key")]
    SelfDelegation,
    /// The grant reaches beyond a hop of the chain.
    #[error("the grant reaches beyond hop {hop}: {beyond}")]
    Widens {
        /// The hop.
        hop: usize,
        /// In what, and by how much.
        beyond: Widening,
    },
    /// To find out whether the grant reaches beyond a hop takes more than
    /// [`MAX_DELEGATION_WORK`](crate::limits::MAX_DELEGATION_WORK).
    #[error(
        "it takes too much work to compare the grant with hop {hop}; grant fewer or shorter values, or ask for a token with fewer limits or simpler patterns"
    )]
    TooMuchWork {
        /// The hop.
        hop: usize,
    },
    /// A hop lets no further delegation follow here.
    #[error(
        "hop {hop} lets {max_hops} further delegations follow at most, and this would be one more"
    )]
    TooDeep {
        /// The hop.
        hop: usize,
        /// How many it lets follow.
        max_hops: u32,
    },
    /// The grant lets more delegations follow than a hop does.
    #[error(
        "the grant lets up to {asked} delegations follow, and hop {hop} leaves room for {left}"
    )]
    TooManyHops {
        /// The hop.
        hop: usize,
        /// How many the grant asks for.
        asked: u32,
        /// How many are left.
        left: u32,
    },
    /// A hop names the keys that delegations may go to, and this is none of them.
    #[error("hop {hop} does not allow delegation to {to}; delegate to a key that it names")]
    NotAllowedDelegate {
        /// The hop.
        hop: usize,
        /// The delegate: name, kind and fingerprint.
        to: String,
    },
    /// The grant ends before it could be used.
    #[error("the grant was over at {expires}, before it was made")]
    Over {
        /// When it ended.
        expires: String,
    },
    /// The chain is over, so there is nothing left to pass on.
    #[error("hop {hop} expired at {expires}; ask its delegator for a new token")]
    ParentOver {
        /// The hop.
        hop: usize,
        /// When it ended.
        expires: String,
    },
    /// The clock is further behind than that of the one who delegated to the holder may be ahead.
    #[error("the last hop was issued at {issued}, and it is {now}; set the clocks")]
    BeforeParent {
        /// When the last hop was issued.
        issued: String,
        /// The time at which it was to be delegated.
        now: String,
    },
    /// The chain is as long as chains get.
    #[error("the chain has {HARD_MAX_HOPS} hops, which is the most")]
    ChainFull,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The chain could not be read or written.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<AppendError> for DelegateError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Token(e) => Self::Token(e),
            AppendError::Signer(e) => Self::Signer(e),
        }
    }
}
