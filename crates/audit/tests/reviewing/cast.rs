//! Alice, her planner, its researcher, and the log of a service.

use std::path::PathBuf;

use deputize::{
    Capability, Decision, Grant, OperationPattern, Owner, PresentOptions, Principal, Record,
    RecordRules, ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey, Token, TrustAnchor,
    Verifier,
};
use deputize_audit::{FolderFiles, HopReview, Log, LogFiles, LogSettings, Review, Reviewer};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

pub(crate) const AUDIENCE: &str = "crm.acme.com";

/// 2026-11-23T18:00:00Z.
pub(crate) fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn day(days: i64) -> OffsetDateTime {
    start() + Duration::days(days)
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

pub(crate) fn alice() -> SigningKey {
    key(1)
}

pub(crate) fn planner() -> SigningKey {
    key(2)
}

pub(crate) fn researcher() -> SigningKey {
    key(3)
}

pub(crate) fn capabilities(texts: &[&str]) -> Vec<Capability> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Alice lets the planner do this for thirty days.
pub(crate) fn planners(granted: Vec<Capability>) -> Token {
    let to = Principal::agent("planner", planner().public_key()).unwrap();
    let grant = Grant::new(to, granted, day(30), "CRM work").unwrap().with_max_hops(2);
    Token::mint(Owner::human("alice@acme.com").unwrap(), &alice(), grant, start()).unwrap()
}

/// The planner lets the researcher do this for twenty days.
pub(crate) fn researchers(planners: &Token, granted: Vec<Capability>) -> Token {
    let to = Principal::agent("researcher", researcher().public_key()).unwrap();
    let grant = Grant::new(to, granted, day(20), "research").unwrap();
    planners.delegate(&planner(), grant, start()).unwrap()
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(
        TrustAnchor::new(alice().public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(40) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
    .with_max_lifetime(Duration::days(40))
}

pub(crate) fn request(operation: &str, resource: &str, args: &str) -> Request {
    Request::new(operation, resource, AUDIENCE).unwrap().with_args(args).unwrap()
}

/// The decision about a call of the holder of this token.
pub(crate) fn decide(
    token: &Token,
    holder: &SigningKey,
    call: &Request,
    at: OffsetDateTime,
) -> Decision {
    let anyway = PresentOptions::default().anyway();
    let presentation = token.present_with(holder, call, at, anyway).unwrap();
    verifier().decide(presentation, call.clone(), at)
}

/// The log of a service, into which decisions are written.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) rules: RecordRules,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), rules: RecordRules::default() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn create(&self) -> Log {
        let settings = LogSettings::new(AUDIENCE, "crm-1");
        Log::create(self.path(), key(70), settings, start()).unwrap()
    }

    pub(crate) fn open(&self) -> Log {
        let settings = LogSettings::new(AUDIENCE, "crm-1");
        Log::open(self.path(), key(70), settings, None, start()).unwrap()
    }

    /// Writes a log with these decisions.
    pub(crate) fn write(&self, decisions: &[Decision]) {
        let log = self.create();
        for decision in decisions {
            drop(log.append(&Record::of(decision, &self.rules).unwrap()).unwrap());
        }
        log.close().unwrap();
    }

    pub(crate) fn review(&self, reviewer: &Reviewer) -> Review {
        let files = FolderFiles::new(self.path());
        reviewer.review(&[&files as &dyn LogFiles], |_| ()).unwrap()
    }
}

/// The review of a hop by the name of its delegate.
pub(crate) fn of<'r>(review: &'r Review, agent: &str) -> &'r HopReview {
    let mut hops = review.hops.iter().filter(|own| own.hop.delegate().name() == agent);
    let own = hops.next().unwrap();
    assert!(hops.next().is_none());
    own
}

/// The proposed capabilities, as `--allow` reads them.
pub(crate) fn proposed(hop: &HopReview) -> Vec<String> {
    hop.proposal.iter().flat_map(|own| &own.capabilities).map(Capability::as_written).collect()
}

/// Appends lines to the files of a closed log, as anybody can who may write to its folder.
pub(crate) fn append(place: &Place, lines: &[(String, String)]) {
    for (core, openings) in lines {
        for (name, line) in
            [("segments/00000000.jsonl", core), ("segments/00000000.open.jsonl", openings)]
        {
            let path = place.path().join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("{text}{line}\n")).unwrap();
        }
    }
}
