//! HTTP messages that are not served.

use deputize::CodedError;
use deputize::bind::{MCP_DENIAL, TransportError};
use deputize::text::Backticked;
use hyper::StatusCode;
use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::answer::{INTERNAL_ERROR, INVALID_REQUEST};
use crate::http::fields::PATH;
use crate::limits::{MAX_HTTP_FIRST_BYTES, MAX_ID_BYTES, MAX_LINE_BYTES};

/// The versions of MCP that have sessions over HTTP.
const WITH_SESSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// JSON-RPC codes of MCP.
const UNKNOWN_SESSION: i64 = -32001;
const HEADER_MISMATCH: i64 = -32020;
const UNSUPPORTED_VERSION: i64 = -32022;

/// The reason why an HTTP message is not served.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotServed {
    /// The path is another one.
    #[error("the only path is `{PATH}`, without a query")]
    Path,
    /// The method is another one.
    #[error("the methods are POST, GET and DELETE")]
    Method,
    /// A field occurs twice, or is not ASCII.
    #[error("the field `{name}` must occur once, in ASCII")]
    Field {
        /// The name of the field.
        name: String,
    },
    /// The name of the host is not one of this server: a page may have had its own name resolve to
    /// this address.
    #[error(
        "this server is not {}; the operator lists further names under `listen.hosts`",
        Backticked(host)
    )]
    Host {
        /// The value of the field `Host`.
        host: String,
    },
    /// A page of a site sent the message.
    #[error("pages may not call this server, and {} is the site of one", Backticked(origin))]
    Origin {
        /// The value of the field `Origin`.
        origin: String,
    },
    /// The message has a presentation in a field.
    #[error(
        "MCP has a presentation in `_meta` of the message, and none in the field `Authorization`"
    )]
    Presentation,
    /// The field `Authorization` has two readings.
    #[error("{0}")]
    Authorization(TransportError),
    /// The body is of another media type.
    #[error("the body must be `application/json` in UTF-8")]
    MediaType,
    /// The body is compressed.
    #[error("the body must not have a `Content-Encoding`")]
    Coding,
    /// The answer would be of a media type that the client does not accept.
    #[error("the field `Accept` must include {0}")]
    NotAcceptable(&'static str),
    /// The body is longer than a line may be.
    #[error(
        "the body has more than {MAX_LINE_BYTES} bytes; pass large content by reference, such as a path"
    )]
    TooLong,
    /// The body is longer than one without a session may be.
    #[error(
        "the body has {MAX_HTTP_FIRST_BYTES} bytes or more, and no session; begin one by `initialize`"
    )]
    LongFirst,
    /// The id is longer than one that is kept.
    #[error("the id has more than {MAX_ID_BYTES} bytes; use a shorter one")]
    LongId,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time, or the connection broke")]
    Slow,
    /// The body has a line end within.
    #[error("the message must be in one line; send JSON without line breaks")]
    Lines,
    /// The message has no session, and does not begin one.
    #[error("the field `Mcp-Session-Id` is missing; begin a session by `initialize`")]
    NoSession,
    /// The session is unknown, or has ended.
    #[error("the session is unknown or has ended; begin anew by `initialize`")]
    UnknownSession,
    /// The message is of a version without sessions.
    #[error(
        "version {} has no sessions, which this server needs; begin one by `initialize`",
        Backticked(requested)
    )]
    Stateless {
        /// The version.
        requested: String,
    },
    /// The session has another version.
    #[error(
        "the session has the version {}, and the message names another one",
        Backticked(negotiated)
    )]
    Version {
        /// The version of the session.
        negotiated: String,
    },
    /// The session was begun already.
    #[error("the session was begun already; send `initialize` without the field `Mcp-Session-Id`")]
    SecondInitialize,
    /// A field that repeats the message differs from it.
    #[error("the field `{0}` differs from the message")]
    Differs(&'static str),
    /// The client asks for a stream to be resumed.
    #[error("streams are not resumed; open one without the field `Last-Event-ID`")]
    Resumed,
    /// There is no room for a session, a body or an answer.
    #[error("there is no room for {0} now; try again later")]
    Busy(&'static str),
    /// The server could not be started.
    #[error("the server cannot be started; its operator finds the reason in its notes")]
    NotStarted,
    /// The server did not answer `initialize`.
    #[error("the server did not answer `initialize`")]
    NoAnswer,
}

impl NotServed {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Path | Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin { .. } => StatusCode::FORBIDDEN,
            Self::MediaType | Self::Coding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::TooLong | Self::LongFirst => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotStarted | Self::NoAnswer => StatusCode::BAD_GATEWAY,
            Self::Field { .. }
            | Self::Presentation
            | Self::Authorization(_)
            | Self::Lines
            | Self::LongId
            | Self::NoSession
            | Self::Stateless { .. }
            | Self::Version { .. }
            | Self::SecondInitialize
            | Self::Differs(_)
            | Self::Resumed => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the code of the JSON-RPC error.
    fn number(&self) -> i64 {
        match self {
            Self::UnknownSession => UNKNOWN_SESSION,
            Self::Differs(_) => HEADER_MISMATCH,
            // By this, a client of a later version learns to begin a session.
            Self::Stateless { .. } => UNSUPPORTED_VERSION,
            Self::Busy(_) | Self::NotStarted | Self::NoAnswer => INTERNAL_ERROR,
            _ => INVALID_REQUEST,
        }
    }

    /// Returns the JSON-RPC error, with the JSON text of the id of the message, or `null`.
    pub(super) fn body(&self, id: Option<&str>) -> String {
        let mut data = json!({ MCP_DENIAL: { "code": self.code() } });
        if let (Self::Stateless { requested }, Json::Object(data)) = (self, &mut data) {
            data.insert("supported".to_owned(), WITH_SESSIONS.to_vec().into());
            data.insert("requested".to_owned(), requested.as_str().into());
        }
        let error = json!({
            "code": self.number(), "message": format!("Not accepted: {self}."), "data": data,
        });
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{error}}}", id.unwrap_or("null"))
    }
}
