//! A service with its log, an agent that calls it, and readers of the folder.

use std::fs;
use std::path::{Path, PathBuf};

use deputize::testing::Scene;
use deputize::{
    Decision, Openings, PresentOptions, RecordCore, RecordKind, Request, Signer, SigningKey,
    Verifier,
};
use deputize_audit::{Log, LogError, LogSettings, Recorded, SignedCheckpoint};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

/// 2026-11-23T18:00:00Z.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_bytes(&[70; 32])
}

pub(crate) fn settings() -> LogSettings {
    LogSettings::new("crm.acme.com", "crm-1")
}

/// A service and its agent.
pub(crate) struct Service {
    pub(crate) scene: Scene,
    pub(crate) verifier: Verifier,
}

impl Service {
    pub(crate) fn new() -> Self {
        let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
        Self { verifier: scene.verifier(), scene }
    }

    /// A decision about a call, each with a presentation of its own.
    pub(crate) fn decide(&self, resource: &str, limit: u32, at: OffsetDateTime) -> Decision {
        self.decide_with(resource, &format!("{{\"limit\":{limit}}}"), at)
    }

    /// A decision about a call with these arguments.
    pub(crate) fn decide_with(&self, resource: &str, args: &str, at: OffsetDateTime) -> Decision {
        let call = Request::new("crm.read", resource, "crm.acme.com").unwrap();
        let call = call.with_args(args).unwrap();
        let anyway = PresentOptions::default().anyway();
        let presentation =
            self.scene.token().present_with(self.scene.holder_key(), &call, at, anyway).unwrap();
        self.verifier.decide(presentation, call, at)
    }

    pub(crate) fn allowed(&self, number: u32) -> Decision {
        let decision = self.decide(&format!("accounts/{number}"), 5, now());
        assert!(decision.is_allowed(), "{decision:?}");
        decision
    }

    pub(crate) fn refused(&self, at: OffsetDateTime) -> Decision {
        let decision = self.decide("accounts/1", 50, at);
        assert!(!decision.is_allowed());
        decision
    }
}

/// A folder for a log.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn create(&self) -> Log {
        Log::create(self.path(), log_key(), settings(), now()).unwrap()
    }

    pub(crate) fn open(&self) -> Result<Log, LogError> {
        Log::open(self.path(), log_key(), settings(), None, now())
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn checkpoint(&self) -> SignedCheckpoint {
        SignedCheckpoint::parse(&fs::read(self.file("checkpoint")).unwrap()).unwrap()
    }

    pub(crate) fn cores(&self) -> Vec<RecordCore> {
        lines(&self.file("segments/00000000.jsonl"))
            .iter()
            .map(|line| RecordCore::parse(line.as_bytes()).unwrap())
            .collect()
    }

    pub(crate) fn openings(&self) -> Vec<Openings> {
        lines(&self.file("segments/00000000.open.jsonl"))
            .iter()
            .map(|line| Openings::parse(line.as_bytes()).unwrap())
            .collect()
    }

    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        let kind = |core: RecordCore| match core.kind {
            RecordKind::Log { .. } => "log",
            RecordKind::Decision(own) if own.allowed => "allowed",
            RecordKind::Decision(_) => "refused",
            RecordKind::Outcome { .. } => "outcome",
            RecordKind::Refusals(_) => "refusals",
            RecordKind::Recovery { .. } => "recovery",
            _ => "other",
        };
        self.cores().into_iter().map(kind).collect()
    }
}

pub(crate) fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// Records an allowed call and its outcome.
pub(crate) fn call(log: &Log, decision: Decision) -> u64 {
    match log.record(decision).unwrap() {
        Recorded::Allowed(call) => {
            let index = call.index();
            call.done(Some(b"42"), now()).unwrap().wait().unwrap();
            index
        }
        Recorded::Refused { denial, .. } => panic!("{denial}"),
    }
}

pub(crate) fn later(seconds: i64) -> OffsetDateTime {
    now() + Duration::seconds(seconds)
}

pub(crate) fn key_of_log() -> deputize::PublicKey {
    log_key().public_key()
}
