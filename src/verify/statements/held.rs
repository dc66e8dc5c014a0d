//! The statements that are held at one time. A decision sees one such set, even if a statement
//! arrives meanwhile.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chain::DelegationChain;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::statement::directory::signed::Directory;
use crate::statement::in_series::InSeries;
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::{SeriesId, StatementScope};
use crate::statement::state::SeriesHead;
use crate::statement::succession::set::Successions;
use crate::verify::statements::age::{Age, HeldList, HeldStatement};
use crate::verify::statements::power::Power;
use crate::verify::statements::record::SeriesRecord;
use crate::verify::trust::{Speakers, TrustAnchors};

/// A set of statements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    /// The lists of scope `own`, by their issuers.
    pub(super) own: HashMap<PublicKey, Arc<HeldLists>>,
    /// The lists of revokers, by the root keys of the chains that they are about.
    pub(super) of_root: HashMap<PublicKey, Vec<Arc<HeldLists>>>,
    /// The directories of scope `named`, by their issuers.
    pub(super) named_directories: HashMap<PublicKey, Arc<HeldDirectories>>,
    /// The directories by a power, by the root keys that it comes from.
    pub(super) directories_of_root: HashMap<PublicKey, Vec<Arc<HeldDirectories>>>,
    pub(super) successions: Arc<Successions>,
    /// The latest time of issue, for each root that trust anchors have, of its lists and of the
    /// lists of the revokers that they name for it. A clock that shows an earlier time was set
    /// back.
    pub(super) latest_issued: HashMap<PublicKey, UnixTime>,
}

/// The statements of one series that count.
#[derive(Debug, Clone)]
pub(crate) struct HeldSeries<S> {
    pub(super) id: SeriesId,
    pub(super) record: SeriesRecord<S>,
    /// `None` without a statement. It does not consider void lists: see [`Held::age`].
    pub(super) age: Option<Age>,
}

pub(crate) type HeldLists = HeldSeries<RevocationList>;
pub(crate) type HeldDirectories = HeldSeries<Directory>;

impl<S: InSeries> HeldSeries<S> {
    pub(super) fn new(id: SeriesId, record: &SeriesRecord<S>) -> Self {
        Self { id, record: record.clone(), age: record.age(id, |_| false) }
    }

    /// Returns the statements, usually one.
    pub(super) fn statements(&self) -> &[HeldStatement<S>] {
        &self.record.statements
    }

    /// Returns the token that gives the power to issue these statements, if they need one.
    pub(super) fn power(&self) -> Option<&Power> {
        self.statements().iter().find_map(|held| held.power.as_ref())
    }

    /// Returns the latest time of issue of the statements that are held.
    pub(super) fn latest_held(&self) -> Option<UnixTime> {
        self.statements().iter().map(|held| held.issue().issued).max()
    }
}

/// The part of a chain over which a list has power: from a hop to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The first hop. It may be the length of the chain: nobody can revoke the source of their own
    /// power.
    pub(super) from: usize,
    pub(super) by: Right,
}

/// The right by which a list has power over a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// The issuer is the root, or a revoker that the trust anchor names.
    Root,
    /// The issuer has a token that gives the power.
    Token,
    /// The issuer is a delegate of the chain.
    Delegate,
}

impl Held {
    /// Returns the series that have power over a chain, each with its reach. The lists of named
    /// revokers count only if the anchor may speak for the owner at `at`.
    pub(super) fn over<'a>(
        &'a self,
        chain: &'a DelegationChain,
        anchors: &'a TrustAnchors,
        at: UnixTime,
    ) -> impl Iterator<Item = (&'a HeldLists, Reach)> {
        let roots = std::iter::once(chain.root).chain(anchors.successors(chain, at));
        let roots = roots.filter_map(|root| self.own.get(&root));
        let roots = roots.map(|series| (&**series, Reach { from: 0, by: Right::Root }));
        let of_root = self.of_root.get(&chain.root).into_iter().flatten();
        let revokers = of_root.filter_map(move |series| {
            let reach = match series.power() {
                Some(power) => Reach { from: power.hops_above(chain), by: Right::Token },
                None => {
                    let is_named = anchors.names_revoker(chain, &series.id.issuer, at);
                    is_named.then_some(Reach { from: 0, by: Right::Root })?
                }
            };
            Some((&**series, reach))
        });
        // A key that occurs twice has power from its first occurrence on.
        let delegates = chain.hops.iter().enumerate().filter_map(move |(from, hop)| {
            let key = hop.delegate().key();
            let series = self.own.get(&key).filter(|_| key != chain.root)?;
            let is_first = chain.first_of(&key) == Some(from);
            is_first.then_some((&**series, Reach { from, by: Right::Delegate }))
        });
        roots.chain(revokers).chain(delegates)
    }

    /// Returns the latest time of issue of the lists of a root, its successors, and the revokers
    /// that an anchor names for it.
    pub(super) fn latest_of_root(
        &self,
        chain: &DelegationChain,
        anchors: &TrustAnchors,
        at: UnixTime,
    ) -> Option<UnixTime> {
        let roots = std::iter::once(chain.root).chain(anchors.successors(chain, at));
        roots.filter_map(|root| self.latest_issued.get(&root).copied()).max()
    }

    /// Returns the age of the knowledge of a series. `speakers` are the keys that speak for the
    /// root of the chain, and may have voided some of the lists. `None` if no list is held.
    pub(super) fn age(&self, series: &HeldLists, speakers: &Speakers) -> Option<Age> {
        let HeldSeries { id, record, age } = series;
        let is_void = |head: &SeriesHead| self.is_void(id, head, speakers);
        let stored = record.stored.iter().flat_map(|stored| &stored.heads).copied();
        let mut heads = stored.chain(record.statements.iter().map(HeldList::head));
        if heads.any(|head| is_void(&head)) { record.age(*id, is_void) } else { *age }
    }

    /// Returns true if a key that speaks for the root has voided this list. A root whose series is
    /// forked or rolled back voids nothing. If the root's newest list could not be stored, it must
    /// void the list as well. The lists of a key that speaks for the root cannot be voided.
    pub(super) fn is_void(&self, id: &SeriesId, head: &SeriesHead, speakers: &Speakers) -> bool {
        if id.scope == StatementScope::Own && speakers.has(&id.issuer) {
            return false;
        }
        speakers.iter().filter_map(|key| self.own.get(key)).any(|series| {
            let voids = |own: &HeldList| own.statement.voids(id, head.sequence, &head.digest);
            matches!(series.age, Some(Age::Of(_))) && series.statements().iter().all(voids)
        })
    }
}
