//! The check of a chain's agents by the directories that are held.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use crate::instant::{Span, UnixTime};
use crate::key::PublicKey;
use crate::reason::{DenyCode, Reason};
use crate::statement::directory::fault::{AgentFault, AgentFinding};
use crate::statement::directory::rules::Judged;
use crate::statement::directory::signed::Directory;
use crate::statement::revocation::entry::{KeyEnd, RevokedKey};
use crate::statement::succession::parties::Parties;
use crate::statement::succession::statement::Successor;
use crate::text::escape::Quoted;
use crate::verify::statements::age::Age;
use crate::verify::statements::held::{Held, HeldDirectories, Right};
use crate::verify::statements::judge::Question;
use crate::verify::statements::power::Power;

/// The directory that must be held and fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequiredDirectory {
    pub(crate) source: DirectorySource,
    /// The maximum time since its issue, in seconds.
    pub(crate) max_stale: u64,
    /// The keys that need no entry.
    pub(crate) outside: Arc<BTreeSet<PublicKey>>,
}

/// The source of the directory that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DirectorySource {
    /// The directory of this issuer.
    Issuer(PublicKey),
    /// For each root key, the directory of the party to which it gave the power.
    PowerOfRoot,
}

impl Held {
    /// Finds all reasons against the delegates of a chain by the required directory, which go into
    /// `hop_reasons`, and all reasons why the directory is not fresh. Returns a directory that is
    /// held, for reports.
    pub(crate) fn find_agent_faults(
        &self,
        asked: &Question<'_>,
        required: &RequiredDirectory,
        reasons: &mut Vec<Reason>,
        hop_reasons: &mut Vec<Reason>,
    ) -> Option<Directory> {
        let root = asked.chain.root;
        let all = match &required.source {
            DirectorySource::Issuer(issuer) => {
                self.named_directories.get(issuer).map_or(&[][..], slice::from_ref)
            }
            DirectorySource::PowerOfRoot => {
                self.directories_of_root.get(&root).map_or(&[][..], Vec::as_slice)
            }
        };
        // A directory whose power has ended does not count if another one has a valid power. Each
        // of those that count must admit every agent, because the root gave all of their issuers
        // the power over all agents.
        let ended: Vec<bool> = all.iter().map(|series| self.has_ended(series, asked)).collect();
        let all_ended = ended.iter().all(|ended| *ended);
        let counted = || {
            let counted = all.iter().zip(&ended).filter(|(_, ended)| all_ended || !**ended);
            counted.map(|(series, _)| &**series)
        };
        let mut latest = self.latest_of_root(asked.chain, asked.anchors, asked.at);
        for series in counted() {
            latest = latest.max(series.record.latest_issued());
            reasons.extend(find_old(series, all_ended, required.max_stale, asked.at));
        }
        if all.is_empty() {
            let message = match &required.source {
                DirectorySource::Issuer(issuer) => {
                    format!("no directory of agents of {} is held", issuer.fingerprint())
                }
                DirectorySource::PowerOfRoot => format!(
                    "no directory of agents by a power of the root key {} is held",
                    root.fingerprint()
                ),
            };
            reasons.push(Reason::new(DenyCode::DirectoryUnknown, message));
            return None;
        }
        if let Some(latest) = latest.filter(|own| asked.is_before(*own)) {
            let message = format!(
                "the directory of agents may be old: a statement was issued at {latest}, and it is {}; the clock was set back",
                asked.at
            );
            let reason = Reason::new(DenyCode::DirectoryUnknown, message);
            reasons.push(reason.differs(latest, asked.at));
        }
        let directories =
            || counted().flat_map(HeldDirectories::statements).map(|held| &held.statement);
        // The parties of one key are kept, because one key is compared with all others of its name
        // in a row. The closure is called only for two keys with one name, so most decisions
        // compute no parties.
        let last = Cell::new(None::<(PublicKey, Parties)>);
        let are_one_party = |own: &PublicKey, other: &PublicKey| {
            let found = last.take().filter(|(key, _)| key == own);
            let (key, parties) = found.unwrap_or_else(|| (*own, self.parties_of(own, asked)));
            let answer = parties.are_one_party(own, other);
            last.set(Some((key, parties)));
            answer
        };
        let judged = Judged {
            owner: asked.chain.hops.first().delegator(),
            hops: &asked.chain.hops,
            outside: &required.outside,
            are_one_party: &are_one_party,
            at: asked.at,
        };
        let findings = judged.by_all(directories());
        hop_reasons.extend(findings.into_iter().map(|found| reason(&found, asked)));
        // The report shows the directory whose issuer is nearest to the root.
        let hops = |series: &HeldDirectories| series.power().map_or(0, Power::hop_count);
        let nearest = counted().min_by_key(|series| hops(series))?;
        let newest = nearest.statements().iter().max_by_key(|held| held.issue().sequence);
        newest.map(|held| held.statement.clone())
    }

    fn has_ended(&self, series: &HeldDirectories, asked: &Question<'_>) -> bool {
        let issued = series.latest_held().unwrap_or(asked.at);
        let ended = |power| !self.find_ended(power, issued, asked).is_empty();
        series.power().is_some_and(ended)
    }

    /// Resolves the parties of the keys linked to this one, for a chain.
    fn parties_of(&self, key: &PublicKey, asked: &Question<'_>) -> Parties {
        let linked = self.successions.linked_to(key);
        linked.map_or_else(Parties::default, |own| own.resolve(|own| self.is_reported(own, asked)))
    }

    /// Returns true if a list with a root's power over the chain reports one of the keys as
    /// compromised and does not except the statement.
    fn is_reported(&self, statement: &Successor, asked: &Question<'_>) -> bool {
        let over = self.over(asked.chain, asked.anchors, asked.at);
        // A delegated power covers certain keys only. Its holder must not decide about a
        // succession, which has two keys.
        let mut over = over.filter(|(_, reach)| reach.by == Right::Root);
        over.any(|(series, _)| {
            self.lists_that_count(series, asked).any(|held| {
                let keys = [statement.old(), statement.new_key()];
                let ends = keys.iter().filter_map(|key| held.statement.entries().keys.get(key));
                ends.map(RevokedKey::end).any(|end| {
                    matches!(end, KeyEnd::Compromised { successors, .. } if !successors.contains(&statement.digest()))
                })
            })
        })
    }
}

/// Finds the reason why a series is not fresh.
fn find_old(
    series: &HeldDirectories,
    has_ended: bool,
    max_stale: u64,
    at: UnixTime,
) -> Option<Reason> {
    let issuer = series.id.issuer.fingerprint();
    let refused = |code, why: &str| {
        Some(Reason::new(code, format!("the directory of agents of {issuer} is not fresh: {why}")))
    };
    match series.age? {
        _ if has_ended => refused(DenyCode::DirectoryStale, "its issuer's power has ended"),
        Age::PowerEnded => refused(DenyCode::DirectoryStale, "its issuer's power has ended"),
        Age::Forked => {
            refused(DenyCode::DirectoryStale, "its issuer signed others that contradict it")
        }
        Age::RolledBack => {
            refused(DenyCode::DirectoryUnknown, "a newer one was seen before, and is not held")
        }
        Age::NotStored => refused(DenyCode::DirectoryUnknown, "it could not be stored as seen"),
        Age::Of(issued) => {
            let stale_from = issued.stale_from(max_stale);
            if at < stale_from {
                return None;
            }
            let message = format!(
                "the directory {} of agents of {issuer}, issued {} ago, is stale since {stale_from}",
                issued.statement.sequence,
                Span(at.since(issued.statement.issued))
            );
            Some(Reason::new(DenyCode::DirectoryStale, message).differs(stale_from, at))
        }
    }
}

/// Returns a finding as a reason against the chain.
fn reason(found: &AgentFinding, asked: &Question<'_>) -> Reason {
    let AgentFinding { hop, fault } = found;
    let code = match fault {
        AgentFault::NotListed => DenyCode::AgentNotListed,
        AgentFault::Suspended => DenyCode::AgentSuspended,
        AgentFault::Retired => DenyCode::AgentRetired,
        AgentFault::NotYetValid { .. } | AgentFault::Ended { .. } => DenyCode::AgentNotInTime,
        AgentFault::ReviewOverdue { .. } => DenyCode::AgentReviewOverdue,
        AgentFault::NameDiffers { .. }
        | AgentFault::KindDiffers { .. }
        | AgentFault::NotAnAgent { .. }
        | AgentFault::TwoKeys { .. }
        | AgentFault::TwoNames { .. }
        | AgentFault::LooksLike { .. } => DenyCode::AgentDiffers,
    };
    let delegate = asked.chain.hops.get(*hop).map(|hop| {
        let delegate = hop.delegate();
        format!("{} ({})", Quoted(delegate.name()), delegate.key().fingerprint())
    });
    let delegate = delegate.unwrap_or_default();
    Reason::new(code, format!("delegates to {delegate}, which {fault}")).at(*hop)
}
