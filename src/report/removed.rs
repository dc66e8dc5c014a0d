//! What a hop took away from what its parent allows.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Budget;
use crate::grant::Grant;
use crate::text::escape::{CommaSeparated, Quoted, truncated};
use crate::time::Span;

/// One thing that a hop took away from what its parent allows, in words. Whatever somebody chose in
/// it is inert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Removal {
    /// What is gone.
    pub what: String,
    /// What is left of it, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

impl Removal {
    fn of(what: impl Display) -> Self {
        Self { what: truncated(what, MOST_CHARACTERS), kept: None }
    }

    fn but(self, kept: impl Display) -> Self {
        let kept = truncated(kept, MOST_CHARACTERS);
        Self { kept: Some(kept), ..self }
    }
}

impl Display for Removal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kept {
            None => f.write_str(&self.what),
            Some(kept) => write!(f, "{} (kept {kept})", self.what),
        }
    }
}

/// What a hop took away, and what is to be noted about it.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Empty where nothing was taken away.
    pub(super) removed: Vec<Removal>,
    /// In words, inert.
    pub(super) notes: Vec<String>,
    /// Whether its delegator held all of it.
    pub(super) was_held: bool,
}

/// How `own` differs from what its parent grants.
pub(super) fn difference(parent: &Grant, own: &Grant) -> Difference {
    let mut notes = Vec::new();
    // What is worth a decision's work is worth as much in a report about it.
    let work = Budget::for_decision();
    let (beyond, gone) = if are_too_many(parent, own) {
        notes.push("there are too many capabilities to work out what was removed".to_owned());
        (None, Vec::new())
    } else {
        (own.beyond(parent, &work), capabilities(&parent.capabilities, &own.capabilities, &work))
    };
    let mut removed = Vec::new();
    let mut was_held = own.max_hops < parent.max_hops || own.max_hops == 0;
    if work.is_exhausted() {
        notes.push("its limits take too long to work out what was removed".to_owned());
    } else {
        removed = gone;
        was_held &= beyond.is_none();
        if let Some(beyond) = beyond {
            // Every hop is evaluated on the call, so nobody gains by it.
            let claim =
                format!("claims more than its parent has, which counts for nothing: {beyond}");
            notes.push(truncated(&claim, MOST_CHARACTERS.saturating_mul(2)));
        }
    }
    if own.max_hops > 0 && own.max_hops >= parent.max_hops {
        let left = parent.max_hops.saturating_sub(1);
        notes.push(format!(
            "claims that {} may follow, which counts for nothing: its parent leaves {left}",
            own.max_hops
        ));
    }
    others(parent, own, &mut removed);
    if removed.len() > MOST_LINES {
        removed.truncate(MOST_LINES);
        notes.push("it removed more than is listed".to_owned());
    }
    if was_held && removed.is_empty() && notes.is_empty() {
        notes.push("narrows nothing: it passes on all that its parent has".to_owned());
    }
    Difference { removed, notes, was_held }
}

/// What was removed beside capabilities.
fn others(parent: &Grant, own: &Grant, found: &mut Vec<Removal>) {
    if let Some(start) = own.not_before
        && parent.not_before.is_none_or(|outer| outer < start)
    {
        found.push(Removal::of(format!("the time before {start}")));
    }
    if own.expires < parent.expires {
        let span = Span(parent.expires.since(own.expires));
        found.push(Removal::of(format!("the last {span}")));
    }
    if own.max_hops.saturating_add(1) < parent.max_hops {
        let before = parent.max_hops.saturating_sub(1);
        found.push(Removal::of(format!("hops: {before} may follow")).but(own.max_hops));
    }
    match (&parent.audience, &own.audience) {
        (None, Some(names)) => {
            let names = CommaSeparated(names.iter().map(|name| Quoted(name)));
            found.push(Removal::of("any audience").but(names));
        }
        (Some(outer), Some(inner)) => {
            let gone = outer.difference(inner);
            found.extend(gone.map(|name| Removal::of(format!("audience {}", Quoted(name)))));
        }
        _ => {}
    }
    if own.allowed_delegates.is_some() && own.allowed_delegates != parent.allowed_delegates {
        found.push(Removal::of("delegation to others than the keys it names"));
    }
}

/// Longer texts, and more of them, nobody reads; and a short token could make a very long report.
const MOST_CHARACTERS: usize = 150;
const MOST_LINES: usize = 64;

/// More comparisons than this say nothing that a person would read.
const MOST_COMPARED: usize = 64;

fn are_too_many(parent: &Grant, own: &Grant) -> bool {
    parent.capabilities.len().saturating_mul(own.capabilities.len()) > MOST_COMPARED
}

fn capabilities(outers: &[Capability], inners: &[Capability], work: &Budget) -> Vec<Removal> {
    let mut found = Vec::new();
    for outer in outers {
        if inners.iter().any(|inner| outer.beyond(inner, work).is_none()) {
            continue;
        }
        let kept: Vec<_> =
            inners.iter().filter(|inner| inner.beyond(outer, work).is_none()).collect();
        if inners.iter().all(|inner| are_apart(outer, inner)) {
            found.push(Removal::of(format!("all of {outer}")));
        } else if kept.is_empty() {
            found.push(Removal::of(format!("what it does not allow itself of {outer}")));
        }
        kept.iter().for_each(|inner| narrowed(outer, inner, &mut found));
    }
    found
}

/// Whether no call is covered by both. Patterns that do not lie within one another have nothing in
/// common.
fn are_apart(a: &Capability, b: &Capability) -> bool {
    let (op_a, op_b, res_a, res_b) = (a.operation(), b.operation(), a.resource(), b.resource());
    (!op_a.within(op_b) && !op_b.within(op_a)) || (!res_a.within(res_b) && !res_b.within(res_a))
}

fn narrowed(outer: &Capability, inner: &Capability, found: &mut Vec<Removal>) {
    if inner.operation() != outer.operation() {
        let gone = Removal::of(format!("operation {}", outer.operation()));
        found.push(gone.but(inner.operation()));
    }
    if inner.resource() != outer.resource() {
        let gone = Removal::of(format!("resource {}", outer.resource()));
        found.push(gone.but(inner.resource()));
    }
    for (name, limits) in inner.args() {
        let gone = |was: &dyn Display| Removal::of(format!("argument {} {was}", Quoted(name)));
        match outer.args().get(name) {
            Some(before) if before == limits => {}
            Some(before) => found.push(gone(&WithPresence(before)).but(WithPresence(limits))),
            // Nothing is limited there now either.
            None if limits.presence == Presence::Below => {}
            None => found.push(gone(&"any value").but(limits)),
        }
    }
    for (name, before) in outer.args().iter().filter(|(name, _)| !inner.args().contains_key(*name))
    {
        let below = if before.presence == Presence::Below { " and all below it" } else { "" };
        found.push(Removal::of(format!("argument {}{below}", Quoted(name))));
    }
    if outer.other_args() == OtherArgs::Allow && inner.other_args() == OtherArgs::Deny {
        found.push(Removal::of("arguments that it does not name"));
    }
}

struct WithPresence<'a>(&'a ArgLimits);

impl Display for WithPresence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.presence {
            Presence::Required => write!(f, "{}", self.0),
            Presence::Optional => write!(f, "{}, optional", self.0),
            Presence::Below => write!(f, "{} there and below, optional", self.0),
        }
    }
}
