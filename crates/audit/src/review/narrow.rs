//! The narrowest capability, within a granted one, for the calls of one operation.

use std::slice;

use deputize::{ArgLimits, Capability, Constraint, OtherArgs, Presence, ResourcePattern};

use crate::review::usage::OperationUse;
use crate::review::values::Values;

/// Returns a capability within the granted one that permits all these calls: of this operation alone,
/// of the folder of their resources, with the arguments that they had and the values these had. Where a
/// narrower one cannot be stated, a part is as granted.
///
/// Some rules are those of a grant as a whole: `is_grantable` checks them.
pub(super) fn narrowed(
    granted: &Capability,
    calls: &OperationUse,
    rounding: bool,
    work: &mut usize,
    is_grantable: impl Fn(&Capability) -> bool,
) -> Capability {
    let resource = calls.resources.pattern();
    let resource = resource.filter(|own| own.within(granted.resource()));
    let resource = resource.unwrap_or_else(|| granted.resource().clone());
    let (operation, resource) = (calls.pattern().as_written(), resource.as_written());
    let new = || Capability::new(&operation, &resource).ok();
    for unused in [Some(Unused::Dropped), Some(Unused::Kept), None] {
        let own = match unused {
            Some(unused) => new()
                .filter(|_| are_names_known(granted, calls))
                .and_then(|own| with_args(own, granted, calls, unused, rounding, work)),
            None => new().and_then(|own| as_granted(own, granted)),
        };
        if let Some(own) = own
            && own.within_with(granted, work)
            && is_grantable(&own)
        {
            return own;
        }
    }
    granted.clone()
}

/// Returns the least capability on these resources that permits all these calls, `None` if a grant cannot
/// have it. Nothing is granted yet: an argument whose values no limit states may have any.
pub(super) fn least(
    calls: &OperationUse,
    resource: &ResourcePattern,
    rounding: bool,
    work: &mut usize,
    is_grantable: impl Fn(&Capability) -> bool,
) -> Option<Capability> {
    let new = Capability::new(&calls.pattern().as_written(), &resource.as_written()).ok()?;
    let unlimited = new.clone().with_other_args(OtherArgs::Allow);
    let own = with_args(new, &unlimited, calls, Unused::Dropped, rounding, work)?;
    is_grantable(&own).then_some(own)
}

/// The treatment of granted arguments that no call had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unused {
    /// They are refused from now on.
    Dropped,
    /// They stay as granted.
    Kept,
}

/// Returns true if every name that a call can have had is known. A withheld object has members with
/// names of their own.
fn are_names_known(granted: &Capability, calls: &OperationUse) -> bool {
    let is_plain = |(name, limits): (&String, &ArgLimits)| {
        !name.starts_with('/') && limits.presence() != Presence::Below
    };
    !calls.is_partly_known
        || (granted.other_args() == OtherArgs::Deny && granted.args().iter().all(is_plain))
}

fn with_args(
    mut capability: Capability,
    granted: &Capability,
    calls: &OperationUse,
    unused: Unused,
    rounding: bool,
    work: &mut usize,
) -> Option<Capability> {
    for (name, values) in &calls.args {
        let own = granted.args().get(name);
        let limits = limits(values, own.map_or(&[], ArgLimits::constraints), rounding, work);
        // A call that lacked it must still be permitted.
        let is_always_there = values.present >= calls.calls;
        capability = match (own, is_always_there) {
            // What is not shown can be an object, whose members have names of their own.
            (None, _) if values.has_hidden => capability.with_below(name).ok()?,
            (_, true) => capability.with_arg(name, limits).ok()?,
            (_, false) => capability.with_optional_arg(name, limits).ok()?,
        };
    }
    if unused == Unused::Kept {
        for (name, limits) in granted.args() {
            if !calls.args.contains_key(name) {
                capability = with_granted(capability, name, limits)?;
            }
        }
    }
    Some(capability)
}

fn as_granted(mut capability: Capability, granted: &Capability) -> Option<Capability> {
    for (name, limits) in granted.args() {
        capability = with_granted(capability, name, limits)?;
    }
    Some(capability.with_other_args(granted.other_args()))
}

fn with_granted(capability: Capability, name: &str, limits: &ArgLimits) -> Option<Capability> {
    let constraints = limits.constraints().iter().cloned();
    match limits.presence() {
        Presence::Required => capability.with_arg(name, constraints),
        Presence::Optional => capability.with_optional_arg(name, constraints),
        Presence::Below => capability.with_below(name),
    }
    .ok()
}

/// Returns limits that permit the values, within the granted ones.
fn limits(
    values: &Values,
    granted: &[Constraint],
    rounding: bool,
    work: &mut usize,
) -> Vec<Constraint> {
    let Some(own) = values.limits(rounding) else { return granted.to_vec() };
    if Constraint::widened_with(&own, granted, work).is_none() {
        return own;
    }
    // A rounded bound can be beyond a granted one, and a limit of one kind says nothing of another.
    let of_kind =
        |limits: &[Constraint], kind| limits.iter().find(|own| own.kind() == kind).cloned();
    let mut both: Vec<Constraint> = granted
        .iter()
        .map(|limit| match of_kind(&own, limit.kind()) {
            Some(narrower) if is_within(&narrower, limit, work) => narrower,
            _ => limit.clone(),
        })
        .collect();
    both.extend(own.iter().filter(|limit| of_kind(granted, limit.kind()).is_none()).cloned());
    match Constraint::widened_with(&both, granted, work).is_none() {
        true => both,
        false => granted.to_vec(),
    }
}

fn is_within(own: &Constraint, other: &Constraint, work: &mut usize) -> bool {
    let (own, other) = (slice::from_ref(own), slice::from_ref(other));
    Constraint::widened_with(own, other, work).is_none()
}
