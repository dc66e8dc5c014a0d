//! The file of a directory: replaced as a whole, by one process at a time, whatever stops it.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;

use deputize::{Agent, Directory, DirectoryDraft, PublicKey, Signer};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::agents::{directory, hire};
use crate::common::{agent, key_of, owner};
use crate::kills;
use crate::revoke_files::{names, on_a_disk, temporary};
use crate::shell::Shell;

/// A key for each number.
fn key(number: u32) -> PublicKey {
    let mut seed = [0x5a; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    deputize::SigningKey::from_bytes(&seed).public_key()
}

/// Returns a command that adds an agent to Alice's directory, by the real clock.
fn adding(shell: &Shell, number: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deputize"));
    let options = ["agents", "add", "--key", "alice.key", "acme.agents", "--format", "json"];
    command.args(options).args(["--agent", &format!("agent {number}={}", key(number))]);
    command.args(["--id", &format!("urn:acme:{number}"), "--accountable", "alice@acme.com"]);
    command.current_dir(shell.path(".")).stdin(Stdio::null());
    command
}

/// Two processes, each twenty times.
#[test]
fn processes_that_add_at_once_lose_nobody_and_make_no_fork() {
    const EACH: u32 = 20;
    let shell = Shell::new();
    shell.done(&format!(
        "deputize agents add --new --key alice.key acme.agents {}",
        hire("planner")
    ));
    let first = directory(&shell, "acme.agents");
    let issued: Vec<Value> = thread::scope(|scope| {
        let work = |process: u32| {
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
    // Each directory that was issued, by its sequence: no sequence twice, and each after the one
    // before.
    let mut series = BTreeMap::from([(1, first.digest().to_string())]);
    for own in &issued {
        let own = &own["directory"];
        let sequence = own["sequence"].as_u64().unwrap();
        let again = series.insert(sequence, own["digest"].as_str().unwrap().to_owned());
        assert_eq!(again, None, "two directories have the sequence {sequence}");
    }
    for own in &issued {
        let own = &own["directory"];
        assert_eq!(own["previous"], series[&(own["sequence"].as_u64().unwrap() - 1)]);
    }
    let last = directory(&shell, "acme.agents");
    assert_eq!(last.sequence(), u64::from(1 + 2 * EACH));
    assert_eq!(last.digest().to_string(), series[&last.sequence()]);
    for number in 0..2 * EACH {
        assert!(last.agent(&key(number)).is_some(), "{number} was lost");
    }
    assert_eq!(temporary(&shell.path(".")), None);
}

/// The time of issue is taken under the lock: with the clock of before, the directory of a process
/// that waited would be older than the one that it follows.
#[test]
fn a_process_that_waited_issues_later() {
    let shell = Shell::new();
    shell.done(&format!(
        "deputize agents add --new --key alice.key acme.agents {}",
        hire("planner")
    ));
    shell.done(
        "flock .acme.agents.lock sh -c 'echo > held; sleep 2.1; date +%s > freed' &
        while [ ! -e held ]; do sleep 0.01; done
        deputize agents suspend --key alice.key acme.agents planner & wait",
    );
    let freed: i64 = shell.read("freed").trim().parse().unwrap();
    assert!(directory(&shell, "acme.agents").issued().unix_timestamp() >= freed);
}

#[test]
fn a_process_that_is_killed_leaves_the_old_or_the_new_directory() {
    let shell = Shell::new();
    let file = shell.path("acme.agents");
    // Long enough that writing it takes some time.
    let mut draft = DirectoryDraft::named();
    for number in 1_000_000..1_000_500 {
        let own = agent(&format!("agent {number}"), &key_of("planner"));
        let own = Agent::new(format!("urn:acme:{number}"), own, owner()).unwrap();
        draft.add(own.with_key(key(number)).unwrap()).unwrap();
    }
    let now = OffsetDateTime::now_utc();
    let first = draft.sign(&key_of("alice"), now, now + Duration::hours(24)).unwrap();
    fs::write(&file, first.as_bytes()).unwrap();
    let add = |number| adding(&shell, number);
    let begun = kills::timed(add(0));
    let mut seen = Seen { before: directory(&shell, "acme.agents"), known: vec![0] };
    kills::again_and_again(&file, "directory", begun, add, |bytes, number| {
        seen.check(bytes, number)
    });
}

/// The last directory that was seen, and who must be in the next one.
struct Seen {
    before: Directory,
    known: Vec<u32>,
}

impl Seen {
    /// Returns false for the directory that was seen last, and true for the one after it with this
    /// agent.
    fn check(&mut self, bytes: &[u8], number: u32) -> bool {
        if bytes == self.before.as_bytes() {
            return false;
        }
        let own = Directory::parse(bytes).unwrap();
        assert_eq!(own.sequence(), self.before.sequence() + 1);
        assert_eq!(own.previous(), Some(self.before.digest()));
        self.known.push(number);
        assert!(self.known.iter().all(|number| own.agent(&key(*number)).is_some()));
        assert_eq!(own.agents().len(), self.before.agents().len() + 1);
        self.before = own;
        true
    }
}

const FIRST: &str = "deputize agents add --new --at $NOW --key alice.key disk/a \
    --agent planner=planner.pub --id urn:acme:planner --accountable alice@acme.com";

const SUSPEND: &str = "deputize agents suspend --at $NOW --key alice.key disk/a planner";

#[test]
fn a_full_disk_loses_nobody() {
    let shell = Shell::new();
    let printed = on_a_disk(
        &shell,
        FIRST,
        &format!(
            "dd if=/dev/zero of=disk/fill 2>/dev/null || true
            {SUSPEND} && exit 9
            cmp disk/a before
            ls -A disk
            deputize agents verify --at $NOW disk/a
            deputize rotate --key planner.key --new-key writer.key --successor disk/s && exit 9
            [ ! -e disk/s ]
            rm disk/fill
            {SUSPEND}
            cp disk/a after"
        ),
    );
    for file in ["`disk/a`", "--successor `disk/s`"] {
        let why =
            format!("error: {file}: nothing was changed: No space left on device (os error 28)\n");
        assert!(printed.contains(&why), "{printed}");
    }
    assert!(printed.contains("\n.a.lock\na\nfill\n"), "{printed}");
    let (before, after) = (directory(&shell, "before"), directory(&shell, "after"));
    assert_eq!((after.sequence(), after.previous()), (2, Some(before.digest())));
    assert_eq!(after.agents().len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_keeps_its_directory() {
    let shell = Shell::new();
    let printed = on_a_disk(
        &shell,
        FIRST,
        &format!(
            "mount -o remount,ro disk
            {SUSPEND} && exit 9
            cmp disk/a before
            deputize agents verify --at $NOW disk/a
            deputize rotate --key planner.key --new-key writer.key --successor disk/s && exit 9
            ls -A disk"
        ),
    );
    for file in ["`disk/a`", "--successor `disk/s`"] {
        let why = format!("error: {file}: it cannot be changed, because `");
        assert!(printed.contains(&why), "{printed}");
    }
    assert_eq!(printed.matches("Read-only file system (os error 30)\n").count(), 2, "{printed}");
    assert!(printed.contains("\n.a.lock\na\n") && printed.contains("a: authentic"), "{printed}");
}

#[test]
fn what_a_crash_left_behind_is_removed_and_the_permissions_stay() {
    let shell = Shell::new();
    shell.done(&format!(
        "mkdir w; deputize agents add --new --key alice.key w/a {}",
        hire("planner")
    ));
    shell.write("w/.a.17.0.tmp", "half a directory");
    shell.done("chmod 640 w/a; deputize agents suspend --key alice.key w/a planner");
    assert_eq!(names(&shell.path("w")), [".a.lock", "a"]);
    assert_eq!(shell.done("stat -c %a w/a w/.a.lock"), "640\n600\n");
}
