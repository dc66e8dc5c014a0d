//! The narrower grant that a review proposes.

use std::collections::BTreeSet;

use deputize::limits::MAX_CAPABILITIES;
use deputize::{Capability, Grant, PublicKey};

use crate::review::beyond::{Beyond, Part};
use crate::review::keys::KeyUse;
use crate::review::narrow::{least, narrowed};
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
    /// The parts of the capabilities that permit more than was recorded.
    pub beyond: Vec<Beyond>,
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
        let mut parts: Vec<Part<'_>> = Vec::new();
        for (granted, used) in rights.filter(|(_, used)| used.is_used()) {
            for own in parts_of(grant, granted, used, rounding, work) {
                if !parts.iter().any(|(other, _)| own.0.within_with(other, work)) {
                    parts.retain(|(other, _)| !other.within_with(&own.0, work));
                    parts.push(own);
                }
            }
        }
        if parts.is_empty() {
            return None;
        }
        if parts.len() > MAX_CAPABILITIES {
            let used = grant.capabilities().iter().zip(&calls.rights);
            let used = used.filter(|(_, used)| used.is_used());
            parts = used.map(|(own, _)| (own.clone(), None)).collect();
        }
        let beyond = Beyond::of(&parts);
        let capabilities = parts.into_iter().map(|(own, _)| own).collect();
        // Of calls that are not shown, neither the service nor the chain is known.
        let is_all_shown = calls.is_all_shown();
        let called = (is_all_shown && !calls.has_more_audiences).then(|| calls.audiences.clone());
        let deepest = u32::try_from(calls.deepest).ok().filter(|_| is_all_shown);
        Some(Self {
            capabilities,
            audience: called.or_else(|| grant.audience().cloned()),
            max_hops: deepest.map_or(grant.max_hops(), |deepest| deepest.min(grant.max_hops())),
            allowed_delegates: grant.allowed_delegates().cloned(),
            beyond,
        })
    }
}

impl Proposal {
    /// Proposes a grant for a key from what is charged to it, whatever it was granted. Returns `None` if
    /// nothing is shown, and the number of calls that it leaves out.
    pub(super) fn of_key(
        key: &KeyUse,
        rounding: bool,
        work: &mut usize,
        is_grantable: impl Fn(&Capability) -> bool,
    ) -> (Option<Self>, u64) {
        let (mut parts, mut left_out): (Vec<Part<'_>>, _) = (Vec::new(), key.left_out);
        for (group, calls) in &key.groups {
            // Nothing stands above the calls, so a wider pattern would grant what nobody asked for.
            let resource = calls.resources.pattern();
            let own = resource.filter(|_| !group.is_alone || calls.resources.listed.len() == 1);
            let own = own.and_then(|own| least(calls, &own, rounding, work, &is_grantable));
            match own {
                Some(own) => parts.push((own, Some(calls))),
                None => left_out = left_out.saturating_add(calls.calls),
            }
        }
        let beyond = Beyond::of(&parts);
        let capabilities: Vec<_> = parts.into_iter().map(|(own, _)| own).collect();
        let is_shown = !capabilities.is_empty();
        let own = is_shown.then(|| Self {
            capabilities,
            audience: Some(key.audiences.clone()),
            max_hops: 0,
            allowed_delegates: None,
            beyond,
        });
        (own, left_out)
    }
}

/// Returns the parts of a granted capability that were used, one for each operation.
fn parts_of<'u>(
    grant: &Grant,
    granted: &Capability,
    used: &'u RightUse,
    rounding: bool,
    work: &mut usize,
) -> Vec<Part<'u>> {
    if used.has_more {
        return vec![(granted.clone(), None)];
    }
    let is_grantable = |own: &Capability| {
        let delegate = grant.delegate().clone();
        Grant::new(delegate, [own.clone()], grant.expires(), grant.purpose()).is_ok()
    };
    let operations = used.operations.values();
    let part = |calls| (narrowed(granted, calls, rounding, work, is_grantable), Some(calls));
    operations.map(part).collect()
}
