//! Those who may erase, and a search in all files.

use std::fs;
use std::path::{Path, PathBuf};

use deputize::{FieldKind, Signer, SigningKey};
use deputize_audit::{ErasedRange, FolderFiles, Log, LogVerifier, Verdict};

use crate::cast::{Place, log_key, now, settings};

pub(crate) const OPENINGS: &str = "segments/00000000.open.jsonl";

pub(crate) fn officer() -> SigningKey {
    SigningKey::from_bytes(&[72; 32])
}

pub(crate) fn create(place: &Place) -> Log {
    let settings = settings().with_erasers([officer().public_key()]);
    Log::create(place.path(), log_key(), settings, now()).unwrap()
}

pub(crate) fn verdict(place: &Place) -> Verdict {
    LogVerifier::default().verify(&FolderFiles::new(place.path()), |_| ()).unwrap()
}

/// All values of these kinds of one record.
pub(crate) fn of_record(index: u64, kinds: &[FieldKind]) -> [ErasedRange; 1] {
    [ErasedRange { first: index, last: index, kinds: Some(kinds.to_vec()) }]
}

pub(crate) fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Searches all files bytewise.
pub(crate) fn is_anywhere(place: &Place, text: &str) -> bool {
    let mut all = Vec::new();
    files(&place.path(), &mut all);
    assert!(all.len() > 3);
    let has = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|own| own == text.as_bytes())
    };
    all.iter().any(has)
}
