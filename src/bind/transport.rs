//! The one place of a message in which a presentation travels.

use serde::Serialize;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::bind::{HTTP_SCHEME, MCP_PRESENTATION};
use crate::limits::{MAX_AUTHORIZATION_BYTES, MAX_SENT_AUTHORIZATION};
use crate::text::json::{self, JsonError};
use crate::token::presentation::Presentation;

/// Returns the value of the field `Authorization` for a presentation.
///
/// # Errors
///
/// [`TransportError::TooLongToSend`] beyond [`MAX_SENT_AUTHORIZATION`]: send an [`Envelope`].
pub fn authorization(presentation: &Presentation) -> Result<String, TransportError> {
    let value = format!("{HTTP_SCHEME} {}", presentation.to_text());
    match value.len() {
        bytes if bytes > MAX_SENT_AUTHORIZATION => Err(TransportError::TooLongToSend { bytes }),
        _ => Ok(value),
    }
}

/// Finds the text of a presentation in all `Authorization` fields of a request; `None` if there is
/// no such field, or its scheme is another one. The text is not parsed.
///
/// ```
/// # use deputize::bind::{TransportError, from_authorization};
/// assert_eq!(from_authorization([&b"Deputize En0K"[..]]), Ok(Some("En0K")));
/// assert_eq!(from_authorization([&b"Bearer eyJh"[..]]), Ok(None));
/// let two = from_authorization([&b"Deputize En0K"[..], b"Bearer eyJh"]);
/// assert_eq!(two, Err(TransportError::SeveralFields { found: 2 }));
/// ```
///
/// # Errors
///
/// [`TransportError`] for more than one field, and for a field that another reader could read in
/// another way. Nothing may be decided about such a message.
pub fn from_authorization<'a>(
    fields: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a str>, TransportError> {
    let mut fields = fields.into_iter();
    let Some(field) = fields.next() else { return Ok(None) };
    let more = fields.count();
    if more > 0 {
        return Err(TransportError::SeveralFields { found: more.saturating_add(1) });
    }
    if field.len() > MAX_AUTHORIZATION_BYTES {
        return Err(TransportError::TooLong { bytes: field.len() });
    }
    let (scheme, rest) = field.split_at_checked(HTTP_SCHEME.len()).unwrap_or((field, b""));
    if !is_scheme(scheme) || rest.first().is_some_and(is_of_a_token) {
        // A field with our word in another place may be two that a proxy has joined.
        return match field.split(|byte| !is_of_a_token(byte)).any(is_scheme) {
            true => Err(TransportError::NotOneCredential),
            false => Ok(None),
        };
    }
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match std::str::from_utf8(rest).ok().and_then(|rest| rest.strip_prefix(' ')) {
        Some(text) if !text.is_empty() && text.bytes().all(|byte| is_base64url(&byte)) => {
            Ok(Some(text))
        }
        _ => Err(TransportError::NotOneCredential),
    }
}

/// Returns true for a character that the name of a scheme can have (RFC 9110, section 5.6.2).
fn is_of_a_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

fn is_scheme(bytes: &[u8]) -> bool {
    bytes.eq_ignore_ascii_case(HTTP_SCHEME.as_bytes())
}

/// Finds the text of a presentation in the `_meta` of the `params` of an MCP request; `None` if
/// there is none. The text is not parsed. Read the message with a reader that refuses a repeated
/// key, such as [`text::json::read`](crate::text::json::read).
///
/// # Errors
///
/// [`TransportError::NotText`] if `_meta` is not an object, or the member not a string.
pub fn from_mcp_meta(params: &Map<String, Json>) -> Result<Option<&str>, TransportError> {
    let meta = match params.get("_meta") {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Object(meta)) => meta,
        Some(_) => return Err(TransportError::NotText),
    };
    match meta.get(MCP_PRESENTATION) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(TransportError::NotText),
    }
}

/// A body with a presentation and the arguments of the call, for presentations that are too long
/// for a header field, and for arguments that do not fit into a URL.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Envelope {
    /// The text of the presentation, not parsed.
    pub presentation: String,
    /// The arguments of the call.
    pub args: Map<String, Json>,
}

impl Envelope {
    /// Creates the envelope of a presentation, with the arguments of its request.
    pub fn new(presentation: &Presentation, args: Map<String, Json>) -> Self {
        Self { presentation: presentation.to_text(), args }
    }

    /// Reads a body, which the service limits in size before it reads it. A message with an envelope has
    /// no `Authorization` field of the scheme [`HTTP_SCHEME`].
    ///
    /// # Errors
    ///
    /// [`TransportError::NotAnEnvelope`] and [`TransportError::Json`] for anything but an object with
    /// these two members.
    pub fn read(body: &str) -> Result<Self, TransportError> {
        let Json::Object(mut members) = json::read(body).map_err(TransportError::Json)? else {
            return Err(TransportError::NotAnEnvelope);
        };
        let [presentation, args] = ["presentation", "args"].map(|name| members.remove(name));
        match (presentation, args) {
            (Some(Json::String(presentation)), Some(Json::Object(args))) if members.is_empty() => {
                Ok(Self { presentation, args })
            }
            _ => Err(TransportError::NotAnEnvelope),
        }
    }
}

/// The reason why a message does not hold exactly one presentation in the one place for it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The message has more than one `Authorization` field.
    #[error("the message has {found} fields `Authorization`; send one, `Deputize …`")]
    SeveralFields {
        /// The number of fields.
        found: usize,
    },
    /// The field is longer than [`MAX_AUTHORIZATION_BYTES`].
    #[error(
        "the field `Authorization` has {bytes} bytes, and at most {MAX_AUTHORIZATION_BYTES} are read; send the presentation in the body"
    )]
    TooLong {
        /// The length of the field.
        bytes: usize,
    },
    /// The value would be longer than [`MAX_SENT_AUTHORIZATION`].
    #[error(
        "the field `Authorization` would have {bytes} bytes, and common proxies refuse more than {MAX_SENT_AUTHORIZATION}; send the presentation in the body"
    )]
    TooLongToSend {
        /// The length that the value would have.
        bytes: usize,
    },
    /// The field is not the scheme, one space, and one text of base64url: two fields may have been
    /// joined by a proxy.
    #[error(
        "the field `Authorization` must be `Deputize`, one space and the presentation, without a comma"
    )]
    NotOneCredential,
    /// `_meta` is not an object, or its member is not a string.
    #[error("`_meta` must be an object, and its member `{MCP_PRESENTATION}` a string")]
    NotText,
    /// The body is JSON and not an envelope.
    #[error(
        "the body must have the members `presentation`, a string, and `args`, an object, alone"
    )]
    NotAnEnvelope,
    /// The body is not JSON that can be read in only one way.
    #[error("cannot read the body: {0}")]
    Json(JsonError),
}
