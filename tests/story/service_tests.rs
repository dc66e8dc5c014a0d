//! Tests of somebody else's service: a scene, a call for each deny code, and the rules of guards and
//! revocation sources.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use deputize::testing::{Scene, check_replay_guard, check_revocation_source};
use deputize::{
    Arrival, DenyCode, HopId, MemoryReplayGuard, Presented, ReplayError, ReplayGuard, Request,
    RevocationSource, RevocationStatus, RevokedHops,
};
use time::OffsetDateTime;

use crate::common::now;

fn requests() -> [Request; 3] {
    let call = || Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap();
    let nested = r#"{"filter": {"tags": ["a", 1.5]}}"#;
    [
        call(),
        call().with_args(r#"{"limit": 5, "tags": ["a"]}"#).unwrap(),
        Request::new("tools/call", "x", "https://a.example/mcp")
            .unwrap()
            .with_args(nested)
            .unwrap(),
    ]
}

#[test]
fn every_code_has_a_call_that_it_refuses() {
    let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
    for request in requests() {
        let calls = scene.every_refusal(&request).unwrap();
        assert_eq!(calls.iter().map(|call| call.code).collect::<Vec<_>>(), DenyCode::ALL);
        for call in calls {
            let denial = call.decide(&scene.verifier(), &request, now()).into_result().unwrap_err();
            let mut codes: Vec<_> = denial.reasons().iter().map(|reason| reason.code).collect();
            // Each hop that is refused has a reason.
            codes.dedup();
            assert_eq!(codes, [call.code], "{denial}");
            // The call is the tester's own where it can be.
            let needs_args = [DenyCode::UnknownArgument, DenyCode::ArgumentRefused];
            let has_no_value = !request.args().contains_key("limit");
            let expected = call.code == DenyCode::WorkLimitExceeded
                || (needs_args.contains(&call.code) && request.args().is_empty())
                || (call.code == DenyCode::ArgumentRefused && has_no_value);
            assert_eq!(call.request.is_some(), expected, "{}", call.code);
        }
    }
}

#[test]
fn the_honest_chain_of_a_refusal_is_allowed() {
    // The verifier of `replayed` is the only obstacle to its call.
    let scene = Scene::allowing(["*  **"], now()).unwrap();
    for request in requests() {
        let call = scene.refusal(DenyCode::Replayed, &request).unwrap();
        let decision = scene.verifier().decide(call.presentation, request, now());
        assert!(decision.is_allowed(), "{decision:?}");
    }
}

#[test]
fn a_scene_allows_what_it_says() {
    let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
    let decide = |call: &Request| {
        scene.verifier().decide(scene.present(call).unwrap(), call.clone(), now()).is_allowed()
    };
    let call = |args: &str| requests()[0].clone().with_args(args).unwrap();
    assert!(decide(&call(r#"{"limit": 10}"#)));
    assert!(!decide(&call(r#"{"limit": 11}"#)));
    assert!(!decide(&call("{}")));
    // Two scenes trust nothing of each other's.
    let other = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
    let call = call(r#"{"limit": 10}"#);
    assert!(!other.verifier().decide(scene.present(&call).unwrap(), call, now()).is_allowed());
    assert!(Scene::allowing([], now()).is_err());
    assert!(Scene::allowing(["crm.read"], now()).is_err());
}

/// A guard with one fault. All others are avoided with a set.
struct Faulty {
    fault: Fault,
    used: Mutex<HashMap<Vec<u8>, OffsetDateTime>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    RemembersNothing,
    ForgetsBeforeTheEnd,
    RevivesWhatItForgot,
    CutsIds,
    CutsIdsAtTheStart,
    ChecksBeforeItLocks,
    NoteUsesUp,
    SaysFirstOfTheUsed,
    OneHopFillsIt,
    SaysUnknownWhenFull,
}

impl ReplayGuard for Faulty {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        let fault = self.fault;
        let bytes = presented.id.to_bytes();
        let id = match fault {
            Fault::CutsIds => bytes[..16].to_vec(),
            Fault::CutsIdsAtTheStart => bytes[16..].to_vec(),
            _ => bytes.to_vec(),
        };
        if fault == Fault::ChecksBeforeItLocks {
            if self.used.lock().unwrap().contains_key(&id) {
                return Err(ReplayError::Replayed);
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
            self.used.lock().unwrap().insert(id, presented.until);
            return Ok(());
        }
        let mut used = self.used.lock().unwrap();
        match fault {
            Fault::ForgetsBeforeTheEnd => used.retain(|_, until| *until > presented.now),
            Fault::RevivesWhatItForgot => used.retain(|_, until| *until >= presented.now),
            _ => {}
        }
        if used.contains_key(&id) {
            return Err(ReplayError::Replayed);
        }
        if matches!(fault, Fault::OneHopFillsIt | Fault::SaysUnknownWhenFull) && used.len() > 50 {
            return Err(match fault {
                Fault::OneHopFillsIt => ReplayError::Full,
                _ => ReplayError::Unknown("full".to_owned()),
            });
        }
        if fault != Fault::RemembersNothing {
            used.insert(id, presented.until);
        }
        Ok(())
    }

    fn note(&self, presented: &Presented) -> Arrival {
        let id = presented.id.to_bytes().to_vec();
        let mut used = self.used.lock().unwrap();
        if self.fault == Fault::NoteUsesUp {
            used.insert(id, presented.until);
            return Arrival::First;
        }
        match used.contains_key(&id) {
            true if self.fault != Fault::SaysFirstOfTheUsed => Arrival::Used,
            _ => Arrival::First,
        }
    }
}

#[test]
fn a_faulty_guard_breaks_a_rule() {
    check_replay_guard(now(), || MemoryReplayGuard::for_new_audience(200)).unwrap();
    let check = |fault| {
        let make = || Faulty { fault, used: Mutex::default() };
        check_replay_guard(now(), make).err().map(|broken| broken.to_string())
    };
    assert_eq!(check(Fault::None), None);
    let broken = [
        Fault::RemembersNothing,
        Fault::ForgetsBeforeTheEnd,
        Fault::RevivesWhatItForgot,
        Fault::CutsIds,
        Fault::CutsIdsAtTheStart,
        Fault::ChecksBeforeItLocks,
        Fault::NoteUsesUp,
        Fault::SaysFirstOfTheUsed,
        Fault::OneHopFillsIt,
        Fault::SaysUnknownWhenFull,
    ]
    .map(|fault| format!("{fault:?}: {}", check(fault).unwrap_or_default()));
    let broken = broken.join("\n");
    // How many threads get through is left to chance.
    let broken = broken.replace(|c: char| c.is_ascii_digit(), "#");
    insta::assert_snapshot!(broken, @r#"
RemembersNothing: a guard must refuse a presentation that was used, until the last second of its `until`, but the answer # s later is Ok(())
ForgetsBeforeTheEnd: a guard must refuse a presentation that was used, until the last second of its `until`, but the answer ## s later is Ok(())
RevivesWhatItForgot: a guard must not accept a used presentation again when the clock goes back, but the answer is Ok(())
CutsIds: a guard must accept a presentation that was not used, but one of four is refused: Err(Replayed)
CutsIdsAtTheStart: a guard must accept a presentation that was not used, but one of four is refused: Err(Replayed)
ChecksBeforeItLocks: of several threads that use one presentation, a guard must accept exactly one, but # of # were accepted
NoteUsesUp: a note must not use a presentation up, but the answer is then Err(Replayed)
SaysFirstOfTheUsed: a note about a used presentation must be `Used`, or `Unknown` if the guard cannot tell, but it is First
OneHopFillsIt: presentations that share a first hop must not take the room of all others, but one with another first hop gets Err(Full)
SaysUnknownWhenFull: a guard that refuses a new presentation for lack of room must say `Full`, but the answer is Unknown("full")
"#);
}

/// Sources that are wrong about hops like the revoked one, or about the revoked one itself.
#[test]
fn a_faulty_source_breaks_a_rule() {
    let revoked = RevokedHops::default();
    check_revocation_source(&revoked, |hop| assert!(revoked.revoke(hop))).unwrap();

    struct Cut(usize, Mutex<HashSet<Vec<u8>>>);
    impl RevocationSource for Cut {
        fn status(&self, hop: &HopId) -> RevocationStatus {
            match self.1.lock().unwrap().contains(&hop.to_bytes()[..self.0]) {
                true => RevocationStatus::Revoked,
                false => RevocationStatus::Good,
            }
        }
    }
    let check = |length: usize| {
        let source = Cut(length, Mutex::default());
        let revoke = |hop: HopId| {
            source.1.lock().unwrap().insert(hop.to_bytes()[..length].to_vec());
        };
        check_revocation_source(&source, revoke).map_err(|broken| broken.rule)
    };
    assert_eq!(check(32), Ok(()));
    assert_eq!(check(16), Ok(()));
    assert_eq!(check(15), Err("a hop that is not revoked must be `Good`"));

    let deaf = HashSet::<HopId>::new();
    let rule = check_revocation_source(&deaf, |_| ()).unwrap_err().rule;
    assert_eq!(
        rule,
        "a revoked hop must be `Revoked`, in every thread and whenever it is asked about"
    );
}
