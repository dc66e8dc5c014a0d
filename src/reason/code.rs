//! The stable codes of reasons, their meanings, remedies and classes.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::text::escape::Backticked;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal, $remedy:literal;)+) => {
        /// The kind of reason why a call was refused. The codes are stable; new ones may be added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum DenyCode {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl DenyCode {
            /// All codes, in this order: form and signatures of the token, trust, links between
            /// hops, time and revocation, the presentation, the grants, and the service itself.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the stable text, in snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Returns the meaning of the code.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning,)+).trim_ascii_start(),)+ }
            }

            /// Returns the remedy.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

codes! {
    /// The token is longer than this verifier accepts.
    TokenTooLong = "token_too_long", "shorten the chain, or raise the verifier's limit";
    /// The root key that the token states does not match its unsigned hint.
    WrongRoot = "wrong_root", "get a new token; this one was altered";
    /// No trust anchor of this verifier has the root key that the token states.
    UntrustedRoot = "untrusted_root", "use a token from an owner whom this service trusts, or ask the service to trust this root key";
    /// The chain has more hops than this verifier accepts.
    ChainTooLong = "chain_too_long", "delegate from an earlier hop, or raise the verifier's limit";
    /// The token is not a presentation: it is a held token or another kind of Biscuit.
    NotPresented = "not_presented", "have the holder present the token for this request";
    /// A block follows the presentation.
    BlockAfterPresentation = "block_after_presentation", "present the held token again; nothing may follow a presentation";
    /// The proof at the end is not the published secret of the terminal key.
    BadProof = "bad_proof", "present the token with Deputize";
    /// A block has a signature version other than 1, which would not bind it to the block before
    /// it.
    UnsupportedSignatureVersion = "unsupported_signature_version", "make the token with Deputize; other Biscuits are not accepted";
    /// A block also has a third party's signature, which Deputize does not use.
    ThirdPartySignature = "third_party_signature", "make the token with Deputize; other Biscuits are not accepted";
    /// A block names a key that is not Ed25519, not canonical, or weak.
    BadKey = "bad_key", "generate a new Ed25519 key, and delegate to it";
    /// A block is not signed by the key that the block before it names, or block 0 by the root key.
    BadSignature = "bad_signature", "get a new token; this one was altered or put together from pieces";
    /// The presentation is not signed by the holder of the token.
    NotTheHolder = "not_the_holder", "present the token with the key that the last hop names";
    /// A block was signed to follow another hop, not the one before it.
    WrongParent = "wrong_parent", "get a new token; this one was put together from pieces";
    /// A block is not, byte for byte, in Deputize's canonical encoding.
    NotCanonical = "not_canonical", "make the token with Deputize; other Biscuits are not accepted";
    /// The trust anchor may not speak for the owner that the token names.
    OwnerNotTrusted = "owner_not_trusted", "check whose key signed the token, and get one signed with a key that is trusted for its owner";
    /// The trust anchor is not valid at this time.
    AnchorNotValid = "anchor_not_valid", "renew the trust anchor, or get a token from the owner's new key";
    /// The trust anchor pins a name to a key, and the chain has the name (or one that looks like
    /// it) with another key, or the key with another name.
    PinMismatch = "pin_mismatch", "find out whose key this is, and update the pin only if the key is right";
    /// A hop delegates to the key that signs it, which restricts nobody.
    SelfDelegation = "self_delegation", "delegate to another key";
    /// A hop was issued before the hop that it was delegated from.
    IssuedBeforeParent = "issued_before_parent", "correct the delegator's clock, and delegate again";
    /// A hop expires later than the hop before it.
    OutlivesParent = "outlives_parent", "delegate with an expiry no later than the parent's";
    /// More delegations follow a hop than it allows.
    DelegationDepthExceeded = "delegation_depth_exceeded", "delegate from an earlier hop, or ask for a grant that allows more hops";
    /// A hop delegates to a key that an earlier hop does not allow.
    DelegateNotAllowed = "delegate_not_allowed", "delegate to a key that the earlier hop allows";
    /// A hop is valid for longer than this verifier accepts.
    LifetimeTooLong = "lifetime_too_long", "delegate for a shorter time, and renew as needed";
    /// A hop is not valid yet.
    NotYetValid = "not_yet_valid", "wait, or correct the clocks";
    /// A hop has expired.
    Expired = "expired", "ask its delegator for a new token";
    /// A hop was revoked.
    Revoked = "revoked", "ask its delegator for a new token";
    /// A hop or the presentation is signed by a key that was reported as retired or compromised.
    KeyRevoked = "key_revoked", "get a new token for a key that is in use";
    /// The verifier's revocation list is too old.
    RevocationStale = "revocation_stale", "try again when the service has a newer revocation list";
    /// The revocation source cannot tell whether a hop was revoked.
    RevocationUnknown = "revocation_unknown", "try again when the revocation source answers";
    /// A delegate is not in the verifier's directory of agents, and no earlier one may spawn it.
    AgentNotListed = "agent_not_listed", "have the agent entered in the directory";
    /// An agent is suspended in the verifier's directory.
    AgentSuspended = "agent_suspended", "ask the issuer of the directory to resume the agent";
    /// An agent is retired in the verifier's directory, which is for good.
    AgentRetired = "agent_retired", "delegate to another agent";
    /// An agent may not act yet, or not any more, by the verifier's directory.
    AgentNotInTime = "agent_not_in_time", "have the times of the agent changed in the directory";
    /// An agent was not reviewed in time, by the verifier's directory.
    AgentReviewOverdue = "agent_review_overdue", "have the agent reviewed, and the review entered in the directory";
    /// A hop names an agent otherwise than the verifier's directory does, or by a name that could be
    /// mistaken for another's.
    AgentDiffers = "agent_differs", "delegate to the agent by the name and the kind that the directory has for its key";
    /// The verifier's directory of agents is too old.
    DirectoryStale = "directory_stale", "try again when the service has a newer directory";
    /// The verifier has no directory of agents that it can rely on.
    DirectoryUnknown = "directory_unknown", "try again when the service has the directory";
    /// The presentation was made too long ago, or too far in the future.
    PresentationNotFresh = "presentation_not_fresh", "present the token again, or correct the clocks";
    /// The presentation is for another service.
    WrongAudience = "wrong_audience", "present the token for the service that is called";
    /// The presentation is for another request.
    WrongRequest = "wrong_request", "present the token for this very request, arguments included";
    /// A hop does not allow calls to this service.
    AudienceNotGranted = "audience_not_granted", "call a service that the hop allows, or ask for a grant for this one";
    /// A hop grants nothing.
    NoCapability = "no_capability", "get a grant with at least one capability";
    /// A hop does not grant the operation.
    OperationNotGranted = "operation_not_granted", "ask for a grant of the operation, or call one that is granted";
    /// A hop does not grant the operation on this resource.
    ResourceNotGranted = "resource_not_granted", "ask for a grant on the resource, or use one that is granted";
    /// The call has an argument that a hop does not name.
    UnknownArgument = "unknown_argument", "leave the argument out, or ask for a grant that names it";
    /// The call lacks an argument that a hop requires.
    ArgumentMissing = "argument_missing", "send the argument";
    /// An argument is outside the limits of a hop.
    ArgumentRefused = "argument_refused", "keep the argument within its limits";
    /// Checking the limits of a hop on this call takes more work than one decision may cost.
    WorkLimitExceeded = "work_limit_exceeded", "send shorter arguments, or ask for a grant with fewer limits or simpler patterns";
    /// The service's own policy refuses the call.
    PolicyRefused = "policy_refused", "read the service's own message";
    /// The operation may not be repeated, and the verifier has no replay guard for it.
    NoReplayGuard = "no_replay_guard", "give the verifier a replay guard, or accept replays of the operation if it only reads";
    /// The presentation was used before.
    Replayed = "replayed", "present the token again for each call";
    /// The replay guard is full, and forgets nothing that could still be replayed.
    ReplayGuardFull = "replay_guard_full", "try again shortly, or give the guard more room";
    /// The replay guard cannot tell whether the presentation was used before.
    ReplayUnknown = "replay_unknown", "present the token again when the replay guard answers";
}

/// The class of a refusal, for callers that may not learn the reasons. Of several classes, the
/// first one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalClass {
    /// The token is not authentic or not trusted, so no call with it is accepted.
    NotAuthentic,
    /// The token does not permit this call, or no longer does.
    NotGranted,
    /// The token must be presented again.
    NotFresh,
    /// The service cannot decide now.
    TryLater,
}

impl RefusalClass {
    /// Returns the status of an HTTP response that refuses (RFC 9110): 401 where the token, or its
    /// presentation, is the fault, 403 where the call is, and 503 where the service cannot decide.
    pub fn http_status(self) -> u16 {
        match self {
            Self::NotAuthentic | Self::NotFresh => 401,
            Self::NotGranted => 403,
            Self::TryLater => 503,
        }
    }

    /// Returns the stable text, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAuthentic => "not_authentic",
            Self::NotGranted => "not_granted",
            Self::NotFresh => "not_fresh",
            Self::TryLater => "try_later",
        }
    }
}

impl DenyCode {
    /// Returns the class of the refusal.
    pub fn class(self) -> RefusalClass {
        match self {
            Self::TokenTooLong
            | Self::WrongRoot
            | Self::UntrustedRoot
            | Self::ChainTooLong
            | Self::NotPresented
            | Self::BlockAfterPresentation
            | Self::BadProof
            | Self::UnsupportedSignatureVersion
            | Self::ThirdPartySignature
            | Self::BadKey
            | Self::BadSignature
            | Self::NotTheHolder
            | Self::WrongParent
            | Self::NotCanonical
            | Self::OwnerNotTrusted
            | Self::AnchorNotValid
            | Self::PinMismatch => RefusalClass::NotAuthentic,
            Self::SelfDelegation
            | Self::IssuedBeforeParent
            | Self::LifetimeTooLong
            | Self::OutlivesParent
            | Self::DelegationDepthExceeded
            | Self::DelegateNotAllowed
            | Self::NotYetValid
            | Self::Expired
            | Self::Revoked
            | Self::KeyRevoked
            | Self::AgentNotListed
            | Self::AgentSuspended
            | Self::AgentRetired
            | Self::AgentNotInTime
            | Self::AgentReviewOverdue
            | Self::AgentDiffers
            | Self::AudienceNotGranted
            | Self::NoCapability
            | Self::OperationNotGranted
            | Self::ResourceNotGranted
            | Self::UnknownArgument
            | Self::ArgumentMissing
            | Self::ArgumentRefused
            | Self::WorkLimitExceeded
            | Self::PolicyRefused
            | Self::NoReplayGuard => RefusalClass::NotGranted,
            Self::PresentationNotFresh
            | Self::WrongRequest
            | Self::WrongAudience
            | Self::Replayed => RefusalClass::NotFresh,
            Self::RevocationStale
            | Self::RevocationUnknown
            | Self::DirectoryStale
            | Self::DirectoryUnknown
            | Self::ReplayGuardFull
            | Self::ReplayUnknown => RefusalClass::TryLater,
        }
    }
}

impl DenyCode {
    /// Returns true if the call goes beyond what a hop grants: its service, its operation, its resource
    /// or its arguments.
    ///
    /// The holder can know that before it calls: [`Token::would_permit`](crate::Token::would_permit) gives
    /// the same reason, at any time and from the token alone. So if all reasons of a refusal are of this
    /// kind and the [holder](crate::CalledBy::Holder) made the call, it can be held against the holder.
    /// False for everything that happens to a holder: times, links between hops, revocation, lists and
    /// directories, trust, replays, bounds, and the service's own policy.
    pub fn is_beyond_grant(self) -> bool {
        match self {
            Self::AudienceNotGranted
            | Self::NoCapability
            | Self::OperationNotGranted
            | Self::ResourceNotGranted
            | Self::UnknownArgument
            | Self::ArgumentMissing
            | Self::ArgumentRefused => true,
            Self::TokenTooLong
            | Self::WrongRoot
            | Self::UntrustedRoot
            | Self::ChainTooLong
            | Self::NotPresented
            | Self::BlockAfterPresentation
            | Self::BadProof
            | Self::UnsupportedSignatureVersion
            | Self::ThirdPartySignature
            | Self::BadKey
            | Self::BadSignature
            | Self::NotTheHolder
            | Self::WrongParent
            | Self::NotCanonical
            | Self::OwnerNotTrusted
            | Self::AnchorNotValid
            | Self::PinMismatch
            | Self::SelfDelegation
            | Self::IssuedBeforeParent
            | Self::OutlivesParent
            | Self::DelegationDepthExceeded
            | Self::DelegateNotAllowed
            | Self::LifetimeTooLong
            | Self::NotYetValid
            | Self::Expired
            | Self::Revoked
            | Self::KeyRevoked
            | Self::RevocationStale
            | Self::RevocationUnknown
            | Self::AgentNotListed
            | Self::AgentSuspended
            | Self::AgentRetired
            | Self::AgentNotInTime
            | Self::AgentReviewOverdue
            | Self::AgentDiffers
            | Self::DirectoryStale
            | Self::DirectoryUnknown
            | Self::PresentationNotFresh
            | Self::WrongAudience
            | Self::WrongRequest
            | Self::WorkLimitExceeded
            | Self::PolicyRefused
            | Self::NoReplayGuard
            | Self::Replayed
            | Self::ReplayGuardFull
            | Self::ReplayUnknown => false,
        }
    }
}

impl FromStr for DenyCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let mut all = Self::ALL.iter().copied();
        all.find(|code| code.as_str() == text).ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// The text is not a code that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a known code; a newer version may have added it", Backticked(.0))]
pub struct UnknownCode(String);

impl UnknownCode {
    /// Returns the text, as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for DenyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Display for DenyCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DenyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
