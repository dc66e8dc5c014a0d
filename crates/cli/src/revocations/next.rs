//! The next list of a series, issued while its file is locked.

use std::path::Path;

use deputize::{
    PublicKey, RevocationDraft, RevocationList, Signer, SigningKey, StatementScope, Token,
};
use time::OffsetDateTime;

use crate::input::revocation_list;
use crate::input::when::When;
use crate::limits::MAX_LIST_FILE_BYTES;
use crate::output::Error;
use crate::platform::Readers;
use crate::revocations::judge::judge;
use crate::revocations::place::is_final;
use crate::revocations::power::Power;
use crate::statement_file::{Locked, StatementFile};
use crate::statements::issue::{Issue, IssueArgs};
use crate::statements::relation::Relation;

/// The first list of a series.
#[derive(Debug)]
pub enum First {
    /// The list of a root key or of a delegator.
    Own,
    /// The list of a revoker whom trust anchors name, for chains with this root key.
    ForRoot(PublicKey),
    /// The list of a revoker who holds this token.
    ByPowerOf(Token),
}

/// The list that is about to be issued, while its file is locked.
#[derive(Debug)]
pub struct Next<'f> {
    locked: Locked<'f>,
    file: &'f StatementFile,
    key: SigningKey,
    next: When,
    /// The list in the file, if it has one.
    pub before: Option<RevocationList>,
    /// The other list of the fork that this one ends.
    other: Option<RevocationList>,
    scope: StatementScope,
    authority: Option<Token>,
    /// The time of issue.
    pub now: OffsetDateTime,
    /// The next list: the entries of the previous one that have not expired.
    pub draft: RevocationDraft,
    /// The number of entries that were pruned.
    pub pruned: usize,
}

impl IssueArgs {
    /// Reads the private key, locks the file, and starts the list after the one in it.
    ///
    /// # Errors
    ///
    /// If an option is malformed, the file cannot be locked or read, has no list of this key, or
    /// has a final list.
    pub fn after<'f>(&self, file: &'f StatementFile, path: &Path) -> Result<Next<'f>, Error> {
        let (key, next) = self.read()?;
        let missing = || {
            file.error(
                "the file does not exist; to begin the first list of this key, pass --new to `deputize revoke`",
            )
        };
        // A lock file for a mistyped name would stay.
        if !file.exists() {
            return Err(missing());
        }
        let locked = file.lock()?;
        let bytes = locked.read(MAX_LIST_FILE_BYTES)?.ok_or_else(missing)?;
        let before = revocation_list::parse(bytes, path).map_err(|why| file.error(why))?;
        let issuer = key.public_key();
        if before.issuer() != issuer {
            return Err(file.error(format_args!(
                "this is a list of the key {}, and --key is {}; each issuer has a file of its own",
                before.issuer().fingerprint(),
                issuer.fingerprint()
            )));
        }
        if is_final(&before) {
            return Err(file.error(
                "this list is final: it reports its own key as compromised, so no verifier takes a newer one",
            ));
        }
        // Under the lock: a list must not be issued before the one in the file.
        let now = self.at.now()?;
        let draft = RevocationDraft::after(&before);
        let (scope, authority) = (before.scope(), before.authority().cloned());
        let own = Next {
            locked,
            file,
            key,
            next,
            before: Some(before),
            other: None,
            scope,
            authority,
            now,
            draft,
            pruned: 0,
        };
        Ok(own.pruned())
    }

    /// Reads the private key, locks the file, and starts a series with this sequence.
    ///
    /// # Errors
    ///
    /// As [`after`](Self::after), and if there is a file.
    pub fn first<'f>(
        &self,
        file: &'f StatementFile,
        first: First,
        sequence: u64,
    ) -> Result<Next<'f>, Error> {
        let (key, next) = self.read()?;
        let locked = file.lock()?;
        if file.exists() {
            return Err(file.error("the file exists already; to add to the list, leave out --new"));
        }
        let (draft, scope, authority) = match first {
            First::Own => (RevocationDraft::own(), StatementScope::Own, None),
            First::ForRoot(root) if root == key.public_key() => {
                return Err(Error::about(
                    "--for-root",
                    "this is the key that signs; its own list needs no --for-root",
                ));
            }
            First::ForRoot(root) => {
                (RevocationDraft::for_root(root), StatementScope::Root(root), None)
            }
            First::ByPowerOf(token) => {
                let holder = token.holder();
                if holder.key() != key.public_key() {
                    let why = format!(
                        "the token is held by {holder}, and --key is {}; its holder signs the list",
                        key.public_key().fingerprint()
                    );
                    return Err(Error::about("--power", why));
                }
                let Some(hop) = token.hops().last() else {
                    return Err(Error::about("--power", "the token has no hop"));
                };
                let scope = StatementScope::Power(hop.id());
                (RevocationDraft::by_power_of(token.clone()), scope, Some(token))
            }
        };
        let draft = draft.with_first_sequence(sequence);
        let now = self.at.now()?;
        let before = None;
        let (other, pruned) = (None, 0);
        Ok(Next { locked, file, key, next, before, other, scope, authority, now, draft, pruned })
    }
}

impl Next<'_> {
    fn pruned(mut self) -> Self {
        self.pruned = self.draft.prune(self.now);
        self
    }

    /// Ends a fork of the list in the file and another one of the series: the next list has the
    /// entries of both.
    ///
    /// # Errors
    ///
    /// If the two lists do not make a fork.
    pub fn end_fork(&mut self, other: RevocationList) -> Result<(), Error> {
        const OPTION: &str = "--ends-fork";
        let Some(own) = &self.before else {
            return Err(Error::about(OPTION, "the file has no list yet"));
        };
        Relation::require_fork(&Issue::from(own), &Issue::from(&other))
            .map_err(|why| Error::about(OPTION, why))?;
        self.draft = RevocationDraft::ending_fork(own, &other);
        self.pruned = self.draft.prune(self.now);
        self.other = Some(other);
        Ok(())
    }

    /// Returns the power of the list.
    pub fn power(&self) -> Power<'_> {
        let (issuer, scope) = (self.key.public_key(), self.scope);
        Power { issuer, scope, authority: self.authority.as_ref() }
    }

    /// Signs the list without writing it. Beside the list, returns the reason why verifiers would
    /// not accept it, if there is one.
    ///
    /// # Errors
    ///
    /// If `--next` is not later than now, or the list has too many entries.
    pub fn sign(&self) -> Result<(RevocationList, Result<(), String>), Error> {
        let next = self.next.from(self.now).map_err(|e| Error::about("--next", e))?;
        let list = self.draft.sign(&self.key, self.now, next);
        let list = list.map_err(|e| self.file.error(e))?;
        let before: Vec<_> = self.before.iter().chain(&self.other).collect();
        let judged = judge(&list, &before, self.now);
        Ok((list, judged.map_err(|why| format!("verifiers would not accept this list: {why}"))))
    }

    /// Replaces the list in the file by the signed one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self, list: &RevocationList) -> Result<(), Error> {
        self.locked.replace(list.as_bytes(), Readers::Everyone)
    }
}
