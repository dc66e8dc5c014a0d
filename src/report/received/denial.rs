//! A denial that another program sent.

use std::fmt::{self, Display, Formatter};

use serde_json::Value as Json;

use crate::capability::Capability;
use crate::limits::MAX_RECEIVED_SHOWN;
use crate::reason::{
    DenyCode, NextStep, ReceivedReason, RefusalClass, next_step_of, variant_named,
};
use crate::report::received::error::{ReceiveError, read, reasons};
use crate::report::received::report::ReceivedReport;
use crate::request::Request;

/// A refusal that a service sent as JSON, for the holder of a token or a model to act on.
///
/// It is only the service's statement about a call. It cannot become a [`Denial`](crate::Denial) or
/// a [`Report`](crate::Report) of this program.
///
/// ```
/// # use deputize::*;
/// # use time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let to = Principal::agent("planner", planner.public_key())?;
/// # let read = ["crm.read accounts/emea/**", "crm.read accounts/apac/**"];
/// # let read = read.into_iter().map(str::parse::<Capability>).collect::<Result<Vec<_>, _>>()?;
/// # let grant = Grant::new(to, read, now + Duration::hours(8), "Q3")?;
/// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
/// let call = Request::new("crm.read", "accounts/latam/1", "crm.acme.com")?;
/// // At the agent, before a service is asked; a service sends its `Denial` in the same form.
/// let sent = serde_json::to_string(&token.would_permit(&call, now).unwrap_err())?;
///
/// let denial = ReceivedDenial::from_json(&sent)?;
/// assert!(denial.has(DenyCode::ResourceNotGranted));
/// assert_eq!(denial.reasons()[0].allowed, ["accounts/apac/**", "accounts/emea/**"]);
/// assert_eq!(denial.next_step(), Some(NextStep::AskForMore));
/// assert_eq!(denial.would_need(&call), Some(call.least_capability()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail
/// fn taken_for_a_decision(received: deputize::ReceivedDenial) -> deputize::Denial {
///     received.into()
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedDenial {
    class: Option<RefusalClass>,
    request_digest: Option<String>,
    reasons: Vec<ReceivedReason>,
    report: Option<ReceivedReport>,
}

/// The members of a [`Refusal`](crate::Refusal), and of the RFC 9457 problem with one.
const REFUSAL: [&str; 6] = ["class", "request_digest", "decision", "title", "status", "detail"];

impl ReceivedDenial {
    /// Reads the JSON of a [`Denial`](crate::Denial), of a [`Refusal`](crate::Refusal), of an
    /// [`Answer`](crate::Answer) or a [`Report`](crate::Report) that refuses, or of a
    /// [`NotPermitted`](crate::NotPermitted); also as the body of an [HTTP
    /// response](crate::Denial::to_http).
    ///
    /// No object may repeat a key. Unknown members and codes are accepted, because the service may
    /// be newer than the agent.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] if the text is too long, not JSON, or something else.
    pub fn from_json(text: &str) -> Result<Self, ReceiveError> {
        let members = read(text)?;
        let mut stated = ["decision", "verdict"].into_iter().filter_map(|name| members.get(name));
        let is_denial = stated.all(|stated| stated == "deny");
        let text = |name: &str| members.get(name).and_then(Json::as_str).map(str::to_owned);
        let (class, request_digest) = (text("class"), text("request_digest"));
        let reasons = reasons(&members)?.unwrap_or_default();
        // Any object may have a `class`. The object of a refusal has few other members.
        let is_refusal = class.is_some() && members.keys().all(|name| REFUSAL.contains(&&**name));
        if !is_denial || (reasons.is_empty() && !is_refusal) {
            return Err(ReceiveError::NotADenial);
        }
        let report = match members.contains_key("report") {
            // The report of a newer version may have another form. The reasons suffice.
            true => ReceivedReport::from_members(members).ok(),
            false => None,
        };
        let class = class.as_deref().and_then(variant_named);
        Ok(Self { class, request_digest, reasons, report })
    }

    /// Returns the reasons. A service that cannot tell whether the caller is the holder sends none.
    pub fn reasons(&self) -> &[ReceivedReason] {
        &self.reasons
    }

    /// Returns true if one of the reasons has this code.
    pub fn has(&self, code: DenyCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == Ok(code))
    }

    /// Returns the class of the refusal, if it is stated or follows from the reasons.
    pub fn class(&self) -> Option<RefusalClass> {
        let codes = self.reasons.iter().filter_map(|reason| reason.code.as_ref().ok());
        self.class.or_else(|| codes.map(|code| code.class()).min())
    }

    /// Returns the next step of the caller, as [`Denial::next_step`](crate::Denial::next_step)
    /// does. `None` if this version does not know a reason, or the class alone does not determine
    /// the step.
    pub fn next_step(&self) -> Option<NextStep> {
        match self.reasons.is_empty() {
            true => self.class.and_then(RefusalClass::next_step),
            false => next_step_of(&self.reasons),
        }
    }

    /// Returns the least capability for `call`, to ask a delegator for; `None` if more authority
    /// would not help, or no capability can state the call.
    ///
    /// # Security
    ///
    /// The capability depends only on the caller's own request. Otherwise a service could make an
    /// agent ask for any authority.
    pub fn would_need(&self, call: &Request) -> Option<Capability> {
        let needed = self.next_step() == Some(NextStep::AskForMore);
        needed.then(|| call.least_capability().ok()).flatten()
    }

    /// Returns the digest of the request that arrived with the presentation, if the service
    /// received another request. If it differs from [`Request::digest`], the presentation was
    /// changed on its way, or this answer is about another call.
    pub fn request_digest(&self) -> Option<&str> {
        let of_reason = |reason: &ReceivedReason| reason.code == Ok(DenyCode::WrongRequest);
        let reason = self.reasons.iter().find(|reason| of_reason(reason));
        let of_reason = reason.and_then(|reason| reason.requested.as_deref());
        of_reason.or(self.request_digest.as_deref())
    }

    /// Returns the report, if the service sent one.
    pub fn report(&self) -> Option<&ReceivedReport> {
        self.report.as_ref()
    }
}

/// Writes all reasons in one line.
impl Display for ReceivedDenial {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the service says that it refused the call")?;
        for (i, reason) in self.reasons.iter().take(MAX_RECEIVED_SHOWN).enumerate() {
            write!(f, "{}{reason}", if i == 0 { ": " } else { "; " })?;
        }
        match self.reasons.len().saturating_sub(MAX_RECEIVED_SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more reasons"),
        }
    }
}

impl std::error::Error for ReceivedDenial {}
