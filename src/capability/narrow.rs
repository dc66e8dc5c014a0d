//! Narrowing: whether a capability reaches beyond the one that it is drawn from.

use super::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::{Budget, Constraint};
use crate::request::arguments::prefix_below;
use crate::text::escape::Quoted;

/// The one aspect in which a capability reaches beyond its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excess {
    pub(crate) what: String,
    pub(crate) asked: String,
    pub(crate) granted: String,
}

impl Capability {
    /// `None` where one of `parents` holds everything that this capability does; otherwise what
    /// keeps the nearest of them from it.
    pub(crate) fn excess_over(&self, parents: &[Self], work: &Budget) -> Option<Excess> {
        let mut nearest = None;
        for parent in parents {
            let widening = self.beyond(parent, work)?;
            let rank = u8::from(widening.what != "operation");
            if nearest.as_ref().is_none_or(|(best, _)| rank > *best) {
                nearest = Some((rank, widening));
            }
        }
        Some(nearest.map_or_else(
            || Excess {
                what: "operation".to_owned(),
                asked: self.operation().to_string(),
                granted: "nothing".to_owned(),
            },
            |(_, widening)| widening,
        ))
    }

    /// What of this capability reaches beyond `parent`, if anything does, or if there is no work left
    /// to find out.
    pub(crate) fn beyond(&self, parent: &Self, work: &Budget) -> Option<Excess> {
        if !self.operation.within(&parent.operation) {
            return Some(Excess {
                what: "operation".to_owned(),
                asked: self.operation.to_string(),
                granted: parent.operation.to_string(),
            });
        }
        if !self.resource.within(&parent.resource) {
            return Some(Excess {
                what: "resource".to_owned(),
                asked: self.resource.to_string(),
                granted: parent.resource.to_string(),
            });
        }
        if self.other_args == OtherArgs::Allow && parent.other_args == OtherArgs::Deny {
            return Some(Excess {
                what: "arguments".to_owned(),
                asked: "any other argument".to_owned(),
                granted: "only those it names".to_owned(),
            });
        }
        if let Some(unnamed) = self.unnamed_in(parent) {
            return Some(unnamed);
        }
        let below: Vec<String> = self.below().map(prefix_below).collect();
        parent.args.iter().find_map(|(name, outer)| {
            let own = self.args.get(name);
            let others = if own.is_none() && self.lets_stand(name, &below) {
                OtherArgs::Allow
            } else {
                self.other_args
            };
            let found = outer.exceeded_by(own, others, work)?;
            Some(Excess { what: argument(name), asked: found.0, granted: found.1 })
        })
    }

    /// The first argument that this capability names and `parent` does not.
    fn unnamed_in(&self, parent: &Self) -> Option<Excess> {
        if parent.other_args == OtherArgs::Allow {
            return None;
        }
        let below: Vec<String> = parent.below().map(prefix_below).collect();
        let lies_below = |name: &str| below.iter().any(|prefix| name.starts_with(prefix));
        self.args.iter().find_map(|(name, own)| {
            let outer = parent.args.get(name);
            if own.presence == Presence::Below && outer.is_some() && !lies_below(name) {
                // All that lies inside it must be named too.
                let is_below = outer.is_some_and(|outer| outer.presence == Presence::Below);
                return (!is_below).then(|| Excess {
                    what: argument(name),
                    asked: "anything, and all below".to_owned(),
                    granted: outer.map(ToString::to_string).unwrap_or_default(),
                });
            }
            (outer.is_none() && !lies_below(name)).then(|| Excess {
                what: argument(name),
                asked: "present".to_owned(),
                granted: "no such argument".to_owned(),
            })
        })
    }

    /// Whether something may stand under a name that is not among those of this capability: it lies
    /// below one of these prefixes, or something inside it is named, so that it is an object or a
    /// list.
    fn lets_stand(&self, name: &str, below: &[String]) -> bool {
        let inside = prefix_below(name);
        below.iter().any(|prefix| name.starts_with(prefix))
            || self.args.keys().any(|own| own.starts_with(&inside))
    }
}

fn argument(name: &str) -> String {
    format!("argument {}", Quoted(name))
}

impl ArgLimits {
    /// Asked and granted, where a child's limits on the same argument let through more than these;
    /// `others` is what the child does with it where it has none.
    fn exceeded_by(
        &self,
        child: Option<&Self>,
        others: OtherArgs,
        work: &Budget,
    ) -> Option<(String, String)> {
        let is_required = self.presence == Presence::Required;
        match child {
            // The child refuses the argument altogether.
            None if others == OtherArgs::Deny => {
                is_required.then(|| ("absent".to_owned(), "required".to_owned()))
            }
            None if !is_required && self.constraints.is_empty() => None,
            None => Some(("absent or any value".to_owned(), self.to_string())),
            Some(child) => {
                if child.presence != Presence::Required && is_required {
                    return Some(("optional".to_owned(), "required".to_owned()));
                }
                Constraint::widened_within(&child.constraints, &self.constraints, work)
                    .map(|constraint| (child.to_string(), constraint.to_string()))
            }
        }
    }
}
