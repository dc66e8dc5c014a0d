//! Signed checkpoints of a log (C2SP `tlog-checkpoint`), and the cosignatures of witnesses (C2SP
//! `tlog-cosignature`).

mod origin;
mod error;
mod text;
mod witness;
mod signed;

pub use error::CheckpointError;
pub use origin::{Origin, OriginError};
pub use signed::{Cosignature, SignedCheckpoint};
pub use text::Checkpoint;
pub use witness::Witness;
