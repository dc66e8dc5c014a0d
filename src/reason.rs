//! Why a call was refused: stable codes for programs, sentences for people.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

use crate::limits::{MAX_SHOWN_FACT, MAX_SHOWN_MESSAGE};
use crate::text::escape::truncated;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal, $remedy:literal;)+) => {
        /// What kind of reason refused a call. The texts are stable; new ones may be added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum DenyCode {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl DenyCode {
            /// Every code, in the order in which a verifier looks for them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable text, in snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What the code means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning,)+).trim_ascii_start(),)+ }
            }

            /// What to do about it.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

codes! {
    /// The token is longer than this verifier accepts.
    TokenTooLong = "token_too_long", "shorten the chain, or raise the verifier's limit";
    /// The root key that the token states does not go with its unsigned hint.
    WrongRoot = "wrong_root", "get the token anew; this one was altered";
    /// No trust anchor of this verifier has the root key that the token states.
    UntrustedRoot = "untrusted_root", "check that the token comes from an owner whom this service trusts";
    /// The chain has more hops than this verifier accepts.
    ChainTooLong = "chain_too_long", "delegate more directly, or raise the verifier's limit";
    /// The token is not closed over a request: it is a held token or another kind of Biscuit.
    NotPresented = "not_presented", "let the holder present the token for this request";
    /// Something follows the block that closes the token.
    BlockAfterPresentation = "block_after_presentation", "present the token itself; nothing may follow a presentation";
    /// The proof at the end is not the published secret of the terminal key.
    BadProof = "bad_proof", "present the token with this library";
    /// A block is signed in another version than 1, which would not bind it to the block before.
    UnsupportedSignatureVersion = "unsupported_signature_version", "make the token with this library; other Biscuits are not accepted";
    /// A third party signed a block, which no delegation needs.
    ThirdPartySignature = "third_party_signature", "make the token with this library; other Biscuits are not accepted";
    /// A block names a key that is not Ed25519, not canonical, or weak.
    BadKey = "bad_key", "delegate to an Ed25519 key";
    /// A block is not signed by whom the block before it names.
    BadSignature = "bad_signature", "get the token anew; this one was altered or put together from pieces";
    /// The presentation is not signed by the holder of the token.
    NotTheHolder = "not_the_holder", "present with the key that the last hop names";
    /// A block was signed behind another hop than the one it stands behind.
    WrongParent = "wrong_parent", "get the token anew; this one was put together from pieces";
    /// A block is not, byte for byte, what Deputize writes.
    NotCanonical = "not_canonical", "make the token with this library; other Biscuits are not accepted";
    /// The trust anchor may not speak for the owner that the token names.
    OwnerNotTrusted = "owner_not_trusted", "check whose key signed the token";
    /// The trust anchor is not valid at this time.
    AnchorNotValid = "anchor_not_valid", "renew the trust anchor, or get a token from the owner's new key";
    /// A hop delegates to the key that signs it, which binds nobody.
    SelfDelegation = "self_delegation", "delegate to a key of the delegate's own";
    /// A hop was issued before the one that it was delegated from.
    IssuedBeforeParent = "issued_before_parent", "set the delegator's clock, and delegate anew";
    /// A hop is valid for longer than this verifier accepts.
    LifetimeTooLong = "lifetime_too_long", "delegate for a shorter time, and renew";
    /// A hop would outlive the one before it.
    OutlivesParent = "outlives_parent", "delegate with an expiry no later than the parent's";
    /// More delegations follow a hop than it lets follow.
    DelegationDepthExceeded = "delegation_depth_exceeded", "delegate from further up, or ask for a grant with more hops";
    /// A hop delegates to a key that an earlier hop does not allow.
    DelegateNotAllowed = "delegate_not_allowed", "delegate to a key that the earlier hop names";
    /// A name or key that the trust anchor pins stands with another key or name.
    PinMismatch = "pin_mismatch", "find out who made this key, or renew the pin";
    /// A hop is not valid yet.
    NotYetValid = "not_yet_valid", "wait, or set the clocks";
    /// A hop has expired.
    Expired = "expired", "ask its delegator for a new token";
    /// A hop was revoked.
    Revoked = "revoked", "ask its delegator for a new token";
    /// Whether a hop was revoked could not be found out.
    RevocationUnknown = "revocation_unknown", "try again when the revocation source answers";
    /// The presentation was made too long ago, or too far in the future.
    PresentationNotFresh = "presentation_not_fresh", "present anew, or set the clocks";
    /// The presentation is for another request.
    WrongRequest = "wrong_request", "present the token for this very request, arguments included";
    /// The presentation is for another service.
    WrongAudience = "wrong_audience", "present the token for the service that is asked";
    /// A hop does not allow this service to be asked.
    AudienceNotGranted = "audience_not_granted", "ask a service that the hop names";
    /// A hop grants nothing at all.
    NoCapability = "no_capability", "get a grant with at least one capability";
    /// A hop does not grant the operation.
    OperationNotGranted = "operation_not_granted", "ask for a grant of the operation, or do what is granted";
    /// A hop does not grant the operation on this resource.
    ResourceNotGranted = "resource_not_granted", "ask for a grant on the resource, or keep to what is granted";
    /// The call has an argument that a hop does not name.
    UnknownArgument = "unknown_argument", "leave the argument out, or ask for a grant that names it";
    /// The call lacks an argument that a hop requires.
    ArgumentMissing = "argument_missing", "send the argument";
    /// An argument is not what a hop limits it to.
    ArgumentRefused = "argument_refused", "keep the argument within its limit";
    /// The limits of a hop take more work to judge on this call than one decision may cost.
    WorkLimitExceeded = "work_limit_exceeded", "send shorter arguments, or ask for a grant with fewer limits or simpler patterns";
    /// The service's own policy refuses the call.
    PolicyRefused = "policy_refused", "see the service's own message";
    /// The call is not one of those that may be repeated, and the verifier has no replay guard.
    NoReplayGuard = "no_replay_guard", "give the verifier a replay guard, or name the operation among those that only read";
    /// The presentation was used before.
    Replayed = "replayed", "present anew for each call";
    /// The replay guard is full and forgets nothing that could still be replayed.
    ReplayGuardFull = "replay_guard_full", "try again shortly, or give the guard more room";
    /// The replay guard could not tell whether the presentation was used before.
    ReplayUnknown = "replay_unknown", "try again when the replay guard answers";
}

/// What a refusal comes to, for who may not know more. In the order in which one hides another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalClass {
    /// The token is not authentic, or not trusted: no call with it is accepted.
    NotAuthentic,
    /// The token does not permit this call, or not any more.
    NotGranted,
    /// It must be presented anew.
    NotFresh,
    /// The service cannot tell now.
    TryLater,
}

impl DenyCode {
    /// The class of the refusal.
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
    /// The hop that refused, from 0, where one did.
    pub hop: Option<usize>,
    /// What kind of reason it is.
    pub code: DenyCode,
    /// The reason as a sentence, everything that a stranger chose in it inert.
    pub message: String,
    /// What would have been allowed, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// What was asked for instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What to do about it.
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
