//! The review, put together from the use of each hop and the replays.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use crate::limits::MAX_LISTED_RECORDS;
use crate::review::Reviewer;
use crate::review::call::{CallShown, Entry};
use crate::review::findings::{Coverage, HopReview, OperationReview, Records, RightReview, Usage};
use crate::review::keys::{KeyId, KeyUse};
use crate::review::observed::KeyReview;
use crate::review::replay::{Replays, Subject};
use crate::review::usage::{HopUse, OperationUse, RightUse, Tally};

/// A capability that permitted less than one in this many calls of its hop was hardly used.
const HARDLY: u64 = 100;

impl Coverage {
    pub(super) fn add(&mut self, log: usize, entry: &Entry) {
        let more = |count: &mut u64, by: u64| *count = count.saturating_add(by);
        more(&mut self.records, 1);
        match entry {
            Entry::Allowed(call) => {
                more(&mut self.allowed, 1);
                self.first = Some(self.first.map_or(call.at, |at| at.min(call.at)));
                self.last = Some(self.last.map_or(call.at, |at| at.max(call.at)));
                let place = (log, call.index);
                match (&call.token, &call.shown) {
                    (None, _) => self.without_chain.add(place),
                    (_, CallShown::Not) => self.without_call.add(place),
                    (_, CallShown::Partly(..)) => self.names_only.add(place),
                    (_, CallShown::Whole(_)) => {}
                }
            }
            Entry::Repeated => more(&mut self.repeated, 1),
            Entry::Refused(count) => more(&mut self.refused, *count),
            Entry::Observed(..) => more(&mut self.observed, 1),
            Entry::Unpresented(_) => more(&mut self.unpresented, 1),
            Entry::MoreUnpresented(count) => more(&mut self.more_unpresented, *count),
            Entry::OfNobody(count) => more(&mut self.of_nobody, *count),
            Entry::Outcome(..) | Entry::Other => {}
        }
    }

    /// Returns the middle of the window.
    pub(super) fn middle(&self) -> Option<OffsetDateTime> {
        let (first, last) = (self.first?, self.last?);
        let seconds = last.unix_timestamp().checked_sub(first.unix_timestamp())?;
        first.checked_add(Duration::seconds(seconds.checked_div(2)?))
    }
}

impl Records {
    pub(super) fn add(&mut self, place: (usize, u64)) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < MAX_LISTED_RECORDS {
            self.first.push(place);
        }
    }
}

impl Reviewer {
    pub(super) fn assemble<'u>(
        &self,
        usage: impl Iterator<Item = &'u HopUse>,
        replays: &mut Replays,
    ) -> Vec<HopReview> {
        let mut hops = BTreeMap::new();
        for own in usage {
            if let Some(review) = self.review_hop(own, replays) {
                // Each behind the hop above it: by the ids from the owner's on.
                let path: Vec<_> = own.path.iter().map(ToString::to_string).collect();
                hops.insert((own.owner.name().to_owned(), path), review);
            }
        }
        hops.into_values().collect()
    }

    fn review_hop(&self, own: &HopUse, replays: &mut Replays) -> Option<HopReview> {
        let (hop, all) = (&own.hop, &own.all);
        let replays = replays.take(&Subject::Hop(hop.id()))?;
        let grant = hop.grant();
        let depth = own.path.len().saturating_sub(1);
        let above = depth.checked_sub(1).and_then(|above| own.path.get(above));
        let due = self.reviews.get(&hop.delegate().key()).map(|(_, due)| *due);
        let rights = grant.capabilities().iter().zip(&all.rights);
        Some(HopReview {
            owner: (own.owner.clone(), own.root),
            above: above.copied(),
            depth,
            calls: all.calls,
            last_used: all.last,
            hidden: all.hidden.saturating_add(all.without_chain),
            too_costly: all.costly,
            audiences: all.audiences.clone(),
            rights: rights.map(|(granted, used)| used.review(granted, all)).collect(),
            ends_soon: grant.expires() <= self.now.saturating_add(self.ends_within),
            review_overdue: due.filter(|due| *due <= self.now),
            proposal: replays.proposal,
            is_proposal_cut: replays.is_cut,
            replay: replays.replay.without(all.without_chain),
            held_out: replays.held_out.map(|replay| replay.without(all.without_chain)),
            hop: hop.clone(),
        })
    }
}

impl KeyUse {
    pub(super) fn review(
        self,
        id: KeyId,
        left_out: u64,
        replays: &mut Replays,
    ) -> Option<KeyReview> {
        let own = replays.take(&Subject::Key(id))?;
        Some(KeyReview {
            holder: self.holder,
            owner: (self.owner, self.branch.root),
            allowed: self.allowed,
            wanted: self.wanted.0,
            wanted_codes: self.wanted.1,
            barred: self.barred.0,
            barred_codes: self.barred.1,
            hidden: self.hidden,
            left_out,
            proposal: own.proposal,
            replay: own.replay,
        })
    }
}

impl RightUse {
    /// Returns true if a call may have needed it.
    pub(super) fn is_used(&self) -> bool {
        self.calls > 0 || self.maybe > 0
    }

    fn review(&self, granted: &deputize::Capability, hop: &Tally) -> RightReview {
        let calls = self.calls.saturating_add(self.maybe);
        let usage = match calls {
            0 if hop.hidden > 0 || hop.without_chain > 0 => Usage::NotShown,
            0 => Usage::Never,
            _ if calls.saturating_mul(HARDLY) < hop.calls => Usage::Hardly,
            _ => Usage::Used,
        };
        RightReview {
            granted: granted.clone(),
            usage,
            calls: self.calls,
            maybe: self.maybe,
            last_used: self.last,
            operations: self.operations.values().map(OperationUse::review).collect(),
        }
    }
}

impl OperationUse {
    fn review(&self) -> OperationReview {
        OperationReview {
            operation: self.operation.as_str().to_owned(),
            calls: self.calls,
            resources: self.resources.listed.iter().map(|own| own.as_str().to_owned()).collect(),
            has_more_resources: self.resources.is_many,
            args: self.args.iter().map(|(name, values)| values.review(name)).collect(),
        }
    }
}
