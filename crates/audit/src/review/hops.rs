//! The hops that a review is about.

use std::collections::{HashMap, HashSet};

use deputize::{Hop, HopId, Owner, Principal, Token};

use crate::limits::{
    MAX_COUNTED_HOPS, MAX_CROWDED_KEYS, MAX_REVIEWED_GRANT_BYTES, MAX_REVIEWED_HOPS,
};
use crate::review::findings::CrowdedKey;
use crate::review::room::{Branch, Room};
use crate::review::usage::HopUse;

/// The hops, and the keys of which some hops are left out.
#[derive(Debug)]
pub(super) struct Hops {
    pub(super) reviewed: HashMap<HopId, HopUse>,
    room: Room,
    bytes: Room,
    crowded: HashMap<Branch, Crowd>,
    /// Uses of hops below further keys that are left out.
    pub(super) more: u64,
}

/// The hops of a key that are left out.
#[derive(Debug)]
struct Crowd {
    owner: Owner,
    delegate: Principal,
    /// The first of them.
    hops: HashSet<HopId>,
    has_more: bool,
    uses: u64,
}

impl Default for Hops {
    fn default() -> Self {
        Self {
            reviewed: HashMap::new(),
            room: Room::new(MAX_REVIEWED_HOPS),
            bytes: Room::new(MAX_REVIEWED_GRANT_BYTES),
            crowded: HashMap::new(),
            more: 0,
        }
    }
}

impl Hops {
    /// Adds the hops of a chain for which there is room, and counts its uses of the others: one if it is
    /// the chain of a call.
    pub(super) fn add(&mut self, token: &Token, uses: u64) {
        let Some(branch) = Branch::of(token) else { return };
        for (depth, hop) in token.hops().iter().enumerate() {
            if self.reviewed.contains_key(&hop.id()) {
                continue;
            }
            let granted = hop.grant().capabilities().iter();
            let bytes = granted.map(|own| own.as_written().len()).fold(0, usize::saturating_add);
            let has_room = self.room.left_for(branch) > 0 && self.bytes.left_for(branch) >= bytes;
            if has_room {
                self.room.take(branch, 1);
                self.bytes.take(branch, bytes);
                self.reviewed.insert(hop.id(), HopUse::new(token, branch, depth, hop));
            } else {
                self.leave_out(token, branch, hop, uses);
            }
        }
    }

    fn leave_out(&mut self, token: &Token, branch: Branch, hop: &Hop, uses: u64) {
        let is_known = self.crowded.contains_key(&branch);
        let (Some(first), true) =
            (token.hops().first(), is_known || self.crowded.len() < MAX_CROWDED_KEYS)
        else {
            self.more = self.more.saturating_add(uses.max(1));
            return;
        };
        let crowd = self.crowded.entry(branch).or_insert_with(|| Crowd {
            owner: token.claimed_owner().clone(),
            delegate: first.delegate().clone(),
            hops: HashSet::new(),
            has_more: false,
            uses: 0,
        });
        crowd.uses = crowd.uses.saturating_add(uses);
        if crowd.hops.len() < MAX_COUNTED_HOPS {
            crowd.hops.insert(hop.id());
        } else {
            crowd.has_more |= !crowd.hops.contains(&hop.id());
        }
    }

    /// Returns the keys of which hops are left out, in a stable order.
    pub(super) fn crowded(&self) -> Vec<CrowdedKey> {
        let key = |(branch, crowd): (&Branch, &Crowd)| CrowdedKey {
            owner: (crowd.owner.clone(), branch.root),
            delegate: crowd.delegate.clone(),
            hops: u64::try_from(crowd.hops.len()).unwrap_or(u64::MAX),
            has_more: crowd.has_more,
            uses: crowd.uses,
        };
        let mut keys: Vec<_> = self.crowded.iter().map(key).collect();
        let order = |own: &CrowdedKey| (own.owner.1.to_bytes(), own.delegate.key().to_bytes());
        keys.sort_by_key(|own| (std::cmp::Reverse(own.uses), order(own)));
        keys
    }
}
