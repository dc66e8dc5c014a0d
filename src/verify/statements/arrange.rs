//! Arranges everything that is known for the look-up by decisions.

use std::collections::HashMap;
use std::sync::Arc;

use crate::instant::{UnixTime, whole_seconds};
use crate::limits::DEFAULT_CLOCK_TOLERANCE;
use crate::reason::Reason;
use crate::revocation::list::RevocationList;
use crate::statement::series::{SeriesId, StatementScope};
use crate::verify::statements::held::{Age, Held, HeldList, HeldSeries};
use crate::verify::statements::judge::Question;
use crate::verify::statements::known::Known;
use crate::verify::statements::power::Power;
use crate::verify::trust::TrustAnchors;

/// Arranges the lists for look-up, and notes whose power was revoked.
pub(super) fn held(all: &HashMap<SeriesId, Known>, anchors: &TrustAnchors) -> Held {
    let mut held = Held::default();
    for (id, known) in all {
        if let (true, Some(state)) = (is_of_anchors(anchors, id), &known.state) {
            held.latest_issued = held.latest_issued.max(state.latest_issued());
        }
        if known.lists.is_empty() {
            continue;
        }
        let lists: Vec<_> = known.lists.iter().map(|taken| taken.held.clone()).collect();
        let root = match id.scope {
            StatementScope::Own => None,
            StatementScope::Root(root) => Some(root),
            StatementScope::Power(_) | StatementScope::Named => {
                lists.iter().find_map(|list| list.power.as_ref()).map(Power::root)
            }
        };
        let series = Arc::new(HeldSeries { id: *id, lists, age: known.age() });
        match root {
            None => drop(held.own.insert(id.issuer, series)),
            Some(root) => held.of_root.entry(root).or_default().push(series),
        }
    }
    end_powers(&mut held, anchors);
    held
}

/// Marks the series whose power was revoked by another list. Their entries go on refusing.
fn end_powers(held: &mut Held, anchors: &TrustAnchors) {
    let before = held.clone();
    for series in held.of_root.values_mut().flatten() {
        let is_revoked = |own: &HeldList| {
            let Some(power) = &own.power else { return false };
            let mut reasons = Vec::new();
            // When it expires does not matter here: that ends the power by itself.
            let at = own.list.issue().issued;
            revoked_reasons(&before, anchors, power, &own.list, at, &mut reasons);
            !reasons.is_empty()
        };
        if series.lists.iter().any(is_revoked) {
            *series = Arc::new(HeldSeries { age: Age::PowerEnded, ..HeldSeries::clone(series) });
        }
    }
}

/// Finds why the token that gives a power was revoked. The list counts as a presentation that its
/// issuer made.
pub(super) fn revoked_reasons(
    held: &Held,
    anchors: &TrustAnchors,
    power: &Power,
    list: &RevocationList,
    at: UnixTime,
    reasons: &mut Vec<Reason>,
) {
    let presented = list.issue().issued;
    let clock_tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
    let asked = Question { chain: &power.chain, anchors, at, presented, clock_tolerance };
    held.find_revoked(&asked, reasons);
}

/// Returns true for the series of root keys, and of revokers that anchors name.
pub(super) fn is_of_anchors(anchors: &TrustAnchors, id: &SeriesId) -> bool {
    match id.scope {
        StatementScope::Own => anchors.find_root(id.issuer.as_bytes()).is_some(),
        StatementScope::Root(root) => anchors.may_name_revoker(&root, &id.issuer),
        StatementScope::Power(_) | StatementScope::Named => false,
    }
}
