//! Notes for the end of a run, each printed once.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

/// The notes so far, such as one about a key of another program. They are kept for the whole process,
/// because several files can have the same note.
static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps a note, unless it is kept already.
pub fn keep(note: impl Display) {
    let note = note.to_string();
    let mut notes = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// Returns the notes, and forgets them.
pub fn take() -> Vec<String> {
    std::mem::take(&mut *NOTES.lock().unwrap_or_else(PoisonError::into_inner))
}
