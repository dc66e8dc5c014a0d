//! The replay guard in a folder: its rules, crashes, damage, clocks and locks.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration as Elapsed, Instant};

use deputize::testing::check_replay_guard;
use deputize::{Arrival, HopId, Presented, ReplayError, ReplayGuard};
use deputize_stores::{FileReplayGuard, OpenError};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

/// At the beginning of a minute, so that ends fall into known files.
fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    folder
}

fn new(folder: &Path) -> FileReplayGuard {
    FileReplayGuard::open_for_new_audience(folder, now()).unwrap()
}

fn made(number: u8, at: OffsetDateTime) -> Presented {
    let (from, until) = (at - Duration::seconds(30), at + Duration::seconds(30));
    let [id, first_hop] = [number, 200].map(|byte| HopId::from_bytes([byte; 32]));
    Presented { id, first_hop, from, until, now: at }
}

fn is_unknown(answer: &Result<(), ReplayError>, why: &str) -> bool {
    matches!(answer, Err(ReplayError::Unknown(own)) if own.contains(why))
}

/// The files of uses, in the order of their minutes.
fn used(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_used = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("used-");
    let mut files: Vec<_> = files.filter(is_used).collect();
    files.sort();
    files
}

#[test]
fn the_rules_of_replay_guards_hold() {
    let folders = folder();
    let made = std::cell::Cell::new(0);
    let make = || {
        made.set(made.get() + 1);
        new(&folders.path().join(made.get().to_string())).with_capacity(200)
    };
    check_replay_guard(now(), make).unwrap();
}

/// Two guards on one folder are as two processes.
#[test]
fn guards_share_a_folder() {
    let folder = folder();
    let (one, other) = (new(folder.path()), new(folder.path()));
    assert_eq!(one.consume(&made(1, now())), Ok(()));
    assert_eq!(other.consume(&made(1, now())), Err(ReplayError::Replayed));
    assert_eq!(other.consume(&made(2, now())), Ok(()));
    assert_eq!(one.consume(&made(2, now())), Err(ReplayError::Replayed));
    // Notes, too: what was refused by one process arrives again at the other.
    assert_eq!(one.note(&made(1, now())), Arrival::Used);
    assert_eq!(one.note(&made(3, now())), Arrival::First);
    assert_eq!(other.note(&made(3, now())), Arrival::Again);
    // And forgetting: the first process deletes files that the second has read.
    let later = now() + Duration::HOUR;
    assert_eq!(one.consume(&made(4, later)), Ok(()));
    assert_eq!(used(folder.path()).len(), 1);
    assert_eq!(other.consume(&made(4, later)), Err(ReplayError::Replayed));
    assert!(is_unknown(&other.consume(&made(1, now())), "the clock went back"));
}

#[test]
fn a_restart_forgets_nothing() {
    let folder = folder();
    assert_eq!(new(folder.path()).consume(&made(1, now())), Ok(()));
    assert_eq!(new(folder.path()).consume(&made(1, now())), Err(ReplayError::Replayed));
    // Nor what it forgot on purpose, when the clock has gone back meanwhile.
    let later = now() + Duration::HOUR;
    assert_eq!(new(folder.path()).consume(&made(2, later)), Ok(()));
    assert!(is_unknown(&new(folder.path()).consume(&made(1, now())), "the clock went back"));
    assert!(is_unknown(&new(folder.path()).consume(&made(9, now())), "the clock went back"));
}

/// A new folder knows nothing about the time before it; neither does one in place of a deleted one.
#[test]
fn a_new_folder_refuses_what_may_have_been_used() {
    let folder = folder();
    let path = folder.path().join("a/b");
    let guard = FileReplayGuard::open(&path, now()).unwrap();
    assert!(is_unknown(&guard.consume(&made(1, now())), "may have been used before"));
    let after = now() + Duration::seconds(31);
    assert_eq!(guard.consume(&made(2, after)), Ok(()));
    // Its start is remembered.
    let again = FileReplayGuard::open(&path, now() - Duration::minutes(5)).unwrap();
    assert!(is_unknown(&again.consume(&made(1, now())), "may have been used before"));

    fs::remove_dir_all(&path).unwrap();
    assert!(is_unknown(&guard.consume(&made(3, after)), "No such file"));
    let replaced = FileReplayGuard::open(&path, after).unwrap();
    assert!(is_unknown(&replaced.consume(&made(2, after)), "may have been used before"));
    assert!(is_unknown(&guard.consume(&made(3, after)), "another guard"));
    assert!(is_unknown(&guard.consume(&made(3, after)), "another guard"), "closed for good");
}

#[test]
fn a_full_guard_refuses_until_something_ends() {
    let folder = folder();
    let guard = new(folder.path()).with_capacity(2).with_share(2);
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    assert_eq!(guard.consume(&made(2, now())), Ok(()));
    assert_eq!(guard.consume(&made(3, now())), Err(ReplayError::ShareFull));
    let of_another = Presented { first_hop: HopId::from_bytes([7; 32]), ..made(4, now()) };
    assert_eq!(guard.consume(&of_another), Err(ReplayError::Full));
    let later = now() + Duration::minutes(2);
    assert_eq!(guard.consume(&made(4, later)), Ok(()));
    let guard = guard.with_share(1);
    assert_eq!(guard.consume(&made(5, later)), Err(ReplayError::ShareFull));
    let other = Presented { first_hop: HopId::from_bytes([7; 32]), ..made(5, later) };
    assert_eq!(guard.consume(&other), Ok(()));
    // A note takes no room of a use, and is not remembered beyond its own.
    let guard = guard.with_share(9);
    assert_eq!(
        [6, 7, 8].map(|n| guard.note(&made(n, later))),
        [Arrival::First, Arrival::First, Arrival::Unknown]
    );
    assert_eq!(guard.note(&made(8, later + Duration::minutes(2))), Arrival::First);
    let guard = guard.with_share(1);
    assert_eq!(guard.note(&made(9, later + Duration::minutes(2))), Arrival::ShareFull);
}

/// A process that was killed while it wrote has allowed nothing. Its part of a record is removed.
#[test]
fn a_record_that_was_not_written_whole() {
    for kept in [0_usize, 1, 32, 71] {
        let folder = folder();
        let guard = new(folder.path());
        assert_eq!(guard.consume(&made(1, now())), Ok(()));
        let file = &used(folder.path())[0];
        let whole = fs::read(file).unwrap();
        assert_eq!(whole.len(), 72);
        OpenOptions::new().append(true).open(file).unwrap().write_all(&whole[..kept]).unwrap();
        for guard in [guard, new(folder.path())] {
            assert_eq!(guard.consume(&made(1, now())), Err(ReplayError::Replayed), "{kept}");
        }
        assert_eq!(fs::read(file).unwrap(), whole);
        assert_eq!(new(folder.path()).consume(&made(2, now())), Ok(()));
        assert_eq!(new(folder.path()).consume(&made(2, now())), Err(ReplayError::Replayed));
    }
    // After a loss of power, a record of full length can hold anything.
    let folder = folder();
    assert_eq!(new(folder.path()).consume(&made(1, now())), Ok(()));
    let file = &used(folder.path())[0];
    OpenOptions::new().append(true).open(file).unwrap().write_all(&[0; 72]).unwrap();
    assert_eq!(new(folder.path()).consume(&made(1, now())), Err(ReplayError::Replayed));
    assert_eq!(new(folder.path()).consume(&made(2, now())), Ok(()));
    assert_eq!(fs::read(file).unwrap().len(), 144);
}

/// Anything else that is not as it was written closes the guard.
#[test]
fn damage_closes_the_guard() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 5] = [
        ("a record is not as it was written", |folder| {
            let mut file = OpenOptions::new().write(true).open(&used(folder)[0]).unwrap();
            file.seek(SeekFrom::Start(5)).unwrap();
            file.write_all(b"x").unwrap();
        }),
        ("a record is not as it was written", |folder| {
            let mut file = OpenOptions::new().append(true).open(&used(folder)[0]).unwrap();
            file.write_all(&[0; 144]).unwrap();
        }),
        ("the state is missing", |folder| fs::remove_file(folder.join("state")).unwrap()),
        ("not a state", |folder| fs::write(folder.join("state"), "").unwrap()),
        ("not a state", |folder| {
            fs::write(folder.join("state"), "deputize replays v2\nid 0\nbegan -\nforgotten -\n")
                .unwrap();
        }),
    ];
    for (why, damage) in damages {
        let folder = folder();
        let guard = new(folder.path());
        for number in [1, 2, 3] {
            assert_eq!(guard.consume(&made(number, now())), Ok(()));
        }
        damage(folder.path());
        // A running process that has read the records before them does not read them again.
        if why != "a record is not as it was written" {
            let answer = guard.consume(&made(4, now()));
            assert!(is_unknown(&answer, why), "{why}: {answer:?}");
        }
        match FileReplayGuard::open_for_new_audience(folder.path(), now()) {
            Err(error @ OpenError::Damaged { .. }) => assert!(error.to_string().contains(why)),
            other => panic!("{why}: {other:?}"),
        }
    }
}

#[test]
fn a_file_that_lost_records() {
    let folder = folder();
    let guard = new(folder.path());
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    assert_eq!(guard.consume(&made(2, now())), Ok(()));
    File::options().write(true).open(&used(folder.path())[0]).unwrap().set_len(72).unwrap();
    for _ in 0..2 {
        let answer = guard.consume(&made(2, now()));
        assert!(is_unknown(&answer, "lost records"), "{answer:?}");
    }
}

/// A held lock delays others for a stated time only.
#[test]
fn a_lock_that_is_held() {
    let folder = folder();
    let guard = new(folder.path()).with_lock_timeout(Elapsed::from_millis(50));
    let lock = File::open(folder.path()).unwrap();
    lock.lock().unwrap();
    let start = Instant::now();
    assert!(is_unknown(&guard.consume(&made(1, now())), "another process holds the lock"));
    assert_eq!(guard.note(&made(1, now())), Arrival::Unknown);
    assert!(start.elapsed() >= Elapsed::from_millis(100));
    lock.unlock().unwrap();
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
}

#[test]
fn a_folder_that_cannot_be_used() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = FileReplayGuard::open(&file, now()).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
    // Other files are left alone.
    let guard = new(folder.path());
    for name in ["used-x", "used-007", "used", "used-29924280.bak"] {
        fs::write(folder.path().join(name), "not ours").unwrap();
    }
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    assert_eq!(guard.consume(&made(2, now() + Duration::HOUR)), Ok(()));
    let mut text = String::new();
    File::open(folder.path().join("used-007")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "not ours");
}

#[cfg(unix)]
#[test]
fn the_folder_is_its_users_own() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("replays");
    drop(new(&path));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
}

/// A file of uses that was deleted, or a whole folder that was replaced, is noticed by a guard that
/// read it.
#[test]
fn a_file_that_is_missing() {
    let folder = folder();
    let guard = new(folder.path());
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    fs::remove_file(&used(folder.path())[0]).unwrap();
    for number in [1, 2] {
        let answer = guard.consume(&made(number, now()));
        assert!(is_unknown(&answer, "the file is missing"), "{answer:?}");
    }

    let path = folder.path().join("other");
    let guard = new(&path);
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(new(&path).consume(&made(2, now())), Ok(()));
    let answer = guard.consume(&made(1, now()));
    assert!(is_unknown(&answer, "another guard was made in its place"), "{answer:?}");
}

/// A fault of the notes hinders no use.
#[test]
fn notes_that_are_lost_or_damaged() {
    let folder = folder();
    let (one, other) = (new(folder.path()), new(folder.path()));
    for number in [1, 2] {
        assert_eq!(one.note(&made(number, now())), Arrival::First);
        assert_eq!(other.note(&made(number, now())), Arrival::Again);
    }
    let file = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|path| path.to_str().unwrap().contains("noted-")).unwrap();
    File::options().write(true).open(&file).unwrap().set_len(72).unwrap();
    assert_eq!(one.note(&made(1, now())), Arrival::Unknown);
    assert_eq!(one.note(&made(1, now())), Arrival::Again);
    fs::write(&file, [7; 500]).unwrap();
    assert_eq!(one.consume(&made(1, now())), Ok(()));
    assert_eq!(other.consume(&made(1, now())), Err(ReplayError::Replayed));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(one.note(&made(3, now())), Arrival::Unknown);
    assert_eq!(one.consume(&made(3, now())), Ok(()));
}

/// A refused presentation that may have been used before is attributed to nobody.
#[test]
fn a_note_about_what_was_forgotten() {
    let folder = folder();
    let guard = new(folder.path());
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    assert_eq!(guard.consume(&made(2, now() + Duration::HOUR)), Ok(()));
    assert_eq!(guard.note(&made(1, now())), Arrival::Unknown);
    let began = FileReplayGuard::open(folder.path().join("new"), now()).unwrap();
    assert_eq!(began.note(&made(1, now())), Arrival::Unknown);
}

#[test]
fn a_folder_from_the_future() {
    let folder = folder();
    drop(FileReplayGuard::open(folder.path(), now() + Duration::days(300)).unwrap());
    let error = FileReplayGuard::open(folder.path(), now()).unwrap_err();
    assert!(matches!(error, OpenError::FromTheFuture { .. }), "{error}");
    assert!(FileReplayGuard::open(folder.path(), now() + Duration::days(300)).is_ok());
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_can_open() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    for mode in [0o770, 0o702, 0o755, 0o704] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        let error = FileReplayGuard::open(folder.path(), now()).unwrap_err();
        assert!(matches!(error, OpenError::NotPrivate { .. }), "{mode:o}: {error}");
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let guard = new(folder.path());
    assert_eq!(guard.consume(&made(1, now())), Ok(()));
    assert_eq!(guard.note(&made(2, now())), Arrival::First);
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
}
