//! Sessions: what becomes of each message on one connection.

use deputize::CodedError as _;
use time::OffsetDateTime;

use crate::answer;
use crate::id::Id;
use crate::lines::Line;
use crate::message::Malformed;

/// The decisions about the messages of one connection between a client and a server, without input
/// and output. [`serve`](crate::serve) carries them out over stdio.
pub trait Session: Send + Sync {
    /// Decides about a line of the client. May block, such as while a decision is recorded.
    fn client_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect>;

    /// Decides about a line of the server. Must not block.
    fn server_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect>;

    /// Returns what the session sends of itself by now, such as that a stream has ended with the authority
    /// for it. Call it every [`SWEEP`](crate::limits::SWEEP), and never while `client_line` decides or
    /// before what that returned is on its way: the server must see both in their order.
    fn due(&self, _now: OffsetDateTime) -> Vec<Effect> {
        Vec::new()
    }

    /// Returns true once the client has shown a presentation of a holder, by a call that was allowed or a listing
    /// that was proven.
    fn is_proven(&self) -> bool {
        false
    }

    /// Returns the answers to the requests that a server left behind when it ended.
    fn ended(&self) -> Vec<Effect>;
}

impl<S: Session + ?Sized> Session for Box<S> {
    fn client_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        (**self).client_line(line, now, see)
    }

    fn server_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        (**self).server_line(line, now, see)
    }

    fn due(&self, now: OffsetDateTime) -> Vec<Effect> {
        (**self).due(now)
    }

    fn is_proven(&self) -> bool {
        (**self).is_proven()
    }

    fn ended(&self) -> Vec<Effect> {
        (**self).ended()
    }
}

/// Bytes to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// To the server, with the line end.
    ToServer(Vec<u8>),
    /// To the client, with the line end.
    ToClient(Vec<u8>),
}

/// A message that a session dropped, or an outcome that it could not record, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// A line of the server that is not a message, with the code of the fault.
    NotAMessage(&'static str),
    /// An answer of the server that nobody waits for.
    Unasked,
    /// An answer of the client that the server does not wait for.
    UnaskedByServer,
    /// A notification about a resource, a stream or a task for which no authority stands.
    NotOpened,
    /// The outcome of a call could not be recorded, with the code of the fault.
    OutcomeNotRecorded(&'static str),
}

/// Tells of a line of a server that is not a message. If it would answer an open request, the client
/// learns that there is no answer, and if it asks for something, the server learns it. Otherwise it goes
/// nowhere. `closes` closes the request, and returns true if it was open.
pub(crate) fn unreadable(
    malformed: &Malformed,
    see: &mut dyn FnMut(Seen),
    closes: impl FnOnce(&Id) -> bool,
) -> Option<Effect> {
    see(Seen::NotAMessage(malformed.error.code()));
    if malformed.id().is_some() {
        return Some(Effect::ToServer(malformed.answer().into_bytes()));
    }
    let id = malformed.answered().filter(|id| closes(id))?;
    let why = format!("The server's answer is not a message: {}.", malformed.error);
    Some(Effect::ToClient(answer::internal(id, &why).into_bytes()))
}

/// Returns the answers to requests that a server left behind when it ended.
pub(crate) fn left_behind(ids: impl IntoIterator<Item = Id>) -> Vec<Effect> {
    let answer = |id| answer::internal(&id, "The server has ended.").into_bytes();
    ids.into_iter().map(answer).map(Effect::ToClient).collect()
}
