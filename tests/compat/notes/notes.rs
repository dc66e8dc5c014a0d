//! Signed notes, read and written by two other implementations: the crate `signed_note`, and Go's
//! own (`golang.org/x/mod/sumdb/note`), in the version of the distribution.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../laws/source.rs"]
mod source;

mod keys;
mod go;
mod rust;

mod alike;
mod hostile;
mod mutated;
mod vectors;

/// The note as another implementation reads it, or the reason why it refuses the note.
type Read = Result<Opened, String>;

/// A note as another implementation reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Opened {
    text: String,
    /// The keys whose signatures it verified, in order, each as `NAME+HASH`.
    signers: Vec<String>,
    /// The number of signatures by keys that it does not know.
    unverified: usize,
}
