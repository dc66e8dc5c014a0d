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
/// cannot keep others out. It says when a share is full ([`ReplayError::ShareFull`],
/// [`Arrival::ShareFull`]), and [`FullShare`](crate::FullShare) tells the operator.
///
/// A verifier asks the guard last. `consume` gets only presentations that everything else allows, the
/// service's policy included, so refused ones take no room of used ones, unless they expire or are revoked
/// between the two steps of a decision. `note` gets the others, whatever
/// they were refused for, if their root key is trusted and they were made for this call and this time.
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
    /// Notes may be forgotten at any time, and must take no room from used presentations. A guard
    /// that may have forgotten this one, or its use, answers [`Unknown`](Arrival::Unknown). Notes
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

impl Presented {
    /// Ties a store's answer to this presentation, for [`PendingUse::conclude`] and
    /// [`PendingNote::conclude`].
    ///
    /// [`PendingUse::conclude`]: crate::PendingUse::conclude
    /// [`PendingNote::conclude`]: crate::PendingNote::conclude
    pub fn answered<T>(&self, answer: T) -> StoreAnswer<T> {
        StoreAnswer { id: self.id, answer }
    }
}

/// The answer of a store about one presentation, and the id of that presentation. So the answer
/// about one presentation cannot conclude the call of another. It cannot be cloned: each answer
/// concludes one call.
#[derive(Debug, PartialEq, Eq)]
pub struct StoreAnswer<T> {
    id: HopId,
    answer: T,
}

impl<T> StoreAnswer<T> {
    /// Returns the answer if it is about this presentation.
    pub(crate) fn about(self, presented: &Presented) -> Option<T> {
        (self.id == presented.id).then_some(self.answer)
    }
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
    /// The guard cannot tell, because refused presentations that share its first hop have filled their
    /// share of the notes.
    ShareFull,
}

/// A shared guard.
impl<G: ReplayGuard + ?Sized> ReplayGuard for Arc<G> {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        (**self).consume(presented)
    }

    fn note(&self, presented: &Presented) -> Arrival {
        (**self).note(presented)
    }
}

/// The replay policy of a verifier, which has no default.
#[derive(Clone)]
pub struct ReplayPolicy {
    /// The operations that may be repeated.
    repeatable: Vec<OperationPattern>,
    /// The guard of all other operations.
    guard: Guard,
}

#[derive(Clone)]
enum Guard {
    /// There is no guard, so these operations are refused.
    None,
    By(Arc<dyn ReplayGuard>),
    /// The service asks a store of its own between the two steps of a decision.
    ByService,
}

/// The handling of replays of one operation.
pub(crate) enum Guarded<'a> {
    /// The operation may be repeated.
    Waived,
    /// The verifier has no guard, so the call is refused.
    Missing,
    /// This guard refuses replays.
    By(&'a dyn ReplayGuard),
    /// The service asks its store.
    ByService,
}

impl ReplayPolicy {
    /// Refuses replays with `guard`.
    pub fn refused_by(guard: impl ReplayGuard + 'static) -> Self {
        Self { repeatable: Vec::new(), guard: Guard::By(Arc::new(guard)) }
    }

    /// Refuses replays with a store that the service asks itself, between the two steps of a
    /// decision: see [`Verifier::begin`](crate::Verifier::begin). A decision in one step refuses
    /// every call.
    pub fn refused_in_two_steps() -> Self {
        Self { repeatable: Vec::new(), guard: Guard::ByService }
    }

    /// Allows calls of these operations, which only read, to be repeated while their presentation is
    /// fresh; reports say so. All other operations are refused, unless
    /// [`or_refused_by`](Self::or_refused_by) or
    /// [`or_refused_in_two_steps`](Self::or_refused_in_two_steps) adds a guard for them.
    pub fn accepted_for(operations: impl IntoIterator<Item = OperationPattern>) -> Self {
        Self { repeatable: operations.into_iter().collect(), guard: Guard::None }
    }

    /// Adds a guard for all operations that may not be repeated.
    pub fn or_refused_by(self, guard: impl ReplayGuard + 'static) -> Self {
        Self { guard: Guard::By(Arc::new(guard)), ..self }
    }

    /// Adds a store that the service asks itself, for all operations that may not be repeated.
    pub fn or_refused_in_two_steps(self) -> Self {
        Self { guard: Guard::ByService, ..self }
    }

    pub(crate) fn guard_for(&self, operation: &Operation) -> Guarded<'_> {
        if self.repeatable.iter().any(|pattern| pattern.permits(operation)) {
            return Guarded::Waived;
        }
        match &self.guard {
            Guard::None => Guarded::Missing,
            Guard::By(guard) => Guarded::By(&**guard),
            Guard::ByService => Guarded::ByService,
        }
    }
}

impl Debug for ReplayPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let guard = match self.guard {
            Guard::None => "None",
            Guard::By(_) => "By(…)",
            Guard::ByService => "ByService",
        };
        write!(f, "ReplayPolicy {{ repeatable: {:?}, guard: {guard} }}", self.repeatable)
    }
}
