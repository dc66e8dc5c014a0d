//! Messages of a server.

use deputize::bind::McpCall;
use serde_json::{Map, Value as Json};

use crate::client::{ClientMessage, Pass, PassedRequest};
use crate::id::Id;
use crate::message::{Content, Message};

/// A message of a server, as far as a guard must know it before it passes it on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServerMessage<'m> {
    /// `roots/list`, which is not passed on: the guard answers it from its own configuration,
    /// because a server can replace its roots by those of the answer.
    RootsList {
        /// The id.
        id: &'m Id,
    },
    /// A request of another kind. Its id is open until the client answers it.
    Request {
        /// The id.
        id: &'m Id,
        /// The method.
        method: &'m str,
    },
    /// A notification. That of a subscription, a stream or a task is passed on only while the
    /// chain of its permit is valid.
    Notification {
        /// The method.
        method: &'m str,
        /// The parameters; absent ones are empty.
        params: &'m Map<String, Json>,
    },
    /// An answer to a request of the client.
    Answer(ServerAnswer<'m>),
}

/// An answer of a server.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ServerAnswer<'m> {
    /// The id of the request.
    pub id: &'m Id,
    /// The id of the task that the result is about, whatever its type: later calls name it.
    pub task: Option<&'m Json>,
    /// The state that the server asks to have returned, whatever its type.
    pub state: Option<&'m Json>,
}

/// The request of a client that an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A call or a listing.
    Call(McpCall),
    /// A request without authority.
    Pass(PassedRequest),
}

impl<'m> ServerMessage<'m> {
    /// Classifies a message.
    pub fn of(message: &'m Message) -> Self {
        match message.content() {
            Content::Request { id, method, .. } if method == "roots/list" => Self::RootsList { id },
            Content::Request { id, method, .. } => Self::Request { id, method },
            Content::Notification { method, params } => Self::Notification { method, params },
            Content::Result { id, result } => {
                // The task itself, or a result that contains it.
                let task = result.get("taskId");
                let task = task.or_else(|| result.get("task").and_then(|own| own.get("taskId")));
                Self::Answer(ServerAnswer { id, task, state: result.get("requestState") })
            }
            Content::Error { id, .. } => Self::Answer(ServerAnswer { id, task: None, state: None }),
        }
    }
}

impl ServerAnswer<'_> {
    /// Returns true if nothing in the answer concerns the guard: it is not about a task, asks for
    /// nothing to be returned, and lists neither names nor capabilities.
    pub fn passes(&self, asked: Asked) -> bool {
        let is_looked_into = match asked {
            Asked::Call(call) => call.is_listing(),
            Asked::Pass(PassedRequest::Initialize | PassedRequest::Discover) => true,
            Asked::Pass(
                PassedRequest::Ping | PassedRequest::SetLevel | PassedRequest::UnsubscribeResource,
            ) => false,
        };
        !is_looked_into && self.task.is_none() && self.state.is_none()
    }
}

impl Asked {
    /// Returns what a client asks for, to be noted under its id; `None` if the message is no
    /// request that is passed on.
    pub fn by(message: &ClientMessage<'_>) -> Option<Self> {
        match message {
            ClientMessage::Call(own) | ClientMessage::Listing(own) => Some(Self::Call(own.call)),
            ClientMessage::Pass(Pass::Request { method, .. }) => Some(Self::Pass(*method)),
            ClientMessage::Pass(Pass::Notification(_))
            | ClientMessage::Answer { .. }
            | ClientMessage::RootsChanged
            | ClientMessage::Refused(_) => None,
        }
    }

    /// Returns the method.
    pub fn method(self) -> &'static str {
        match self {
            Self::Call(call) => call.method(),
            Self::Pass(own) => own.method(),
        }
    }
}
