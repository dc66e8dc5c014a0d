//! The rules for taking a statement of any kind: `docs/STATEMENTS.md`, section 2.

use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, MAX_HEADS, MAX_HELD_SERIES, MAX_POWERS_OF_ROOT};
use crate::reason::Reason;
use crate::statement::digest::StatementDigest;
use crate::statement::heads::Step;
use crate::statement::series::{Issue, SeriesId};
use crate::statement::state::{SeriesHead, SeriesState, StateError};
use crate::verify::statements::accepted::{Accepted, StatementEffect};
use crate::verify::statements::age::HeldStatement;
use crate::verify::statements::all::All;
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::held_kind::HeldKind;
use crate::verify::statements::judge::Question;
use crate::verify::statements::power::{Power, only_expired};
use crate::verify::statements::record::SeriesRecord;
use crate::verify::statements::shared::Shared;
use crate::verify::trust::Speakers;

/// The result for a statement that is taken.
enum Taken {
    /// The statement follows those seen. This state is to be stored.
    Seen(Box<SeriesState>),
    /// The statement is older than one seen.
    Old(StatementEffect),
}

impl Shared {
    pub(super) fn take<S: HeldKind>(
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
        let (speakers, ended) = match &new.power {
            None => (None, Vec::new()),
            Some(power) => {
                // While the clock is set back, a power that has ended must not become valid again.
                let latest = held.latest_of_root(&power.chain, &self.anchors, now);
                let at = latest.map_or(now, |latest| latest.max(now));
                let speakers = self.anchors.speakers(&power.chain, at);
                let ended = self.find_ended(power, &speakers, issued, at);
                (Some(speakers), ended)
            }
        };
        let is_void = |head: &SeriesHead| {
            speakers.as_ref().is_some_and(|speakers| held.is_void(&id, head, speakers))
        };
        if is_void(&new.head()) {
            return Err(NotAccepted::Void);
        }
        let (own, was_valid) =
            (new.head(), new.power.as_ref().map(|power| issued < power.expires()));
        let require_power = |record: &SeriesRecord<S>| {
            if ended.is_empty() || record.holds(&digest) || record.has_stored(&digest) {
                return Ok(());
            }
            // A statement dated before the end of the power is accepted only if it follows nothing
            // seen. Otherwise a thief could date back a list that lacks the revocations of the last
            // one.
            let is_old = |head: &SeriesHead| is_void(head) || head.is_after(&own);
            let is_first = record.statements.iter().all(|held| is_void(&held.head()))
                && record.stored.iter().flat_map(|stored| &stored.heads).all(is_old);
            let is_expired = only_expired(&ended) && was_valid == Some(true);
            match S::OUTLIVES_POWER && is_expired && is_first {
                true => Ok(()),
                false => Err(NotAccepted::NoPower { reasons: ended.clone() }),
            }
        };
        new.statement.prepare();
        let record = S::records(all).get(&id).cloned().unwrap_or_default();
        let effect = match self.store(all, record, new, is_void, require_power)? {
            StatementEffect::Current if !ended.is_empty() => StatementEffect::PowerEnded,
            effect => effect,
        };
        Ok(Accepted { series: id, sequence, digest, effect })
    }

    /// Stores the statement as seen, and takes it in place of the statements that it replaces. Its
    /// entries refuse before it is stored, however long the store takes.
    fn store<S: HeldKind>(
        &self,
        all: &mut All,
        mut before: SeriesRecord<S>,
        new: HeldStatement<S>,
        is_void: impl Fn(&SeriesHead) -> bool,
        require_power: impl Fn(&SeriesRecord<S>) -> Result<(), NotAccepted>,
    ) -> Result<StatementEffect, NotAccepted> {
        let id = new.issue().series;
        // Each failed attempt means that another process stored a state in between.
        for _ in 0..MAX_HEADS {
            let mut record = before.clone();
            let taken = require_power(&before)
                .and_then(|()| self.try_take(all, &mut record, &new, &is_void));
            let after = match taken {
                Ok(Taken::Seen(after)) => after,
                Ok(Taken::Old(effect)) => {
                    S::records_mut(all).insert(id, record);
                    return Ok(effect);
                }
                Err(why) => {
                    // The statement is refused, but the state of the other process must be kept.
                    if before.stored.is_some() {
                        S::records_mut(all).insert(id, before);
                    }
                    return Err(why);
                }
            };
            record.set_unstored(&after);
            S::records_mut(all).insert(id, record.clone());
            self.publish(all);
            let stored = record.stored.as_ref();
            let has_void = stored.is_some_and(|stored| stored.heads.iter().any(&is_void));
            let stored = match has_void {
                // Void heads count as never seen, so the new state may be older than the stored
                // one.
                true => self.state.reset(stored, &after),
                // The store compares: another process may have seen a newer statement, and the
                // operator may have decided for another head.
                false => self.state.replace(stored, &after),
            };
            match stored {
                Ok(()) => {
                    let effect = StatementEffect::of(&after);
                    record.set_stored(*after);
                    S::records_mut(all).insert(id, record);
                    return Ok(effect);
                }
                Err(StateError::Changed { stored }) => {
                    // By the state of the other process, this may be an old statement.
                    before.adopt(stored.map(|state| *state));
                }
                Err(why) => return Ok(StatementEffect::NotStored { why }),
            }
        }
        if let Some(record) = S::records_mut(all).get_mut(&id) {
            record.adopt(before.stored);
        }
        let why = StateError::Failed("is changed by other processes all the time".to_owned());
        Ok(StatementEffect::NotStored { why })
    }

    /// Takes the statement into the record of its series, if it follows.
    fn try_take<S: HeldKind>(
        &self,
        all: &All,
        record: &mut SeriesRecord<S>,
        new: &HeldStatement<S>,
        is_void: impl Fn(&SeriesHead) -> bool,
    ) -> Result<Taken, NotAccepted> {
        let id = new.issue().series;
        let seen = record.seen(id, &is_void);
        let after = match seen.step(new.issue(), new.digest(), new.statement.is_final()) {
            Step::Repeated => Box::new(seen),
            Step::Heads(after) => {
                require_after(new, record, &after)?;
                after
            }
            Step::Old => {
                let effect = record.take_old(new.clone(), &seen, &is_void)?;
                self.require_room(all, &id, record, |_| true)?;
                return Ok(Taken::Old(effect));
            }
            Step::TooManyHeads => return Err(NotAccepted::TooManyHeads),
            Step::Final => return Err(NotAccepted::SeriesEnded),
            Step::Rejected => return Err(NotAccepted::Rejected),
        };
        record.take(new.clone(), &after);
        self.require_room(all, &id, record, |held| after.has(&held.digest()))?;
        Ok(Taken::Seen(after))
    }

    /// Stores this statement as the only head of its series, and returns the stored state. Other
    /// processes may have seen more of the series, and this process may have seen statements that
    /// it could not store.
    pub(super) fn end_fork<S: HeldKind>(
        &self,
        all: &mut All,
        digest: StatementDigest,
    ) -> Result<Option<SeriesState>, NotAccepted> {
        let keeping = |(id, record): (&SeriesId, &SeriesRecord<S>)| {
            record.seen(*id, |_| false).keeping(digest)
        };
        let Some(after) = S::records(all).iter().find_map(keeping) else { return Ok(None) };
        let record = S::records_mut(all).entry(after.series).or_default();
        self.state.reset(record.stored.as_ref(), &after)?;
        record.adopt(Some(after.clone()));
        Ok(Some(after))
    }

    /// Returns all reasons why a power is not trusted or not valid at `at`.
    fn find_ended(
        &self,
        power: &Power,
        speakers: &Speakers,
        issued: UnixTime,
        at: UnixTime,
    ) -> Vec<Reason> {
        let (chain, anchors) = (&power.chain, &self.anchors);
        let clock_tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        let asked = Question { chain, anchors, speakers, at, presented: issued, clock_tolerance };
        self.held().find_ended(power, issued, &asked)
    }

    /// Checks that there is room for the statements of an issuer that neither an anchor nor a
    /// policy names. Issuers with a power from one root have room of their own, so that neither
    /// strangers nor issuers of another root can use it up.
    fn require_room<S: HeldKind>(
        &self,
        all: &All,
        id: &SeriesId,
        record: &SeriesRecord<S>,
        is_kept: impl Fn(&HeldStatement<S>) -> bool,
    ) -> Result<(), NotAccepted> {
        let is_named = |id: &SeriesId| S::is_named(id, all, &self.anchors);
        if is_named(id) {
            return Ok(());
        }
        let root = |record: &SeriesRecord<S>| {
            record.statements.iter().find_map(|held| held.power.as_ref().map(Power::root))
        };
        let (own, size) = (root(record), |held: &HeldStatement<S>| held.statement.size());
        let others = S::records(all).iter().filter(|(other, record)| {
            *other != id && !record.statements.is_empty() && root(record) == own && !is_named(other)
        });
        let mut sum =
            record.statements.iter().filter(|held| is_kept(held)).map(size).sum::<usize>();
        let mut count = 0_usize;
        for (_, other) in others {
            count = count.saturating_add(1);
            sum = other.statements.iter().map(size).fold(sum, usize::saturating_add);
        }
        let most = if own.is_some() { MAX_POWERS_OF_ROOT } else { MAX_HELD_SERIES };
        // A series that was stored had room before a restart, so it has room after it.
        let has_place = count < most || record.stored.is_some();
        match has_place && sum <= S::MAX_SIZE {
            true => Ok(()),
            false => Err(NotAccepted::Full { held: count }),
        }
    }
}

/// Checks that a statement may replace the held statements that are not heads after it.
fn require_after<S: HeldKind>(
    new: &HeldStatement<S>,
    record: &SeriesRecord<S>,
    after: &SeriesState,
) -> Result<(), NotAccepted> {
    let mut replaced = record.statements.iter().filter(|held| !after.has(&held.digest()));
    replaced.try_for_each(|held| new.statement.require_after(&held.statement))
}
