//! The configuration of a guard, as an operator writes it.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use deputize::limits::MAX_OBSERVATION;
use deputize::text::{Backticked, Visible, rfc3339};
use deputize::{PublicKey, TrustAnchor, TrustAnchors};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::limits::MAX_CONFIG_BYTES;

/// The configuration of a guard, in TOML. [`start`](Self::start) makes the guard of it.
///
/// ```toml
/// # The audience that callers present for. No other guard has it, unless they share the folder.
/// audience = "fs.acme.com"
/// # Where the guard keeps what it has seen: used presentations, statements, the log.
/// folder = "/var/lib/deputize/fs"
///
/// [[trust]]                                # repeatable
/// key = "alice.pub"                        # a file in PEM, or the key itself: "ed25519/1fd6…"
/// owner = "alice@acme.com"
///
/// [revocation]
/// max_stale = "1h"                         # the age at which a list is stale …
/// sources = ["https://acme.com/deputize/alice.revocations"]
/// # by_expiry = "8h"                       # … or no lists, and no hop that lives longer
///
/// [log]
/// key = "log.key"                          # the log's own; or record = false
///
/// # [directory]                            # every agent must be in it
/// # issuer = "ed25519/9c3e…"
/// # max_stale = "1d"
/// # sources = ["agents.directory"]
///
/// # [observe]                              # refuse nothing before
/// # until = "2026-12-24T00:00:00Z"
///
/// # [mcp]
/// # roots = ["file:///srv"]                # the answer to `roots/list`; without it, none
/// # meta = ["acme/request"]                # further members of `_meta` that are passed on
///
/// # [listen]                               # over HTTP
/// # sessions = 32                          # each has a server process
/// # idle = "15m"                           # after which a session ends
/// # hosts = ["mcp.acme.com"]               # names under which a proxy asks
/// ```
///
/// Paths are relative to the folder of the configuration. A member that is not known is an error, so
/// that a misspelt one does not switch a check off.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardConfig {
    pub(crate) audience: String,
    /// The name of the service in the log; without one, the audience.
    pub(crate) name: Option<String>,
    pub(crate) folder: PathBuf,
    /// Anchors as `TrustAnchor` reads them, with a key or the file of one.
    trust: Vec<toml::Table>,
    pub(crate) revocation: RevocationConfig,
    pub(crate) directory: Option<DirectoryConfig>,
    pub(crate) log: LogConfig,
    pub(crate) observe: Option<ObserveConfig>,
    #[serde(default)]
    mcp: McpConfig,
    #[serde(default)]
    listen: ListenConfig,
    pub(crate) max_hops: Option<usize>,
    /// The end of the observation, if it is not that of the file.
    #[serde(skip)]
    pub(crate) observed: Option<ObserveUntil>,
    /// The folder of the file.
    #[serde(skip)]
    base: PathBuf,
}

/// The end of an observation, as a program gives it instead of `[observe] until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObserveUntil {
    /// This time.
    Time(OffsetDateTime),
    /// This long after the first start that asks for it. The folder of the guard keeps the end, which later
    /// starts can bring forward and not put off: a guard of a client's own is started each day.
    AfterFirstStart(Duration),
}

/// The check of revocation: by lists, or only by expiry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationConfig {
    pub(crate) max_stale: Option<Span>,
    pub(crate) by_expiry: Option<Span>,
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    pub(crate) every: Option<Span>,
    pub(crate) roots: Option<PathBuf>,
}

/// The directory of agents.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryConfig {
    /// The key that signs it; without one, each root key names the keeper by a power.
    pub(crate) issuer: Option<PublicKey>,
    pub(crate) max_stale: Span,
    #[serde(default)]
    pub(crate) outside: Vec<PublicKey>,
    pub(crate) sources: Vec<String>,
    pub(crate) every: Option<Span>,
    pub(crate) roots: Option<PathBuf>,
}

/// The record of decisions, or that there is none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    pub(crate) record: Option<bool>,
    pub(crate) key: Option<PathBuf>,
}

/// Until when nothing is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObserveConfig {
    pub(crate) until: Instant,
}

/// The settings of a guard of an MCP server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct McpConfig {
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    meta: Vec<String>,
}

/// The settings of a guard that listens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenConfig {
    sessions: Option<NonZeroUsize>,
    idle: Option<Span>,
    #[serde(default)]
    hosts: Vec<String>,
}

impl ListenConfig {
    /// Returns the maximum number of sessions.
    pub fn sessions(&self) -> Option<usize> {
        self.sessions.map(NonZeroUsize::get)
    }

    /// Returns the time after which an unused session ends.
    pub fn idle(&self) -> Option<std::time::Duration> {
        self.idle.map(Span::to_std)
    }

    /// Returns the names under which a proxy asks.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }
}

/// A duration such as `1h` or `30m`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(pub(crate) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // An `M` would be months, and was meant as minutes.
        let parsed = humantime::parse_duration(&text).ok();
        let parsed = parsed.filter(|own| !own.is_zero() && !text.contains('M'));
        let duration = parsed.and_then(|own| Duration::try_from(own).ok());
        let expected = "is not a duration, such as `1h`, `30m` or `8h 30m`";
        let error = || D::Error::custom(format_args!("{} {expected}", Backticked(&text)));
        duration.map(Self).ok_or_else(error)
    }
}

impl Span {
    /// Returns the duration, which is positive.
    pub(crate) fn to_std(self) -> std::time::Duration {
        self.0.unsigned_abs()
    }
}

/// A time in RFC 3339, as a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(pub(crate) OffsetDateTime);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = "is not a time in RFC 3339, such as `2026-12-24T00:00:00Z`";
        let error = || D::Error::custom(format_args!("{} {expected}", Backticked(&text)));
        rfc3339(&text).map(Self).ok_or_else(error)
    }
}

impl GuardConfig {
    /// Reads a configuration from a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the line of the fault.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let error = |why: String| ConfigError::Read { path: path.to_owned(), why };
        let mut text = String::new();
        let limit = u64::try_from(MAX_CONFIG_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let file = File::open(path).map_err(|why| error(why.to_string()))?;
        file.take(limit).read_to_string(&mut text).map_err(|why| error(why.to_string()))?;
        if text.len() > MAX_CONFIG_BYTES {
            return Err(error(format!("it has more than {MAX_CONFIG_BYTES} bytes")));
        }
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, base).map_err(|why| match why {
            ConfigError::Syntax { why } => error(why),
            other => other,
        })
    }

    /// Reads a configuration from its text. Paths in it are relative to `base`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Syntax`] with the line of the fault.
    pub fn parse(text: &str, base: impl Into<PathBuf>) -> Result<Self, ConfigError> {
        let syntax = |why: toml::de::Error| {
            let (line, column) = position(text, why.span().map_or(0, |span| span.start));
            let why = format!("line {line}, column {column}: {}", Visible(why.message()));
            ConfigError::Syntax { why }
        };
        let config: Self = toml::from_str(text).map_err(syntax)?;
        Ok(Self { base: base.into(), ..config })
    }

    /// Returns the audience.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Reads the trusted keys.
    pub(crate) fn anchors(&self) -> Result<TrustAnchors, ConfigError> {
        let anchors = self.trust.iter().map(|own| self.anchor(own));
        let anchors: Vec<_> = anchors.collect::<Result<_, _>>()?;
        TrustAnchors::new(anchors).map_err(|why| ConfigError::of("trust", why))
    }

    fn anchor(&self, own: &toml::Table) -> Result<TrustAnchor, ConfigError> {
        let mut own = own.clone();
        if let Some(toml::Value::String(key)) = own.get_mut("key")
            && !key.starts_with("ed25519/")
        {
            let path = self.path(Path::new(key.as_str()));
            let error = |why: &dyn Display| {
                let shown = path.to_string_lossy();
                ConfigError::of("trust.key", format_args!("{}: {why}", Backticked(&shown)))
            };
            let pem = fs::read_to_string(&path).map_err(|why| error(&why))?;
            *key = PublicKey::from_pem(&pem).map_err(|why| error(&why))?.to_string();
        }
        let anchor = TrustAnchor::deserialize(toml::Value::Table(own));
        anchor.map_err(|why| ConfigError::of("trust", why.message()))
    }

    /// Returns the URIs with which a guard of an MCP server answers `roots/list`.
    pub fn mcp_roots(&self) -> &[String] {
        &self.mcp.roots
    }

    /// Returns the members of `_meta` that a guard of an MCP server passes on beside those of MCP.
    pub fn mcp_meta(&self) -> &[String] {
        &self.mcp.meta
    }

    /// Returns the end of the observation that the file states, if it states one.
    pub fn observe_until(&self) -> Option<OffsetDateTime> {
        self.observe.as_ref().map(|own| own.until.0)
    }

    /// Observes until this end, which the file must not state otherwise.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Member`] if the file has an `[observe]` of its own, or the end is more than
    /// [`MAX_OBSERVATION`] away.
    pub fn observing(self, until: ObserveUntil) -> Result<Self, ConfigError> {
        if let Some(own) = self.observe_until()
            && until != ObserveUntil::Time(own)
        {
            let why = format_args!(
                "the file observes until {}, and another end was given; leave out one of the two",
                rfc3339_text(own)
            );
            return Err(ConfigError::of("observe.until", why));
        }
        if let ObserveUntil::AfterFirstStart(time) = until
            && !(Duration::SECOND..=MAX_OBSERVATION).contains(&time)
        {
            let most = MAX_OBSERVATION.whole_days();
            let why = format_args!("give a time of at most {most} days, after which it enforces");
            return Err(ConfigError::of("observe.until", why));
        }
        Ok(Self { observed: Some(until), ..self })
    }

    /// Enforces, whatever `[observe]` the file has.
    #[must_use]
    pub fn enforcing(self) -> Self {
        Self { observe: None, observed: None, ..self }
    }

    /// Returns the settings of a guard that listens.
    pub fn listen(&self) -> &ListenConfig {
        &self.listen
    }

    /// Returns a path of the configuration.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }
}

/// Writes a time in whole seconds.
pub(crate) fn rfc3339_text(time: OffsetDateTime) -> String {
    let time = time.replace_nanosecond(0).unwrap_or(time).to_offset(UtcOffset::UTC);
    time.format(&Rfc3339).unwrap_or_default()
}

/// Returns the line and the column of a byte, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    (line, column.saturating_add(1))
}

/// The reason why a configuration makes no guard.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {why}", Backticked(&path.to_string_lossy()))]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The text is not a configuration.
    #[error("cannot read the configuration: {why}")]
    Syntax {
        /// The line, the column and the fault.
        why: String,
    },
    /// A member is missing, contradicts another one, or cannot be used.
    #[error("the configuration's `{member}`: {why}")]
    Member {
        /// The member, such as `log.key`.
        member: &'static str,
        /// The reason, and what to do.
        why: String,
    },
}

impl ConfigError {
    pub(crate) fn of(member: &'static str, why: impl Display) -> Self {
        Self::Member { member, why: why.to_string() }
    }
}
