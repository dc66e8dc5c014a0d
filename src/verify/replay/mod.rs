//! Protection against replays: one presentation, one call.

mod error;
mod memory;

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::request::operation::{Operation, OperationPattern};
pub use crate::verify::replay::error::ReplayError;
pub use crate::verify::replay::memory::MemoryReplayGuard;

/// A memory of the presentations that were used, for as long as they could be used again.
///
/// # Security
///
/// `consume` must be atomic: of two calls with the same id, at most one may succeed. All verifiers
/// of one audience must share one guard. A store with its own clock must extend `until` by as much
/// as that clock may differ.
///
/// A holder can make any number of presentations. A guard with bounded room gives those that share
/// a [`first_hop`](Presented::first_hop) only a share of it, so that an agent and all its delegates
/// cannot keep others out.
pub trait ReplayGuard: Send + Sync {
    /// Records a presentation that is about to be used.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if it was used before, or if the guard is full or cannot tell.
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError>;

    /// Notes a refused presentation without using it up, and returns whether it arrived for the
    /// first time.
    ///
    /// Notes may be forgotten at any time, and must take no room from used presentations. They
    /// decide nothing: they distinguish a call by the holder from a repetition by somebody else.
    fn note(&self, presented: &Presented) -> Arrival;
}

/// The facts about a presentation that a replay guard needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    /// The id of the presentation, which no other presentation shares. It covers the whole chain.
    pub id: HopId,
    /// The first hop of its chain, which the owner signed.
    pub first_hop: HopId,
    /// The first second in which any verifier could have accepted it.
    pub from: OffsetDateTime,
    /// The last second in which any verifier could accept it. A guard may forget it after that.
    pub until: OffsetDateTime,
    /// The time of the call.
    pub now: OffsetDateTime,
}

/// The history of a refused presentation, as far as the guard remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It arrives for the first time.
    First,
    /// It was refused before.
    Again,
    /// It was used before.
    Used,
    /// The guard cannot tell.
    Unknown,
}

/// The replay policy of a verifier, which has no default.
#[derive(Clone)]
pub enum ReplayPolicy {
    /// This guard refuses replays.
    RefusedBy(Arc<dyn ReplayGuard>),
    /// A presentation for one of these operations, which only read, may be used again while it is
    /// fresh. The report states this.
    AcceptedFor {
        /// The operations that may be repeated without harm.
        operations: Vec<OperationPattern>,
        /// The guard for all other operations. Without one, they are refused altogether.
        otherwise: Option<Arc<dyn ReplayGuard>>,
    },
}

/// The handling of replays of one operation.
pub(crate) enum Guarded<'a> {
    /// This guard refuses replays.
    By(&'a dyn ReplayGuard),
    /// The operation may be repeated.
    Waived,
    /// There is no guard, so the call is refused.
    Missing,
}

impl ReplayPolicy {
    /// Refuses replays with `guard`.
    pub fn refused_by(guard: impl ReplayGuard + 'static) -> Self {
        Self::RefusedBy(Arc::new(guard))
    }

    /// Allows calls of these operations, which only read, to be repeated. All other operations are
    /// refused unless [`or_refused_by`](Self::or_refused_by) adds a guard for them.
    pub fn accepted_for(operations: impl IntoIterator<Item = OperationPattern>) -> Self {
        Self::AcceptedFor { operations: operations.into_iter().collect(), otherwise: None }
    }

    /// Adds a guard for all operations that may not be repeated.
    pub fn or_refused_by(self, guard: impl ReplayGuard + 'static) -> Self {
        match self {
            Self::RefusedBy(_) => Self::refused_by(guard),
            Self::AcceptedFor { operations, .. } => {
                Self::AcceptedFor { operations, otherwise: Some(Arc::new(guard)) }
            }
        }
    }

    pub(crate) fn guard_for(&self, operation: &Operation) -> Guarded<'_> {
        match self {
            Self::RefusedBy(guard) => Guarded::By(&**guard),
            Self::AcceptedFor { operations, otherwise } => match otherwise {
                _ if operations.iter().any(|pattern| pattern.permits(operation)) => Guarded::Waived,
                Some(guard) => Guarded::By(&**guard),
                None => Guarded::Missing,
            },
        }
    }
}

impl Debug for ReplayPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::RefusedBy(_) => f.write_str("RefusedBy(…)"),
            Self::AcceptedFor { operations, otherwise } => {
                let guard = if otherwise.is_some() { "Some(…)" } else { "None" };
                write!(f, "AcceptedFor {{ operations: {operations:?}, otherwise: {guard} }}")
            }
        }
    }
}
