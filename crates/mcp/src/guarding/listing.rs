//! Answers to listings, and the announcement of the guard.

use deputize::ProvenHolder;
use deputize::bind::{MCP_GUARD, McpCall};
use serde_json::{Map, Value as Json, json};

use crate::listing;

/// Removes from an answer what the chain of the holder does not grant, and narrows the rest. Returns
/// true if it changed something.
pub(super) fn filter(
    call: McpCall,
    result: &mut Map<String, Json>,
    holder: &ProvenHolder,
    audience: &str,
) -> bool {
    listing::narrow(call, result, audience, |request| holder.permitted(request))
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
