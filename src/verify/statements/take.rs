//! The rules by which a statement is taken, whatever its kind. `docs/STATEMENTS.md`, section 2.

use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, MAX_HEADS, MAX_HELD_SERIES, MAX_REJECTED_HEADS};
use crate::reason::Reason;
use crate::statement::digest::StatementDigest;
use crate::statement::heads::Step;
use crate::statement::series::{Issue, SeriesId};
use crate::statement::state::{SeriesHead, SeriesState, StateError};
use crate::verify::statements::accepted::{Accepted, Standing};
use crate::verify::statements::age::HeldStatement;
use crate::verify::statements::all::All;
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::judge::Question;
use crate::verify::statements::kept::Kept;
use crate::verify::statements::known::Known;
use crate::verify::statements::power::{Power, only_expired};
use crate::verify::statements::shared::Shared;

impl Shared {
    pub(super) fn take<S: Kept>(
        &self,
        all: &mut All,
        statement: S,
        now: UnixTime,
    ) -> Result<Accepted, NotAccepted> {
        let Issue { series: id, sequence, issued, .. } = *statement.issue();
        if issued > now.plus(whole_seconds(DEFAULT_CLOCK_TOLERANCE)) {
            let [issued, now] = [issued, now].map(UnixTime::to_datetime);
            return Err(NotAccepted::IssuedAhead { issued, now });
        }
        let new = HeldStatement { power: statement.power(all, &self.anchors)?, statement };
        let (digest, held) = (new.digest(), self.held());
        let root = new.power.as_ref().map(Power::root);
        let is_void = |head: &SeriesHead| root.is_some_and(|root| held.is_void(&id, head, &root));
        if is_void(&new.head()) {
            return Err(NotAccepted::Void);
        }
        let known = S::among(all).get(&id).cloned().unwrap_or_default();
        let ended = new.power.as_ref().map(|power| self.find_ended(power, issued, now));
        let ended = ended.unwrap_or_default();
        if !ended.is_empty() && !known.holds(&digest) && !known.has_stored(&digest) {
            let was_valid = new.power.as_ref().is_some_and(|power| issued < power.expires());
            // Nothing follows what was seen before the power ended, or a thief could date a list back
            // that lacks what the last one revoked.
            let own = new.head();
            let is_old = |head: &SeriesHead| is_void(head) || head.is_after(&own);
            let is_first = known.statements.iter().all(|held| is_void(&held.head()))
                && known.stored.iter().flat_map(|stored| &stored.heads).all(is_old);
            if !(S::OUTLIVES_POWER && only_expired(&ended) && was_valid && is_first) {
                return Err(NotAccepted::NoPower { reasons: ended });
            }
        }
        new.statement.prepare();
        let standing = match self.store(all, known, new, is_void)? {
            Standing::Current if !ended.is_empty() => Standing::PowerEnded,
            standing => standing,
        };
        Ok(Accepted { series: id, sequence, digest, standing })
    }

    /// Stores that the statement was seen, and takes it in place of those that it replaces. What it
    /// refuses is refused before it is stored, however long that takes.
    fn store<S: Kept>(
        &self,
        all: &mut All,
        mut before: Known<S>,
        new: HeldStatement<S>,
        is_void: impl Fn(&SeriesHead) -> bool,
    ) -> Result<Standing, NotAccepted> {
        let (issue, digest) = (new.issue().clone(), new.digest());
        let id = issue.series;
        // Once more for each process that was faster.
        for _ in 0..MAX_HEADS {
            let mut known = before.clone();
            let seen = known.seen(id, &is_void);
            let refused = match seen.step(&issue, digest, new.statement.is_final()) {
                Step::Known => Ok(seen),
                Step::Heads(after) => require_after(&new, &known, &after).map(|()| *after),
                Step::Old => match known.take_old(new.clone(), &seen, &is_void) {
                    Ok(standing) => {
                        self.require_room(all, &id, &known.statements)?;
                        S::among_mut(all).insert(id, known);
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
                let heads = known.statements.iter().filter(|held| after.has(&held.digest()));
                self.require_room(all, &id, heads)?;
                Ok(after)
            });
            let after = match taken {
                Ok(after) => after,
                Err(why) => {
                    // What another process has stored is not forgotten.
                    if before.stored.is_some() {
                        S::among_mut(all).insert(id, before);
                    }
                    return Err(why);
                }
            };
            known.see(&after);
            S::among_mut(all).insert(id, known.clone());
            self.publish(all);
            let stored = known.stored.as_ref();
            let has_void = stored.is_some_and(|stored| stored.heads.iter().any(&is_void));
            let stored = match has_void {
                // What is void counts as never seen, so the state may become an older one.
                true => self.state.reset(stored, &after),
                // What is stored is compared: another process may have seen a newer statement, and
                // the operator may have decided for another head.
                false => self.state.replace(stored, &after),
            };
            match stored {
                Ok(()) => {
                    let standing = Standing::of(&after);
                    known.store(after);
                    S::among_mut(all).insert(id, known);
                    return Ok(standing);
                }
                Err(StateError::Changed { stored }) => {
                    // In the light of what the other process has stored, it may be an old one.
                    before.learn(stored.map(|state| *state));
                }
                Err(why) => return Ok(Standing::NotStored { why }),
            }
        }
        if let Some(known) = S::among_mut(all).get_mut(&id) {
            known.learn(before.stored);
        }
        let why = StateError::Failed("is changed by other processes all the time".to_owned());
        Ok(Standing::NotStored { why })
    }

    /// Stores that this is the head of its series which counts, and returns its series as stored.
    /// Other processes may have seen more of the series, and this one may have seen what it could not
    /// store.
    pub(super) fn end_fork<S: Kept>(
        &self,
        all: &mut All,
        digest: StatementDigest,
    ) -> Result<Option<SeriesState>, NotAccepted> {
        let keeping =
            |(id, known): (&SeriesId, &Known<S>)| known.seen(*id, |_| false).keeping(digest);
        let Some(after) = S::among(all).iter().find_map(keeping) else { return Ok(None) };
        if after.rejected.len() > MAX_REJECTED_HEADS {
            return Err(NotAccepted::TooManyHeads);
        }
        let known = S::among_mut(all).entry(after.series).or_default();
        self.state.reset(known.stored.as_ref(), &after)?;
        known.learn(Some(after.clone()));
        Ok(Some(after))
    }

    /// Returns all reasons why a power is not trusted or not valid now.
    fn find_ended(&self, power: &Power, issued: UnixTime, now: UnixTime) -> Vec<Reason> {
        let (chain, anchors) = (&power.chain, &self.anchors);
        let clock_tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        let asked = Question { chain, anchors, at: now, presented: issued, clock_tolerance };
        self.held().find_ended(power, issued, &asked)
    }

    /// Checks that there is room for the statements of an issuer that neither an anchor nor a policy
    /// names.
    fn require_room<'a, S: Kept + 'a>(
        &self,
        all: &All,
        id: &SeriesId,
        statements: impl IntoIterator<Item = &'a HeldStatement<S>>,
    ) -> Result<(), NotAccepted> {
        let is_named = |id: &SeriesId| S::is_named(id, all, &self.anchors);
        if is_named(id) {
            return Ok(());
        }
        let size = |sum: usize, held: &HeldStatement<S>| sum.saturating_add(held.statement.size());
        let (mut count, mut sum) = (0_usize, statements.into_iter().fold(0, size));
        let others = S::among(all).iter().filter(|(other, _)| !is_named(other) && *other != id);
        for (_, other) in others {
            count = count.saturating_add(1);
            sum = other.statements.iter().fold(sum, size);
        }
        match count < MAX_HELD_SERIES && sum <= S::MOST {
            true => Ok(()),
            false => Err(NotAccepted::Full { held: count }),
        }
    }
}

/// Checks that a statement may replace those that are held and are no heads after it.
fn require_after<S: Kept>(
    new: &HeldStatement<S>,
    known: &Known<S>,
    after: &SeriesState,
) -> Result<(), NotAccepted> {
    let mut replaced = known.statements.iter().filter(|held| !after.has(&held.digest()));
    replaced.try_for_each(|held| new.statement.require_after(&held.statement))
}
