//! A disk that is full, one that is read-only, and a folder that may not be written. Each test runs in
//! a process with a small file system of its own.

use std::env;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration as Elapsed;

use deputize::{PublicKey, RecordKind, Signature, Signer, SignerError};
use deputize_audit::{Log, LogError, Recorded, TileError};

use crate::cast::{
    Agent, CORES, OPENINGS, assert_extends, assert_whole, call, checkpoint, create, files, in_time,
    kinds, later, log_key, now, open, refused, settings, whole_lines,
};

const MOUNTED: &str = "DEPUTIZE_TEST_MOUNTED";
const DONE: &str = "done on the small disk";

/// Runs the test with a small disk of its own, unless it is this process that has it. It must not be
/// skipped where that is not possible.
fn on_a_small_disk(test: &str, by: &str, run: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(MOUNTED) {
        run(&PathBuf::from(folder));
        return println!("{DONE}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = r#"mount -t tmpfs -o size=512k,mode=700 none "$1" &&
        exec $4 "$2" --exact "$3" --nocapture"#;
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", mount, "sh"])
        .arg(folder.path())
        .arg(env::current_exe().unwrap())
        .args([&format!("disk::{test}"), by])
        .env(MOUNTED, folder.path())
        .output()
        .expect("`unshare` is needed, of util-linux");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let has_run = text.contains("test result: ok. 1 passed") && text.contains(DONE);
    assert!(
        output.status.success() && has_run,
        "a tmpfs must be mounted in a user namespace (`unshare -rm`), and the test in it pass:\n{text}"
    );
}

fn remount(folder: &Path, how: &str) {
    let options = format!("remount,{how}");
    let mounted = Command::new("mount").args(["-o", &options]).arg(folder).status().unwrap();
    assert!(mounted.success());
}

/// Leaves this many free pages.
fn fill(folder: &Path, pages: usize) {
    let mut file = File::create(folder.join("filler")).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(4096 * u64::try_from(pages).unwrap())).unwrap();
}

/// Checks that the error tells which file of the log could not be written, and why.
fn assert_names_file(error: &LogError, log: &Path, expected: &str) {
    let (LogError::Io { path, why } | LogError::Tile(TileError::Write { path, why })) = error
    else {
        panic!("{error:?}")
    };
    assert!(path.starts_with(log) && why.contains(expected), "{error}");
    assert!(error.to_string().contains(log.to_str().unwrap()), "{error}");
}

/// First refusals have no records any more, then allowed calls get no permit.
#[test]
fn a_disk_that_becomes_full() {
    const RESERVE: u64 = 200 * 1024;
    on_a_small_disk("a_disk_that_becomes_full", "", |disk| {
        let (log, agent) = (disk.join("log"), Agent::new(now()));
        let settings = settings().with_reserve(RESERVE);
        let own = Log::create(&log, log_key(), settings, now()).unwrap();
        let (mut acknowledged, mut seen) = (Vec::new(), Vec::new());
        let error = (0_u32..).find_map(|number| {
            let resource = format!("accounts/{number}.");
            match own.record(agent.allowed(&resource)) {
                Ok(Recorded::Allowed(call)) => {
                    acknowledged.push((usize::try_from(call.index()).unwrap(), resource));
                    // The outcome is recorded as unknown. Each refusal is in a minute of its own.
                    drop(call);
                    drop(own.record(refused(later(60 * i64::from(number)))));
                    seen.extend(checkpoint(&log));
                    None
                }
                Ok(Recorded::Refused { denial, .. }) => panic!("{denial}"),
                Err(error) => Some(error),
            }
        });
        let error = error.unwrap();
        assert_names_file(&error, &log, "No space left");
        assert_eq!(own.record(agent.allowed("accounts/0")).unwrap_err(), error);
        assert_eq!(own.close().unwrap_err(), error);

        remount(disk, "size=4m");
        open(&log, seen.last()).unwrap().close().unwrap();
        assert_whole(&log, &seen);
        assert_extends(&log, seen.last().unwrap());
        let (kinds, openings) = (kinds(&log), whole_lines(&log.join(OPENINGS)));
        for (index, resource) in &acknowledged {
            let opened = String::from_utf8_lossy(&openings[*index]);
            assert!(opened.contains(resource), "{opened}");
            assert!(matches!(&kinds[*index], RecordKind::Decision(own) if own.allowed));
        }
        // Refusals left the reserve to calls.
        let is_refused =
            |kind: &RecordKind| matches!(kind, RecordKind::Decision(own) if !own.allowed);
        let last_refused = kinds.iter().rposition(is_refused).unwrap();
        let later_calls = acknowledged.iter().filter(|(index, _)| *index > last_refused).count();
        let used: usize = [CORES, OPENINGS]
            .iter()
            .flat_map(|name| whole_lines(&log.join(name)).into_iter().skip(last_refused))
            .map(|line| line.len())
            .sum();
        println!(
            "{} calls, {later_calls} of them in the reserve, {used} bytes",
            acknowledged.len()
        );
        assert!(later_calls > 10, "{later_calls}");
    });
}

/// Room that is there again is noticed, whether or not calls are allowed meanwhile.
#[test]
fn a_disk_that_has_room_again() {
    on_a_small_disk("a_disk_that_has_room_again", "", |disk| {
        let log = disk.join("log");
        fill(disk, 40);
        let settings = settings().with_reserve(200 * 1024);
        let own = Log::create(&log, log_key(), settings, now()).unwrap();
        thread::sleep(Elapsed::from_millis(100));
        (0..5).for_each(|_| drop(own.record(refused(now())).unwrap()));
        fs::remove_file(disk.join("filler")).unwrap();
        thread::sleep(Elapsed::from_millis(100));
        drop(own.record(refused(later(60))).unwrap());
        own.close().unwrap();
        let kinds = kinds(&log);
        let counted = |kind: &RecordKind| match kind {
            RecordKind::Refusals(own) => own.refused.values().sum(),
            _ => 0,
        };
        assert_eq!(kinds.iter().map(counted).sum::<u64>(), 5, "{kinds:?}");
        let is_refused = |kind: &&RecordKind| matches!(kind, RecordKind::Decision(_));
        assert_eq!(kinds.iter().filter(is_refused).count(), 1, "{kinds:?}");
        assert_whole(&log, &[]);
    });
}

/// A signer that takes its time, as one over a network does.
struct Slow;

impl Signer for Slow {
    fn public_key(&self) -> PublicKey {
        log_key().public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        thread::sleep(Elapsed::from_millis(300));
        log_key().sign(message)
    }
}

/// The end of a log does not hide that the last records could not be written.
#[test]
fn a_disk_that_is_full_at_the_end() {
    on_a_small_disk("a_disk_that_is_full_at_the_end", "", |disk| {
        let (log, agent) = (disk.join("log"), Agent::new(now()));
        create(&log).unwrap().close().unwrap();
        let own = Log::open(&log, Slow, settings(), None, now()).unwrap();
        let Ok(Recorded::Allowed(call)) = own.record(agent.allowed("accounts/1")) else { panic!() };
        // The writer waits for the signature of the checkpoint. What comes now is written after it.
        thread::sleep(Elapsed::from_millis(100));
        let waits = call.done(None, now()).unwrap();
        (0..30).for_each(|_| drop(own.record(refused(now()))));
        fill(disk, 0);
        let (closed, waited) = in_time(move || (own.close(), waits.wait()));
        let error = closed.unwrap_err();
        assert_names_file(&error, &log, "No space left");
        assert_eq!(waited, Err(error));
        fs::remove_file(disk.join("filler")).unwrap();
        open(&log, None).unwrap().close().unwrap();
        assert_whole(&log, &[]);
    });
}

/// Neither creates nor opens a log here, and changes nothing.
fn assert_refused(log: &Path, expected: &str) {
    let before = files(log);
    for error in [open(log, None).unwrap_err(), create(log).unwrap_err()] {
        assert_names_file(&error, log, expected);
    }
    let other = log.join("other");
    assert_names_file(&create(&other).unwrap_err(), &other, expected);
    assert!(files(log) == before && !other.exists());
}

#[test]
fn a_disk_that_is_read_only() {
    on_a_small_disk("a_disk_that_is_read_only", "", |disk| {
        let (log, agent) = (disk.join("log"), Agent::new(now()));
        let own = create(&log).unwrap();
        call(&own, agent.allowed("accounts/1")).unwrap();
        own.close().unwrap();
        remount(disk, "ro");
        assert_refused(&log, "Read-only file system");
        remount(disk, "rw");
        let own = open(&log, checkpoint(&log).as_ref()).unwrap();
        call(&own, agent.allowed("accounts/2")).unwrap();
        own.close().unwrap();
        assert_whole(&log, &[]);
    });
}

/// Without capabilities, root may do what the owner of a folder may.
#[test]
fn a_folder_that_may_not_be_written() {
    let by = "setpriv --bounding-set=-all --inh-caps=-all";
    on_a_small_disk("a_folder_that_may_not_be_written", by, |disk| {
        let (log, agent) = (disk.join("log"), Agent::new(now()));
        let own = create(&log).unwrap();
        call(&own, agent.allowed("accounts/1")).unwrap();
        own.close().unwrap();
        let set =
            |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        // Its files could be written, and none could be made: no checkpoint could follow.
        set(&log, 0o500);
        let before = files(&log);
        let other = log.join("other");
        assert_names_file(&create(&other).unwrap_err(), &other, "Permission denied");
        let own = open(&log, None).unwrap();
        let error = (0..2).find_map(|number| {
            let error = call(&own, agent.allowed(&format!("accounts/{number}"))).err();
            thread::sleep(Elapsed::from_millis(50));
            error
        });
        assert_names_file(&error.unwrap(), &log, "Permission denied");
        drop(own);
        assert!(files(&log).len() >= before.len());
        set(&log, 0o700);
        open(&log, None).unwrap().close().unwrap();
        assert_whole(&log, &[]);
        // A lock that may not be opened.
        let before = files(&log);
        set(&log.join("lock"), 0o400);
        assert_names_file(&open(&log, None).unwrap_err(), &log, "Permission denied");
        assert_names_file(&create(&log).unwrap_err(), &log, "Permission denied");
        assert!(files(&log) == before);
    });
}
