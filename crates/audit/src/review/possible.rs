//! Capabilities that may have permitted a call that is not wholly shown.

use std::collections::BTreeMap;

use deputize::{Capability, OtherArgs, Presence, Request, Value};

/// Returns false if the capability cannot have permitted the call, whatever the values of the named
/// arguments were. `request` has the others.
pub(super) fn may_permit(right: &Capability, request: &Request, named: &[String]) -> bool {
    if !right.operation().permits(request.operation())
        || !right.resource().permits(request.resource())
    {
        return false;
    }
    let shown: BTreeMap<&str, Option<&Value>> = request.limited_args().collect();
    let is_open = right.other_args() == OtherArgs::Allow;
    let is_below = |name: &str| {
        let below = right.args().iter().filter(|(_, limits)| limits.presence() == Presence::Below);
        below.into_iter().any(|(own, _)| is_member(name, own))
    };
    let are_shown_permitted = shown.iter().all(|(name, value)| match right.args().get(*name) {
        // A value that limits cannot judge is one that they may have permitted.
        Some(limits) => {
            value.is_none_or(|value| limits.constraints().iter().all(|own| own.permits(value)))
        }
        None => is_open || is_below(name),
    });
    let are_named_granted = named.iter().all(|name| {
        let is_granted = |own: &String| own == name || is_member(own, name);
        is_open || right.args().keys().any(is_granted)
    });
    let is_there = |name: &str| {
        shown.keys().any(|own| *own == name || is_member(own, name))
            || named.iter().any(|own| own == name || is_member(name, own))
    };
    let required = right.args().iter().filter(|(_, own)| own.presence() == Presence::Required);
    are_shown_permitted && are_named_granted && required.into_iter().all(|(name, _)| is_there(name))
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
