//! Processes that are killed at any time, and several that store at once.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration as Elapsed;

use deputize::{RevocationDraft, RevocationList, SeriesState, Signer, SigningKey, StatementState};
use time::Duration;

use crate::cast::{Cast, now};
use crate::service::Service;
use crate::{create, folder, names, open};

/// Alice's lists, one after the other, each in a file.
struct Lists<'a> {
    cast: &'a Cast,
    folder: PathBuf,
    last: Option<RevocationList>,
}

impl Lists<'_> {
    fn path(&self, sequence: u64) -> PathBuf {
        self.folder.join(format!("list-{sequence}"))
    }

    /// Returns the command to accept the list with this sequence, which is signed if it does not exist.
    fn accept(&mut self, sequence: u64) -> String {
        while self.last.as_ref().map_or(0, RevocationList::sequence) < sequence {
            let draft =
                self.last.as_ref().map_or_else(RevocationDraft::own, RevocationDraft::after);
            let list = self.cast.signed(&draft, 0);
            fs::write(self.path(list.sequence()), list.as_bytes()).unwrap();
            self.last = Some(list);
        }
        format!("accept {}", self.path(sequence).display())
    }
}

fn heads(path: &Path) -> Vec<SeriesState> {
    open(path).load().unwrap()
}

/// The sequence that is stored. There is one head.
fn stored(path: &Path) -> u64 {
    let states = heads(path);
    assert!(states.len() <= 1 && states.iter().all(|state| state.heads.len() == 1), "{states:?}");
    states.first().map_or(0, |state| state.heads[0].sequence)
}

/// The rounds of the test below: `DEPUTIZE_KILLS=200` for more than 25.
fn rounds() -> u64 {
    env::var("DEPUTIZE_KILLS").map_or(25, |rounds| rounds.parse().unwrap())
}

/// A service accepts one list after the other and is killed. What is stored is then the old state or
/// the new one, and the next process takes no older list for fresh.
#[test]
fn a_service_that_is_killed_at_any_time() {
    /// Lists that a service is sent in one round, more than it can accept until it is killed.
    const AHEAD: u64 = 60;
    let ((folder, path), cast) = (folder(), Cast::new());
    drop(create(&path));
    let lists = folder.path().join("lists");
    fs::create_dir(&lists).unwrap();
    let mut lists = Lists { cast: &cast, folder: lists, last: None };
    let call = format!("call {}", cast.present(1, now()).to_text());
    let (mut accepted, mut between, mut while_writing) = (0, 0, 0);
    for round in 0..rounds() {
        let before = stored(&path);
        // Each third round, the service is killed exactly between storing and taking.
        let taken = if round % 3 == 2 {
            let mut service = Service::start_stopping(&path, cast.root());
            assert_eq!(service.ask(&lists.accept(before + 1)), "stored");
            assert_eq!(service.kill(), Vec::<String>::new());
            before
        } else {
            let commands: Vec<_> = (1..=AHEAD).map(|ahead| lists.accept(before + ahead)).collect();
            let mut service = Service::start(&path, cast.root());
            commands.iter().for_each(|command| service.send(command));
            thread::sleep(Elapsed::from_micros(round * 7_919 % 60_000));
            // The last answer may be cut off.
            let answers = service.kill();
            let taken = answers.iter().filter(|answer| *answer == "Current").count();
            assert!(answers.len() <= taken + 1, "{answers:?}");
            accepted += taken;
            before + u64::try_from(taken).unwrap()
        };
        while_writing += u64::from(names(&path).contains(".seen.new"));
        let now_stored = stored(&path);
        assert!(now_stored == taken || now_stored == taken + 1, "{taken}: {now_stored}");
        between += u64::from(now_stored == taken + 1);

        let mut next = Service::start(&path, cast.root());
        if now_stored > 1 {
            let effect = next.ask(&lists.accept(now_stored - 1));
            assert_eq!(effect, format!("RolledBack {{ seen: {now_stored} }}"), "{round}");
            let answer = next.ask(&call);
            assert!(answer.starts_with("revocation_unknown"), "{round}: {answer}");
        }
        if now_stored > 0 {
            assert_eq!(next.ask(&lists.accept(now_stored)), "Current", "{round}");
            assert_eq!(next.ask(&call), "allowed", "{round}");
        }
        if now_stored > 1 {
            let effect = next.ask(&lists.accept(now_stored - 1));
            assert_eq!(effect, "refused as old", "{round}");
        }
        assert_eq!(next.kill(), Vec::<String>::new());
    }
    let rounds = rounds();
    println!(
        "{rounds} kills, {between} between storing and taking, {while_writing} while writing; {accepted} lists accepted"
    );
    assert!(between >= rounds / 3 && accepted > 0, "{between} {accepted}");
}

/// Each process stores the lists of an issuer of its own. They change one file.
fn store_different_series(processes: usize) {
    const LISTS: u64 = 20;
    let ((folder, path), cast) = (folder(), Cast::new());
    drop(create(&path));
    let issuers: Vec<_> = (0..processes).map(|_| SigningKey::generate().unwrap()).collect();
    let mut services: Vec<_> = issuers.iter().map(|_| Service::start(&path, cast.root())).collect();
    let mut expected = BTreeSet::new();
    for (number, (issuer, service)) in issuers.iter().zip(&mut services).enumerate() {
        let mut list: Option<RevocationList> = None;
        for sequence in 1..=LISTS {
            let draft = list.as_ref().map_or_else(RevocationDraft::own, RevocationDraft::after);
            let next = draft.sign(issuer, now(), now() + Duration::DAY).unwrap();
            let path = folder.path().join(format!("list-{number}-{sequence}"));
            fs::write(&path, next.as_bytes()).unwrap();
            list = Some(next);
        }
        let list = list.unwrap();
        expected.insert((issuer.public_key(), list.sequence(), list.digest()));
        for sequence in 1..=LISTS {
            let path = folder.path().join(format!("list-{number}-{sequence}"));
            service.send(&format!("accept {}", path.display()));
        }
    }
    for mut service in services {
        for _ in 0..LISTS {
            assert_eq!(service.answer(), "Current");
        }
        service.kill();
    }
    let found: BTreeSet<_> = heads(&path)
        .iter()
        .map(|state| (state.series.issuer, state.heads[0].sequence, state.heads[0].digest))
        .collect();
    assert_eq!(found, expected);
}

/// Each process sees another head of one series.
fn store_heads_of_one_series(processes: usize) {
    let ((folder, path), cast) = (folder(), Cast::new());
    drop(create(&path));
    let mut services: Vec<_> = (0..processes).map(|_| Service::start(&path, cast.root())).collect();
    for round in 0..20 {
        let issuer = SigningKey::generate().unwrap();
        let mut expected = BTreeSet::new();
        let mut commands = Vec::new();
        for number in 0..processes {
            let mut draft = RevocationDraft::own();
            draft.revoke_token([u8::try_from(number).unwrap(); 16], now());
            let list = draft.sign(&issuer, now(), now() + Duration::DAY).unwrap();
            let path = folder.path().join(format!("list-{round}-{number}"));
            fs::write(&path, list.as_bytes()).unwrap();
            expected.insert(list.digest());
            commands.push(format!("accept {}", path.display()));
        }
        for (service, command) in services.iter_mut().zip(&commands) {
            service.send(command);
        }
        let answers: Vec<_> = services.iter_mut().map(Service::answer).collect();
        // One was the first, and the others saw a fork.
        let current = answers.iter().filter(|answer| *answer == "Current").count();
        let forked = answers.iter().filter(|answer| answer.starts_with("Forked")).count();
        assert_eq!((current, forked), (1, processes - 1), "{answers:?}");
        let states = heads(&path);
        let state = states.iter().find(|state| state.series.issuer == issuer.public_key());
        let found: BTreeSet<_> = state.unwrap().heads.iter().map(|head| head.digest).collect();
        assert_eq!(found, expected, "{round}");
    }
    assert_eq!(heads(&path).len(), 20);
    services.into_iter().for_each(|service| drop(service.kill()));
}

#[test]
fn two_and_four_processes_lose_no_series() {
    store_different_series(2);
    store_different_series(4);
}

#[test]
fn two_and_four_processes_lose_no_head() {
    store_heads_of_one_series(2);
    store_heads_of_one_series(4);
}

/// Only one of several creates it.
#[test]
fn threads_that_create_at_once() {
    let (_folder, path) = folder();
    let created: usize = thread::scope(|scope| {
        let create = || usize::from(deputize_stores::FileStatementState::create(&path).is_ok());
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(created, 1);
}
