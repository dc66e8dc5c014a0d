//! What a hop took away from what its parent allows.

use std::fmt::{self, Display, Formatter};

use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::grant::Grant;
use crate::inert::{Inert, Shortened};
use crate::instant::Span;

/// In words, one line for each thing; empty where nothing was taken away.
pub(super) fn removed(parent: &Grant, own: &Grant) -> Vec<String> {
    let mut lines = Vec::new();
    capabilities(&parent.capabilities, &own.capabilities, &mut lines);
    if let Some(start) = own.not_before
        && parent.not_before.is_none_or(|outer| outer < start)
    {
        lines.push(format!("the time before {start}"));
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
    lines.iter_mut().for_each(|line| *line = Shortened(line, MOST_CHARACTERS).to_string());
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("and more, which is not listed".to_owned());
    }
    lines
}

/// Longer lines, and more of them, nobody reads; and a short token could make a very long report.
const MOST_CHARACTERS: usize = 300;
const MOST_LINES: usize = 64;

/// More comparisons than this say nothing that a person would read.
const MOST_COMPARED: usize = 256;

fn capabilities(outers: &[Capability], inners: &[Capability], lines: &mut Vec<String>) {
    if outers.len().saturating_mul(inners.len()) > MOST_COMPARED {
        return lines.push("not worked out: there are too many capabilities to compare".to_owned());
    }
    for outer in outers {
        if inners.iter().any(|inner| outer.beyond(inner).is_none()) {
            continue;
        }
        let kept: Vec<_> = inners.iter().filter(|inner| inner.beyond(outer).is_none()).collect();
        if inners.iter().all(|inner| are_apart(outer, inner)) {
            lines.push(format!("all of {outer}"));
        } else if kept.is_empty() {
            lines.push(format!("what it does not allow itself of {outer}"));
        }
        kept.iter().for_each(|inner| narrowed(outer, inner, lines));
    }
}

/// Whether no call is covered by both. Patterns that do not lie within one another have nothing in
/// common.
fn are_apart(a: &Capability, b: &Capability) -> bool {
    let (op_a, op_b, res_a, res_b) = (a.operation(), b.operation(), a.resource(), b.resource());
    (!op_a.within(op_b) && !op_b.within(op_a)) || (!res_a.within(res_b) && !res_b.within(res_a))
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
            Some(before) => lines.push(format!(
                "argument {name} {} (kept {})",
                Shortened(&WithPresence(before).to_string(), 100),
                Shortened(&WithPresence(limits).to_string(), 100)
            )),
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

struct WithPresence<'a>(&'a ArgLimits);

impl Display for WithPresence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.presence {
            Presence::Required => write!(f, "{}", self.0),
            Presence::Optional => write!(f, "{}, optional", self.0),
        }
    }
}
