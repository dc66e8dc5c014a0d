//! Tasks, states and subscriptions that belong to one holder.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use deputize::bind::McpCall;
use deputize::{Hop, HopId, Request, Standing, VerifiedChain};
use serde_json::Value as Json;
use time::OffsetDateTime;

use crate::limits::{MAX_OWNED, MAX_OWNED_BYTES, MAX_OWNED_NAME_BYTES};

/// The things that permits opened on a connection, each with the authority for it (`docs/BINDINGS.md`,
/// section 2, rules 7 to 9).
#[derive(Debug, Default)]
pub(super) struct Owned {
    things: VecDeque<Held>,
    bytes: usize,
    /// The things that ended, of which the server does not know yet.
    ended: VecDeque<Thing>,
}

#[derive(Debug)]
struct Held {
    thing: Thing,
    by: Opener,
}

/// The holder that opened something.
#[derive(Debug, Clone)]
pub(super) struct Opener {
    pub(super) standing: Standing,
    /// The length of its presentation.
    pub(super) bytes: usize,
}

/// A thing that belongs to the last hop of a chain.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Thing {
    /// A task, by its id.
    Task(String),
    /// A state that a server asks to have returned, by the digest of the call that it is for, with it.
    State([u8; 32]),
    /// A subscription, by its URI.
    Subscription(String),
}

impl Thing {
    fn task(request: &Request) -> Option<Self> {
        let id = request.args().get("taskId").and_then(Json::as_str)?;
        Some(Self::Task(id.to_owned()))
    }

    /// `None` for a call without states, and for a state with which it is no call.
    fn state(request: &Request, state: &str) -> Option<Self> {
        let mut params = McpCall::params_of(request)?;
        // The answers of the next round are what the state was made for.
        params.remove("inputResponses");
        params.remove("task");
        params.insert("requestState".to_owned(), state.into());
        let call = McpCall::of_method(request.operation().as_str())?;
        let request = call.request(&params, request.audience()).ok()?;
        Some(Self::State(request.digest()))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Task(name) | Self::Subscription(name) => name.len(),
            Self::State(digest) => digest.len(),
        }
    }
}

impl Held {
    fn hop(&self, depth: usize) -> Option<HopId> {
        self.by.standing.hops().get(depth).map(Hop::id)
    }

    fn is_of(&self, hop: HopId) -> bool {
        self.by.standing.hops().last().map(Hop::id) == Some(hop)
    }

    fn bytes(&self) -> usize {
        self.thing.bytes().saturating_add(self.by.bytes)
    }
}

impl Owned {
    /// Notes what an answer gives to the holder that made the call.
    pub(super) fn note(
        &mut self,
        request: &Request,
        by: &Opener,
        task: Option<&Json>,
        state: Option<&Json>,
    ) {
        let task = task.and_then(Json::as_str).map(|id| Thing::Task(id.to_owned()));
        let state = state.and_then(Json::as_str).and_then(|own| Thing::state(request, own));
        for thing in task.into_iter().chain(state) {
            self.add(thing, by.clone());
        }
    }

    /// Notes a subscription, when the call for it is sent: the first update can come before the answer.
    pub(super) fn subscribe(&mut self, uri: &str, by: Opener) {
        self.add(Thing::Subscription(uri.to_owned()), by);
    }

    fn add(&mut self, thing: Thing, by: Opener) {
        let Some(hop) = by.standing.hops().last().map(Hop::id) else { return };
        // A server that gives a second holder the id of another's task does not move the task. The same
        // state can be given to several, and several can subscribe to the same.
        let is_task = matches!(thing, Thing::Task(_));
        let is_there = |own: &Held| own.thing == thing && (is_task || own.is_of(hop));
        // The later authority for a subscription counts, since it was asked for again.
        if matches!(thing, Thing::Subscription(_)) {
            self.retain(|own| !is_there(own));
        }
        if self.things.iter().any(is_there) || thing.bytes() > MAX_OWNED_NAME_BYTES {
            return;
        }
        let held = Held { thing, by };
        self.bytes = self.bytes.saturating_add(held.bytes());
        self.things.push_back(held);
        while (self.things.len() > MAX_OWNED || self.bytes > MAX_OWNED_BYTES)
            && let Some(held) = self.things.remove(self.superfluous())
        {
            self.bytes = self.bytes.saturating_sub(held.bytes());
            // A task goes on: what it does was permitted.
            if matches!(held.thing, Thing::Subscription(_)) {
                self.end(held.thing);
            }
        }
    }

    /// Returns the index of the thing to forget: the oldest of the hop with the most bytes, among
    /// those below the parent with the most bytes, and so on from the first hops. So a holder that has
    /// less than its share loses nothing, however many hops another one delegates to itself.
    fn superfluous(&self) -> usize {
        let mut candidates: Vec<(usize, &Held)> = self.things.iter().enumerate().collect();
        for depth in 0.. {
            // The bytes below each hop, and the oldest thing, which counts where they are alike.
            let mut groups: BTreeMap<Option<HopId>, (usize, Reverse<usize>)> = BTreeMap::new();
            for (at, held) in &candidates {
                let (bytes, _) = groups.entry(held.hop(depth)).or_insert((0, Reverse(*at)));
                // The number counts as well as the length.
                let share = held.bytes().max(MAX_OWNED_BYTES / MAX_OWNED);
                *bytes = bytes.saturating_add(share);
            }
            let most = groups.iter().max_by_key(|(_, own)| **own).map(|(hop, _)| *hop);
            candidates.retain(|(_, held)| Some(held.hop(depth)) == most);
            if most.flatten().is_none() {
                break;
            }
        }
        candidates.first().map_or(0, |(at, _)| *at)
    }

    fn retain(&mut self, keeps: impl Fn(&Held) -> bool) {
        self.things.retain(keeps);
        self.bytes = self.things.iter().map(Held::bytes).fold(0, usize::saturating_add);
    }

    fn end(&mut self, thing: Thing) {
        if self.ended.len() >= MAX_OWNED {
            self.ended.pop_front();
        }
        self.ended.push_back(thing);
    }

    /// Forgets the subscriptions to a URI, of every holder: the server has one for the connection.
    pub(super) fn unsubscribe(&mut self, uri: &str) {
        self.retain(|own| !matches!(&own.thing, Thing::Subscription(own) if own == uri));
    }

    /// Ends the things whose authority does not stand any more.
    pub(super) fn end_all_but(&mut self, stands: impl Fn(&Standing) -> bool) {
        let things = std::mem::take(&mut self.things);
        let (kept, ended) = things.into_iter().partition(|own| stands(&own.by.standing));
        self.things = kept;
        self.retain(|_| true);
        for Held { thing, .. } in ended {
            // A state is only ever given back with a presentation.
            if !matches!(thing, Thing::State(_)) {
                self.end(thing);
            }
        }
    }

    /// Takes a thing that ended, of which the server should know.
    pub(super) fn take_ended(&mut self) -> Option<Thing> {
        loop {
            let ended = self.ended.pop_front()?;
            // Another holder can have the same subscription, and the server has one for both.
            if !self.things.iter().any(|own| own.thing == ended) {
                return Some(ended);
            }
        }
    }

    /// Gives back what was taken, since there was no room to tell of it.
    pub(super) fn give_back(&mut self, ended: Thing) {
        self.ended.push_front(ended);
    }

    /// Returns true if a task or a subscription is open on an authority that stands. A subscription is to
    /// a resource and to those below it.
    pub(super) fn is_open(&self, about: &Thing, stands: impl Fn(&Standing) -> bool) -> bool {
        self.things.iter().any(|own| {
            let is_it = match (&own.thing, about) {
                (Thing::Subscription(own), Thing::Subscription(uri)) => is_within(uri, own),
                (own, about) => own == about,
            };
            is_it && stands(&own.by.standing)
        })
    }

    /// Checks that a call uses only what was passed back to the same hop, and opens nothing that outlives
    /// its chain or cannot be remembered.
    pub(super) fn permits(
        &self,
        chain: &VerifiedChain,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<(), String> {
        let Some(last) = chain.hops().last() else {
            return Err("the chain has no hop".to_owned());
        };
        let is_own = |thing: &Thing| {
            self.things.iter().any(|own| own.thing == *thing && own.is_of(last.id()))
        };
        let call = McpCall::of_method(request.operation().as_str());
        let is_about_a_task = matches!(
            call,
            Some(
                McpCall::GetTask | McpCall::TaskResult | McpCall::UpdateTask | McpCall::CancelTask
            )
        );
        if is_about_a_task && !Thing::task(request).is_some_and(|task| is_own(&task)) {
            return Err("the task is not one that this guard began for this holder".to_owned());
        }
        let uri = request.args().get("uri").and_then(Json::as_str).map_or(0, str::len);
        if call == Some(McpCall::SubscribeResource) && uri > MAX_OWNED_NAME_BYTES {
            return Err(format!(
                "the URI has {uri} bytes, and subscriptions are to at most {MAX_OWNED_NAME_BYTES}"
            ));
        }
        let state = request.context().get("requestState").and_then(Json::as_str);
        let is_own_state = |state| Thing::state(request, state).is_some_and(|own| is_own(&own));
        if state.is_some_and(|state| !is_own_state(state)) {
            let why = "the state is not one that this guard passed to this holder for this call";
            return Err(why.to_owned());
        }
        match request.context().get("task").and_then(Json::as_object) {
            Some(wish) => permits_task(wish, last.grant().expires(), now),
            None => Ok(()),
        }
    }
}

/// Checks the wish for a task: it must not live longer than the chain. Without a `ttl`, the server decides
/// how long it keeps the task, and the guard ends it with the chain.
fn permits_task(
    wish: &serde_json::Map<String, Json>,
    expires: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), String> {
    if wish.keys().any(|name| name != "ttl") {
        return Err("a `task` may have no member but `ttl`".to_owned());
    }
    let left = expires.unix_timestamp_nanos().saturating_sub(now.unix_timestamp_nanos());
    let most = u64::try_from(left / 1_000_000).unwrap_or_default();
    match wish.get("ttl") {
        None | Some(Json::Null) => Ok(()),
        Some(ttl) if ttl.as_u64().is_some_and(|ttl| ttl <= most) => Ok(()),
        Some(ttl) => Err(format!(
            "the `ttl` of a task is an integer of at most {most} milliseconds, when the chain expires, and not {ttl}"
        )),
    }
}

/// Returns true if a URI is that of a resource or of one below it, which a server may name in its stead.
fn is_within(uri: &str, resource: &str) -> bool {
    match uri.strip_prefix(resource) {
        Some(rest) => {
            rest.is_empty() || resource.ends_with('/') || rest.starts_with(['/', '?', '#'])
        }
        None => false,
    }
}
