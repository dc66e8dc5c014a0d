//! One decision, as a program that reads a log gives it.

use deputize::DenyCode;
use deputize::time::OffsetDateTime;

use crate::given::Party;

/// A decision of a log. What its record does not commit to, or what was erased, is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The index of its record.
    pub record: u64,
    /// The time of the decision.
    pub at: OffsetDateTime,
    /// The decision, and whether the service enforced it.
    pub outcome: DeedOutcome,
    /// The deny codes.
    pub codes: Vec<DenyCode>,
    /// The caller.
    pub caller: Caller,
    /// The service.
    pub audience: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// The resource.
    pub resource: Option<String>,
    /// The arguments that are shown, as a JSON object, and in words those that are not; empty if there
    /// are none.
    pub args: String,
    /// The number of values that are not shown.
    pub not_shown: usize,
}

/// A decision, and whether the service enforced it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeedOutcome {
    /// The call was allowed.
    Allowed,
    /// The call was refused.
    Refused,
    /// The call would have been allowed. The decision was only observed, and the call was made.
    WouldAllow,
    /// The call would have been refused. The decision was only observed, and the call was made.
    WouldRefuse,
    /// The call would have been refused, and no presentation counts for it. The service only observed, and
    /// the call was made.
    Unpresented,
}

/// The caller, as far as the record says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most are holders, and one is made at a time")]
pub enum Caller {
    /// The holder of a chain made the call.
    Holder {
        /// The accountable owner with the root key.
        owner: Party,
        /// The delegates of the hops, the owner's first. The last one made the call.
        agents: Vec<Party>,
        /// True if a replay guard was asked. If not, somebody else can have repeated the presentation.
        replay_checked: bool,
    },
    /// The holder of a chain that is not shown made the call.
    NotShown,
    /// Nobody is charged with the call.
    Unknown,
}
