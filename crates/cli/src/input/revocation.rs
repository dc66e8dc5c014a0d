//! The revocation lists that a command checks.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::Backticked;
use deputize::{
    ListPolicy, MemoryStatementState, RevocationPolicy, Standing, Statements, TrustAnchors,
};
use time::{Duration, OffsetDateTime};

use crate::input::source::Source;
use crate::input::when::When;
use crate::limits::MAX_LIST_FILE_BYTES;
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
}

impl RevocationArgs {
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
        let state = MemoryStatementState::default();
        let statements = Statements::new(anchors.clone(), state).map_err(Error::new)?;
        for path in &self.revocations {
            take(&statements, path, now, output)?;
        }
        output.note("note: whether an older list is shown was not looked for");
        Ok(RevocationPolicy::by_lists(ListPolicy::new(&statements, max_stale)))
    }
}

fn take(
    statements: &Statements,
    path: &Path,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Error> {
    let accepted = statements.accept(read(path)?, now).map_err(|why| error(path, why))?;
    let why = match accepted.standing {
        Standing::Current => return Ok(()),
        Standing::Forked { .. } => "contradicts another list of its issuer",
        Standing::RolledBack { .. } => "is older than one that was seen",
        Standing::PowerEnded => "is by an issuer whose power has expired",
        _ => "is not the current one",
    };
    let name = path.to_string_lossy();
    output.note(format_args!("note: {} {why}; it refuses, but is not fresh", Backticked(&name)));
    Ok(())
}

/// Reads the file of a list.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let file = Source::open(path, "--revocations").map_err(|why| error(path, why))?;
    let mut bytes = Vec::new();
    let limit = MAX_LIST_FILE_BYTES.saturating_add(1);
    let length = file.take(limit).read_to_end(&mut bytes).map_err(|why| error(path, why))?;
    match u64::try_from(length) {
        Ok(length) if length <= MAX_LIST_FILE_BYTES => Ok(bytes),
        _ => Err(error(path, format_args!("the file has more than {MAX_LIST_FILE_BYTES} bytes"))),
    }
}

fn error(path: &Path, why: impl std::fmt::Display) -> Error {
    let path = path.to_string_lossy();
    Error::about(format_args!("--revocations {}", Backticked(&path)), why)
}
