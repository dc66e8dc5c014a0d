//! Writing directories: the first of a series, and the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{KeyError, PublicKey, Signature, Signer, SignerError, WrongSignature};
use crate::limits::{MAX_AGENTS, MAX_DIRECTORY_BYTES};
use crate::statement::directory::agent::{Agent, AgentStatus};
use crate::statement::directory::body::{self, Commitment};
use crate::statement::directory::error::{AgentError, DirectoryError};
use crate::statement::directory::signed::{Directory, lacking, text};
use crate::statement::error::StatementError;
use crate::statement::in_series::InSeries as _;
use crate::statement::kind::{MAX_SEQUENCE, StatementKind};
use crate::statement::note::Note;
use crate::statement::series::{Issue, SeriesId, StatementScope, ended_heads};
use crate::statement::succession::statement::Successor;
use crate::token::Token;

/// The next [`Directory`] of a series, before it is signed.
///
/// Two directories that follow the same one are a fork: a verifier that sees both trusts neither
/// until a third ends the fork. So only one process may write a series at a time.
#[derive(Debug, Clone)]
pub struct DirectoryDraft {
    scope: StatementScope,
    /// The previous directory, or the two directories whose fork this one ends.
    before: Vec<Directory>,
    first_sequence: u64,
    authority: Option<Token>,
    agents: BTreeMap<PublicKey, Agent>,
}

impl DirectoryDraft {
    /// Starts a series without agents, for all chains of the verifiers that name its issuer.
    pub fn named() -> Self {
        let (before, authority, agents) = (Vec::new(), None, BTreeMap::new());
        Self { scope: StatementScope::Named, before, first_sequence: 1, authority, agents }
    }

    /// Starts a series without agents by the power of this token, whose holder signs it. It is for
    /// the chains with the token's root key, if every hop grants `deputize.directory` by that name.
    pub fn by_power_of(token: Token) -> Self {
        let scope = StatementScope::Power(token.delegations().last_id());
        Self { scope, authority: Some(token), ..Self::named() }
    }

    /// Starts the next directory of a series, with the agents and the authority of this one.
    pub fn of(directory: &Directory) -> Self {
        let agents = directory.agents().iter().map(|agent| (agent.key(), agent.clone())).collect();
        Self {
            scope: directory.scope(),
            before: vec![directory.clone()],
            first_sequence: 1,
            authority: directory.authority().cloned(),
            agents,
        }
    }

    /// Starts the directory that ends a fork of two directories of one series. It names both, and
    /// the directories before them, and has the agents of `one`. Agents that only `other` has are
    /// suspended, and so are active ones that are not active in `other`, so that the party that
    /// made the fork gains nothing by its end.
    pub fn ending_fork(one: &Directory, other: &Directory) -> Self {
        let mut own = Self::of(one);
        own.before.push(other.clone());
        for agent in other.agents() {
            let kept = own.agents.entry(agent.key()).or_insert_with(|| {
                let status = agent.status.max(AgentStatus::Suspended);
                agent.clone().with_status(status)
            });
            kept.status = kept.status.max(agent.status.min(AgentStatus::Suspended));
        }
        own
    }

    /// Gives the first directory of a series this sequence instead of 1, after the earlier
    /// directories were lost. It must be higher than theirs, and at most the seconds from 1970 to
    /// its time of issue.
    pub fn with_first_sequence(self, sequence: u64) -> Self {
        Self { first_sequence: sequence.clamp(1, MAX_SEQUENCE), ..self }
    }

    /// Returns the agents, in ascending order of their keys.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// Returns the agent with this key.
    pub fn agent(&self, key: &PublicKey) -> Option<&Agent> {
        self.agents.get(key)
    }

    /// Adds an agent.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if an agent has this key, or there are [`MAX_AGENTS`].
    pub fn add(&mut self, agent: Agent) -> Result<(), DirectoryError> {
        let key = agent.key();
        if self.agents.contains_key(&key) {
            return Err(DirectoryError::AlreadyListed { key: Box::new(key) });
        }
        if self.agents.len() >= MAX_AGENTS {
            return Err(DirectoryError::TooMany);
        }
        self.agents.insert(key, agent);
        Ok(())
    }

    /// Replaces the agent with the same key, in any status.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::NotListed`] if no agent has this key.
    pub fn replace(&mut self, agent: Agent) -> Result<(), DirectoryError> {
        let key = agent.key();
        *self.listed(&key)? = agent;
        Ok(())
    }

    /// Suspends an agent, until it is resumed.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if the agent is not listed, or retired.
    pub fn suspend(&mut self, key: &PublicKey) -> Result<(), DirectoryError> {
        self.living(key)?.status = AgentStatus::Suspended;
        Ok(())
    }

    /// Ends the suspension of an agent.
    ///
    /// # Errors
    ///
    /// As [`suspend`](Self::suspend).
    pub fn resume(&mut self, key: &PublicKey) -> Result<(), DirectoryError> {
        self.living(key)?.status = AgentStatus::Active;
        Ok(())
    }

    /// Retires an agent for good. It is valid until `at` at most. Its entry stays, and keeps its
    /// name from other keys until the entry is [removed](Self::remove).
    ///
    /// # Errors
    ///
    /// [`DirectoryError::NotListed`] if the agent is not listed.
    pub fn retire(&mut self, key: &PublicKey, at: OffsetDateTime) -> Result<(), DirectoryError> {
        let (agent, end) = (self.listed(key)?, UnixTime::upper_bound(at));
        agent.status = AgentStatus::Retired;
        agent.valid_until = Some(agent.valid_until.map_or(end, |until| until.min(end)));
        Ok(())
    }

    /// Records a review of an agent, and the time by which the next one is due.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if the agent is not listed or retired, or `next` is not after `at`.
    pub fn review(
        &mut self,
        key: &PublicKey,
        at: OffsetDateTime,
        next: OffsetDateTime,
    ) -> Result<(), DirectoryError> {
        let agent = self.living(key)?;
        let (at, next) = (UnixTime::from(at), UnixTime::upper_bound(next));
        if next <= at {
            let (at, next) = (at.to_datetime(), next.to_datetime());
            return Err(DirectoryError::ReviewNotLater { at, next });
        }
        (agent.last_review, agent.next_review) = (Some(at), Some(next));
        Ok(())
    }

    /// Adds an entry for the new key of a successor statement, with the contents of the old key's
    /// entry. The old entry stays until it is removed.
    ///
    /// Both entries have one name, so verifiers that do not have the statement refuse both keys.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if the old key is not listed or retired, or the new one is listed.
    pub fn rekey(&mut self, statement: &Successor) -> Result<(), DirectoryError> {
        let agent = self.living(&statement.old())?.clone();
        self.add(agent.with_key(statement.new_key())?)
    }

    /// Removes and returns an entry.
    ///
    /// An entry of the previous directory can be removed only
    /// [`AGENTS_KEPT`](crate::limits::AGENTS_KEPT) after its `valid_until`. Otherwise
    /// [`prepare`](Self::prepare) fails, because verifiers would refuse the directory.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::NotListed`] if the agent is not listed.
    pub fn remove(&mut self, key: &PublicKey) -> Result<Agent, DirectoryError> {
        self.agents.remove(key).ok_or_else(|| not_listed(key))
    }

    fn listed(&mut self, key: &PublicKey) -> Result<&mut Agent, DirectoryError> {
        self.agents.get_mut(key).ok_or_else(|| not_listed(key))
    }

    fn living(&mut self, key: &PublicKey) -> Result<&mut Agent, DirectoryError> {
        match self.listed(key)? {
            agent if agent.status == AgentStatus::Retired => {
                Err(DirectoryError::Retired { key: Box::new(*key) })
            }
            agent => Ok(agent),
        }
    }

    /// Writes and signs the directory. A newer one is due by `next`, rounded down to a whole
    /// second. From that time on, this one is stale.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare), and if the signer fails.
    pub fn sign(
        &self,
        signer: &(impl Signer + ?Sized),
        now: OffsetDateTime,
        next: OffsetDateTime,
    ) -> Result<Directory, DirectoryError> {
        let open = self.prepare(signer.public_key(), now, next)?;
        let signature = signer.sign(open.message())?;
        Ok(open.signed(&signature).map_err(SignerError::from)?)
    }

    /// Does all of [`sign`](Self::sign) but sign, for a key that is kept elsewhere.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if the issuer is not that of the series, the times are not in order, an
    /// entry was removed too early, or the entries are too long.
    pub fn prepare(
        &self,
        issuer: PublicKey,
        now: OffsetDateTime,
        next: OffsetDateTime,
    ) -> Result<UnsignedDirectory, DirectoryError> {
        let issue = self.issue(issuer, UnixTime::from(now), UnixTime::upper_bound(next))?;
        let has = |key: &PublicKey| self.agents.contains_key(key);
        let mut before = self.before.iter().map(Directory::agents);
        if let Some(agent) = before.find_map(|before| lacking(before, has, issue.issued)) {
            return Err(DirectoryError::RemovedEarly { key: Box::new(agent.key()) });
        }
        let body = body::write(self.agents());
        if body.len() > MAX_DIRECTORY_BYTES {
            return Err(DirectoryError::TooLong { found: body.len() });
        }
        let commitment = Commitment::to(&body, self.agents.len());
        let note = Note::new(text(&issue, &commitment, self.authority.as_ref()))?;
        let agents = self.agents().cloned().collect();
        Ok(UnsignedDirectory { issue, authority: self.authority.clone(), agents, note, body })
    }

    fn issue(
        &self,
        issuer: PublicKey,
        issued: UnixTime,
        next: UnixTime,
    ) -> Result<Issue, DirectoryError> {
        if issuer.is_published() {
            return Err(AgentError::from(KeyError::Published).into());
        }
        let newest = self.before.iter().max_by_key(|directory| directory.sequence());
        let Some(newest) = newest else {
            let series = SeriesId { kind: StatementKind::Agents, issuer, scope: self.scope };
            let (sequence, previous, ends) = (self.first_sequence, None, BTreeSet::new());
            let issue = Issue { series, sequence, issued, next, previous, ends };
            issue.check()?;
            return Ok(issue);
        };
        if let Some(other) = self.before.iter().find(|directory| directory.issuer() != issuer) {
            let (issuer, signer) = (Box::new(other.issuer()), Box::new(issuer));
            return Err(StatementError::NotTheIssuer { issuer, signer }.into());
        }
        for directory in &self.before {
            newest.series().require(&directory.series())?;
            directory.issue().require_before(issued)?;
        }
        let mut issue = newest.issue().followed_by(newest.digest(), issued, next)?;
        let before = self.before.iter().map(|own| (own.issue(), own.digest()));
        issue.ends = ended_heads(before, newest.digest());
        issue.check()?;
        Ok(issue)
    }
}

fn not_listed(key: &PublicKey) -> DirectoryError {
    DirectoryError::NotListed { key: Box::new(*key) }
}

/// A directory that is not signed yet, from [`DirectoryDraft::prepare`].
/// [`to_sign`](Self::to_sign) has the message for the signer.
#[derive(Clone)]
pub struct UnsignedDirectory {
    issue: Issue,
    authority: Option<Token>,
    agents: Arc<[Agent]>,
    note: Note,
    body: Vec<u8>,
}

impl UnsignedDirectory {
    /// Returns the bytes to sign: text for people to read, which commits to the agents by their
    /// number and digest.
    pub fn message(&self) -> &[u8] {
        self.text().as_bytes()
    }

    /// Returns the agents, in ascending order of their keys.
    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    pub(crate) fn text(&self) -> &str {
        self.note.text()
    }

    pub(crate) fn issuer(&self) -> PublicKey {
        self.issue.series.issuer
    }

    /// Returns the directory with this signature.
    ///
    /// # Errors
    ///
    /// [`WrongSignature`] if the bytes are not a signature of the issuer over this message.
    pub fn signed(&self, signature: &Signature) -> Result<Directory, WrongSignature> {
        let issuer = self.issuer();
        let note = self.note.clone().with_signature(issuer.to_string(), &issuer, signature);
        // The name is the text of a key, and the note has no other signature, so only the signature
        // can be wrong.
        let note = note.map_err(|_| WrongSignature { key: Box::new(issuer) })?;
        let mut bytes = note.to_string().into_bytes();
        bytes.extend_from_slice(&self.body);
        let (issue, authority) = (self.issue.clone(), self.authority.clone());
        Ok(Directory::of(issue, authority, Arc::clone(&self.agents), self.text(), bytes))
    }
}

/// Shows the series, the sequence and the number of agents.
impl Debug for UnsignedDirectory {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Issue { series, sequence, .. } = &self.issue;
        let agents = self.agents.len();
        write!(f, "UnsignedDirectory({series}, sequence {sequence}, {agents} agents)")
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]
mod tests {
    use super::*;
    use crate::statement::directory::samples::{agents, key, now, signer};
    use proptest::prelude::*;
    use time::Duration;

    proptest! {
        #[test]
        fn a_written_directory_is_read_back_unchanged(own in prop::collection::vec(agents(), 0..5)) {
            let mut draft = DirectoryDraft::named();
            for agent in own {
                let _ = draft.add(agent);
            }
            let own = draft.sign(&signer(9), now(), now() + Duration::DAY).unwrap();
            prop_assert_eq!(own.agents(), &draft.agents().cloned().collect::<Vec<_>>());
            let read = Directory::parse(own.as_bytes()).unwrap();
            prop_assert_eq!(read.agents(), own.agents());
            prop_assert_eq!((read.issue(), read.digest()), (own.issue(), own.digest()));
            prop_assert_eq!(read.as_bytes(), own.as_bytes());
            for agent in own.agents() {
                prop_assert_eq!(read.agent(&agent.key()), Some(agent));
            }
            prop_assert!(read.agent(&key(0)).is_none());
            // The next in the series has the same agents.
            let next = DirectoryDraft::of(&read);
            let next = next.sign(&signer(9), now() + Duration::HOUR, now() + Duration::DAY).unwrap();
            prop_assert_eq!(next.agents(), own.agents());
            prop_assert_eq!((next.sequence(), next.previous()), (2, Some(own.digest())));
        }
    }
}
