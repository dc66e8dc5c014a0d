//! The findings of an access review.

use std::collections::BTreeSet;

use deputize::{Capability, Hop, HopId, Owner, Principal, PublicKey};
use time::OffsetDateTime;

use crate::review::observed::{KeyReview, Taken, Unpresented};
use crate::review::proposal::Proposal;
use crate::review::replayed::Replay;
use crate::review::values::ArgReview;

/// The grants of the recorded chains beside their use.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Review {
    /// The records that were read, and what they do not show.
    pub coverage: Coverage,
    /// The hops, by owner, and each behind the hop above it.
    pub hops: Vec<HopReview>,
    /// The keys to which calls are charged that were observed and would have been refused.
    pub keys: Vec<KeyReview>,
    /// Further such calls, of keys that are not reviewed.
    pub more_keys: u64,
    /// The calls that were observed and that nobody presented.
    pub unpresented: Unpresented,
    /// The capabilities for such calls that a person asked for ([`Reviewer::taking`](crate::Reviewer::taking)).
    pub taken: Vec<Taken>,
    /// The keys below which there are more hops than are reviewed one by one, the busiest first.
    pub crowded: Vec<CrowdedKey>,
    /// Uses of hops below further keys, which are not reviewed.
    pub more: u64,
    /// The agents that the directory wanted reviewed before now, whether they called or not.
    pub overdue: Vec<(Principal, OffsetDateTime)>,
}

/// The records on which a review rests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// The number of records in the window.
    pub records: u64,
    /// The time of the first allowed call in the window.
    pub first: Option<OffsetDateTime>,
    /// The time of the last allowed call in the window.
    pub last: Option<OffsetDateTime>,
    /// Allowed calls, each presentation once in each log.
    pub allowed: u64,
    /// Further records of a presentation: somebody repeated it.
    pub repeated: u64,
    /// Refused calls that are charged to a holder. They are not use.
    pub refused: u64,
    /// Decisions that are charged to nobody. They are not use.
    pub of_nobody: u64,
    /// Calls that were observed and not enforced, would have been refused, and are charged to a holder. They
    /// are not use of what was granted, and are in the proposals for [keys](Review::keys).
    pub observed: u64,
    /// Calls that were observed and that nobody presented, with a record each. They are not use.
    pub unpresented: u64,
    /// Further ones, which have no record each.
    pub more_unpresented: u64,
    /// Allowed calls whose chain the record does not show, by index: erased, or not authentic. They are
    /// among the hidden calls of every hop below their first hop.
    pub without_chain: Records,
    /// Allowed calls whose operation, resource or an argument was erased. They count for their hops, for
    /// no capability, and not in a proposal.
    pub without_call: Records,
    /// Allowed calls of which some arguments are known by name alone, because the service withholds them
    /// or they are long. Of these arguments a proposal grants what was granted, and they cannot be
    /// replayed.
    pub names_only: Records,
    /// Allowed calls whose comparison with the capabilities takes more work than a review spends. They
    /// count for their hops, for no capability, and not in a proposal.
    pub too_costly: Records,
    /// Presentations that were forgotten, so that a repetition of one of them counts as a call.
    pub forgotten: u64,
}

/// A key to which an owner delegated, and below which there are more hops than are reviewed one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrowdedKey {
    /// The owner, as the first such token states it, and its root key.
    pub owner: (Owner, PublicKey),
    /// The delegate of the first hop.
    pub delegate: Principal,
    /// The number of hops below it, itself included, that are not reviewed.
    pub hops: u64,
    /// True if there are still more of them.
    pub has_more: bool,
    /// Their uses: allowed calls, each as often as it has such a hop in its chain.
    pub uses: u64,
}

/// A number of records, with the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Records {
    /// The number of all of them.
    pub count: u64,
    /// The first ones: the log, counted from 0, and the index of the record.
    pub first: Vec<(usize, u64)>,
}

/// A hop beside its use.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HopReview {
    /// The hop, with its delegate and its grant.
    pub hop: Hop,
    /// The owner, as the token states it, and its root key.
    pub owner: (Owner, PublicKey),
    /// The hop above it; `None` for the owner's delegation.
    pub above: Option<HopId>,
    /// The number of hops above it.
    pub depth: usize,
    /// Allowed calls with this hop in their chain.
    pub calls: u64,
    /// The time of the last of them.
    pub last_used: Option<OffsetDateTime>,
    /// The calls of which the record does not tell by which capability they were allowed, and those below
    /// the same first hop whose chain is not shown.
    pub hidden: u64,
    /// Of these, the calls whose comparison with the capabilities takes more work than a review spends.
    pub too_costly: u64,
    /// The services that were called.
    pub audiences: BTreeSet<String>,
    /// The capabilities of the grant, in its order.
    pub rights: Vec<RightReview>,
    /// True if the grant ends soon, or has ended.
    pub ends_soon: bool,
    /// The date by which the directory wants the agent reviewed, if that is over.
    pub review_overdue: Option<OffsetDateTime>,
    /// The narrower grant; `None` if nothing was used, or the calls are not shown.
    pub proposal: Option<Proposal>,
    /// True if narrowing takes more work than a review spends, so that parts of the proposal are as
    /// granted.
    pub is_proposal_cut: bool,
    /// The recorded calls, decided again under the proposal.
    pub replay: Replay,
    /// All recorded calls, decided again under a proposal that was made of the calls of the first half of
    /// the window alone: it tells how many calls the next half would lose. `None` if nothing was used in
    /// the first half.
    pub held_out: Option<Replay>,
}

/// A granted capability beside its use.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RightReview {
    /// The capability, as granted.
    pub granted: Capability,
    /// The extent of its use.
    pub usage: Usage,
    /// The calls that it permitted. Where several capabilities permit a call, the narrowest counts.
    pub calls: u64,
    /// Calls that it permitted if their arguments, which are not all shown, were what it asks for.
    pub maybe: u64,
    /// The time of the last of them.
    pub last_used: Option<OffsetDateTime>,
    /// The calls by operation.
    pub operations: Vec<OperationReview>,
}

/// The extent of the use of a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Usage {
    /// By no recorded call.
    Never,
    /// By no call that is shown. Others are not, and may have needed it.
    NotShown,
    /// By less than a hundredth of the calls of its hop.
    Hardly,
    /// By more of them.
    Used,
}

/// The calls of one operation under one capability.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OperationReview {
    /// The operation.
    pub operation: String,
    /// Its calls.
    pub calls: u64,
    /// The different resources, the first of many.
    pub resources: Vec<String>,
    /// True if there were more resources.
    pub has_more_resources: bool,
    /// The arguments.
    pub args: Vec<ArgReview>,
}

impl Usage {
    /// Returns the stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::NotShown => "not_shown",
            Self::Hardly => "hardly",
            Self::Used => "used",
        }
    }
}

impl Review {
    /// Returns true if a grant has what no recorded call needed, an agent is past its review, a proposal
    /// refuses a call that it was made of, hops were not reviewed for lack of room, the capabilities that a
    /// call needed take too much work to find, or there is no allowed call at all: then it is the wrong log,
    /// or the wrong window.
    pub fn has_findings(&self) -> bool {
        self.hops.iter().any(HopReview::has_findings)
            || !self.overdue.is_empty()
            || !self.crowded.is_empty()
            || self.more > 0
            || self.coverage.too_costly.count > 0
            || self.coverage.allowed == 0
    }
}

impl HopReview {
    /// Returns true if the grant has a capability that was never used, the agent is past its review, the
    /// proposal refuses a call that it was made of, or calls take too much work to compare: an agent must
    /// not get its grant past a review by making that costly.
    pub fn has_findings(&self) -> bool {
        self.rights.iter().any(|right| right.usage == Usage::Never)
            || self.review_overdue.is_some()
            || self.replay.refused > 0
            || self.too_costly > 0
            || self.is_proposal_cut
    }
}
