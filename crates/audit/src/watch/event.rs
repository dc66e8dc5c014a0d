//! Events that a monitor tells.

use std::sync::Arc;
use std::time::Duration;

use deputize::{
    CalledBy, Caller, Capability, Decision, DenyCode, FullShare, HopId, Observation, Operation,
    OutcomeResult, PublicKey,
};
use time::OffsetDateTime;

/// Something that a monitor noticed. Its times are those of the decisions.
///
/// Names, operations and capabilities are texts of others: escape them where they are printed, and count
/// by keys and ids. After a restart, everything is seen for the first time again.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A decision was made.
    #[non_exhaustive]
    Decision {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The decision, and whether the service enforces it.
        verdict: CallVerdict,
        /// The deny codes in the order of the denial, each once. Empty if the call is allowed.
        codes: Vec<DenyCode>,
        /// The operation, if the decision is about a call.
        operation: Option<Operation>,
        /// The holder, if it made the call.
        caller: Option<Arc<Caller>>,
        /// The time that the decision took, if the service measured it.
        took: Option<Duration>,
    },
    /// A call that is allowed, or observed, is in the log and goes out.
    #[non_exhaustive]
    Recorded {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The index of the record.
        index: u64,
        /// The time that the record took to be on the disk.
        took: Duration,
    },
    /// A refused call has no record of its own, because it was beyond the bounds of the log or its disk
    /// has little room. It is counted in one record with others.
    #[non_exhaustive]
    RefusalCounted {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The first deny code, under which it is counted.
        code: DenyCode,
        /// The holder, if it made the call and a replay guard had not seen the presentation.
        caller: Option<Arc<Caller>>,
    },
    /// A call of a stranger went out while the service observes, and has no record of its own, because it was
    /// beyond the bounds of the log or its disk has little room. It is counted in one record with others.
    #[non_exhaustive]
    UnpresentedCounted {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The first deny code, under which it is counted.
        code: DenyCode,
    },
    /// The log could not be written. A call that has not gone out is refused, therefore.
    #[non_exhaustive]
    NotRecorded {
        /// The time of the decision or the outcome.
        at: OffsetDateTime,
        /// The code of the error.
        code: &'static str,
    },
    /// The outcome of a call is known, or will not be.
    #[non_exhaustive]
    Outcome {
        /// The time of the outcome.
        at: OffsetDateTime,
        /// The index of the record of the call; `None` for a call of a stranger that is only counted.
        of: Option<u64>,
        /// The decision: [`WouldDeny`](CallVerdict::WouldDeny) is a call that enforcement would have
        /// refused.
        verdict: CallVerdict,
        /// The outcome.
        result: OutcomeResult,
        /// The holder, if it made the call.
        caller: Option<Arc<Caller>>,
    },
    /// A holder asked for what it was not granted, for the first time with this presentation.
    #[non_exhaustive]
    Strike {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The holder.
        caller: Arc<Caller>,
        /// The number of strikes within the time of the policy.
        strikes: usize,
        /// The number at which the hook runs.
        of: usize,
    },
    /// A key has as many strikes as the policy allows.
    DenialStreak(DenialStreak),
    /// Many keys below one first hop have strikes: it may spawn them so that none of them has enough. The
    /// hook does not run, because the delegate of the first hop need not know what its agents do.
    #[non_exhaustive]
    DenialsSpread {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The holder that was refused last.
        caller: Arc<Caller>,
        /// The number of keys that have a strike within the time of the policy.
        keys: usize,
    },
    /// A first hop has filled its share of a replay guard. Told once a minute for each first hop and share.
    ///
    /// While the share of refused presentations is full, refusals below this first hop are charged to
    /// nobody: they are no strikes, and their records name no chain. While that of used ones is full, its
    /// calls are refused. The event is charged to the first hop, below which all of these presentations
    /// were signed. It says nothing about the holder whose presentation found the share full.
    #[non_exhaustive]
    ShareFull {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The first hop, its delegate, and which share it is.
        share: Box<FullShare>,
    },
    /// The authority of a holder ends soon. Told once for each last hop, when it is used.
    #[non_exhaustive]
    NearExpiry {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The holder.
        caller: Arc<Caller>,
    },
    /// A revocation list or a directory that the service requires is stale or missing, and calls are
    /// refused for it. Told once for each root key and code, until a call is decided with a good one.
    #[non_exhaustive]
    StaleStatement {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The root key of the call that was refused.
        root: PublicKey,
        /// The code of the refusal, which says whether it is a list or a directory.
        code: DenyCode,
    },
    /// A list or a directory that was stale or missing is good again.
    #[non_exhaustive]
    GoodStatement {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The root key.
        root: PublicKey,
        /// The code of the earlier refusals.
        code: DenyCode,
    },
    /// A capability of a holder permitted a call for the first time.
    #[non_exhaustive]
    FirstUse {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The holder.
        caller: Arc<Caller>,
        /// The capability of its last hop.
        capability: Box<Capability>,
    },
    /// A key called that had not called below this first hop before.
    #[non_exhaustive]
    NewAgent {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The holder.
        caller: Arc<Caller>,
    },
    /// A table of the monitor was full, and forgot what was used least recently: that is new when it
    /// comes again, and strikes in it do not count any more. A key with a strike is forgotten only after
    /// [`DenialsSpread`](Self::DenialsSpread). Told when the number of forgotten entries
    /// of a table is a power of two.
    #[non_exhaustive]
    Forgotten {
        /// The time of the decision.
        at: OffsetDateTime,
        /// The table.
        of: MonitorTable,
        /// The first hop of the last entry that was forgotten; `None` for statements.
        first_hop: Option<HopId>,
        /// The number of entries that this table has forgotten.
        total: u64,
    },
    /// The sink did not get some events, since it was too slow for its queue or panicked. Only a
    /// [`QueuedSink`](crate::QueuedSink) tells it.
    #[non_exhaustive]
    Lost {
        /// The time of the last event that the sink got before.
        at: OffsetDateTime,
        /// The number of events since it was told last.
        count: u64,
    },
}

impl Event {
    /// Returns the time of the decision or the outcome.
    pub fn at(&self) -> OffsetDateTime {
        match self {
            Self::DenialStreak(DenialStreak { at, .. })
            | Self::Decision { at, .. }
            | Self::Recorded { at, .. }
            | Self::RefusalCounted { at, .. }
            | Self::UnpresentedCounted { at, .. }
            | Self::NotRecorded { at, .. }
            | Self::Outcome { at, .. }
            | Self::Strike { at, .. }
            | Self::DenialsSpread { at, .. }
            | Self::ShareFull { at, .. }
            | Self::NearExpiry { at, .. }
            | Self::StaleStatement { at, .. }
            | Self::GoodStatement { at, .. }
            | Self::FirstUse { at, .. }
            | Self::NewAgent { at, .. }
            | Self::Forgotten { at, .. }
            | Self::Lost { at, .. } => *at,
        }
    }
}

/// A decision, and whether the service enforces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallVerdict {
    /// The call is allowed.
    Allow,
    /// The call is refused.
    Deny,
    /// The call would be allowed. The service only observes.
    WouldAllow,
    /// The call would be refused. The service only observes, and makes it.
    WouldDeny,
    /// The call would be refused, and is charged to nobody: no presentation counts for it. The service only
    /// observes, and makes it.
    Unpresented,
}

impl CallVerdict {
    pub(super) fn of(decision: &Decision) -> Self {
        if decision.is_allowed() { Self::Allow } else { Self::Deny }
    }

    pub(super) fn of_observation(observation: &Observation) -> Self {
        match (observation.would_allow(), observation.called_by()) {
            (true, _) => Self::WouldAllow,
            (false, CalledBy::Holder) => Self::WouldDeny,
            (false, CalledBy::Unknown) => Self::Unpresented,
        }
    }

    /// Returns the stable text, as in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::WouldAllow => "would_allow",
            Self::WouldDeny => "would_deny",
            Self::Unpresented => "unpresented",
        }
    }
}

/// A key that was refused as often as the policy allows, each time with another presentation, which it
/// signed for something that it was not granted. A key can have another streak, with other hops.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DenialStreak {
    /// The time of the last of the decisions.
    pub at: OffsetDateTime,
    /// The time of the first of them.
    pub since: OffsetDateTime,
    /// The holder. Its key signed all of the calls.
    pub caller: Arc<Caller>,
    /// The number of calls.
    pub strikes: usize,
    /// The last hops of the calls, each once, all with this key as their delegate. Revoke these: what
    /// was delegated from them ends too.
    pub hops: Vec<HopId>,
}

/// A table of a monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MonitorTable {
    /// Everything below a first hop.
    FirstHops,
    /// The keys below one first hop, with their strikes.
    Keys,
    /// The capabilities below one first hop that were used.
    Rights,
    /// The last hops below one first hop whose end was told.
    LastHops,
    /// The lists and directories that are stale or missing.
    Statements,
}

impl MonitorTable {
    /// Returns the stable text, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstHops => "first_hops",
            Self::Keys => "keys",
            Self::Rights => "rights",
            Self::LastHops => "last_hops",
            Self::Statements => "statements",
        }
    }
}
