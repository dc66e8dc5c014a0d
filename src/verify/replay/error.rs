//! The reasons why a replay guard refuses a presentation.

use thiserror::Error;

use crate::text::escape::Quoted;

/// The reason why a replay guard refuses a presentation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The presentation was used before.
    #[error("the presentation was used before")]
    Replayed,
    /// The guard has no room to remember the presentation.
    #[error("the replay guard is full")]
    Full,
    /// The presentations that share its first hop have filled their share of the guard.
    #[error("the share of the replay guard for the first hop is full")]
    ShareFull,
    /// The guard cannot tell whether the presentation was used before, for this reason.
    #[error("the replay guard cannot tell: {}", Quoted(.0))]
    Unknown(String),
}
