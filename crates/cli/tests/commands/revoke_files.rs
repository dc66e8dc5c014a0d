//! The file of a list: replaced as a whole, by one process at a time, whatever stops it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use deputize::{HopId, RevocationDraft, RevocationList, StatementDigest};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::common::key_of;
use crate::kills;
use crate::revoke::{list, revoke};
use crate::shell::Shell;

fn id(number: u64) -> HopId {
    let mut id = [0x5a; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    HopId::from_bytes(id)
}

/// Returns a command that adds a hop to Alice's list, by the real clock.
fn adding(shell: &Shell, number: u64) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deputize"));
    let list = ["--key", "alice.key", "--list", "alice.revocations", "--format", "json"];
    command.arg("revoke").args(list).args(["--hop", &id(number).to_string()]);
    command.current_dir(shell.path(".")).stdin(Stdio::null());
    command
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|own| own.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn temporary(folder: &Path) -> Option<PathBuf> {
    let mut names = names(folder).into_iter().filter(|name| name.ends_with(".tmp"));
    names.next().map(|name| folder.join(name))
}

/// Two processes, each fifty times.
#[test]
fn processes_that_add_at_once_lose_nothing_and_make_no_fork() {
    const EACH: u64 = 50;
    let shell = Shell::new();
    shell.done("deputize revoke --new --key alice.key --list alice.revocations");
    let first = list(&shell, "alice.revocations");
    let issued: Vec<Value> = thread::scope(|scope| {
        let work = |process: u64| {
            let shell = &shell;
            move || -> Vec<Value> {
                let numbers = process * EACH..(process + 1) * EACH;
                numbers
                    .map(|number| {
                        let output = adding(shell, number).output().unwrap();
                        let errors = String::from_utf8_lossy(&output.stderr);
                        assert!(output.status.success(), "{number}: {errors}");
                        serde_json::from_slice(&output.stdout).unwrap()
                    })
                    .collect()
            }
        };
        let processes = [0, 1].map(|process| scope.spawn(work(process)));
        processes.into_iter().flat_map(|own| own.join().unwrap()).collect()
    });
    // Each list that was issued, by its sequence: no sequence twice, and each after the one before.
    let mut series = BTreeMap::from([(1, first.digest().to_string())]);
    for own in &issued {
        let own = &own["list"];
        let sequence = own["sequence"].as_u64().unwrap();
        let again = series.insert(sequence, own["digest"].as_str().unwrap().to_owned());
        assert_eq!(again, None, "two lists have the sequence {sequence}");
    }
    for own in &issued {
        let own = &own["list"];
        assert_eq!(own["previous"], series[&(own["sequence"].as_u64().unwrap() - 1)]);
    }
    let last = list(&shell, "alice.revocations");
    assert_eq!(last.sequence(), 1 + 2 * EACH);
    assert_eq!(last.digest().to_string(), series[&last.sequence()]);
    for number in 0..2 * EACH {
        assert!(last.hop(&id(number)).is_some(), "{number} was lost");
    }
    assert_eq!(temporary(&shell.path(".")), None);
}

#[test]
fn a_process_that_is_killed_leaves_the_old_or_the_new_list() {
    let shell = Shell::new();
    let file = shell.path("alice.revocations");
    // Long enough that writing it takes some time.
    let mut draft = RevocationDraft::own();
    let now = OffsetDateTime::now_utc();
    for number in 1..20_000 {
        draft.revoke_hop_id(&id(number << 20), now);
    }
    let first = draft.sign(&key_of("alice"), now, now + Duration::hours(24)).unwrap();
    fs::write(&file, first.as_bytes()).unwrap();
    let add = |number| adding(&shell, u64::from(number));
    let begun = kills::timed(add(0));
    let mut seen = Seen { before: list(&shell, "alice.revocations"), known: vec![0] };
    let check = |bytes: &[u8], number| seen.check(bytes, u64::from(number));
    kills::again_and_again(&file, "list", begun, add, check);
}

/// The last list that was seen, and what must be in the next one.
struct Seen {
    before: RevocationList,
    known: Vec<u64>,
}

impl Seen {
    /// Returns false for the list that was seen last, and true for the one after it with this hop.
    fn check(&mut self, bytes: &[u8], number: u64) -> bool {
        if bytes == self.before.as_bytes() {
            return false;
        }
        let own = RevocationList::parse(bytes).unwrap();
        assert_eq!(own.sequence(), self.before.sequence() + 1);
        assert_eq!(own.previous(), Some(self.before.digest()));
        self.known.push(number);
        assert!(self.known.iter().all(|number| own.hop(&id(*number)).is_some()));
        assert_eq!(own.hop_count(), self.before.hop_count() + 1);
        self.before = own;
        true
    }
}

/// Runs lines as the superuser of a namespace of its own, who may mount file systems there. `disk`
/// is a small one, with the file `a` that the line `first` makes, of which the shell keeps a copy,
/// `before`.
pub(crate) fn on_a_disk(shell: &Shell, first: &str, lines: &str) -> String {
    fs::create_dir(shell.path("disk")).unwrap();
    let own = format!("mount -t tmpfs -o size=64k tmpfs disk\n{first}\ncp disk/a before");
    shell.write("lines", format!("set -e\n{own}\n{lines}\n"));
    let printed = shell.run("unshare --map-root-user --mount sh lines");
    assert!(
        printed.code == 0,
        "this test needs `unshare` and a kernel that lets this user mount a file system in a namespace: {}{}",
        printed.out,
        printed.err
    );
    printed.out + &printed.err
}

const FIRST: &str = "deputize revoke --new --at $NOW --key alice.key --list disk/a --owner a";

const ADD: &str = "deputize revoke --at $NOW --key alice.key --list disk/a --owner b";

#[test]
fn a_full_disk_loses_nothing() {
    let shell = Shell::new();
    let printed = on_a_disk(
        &shell,
        FIRST,
        &format!(
            "dd if=/dev/zero of=disk/fill 2>/dev/null || true
            {ADD} && exit 9
            cmp disk/a before
            ls -A disk
            deputize revocations verify --at $NOW disk/a
            rm disk/fill
            {ADD}
            cp disk/a after"
        ),
    );
    let why =
        "error: --list `disk/a`: nothing was changed: No space left on device (os error 28)\n";
    assert!(printed.contains(why), "{printed}");
    assert!(printed.contains("\n.a.lock\na\nfill\n"), "{printed}");
    let (before, after) = (list(&shell, "before"), list(&shell, "after"));
    assert_eq!((after.sequence(), after.previous()), (2, Some(before.digest())));
    assert_eq!(after.owners().count(), 2);
}

#[test]
fn a_folder_that_cannot_be_written_keeps_its_list() {
    let shell = Shell::new();
    let printed = on_a_disk(
        &shell,
        FIRST,
        &format!(
            "mount -o remount,ro disk
            {ADD} && exit 9
            cmp disk/a before
            deputize revoke --new --key alice.key --list disk/other && exit 9
            deputize revocations verify --at $NOW disk/a
            ls -A disk"
        ),
    );
    let why = "error: --list `disk/a`: it cannot be changed, because `";
    assert!(printed.contains(why), "{printed}");
    assert_eq!(printed.matches("Read-only file system (os error 30)\n").count(), 2, "{printed}");
    assert!(printed.contains("\n.a.lock\na\n") && printed.contains("a: authentic"), "{printed}");
    // A user who may read the folder and not change it. The superuser may.
    if shell.run("id -u").out != "0\n" {
        shell.done("mkdir own; deputize revoke --new --key alice.key --list own/a; cp own/a before; chmod 555 own");
        let why = shell.refused("deputize revoke --key alice.key --list own/a --owner a");
        assert!(why.contains("nothing was changed: Permission denied"), "{why}");
        shell.done("cmp own/a before; chmod 755 own");
    }
}

#[test]
fn a_list_keeps_its_permissions_and_its_lock_is_the_users() {
    let shell = Shell::new();
    let mode = |name: &str| fs::metadata(shell.path(name)).unwrap().permissions().mode() & 0o7777;
    shell.done("umask 0; deputize revoke --new --key alice.key --list a");
    assert_eq!((mode("a"), mode(".a.lock")), (0o644, 0o600));
    shell.done("chmod 640 a; deputize revoke --key alice.key --list a --owner a");
    assert_eq!(mode("a"), 0o640);
    assert_eq!(list(&shell, "a").sequence(), 2);
}

/// The target is replaced, under one lock, whichever name is given.
#[test]
fn a_link_stays_a_link() {
    let shell = Shell::new();
    shell.done("mkdir real; deputize revoke --new --key alice.key --list real/a; ln -s real/a link; ln -s nowhere/a dangling");
    shell.done("deputize revoke --key alice.key --list link --owner a; cd real; deputize revoke --key ../alice.key --list a --owner b");
    assert!(fs::symlink_metadata(shell.path("link")).unwrap().is_symlink());
    assert_eq!(list(&shell, "real/a").owners().count(), 2);
    assert_eq!(names(&shell.path("real")), [".a.lock", "a"]);
    for list in ["dangling", "--new --list=dangling"] {
        let line = format!("deputize revoke --key alice.key --list {list} --owner a");
        let printed = shell.run(&line.replace("--list --new", "--new"));
        assert_eq!(printed.code, 2, "{}", printed.out);
        assert!(printed.err.contains("No such file or directory"), "{}", printed.err);
    }
    // A lock that somebody planted is not followed.
    shell.done("rm real/.a.lock; ln -s ../alice.pub real/.a.lock");
    let why = shell.refused("deputize revoke --key alice.key --list link --owner c");
    assert!(why.contains("`[FOLDER]/real/.a.lock` cannot be locked: "), "{why}");
}

#[test]
fn what_a_crash_left_behind_is_removed_by_the_next_change() {
    let shell = Shell::new();
    shell.done("mkdir w; deputize revoke --new --key alice.key --list w/a");
    let others = [".a.17.tmp", ".a.x.0.tmp", ".b.17.0.tmp", ".notes.tmp", "a.17.0.tmp"];
    for name in others.iter().chain(&[".a.17.0.tmp", ".a.4711.3.tmp"]) {
        shell.write(&format!("w/{name}"), "half a list");
    }
    assert_eq!(shell.run("deputize revocations show w/a").code, 0);
    shell.done("deputize revoke --key alice.key --list w/a --owner a");
    let mut expected: Vec<_> = others.iter().map(ToString::to_string).collect();
    expected.extend([".a.lock".to_owned(), "a".to_owned()]);
    expected.sort();
    assert_eq!(names(&shell.path("w")), expected);
}

/// `flock` holds the lock of the list.
#[test]
fn a_change_waits_for_the_one_before() {
    let shell = Shell::new();
    shell.done("deputize revoke --new --at $NOW --key alice.key --list alice.revocations");
    let line = "flock .alice.revocations.lock sh -c 'echo > held; sleep 1; date +%s%N > freed' &
        while [ ! -e held ]; do sleep 0.01; done
        deputize revoke --at $NOW --key alice.key --list alice.revocations --owner a
        date +%s%N > changed; wait";
    shell.done(line);
    let at = |name: &str| shell.read(name).trim().parse::<u64>().unwrap();
    assert!(at("changed") > at("freed"));
    assert_eq!(list(&shell, "alice.revocations").sequence(), 2);
    // A lock that is removed while it is held is made again; it is one for those who come later.
    shell.done("rm held freed changed");
    let removed = line.replace("deputize", "rm .alice.revocations.lock; deputize");
    shell.done(&removed.replace("--owner a", "--owner b"));
    assert_eq!(list(&shell, "alice.revocations").owners().count(), 2);
}

/// The time of issue is taken under the lock: with the clock of before, the list of a process that
/// waited would be older than the one that it follows.
#[test]
fn a_process_that_waited_issues_later() {
    let shell = Shell::new();
    shell.done("deputize revoke --new --key alice.key --list alice.revocations");
    shell.done(
        "flock .alice.revocations.lock sh -c 'echo > held; sleep 2.1' &
        while [ ! -e held ]; do sleep 0.01; done
        deputize revoke --key alice.key --list alice.revocations --owner a & wait",
    );
    let own = list(&shell, "alice.revocations");
    assert!((OffsetDateTime::now_utc() - own.issued()) < Duration::seconds(2), "{own:?}");
}

/// A closed standard output does not hide that the list was issued.
#[test]
fn the_result_is_in_the_file() {
    let shell = Shell::new();
    for (at, output) in [">&-", "| true"].into_iter().enumerate() {
        let new = if at == 0 { "--new" } else { "" };
        let printed = shell.run(&format!(
            "deputize revoke {new} --at $NOW --key alice.key --list alice.revocations --owner a{at} {output}"
        ));
        assert_eq!(printed.code, 0, "{}", printed.err);
    }
    assert_eq!(list(&shell, "alice.revocations").owners().count(), 2);
    let key: Option<StatementDigest> = list(&shell, "alice.revocations").previous();
    assert!(key.is_some());
    assert_eq!(revoke(&shell, "alice", "--owner a0 < /dev/null").code, 0);
}
