//! The state of statements in a file.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop"
)]

mod cast;

mod rules;
mod text;
#[cfg(unix)]
mod permissions;
#[cfg(unix)]
mod unwritable;
mod service;
mod processes;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use deputize::{
    HopId, SeriesHead, SeriesId, SeriesState, Signer, SigningKey, StateError, StatementDigest,
    StatementKind, StatementScope, StatementState,
};
use deputize_stores::FileStatementState;
use tempfile::TempDir;
use time::Duration;

use cast::now;

pub(crate) fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("seen");
    (folder, path)
}

pub(crate) fn create(path: &Path) -> FileStatementState {
    FileStatementState::create(path).unwrap()
}

pub(crate) fn open(path: &Path) -> FileStatementState {
    FileStatementState::open(path).unwrap()
}

pub(crate) fn series(number: u8, scope: StatementScope) -> SeriesId {
    let issuer = SigningKey::from_bytes(&[number; 32]).public_key();
    SeriesId { kind: StatementKind::Revocations, issuer, scope }
}

pub(crate) fn head(sequence: u64, minutes: i64) -> SeriesHead {
    let digest = StatementDigest::from_bytes([u8::try_from(sequence % 251).unwrap(); 32]);
    SeriesHead { sequence, digest, issued: now() + Duration::minutes(minutes) }
}

pub(crate) fn state(series: SeriesId, sequences: &[u64]) -> SeriesState {
    let heads = sequences.iter().map(|sequence| head(*sequence, 0)).collect();
    SeriesState { series, heads, rejected: Vec::new(), is_final: false }
}

pub(crate) fn is_failed(stored: &Result<(), StateError>, why: &str) -> bool {
    matches!(stored, Err(StateError::Failed(own)) if own.contains(why))
}

/// One series of each kind and scope, with heads, rejected heads and a final one.
pub(crate) fn varied() -> Vec<SeriesState> {
    let key = SigningKey::from_bytes(&[9; 32]).public_key();
    let hop = HopId::from_bytes([0xab; 32]);
    let mut states = vec![
        state(series(1, StatementScope::Own), &[17]),
        state(series(1, StatementScope::Root(key)), &[3, 4, 5, 6]),
        state(series(2, StatementScope::Power(hop)), &[1_000_000_000]),
        state(series(3, StatementScope::Named), &[2]),
    ];
    states[3].series.kind = StatementKind::Agents;
    states[1].rejected = vec![head(7, -5), head(8, -5)];
    states[2].is_final = true;
    states.sort_by_key(|state| state.series);
    states
}

pub(crate) fn filled(path: &Path) -> FileStatementState {
    let file = create(path);
    for state in varied() {
        file.replace(None, &state).unwrap();
    }
    file
}

/// The names in the folder of a file.
pub(crate) fn names(path: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
