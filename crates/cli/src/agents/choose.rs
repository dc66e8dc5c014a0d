//! The choice of an agent in a directory by its key, name or id.

use std::path::Path;

use deputize::text::Backticked;
use deputize::{Agent, PublicKey};

use crate::input::keys::public_key;
use crate::output::Error;

/// Returns the key of the agent with this key, name or id. While an agent changes its key, several
/// keys have its name and its id: then the error lists them.
///
/// # Errors
///
/// If no agent has it, or several have.
pub fn choose<'a>(
    agents: impl Iterator<Item = &'a Agent> + Clone,
    text: &str,
) -> Result<PublicKey, Error> {
    let listed = |key: PublicKey| match agents.clone().any(|agent| agent.key() == key) {
        true => Ok(key),
        false => Err(error(text, &format!("the directory has no agent with the key {key}"))),
    };
    if let Ok(key) = text.parse() {
        return listed(key);
    }
    let is_meant = |agent: &&Agent| agent.principal().name() == text || agent.id() == text;
    let found: Vec<_> = agents.clone().filter(is_meant).collect();
    match found.as_slice() {
        [one] => Ok(one.key()),
        [] if is_key(text) => public_key("the agent", text).and_then(listed),
        [] => Err(error(
            text,
            "the directory has no agent with this name or id, and no key file has this name; `deputize agents show` lists the agents",
        )),
        several => {
            let keys = several.iter().map(|agent| format!("{} ({})", agent.key(), agent.status()));
            let (count, keys) = (several.len(), keys.collect::<Vec<_>>().join(", "));
            Err(error(
                text,
                &format!("{count} agents have this name or id; give the key of one: {keys}"),
            ))
        }
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with("ssh-ed25519 ") || Path::new(text).exists()
}

fn error(text: &str, why: &str) -> Error {
    Error::about(format_args!("the agent {}", Backticked(text)), why)
}
