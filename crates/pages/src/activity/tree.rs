//! The delegations, with the numbers of calls: a tree below each owner, bounded in size.

use crate::activity::counts::Counts;
use crate::activity::deed::{Caller, Deed};
use crate::given::Party;
use crate::limits::MAX_TREE_NODES;
use crate::shown::ShownParty;

/// The owners, and the delegates below them.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// A parent is before its children.
    nodes: Vec<Node>,
    /// The calls below owners for which there was no room.
    pub(super) further_owners: Counts,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) party: ShownParty,
    key: [u8; 32],
    pub(super) depth: usize,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    /// The calls of this party and of those to whom it delegated, through this path.
    pub(super) calls: Counts,
    /// Those of delegates for which there was no room.
    pub(super) beyond: Counts,
}

impl Tree {
    pub(super) fn add(&mut self, deed: &Deed) {
        let Caller::Holder { owner, agents, .. } = &deed.caller else { return };
        let mut above = None;
        for party in [owner].into_iter().chain(agents) {
            let Some(at) = self.find(above, party) else {
                let further = match above {
                    Some(parent) => self.nodes.get_mut(parent).map(|parent| &mut parent.beyond),
                    None => Some(&mut self.further_owners),
                };
                further.into_iter().for_each(|calls| calls.add(deed.outcome));
                return;
            };
            if let Some(node) = self.nodes.get_mut(at) {
                node.calls.add(deed.outcome);
            }
            above = Some(at);
        }
    }

    pub(super) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// Returns the `most` nodes with the most calls. With a node, its parent is among them.
    pub(super) fn busiest(&self, most: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.nodes.len()).collect();
        // A parent has at least the calls of each child, and a smaller index.
        all.sort_by_key(|at| {
            let calls = self.node(*at).map_or(0, |node| node.calls.total());
            (std::cmp::Reverse(calls), *at)
        });
        all.truncate(most);
        all
    }

    /// Returns the owners, those with the most calls first.
    pub(super) fn owners(&self) -> Vec<usize> {
        let roots = self.nodes.iter().enumerate().filter(|(_, node)| node.parent.is_none());
        self.sorted(roots.map(|(at, _)| at).collect())
    }

    /// Returns the children of a node, those with the most calls first.
    pub(super) fn children(&self, node: &Node) -> Vec<usize> {
        self.sorted(node.children.clone())
    }

    fn sorted(&self, mut nodes: Vec<usize>) -> Vec<usize> {
        let calls = |at: &usize| self.node(*at).map_or(0, |node| node.calls.total());
        nodes.sort_by_key(|at| (std::cmp::Reverse(calls(at)), *at));
        nodes
    }

    /// Returns the node of a party below another one, and makes it if there is room.
    fn find(&mut self, above: Option<usize>, party: &Party) -> Option<usize> {
        let (key, shown) = (party.key.to_bytes(), ShownParty::of(party));
        let is_it = |node: &Node| node.key == key && node.party == shown;
        let known = match above.map(|above| self.node(above)) {
            None => self.nodes.iter().position(|node| node.parent.is_none() && is_it(node)),
            Some(parent) => {
                parent?.children.iter().copied().find(|child| self.node(*child).is_some_and(is_it))
            }
        };
        if known.is_some() || self.nodes.len() >= MAX_TREE_NODES {
            return known;
        }
        let at = self.nodes.len();
        let parent = above.and_then(|above| self.nodes.get_mut(above));
        let depth = parent.as_ref().map_or(0, |parent| parent.depth.saturating_add(1));
        if let Some(parent) = parent {
            parent.children.push(at);
        }
        let (children, calls, beyond) = (Vec::new(), Counts::default(), Counts::default());
        self.nodes.push(Node { party: shown, key, depth, parent: above, children, calls, beyond });
        Some(at)
    }
}
