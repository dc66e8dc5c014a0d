//! May this call be made?

use std::fmt::Display;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::capability::{Capability, Mismatch};
use crate::chain::Hop;
use crate::constraint::{Budget, Constraint};
use crate::limits::MAX_SHOWN_FACT;
use crate::reason::{DenyCode, Reason};
use crate::request::Request;
use crate::request::arguments::{Argument, list_around};
use crate::request::value::Value;
use crate::text::contrast::{Distinguished, distinguish};
use crate::text::escape::{CommaSeparated, Quoted, truncated};
use crate::time::UnixTime;
use crate::token::presentation::Presentation;
use crate::verify::denial::{CalledBy, CheckState, Checks, Denial};
use crate::verify::replay::{Arrival, Guarded, ReplayError};
use crate::verify::trust::Trust;
use crate::verify::validity::Findings;
use crate::verify::verifier::{VerifiedChain, Verifier};

/// The answer to one request. There is no third.
#[derive(Debug)]
#[must_use = "a decision that nobody looks at protects nothing"]
pub enum Decision {
    /// The call may be made: the one in the permit.
    Allow(Permit),
    /// It may not.
    Deny(Denial),
}

/// Leave to make one call, which it holds: what was decided about is what can be carried out.
///
/// ```compile_fail
/// # use deputize::{Permit, Request};
/// fn run(permit: &mut Permit, other: Request) {
///     permit.request = other; // a decision cannot be used for another request
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    pub(crate) request: Request,
    pub(crate) chain: VerifiedChain,
    pub(crate) checks: Checks,
}

impl Permit {
    /// The call that may be made.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// On whose authority.
    pub fn chain(&self) -> &VerifiedChain {
        &self.chain
    }

    /// Who made the call.
    pub fn called_by(&self) -> CalledBy {
        self.checks.called_by
    }
}

impl Decision {
    /// Whether the call may be made.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// The permit, or the denial as an error.
    ///
    /// # Errors
    ///
    /// The denial.
    pub fn into_result(self) -> Result<Permit, Denial> {
        match self {
            Self::Allow(permit) => Ok(permit),
            Self::Deny(denial) => Err(denial),
        }
    }
}

impl Verifier {
    /// Verifies a presentation and decides about `request` in one step, so that a denial lists all
    /// reasons, of the chain and of the call.
    pub fn decide(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
    ) -> Decision {
        self.conclude(presentation, request, now, None::<NoPolicy>)
    }

    /// As [`decide`](Self::decide), with the service's own policy, which is asked last and may
    /// refuse in words of its own what the chain allows.
    pub fn decide_with_policy<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Decision
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        self.conclude(presentation, request, now, Some(policy))
    }

    fn conclude<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: Option<P>,
    ) -> Decision
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        match self.authenticate(presentation, now) {
            Err(denial) => Decision::Deny(Denial { request: Some(Box::new(request)), ..denial }),
            Ok(chain) => chain.decide_at(request, now, policy),
        }
    }
}

type NoPolicy = fn(&VerifiedChain, &Request) -> Result<(), String>;

impl VerifiedChain {
    /// Decides about `request`, which is what was presented and what will be carried out, at `now` or
    /// at the time at which the chain was verified, whichever is later: what has expired, was revoked
    /// or is not fresh any more since then is refused.
    ///
    /// A held token cannot be asked, only a verified presentation:
    ///
    /// ```compile_fail
    /// # fn f(token: deputize::Token, request: deputize::Request, now: time::OffsetDateTime) {
    /// token.authorize(request, now);
    /// # }
    /// ```
    pub fn authorize(self, request: Request, now: OffsetDateTime) -> Decision {
        self.decide_at(request, now, None::<NoPolicy>)
    }

    /// As [`authorize`](Self::authorize), with the service's own policy.
    pub fn authorize_with_policy<P>(
        self,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Decision
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        self.decide_at(request, now, Some(policy))
    }

    fn decide_at<P>(mut self, request: Request, now: OffsetDateTime, policy: Option<P>) -> Decision
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        // A clock that went back must not make valid again what has expired.
        self.at = self.at.max(UnixTime::from(now));
        let Findings { mut reasons, mut of_hops, trust } = self.find_faults();
        let fits = self.check_presentation(&request, &mut reasons);
        self.check_grants(&request, &mut of_hops);
        let mut checks = self.checks(trust);
        let is_refused = !reasons.is_empty() || !of_hops.is_empty();
        if !is_refused {
            checks.policy = if policy.is_some() { CheckState::Done } else { CheckState::Waived };
            if let Some(Err(why)) = policy.map(|policy| policy(&self, &request)) {
                let message = format!("the service refuses: {}", Quoted(&why));
                reasons.push(Reason::new(DenyCode::PolicyRefused, message));
            }
        }
        let last = self.chain.delegations.hops.len();
        let is_refused = is_refused || !reasons.is_empty();
        // Whose call it is depends on whether the presentation comes for the first time. What does not
        // fit is nobody's, and takes no room in any guard.
        let settings = Arc::clone(&self.settings);
        let (replays, by, refusal) = match settings.replays.of(request.operation()) {
            _ if trust == Trust::None || !fits => (CheckState::NotReached, CalledBy::Unknown, None),
            Guarded::Waived => (CheckState::Waived, CalledBy::Holder, None),
            Guarded::Missing => (CheckState::Waived, CalledBy::Holder, Some(not_guarded(&request))),
            Guarded::By(guard) if is_refused => match guard.note(&self.presented()) {
                Arrival::First => (CheckState::Done, CalledBy::Holder, None),
                Arrival::Again => (CheckState::Done, CalledBy::Unknown, None),
                Arrival::Used => {
                    (CheckState::Done, CalledBy::Unknown, Some(replayed(ReplayError::Replayed)))
                }
                Arrival::Unknown => (CheckState::NotReached, CalledBy::Unknown, None),
            },
            Guarded::By(guard) => match guard.consume(&self.presented()) {
                Ok(()) => (CheckState::Done, CalledBy::Holder, None),
                Err(why) => (CheckState::Done, CalledBy::Unknown, Some(replayed(why))),
            },
        };
        // What is about the presentation comes before what the hops have against the call.
        reasons.extend(refusal.map(|why| why.at(last)));
        reasons.append(&mut of_hops);
        (checks.replays, checks.called_by) = (replays, by);
        if reasons.is_empty() {
            return Decision::Allow(Permit { request, chain: self, checks });
        }
        let request = Some(Box::new(request));
        Decision::Deny(Denial { reasons, chain: self.into_state(), request, checks })
    }

    /// Whether the presentation was made for this request, this service and this time.
    fn check_presentation(&self, request: &Request, reasons: &mut Vec<Reason>) -> bool {
        let presentation = &self.chain.presentation;
        let last = self.chain.delegations.hops.len();
        if presentation.audience != request.audience() {
            let [own, asked] = distinguish(&presentation.audience, request.audience());
            let message = format!("the token is presented to {own}, and this is {asked}");
            reasons
                .push(Reason::new(DenyCode::WrongAudience, message).at(last).differs(own, asked));
            return false;
        }
        if presentation.request_digest != request.digest() {
            let message = "the token is presented for another request than this one";
            reasons.push(Reason::new(DenyCode::WrongRequest, message).at(last));
            return false;
        }
        self.is_fresh()
    }

    /// What the grants have against the call.
    fn check_grants(&self, request: &Request, reasons: &mut Vec<Reason>) {
        let work = Budget::for_decision();
        for (index, hop) in self.chain.delegations.hops.iter().enumerate() {
            if let Some(reason) = audience(hop, request) {
                reasons.push(reason.at(index));
            }
            if let Some(reason) = capabilities(hop.grant.capabilities(), request, &work) {
                reasons.push(reason.at(index));
            }
        }
    }
}

fn replayed(why: ReplayError) -> Reason {
    match why {
        ReplayError::Replayed => {
            Reason::new(DenyCode::Replayed, "the presentation was used before")
        }
        ReplayError::Full => {
            let message = "the replay guard has no room to remember this";
            Reason::new(DenyCode::ReplayGuardFull, message)
        }
        ReplayError::Unknown(why) => {
            let message = format!("the replay guard cannot tell: {}", Quoted(&why));
            Reason::new(DenyCode::ReplayUnknown, message)
        }
    }
}

fn not_guarded(request: &Request) -> Reason {
    let operation = request.operation();
    let message = format!("{operation} may not be repeated, and there is no replay guard");
    Reason::new(DenyCode::NoReplayGuard, message)
}

fn audience(hop: &Hop, request: &Request) -> Option<Reason> {
    let services = hop.grant.audience.as_ref().filter(|own| !own.contains(request.audience()))?;
    let apart = services.iter().map(|name| distinguish(name, request.audience()));
    let asked = apart.clone().map(|[_, asked]| asked).find(Distinguished::is_escaped);
    let asked = asked.map_or_else(|| Quoted(request.audience()).to_string(), |own| own.to_string());
    let allowed = short(CommaSeparated(apart.map(|[own, _]| own)));
    let message = format!("allows asking {allowed}, not {asked}");
    Some(Reason::new(DenyCode::AudienceNotGranted, message).differs(allowed, asked))
}

/// `None` where one of the capabilities covers the call; otherwise what keeps the nearest from it.
fn capabilities(granted: &[Capability], request: &Request, work: &Budget) -> Option<Reason> {
    let mut nearest: Option<(&Capability, Mismatch<'_>)> = None;
    for capability in granted {
        let mismatch = capability.mismatch(request, work)?;
        let is_nearer =
            nearest.as_ref().is_none_or(|(_, best)| mismatch.nearness() > best.nearness());
        if is_nearer {
            nearest = Some((capability, mismatch));
        }
    }
    if work.is_exhausted() {
        let message = "has limits that take more work to judge than is spent on one call";
        return Some(Reason::new(DenyCode::WorkLimitExceeded, message));
    }
    Some(match nearest {
        None => Reason::new(DenyCode::NoCapability, "grants nothing at all"),
        Some((capability, mismatch)) => describe(granted, capability, &mismatch, request),
    })
}

fn describe(
    granted: &[Capability],
    capability: &Capability,
    mismatch: &Mismatch<'_>,
    request: &Request,
) -> Reason {
    match mismatch {
        Mismatch::Operation => {
            let mut all: Vec<_> = granted.iter().map(|own| own.operation().to_string()).collect();
            all.dedup();
            let (all, asked) = (short(CommaSeparated(all.iter())), request.operation());
            let message = format!("grants {all}, not {asked}");
            Reason::new(DenyCode::OperationNotGranted, message).differs(all, asked)
        }
        Mismatch::Resource => {
            let own = capability.resource().as_written();
            let apart = distinguish(&own, request.resource().as_str());
            let [own, asked] = match &apart {
                [own, asked] if own.is_escaped() => [short(own), short(asked)],
                _ => [short(capability.resource()), short(request.resource())],
            };
            let message = format!("grants {} on {own}, not on {asked}", capability.operation());
            Reason::new(DenyCode::ResourceNotGranted, message).differs(own, asked)
        }
        Mismatch::Unnamed { name } => {
            let named = short(CommaSeparated(capability.args().keys().map(|own| Quoted(own))));
            let named = if named.is_empty() { "none".to_owned() } else { named };
            let mut message = format!("does not name the argument {}", Quoted(name));
            if is_empty_list(name, request) && capability.goes_into(name) {
                message.push_str(&empty_list_remedy(name));
            }
            Reason::new(DenyCode::UnknownArgument, message).differs(named, Quoted(name))
        }
        Mismatch::Missing { name } => {
            let mut message = format!("requires the argument {}, which is missing", Quoted(name));
            if let Argument::Object | Argument::Objects(_) = request.arguments().get(name) {
                message.push_str(": what lies inside has names of its own");
            }
            if let Some(list) = list_around(name).filter(|list| is_empty_list(list, request)) {
                message.push_str(&empty_list_remedy(&list));
            }
            Reason::new(DenyCode::ArgumentMissing, message)
                .differs(Quoted(name), "no such argument")
        }
        Mismatch::Undecidable { name, constraint, found } => {
            let (name, constraint) = (Quoted(name), short(constraint));
            let (found, remedy) = undecidable(name.0, *found);
            let message = format!("requires {name} {constraint}, and its value is {found}{remedy}");
            Reason::new(DenyCode::ArgumentRefused, message).differs(constraint, found)
        }
        Mismatch::TooLong { name, constraint, length } => {
            let constraint = short(constraint);
            let found = format!("{length} elements");
            let message = format!("requires {} {constraint}, and it has {found}", Quoted(name));
            Reason::new(DenyCode::ArgumentRefused, message).differs(constraint, found)
        }
        Mismatch::Constraint { name, constraint, value } => {
            let apart = match (constraint, value) {
                (Constraint::Equals(Value::String(own)), Value::String(found)) => {
                    Some(distinguish(own, found)).filter(|[own, _]| own.is_escaped())
                }
                _ => None,
            };
            let [constraint, value] = match apart {
                Some([own, found]) => [short(format!("= {own}")), short(found)],
                None => [short(constraint), short(value)],
            };
            let message = format!("requires {} {constraint}, and it is {value}", Quoted(name));
            Reason::new(DenyCode::ArgumentRefused, message).differs(constraint, value)
        }
    }
}

/// What cannot be decided upon, and what to do about it.
fn undecidable(name: &str, found: Argument<'_>) -> (&'static str, &'static str) {
    match found {
        Argument::Objects(_) => (
            "a list of objects",
            ", which cannot be decided upon; name what lies inside, with `*` for the index",
        ),
        Argument::List(_) => (
            "a list with a float, an object or a list in it",
            ", which cannot be decided upon; use integer minor units",
        ),
        Argument::Undecidable if list_around(name).is_some() => (
            "not a string, integer, boolean or null in every element of the list",
            ", so that it cannot be decided upon",
        ),
        _ => ("a float or an object", ", which cannot be decided upon; use integer minor units"),
    }
}

fn is_empty_list(name: &str, request: &Request) -> bool {
    matches!(request.arguments().get(name), Argument::Value(Value::List(items)) if items.is_empty())
}

fn empty_list_remedy(list: &str) -> String {
    let list = Quoted(list);
    format!("; to allow an empty list, grant another capability that limits {list} to `max_len` 0")
}

fn short(text: impl Display) -> String {
    truncated(text, MAX_SHOWN_FACT)
}
