//! Checks whether the grants of a chain cover a call.
//!
//! Each hop is evaluated on the call independently. A hop that claims more than its parent gains
//! nothing, because the parent must cover the call too.

use std::fmt::Display;

use crate::capability::{Capability, Mismatch};
use crate::chain::hop::Hop;
use crate::chain::types::DelegationChain;
use crate::constraint::{Budget, Constraint};
use crate::limits::MAX_SHOWN_FACT;
use crate::reason::{DenyCode, Reason};
use crate::request::Request;
use crate::request::arguments::{Argument, enclosing_list};
use crate::request::value::Value;
use crate::text::contrast::{Distinguished, distinguish};
use crate::text::escape::{CommaSeparated, Quoted, truncated};

impl DelegationChain {
    /// Collects the reasons why hops do not cover the call, for each hop the audience first and
    /// then the capabilities.
    pub(crate) fn check_coverage(&self, request: &Request, reasons: &mut Vec<Reason>) {
        // One budget for all hops, so that a long chain cannot multiply the work of a call.
        let budget = Budget::for_decision();
        for (index, hop) in self.hops.iter().enumerate() {
            if let Some(reason) = audience(hop, request) {
                reasons.push(reason.at(index));
            }
            if let Some(reason) = capabilities(hop.grant.capabilities(), request, &budget) {
                reasons.push(reason.at(index));
            }
        }
    }
}

fn audience(hop: &Hop, request: &Request) -> Option<Reason> {
    let services = hop.grant.audience.as_ref().filter(|own| !own.contains(request.audience()))?;
    let apart = services.iter().map(|name| distinguish(name, request.audience()));
    let requested = apart.clone().map(|[_, requested]| requested).find(Distinguished::is_escaped);
    let requested =
        requested.map_or_else(|| Quoted(request.audience()).to_string(), |own| own.to_string());
    let allowed = short(CommaSeparated(apart.map(|[own, _]| own)));
    let message = format!("allows calls to {allowed}, not to {requested}");
    Some(Reason::new(DenyCode::AudienceNotGranted, message).differs(allowed, requested))
}

/// Returns `None` if one of the capabilities covers the call, and otherwise the fault of the
/// nearest one.
fn capabilities(granted: &[Capability], request: &Request, budget: &Budget) -> Option<Reason> {
    let mut nearest: Option<(&Capability, Mismatch<'_>)> = None;
    for capability in granted {
        let mismatch = capability.mismatch(request, budget)?;
        let is_nearer =
            nearest.as_ref().is_none_or(|(_, best)| mismatch.nearness() > best.nearness());
        if is_nearer {
            nearest = Some((capability, mismatch));
        }
    }
    // Once the budget is exhausted, limits fail without being evaluated. So a capability that
    // covers the call still does, but the nearest mismatch may not be a fault of the call.
    if budget.is_exhausted() {
        let message = "has limits that take more work to check than one call may cost";
        return Some(Reason::new(DenyCode::WorkLimitExceeded, message));
    }
    Some(match nearest {
        None => Reason::new(DenyCode::NoCapability, "grants nothing"),
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
            let (all, requested) = (short(CommaSeparated(all.iter())), request.operation());
            let message = format!("grants {all}, not {requested}");
            Reason::new(DenyCode::OperationNotGranted, message).differs(all, requested)
        }
        Mismatch::Resource => {
            let own = capability.resource().as_written();
            let apart = distinguish(&own, request.resource().as_str());
            let [own, requested] = match &apart {
                [own, requested] if own.is_escaped() => [short(own), short(requested)],
                _ => [short(capability.resource()), short(request.resource())],
            };
            let message = format!("grants {} on {own}, not on {requested}", capability.operation());
            Reason::new(DenyCode::ResourceNotGranted, message).differs(own, requested)
        }
        Mismatch::Unnamed { name } => {
            let named = short(CommaSeparated(capability.args().keys().map(|own| Quoted(own))));
            let named = if named.is_empty() { "none".to_owned() } else { named };
            let mut message = format!("does not name the argument {}", Quoted(name));
            if is_empty_list(name, request) && capability.limits_elements_of(name) {
                message.push_str(&empty_list_remedy(name));
            }
            Reason::new(DenyCode::UnknownArgument, message).differs(named, Quoted(name))
        }
        Mismatch::Missing { name } => {
            let mut message = format!("requires the argument {}, which is missing", Quoted(name));
            if let Argument::Object | Argument::Objects(_) = request.arguments().get(name) {
                message.push_str(": the values inside it have names of their own");
            }
            if let Some(list) = enclosing_list(name).filter(|list| is_empty_list(list, request)) {
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

/// Describes a value that no limit can judge, and the remedy.
fn undecidable(name: &str, found: Argument<'_>) -> (&'static str, &'static str) {
    match found {
        Argument::Objects(_) => (
            "a list of objects",
            ", which cannot be checked; name the values inside it, with `*` for the index",
        ),
        Argument::List(_) => (
            "a list with a float, an object or a list in it",
            ", which cannot be checked; use integer minor units",
        ),
        Argument::Undecidable if enclosing_list(name).is_some() => (
            "not a string, integer, boolean or null in every element of the list",
            ", so it cannot be checked",
        ),
        _ => ("a float or an object", ", which cannot be checked; use integer minor units"),
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
