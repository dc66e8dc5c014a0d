//! The exchange to which each message of a server belongs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::answer;
use crate::client::{PassedNotification, PassedRequest};
use crate::http::outbox::{Held, Kind, Outbox, Rooms};
use crate::http::rename::{Members, replaced, with_id};
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

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Asking {
    /// The id that the client knows.
    pub(super) id: Id,
    /// The id that the server knows.
    pub(super) number: u64,
    /// True for `initialize`.
    pub(super) begins: bool,
    /// True for a call, which a holder alone can make.
    pub(super) is_call: bool,
    /// True once it was decided that the call is made.
    pub(super) is_made: AtomicBool,
    /// The token by which the server tells how far the request is.
    pub(super) progress: Option<Json>,
    pub(super) outbox: Outbox,
}

/// A request of the server that was passed on.
#[derive(Debug)]
struct OfServer {
    id: Id,
    /// The call on whose stream it went out.
    by: Arc<Asking>,
}

impl Asking {
    pub(super) fn is_made(&self) -> bool {
        self.is_made.load(Ordering::Relaxed)
    }
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

    /// Notes that the client of a request has left, or has read everything. An answer that comes later goes nowhere,
    /// and what the server asked on its stream can no longer be answered.
    pub(super) fn leave(&self, asking: &Arc<Asking>) {
        asking.outbox.drop_all();
        let mut requests = self.requests();
        let left = |own: &OfServer| Arc::ptr_eq(&own.by, asking);
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
                let mut calls = requests.waiting.values().filter(|own| own.is_made());
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

fn read_id(raw: &RawValue) -> Option<Id> {
    let json: Json = serde_json::from_str(raw.get()).ok()?;
    Id::read(raw.get(), &json)
}

/// Returns a member of an object.
fn member(object: &RawValue, name: &str) -> Option<Json> {
    let members: Members<'_> = serde_json::from_str(object.get()).ok()?;
    serde_json::from_str(members.get(name)?.get()).ok()
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
mod tests;
