//! Everything that a set of statements holds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::key::PublicKey;
use crate::statement::directory::signed::Directory;
use crate::statement::kind::StatementKind;
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::{SeriesId, StatementScope};
use crate::statement::state::SeriesState;
use crate::statement::succession::set::Successions;
use crate::verify::statements::record::SeriesRecord;
use crate::verify::trust::TrustAnchors;

/// Everything that a set of statements holds.
#[derive(Debug, Clone, Default)]
pub(super) struct All {
    pub(super) lists: HashMap<SeriesId, SeriesRecord<RevocationList>>,
    pub(super) directories: HashMap<SeriesId, SeriesRecord<Directory>>,
    /// The issuers of directories of scope `named` that policies name.
    pub(super) directory_issuers: BTreeSet<PublicKey>,
    pub(super) successions: Arc<Successions>,
}

impl All {
    /// Records the stored state of a series.
    pub(super) fn adopt(&mut self, state: SeriesState) {
        let id = state.series;
        match id.kind {
            StatementKind::Revocations => self.lists.entry(id).or_default().adopt(Some(state)),
            StatementKind::Agents => self.directories.entry(id).or_default().adopt(Some(state)),
            // Successor statements are not in series.
            StatementKind::Successor => {}
        }
    }
}

/// Returns true for the series of root keys, and of revokers that anchors name.
pub(super) fn is_of_anchors(anchors: &TrustAnchors, id: &SeriesId) -> bool {
    match id.scope {
        StatementScope::Own => anchors.find_root(id.issuer.as_bytes()).is_some(),
        StatementScope::Root(root) => anchors.may_name_revoker(&root, &id.issuer),
        StatementScope::Power(_) | StatementScope::Named => false,
    }
}
