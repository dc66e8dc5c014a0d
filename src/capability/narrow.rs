//! Narrowing: whether a capability reaches beyond the one that it is drawn from.

use super::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::{Constraint, Work};
use crate::inert::Inert;

/// The one aspect in which a capability reaches beyond its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Widening {
    pub(crate) what: String,
    pub(crate) asked: String,
    pub(crate) granted: String,
}

impl Capability {
    /// `None` where one of `parents` holds everything that this capability does; otherwise what
    /// keeps the nearest of them from it.
    pub(crate) fn widening_of(&self, parents: &[Self], work: &Work) -> Option<Widening> {
        let mut nearest = None;
        for parent in parents {
            let widening = self.beyond(parent, work)?;
            let rank = u8::from(widening.what != "operation");
            if nearest.as_ref().is_none_or(|(best, _)| rank > *best) {
                nearest = Some((rank, widening));
            }
        }
        Some(nearest.map_or_else(
            || Widening {
                what: "operation".to_owned(),
                asked: self.operation().to_string(),
                granted: "nothing".to_owned(),
            },
            |(_, widening)| widening,
        ))
    }

    /// What of this capability reaches beyond `parent`, if anything does, or if there is no work left
    /// to find out.
    pub(crate) fn beyond(&self, parent: &Self, work: &Work) -> Option<Widening> {
        if !self.operation.within(&parent.operation) {
            return Some(Widening {
                what: "operation".to_owned(),
                asked: self.operation.to_string(),
                granted: parent.operation.to_string(),
            });
        }
        if !self.resource.within(&parent.resource) {
            return Some(Widening {
                what: "resource".to_owned(),
                asked: self.resource.to_string(),
                granted: parent.resource.to_string(),
            });
        }
        if self.other_args == OtherArgs::Allow && parent.other_args == OtherArgs::Deny {
            return Some(Widening {
                what: "arguments".to_owned(),
                asked: "any other argument".to_owned(),
                granted: "only those it names".to_owned(),
            });
        }
        let unnamed = self
            .args
            .keys()
            .find(|name| parent.other_args == OtherArgs::Deny && !parent.args.contains_key(*name));
        if let Some(name) = unnamed {
            return Some(Widening {
                what: format!("argument {}", Inert(name)),
                asked: "present".to_owned(),
                granted: "no such argument".to_owned(),
            });
        }
        parent.args.iter().find_map(|(name, outer)| {
            let own = self.args.get(name);
            outer.exceeded_by(own, self.other_args, work).map(|(asked, granted)| Widening {
                what: format!("argument {}", Inert(name)),
                asked,
                granted,
            })
        })
    }
}

impl ArgLimits {
    /// Asked and granted, where a child's limits on the same argument let through more than these.
    fn exceeded_by(
        &self,
        child: Option<&Self>,
        others: OtherArgs,
        work: &Work,
    ) -> Option<(String, String)> {
        match child {
            // The child refuses the argument altogether.
            None if others == OtherArgs::Deny => match self.presence {
                Presence::Optional => None,
                Presence::Required => Some(("absent".to_owned(), "required".to_owned())),
            },
            None => Some(("absent or any value".to_owned(), self.to_string())),
            Some(child) => {
                if child.presence == Presence::Optional && self.presence == Presence::Required {
                    return Some(("optional".to_owned(), "required".to_owned()));
                }
                Constraint::widened_within(&child.constraints, &self.constraints, work)
                    .map(|constraint| (child.to_string(), constraint.to_string()))
            }
        }
    }
}
