//! What the lists that are held say about a chain.

use crate::chain::{DelegationChain, Hop};
use crate::instant::{Span, UnixTime};
use crate::key::PublicKey;
use crate::reason::{DenyCode, Reason};
use crate::revocation::entry::{KeyEnd, RevokedKey};
use crate::statement::series::StatementScope;
use crate::succession::statement::Successor;
use crate::verify::statements::held::{Age, Held, HeldList, HeldSeries, ListInForce, Reach, Right};
use crate::verify::trust::TrustAnchors;

/// A chain, and the time that it is judged for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) chain: &'a DelegationChain,
    pub(crate) anchors: &'a TrustAnchors,
    pub(crate) at: UnixTime,
    /// The time of the presentation. For a held token, it is the current time.
    pub(crate) presented: UnixTime,
    /// In seconds.
    pub(crate) clock_tolerance: u64,
}

/// The lists that must be held and fresh, each with the greatest time since its issue, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Required {
    /// The list of the root key.
    pub(crate) root: Option<u64>,
    /// The lists of these issuers.
    pub(crate) issuers: Vec<(PublicKey, u64)>,
    /// The list of each delegate that delegated.
    pub(crate) delegators: Option<u64>,
}

impl Held {
    /// Finds everything in the chain that was taken back.
    pub(crate) fn find_revoked(&self, asked: &Question<'_>, reasons: &mut Vec<Reason>) {
        self.find_voided_succession(asked, reasons);
        for (series, reach) in self.over(asked.chain, asked.anchors, asked.at) {
            for held in &series.lists {
                if !self.is_void(&held.list, &asked.chain.root) {
                    Entries { asked, held, reach }.find(reasons);
                }
            }
        }
    }

    /// Checks that no succession on which the trust in the root key rests is void: the old key is not
    /// reported as compromised, or the report names the statement.
    fn find_voided_succession(&self, asked: &Question<'_>, reasons: &mut Vec<Reason>) {
        let by = asked.anchors.successions(asked.chain, asked.at);
        let void = |statements: &&[Successor]| {
            let mut void = statements.iter().filter_map(|own| self.voiding(own, asked));
            void.next()
        };
        // One anchor that holds suffices.
        let found: Vec<_> = by.iter().filter_map(void).collect();
        if found.len() == by.len() {
            reasons.extend(found.into_iter().take(1));
        }
    }

    /// Returns why a succession is void, if it is.
    fn voiding(&self, statement: &Successor, asked: &Question<'_>) -> Option<Reason> {
        let old = statement.old();
        let own = self.own.get(&old).into_iter().chain(self.own.get(&statement.new_key()));
        let named = self.of_root.get(&old).into_iter().flatten().filter(|series| {
            series.id.scope == StatementScope::Root(old)
                && asked.anchors.may_name_revoker(&old, &series.id.issuer)
        });
        let lists = own.chain(named).flat_map(|series| &series.lists);
        let is_against = |held: &&HeldList| {
            let key = held.list.entries().keys.get(&old).map(RevokedKey::end);
            matches!(key, Some(KeyEnd::Compromised { successors, .. }) if !successors.contains(&statement.digest()))
        };
        let held = lists.into_iter().find(is_against)?;
        let (old, issue) = (old.fingerprint(), held.list.issue());
        let (issuer, sequence) = (issue.series.issuer.fingerprint(), issue.sequence);
        let message = format!(
            "the root key succeeds {old}, which was reported as compromised by {issuer} in list {sequence}, and the list does not name the succession"
        );
        Some(Reason::new(DenyCode::KeyRevoked, message).at(0))
    }

    /// Finds everything that keeps a verifier from knowing what was taken back. Returns the oldest of
    /// the lists that are required.
    pub(crate) fn find_unknown(
        &self,
        asked: &Question<'_>,
        required: &Required,
        reasons: &mut Vec<Reason>,
    ) -> Option<ListInForce> {
        let Question { chain, at, clock_tolerance, .. } = *asked;
        if let Some(latest) = self.latest_issued
            && at.plus(clock_tolerance) < latest
        {
            let message = format!(
                "may have been revoked: a list was issued at {latest}, and it is {at}; the clock was set back"
            );
            reasons
                .push(Reason::new(DenyCode::RevocationUnknown, message).at(0).differs(latest, at));
        }
        let mut oldest = Oldest { asked, reasons, found: None };
        for (series, reach) in self.over(chain, asked.anchors, at) {
            if series.age == Age::RolledBack {
                oldest.refuse(
                    DenyCode::RevocationUnknown,
                    reach.from,
                    "only an older list than one that was seen before is held",
                    &series.id.issuer,
                );
            }
        }
        let Required { root, issuers, delegators } = required;
        if let Some(max_stale) = *root {
            // A successor of the root key speaks for it.
            oldest.require(self, chain.root, 0, max_stale, |series, reach| {
                reach.by == Right::Root && series.id.scope == StatementScope::Own
            });
        }
        for (issuer, max_stale) in issuers {
            oldest.require(self, *issuer, 0, *max_stale, |series, _| series.id.issuer == *issuer);
        }
        if let Some(max_stale) = *delegators {
            for (index, hop) in chain.hops.iter().enumerate().skip(1) {
                let own = hop.delegator.key();
                oldest.require(self, own, index, max_stale, |series, _| series.id.issuer == own);
            }
        }
        oldest.found
    }
}

/// The oldest of the required lists so far.
struct Oldest<'a, 'r> {
    asked: &'a Question<'a>,
    reasons: &'r mut Vec<Reason>,
    found: Option<ListInForce>,
}

impl Oldest<'_, '_> {
    /// Requires that an issuer has a series with power over the chain that is fresh. Of several, the
    /// best one counts.
    fn require(
        &mut self,
        held: &Held,
        issuer: PublicKey,
        hop: usize,
        max_stale: u64,
        counts: impl Fn(&HeldSeries, Reach) -> bool,
    ) {
        let Question { chain, anchors, at, .. } = *self.asked;
        let is_void = |series: &HeldSeries| {
            series.lists.iter().all(|held_list| held.is_void(&held_list.list, &chain.root))
        };
        let own = held
            .over(chain, anchors, at)
            .filter(|(series, reach)| counts(series, *reach) && !is_void(series));
        let ages: Vec<_> = own.map(|(series, _)| series.age).collect();
        let of = |age: &Age| match age {
            Age::Of(issued) => Some(*issued),
            _ => None,
        };
        let best = ages.iter().filter_map(of).max_by_key(|issued| issued.stale_from(max_stale));
        if let Some(best) = best {
            let stale_from = best.stale_from(max_stale);
            if at < stale_from {
                let list = best.list;
                let is_older = self.found.is_none_or(|found| list.issued < found.issued);
                self.found = if is_older { Some(list) } else { self.found };
                return;
            }
            let (fingerprint, issued) = (issuer.fingerprint(), best.list.issued);
            let message = format!(
                "may have been revoked: the list {} of {fingerprint}, issued {} ago, is stale since {stale_from}",
                best.list.sequence,
                Span(at.since(issued))
            );
            let reason = Reason::new(DenyCode::RevocationStale, message).at(hop);
            self.reasons.push(reason.differs(stale_from, at));
            return;
        }
        let (code, why) = match ages.first() {
            None => (DenyCode::RevocationUnknown, "no list is held"),
            Some(Age::Forked) => (DenyCode::RevocationStale, "its lists contradict each other"),
            Some(Age::PowerEnded) => (DenyCode::RevocationStale, "its power to revoke has ended"),
            // Reported above, with the hop where it begins.
            Some(Age::RolledBack) => return,
            Some(Age::NotStored | Age::Of(_)) => {
                (DenyCode::RevocationUnknown, "that its list was seen could not be stored")
            }
        };
        self.refuse(code, hop, why, &issuer);
    }

    fn refuse(&mut self, code: DenyCode, hop: usize, why: &str, issuer: &PublicKey) {
        let fingerprint = issuer.fingerprint();
        let message = format!("may have been revoked by {fingerprint}: {why}");
        self.reasons.push(Reason::new(code, message).at(hop));
    }
}

/// The entries of one list, as far as it has power over a chain.
struct Entries<'a> {
    asked: &'a Question<'a>,
    held: &'a HeldList,
    reach: Reach,
}

impl Entries<'_> {
    fn find(&self, reasons: &mut Vec<Reason>) {
        let Question { chain, presented, .. } = *self.asked;
        let entries = self.held.list.entries();
        for (index, hop) in chain.hops.iter().enumerate().skip(self.reach.from) {
            if self.is_above_its_power(hop) {
                continue;
            }
            if let Some(entry) = self.held.list.hop(&hop.id) {
                reasons.push(self.revoked("was revoked", entry.since_unix()).at(index));
            }
            if index == 0 {
                self.find_whole(reasons);
            }
            let signer = hop.delegator.key();
            let key = entries.keys.get(&signer);
            if let Some(key) = key.filter(|key| ends_hop(key, hop)) {
                let what = format!("was issued at {} by {}", hop.issued, signer.fingerprint());
                reasons.push(self.of_key(&what, key).at(index));
            }
        }
        let holder = chain.holder().key();
        let key = entries.keys.get(&holder).filter(|key| ends_presentation(key, presented));
        if let Some(key) = key.filter(|_| !self.is_above_its_power(chain.hops.last())) {
            let what = format!("was made at {presented} by {}", holder.fingerprint());
            reasons.push(self.of_key(&what, key).at(chain.hops.len()));
        }
    }

    /// Entries about the whole chain, which the first hop stands for.
    fn find_whole(&self, reasons: &mut Vec<Reason>) {
        let chain = self.asked.chain;
        let entries = self.held.list.entries();
        if let Some(since) = entries.tokens.get(&chain.token_id) {
            reasons.push(self.revoked("belongs to a token that was revoked", *since).at(0));
        }
        let since = match self.reach.by {
            Right::Delegate => None,
            // A token for one name is not one for all that look like it.
            Right::Token => entries.owners.get(chain.owner.name()).copied(),
            Right::Root => self.held.list.owner_like(chain.owner.name()),
        };
        if let Some(since) = since {
            let what = "belongs to an owner everything of whom was revoked";
            reasons.push(self.revoked(what, since).at(0));
        }
    }

    /// Nobody takes back what gives them the power to take back.
    fn is_above_its_power(&self, hop: &Hop) -> bool {
        self.held.power.as_ref().is_some_and(|power| power.comes_from(&hop.id))
    }

    fn revoked(&self, what: &str, since: UnixTime) -> Reason {
        let source = self.source();
        Reason::new(DenyCode::Revoked, format_args!("{what} at {since} by {source}"))
    }

    fn of_key(&self, what: &str, key: &RevokedKey) -> Reason {
        let (source, since) = (self.source(), key.since);
        let how = match key.end() {
            KeyEnd::Retired { at } => format!("retired at {}", UnixTime::from(*at)),
            KeyEnd::Compromised { .. } => "compromised".to_owned(),
        };
        let message =
            format_args!("{what}, a key that was reported as {how} at {since} by {source}");
        Reason::new(DenyCode::KeyRevoked, message)
    }

    /// Who revoked, and in which list.
    fn source(&self) -> String {
        let issue = self.held.list.issue();
        let who = match self.reach.by {
            Right::Root if issue.series.issuer == self.asked.chain.root => "the owner",
            Right::Root | Right::Token => "a revoker",
            Right::Delegate => "a delegate",
        };
        let (fingerprint, sequence) = (issue.series.issuer.fingerprint(), issue.sequence);
        format!("{who} ({fingerprint}), in list {sequence} of {}", issue.issued)
    }
}

fn ends_hop(key: &RevokedKey, hop: &Hop) -> bool {
    match key.end() {
        KeyEnd::Retired { at } => hop.issued > UnixTime::from(*at),
        // The time of issue is the signer's claim, and the signer may be a thief.
        KeyEnd::Compromised { good, .. } => !good.contains(&hop.id),
    }
}

fn ends_presentation(key: &RevokedKey, presented: UnixTime) -> bool {
    match key.end() {
        KeyEnd::Retired { at } => presented > UnixTime::from(*at),
        KeyEnd::Compromised { .. } => true,
    }
}
