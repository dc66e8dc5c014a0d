//! Several processes, and processes that are killed, with one folder: each presentation runs its
//! call once.
//!
//! A service is this test binary, started again with a folder in its environment. It reads a
//! presentation from each line, and carries out an allowed call by adding a line to a file.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]
#![expect(clippy::print_stdout, reason = "the service answers there")]

use std::collections::HashMap;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write, stdin};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration as Elapsed;

use deputize::testing::Scene;
use deputize::{
    Decision, Presentation, ReplayPolicy, Request, RevocationPolicy, TrustAnchor, Verifier,
};
use deputize_stores::FileReplayGuard;
use time::{Duration, OffsetDateTime};

const FOLDER: &str = "DEPUTIZE_TEST_FOLDER";
const ROOT: &str = "DEPUTIZE_TEST_ROOT";

fn call(number: usize) -> Request {
    Request::new("pay.send", &format!("invoices/{number}"), "pay.acme.com").unwrap()
}

/// The service, when it is started as one. As a test it does nothing.
#[test]
fn service() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let now = OffsetDateTime::now_utc();
    let guard = FileReplayGuard::open_for_new_audience(folder.join("replays"), now).unwrap();
    let verifier = Verifier::new(
        TrustAnchor::new(env::var(ROOT).unwrap().parse().unwrap(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::HOUR },
        ReplayPolicy::refused_by(guard),
    );
    println!("ready");
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let (number, text) = line.split_once(' ').unwrap();
        let presentation = Presentation::parse(text).unwrap();
        let request = call(number.parse().unwrap());
        match verifier.decide(presentation, request, OffsetDateTime::now_utc()) {
            Decision::Allow(permit) => {
                let mut calls = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(folder.join("calls"))
                    .unwrap();
                calls.write_all(format!("{}\n", permit.request().resource()).as_bytes()).unwrap();
                println!("allowed");
            }
            Decision::Deny(denial) => println!("{denial}"),
        }
    }
}

struct Service {
    child: Child,
    input: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Service {
    fn start(folder: &Path, scene: &Scene) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "service", "--nocapture", "--quiet"])
            .env(FOLDER, folder)
            .env(ROOT, scene.anchor().key().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut service = Self { child, input, answers: BufReader::new(output) };
        // The test runner has words of its own.
        while !service.answer().ends_with("ready\n") {}
        service
    }

    fn send(&mut self, number: usize, text: &str) {
        writeln!(self.input, "{number} {text}").unwrap();
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        let length = self.answers.read_line(&mut line).unwrap();
        assert!(length > 0, "the service has ended");
        line
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The number of times that each call was carried out.
fn carried_out(folder: &Path) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in fs::read_to_string(folder.join("calls")).unwrap_or_default().lines() {
        *counts.entry(line.to_owned()).or_insert(0) += 1;
    }
    counts
}

fn scene() -> Scene {
    Scene::allowing(["pay.send invoices/*"], OffsetDateTime::now_utc()).unwrap()
}

#[test]
fn a_service_that_is_killed_between_two_sends() {
    let (folder, scene) = (tempfile::tempdir().unwrap(), scene());
    let text = scene.present(&call(1)).unwrap().to_text();
    let mut first = Service::start(folder.path(), &scene);
    first.send(1, &text);
    assert_eq!(first.answer(), "allowed\n");
    first.kill();
    let mut second = Service::start(folder.path(), &scene);
    second.send(1, &text);
    let answer = second.answer();
    assert!(answer.contains("[replayed]"), "{answer}");
    second.kill();
    assert_eq!(carried_out(folder.path()), HashMap::from([("invoices/1".to_owned(), 1)]));
}

/// Killed at any point of a decision.
#[test]
fn a_service_that_is_killed_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut second_sends_allowed = 0;
    for round in 0..60 {
        let scene = scene();
        let text = scene.present(&call(round)).unwrap().to_text();
        let mut first = Service::start(folder.path(), &scene);
        first.send(round, &text);
        std::thread::sleep(Elapsed::from_micros(u64::try_from(round).unwrap() * 120));
        first.kill();
        let ran_before = carried_out(folder.path()).contains_key(&format!("invoices/{round}"));
        let mut second = Service::start(folder.path(), &scene);
        second.send(round, &text);
        let answer = second.answer();
        second.kill();
        let runs = carried_out(folder.path()).get(&format!("invoices/{round}")).copied();
        match answer.as_str() {
            "allowed\n" => {
                assert_eq!((ran_before, runs), (false, Some(1)), "round {round}");
                second_sends_allowed += 1;
            }
            refused => {
                assert!(refused.contains("[replayed]"), "{refused}");
                assert_eq!(runs, ran_before.then_some(1), "round {round}");
            }
        }
    }
    // Some were killed early enough, and some ran.
    assert!((1..60).contains(&second_sends_allowed), "{second_sends_allowed}");
}

#[test]
fn several_services_at_once() {
    const CALLS: usize = 40;
    let (folder, scene) = (tempfile::tempdir().unwrap(), scene());
    let texts: Vec<_> =
        (0..CALLS).map(|number| scene.present(&call(number)).unwrap().to_text()).collect();
    let mut services: Vec<_> = (0..4).map(|_| Service::start(folder.path(), &scene)).collect();
    for (number, text) in texts.iter().enumerate() {
        services.iter_mut().for_each(|service| service.send(number, text));
    }
    let mut allowed = 0;
    for mut service in services {
        for _ in 0..CALLS {
            let answer = service.answer();
            assert!(answer == "allowed\n" || answer.contains("[replayed]"), "{answer}");
            allowed += usize::from(answer == "allowed\n");
        }
        service.kill();
    }
    assert_eq!(allowed, CALLS);
    let runs = carried_out(folder.path());
    assert_eq!((runs.len(), runs.values().max()), (CALLS, Some(&1)));
}
