//! Guards made from a configuration.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod folder;
mod observing;

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration as Elapsed, Instant};

use deputize::{
    Capability, CodedError, DenyCode, Grant, Owner, Principal, Request, RevocationDraft,
    RevocationList, Signer, SigningKey, StatementEffect, Token,
};
use deputize_audit::{FolderFiles, LogVerifier, Monitor};
use deputize_guard::{Checked, ConfigError, Guard, GuardConfig, Notice};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

const A_WHILE: Elapsed = Elapsed::from_secs(20);

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A folder with the files of an operator, and the keys of the others.
struct Place {
    folder: TempDir,
    alice: SigningKey,
    agent: SigningKey,
    token: Token,
}

impl Place {
    fn new() -> Self {
        let (alice, agent) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let to = Principal::agent("planner", agent.public_key()).unwrap();
        let read: Capability = "tools/call read_file path:subpath=/srv".parse().unwrap();
        let grant = Grant::new(to, [read], now() + Duration::hours(8), "tests").unwrap();
        let owner = Owner::human("alice@acme.com").unwrap();
        let token = Token::mint(owner, &alice, grant, now()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder, alice, agent, token };
        place.write("log.key", SigningKey::generate().unwrap().to_pem().unwrap().as_bytes());
        place.set_mode("log.key", 0o600);
        place
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    #[cfg(unix)]
    fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.folder.path().join(name), mode).unwrap();
    }

    fn publish(&self, list: &RevocationList) {
        self.write("alice.revocations", list.as_bytes());
    }

    /// The configuration, with the part about revocation and what comes after it.
    fn config(&self, rest: &str) -> String {
        let key = self.alice.public_key();
        format!(
            "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"{key}\"\nowner = \"alice@acme.com\"\n{rest}"
        )
    }

    fn start(&self, rest: &str) -> Result<Guard, ConfigError> {
        self.start_with(rest, false, |_| {})
    }

    fn start_new(&self, rest: &str) -> Result<Guard, ConfigError> {
        self.start_with(rest, true, |_| {})
    }

    fn start_with(
        &self,
        rest: &str,
        is_new: bool,
        tell: impl Fn(&Notice<'_>) + Clone + Send + Sync + 'static,
    ) -> Result<Guard, ConfigError> {
        self.write("guard.toml", self.config(rest).as_bytes());
        let config = GuardConfig::read(self.folder.path().join("guard.toml"))?;
        match is_new {
            true => config.start_new_audience(Monitor::default(), now(), tell),
            false => config.start(Monitor::default(), now(), tell),
        }
    }

    fn present(&self, call: &Request) -> String {
        self.token.present(&self.agent, call, now()).unwrap().to_text()
    }

    fn check(&self, guard: &Guard) -> Checked {
        guard.check(Some(&self.present(&call())), call(), now())
    }
}

fn call() -> Request {
    Request::call("read_file", Some(r#"{"path": "/srv/a"}"#), "fs.acme.com").unwrap()
}

fn code(checked: Checked) -> Option<DenyCode> {
    match checked {
        Checked::Allowed(_) => None,
        Checked::Refused(refused) => {
            Some(refused.denial().unwrap().reasons().first().unwrap().code)
        }
        Checked::Observed(_) => panic!("observed"),
    }
}

const BY_EXPIRY: &str = "[revocation]\nby_expiry = \"8h\"\n";
const LOG: &str = "[log]\nkey = \"log.key\"\n";

#[test]
fn a_guard_goes_on_where_it_ended() {
    let place = Place::new();
    let rest = format!("{BY_EXPIRY}{LOG}");
    let guard = place.start_new(&rest).unwrap();
    let shown = place.present(&call());
    let check = |guard: &Guard, text: &str| code(guard.check(Some(text), call(), now()));
    assert_eq!(check(&guard, &shown), None);
    assert_eq!(check(&guard, &shown), Some(DenyCode::Replayed));
    drop(guard);
    let guard = place.start(&rest).unwrap();
    assert_eq!(check(&guard, &shown), Some(DenyCode::Replayed));
    assert_eq!(check(&guard, &place.present(&call())), None);
    // Another guard of the folder has a log of its own, and knows what was used.
    let second = place.start(&rest).unwrap();
    assert_eq!(check(&second, &shown), Some(DenyCode::Replayed));
    drop((guard, second));
    assert!(place.folder.path().join("data/log-2").exists());
    let files = FolderFiles::new(place.folder.path().join("data/log"));
    let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole());
    // The log, two calls with their outcomes, and the replays.
    assert_eq!(verdict.head.size(), 1 + 4 + 2);
    let again = place.start_new(&rest).unwrap_err();
    assert!(again.to_string().contains("the audience is not new"), "{again}");

    // Where the folder was lost, what could have been used before is refused.
    fs::remove_dir_all(place.folder.path().join("data")).unwrap();
    let guard = place.start(&rest).unwrap();
    assert_eq!(check(&guard, &shown), Some(DenyCode::ReplayUnknown));
}

#[test]
fn lists_are_read_from_their_source_and_remembered() {
    let place = Place::new();
    let rest = format!(
        "[revocation]\nmax_stale = \"1h\"\nsources = [\"alice.revocations\"]\nevery = \"1s\"\n{LOG}"
    );
    let first =
        RevocationDraft::own().sign(&place.alice, now(), now() + Duration::hours(2)).unwrap();
    place.publish(&first);
    let states = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&states);
    let tell = move |notice: &Notice<'_>| {
        if let Notice::Source(state) = notice {
            own.lock().unwrap().push((*state).clone());
        }
    };
    let guard = place.start_with(&rest, true, tell).unwrap();
    guard.sources().unwrap().first_read(A_WHILE);
    assert_eq!(code(place.check(&guard)), None);

    let mut draft = RevocationDraft::after(&first);
    draft.revoke_hop(&place.token.hops()[0], now());
    let second = draft.sign(&place.alice, now(), now() + Duration::hours(2)).unwrap();
    place.publish(&second);
    guard.sources().unwrap().read_now();
    let start = Instant::now();
    while code(place.check(&guard)) != Some(DenyCode::Revoked) {
        assert!(start.elapsed() < A_WHILE, "{:?}", guard.sources());
        std::thread::sleep(Elapsed::from_millis(20));
    }
    assert!(states.lock().unwrap().iter().any(|own| own.accepted.is_some()));
    drop(guard);

    // After a restart, the older list is not taken for the newest.
    place.publish(&first);
    let guard = place.start(&rest).unwrap();
    let state = guard.sources().unwrap().first_read(A_WHILE).remove(0);
    let effect = state.accepted.unwrap().effect;
    assert!(matches!(effect, StatementEffect::RolledBack { .. }), "{effect:?}");
    assert_eq!(code(place.check(&guard)), Some(DenyCode::RevocationUnknown));
}

#[test]
fn a_guard_without_its_list_refuses() {
    let place = Place::new();
    let rest = format!("[revocation]\nmax_stale = \"1h\"\nsources = [\"none\"]\n{LOG}");
    let guard = place.start_new(&rest).unwrap();
    let state = guard.sources().unwrap().first_read(A_WHILE).remove(0);
    assert_eq!(state.failure.unwrap().code(), "fetch_file");
    assert_eq!(code(place.check(&guard)), Some(DenyCode::RevocationUnknown));
}

#[test]
fn a_guard_that_observes_says_so_at_every_start() {
    let place = Place::new();
    let until = (now() + Duration::days(1)).format(&Rfc3339).unwrap();
    let rest = format!("{BY_EXPIRY}{LOG}[observe]\nuntil = \"{until}\"\n");
    for is_new in [true, false] {
        let lines = Arc::new(Mutex::new(String::new()));
        let own = Arc::clone(&lines);
        let tell = move |notice: &Notice<'_>| {
            if let Notice::Warning(line) = notice {
                own.lock().unwrap().push_str(line);
            }
        };
        let guard = place.start_with(&rest, is_new, tell).unwrap();
        assert!(lines.lock().unwrap().contains("NOT ENFORCED"));
        assert!(matches!(guard.check(None, call(), now()), Checked::Observed(_)));
    }
    let far = format!("{BY_EXPIRY}{LOG}[observe]\nuntil = \"2099-01-01T00:00:00Z\"\n");
    let refused = place.start(&far).unwrap_err();
    assert!(matches!(refused, ConfigError::Member { member: "observe.until", .. }), "{refused}");
}

#[test]
fn the_settings_of_a_listener_are_optional() {
    let place = Place::new();
    let all = format!("{BY_EXPIRY}{LOG}");
    let read = |rest: &str| {
        GuardConfig::parse(&place.config(&format!("{all}{rest}")), place.folder.path())
    };
    let bare = read("").unwrap();
    let listen = bare.listen();
    assert_eq!((listen.sessions(), listen.idle()), (None, None));
    assert!(listen.hosts().is_empty());
    let set = read("[listen]\nsessions = 4\nidle = \"1m\"\nhosts = [\"a\"]\n");
    let set = set.unwrap();
    let listen = set.listen();
    assert_eq!((listen.sessions(), listen.idle()), (Some(4), Some(Elapsed::from_secs(60))));
    assert_eq!(listen.hosts(), &["a".to_owned()][..]);
    for wrong in ["sessions = 0", "idle = \"0s\"", "origins = []"] {
        assert!(read(&format!("[listen]\n{wrong}\n")).is_err(), "{wrong}");
    }
}

/// A misspelt or missing member must not switch a check off.
#[test]
fn a_configuration_that_is_not_understood_makes_no_guard() {
    let place = Place::new();
    let all = format!("{BY_EXPIRY}{LOG}");
    for (rest, expected) in [
        (LOG, "missing field `revocation`"),
        (BY_EXPIRY, "missing field `log`"),
        (
            "[revocation]\nby_expiry = \"8h\"\nmax_stael = \"1h\"\n[log]\nrecord = false\n",
            "line 8, column 1: unknown field `max_stael`",
        ),
        ("[revocation]\n[log]\nrecord = false\n", "`revocation`: give either"),
        (
            "[revocation]\nby_expiry = \"8h\"\nmax_stale = \"1h\"\n[log]\nrecord = false\n",
            "`revocation`: give either",
        ),
        ("[revocation]\nmax_stale = \"1h\"\n[log]\nrecord = false\n", "`revocation`: give either"),
        (
            "[revocation]\nby_expiry = \"8 parsecs\"\n[log]\nrecord = false\n",
            "line 7, column 13: `8 parsecs` is not a duration",
        ),
        ("[revocation]\nby_expiry = \"0s\"\n[log]\nrecord = false\n", "is not a duration"),
        ("[revocation]\nby_expiry = 8\n[log]\nrecord = false\n", "line 7"),
        ("[revocation]\nby_expiry = \"8h\"\n[log]\n", "`log`: give either"),
        ("[revocation]\nby_expiry = \"8h\"\n[log]\nrecord = true\n", "`log`: give either"),
        (
            "[revocation]\nby_expiry = \"8h\"\n[log]\nkey = \"log.key\"\nrecord = false\n",
            "`log`: give either",
        ),
        ("[revocation]\nby_expiry = \"8h\"\n[log]\nkey = \"none.key\"\n", "`log.key`"),
        ("[revocation]\nby_expiry = \"8h\"\n[log]\nkey = \"guard.toml\"\n", "chmod 600"),
        (&format!("{all}[observe]\nuntil = \"soon\"\n"), "is not a time in RFC 3339"),
        (
            &format!("{all}[directory]\nmax_stale = \"1d\"\nsources = []\n"),
            "`directory.sources`: name at least one",
        ),
        (
            &format!("{all}[directory]\nmax_stale = \"1d\"\nsources = [\"http://acme.com\"]\n"),
            "only `https` URLs",
        ),
        (
            &format!(
                "{all}[directory]\nmax_stale = \"1d\"\nsources = [\"a\"]\nroots = \"none.pem\"\n"
            ),
            "`roots`",
        ),
        (&format!("{all}[[trust]]\nkey = \"ed25519/00\"\nowner = \"bob@acme.com\"\n"), "`trust`: "),
        (&format!("{all}[[trust]]\nkey = \"{}\"\n", place.alice.public_key()), "either `owner`"),
        (&format!("{all}[log]\n"), "duplicate key"),
        ("x = [", "line 6"),
    ] {
        let refused = place.start(rest).unwrap_err();
        assert!(refused.to_string().contains(expected), "{rest}\n{refused}");
        assert!(refused.code().starts_with("config_"));
    }
    let missing = GuardConfig::read(place.folder.path().join("none.toml")).unwrap_err();
    assert!(matches!(missing, ConfigError::Read { .. }));
    place.write("long.toml", "#".repeat(2_000_000).as_bytes());
    let long = GuardConfig::read(place.folder.path().join("long.toml")).unwrap_err();
    assert!(long.to_string().contains("more than 1048576 bytes"), "{long}");
}
