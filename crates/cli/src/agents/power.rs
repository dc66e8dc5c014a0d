//! Whether a token gives the power to list agents, as far as its holder can know.
//!
//! The verifier decides. But a directory that no verifier follows admits nobody, so the commands say
//! so before they sign one.

use deputize::{Agent, OperationPattern, PublicKey, Resource, Token};
use time::OffsetDateTime;

/// The operation that every hop must grant by this name.
const DIRECTORY: &str = "deputize.directory";

/// Returns why verifiers would not follow a directory of these agents by the holder of this token.
pub fn doubts<'a>(
    token: &Token,
    agents: impl Iterator<Item = &'a Agent>,
    now: OffsetDateTime,
) -> Vec<String> {
    let mut doubts = Vec::new();
    if token.expires() <= now {
        doubts.push("the token that gives the power has expired; ask for a new one".to_owned());
    }
    if let Some(hop) = token.hops().iter().position(|hop| hop.grant().audience().is_some()) {
        doubts.push(format!(
            "hop {hop} of the token that gives the power limits it to some services, and a directory is for all"
        ));
    }
    let mut lacking = Vec::new();
    for agent in agents {
        let key = hex(&agent.key());
        let spawn = agent.may_spawn().then_some("spawn");
        for kind in ["agent"].into_iter().chain(spawn) {
            let resource = format!("{kind}/{key}");
            if let Some(hop) = first_without(token, &resource) {
                lacking.push(format!(
                    "hop {hop} of the token that gives the power does not grant `{DIRECTORY}` by that name on `{resource}`"
                ));
            }
        }
    }
    // One says enough about a token that grants nothing of the kind.
    let more = lacking.len().saturating_sub(1);
    doubts.extend(lacking.into_iter().next());
    if more > 0 {
        doubts.push(format!("and {more} more of the kind"));
    }
    doubts
}

/// Returns the first hop that does not grant a resource.
fn first_without(token: &Token, resource: &str) -> Option<usize> {
    let resource = resource.parse::<Resource>();
    token.hops().iter().position(|hop| {
        let mut capabilities = hop.grant().capabilities().iter();
        let grants = capabilities.any(|own| {
            let is_named = matches!(own.operation(), OperationPattern::Exact(own) if own.as_str() == DIRECTORY);
            let permits = resource.as_ref().is_ok_and(|resource| own.resource().permits(resource));
            is_named && own.args().is_empty() && permits
        });
        !grants
    })
}

/// Returns the 64 digits of a key.
fn hex(key: &PublicKey) -> String {
    let text = key.to_string();
    text.strip_prefix("ed25519/").unwrap_or(&text).to_owned()
}
