//! The revocation lists and the directory of agents that a command checks.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use deputize::text::Backticked;
use deputize::{
    Directory, DirectoryPolicy, ListPolicy, MemoryStatementState, PublicKey, RevocationPolicy,
    StatementDigest, StatementEffect, StatementScope, Statements, TrustAnchors,
};
use deputize_stores::FileStatementState;
use time::{Duration, OffsetDateTime};

use crate::input::keys::public_key;
use crate::input::when::When;
use crate::input::{directory, revocation_list, successors};
use crate::output::{Error, Output};

/// The statements to check.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("statements").args(["revocations", "directory"]).multiple(true)))]
pub struct PolicyArgs {
    /// A revocation list, or a delta to one before it; repeatable. Each chain then needs a list of
    /// its root key. Without --revocations, revocation is not checked, and the report says so.
    #[arg(long, value_name = "FILE", requires = "max_stale")]
    pub(crate) revocations: Vec<PathBuf>,
    /// A directory of agents; repeatable. Each delegate must be in it, as its hop states it. It
    /// counts if --directory-issuer signed it, or, where its scope is a power, for the chains of
    /// the root key that gave the power. Without --directory, agents are not looked up, and the
    /// report says so.
    #[arg(long, value_name = "FILE", requires = "max_stale")]
    pub(crate) directory: Vec<PathBuf>,
    /// The key that signs the directory that is followed, for all chains.
    #[arg(long, value_name = "KEY", requires = "directory")]
    pub(crate) directory_issuer: Option<String>,
    /// A key that needs no entry in the directory; repeatable.
    #[arg(long, value_name = "KEY", requires = "directory")]
    pub(crate) outside: Vec<String>,
    /// A successor statement of an agent's key, from `deputize rotate`; repeatable. Both keys may
    /// have one name in the directory. It moves no authority.
    #[arg(long, value_name = "FILE", requires = "directory")]
    pub(crate) agent_successor: Vec<PathBuf>,
    /// The greatest age of a root key's list, and of the directory, such as 1h. They are stale
    /// after their next update, too.
    #[arg(long, value_name = "DURATION", requires = "statements")]
    pub(crate) max_stale: Option<String>,
    /// The file that remembers the latest statements that were seen, so that an older one is
    /// noticed.
    #[arg(long, value_name = "FILE", requires = "statements")]
    pub(crate) state: Option<PathBuf>,
    /// Create the file of --state, which has seen nothing yet.
    #[arg(long, requires = "state")]
    pub(crate) new_state: bool,
    /// Of lists or directories of one issuer that contradict each other, the one that counts from
    /// now on, by its digest; repeatable. --state remembers it.
    #[arg(long, value_name = "DIGEST", requires = "state")]
    pub(crate) accept_fork: Vec<StatementDigest>,
}

impl PolicyArgs {
    fn statements(&self, anchors: &TrustAnchors, output: &Output) -> Result<Statements, Error> {
        let made = match &self.state {
            None => {
                output.note(
                    "note: an older statement would not be noticed; give --state to notice it",
                );
                Statements::new(anchors.clone(), MemoryStatementState::default())
            }
            Some(path) => {
                let state = match self.new_state {
                    true => FileStatementState::create(path),
                    false => FileStatementState::open(path),
                };
                let state = state.map_err(|why| Error::about("--state", why))?;
                Statements::new(anchors.clone(), state)
            }
        };
        made.map_err(|why| Error::about("--state", why))
    }

    /// Reads the statements, and returns the policies that they are for. A statement that is not
    /// accepted is an error: without it, more might be allowed.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or is not accepted, or nobody says whose directory is followed.
    pub fn policies(
        &self,
        anchors: &TrustAnchors,
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<(RevocationPolicy, Option<DirectoryPolicy>), Error> {
        // A person at a shell sees the lifetime of each hop in the report.
        let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::MAX };
        let Some(max_stale) = &self.max_stale else { return Ok((by_expiry, None)) };
        let max_stale = match max_stale.parse() {
            Ok(When::After(seconds)) => Duration::seconds(seconds.into()),
            Ok(When::At(_)) => {
                return Err(Error::about("--max-stale", "give a duration, such as `1h`"));
            }
            Err(why) => return Err(Error::about("--max-stale", why)),
        };
        let statements = self.statements(anchors, output)?;
        for path in &self.revocations {
            let bytes = revocation_list::read_bytes(path)?;
            let accepted = statements.accept(bytes, now);
            let accepted = accepted.map_err(|why| about("--revocations", path, why))?;
            note(&accepted.effect, path, output);
        }
        let directory = self.directory_policy(&statements, max_stale, now, output)?;
        for digest in &self.accept_fork {
            let accepted = statements.accept_fork(*digest);
            let accepted = accepted.map_err(|why| Error::about("--accept-fork", why))?;
            note_about(&accepted.effect, "the series of --accept-fork", output);
        }
        for series in statements.not_held() {
            output.note(format_args!(
                "note: --state has seen {series}, and no statement of it was given: what that statement refuses is not refused"
            ));
        }
        let revocation = match self.revocations.is_empty() {
            true => by_expiry,
            false => RevocationPolicy::by_lists(ListPolicy::new(&statements, max_stale)),
        };
        Ok((revocation, directory))
    }

    /// Reads the directories, and returns the policy that names their issuer.
    fn directory_policy(
        &self,
        statements: &Statements,
        max_stale: Duration,
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<Option<DirectoryPolicy>, Error> {
        let mut read: Vec<(&Path, Directory)> = Vec::new();
        for path in &self.directory {
            let own = directory::read(path)
                .map_err(|why| Error::new(format_args!("--directory {why}")))?;
            read.push((path, own));
        }
        let Some((_, first)) = read.first() else { return Ok(None) };
        let policy = match (&self.directory_issuer, first.scope()) {
            (Some(issuer), _) => {
                let issuer = public_key("--directory-issuer", issuer)?;
                DirectoryPolicy::issued_by(statements, issuer, max_stale)
            }
            (None, StatementScope::Power(_)) => {
                DirectoryPolicy::by_power_of_root(statements, max_stale)
            }
            // A file cannot vouch for itself.
            (None, _) => {
                return Err(Error::about(
                    "--directory",
                    format_args!(
                        "pass --directory-issuer to name the key whose directory is followed; this one is signed by {}",
                        first.issuer()
                    ),
                ));
            }
        };
        for (path, own) in read {
            let accepted = statements.accept_directory(own, now);
            let accepted = accepted.map_err(|why| about("--directory", path, why))?;
            note(&accepted.effect, path, output);
        }
        for path in &self.agent_successor {
            let own = successors::read(path)
                .map_err(|why| Error::new(format_args!("--agent-successor {why}")))?;
            let taken = statements.accept_successor(own.to_text().as_bytes());
            taken.map_err(|why| about("--agent-successor", path, why))?;
        }
        let outside = self.outside.iter().map(|text| public_key("--outside", text));
        let outside: Vec<PublicKey> = outside.collect::<Result<_, _>>()?;
        Ok(Some(policy.with_outside(outside)))
    }
}

fn note(effect: &StatementEffect, path: &Path, output: &Output) {
    note_about(effect, &Backticked(&path.to_string_lossy()).to_string(), output);
}

/// Notes why a statement is not the current one.
fn note_about(effect: &StatementEffect, subject: &str, output: &Output) {
    match effect {
        StatementEffect::Current => {}
        StatementEffect::Forked { heads, .. } => {
            output.note(format_args!(
                "note: {subject} contradicts others of its issuer: all of them refuse, and none of them is fresh; with --state, pass --accept-fork to name the one that counts:"
            ));
            heads.iter().for_each(|digest| output.note(format_args!("  {digest}")));
        }
        StatementEffect::NotStored { why, .. } => output.note(format_args!(
            "note: {subject} could not be stored as seen, so it refuses and is not fresh: {why}"
        )),
        StatementEffect::RolledBack { seen, .. } => output.note(format_args!(
            "note: {subject} is older than {seen}, which was seen before: it refuses, and is not fresh"
        )),
        _ => output.note(format_args!(
            "note: the power of the issuer of {subject} has expired: it refuses, and is not fresh"
        )),
    }
}

fn about(option: &str, path: &Path, why: impl std::fmt::Display) -> Error {
    let path = path.to_string_lossy();
    Error::about(format_args!("{option} {}", Backticked(&path)), why)
}
