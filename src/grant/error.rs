//! The reasons for which a grant is refused.

use thiserror::Error;
use time::OffsetDateTime;

use crate::capability::{CapabilityError, Excess};
use crate::key::PublicKey;
use crate::limits::{
    MAX_CAPABILITIES, MAX_FURTHER_HOPS, MAX_LIST, MAX_NAME_BYTES, MAX_PURPOSE_BYTES,
};
use crate::text::escape::{Backticked, TextFault};
use crate::time::{Span, UnixTime};

/// The first aspect in which a grant reaches beyond the one that it is drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Widening {
    /// A capability that no capability of the parent covers.
    #[error("capability {index} {excess}")]
    Capability {
        /// Its index in the grant, from 0.
        index: usize,
        /// How it reaches beyond the nearest capability of the parent.
        excess: Excess,
    },
    /// It would outlive the parent.
    #[error(
        "it would outlive its parent by {}: asked for {}, granted until {}",
        Span(UnixTime::from(*asked).since(UnixTime::from(*granted))),
        UnixTime::from(*asked),
        UnixTime::from(*granted)
    )]
    Expiry {
        /// The expiry of the grant.
        asked: OffsetDateTime,
        /// The expiry of the parent.
        granted: OffsetDateTime,
    },
    /// It would begin before the parent does.
    #[error(
        "it would begin {}before its parent, which begins at {}",
        asked.map_or_else(String::new, |at| format!("at {}, ", UnixTime::from(at))),
        UnixTime::from(*granted)
    )]
    NotBefore {
        /// When the grant begins; `None` where it begins at once.
        asked: Option<OffsetDateTime>,
        /// When the parent begins.
        granted: OffsetDateTime,
    },
    /// It names a service that the parent does not.
    #[error(
        "it widens the audience {}",
        added.as_ref().map_or_else(|| "to any service".to_owned(), |a| format!("by {}", Backticked(a)))
    )]
    Audience {
        /// The service; `None` where the grant names none and so allows any.
        added: Option<String>,
    },
    /// It lets further delegations go to a key that the parent does not allow.
    #[error(
        "it widens the allowed delegates {}",
        added.as_ref().map_or_else(|| "to any key".to_owned(), |key| format!("by {key}"))
    )]
    Delegates {
        /// The key; `None` where the grant names none and so allows any.
        added: Option<Box<PublicKey>>,
    },
}

impl Widening {
    /// What to do about it, as the end of a sentence.
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
        "the delegate's key is the terminal key of presentations, whose secret is published; delegate to a key of the delegate's own"
    )]
    PublishedKey,
    /// No capability at all.
    #[error("a grant needs at least one capability")]
    NoCapability,
    /// More than [`MAX_CAPABILITIES`].
    #[error("a grant has at most {MAX_CAPABILITIES} capabilities, and this one has {found}")]
    TooManyCapabilities {
        /// The number of capabilities.
        found: usize,
    },
    /// An invalid capability.
    #[error("capability {index}: {error}")]
    Capability {
        /// Its index, from 0.
        index: usize,
        /// The fault of the capability.
        error: CapabilityError,
    },
    /// A purpose that is blank or invisible.
    #[error("the purpose is blank; write why the authority is delegated, in one line")]
    NoPurpose,
    /// Longer than [`MAX_PURPOSE_BYTES`].
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
    /// It ends before it begins.
    #[error(
        "the grant begins at {} and expires at {}; choose a later expiry",
        UnixTime::from(*not_before),
        UnixTime::from(*expires)
    )]
    NeverValid {
        /// When it would begin.
        not_before: OffsetDateTime,
        /// When it would end.
        expires: OffsetDateTime,
    },
    /// An audience of no service, or of more than [`MAX_LIST`].
    #[error("an audience names 1 to {MAX_LIST} services, and this one names {found}")]
    AudienceSize {
        /// The number of services.
        found: usize,
    },
    /// A service whose name is too long or partly invisible.
    #[error(
        "the service {} must be visible text of 1 to {MAX_NAME_BYTES} bytes without blanks around it",
        Backticked(found)
    )]
    Audience {
        /// The service.
        found: String,
    },
    /// No allowed delegate, or more than [`MAX_LIST`].
    #[error("allowed delegates are 1 to {MAX_LIST} keys, and these are {found}")]
    Delegates {
        /// The number of keys.
        found: usize,
    },
    /// More than [`MAX_FURTHER_HOPS`].
    #[error("a grant allows at most {MAX_FURTHER_HOPS} further delegations, and this one {found}")]
    TooManyHops {
        /// The number of further delegations.
        found: u32,
    },
}
