//! The reasons why a token cannot be read, minted or delegated.

use thiserror::Error;
use time::OffsetDateTime;

use crate::format::container::FormatError;
use crate::grant::{GrantError, Widening};
use crate::instant::UnixTime;
use crate::key::{PublicKey, SignerError};
use crate::limits::{HARD_MAX_HOPS, MAX_BLOCK_TEXT};
use crate::principal::Principal;
use crate::reason::Reason;

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
    /// The token is not authentic. The reason is the one that a verifier would give.
    #[error("the token is not authentic: {0}")]
    NotAuthentic(Box<Reason>),
    /// The strings of one block have more than [`MAX_BLOCK_TEXT`] bytes.
    #[error(
        "the strings of the grant have more than {MAX_BLOCK_TEXT} bytes, counted at each use; grant fewer capabilities or use shorter strings"
    )]
    BlockTooLong,
}

/// The signer's key is not that of the token's holder.
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

/// The reason why a token could not be minted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MintError {
    /// The grant is invalid.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The signer's key is the terminal key, whose secret is published.
    #[error(
        "the signer's key is the terminal key of presentations, whose secret is published; sign with the owner's own key"
    )]
    PublishedKey,
    /// The delegate's key is the owner's own.
    #[error("the delegate's key is the owner's own key; delegate to another key")]
    SelfDelegation,
    /// The grant has already expired.
    #[error(
        "the grant expires at {}, and it is {}; choose a later expiry",
        UnixTime::from(*expires),
        UnixTime::from(*now)
    )]
    Expired {
        /// The expiry of the grant.
        expires: OffsetDateTime,
        /// The time of minting.
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

/// The reason why a token could not be delegated.
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
        "the delegate's key is the holder's own key, which restricts nobody; delegate to another key"
    )]
    SelfDelegation,
    /// The grant exceeds a hop of the chain.
    #[error("the grant reaches beyond hop {hop}: {beyond}; {}", beyond.remedy())]
    Widens {
        /// The hop.
        hop: usize,
        /// The first aspect in which it does, with both values.
        beyond: Widening,
    },
    /// Comparing the grant with a hop takes more than
    /// [`MAX_DELEGATION_WORK`](crate::limits::MAX_DELEGATION_WORK).
    #[error(
        "comparing the grant with hop {hop} takes too much work; grant fewer or shorter values, or ask for a token with fewer limits or simpler patterns"
    )]
    TooMuchWork {
        /// The hop.
        hop: usize,
    },
    /// More delegations would follow a hop than it allows.
    #[error(
        "hop {hop} allows {max_hops} further delegations, and this one would be number {distance}; delegate from an earlier hop, or ask for a token that allows more hops"
    )]
    TooDeep {
        /// The hop.
        hop: usize,
        /// The number of further delegations that it allows.
        max_hops: u32,
        /// The distance of the new hop from that hop.
        distance: u32,
    },
    /// The grant allows more further delegations than a hop leaves.
    #[error(
        "the grant allows {requested} further delegations, and hop {hop} leaves room for {left}; allow at most {left}"
    )]
    TooManyHops {
        /// The hop.
        hop: usize,
        /// The number that the grant allows.
        requested: u32,
        /// The number that the hop has left.
        left: u32,
    },
    /// A hop restricts the keys that delegations may go to, and the delegate's key is not among
    /// them.
    #[error("hop {hop} does not allow delegation to {to}; delegate to a key that it names")]
    NotAllowedDelegate {
        /// The hop.
        hop: usize,
        /// The delegate.
        to: Box<Principal>,
    },
    /// The grant has already expired.
    #[error(
        "the grant expires at {}, and it is {}; choose a later expiry",
        UnixTime::from(*expires),
        UnixTime::from(*now)
    )]
    Expired {
        /// The expiry of the grant.
        expires: OffsetDateTime,
        /// The time of delegation.
        now: OffsetDateTime,
    },
    /// A hop of the chain has expired, so there is nothing left to delegate.
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
        /// The time of delegation.
        now: OffsetDateTime,
    },
    /// The delegator's clock is behind that of the last hop's delegator by more than
    /// [`DEFAULT_CLOCK_TOLERANCE`](crate::limits::DEFAULT_CLOCK_TOLERANCE).
    #[error(
        "the last hop was issued at {}, and it is {}; correct the clocks",
        UnixTime::from(*issued),
        UnixTime::from(*now)
    )]
    BeforeParent {
        /// The time at which the last hop was issued.
        issued: OffsetDateTime,
        /// The time of delegation.
        now: OffsetDateTime,
    },
    /// The chain already has [`HARD_MAX_HOPS`].
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
