//! The memory of a monitor about the calls below one first hop.

use std::sync::Arc;

use deputize::{Caller, Decision, FullShare, HopId, Permit, PublicKey};
use time::{Duration, OffsetDateTime};

use crate::limits::{SHARE_TOLD_AGAIN, WATCHED_KEYS, WATCHED_LAST_HOPS, WATCHED_RIGHTS};
use crate::watch::event::{DenialStreak, Event, MonitorTable};
use crate::watch::strikes::{Charge, StrikePolicy, Strikes, seconds_between};
use crate::watch::table::{Forgotten, Table, Used};

/// The calls below one first hop.
#[derive(Debug)]
pub(super) struct OfFirstHop {
    /// The strikes of each key that called.
    keys: Table<PublicKey, (), Strikes>,
    /// The capabilities that were used, by the last hop and their place in its grant.
    rights: Table<(HopId, usize), (), ()>,
    /// The last hops whose end was told.
    ending: Table<HopId, (), ()>,
    /// It was told that many of the keys have strikes.
    is_spread: bool,
    /// When it was told that its share of a replay guard is full: that of used presentations, and that of
    /// refused ones.
    full_of_used: Option<OffsetDateTime>,
    full_of_refused: Option<OffsetDateTime>,
}

impl Default for OfFirstHop {
    fn default() -> Self {
        Self {
            keys: Table::new(WATCHED_KEYS),
            rights: Table::new(WATCHED_RIGHTS),
            ending: Table::new(WATCHED_LAST_HOPS),
            is_spread: false,
            full_of_used: None,
            full_of_refused: None,
        }
    }
}

impl OfFirstHop {
    /// Notes that a key called. Keys that were spawned and called once do not push out one with strikes.
    pub(super) fn note_key(
        &mut self,
        policy: Option<&StrikePolicy>,
        caller: &Arc<Caller>,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) {
        let has_strikes = |own: &Strikes| policy.is_some_and(|policy| own.has_any(policy, at));
        let key = caller.holder.key();
        let Used { is_new, forgotten, .. } = self.keys.make_sparing(key, (), has_strikes);
        tell(total(forgotten), MonitorTable::Keys, caller, at, events);
        if is_new {
            events.push(Event::NewAgent { at, caller: Arc::clone(caller) });
        }
    }

    /// Notes an allowed call, and tells what it shows for the first time.
    pub(super) fn note_call(
        &mut self,
        permit: &Permit,
        caller: &Arc<Caller>,
        at: OffsetDateTime,
        near_expiry: Duration,
        events: &mut Vec<Event>,
    ) {
        if caller.expires <= at.saturating_add(near_expiry) {
            let Used { is_new, forgotten, .. } = self.ending.make(caller.last_hop, ());
            tell(total(forgotten), MonitorTable::LastHops, caller, at, events);
            if is_new {
                events.push(Event::NearExpiry { at, caller: Arc::clone(caller) });
            }
        }
        let granted = permit.chain().hops().last().map(|hop| hop.grant().capabilities());
        let mut granted = granted.unwrap_or_default().iter().enumerate();
        // The verifier found one that permits the call.
        let Some((place, capability)) = granted.find(|(_, own)| own.permits(permit.request()))
        else {
            return;
        };
        let Used { is_new, forgotten, .. } = self.rights.make((caller.last_hop, place), ());
        tell(total(forgotten), MonitorTable::Rights, caller, at, events);
        if is_new {
            let capability = Box::new(capability.clone());
            events.push(Event::FirstUse { at, caller: Arc::clone(caller), capability });
        }
    }

    /// Charges the key of a caller with a strike, if the decision is one. Returns the streak if there is
    /// one now, of hops that no earlier one had.
    pub(super) fn charge(
        &mut self,
        policy: &StrikePolicy,
        decision: &Decision,
        caller: &Arc<Caller>,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) -> Option<DenialStreak> {
        if !StrikePolicy::is_strike(decision, caller) {
            return None;
        }
        let strikes = self.keys.make(caller.holder.key(), ()).value;
        let of = policy.strikes();
        let shared = Arc::clone(caller);
        match strikes.charge(policy, caller, at)? {
            Charge::Counted(strikes) => {
                events.push(Event::Strike { at, caller: shared, strikes, of });
                self.note_spread(policy, caller, at, events);
                None
            }
            Charge::Streak { strikes, since, hops } => {
                let streak = DenialStreak { at, since, caller: shared, strikes, hops };
                events.push(Event::DenialStreak(streak.clone()));
                Some(streak)
            }
        }
    }

    /// Tells once that as many keys have strikes as one key may have.
    fn note_spread(
        &mut self,
        policy: &StrikePolicy,
        caller: &Arc<Caller>,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) {
        let keys = self.keys.values().filter(|own| own.has_any(policy, at)).count();
        let is_spread = keys > 1 && keys >= policy.strikes();
        if is_spread && !self.is_spread {
            events.push(Event::DenialsSpread { at, caller: Arc::clone(caller), keys });
        }
        self.is_spread = is_spread;
    }

    /// Tells that a share of a replay guard is full, once in a while.
    pub(super) fn note_share(
        &mut self,
        share: FullShare,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) {
        let told = match share.is_of_refused {
            true => &mut self.full_of_refused,
            false => &mut self.full_of_used,
        };
        // A clock that is set back by more than that does not silence it.
        if told.is_none_or(|told| seconds_between(told, at).unsigned_abs() >= SHARE_TOLD_AGAIN) {
            *told = Some(at);
            events.push(Event::ShareFull { at, share: Box::new(share) });
        }
    }

    /// Lets the hops of a streak of a key count again.
    pub(super) fn reopen(&mut self, key: &PublicKey, hops: &[HopId]) {
        if let Some(own) = self.keys.get_mut(key) {
            own.reopen(hops);
        }
    }

    /// Begins anew with the strikes of a key. Returns true if it had had a streak.
    pub(super) fn clear(&mut self, key: &PublicKey) -> bool {
        self.keys.get_mut(key).is_some_and(Strikes::clear)
    }
}

fn total<K>(forgotten: Option<Forgotten<K>>) -> Option<u64> {
    forgotten.map(|own| own.total)
}

/// Tells that a table has forgotten so many entries, each time that they have doubled.
fn tell(
    total: Option<u64>,
    of: MonitorTable,
    caller: &Caller,
    at: OffsetDateTime,
    events: &mut Vec<Event>,
) {
    if let Some(total) = total.filter(|total| total.is_power_of_two()) {
        events.push(Event::Forgotten { at, of, first_hop: Some(caller.first_hop), total });
    }
}
