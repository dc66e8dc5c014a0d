//! Sessions: what becomes of each message on one connection.

use time::OffsetDateTime;

use crate::lines::Line;

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

    /// Returns the answers to the requests that a server left behind when it ended.
    fn ended(&self) -> Vec<Effect>;
}

/// Bytes to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// To the server, with the line end.
    ToServer(Vec<u8>),
    /// To the client, with the line end.
    ToClient(Vec<u8>),
}

/// What a session dropped or could not record, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// A line of the server that is no message, with the code of the fault.
    NotAMessage(&'static str),
    /// An answer of the server that nobody waits for.
    Unasked,
    /// An answer of the client that the server does not wait for.
    UnaskedByServer,
    /// The outcome of a call could not be recorded, with the code of the fault.
    OutcomeNotRecorded(&'static str),
}
