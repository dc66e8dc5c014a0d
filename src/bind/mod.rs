//! The bindings to HTTP and MCP that `docs/BINDINGS.md` specifies: where a presentation travels,
//! which request a message is, and how a refusal is sent.
//!
//! Both sides of a call build the request by these functions, so two programs that use Deputize
//! understand each other without an agreement. Nothing here does I/O.
//!
//! ```
//! use deputize::bind::{self, McpCall};
//! use deputize::text::json;
//!
//! let line = r#"{"name": "read_file", "arguments": {"path": "/srv/a"}, "_meta": {"deputize/presentation": "En0K"}}"#;
//! let params = json::read(line)?;
//! let params = params.as_object().ok_or("not an object")?;
//!
//! let call = McpCall::of_method("tools/call").ok_or("not a call")?;
//! let request = call.request(params, "fs.acme.com")?;
//! assert_eq!(request.to_string(), "tools/call on read_file at fs.acme.com");
//! assert_eq!(bind::from_mcp_meta(params)?, Some("En0K"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod transport;
mod mcp;
mod route;
mod refusal;

pub use mcp::{McpCall, McpError};
pub use refusal::HttpRefusal;
pub use route::{QueryKind, RouteError, arguments, query, segments};
pub use transport::{Envelope, TransportError, authorization, from_authorization, from_mcp_meta};

/// The scheme of the HTTP field `Authorization`.
pub const HTTP_SCHEME: &str = "Deputize";

/// The media type of a body that holds a presentation and arguments.
pub const ENVELOPE_MEDIA_TYPE: &str = "application/deputize+json";

/// The member of MCP's `_meta` in which a presentation travels.
pub const MCP_PRESENTATION: &str = "deputize/presentation";

/// The member of MCP's `_meta` in which a refusal is for programs.
pub const MCP_DENIAL: &str = "deputize/denial";

/// The name under which a guard announces itself among the capabilities of an MCP server.
pub const MCP_GUARD: &str = "deputize/guard";

/// The argument that holds the answers to a tool or prompt of MCP that asked back. It is not one of
/// the tool's own arguments.
pub const MCP_INPUT_RESPONSES: &str = "inputResponses";

/// The JSON-RPC code of a refusal of anything but a tool call. MCP leaves −32000 to −32019 to
/// implementations.
pub const MCP_REFUSED: i64 = -32010;
