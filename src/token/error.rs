//! The reasons why a token cannot be read, begun or delegated.

use thiserror::Error;
use time::OffsetDateTime;

use crate::format::container::FormatError;
use crate::grant::{GrantError, Widening};
use crate::key::{PublicKey, SignerError};
use crate::limits::{HARD_MAX_HOPS, MAX_BLOCK_TEXT};
use crate::principal::Principal;
use crate::reason::Reason;
use crate::time::UnixTime;

/// The reason why a text is not a held token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The text is not a Biscuit.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The token is a Biscuit of another kind.
    #[error("the token is another kind of Biscuit, not a Deputize token")]
    AnotherBiscuit,
    /// The token is a presentation.
    #[error("the token has been presented already; use the held token that it was made from")]
    NotHeld,
    /// The token is not authentic, for the reason for which a verifier would refuse it.
    #[error("the token is not authentic: {0}")]
    NotAuthentic(Box<Reason>),
    /// More than [`MAX_BLOCK_TEXT`] in one block.
    #[error(
        "the texts of the grant have more than {MAX_BLOCK_TEXT} bytes, each counted as often as it is used; grant fewer capabilities or use shorter texts"
    )]
    BlockTooLong,
}

/// The signer's key is not the one that the last hop names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the token is held by {holder}, and the signer's key is {signer}; sign with the holder's key"
)]
#[non_exhaustive]
pub struct NotTheHolder {
    /// The holder of the token.
    pub holder: Principal,
    /// The signer's key.
    pub signer: PublicKey,
}

/// The reason why no chain was begun.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MintError {
    /// The grant is invalid.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The signer's key is the terminal key, whose secret is published.
    #[error(
        "the signer's key is the terminal key of presentations, whose secret is published; sign with a key of the owner's own"
    )]
    PublishedKey,
    /// The delegate's key is the owner's own.
    #[error("the delegate's key is the owner's own key; delegate to a key of the agent's own")]
    SelfDelegation,
    /// The grant has expired already.
    #[error(
        "the grant expires at {}, and it is {}; choose a later expiry",
        UnixTime::from(*expires),
        UnixTime::from(*now)
    )]
    Expired {
        /// The expiry of the grant.
        expires: OffsetDateTime,
        /// The time at which it was to be minted.
        now: OffsetDateTime,
    },
    /// The operating system gave no random bytes for the token's id.
    #[error("the operating system's random source failed; try again")]
    NoRandomness,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The chain could not be written.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// The reason why a delegation was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DelegateError {
    /// The grant is invalid.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The signer is not the holder.
    #[error(transparent)]
    NotTheHolder(#[from] Box<NotTheHolder>),
    /// The delegate's key is the holder's own.
    #[error(
        "the delegate's key is the holder's own key, which binds nobody; delegate to a key of the delegate's own"
    )]
    SelfDelegation,
    /// The grant reaches beyond a hop of the chain.
    #[error("the grant reaches beyond hop {hop}: {beyond}; {}", beyond.remedy())]
    Widens {
        /// The hop.
        hop: usize,
        /// The aspect in which it does, and by how much.
        beyond: Widening,
    },
    /// The comparison of the grant with a hop takes more than
    /// [`MAX_DELEGATION_WORK`](crate::limits::MAX_DELEGATION_WORK).
    #[error(
        "it takes too much work to compare the grant with hop {hop}; grant fewer or shorter values, or ask for a token with fewer limits or simpler patterns"
    )]
    TooMuchWork {
        /// The hop.
        hop: usize,
    },
    /// More delegations would follow a hop than it allows.
    #[error(
        "hop {hop} allows {max_hops} further delegations, and this one would be number {distance}; delegate from an earlier hop, or ask for a token with more hops"
    )]
    TooDeep {
        /// The hop.
        hop: usize,
        /// The number of further delegations that it allows.
        max_hops: u32,
        /// How far behind the hop the new one would be.
        distance: u32,
    },
    /// The grant allows more further delegations than a hop leaves.
    #[error(
        "the grant allows {asked} further delegations, and hop {hop} leaves room for {left}; allow at most {left}"
    )]
    TooManyHops {
        /// The hop.
        hop: usize,
        /// The number that the grant asks for.
        asked: u32,
        /// The number that is left.
        left: u32,
    },
    /// A hop names the keys that delegations may go to, and the delegate's is not among them.
    #[error("hop {hop} does not allow delegation to {to}; delegate to a key that it names")]
    NotAllowedDelegate {
        /// The hop.
        hop: usize,
        /// The delegate.
        to: Box<Principal>,
    },
    /// The grant has expired already.
    #[error(
        "the grant expires at {}, and it is {}; choose a later expiry",
        UnixTime::from(*expires),
        UnixTime::from(*now)
    )]
    Expired {
        /// The expiry of the grant.
        expires: OffsetDateTime,
        /// The time at which it was to be delegated.
        now: OffsetDateTime,
    },
    /// A hop of the chain has expired, so that nothing is left to delegate.
    #[error(
        "hop {hop} expired at {}, and it is {}; ask its delegator for a new token",
        UnixTime::from(*expires),
        UnixTime::from(*now)
    )]
    ParentExpired {
        /// The hop.
        hop: usize,
        /// Its expiry.
        expires: OffsetDateTime,
        /// The time at which it was to be delegated.
        now: OffsetDateTime,
    },
    /// The clock is further behind that of the last hop's delegator than
    /// [`DEFAULT_CLOCK_TOLERANCE`](crate::limits::DEFAULT_CLOCK_TOLERANCE).
    #[error(
        "the last hop was issued at {}, and it is {}; set the clocks",
        UnixTime::from(*issued),
        UnixTime::from(*now)
    )]
    BeforeParent {
        /// When the last hop was issued.
        issued: OffsetDateTime,
        /// The time at which it was to be delegated.
        now: OffsetDateTime,
    },
    /// The chain has [`HARD_MAX_HOPS`] already.
    #[error(
        "the chain has {HARD_MAX_HOPS} hops, and no more are allowed; delegate from an earlier hop"
    )]
    ChainFull,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The chain could not be read or written.
    #[error(transparent)]
    Token(#[from] TokenError),
}
