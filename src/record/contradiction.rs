//! Contradictions between a record and the signatures in its values.

use thiserror::Error;
use time::OffsetDateTime;

use crate::format::container::FormatError;
use crate::format::hop_id::HopId;
use crate::reason::Reason;
use crate::record::field::FieldKind;
use crate::text::escape::Backticked;

/// A record says something else than what its owner, its delegates and its holder signed. Its log
/// was not written from a decision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// A value is not one that a writer writes.
    #[error("the value of `{kind}` is not one that a writer writes, or is there twice")]
    Malformed {
        /// The kind of the value.
        kind: FieldKind,
    },
    /// The chain, alone or with the presentation, is not a token.
    #[error("the value of `{kind}` is not of a token: {why}")]
    NotAToken {
        /// The kind of the value.
        kind: FieldKind,
        /// The reason.
        why: FormatError,
    },
    /// A verifier would refuse the chain or the presentation as not authentic.
    #[error("the chain is not authentic: {}", reason.message)]
    NotAuthentic {
        /// The reason.
        reason: Box<Reason>,
    },
    /// The presentation has more than the last block.
    #[error("the presentation is not the last block alone")]
    Split,
    /// The owner, the agents or the hops are not those of the chain.
    #[error("the value of `{kind}` is not that of the chain")]
    OtherValue {
        /// The kind of the value.
        kind: FieldKind,
    },
    /// The first hop of the chain has another id.
    #[error("the record is about the first hop {recorded}, and the chain has {signed}")]
    OtherFirstHop {
        /// The id in the core.
        recorded: HopId,
        /// The id of the hop.
        signed: HopId,
    },
    /// The presentation has another id.
    #[error("the record is about the presentation {recorded}, and this one is {signed}")]
    OtherPresentation {
        /// The id in the core.
        recorded: HopId,
        /// The id of the presentation.
        signed: HopId,
    },
    /// The presentation has another place in another series, or none.
    #[error("the series and the count of the record are not those of the presentation")]
    OtherCount,
    /// The presentation was made for another service.
    #[error(
        "the record is about a call to {}, and the token was presented for {}",
        Backticked(recorded),
        Backticked(signed)
    )]
    OtherAudience {
        /// The audience of the call.
        recorded: String,
        /// The audience of the presentation.
        signed: String,
    },
    /// No verifier accepts the presentation at the time of the record.
    #[error(
        "the call was recorded at {at}, and the presentation can be used from {from} to {until}"
    )]
    OtherTime {
        /// The time of the record.
        at: OffsetDateTime,
        /// The first second in which a verifier accepts the presentation.
        from: OffsetDateTime,
        /// The last one.
        until: OffsetDateTime,
    },
    /// The holder signed another call: another operation, resource, argument or context.
    #[error("the holder signed another call than the one that is recorded")]
    OtherCall,
    /// The record has no presentation, though it withholds nothing.
    #[error("there is no presentation, and no value is withheld for which it would be left out")]
    NoPresentation,
    /// The record has a presentation, from which a value that it withholds could be guessed.
    #[error("there is a presentation, from which the value that is withheld could be guessed")]
    Withheld,
}
