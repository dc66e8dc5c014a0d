//! The requests of a connection that have no answer yet.

use deputize::bind::McpCall;
use deputize::{CodedError as _, ProvenHolder, Request, Standing};
use deputize_guard::{ObservedPass, Pass as Allowed};
use serde_json::{Map, Value as Json};
use time::OffsetDateTime;

use crate::guarding::owned::Owned;
use crate::id::Id;
use crate::limits::MAX_OPEN_BYTES;
use crate::message::{Content, Message};
use crate::open::{OpenIdError, OpenIds};
use crate::server::Asked;
use crate::session::Seen;
use crate::write;

/// The requests of a connection that have no answer yet, and what belongs to whom.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Those of the client.
    pub(super) asked: OpenIds<Open>,
    /// Those of the server that were passed on.
    pub(super) of_server: OpenIds<()>,
    pub(super) owned: Owned,
    /// The number of requests of the guard itself.
    own: u64,
}

/// A request of the client that was passed on.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) asked: Asked,
    pub(super) stage: Stage,
    /// The length of its line, while more than its id is kept.
    bytes: usize,
    /// The length of its presentation.
    pub(super) shown: usize,
    pub(super) call: Option<Called>,
    /// The holder for whom a listing is filtered.
    pub(super) holder: Option<Box<ProvenHolder>>,
}

/// How far a request is. Only one that was sent takes an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is decided about, and the server has nothing to answer yet.
    Deciding,
    Sent,
    /// Nobody waits for the answer any more, and the server need not give one. The id stays taken, since it
    /// may.
    Cancelled,
}

impl Open {
    pub(super) fn of(asked: Asked, stage: Stage, bytes: usize) -> Self {
        Self { asked, stage, bytes, shown: 0, call: None, holder: None }
    }

    /// Returns true if the answer is a delivery: it comes when something happens, and not when the call is
    /// done.
    pub(super) fn is_a_delivery(&self) -> bool {
        matches!(self.asked, Asked::Call(McpCall::Listen | McpCall::TaskResult))
    }

    /// Returns the authority of the call; `None` if it was observed.
    pub(super) fn standing(&self) -> Option<Standing> {
        match &self.call {
            Some(Called::Allowed(pass)) => Some(pass.permit().standing()),
            Some(Called::Observed(_)) | None => None,
        }
    }
}

impl State {
    /// Notes a request of the client. Where there is no room, those that were cancelled are forgotten.
    pub(super) fn open(&mut self, id: &Id, open: Open) -> Result<(), OpenIdError> {
        if self.asked.is_full() {
            self.asked.retain(|own| own.stage != Stage::Cancelled);
        }
        let lines = self.asked.iter().map(|(_, own)| own.bytes);
        let bytes = lines.fold(open.bytes, usize::saturating_add);
        if bytes > MAX_OPEN_BYTES {
            return Err(OpenIdError::TooLarge { bytes });
        }
        self.asked.open(id, open)
    }

    /// Returns the line of a request of the guard itself, whose answer goes nowhere; `None` if no further
    /// request can be noted. Its id is not one of the client's that is open.
    pub(super) fn ask(&mut self, call: Asked, params: Map<String, Json>) -> Option<String> {
        loop {
            self.own = self.own.checked_add(1)?;
            let text = Json::from(format!("deputize-{}", self.own));
            let id = Id::read(&text.to_string(), &text)?;
            match self.open(&id, Open::of(call, Stage::Cancelled, 0)) {
                Ok(()) => {
                    let method = call.method().to_owned();
                    return Some(write::line(Content::Request { id, method, params }));
                }
                Err(OpenIdError::StillOpen { .. }) => {}
                Err(_) => return None,
            }
        }
    }

    /// Takes the request that an answer is for, if it was sent.
    pub(super) fn answered(&mut self, id: &Id) -> Option<Open> {
        match self.asked.get(id)?.stage {
            Stage::Deciding => None,
            Stage::Sent | Stage::Cancelled => self.asked.close(id),
        }
    }

    /// Returns false if no such request was sent.
    pub(super) fn cancel(&mut self, id: &Id) -> bool {
        match self.asked.get_mut(id) {
            Some(open) if open.stage == Stage::Sent => {
                // The outcome of a call that is dropped is recorded as unknown.
                *open = Open::of(open.asked, Stage::Cancelled, 0);
                true
            }
            _ => false,
        }
    }
}

/// A call that went out, whose outcome is to be recorded.
#[derive(Debug)]
pub(super) enum Called {
    Allowed(Box<Allowed>),
    Observed(Box<ObservedPass>),
}

impl Called {
    /// Returns the request that was decided about.
    pub(super) fn request(&self) -> Option<&Request> {
        match self {
            Self::Allowed(pass) => Some(pass.request()),
            Self::Observed(pass) => pass.observation().request(),
        }
    }

    /// Records the outcome that an answer states: a result, unless it says that it is an error.
    pub(super) fn answered(
        self,
        message: &Message,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) {
        let is_done = match message.content() {
            Content::Result { result, .. } => result.get("isError") != Some(&Json::Bool(true)),
            _ => false,
        };
        let output = message.line().bytes();
        let recorded = match (self, is_done) {
            (Self::Allowed(pass), true) => pass.done(Some(output), now),
            (Self::Allowed(pass), false) => pass.failed(now),
            (Self::Observed(pass), true) => pass.done(Some(output), now),
            (Self::Observed(pass), false) => pass.failed(now),
        };
        // The record is written by the thread of the log; nobody waits for it.
        if let Err(why) = recorded {
            see(Seen::OutcomeNotRecorded(why.code()));
        }
    }
}
