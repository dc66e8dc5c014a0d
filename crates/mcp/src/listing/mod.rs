//! Listings, with what chains permit: other tools and prompts are left out, and the arguments of
//! those that stay are narrowed.
//!
//! Two laws hold. Narrowing never admits a call that the server's own schema refuses: it adds
//! constraints and removes members, and leaves what it does not understand. And it hides nothing that
//! is permitted: where the limits of a grant have no simple form in a schema, they are only described.

mod words;
mod value;
mod schema;
mod prompt;

use deputize::bind::McpCall;
use deputize::{PermittedArgs, Request};
use serde_json::{Map, Value as Json};

use crate::limits::MAX_LISTING_WORK;

/// Removes from the answer to a listing what is not permitted, and narrows the rest. Returns true if
/// it changed something.
pub(crate) fn narrow<'p>(
    call: McpCall,
    result: &mut Map<String, Json>,
    audience: &str,
    permitted: impl Fn(&Request) -> Option<PermittedArgs<'p>>,
) -> bool {
    // Resources are named by URIs, which are arguments: those that a chain grants are all or none.
    let (member, operation) = match call {
        McpCall::ListTools => ("tools", McpCall::CallTool),
        McpCall::ListPrompts => ("prompts", McpCall::GetPrompt),
        McpCall::ListResources => ("resources", McpCall::ReadResource),
        McpCall::ListTemplates => ("resourceTemplates", McpCall::ReadResource),
        _ => return false,
    };
    let Some(Json::Array(items)) = result.get_mut(member) else { return false };
    let before = items.clone();
    let mut work = MAX_LISTING_WORK;
    items.retain_mut(|item| {
        let resource = match operation {
            McpCall::ReadResource => "uri",
            _ => item.get("name").and_then(Json::as_str).unwrap_or_default(),
        };
        // What is no resource cannot be called.
        let request = Request::new(operation.method(), resource, audience).ok();
        match (request.and_then(|own| permitted(&own)), item) {
            (Some(_), _) if work == 0 => true,
            (Some(own), Json::Object(tool)) if operation == McpCall::CallTool => {
                schema::narrow(tool, own, &mut work)
            }
            (Some(own), Json::Object(prompt)) if operation == McpCall::GetPrompt => {
                prompt::narrow(prompt, own, &mut work)
            }
            (own, _) => own.is_some(),
        }
    });
    *items != before
}
