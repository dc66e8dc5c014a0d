//! Fields of HTTP that MCP defines, and their values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::HeaderName;
use serde_json::{Map, Value as Json};

use crate::message::Content;

/// The one path of a door.
pub(super) const PATH: &str = "/mcp";

pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub(super) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
pub(super) const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The beginning of the names of fields that repeat an argument.
pub(super) const PARAM: &str = "mcp-param-";
pub(super) const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

pub(super) const JSON: &str = "application/json";
pub(super) const EVENTS: &str = "text/event-stream";

/// The member of `_meta` in which a message of 2026-07-28 and later has its version.
const VERSION_META: &str = "io.modelcontextprotocol/protocolVersion";

/// A field that occurs twice, or is not ASCII.
#[derive(Debug)]
pub(super) struct Unclear(pub(super) HeaderName);

/// Returns the value of a field, which may occur once.
pub(super) fn one<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h str>, Unclear> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(value), None) => Ok(Some(value.trim())),
        _ => Err(Unclear(name.clone())),
    }
}

/// Returns a media type without its parameters, in lower case.
pub(super) fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns true if a field `Accept` includes a media type.
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let (kind, _) = wanted.split_once('/').unwrap_or_default();
    let fields = headers.get_all("accept").iter().filter_map(|own| own.to_str().ok());
    fields.flat_map(|field| field.split(',')).any(|range| {
        let is_refused = range.split(';').skip(1).any(|own| matches!(own.trim(), "q=0" | "q=0.0"));
        let range = media_type(range);
        !is_refused && (range == wanted || range == "*/*" || range == format!("{kind}/*"))
    })
}

/// Returns the version that a message has in its `_meta`.
pub(super) fn version_of(params: &Map<String, Json>) -> Option<&str> {
    params.get("_meta")?.get(VERSION_META)?.as_str()
}

/// Returns what a message has in its `_meta` as its version, whatever its type.
pub(super) fn own_version(content: &Content) -> Option<&Json> {
    let (Content::Request { params, .. } | Content::Notification { params, .. }) = content else {
        return None;
    };
    params.get("_meta")?.get(VERSION_META)
}

/// Returns the method of a message and the name that `Mcp-Name` repeats.
pub(super) fn repeated(content: &Content) -> Option<(&str, Option<&str>)> {
    let (method, params) = match content {
        Content::Request { method, params, .. } | Content::Notification { method, params } => {
            (method, params)
        }
        Content::Result { .. } | Content::Error { .. } => return None,
    };
    let member = match method.as_str() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return Some((method, None)),
    };
    Some((method, params.get(member).and_then(Json::as_str)))
}

const ENCODED: (&str, &str) = ("=?base64?", "?=");

/// Returns a text as the value of a field: as it is, or encoded if a field could change it.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text;
    let (begin, end) = ENCODED;
    match is_plain && !(text.starts_with(begin) && text.ends_with(end)) {
        true => text.to_owned(),
        false => format!("{begin}{}{end}", STANDARD.encode(text)),
    }
}

/// Returns true if the value of a field is this text, encoded or not.
pub(super) fn is_value_of(value: &str, text: &str) -> bool {
    let (begin, end) = ENCODED;
    match value.strip_prefix(begin).and_then(|own| own.strip_suffix(end)) {
        Some(own) => STANDARD.decode(own).is_ok_and(|own| own == text.as_bytes()),
        None => value == text,
    }
}
