//! Sources of statements: files, and a real server over TLS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod server;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deputize::{
    MemoryStatementState, RevocationDraft, RevocationList, Signer, SigningKey, StatementEffect,
    Statements, TrustAnchor,
};
use deputize_guard::{FetchError, Source, SourceFailure, SourceState, Sources};
use server::Server;
use time::OffsetDateTime;

const A_WHILE: Duration = Duration::from_secs(20);

struct Scene {
    alice: SigningKey,
    statements: Statements,
}

impl Scene {
    fn new() -> Self {
        let alice = SigningKey::generate().unwrap();
        let anchor = TrustAnchor::new(alice.public_key(), "alice@acme.com");
        let statements = Statements::new(anchor, MemoryStatementState::default()).unwrap();
        Self { alice, statements }
    }

    fn list(&self, before: Option<&RevocationList>) -> RevocationList {
        let draft = before.map_or_else(RevocationDraft::own, RevocationDraft::after);
        let now = OffsetDateTime::now_utc();
        draft.sign(&self.alice, now, now + Duration::from_secs(3600)).unwrap()
    }

    fn sequence(&self, list: &RevocationList) -> Option<u64> {
        self.statements.list(&list.series()).map(|held| held.sequence())
    }

    fn start(&self, sources: impl IntoIterator<Item = Source>) -> Sources {
        Sources::start(&self.statements, sources, |_| {}).unwrap()
    }
}

fn source(place: &str) -> Source {
    Source::new(place.parse().unwrap()).with_deadline(Duration::from_secs(5))
}

/// Waits until the state of the first source is as it should be.
fn until(sources: &Sources, is_so: impl Fn(&SourceState) -> bool) -> SourceState {
    let start = Instant::now();
    loop {
        let state = sources.states()[0].clone();
        if is_so(&state) {
            return state;
        }
        assert!(start.elapsed() < A_WHILE, "{state:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_list_in_a_file_is_accepted_and_its_successor_too() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alice.revocations");
    let first = scene.list(None);
    std::fs::write(&file, first.as_bytes()).unwrap();
    let sources = scene.start([source(file.to_str().unwrap()).every(Duration::from_secs(1))]);
    let state = sources.first_read(A_WHILE).remove(0);
    let accepted = state.accepted.unwrap();
    assert_eq!((accepted.sequence, &accepted.effect), (1, &StatementEffect::Current));
    assert_eq!(scene.sequence(&first), Some(1));

    std::fs::write(&file, scene.list(Some(&first)).as_bytes()).unwrap();
    until(&sources, |state| state.accepted.as_ref().is_some_and(|own| own.sequence == 2));
    assert_eq!(scene.sequence(&first), Some(2));

    // What is no list is refused, told, and changes nothing.
    std::fs::write(&file, "deputize revocations v1").unwrap();
    let state = until(&sources, |state| state.failures > 1);
    assert!(matches!(state.failure, Some(SourceFailure::NotAccepted(_))), "{state:?}");
    assert_eq!(scene.sequence(&first), Some(2));
    assert!(state.accepted.is_some() && state.read_at.is_some());

    // An older list is accepted by its form, and has no effect.
    std::fs::write(&file, first.as_bytes()).unwrap();
    until(&sources, |state| state.failure.is_none() || state.failures > 3);
    assert_eq!(scene.sequence(&first), Some(2));
}

#[test]
fn a_list_over_https_is_sent_once_for_each_change() {
    let scene = Scene::new();
    let first = scene.list(None);
    let mut server = Server::start(first.as_bytes());
    let list = source(&server.url("/list")).with_roots(server.roots());
    let sources = scene.start([list.every(Duration::from_secs(3600))]);
    sources.first_read(A_WHILE);
    assert_eq!(server.next_status(), "200");
    let read = until(&sources, |state| state.read_at.is_some()).read_at;
    sources.read_now();
    assert_eq!(server.next_status(), "304");
    until(&sources, |state| state.read_at > read);
    assert_eq!(scene.sequence(&first), Some(1));

    server.publish(scene.list(Some(&first)).as_bytes());
    sources.read_now();
    assert_eq!(server.next_status(), "200");
    until(&sources, |state| state.accepted.as_ref().is_some_and(|own| own.sequence == 2));
    sources.read_now();
    assert_eq!(server.next_status(), "304");

    // What is refused is sent again: the reason may be gone.
    server.publish(b"no list");
    for failures in [1, 2] {
        sources.read_now();
        assert_eq!(server.next_status(), "200");
        until(&sources, |state| state.failures >= failures);
    }
    assert_eq!(scene.sequence(&first), Some(2));
}

#[test]
fn a_server_cannot_lead_elsewhere_or_fill_the_memory() {
    let scene = Scene::new();
    let list = scene.list(None);
    let server = Server::start(list.as_bytes());
    let read = |path: &str| {
        let place = source(&server.url(path)).with_roots(server.roots());
        let sources = scene.start([place.with_deadline(Duration::from_secs(3))]);
        sources.first_read(A_WHILE).remove(0)
    };
    let fetch = |path: &str| match read(path).failure {
        Some(SourceFailure::Fetch(why)) => why,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(read("/moved").failure, None);
    for path in ["elsewhere", "to-another-port", "to-http", "to-a-file", "nowhere"] {
        assert_eq!(fetch(&format!("/moved-{path}")), FetchError::RedirectedAway, "{path}");
    }
    assert_eq!(fetch("/moved-for-ever"), FetchError::Redirects);
    assert_eq!(fetch("/coded"), FetchError::Coding { coding: "gzip".to_owned() });
    assert_eq!(fetch("/large"), FetchError::TooLarge);
    assert_eq!(fetch("/nothing"), FetchError::Status { status: 404 });
    // Nothing was read before that could be unchanged.
    assert_eq!(fetch("/unchanged"), FetchError::Status { status: 304 });
    for path in ["/cut", "/silent", "/trickle"] {
        let start = Instant::now();
        assert!(matches!(fetch(path), FetchError::Https { .. }), "{path}");
        assert!(start.elapsed() < Duration::from_secs(15), "{path}");
    }
    assert!(matches!(fetch("/endless"), FetchError::TooLarge | FetchError::Https { .. }));
}

#[test]
fn a_certificate_of_another_authority_or_name_is_refused() {
    let scene = Scene::new();
    let server = Server::start(scene.list(None).as_bytes());
    let by_address = server.url("/list").replace("localhost", "127.0.0.1");
    let places = [source(&server.url("/list")), source(&by_address).with_roots(server.roots())];
    for place in places {
        let sources = scene.start([place]);
        let state = sources.first_read(A_WHILE).remove(0);
        let failure = state.failure.unwrap();
        assert!(matches!(failure, SourceFailure::Fetch(FetchError::Https { .. })), "{failure}");
        assert_eq!(state.accepted, None);
    }
    let roots = source(&server.url("/list")).with_roots("no certificate");
    let refused = Sources::start(&scene.statements, [roots], |_| {});
    assert!(matches!(refused.unwrap_err(), FetchError::Roots { .. }));
}

#[test]
fn no_source_waits_for_another() {
    let scene = Scene::new();
    let list = scene.list(None);
    let server = Server::start(list.as_bytes());
    let silent = source(&server.url("/silent")).with_roots(server.roots());
    let good = source(server.file().to_str().unwrap());
    let start = Instant::now();
    let sources = scene.start([silent.with_deadline(Duration::from_secs(50)), good]);
    while scene.sequence(&list).is_none() {
        assert!(start.elapsed() < A_WHILE);
        std::thread::sleep(Duration::from_millis(10));
    }
    let states = sources.states();
    assert!(!states[0].is_tried());
    // Neither does the end.
    drop(sources);
    assert!(start.elapsed() < Duration::from_secs(40));
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_folder_is_no_source() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for place in [pipe.as_path(), folder.path()] {
        let sources = scene.start([source(place.to_str().unwrap())]);
        let failure = sources.first_read(A_WHILE).remove(0).failure.unwrap();
        assert!(failure.to_string().contains("not a regular file"), "{failure}");
    }
}

/// A defect in the callback or the reader must not end the refreshing.
#[test]
fn a_callback_that_panics_is_called_again() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list");
    std::fs::write(&file, scene.list(None).as_bytes()).unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&calls);
    let told = Mutex::new(());
    let sources = Sources::start(&scene.statements, [source(file.to_str().unwrap())], move |_| {
        let _lock = told.lock();
        own.fetch_add(1, Ordering::SeqCst);
        std::panic::resume_unwind(Box::new("a defect"));
    });
    let sources = sources.unwrap();
    for calls_before in 0..3 {
        let start = Instant::now();
        while calls.load(Ordering::SeqCst) <= calls_before {
            assert!(start.elapsed() < A_WHILE);
            std::thread::sleep(Duration::from_millis(10));
        }
        sources.read_now();
    }
}

/// A variable of the environment does not lead a list through another host.
#[test]
fn a_proxy_of_the_environment_is_not_used() {
    const CHILD: &str = "DEPUTIZE_TEST_BEHIND_PROXY";
    if std::env::var_os(CHILD).is_some() {
        let scene = Scene::new();
        let first = scene.list(None);
        let server = Server::start(first.as_bytes());
        let list = source(&server.url("/list")).with_roots(server.roots());
        let sources = scene.start([list]);
        until(&sources, |state| state.accepted.is_some());
        return;
    }
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_proxy_of_the_environment_is_not_used"]).env(CHILD, "1");
    for name in ["NO_PROXY", "no_proxy"] {
        child.env_remove(name);
    }
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
        child.env(name, &url).env(name.to_lowercase(), &url);
    }
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    proxy.set_nonblocking(true).unwrap();
    assert!(proxy.accept().is_err(), "the proxy was asked");
}
