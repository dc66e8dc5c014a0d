//! Checks whether the grants of a chain cover a call.
//!
//! Each hop is evaluated on the call independently. A hop that claims more than its parent gains
//! nothing, because the parent must cover the call too.

use crate::capability::Capability;
use crate::chain::hop::Hop;
use crate::chain::near::{Near, contrast};
use crate::chain::types::DelegationChain;
use crate::constraint::Budget;
use crate::reason::{DenyCode, Reason};
use crate::request::Request;

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

impl DelegationChain {
    /// Returns true if every hop permits the operation of the call on its resource, at its service,
    /// with these or other arguments.
    pub(crate) fn may_cover(&self, request: &Request) -> bool {
        let mut reasons = Vec::new();
        self.check_coverage(request, &mut reasons);
        reasons.iter().all(is_about_arguments)
    }
}

/// Returns true for a reason that other arguments would remove.
pub(crate) fn is_about_arguments(reason: &Reason) -> bool {
    matches!(
        reason.code,
        DenyCode::UnknownArgument
            | DenyCode::ArgumentMissing
            | DenyCode::ArgumentRefused
            | DenyCode::WorkLimitExceeded
    )
}

fn audience(hop: &Hop, request: &Request) -> Option<Reason> {
    let services = hop.grant.audience.as_ref().filter(|own| !own.contains(request.audience()))?;
    let (allowed, requested) = contrast(services.iter(), request.audience());
    let message = format!("allows calls to {}, not to {requested}", allowed.joined(", "));
    Some(Reason::new(DenyCode::AudienceNotGranted, message).differs_from_all(allowed, requested))
}

/// Returns `None` if one of the capabilities covers the call, and otherwise how the nearest ones
/// differ from it.
fn capabilities(granted: &[Capability], request: &Request, budget: &Budget) -> Option<Reason> {
    let mut nearest = Near::default();
    for capability in granted {
        nearest.add(capability, capability.mismatch(request, budget)?);
    }
    // Once the budget is exhausted, limits fail without being evaluated. So a capability that
    // covers the call still does, but the nearest mismatch may not be a fault of the call.
    if budget.is_exhausted() {
        let message = "has limits that take more work to check than one call may cost";
        return Some(Reason::new(DenyCode::WorkLimitExceeded, message));
    }
    Some(nearest.reason(request))
}
