//! The next directory of a series, issued while its file is locked.

use clap::Args;
use deputize::{Agent, Directory, DirectoryDraft, PublicKey, Signer, SigningKey, Token};
use time::OffsetDateTime;

use crate::agents::changes::Changes;
use crate::agents::choose::choose;
use crate::agents::judge::judge;
use crate::input::directory;
use crate::input::token::TokenText;
use crate::input::when::When;
use crate::limits::MAX_DIRECTORY_FILE_BYTES;
use crate::output::granted::named;
use crate::output::{Error, Output};
use crate::platform::Readers;
use crate::statement_file::{Locked, StatementFile};
use crate::statements::issue::{Issue, IssueArgs};
use crate::statements::relation::Relation;

/// The options of commands that can begin a directory.
#[derive(Debug, Args)]
pub struct BeginArgs {
    /// Begin the first directory of this key. Without it, the directory must exist: a second first
    /// directory, in another file, makes a fork, and verifiers then admit nobody.
    #[arg(long)]
    pub(crate) new: bool,
    /// The sequence of the first directory, if earlier directories were lost: higher than all of
    /// theirs.
    #[arg(long, value_name = "N", requires = "new", default_value_t = 1)]
    pub(crate) first_sequence: u64,
    /// Begin the directory of the holder of this token, which grants deputize.directory: text,
    /// @FILE, or - for standard input. It is for the chains with the token's root key.
    #[arg(long, value_name = "TOKEN", requires = "new")]
    pub(crate) power: Option<String>,
}

impl BeginArgs {
    /// Returns the directory to begin, if `--new` was given.
    ///
    /// # Errors
    ///
    /// If `--power` is not a held token.
    pub fn first(&self, output: &Output) -> Result<Option<First>, Error> {
        if !self.new {
            return Ok(None);
        }
        let Some(token) = &self.power else {
            return Ok(Some(First { sequence: self.first_sequence, authority: None }));
        };
        let text = TokenText::read(Some(token), output)?;
        let token = Token::parse(text.as_str()).map_err(|e| text.error(e))?;
        Ok(Some(First { sequence: self.first_sequence, authority: Some(token) }))
    }
}

/// The first directory of a series.
#[derive(Debug)]
pub struct First {
    sequence: u64,
    /// The token whose holder issues the directory, or `None` if verifiers name the issuer.
    authority: Option<Token>,
}

/// The directory that is about to be issued, while its file is locked.
#[derive(Debug)]
pub struct Next<'f> {
    locked: Locked<'f>,
    file: &'f StatementFile,
    key: SigningKey,
    next: When,
    /// The directory in the file, if it has one.
    pub before: Option<Directory>,
    /// The other directory of the fork that this one ends.
    other: Option<Directory>,
    /// The time of issue.
    pub now: OffsetDateTime,
    /// The next directory.
    pub draft: DirectoryDraft,
    /// The messages about the directory.
    pub messages: Messages,
}

/// The messages of a change.
#[derive(Debug, Default)]
pub struct Messages {
    /// The changes that were made, for people.
    pub done: Vec<String>,
    /// Notes about the changes.
    pub notes: Vec<String>,
    /// The reasons why verifiers would not follow the directory.
    pub doubts: Vec<String>,
    /// The keys that successor statements link to the new key: earlier keys of the same name.
    pub linked: Vec<PublicKey>,
}

impl<'f> Next<'f> {
    /// Reads the private key, locks the file, and starts the directory after the one in it.
    ///
    /// # Errors
    ///
    /// If an option is malformed, the file cannot be locked or read, or has no directory of this
    /// key.
    pub fn after(issue: &IssueArgs, file: &'f StatementFile) -> Result<Self, Error> {
        let (key, next) = issue.read()?;
        let missing = || {
            file.error(
                "the file does not exist; to begin the first directory of this key, pass --new to `deputize agents add` or `import`",
            )
        };
        // A lock file for a mistyped name would stay.
        if !file.exists() {
            return Err(missing());
        }
        let locked = file.lock()?;
        let bytes = locked.read(MAX_DIRECTORY_FILE_BYTES)?.ok_or_else(missing)?;
        let before = directory::parse(&bytes).map_err(|why| file.error(why))?;
        let issuer = key.public_key();
        if before.issuer() != issuer {
            return Err(file.error(format_args!(
                "this is a directory of the key {}, and --key is {}; each issuer has a file of its own",
                before.issuer().fingerprint(),
                issuer.fingerprint()
            )));
        }
        let draft = DirectoryDraft::of(&before);
        // Under the lock: a directory must not be issued before the one in the file.
        let now = issue.at.now()?;
        let (before, other, messages) = (Some(before), None, Messages::default());
        Ok(Self { locked, file, key, next, before, other, now, draft, messages })
    }

    /// Reads the private key, locks the file, and starts a series.
    ///
    /// # Errors
    ///
    /// As [`after`](Self::after), if there is a file, and if the key does not hold the token that
    /// gives the power.
    pub fn first(issue: &IssueArgs, file: &'f StatementFile, first: First) -> Result<Self, Error> {
        let (key, next) = issue.read()?;
        let First { sequence, authority } = first;
        let draft = match authority {
            None => DirectoryDraft::named(),
            Some(token) if token.holder().key() == key.public_key() => {
                DirectoryDraft::by_power_of(token)
            }
            Some(token) => {
                let why = format!(
                    "the token is held by {}, and --key is {}; its holder signs the directory",
                    token.holder(),
                    key.public_key().fingerprint()
                );
                return Err(Error::about("--power", why));
            }
        };
        let locked = file.lock()?;
        if file.exists() {
            return Err(
                file.error("the file exists already; to change the directory, leave out --new")
            );
        }
        let draft = draft.with_first_sequence(sequence);
        let now = issue.at.now()?;
        let (before, other, messages) = (None, None, Messages::default());
        Ok(Self { locked, file, key, next, before, other, now, draft, messages })
    }

    /// Ends a fork of the directory in the file and another one of the series.
    ///
    /// # Errors
    ///
    /// If the two directories do not make a fork.
    pub fn end_fork(&mut self, other: Directory) -> Result<(), Error> {
        const OPTION: &str = "--ends-fork";
        let Some(own) = &self.before else {
            return Err(Error::about(OPTION, "the file has no directory yet"));
        };
        Relation::require_fork(&Issue::from(own), &Issue::from(&other))
            .map_err(|why| Error::about(OPTION, why))?;
        self.draft = DirectoryDraft::ending_fork(own, &other);
        self.messages.done.extend(Changes::between(Some(own), &self.draft).lines());
        self.other = Some(other);
        Ok(())
    }

    /// Returns the agent with this key, name or id.
    ///
    /// # Errors
    ///
    /// As [`choose`].
    pub fn agent(&self, text: &str) -> Result<Agent, Error> {
        let agents: Vec<_> = self.draft.agents().collect();
        let key = choose(agents.iter().copied(), text)?;
        self.draft.agent(&key).cloned().ok_or_else(|| self.error("the agent is not listed"))
    }

    /// Creates an error about the file.
    pub fn error(&self, why: impl std::fmt::Display) -> Error {
        self.file.error(why)
    }

    /// Signs the directory without writing it. Keeps the doubts of verifiers about it.
    ///
    /// # Errors
    ///
    /// If `--next` is not later than now, or an entry was removed that must stay.
    pub fn sign(&mut self, changes: &Changes) -> Result<Directory, Error> {
        let next = self.next.from(self.now).map_err(|e| Error::about("--next", e))?;
        let directory = self.draft.sign(&self.key, self.now, next);
        let directory = directory.map_err(|e| self.file.error(e))?;
        let before: Vec<_> = self.before.iter().chain(&self.other).collect();
        if let Err(why) = judge(&directory, &before, self.now) {
            self.messages.doubts.push(format!("verifiers would not accept this directory: {why}"));
        }
        for agent in changes.present() {
            let was_alike = self.before.as_ref().is_some_and(|before| {
                before.agent(&agent.key()).is_some_and(|own| own.principal() == agent.principal())
            });
            let mut others = directory.alike(&agent.key());
            let other = others.find(|other| !self.messages.linked.contains(&other.key()));
            if let Some(other) = other.filter(|_| !was_alike) {
                self.messages.doubts.push(format!(
                    "the name of {} equals or resembles that of {}: verifiers refuse both, unless a successor statement links their keys",
                    named(agent.principal()),
                    named(other.principal())
                ));
            }
        }
        Ok(directory)
    }

    /// Replaces the directory in the file by the signed one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self, directory: &Directory) -> Result<(), Error> {
        self.locked.replace(directory.as_bytes(), Readers::Everyone)
    }
}
