//! Tests of somebody else's service: a scene, a call for each deny code, and the rules of guards and
//! revocation sources.

use std::collections::HashSet;
use std::sync::Mutex;

use deputize::bind::McpCall;
use deputize::testing::{RawProof, RawToken, Scene, check_replay_guard, check_revocation_source};
use deputize::{
    Arrival, DenyCode, HopId, MemoryReplayGuard, Presentation, Presented, ReceivedDenial,
    RefusalClass, ReplayError, ReplayGuard, Request, RevocationSource, RevocationStatus,
    RevokedHops, Token,
};
use time::{Duration, OffsetDateTime};

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

/// The token of a presentation, if it is authentic.
fn token_of(presentation: &Presentation) -> Option<Token> {
    let mut raw = RawToken::take_apart(presentation.as_bytes())?;
    raw.blocks.pop();
    Token::from_bytes(RawToken { proof: RawProof::FinalSignature(vec![0; 64]), ..raw }.to_bytes())
        .ok()
}

/// A service may hold against its caller what the caller could have known from its token, at any time.
/// Times pass, links are the doing of delegators, and the bound on work is the service's.
#[test]
fn whatever_is_beyond_a_grant_is_told_to_the_holder_before_it_calls() {
    let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
    for request in requests() {
        let mut others = Vec::new();
        for call in scene.every_refusal(&request).unwrap() {
            let request = call.request.as_ref().unwrap_or(&request);
            let answer = token_of(&call.presentation).map(|own| own.would_permit(request, now()));
            let told: Vec<_> = match &answer {
                Some(Err(why)) => why.reasons().iter().map(|reason| reason.code).collect(),
                Some(Ok(())) | None => Vec::new(),
            };
            let is_told = !told.is_empty() && told.iter().all(|code| *code == call.code);
            match call.code.is_beyond_grant() {
                true => assert!(is_told, "{}: {told:?}", call.code),
                false if is_told => others.push(call.code),
                false => {}
            }
        }
        let expected = [
            DenyCode::SelfDelegation,
            DenyCode::IssuedBeforeParent,
            DenyCode::OutlivesParent,
            DenyCode::DelegationDepthExceeded,
            DenyCode::DelegateNotAllowed,
            DenyCode::NotYetValid,
            DenyCode::Expired,
            DenyCode::WorkLimitExceeded,
        ];
        assert_eq!(others, expected);
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

/// A guard with one fault. All others are avoided.
struct Faulty {
    fault: Fault,
    used: Mutex<Vec<Entry>>,
    noted: Mutex<HashSet<Vec<u8>>>,
}

struct Entry {
    id: Vec<u8>,
    first_hop: HopId,
    until: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    RemembersNothing,
    ForgetsASecondEarly,
    ForgetsHalfAMinuteAfterUse,
    ForgetsTheOldest,
    RevivesWhatItForgot,
    ForgetsWhenItNotes,
    CutsIds,
    CutsIdsAtTheStart,
    LooksBeforeItLocks,
    NoteUsesUp,
    NoteOverwritesTheUse,
    SaysFirstOfTheUsed,
    SaysFirstAlways,
    OneHopFillsIt,
    NeverHasRoomAgain,
    SaysUnknownWhenFull,
}

impl Faulty {
    fn id(&self, presented: &Presented) -> Vec<u8> {
        let bytes = presented.id.to_bytes();
        match self.fault {
            Fault::CutsIds => bytes[..31].to_vec(),
            Fault::CutsIdsAtTheStart => bytes[1..].to_vec(),
            _ => bytes.to_vec(),
        }
    }
}

impl ReplayGuard for Faulty {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        let Presented { first_hop, now, mut until, .. } = *presented;
        let (fault, id) = (self.fault, self.id(presented));
        if fault == Fault::LooksBeforeItLocks {
            if self.used.lock().unwrap().iter().any(|entry| entry.id == id) {
                return Err(ReplayError::Replayed);
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
            self.used.lock().unwrap().push(Entry { id, first_hop, until });
            return Ok(());
        }
        let mut used = self.used.lock().unwrap();
        match fault {
            Fault::ForgetsASecondEarly => used.retain(|entry| entry.until > now),
            Fault::RevivesWhatItForgot => used.retain(|entry| entry.until >= now),
            Fault::ForgetsHalfAMinuteAfterUse => {
                until = now + Duration::seconds(30);
                used.retain(|entry| entry.until >= now);
            }
            Fault::ForgetsTheOldest if used.len() > 60 => drop(used.remove(0)),
            _ => {}
        }
        if used.iter().any(|entry| entry.id == id) {
            return Err(ReplayError::Replayed);
        }
        let full = match fault {
            Fault::OneHopFillsIt => used.len() > 50,
            Fault::SaysUnknownWhenFull | Fault::NeverHasRoomAgain => {
                used.iter().filter(|entry| entry.first_hop == first_hop).count() > 50
            }
            _ => false,
        };
        match fault {
            Fault::SaysUnknownWhenFull if full => Err(ReplayError::Unknown("full".to_owned())),
            _ if full => Err(ReplayError::Full),
            Fault::RemembersNothing => Ok(()),
            _ => {
                used.push(Entry { id, first_hop, until });
                Ok(())
            }
        }
    }

    fn note(&self, presented: &Presented) -> Arrival {
        let Presented { first_hop, now, until, .. } = *presented;
        let id = self.id(presented);
        let mut used = self.used.lock().unwrap();
        match self.fault {
            Fault::NoteUsesUp => used.push(Entry { id: id.clone(), first_hop, until }),
            Fault::NoteOverwritesTheUse => used.retain(|entry| entry.id != id),
            Fault::ForgetsWhenItNotes => used.retain(|entry| entry.until >= now),
            Fault::SaysFirstAlways => return Arrival::First,
            _ => {}
        }
        let is_new = self.noted.lock().unwrap().insert(id.clone());
        match used.iter().any(|entry| entry.id == id) {
            true if self.fault == Fault::SaysFirstOfTheUsed => Arrival::First,
            true if self.fault != Fault::NoteUsesUp => Arrival::Used,
            _ if is_new => Arrival::First,
            _ => Arrival::Again,
        }
    }
}

#[test]
fn a_faulty_guard_breaks_a_rule() {
    check_replay_guard(now(), || MemoryReplayGuard::for_new_audience(100)).unwrap();
    let check = |fault| {
        let make = || Faulty { fault, used: Mutex::default(), noted: Mutex::default() };
        check_replay_guard(now(), make).err().map(|broken| broken.to_string())
    };
    assert_eq!(check(Fault::None), None);
    let broken = [
        Fault::RemembersNothing,
        Fault::ForgetsASecondEarly,
        Fault::ForgetsHalfAMinuteAfterUse,
        Fault::ForgetsTheOldest,
        Fault::RevivesWhatItForgot,
        Fault::ForgetsWhenItNotes,
        Fault::CutsIds,
        Fault::CutsIdsAtTheStart,
        Fault::LooksBeforeItLocks,
        Fault::NoteUsesUp,
        Fault::NoteOverwritesTheUse,
        Fault::SaysFirstOfTheUsed,
        Fault::SaysFirstAlways,
        Fault::OneHopFillsIt,
        Fault::NeverHasRoomAgain,
        Fault::SaysUnknownWhenFull,
    ]
    .map(|fault| format!("{fault:?}: {}", check(fault).unwrap_or_default()));
    let broken = broken.join("\n");
    // How many threads get through is left to chance.
    let broken = broken.replace(|c: char| c.is_ascii_digit(), "#");
    insta::assert_snapshot!(broken, @r#"
RemembersNothing: a guard must refuse a presentation that was used, until the last second of its `until`, but the answer # s later is Ok(())
ForgetsASecondEarly: a guard must refuse a presentation that was used, until the last second of its `until`, but the answer # s later is Ok(())
ForgetsHalfAMinuteAfterUse: a guard must refuse a presentation that was used, until the last second of its `until`, but the answer ## s later is Ok(())
ForgetsTheOldest: a guard must not forget a used presentation before its end, but the answer is Ok(())
RevivesWhatItForgot: a guard must not accept a used presentation again when the clock goes back, but ## s back, the answer is Ok(())
ForgetsWhenItNotes: a guard must not accept a used presentation again when the clock goes back, but ## s back, the answer is Ok(())
CutsIds: a guard must accept a presentation that was not used, but one of ## ids that differ in one byte gets Err(Replayed)
CutsIdsAtTheStart: a guard must accept a presentation that was not used, but one of ## ids that differ in one byte gets Err(Replayed)
LooksBeforeItLocks: of several threads that use one presentation, a guard must accept exactly one, but ### were accepted for ## presentations
NoteUsesUp: a note about a presentation that may have been used must not be `First`, but ## s back, it is First
NoteOverwritesTheUse: a note about a presentation that may have been used must not be `First`, but ## s back, it is First
SaysFirstOfTheUsed: a note about a presentation that may have been used must not be `First`, but ## s back, it is First
SaysFirstAlways: a note about a presentation that may have been used must not be `First`, but ## s back, it is First
OneHopFillsIt: presentations that share a first hop must not take the room of all others, but one with another first hop gets Err(Full)
NeverHasRoomAgain: a guard must have room again when presentations have ended, but the answer is Err(Full)
SaysUnknownWhenFull: a guard that refuses a new presentation for lack of room must say `Full` or `ShareFull`, but the answer is Unknown("full")
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
    let check = |length: usize, forgets: bool| {
        let source = Cut(length, Mutex::default());
        let revoke = |hop: HopId| {
            let mut revoked = source.1.lock().unwrap();
            if forgets {
                revoked.clear();
            }
            revoked.insert(hop.to_bytes()[..length].to_vec());
        };
        check_revocation_source(&source, revoke).map_err(|broken| broken.rule)
    };
    assert_eq!(check(32, false), Ok(()));
    assert_eq!(check(16, false), Ok(()));
    assert_eq!(check(15, false), Err("a hop that is not revoked must be `Good`"));
    let rule = "a revoked hop must be `Revoked` from then on, in every thread";
    assert_eq!(check(32, true), Err(rule));

    let deaf = HashSet::<HopId>::new();
    assert_eq!(check_revocation_source(&deaf, |_| ()).unwrap_err().rule, rule);
}

/// The holder reads its whole denial back from either answer; anybody else gets the class alone.
#[test]
fn every_refusal_is_sent_over_http_and_mcp() {
    let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
    let [request, ..] = requests();
    for call in scene.every_refusal(&request).unwrap() {
        let denial = call.decide(&scene.verifier(), &request, now()).into_result().unwrap_err();
        let answer = denial.to_http();
        let class = denial.for_stranger().class;
        assert_eq!(answer.status, class.http_status(), "{}", call.code);
        let field = answer.www_authenticate.as_deref();
        assert_eq!(field.is_some(), class != RefusalClass::TryLater, "{}", call.code);
        assert!(field.is_none_or(|field| field.ends_with(&format!("\"{}\"", class.as_str()))));

        let received = ReceivedDenial::from_json(&answer.body).unwrap();
        assert_eq!(received.class(), Some(class));
        assert_eq!(received.has(call.code), denial.is_for_the_holder(), "{}", call.code);
        let line = denial.to_mcp(McpCall::CallTool, "7");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let own = &line["result"]["_meta"]["deputize/denial"];
        assert_eq!(own, &serde_json::to_value(denial.for_caller()).unwrap());
        assert_eq!(line["result"]["content"][0]["text"], denial.for_model());
    }
}
