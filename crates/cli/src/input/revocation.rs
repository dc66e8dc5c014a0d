//! The revocation lists that a command checks.

use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::Backticked;
use deputize::{
    ListPolicy, MemoryStatementState, RevocationPolicy, Standing, StatementDigest, Statements,
    TrustAnchors,
};
use deputize_stores::FileStatementState;
use time::{Duration, OffsetDateTime};

use crate::input::revocation_list;
use crate::input::when::When;
use crate::output::{Error, Output};

/// The revocation lists to check.
#[derive(Debug, Args)]
pub struct RevocationArgs {
    /// A revocation list, or a delta to one before it; repeatable. Each chain then needs a list of
    /// its root key. Without --revocations, revocation is not checked, and the report says so.
    #[arg(long, value_name = "FILE", requires = "max_stale")]
    pub(crate) revocations: Vec<PathBuf>,
    /// The greatest age of a root key's list, such as 1h. It is stale after its next update, too.
    #[arg(long, value_name = "DURATION", requires = "revocations")]
    pub(crate) max_stale: Option<String>,
    /// The file that keeps the latest lists that were seen, so that an older one is noticed.
    #[arg(long, value_name = "FILE", requires = "revocations")]
    pub(crate) state: Option<PathBuf>,
    /// Create the file of --state, which has seen nothing yet.
    #[arg(long, requires = "state")]
    pub(crate) new_state: bool,
    /// Of lists of one issuer that contradict each other, the one that counts from now on, by its
    /// digest; repeatable. --state remembers it.
    #[arg(long, value_name = "DIGEST", requires = "state")]
    pub(crate) accept_fork: Vec<StatementDigest>,
}

impl RevocationArgs {
    fn statements(&self, anchors: &TrustAnchors, output: &Output) -> Result<Statements, Error> {
        let made = match &self.state {
            None => {
                output.note("note: an older list would not be noticed; give --state to notice it");
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

    /// Reads the lists, and returns the policy that they are for. A list that is not accepted is an
    /// error: without it, more might be allowed.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or is not accepted.
    pub fn policy(
        &self,
        anchors: &TrustAnchors,
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<RevocationPolicy, Error> {
        let Some(max_stale) = &self.max_stale else {
            // A person at a shell sees the lifetime of each hop in the report.
            return Ok(RevocationPolicy::OnlyByExpiry { at_most: Duration::MAX });
        };
        let max_stale = match max_stale.parse() {
            Ok(When::After(seconds)) => Duration::seconds(seconds.into()),
            Ok(When::At(_)) => {
                return Err(Error::about("--max-stale", "give a duration, such as `1h`"));
            }
            Err(why) => return Err(Error::about("--max-stale", why)),
        };
        let statements = self.statements(anchors, output)?;
        for path in &self.revocations {
            take(&statements, path, now, output)?;
        }
        for digest in &self.accept_fork {
            let accepted = statements.accept_fork(*digest);
            let accepted = accepted.map_err(|why| Error::about("--accept-fork", why))?;
            note(&accepted.standing, "the series of --accept-fork", output);
        }
        Ok(RevocationPolicy::by_lists(ListPolicy::new(&statements, max_stale)))
    }
}

fn take(
    statements: &Statements,
    path: &Path,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Error> {
    let bytes = revocation_list::read_bytes(path)?;
    let accepted = statements.accept(bytes, now).map_err(|why| error(path, why))?;
    note(&accepted.standing, &Backticked(&path.to_string_lossy()).to_string(), output);
    Ok(())
}

/// Says what keeps a list from being current.
fn note(standing: &Standing, subject: &str, output: &Output) {
    match standing {
        Standing::Current => {}
        Standing::Forked { heads, .. } => {
            output.note(format_args!(
                "note: {subject} contradicts other lists of its issuer: all of them refuse, and none is fresh; with --state, name the one that counts by --accept-fork:"
            ));
            heads.iter().for_each(|digest| output.note(format_args!("  {digest}")));
        }
        Standing::NotStored { why, .. } => output.note(format_args!(
            "note: that {subject} was seen could not be stored, so it refuses and is not fresh: {why}"
        )),
        Standing::RolledBack { seen, .. } => output.note(format_args!(
            "note: {subject} is older than the list {seen}, which was seen before: it refuses, and is not fresh"
        )),
        _ => output.note(format_args!(
            "note: the power of the issuer of {subject} has expired: it refuses, and is not fresh"
        )),
    }
}

fn error(path: &Path, why: impl std::fmt::Display) -> Error {
    let path = path.to_string_lossy();
    Error::about(format_args!("--revocations {}", Backticked(&path)), why)
}
