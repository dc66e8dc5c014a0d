//! A service in a process of its own: this test binary, started again. It records calls as fast as it
//! can, and prints the index of each record that it may rely on.

use std::env;
use std::io::{BufRead, BufReader, Read, stdin};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration as Elapsed;

use deputize_audit::{Durability, Log, Recorded, SignedCheckpoint};

use crate::cast::{Agent, log_key, now, refused, settings};
use time::Duration;

const FOLDER: &str = "DEPUTIZE_TEST_LOG";
const DOES: &str = "DEPUTIZE_TEST_DOES";
const ROUND: &str = "DEPUTIZE_TEST_ROUND";

/// The work of the service with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// It creates it and records calls.
    Create,
    /// It opens it and records calls.
    Record,
    /// It opens it and waits.
    Hold,
}

/// The service, when it is started as one. As a test it does nothing.
#[test]
fn service() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let (does, round) = (env::var(DOES).unwrap(), env::var(ROUND).unwrap());
    let round: u32 = round.parse().unwrap();
    // A killed process loses nothing that the operating system has, whatever the policy.
    let settings = match round % 3 {
        0 => settings().with_durability(Durability::Within(Elapsed::from_millis(5))),
        _ => settings(),
    };
    println!("ready");
    // The clock of each process is behind that of the one before.
    let at = now() - Duration::minutes(10) * round;
    let log = match does.as_str() {
        "Create" => Log::create(folder, log_key(), settings, at),
        _ => Log::open(folder, log_key(), settings, None, at),
    };
    let log = match log {
        Ok(log) => log,
        Err(why) => return println!("error {why}"),
    };
    println!("open");
    if does == "Hold" {
        // A process of its own lives on for some time. It has no lock.
        let mut other = Command::new("sleep");
        let other = other.arg("2").stdin(Stdio::null()).stdout(Stdio::null());
        drop(other.stderr(Stdio::null()).spawn().unwrap());
        println!("other");
        drop(stdin().read_to_end(&mut Vec::new()));
        return;
    }
    thread::scope(|scope| {
        for number in 0..3 {
            let log = &log;
            scope.spawn(move || record(log, &format!("accounts/{round}-{number}"), at));
        }
        // Enough of them that some are only counted, and the next minute tells how many.
        for number in 0.. {
            drop(log.record(refused(at + Duration::seconds(number))));
            thread::sleep(Elapsed::from_micros(300));
        }
    });
}

/// Records one call after the other, with each kind of outcome.
fn record(log: &Log, prefix: &str, at: time::OffsetDateTime) {
    let agent = Agent::new(at);
    for number in 0_u32.. {
        let resource = format!("{prefix}-{number}.");
        let Recorded::Allowed(call) = log.record(agent.allowed(&resource)).unwrap() else {
            panic!("{resource} was refused")
        };
        println!("record {} {resource}", call.index());
        let outcome = match number % 3 {
            0 => call.done(Some(resource.as_bytes()), at),
            1 => call.failed(at),
            _ => continue,
        };
        println!("record {} ", outcome.unwrap().wait().unwrap());
    }
}

/// The state of the log, open or not, and each record that the service said it may rely on: its index, and
/// the resource of the call.
type Said = (bool, Vec<(usize, String)>);

pub(crate) struct Service {
    child: Child,
    _input: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Service {
    /// Starts it, until just before it creates or opens the log.
    pub(crate) fn start(folder: &Path, does: Does, round: u32) -> Self {
        Self::run(&mut Command::new(env::current_exe().unwrap()), folder, does, round)
    }

    /// Starts one that the system kills when it writes a file beyond this length: what fits is written.
    pub(crate) fn start_limited(folder: &Path, round: u32, length: usize) -> Self {
        let mut command = Command::new("prlimit");
        command.arg(format!("--fsize={length}")).arg(env::current_exe().unwrap());
        Self::run(&mut command, folder, Does::Record, round)
    }

    fn run(command: &mut Command, folder: &Path, does: Does, round: u32) -> Self {
        let mut child = command
            .args(["--exact", "service::service", "--nocapture", "--quiet"])
            .env(FOLDER, folder)
            .env(DOES, format!("{does:?}"))
            .env(ROUND, round.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut own = Self { child, _input: input, answers: BufReader::new(output) };
        // The test runner has words of its own.
        while !own.answer().ends_with("ready") {}
        own
    }

    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        assert!(self.answers.read_line(&mut line).unwrap() > 0, "the service has ended");
        line.trim_end().to_owned()
    }

    /// Kills the process (SIGKILL), and returns what it had said.
    pub(crate) fn kill(mut self) -> Said {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said()
    }

    /// Waits until the system killed the process (SIGXFSZ), and returns what it had said.
    pub(crate) fn killed(mut self) -> Said {
        let said = self.said();
        let status = self.child.wait().unwrap();
        assert!(status.signal().is_some(), "{status}");
        said
    }

    fn said(&mut self) -> Said {
        let mut rest = String::new();
        self.answers.read_to_string(&mut rest).unwrap();
        let (mut is_open, mut records) = (false, Vec::new());
        // The last line may be cut off.
        for line in rest.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            match line.trim_end_matches('\n').split_once(' ') {
                Some(("record", own)) => {
                    let (index, resource) = own.split_once(' ').unwrap();
                    records.push((index.parse().unwrap(), resource.to_owned()));
                }
                Some(("error", why)) => panic!("{why}"),
                // Words of the test runner.
                Some(_) => {}
                None => is_open |= line == "open\n",
            }
        }
        (is_open, records)
    }

    /// Reads the newest checkpoint of the folder as often as it can for this long, as a witness does.
    pub(crate) fn watch(folder: &Path, most: Elapsed) -> Vec<SignedCheckpoint> {
        let begun = std::time::Instant::now();
        let mut seen: Vec<SignedCheckpoint> = Vec::new();
        while begun.elapsed() < most {
            if let Some(own) = crate::cast::checkpoint(folder)
                && seen.last().is_none_or(|last| last.claimed() != own.claimed())
            {
                seen.push(own);
            }
            thread::sleep(Elapsed::from_micros(200));
        }
        seen
    }
}
