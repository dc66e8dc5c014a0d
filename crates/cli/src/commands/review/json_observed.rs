//! The calls that were observed and would have been refused, and recorded calls that were decided again, in
//! JSON.

use std::collections::BTreeMap;

use deputize::{Capability, PrincipalReport};
use deputize_audit::{ArgReview, Beyond, KeyReview, Proposal, Replay, UnpresentedTool};
use schemars::JsonSchema;
use serde::Serialize;

use super::beyond;
use crate::input::grant_file::GrantFile;
use crate::output::granted::at;

/// A key to which observed calls are charged that would have been refused, and the grant that would have
/// covered what is charged to it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct KeyJson {
    /// The holder of the key, by the name that the last delegator gave it.
    holder: PrincipalReport,
    /// The owner, with the root key.
    owner: PrincipalReport,
    /// Calls that were allowed, or would have been.
    allowed: u64,
    /// Observed calls that would have been refused, and that a wider grant would have allowed.
    wanted: u64,
    /// The deny codes of these, with the number of calls that had each.
    wanted_codes: BTreeMap<&'static str, u64>,
    /// Observed calls that would have been refused for a reason that no grant ends. They are not in the
    /// proposal.
    barred: u64,
    /// The deny codes of these.
    barred_codes: BTreeMap<&'static str, u64>,
    /// Calls that are not in the proposal because their records do not show them.
    hidden: u64,
    /// Calls that are not in the proposal because a grant has no room for them, or cannot state them.
    left_out: u64,
    /// The grant, as the option --grant of mint reads it; absent if no call is shown that it could cover.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<GrantFile>,
    /// The calls that the proposal permits beyond those that were recorded.
    beyond: Vec<BeyondJson>,
    /// The calls, decided again under the proposal.
    replay: ReplayJson,
}

/// A part of a proposed capability that permits more than was recorded.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BeyondJson {
    /// The place of the capability in the proposal, from 0.
    capability: usize,
    /// The argument whose values are permitted beyond those that were recorded, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    argument: Option<String>,
    /// The calls in words.
    message: String,
}

/// The calls that nobody presented, of one operation on one resource. Anybody can have made them, and chosen
/// their names and values.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct UnpresentedToolJson {
    /// The operation.
    operation: String,
    /// The resource, such as the tool of MCP.
    resource: String,
    /// The calls.
    calls: u64,
    /// Those that the service says it did.
    done: u64,
    /// The time of the first of them, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    first: String,
    /// The time of the last of them, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    last: String,
    /// The arguments, with a sample of their values.
    args: Vec<ArgJson>,
    /// True if there were more arguments.
    more_args: bool,
}

impl KeyJson {
    pub(super) fn of(own: &KeyReview) -> Self {
        let (owner, root) = &own.owner;
        Self {
            holder: PrincipalReport::of(&own.holder),
            owner: PrincipalReport::of(&owner.with_key(*root)),
            allowed: own.allowed,
            wanted: own.wanted,
            wanted_codes: own.wanted_codes.clone(),
            barred: own.barred,
            barred_codes: own.barred_codes.clone(),
            hidden: own.hidden,
            left_out: own.left_out,
            proposal: own.proposal.as_ref().map(GrantFile::of),
            beyond: own.proposal.iter().flat_map(BeyondJson::all_of).collect(),
            replay: ReplayJson::of(&own.replay),
        }
    }
}

impl BeyondJson {
    pub(super) fn all_of(own: &Proposal) -> Vec<Self> {
        own.beyond.iter().map(|part| Self::of(&own.capabilities, part)).collect()
    }

    fn of(capabilities: &[Capability], own: &Beyond) -> Self {
        Self {
            capability: own.capability(),
            argument: match own {
                Beyond::Argument { seen, .. } => Some(seen.name.clone()),
                _ => None,
            },
            message: beyond::line(capabilities, own).unwrap_or_default(),
        }
    }
}

impl UnpresentedToolJson {
    pub(super) fn of(own: &UnpresentedTool) -> Self {
        Self {
            operation: own.operation.as_str().to_owned(),
            resource: own.resource.as_str().to_owned(),
            calls: own.calls,
            done: own.done,
            first: at(own.first),
            last: at(own.last),
            args: own.args.iter().map(ArgJson::of).collect(),
            more_args: own.has_more_args,
        }
    }
}

/// Recorded calls that were decided again.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ReplayJson {
    /// The calls that the proposal allows.
    allowed: u64,
    /// The calls that it refuses.
    refused: u64,
    /// The calls whose records do not show enough.
    not_replayed: u64,
    /// The first hundred calls that it refuses.
    newly_refused: Vec<RefusedJson>,
}

/// A recorded call that the proposal refuses.
#[derive(Debug, Serialize, JsonSchema)]
struct RefusedJson {
    /// The place of the log, from 0.
    log: usize,
    /// The index of the record.
    record: u64,
    /// The deny codes; none if the call could not be presented at all.
    codes: Vec<&'static str>,
    /// The reasons in words.
    message: String,
}

impl ReplayJson {
    pub(super) fn of(own: &Replay) -> Self {
        let refused = own.newly_refused.iter().map(|own| RefusedJson {
            log: own.log,
            record: own.record,
            codes: own.codes.iter().map(|code| code.as_str()).collect(),
            message: own.why.clone(),
        });
        Self {
            allowed: own.allowed,
            refused: own.refused,
            not_replayed: own.not_replayed,
            newly_refused: refused.collect(),
        }
    }
}

/// The values of one argument.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ArgJson {
    /// The name.
    name: String,
    /// The calls that had it.
    calls: u64,
    /// The least and the greatest integer.
    #[serde(skip_serializing_if = "Option::is_none")]
    integers: Option<(i64, i64)>,
    /// The different values, the first of many.
    values: Vec<serde_json::Value>,
    /// True if there were more, or some that are not shown or that limits cannot judge.
    more_values: bool,
    /// True if some values were not integers, or are not known to be.
    other_values: bool,
}

impl ArgJson {
    pub(super) fn of(own: &ArgReview) -> Self {
        Self {
            name: own.name.clone(),
            calls: own.present,
            integers: own.integers,
            values: own.values.iter().filter_map(|own| serde_json::to_value(own).ok()).collect(),
            more_values: own.has_more,
            other_values: own.has_others,
        }
    }
}
