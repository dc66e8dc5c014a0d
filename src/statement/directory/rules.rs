//! The check of a chain's agents against directories.

use std::collections::BTreeSet;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::chain::Hop;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{Principal, PrincipalKind};
use crate::statement::directory::agent::{Agent, AgentStatus};
use crate::statement::directory::fault::{AgentFault, AgentFinding, NameOwner};
use crate::statement::directory::names::Use;
use crate::statement::directory::signed::Directory;
use crate::statement::succession::parties::Parties;
use crate::text::confusable::appearance;

/// The requirements of a verifier on the delegates of a chain, by the directories that it follows.
///
/// For each delegate, of any stated kind:
///
/// - A delegate with an entry must be active, in time, before its next review, and have the name
///   and the kind that the hop states. No other entry may have the same name, unless their keys
///   belong to one party, or a name that looks like it.
/// - A delegate without an entry must follow an earlier delegate that has one, is not refused and
///   may spawn, or its key must be [outside](Self::with_outside) the directory. The hop must call
///   it an agent. Its name may not be, or look like, a name that the directory uses, the owner's,
///   or one that the chain gives to another key. The chain may not give its key two names.
///
/// The root key is not looked up. The caller checks whether the directory is fresh.
///
/// If there are several directories, each must admit every delegate. Several of one series count
/// together during a fork, or while the newer one could not be stored. Without a directory, only
/// the root key and the keys outside are admitted.
#[derive(Debug, Clone)]
pub struct DirectoryRules {
    directories: Vec<Directory>,
    outside: Arc<BTreeSet<PublicKey>>,
}

impl DirectoryRules {
    /// Creates the rules. The first use of a directory takes about as long as reading it.
    pub fn new(directories: impl IntoIterator<Item = Directory>) -> Self {
        let directories: Vec<_> = directories.into_iter().collect();
        for directory in &directories {
            directory.index_names();
        }
        Self { directories, outside: Arc::default() }
    }

    /// Names keys that need no entry, such as those of another organization. Their names are still
    /// checked.
    pub fn with_outside(self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let outside = self.outside.iter().copied().chain(keys).collect();
        Self { outside: Arc::new(outside), ..self }
    }

    /// Returns the directories.
    pub fn directories(&self) -> &[Directory] {
        &self.directories
    }

    /// Returns all reasons against the delegates of these hops, in the order of the hops, the
    /// owner's first. `parties` are those for this chain, which decides which reports of
    /// compromised keys count.
    pub fn judge(&self, hops: &[Hop], parties: &Parties, now: OffsetDateTime) -> Vec<AgentFinding> {
        let Some(first) = hops.first() else { return Vec::new() };
        let are_one_party = |one: &PublicKey, other: &PublicKey| parties.are_one_party(one, other);
        let (outside, at) = (&*self.outside, UnixTime::from(now));
        let owner = first.delegator();
        let judged = Judged { owner, hops, outside, are_one_party: &are_one_party, at };
        judged.by_all(&self.directories).into_iter().collect()
    }
}

/// A chain, and everything that its judgement needs except a directory.
pub(crate) struct Judged<'a> {
    /// The owner, with the root key.
    pub(crate) owner: &'a Principal,
    pub(crate) hops: &'a [Hop],
    pub(crate) outside: &'a BTreeSet<PublicKey>,
    /// Called only for two keys with one name.
    pub(crate) are_one_party: &'a dyn Fn(&PublicKey, &PublicKey) -> bool,
    pub(crate) at: UnixTime,
}

impl Judged<'_> {
    /// Finds all reasons against the delegates, in the order of the hops.
    pub(crate) fn by_all<'d>(
        &self,
        directories: impl IntoIterator<Item = &'d Directory>,
    ) -> BTreeSet<AgentFinding> {
        // Two directories may give the same finding.
        let mut findings = BTreeSet::new();
        let mut directories = directories.into_iter().peekable();
        if directories.peek().is_none() {
            self.by(None, &mut findings);
        }
        for directory in directories {
            self.by(Some(directory), &mut findings);
        }
        findings
    }

    fn delegates(&self) -> impl Iterator<Item = &Principal> {
        self.hops.iter().map(Hop::delegate)
    }

    fn by(&self, directory: Option<&Directory>, findings: &mut BTreeSet<AgentFinding>) {
        let mut is_spawned = false;
        for (hop, delegate) in self.delegates().enumerate() {
            if delegate.key() == self.owner.key() {
                continue;
            }
            let mut faults = Vec::new();
            let entry = directory.and_then(|own| Some((own, own.place(&delegate.key())?)));
            match entry.and_then(|(own, at)| Some((own, at, own.agents().get(at)?))) {
                Some((own, at, entry)) => {
                    self.listed(entry, delegate, &mut faults);
                    faults.extend(self.other_entry(own, at, entry));
                    is_spawned |= faults.is_empty() && entry.may_spawn;
                }
                None => {
                    if !is_spawned && !self.outside.contains(&delegate.key()) {
                        faults.push(AgentFault::NotListed);
                    }
                    self.unlisted(directory, delegate, &mut faults);
                }
            }
            findings.extend(faults.into_iter().map(|fault| AgentFinding { hop, fault }));
        }
    }

    fn listed(&self, entry: &Agent, delegate: &Principal, faults: &mut Vec<AgentFault>) {
        match entry.status {
            AgentStatus::Active => {}
            AgentStatus::Suspended => faults.push(AgentFault::Suspended),
            AgentStatus::Retired => faults.push(AgentFault::Retired),
        }
        if let Some(from) = entry.valid_from.filter(|from| self.at < *from) {
            faults.push(AgentFault::NotYetValid { from: from.to_datetime() });
        }
        if let Some(until) = entry.valid_until.filter(|until| self.at >= *until) {
            faults.push(AgentFault::Ended { until: until.to_datetime() });
        }
        if let Some(due) = entry.next_review.filter(|due| self.at >= *due) {
            faults.push(AgentFault::ReviewOverdue { due: due.to_datetime() });
        }
        let own = &entry.principal;
        if own.name() != delegate.name() {
            let [listed, stated] = [own, delegate].map(|named| named.name().to_owned());
            faults.push(AgentFault::NameDiffers { listed, stated });
        }
        if own.kind() != delegate.kind() {
            faults.push(AgentFault::KindDiffers { listed: own.kind(), stated: delegate.kind() });
        }
    }

    /// Finds another entry that could be mistaken for this one.
    fn other_entry(&self, directory: &Directory, at: usize, entry: &Agent) -> Option<AgentFault> {
        let alike =
            directory.names().shared(at).iter().filter_map(|at| directory.agents().get(*at));
        let own = &entry.principal;
        let is_other = |other: &&Principal| {
            other.name() != own.name() || !(self.are_one_party)(&own.key(), &other.key())
        };
        let other = alike.map(|other| &other.principal).find(is_other)?;
        let [listed, named] = [own, other].map(|named| named.name().to_owned());
        Some(AgentFault::TwoKeys { listed, other: named, key: Box::new(other.key()) })
    }

    /// Checks the name of a delegate that has no entry.
    fn unlisted(
        &self,
        directory: Option<&Directory>,
        delegate: &Principal,
        faults: &mut Vec<AgentFault>,
    ) {
        if delegate.kind() != PrincipalKind::Agent {
            faults.push(AgentFault::NotAnAgent { stated: delegate.kind() });
        }
        let (name, key) = (delegate.name(), delegate.key());
        let stated = || name.to_owned();
        let same_key = |other: &&Principal| other.key() == key && other.name() != name;
        if let Some(other) = self.delegates().find(same_key) {
            let other = other.name().to_owned();
            faults.push(AgentFault::TwoNames { stated: stated(), other });
        }
        let own = appearance(name);
        let listed = directory.and_then(|directory| {
            let (at, used) = directory.names().used(&own)?;
            let entry = directory.agents().get(at)?;
            let key = Box::new(entry.key());
            Some(match used {
                Use::Name => (entry.principal.name(), NameOwner::Agent(key)),
                Use::Id => (entry.id.as_str(), NameOwner::AgentId(key)),
                Use::Accountable => (entry.accountable.name(), NameOwner::Accountable),
            })
        });
        let is_alike = |other: &str| other == name || appearance(other) == own;
        let of_owner = || {
            let owner = Some(self.owner.name()).filter(|other| is_alike(other));
            owner.map(|other| (other, NameOwner::Owner))
        };
        let in_chain = || {
            let mut others = self.delegates().filter(|other| other.key() != key);
            let other = others.find(|other| is_alike(other.name()))?;
            Some((other.name(), NameOwner::Delegate(Box::new(other.key()))))
        };
        if let Some((other, whose)) = listed.or_else(of_owner).or_else(in_chain) {
            let other = other.to_owned();
            faults.push(AgentFault::LooksLike { stated: stated(), other, whose });
        }
    }
}
