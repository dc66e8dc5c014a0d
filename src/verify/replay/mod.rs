//! One presentation, one call.

mod memory;

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use thiserror::Error;
use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::request::operation::{Operation, OperationPattern};
use crate::text::escape::Quoted;
pub use crate::verify::replay::memory::MemoryReplayGuard;

/// Remembers which presentations were used, for as long as they could be used again.
///
/// # Security
///
/// `consume` must be atomic: of two calls with the same id, at most one may succeed. All verifiers
/// that answer to one audience must share one guard. A store with its own clock must add what that
/// clock may differ by to `until`.
///
/// One who holds a token can make any number of presentations. A guard with bounded room gives those
/// that share a [`first_hop`](Presented::first_hop) no more than a share of it, so that an agent and
/// all whom it delegates to cannot keep others out.
pub trait ReplayGuard: Send + Sync {
    /// Takes note of a presentation that is about to be used.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] where it was used before, or that cannot be told.
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError>;

    /// Takes note of a presentation that was refused, without using it up, and says whether it came
    /// for the first time.
    ///
    /// What is noted may be forgotten at any time, and must take no room from what was used up. It
    /// decides nothing: it tells a call that the holder made from one that somebody repeats.
    fn note(&self, presented: &Presented) -> Arrival;
}

/// What a replay guard needs to know of a presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    /// An id that no other presentation shares. It covers the whole chain.
    pub id: HopId,
    /// The first hop of its chain, which the owner signed.
    pub first_hop: HopId,
    /// The first second in which any verifier could have accepted it.
    pub from: OffsetDateTime,
    /// The last second in which any verifier could accept it. It need not be remembered after that.
    pub until: OffsetDateTime,
    /// The time of the call.
    pub now: OffsetDateTime,
}

/// The reason why a replay guard does not let a presentation be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The presentation was used before.
    #[error("the presentation was used before")]
    Replayed,
    /// The guard has no room to remember the presentation.
    #[error("the replay guard is full")]
    Full,
    /// The guard cannot tell whether the presentation was used before, for this reason.
    #[error("the replay guard cannot tell: {}", Quoted(.0))]
    Unknown(String),
}

/// How a presentation that was refused came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// For the first time, as far as is known.
    First,
    /// It was refused before.
    Again,
    /// It was used before.
    Used,
    /// It cannot be told.
    Unknown,
}

/// Whether a verifier lets a presentation be used twice. It must be said.
#[derive(Clone)]
pub enum ReplayPolicy {
    /// This guard refuses them.
    RefusedBy(Arc<dyn ReplayGuard>),
    /// A presentation for one of these operations, which only read, may be used again while it is
    /// fresh. The report says so.
    AcceptedFor {
        /// The operations that do no harm if they are repeated.
        operations: Vec<OperationPattern>,
        /// What refuses replays of all other operations; without it they are refused altogether.
        otherwise: Option<Arc<dyn ReplayGuard>>,
    },
}

/// What is done about replays of one operation.
pub(crate) enum Guarded<'a> {
    By(&'a dyn ReplayGuard),
    /// The operation may be repeated.
    Waived,
    /// Nothing can be done, so the call is refused.
    Missing,
}

impl ReplayPolicy {
    /// `guard` refuses them.
    pub fn refused_by(guard: impl ReplayGuard + 'static) -> Self {
        Self::RefusedBy(Arc::new(guard))
    }

    /// Lets calls of these operations, which only read, be repeated, and refuses all others unless
    /// [`or_refused_by`](Self::or_refused_by) names a guard for them.
    pub fn accepted_for(operations: impl IntoIterator<Item = OperationPattern>) -> Self {
        Self::AcceptedFor { operations: operations.into_iter().collect(), otherwise: None }
    }

    /// `guard` refuses replays of all operations that may not be repeated.
    pub fn or_refused_by(self, guard: impl ReplayGuard + 'static) -> Self {
        match self {
            Self::RefusedBy(_) => Self::refused_by(guard),
            Self::AcceptedFor { operations, .. } => {
                Self::AcceptedFor { operations, otherwise: Some(Arc::new(guard)) }
            }
        }
    }

    pub(crate) fn of(&self, operation: &Operation) -> Guarded<'_> {
        match self {
            Self::RefusedBy(guard) => Guarded::By(&**guard),
            Self::AcceptedFor { operations, otherwise } => match otherwise {
                _ if operations.iter().any(|own| own.permits(operation)) => Guarded::Waived,
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
