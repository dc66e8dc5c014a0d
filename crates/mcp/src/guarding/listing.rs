//! Answers to listings, and the announcement of the guard.

use deputize::bind::{MCP_GUARD, McpCall};
use deputize::{ProvenHolder, Request};
use serde_json::{Map, Value as Json, json};

/// Removes from an answer what the chain of the holder does not grant. Returns true if something was
/// removed.
pub(super) fn filter(
    call: McpCall,
    result: &mut Map<String, Json>,
    holder: &ProvenHolder,
    audience: &str,
) -> bool {
    // Resources are named by URIs, which are arguments: those that a chain grants are all or none.
    let (member, operation, name) = match call {
        McpCall::ListTools => ("tools", McpCall::CallTool, Some("name")),
        McpCall::ListPrompts => ("prompts", McpCall::GetPrompt, Some("name")),
        McpCall::ListResources => ("resources", McpCall::ReadResource, None),
        McpCall::ListTemplates => ("resourceTemplates", McpCall::ReadResource, None),
        _ => return false,
    };
    let Some(Json::Array(items)) = result.get_mut(member) else { return false };
    let before = items.len();
    items.retain(|item| {
        let resource = match name {
            Some(name) => item.get(name).and_then(Json::as_str).unwrap_or_default(),
            None => "uri",
        };
        // What is no resource cannot be called.
        Request::new(operation.method(), resource, audience)
            .is_ok_and(|request| holder.may_permit(&request))
    });
    items.len() < before
}

/// Adds the guard and its audience to the capabilities of a server.
pub(super) fn announce(result: &mut Map<String, Json>, audience: &str) {
    let capabilities = result.entry("capabilities").or_insert_with(|| json!({}));
    let Json::Object(capabilities) = capabilities else { return };
    let experimental = capabilities.entry("experimental").or_insert_with(|| json!({}));
    if let Json::Object(experimental) = experimental {
        experimental.insert(MCP_GUARD.to_owned(), json!({ "audience": audience }));
    }
}
