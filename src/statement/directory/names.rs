//! The names that a directory uses, by their appearance.

use std::collections::HashMap;
use std::sync::Arc;

use crate::statement::directory::agent::Agent;
use crate::text::confusable::appearance;

/// An index of the names, ids and accountable parties of agents, by their appearance. Agents are
/// given by their places.
#[derive(Debug)]
pub(super) struct Names {
    /// The first agent that has such a name, and otherwise one that has such an id or is answered for
    /// by such a name.
    used: HashMap<String, (usize, Use)>,
    /// For each agent whose name is that of another or looks like it, all such agents.
    shared: HashMap<usize, Arc<[usize]>>,
}

/// What a directory uses a name for.
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
        // A few people answer for many agents.
        let by = agents.iter().enumerate().map(|(at, agent)| (agent.accountable.name(), at));
        for (name, at) in by.collect::<HashMap<_, _>>() {
            used.entry(appearance(name)).or_insert((at, Use::Accountable));
        }
        Self { used, shared }
    }

    /// Returns an agent that uses a name with this appearance, and for what.
    pub(super) fn used(&self, appearance: &str) -> Option<(usize, Use)> {
        self.used.get(appearance).copied()
    }

    /// Returns the agents whose names are that of this agent or look like it, if there are others.
    pub(super) fn shared(&self, at: usize) -> &[usize] {
        self.shared.get(&at).map_or(&[], |places| places)
    }
}
