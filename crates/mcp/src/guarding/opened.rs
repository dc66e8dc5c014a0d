//! The end of what a permit opened, with the authority for it (`docs/BINDINGS.md`, section 2, rule 9).

use deputize::bind::{MCP_DENIAL, MCP_REFUSED, McpCall};
use deputize::{AuthorityEnded, CodedError as _, RefusalClass};
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;

use crate::client::{PassedNotification, PassedRequest};
use crate::guarding::owned::{Opener, Thing};
use crate::guarding::session::GuardSession;
use crate::guarding::state::{Called, Open, Stage};
use crate::id::Id;
use crate::message::{Content, Message};
use crate::server::{Asked, ServerAnswer};
use crate::session::Effect;
use crate::write;

/// The member of `_meta` with the id of the `subscriptions/listen` that a notification is for.
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

const UPDATED: &str = "notifications/resources/updated";
const TASK_STATUS: &str = "notifications/tasks/status";

/// The reason why an authority ended.
enum Why {
    Ended(AuthorityEnded),
    /// The call was observed, and the guard enforces by now.
    Observed,
}

impl Open {
    fn opener(&self) -> Option<Opener> {
        self.standing().map(|standing| Opener { standing, bytes: self.shown })
    }

    /// Returns the URI that a call subscribes to, with the authority for it.
    pub(super) fn subscription(&self) -> Option<(String, Opener)> {
        let request = self.call.as_ref().and_then(Called::request)?;
        if self.asked != Asked::Call(McpCall::SubscribeResource) {
            return None;
        }
        let uri = request.args().get("uri").and_then(Json::as_str)?;
        Some((uri.to_owned(), self.opener()?))
    }
}

impl GuardSession {
    /// Notes what an answer gives to the holder of its call.
    pub(super) fn note_answered(&self, open: &Open, answer: &ServerAnswer<'_>) {
        let request = open.call.as_ref().and_then(Called::request);
        if let (Some(request), Some(by)) = (request, open.opener()) {
            self.state().owned.note(request, &by, answer.task, answer.state);
        }
    }

    /// Notes that the client ends a subscription.
    pub(super) fn note_unsubscribed(&self, message: &Message) {
        if let Content::Request { method, params, .. } = message.content()
            && method == PassedRequest::UnsubscribeResource.method()
            && let Some(uri) = params.get("uri").and_then(Json::as_str)
        {
            self.state().owned.unsubscribe(uri);
        }
    }

    /// Returns true if a notification of the server may be delivered now.
    pub(super) fn delivers(
        &self,
        method: &str,
        params: &Map<String, Json>,
        now: OffsetDateTime,
    ) -> bool {
        if self.guard.is_observing(now) {
            return true;
        }
        let state = self.state();
        let text = |name| params.get(name).and_then(Json::as_str).map(str::to_owned);
        let is_open = |thing: Option<Thing>| {
            let stands = |own: &_| self.guard.stands(own, now).is_ok();
            thing.is_some_and(|thing| state.owned.is_open(&thing, stands))
        };
        match (params.get("_meta").and_then(|meta| meta.get(SUBSCRIPTION_ID)), method) {
            (Some(id), _) => {
                let open = Id::read(&id.to_string(), id).and_then(|id| state.asked.get(&id));
                open.is_some_and(|open| {
                    open.stage == Stage::Sent
                        && open.asked == Asked::Call(McpCall::Listen)
                        && self.stands(open, now).is_ok()
                })
            }
            (None, UPDATED) => is_open(text("uri").map(Thing::Subscription)),
            (None, TASK_STATUS) => is_open(text("taskId").map(Thing::Task)),
            (None, _) => true,
        }
    }

    fn stands(&self, open: &Open, now: OffsetDateTime) -> Result<(), Why> {
        match open.standing() {
            Some(standing) => self.guard.stands(&standing, now).map_err(Why::Ended),
            None if self.guard.is_observing(now) => Ok(()),
            None => Err(Why::Observed),
        }
    }

    /// Returns the answer to a request whose result is a delivery, and for which no authority stands any more.
    pub(super) fn cut_off(&self, open: &Open, id: &Id, now: OffsetDateTime) -> Option<Effect> {
        if !open.is_a_delivery() {
            return None;
        }
        let why = self.stands(open, now).err()?;
        Some(Effect::ToClient(why.answer(id)))
    }

    /// Ends what has lost its authority: tells the server, and the client where it waits for an answer.
    pub(super) fn end_what_ended(&self, now: OffsetDateTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut state = self.state();
        state.owned.end_all_but(|own| self.guard.stands(own, now).is_ok());
        let open = state.asked.iter();
        let open = open.filter(|(_, own)| own.stage == Stage::Sent && own.is_a_delivery());
        let ended = open.filter_map(|(id, own)| Some((id.clone(), self.stands(own, now).err()?)));
        for (id, why) in ended.collect::<Vec<_>>() {
            state.cancel(&id);
            effects.push(Effect::ToServer(cancelled(&id)));
            effects.push(Effect::ToClient(why.answer(&id)));
        }
        while let Some(thing) = state.owned.take_ended() {
            let (asked, name, value) = match &thing {
                Thing::Task(id) => (Asked::Call(McpCall::CancelTask), "taskId", id),
                Thing::Subscription(uri) => {
                    (Asked::Pass(PassedRequest::UnsubscribeResource), "uri", uri)
                }
                Thing::State(_) => continue,
            };
            let params = Map::from_iter([(name.to_owned(), value.as_str().into())]);
            let Some(line) = state.ask(asked, params) else {
                state.owned.give_back(thing);
                break;
            };
            effects.push(Effect::ToServer(line.into_bytes()));
        }
        effects
    }
}

/// Returns the line with which a guard takes back a request of the client.
fn cancelled(id: &Id) -> Vec<u8> {
    let params = format!(r#"{{"requestId":{id},"reason":"The authority for it has ended."}}"#);
    let method = PassedNotification::Cancelled.method();
    format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{params}}}\n").into_bytes()
}

impl Why {
    /// Returns the line of the error that answers a request, with the LF.
    fn answer(&self, id: &Id) -> Vec<u8> {
        let (class, code, why) = match self {
            Self::Ended(ended) => {
                let classes = ended.reasons().iter().map(|reason| reason.code.class());
                let class = classes.min().unwrap_or(RefusalClass::NotGranted);
                (class, ended.code(), ended.to_string())
            }
            Self::Observed => {
                let why = "the call was observed, and the guard enforces by now";
                (RefusalClass::NotGranted, "guard_observing", why.to_owned())
            }
        };
        let denial = json!({ "class": class.as_str(), "code": code });
        let content = json!({
            "code": MCP_REFUSED,
            "message": format!("Refused: {why}."),
            "data": { MCP_DENIAL: denial },
        });
        let Json::Object(error) = content else { return Vec::new() };
        write::line(Content::Error { id: id.clone(), error }).into_bytes()
    }
}
