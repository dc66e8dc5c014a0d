//! The reasons why a grant is refused.

use thiserror::Error;
use time::OffsetDateTime;

use crate::capability::{CapabilityError, Excess};
use crate::instant::{Span, UnixTime};
use crate::key::PublicKey;
use crate::limits::{
    MAX_CAPABILITIES, MAX_FURTHER_HOPS, MAX_LIST, MAX_NAME_BYTES, MAX_PURPOSE_BYTES,
};
use crate::text::escape::{Backticked, TextFault};

/// The first aspect in which a grant exceeds a grant before it in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Widening {
    /// No capability of the parent covers a capability of the grant.
    #[error("capability {index} {excess}")]
    Capability {
        /// Its index in the grant, from 0.
        index: usize,
        /// The way in which it exceeds the nearest capability of the parent.
        excess: Box<Excess>,
    },
    /// The grant outlives the parent.
    #[error(
        "it would outlive its parent by {}: it ends at {}, and its parent at {}",
        Span(UnixTime::from(*requested).since(UnixTime::from(*granted))),
        UnixTime::from(*requested),
        UnixTime::from(*granted)
    )]
    Expiry {
        /// The expiry of the grant.
        requested: OffsetDateTime,
        /// The expiry of the parent.
        granted: OffsetDateTime,
    },
    /// The grant begins before the parent does.
    #[error(
        "it would begin {}before its parent, which begins at {}",
        requested.map_or_else(String::new, |at| format!("at {}, ", UnixTime::from(at))),
        UnixTime::from(*granted)
    )]
    NotBefore {
        /// The time at which the grant begins; `None` if it begins at once.
        requested: Option<OffsetDateTime>,
        /// The time at which the parent begins.
        granted: OffsetDateTime,
    },
    /// The grant names a service that the parent does not.
    #[error(
        "it widens the audience {}",
        added.as_ref().map_or_else(|| "to any service".to_owned(), |a| format!("by {}", Backticked(a)))
    )]
    Audience {
        /// The service; `None` if the grant names none and so allows any.
        added: Option<String>,
    },
    /// The grant allows further delegations to a key that the parent does not allow.
    #[error(
        "it widens the allowed delegates {}",
        added.as_ref().map_or_else(|| "to any key".to_owned(), |key| format!("by {key}"))
    )]
    Delegates {
        /// The key; `None` if the grant names none and so allows any.
        added: Option<Box<PublicKey>>,
    },
}

impl Widening {
    /// Returns the remedy, as the end of a sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Capability { excess, .. } => excess.remedy(),
            Self::Expiry { .. } => "choose an earlier expiry",
            Self::NotBefore { .. } => "set `not_before` to that time or later",
            Self::Audience { .. } => "name only services that the hop names",
            Self::Delegates { .. } => "name only keys that the hop names",
        }
    }
}

/// The reason why something is not a grant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The delegate's key is the terminal key, whose secret is published.
    #[error(
        "the delegate's key is the terminal key of presentations, whose secret is published; delegate to another key"
    )]
    PublishedKey,
    /// The grant has no capability.
    #[error("a grant needs at least one capability")]
    NoCapability,
    /// The grant has more than [`MAX_CAPABILITIES`].
    #[error("a grant has at most {MAX_CAPABILITIES} capabilities, and this one has {found}")]
    TooManyCapabilities {
        /// The number of capabilities.
        found: usize,
    },
    /// A capability is invalid.
    #[error("capability {index}: {error}")]
    Capability {
        /// Its index, from 0.
        index: usize,
        /// The fault of the capability.
        error: CapabilityError,
    },
    /// The purpose is blank or entirely invisible.
    #[error("the purpose is blank; write why the authority is delegated, in one line")]
    NoPurpose,
    /// The purpose is longer than [`MAX_PURPOSE_BYTES`].
    #[error("a purpose has at most {MAX_PURPOSE_BYTES} bytes, and this one has {found}")]
    PurposeTooLong {
        /// The length in bytes.
        found: usize,
    },
    /// Part of the purpose is invisible.
    #[error(
        "the purpose {} {fault}; write one line of visible text without blanks around it",
        Backticked(found)
    )]
    PurposeHidden {
        /// The purpose.
        found: String,
        /// The rule that it breaks.
        fault: TextFault,
    },
    /// The grant ends before it begins.
    #[error(
        "the grant begins at {} and expires at {}; choose a later expiry",
        UnixTime::from(*not_before),
        UnixTime::from(*expires)
    )]
    NeverValid {
        /// The time at which it begins.
        not_before: OffsetDateTime,
        /// The time at which it ends.
        expires: OffsetDateTime,
    },
    /// The audience has no service, or more than [`MAX_LIST`].
    #[error("an audience names 1 to {MAX_LIST} services, and this one names {found}")]
    AudienceSize {
        /// The number of services.
        found: usize,
    },
    /// The name of a service is too long or partly invisible.
    #[error(
        "the service {} must be visible text of 1 to {MAX_NAME_BYTES} bytes without blanks around it",
        Backticked(found)
    )]
    Audience {
        /// The service.
        found: String,
    },
    /// The list of allowed delegates is empty, or longer than [`MAX_LIST`].
    #[error("the allowed delegates must be 1 to {MAX_LIST} keys, and these are {found}")]
    Delegates {
        /// The number of keys.
        found: usize,
    },
    /// The grant allows more than [`MAX_FURTHER_HOPS`] further delegations.
    #[error(
        "a grant allows at most {MAX_FURTHER_HOPS} further delegations, and this one allows {found}"
    )]
    TooManyHops {
        /// The number of further delegations.
        found: u32,
    },
}
