//! The findings about calls that were observed and would have been refused.

use std::collections::{BTreeMap, BTreeSet};

use deputize::{Capability, Operation, Owner, Principal, PublicKey, Resource};
use thiserror::Error;
use time::OffsetDateTime;

use crate::review::beyond::Beyond;
use crate::review::proposal::Proposal;
use crate::review::replayed::Replay;
use crate::review::values::ArgReview;

/// A key to which calls are charged that were observed and would have been refused, and the grant that would
/// have covered what is charged to it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeyReview {
    /// The holder, by the name that the last delegator gave it.
    pub holder: Principal,
    /// The owner, as the token states it, and its root key.
    pub owner: (Owner, PublicKey),
    /// Calls that were allowed, or would have been.
    pub allowed: u64,
    /// Calls that were observed, would have been refused, and that a wider grant would have allowed.
    pub wanted: u64,
    /// The deny codes of these, with the number of calls that had each.
    pub wanted_codes: BTreeMap<&'static str, u64>,
    /// Calls that were observed and would have been refused for a reason that no grant ends, such as a
    /// revocation. They are not in the proposal.
    pub barred: u64,
    /// The deny codes of these.
    pub barred_codes: BTreeMap<&'static str, u64>,
    /// Calls that are not in the proposal because their records do not show them.
    pub hidden: u64,
    /// Calls that are not in the proposal because a grant has no room for them, or no capability can state
    /// them.
    pub left_out: u64,
    /// The grant that would have covered the calls; `None` if none of them is shown.
    pub proposal: Option<Proposal>,
    /// The calls, decided again under the proposal.
    pub replay: Replay,
}

/// The calls that went out while a service observed, and that nobody presented. They are in no proposal, unless
/// a person takes each tool and argument ([`Reviewer::taking`](crate::Reviewer::taking)): anybody can have made
/// them.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Unpresented {
    /// The operations and resources, those that the service answered most often first.
    pub tools: Vec<UnpresentedTool>,
    /// Calls of operations and resources that are not listed.
    pub more: u64,
    /// Calls whose records do not show their operation or resource.
    pub hidden: u64,
}

/// The unpresented calls of one operation on one resource, such as an MCP tool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UnpresentedTool {
    /// The operation.
    pub operation: Operation,
    /// The resource.
    pub resource: Resource,
    /// The calls.
    pub calls: u64,
    /// Those that the service says it did. A tool without one may not exist.
    pub done: u64,
    /// The time of the first of them.
    pub first: OffsetDateTime,
    /// The time of the last of them.
    pub last: OffsetDateTime,
    /// The arguments, by the names under which capabilities limit them, with a sample of their values.
    pub args: Vec<ArgReview>,
    /// True if there were more arguments.
    pub has_more_args: bool,
}

/// A tool and its arguments that a person takes from unpresented calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// The operation.
    pub operation: Operation,
    /// The resource.
    pub resource: Resource,
    /// The arguments, by the names under which a review lists them. True takes any value of one; otherwise,
    /// the values are limited to those that were recorded.
    pub args: BTreeMap<String, bool>,
}

/// A capability for unpresented calls, as a person took them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Taken {
    /// The tool and the arguments that were taken.
    pub take: Take,
    /// Calls that had no other arguments: the capability permits them.
    pub covered: u64,
    /// Calls that had other arguments, which were not taken.
    pub others: u64,
    /// The services that were called.
    pub audiences: BTreeSet<String>,
    /// The capability.
    pub capability: Result<Capability, TakeFault>,
    /// The parts of it that permit more than was recorded.
    pub beyond: Vec<Beyond>,
}

/// The reason why a tool cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TakeFault {
    /// No unpresented call is shown that has these arguments alone.
    #[error(
        "no unpresented call of it is shown that has these arguments alone; {others} have others, too"
    )]
    NoCalls {
        /// The calls of the tool that have other arguments.
        others: u64,
    },
    /// No such call has the argument.
    #[error("no such call has the argument `{}`; leave it out", deputize::text::Visible(name))]
    NoArgument {
        /// The argument.
        name: String,
    },
    /// No limit states the values that were recorded.
    #[error(
        "no limit states the values of `{0}` that were recorded, so it would have any; if that is meant, write `{0}=any`",
        deputize::text::Visible(name)
    )]
    AnyValue {
        /// The argument.
        name: String,
    },
    /// No grant can have such a capability.
    #[error("no grant can have such a capability; take fewer arguments")]
    NotGrantable,
}
