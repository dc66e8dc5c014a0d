//! The difference between a hop's grant and its parent's.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Budget;
use crate::grant::Grant;
use crate::instant::Span;
use crate::limits::{MAX_SHOWN_COMPARISONS, MAX_SHOWN_REMOVAL, MAX_SHOWN_REMOVALS};
use crate::report::wording::{FurtherHops, Piece, plain};
use crate::text::escape::{CommaSeparated, Quoted, truncated};

/// One part of its parent's grant that a hop took away, in words, with untrusted text escaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Removal {
    /// The part that was taken away.
    pub what: String,
    /// The rest of it, if the hop kept some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

impl Removal {
    fn of(what: impl Display) -> Self {
        Self { what: truncated(what, MAX_SHOWN_REMOVAL), kept: None }
    }

    fn keeping(self, kept: impl Display) -> Self {
        let kept = truncated(kept, MAX_SHOWN_REMOVAL);
        Self { kept: Some(kept), ..self }
    }

    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = vec![Piece::Removed(&self.what)];
        if let Some(kept) = &self.kept {
            let kept = Piece::Escaped(kept.as_str().into());
            pieces.extend([Piece::words(" (kept "), kept, Piece::words(")")]);
        }
        pieces
    }
}

impl Display for Removal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.pieces()))
    }
}

/// The difference between two grants.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) removed: Vec<Removal>,
    /// Sentences, escaped.
    pub(super) notes: Vec<String>,
    /// True if the parent grants all of it.
    pub(super) was_held: bool,
}

/// Compares a hop's `own` grant with its parent's.
pub(super) fn difference(parent: &Grant, own: &Grant) -> Difference {
    let mut notes = Vec::new();
    // A report may cost as much work as a decision.
    let work = Budget::for_decision();
    let (beyond, gone) = if are_too_large(parent, own) {
        notes.push("has too many capabilities to list what was removed".to_owned());
        (None, Vec::new())
    } else {
        let beyond = own.beyond(parent, &work);
        (beyond, capability_removals(&parent.capabilities, &own.capabilities, &work))
    };
    let mut removed = Vec::new();
    let mut was_held = own.max_hops < parent.max_hops || own.max_hops == 0;
    if work.is_exhausted() {
        notes.push("has limits too complex to list what was removed".to_owned());
    } else {
        removed = gone;
        was_held &= beyond.is_none();
        if let Some(beyond) = beyond {
            // Every hop is evaluated on the call, so the claim has no effect.
            let claim = format!("claims more than its parent grants, without effect: {beyond}");
            notes.push(truncated(&claim, MAX_SHOWN_REMOVAL.saturating_mul(2)));
        }
    }
    if own.max_hops > 0 && own.max_hops >= parent.max_hops {
        let left = parent.max_hops.saturating_sub(1);
        notes.push(format!(
            "claims {}, without effect: its parent leaves {left}",
            FurtherHops(own.max_hops)
        ));
    }
    add_other_removals(parent, own, &mut removed);
    if removed.len() > MAX_SHOWN_REMOVALS {
        removed.truncate(MAX_SHOWN_REMOVALS);
        notes.push("removed more than is listed".to_owned());
    }
    if was_held && removed.is_empty() && notes.is_empty() {
        notes.push("narrows nothing: it passes on everything that its parent grants".to_owned());
    }
    Difference { removed, notes, was_held }
}

/// Adds the removals apart from those of capabilities.
fn add_other_removals(parent: &Grant, own: &Grant, found: &mut Vec<Removal>) {
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
        found.push(Removal::of(FurtherHops(before)).keeping(own.max_hops));
    }
    match (&parent.audience, &own.audience) {
        (None, Some(names)) => {
            let names = CommaSeparated(names.iter().map(|name| Quoted(name)));
            found.push(Removal::of("any audience").keeping(names));
        }
        (Some(outer), Some(inner)) => {
            let gone = outer.difference(inner);
            found.extend(gone.map(|name| Removal::of(format!("audience {}", Quoted(name)))));
        }
        _ => {}
    }
    if own.allowed_delegates.is_some() && own.allowed_delegates != parent.allowed_delegates {
        found.push(Removal::of("delegation to keys that it does not list"));
    }
}

fn are_too_large(parent: &Grant, own: &Grant) -> bool {
    parent.capabilities.len().saturating_mul(own.capabilities.len()) > MAX_SHOWN_COMPARISONS
}

fn capability_removals(
    outers: &[Capability],
    inners: &[Capability],
    work: &Budget,
) -> Vec<Removal> {
    let mut found = Vec::new();
    for outer in outers {
        if inners.iter().any(|inner| outer.beyond(inner, work).is_none()) {
            continue;
        }
        let kept: Vec<_> =
            inners.iter().filter(|inner| inner.beyond(outer, work).is_none()).collect();
        if inners.iter().all(|inner| are_disjoint(outer, inner)) {
            found.push(Removal::of(format!("all of {outer}")));
        } else if kept.is_empty() {
            found.push(Removal::of(format!("the part of {outer} outside its own capabilities")));
        }
        kept.iter().for_each(|inner| add_narrowing(outer, inner, &mut found));
    }
    found
}

/// Returns true if no call is covered by both. Of two patterns that overlap, one is always within
/// the other.
fn are_disjoint(a: &Capability, b: &Capability) -> bool {
    let (op_a, op_b, res_a, res_b) = (a.operation(), b.operation(), a.resource(), b.resource());
    (!op_a.within(op_b) && !op_b.within(op_a)) || (!res_a.within(res_b) && !res_b.within(res_a))
}

fn add_narrowing(outer: &Capability, inner: &Capability, found: &mut Vec<Removal>) {
    if inner.operation() != outer.operation() {
        let gone = Removal::of(format!("operation {}", outer.operation()));
        found.push(gone.keeping(inner.operation()));
    }
    if inner.resource() != outer.resource() {
        let gone = Removal::of(format!("resource {}", outer.resource()));
        found.push(gone.keeping(inner.resource()));
    }
    for (name, limits) in inner.args() {
        let gone = |was: &dyn Display| Removal::of(format!("argument {} {was}", Quoted(name)));
        match outer.args().get(name) {
            Some(before) if before == limits => {}
            Some(before) => found.push(gone(&WithPresence(before)).keeping(WithPresence(limits))),
            // The argument is as unlimited as before.
            None if limits.presence == Presence::Below => {}
            None => found.push(gone(&"any value").keeping(limits)),
        }
    }
    for (name, before) in outer.args().iter().filter(|(name, _)| !inner.args().contains_key(*name))
    {
        let below =
            if before.presence == Presence::Below { " and everything below it" } else { "" };
        found.push(Removal::of(format!("argument {}{below}", Quoted(name))));
    }
    if outer.other_args() == OtherArgs::Allow && inner.other_args() == OtherArgs::Deny {
        found.push(Removal::of("unnamed arguments"));
    }
}

struct WithPresence<'a>(&'a ArgLimits);

impl Display for WithPresence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.presence {
            Presence::Required => write!(f, "{}", self.0),
            Presence::Optional => write!(f, "{}, optional", self.0),
            Presence::Below => write!(f, "{} at any depth, optional", self.0),
        }
    }
}
