//! Modes, owners and links.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use deputize::{CodedError, StatementScope, StatementState};
use deputize_stores::{FileStatementState, StateFileError};

use crate::{filled, folder, is_failed, names, open, series, state, varied};

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn new_files_are_their_users_own() {
    let (_folder, path) = folder();
    drop(filled(&path));
    for name in names(&path) {
        let mode = fs::metadata(path.with_file_name(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn what_others_can_change_is_refused() {
    let (folder, path) = folder();
    drop(filled(&path));
    for mode in [0o770, 0o702, 0o1777, 0o775] {
        set(folder.path(), mode);
        for error in [FileStatementState::open(&path), FileStatementState::create(&path)] {
            assert_eq!(error.unwrap_err().code(), "state_file_not_private", "{mode:o}");
        }
    }
    set(folder.path(), 0o755);
    for mode in [0o620, 0o602, 0o666] {
        set(&path, mode);
        let error = FileStatementState::open(&path).unwrap_err();
        assert_eq!(error, StateFileError::NotPrivate { path: path.clone() }, "{mode:o}");
    }
    // To read it is harmless.
    set(&path, 0o644);
    assert_eq!(open(&path).load(), Ok(varied()));
}

/// All names of a file lead to one lock.
#[test]
fn a_link_is_followed() {
    let (folder, path) = folder();
    let file = filled(&path);
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    let other = open(&link);
    let id = series(1, StatementScope::Own);
    let (before, after) = (state(id, &[17]), state(id, &[18]));
    assert_eq!(other.replace(Some(&before), &after), Ok(()));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(file.load().unwrap().contains(&after));
    assert!(!names(&path).contains(".link.lock"));
}

#[test]
fn a_lock_that_is_a_link_is_refused() {
    let (folder, path) = folder();
    drop(filled(&path));
    let lock = path.with_file_name(".seen.lock");
    fs::remove_file(&lock).unwrap();
    symlink(folder.path().join("elsewhere"), &lock).unwrap();
    let state = state(series(7, StatementScope::Own), &[1]);
    assert!(is_failed(&open(&path).replace(None, &state), ".seen.lock"));
    assert!(!folder.path().join("elsewhere").exists());
}
