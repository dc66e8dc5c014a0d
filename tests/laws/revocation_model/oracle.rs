//! What `docs/STATEMENTS.md` says about revocation lists, over plain numbers and without a line of the
//! library: the tables of sections 2, 3 and 6, one function for each.

use std::collections::BTreeSet;

/// A number for each key.
pub(super) type Key = u8;
/// A number for each hop.
pub(super) type Id = usize;
/// A number for each text of a list.
pub(super) type Digest = usize;
/// Seconds since the tests' `now`.
pub(super) type Time = i64;

/// The hop or the presentation, and the code.
pub(super) type Reasons = BTreeSet<(usize, &'static str)>;

pub(super) const TOLERANCE: Time = 30;
const MAX_HEADS: usize = 4;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hop {
    pub(super) id: Id,
    pub(super) signer: Key,
    pub(super) delegate: Key,
    pub(super) issued: Time,
    pub(super) expires: Time,
    pub(super) grants: Vec<Grant>,
    pub(super) is_limited_to_services: bool,
}

/// A capability, as far as it is about revoking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grant {
    pub(super) is_by_name: bool,
    pub(super) names_arguments: bool,
    pub(super) on: On,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum On {
    Everything,
    AllHops,
    AllTokens,
    AllOwners,
    AllKeys,
    Hop(Id),
    Token(u8),
    Owner(&'static str),
    Key(Key),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    pub(super) root: Key,
    pub(super) owner: &'static str,
    pub(super) token: u8,
    pub(super) hops: Vec<Hop>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scope {
    Own,
    Root(Key),
    Power(Box<Chain>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Retired(Time),
    Compromised { good: Vec<Id> },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Void {
    Own(Key, u64),
    Power(Id, u64),
    List(Digest),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    pub(super) digest: Digest,
    pub(super) issuer: Key,
    pub(super) scope: Scope,
    pub(super) sequence: u64,
    pub(super) issued: Time,
    pub(super) next: Time,
    pub(super) previous: Option<Digest>,
    pub(super) ends: Vec<Digest>,
    pub(super) hops: Vec<Id>,
    pub(super) tokens: Vec<u8>,
    pub(super) owners: Vec<&'static str>,
    pub(super) keys: Vec<(Key, End)>,
    pub(super) voids: Vec<Void>,
}

#[derive(Debug, Clone)]
pub(super) struct Anchor {
    pub(super) root: Key,
    pub(super) owner: &'static str,
    pub(super) revokers: Vec<Key>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Required {
    Root,
    Issuer(Key),
    EveryDelegator,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Right {
    Root,
    Token,
    Delegate,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Head {
    digest: Digest,
    sequence: u64,
    issued: Time,
}

/// Section 2: what a verifier keeps of one series, and what it holds.
#[derive(Debug, Clone, Default)]
struct Series {
    heads: Vec<Head>,
    is_final: bool,
    held: Vec<List>,
    /// The one that is held is older than a head.
    is_rolled_back: bool,
}

/// A verifier that stores everything.
#[derive(Debug, Clone)]
pub(super) struct Verifier {
    pub(super) anchors: Vec<Anchor>,
    series: Vec<((Key, Scope), Series)>,
}

/// The pairs of names that look alike.
const ALIKE: [(&str, &str); 1] = [(super::world::ALICE, super::world::LIKE_ALICE)];

fn look_alike(one: &str, other: &str) -> bool {
    one == other || ALIKE.contains(&(one, other)) || ALIKE.contains(&(other, one))
}

impl Chain {
    fn holder(&self) -> Key {
        self.hops.last().unwrap().delegate
    }

    fn last_id(&self) -> Id {
        self.hops.last().unwrap().id
    }
}

impl List {
    fn series(&self) -> (Key, Scope) {
        (self.issuer, self.scope.clone())
    }

    fn head(&self) -> Head {
        Head { digest: self.digest, sequence: self.sequence, issued: self.issued }
    }

    /// Section 3.3.
    fn is_final(&self) -> bool {
        let own = self.keys.iter().find(|(key, _)| *key == self.issuer);
        matches!(own, Some((_, End::Compromised { .. })))
    }

    /// Section 3.1, the second table.
    fn is_about_hop(&self, chain: &Chain, index: usize, right: Right) -> Reasons {
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

    fn is_about_presentation(&self, chain: &Chain, presented: Time) -> bool {
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
    pub(super) fn new(anchors: Vec<Anchor>) -> Self {
        Self { anchors, series: vec![] }
    }

    /// Section 3.1, the first table: the hops over which a list has power.
    fn power(&self, list: &List, chain: &Chain) -> Option<(Vec<usize>, Right)> {
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
    fn is_void(&self, series: &(Key, Scope), head: Head, root: Key) -> bool {
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
    fn taken_back(&self, chain: &Chain, presented: Time) -> Reasons {
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
    fn ended(&self, authority: &Chain, issued: Time, now: Time) -> BTreeSet<&'static str> {
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
    fn fault_of_power(list: &List, authority: &Chain) -> Option<&'static str> {
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

    /// Section 2: the result of accepting a list, as the code of an error or the name of a standing.
    pub(super) fn accept(&mut self, list: &List, now: Time) -> &'static str {
        if list.issued > now + TOLERANCE {
            return "statement_issued_ahead";
        }
        let mut ended = BTreeSet::new();
        let mut root = None;
        match &list.scope {
            Scope::Own => {}
            Scope::Root(of) => {
                let names = |own: &Anchor| own.root == *of && own.revokers.contains(&list.issuer);
                if !self.anchors.iter().any(names) {
                    return "statement_issuer_not_named";
                }
            }
            Scope::Power(authority) => {
                if let Some(fault) = Self::fault_of_power(list, authority) {
                    return fault;
                }
                root = Some(authority.root);
                ended = self.ended(authority, list.issued, now);
            }
        }
        let id = list.series();
        let is_void = |own: Head| root.is_some_and(|root| self.is_void(&id, own, root));
        if is_void(list.head()) {
            return "statement_void";
        }
        let found = self.series.iter().find(|(own, _)| *own == id);
        let mut series = found.map(|(_, series)| series.clone()).unwrap_or_default();
        let is_head = series.heads.contains(&list.head());
        let is_held = series.held.iter().any(|own| own.digest == list.digest);
        if !ended.is_empty() && !is_head && !is_held {
            let Scope::Power(authority) = &list.scope else {
                panic!("only a power is asked for its authority")
            };
            let expires = authority.hops.iter().map(|hop| hop.expires).min().unwrap();
            let own = list.head();
            let is_older = |head: &Head| own.sequence < head.sequence && own.issued <= head.issued;
            let is_first = series.held.iter().all(|own| is_void(own.head()))
                && series.heads.iter().all(|head| is_void(*head) || is_older(head));
            let only_expired = ended == BTreeSet::from(["expired"]);
            if !(only_expired && list.issued < expires && is_first) {
                return "power_not_valid";
            }
        }
        let heads: Vec<Head> = series.heads.iter().copied().filter(|own| !is_void(*own)).collect();
        let held_void = series.held.iter().all(|own| is_void(own.head()));
        let is_final = series.is_final && !heads.is_empty();
        let own = list.head();
        let is_newer = |head: &Head| own.sequence > head.sequence && own.issued >= head.issued;
        let is_older = |head: &Head| own.sequence < head.sequence && own.issued <= head.issued;
        let names =
            |head: &Head| list.previous == Some(head.digest) || list.ends.contains(&head.digest);
        let mut after = heads.clone();
        if heads.contains(&own) {
            // Nothing, or it is held again.
        } else if heads.iter().any(is_older) {
            if !(held_void || is_held) {
                return "statement_rolled_back";
            }
            series.held = vec![list.clone()];
            series.is_rolled_back = true;
            self.put(id, series);
            return "RolledBack";
        } else if is_final {
            return "statement_series_ended";
        } else if heads.iter().all(is_newer) {
            let is_alone = heads.len() == 1;
            after.retain(|head| !(names(head) || is_alone && own.sequence > head.sequence + 1));
            after.push(own);
        } else {
            after.push(own);
        }
        if after.len() > MAX_HEADS {
            return "statement_too_many_heads";
        }
        series.held.retain(|held| held.digest != list.digest && after.contains(&held.head()));
        series.held.push(list.clone());
        series.is_final = is_final || list.is_final();
        series.is_rolled_back = false;
        let standing = match after.len() {
            1 if !ended.is_empty() => "PowerEnded",
            1 => "Current",
            _ => "Forked",
        };
        series.heads = after;
        self.put(id, series);
        standing
    }

    fn put(&mut self, id: (Key, Scope), series: Series) {
        self.series.retain(|(own, _)| *own != id);
        self.series.push((id, series));
    }

    /// The verifier after a restart: it holds nothing, and has what it stored.
    pub(super) fn restarted(&self) -> Self {
        let mut own = self.clone();
        for (_, series) in &mut own.series {
            (series.held, series.is_rolled_back) = (vec![], false);
        }
        own
    }

    /// Section 3.2: all reasons against a chain, presented at `presented` and judged at `at`.
    pub(super) fn judge(
        &self,
        chain: &Chain,
        presented: Time,
        at: Time,
        required: &[Required],
        max_stale: Time,
    ) -> Reasons {
        let mut found = self.taken_back(chain, presented);
        let mut latest: Vec<Time> = vec![];
        let is_named = |(issuer, scope): &(Key, Scope)| match scope {
            Scope::Own => self.anchors.iter().any(|own| own.root == *issuer),
            Scope::Root(root) => {
                self.anchors.iter().any(|own| own.root == *root && own.revokers.contains(issuer))
            }
            Scope::Power(_) => false,
        };
        for (id, series) in &self.series {
            let counting: Vec<_> = self.counting(id, series, chain.root);
            let Some(list) = counting.first() else { continue };
            let Some((hops, _)) = self.power(list, chain) else { continue };
            if series.is_rolled_back && !hops.is_empty() {
                found.insert((hops[0], "revocation_unknown"));
            }
        }
        latest.extend(
            self.series
                .iter()
                .filter(|(id, _)| is_named(id))
                .flat_map(|(_, series)| series.heads.iter().map(|head| head.issued)),
        );
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
                let heads = series
                    .heads
                    .iter()
                    .filter(|head| !self.is_void(id, **head, chain.root))
                    .count();
                let power_ended = match &id.1 {
                    Scope::Power(authority) => !self.ended(authority, list.issued, at).is_empty(),
                    _ => false,
                };
                ages.push(match () {
                    () if series.is_rolled_back => (2, *first),
                    () if heads > 1 || power_ended => (1, *first),
                    () if at >= list.next || at >= list.issued + max_stale => (1, *first),
                    () => (0, *first),
                });
            }
            // One of several that is fresh suffices. Otherwise what is stale counts before what is unknown,
            // from the first hop on.
            match ages.iter().min() {
                None if has_no_power => {}
                None => drop(found.insert((first, "revocation_unknown"))),
                Some((0, _)) => {}
                Some((1, first)) => drop(found.insert((*first, "revocation_stale"))),
                // Found above.
                Some(_) => {}
            }
        }
        if latest.iter().any(|issued| at + TOLERANCE < *issued) {
            found.insert((0, "revocation_unknown"));
        }
        found
    }

    /// The lists of a series that are not void.
    fn counting<'a>(&self, id: &(Key, Scope), series: &'a Series, root: Key) -> Vec<&'a List> {
        series.held.iter().filter(|own| !self.is_void(id, own.head(), root)).collect()
    }
}
