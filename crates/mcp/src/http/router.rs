//! The exchange to which each message of a server belongs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::answer;
use crate::client::{PassedNotification, PassedRequest};
use crate::http::asking::Asking;
use crate::http::outbox::{Held, Kind, Outbox, Rooms};
use crate::http::rename::{Members, member, read_id, replaced, with_id};
use crate::id::{Id, IdValue};

/// The notifications that no call explains, which go to the stream of the session. Others go to a call.
const OF_NO_CALL: [&str; 3] = [
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
];

/// That a resource was updated to which the holder subscribed, which goes there as well.
const UPDATED: &str = "notifications/resources/updated";

/// The exchanges of one session that wait for messages of its server.
#[derive(Debug)]
pub(super) struct Router {
    requests: Mutex<Requests>,
    rooms: Rooms,
    version: OnceLock<String>,
    is_proven: AtomicBool,
}

#[derive(Debug, Default)]
struct Requests {
    /// By the number that the server knows as the id. Such a number is given once, so that no answer is taken
    /// for that to another request, however late it comes.
    waiting: BTreeMap<u64, Arc<Asking>>,
    /// The requests of the server, by the id that the client knows.
    of_server: BTreeMap<String, OfServer>,
    /// The requests of the server whose client has left.
    unanswered: Vec<Id>,
    /// The messages that belong to no call.
    stream: Arc<Outbox>,
    is_over: bool,
}

/// A request of the server that was passed on.
#[derive(Debug)]
struct OfServer {
    id: Id,
    /// The call on whose stream it went out.
    by: Arc<Asking>,
}

impl Requests {
    /// Returns the youngest call whose client waits. All calls of a session are of one holder.
    fn youngest_call(&self) -> Option<&Arc<Asking>> {
        let mut youngest = self.waiting.values().rev();
        youngest.find(|own| own.is_made() && !own.outbox.is_closed())
    }
}

impl Router {
    pub(super) fn new() -> Self {
        Self {
            requests: Mutex::default(),
            rooms: Rooms::new(),
            version: OnceLock::new(),
            is_proven: AtomicBool::new(false),
        }
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// Returns the version that was agreed upon, once the server has answered `initialize`.
    pub(super) fn version(&self) -> Option<&str> {
        self.version.get().map(String::as_str)
    }

    /// Returns true if the client has shown a presentation of a holder.
    pub(super) fn is_proven(&self) -> bool {
        self.is_proven.load(Ordering::Relaxed)
    }

    pub(super) fn note_proven(&self) {
        self.is_proven.store(true, Ordering::Relaxed);
    }

    /// Opens the stream of the session. The one before it ends: its client may have been cut off without a
    /// word.
    pub(super) fn open_stream(&self) -> Arc<Outbox> {
        let mut requests = self.requests();
        requests.stream = Arc::new(requests.stream.succeeded());
        Arc::clone(&requests.stream)
    }

    /// Drops the deliveries that wait, when an authority has ended.
    pub(super) fn drop_deliveries(&self) {
        self.requests().stream.drop_deliveries();
    }

    /// Returns true if the session has ended.
    pub(super) fn is_over(&self) -> bool {
        self.requests().is_over
    }

    /// Lets a request wait. Returns false if one with its id has no answer yet, also if the client of that one has
    /// left. After the end of the session it has no answer.
    pub(super) fn begin(&self, asking: &Arc<Asking>) -> bool {
        let mut requests = self.requests();
        if requests.is_over {
            asking.outbox.close();
            return true;
        }
        let slot = asking.id.slot();
        if requests.waiting.values().any(|own| own.id.slot() == slot) {
            return false;
        }
        requests.waiting.insert(asking.number, Arc::clone(asking));
        true
    }

    /// Forgets a request that did not reach the server.
    pub(super) fn withdraw(&self, asking: &Asking) {
        self.requests().waiting.remove(&asking.number);
    }

    /// Notes that the client of a request has left, or has read everything. An answer that comes later goes nowhere.
    /// What the server asked on the stream of a call that was answered can be about another call that
    /// waits, and is answered as long as one does. Otherwise it can no longer be answered.
    pub(super) fn leave(&self, asking: &Arc<Asking>) {
        asking.outbox.drop_all();
        let mut requests = self.requests();
        let left = |own: &OfServer| Arc::ptr_eq(&own.by, asking);
        let is_answered = !requests.waiting.contains_key(&asking.number);
        if let Some(next) = requests.youngest_call().filter(|_| is_answered).cloned() {
            let of_server = requests.of_server.values_mut();
            of_server.filter(|own| left(own)).for_each(|own| own.by = Arc::clone(&next));
            return;
        }
        let (gone, kept) = std::mem::take(&mut requests.of_server)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, own)| left(own));
        requests.of_server = kept;
        requests.unanswered.extend(gone.into_values().map(|own| own.id));
    }

    /// Takes the lines that answer what the server asked and no client answers any more.
    pub(super) fn take_unanswered(&self) -> Vec<String> {
        let ids = std::mem::take(&mut self.requests().unanswered);
        ids.iter().map(unasked).collect()
    }

    /// Ends the exchange of a request that its client has cancelled: it has no answer. Returns the number
    /// that the server knows.
    pub(super) fn cancel(&self, id: &Id) -> Option<u64> {
        let mut requests = self.requests();
        let mut waiting = requests.waiting.values();
        let number = waiting.find(|own| own.id.value() == id.value())?.number;
        requests.waiting.remove(&number)?.outbox.close();
        Some(number)
    }

    /// Takes the request of the server that an answer of the client is for: the id that the server knows.
    pub(super) fn answered(&self, id: &Id) -> Option<Id> {
        let IdValue::Text(id) = id.value() else { return None };
        self.requests().of_server.remove(id).map(|own| own.id)
    }

    /// Ends all exchanges.
    pub(super) fn close(&self) {
        let mut requests = self.requests();
        requests.is_over = true;
        for asking in std::mem::take(&mut requests.waiting).into_values() {
            asking.outbox.close();
        }
        requests.of_server.clear();
        requests.stream.close();
    }

    /// Hands over a line of the server, which was read strictly or written anew. Returns the line that answers
    /// it, if no client can.
    pub(super) fn route(&self, line: &[u8]) -> Option<String> {
        let head: Members<'_> = serde_json::from_slice(line).ok()?;
        let id = head.get("id").and_then(|raw| read_id(raw));
        let method = head.get("method").map(|raw| serde_json::from_str::<String>(raw.get()));
        match (method.transpose().ok()?, id) {
            (Some(method), Some(id)) => self.ask(&id, &method, line),
            (Some(method), None) => {
                self.tell(&method, head.get("params").copied(), line);
                None
            }
            (None, Some(id)) => {
                self.answer(&id, head.get("result").copied(), line);
                None
            }
            (None, None) => None,
        }
    }

    /// Passes a request of the server on to the client of a call, which alone learns the id for its answer.
    fn ask(&self, id: &Id, method: &str, line: &[u8]) -> Option<String> {
        // It asks whether its client lives, which is this side.
        if method == PassedRequest::Ping.method() {
            return Some(format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{}}}}\n"));
        }
        match self.passed(id, line) {
            Some(()) => None,
            // The server would wait for ever for the answer to a request that is dropped.
            None => Some(unasked(id)),
        }
    }

    fn passed(&self, id: &Id, line: &[u8]) -> Option<()> {
        let own = new_id().ok()?;
        let held = self.rooms.told.hold(with_id(line, &format!("\"{own}\""))?)?;
        let mut requests = self.requests();
        let by = Arc::clone(requests.youngest_call()?);
        by.outbox.push(Kind::Request, held).then_some(())?;
        requests.of_server.insert(own, OfServer { id: id.clone(), by });
        Some(())
    }

    fn tell(&self, method: &str, params: Option<&RawValue>, line: &[u8]) {
        let is_about_calls = !OF_NO_CALL.contains(&method) && method != UPDATED;
        // What there is no room for can be asked for again.
        if method == PassedNotification::Cancelled.method() {
            self.tell_cancelled(params, line);
            return;
        }
        let Some(held) = self.rooms.told.hold(line.to_vec()) else { return };
        let requests = self.requests();
        if !is_about_calls {
            let kind = if method == UPDATED { Kind::Delivery } else { Kind::Notification };
            requests.stream.push(kind, held);
            return;
        }
        let asking = match method == PassedNotification::Progress.method() {
            true => {
                let token = params.and_then(|params| member(params, "progressToken"));
                // A client that has left and begun anew can have taken the same token.
                let calls = requests.waiting.values().rev();
                let mut calls = calls.filter(|own| own.is_made() && !own.outbox.is_closed());
                token.and_then(|token| calls.find(|own| own.progress.as_ref() == Some(&token)))
            }
            false => requests.youngest_call(),
        };
        // What no call explains has no reader who may have it.
        if let Some(asking) = asking {
            asking.outbox.push(Kind::Notification, held);
        }
    }

    /// Tells the client that the server takes back what it asked.
    fn tell_cancelled(&self, params: Option<&RawValue>, line: &[u8]) {
        let id = params.and_then(|params| member(params, "requestId"));
        let Some(id) = id.and_then(|id| Id::read(&id.to_string(), &id)) else { return };
        let mut requests = self.requests();
        requests.unanswered.retain(|own| own.value() != id.value());
        let mut asked = requests.of_server.iter();
        let own = asked.find(|(_, own)| own.id.value() == id.value()).map(|(own, _)| own.clone());
        let Some((own, asked)) = own.and_then(|own| requests.of_server.remove_entry(&own)) else {
            return;
        };
        let line = replaced(line, &["params", "requestId"], &format!("\"{own}\""));
        if let Some(held) = line.and_then(|line| self.rooms.told.hold(line)) {
            asked.by.outbox.push(Kind::Notification, held);
        }
    }

    fn answer(&self, id: &Id, result: Option<&RawValue>, line: &[u8]) {
        let IdValue::Integer(number) = id.value() else { return };
        let Ok(number) = u64::try_from(*number) else { return };
        let Some(asking) = self.requests().waiting.remove(&number) else { return };
        if asking.begins
            && let Some(Json::String(version)) =
                result.and_then(|own| member(own, "protocolVersion"))
        {
            // There is one `initialize` in a session.
            let _ = self.version.set(version);
        }
        let room = if asking.is_made() { &self.rooms.answers } else { &self.rooms.told };
        let held = with_id(line, asking.id.raw()).and_then(|line| room.hold(line));
        let held = held.unwrap_or_else(|| {
            let why = "There is no room for the answer; the outcome is not known.";
            Held::few(answer::internal(&asking.id, why).into_bytes())
        });
        asking.outbox.push(Kind::Answer, held);
        asking.outbox.close();
    }
}

/// Returns the line that answers a request of the server for which no client waits.
fn unasked(id: &Id) -> String {
    answer::internal(id, "No client that waits for a call can be asked.")
}

/// Returns an id of 256 random bits, which nobody guesses.
pub(super) fn new_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::task::{Context, Poll, Waker};

    use serde_json::json;

    use super::Router;
    use crate::http::asking::Asking;
    use crate::http::outbox::Outbox;
    use crate::id::Id;

    fn asking(id: i64, number: u64, is_made: bool) -> Arc<Asking> {
        let id = Id::read(&id.to_string(), &json!(id)).unwrap();
        let (is_made, outbox) = (AtomicBool::new(is_made), Outbox::default());
        let progress = Some(json!("p"));
        let (begins, is_call) = (false, true);
        Arc::new(Asking { id, number, begins, is_call, is_made, progress, outbox })
    }

    fn next(own: &Asking) -> Option<String> {
        match own.outbox.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some((_, held))) => {
                Some(String::from_utf8(held.as_ref().to_vec()).unwrap())
            }
            _ => None,
        }
    }

    #[test]
    fn an_id_is_free_when_the_server_has_answered_or_the_call_is_cancelled() {
        let router = Router::new();
        let (first, second) = (asking(7, 1, true), asking(7, 2, false));
        assert!(router.begin(&first));
        router.leave(&first);
        assert!(!router.begin(&second));
        assert_eq!(router.cancel(&first.id), Some(1));
        assert!(router.begin(&second));
        assert_eq!(router.route(br#"{"jsonrpc":"2.0","id":1,"result":{"secret":1}}"#), None);
        assert_eq!(next(&second), None);
        assert_eq!(router.route(br#"{"jsonrpc":"2.0","id":2,"result":{}}"#), None);
        assert_eq!(next(&second).unwrap(), "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{}}\n");
        assert!(router.begin(&asking(7, 3, false)));
    }

    #[test]
    fn only_a_call_that_is_made_is_told_and_asked() {
        let router = Router::new();
        let (call, other) = (asking(1, 1, true), asking(2, 2, false));
        let ask = br#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create"}"#;
        let progress =
            br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p"}}"#;
        let log = br#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
        assert!(router.begin(&other));
        assert!(router.route(ask).unwrap().contains("-32603"));
        assert!(router.begin(&call));
        for line in [&ask[..], progress, log] {
            assert_eq!(router.route(line), None);
            assert!(next(&call).is_some() && next(&other).is_none());
        }
        // A question that went out by a call that was answered can be about another one that waits.
        let second = asking(3, 3, true);
        assert!(router.begin(&second));
        assert_eq!(router.route(ask), None);
        let shown: serde_json::Value = serde_json::from_str(&next(&second).unwrap()).unwrap();
        let shown = Id::read(&shown["id"].to_string(), &shown["id"]).unwrap();
        assert_eq!(router.route(br#"{"jsonrpc":"2.0","id":3,"result":{}}"#), None);
        router.leave(&second);
        assert_eq!(router.take_unanswered().len(), 0);
        assert_eq!(router.answered(&shown).map(|own| own.raw().to_owned()), Some("5".to_owned()));
        // With the client of its call, a question ends.
        router.leave(&call);
        assert_eq!(router.take_unanswered().len(), 1);
        assert!(router.take_unanswered().is_empty());
        assert!(router.route(ask).unwrap().contains("-32603"));
    }

    #[test]
    fn an_answer_is_for_the_id_that_the_stream_showed() {
        let router = Router::new();
        let call = asking(1, 1, true);
        assert!(router.begin(&call));
        router.route(br#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create"}"#);
        let shown: serde_json::Value = serde_json::from_str(&next(&call).unwrap()).unwrap();
        let shown = Id::read(&shown["id"].to_string(), &shown["id"]).unwrap();
        let own = Id::read("5", &json!(5)).unwrap();
        assert_eq!(router.answered(&own), None);
        // The server takes it back under the same id.
        router.route(
            br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#,
        );
        assert!(next(&call).unwrap().contains(shown.raw()));
        assert_eq!(router.answered(&shown), None);
        router.route(br#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create"}"#);
        let again: serde_json::Value = serde_json::from_str(&next(&call).unwrap()).unwrap();
        let again = Id::read(&again["id"].to_string(), &again["id"]).unwrap();
        assert_ne!(again, shown);
        assert_eq!(router.answered(&again), Some(own));
        assert_eq!(router.answered(&again), None);
    }
}
