//! Messages that are written anew.

use deputize::Request;
use deputize::bind::McpCall;
use serde_json::{Map, Value as Json};

use crate::id::Id;
use crate::message::Content;

/// Returns the line of the call that a permit is for, with the LF: the request that was decided
/// about, the id as the client wrote it, and the members of `_meta` that
/// [`ClientMeta::kept`](crate::meta::ClientMeta::kept) returns. `None` if the operation of the
/// request is not a method of MCP that a presentation can be for.
pub fn request_line(request: &Request, id: &Id, meta: Map<String, Json>) -> Option<String> {
    let mut params = McpCall::params_of(request)?;
    if !meta.is_empty() {
        params.insert("_meta".to_owned(), Json::Object(meta));
    }
    let method = request.operation().as_str().to_owned();
    Some(line(Content::Request { id: id.clone(), method, params }))
}

/// Returns the line of a message, with the LF.
pub(crate) fn line(content: Content) -> String {
    let text = Json::Object;
    match content {
        Content::Request { id, method, params } => format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":{},\"params\":{}}}\n",
            Json::from(method),
            text(params)
        ),
        Content::Notification { method, params } => format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":{},\"params\":{}}}\n",
            Json::from(method),
            text(params)
        ),
        Content::Result { id, result } => {
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{}}}\n", text(result))
        }
        Content::Error { id, error } => {
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{}}}\n", text(error))
        }
    }
}
