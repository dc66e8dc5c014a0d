//! The rules of a state file: it stores, compares and replaces, and never forgets.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration as Elapsed, Instant};

use deputize::limits::MAX_HEADS;
use deputize::testing::check_statement_state;
use deputize::{
    CodedError, DenyCode, ERROR_CODES, NotAccepted, RevocationDraft, SeriesState, StateError,
    StatementEffect, StatementScope, StatementState,
};
use deputize_stores::{FileStatementState, OpenError, StateFileError};
use time::Duration;

use crate::cast::{Cast, Crm};
use crate::{create, filled, folder, head, is_failed, names, open, series, state, varied};

#[test]
fn what_is_stored_is_read_again() {
    let (_folder, path) = folder();
    let file = create(&path);
    assert_eq!(file.load(), Ok(Vec::new()));
    drop(file);
    fs::remove_file(&path).unwrap();
    drop(filled(&path));
    assert_eq!(open(&path).load(), Ok(varied()));
    // People can read it.
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "deputize seen v1");
    assert_eq!(lines[2], "writes 4");
    let key = series(1, StatementScope::Own).issuer;
    assert!(lines.contains(&format!("series revocations {key} own").as_str()), "{text}");
    let digest = "11".repeat(32);
    let head = format!("head 17 2026-11-23T18:00:00Z {digest}");
    assert!(lines.contains(&head.as_str()), "{text}");
    let names: BTreeSet<_> = names(&path);
    assert_eq!(names, [".seen.lock", "seen"].map(str::to_owned).into());
}

#[test]
fn the_file_keeps_the_rules_of_stores() {
    let (_folder, path) = folder();
    drop(create(&path));
    check_statement_state(|| open(&path)).unwrap();
}

#[test]
fn a_state_is_compared_and_replaced() {
    let (_folder, path) = folder();
    let (file, other) = (create(&path), open(&path));
    let id = series(1, StatementScope::Own);
    let [one, two, three] = [1, 2, 3].map(|sequence| state(id, &[sequence]));
    let changed = |stored: Option<&SeriesState>| {
        Err(StateError::Changed { stored: stored.cloned().map(Box::new) })
    };
    assert_eq!(file.replace(Some(&one), &two), changed(None));
    assert_eq!(file.replace(None, &one), Ok(()));
    assert_eq!(other.replace(None, &two), changed(Some(&one)));
    assert_eq!(other.replace(Some(&one), &two), Ok(()));
    assert_eq!(file.replace(Some(&one), &three), changed(Some(&two)));
    // If nothing is to be changed, it compares.
    assert_eq!(file.replace(Some(&one), &one), changed(Some(&two)));
    let before = fs::read(&path).unwrap();
    assert_eq!(file.replace(Some(&two), &two), Ok(()));
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Even if the library asked for it.
#[test]
fn a_state_is_never_replaced_by_an_older_one() {
    let (_folder, path) = folder();
    let file = create(&path);
    let id = series(1, StatementScope::Own);
    let seen = state(id, &[5, 6]);
    file.replace(None, &seen).unwrap();
    let mut earlier = state(id, &[7]);
    earlier.heads[0].issued -= Duration::SECOND;
    for older in [state(id, &[4]), state(id, &[5]), state(id, &[6]), earlier] {
        assert!(is_failed(&file.replace(Some(&seen), &older), "by an older one"), "{older:?}");
    }
    assert_eq!(open(&path).load(), Ok(vec![seen.clone()]));
    // But the operator can, and the root that voids lists.
    let reset = state(id, &[5]);
    assert_eq!(file.reset(Some(&seen), &reset), Ok(()));
    assert_eq!(open(&path).load(), Ok(vec![reset]));
    let stored = open(&path).load().unwrap().pop().map(Box::new);
    assert_eq!(file.reset(Some(&seen), &seen), Err(StateError::Changed { stored }));
}

/// A state that could not be read again is not written.
#[test]
fn what_is_no_state_is_not_stored() {
    let (_folder, path) = folder();
    let file = create(&path);
    let id = series(1, StatementScope::Own);
    let good = state(id, &[5, 6]);
    let change = |change: fn(&mut SeriesState)| {
        let mut state = good.clone();
        change(&mut state);
        state
    };
    for bad in [
        change(|state| state.heads.clear()),
        change(|state| state.heads.reverse()),
        change(|state| state.heads[1] = state.heads[0]),
        change(|state| state.heads.extend([head(7, 0), head(8, 0), head(9, 0)])),
        change(|state| state.heads[0].sequence = 0),
        change(|state| state.heads[1].sequence = 1_795_456_801),
        change(|state| state.heads[1].issued += Duration::MILLISECOND),
        change(|state| state.rejected = vec![head(6, 0)]),
        change(|state| state.rejected = vec![head(9, 0), head(8, 0)]),
        change(|state| state.rejected = (10..27).map(|sequence| head(sequence, 0)).collect()),
    ] {
        assert!(is_failed(&file.replace(None, &bad), "is of a series"), "{bad:?}");
        assert!(is_failed(&file.reset(None, &bad), "is of a series"), "{bad:?}");
    }
    assert_eq!(file.replace(None, &good), Ok(()));
    assert_eq!(MAX_HEADS, 4);
}

#[test]
fn a_missing_file_is_not_an_empty_state() {
    let (folder, path) = folder();
    let error = FileStatementState::open(&path).unwrap_err();
    assert_eq!(error, StateFileError::Missing { path: path.clone() });
    let file = filled(&path);
    let error = FileStatementState::create(&path).unwrap_err();
    assert_eq!(error, StateFileError::Exists { path: path.clone() });
    assert_eq!(open(&path).load(), Ok(varied()));
    // Deleted while it is open.
    fs::remove_file(&path).unwrap();
    let id = series(1, StatementScope::Own);
    let (first, next) = (state(id, &[17]), state(id, &[18]));
    for stored in [
        file.replace(Some(&first), &next),
        file.replace(None, &next),
        file.replace(Some(&first), &first),
        file.reset(Some(&first), &next),
        file.load().map(drop),
    ] {
        assert!(is_failed(&stored, "the file does not exist"), "{stored:?}");
    }
    assert!(!path.exists());
    // And made again: what this process saw is not in it, however often it was changed.
    let other = create(&path);
    let mut before = None;
    for sequence in 1..10 {
        for stored in [file.replace(None, &next), file.load().map(drop)] {
            assert!(is_failed(&stored, "was put in its place"), "{stored:?}");
        }
        let after = state(id, &[sequence]);
        assert_eq!(other.replace(before.as_ref(), &after), Ok(()));
        before = Some(after);
    }
    let error = FileStatementState::create(folder.path().join("none/seen")).unwrap_err();
    assert!(matches!(error, StateFileError::Io { .. }), "{error}");
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    let error = FileStatementState::open(&inner).unwrap_err();
    assert!(matches!(error, StateFileError::Io { .. }), "{error}");
}

/// A copy that was restored while the state is open.
#[test]
fn an_older_copy_is_noticed() {
    let (_folder, path) = folder();
    let file = create(&path);
    let id = series(1, StatementScope::Own);
    let [one, two, three] = [1, 2, 3].map(|sequence| state(id, &[sequence]));
    file.replace(None, &one).unwrap();
    let copy = fs::read(&path).unwrap();
    file.replace(Some(&one), &two).unwrap();
    let current = fs::read(&path).unwrap();
    fs::write(&path, copy).unwrap();
    let stored = file.replace(Some(&two), &three);
    assert!(is_failed(&stored, "an older copy"), "{stored:?}");
    fs::write(&path, current).unwrap();
    assert_eq!(file.replace(Some(&two), &three), Ok(()));
}

#[test]
fn a_lock_that_is_held() {
    let (_folder, path) = folder();
    let file = create(&path).with_lock_timeout(Elapsed::from_millis(50));
    let state = state(series(1, StatementScope::Own), &[1]);
    let lock = path.with_file_name(".seen.lock");
    let held = OpenOptions::new().write(true).open(&lock).unwrap();
    held.lock().unwrap();
    let start = Instant::now();
    assert!(is_failed(&file.replace(None, &state), "another process holds the lock"));
    assert!(start.elapsed() >= Elapsed::from_millis(50));
    // Reading needs no lock.
    assert_eq!(file.load(), Ok(Vec::new()));
    // A process whose lock file was removed holds no lock.
    fs::remove_file(&lock).unwrap();
    assert_eq!(file.replace(None, &state), Ok(()));
    held.unlock().unwrap();
}

/// A process that was killed while it wrote leaves a file that nobody reads.
#[test]
fn a_temporary_file_that_was_left_behind() {
    let (_folder, path) = folder();
    let file = create(&path);
    let temporary = path.with_file_name(".seen.new");
    fs::write(&temporary, "deputize seen v1\nid 00").unwrap();
    assert_eq!(open(&path).load(), Ok(Vec::new()));
    let state = state(series(1, StatementScope::Own), &[1]);
    assert_eq!(file.replace(None, &state), Ok(()));
    assert!(!temporary.exists());
    assert_eq!(open(&path).load(), Ok(vec![state]));
}

/// The operator's decision about a fork is there for the next process.
#[test]
fn a_fork_that_the_operator_ended() {
    let (_folder, path) = folder();
    let cast = Cast::new();
    let [first, second] = cast.two_lists();
    let other = cast.signed(&RevocationDraft::after(&first), 0);
    let crm = Crm::new(cast.root(), create(&path));
    for list in [&first, &second, &other] {
        crm.accept(list.as_bytes()).unwrap();
    }
    assert_eq!(crm.call(&cast, 0, 0), "revoked revocation_stale");
    assert_eq!(crm.call(&cast, 1, 0), "revocation_stale");
    let _ = crm.statements.accept_fork(other.digest()).unwrap();
    assert_eq!([0, 1].map(|agent| crm.call(&cast, agent, 0)), ["allowed", "allowed"]);
    let next = Crm::new(cast.root(), open(&path));
    assert_eq!(next.accept(second.as_bytes()), Err(NotAccepted::Rejected));
    assert_eq!(next.accept(other.as_bytes()), Ok(StatementEffect::Current));
    assert_eq!(next.call(&cast, 0, 0), "allowed");
}

/// A shared store is one store.
#[test]
fn a_store_that_is_shared() {
    let (_folder, path) = folder();
    let cast = Cast::new();
    let shared = Arc::new(create(&path));
    let (here, there) =
        (Crm::new(cast.root(), Arc::clone(&shared)), Crm::new(cast.root(), Arc::clone(&shared)));
    let [first, second] = cast.two_lists();
    let other = cast.signed(&RevocationDraft::after(&first), 0);
    assert_eq!(here.accept(second.as_bytes()), Ok(StatementEffect::Current));
    assert!(matches!(there.accept(other.as_bytes()), Ok(StatementEffect::Forked { .. })));
    let _ = here.statements.accept_fork(second.digest()).unwrap();
    assert_eq!(there.accept(other.as_bytes()), Err(NotAccepted::Rejected));
}

#[test]
fn codes_are_unique() {
    let path = PathBuf::from("x");
    let (why, line, most) = (String::new(), 1, 1);
    let errors = [
        StateFileError::Io { path: path.clone(), why: why.clone() },
        StateFileError::Sync { path: path.clone(), why: why.clone() },
        StateFileError::Missing { path: path.clone() },
        StateFileError::Exists { path: path.clone() },
        StateFileError::Foreign { path: path.clone(), found: why.clone() },
        StateFileError::Damaged { path: path.clone(), line, why: "" },
        StateFileError::TooLong { path: path.clone(), most },
        StateFileError::NotPrivate { path: path.clone() },
        StateFileError::Locked { path: path.clone() },
        StateFileError::Replaced { path: path.clone() },
        StateFileError::Full { path: path.clone(), most: 1 },
        StateFileError::Older { path: path.clone(), series: why.clone() },
        StateFileError::NotAState { path: path.clone(), series: why.clone(), why: "" },
        StateFileError::NoRandomness,
    ];
    let others = [
        OpenError::Io { path: path.clone(), why: why.clone() },
        OpenError::Sync { path: path.clone(), why },
        OpenError::Damaged { path: path.clone(), why: "" },
        OpenError::NotPrivate { path: path.clone() },
        OpenError::FromTheFuture { path: path.clone(), at: 1 },
        OpenError::NoRandomness,
        OpenError::Locked { path },
    ];
    let own = errors.iter().map(CodedError::code).chain(others.iter().map(CodedError::code));
    let mut seen: BTreeSet<_> = DenyCode::ALL.iter().map(|code| code.as_str()).collect();
    seen.extend(ERROR_CODES);
    for code in own {
        assert!(seen.insert(code), "{code}");
        assert!(code.starts_with("st"), "{code}");
    }
}
