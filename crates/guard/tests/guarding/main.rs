//! Decisions of a guard: recorded, observed, refused, and from asynchronous code.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use deputize::testing::Scene;
use deputize::{
    CodedError, DenyCode, NextStep, Observer, PublicKey, RecordKind, Request, Signature, Signer,
    SignerError, SigningKey,
};
use deputize_audit::{FolderFiles, Log, LogReader, LogSettings, LogVerifier, Monitor, WatchedLog};
use deputize_guard::{Checked, Guard, GuardParts, Pass, Recording, Refused, Unavailable};
use time::{Duration, OffsetDateTime};

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn call(limit: i64) -> Request {
    let call = Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap();
    call.with_arg("limit", &limit.to_string()).unwrap()
}

fn scene() -> Scene {
    Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap()
}

fn text(scene: &Scene, request: &Request) -> String {
    let options = deputize::PresentOptions::default().anyway();
    let held = scene.token().present_with(scene.holder_key(), request, now(), options);
    held.unwrap().to_text()
}

fn log(folder: &Path) -> Recording {
    let (key, settings) = (SigningKey::generate().unwrap(), LogSettings::new("crm", "crm-1"));
    let log = Log::create(folder.join("log"), key, settings, now()).unwrap();
    Recording::from(WatchedLog::new(log, Monitor::default()))
}

fn allowed(checked: Checked) -> Pass {
    checked.into_result().unwrap()
}

fn refused(checked: Checked) -> Refused {
    match checked {
        Checked::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

/// The records of a log, each in a word or two.
fn records(folder: &Path) -> Vec<String> {
    let files = FolderFiles::new(folder.join("log"));
    assert!(LogVerifier::default().verify(&files, |_| ()).unwrap().is_whole());
    let mut reader = LogReader::new(&files);
    let mut found = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        found.push(match &record.core.kind {
            RecordKind::Log { .. } => "log".to_owned(),
            RecordKind::Decision(own) => {
                let verdict = if own.allowed { "allowed" } else { "refused" };
                let caller = if own.charged.is_some() { "the holder" } else { "nobody" };
                let enforced = if own.enforced { "" } else { ", observed" };
                format!("{verdict} to {caller}{enforced}")
            }
            RecordKind::Unpresented(_) => "unpresented".to_owned(),
            RecordKind::Outcome { of, result } => format!("{of} is {result:?}"),
            other => format!("{other:?}"),
        });
    }
    found
}

#[test]
fn a_call_is_recorded_before_it_goes_out_and_its_outcome_after() {
    let (scene, folder) = (scene(), tempfile::tempdir().unwrap());
    let guard = Guard::new(scene.verifier(), log(folder.path()));
    let shown = text(&scene, &call(5));
    let pass = allowed(guard.check(Some(&shown), call(5), now()));
    assert_eq!((pass.request(), pass.record()), (&call(5), Some(1)));
    assert_eq!(records(folder.path()), ["log", "allowed to the holder"]);
    pass.done(Some(b"the account"), now()).unwrap().unwrap().wait().unwrap();
    let pass = allowed(guard.check(Some(&text(&scene, &call(6))), call(6), now()));
    pass.failed(now()).unwrap().unwrap().wait().unwrap();
    drop(guard.check(Some(&text(&scene, &call(7))), call(7), now()));

    // Replayed, beyond the grant, without a text, and with another one.
    let code = |refused: &Refused| refused.denial().unwrap().reasons().first().unwrap().code;
    let again = refused(guard.check(Some(&shown), call(5), now()));
    assert_eq!(code(&again), DenyCode::Replayed);
    let more = refused(guard.check(Some(&text(&scene, &call(50))), call(50), now()));
    assert_eq!(code(&more), DenyCode::ArgumentRefused);
    assert_eq!((more.to_http().status, more.code()), (403, "argument_refused"));
    assert_eq!(more.denial().unwrap().next_step(), NextStep::AskForMore);
    let none = refused(guard.check(None, call(5), now()));
    assert_eq!((code(&none), none.to_http().status), (DenyCode::NotPresented, 401));
    let other = refused(guard.check(Some("nonsense"), call(5), now()));
    assert_eq!(code(&other), DenyCode::NotCanonical);
    drop(guard);
    assert_eq!(
        records(folder.path()),
        [
            "log",
            "allowed to the holder",
            "1 is Done",
            "allowed to the holder",
            "3 is Failed",
            "allowed to the holder",
            "5 is Unknown",
            "refused to nobody",
            "refused to the holder",
            "refused to nobody",
            "refused to nobody",
        ]
    );
}

#[test]
fn a_guard_refuses_with_every_code_and_tells_strangers_the_class() {
    let scene = scene();
    for own in scene.every_refusal(&call(5)).unwrap() {
        let verifier = own.verifier.clone().unwrap_or_else(|| scene.verifier());
        let parts = GuardParts::new(verifier, Recording::Nothing);
        let parts = match own.needs_policy {
            true => parts.with_policy(|_, _| Err("the test asks for it".to_owned())),
            false => parts,
        };
        let request = own.request.clone().unwrap_or_else(|| call(5));
        let shown = own.presentation.to_text();
        let refused = refused(Guard::from_parts(parts).check(Some(&shown), request, now()));
        let denial = refused.denial().unwrap();
        assert!(denial.has(own.code), "{}", own.code);
        assert_eq!(refused.to_http(), denial.to_http());
        assert_eq!(refused.for_model(), denial.for_model());
    }
}

#[test]
fn the_policy_is_asked_last_and_before_the_presentation_is_used_up() {
    let (scene, asked) = (scene(), Arc::new(Mutex::new(Vec::new())));
    let (own, may) = (Arc::clone(&asked), Arc::new(Mutex::new(false)));
    let agreed = Arc::clone(&may);
    let parts =
        GuardParts::new(scene.verifier(), Recording::Nothing).with_policy(move |_, request| {
            own.lock().unwrap().push(request.clone());
            if *agreed.lock().unwrap() { Ok(()) } else { Err("not on Sundays".to_owned()) }
        });
    let guard = Guard::from_parts(parts);
    refused(guard.check(Some(&text(&scene, &call(50))), call(50), now()));
    assert!(asked.lock().unwrap().is_empty());
    let shown = text(&scene, &call(5));
    let denial = refused(guard.check(Some(&shown), call(5), now()));
    assert!(denial.denial().unwrap().has(DenyCode::PolicyRefused));
    *may.lock().unwrap() = true;
    allowed(guard.check(Some(&shown), call(5), now()));
    assert_eq!(*asked.lock().unwrap(), [call(5), call(5)]);
}

/// A key of a log whose module fails after the first checkpoint, which closes the log.
#[derive(Debug)]
struct Failing(SigningKey, AtomicBool);

impl Signer for Failing {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        match self.1.swap(true, Ordering::SeqCst) {
            false => self.0.sign(message),
            true => Err(SignerError::new("the module is gone")),
        }
    }
}

#[test]
fn a_call_that_cannot_be_recorded_does_not_go_out() {
    let (scene, folder) = (scene(), tempfile::tempdir().unwrap());
    let signer = Failing(SigningKey::generate().unwrap(), AtomicBool::new(false));
    let settings = LogSettings::new("crm", "crm-1")
        .with_checkpoint_interval(std::time::Duration::from_millis(1));
    let log = Log::create(folder.path().join("log"), signer, settings, now()).unwrap();
    let guard =
        Guard::new(scene.verifier(), Recording::from(WatchedLog::new(log, Monitor::default())));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut refusals = Vec::new();
    for _ in 0..10_000 {
        let shown = text(&scene, &call(5));
        if let Checked::Refused(refused) = guard.check(Some(&shown), call(5), now()) {
            refusals.push(refused);
            break;
        }
    }
    let shown = text(&scene, &call(5));
    refusals.push(refused(runtime.block_on(guard.check_async(Some(shown), call(5), now()))));
    assert_eq!(refusals.len(), 2);
    for refused in refusals {
        assert!(matches!(refused.missing(), Some(Unavailable::NotRecorded(_))), "{refused}");
        let answer = refused.to_http();
        assert_eq!((answer.status, answer.www_authenticate), (503, None));
        assert!(!answer.body.contains("module"), "{}", answer.body);
    }
}

#[test]
fn an_observed_call_goes_out_whatever_the_decision_until_the_end() {
    let (scene, folder) = (scene(), tempfile::tempdir().unwrap());
    let (start, mut warnings) = (now(), Vec::new());
    let until = start + Duration::days(1);
    let observer = Observer::new(until, start, |line| warnings.push(line.to_owned())).unwrap();
    assert!(warnings.concat().contains("NOT ENFORCED"));
    let parts = GuardParts::new(scene.verifier(), log(folder.path())).observing(observer);
    let guard = Guard::from_parts(parts);
    assert!((guard.observes_until().unwrap() - until).abs() < Duration::SECOND);
    let shown = text(&scene, &call(50));
    for (text, codes) in [
        (Some(shown.as_str()), vec![DenyCode::ArgumentRefused; 2]),
        (None, vec![DenyCode::NotPresented]),
        (Some("nonsense"), vec![DenyCode::NotCanonical]),
    ] {
        let Checked::Observed(pass) = guard.check(text, call(50), start) else {
            panic!("enforced")
        };
        let found: Vec<_> = pass.observation().reasons().iter().map(|own| own.code).collect();
        assert_eq!(found, codes);
        pass.done(None, now()).unwrap().unwrap().wait().unwrap();
    }
    // A service that asks for a permit gets none.
    let allowed = guard.check(Some(&text(&scene, &call(5))), call(5), start);
    let refused = allowed.into_result().unwrap_err();
    assert_eq!(
        (refused.missing(), refused.code()),
        (Some(&Unavailable::Observing), "guard_observing")
    );
    assert_eq!(refused.to_http().status, 503);
    let ended = guard.check(None, call(5), until + Duration::hours(1));
    assert!(matches!(ended, Checked::Refused(_)));
    drop(guard);
    assert_eq!(
        records(folder.path()),
        [
            "log",
            "refused to the holder, observed",
            "1 is Done",
            "unpresented",
            "3 is Done",
            "unpresented",
            "5 is Done",
            "allowed to the holder, observed",
            "7 is Unknown",
            "refused to nobody",
        ]
    );
}

/// The task that lets the policy go on runs on the one thread of the runtime: if the decision blocked it,
/// this would never end.
#[test]
fn a_decision_does_not_block_the_one_thread_of_a_runtime() {
    let (scene, folder) = (scene(), tempfile::tempdir().unwrap());
    let (go, goes) = mpsc::channel::<()>();
    let goes = Mutex::new(goes);
    let parts = GuardParts::new(scene.verifier(), log(folder.path())).with_policy(move |_, _| {
        let waited = goes.lock().unwrap().recv_timeout(std::time::Duration::from_secs(60));
        waited.map_err(|_| "nobody came".to_owned())
    });
    let guard = Guard::from_parts(parts);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let calls = (1..=8).map(|limit| {
            let shown = text(&scene, &call(limit));
            tokio::spawn(guard.check_async(Some(shown), call(limit), now()))
        });
        let calls: Vec<_> = calls.collect();
        tokio::task::yield_now().await;
        for _ in 0..8 {
            go.send(()).unwrap();
        }
        for own in calls {
            let pass = allowed(own.await.unwrap());
            pass.done(None, now()).unwrap().unwrap().await.unwrap();
        }
        let refused = refused(guard.check_async(None, call(1), now()).await);
        assert!(refused.denial().unwrap().has(DenyCode::NotPresented));
    });
    assert_eq!(records(folder.path()).iter().filter(|own| own.ends_with("Done")).count(), 8);
}

#[test]
fn a_defect_of_the_policy_refuses_the_call_and_ends_nothing() {
    let scene = scene();
    let parts = GuardParts::new(scene.verifier(), Recording::Nothing)
        .with_policy(|_, _| std::panic::resume_unwind(Box::new("a defect")));
    let guard = Guard::from_parts(parts);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for _ in 0..2 {
        let shown = text(&scene, &call(5));
        let refused = refused(runtime.block_on(guard.check_async(Some(shown), call(5), now())));
        assert_eq!((refused.missing(), refused.code()), (Some(&Unavailable::Died), "guard_died"));
        assert_eq!(refused.to_http().status, 503);
    }
}

#[test]
fn a_listing_needs_a_proof_and_no_grant() {
    let (scene, folder) = (scene(), tempfile::tempdir().unwrap());
    let guard = Guard::new(scene.verifier(), log(folder.path()));
    let listing = || Request::new("tools/list", "list", "crm.acme.com").unwrap();
    let shown = text(&scene, &listing());
    let holder = guard.prove(&shown, listing(), now()).unwrap();
    assert!(holder.may_permit(&call(5)));
    for (text, code) in [
        (shown, DenyCode::Replayed),
        (text(&scene, &call(5)), DenyCode::WrongRequest),
        ("nonsense".to_owned(), DenyCode::NotCanonical),
    ] {
        let refused = guard.prove(&text, listing(), now()).unwrap_err();
        assert!(refused.denial().unwrap().has(code), "{refused}");
    }
    drop(guard);
    assert_eq!(records(folder.path()), ["log"]);
}

/// 64 threads share a guard, its log and its replay guard: each presentation passes once.
#[test]
fn a_guard_is_shared_among_threads() {
    let (scene, folder) = (scene(), tempfile::tempdir().unwrap());
    let guard = Guard::new(scene.verifier(), log(folder.path()));
    let shown: Vec<_> = (0..8).map(|_| text(&scene, &call(5))).collect();
    let passed: usize = std::thread::scope(|scope| {
        let threads = (0..64).map(|_| {
            let (guard, shown) = (guard.clone(), &shown);
            scope.spawn(move || {
                let checked = shown.iter().map(|text| guard.check(Some(text), call(5), now()));
                checked.filter(|own| matches!(own, Checked::Allowed(_))).count()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(passed, 8);
    drop(guard);
    let allowed = records(folder.path());
    assert_eq!(allowed.iter().filter(|own| own.starts_with("allowed")).count(), 8);
}
