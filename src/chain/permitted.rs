//! The arguments that chains permit in calls of one kind.

use std::collections::BTreeSet;
use std::slice::from_ref;

use crate::capability::{Capability, OtherArgs, Presence};
use crate::chain::types::DelegationChain;
use crate::constraint::{Budget, Constraint, enumerate_permitted};
use crate::limits::MAX_CAPABILITIES;
use crate::request::Request;
use crate::request::arguments::{enclosing, prefix_below};
use crate::request::value::Value;

/// The arguments that one or several chains permit in calls of one operation on one resource, from
/// [`Token::permitted`](crate::Token::permitted) or
/// [`ProvenHolder::permitted`](crate::ProvenHolder::permitted).
///
/// It tells a caller which calls can be permitted, before it makes one. It decides nothing, because
/// it describes each argument independent of the others: every call that a chain permits is within
/// it, and not every call within it is permitted.
///
/// ```
/// # use deputize::{Constraint, Request, testing::Scene, time::OffsetDateTime};
/// # let now = OffsetDateTime::now_utc();
/// let scene = Scene::allowing(["tools/call read_file path:subpath=/srv head?=1..100"], now)?;
/// let call = Request::call("read_file", None, "fs.acme.com")?;
/// let permitted = scene.token().permitted(&call, now).ok_or("no call is permitted")?;
/// assert!(permitted.requires("path") && !permitted.requires("head"));
/// assert!(permitted.may_have("head") && !permitted.may_have("tail"));
/// let mut work = deputize::limits::MAX_DECISION_WORK;
/// assert_eq!(permitted.limits_on("path", &mut work), [[&Constraint::subpath("/srv")?]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedArgs<'a> {
    /// A call is permitted if, for one chain, one capability of each hop covers it. No chain has no
    /// hop, and no hop has no capability.
    chains: Vec<Vec<Vec<&'a Capability>>>,
}

impl DelegationChain {
    /// Returns the arguments that may be permitted in calls of the operation of `request` on its
    /// resource, at its service; `None` if no such call is permitted.
    pub(crate) fn permitted(&self, request: &Request) -> Option<PermittedArgs<'_>> {
        let covers = |own: &&Capability| {
            own.operation().permits(request.operation())
                && own.resource().permits(request.resource())
        };
        let hops = self.hops.iter().map(|hop| {
            let audience = hop.grant.audience.as_ref();
            let is_there = audience.is_none_or(|own| own.contains(request.audience()));
            let capabilities = hop.grant.capabilities().iter().filter(covers);
            is_there.then(|| capabilities.collect::<Vec<_>>()).filter(|own| !own.is_empty())
        });
        Some(PermittedArgs { chains: vec![hops.collect::<Option<_>>()?] })
    }
}

impl<'a> PermittedArgs<'a> {
    /// Adds what other chains permit: a call is permitted if one of all chains permits it.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.chains.extend(other.chains);
        self
    }

    /// Returns what is permitted in calls that have all of these arguments; `None` if no such call
    /// is.
    pub fn with_all<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<Self> {
        let names: Vec<_> = names.into_iter().collect();
        let chains = self.chains.iter().filter_map(|hops| {
            let hops = hops.iter().map(|alternatives| {
                let allows = |own: &&&Capability| names.iter().all(|name| allows(own, name));
                let left: Vec<_> = alternatives.iter().filter(allows).copied().collect();
                (!left.is_empty()).then_some(left)
            });
            hops.collect::<Option<Vec<_>>>()
        });
        let chains: Vec<_> = chains.collect();
        (!chains.is_empty()).then_some(Self { chains })
    }

    /// Returns the top-level arguments that capabilities name, or members of which they name.
    pub fn top_level(&self) -> BTreeSet<String> {
        let top = |name: &&str| enclosing(name).next().unwrap_or_else(|| (*name).to_owned());
        self.names().map(|name| top(&name)).collect()
    }

    /// Returns the names of the members of this argument that capabilities name: pointers, such as
    /// `/filter/owner` in `filter`.
    pub fn members_of(&self, name: &str) -> BTreeSet<&'a str> {
        let inside = prefix_below(name);
        self.names().filter(|own| own.starts_with(&inside)).collect()
    }

    /// Returns the names of all arguments that capabilities name, also pointers into others.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.chains.iter().flatten().flatten().flat_map(|own| own.args().keys().map(String::as_str))
    }

    /// Returns true if a call may have arguments that no capability names.
    pub fn may_have_others(&self) -> bool {
        let is_open = |own: &&Capability| own.other_args() == OtherArgs::Allow;
        self.chains.iter().any(|hops| hops.iter().all(|own| own.iter().any(is_open)))
    }

    /// Returns true if a call may have this argument.
    pub fn may_have(&self, name: &str) -> bool {
        let allows = |own: &&Capability| allows(own, name);
        self.chains.iter().any(|hops| hops.iter().all(|own| own.iter().any(allows)))
    }

    /// Returns true if a call must have this argument.
    pub fn requires(&self, name: &str) -> bool {
        let inside = prefix_below(name);
        let requires = |own: &&Capability| {
            let mut named = own.args().iter().filter(|(_, it)| it.presence() == Presence::Required);
            named.any(|(own, _)| own == name || own.starts_with(&inside))
        };
        self.chains.iter().all(|hops| hops.iter().any(|own| own.iter().all(requires)))
    }

    /// Returns the limits on the value of this argument in a call that has it: alternatives, in each
    /// of which all constraints must hold. So one alternative without constraints is any value, and
    /// no alternative means that no call has the argument.
    ///
    /// It takes at most this much work, which it lessens by its own; where that is not enough, and
    /// for more than [`MAX_CAPABILITIES`] alternatives, it returns wider limits. The unit is that of
    /// [`MAX_DECISION_WORK`](crate::limits::MAX_DECISION_WORK).
    pub fn limits_on(&self, name: &str, work: &mut usize) -> Vec<Vec<&'a Constraint>> {
        let budget = Budget::of(*work);
        let mut all = Vec::new();
        for hops in &self.chains {
            for own in limits_of_chain(hops, name, &budget) {
                add(&mut all, own, &budget);
            }
        }
        *work = budget.left();
        if budget.is_exhausted() || all.len() > MAX_CAPABILITIES { any_value() } else { all }
    }
}

/// Returns true if a call that the capability covers may have this argument.
fn allows(capability: &Capability, name: &str) -> bool {
    let inside = prefix_below(name);
    let is_named = |own: &String| own == name || own.starts_with(&inside);
    capability.other_args() == OtherArgs::Allow
        || capability.args().keys().any(is_named)
        || capability.below().any(|own| name.starts_with(&prefix_below(own)))
}

fn any_value<'a>() -> Vec<Vec<&'a Constraint>> {
    vec![Vec::new()]
}

/// Returns the limits on an argument that all hops of a chain set together.
fn limits_of_chain<'a>(
    hops: &[Vec<&'a Capability>],
    name: &str,
    work: &Budget,
) -> Vec<Vec<&'a Constraint>> {
    let mut all = any_value();
    for capabilities in hops {
        let mut own = Vec::new();
        for capability in capabilities {
            if !work.spend(NAME.saturating_mul(capability.args().len())) {
                break;
            }
            if !allows(capability, name) {
                continue;
            }
            let limits = capability.constraints_on(name).unwrap_or_default();
            for outer in &all {
                if let Some(both) = intersection(outer, limits, work) {
                    add(&mut own, both, work);
                }
            }
        }
        // Fewer hops permit more.
        if work.is_exhausted() || own.len() > MAX_CAPABILITIES {
            break;
        }
        all = own;
    }
    all
}

/// Returns the constraints of both lists without those that another one implies, or `None` if they
/// are found to permit no value.
fn intersection<'a>(
    outer: &[&'a Constraint],
    inner: &'a [Constraint],
    work: &Budget,
) -> Option<Vec<&'a Constraint>> {
    let mut both = outer.to_vec();
    for own in inner {
        // Values are copied.
        if !work.spend(cost(own)) {
            break;
        }
        if !both.iter().any(|other| implies(other, own, work)) {
            both.retain(|other| !implies(own, other, work));
            both.push(own);
        }
    }
    let is_empty = enumerate_permitted(&both, work).is_some_and(|values| values.is_empty())
        || are_disjoint(&both);
    // A value counts as refused when the budget is exhausted.
    (work.is_exhausted() || !is_empty).then_some(both)
}

/// Returns true for two directories neither of which is below the other.
fn are_disjoint(limits: &[&Constraint]) -> bool {
    let mut directories = limits.iter().filter_map(|limit| match limit {
        Constraint::Subpath(own) => Some(own),
        _ => None,
    });
    let first = directories.next();
    first.is_some_and(|one| directories.any(|other| !one.within(other) && !other.within(one)))
}

/// Adds an alternative, unless another one permits all that it does. Those that permit no more than
/// it are removed.
fn add<'a>(all: &mut Vec<Vec<&'a Constraint>>, own: Vec<&'a Constraint>, work: &Budget) {
    let is_within = |inner: &[&Constraint], outer: &[&Constraint]| {
        outer.iter().all(|limit| inner.iter().any(|own| implies(own, limit, work)))
    };
    if !all.iter().any(|other| is_within(&own, other)) {
        all.retain(|other| !is_within(other, &own));
        all.push(own);
    }
}

/// Returns true if one constraint permits nothing that the other forbids.
fn implies(own: &Constraint, other: &Constraint, work: &Budget) -> bool {
    work.spend(cost(own).saturating_add(cost(other)))
        && (own == other
            || Constraint::widened_within(from_ref(own), from_ref(other), work).is_none())
}

/// The cost of a comparison with the name of an argument.
const NAME: usize = 8;

/// Returns the cost of a copy of a constraint, or of a comparison with another one.
fn cost(constraint: &Constraint) -> usize {
    const CONSTRAINT: usize = 64;
    const VALUE: usize = 24;
    let of_one = |value: &Value| match value {
        Value::String(text) => VALUE.saturating_add(text.len() / 32),
        _ => VALUE,
    };
    let values = match constraint {
        Constraint::Equals(Value::List(items)) => items.iter().map(of_one).sum(),
        Constraint::Equals(value) => of_one(value),
        Constraint::OneOf(set)
        | Constraint::NoneOf(set)
        | Constraint::SubsetOf(set)
        | Constraint::ContainsAll(set) => set.iter().map(of_one).sum(),
        _ => 0,
    };
    CONSTRAINT.saturating_add(values)
}
