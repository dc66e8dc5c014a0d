//! The use of each hop of the recorded chains.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deputize::limits::MAX_LIST;
use deputize::{
    Capability, Hop, HopId, Operation, OperationPattern, Owner, PublicKey, Request, Token,
};
use time::OffsetDateTime;

use crate::limits::{
    MAX_REVIEW_WORK, MAX_REVIEWED_BYTES, MAX_REVIEWED_CALL_WORK, MAX_REVIEWED_NAMES,
};
use crate::review::call::{CallShown, RecordedCall};
use crate::review::possible::may_permit;
use crate::review::resources::Resources;
use crate::review::room::{Branch, Room, take};
use crate::review::values::Values;

/// Bytes that the use of an operation, and of an argument, takes beside its texts.
const ENTRY_BYTES: usize = 512;

/// The room and the work that are left for the calls.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) work: Room,
    bytes: Room,
}

/// A hop, and the use of it: of its grant, by its delegate and everybody below.
#[derive(Debug)]
pub(super) struct HopUse {
    pub(super) hop: Hop,
    pub(super) owner: Owner,
    pub(super) root: PublicKey,
    pub(super) branch: Branch,
    /// The ids of the hops from the owner's to this one.
    pub(super) path: Vec<HopId>,
    /// All calls.
    pub(super) all: Tally,
    /// Those of the first half of the window.
    pub(super) first_half: Tally,
}

/// The calls through a hop.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) calls: u64,
    /// Calls of which the record shows too little to tell by which capability they were allowed, or which
    /// the hop did not permit.
    pub(super) hidden: u64,
    /// Calls whose comparison with the capabilities takes too much work. They are hidden, too.
    pub(super) costly: u64,
    /// Calls below the same first hop whose chain is not shown. They are not among the calls.
    pub(super) without_chain: u64,
    pub(super) last: Option<OffsetDateTime>,
    pub(super) audiences: BTreeSet<String>,
    /// Services for which there was no room.
    pub(super) has_more_audiences: bool,
    /// The most hops that followed it in a call.
    pub(super) deepest: usize,
    pub(super) rights: Vec<RightUse>,
}

/// The use of one capability of a hop.
#[derive(Debug, Default)]
pub(super) struct RightUse {
    /// The calls that it permits, and no narrower capability of the hop does.
    pub(super) calls: u64,
    /// Calls that it may have permitted: their arguments are not all shown.
    pub(super) maybe: u64,
    pub(super) last: Option<OffsetDateTime>,
    pub(super) operations: BTreeMap<String, OperationUse>,
    /// Operations for which there was no room.
    pub(super) has_more: bool,
}

/// The calls of one operation.
#[derive(Debug)]
pub(super) struct OperationUse {
    pub(super) operation: Operation,
    pub(super) calls: u64,
    pub(super) resources: Resources,
    pub(super) args: BTreeMap<String, Values>,
    /// The names of the arguments are not all known.
    pub(super) is_partly_known: bool,
}

/// The capabilities that a call shows to be used, by their places; nothing where it does not tell.
enum Needed {
    Rights(Vec<usize>),
    Hidden,
    TooMuchWork,
}

impl Default for Means {
    fn default() -> Self {
        Self { work: Room::new(MAX_REVIEW_WORK), bytes: Room::new(MAX_REVIEWED_BYTES) }
    }
}

impl Means {
    /// Adds an allowed call to the use of each hop of its chain. Returns false if that took too much
    /// work for a hop.
    pub(super) fn add(
        &mut self,
        hops: &mut HashMap<HopId, HopUse>,
        call: &RecordedCall,
        is_in_first_half: bool,
    ) -> bool {
        let Some(token) = &call.token else {
            // Any hop below this one may have been used.
            if let Some(first) = hops.get_mut(&call.first_hop) {
                first.tallies(is_in_first_half).for_each(|own| {
                    own.without_chain = own.without_chain.saturating_add(1);
                });
            }
            return true;
        };
        let Some(branch) = Branch::of(token) else { return true };
        let allotted = self.work.left_for(branch).min(MAX_REVIEWED_CALL_WORK);
        let mut work = allotted;
        let mut is_told = true;
        for (depth, hop) in token.hops().iter().enumerate() {
            let Some(own) = hops.get_mut(&hop.id()) else { continue };
            let below = token.hops().len().saturating_sub(depth).saturating_sub(1);
            let needed = own.needed(call, below, &mut work);
            is_told &= !matches!(needed, Needed::TooMuchWork);
            for tally in own.tallies(is_in_first_half) {
                let allotted = self.bytes.left_for(branch);
                let mut room = allotted;
                tally.add(call, below, &needed, &mut room);
                self.bytes.take(branch, allotted.saturating_sub(room));
            }
        }
        self.work.take(branch, allotted.saturating_sub(work));
        is_told
    }
}

/// Counts the calls whose chain is not shown for each hop that may be in it.
pub(super) fn share_hidden(hops: &mut HashMap<HopId, HopUse>) {
    let of_first = |own: &HopUse| {
        let counts = (own.all.without_chain, own.first_half.without_chain);
        Some((*own.path.first()?, counts)).filter(|_| own.path.len() == 1)
    };
    let hidden: HashMap<HopId, (u64, u64)> = hops.values().filter_map(of_first).collect();
    for own in hops.values_mut() {
        let counts = own.path.first().and_then(|first| hidden.get(first)).copied();
        (own.all.without_chain, own.first_half.without_chain) = counts.unwrap_or_default();
    }
}

impl HopUse {
    pub(super) fn new(token: &Token, branch: Branch, depth: usize, hop: &Hop) -> Self {
        let rights = hop.grant().capabilities().len();
        Self {
            owner: token.claimed_owner().clone(),
            root: token.root_key(),
            branch,
            path: token.hops().iter().take(depth.saturating_add(1)).map(Hop::id).collect(),
            all: Tally::new(rights),
            first_half: Tally::new(rights),
            hop: hop.clone(),
        }
    }

    /// Returns the capabilities of the hop.
    pub(super) fn granted(&self) -> &[Capability] {
        self.hop.grant().capabilities()
    }

    /// Returns the tallies in which a call counts.
    fn tallies(&mut self, is_in_first_half: bool) -> impl Iterator<Item = &mut Tally> {
        let first_half = is_in_first_half.then_some(&mut self.first_half);
        [&mut self.all].into_iter().chain(first_half)
    }

    /// Returns the capabilities that the call shows to be used.
    fn needed(&self, call: &RecordedCall, below: usize, work: &mut usize) -> Needed {
        let places = match &call.shown {
            // The log's word that it was allowed is not enough where the hop did not permit it.
            CallShown::Whole(request) if self.permits_place(request, below, call.at) => {
                self.narrowest(request, work).map(|own| own.into_iter().collect())
            }
            CallShown::Partly(request, named) if self.permits_place(request, below, call.at) => {
                self.possible(request, named, work)
            }
            CallShown::Whole(_) | CallShown::Partly(..) | CallShown::Not => Some(Vec::new()),
        };
        match places {
            None => Needed::TooMuchWork,
            Some(places) if places.is_empty() => Needed::Hidden,
            Some(places) => Needed::Rights(places),
        }
    }

    /// Returns true if the grant permits calls to this service at this time, with so many hops below.
    fn permits_place(&self, request: &Request, below: usize, at: OffsetDateTime) -> bool {
        let grant = self.hop.grant();
        let is_within = u32::try_from(below).is_ok_and(|below| below <= grant.max_hops());
        is_within
            && at < grant.expires()
            && grant.audience().is_none_or(|own| own.contains(request.audience()))
    }

    /// Returns the places of the capabilities that permit the call if the arguments that are not shown
    /// are what they ask for; `None` if that takes too much work.
    fn possible(
        &self,
        request: &Request,
        named: &[String],
        work: &mut usize,
    ) -> Option<Vec<usize>> {
        let mut places = Vec::new();
        for (place, right) in self.granted().iter().enumerate() {
            if may_permit(right, request, named, work)? {
                places.push(place);
            }
        }
        Some(places)
    }

    /// Returns the place of a capability that permits the call and within which no other one is that
    /// does: a call needs only one, and the widest is the one to take away. `None` if that takes too much
    /// work.
    fn narrowest(&self, request: &Request, work: &mut usize) -> Option<Option<usize>> {
        let mut best: Option<(usize, &Capability)> = None;
        for (place, right) in self.granted().iter().enumerate() {
            if !right.permits_with(request, work)? {
                continue;
            }
            best = match best {
                Some((_, other)) if !right.within_with(other, work) => {
                    // The order of the two must be known, and not guessed.
                    if *work == 0 {
                        return None;
                    }
                    best
                }
                _ => Some((place, right)),
            };
        }
        Some(best.map(|(place, _)| place))
    }
}

impl Tally {
    fn new(rights: usize) -> Self {
        Self {
            calls: 0,
            hidden: 0,
            costly: 0,
            without_chain: 0,
            last: None,
            audiences: BTreeSet::new(),
            has_more_audiences: false,
            deepest: 0,
            rights: (0..rights).map(|_| RightUse::default()).collect(),
        }
    }

    /// Returns true if every call shows what it needed.
    pub(super) fn is_all_shown(&self) -> bool {
        self.hidden == 0 && self.without_chain == 0
    }

    fn add(&mut self, call: &RecordedCall, below: usize, needed: &Needed, room: &mut usize) {
        self.calls = self.calls.saturating_add(1);
        self.last = self.last.max(Some(call.at));
        self.deepest = self.deepest.max(below);
        if matches!(needed, Needed::TooMuchWork) {
            self.costly = self.costly.saturating_add(1);
        }
        let (Needed::Rights(places), Some(request)) = (needed, call.shown.request()) else {
            self.hidden = self.hidden.saturating_add(1);
            return;
        };
        self.add_audience(request.audience(), room);
        for place in places {
            if let Some(right) = self.rights.get_mut(*place) {
                right.add(call, request, room);
            }
        }
    }
}

impl Tally {
    fn add_audience(&mut self, audience: &str, room: &mut usize) {
        if self.audiences.contains(audience) {
            return;
        }
        let has_room = self.audiences.len() < MAX_LIST && take(room, audience.len());
        if has_room {
            self.audiences.insert(audience.to_owned());
        }
        self.has_more_audiences |= !has_room;
    }
}

impl RightUse {
    fn add(&mut self, call: &RecordedCall, request: &Request, room: &mut usize) {
        self.last = self.last.max(Some(call.at));
        let named: Option<&[String]> = match &call.shown {
            CallShown::Partly(_, named) => Some(named),
            CallShown::Whole(_) | CallShown::Not => None,
        };
        let count = if named.is_some() { &mut self.maybe } else { &mut self.calls };
        *count = count.saturating_add(1);
        if let Some(own) = self.operation(request.operation(), room) {
            own.add(request, named, room);
        }
    }

    fn operation(&mut self, operation: &Operation, room: &mut usize) -> Option<&mut OperationUse> {
        let name = operation.as_str();
        if !self.operations.contains_key(name) {
            let has_room = self.operations.len() < MAX_REVIEWED_NAMES
                && take(room, name.len().saturating_add(ENTRY_BYTES));
            if !has_room {
                self.has_more = true;
                return None;
            }
        }
        let own = self.operations.entry(name.to_owned());
        Some(own.or_insert_with(|| OperationUse::new(operation.clone())))
    }
}

impl OperationUse {
    pub(super) fn new(operation: Operation) -> Self {
        Self {
            operation,
            calls: 0,
            resources: Resources::default(),
            args: BTreeMap::new(),
            is_partly_known: false,
        }
    }

    /// Adds a call. Of the named arguments the record shows only the names.
    pub(super) fn add(&mut self, request: &Request, named: Option<&[String]>, room: &mut usize) {
        self.is_partly_known |= named.is_some();
        self.calls = self.calls.saturating_add(1);
        self.resources.add(request.resource(), room);
        for (name, value) in request.limited_args() {
            if let Some(values) = self.values(name, room) {
                values.add(value, room);
            }
        }
        for name in named.unwrap_or_default() {
            if let Some(values) = self.values(name, room) {
                values.add_hidden();
            }
        }
    }

    fn values(&mut self, name: &str, room: &mut usize) -> Option<&mut Values> {
        if !self.args.contains_key(name) {
            let has_room = self.args.len() < MAX_REVIEWED_NAMES
                && take(room, name.len().saturating_add(ENTRY_BYTES));
            if !has_room {
                self.is_partly_known = true;
                return None;
            }
        }
        Some(self.args.entry(name.to_owned()).or_default())
    }

    /// Returns the pattern of this operation alone.
    pub(super) fn pattern(&self) -> OperationPattern {
        OperationPattern::Exact(self.operation.clone())
    }
}
