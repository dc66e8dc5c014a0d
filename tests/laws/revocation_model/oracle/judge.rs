//! Section 3.2: the verdict of a decision.

use super::accept::Step;
use super::*;

/// Section 2: how well a series is known.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Age {
    OfHead,
    Forked,
    NotStored,
    RolledBack,
}

impl Verifier {
    /// Section 3.2: all reasons against a chain, presented at `presented` and judged at `at`.
    pub(in super::super) fn judge(
        &self,
        chain: &Chain,
        presented: Time,
        at: Time,
        required: &[Required],
        max_stale: Time,
    ) -> Reasons {
        let mut found = self.taken_back(chain, presented);
        let mut latest: Vec<Time> = vec![];
        for (id, series) in &self.series {
            let counting: Vec<_> = self.counting(id, series, chain.root);
            let Some(list) = counting.first() else { continue };
            let Some((hops, _)) = self.power(list, chain) else { continue };
            let age = self.age(id, series, chain.root);
            if age == Age::RolledBack && !hops.is_empty() {
                found.insert((hops[0], "revocation_unknown"));
            }
        }
        latest.extend(self.latest_of_root(chain.root));
        let mut wanted: Vec<(Key, bool, usize)> = vec![];
        for own in required {
            match own {
                Required::Root => wanted.push((chain.root, true, 0)),
                Required::Issuer(key) => wanted.push((*key, false, 0)),
                Required::EveryDelegator => {
                    for hop in &chain.hops[..chain.hops.len() - 1] {
                        let first =
                            chain.hops.iter().position(|own| own.delegate == hop.delegate).unwrap();
                        wanted.push((hop.delegate, true, first));
                    }
                }
            }
        }
        for (issuer, only_own, first) in wanted {
            let mut ages = vec![];
            let mut has_no_power = false;
            for (id, series) in &self.series {
                let is_it = id.0 == issuer && (!only_own || id.1 == Scope::Own);
                let counting = self.counting(id, series, chain.root);
                let Some(list) = counting.first().filter(|_| is_it) else { continue };
                let Some((hops, right)) = self.power(list, chain) else { continue };
                if !only_own && right == Right::Delegate {
                    continue;
                }
                latest.extend(series.heads.iter().map(|head| head.issued));
                let Some(first) = hops.first() else {
                    has_no_power = true;
                    continue;
                };
                let power_ended = match &id.1 {
                    Scope::Power(authority) => !self.ended(authority, list.issued, at).is_empty(),
                    _ => false,
                };
                let is_stale = at >= list.next || at >= list.issued + max_stale;
                ages.push(match self.age(id, series, chain.root) {
                    Age::OfHead if is_stale || power_ended => (1, *first),
                    Age::OfHead => (0, *first),
                    Age::Forked => (1, *first),
                    Age::NotStored => (2, *first),
                    Age::RolledBack => (3, *first),
                });
            }
            // One of several that is fresh suffices. Otherwise what is stale counts before what is
            // unknown, from the first hop on.
            match ages.iter().min() {
                None if has_no_power => {}
                None => drop(found.insert((first, "revocation_unknown"))),
                Some((0, _)) => {}
                Some((1, first)) => drop(found.insert((*first, "revocation_stale"))),
                Some((2, first)) => drop(found.insert((*first, "revocation_unknown"))),
                // Found above.
                Some(_) => {}
            }
        }
        if latest.iter().any(|issued| at + TOLERANCE < *issued) {
            found.insert((0, "revocation_unknown"));
        }
        found
    }

    /// The latest time of issue of what a root, or a revoker who is named for it, has issued.
    pub(super) fn latest_of_root(&self, root: Key) -> Option<Time> {
        let is_of_root = |(issuer, scope): &(Key, Scope)| {
            let mut anchors = self.anchors.iter().filter(|own| own.root == root);
            match scope {
                Scope::Own => *issuer == root && anchors.next().is_some(),
                Scope::Root(of) => *of == root && anchors.any(|own| own.revokers.contains(issuer)),
                Scope::Power(_) => false,
            }
        };
        let series = self.series.iter().filter(|(id, _)| is_of_root(id));
        series.flat_map(|(_, series)| series.heads.iter().map(|head| head.issued)).max()
    }

    /// The knowledge of a series of which a list is held that is not void. For the chains of a root
    /// key, heads that it voided were never seen (section 3.3), so the one that is held may be
    /// newer than all others; but it is not the one that is stored.
    fn age(&self, id: &(Key, Scope), series: &Series, root: Key) -> Age {
        let heads = series.heads.iter().filter(|head| !self.is_void(id, **head, root));
        let heads: Vec<Head> = heads.copied().collect();
        let held = self.counting(id, series, root);
        match held.first().filter(|_| series.is_rolled_back) {
            None if heads.len() > 1 => Age::Forked,
            None => Age::OfHead,
            Some(list) => match list.step(&heads, series.is_final && !heads.is_empty()) {
                Step::Heads(after) if heads.len().max(after.len()) > 1 => Age::Forked,
                Step::Heads(_) => Age::NotStored,
                Step::Old | Step::Ended => Age::RolledBack,
            },
        }
    }

    /// The lists of a series that are not void.
    fn counting<'a>(&self, id: &(Key, Scope), series: &'a Series, root: Key) -> Vec<&'a List> {
        series.held.iter().filter(|own| !self.is_void(id, own.head(), root)).collect()
    }
}
