//! JSON-RPC errors that answer what is refused.

use deputize::bind::MCP_DENIAL;
use serde_json::json;

use crate::id::Id;

/// The codes of JSON-RPC 2.0, section 5.1.
pub(crate) const PARSE_ERROR: i64 = -32700;
pub(crate) const INVALID_REQUEST: i64 = -32600;
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;
pub(crate) const INTERNAL_ERROR: i64 = -32603;

/// Returns the line of an error of the server, with the LF, which the guard answers for it.
pub(crate) fn internal(id: &Id, why: &str) -> String {
    error(Some(id), INTERNAL_ERROR, "server_failed", why)
}

/// Returns the line of an error, with the LF. An id that could not be read is `null`.
pub(crate) fn error(id: Option<&Id>, number: i64, code: &str, why: &str) -> String {
    let id = id.map_or("null", Id::raw);
    let error = json!({ "code": number, "message": why, "data": { MCP_DENIAL: { "code": code } } });
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}\n")
}
