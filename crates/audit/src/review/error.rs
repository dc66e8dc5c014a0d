//! Errors of an access review.

use deputize::KeyError;
use thiserror::Error;

use crate::log::LogError;

/// An access review cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// A log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The throw-away keys of the replay could not be made.
    #[error("no throw-away key for the replay: {0}")]
    Key(#[from] KeyError),
}
