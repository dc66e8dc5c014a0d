//! The state that the clones of a set of statements share.

use std::mem::swap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::statement::directory::signed::Directory;
use crate::statement::series::SeriesId;
use crate::statement::state::StatementState;
use crate::verify::statements::all::All;
use crate::verify::statements::arrange;
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::held::Held;
use crate::verify::statements::held_kind::HeldKind;
use crate::verify::trust::TrustAnchors;

/// The state that the clones of a set share.
pub(super) struct Shared {
    pub(super) anchors: TrustAnchors,
    pub(super) state: Box<dyn StatementState>,
    /// The lock makes acceptance sequential.
    all: Mutex<All>,
    /// The lock is held only to copy or to replace the pointer.
    held: RwLock<Arc<Held>>,
}

impl Shared {
    pub(super) fn new(anchors: TrustAnchors, state: Box<dyn StatementState>, all: All) -> Self {
        let held = RwLock::new(Arc::new(arrange::held(&all, &anchors)));
        Self { anchors, state, all: Mutex::new(all), held }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, All> {
        // A thread that panicked had not changed the set yet.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks that a policy names the issuer that a directory of the scope `named` states, before
    /// all of the directory is read.
    pub(super) fn require_named_directory(&self, bytes: &[u8]) -> Result<(), NotAccepted> {
        match Directory::stated_issuer(bytes) {
            Some(issuer) if !self.lock().directory_issuers.contains(&issuer) => {
                Err(NotAccepted::DirectoryNotNamed { issuer: Box::new(issuer) })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn newest<S: HeldKind>(&self, series: &SeriesId) -> Option<S> {
        let all = self.lock();
        let statements = S::records(&all).get(series)?.statements.iter();
        let newest = statements.max_by_key(|held| held.issue().sequence)?;
        Some(newest.statement.clone())
    }

    pub(super) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows the current statements to decisions.
    pub(super) fn publish(&self, all: &All) {
        let mut held = Arc::new(arrange::held(all, &self.anchors));
        let mut shown = self.held.write().unwrap_or_else(PoisonError::into_inner);
        swap(&mut *shown, &mut held);
        // The old set is dropped after the lock is released, so that no decision waits while a long
        // list is freed.
        drop(shown);
    }
}
