//! Reasons for a refusal: stable codes for programs, sentences for people.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

use crate::limits::{MAX_SHOWN_FACT, MAX_SHOWN_MESSAGE};
use crate::text::escape::truncated;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal, $remedy:literal;)+) => {
        /// The kind of reason why a call was refused. The texts are stable; new ones may be added.
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
    UntrustedRoot = "untrusted_root", "check that the token comes from an owner whom this service trusts";
    /// The chain has more hops than this verifier accepts.
    ChainTooLong = "chain_too_long", "delegate from an earlier hop, or raise the verifier's limit";
    /// The token is not a presentation: it is a held token or another kind of Biscuit.
    NotPresented = "not_presented", "let the holder present the token for this request";
    /// A block follows the presentation.
    BlockAfterPresentation = "block_after_presentation", "present the token itself; nothing may follow a presentation";
    /// The proof at the end is not the published secret of the terminal key.
    BadProof = "bad_proof", "present the token with this library";
    /// A block is signed in another version than 1, which would not bind it to the block before it.
    UnsupportedSignatureVersion = "unsupported_signature_version", "make the token with this library; other Biscuits are not accepted";
    /// A block has the signature of a third party, which no delegation needs.
    ThirdPartySignature = "third_party_signature", "make the token with this library; other Biscuits are not accepted";
    /// A block names a key that is not Ed25519, not canonical, or weak.
    BadKey = "bad_key", "delegate to an Ed25519 key";
    /// A block is not signed by the key that the block before it names.
    BadSignature = "bad_signature", "get a new token; this one was altered or put together from pieces";
    /// The presentation is not signed by the holder of the token.
    NotTheHolder = "not_the_holder", "present with the key that the last hop names";
    /// A block was signed behind another hop than the one before it.
    WrongParent = "wrong_parent", "get a new token; this one was put together from pieces";
    /// A block is not, byte for byte, what Deputize writes.
    NotCanonical = "not_canonical", "make the token with this library; other Biscuits are not accepted";
    /// The trust anchor may not speak for the owner that the token names.
    OwnerNotTrusted = "owner_not_trusted", "check whose key signed the token";
    /// The trust anchor is not valid at this time.
    AnchorNotValid = "anchor_not_valid", "renew the trust anchor, or get a token from the owner's new key";
    /// The trust anchor pins a name or a key, and the chain names it with another key or name.
    PinMismatch = "pin_mismatch", "find out who made this key, or renew the pin";
    /// A hop delegates to the key that signs it, which binds nobody.
    SelfDelegation = "self_delegation", "delegate to a key of the delegate's own";
    /// A hop was issued before the hop that it was delegated from.
    IssuedBeforeParent = "issued_before_parent", "set the delegator's clock, and delegate again";
    /// A hop expires later than the hop before it.
    OutlivesParent = "outlives_parent", "delegate with an expiry no later than the parent's";
    /// More delegations follow a hop than it allows.
    DelegationDepthExceeded = "delegation_depth_exceeded", "delegate from an earlier hop, or ask for a grant with more hops";
    /// A hop delegates to a key that an earlier hop does not allow.
    DelegateNotAllowed = "delegate_not_allowed", "delegate to a key that the earlier hop names";
    /// A hop is valid for longer than this verifier accepts.
    LifetimeTooLong = "lifetime_too_long", "delegate for a shorter time, and renew";
    /// A hop is not valid yet.
    NotYetValid = "not_yet_valid", "wait, or set the clocks";
    /// A hop has expired.
    Expired = "expired", "ask its delegator for a new token";
    /// A hop was revoked.
    Revoked = "revoked", "ask its delegator for a new token";
    /// The revocation source cannot tell whether a hop was revoked.
    RevocationUnknown = "revocation_unknown", "try again when the revocation source answers";
    /// The presentation was made too long ago, or too far in the future.
    PresentationNotFresh = "presentation_not_fresh", "present the token again, or set the clocks";
    /// The presentation is for another service.
    WrongAudience = "wrong_audience", "present the token for the service that is called";
    /// The presentation is for another request.
    WrongRequest = "wrong_request", "present the token for this very request, arguments included";
    /// A hop does not allow calls to this service.
    AudienceNotGranted = "audience_not_granted", "call a service that the hop names";
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
    /// To check the limits of a hop on this call takes more work than one decision may cost.
    WorkLimitExceeded = "work_limit_exceeded", "send shorter arguments, or ask for a grant with fewer limits or simpler patterns";
    /// The service's own policy refuses the call.
    PolicyRefused = "policy_refused", "read the service's own message";
    /// The operation may not be repeated, and the verifier has no replay guard for it.
    NoReplayGuard = "no_replay_guard", "give the verifier a replay guard, or list the operation among those that only read";
    /// The presentation was used before.
    Replayed = "replayed", "present the token again for each call";
    /// The replay guard is full, and forgets nothing that could still be replayed.
    ReplayGuardFull = "replay_guard_full", "try again shortly, or give the guard more room";
    /// The replay guard cannot tell whether the presentation was used before.
    ReplayUnknown = "replay_unknown", "try again when the replay guard answers";
}

/// The class of a refusal, for callers who may not learn the reasons. Of several classes, the first
/// one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
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
            Self::RevocationUnknown | Self::ReplayGuardFull | Self::ReplayUnknown => {
                RefusalClass::TryLater
            }
        }
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

/// One reason why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Reason {
    /// The hop that refused, from 0, if a hop did.
    pub hop: Option<usize>,
    /// The code.
    pub code: DenyCode,
    /// The reason as a sentence, with untrusted text escaped.
    pub message: String,
    /// The permitted value or range, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// The requested value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The remedy.
    pub remedy: &'static str,
}

impl Reason {
    pub(crate) fn new(code: DenyCode, message: impl Display) -> Self {
        Self {
            hop: None,
            code,
            message: truncated(message, MAX_SHOWN_MESSAGE),
            allowed: None,
            asked: None,
            remedy: code.remedy(),
        }
    }

    pub(crate) fn at(self, hop: usize) -> Self {
        Self { hop: Some(hop), ..self }
    }

    pub(crate) fn differs(self, allowed: impl Display, asked: impl Display) -> Self {
        let (allowed, asked) =
            (truncated(allowed, MAX_SHOWN_FACT), truncated(asked, MAX_SHOWN_FACT));
        Self { allowed: Some(allowed), asked: Some(asked), ..self }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(hop) = self.hop {
            write!(f, "hop {hop}: ")?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}
