//! The kinds of statements that a set holds, and the rules in which they differ.

use std::collections::HashMap;

use crate::limits::{MAX_HELD_DIRECTORY_BYTES, MAX_HELD_HOPS};
use crate::statement::directory::signed::Directory;
use crate::statement::in_series::InSeries;
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::{SeriesId, StatementScope};
use crate::verify::statements::all::{All, is_of_anchors};
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::power::Power;
use crate::verify::statements::record::SeriesRecord;
use crate::verify::trust::TrustAnchors;

/// A kind of statements that a set holds.
pub(super) trait HeldKind: InSeries {
    /// True if a statement whose power has expired counts where no other is held.
    const OUTLIVES_POWER: bool;
    /// The maximum of the statements held from issuers that neither anchors nor policies name, in
    /// the unit of [`size`](Self::size).
    const MAX_SIZE: usize;

    fn records(all: &All) -> &HashMap<SeriesId, SeriesRecord<Self>>;

    fn records_mut(all: &mut All) -> &mut HashMap<SeriesId, SeriesRecord<Self>>;

    fn size(&self) -> usize;

    /// Returns true if an anchor or a policy names the issuer of the series.
    fn is_named(id: &SeriesId, all: &All, anchors: &TrustAnchors) -> bool;

    /// Checks that the issuer may issue the statement. Whether a power is valid now is not checked.
    fn power(&self, all: &All, anchors: &TrustAnchors) -> Result<Option<Power>, NotAccepted>;

    /// Checks that the statement may replace `before`.
    fn require_after(&self, before: &Self) -> Result<(), NotAccepted>;

    /// Builds the indexes that decisions use.
    fn prepare(&self);
}

impl HeldKind for RevocationList {
    // A new verifier must learn of revocations by an officer whose power has expired: the revoked
    // hops may still be valid.
    const OUTLIVES_POWER: bool = true;
    const MAX_SIZE: usize = MAX_HELD_HOPS;

    fn records(all: &All) -> &HashMap<SeriesId, SeriesRecord<Self>> {
        &all.lists
    }

    fn records_mut(all: &mut All) -> &mut HashMap<SeriesId, SeriesRecord<Self>> {
        &mut all.lists
    }

    fn size(&self) -> usize {
        self.hop_count()
    }

    fn is_named(id: &SeriesId, _: &All, anchors: &TrustAnchors) -> bool {
        is_of_anchors(anchors, id)
    }

    fn power(&self, all: &All, anchors: &TrustAnchors) -> Result<Option<Power>, NotAccepted> {
        let issuer = self.issuer();
        match (self.scope(), self.authority()) {
            (StatementScope::Root(root), _) if !Self::is_named(&self.series(), all, anchors) => {
                let (issuer, root) = (Box::new(issuer), Box::new(root));
                Err(NotAccepted::NotNamed { issuer, root })
            }
            (StatementScope::Power(_), Some(token)) => Power::over_list(token, self).map(Some),
            _ => Ok(None),
        }
    }

    fn require_after(&self, _: &Self) -> Result<(), NotAccepted> {
        Ok(())
    }

    fn prepare(&self) {}
}

impl HeldKind for Directory {
    // Only a fresh directory admits an agent, so an old one has no use.
    const OUTLIVES_POWER: bool = false;
    const MAX_SIZE: usize = MAX_HELD_DIRECTORY_BYTES;

    fn records(all: &All) -> &HashMap<SeriesId, SeriesRecord<Self>> {
        &all.directories
    }

    fn records_mut(all: &mut All) -> &mut HashMap<SeriesId, SeriesRecord<Self>> {
        &mut all.directories
    }

    fn size(&self) -> usize {
        self.as_bytes().len()
    }

    fn is_named(id: &SeriesId, all: &All, _: &TrustAnchors) -> bool {
        id.scope == StatementScope::Named && all.directory_issuers.contains(&id.issuer)
    }

    fn power(&self, all: &All, anchors: &TrustAnchors) -> Result<Option<Power>, NotAccepted> {
        match self.authority() {
            Some(token) => Power::over_agents(token, self).map(Some),
            None if Self::is_named(&self.series(), all, anchors) => Ok(None),
            None => Err(NotAccepted::DirectoryNotNamed { issuer: Box::new(self.issuer()) }),
        }
    }

    fn require_after(&self, before: &Self) -> Result<(), NotAccepted> {
        match self.lacks_of(before) {
            None => Ok(()),
            Some(agent) => Err(NotAccepted::LacksAgent { key: Box::new(agent.key()) }),
        }
    }

    fn prepare(&self) {
        self.index_names();
    }
}
