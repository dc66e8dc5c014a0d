//! A guard as its configuration describes it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use deputize::text::Backticked;
use deputize::{
    ChainCache, DirectoryPolicy, ListPolicy, ReplayPolicy, RevocationPolicy, SigningKey,
    Statements, TrustAnchors, Verifier,
};
use deputize_audit::{Log, LogError, LogSettings, Monitor, WatchedLog};
use deputize_stores::{FileReplayGuard, FileStatementState, OpenError};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::config::{ConfigError, GuardConfig, Span};
use crate::folder::{Folder, Opening};
use crate::guard::{Guard, GuardParts, Recording};
use crate::keeper::Keeper;
use crate::limits::{CACHED_CHAINS, MAX_LOGS};
use crate::observation;
use crate::place::Place;
use crate::source::{Source, SourceState};
use crate::sources::Sources;

/// A message of a guard to its operator, while it starts and runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A line that must be shown at every start: what is not enforced.
    Warning(&'a str),
    /// The state of a source, after each reading.
    Source(&'a SourceState),
}

/// A check of revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RevocationCheck {
    /// By lists that are not older.
    Lists { max_stale: Duration },
    /// No hop lives longer.
    Expiry { at_most: Duration },
}

impl GuardConfig {
    /// Makes the guard. `monitor` sees the decisions that are recorded, and `tell` gets what the operator
    /// should see.
    ///
    /// The folder is made if it is not there. Its parts are the replay guard (`used`), the statements
    /// that were seen (`statements`) and the log (`log`); `log.checkpoint` is the newest checkpoint of the
    /// log, so that an older copy of the log alone is noticed. In a new folder, presentations that may have been
    /// used before are refused for as long as they are fresh: 30 seconds by default.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Member`] with the part that cannot be used.
    pub fn start(
        &self,
        monitor: Monitor,
        now: OffsetDateTime,
        tell: impl Fn(&Notice<'_>) + Clone + Send + Sync + 'static,
    ) -> Result<Guard, ConfigError> {
        self.start_with(FileReplayGuard::open, monitor, now, tell)
    }

    /// Makes the guard of a new audience as [`start`](Self::start) does, and its folder, which must not exist.
    /// It accepts presentations at once.
    ///
    /// # Security
    ///
    /// If the audience is not new, presentations that were used before are accepted once more.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and if the folder exists.
    pub fn start_new_audience(
        &self,
        monitor: Monitor,
        now: OffsetDateTime,
        tell: impl Fn(&Notice<'_>) + Clone + Send + Sync + 'static,
    ) -> Result<Guard, ConfigError> {
        if self.path(&self.folder).exists() {
            let why = "it exists, so the audience is not new; start the guard as usual";
            return Err(ConfigError::of("folder", why));
        }
        self.start_with(FileReplayGuard::open_for_new_audience, monitor, now, tell)
    }

    fn start_with(
        &self,
        open: impl FnOnce(PathBuf, OffsetDateTime) -> Result<FileReplayGuard, OpenError>,
        monitor: Monitor,
        now: OffsetDateTime,
        tell: impl Fn(&Notice<'_>) + Clone + Send + Sync + 'static,
    ) -> Result<Guard, ConfigError> {
        // What can be wrong in the configuration is found before anything is made.
        let anchors = self.anchors()?;
        let revocation = self.revocation_sources()?;
        let directory = self.directory_sources()?;
        let log_key = self.log_key()?;
        let opening =
            Folder::new(self.path(&self.folder)).open(Folder::parts(log_key.is_some()))?;
        let folder = opening.folder().clone();
        let statements = self.statements(folder.path(), &anchors)?;
        let replays = open(folder.path().join("used"), now);
        let replays = replays.map_err(|why| ConfigError::of("folder", why))?;
        let mut verifier = Verifier::new(
            anchors,
            self.revocation_policy(&statements)?,
            ReplayPolicy::refused_by(replays),
        )
        .with_cache(ChainCache::new(CACHED_CHAINS));
        if let Some(own) = &self.directory {
            let policy = match own.issuer {
                Some(issuer) => DirectoryPolicy::issued_by(&statements, issuer, own.max_stale.0),
                None => DirectoryPolicy::by_power_of_root(&statements, own.max_stale.0),
            };
            verifier = verifier.with_directory(policy.with_outside(own.outside.iter().copied()));
        }
        if let Some(hops) = self.max_hops {
            verifier = verifier.with_max_hops(hops);
        }
        let recorded = match log_key {
            Some(key) => Some(self.log(&opening, &key, now)?),
            None => None,
        };
        let (log, log_name) = recorded.unzip();
        let recording = log.map_or(Recording::Nothing, |log| WatchedLog::new(log, monitor).into());
        let warn = |line: &str| tell(&Notice::Warning(line));
        let observer = observation::observer(self, folder.path(), &recording, now, warn)?;
        let mut parts = GuardParts::new(verifier, recording);
        if let Some(name) = log_name {
            if name != Folder::LOG {
                warn(&format!("another guard writes the first log; this one writes `{name}`"));
            }
            let tell = tell.clone();
            let failed = move |why: &io::Error| {
                tell(&Notice::Warning(&format!(
                    "the log's newest checkpoint cannot be kept: {why}"
                )));
            };
            let keeper = Keeper::start(folder, name, failed);
            parts = parts.with_keeper(keeper.map_err(|why| ConfigError::of("folder", why))?);
        }
        // The newest checkpoint is kept once before another guard can start.
        opening.done()?;
        if let Some(observer) = observer {
            parts = parts.observing(observer);
        }
        let sources: Vec<_> = revocation.into_iter().chain(directory).collect();
        if !sources.is_empty() {
            let told = move |state: &SourceState| tell(&Notice::Source(state));
            let sources = Sources::start(&statements, sources, told);
            parts = parts.with_sources(sources.map_err(|why| ConfigError::of("sources", why))?);
        }
        Ok(Guard::from_parts(parts))
    }

    fn revocation_policy(&self, statements: &Statements) -> Result<RevocationPolicy, ConfigError> {
        Ok(match self.revocation_check()? {
            RevocationCheck::Lists { max_stale } => {
                RevocationPolicy::by_lists(ListPolicy::new(statements, max_stale))
            }
            RevocationCheck::Expiry { at_most } => RevocationPolicy::OnlyByExpiry { at_most },
        })
    }

    /// Returns the one check of revocation that the configuration names.
    pub(crate) fn revocation_check(&self) -> Result<RevocationCheck, ConfigError> {
        let own = &self.revocation;
        match (own.max_stale, own.by_expiry, own.sources.is_empty()) {
            (Some(max_stale), None, false) => Ok(RevocationCheck::Lists { max_stale: max_stale.0 }),
            (None, Some(by_expiry), true) => Ok(RevocationCheck::Expiry { at_most: by_expiry.0 }),
            _ => Err(ConfigError::of(
                "revocation",
                "give either `max_stale` and `sources`, or `by_expiry` alone",
            )),
        }
    }

    pub(crate) fn revocation_sources(&self) -> Result<Vec<Source>, ConfigError> {
        let own = &self.revocation;
        self.sources("revocation.sources", &own.sources, own.every, own.roots.as_deref())
    }

    pub(crate) fn directory_sources(&self) -> Result<Vec<Source>, ConfigError> {
        match &self.directory {
            None => Ok(Vec::new()),
            Some(own) if own.sources.is_empty() => {
                Err(ConfigError::of("directory.sources", "name at least one"))
            }
            Some(own) => {
                self.sources("directory.sources", &own.sources, own.every, own.roots.as_deref())
            }
        }
    }

    fn sources(
        &self,
        member: &'static str,
        places: &[String],
        every: Option<Span>,
        roots: Option<&Path>,
    ) -> Result<Vec<Source>, ConfigError> {
        let roots = roots.map(|path| fs::read(self.path(path))).transpose();
        let roots = roots.map_err(|why| ConfigError::of("roots", why))?;
        let source = |text: &String| {
            let place = text.parse::<Place>().map_err(|why| ConfigError::of(member, why))?;
            let place = match place {
                Place::File(path) => Place::File(self.path(&path)),
                https => https,
            };
            let source = Source::new(place);
            let source = every.map_or(source.clone(), |every| source.every(every.to_std()));
            Ok(match &roots {
                Some(pem) => source.with_roots(pem.clone()),
                None => source,
            })
        };
        places.iter().map(source).collect()
    }

    fn statements(&self, folder: &Path, anchors: &TrustAnchors) -> Result<Statements, ConfigError> {
        let path = folder.join("statements");
        let error = |why: &dyn std::fmt::Display| ConfigError::of("folder", why);
        let state = match path.exists() {
            true => FileStatementState::open(&path),
            false => FileStatementState::create(&path),
        };
        let state = state.map_err(|why| error(&why))?;
        Statements::new(anchors.clone(), state).map_err(|why| error(&why))
    }

    pub(crate) fn log_key(&self) -> Result<Option<SigningKey>, ConfigError> {
        match (&self.log.key, self.log.record) {
            (Some(key), None | Some(true)) => private_key(&self.path(key)).map(Some),
            (None, Some(false)) => Ok(None),
            _ => {
                let why = "give either `key`, the file of the log's own key, or `record = false`";
                Err(ConfigError::of("log", why))
            }
        }
    }

    /// Opens the first log that no other guard writes, or makes one: a server over standard input and
    /// output has a guard for each client.
    fn log(
        &self,
        opening: &Opening,
        key: &SigningKey,
        now: OffsetDateTime,
    ) -> Result<(Log, String), ConfigError> {
        let service = self.name.as_deref().unwrap_or(&self.audience);
        let folder = opening.folder();
        // Whichever log this guard takes, none was lost.
        for name in Folder::logs() {
            opening.is_new(&name)?;
        }
        for name in Folder::logs() {
            let settings = LogSettings::new(&self.audience, service);
            let path = folder.path().join(&name);
            let log = match opening.is_new(&name)? {
                true => Log::create(path, key.clone(), settings, now),
                false => Log::open(path, key.clone(), settings, folder.kept(&name)?.as_ref(), now),
            };
            match log {
                Err(LogError::Locked { .. }) => {}
                log => {
                    return log.map(|log| (log, name)).map_err(|why| ConfigError::of("log", why));
                }
            }
        }
        let why = format!("{MAX_LOGS} guards write logs in this folder; end one of them");
        Err(ConfigError::of("folder", why))
    }
}

/// Reads a private key that nobody but its owner can read.
fn private_key(path: &Path) -> Result<SigningKey, ConfigError> {
    let error = |why: &dyn std::fmt::Display| {
        ConfigError::of("log.key", format_args!("{}: {why}", Backticked(&path.to_string_lossy())))
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(|why| error(&why))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(error(&"others can read it; run chmod 600"));
        }
    }
    let pem = Zeroizing::new(fs::read_to_string(path).map_err(|why| error(&why))?);
    SigningKey::from_pem(&pem).map_err(|why| error(&why))
}
