//! The live set of statements, which a service feeds while its verifiers use it.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::mem::swap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use time::OffsetDateTime;

use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{
    DEFAULT_CLOCK_TOLERANCE, MAX_HEADS, MAX_HELD_HOPS, MAX_HELD_SERIES, MAX_REJECTED_HEADS,
};
use crate::reason::Reason;
use crate::revocation::list::RevocationList;
use crate::statement::digest::StatementDigest;
use crate::statement::heads::Step;
use crate::statement::series::{Issue, SeriesId, StatementScope};
use crate::statement::state::{SeriesHead, SeriesState, StateError, StatementState};
use crate::verify::statements::accepted::{Accepted, Standing};
use crate::verify::statements::age::HeldList;
use crate::verify::statements::arrange::{self, is_of_anchors};
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::held::Held;
use crate::verify::statements::judge::Question;
use crate::verify::statements::known::Known;
use crate::verify::statements::power::{Power, only_expired};
use crate::verify::trust::TrustAnchors;

/// The revocation lists that a service holds, for its verifiers
/// ([`ListPolicy`](crate::ListPolicy)). A clone is the same set.
///
/// Lists arrive while the service runs: [`accept`](Self::accept) checks each one. What it revokes is
/// refused from the next decision on, and no decision waits for it. `docs/STATEMENTS.md` has the
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
/// assert_eq!(accepted.standing, Standing::Current);
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

struct Shared {
    anchors: TrustAnchors,
    state: Box<dyn StatementState>,
    /// Statements are accepted one after the other.
    series: Mutex<HashMap<SeriesId, Known>>,
    /// Held only to copy or to replace the pointer.
    held: RwLock<Arc<Held>>,
}

impl Statements {
    /// Creates a set without statements. `state` has those that were seen before.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the state cannot be read.
    pub fn new(
        anchors: impl Into<TrustAnchors>,
        state: impl StatementState + 'static,
    ) -> Result<Self, StateError> {
        let known =
            |state: SeriesState| (state.series, Known { stored: Some(state), ..Known::default() });
        let series: HashMap<_, _> = state.load()?.into_iter().map(known).collect();
        let (anchors, state) = (anchors.into(), Box::new(state));
        let held = RwLock::new(Arc::new(arrange::held(&series, &anchors)));
        Ok(Self(Arc::new(Shared { anchors, state, series: Mutex::new(series), held })))
    }

    /// Accepts a revocation list, or a delta to one that is held, and keeps it.
    ///
    /// Accept every list again from time to time, whether it changed or not. A list that could not be
    /// stored is stored then, and what other processes have stored in a state that they share is seen
    /// then: a newer list, a fork, or the operator's decision.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] with the reason. Nothing in the list counts then.
    pub fn accept(
        &self,
        bytes: impl Into<Vec<u8>>,
        now: OffsetDateTime,
    ) -> Result<Accepted, NotAccepted> {
        let bytes = bytes.into();
        let list = match RevocationList::is_delta(&bytes) {
            true => self.apply(&bytes)?,
            false => RevocationList::parse(bytes)?,
        };
        self.accept_list(list, now)
    }

    /// Accepts a list that was read, as [`accept`](Self::accept) does.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn accept_list(
        &self,
        list: RevocationList,
        now: OffsetDateTime,
    ) -> Result<Accepted, NotAccepted> {
        let mut all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        let accepted = self.0.take(&mut all, list, UnixTime::from(now));
        self.0.publish(&all);
        accepted
    }

    /// Ends a fork by the operator's decision: of the statements of its series that contradict each
    /// other ([`Standing::Forked`]), this one counts. The others do not any more, nor when they
    /// arrive again.
    ///
    /// Processes that share the state see it when they accept the list again, or after a restart. The
    /// operator may change their mind, and a series that is final stays so.
    ///
    /// # Errors
    ///
    /// [`NotAccepted::NoSuchHead`] if no statement with this digest is at the head of a series, and
    /// [`NotAccepted::State`] if the decision cannot be stored. Nothing is decided then.
    pub fn accept_fork(&self, digest: StatementDigest) -> Result<Accepted, NotAccepted> {
        let mut all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        let after = self.0.end_fork(&mut all, digest)?;
        let id = after.series;
        let sequence = after.heads.iter().map(|head| head.sequence).max().unwrap_or_default();
        let standing = Standing::of(&after);
        all.entry(id).or_default().learn(Some(after));
        self.0.publish(&all);
        Ok(Accepted { series: id, sequence, digest, standing })
    }

    fn apply(&self, delta: &[u8]) -> Result<RevocationList, NotAccepted> {
        let base = RevocationList::base_of(delta)?;
        let find = |known: &Known| {
            let mut lists = known.lists.iter().map(|held| &held.list);
            lists.find(|list| list.digest() == base).cloned()
        };
        let all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        let list = all.values().find_map(find);
        drop(all);
        let list = list.ok_or_else(|| NotAccepted::NoBase { base: base.to_string() })?;
        Ok(list.apply(delta)?)
    }

    /// Returns the newest list of a series that is held.
    pub fn list(&self, series: &SeriesId) -> Option<RevocationList> {
        let all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        let lists = all.get(series)?.lists.iter().map(|held| &held.list);
        lists.max_by_key(|list| list.sequence()).cloned()
    }

    /// Returns what is held now.
    pub(crate) fn held(&self) -> Arc<Held> {
        self.0.held()
    }
}

impl Shared {
    fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(
        &self,
        all: &mut HashMap<SeriesId, Known>,
        list: RevocationList,
        now: UnixTime,
    ) -> Result<Accepted, NotAccepted> {
        let Issue { series: id, sequence, issued, .. } = *list.issue();
        if issued > now.plus(whole_seconds(DEFAULT_CLOCK_TOLERANCE)) {
            let [issued, now] = [issued, now].map(UnixTime::to_datetime);
            return Err(NotAccepted::IssuedAhead { issued, now });
        }
        let new = HeldList { power: self.power(&list)?, list };
        let (digest, held) = (new.list.digest(), self.held());
        let root = new.power.as_ref().map(Power::root);
        let is_void = |head: &SeriesHead| root.is_some_and(|root| held.is_void(&id, head, &root));
        if is_void(&new.head()) {
            return Err(NotAccepted::Void);
        }
        let known = all.get(&id).cloned().unwrap_or_default();
        let ended = new.power.as_ref().map(|power| self.find_ended(power, issued, now));
        let ended = ended.unwrap_or_default();
        if !ended.is_empty() && !known.holds(&digest) && !known.has_stored(&digest) {
            // An officer's power ends in time, and what the officer revoked must not live again at a
            // verifier that is new.
            let was_valid = new.power.as_ref().is_some_and(|power| issued < power.expires());
            let is_first = known.lists.iter().all(|held| is_void(&held.head()));
            if !(only_expired(&ended) && was_valid && is_first) {
                return Err(NotAccepted::NoPower { reasons: ended });
            }
        }
        let standing = match self.store(all, known, new, is_void)? {
            Standing::Current if !ended.is_empty() => Standing::PowerEnded,
            standing => standing,
        };
        Ok(Accepted { series: id, sequence, digest, standing })
    }

    /// Stores that the list was seen, and takes it in place of those that it replaces. What it revokes
    /// is refused before it is stored, however long that takes.
    fn store(
        &self,
        all: &mut HashMap<SeriesId, Known>,
        mut before: Known,
        new: HeldList,
        is_void: impl Fn(&SeriesHead) -> bool,
    ) -> Result<Standing, NotAccepted> {
        let (issue, digest) = (new.issue().clone(), new.list.digest());
        let id = issue.series;
        // Once more for each process that was faster.
        for _ in 0..MAX_HEADS {
            let mut known = before.clone();
            let seen = known.seen(id, &is_void);
            let refused = match seen.step(&issue, digest, new.list.is_final()) {
                Step::Known => Ok(seen),
                Step::Heads(after) => Ok(*after),
                Step::Old => match known.take_old(new.clone(), &seen, &is_void) {
                    Ok(standing) => {
                        self.require_room(all, &id, &known.lists)?;
                        all.insert(id, known);
                        return Ok(standing);
                    }
                    Err(why) => Err(why),
                },
                Step::TooManyHeads => Err(NotAccepted::TooManyHeads),
                Step::Final => Err(NotAccepted::SeriesEnded),
                Step::Rejected => Err(NotAccepted::Rejected),
            };
            let taken = refused.and_then(|after| {
                known.take(new.clone(), &after);
                let lists = known.lists.iter().filter(|held| after.has(&held.list.digest()));
                self.require_room(all, &id, lists)?;
                Ok(after)
            });
            let after = match taken {
                Ok(after) => after,
                Err(why) => {
                    // What another process has stored is not forgotten.
                    if before.stored.is_some() {
                        all.insert(id, before);
                    }
                    return Err(why);
                }
            };
            known.see(&after);
            all.insert(id, known.clone());
            self.publish(all);
            let stored = known.stored.as_ref();
            let has_void = stored.is_some_and(|stored| stored.heads.iter().any(&is_void));
            let stored = match has_void {
                // What is void counts as never seen, so the state may become an older one.
                true => self.state.reset(stored, &after),
                // What is stored is compared: another process may have seen a newer list, and the
                // operator may have decided for another head.
                false => self.state.replace(stored, &after),
            };
            match stored {
                Ok(()) => {
                    let standing = Standing::of(&after);
                    known.store(after);
                    all.insert(id, known);
                    return Ok(standing);
                }
                Err(StateError::Changed { stored }) => {
                    // In the light of what the other process has stored, the list may be an old one.
                    before.learn(stored.map(|state| *state));
                }
                Err(why) => return Ok(Standing::NotStored { why }),
            }
        }
        if let Some(known) = all.get_mut(&id) {
            known.learn(before.stored);
        }
        let why = StateError::Failed("is changed by other processes all the time".to_owned());
        Ok(Standing::NotStored { why })
    }

    /// Stores that this is the head of its series which counts. Other processes may have seen more of
    /// the series, and this one may have seen what it could not store.
    fn end_fork(
        &self,
        all: &mut HashMap<SeriesId, Known>,
        digest: StatementDigest,
    ) -> Result<SeriesState, NotAccepted> {
        for state in self.state.load()? {
            let id = state.series;
            all.entry(id).or_default().learn(Some(state));
        }
        let keeping = |(id, known): (&SeriesId, &Known)| known.seen(*id, |_| false).keeping(digest);
        let after = all.iter().find_map(keeping);
        let after = after.ok_or_else(|| NotAccepted::NoSuchHead { digest: digest.to_string() })?;
        if after.rejected.len() > MAX_REJECTED_HEADS {
            return Err(NotAccepted::TooManyHeads);
        }
        let before = all.get(&after.series).and_then(|known| known.stored.as_ref());
        self.state.reset(before, &after)?;
        Ok(after)
    }

    /// Shows decisions what is known now.
    fn publish(&self, all: &HashMap<SeriesId, Known>) {
        let mut held = Arc::new(arrange::held(all, &self.anchors));
        let mut shown = self.held.write().unwrap_or_else(PoisonError::into_inner);
        swap(&mut *shown, &mut held);
        // No decision waits until a long list is freed.
        drop(shown);
    }

    /// Checks that the issuer may issue the list, apart from whether a power is valid now.
    fn power(&self, list: &RevocationList) -> Result<Option<Power>, NotAccepted> {
        match list.scope() {
            StatementScope::Root(root) => {
                let issuer = list.issuer();
                match self.anchors.may_name_revoker(&root, &issuer) {
                    true => Ok(None),
                    false => {
                        let (issuer, root) = (Box::new(issuer), Box::new(root));
                        Err(NotAccepted::NotNamed { issuer, root })
                    }
                }
            }
            StatementScope::Power(_) => match list.authority() {
                Some(token) => Power::over_list(token, list).map(Some),
                None => Ok(None),
            },
            StatementScope::Own | StatementScope::Named => Ok(None),
        }
    }

    /// Returns all reasons why a power is not trusted or not valid now.
    fn find_ended(&self, power: &Power, issued: UnixTime, now: UnixTime) -> Vec<Reason> {
        let (chain, anchors) = (&power.chain, &self.anchors);
        let clock_tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        let asked = Question { chain, anchors, at: now, presented: issued, clock_tolerance };
        self.held().find_ended(power, issued, &asked)
    }

    /// Checks that there is room for the lists of an issuer that is neither a root nor named by an
    /// anchor.
    fn require_room<'a>(
        &self,
        all: &HashMap<SeriesId, Known>,
        id: &SeriesId,
        lists: impl IntoIterator<Item = &'a HeldList>,
    ) -> Result<(), NotAccepted> {
        if self.is_own(id) {
            return Ok(());
        }
        let hops = |sum: usize, held: &HeldList| sum.saturating_add(held.list.hop_count());
        let (mut count, mut sum) = (0_usize, lists.into_iter().fold(0, hops));
        for (_, other) in all.iter().filter(|(other, _)| !self.is_own(other) && *other != id) {
            count = count.saturating_add(1);
            sum = other.lists.iter().fold(sum, hops);
        }
        match count < MAX_HELD_SERIES && sum <= MAX_HELD_HOPS {
            true => Ok(()),
            false => Err(NotAccepted::Full { held: count }),
        }
    }

    /// Returns true for the series of root keys, and of revokers that anchors name.
    fn is_own(&self, id: &SeriesId) -> bool {
        is_of_anchors(&self.anchors, id)
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
