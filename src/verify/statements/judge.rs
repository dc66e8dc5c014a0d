//! The check of a chain by the lists that are held.

use crate::chain::{DelegationChain, Hop};
use crate::instant::{Span, UnixTime, whole_seconds};
use crate::key::PublicKey;
use crate::limits::DEFAULT_CLOCK_TOLERANCE;
use crate::reason::{DenyCode, Reason};
use crate::statement::revocation::entry::{KeyEnd, RevokedKey};
use crate::statement::series::StatementScope;
use crate::statement::succession::statement::Successor;
use crate::verify::statements::age::{Age, HeldList, InForce, Issued};
use crate::verify::statements::held::{Held, HeldLists, Reach, Right};
use crate::verify::statements::power::Power;
use crate::verify::trust::{Speakers, TrustAnchors};

/// A chain, and the time and settings by which it is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) chain: &'a DelegationChain,
    pub(crate) anchors: &'a TrustAnchors,
    /// The keys that speak for the root of the chain.
    pub(crate) speakers: &'a Speakers,
    pub(crate) at: UnixTime,
    /// The time of the presentation. For a held token, it is the current time.
    pub(crate) presented: UnixTime,
    /// In seconds.
    pub(crate) clock_tolerance: u64,
}

impl Question<'_> {
    /// Returns true if the clock shows an earlier time than the issue of an accepted statement, by
    /// more than the tolerance within which a statement is accepted before its time.
    pub(super) fn is_before(&self, issued: UnixTime) -> bool {
        let tolerance = self.clock_tolerance.max(whole_seconds(DEFAULT_CLOCK_TOLERANCE));
        self.at.plus(tolerance) < issued
    }
}

/// The lists that must be held and fresh, each with the maximum time since its issue, in seconds.
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
    /// Finds all revoked parts of the chain.
    pub(crate) fn find_revoked(&self, asked: &Question<'_>, reasons: &mut Vec<Reason>) {
        self.find_voided_succession(asked, reasons);
        for (series, reach) in self.over(asked.chain, asked.anchors, asked.at) {
            for held in self.lists_that_count(series, asked) {
                Entries { asked, held, reach }.find(reasons);
            }
        }
    }

    pub(super) fn lists_that_count<'a>(
        &'a self,
        series: &'a HeldLists,
        asked: &'a Question<'_>,
    ) -> impl Iterator<Item = &'a HeldList> {
        let is_void = |held: &HeldList| self.is_void(&series.id, &held.head(), asked.speakers);
        series.statements().iter().filter(move |held| !is_void(held))
    }

    /// Checks the successions that make the root key trusted. One is void if a list reports one of
    /// its keys as compromised and does not name the statement.
    fn find_voided_succession(&self, asked: &Question<'_>, reasons: &mut Vec<Reason>) {
        let by = asked.anchors.successions(asked.chain, asked.at);
        let void = |statements: &&[Successor]| {
            let mut void = statements.iter().filter_map(|own| self.voiding(own, asked));
            void.next()
        };
        // Each anchor is a separate source of trust, so one valid succession suffices.
        let found: Vec<_> = by.iter().filter_map(void).collect();
        if found.len() == by.len() {
            reasons.extend(found.into_iter().take(1));
        }
    }

    /// Returns the reason why a succession is void, if there is one. The old key may report itself.
    /// The new key, its successors and the revokers that anchors name may report either key. The
    /// holder of a delegated power may not: the power was given for certain keys, and a void
    /// succession would end all chains of the new key.
    fn voiding(&self, statement: &Successor, asked: &Question<'_>) -> Option<Reason> {
        let (old, new) = (statement.old(), statement.new_key());
        let named = self.of_root.get(&old).into_iter().flatten().filter(|series| {
            series.id.scope == StatementScope::Root(old)
                && asked.anchors.may_name_revoker(&old, &series.id.issuer)
        });
        let of_old = self.own.get(&old).into_iter().chain(named);
        let of_old = of_old.map(|series| (&**series, [old; 2]));
        let over = self.over(asked.chain, asked.anchors, asked.at);
        let over = over.filter(|(_, reach)| reach.by == Right::Root);
        let lists = of_old.chain(over.map(|(series, _)| (series, [old, new])));
        let lists = lists.flat_map(|(series, keys)| {
            self.lists_that_count(series, asked).map(move |held| (held, keys))
        });
        let is_against = |held: &HeldList, key: &PublicKey| {
            let end = held.statement.entries().keys.get(key).map(RevokedKey::end);
            matches!(end, Some(KeyEnd::Compromised { successors, .. }) if !successors.contains(&statement.digest()))
        };
        let against = |(held, keys): (&HeldList, [PublicKey; 2])| {
            let key = keys.into_iter().find(|key| is_against(held, key))?;
            let (key, issue) = (key.fingerprint(), held.issue());
            let (issuer, sequence) = (issue.series.issuer.fingerprint(), issue.sequence);
            let message = format!(
                "the root key succeeds {}, and {key} was reported as compromised by {issuer} in list {sequence}, which does not name the succession",
                old.fingerprint()
            );
            Some(Reason::new(DenyCode::KeyRevoked, message).at(0))
        };
        lists.into_iter().find_map(against)
    }

    /// Finds all reasons why the power to issue a list is not trusted or not valid. The list counts
    /// as a presentation by its issuer.
    pub(super) fn find_ended(
        &self,
        power: &Power,
        issued: UnixTime,
        asked: &Question<'_>,
    ) -> Vec<Reason> {
        let Question { anchors, at, clock_tolerance, .. } = *asked;
        let mut reasons = anchors.judge(&power.chain, at).reasons;
        reasons.extend(power.find_faults(at, clock_tolerance));
        let speakers = &anchors.speakers(&power.chain, at);
        let of_power = Question { chain: &power.chain, speakers, presented: issued, ..*asked };
        self.find_revoked(&of_power, &mut reasons);
        reasons
    }

    /// Finds all reasons why the verifier cannot know whether a hop was revoked. Returns the oldest
    /// of the required lists.
    pub(crate) fn find_unknown(
        &self,
        asked: &Question<'_>,
        required: &Required,
        reasons: &mut Vec<Reason>,
    ) -> Option<InForce> {
        let chain = asked.chain;
        let latest = self.latest_of_root(chain, asked.anchors, asked.at);
        let mut search = Search { held: self, asked, reasons, latest, oldest: None };
        search.find_rolled_back();
        let Required { root, issuers, delegators } = required;
        if let Some(max_stale) = *root {
            // Only the last successor's list is required: the old keys may be in other hands.
            search.require(asked.speakers.first, 0, max_stale, |series, reach| {
                reach.by == Right::Root
                    && series.id.scope == StatementScope::Own
                    && asked.speakers.has(&series.id.issuer)
            });
        }
        for (issuer, max_stale) in issuers {
            // As a delegate, the issuer has another series, which covers only a part of the chain.
            search.require(*issuer, 0, *max_stale, |series, reach| {
                reach.by != Right::Delegate && series.id.issuer == *issuer
            });
        }
        if let Some(max_stale) = *delegators {
            // The holder has not delegated, so it has nothing to revoke.
            let delegators = chain.hops.len().saturating_sub(1);
            for (index, hop) in chain.hops.iter().take(delegators).enumerate() {
                let key = hop.delegate().key();
                if chain.first_of(&key) == Some(index) {
                    search.require(key, index, max_stale, |series, _| {
                        series.id.issuer == key && series.id.scope == StatementScope::Own
                    });
                }
            }
        }
        search.find_clock_set_back();
        search.oldest
    }
}

/// The search for required lists that are missing or not fresh.
struct Search<'a, 'r> {
    held: &'a Held,
    asked: &'a Question<'a>,
    reasons: &'r mut Vec<Reason>,
    /// The latest time of issue of a list by a root or by a required issuer.
    latest: Option<UnixTime>,
    /// The oldest of the required lists so far.
    oldest: Option<InForce>,
}

impl Search<'_, '_> {
    /// Refuses if an older list than seen before is held: it may lack a newer one's entries.
    fn find_rolled_back(&mut self) {
        let Question { chain, anchors, at, .. } = *self.asked;
        for (series, reach) in self.held.over(chain, anchors, at) {
            let has_power = reach.from < chain.hops.len();
            if has_power && self.held.age(series, self.asked.speakers) == Some(Age::RolledBack) {
                let why = "a newer list was seen before, and only an older one is held";
                self.refuse(DenyCode::RevocationUnknown, reach.from, why, &series.id.issuer);
            }
        }
    }

    /// Requires that an issuer has a fresh series with power over the chain. One of several series
    /// suffices. `first` is the first hop that a missing list could revoke.
    fn require(
        &mut self,
        issuer: PublicKey,
        first: usize,
        max_stale: u64,
        counts: impl Fn(&HeldLists, Reach) -> bool,
    ) {
        let Question { chain, anchors, at, .. } = *self.asked;
        let (mut fresh, mut best, mut is_above) = (None, None, false);
        for (series, reach) in self.held.over(chain, anchors, at) {
            let Some(age) = counts(series, reach).then(|| self.age(series)).flatten() else {
                continue;
            };
            self.latest = self.latest.max(series.record.latest_issued());
            let stale_from = |own: &Issued| own.stale_from(max_stale);
            match age {
                _ if reach.from >= chain.hops.len() => is_above = true,
                Age::Of(own) if at < stale_from(&own) => {
                    fresh = fresh.filter(|than| stale_from(than) >= stale_from(&own)).or(Some(own));
                }
                age => {
                    // The least pair counts, so the order of the series has no influence.
                    let own = (age.rank(), reach.from);
                    best = best.filter(|(than, _)| *than <= own).or(Some((own, age)));
                }
            }
        }
        if let Some(Issued { statement: list, .. }) = fresh {
            let older = self.oldest.filter(|oldest| oldest.issued <= list.issued);
            self.oldest = older.or(Some(list));
            return;
        }
        let best = best.map(|((_, from), age)| (age, from));
        let (code, hop, why) = match best {
            Some((Age::Of(issued), from)) => {
                return self.refuse_stale(issued.stale_from(max_stale), issued.statement, from);
            }
            Some((Age::Forked, from)) => {
                (DenyCode::RevocationStale, from, "its lists contradict each other")
            }
            Some((Age::PowerEnded, from)) => {
                (DenyCode::RevocationStale, from, "its power to revoke has ended")
            }
            Some((Age::NotStored, from)) => {
                (DenyCode::RevocationUnknown, from, "its list could not be stored as seen")
            }
            // `find_rolled_back` has added the reason.
            Some((Age::RolledBack, _)) => return,
            // Every hop of this chain is above the issuer's own power, so no list of it is
            // required.
            None if is_above => return,
            None => (DenyCode::RevocationUnknown, first, "no list is held"),
        };
        self.refuse(code, hop, why, &issuer);
    }

    fn refuse_stale(&mut self, stale_from: UnixTime, list: InForce, hop: usize) {
        let at = self.asked.at;
        let message = format!(
            "may have been revoked: the list {} of {}, issued {} ago, is stale since {stale_from}",
            list.sequence,
            hex::encode(list.fingerprint),
            Span(at.since(list.issued))
        );
        let reason = Reason::new(DenyCode::RevocationStale, message).at(hop);
        self.reasons.push(reason.differs(stale_from, at));
    }

    fn age(&self, series: &HeldLists) -> Option<Age> {
        let age = self.held.age(series, self.asked.speakers)?;
        let is_ended = |power: &Power| {
            let issued = series.latest_held().unwrap_or(self.asked.at);
            !self.held.find_ended(power, issued, self.asked).is_empty()
        };
        match age {
            Age::Of(_) if series.power().is_some_and(is_ended) => Some(Age::PowerEnded),
            age => Some(age),
        }
    }

    fn find_clock_set_back(&mut self) {
        let at = self.asked.at;
        let is_set_back = |latest: &UnixTime| self.asked.is_before(*latest);
        if let Some(latest) = self.latest.filter(is_set_back) {
            let message = format!(
                "may have been revoked: a list was issued at {latest}, and it is {at}; the clock was set back"
            );
            let reason = Reason::new(DenyCode::RevocationUnknown, message).at(0);
            self.reasons.push(reason.differs(latest, at));
        }
    }

    fn refuse(&mut self, code: DenyCode, hop: usize, why: &str, issuer: &PublicKey) {
        let fingerprint = issuer.fingerprint();
        let message = format!("may have been revoked by {fingerprint}: {why}");
        self.reasons.push(Reason::new(code, message).at(hop));
    }
}

/// The entries of one list, within its power over a chain.
struct Entries<'a> {
    asked: &'a Question<'a>,
    held: &'a HeldList,
    reach: Reach,
}

impl Entries<'_> {
    fn find(&self, reasons: &mut Vec<Reason>) {
        let Question { chain, presented, .. } = *self.asked;
        let entries = self.held.statement.entries();
        for (index, hop) in chain.hops.iter().enumerate().skip(self.reach.from) {
            if let Some(entry) = self.held.statement.hop(&hop.id) {
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
        if let Some(key) = key.filter(|_| self.reach.from < chain.hops.len()) {
            let what = format!("was made at {presented} by {}", holder.fingerprint());
            reasons.push(self.of_key(&what, key).at(chain.hops.len()));
        }
    }

    /// Finds the entries about the whole chain, which are reported at the first hop.
    fn find_whole(&self, reasons: &mut Vec<Reason>) {
        let chain = self.asked.chain;
        let entries = self.held.statement.entries();
        if let Some(since) = entries.tokens.get(&chain.token_id) {
            reasons.push(self.revoked("belongs to a token that was revoked", *since).at(0));
        }
        let since = match self.reach.by {
            Right::Delegate => None,
            // A power over one name does not extend to names that look like it.
            Right::Token => entries.owners.get(chain.owner.name()).copied(),
            Right::Root => self.held.statement.owner_like(chain.owner.name()),
        };
        if let Some(since) = since {
            let what = "belongs to an owner whose entire authority was revoked";
            reasons.push(self.revoked(what, since).at(0));
        }
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

    /// Names the issuer of the entry, and the list.
    fn source(&self) -> String {
        let issue = self.held.issue();
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
        // Not by time, which is the signer's claim: the signer may be a thief.
        KeyEnd::Compromised { good, .. } => !good.contains(&hop.id),
    }
}

fn ends_presentation(key: &RevokedKey, presented: UnixTime) -> bool {
    match key.end() {
        KeyEnd::Retired { at } => presented > UnixTime::from(*at),
        KeyEnd::Compromised { .. } => true,
    }
}
