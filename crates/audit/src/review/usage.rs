//! The use of each hop of the recorded chains.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use deputize::limits::MAX_LIST;
use deputize::{Capability, Hop, HopId, Operation, OperationPattern, Request, Resource, Token};
use time::OffsetDateTime;

use crate::limits::{MAX_REVIEWED_HOPS, MAX_REVIEWED_NAMES};
use crate::review::call::{CallShown, RecordedCall};
use crate::review::possible::may_permit;
use crate::review::resources::Resources;
use crate::review::values::Values;

/// The use of all hops.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage {
    pub(super) hops: HashMap<HopId, HopUse>,
    /// Calls whose chain is not shown, by their first hop: any hop below it may have been used.
    without_chain: HashMap<HopId, u64>,
    /// Uses of hops for which there was no room.
    pub(super) more: u64,
}

/// The use of one hop: of its grant, by its delegate and everybody below.
#[derive(Debug, Clone)]
pub(super) struct HopUse {
    pub(super) token: Arc<Token>,
    /// The place of the hop in the token.
    pub(super) depth: usize,
    pub(super) calls: u64,
    /// Calls of which the record shows too little to tell by which capability they were allowed.
    pub(super) hidden: u64,
    /// Calls below the same first hop whose chain is not shown. They are not among the calls.
    pub(super) without_chain: u64,
    pub(super) last: Option<OffsetDateTime>,
    pub(super) audiences: BTreeSet<String>,
    /// The most hops that followed it in a call.
    pub(super) deepest: usize,
    pub(super) rights: Vec<RightUse>,
}

/// The use of one capability of a hop.
#[derive(Debug, Clone, Default)]
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
#[derive(Debug, Clone)]
pub(super) struct OperationUse {
    pub(super) operation: Operation,
    pub(super) calls: u64,
    pub(super) resources: Resources,
    pub(super) args: BTreeMap<String, Values>,
    /// The names of the arguments are not all known.
    pub(super) is_partly_known: bool,
}

impl Usage {
    /// Adds a hop, which may never have been used.
    pub(super) fn add_hop(&mut self, token: &Arc<Token>, depth: usize) -> Option<&mut HopUse> {
        let id = token.hops().get(depth)?.id();
        if self.hops.len() >= MAX_REVIEWED_HOPS && !self.hops.contains_key(&id) {
            self.more = self.more.saturating_add(1);
            return None;
        }
        Some(self.hops.entry(id).or_insert_with(|| HopUse::new(token, depth)))
    }

    /// Adds an allowed call to the use of each hop of its chain.
    pub(super) fn add(&mut self, call: &RecordedCall) {
        let Some(token) = &call.token else {
            if self.without_chain.len() < MAX_REVIEWED_HOPS
                || self.without_chain.contains_key(&call.first_hop)
            {
                let count = self.without_chain.entry(call.first_hop).or_default();
                *count = count.saturating_add(1);
            } else {
                self.more = self.more.saturating_add(1);
            }
            return;
        };
        for depth in 0..token.hops().len() {
            if let Some(hop) = self.add_hop(token, depth) {
                hop.add(token, call);
            }
        }
    }
}

impl Usage {
    /// Counts the calls whose chain is not shown for each hop that may be in it.
    pub(super) fn share_hidden(&mut self) {
        for own in self.hops.values_mut() {
            let first = own.token.hops().first().map(Hop::id);
            let hidden = first.and_then(|first| self.without_chain.get(&first));
            own.without_chain = hidden.copied().unwrap_or_default();
        }
    }
}

impl HopUse {
    fn new(token: &Arc<Token>, depth: usize) -> Self {
        let mut own = Self {
            token: Arc::clone(token),
            depth,
            calls: 0,
            hidden: 0,
            without_chain: 0,
            last: None,
            audiences: BTreeSet::new(),
            deepest: 0,
            rights: Vec::new(),
        };
        own.rights = own.granted().iter().map(|_| RightUse::default()).collect();
        own
    }

    /// Returns the hop.
    pub(super) fn hop(&self) -> Option<&Hop> {
        self.token.hops().get(self.depth)
    }

    /// Returns the capabilities of the hop.
    pub(super) fn granted(&self) -> &[Capability] {
        self.hop().map_or(&[], |hop| hop.grant().capabilities())
    }

    fn add(&mut self, token: &Token, call: &RecordedCall) {
        self.calls = self.calls.saturating_add(1);
        self.last = self.last.max(Some(call.at));
        let below = token.hops().len().saturating_sub(self.depth).saturating_sub(1);
        self.deepest = self.deepest.max(below);
        let (places, request) = match (&call.shown, call.shown.request()) {
            // The log's word that it was allowed is not enough where the hop did not permit it.
            (_, Some(request)) if !self.permits_place(request, below) => (Vec::new(), None),
            (CallShown::Whole(request), own) => {
                (self.narrowest(|right| right.permits(request)).into_iter().collect(), own)
            }
            (CallShown::Partly(request, named), own) => (self.possible(request, named), own),
            (CallShown::Not, _) => (Vec::new(), None),
        };
        let Some(request) = request.filter(|_| !places.is_empty()) else {
            self.hidden = self.hidden.saturating_add(1);
            return;
        };
        // One more than a grant can name tells that there are too many.
        if self.audiences.len() <= MAX_LIST {
            self.audiences.insert(request.audience().to_owned());
        }
        for place in places {
            if let Some(right) = self.rights.get_mut(place) {
                right.add(call, request);
            }
        }
    }

    /// Returns true if the grant permits calls to this service, with so many hops below.
    fn permits_place(&self, request: &Request, below: usize) -> bool {
        let Some(grant) = self.hop().map(Hop::grant) else { return false };
        let is_within = u32::try_from(below).is_ok_and(|below| below <= grant.max_hops());
        is_within && grant.audience().is_none_or(|own| own.contains(request.audience()))
    }

    /// Returns the places of the capabilities that permit the call if the arguments that are not shown
    /// are what they ask for.
    fn possible(&self, request: &Request, named: &[String]) -> Vec<usize> {
        let rights = self.granted().iter().enumerate();
        let possible = rights.filter(|(_, right)| may_permit(right, request, named));
        possible.map(|(place, _)| place).collect()
    }

    /// Returns the place of a capability that permits the call and within which no other one is that
    /// does: a call needs only one, and the widest is the one to take away.
    fn narrowest(&self, permits: impl Fn(&Capability) -> bool) -> Option<usize> {
        let mut permitting = self.granted().iter().enumerate().filter(|(_, own)| permits(own));
        let first = permitting.next()?;
        let narrower = permitting.fold(first, |best, own| match own.1.within(best.1) {
            true => own,
            false => best,
        });
        Some(narrower.0)
    }
}

impl RightUse {
    fn add(&mut self, call: &RecordedCall, request: &Request) {
        self.last = self.last.max(Some(call.at));
        let named = match &call.shown {
            CallShown::Partly(_, named) => Some(named),
            CallShown::Whole(_) | CallShown::Not => None,
        };
        let count = if named.is_some() { &mut self.maybe } else { &mut self.calls };
        *count = count.saturating_add(1);
        if let Some(own) = self.operation(request.operation()) {
            match named {
                Some(named) => own.add_partly(request, named),
                None => own.add(request),
            }
        }
    }

    fn operation(&mut self, operation: &Operation) -> Option<&mut OperationUse> {
        let name = operation.as_str();
        if self.operations.len() >= MAX_REVIEWED_NAMES && !self.operations.contains_key(name) {
            self.has_more = true;
            return None;
        }
        let new = || OperationUse {
            operation: operation.clone(),
            calls: 0,
            resources: Resources::default(),
            args: BTreeMap::new(),
            is_partly_known: false,
        };
        Some(self.operations.entry(name.to_owned()).or_insert_with(new))
    }
}

impl OperationUse {
    fn add(&mut self, request: &Request) {
        self.add_resource(request.resource());
        for (name, value) in request.limited_args() {
            if let Some(values) = self.values(name) {
                values.add(value);
            }
        }
    }

    /// Adds a call of which the record shows these arguments only by their names.
    fn add_partly(&mut self, request: &Request, named: &[String]) {
        self.is_partly_known = true;
        self.add(request);
        for name in named {
            if let Some(values) = self.values(name) {
                values.add(None);
            }
        }
    }

    fn add_resource(&mut self, resource: &Resource) {
        self.calls = self.calls.saturating_add(1);
        self.resources.add(resource);
    }

    fn values(&mut self, name: &str) -> Option<&mut Values> {
        if self.args.len() >= MAX_REVIEWED_NAMES && !self.args.contains_key(name) {
            self.is_partly_known = true;
            return None;
        }
        Some(self.args.entry(name.to_owned()).or_default())
    }

    /// Returns the pattern of this operation alone.
    pub(super) fn pattern(&self) -> OperationPattern {
        OperationPattern::Exact(self.operation.clone())
    }
}
