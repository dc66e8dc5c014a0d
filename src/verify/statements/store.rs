//! The live set of statements, which a service updates while its verifiers use it.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::statement::digest::StatementDigest;
use crate::statement::directory::signed::Directory;
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::SeriesId;
use crate::statement::state::{StateError, StatementState};
use crate::statement::succession::error::SuccessorError;
use crate::statement::succession::statement::Successor;
use crate::verify::statements::accepted::{Accepted, StatementEffect};
use crate::verify::statements::all::All;
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::held::Held;
use crate::verify::statements::held_kind::HeldKind;
use crate::verify::statements::record::SeriesRecord;
use crate::verify::statements::shared::Shared;
use crate::verify::trust::TrustAnchors;

/// The revocation lists, directories and successor statements that a service holds, for its verifiers
/// ([`ListPolicy`](crate::ListPolicy), [`DirectoryPolicy`](crate::DirectoryPolicy)). A clone is the
/// same set.
///
/// Statements arrive while the service runs: [`accept`](Self::accept) checks each one. Its entries
/// refuse from the next decision on, and no decision waits for it. `docs/STATEMENTS.md` has the
/// rules.
///
/// ```
/// # use deputize::*;
/// # use deputize::time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let alice = SigningKey::generate()?;
/// # let anchor = TrustAnchor::new(alice.public_key(), "alice@acme.com");
/// let statements = Statements::new(anchor.clone(), MemoryStatementState::default())?;
/// # let list = RevocationDraft::own().sign(&alice, now, now + Duration::hours(24))?;
/// # let file = list.as_bytes();
/// let accepted = statements.accept(file, now)?;
/// assert_eq!(accepted.effect, StatementEffect::Current);
///
/// // Its list must be at most an hour old.
/// let revocation = ListPolicy::new(&statements, Duration::hours(1));
/// let verifier = Verifier::new(
///     anchor,
///     RevocationPolicy::by_lists(revocation),
///     ReplayPolicy::refused_by(MemoryReplayGuard::new(60_000, now)),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Statements(Arc<Shared>);

impl Statements {
    /// Creates an empty set. `state` has the statements seen before.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the state cannot be read.
    pub fn new(
        anchors: impl Into<TrustAnchors>,
        state: impl StatementState + 'static,
    ) -> Result<Self, StateError> {
        let mut all = All::default();
        for stored in state.load()? {
            all.adopt(stored);
        }
        let (anchors, state) = (anchors.into(), Box::new(state));
        Ok(Self(Arc::new(Shared::new(anchors, state, all))))
    }

    /// Accepts a revocation list, a delta to a list that is held, or a directory, and keeps it.
    ///
    /// Accept every statement again from time to time, even if it has not changed. A statement that
    /// could not be stored before is stored then. If processes share a state, the changes of the
    /// others are seen then: a newer statement, a fork, or the operator's decision.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] with the reason. The statement has no effect then.
    pub fn accept(
        &self,
        bytes: impl Into<Vec<u8>>,
        now: OffsetDateTime,
    ) -> Result<Accepted, NotAccepted> {
        let bytes = bytes.into();
        if Directory::is_directory(&bytes) {
            self.0.require_named_directory(&bytes)?;
            return self.accept_directory(Directory::parse(&bytes)?, now);
        }
        let list = match RevocationList::is_delta(&bytes) {
            true => self.apply(&bytes)?,
            false => RevocationList::parse(bytes)?,
        };
        self.accept_list(list, now)
    }

    /// Accepts a list that has been read, as [`accept`](Self::accept) does.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn accept_list(
        &self,
        list: RevocationList,
        now: OffsetDateTime,
    ) -> Result<Accepted, NotAccepted> {
        self.take(list, now)
    }

    /// Accepts a directory that has been read, as [`accept`](Self::accept) does.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn accept_directory(
        &self,
        directory: Directory,
        now: OffsetDateTime,
    ) -> Result<Accepted, NotAccepted> {
        self.take(directory, now)
    }

    /// Accepts a successor statement, and returns its digest. Two keys that it links may have one
    /// name in a directory. It is not stored: accept it again after a restart.
    ///
    /// # Errors
    ///
    /// [`SuccessorError`] if the bytes are not a successor statement, or too many are held.
    pub fn accept_successor(&self, bytes: &[u8]) -> Result<StatementDigest, SuccessorError> {
        let statement = Successor::parse(bytes)?;
        let digest = statement.digest();
        let mut all = self.0.lock();
        // The set is copied only if it takes the statement.
        if all.successions.has_room_for(&statement)? {
            Arc::make_mut(&mut all.successions).add(statement)?;
            self.0.publish(&all);
        }
        Ok(digest)
    }

    /// Ends a fork by the operator's decision: of the statements that contradict each other
    /// ([`StatementEffect::Forked`]), this one counts. The others no longer count, even if they arrive
    /// again.
    ///
    /// Other processes that share the state see the decision when they accept the statement again,
    /// or after a restart. The operator may decide again. A final series stays final.
    ///
    /// # Errors
    ///
    /// [`NotAccepted::NoSuchHead`] if no series has a head with this digest, and
    /// [`NotAccepted::State`] if the decision cannot be stored. Nothing is decided then.
    pub fn accept_fork(&self, digest: StatementDigest) -> Result<Accepted, NotAccepted> {
        let mut all = self.0.lock();
        for stored in self.0.state.load()? {
            all.adopt(stored);
        }
        let after = match self.0.end_fork::<RevocationList>(&mut all, digest)? {
            Some(after) => Some(after),
            None => self.0.end_fork::<Directory>(&mut all, digest)?,
        };
        let after = after.ok_or_else(|| NotAccepted::NoSuchHead { digest: digest.to_string() })?;
        self.0.publish(&all);
        let sequence = after.heads.iter().map(|head| head.sequence).max().unwrap_or_default();
        Ok(Accepted { series: after.series, sequence, digest, effect: StatementEffect::of(&after) })
    }

    /// Returns the series that the state has seen and of which no statement is held. After a
    /// restart, accept the latest statement of each before the first decision: until then its
    /// entries do not refuse, unless a policy requires the series.
    pub fn not_held(&self) -> Vec<SeriesId> {
        let all = self.0.lock();
        let lists = all.lists.iter().filter(|(_, record)| record.statements.is_empty());
        let directories = all.directories.iter().filter(|(_, record)| record.statements.is_empty());
        let ids = lists.map(|(id, _)| *id).chain(directories.map(|(id, _)| *id));
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids
    }

    /// Returns the newest list of a series that is held.
    pub fn list(&self, series: &SeriesId) -> Option<RevocationList> {
        self.0.newest(series)
    }

    /// Returns the newest directory of a series that is held.
    pub fn directory(&self, series: &SeriesId) -> Option<Directory> {
        self.0.newest(series)
    }

    /// Returns true if the other one is a clone.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Names the issuer of a directory. Its statements are accepted from now on.
    pub(crate) fn name_directory_issuer(&self, issuer: PublicKey) {
        let mut all = self.0.lock();
        if all.directory_issuers.insert(issuer) {
            self.0.publish(&all);
        }
    }

    fn take<S: HeldKind>(
        &self,
        statement: S,
        now: OffsetDateTime,
    ) -> Result<Accepted, NotAccepted> {
        let mut all = self.0.lock();
        let accepted = self.0.take(&mut all, statement, UnixTime::from(now));
        self.0.publish(&all);
        accepted
    }

    fn apply(&self, delta: &[u8]) -> Result<RevocationList, NotAccepted> {
        let base = RevocationList::base_of(delta)?;
        let find = |record: &SeriesRecord<RevocationList>| {
            let mut lists = record.statements.iter().map(|held| &held.statement);
            lists.find(|list| list.digest() == base).cloned()
        };
        let list = self.0.lock().lists.values().find_map(find);
        let list = list.ok_or_else(|| NotAccepted::NoBase { base: base.to_string() })?;
        Ok(list.apply(delta)?)
    }

    /// Returns the statements that are held now.
    pub(crate) fn held(&self) -> Arc<Held> {
        self.0.held()
    }
}

/// Shows the number of series.
impl Debug for Statements {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let held = self.held();
        let of_roots = held.of_root.values().map(Vec::len).fold(0, usize::saturating_add);
        write!(f, "Statements({} series)", held.own.len().saturating_add(of_roots))
    }
}
