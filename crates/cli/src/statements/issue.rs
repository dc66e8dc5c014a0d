//! The issuer of a statement, its place in a series, and the options of commands that issue one.

use clap::Args;
use deputize::{
    Directory, PublicKey, RevocationList, SigningKey, StatementDigest, StatementScope, Token,
};
use time::OffsetDateTime;

use crate::input::keys::KeyArgs;
use crate::input::when::{AtArgs, When};
use crate::output::Error;

/// The options of every command that issues a statement.
#[derive(Debug, Args)]
pub struct IssueArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The time by which the next list or directory is issued: a time, or a duration from now, such
    /// as 24h. Verifiers treat this one as stale from then on.
    #[arg(long, value_name = "WHEN", default_value = "24h")]
    pub(crate) next: String,
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

impl IssueArgs {
    /// Reads the private key and the time of the next statement.
    ///
    /// # Errors
    ///
    /// If an option is malformed.
    pub fn read(&self) -> Result<(SigningKey, When), Error> {
        let next = self.next.parse().map_err(|e| Error::about("--next", e))?;
        self.at.now()?;
        Ok((self.key.signing_key()?, next))
    }
}

/// The issuer of a statement, and its place in a series.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// The key that signed it.
    pub issuer: PublicKey,
    /// The chains that it is about.
    pub scope: StatementScope,
    /// The place in the series, from 1.
    pub sequence: u64,
    /// The time of issue by the issuer's clock.
    pub issued: OffsetDateTime,
    /// The time by which the next one is issued.
    pub next: OffsetDateTime,
    /// The digest, which identifies it.
    pub digest: StatementDigest,
    /// The digest of the previous statement.
    pub previous: Option<StatementDigest>,
    /// The digests of the heads whose fork it ends.
    pub ends: Vec<StatementDigest>,
    /// The token that gives the issuer its power.
    pub authority: Option<&'a Token>,
}

impl Issue<'_> {
    /// Returns the issuer and scope, which identify the series of a kind.
    pub fn series(&self) -> (PublicKey, StatementScope) {
        (self.issuer, self.scope)
    }
}

impl<'a> From<&'a RevocationList> for Issue<'a> {
    fn from(list: &'a RevocationList) -> Self {
        Self {
            issuer: list.issuer(),
            scope: list.scope(),
            sequence: list.sequence(),
            issued: list.issued(),
            next: list.next_update(),
            digest: list.digest(),
            previous: list.previous(),
            ends: list.ends().collect(),
            authority: list.authority(),
        }
    }
}

impl<'a> From<&'a Directory> for Issue<'a> {
    fn from(directory: &'a Directory) -> Self {
        Self {
            issuer: directory.issuer(),
            scope: directory.scope(),
            sequence: directory.sequence(),
            issued: directory.issued(),
            next: directory.next_update(),
            digest: directory.digest(),
            previous: directory.previous(),
            ends: directory.ends().collect(),
            authority: directory.authority(),
        }
    }
}
