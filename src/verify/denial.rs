//! Denials: refused calls, with all reasons.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::capability::Capability;
use crate::chain::PresentedChain;
use crate::instant::UnixTime;
use crate::reason::{DenyCode, NextStep, Reason, RefusalClass};
use crate::request::Request;
use crate::token::presentation::Presentation;
use crate::verify::checks::{CalledBy, CheckState, Checks};
use crate::verify::policy::refused_by_policy;
use crate::verify::trust::TrustAnchors;

/// A call that was refused.
#[derive(Debug, Clone)]
pub struct Denial {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) chain: ChainState,
    pub(crate) request: Option<Box<Request>>,
    pub(crate) checks: Checks,
}

/// The chain of a refused call, as far as it is authentic.
#[derive(Debug, Clone)]
pub(crate) enum ChainState {
    Authentic(Box<PresentedChain>, Presentation),
    /// The anchors decide whether the owner of the longest authentic prefix is trusted.
    NotAuthentic(Box<(Presentation, TrustAnchors)>),
    /// The call had no chain, or the service refused before it read one.
    Absent,
}

impl Denial {
    /// Creates the denial of a call that came without a presentation, so that services answer,
    /// record and observe it like any other. The request is `None` if the service refuses before it
    /// reads the call.
    pub fn not_presented(request: impl Into<Option<Request>>, now: OffsetDateTime) -> Self {
        let reason = Reason::new(DenyCode::NotPresented, "the call has no token");
        Self::without_chain(reason, request.into(), now)
    }

    /// Creates the denial of a call that the service refuses by itself, before it looks at a token:
    /// a header that it cannot read, or a tool that it does not have. It has the code
    /// [`PolicyRefused`](DenyCode::PolicyRefused) and is attributed to nobody. A policy about a
    /// token belongs in [`decide_with_policy`](crate::Verifier::decide_with_policy).
    ///
    /// ```
    /// use deputize::{Denial, NextStep, time::OffsetDateTime};
    ///
    /// let denial = Denial::by_policy("there is no tool `x`", OffsetDateTime::now_utc());
    /// assert_eq!(denial.next_step(), NextStep::GiveUp);
    /// assert!(!denial.is_for_the_holder());
    /// ```
    pub fn by_policy(why: &str, now: OffsetDateTime) -> Self {
        Self::without_chain(refused_by_policy(why), None, now)
    }

    pub(crate) fn without_chain(
        reason: Reason,
        request: Option<Request>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            reasons: vec![reason],
            chain: ChainState::Absent,
            request: request.map(Box::new),
            checks: Checks::not_reached(UnixTime::from(now)),
        }
    }

    /// Returns the time that the decision is about, in whole seconds.
    pub fn decided_at(&self) -> OffsetDateTime {
        self.checks.at.to_datetime()
    }

    /// Returns all reasons against the call, at least one. A chain that is not authentic has one
    /// reason, and is not examined further.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns true if one of the reasons has this code.
    pub fn has(&self, code: DenyCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }

    /// Returns the next step of the caller. If there are several reasons, it is the step without
    /// which the others would not suffice.
    pub fn next_step(&self) -> NextStep {
        let steps = self.reasons.iter().map(|reason| reason.code.next_step());
        steps.max().unwrap_or(NextStep::GiveUp)
    }

    /// Returns the least capability with which the call would be covered, to ask a delegator for;
    /// `None` if more authority would not help, or no capability can state the call.
    pub fn would_need(&self) -> Option<Capability> {
        let request = self.request.as_deref()?;
        let needed = self.next_step() == NextStep::AskForMore;
        needed.then(|| request.least_capability().ok()).flatten()
    }

    /// Returns the call, if the refusal was about one.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_deref()
    }

    /// Returns the party that made the call. Hold a refused call against the holder only if it is
    /// [`Holder`](CalledBy::Holder).
    pub fn called_by(&self) -> CalledBy {
        self.checks.called_by
    }

    /// Returns true if the whole denial may be shown to the caller: the holder made the call, and a
    /// replay guard had not seen the presentation before. Show other callers
    /// [`for_stranger`](Self::for_stranger).
    pub fn is_for_the_holder(&self) -> bool {
        self.called_by() == CalledBy::Holder && self.checks.replays == CheckState::Done
    }

    /// Returns the part of the denial that this caller may see: all of it if it [is for the
    /// holder](Self::is_for_the_holder), and otherwise only the class. Send it as JSON or as text.
    pub fn for_caller(&self) -> ForCaller<'_> {
        match self.is_for_the_holder() {
            true => ForCaller::Holder(self),
            false => ForCaller::Stranger(self.for_stranger()),
        }
    }

    /// Returns the part of the denial that any caller may see.
    ///
    /// The denial itself names pinned principals, roots, and the limits of other hops.
    pub fn for_stranger(&self) -> Refusal {
        let classes = self.reasons.iter().map(|reason| reason.code.class());
        let mut reasons = self.reasons.iter();
        let other_request = reasons.find(|reason| reason.code == DenyCode::WrongRequest);
        Refusal {
            class: classes.min().unwrap_or(RefusalClass::NotGranted),
            request_digest: other_request.and_then(|reason| reason.requested.clone()),
        }
    }
}

/// The part of a denial that its caller may see. Its JSON is that of the part.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum ForCaller<'a> {
    /// The caller is the holder, who may see all of it.
    Holder(&'a Denial),
    /// The caller is unknown, and may see the class.
    Stranger(Refusal),
}

impl ForCaller<'_> {
    /// Returns the class of the refusal.
    pub fn class(&self) -> RefusalClass {
        match self {
            Self::Holder(denial) => denial.for_stranger().class,
            Self::Stranger(refusal) => refusal.class,
        }
    }
}

impl Display for ForCaller<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder(denial) => denial.fmt(f),
            Self::Stranger(refusal) => refusal.fmt(f),
        }
    }
}

/// The part of a denial that any caller may see: its class, and the digest that the caller sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Refusal {
    /// The class.
    pub class: RefusalClass,
    /// The digest of the request that was presented, in hexadecimal, if the service received
    /// another request. The caller compares it with the digest of its own request
    /// ([`Request::digest`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
    pub request_digest: Option<String>,
}

impl Refusal {
    /// Creates the refusal of a service that cannot decide now, or cannot record its decision.
    pub fn try_later() -> Self {
        Self { class: RefusalClass::TryLater, request_digest: None }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.class {
            RefusalClass::NotAuthentic => "refused: the token is not accepted here",
            RefusalClass::NotGranted => "refused: the call is not granted",
            RefusalClass::NotFresh => "refused: present the token again for this call",
            RefusalClass::TryLater => "refused: try again later",
        })
    }
}

impl Error for Refusal {}

/// Writes everything, for the holder, as [`ReceivedDenial`](crate::ReceivedDenial) reads it:
/// `{"decision":"deny","class":"not_granted","next_step":"ask_for_more","reasons":[…]}`. Other callers
/// get [`for_stranger`](Self::for_stranger), which is JSON too.
impl Serialize for Denial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Denial", 4)?;
        members.serialize_field("decision", "deny")?;
        members.serialize_field("class", &self.for_stranger().class)?;
        members.serialize_field("next_step", &self.next_step())?;
        members.serialize_field("reasons", &self.reasons)?;
        members.end()
    }
}

/// Writes all reasons in one line.
impl Display for Denial {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("refused")?;
        for (i, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl Error for Denial {}
