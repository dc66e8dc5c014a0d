//! A review in JSON.

use std::collections::BTreeSet;

use deputize::{Capability, HopId, PrincipalReport};
use deputize_audit::{
    CrowdedKey, HopReview, OperationReview, Records, Review, RightReview, Verdict,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::json_observed::{ArgJson, BeyondJson, KeyJson, ReplayJson, UnpresentedToolJson};
use crate::input::grant_file::GrantFile;
use crate::output::granted::at;

/// The grants of the recorded chains beside their use.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewJson {
    /// The logs, in the order in which they were given.
    logs: Vec<LogJson>,
    /// The records in the window.
    records: u64,
    /// The time of the first allowed call in the window, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    first: Option<String>,
    /// The time of the last allowed call in the window, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    last: Option<String>,
    /// The allowed calls, each presentation once.
    allowed: u64,
    /// Further records of a presentation. They are not use.
    repeated: u64,
    /// Refused calls that are charged to a holder. They are not use.
    refused: u64,
    /// Decisions that are charged to nobody. They are not use.
    of_nobody: u64,
    /// Calls that were observed, not enforced, would have been refused, and are charged to a holder. They
    /// are not use of what was granted.
    observed: u64,
    /// The keys to which these are charged, each with the grant that would have covered them.
    keys: Vec<KeyJson>,
    /// Such calls of keys that are not reviewed, or whose chain is not shown.
    more_keys: u64,
    /// Calls that were observed and that nobody presented, with a record each. They are in no proposal.
    unpresented: u64,
    /// Further ones, which have no record each.
    unpresented_counted: u64,
    /// The tools of these calls, those that the service answered most often first.
    unpresented_tools: Vec<UnpresentedToolJson>,
    /// Unpresented calls of tools that are not listed, or not shown.
    unpresented_not_listed: u64,
    /// Allowed calls whose chain is not shown. They are hidden calls of every hop below their first one.
    without_chain: RecordsJson,
    /// Allowed calls whose operation, resource or an argument was erased. They are in no proposal.
    without_call: RecordsJson,
    /// Allowed calls of which some arguments are known by name alone.
    names_only: RecordsJson,
    /// Allowed calls whose comparison with the capabilities takes more work than a review spends. They are
    /// in no proposal.
    too_costly: RecordsJson,
    /// Presentations that were forgotten, so that a repetition of one of them counts as a call.
    forgotten: u64,
    /// The keys below which there are more hops than are reviewed one by one, the busiest first.
    crowded: Vec<CrowdedJson>,
    /// Uses of hops below further keys, which are not reviewed.
    not_reviewed: u64,
    /// The agents that the directory wanted reviewed before now, whether they called or not.
    overdue: Vec<OverdueJson>,
    /// The hops, by owner, and each behind the hop above it.
    hops: Vec<HopJson>,
}

/// An agent that is past its review.
#[derive(Debug, Serialize, JsonSchema)]
struct OverdueJson {
    /// The agent, as the directory names it.
    agent: PrincipalReport,
    /// The date by which it was to be reviewed, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    due: String,
}

/// A key to which an owner delegated, and below which there are more hops than are reviewed one by one.
#[derive(Debug, Serialize, JsonSchema)]
struct CrowdedJson {
    /// The owner, with the root key.
    owner: PrincipalReport,
    /// The delegate of the first hop.
    to: PrincipalReport,
    /// The number of hops below it, itself included, that are not reviewed.
    hops: u64,
    /// True if there are still more of them.
    more_hops: bool,
    /// Their uses: allowed calls, each as often as it has such a hop in its chain.
    uses: u64,
}

/// A log.
#[derive(Debug, Serialize, JsonSchema)]
struct LogJson {
    /// The origin, which has its key.
    origin: String,
    /// True if the log is whole.
    whole: bool,
    /// The number of records that the newest checkpoint covers.
    size: u64,
    /// The number of records behind it, which are left out.
    not_covered: u64,
}

/// A number of records, with the first hundred of them.
#[derive(Debug, Serialize, JsonSchema)]
struct RecordsJson {
    /// The number of all of them.
    count: u64,
    /// The first ones: the place of the log, from 0, and the index of the record.
    first: Vec<(usize, u64)>,
}

/// A hop beside its use.
#[derive(Debug, Serialize, JsonSchema)]
struct HopJson {
    /// The id.
    id: HopId,
    /// The id of the hop above it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<HopId>,
    /// The owner, with the root key.
    owner: PrincipalReport,
    /// The delegator.
    from: PrincipalReport,
    /// The delegate.
    to: PrincipalReport,
    /// The reason for the delegation.
    purpose: String,
    /// The end of the grant, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    expires: String,
    /// True if the grant ends soon, or has ended.
    ends_soon: bool,
    /// The date by which the directory wanted the agent reviewed, if that is over, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    review_overdue: Option<String>,
    /// The allowed calls with this hop in their chain.
    calls: u64,
    /// The time of the last of them, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    last_used: Option<String>,
    /// The calls that do not show by which capability they were allowed, or whether this hop was in their
    /// chain.
    hidden: u64,
    /// Of these, the calls whose comparison with the capabilities takes more work than a review spends.
    too_costly: u64,
    /// The services that were called.
    audiences: BTreeSet<String>,
    /// The granted capabilities.
    capabilities: Vec<RightJson>,
    /// The narrower grant, as the option --grant of mint and delegate reads it; absent if nothing was
    /// used, or the calls are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<GrantFile>,
    /// True if narrowing takes more work than a review spends, so that parts of the proposal are as granted.
    proposal_cut: bool,
    /// The calls that the proposal permits beyond those that were recorded.
    beyond: Vec<BeyondJson>,
    /// The recorded calls, decided again under the proposal.
    replay: ReplayJson,
    /// The recorded calls, decided again under a proposal that was made of the first half of the window
    /// alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<ReplayJson>,
}

/// A granted capability beside its use.
#[derive(Debug, Serialize, JsonSchema)]
struct RightJson {
    /// The capability, as granted.
    granted: Capability,
    /// The use of it: `never`, `not_shown` (by no call that is shown), `hardly` (by less than a
    /// hundredth of the calls), or `used`.
    usage: &'static str,
    /// The calls that it permitted.
    calls: u64,
    /// The calls that it permitted if the arguments that are not shown were what it asks for.
    maybe: u64,
    /// The time of the last of them, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    last_used: Option<String>,
    /// The calls by operation.
    operations: Vec<OperationJson>,
}

/// The calls of one operation.
#[derive(Debug, Serialize, JsonSchema)]
struct OperationJson {
    /// The operation.
    operation: String,
    /// Its calls.
    calls: u64,
    /// The different resources, the first of many.
    resources: Vec<String>,
    /// True if there were more.
    more_resources: bool,
    /// The arguments, by the names under which capabilities limit them.
    args: Vec<ArgJson>,
}

impl ReviewJson {
    /// Returns the JSON of a review of logs about which these are the verdicts.
    pub(super) fn of(review: &Review, verdicts: &[Verdict]) -> Self {
        let own = &review.coverage;
        let log = |verdict: &Verdict| LogJson {
            origin: verdict.origin.to_string(),
            whole: verdict.is_whole(),
            size: verdict.head.size(),
            not_covered: verdict.behind,
        };
        Self {
            logs: verdicts.iter().map(log).collect(),
            records: own.records,
            first: own.first.map(at),
            last: own.last.map(at),
            allowed: own.allowed,
            repeated: own.repeated,
            refused: own.refused,
            of_nobody: own.of_nobody,
            observed: own.observed,
            keys: review.keys.iter().map(KeyJson::of).collect(),
            more_keys: review.more_keys,
            unpresented: own.unpresented,
            unpresented_counted: own.more_unpresented,
            unpresented_tools: review
                .unpresented
                .tools
                .iter()
                .map(UnpresentedToolJson::of)
                .collect(),
            unpresented_not_listed: review
                .unpresented
                .more
                .saturating_add(review.unpresented.hidden),
            without_chain: RecordsJson::of(&own.without_chain),
            without_call: RecordsJson::of(&own.without_call),
            names_only: RecordsJson::of(&own.names_only),
            too_costly: RecordsJson::of(&own.too_costly),
            forgotten: own.forgotten,
            crowded: review.crowded.iter().map(CrowdedJson::of).collect(),
            not_reviewed: review.more,
            overdue: review
                .overdue
                .iter()
                .map(|(agent, due)| OverdueJson {
                    agent: PrincipalReport::of(agent),
                    due: at(*due),
                })
                .collect(),
            hops: review.hops.iter().map(HopJson::of).collect(),
        }
    }
}

impl CrowdedJson {
    fn of(own: &CrowdedKey) -> Self {
        let (owner, root) = &own.owner;
        Self {
            owner: PrincipalReport::of(&owner.with_key(*root)),
            to: PrincipalReport::of(&own.delegate),
            hops: own.hops,
            more_hops: own.has_more,
            uses: own.uses,
        }
    }
}

impl RecordsJson {
    fn of(own: &Records) -> Self {
        Self { count: own.count, first: own.first.clone() }
    }
}

impl HopJson {
    fn of(own: &HopReview) -> Self {
        let (hop, (owner, root)) = (&own.hop, &own.owner);
        Self {
            id: hop.id(),
            above: own.above,
            owner: PrincipalReport::of(&owner.with_key(*root)),
            from: PrincipalReport::of(hop.delegator()),
            to: PrincipalReport::of(hop.delegate()),
            purpose: hop.grant().purpose().to_owned(),
            expires: at(hop.grant().expires()),
            ends_soon: own.ends_soon,
            review_overdue: own.review_overdue.map(at),
            calls: own.calls,
            last_used: own.last_used.map(at),
            hidden: own.hidden,
            too_costly: own.too_costly,
            audiences: own.audiences.clone(),
            capabilities: own.rights.iter().map(RightJson::of).collect(),
            proposal: own.proposal.as_ref().map(GrantFile::of),
            proposal_cut: own.is_proposal_cut,
            beyond: own.proposal.iter().flat_map(BeyondJson::all_of).collect(),
            replay: ReplayJson::of(&own.replay),
            held_out: own.held_out.as_ref().map(ReplayJson::of),
        }
    }
}

impl RightJson {
    fn of(own: &RightReview) -> Self {
        Self {
            granted: own.granted.clone(),
            usage: own.usage.as_str(),
            calls: own.calls,
            maybe: own.maybe,
            last_used: own.last_used.map(at),
            operations: own.operations.iter().map(OperationJson::of).collect(),
        }
    }
}

impl OperationJson {
    fn of(own: &OperationReview) -> Self {
        Self {
            operation: own.operation.clone(),
            calls: own.calls,
            resources: own.resources.clone(),
            more_resources: own.has_more_resources,
            args: own.args.iter().map(ArgJson::of).collect(),
        }
    }
}
