//! Arranges all statements for the look-up by decisions.

use std::sync::Arc;

use crate::statement::series::StatementScope;
use crate::verify::statements::all::{All, is_of_anchors};
use crate::verify::statements::held::{Held, HeldSeries};
use crate::verify::statements::power::Power;
use crate::verify::trust::TrustAnchors;

/// Arranges the statements for look-up.
pub(super) fn held(all: &All, anchors: &TrustAnchors) -> Held {
    let mut held = Held { successions: Arc::clone(&all.successions), ..Held::default() };
    for (id, record) in &all.lists {
        if let Some(latest) = record.latest_issued().filter(|_| is_of_anchors(anchors, id)) {
            let root = match id.scope {
                StatementScope::Root(root) => root,
                _ => id.issuer,
            };
            let own = held.latest_issued.entry(root).or_insert(latest);
            *own = latest.max(*own);
        }
        if record.statements.is_empty() {
            continue;
        }
        let series = Arc::new(HeldSeries::new(*id, record));
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
    for (id, record) in &all.directories {
        let is_named = id.scope == StatementScope::Named;
        if record.statements.is_empty() {
            continue;
        }
        let series = Arc::new(HeldSeries::new(*id, record));
        match series.power().map(Power::root) {
            Some(root) => held.directories_of_root.entry(root).or_default().push(series),
            None if is_named => drop(held.named_directories.insert(id.issuer, series)),
            // A directory without a power has the scope `named`, and is arranged above.
            None => {}
        }
    }
    // The order of reasons in a denial must not depend on the order of a hash map.
    for revokers in held.of_root.values_mut() {
        revokers.sort_by_key(|series| series.id);
    }
    for directories in held.directories_of_root.values_mut() {
        directories.sort_by_key(|series| series.id);
    }
    held
}
