//! The rules of `docs/STATEMENTS.md` about revocation lists, over plain numbers and without a line of the
//! library: the tables of sections 2, 3 and 6, one function for each.

mod accept;
mod judge;
mod power;

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
}

impl Verifier {
    pub(super) fn new(anchors: Vec<Anchor>) -> Self {
        Self { anchors, series: vec![] }
    }
}
