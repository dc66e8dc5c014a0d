//! A service in a process of its own: this test binary, started again. It reads a command from each
//! line, and answers with a line.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stdin};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration as Elapsed;

use deputize::{NotAccepted, Presentation, PublicKey, SeriesState, StateError, StatementState};
use deputize_stores::FileStatementState;

use crate::cast::{Crm, now};
use crate::open;

const STATE: &str = "DEPUTIZE_TEST_STATE";
const ROOT: &str = "DEPUTIZE_TEST_ROOT";
const STOPS: &str = "DEPUTIZE_TEST_STOPS";

/// A state that stops when a list is stored, before anybody takes the list.
struct Stopping(FileStatementState);

impl StatementState for Stopping {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        self.0.load()
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        self.0.replace(before, after)?;
        println!("stored");
        thread::sleep(Elapsed::from_secs(600));
        Ok(())
    }
}

/// The service, when it is started as one. As a test it does nothing.
#[test]
fn service() {
    let Some(path) = env::var_os(STATE) else { return };
    let state = open(Path::new(&path)).with_lock_timeout(Elapsed::from_secs(60));
    let root: PublicKey = env::var(ROOT).unwrap().parse().unwrap();
    let crm = match env::var_os(STOPS) {
        Some(_) => Crm::new(root, Stopping(state)),
        None => Crm::new(root, state),
    };
    println!("ready");
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        match line.split_once(' ').unwrap() {
            ("accept", path) => match crm.accept(&fs::read(path).unwrap()) {
                Ok(effect) => println!("{effect:?}"),
                Err(NotAccepted::RolledBack { .. }) => println!("refused as old"),
                Err(why) => println!("{why}"),
            },
            ("call", text) => {
                println!("{}", crm.decide(Presentation::parse(text).unwrap(), now()));
            }
            _ => panic!("{line}"),
        }
    }
}

pub(crate) struct Service {
    child: Child,
    input: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Service {
    pub(crate) fn start(state: &Path, root: PublicKey) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()).env_remove(STOPS), state, root)
    }

    /// Starts a service that stops between storing a list and taking it.
    pub(crate) fn start_stopping(state: &Path, root: PublicKey) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()).env(STOPS, "1"), state, root)
    }

    fn run(command: &mut Command, state: &Path, root: PublicKey) -> Self {
        let mut child = command
            .args(["--exact", "service::service", "--nocapture", "--quiet"])
            .env(STATE, state)
            .env(ROOT, root.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut service = Self { child, input, answers: BufReader::new(output) };
        // The test runner has words of its own.
        while !service.answer().ends_with("ready") {}
        service
    }

    pub(crate) fn send(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
    }

    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        assert!(self.answers.read_line(&mut line).unwrap() > 0, "the service has ended");
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.send(command);
        self.answer()
    }

    /// Kills the process (SIGKILL), and returns what it still answered.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut rest = String::new();
        self.answers.read_to_string(&mut rest).unwrap();
        rest.lines().map(str::to_owned).collect()
    }
}
