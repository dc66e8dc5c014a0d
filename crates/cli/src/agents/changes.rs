//! The differences between the agents of two directories.

use deputize::text::{Quoted, visible_json};
use deputize::{Agent, Directory, DirectoryDraft};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::output::granted::named;

/// An entry that was changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Changed {
    /// The entry before.
    pub before: Agent,
    /// The entry after.
    pub after: Agent,
}

/// The differences between two directories.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Changes {
    /// The entries that were added.
    pub added: Vec<Agent>,
    /// The entries that were changed.
    pub changed: Vec<Changed>,
    /// The entries that were removed.
    pub removed: Vec<Agent>,
}

impl Changes {
    /// Returns the changes of a draft.
    pub fn between(before: Option<&Directory>, after: &DirectoryDraft) -> Self {
        let mut changes = Self::default();
        for agent in after.agents() {
            match before.and_then(|before| before.agent(&agent.key())) {
                None => changes.added.push(agent.clone()),
                Some(own) if own == agent => {}
                Some(own) => {
                    changes.changed.push(Changed { before: own.clone(), after: agent.clone() });
                }
            }
        }
        let before = before.map_or(&[][..], Directory::agents);
        let removed = before.iter().filter(|agent| after.agent(&agent.key()).is_none());
        changes.removed = removed.cloned().collect();
        changes
    }

    /// Returns true if nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// Returns the changes in lines for people.
    pub fn lines(&self) -> Vec<String> {
        let added = self
            .added
            .iter()
            .map(|agent| format!("added: {}, {}", named(agent.principal()), agent.status()));
        let changed = self.changed.iter().map(|Changed { before, after }| {
            format!("changed: {}: {}", named(after.principal()), difference(before, after))
        });
        let removed = self.removed.iter().map(|own| format!("removed: {}", named(own.principal())));
        added.chain(changed).chain(removed).collect()
    }

    /// Returns the entries that were added or changed, as they are now.
    pub fn present(&self) -> impl Iterator<Item = &Agent> {
        self.added.iter().chain(self.changed.iter().map(|own| &own.after))
    }
}

/// Returns the differences between two entries in words: `status active → suspended`.
pub fn difference(before: &Agent, after: &Agent) -> String {
    let (before, after) = (members(before), members(after));
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let lines = differs
        .map(|name| format!("{name} {} → {}", shown(before.get(name)), shown(after.get(name))));
    lines.collect::<Vec<_>>().join(", ")
}

fn members(agent: &Agent) -> Map<String, Value> {
    match serde_json::to_value(agent) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "none".to_owned(),
        Some(Value::String(text)) => Quoted(text).to_string(),
        Some(other) => visible_json(&other.to_string()),
    }
}
