//! Capabilities that may have permitted a call that is not wholly shown.

use std::collections::BTreeMap;

use deputize::{Capability, Constraint, OtherArgs, Presence, Request, Value};

/// Work for a comparison of two names.
const NAME_WORK: usize = 8;

/// Returns false if the capability cannot have permitted the call, whatever the values of the named
/// arguments were. `request` has the others. `None` if that takes more work than there is.
pub(super) fn may_permit(
    right: &Capability,
    request: &Request,
    named: &[String],
    work: &mut usize,
) -> Option<bool> {
    if !right.operation().permits(request.operation())
        || !right.resource().permits(request.resource())
    {
        return Some(false);
    }
    let shown: BTreeMap<&str, Option<&Value>> = request.limited_args().collect();
    let is_open = right.other_args() == OtherArgs::Allow;
    let is_below = |name: &str| {
        let below = right.args().iter().filter(|(_, limits)| limits.presence() == Presence::Below);
        below.into_iter().any(|(own, _)| is_member(name, own))
    };
    // Names are compared with names, for each argument.
    let pairs = shown.len().saturating_add(named.len()).saturating_mul(right.args().len());
    *work = work.checked_sub(pairs.saturating_mul(NAME_WORK))?;
    for (name, value) in &shown {
        let is_permitted = match (right.args().get(*name), value) {
            (Some(limits), Some(value)) => are_permitted(limits.constraints(), value, work)?,
            // A value that limits cannot judge is one that they may have permitted.
            (Some(_), None) => true,
            (None, _) => is_open || is_below(name),
        };
        if !is_permitted {
            return Some(false);
        }
    }
    let are_named_granted = named.iter().all(|name| {
        let is_granted = |own: &String| own == name || is_member(own, name);
        is_open || right.args().keys().any(is_granted)
    });
    let is_there = |name: &str| {
        shown.keys().any(|own| *own == name || is_member(own, name))
            || named.iter().any(|own| own == name || is_member(name, own))
    };
    let required = right.args().iter().filter(|(_, own)| own.presence() == Presence::Required);
    Some(are_named_granted && required.into_iter().all(|(name, _)| is_there(name)))
}

fn are_permitted(limits: &[Constraint], value: &Value, work: &mut usize) -> Option<bool> {
    for limit in limits {
        if !limit.permits_with(value, work)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Returns true if the name is that of a member of this argument: `/filter/owner` of `filter`.
fn is_member(name: &str, of: &str) -> bool {
    let inside = match of.strip_prefix('/') {
        Some(_) => name.strip_prefix(of),
        // In a pointer, these two characters are escaped.
        None => {
            let of = of.replace('~', "~0").replace('/', "~1");
            name.strip_prefix('/').and_then(|name| name.strip_prefix(of.as_str()))
        }
    };
    inside.is_some_and(|rest| rest.starts_with('/'))
}
