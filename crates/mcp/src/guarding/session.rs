//! The decisions of a guard about the messages of one connection, without input and output.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use deputize::bind::{McpCall, from_mcp_meta};
use deputize::{CalledBy, CodedError, ProvenHolder, Request, VerifiedChain};
use deputize_guard::{Checked, Guard, Refused};
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;

use crate::answer;
use crate::cache;
use crate::client::{ClientCall, ClientMessage, Pass, PassedNotification, PassedRequest};
use crate::guarding::holder::OneHolder;
use crate::guarding::listing;
use crate::guarding::state::{Called, Open, Stage, State};
use crate::id::Id;
use crate::lines::Line;
use crate::message::{Content, Message};
use crate::meta::{self, ClientMeta, without_ours};
use crate::server::{Asked, ServerMessage};
use crate::session::{Effect, Seen, Session, left_behind, unreadable};
use crate::write::{self, request_line};

/// A guard on one connection between a client and a server. It decides about each message, and says
/// which bytes go where; [`serve`](crate::serve) carries it out over stdio.
#[derive(Debug)]
pub struct GuardSession {
    pub(super) guard: Guard,
    audience: String,
    meta: ClientMeta,
    roots: Vec<String>,
    one_holder: Option<OneHolder>,
    is_proven: AtomicBool,
    state: Mutex<State>,
}

impl GuardSession {
    /// Creates the session of one client. The audience is the name of this server.
    pub fn new(guard: Guard, audience: impl Into<String>) -> Self {
        Self {
            guard,
            audience: audience.into(),
            meta: ClientMeta::new(),
            roots: Vec::new(),
            one_holder: None,
            is_proven: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// Passes on further members of `_meta`.
    #[must_use]
    pub fn with_meta(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.meta = names.into_iter().fold(self.meta, ClientMeta::with);
        self
    }

    /// Answers `roots/list` with these URIs, instead of with none.
    #[must_use]
    pub fn with_roots(mut self, roots: impl IntoIterator<Item = String>) -> Self {
        self.roots = roots.into_iter().collect();
        if !self.roots.is_empty() {
            self.meta = self.meta.with_roots();
        }
        self
    }

    /// Carries the calls of one holder: of the first whose call is allowed. For a connection that is known
    /// by a name that another could learn, such as the id of an HTTP session.
    #[must_use]
    pub fn for_one_holder(mut self) -> Self {
        self.one_holder = Some(OneHolder::default());
        self
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the id of a request, before a presentation is used up for it.
    fn take(&self, id: &Id, asked: Asked, stage: Stage, bytes: usize) -> Result<(), Effect> {
        let taken = self.state().open(id, Open::of(asked, stage, bytes));
        taken.map_err(|why| Effect::ToClient(why.answer(id).into_bytes()))
    }

    fn call(&self, call: &ClientCall<'_>, bytes: usize, now: OffsetDateTime) -> Effect {
        let ClientCall { call: method, id, params } = *call;
        if let Err(taken) = self.take(id, Asked::Call(method), Stage::Deciding, bytes) {
            return taken;
        }
        // To observe waives decisions, not form: what cannot be a request would have no record.
        let called = match self.decide(method, params, now) {
            Ok(called) => called,
            Err(unfit) => return self.refuse(method, id, unfit),
        };
        let line = called.request().and_then(|own| request_line(own, id, self.meta.kept(params)));
        let mut state = self.state();
        match (line, state.asked.get_mut(id)) {
            (Some(line), Some(open)) => {
                open.call = Some(called);
                open.shown = from_mcp_meta(params).ok().flatten().map_or(0, str::len);
                open.stage = Stage::Sent;
                if let Some((uri, by)) = open.subscription() {
                    state.owned.subscribe(&uri, by);
                }
                Effect::ToServer(line.into_bytes())
            }
            // The request was made of a call, and its id is taken, so this does not occur.
            _ => {
                state.asked.close(id);
                Effect::ToClient(answer::internal(id, "The call cannot be written.").into_bytes())
            }
        }
    }

    fn refuse(&self, call: McpCall, id: &Id, unfit: Unfit) -> Effect {
        self.state().asked.close(id);
        let line = match unfit {
            Unfit::Malformed { code, why } => call.malformed(id.raw(), code, &why),
            Unfit::Refused(refused) => refused.to_mcp(call, id.raw()),
        };
        Effect::ToClient((line + "\n").into_bytes())
    }

    fn decide(
        &self,
        call: McpCall,
        params: &Map<String, Json>,
        now: OffsetDateTime,
    ) -> Result<Called, Unfit> {
        let text = from_mcp_meta(params).map_err(|why| Unfit::of(&why))?;
        let request = call.request(params, &self.audience).map_err(|why| Unfit::of(&why))?;
        // Held until the decision stands, so that no other holder can come between.
        let mut holder = self.one_holder.as_ref().map(OneHolder::lock);
        let of_session = holder.as_deref().copied().flatten();
        let is_own = |chain: &VerifiedChain, request: &Request| {
            self.state().owned.permits(chain, request, now)?;
            OneHolder::permits(of_session, chain)
        };
        match self.guard.check_with(text, request, now, is_own) {
            Checked::Allowed(pass) => {
                // A call that is refused, or that was not recorded, binds nobody.
                if let Some(holder) = &mut holder {
                    holder.get_or_insert(pass.chain().holder().key());
                }
                self.is_proven.store(true, Ordering::Relaxed);
                Ok(Called::Allowed(pass))
            }
            Checked::Observed(pass) => {
                if pass.observation().called_by() == CalledBy::Holder {
                    self.is_proven.store(true, Ordering::Relaxed);
                }
                Ok(Called::Observed(pass))
            }
            Checked::Refused(refused) => Err(Unfit::Refused(refused)),
        }
    }

    fn listing(&self, call: &ClientCall<'_>, bytes: usize, now: OffsetDateTime) -> Effect {
        let ClientCall { call: method, id, params } = *call;
        if let Err(taken) = self.take(id, Asked::Call(method), Stage::Deciding, bytes) {
            return taken;
        }
        match self.prove(method, params, now) {
            // Otherwise a client that presents would see less than one that does not.
            Ok(_) if self.guard.is_observing(now) => self.sent(id, None),
            Ok(holder) => self.sent(id, holder),
            Err(Unfit::Refused(_)) if self.guard.is_observing(now) => self.sent(id, None),
            Err(unfit) => return self.refuse(method, id, unfit),
        }
        Effect::ToServer(self.as_it_came(call).into_bytes())
    }

    fn sent(&self, id: &Id, holder: Option<ProvenHolder>) {
        if let Some(open) = self.state().asked.get_mut(id) {
            open.holder = holder.map(Box::new);
            open.stage = Stage::Sent;
        }
    }

    fn prove(
        &self,
        call: McpCall,
        params: &Map<String, Json>,
        now: OffsetDateTime,
    ) -> Result<Option<ProvenHolder>, Unfit> {
        let request = call.request(params, &self.audience).map_err(|why| Unfit::of(&why))?;
        match from_mcp_meta(params).map_err(|why| Unfit::of(&why))? {
            Some(text) => {
                let proven = self.guard.prove(text, request, now).map_err(Unfit::Refused)?;
                self.is_proven.store(true, Ordering::Relaxed);
                Ok(Some(proven))
            }
            None => Ok(None),
        }
    }

    /// Returns the line of a request with its members as they came, and the `_meta` that is passed on.
    fn as_it_came(&self, call: &ClientCall<'_>) -> String {
        let mut params = call.params.clone();
        let meta = self.meta.kept(&params);
        match meta.is_empty() {
            true => params.remove("_meta"),
            false => params.insert("_meta".to_owned(), Json::Object(meta)),
        };
        let method = call.call.method().to_owned();
        write::line(Content::Request { id: call.id.clone(), method, params })
    }

    /// Returns the bytes of an answer without members of ours, filtered, and with our announcement.
    /// `until` is the end of the chain that permitted its call.
    fn answer(
        &self,
        message: Message,
        (asked, holder): (Asked, Option<&ProvenHolder>),
        until: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Vec<u8> {
        let (line, mut content) = message.into_parts();
        let mut is_changed = meta::clean(&mut content);
        if let Content::Result { result, .. } = &mut content {
            match (asked, holder) {
                (Asked::Call(call), holder) => {
                    if let Some(holder) = holder {
                        is_changed |= listing::filter(call, result, holder, &self.audience);
                    }
                    // Also without a holder: a cache does not know who presented.
                    is_changed |= cache::keep_private(result, until, now);
                }
                (Asked::Pass(PassedRequest::Initialize | PassedRequest::Discover), _) => {
                    listing::announce(result, &self.audience);
                    is_changed = true;
                }
                _ => {}
            }
        }
        match is_changed {
            true => write::line(content).into_bytes(),
            false => line.bytes().to_vec(),
        }
    }
}

impl Session for GuardSession {
    fn client_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(malformed) => return Some(Effect::ToClient(malformed.answer().into_bytes())),
        };
        let bytes = message.line().bytes().len();
        match ClientMessage::of(&message) {
            ClientMessage::Call(call) => Some(self.call(&call, bytes, now)),
            ClientMessage::Listing(call) => Some(self.listing(&call, bytes, now)),
            ClientMessage::Pass(Pass::Request { id, method }) => {
                // Nothing but its id is kept.
                if let Err(taken) = self.take(id, Asked::Pass(method), Stage::Sent, 0) {
                    return Some(taken);
                }
                self.note_unsubscribed(&message);
                Some(Effect::ToServer(self.meta.filtered(message).bytes().to_vec()))
            }
            ClientMessage::Pass(Pass::Notification(method)) => {
                // The guard's own requests are not the client's to take back.
                if method == PassedNotification::Cancelled
                    && !message.cancelled().is_some_and(|id| self.state().cancel(&id))
                {
                    return None;
                }
                Some(Effect::ToServer(self.meta.filtered(message).bytes().to_vec()))
            }
            ClientMessage::Answer { id } => {
                if self.state().of_server.close(id).is_none() {
                    see(Seen::UnaskedByServer);
                    return None;
                }
                Some(Effect::ToServer(self.meta.filtered(message).bytes().to_vec()))
            }
            ClientMessage::RootsChanged => None,
            ClientMessage::Refused(refused) => {
                refused.answer().map(|line| Effect::ToClient(line.into_bytes()))
            }
        }
    }

    fn server_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(malformed) => {
                return unreadable(&malformed, see, |id| {
                    self.state().answered(id).is_some_and(|open| open.stage == Stage::Sent)
                });
            }
        };
        match ServerMessage::of(&message) {
            ServerMessage::RootsList { id } => {
                let roots: Vec<_> = self.roots.iter().map(|uri| json!({ "uri": uri })).collect();
                let mut result = Map::new();
                result.insert("roots".to_owned(), roots.into());
                let line = write::line(Content::Result { id: id.clone(), result });
                Some(Effect::ToServer(line.into_bytes()))
            }
            ServerMessage::Request { id, .. } => {
                if let Err(why) = self.state().of_server.open(id, ()) {
                    return Some(Effect::ToServer(why.answer(id).into_bytes()));
                }
                Some(Effect::ToClient(without_ours(message).bytes().to_vec()))
            }
            ServerMessage::Notification { method, params } => {
                if !self.delivers(method, params, now) {
                    see(Seen::NotOpened);
                    return None;
                }
                if method == PassedNotification::Cancelled.method()
                    && let Some(id) = message.cancelled()
                {
                    self.state().of_server.close(&id);
                }
                Some(Effect::ToClient(without_ours(message).bytes().to_vec()))
            }
            ServerMessage::Answer(own) => {
                let Some(open) = self.state().answered(own.id) else {
                    see(Seen::Unasked);
                    return None;
                };
                if open.stage == Stage::Cancelled {
                    return None;
                }
                if let Some(ended) = self.cut_off(&open, own.id, now) {
                    return Some(ended);
                }
                self.note_answered(&open, &own);
                let until = open.until();
                if let Some(call) = open.call {
                    call.answered(&message, now, see);
                }
                let asked = (open.asked, open.holder.as_deref());
                Some(Effect::ToClient(self.answer(message, asked, until, now)))
            }
        }
    }

    fn due(&self, now: OffsetDateTime) -> Vec<Effect> {
        self.end_what_ended(now)
    }

    fn is_proven(&self) -> bool {
        self.is_proven.load(Ordering::Relaxed)
    }

    fn ended(&self) -> Vec<Effect> {
        let left = self.state().asked.take_all().into_iter();
        // For a request that was cancelled nobody waits, and nor for the guard's own.
        left_behind(left.filter(|(_, own)| own.stage != Stage::Cancelled).map(|(id, _)| id))
    }
}

/// A call that does not go out.
enum Unfit {
    Malformed { code: &'static str, why: String },
    Refused(Refused),
}

impl Unfit {
    fn of(why: &impl CodedError) -> Self {
        Self::Malformed { code: why.code(), why: why.to_string() }
    }
}
