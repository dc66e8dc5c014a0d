//! The names in a directory, by their appearance.

use std::collections::HashMap;
use std::sync::Arc;

use crate::statement::directory::agent::Agent;
use crate::text::confusable::appearance;

/// An index of the names, ids and accountable parties of agents, by their appearance. An agent is
/// identified by its index.
#[derive(Debug)]
pub(super) struct Names {
    /// For each appearance, an agent with this name. If there is none, an agent with this id, or
    /// whose accountable party has this name.
    used: HashMap<String, (usize, Use)>,
    /// For each agent whose name is equal to or looks like another's, all such agents.
    shared: HashMap<usize, Arc<[usize]>>,
}

/// The use of a name in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Name,
    Id,
    Accountable,
}

impl Names {
    pub(super) fn of(agents: &[Agent]) -> Self {
        let mut alike = HashMap::<String, Vec<usize>>::with_capacity(agents.len());
        for (at, agent) in agents.iter().enumerate() {
            alike.entry(appearance(agent.principal.name())).or_default().push(at);
        }
        let mut shared = HashMap::new();
        let mut used = HashMap::with_capacity(agents.len().saturating_mul(2));
        for (name, places) in alike {
            let Some(first) = places.first() else { continue };
            used.insert(name, (*first, Use::Name));
            if places.len() > 1 {
                let places: Arc<[usize]> = places.into();
                shared.extend(places.iter().map(|at| (*at, Arc::clone(&places))));
            }
        }
        for (at, agent) in agents.iter().enumerate() {
            used.entry(appearance(&agent.id)).or_insert((at, Use::Id));
        }
        // Few people answer for many agents.
        let by = agents.iter().enumerate().map(|(at, agent)| (agent.accountable.name(), at));
        for (name, at) in by.collect::<HashMap<_, _>>() {
            used.entry(appearance(name)).or_insert((at, Use::Accountable));
        }
        Self { used, shared }
    }

    /// Returns an agent that uses a name with this appearance, and the use.
    pub(super) fn used(&self, appearance: &str) -> Option<(usize, Use)> {
        self.used.get(appearance).copied()
    }

    /// Returns the agents whose names are equal to or look like the name of this agent, if there
    /// are others.
    pub(super) fn shared(&self, at: usize) -> &[usize] {
        self.shared.get(&at).map_or(&[], |places| places)
    }
}
