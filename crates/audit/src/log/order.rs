//! Orders to erase values.

use std::sync::mpsc::SyncSender;

use deputize::Note;
use time::OffsetDateTime;

use crate::erasure::{ErasedRange, ErasureReason};
use crate::log::error::LogError;

/// The values to erase, and the authority for it.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// The operator of the log, whose key signs.
    Own { ranges: Vec<ErasedRange>, why: ErasureReason },
    /// The signers of statements.
    Signed(Vec<Note>),
}

/// An order that somebody waits for.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) order: Order,
    pub(super) at: OffsetDateTime,
    /// Gets the indexes of the records that have the statements, when the values are gone.
    pub(super) reply: SyncSender<Result<Vec<u64>, LogError>>,
}
