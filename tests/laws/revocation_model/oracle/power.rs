//! Sections 3.1, 3.3 and 6: the hops against which an entry counts, void lists, and delegated
//! power.

use std::collections::BTreeSet;

use super::*;

impl List {
    /// Section 3.1, the second table.
    pub(super) fn is_about_hop(&self, chain: &Chain, index: usize, right: Right) -> Reasons {
        let hop = &chain.hops[index];
        let mut found = Reasons::new();
        if self.hops.contains(&hop.id) {
            found.insert((index, "revoked"));
        }
        if index == 0 && self.tokens.contains(&chain.token) {
            found.insert((index, "revoked"));
        }
        let is_owner = |name: &&str| match right {
            Right::Root => look_alike(name, chain.owner),
            Right::Token => *name == chain.owner,
            Right::Delegate => false,
        };
        if index == 0 && self.owners.iter().any(is_owner) {
            found.insert((index, "revoked"));
        }
        for (key, end) in &self.keys {
            let counts = match end {
                End::Retired(at) => hop.issued > *at,
                End::Compromised { good } => !good.contains(&hop.id),
            };
            if *key == hop.signer && counts {
                found.insert((index, "key_revoked"));
            }
        }
        found
    }

    pub(super) fn is_about_presentation(&self, chain: &Chain, presented: Time) -> bool {
        self.keys.iter().any(|(key, end)| {
            let counts = match end {
                End::Retired(at) => presented > *at,
                End::Compromised { .. } => true,
            };
            *key == chain.holder() && counts
        })
    }
}

impl Verifier {
    /// Section 3.1, the first table: the hops over which a list has power.
    pub(super) fn power(&self, list: &List, chain: &Chain) -> Option<(Vec<usize>, Right)> {
        let all = 0..chain.hops.len();
        match &list.scope {
            Scope::Own if list.issuer == chain.root => Some((all.collect(), Right::Root)),
            Scope::Own => {
                let first = all.clone().find(|i| chain.hops[*i].delegate == list.issuer)?;
                Some((all.skip(first).collect(), Right::Delegate))
            }
            Scope::Root(root) => {
                let names = |anchor: &&Anchor| {
                    anchor.root == *root
                        && anchor.owner == chain.owner
                        && anchor.revokers.contains(&list.issuer)
                };
                let is_named = *root == chain.root && self.anchors.iter().any(|own| names(&own));
                is_named.then(|| (all.collect(), Right::Root))
            }
            Scope::Power(authority) if authority.root == chain.root => {
                let before = &authority.hops[..authority.hops.len() - 1];
                let is_above = |i: &usize| before.iter().any(|own| own.id == chain.hops[*i].id);
                Some((all.filter(|i| !is_above(i)).collect(), Right::Token))
            }
            Scope::Power(_) => None,
        }
    }

    /// Section 3.3: whether the root of a chain has voided a list.
    pub(super) fn is_void(&self, series: &(Key, Scope), head: Head, root: Key) -> bool {
        if *series == (root, Scope::Own) {
            return false;
        }
        let of_root = self.series.iter().find(|(id, _)| *id == (root, Scope::Own));
        let Some((_, Series { heads, held, is_rolled_back: false, .. })) = of_root else {
            return false;
        };
        let ([_], [list]) = (heads.as_slice(), held.as_slice()) else { return false };
        list.voids.iter().any(|void| match (void, &series.1) {
            (Void::List(digest), Scope::Own | Scope::Power(_)) => *digest == head.digest,
            (Void::Own(key, from), Scope::Own) => *key == series.0 && head.sequence >= *from,
            (Void::Power(hop, from), Scope::Power(authority)) => {
                *hop == authority.last_id() && head.sequence >= *from
            }
            _ => false,
        })
    }

    /// The reasons of entries that count against a chain.
    pub(super) fn taken_back(&self, chain: &Chain, presented: Time) -> Reasons {
        let mut found = Reasons::new();
        for (id, series) in &self.series {
            for list in &series.held {
                let Some((hops, right)) = self.power(list, chain) else { continue };
                if self.is_void(id, list.head(), chain.root) {
                    continue;
                }
                for index in &hops {
                    found.extend(list.is_about_hop(chain, *index, right));
                }
                let last = chain.hops.len() - 1;
                if hops.contains(&last) && list.is_about_presentation(chain, presented) {
                    found.insert((chain.hops.len(), "key_revoked"));
                }
            }
        }
        found
    }

    /// Section 6, 2 and 6: why a power is not valid.
    pub(super) fn ended(
        &self,
        authority: &Chain,
        issued: Time,
        now: Time,
    ) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        let speaks = |own: &Anchor| own.root == authority.root && own.owner == authority.owner;
        if !self.anchors.iter().any(speaks) {
            found.insert("not trusted");
        }
        for hop in &authority.hops {
            if hop.issued > now + TOLERANCE {
                found.insert("not_yet_valid");
            }
            if now >= hop.expires {
                found.insert("expired");
            }
        }
        found.extend(self.taken_back(authority, issued).into_iter().map(|(_, code)| code));
        found
    }

    /// Section 6, 1 to 5.
    pub(super) fn fault_of_power(list: &List, authority: &Chain) -> Option<&'static str> {
        if authority.holder() != list.issuer {
            return Some("power_not_held_by_issuer");
        }
        if authority.hops.iter().any(|hop| hop.is_limited_to_services) {
            return Some("power_limited_to_services");
        }
        let every = |permits: &dyn Fn(On) -> bool| {
            authority.hops.iter().all(|hop| {
                let named = |own: &&Grant| own.is_by_name && !own.names_arguments;
                hop.grants.iter().filter(named).any(|own| permits(own.on))
            })
        };
        let signed = |key: Key| authority.hops.iter().any(|hop| hop.signer == key);
        if list.keys.iter().any(|(key, _)| signed(*key)) {
            return Some("statement_over_its_power");
        }
        let is_one =
            |all: On, one: On| move |on: On| on == On::Everything || on == all || on == one;
        let is_granted = list.hops.iter().all(|id| every(&is_one(On::AllHops, On::Hop(*id))))
            && list.tokens.iter().all(|id| every(&is_one(On::AllTokens, On::Token(*id))))
            && list.owners.iter().all(|name| every(&is_one(On::AllOwners, On::Owner(name))))
            && list.keys.iter().all(|(key, _)| every(&is_one(On::AllKeys, On::Key(*key))))
            && every(&|_| true);
        if is_granted { None } else { Some("power_not_granted") }
    }
}
