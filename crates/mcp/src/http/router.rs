//! The exchange to which each message of a server belongs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::answer;
use crate::client::{PassedNotification, PassedRequest};
use crate::http::outbox::{Held, Kind, Outbox, Room};
use crate::id::{Id, IdValue};

/// The exchanges of one session that wait for messages of its server.
#[derive(Debug)]
pub(super) struct Router {
    asking: Mutex<Requests>,
    /// The messages that belong to no request.
    stream: Arc<Outbox>,
    room: Room,
    version: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Requests {
    waiting: BTreeMap<IdValue, Arc<Asking>>,
    is_over: bool,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) id: Id,
    pub(super) method: String,
    /// The token by which the server tells how far the request is.
    pub(super) progress: Option<Json>,
    pub(super) outbox: Outbox,
}

/// A request of the server that no client can be asked.
pub(super) struct Unasked {
    /// The line of the error that answers it.
    pub(super) answer: String,
}

impl Router {
    pub(super) fn new(room: Room) -> Self {
        Self { asking: Mutex::default(), stream: Arc::default(), room, version: OnceLock::new() }
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the version that was agreed upon, once the server has answered `initialize`.
    pub(super) fn version(&self) -> Option<&str> {
        self.version.get().map(String::as_str)
    }

    /// Returns the messages that belong to no request.
    pub(super) fn stream(&self) -> &Arc<Outbox> {
        &self.stream
    }

    /// Returns true if the session has ended.
    pub(super) fn is_over(&self) -> bool {
        self.requests().is_over
    }

    /// Lets a request wait, unless one with its id does. After the end of the session it has no answer.
    pub(super) fn begin(&self, asking: &Arc<Asking>) -> bool {
        let mut requests = self.requests();
        let slot = asking.id.slot();
        if requests.is_over {
            asking.outbox.close();
        }
        if requests.is_over || requests.waiting.contains_key(&slot) {
            return false;
        }
        requests.waiting.insert(slot, Arc::clone(asking));
        true
    }

    /// Forgets a request, such as when its client has left. Its answer goes nowhere then.
    pub(super) fn forget(&self, asking: &Arc<Asking>) {
        let all = &mut self.requests().waiting;
        let slot = asking.id.slot();
        if all.get(&slot).is_some_and(|own| Arc::ptr_eq(own, asking)) {
            all.remove(&slot);
        }
    }

    /// Ends the exchange of a request that its client has cancelled: it has no answer.
    pub(super) fn cancel(&self, id: &Id) {
        let all = &mut self.requests().waiting;
        if all.get(&id.slot()).is_some_and(|own| own.id.value() == id.value())
            && let Some(asking) = all.remove(&id.slot())
        {
            asking.outbox.close();
        }
    }

    /// Ends all exchanges.
    pub(super) fn close(&self) {
        let mut requests = self.requests();
        requests.is_over = true;
        for asking in std::mem::take(&mut requests.waiting).into_values() {
            asking.outbox.close();
        }
        self.stream.close();
    }

    /// Hands over a line of the server, which was read strictly or written anew.
    pub(super) fn route(&self, line: Vec<u8>) -> Result<(), Unasked> {
        let Ok(head) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(&line) else {
            return Ok(());
        };
        let id = head.get("id").and_then(|raw| {
            let json: Json = serde_json::from_str(raw.get()).ok()?;
            Id::read(raw.get(), &json)
        });
        match (head.get("method"), id) {
            (Some(_), Some(id)) => self.ask(&id, line),
            (Some(method), None) => {
                let token = progress_of(method.get(), head.get("params").copied());
                self.tell(token.as_ref(), line);
                Ok(())
            }
            (None, Some(id)) => {
                let result = head.get("result").filter(|_| self.is_beginning(&id));
                let version = result.and_then(|own| version_of(own.get()));
                self.answer(&id, version, line);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Returns true if the request with this id is `initialize`.
    fn is_beginning(&self, id: &Id) -> bool {
        let all = &self.requests().waiting;
        all.get(&id.slot()).is_some_and(|own| own.method == PassedRequest::Initialize.method())
    }

    fn ask(&self, id: &Id, line: Vec<u8>) -> Result<(), Unasked> {
        let held = self.room.hold(line).ok();
        match held.is_some_and(|held| self.stream.push(Kind::Request, held)) {
            true => Ok(()),
            // The server would wait for ever for the answer to a request that is dropped.
            false => {
                let why = "The client does not take what it is asked.";
                Err(Unasked { answer: answer::internal(id, why) })
            }
        }
    }

    fn tell(&self, token: Option<&Json>, line: Vec<u8>) {
        // What there is no room for can be asked for again.
        let Ok(held) = self.room.hold(line) else { return };
        let asking = token.and_then(|token| {
            self.requests()
                .waiting
                .values()
                .find(|own| own.progress.as_ref() == Some(token))
                .cloned()
        });
        match asking {
            Some(asking) => asking.outbox.push(Kind::Notification, held),
            None => self.stream.push(Kind::Notification, held),
        };
    }

    fn answer(&self, id: &Id, version: Option<String>, line: Vec<u8>) {
        let Some(asking) = self.requests().waiting.remove(&id.slot()) else { return };
        if let Some(version) = version {
            // There is one `initialize` in a session.
            let _ = self.version.set(version);
        }
        let held = self.room.hold(line).unwrap_or_else(|_| {
            let why = "There is no room for the answer; the outcome is not known.";
            Held::few(answer::internal(id, why).into_bytes())
        });
        asking.outbox.push(Kind::Answer, held);
        asking.outbox.close();
    }
}

/// Returns the token of a notification about progress.
fn progress_of(method: &str, params: Option<&RawValue>) -> Option<Json> {
    let method: String = serde_json::from_str(method).ok()?;
    let params: Json = serde_json::from_str(params?.get()).ok()?;
    match method == PassedNotification::Progress.method() {
        true => params.get("progressToken").cloned(),
        false => None,
    }
}

/// Returns the version in the result of `initialize`.
fn version_of(result: &str) -> Option<String> {
    let result: BTreeMap<String, &RawValue> = serde_json::from_str(result).ok()?;
    serde_json::from_str(result.get("protocolVersion")?.get()).ok()
}
