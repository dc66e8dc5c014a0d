//! The authority of a call that was allowed stands exactly as long as a new call would be valid.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deputize::{
    Decision, DenyCode, Directory, DirectoryDraft, DirectoryPolicy, HopId, ListPolicy,
    MemoryStatementState, PresentOptions, ReplayPolicy, RevocationDraft, RevocationList,
    RevocationPolicy, RevocationSource, RevocationStatus, RevokedHops, Signer, Statements,
    Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::agents::{MAX_STALE, both, hr, signed};
use crate::common::{alice, anchor, now, planner, request, researcher, token};

/// A source that can lose its answer.
#[derive(Clone, Default)]
struct Source {
    revoked: RevokedHops,
    /// It answers while this is even.
    outages: Arc<AtomicUsize>,
}

impl RevocationSource for Source {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        match self.outages.load(Ordering::Relaxed) % 2 {
            0 => self.revoked.status(hop),
            _ => RevocationStatus::Unknown,
        }
    }
}

/// A service with a list, a directory and a source of its own.
struct Service {
    statements: Statements,
    source: Source,
    verifier: Verifier,
    list: RevocationList,
    directory: Directory,
}

impl Service {
    fn new() -> Self {
        let statements = Statements::new(anchor(), MemoryStatementState::default()).unwrap();
        let source = Source::default();
        let lists = ListPolicy::new(&statements, MAX_STALE).and_checked_with(source.clone());
        let agents = DirectoryPolicy::issued_by(&statements, hr().public_key(), MAX_STALE);
        let replays = ReplayPolicy::accepted_for(["*".parse().unwrap()]);
        let verifier = Verifier::new(anchor(), RevocationPolicy::by_lists(lists), replays)
            .with_directory(agents);
        let list = RevocationDraft::own().sign(&alice(), now(), now() + Duration::DAY).unwrap();
        let mut draft = DirectoryDraft::named();
        both().into_iter().for_each(|agent| draft.add(agent).unwrap());
        let directory = signed(&draft, &hr(), now());
        let service = Self { statements, source, verifier, list, directory };
        service.take();
        service
    }

    fn take(&self) {
        let list = self.statements.accept(self.list.as_bytes(), self.list.issued());
        let directory = self.statements.accept(self.directory.as_bytes(), self.directory.issued());
        let _ = (list.unwrap(), directory.unwrap());
    }

    fn list(&mut self, at: OffsetDateTime, revoked: Option<usize>) {
        let mut draft = RevocationDraft::after(&self.list);
        if let Some(hop) = revoked {
            draft.revoke_hop(&token().hops()[hop], at);
        }
        self.list = draft.sign(&alice(), at, at + Duration::DAY).unwrap();
        self.take();
    }

    fn directory(&mut self, at: OffsetDateTime, suspends: bool) {
        let mut draft = DirectoryDraft::of(&self.directory);
        if suspends {
            // It may be so already.
            let _ = draft.suspend(&planner().public_key());
        }
        self.directory = signed(&draft, &hr(), at);
        self.take();
    }

    fn decide(&self, at: OffsetDateTime) -> Decision {
        let anyway = PresentOptions::default().anyway();
        let shown = token().present_with(&researcher(), &request(), at, anyway).unwrap();
        self.verifier.decide(shown, request(), at)
    }
}

type Found = BTreeSet<(Option<usize>, DenyCode)>;

#[test]
fn a_recheck_finds_what_a_new_call_at_that_time_would() {
    let mut seed = 5_u64;
    let mut below = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let (mut seen, mut stood) = (BTreeSet::new(), 0);
    for _ in 0..150 {
        let mut service = Service::new();
        let mut at = now();
        let standing = service.decide(at).into_result().unwrap().standing();
        for _ in 0..12 {
            at += Duration::seconds(i64::try_from(below(7 * 60)).unwrap());
            match below(12) {
                0 => service.list(at, Some(usize::try_from(below(2)).unwrap())),
                1 => service.directory(at, true),
                2 => drop(service.source.outages.fetch_add(1, Ordering::Relaxed)),
                3 => drop(service.source.revoked.revoke(token().hops()[0].id())),
                4..=7 => service.list(at, None),
                _ => {}
            }
            if below(3) > 0 {
                service.directory(at, false);
            }
            let rechecked: Found = match standing.recheck(at) {
                Ok(()) => Found::new(),
                Err(ended) => ended.reasons().iter().map(|own| (own.hop, own.code)).collect(),
            };
            let decided: Found = match service.decide(at) {
                Decision::Allow(_) => Found::new(),
                Decision::Deny(denial) => {
                    denial.reasons().iter().map(|own| (own.hop, own.code)).collect()
                }
            };
            assert_eq!(rechecked, decided, "{at}");
            // A clock that goes back does not give back what has expired.
            stood += usize::from(rechecked.is_empty());
            seen.extend(rechecked.into_iter().map(|(_, code)| code));
        }
    }
    for code in [
        DenyCode::Expired,
        DenyCode::Revoked,
        DenyCode::RevocationStale,
        DenyCode::RevocationUnknown,
        DenyCode::AgentSuspended,
        DenyCode::DirectoryStale,
    ] {
        assert!(seen.contains(&code), "{code:?} is not in {seen:?}");
    }
    assert!(stood > 100, "{stood}");
}

/// Before the decision, the time is that of the decision.
#[test]
fn a_clock_that_goes_back_changes_nothing() {
    let mut service = Service::new();
    let standing = service.decide(now()).into_result().unwrap().standing();
    assert_eq!(standing.recheck(now() - Duration::days(400)), Ok(()));
    service.list(now(), Some(0));
    assert!(standing.recheck(now() - Duration::days(400)).unwrap_err().has(DenyCode::Revoked));
}
