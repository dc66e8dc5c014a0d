//! Refusals as HTTP and MCP send them.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::bind::{MCP_DENIAL, MCP_REFUSED, McpCall};
use crate::verify::denial::{Denial, ForCaller};

/// A refusal as an HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRefusal {
    /// The status: 400, 401, 403 or 503.
    pub status: u16,
    /// The value of the field `WWW-Authenticate`, with 401 and 403.
    pub www_authenticate: Option<String>,
    /// The body, an RFC 9457 problem in JSON, which [`ReceivedDenial`](crate::ReceivedDenial) reads too.
    pub body: String,
}

impl HttpRefusal {
    /// The media type of the body.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// Returns the answer to a message that is malformed, with the code and the text of the error.
    pub fn malformed(code: &str, why: &str) -> Self {
        let body = json!({ "title": "Bad Request", "status": 400, "detail": why, "code": code });
        Self { status: 400, www_authenticate: None, body: body.to_string() }
    }
}

impl Denial {
    /// Returns the refusal as an HTTP response. It contains more than the class only if the [holder
    /// made the call](Self::is_for_the_holder).
    ///
    /// ```
    /// # use deputize::{Denial, time::OffsetDateTime};
    /// let answer = Denial::not_presented(None, OffsetDateTime::now_utc()).to_http();
    /// assert_eq!(answer.status, 401);
    /// assert_eq!(answer.www_authenticate.as_deref(), Some("Deputize error=\"not_authentic\""));
    /// ```
    pub fn to_http(&self) -> HttpRefusal {
        self.for_caller().to_http()
    }

    /// Returns the refusal as the answer to a message of MCP, as [`ForCaller::to_mcp`] does.
    pub fn to_mcp(&self, call: McpCall, id: &str) -> String {
        self.for_caller().to_mcp(call, id)
    }
}

impl ForCaller<'_> {
    /// Returns the refusal as an HTTP response.
    pub fn to_http(&self) -> HttpRefusal {
        let class = self.class();
        let (status, title) = match class.http_status() {
            401 => (401, "Unauthorized"),
            503 => (503, "Service Unavailable"),
            _ => (403, "Forbidden"),
        };
        let problem = Problem { title, status, detail: self.for_model(), denial: self };
        HttpRefusal {
            status,
            www_authenticate: (status != 503)
                .then(|| format!("Deputize error=\"{}\"", class.as_str())),
            body: serde_json::to_string(&problem).unwrap_or_default(),
        }
    }

    /// Returns the refusal as the answer to a message of MCP, in one line without its line end.
    /// `id` is the JSON text of the message's id, which is returned as it came.
    ///
    /// A tool call gets a result with `isError`, so the text reaches the model. Other methods get a
    /// JSON-RPC error. Programs find the refusal under [`MCP_DENIAL`].
    pub fn to_mcp(&self, call: McpCall, id: &str) -> String {
        let denial = serde_json::to_value(self).unwrap_or_default();
        answer(call, id, MCP_REFUSED, &self.for_model(), &denial)
    }
}

/// The members of RFC 9457, beside those of the denial. The problem has no `type`, since the status says
/// what kind it is.
#[derive(Serialize)]
struct Problem<D> {
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    denial: D,
}

impl McpCall {
    /// Returns the answer to a message that is malformed, with the code and the text of the error,
    /// in the form of [`Denial::to_mcp`].
    pub fn malformed(self, id: &str, code: &str, why: &str) -> String {
        const INVALID_PARAMS: i64 = -32602;
        answer(self, id, INVALID_PARAMS, &format!("Not a call: {why}."), &json!({ "code": code }))
    }

    /// Returns the answer to a call that its presenter does not send, with the code and the reason, in the
    /// form of [`Denial::to_mcp`].
    pub fn not_sent(self, id: &str, code: &str, why: &str) -> String {
        answer(self, id, MCP_REFUSED, &format!("Not sent. {why}"), &json!({ "code": code }))
    }
}

fn answer(call: McpCall, id: &str, error: i64, text: &str, data: &Json) -> String {
    // Only a string or a number is an id, and only on one line can it be sent back as it came.
    let is_id = !id.contains(['\r', '\n'])
        && matches!(serde_json::from_str(id), Ok(Json::String(_) | Json::Number(_)));
    let id = if is_id { id.trim_ascii() } else { "null" };
    let (member, value) = match call {
        McpCall::CallTool => (
            "result",
            json!({
                "content": [{ "type": "text", "text": text }],
                "isError": true,
                "resultType": "complete",
                "_meta": { MCP_DENIAL: data },
            }),
        ),
        _ => ("error", json!({ "code": error, "message": text, "data": { MCP_DENIAL: data } })),
    };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"{member}":{value}}}"#)
}
