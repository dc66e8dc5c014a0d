//! Stable codes of the errors of this crate.

use deputize::CodedError;

use crate::error::OpenError;
use crate::seen::error::StateFileError;

impl CodedError for OpenError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "store_io",
            Self::Sync { .. } => "store_sync",
            Self::Damaged { .. } => "store_damaged",
            Self::NotPrivate { .. } => "store_not_private",
            Self::FromTheFuture { .. } => "store_from_the_future",
            Self::NoRandomness => "store_no_randomness",
            Self::Locked { .. } => "store_locked",
        }
    }
}

impl CodedError for StateFileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "state_file_io",
            Self::Sync { .. } => "state_file_sync",
            Self::Missing { .. } => "state_file_missing",
            Self::Exists { .. } => "state_file_exists",
            Self::Foreign { .. } => "state_file_foreign",
            Self::Damaged { .. } => "state_file_damaged",
            Self::TooLong { .. } => "state_file_too_long",
            Self::NotPrivate { .. } => "state_file_not_private",
            Self::Locked { .. } => "state_file_locked",
            Self::Replaced { .. } => "state_file_replaced",
            Self::Full { .. } => "state_file_full",
            Self::Older { .. } => "state_file_older",
            Self::NotAState { .. } => "state_file_not_a_state",
            Self::NoRandomness => "state_file_no_randomness",
        }
    }
}
