//! A service with its log, and readers of the folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration as Elapsed;

use deputize::testing::Scene;
use deputize::{
    Decision, Denial, PresentOptions, RecordCore, RecordKind, Request, SigningKey, Verifier,
};
use deputize_audit::{
    ConsistencyProof, FolderFiles, FolderTiles, Log, LogError, LogSettings, LogVerifier, Recorded,
    RightEdge, SignedCheckpoint, TiledHashes, Verdict, leaf_hash,
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

pub(crate) const CORES: &str = "segments/00000000.jsonl";
pub(crate) const OPENINGS: &str = "segments/00000000.open.jsonl";

/// 2026-11-23T18:00:00Z.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn later(seconds: i64) -> OffsetDateTime {
    now() + Duration::seconds(seconds)
}

pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_bytes(&[70; 32])
}

/// Checkpoints follow every few milliseconds.
pub(crate) fn settings() -> LogSettings {
    LogSettings::new("crm.acme.com", "crm-1").with_checkpoint_interval(Elapsed::from_millis(3))
}

/// An agent with a token, and the verifier of the service.
pub(crate) struct Agent {
    scene: Scene,
    verifier: Verifier,
    at: OffsetDateTime,
}

impl Agent {
    pub(crate) fn new(at: OffsetDateTime) -> Self {
        let scene = Scene::allowing(["crm.read accounts/**"], at).unwrap();
        Self { verifier: scene.verifier(), scene, at }
    }

    pub(crate) fn allowed(&self, resource: &str) -> Decision {
        let call = Request::new("crm.read", resource, "crm.acme.com").unwrap();
        let anyway = PresentOptions::default().anyway();
        let (token, key) = (self.scene.token(), self.scene.holder_key());
        let presentation = token.present_with(key, &call, self.at, anyway).unwrap();
        let decision = self.verifier.decide(presentation, call, self.at);
        assert!(decision.is_allowed(), "{decision:?}");
        decision
    }
}

/// A call without a presentation.
pub(crate) fn refused(at: OffsetDateTime) -> Decision {
    let call = Request::new("crm.read", "accounts/0", "crm.acme.com").unwrap();
    Decision::Deny(Denial::not_presented(call, at))
}

/// Records an allowed call and its outcome.
pub(crate) fn call(log: &Log, decision: Decision) -> Result<u64, LogError> {
    match log.record(decision)? {
        Recorded::Allowed(call) => {
            let index = call.index();
            call.done(Some(b"42"), now())?.wait()?;
            Ok(index)
        }
        Recorded::Refused { denial, .. } => panic!("{denial}"),
    }
}

/// A folder for a log.
pub(crate) struct Place {
    _folder: TempDir,
    path: PathBuf,
}

impl Place {
    /// In memory, where syncing takes no time, if there is such a place.
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::on_disk() }
    }

    pub(crate) fn on_disk() -> Self {
        Self::below(&env::temp_dir())
    }

    fn below(folder: &Path) -> Self {
        let folder = tempfile::tempdir_in(folder).unwrap();
        Self { path: folder.path().join("log"), _folder: folder }
    }

    /// A log of a few calls, closed.
    pub(crate) fn written(calls: u32) -> Self {
        let (place, agent) = (Self::new(), Agent::new(now()));
        let log = Log::create(place.path(), log_key(), settings(), now()).unwrap();
        for number in 0..calls {
            call(&log, agent.allowed(&format!("accounts/{number}"))).unwrap();
        }
        log.close().unwrap();
        place
    }

    pub(crate) fn copy_of(other: &Path) -> Self {
        let own = Self::new();
        copy(other, own.path());
        own
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

pub(crate) fn create(folder: &Path) -> Result<Log, LogError> {
    Log::create(folder, log_key(), settings(), now())
}

pub(crate) fn open(folder: &Path, newest: Option<&SignedCheckpoint>) -> Result<Log, LogError> {
    Log::open(folder, log_key(), settings(), newest, now())
}

/// Runs it on a thread of its own: a test that waits for ever has failed.
pub(crate) fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(run()));
    receiver.recv_timeout(Elapsed::from_secs(30)).expect("it panicked, or it waits for ever")
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The names and bytes of all files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => all.push((path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    all.sort();
    all
}

/// The whole lines of a file, with their line feeds; none if there is no such file.
pub(crate) fn whole_lines(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap_or_default();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| line.ends_with(b"\n")).map(<[u8]>::to_vec).collect()
}

pub(crate) fn checkpoint(folder: &Path) -> Option<SignedCheckpoint> {
    let bytes = fs::read(folder.join("checkpoint")).ok()?;
    Some(SignedCheckpoint::parse(&bytes).unwrap())
}

pub(crate) fn size(checkpoint: &SignedCheckpoint) -> usize {
    usize::try_from(checkpoint.claimed().head().size()).unwrap()
}

pub(crate) fn kinds(folder: &Path) -> Vec<RecordKind> {
    let parse = |line: &Vec<u8>| RecordCore::parse(&line[..line.len() - 1]).unwrap().kind;
    whole_lines(&folder.join(CORES)).iter().map(parse).collect()
}

/// The verdict about a log, compared with checkpoints that were seen before.
pub(crate) fn verdict(folder: &Path, seen: &[SignedCheckpoint]) -> Verdict {
    let verifier = seen.iter().cloned().fold(LogVerifier::default(), LogVerifier::having_seen);
    verifier.verify(&FolderFiles::new(folder), |_| ()).unwrap()
}

pub(crate) fn assert_whole(folder: &Path, seen: &[SignedCheckpoint]) {
    let verdict = verdict(folder, seen);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
}

/// Checks that the newest checkpoint extends an older one, by the tiles.
pub(crate) fn assert_extends(folder: &Path, older: &SignedCheckpoint) {
    let newest = checkpoint(folder).unwrap();
    let (older, newer) = (older.claimed().head(), newest.claimed().head());
    let hashes = &mut TiledHashes::new(newer.size(), FolderTiles::new(folder));
    let proof = ConsistencyProof::prove(older.size(), newer.size(), hashes).unwrap();
    proof.check(older, newer).unwrap();
}

/// Checks that the records of the first segment give the root of a checkpoint.
pub(crate) fn assert_root(folder: &Path, checkpoint: &SignedCheckpoint) {
    let mut tree = RightEdge::default();
    for line in whole_lines(&folder.join(CORES)).iter().take(size(checkpoint)) {
        tree.push(leaf_hash(&line[..line.len() - 1])).unwrap();
    }
    assert_eq!(tree.head(), *checkpoint.claimed().head());
}
