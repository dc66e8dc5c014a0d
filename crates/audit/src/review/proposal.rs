//! The narrower grant that a review proposes.

use std::collections::BTreeSet;

use deputize::limits::MAX_CAPABILITIES;
use deputize::{Capability, Grant, PublicKey};

use crate::review::narrow::narrowed;
use crate::review::usage::{HopUse, RightUse, Tally};

/// A narrower grant for the delegate of a hop, which permits every recorded call that it was made from.
///
/// It is what `deputize mint --grant` takes, beside the delegate, the expiry and the purpose, which a
/// person states.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proposal {
    /// The capabilities.
    pub capabilities: Vec<Capability>,
    /// The services that were called; `None` if the grant names none and the calls do not tell.
    pub audience: Option<BTreeSet<String>>,
    /// The most hops that followed in a recorded call, if all calls are shown.
    pub max_hops: u32,
    /// The keys to which further delegations may go, as granted; `None` for any.
    pub allowed_delegates: Option<BTreeSet<PublicKey>>,
}

impl Proposal {
    /// Proposes a grant, `None` if nothing was used of it, or its calls are not shown. Where the work does
    /// not suffice, a part is as granted, and no work is left.
    pub(super) fn of(
        hop: &HopUse,
        calls: &Tally,
        rounding: bool,
        work: &mut usize,
    ) -> Option<Self> {
        let grant = hop.hop.grant();
        let rights = grant.capabilities().iter().zip(&calls.rights);
        let mut capabilities: Vec<Capability> = Vec::new();
        for (granted, used) in rights.filter(|(_, used)| used.is_used()) {
            for own in parts(grant, granted, used, rounding, work) {
                if !capabilities.iter().any(|other| own.within_with(other, work)) {
                    capabilities.retain(|other| !other.within_with(&own, work));
                    capabilities.push(own);
                }
            }
        }
        if capabilities.is_empty() {
            return None;
        }
        if capabilities.len() > MAX_CAPABILITIES {
            let used = grant.capabilities().iter().zip(&calls.rights);
            capabilities =
                used.filter(|(_, used)| used.is_used()).map(|(own, _)| own.clone()).collect();
        }
        // Of calls that are not shown, neither the service nor the chain is known.
        let is_all_shown = calls.is_all_shown();
        let called = (is_all_shown && !calls.has_more_audiences).then(|| calls.audiences.clone());
        let deepest = u32::try_from(calls.deepest).ok().filter(|_| is_all_shown);
        Some(Self {
            capabilities,
            audience: called.or_else(|| grant.audience().cloned()),
            max_hops: deepest.map_or(grant.max_hops(), |deepest| deepest.min(grant.max_hops())),
            allowed_delegates: grant.allowed_delegates().cloned(),
        })
    }
}

/// Returns the parts of a granted capability that were used, one for each operation.
fn parts(
    grant: &Grant,
    granted: &Capability,
    used: &RightUse,
    rounding: bool,
    work: &mut usize,
) -> Vec<Capability> {
    if used.has_more {
        return vec![granted.clone()];
    }
    let is_grantable = |own: &Capability| {
        let delegate = grant.delegate().clone();
        Grant::new(delegate, [own.clone()], grant.expires(), grant.purpose()).is_ok()
    };
    let operations = used.operations.values();
    operations.map(|calls| narrowed(granted, calls, rounding, work, is_grantable)).collect()
}
