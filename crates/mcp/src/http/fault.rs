//! The reasons why a message to a server over HTTP has no answer.

use std::io;

use thiserror::Error;
use ureq::http::StatusCode;

use crate::answer::{self, INTERNAL_ERROR};
use crate::http::events::EventsError;
use crate::id::Id;
use crate::limits::{MAX_HTTP_REQUESTS, MAX_LINE_BYTES};

/// The reason why a message has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error("the server cannot be reached, and got nothing: {0}")]
    NotSent(String),
    #[error(
        "{MAX_HTTP_REQUESTS} messages are on their way, so this one was not sent; wait for one"
    )]
    TooMany,
    #[error("the connection broke before the answer came, so the outcome is not known: {0}")]
    Broken(String),
    #[error("the server was silent for too long, so the outcome is not known")]
    Silent,
    #[error(
        "the server's answer ended without an answer to this request, so the outcome is not known"
    )]
    NoAnswer,
    #[error("the session ended before the answer came, so the outcome is not known")]
    Left,
    #[error("the server has ended the session, and did not take this; connect to it anew")]
    SessionEnded,
    #[error("the server answered with the HTTP status {0}")]
    Status(u16),
    /// A proxy gives 502 and 504 for calls that were made.
    #[error("the server answered with the HTTP status {0}, so the outcome is not known")]
    Trouble(u16),
    #[error(
        "the server answered with the media type `{0}`, which is not one of MCP, so the outcome is not known"
    )]
    MediaType(String),
    #[error(
        "the server's answer has more than {MAX_LINE_BYTES} bytes, so the outcome is not known"
    )]
    TooLong,
    /// A JSON-RPC error that the server gave with an HTTP error: its members as JSON text.
    #[error("{0}")]
    Said(String),
}

impl Fault {
    /// Returns the code for programs.
    fn code(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "mcp_link_not_sent",
            Self::TooMany => "mcp_link_too_many",
            Self::Broken(_) => "mcp_link_broken",
            Self::Silent => "mcp_link_silent",
            Self::NoAnswer => "mcp_link_no_answer",
            Self::Left => "mcp_link_left",
            Self::SessionEnded => "mcp_link_session_ended",
            Self::Status(_) | Self::Trouble(_) => "mcp_link_status",
            Self::MediaType(_) => "mcp_link_media_type",
            Self::TooLong => "mcp_link_too_long",
            Self::Said(_) => "mcp_link_said",
        }
    }

    /// Returns the line of the error that answers a request.
    pub(super) fn answer(&self, id: &Id) -> String {
        match self {
            Self::Said(error) => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}\n"),
            _ => answer::error(Some(id), INTERNAL_ERROR, self.code(), &format!("Failed: {self}.")),
        }
    }

    pub(super) fn of(why: &ureq::Error) -> Self {
        use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
        let is_early = match why {
            ureq::Error::Io(why) => {
                matches!(why.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
            }
            ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => true,
            ureq::Error::Timeout(_) => return Self::Silent,
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::BadUri(_)
            | ureq::Error::Tls(_) => true,
            _ => false,
        };
        match is_early {
            true => Self::NotSent(why.to_string()),
            false => Self::Broken(why.to_string()),
        }
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.is_server_error() {
            true => Self::Trouble(status.as_u16()),
            false => Self::Status(status.as_u16()),
        }
    }

    pub(super) fn of_reading(why: &io::Error) -> Self {
        match why.get_ref().and_then(|own| own.downcast_ref()) {
            Some(ureq::Error::Timeout(_)) => Self::Silent,
            _ => Self::Broken(why.to_string()),
        }
    }

    pub(super) fn of_events(why: &EventsError) -> Self {
        match why {
            EventsError::Io(why) => Self::of_reading(why),
            EventsError::TooLong => Self::TooLong,
        }
    }
}
