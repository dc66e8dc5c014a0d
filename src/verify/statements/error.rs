//! The reasons why a statement is not accepted.

use thiserror::Error;
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::reason::Reason;
use crate::statement::error::StatementError;
use crate::statement::state::StateError;
use crate::text::escape::Backticked;

/// The reason why a statement is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotAccepted {
    /// The bytes are not a statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The statement is issued in the future.
    #[error("it was issued at {}, and it is {}; set the clocks", UnixTime::from(*.issued), UnixTime::from(*.now))]
    IssuedAhead {
        /// The time of issue, by its issuer's clock.
        issued: OffsetDateTime,
        /// The current time.
        now: OffsetDateTime,
    },
    /// A newer statement has been seen.
    #[error("it has the sequence {offered}, and {seen} was seen before, so it is an old statement")]
    RolledBack {
        /// The highest sequence seen.
        seen: u64,
        /// The sequence of this statement.
        offered: u64,
    },
    /// The series has ended: its issuer reported its own key as compromised.
    #[error("its issuer reported its own key as compromised, so nothing newer is accepted from it")]
    SeriesEnded,
    /// The series has too many heads to keep one more.
    #[error("its issuer signed too many statements that contradict each other")]
    TooManyHeads,
    /// The operator decided for another statement of a fork
    /// ([`Statements::accept_fork`](crate::Statements::accept_fork)).
    #[error("the operator decided against it, and for another statement of its series")]
    Rejected,
    /// No head of a series, current or rejected, has this digest.
    #[error("no statement with the digest {digest} is a head of its series")]
    NoSuchHead {
        /// The digest.
        digest: String,
    },
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// No trust anchor names the issuer as a revoker for this root key.
    #[error("no trust anchor for {root} names {issuer} as a revoker")]
    NotNamed {
        /// The issuer.
        issuer: Box<PublicKey>,
        /// The root key.
        root: Box<PublicKey>,
    },
    /// No policy names the issuer of a directory
    /// ([`DirectoryPolicy::issued_by`](crate::DirectoryPolicy::issued_by)).
    #[error("no policy names {issuer} as the issuer of a directory")]
    DirectoryNotNamed {
        /// The issuer.
        issuer: Box<PublicKey>,
    },
    /// A newer directory lacks an agent of the one that is held.
    #[error(
        "it lacks the agent with the key {key}, which the directory before it has; agents are retired, not deleted"
    )]
    LacksAgent {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The token that gives the power has another holder.
    #[error("its power is held by {holder}, and it was issued by {issuer}")]
    NotTheHolder {
        /// The holder of the token.
        holder: Box<PublicKey>,
        /// The issuer.
        issuer: Box<PublicKey>,
    },
    /// A hop of the token limits the services that may be called.
    #[error(
        "hop {hop} of its power is limited to some services, so it gives no power over statements"
    )]
    LimitedToServices {
        /// The hop.
        hop: usize,
    },
    /// A hop of the token does not grant the power by name.
    #[error(
        "hop {hop} of its power does not grant {operation} on {} by that name, without arguments; a wildcard does not count",
        Backticked(resource)
    )]
    NotGranted {
        /// The hop.
        hop: usize,
        /// The operation that must be granted.
        operation: &'static str,
        /// The resource that must be granted.
        resource: String,
    },
    /// The statement has too many entries to compare one by one with its power.
    #[error(
        "it has {found} hops, and its power does not grant `hop/**`; then at most {most} are allowed"
    )]
    TooManyToCompare {
        /// The number of hops.
        found: usize,
        /// The number that is allowed.
        most: usize,
    },
    /// The statement has an entry for a key that signed a hop of its own power.
    #[error("it revokes {key}, which signed a hop of its own power")]
    OverItsPower {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The power has ended, or is not trusted.
    #[error("its power is not valid: {}", reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NoPower {
        /// All reasons, at least one.
        reasons: Vec<Reason>,
    },
    /// The root has voided it.
    #[error("the root key has voided it")]
    Void,
    /// The set has no room for another series.
    #[error(
        "{held} series of unnamed issuers are held, and no more fit; remove some of the sources"
    )]
    Full {
        /// The number of series.
        held: usize,
    },
    /// It is a delta to a list that is not held.
    #[error("it is a delta to the list {base}, which is not held; get the whole list")]
    NoBase {
        /// The digest of the list.
        base: String,
    },
}
