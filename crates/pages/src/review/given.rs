//! An access review, as the program that made it gives it.

use deputize::time::OffsetDateTime;
use deputize::{Capability, HopId};

use crate::given::{LogFacts, Party};

/// Grants beside the recorded use of them, for [`review_page`](crate::review_page).
#[derive(Debug, Clone, PartialEq)]
pub struct AccessReview {
    /// The logs that were read.
    pub logs: Vec<LogFacts>,
    /// The allowed calls, each presentation once.
    pub calls: u64,
    /// The times of the first and the last of them.
    pub span: Option<(OffsetDateTime, OffsetDateTime)>,
    /// The limits of the review, in sentences, with untrusted text escaped: records that are no use, and
    /// values that were erased or are not shown.
    pub coverage: Vec<String>,
    /// The hops, by owner, and each behind the hop above it.
    pub hops: Vec<ReviewedHop>,
    /// The calls that were observed and would have been refused: by key, and those of nobody.
    pub observed: Vec<ObservedCalls>,
}

/// Calls that were observed and would have been refused, in sentences with untrusted text escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedCalls {
    /// The key to which they are charged, or that nobody is.
    pub heading: String,
    /// The calls.
    pub lines: Vec<String>,
    /// The proposed capabilities.
    pub proposed: Vec<String>,
    /// The calls that they permit beyond those that were recorded.
    pub beyond: Vec<String>,
}

/// A hop beside its use.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewedHop {
    /// The id of the hop.
    pub id: HopId,
    /// The owner, as the token states it, with the root key.
    pub owner: Party,
    /// The delegator, if that is not the owner.
    pub from: Option<Party>,
    /// The delegate.
    pub to: Party,
    /// The purpose, in the delegator's words.
    pub purpose: String,
    /// The time at which the grant expires.
    pub expires: OffsetDateTime,
    /// The distance of that time.
    pub end: GrantEnd,
    /// The date by which the directory wants the agent reviewed, if that is over.
    pub review_overdue: Option<OffsetDateTime>,
    /// Allowed calls with this hop in their chain.
    pub calls: u64,
    /// The time of the last of them.
    pub last_used: Option<OffsetDateTime>,
    /// The calls of which the record does not tell by which capability they were allowed.
    pub hidden: u64,
    /// The capabilities of the grant, in its order.
    pub rights: Vec<ReviewedRight>,
    /// The proposal as lines that begin with `-` for what is taken away, `+` for what is granted instead,
    /// and a blank for what stays, with untrusted text escaped.
    pub diff: Vec<String>,
    /// True if the diff proposes a narrower grant.
    pub is_proposed: bool,
    /// The recorded calls, decided again under the proposal.
    pub replay: ReplayCount,
    /// All recorded calls, decided again under a proposal made of the first half of the window.
    pub held_out: Option<ReplayCount>,
    /// The first of the calls that the proposal refuses, in sentences with untrusted text escaped.
    pub newly_refused: Vec<String>,
    /// Remarks on the proposal, in sentences with untrusted text escaped.
    pub remarks: Vec<String>,
}

/// The end of a grant, by its distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantEnd {
    /// It has ended.
    Ended,
    /// It ends soon.
    Soon,
    /// It ends later.
    Later,
}

/// The extent of the use of a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantUse {
    /// By no recorded call.
    Never,
    /// By no call that is shown. Others are not, and may have needed it.
    NotShown,
    /// By few calls of its hop.
    Hardly,
    /// By more of them.
    Used,
}

/// A granted capability beside its use.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewedRight {
    /// The capability, as granted.
    pub granted: Capability,
    /// The extent of its use.
    pub usage: GrantUse,
    /// The calls that it permitted.
    pub calls: u64,
    /// Calls that it may have permitted: their arguments are not all shown.
    pub maybe: u64,
    /// The time of the last of them.
    pub last_used: Option<OffsetDateTime>,
    /// The calls by operation.
    pub operations: Vec<SeenOperation>,
}

/// The calls of one operation under one capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenOperation {
    /// The operation.
    pub operation: String,
    /// Its calls.
    pub calls: u64,
    /// The different resources, the first of many.
    pub resources: Vec<String>,
    /// True if there were more resources.
    pub has_more_resources: bool,
    /// The arguments.
    pub args: Vec<SeenArgument>,
}

/// The values of one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenArgument {
    /// The name by which a capability limits it.
    pub name: String,
    /// The calls that had it.
    pub present: u64,
    /// The values in words, such as `3 to 40`, with untrusted text escaped.
    pub values: String,
}

/// Recorded calls that were decided again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplayCount {
    /// The calls that the proposal allows.
    pub allowed: u64,
    /// The calls that it refuses.
    pub refused: u64,
    /// The calls whose records do not show enough.
    pub not_replayed: u64,
}
