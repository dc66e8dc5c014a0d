//! A service whose state cannot be stored.

use std::cell::RefCell;
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration as Elapsed;

use deputize::{NotAccepted, StateError, StatementEffect};
use deputize_stores::FileStatementState;

use crate::cast::{Cast, Crm};
use crate::{create, folder, names, open};

/// A list whose state cannot be stored refuses at once, and freshness is that of the one before it.
fn where_nothing_can_be_stored(
    path: &Path,
    why: &str,
    can_be_opened: bool,
    end: impl FnOnce(),
    begin_again: impl FnOnce(),
) {
    let cast = Cast::new();
    let [first, second] = cast.two_lists();
    let crm = Crm::new(cast.root(), create(path).with_lock_timeout(Elapsed::from_millis(20)));
    assert_eq!(crm.accept(first.as_bytes()), Ok(StatementEffect::Current));
    assert_eq!([0, 1].map(|agent| crm.call(&cast, agent, 0)), ["allowed", "allowed"]);
    end();
    let is_not_stored = |effect: &Result<StatementEffect, NotAccepted>| match effect {
        Ok(StatementEffect::NotStored { why: StateError::Failed(own), .. }) => own.contains(why),
        _ => false,
    };
    let effect = crm.accept(second.as_bytes());
    assert!(is_not_stored(&effect), "{effect:?}");
    // The newer list's entries refuse, and the older list's age counts: at half an hour from now
    // the newer one would be fresh.
    assert_eq!([0, 1].map(|agent| crm.call(&cast, agent, 0)), ["revoked", "allowed"]);
    assert_eq!([0, 1].map(|agent| crm.call(&cast, agent, 19)), ["revoked", "allowed"]);
    assert_eq!(
        [0, 1].map(|agent| crm.call(&cast, agent, 30)),
        ["revoked revocation_stale", "revocation_stale"]
    );
    // So after a restart, if the state can be read.
    match FileStatementState::open(path) {
        Ok(state) => {
            assert!(can_be_opened);
            let state = state.with_lock_timeout(Elapsed::from_millis(20));
            let again = Crm::new(cast.root(), state);
            assert_eq!(again.accept(first.as_bytes()), Ok(StatementEffect::Current));
            let effect = again.accept(second.as_bytes());
            assert!(is_not_stored(&effect), "{effect:?}");
            assert_eq!([0, 1].map(|agent| again.call(&cast, agent, 0)), ["revoked", "allowed"]);
        }
        Err(error) => assert!(!can_be_opened, "{error}"),
    }
    begin_again();
    assert_eq!(crm.accept(second.as_bytes()), Ok(StatementEffect::Current));
    assert_eq!([0, 1].map(|agent| crm.call(&cast, agent, 30)), ["revoked", "allowed"]);
    let next = Crm::new(cast.root(), open(path));
    let effect = next.accept(first.as_bytes());
    assert!(matches!(effect, Ok(StatementEffect::RolledBack { seen: 2, .. })), "{effect:?}");
    assert!(next.call(&cast, 1, 0).contains("revocation_unknown"));
}

#[test]
fn a_file_that_was_moved_away() {
    let (folder, path) = folder();
    let away = folder.path().join("away");
    where_nothing_can_be_stored(
        &path,
        "the file does not exist",
        false,
        || fs::rename(&path, &away).unwrap(),
        || fs::rename(&away, &path).unwrap(),
    );
}

#[test]
fn another_process_that_holds_the_lock() {
    let (_folder, path) = folder();
    let lock = || OpenOptions::new().write(true).open(path.with_file_name(".seen.lock")).unwrap();
    let held = RefCell::new(None);
    where_nothing_can_be_stored(
        &path,
        "another process holds the lock",
        true,
        || {
            let lock = lock();
            lock.lock().unwrap();
            held.replace(Some(lock));
        },
        || drop(held.take()),
    );
}

const MOUNTED: &str = "DEPUTIZE_TEST_MOUNTED";

/// Runs one of the tests below with a small disk of its own. It must not be skipped where that is
/// not possible.
fn with_a_small_disk(test: &str, by: &str) {
    let folder = tempfile::tempdir().unwrap();
    // Without capabilities, root may do what the owner of a file may.
    let mount = r#"mount -t tmpfs -o size=64k,mode=700 none "$1" &&
        exec $4 "$2" --exact "$3" --nocapture"#;
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", mount, "sh"])
        .arg(folder.path())
        .arg(env::current_exe().unwrap())
        .args([test, by])
        .env(MOUNTED, folder.path())
        .output()
        .expect("`unshare` is needed, of util-linux");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let has_run = text.contains("test result: ok. 1 passed") && text.contains(STORED_AGAIN);
    assert!(
        output.status.success() && has_run,
        "a tmpfs must be mounted in a user namespace (`unshare -rm`), and the test in it pass:\n{text}"
    );
}

const STORED_AGAIN: &str = "stored again";

#[test]
fn a_disk_that_is_full() {
    let Some(folder) = env::var_os(MOUNTED) else {
        return with_a_small_disk("unwritable::a_disk_that_is_full", "");
    };
    let folder = PathBuf::from(folder);
    let (path, filler) = (folder.join("seen"), folder.join("filler"));
    let before = RefCell::new(Vec::new());
    where_nothing_can_be_stored(
        &path,
        "No space left",
        true,
        || {
            before.replace(fs::read(&path).unwrap());
            let mut file = File::create(&filler).unwrap();
            while file.write_all(&[0; 512]).is_ok() {}
        },
        || {
            assert_eq!(fs::read(&path).unwrap(), *before.borrow());
            let names = names(&path);
            assert_eq!(names, [".seen.lock", "filler", "seen"].map(str::to_owned).into());
            // Nor can a state be created, and nothing is left of it.
            let error = FileStatementState::create(folder.join("other")).unwrap_err();
            assert!(error.to_string().contains("No space left"), "{error}");
            assert!(!folder.join("other").exists() && !folder.join(".other.new").exists());
            fs::remove_file(&filler).unwrap();
        },
    );
    println!("{STORED_AGAIN}");
}

#[test]
fn a_folder_that_is_read_only() {
    let Some(folder) = env::var_os(MOUNTED) else {
        return with_a_small_disk("unwritable::a_folder_that_is_read_only", "");
    };
    let folder = PathBuf::from(folder);
    let remount = |how: &str| {
        let mounted = Command::new("mount").args(["-o", how]).arg(&folder).status().unwrap();
        assert!(mounted.success());
    };
    where_nothing_can_be_stored(
        &folder.join("seen"),
        "Read-only file system",
        true,
        || remount("remount,ro"),
        || {
            let error = FileStatementState::create(folder.join("other")).unwrap_err();
            assert!(error.to_string().contains("Read-only file system"), "{error}");
            remount("remount,rw");
        },
    );
    println!("{STORED_AGAIN}");
}

/// After a failed sync nobody knows what is on the disk. So nothing more is stored until the state
/// is opened again.
#[test]
fn a_folder_that_cannot_be_synced() {
    let Some(folder) = env::var_os(MOUNTED) else {
        let without_capabilities = "setpriv --bounding-set=-all --inh-caps=-all";
        return with_a_small_disk(
            "unwritable::a_folder_that_cannot_be_synced",
            without_capabilities,
        );
    };
    let folder = PathBuf::from(folder);
    let path = folder.join("seen");
    let set = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    let cast = Cast::new();
    let [first, second] = cast.two_lists();
    let crm = Crm::new(cast.root(), create(&path));
    assert_eq!(crm.accept(first.as_bytes()), Ok(StatementEffect::Current));
    // Its files can be replaced, and it cannot be opened.
    set(0o300);
    for _ in 0..2 {
        let effect = crm.accept(second.as_bytes());
        assert!(
            matches!(&effect, Ok(StatementEffect::NotStored { why: StateError::Failed(why), .. }) if why.contains("cannot be synced")),
            "{effect:?}"
        );
        assert_eq!([0, 1].map(|agent| crm.call(&cast, agent, 0)), ["revoked", "allowed"]);
        set(0o700);
    }
    let next = Crm::new(cast.root(), open(&path));
    assert_eq!(next.accept(second.as_bytes()), Ok(StatementEffect::Current));
    println!("{STORED_AGAIN}");
}
