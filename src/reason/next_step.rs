//! The next step of a caller after a refusal.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::reason::code::{DenyCode, RefusalClass};

/// The next step of a caller after a refusal, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NextStep {
    /// Present the token again: the presentation is used, old, or for something else.
    PresentAnew,
    /// Call again when the service can decide, or when the authority begins.
    Wait,
    /// Change the call: no delegation would permit it as it is.
    ChangeCall,
    /// Get a new token from the delegator, with the same authority.
    Renew,
    /// Ask for more authority, such as the least capability for the call.
    AskForMore,
    /// Stop. Only a person, or the service itself, can change the answer.
    GiveUp,
}

impl NextStep {
    /// Returns the stable text, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PresentAnew => "present_anew",
            Self::Wait => "wait",
            Self::ChangeCall => "change_call",
            Self::Renew => "renew",
            Self::AskForMore => "ask_for_more",
            Self::GiveUp => "give_up",
        }
    }
}

impl Display for NextStep {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl DenyCode {
    /// Returns the next step of a caller. Of several reasons, the one counts whose step is last in
    /// [`NextStep`]: the other steps would not suffice.
    pub fn next_step(self) -> NextStep {
        match self {
            Self::NotPresented
            | Self::BlockAfterPresentation
            | Self::BadProof
            | Self::NotTheHolder
            | Self::PresentationNotFresh
            | Self::WrongAudience
            | Self::WrongRequest
            | Self::Replayed => NextStep::PresentAnew,
            Self::NotYetValid
            | Self::RevocationStale
            | Self::RevocationUnknown
            | Self::DirectoryStale
            | Self::DirectoryUnknown
            | Self::ReplayGuardFull
            | Self::ReplayUnknown => NextStep::Wait,
            Self::ArgumentMissing | Self::WorkLimitExceeded => NextStep::ChangeCall,
            Self::TokenTooLong
            | Self::WrongRoot
            | Self::ChainTooLong
            | Self::UnsupportedSignatureVersion
            | Self::ThirdPartySignature
            | Self::BadKey
            | Self::BadSignature
            | Self::WrongParent
            | Self::NotCanonical
            | Self::AnchorNotValid
            | Self::SelfDelegation
            | Self::IssuedBeforeParent
            | Self::OutlivesParent
            | Self::DelegationDepthExceeded
            | Self::DelegateNotAllowed
            | Self::LifetimeTooLong
            | Self::KeyRevoked
            | Self::AgentDiffers
            | Self::Expired => NextStep::Renew,
            Self::AudienceNotGranted
            | Self::NoCapability
            | Self::OperationNotGranted
            | Self::ResourceNotGranted
            | Self::UnknownArgument
            | Self::ArgumentRefused => NextStep::AskForMore,
            Self::UntrustedRoot
            | Self::OwnerNotTrusted
            | Self::PinMismatch
            | Self::Revoked
            | Self::AgentNotListed
            | Self::AgentSuspended
            | Self::AgentRetired
            | Self::AgentNotInTime
            | Self::AgentReviewOverdue
            | Self::PolicyRefused
            | Self::NoReplayGuard => NextStep::GiveUp,
        }
    }
}

impl RefusalClass {
    /// Returns the next step of a caller that learns only the class; `None` if the step depends on
    /// the reasons.
    pub fn next_step(self) -> Option<NextStep> {
        match self {
            Self::NotFresh => Some(NextStep::PresentAnew),
            Self::TryLater => Some(NextStep::Wait),
            Self::NotAuthentic | Self::NotGranted => None,
        }
    }
}
