//! What a hop took away from what its parent allows.

use crate::capability::{Capability, OtherArgs};
use crate::grant::Grant;
use crate::inert::Inert;
use crate::instant::Span;

/// In words, one line for each thing; empty where nothing was taken away.
pub(super) fn removed(parent: &Grant, own: &Grant) -> Vec<String> {
    let mut lines = Vec::new();
    for outer in &parent.capabilities {
        let kept: Vec<_> =
            own.capabilities.iter().filter(|inner| inner.beyond(outer).is_none()).collect();
        if kept.is_empty() {
            lines.push(format!("all of {outer}"));
        } else if !kept.iter().any(|inner| outer.beyond(inner).is_none()) {
            kept.iter().for_each(|inner| narrowed(outer, inner, &mut lines));
        }
    }
    if own.expires < parent.expires {
        lines.push(format!("the last {}", Span(parent.expires.since(own.expires))));
    }
    if own.max_hops.saturating_add(1) < parent.max_hops {
        lines.push(format!(
            "hops: {} may follow (kept {})",
            parent.max_hops.saturating_sub(1),
            own.max_hops
        ));
    }
    match (&parent.audience, &own.audience) {
        (None, Some(names)) => {
            let names: Vec<_> = names.iter().map(|name| Inert(name).to_string()).collect();
            lines.push(format!("any audience (kept {})", names.join(", ")));
        }
        (Some(outer), Some(inner)) => {
            let gone = outer.difference(inner).map(|name| format!("audience {}", Inert(name)));
            lines.extend(gone);
        }
        _ => {}
    }
    if own.delegates.is_some() && own.delegates != parent.delegates {
        lines.push("delegation to others than the keys it names".to_owned());
    }
    lines
}

fn narrowed(outer: &Capability, inner: &Capability, lines: &mut Vec<String>) {
    if inner.operation() != outer.operation() {
        lines.push(format!("operation {} (kept {})", outer.operation(), inner.operation()));
    }
    if inner.resource() != outer.resource() {
        lines.push(format!("resource {} (kept {})", outer.resource(), inner.resource()));
    }
    for (name, limits) in inner.args() {
        let name = Inert(name);
        match outer.args().get(name.0) {
            Some(before) if before == limits => {}
            Some(before) => lines.push(format!("argument {name} {before} (kept {limits})")),
            None => lines.push(format!("argument {name} any value (kept {limits})")),
        }
    }
    for name in outer.args().keys().filter(|name| !inner.args().contains_key(*name)) {
        lines.push(format!("argument {}", Inert(name)));
    }
    if outer.other_args() == OtherArgs::Allow && inner.other_args() == OtherArgs::Deny {
        lines.push("arguments that it does not name".to_owned());
    }
}
