//! The statements that are held at one time. A decision sees one such set, whatever arrives
//! meanwhile.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chain::DelegationChain;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::revocation::list::RevocationList;
use crate::statement::digest::StatementDigest;
use crate::statement::series::SeriesId;
use crate::verify::statements::power::Power;
use crate::verify::trust::TrustAnchors;

/// A set of lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    /// The lists of scope `own`, by their issuers.
    pub(super) own: HashMap<PublicKey, Arc<HeldSeries>>,
    /// The lists of revokers, by the root keys of the chains that they are about.
    pub(super) of_root: HashMap<PublicKey, Vec<Arc<HeldSeries>>>,
    /// The latest time of issue of the lists of roots, and of revokers that trust anchors name. A
    /// clock that shows an earlier time was set back.
    pub(super) latest_issued: Option<UnixTime>,
}

/// The lists of one series that count: usually one.
#[derive(Debug, Clone)]
pub(crate) struct HeldSeries {
    pub(super) id: SeriesId,
    pub(super) lists: Vec<HeldList>,
    pub(super) age: Age,
}

/// A list whose entries count.
#[derive(Debug, Clone)]
pub(crate) struct HeldList {
    pub(super) list: RevocationList,
    /// The power of a revoker by a token.
    pub(super) power: Option<Power>,
}

/// How old the knowledge of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// That of its one head.
    Of(Issued),
    /// It has statements that contradict each other.
    Forked,
    /// Only an older list than one that was seen is held.
    RolledBack,
    /// It could not be stored that its list was seen.
    NotStored,
    /// The power of its issuer has ended.
    PowerEnded,
}

/// A list, for reports. Every decision copies it, so it is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListInForce {
    /// The beginning of the issuer's key.
    pub(crate) fingerprint: [u8; 8],
    pub(crate) sequence: u64,
    pub(crate) issued: UnixTime,
}

/// The times of a list, and its place in the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(super) list: ListInForce,
    pub(super) digest: StatementDigest,
    next: UnixTime,
    /// The end of the power to issue it.
    power_until: Option<UnixTime>,
}

impl Issued {
    pub(super) fn of(held: &HeldList) -> Self {
        let issue = held.list.issue();
        Self {
            list: ListInForce {
                fingerprint: issue.series.issuer.first_bytes(),
                sequence: issue.sequence,
                issued: issue.issued,
            },
            digest: held.list.digest(),
            next: issue.next,
            power_until: held.power.as_ref().map(Power::expires),
        }
    }

    /// Returns the time from which on the list is stale.
    pub(super) fn stale_from(&self, max_stale: u64) -> UnixTime {
        let own = self.next.min(self.list.issued.plus(max_stale));
        self.power_until.map_or(own, |until| own.min(until))
    }
}

/// The part of a chain over which a list has power: from a hop to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The first hop.
    pub(super) from: usize,
    pub(super) by: Right,
}

/// The right by which a list has power over a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Its issuer is the root, or a revoker whom the trust anchor names.
    Root,
    /// Its issuer has a token that gives the power.
    Token,
    /// Its issuer is a delegate of the chain.
    Delegate,
}

impl Held {
    /// Returns the series that have power over a chain, and how far it reaches. `owner` lists of
    /// named revokers count only where the anchor speaks for the owner at `at`.
    pub(super) fn over<'a>(
        &'a self,
        chain: &'a DelegationChain,
        anchors: &'a TrustAnchors,
        at: UnixTime,
    ) -> impl Iterator<Item = (&'a HeldSeries, Reach)> {
        let roots = std::iter::once(chain.root).chain(anchors.successors(chain, at));
        let roots = roots.filter_map(|root| self.own.get(&root));
        let roots = roots.map(|series| (&**series, Reach { from: 0, by: Right::Root }));
        let of_root = self.of_root.get(&chain.root).into_iter().flatten();
        let revokers = of_root.filter_map(move |series| {
            let by = match series.lists.iter().any(|held| held.power.is_some()) {
                true => Right::Token,
                false => {
                    anchors.names_revoker(chain, &series.id.issuer, at).then_some(Right::Root)?
                }
            };
            Some((&**series, Reach { from: 0, by }))
        });
        // A key that occurs twice has its power from the first time on.
        let delegates = chain.hops.iter().enumerate().filter_map(move |(from, hop)| {
            let key = hop.delegate().key();
            let mut earlier = chain.hops.iter().take(from);
            let is_first =
                key != chain.root && earlier.all(|earlier| earlier.delegate().key() != key);
            let series = is_first.then(|| self.own.get(&key)).flatten()?;
            Some((&**series, Reach { from, by: Right::Delegate }))
        });
        roots.chain(revokers).chain(delegates)
    }

    /// Returns true if the root of a chain has voided this list.
    pub(super) fn is_void(&self, list: &RevocationList, root: &PublicKey) -> bool {
        let voids =
            |own: &HeldList| own.list.voids(&list.series(), list.sequence(), &list.digest());
        list.issuer() != *root && self.current_of(root).is_some_and(voids)
    }

    /// Returns the latest list of a root key.
    pub(super) fn root_list(&self, root: &PublicKey) -> Option<RevocationList> {
        self.current_of(root).map(|held| held.list.clone())
    }

    /// Returns the latest list of a root key. A root whose series has a fork, or was rolled back, has
    /// none, and voids nothing.
    fn current_of(&self, root: &PublicKey) -> Option<&HeldList> {
        let series = self.own.get(root)?;
        let Age::Of(current) = series.age else { return None };
        series.lists.iter().find(|held| held.list.digest() == current.digest)
    }
}
