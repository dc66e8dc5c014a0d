//! Messages of a client.

use deputize::CodedError;
use deputize::bind::McpCall;
use deputize::text::Backticked;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::answer::{self, METHOD_NOT_FOUND};
use crate::id::Id;
use crate::message::{Content, Message};

/// The treatment of a client's message by a guard (`docs/BINDINGS.md`, section 2, rule 16).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClientMessage<'m> {
    /// A call. The guard decides, and writes it anew from the permit.
    Call(ClientCall<'m>),
    /// A listing, which needs no presentation. The guard writes it anew as well.
    Listing(ClientCall<'m>),
    /// A message without authority, which is passed on.
    Pass(Pass<'m>),
    /// An answer to the request of the server with this id. The table of the open requests says
    /// which one, if any: an answer to `roots/list` is not passed on, and neither is one that
    /// nobody waits for.
    Answer {
        /// The id of the request.
        id: &'m Id,
    },
    /// `notifications/roots/list_changed`, which is not passed on: the guard alone says which
    /// roots there are.
    RootsChanged,
    /// Anything else.
    Refused(NotAllowed<'m>),
}

/// A message that a presentation can be for.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ClientCall<'m> {
    /// The method.
    pub call: McpCall,
    /// The id.
    pub id: &'m Id,
    /// The parameters; absent ones are empty. [`McpCall::request`] makes the request of them.
    pub params: &'m Map<String, Json>,
}

/// A message without authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass<'m> {
    /// A request.
    Request {
        /// The id.
        id: &'m Id,
        /// The method.
        method: PassedRequest,
    },
    /// A notification.
    Notification(PassedNotification),
}

/// The method of a request without authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassedRequest {
    /// `initialize`
    Initialize,
    /// `server/discover`
    Discover,
    /// `ping`
    Ping,
    /// `logging/setLevel`
    SetLevel,
    /// `resources/unsubscribe`
    UnsubscribeResource,
}

impl PassedRequest {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Initialize, Self::Discover, Self::Ping, Self::SetLevel, Self::UnsubscribeResource];

    /// Returns the name.
    pub fn method(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Discover => "server/discover",
            Self::Ping => "ping",
            Self::SetLevel => "logging/setLevel",
            Self::UnsubscribeResource => "resources/unsubscribe",
        }
    }
}

/// The method of a notification without authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassedNotification {
    /// `notifications/initialized`
    Initialized,
    /// `notifications/cancelled`
    Cancelled,
    /// `notifications/progress`
    Progress,
}

impl PassedNotification {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Initialized, Self::Cancelled, Self::Progress];

    /// Returns the name.
    pub fn method(self) -> &'static str {
        match self {
            Self::Initialized => "notifications/initialized",
            Self::Cancelled => "notifications/cancelled",
            Self::Progress => "notifications/progress",
        }
    }
}

/// The notification with which a client asks a server to request its roots anew.
const ROOTS_CHANGED: &str = "notifications/roots/list_changed";

impl<'m> ClientMessage<'m> {
    /// Classifies a message.
    pub fn of(message: &'m Message) -> Self {
        match message.content() {
            Content::Request { id, method, params } => Self::of_request(id, method, params),
            Content::Notification { method, .. } => Self::of_notification(method),
            Content::Result { id, .. } | Content::Error { id, .. } => Self::Answer { id },
        }
    }

    fn of_request(id: &'m Id, method: &'m str, params: &'m Map<String, Json>) -> Self {
        let passed = PassedRequest::ALL.into_iter().find(|own| own.method() == method);
        match (McpCall::of_method(method), passed) {
            (Some(call), _) if call.is_listing() => Self::Listing(ClientCall { call, id, params }),
            (Some(call), _) => Self::Call(ClientCall { call, id, params }),
            (None, Some(method)) => Self::Pass(Pass::Request { id, method }),
            (None, None) => Self::Refused(NotAllowed { method, id: Some(id) }),
        }
    }

    fn of_notification(method: &'m str) -> Self {
        match PassedNotification::ALL.into_iter().find(|own| own.method() == method) {
            Some(passed) => Self::Pass(Pass::Notification(passed)),
            None if method == ROOTS_CHANGED => Self::RootsChanged,
            // Also a call without an id.
            None => Self::Refused(NotAllowed { method, id: None }),
        }
    }
}

/// The refusal of a method that is neither decided about nor passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the method {} is not passed on", Backticked(method))]
#[non_exhaustive]
pub struct NotAllowed<'m> {
    /// The method.
    pub method: &'m str,
    /// The id of the request; `None` for a notification.
    pub id: Option<&'m Id>,
}

impl NotAllowed<'_> {
    /// Returns the line of the JSON-RPC error that answers the request, with the LF; `None` for a
    /// notification, which has no answer.
    pub fn answer(&self) -> Option<String> {
        let why = format!("Not accepted: {self}.");
        self.id.map(|id| answer::error(Some(id), METHOD_NOT_FOUND, self.code(), &why))
    }
}
