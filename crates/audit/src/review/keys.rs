//! The calls that are charged to a key, whatever it was granted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deputize::limits::{MAX_CAPABILITIES, MAX_LIST};
use deputize::{DenyCode, Owner, Principal, Request};

use crate::limits::{MAX_REVIEWED_KEY_BYTES, MAX_REVIEWED_KEYS};
use crate::review::call::{CallShown, Decided, RecordedCall};
use crate::review::room::{Branch, Room, take};
use crate::review::usage::OperationUse;

/// A key that calls below a root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyId {
    root: [u8; 32],
    key: [u8; 32],
}

/// The keys to which observed calls are charged that would have been refused.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) reviewed: HashMap<KeyId, KeyUse>,
    room: Room,
    bytes: Room,
    /// Such calls of further keys.
    pub(super) more: u64,
}

/// The calls that are charged to a key.
#[derive(Debug)]
pub(super) struct KeyUse {
    pub(super) holder: Principal,
    pub(super) owner: Owner,
    pub(super) branch: Branch,
    pub(super) allowed: u64,
    pub(super) wanted: (u64, BTreeMap<&'static str, u64>),
    pub(super) barred: (u64, BTreeMap<&'static str, u64>),
    pub(super) hidden: u64,
    /// Calls for which there was no room.
    pub(super) left_out: u64,
    pub(super) audiences: BTreeSet<String>,
    pub(super) groups: BTreeMap<Group, OperationUse>,
}

/// Calls for which one capability can stand: those of one operation, on one resource without a slash or below
/// one first segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    operation: String,
    first: String,
    pub(super) is_alone: bool,
}

impl KeyId {
    /// Returns the key to which a call is charged.
    pub(super) fn of(call: &RecordedCall) -> Option<Self> {
        let token = call.token.as_ref()?;
        let key = token.hops().last()?.delegate().key();
        Some(Self { root: token.root_key().to_bytes(), key: key.to_bytes() })
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            reviewed: HashMap::new(),
            room: Room::new(MAX_REVIEWED_KEYS),
            bytes: Room::new(MAX_REVIEWED_KEY_BYTES),
            more: 0,
        }
    }
}

impl Keys {
    /// Notes the key of an observed call that would have been refused.
    pub(super) fn note(&mut self, call: &RecordedCall) {
        let known = KeyId::of(call);
        if known.is_some_and(|id| self.reviewed.contains_key(&id)) {
            return;
        }
        let (Some(id), Some(token)) = (known, &call.token) else {
            self.more = self.more.saturating_add(1);
            return;
        };
        match (Branch::of(token), token.hops().last()) {
            (Some(branch), Some(last)) if self.room.left_for(branch) > 0 => {
                self.room.take(branch, 1);
                let (holder, owner) = (last.delegate().clone(), token.claimed_owner().clone());
                self.reviewed.insert(id, KeyUse::new(holder, owner, branch));
            }
            _ => self.more = self.more.saturating_add(1),
        }
    }

    /// Adds a call that is charged to a key, if its key is reviewed.
    pub(super) fn add(&mut self, call: &RecordedCall, codes: &[DenyCode]) {
        let Some(own) = KeyId::of(call).and_then(|id| self.reviewed.get_mut(&id)) else { return };
        let allotted = self.bytes.left_for(own.branch);
        let mut room = allotted;
        own.add(call, codes, &mut room);
        self.bytes.take(own.branch, allotted.saturating_sub(room));
    }
}

impl KeyUse {
    fn new(holder: Principal, owner: Owner, branch: Branch) -> Self {
        Self {
            holder,
            owner,
            branch,
            allowed: 0,
            wanted: (0, BTreeMap::new()),
            barred: (0, BTreeMap::new()),
            hidden: 0,
            left_out: 0,
            audiences: BTreeSet::new(),
            groups: BTreeMap::new(),
        }
    }

    fn add(&mut self, call: &RecordedCall, codes: &[DenyCode], room: &mut usize) {
        match call.decided {
            Decided::Allowed => self.allowed = self.allowed.saturating_add(1),
            Decided::Wanted => count(&mut self.wanted, codes),
            Decided::Barred => return count(&mut self.barred, codes),
        }
        let (request, named): (&Request, &[String]) = match &call.shown {
            CallShown::Whole(request) => (request, &[]),
            CallShown::Partly(request, named) => (request, named),
            CallShown::Not => {
                self.hidden = self.hidden.saturating_add(1);
                return;
            }
        };
        let group = Group::of(request);
        let bytes = group.operation.len().saturating_add(group.first.len()).saturating_add(512);
        let is_known = self.groups.contains_key(&group);
        let is_called = self.audiences.contains(request.audience());
        let has_room = (is_known || (self.groups.len() < MAX_CAPABILITIES && take(room, bytes)))
            && (is_called
                || (self.audiences.len() < MAX_LIST && take(room, request.audience().len())));
        if !has_room {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.audiences.insert(request.audience().to_owned());
        let new = || OperationUse::new(request.operation().clone());
        let own = self.groups.entry(group).or_insert_with(new);
        own.add(request, Some(named).filter(|named| !named.is_empty()), room);
    }
}

fn count((calls, by_code): &mut (u64, BTreeMap<&'static str, u64>), codes: &[DenyCode]) {
    *calls = calls.saturating_add(1);
    let codes: BTreeSet<_> = codes.iter().map(|code| code.as_str()).collect();
    for code in codes {
        let count = by_code.entry(code).or_default();
        *count = count.saturating_add(1);
    }
}

impl Group {
    fn of(request: &Request) -> Self {
        let mut segments = request.resource().segments();
        let first = segments.next().unwrap_or_default().to_owned();
        let is_alone = segments.next().is_none();
        Self { operation: request.operation().as_str().to_owned(), first, is_alone }
    }
}
