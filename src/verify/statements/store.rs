//! The live set of statements, which a service feeds while its verifiers use it.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
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
use crate::statement::series::{SeriesId, StatementScope};
use crate::statement::state::{SeriesHead, SeriesState, StateError, StatementState};
use crate::verify::statements::accepted::{Accepted, Standing};
use crate::verify::statements::arrange::{held, is_of_anchors, revoked_reasons};
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::held::{Held, HeldList};
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
            |state: SeriesState| (state.series, Known { state: Some(state), ..Known::default() });
        let series: HashMap<_, _> = state.load()?.into_iter().map(known).collect();
        let (anchors, state) = (anchors.into(), Box::new(state));
        let held = RwLock::new(Arc::new(held(&series, &anchors)));
        Ok(Self(Arc::new(Shared { anchors, state, series: Mutex::new(series), held })))
    }

    /// Accepts a revocation list, or a delta to one that is held, and keeps it.
    ///
    /// Accept every list again from time to time, whether it changed or not: a list that could not be
    /// stored is stored then.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] with the reason. Nothing has changed then.
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
    /// [`NotAccepted::State`] if the decision cannot be stored. Nothing has changed then.
    pub fn accept_fork(&self, digest: StatementDigest) -> Result<Accepted, NotAccepted> {
        let mut all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        let after = self.0.end_fork(digest)?;
        let id = after.series;
        let known = all.entry(id).or_default();
        let is_rejected = |own| after.rejected.iter().any(|head| head.digest == own);
        known.lists.retain(|taken| !is_rejected(taken.held.list.digest()));
        let sequence = after.heads.iter().map(|head| head.sequence).max().unwrap_or_default();
        let standing = Standing::of(&after);
        known.state = Some(after);
        self.0.publish(&all);
        Ok(Accepted { series: id, sequence, digest, standing })
    }

    fn apply(&self, delta: &[u8]) -> Result<RevocationList, NotAccepted> {
        let base = RevocationList::base_of(delta)?;
        let find = |known: &Known| {
            let mut lists = known.lists.iter().map(|taken| &taken.held.list);
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
        let lists = all.get(series)?.lists.iter().map(|taken| &taken.held.list);
        lists.max_by_key(|list| list.sequence()).cloned()
    }

    /// Returns what is held now.
    pub(crate) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.0.held.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    fn take(
        &self,
        all: &mut HashMap<SeriesId, Known>,
        list: RevocationList,
        now: UnixTime,
    ) -> Result<Accepted, NotAccepted> {
        let tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        let issue = list.issue().clone();
        if issue.issued > now.plus(tolerance) {
            let [issued, now] = [issue.issued, now].map(UnixTime::to_datetime);
            return Err(NotAccepted::IssuedAhead { issued, now });
        }
        let power = self.power(&list)?;
        self.require_room(all, &list)?;
        let (id, digest) = (issue.series, list.digest());
        let mut known = all.get(&id).cloned().unwrap_or_default();
        let voided = power.as_ref().map(|power| held(all, &self.anchors).root_list(&power.root()));
        let void_by = voided.flatten();
        if void_by.as_ref().is_some_and(|root| root.voids(&id, issue.sequence, &digest)) {
            return Err(NotAccepted::Void);
        }
        let ended = match &power {
            Some(power) => self.ended(power, &list, all, now),
            None => Vec::new(),
        };
        let is_held = known.lists.iter().any(|taken| taken.held.list.digest() == digest);
        let is_head = |known: &Known| {
            known.state.iter().flat_map(|state| &state.heads).any(|head| head.digest == digest)
        };
        if !ended.is_empty() && !is_held && !is_head(&known) {
            // An officer's power ends in time, and what the officer revoked must not live again at a
            // verifier that is new.
            let was_valid = power.as_ref().is_some_and(|power| issue.issued < power.expires());
            let is_first = known.state.is_none() && known.lists.is_empty();
            if !(only_expired(&ended) && was_valid && is_first) {
                return Err(NotAccepted::NoPower { reasons: ended });
            }
        }
        let is_void = |head: &SeriesHead| {
            void_by.as_ref().is_some_and(|root| root.voids(&id, head.sequence, &head.digest))
        };
        let before = known.clone();
        let refuse_now = |known: &Known| {
            all.insert(id, known.clone());
            self.publish(all);
        };
        let stored = self.store(&mut known, HeldList { list, power }, is_void, refuse_now);
        all.insert(id, if stored.is_ok() { known } else { before });
        let standing = match stored? {
            Standing::Current if !ended.is_empty() => Standing::PowerEnded,
            standing => standing,
        };
        Ok(Accepted { series: id, sequence: issue.sequence, digest, standing })
    }

    /// Shows decisions what is known now.
    fn publish(&self, all: &HashMap<SeriesId, Known>) {
        let held = Arc::new(held(all, &self.anchors));
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// Stores that the list was seen, and takes it in place of those that it replaces. What it revokes
    /// is refused before it is stored, however long that takes.
    fn store(
        &self,
        known: &mut Known,
        held: HeldList,
        is_void: impl Fn(&SeriesHead) -> bool,
        mut refuse_now: impl FnMut(&Known),
    ) -> Result<Standing, NotAccepted> {
        let (issue, digest) = (held.list.issue().clone(), held.list.digest());
        let is_final = held.list.is_final();
        // Once more for each process that was faster.
        for _ in 0..MAX_HEADS {
            let before = known.state.clone();
            // Heads that are all void count as never seen.
            let is_reset = before.as_ref().is_some_and(|state| state.heads.iter().all(&is_void));
            let seen = before.clone().filter(|_| !is_reset);
            let state = seen.unwrap_or_else(|| SeriesState::before_first(&issue));
            let after = match state.step(&issue, digest, is_final) {
                Step::Known if state.heads.len() == 1 => {
                    known.keep(held, &state);
                    return Ok(Standing::of(&state));
                }
                // The operator may have ended the fork by another process.
                Step::Known => state,
                Step::Heads(after) => *after,
                Step::Old => return known.take_old(held, &state),
                Step::TooManyHeads => return Err(NotAccepted::TooManyHeads),
                Step::Final => return Err(NotAccepted::SeriesEnded),
                Step::Rejected => return Err(NotAccepted::Rejected),
            };
            known.take_beside(held.clone())?;
            refuse_now(known);
            let stored = match is_reset {
                true => self.state.reset(before.as_ref(), &after),
                false => self.state.replace(before.as_ref(), &after),
            };
            match stored {
                Ok(()) => {
                    known.keep(held, &after);
                    known.state = Some(after.clone());
                    return Ok(Standing::of(&after));
                }
                Err(StateError::Changed { stored }) => known.state = stored.map(|state| *state),
                Err(why) => return Ok(Standing::NotStored { why }),
            }
        }
        let why = StateError::Failed("is changed by other processes all the time".to_owned());
        Ok(Standing::NotStored { why })
    }

    /// Stores that this is the head of its series which counts. Another process may have seen more of
    /// the series, so it is read anew.
    fn end_fork(&self, digest: StatementDigest) -> Result<SeriesState, NotAccepted> {
        let no_such_head = || NotAccepted::NoSuchHead { digest: digest.to_string() };
        let states = self.state.load()?;
        let mut found =
            states.into_iter().filter_map(|before| Some((before.keeping(digest)?, before)));
        let (after, before) = found.next().ok_or_else(no_such_head)?;
        if after.rejected.len() > MAX_REJECTED_HEADS {
            return Err(NotAccepted::TooManyHeads);
        }
        self.state.reset(Some(&before), &after)?;
        Ok(after)
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

    /// Returns all reasons why a power is not trusted or not valid now. The list counts as a
    /// presentation that its issuer made.
    fn ended(
        &self,
        power: &Power,
        list: &RevocationList,
        all: &HashMap<SeriesId, Known>,
        now: UnixTime,
    ) -> Vec<Reason> {
        let tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        let mut reasons = self.anchors.judge(&power.chain, now).reasons;
        reasons.extend(power.find_faults(now, tolerance));
        revoked_reasons(&held(all, &self.anchors), &self.anchors, power, list, now, &mut reasons);
        reasons
    }

    /// Checks that there is room for a list of an issuer that is neither a root nor named by an
    /// anchor.
    fn require_room(
        &self,
        all: &HashMap<SeriesId, Known>,
        list: &RevocationList,
    ) -> Result<(), NotAccepted> {
        if self.is_own(&list.series()) {
            return Ok(());
        }
        let others = all.iter().filter(|(id, _)| !self.is_own(id) && **id != list.series());
        let (mut count, mut hops) = (0_usize, list.hop_count());
        for (_, known) in others {
            count = count.saturating_add(1);
            let own = known.lists.iter().map(|taken| taken.held.list.hop_count());
            hops = hops.saturating_add(own.fold(0, usize::saturating_add));
        }
        match count < MAX_HELD_SERIES && hops <= MAX_HELD_HOPS {
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
