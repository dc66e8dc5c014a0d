//! Arranges everything that is known for the look-up by decisions.

use std::collections::HashMap;
use std::sync::Arc;

use crate::statement::series::{SeriesId, StatementScope};
use crate::verify::statements::held::{Held, HeldSeries};
use crate::verify::statements::known::Known;
use crate::verify::statements::power::Power;
use crate::verify::trust::TrustAnchors;

/// Arranges the lists for look-up.
pub(super) fn held(all: &HashMap<SeriesId, Known>, anchors: &TrustAnchors) -> Held {
    let mut held = Held::default();
    for (id, known) in all {
        if is_of_anchors(anchors, id) {
            held.latest_issued = held.latest_issued.max(known.latest_issued());
        }
        if known.lists.is_empty() {
            continue;
        }
        let series = Arc::new(HeldSeries::new(*id, known));
        let root = match id.scope {
            StatementScope::Own => None,
            StatementScope::Root(root) => Some(root),
            StatementScope::Power(_) | StatementScope::Named => series.power().map(Power::root),
        };
        match root {
            None => drop(held.own.insert(id.issuer, series)),
            Some(root) => held.of_root.entry(root).or_default().push(series),
        }
    }
    for revokers in held.of_root.values_mut() {
        // A denial has the same order of reasons everywhere.
        revokers.sort_by_key(|series| series.id);
    }
    held
}

/// Returns true for the series of root keys, and of revokers that anchors name.
pub(super) fn is_of_anchors(anchors: &TrustAnchors, id: &SeriesId) -> bool {
    match id.scope {
        StatementScope::Own => anchors.find_root(id.issuer.as_bytes()).is_some(),
        StatementScope::Root(root) => anchors.may_name_revoker(&root, &id.issuer),
        StatementScope::Power(_) | StatementScope::Named => false,
    }
}
