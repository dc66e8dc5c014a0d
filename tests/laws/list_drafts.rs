//! Random drafts of revocation lists, each with the content that the signed list must have.
//!
//! The fuzzer draws the same kinds of drafts from its own `Source`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::common::{agent, alice, key, mint, now, planner, reading, researcher, token};
use crate::plain_list::{End, Entry, Id, LATEST_SINCE, NOT_KNOWN, Plain, sha256};
use crate::source::Source;
use deputize::{
    Grant, Hop, HopId, KeyEnd, PublicKey, RevocationDraft, RevocationList, Signer, SigningKey,
    StatementDigest, Token, VoidSeries,
};
use time::{Duration, OffsetDateTime};

/// 9999-12-31T23:59:59Z.
const END_OF_TIME: i64 = 253_402_300_799;

const HOUR: i64 = 3_600;

/// A draft, and what its list must say.
#[derive(Debug, Clone)]
pub(crate) struct Drafted {
    pub(crate) draft: RevocationDraft,
    pub(crate) plain: Plain,
    /// The time as of which entries were pruned.
    pruned: i64,
}

/// A list, and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) list: RevocationList,
    pub(crate) plain: Plain,
}

/// The issuer of a series: its key, and the root key or the power that the series is about.
pub(crate) struct Issuer {
    pub(crate) key: SigningKey,
    scope: Scope,
}

enum Scope {
    Own,
    Root(PublicKey),
    Power(Token),
}

pub(crate) fn issuer(source: &mut Source) -> Issuer {
    match source.below(6) {
        0 => Issuer { key: planner(), scope: Scope::Root(alice().public_key()) },
        1 => Issuer { key: researcher(), scope: Scope::Power(token()) },
        _ => Issuer { key: alice(), scope: Scope::Own },
    }
}

impl Issuer {
    /// The first draft of the series.
    pub(crate) fn first(&self, source: &mut Source) -> Drafted {
        let mut plain = Plain::own(&self.key, now(), now());
        let mut draft = match &self.scope {
            Scope::Own => RevocationDraft::own(),
            Scope::Root(root) => {
                plain.scope = format!("root {root}");
                RevocationDraft::for_root(*root)
            }
            Scope::Power(token) => {
                plain.scope = format!("power {}", token.hops().last().unwrap().id());
                plain.authority = Some(token.to_text());
                RevocationDraft::by_power_of(token.clone())
            }
        };
        if source.chance(20) {
            plain.sequence = source.pick(&[1, 2, 77, 1_000_000]);
            draft = draft.with_first_sequence(plain.sequence);
        }
        Drafted { draft, plain, pruned: 0 }
    }

    /// Signs a draft, if it may be signed at this time, and checks that the list says what it must.
    pub(crate) fn sign(&self, mut own: Drafted, at: OffsetDateTime) -> Option<Signed> {
        let next = at + Duration::HOUR;
        let signed = own.draft.sign(&self.key, at, next);
        if at.unix_timestamp() < own.pruned {
            assert!(signed.is_err(), "an entry was pruned too early");
            return None;
        }
        (own.plain.issued, own.plain.next) = (at.unix_timestamp(), next.unix_timestamp());
        let list = signed.unwrap();
        assert_eq!(Plain::of(&list), own.plain);
        assert_eq!(list.as_bytes(), own.plain.file(&self.key));
        Some(Signed { list, plain: own.plain })
    }
}

impl Signed {
    /// The draft of the list after this one.
    pub(crate) fn next(&self) -> Drafted {
        let mut plain = self.plain.clone();
        plain.sequence += 1;
        plain.previous = Some(self.digest());
        Drafted { draft: RevocationDraft::after(&self.list), plain, pruned: 0 }
    }

    fn digest(&self) -> String {
        sha256(self.plain.text().as_bytes())
    }

    /// The draft of the list that ends a fork of this list and another one.
    pub(crate) fn ending_fork(&self, other: &Self) -> Drafted {
        let (older, newest) = match self.plain.sequence > other.plain.sequence {
            true => (other, self),
            false => (self, other),
        };
        let mut plain = self.plain.clone();
        plain.sequence = newest.plain.sequence + 1;
        plain.previous = Some(newest.digest());
        let named =
            [Some(older.digest()), older.plain.previous.clone(), newest.plain.previous.clone()];
        let heads: BTreeSet<_> =
            named.into_iter().flatten().filter(|head| *head != newest.digest()).collect();
        plain.ends.extend(heads.iter().chain(&other.plain.ends).cloned());
        if plain.ends.len() > 16 {
            plain.ends = heads;
        }
        for (id, entry) in &other.plain.hops {
            add(&mut plain, *id, *entry);
        }
        for (id, since) in &other.plain.tokens {
            let own = plain.tokens.entry(*id).or_insert(*since);
            *own = (*own).min(*since);
        }
        for (name, since) in &other.plain.owners {
            let own = plain.owners.entry(name.clone()).or_insert(*since);
            *own = (*own).min(*since);
        }
        for (key, (end, since)) in &other.plain.keys {
            let own = plain.keys.entry(key.clone()).or_insert_with(|| (end.clone(), *since));
            *own = (stricter(&own.0, end), own.1.min(*since));
        }
        for (own, other) in [
            (&mut plain.void_own, &other.plain.void_own),
            (&mut plain.void_power, &other.plain.void_power),
        ] {
            own.retain(|series, _| other.contains_key(series));
            own.iter_mut().for_each(|(series, from)| *from = (*from).max(other[series]));
        }
        plain.void_lists.retain(|digest| other.plain.void_lists.contains(digest));
        let draft = RevocationDraft::ending_fork(&self.list, &other.list);
        Drafted { draft, plain, pruned: 0 }
    }
}

/// Adds an entry, or lengthens the one that is there. Returns true if there was none.
fn add(plain: &mut Plain, id: Id, entry: Entry) -> bool {
    let Some(own) = plain.hops.get_mut(&id) else {
        plain.hops.insert(id, entry);
        return true;
    };
    own.since = own.since.min(entry.since);
    own.expires = own.expires.zip(entry.expires).map(|(own, other)| own.max(other));
    false
}

/// The end of a key that refuses whatever either refuses.
fn stricter(one: &End, other: &End) -> End {
    let both = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> BTreeSet<String> {
        one.intersection(other).cloned().collect()
    };
    match (one, other) {
        (End::Retired(one), End::Retired(other)) => End::Retired(*one.min(other)),
        (End::Retired(_), End::Compromised { successors, .. })
        | (End::Compromised { successors, .. }, End::Retired(_)) => {
            End::Compromised { good: BTreeSet::new(), successors: successors.clone() }
        }
        (
            End::Compromised { good, successors },
            End::Compromised { good: other_good, successors: other_successors },
        ) => End::Compromised {
            good: both(good, other_good),
            successors: both(successors, other_successors),
        },
    }
}

impl Drafted {
    /// One change, by the library and in the plain list, with the same answer.
    pub(crate) fn change(&mut self, source: &mut Source) {
        let Self { draft, plain, .. } = self;
        let (at, since) = time(source);
        match source.below(14) {
            0..=2 => {
                let hop = hop(source);
                let expires = hop.grant().expires().unix_timestamp();
                let expires = Some((expires + HOUR - 1) / HOUR).filter(|hours| *hours < NOT_KNOWN);
                let entry = Entry { since: since.min(LATEST_SINCE), expires };
                assert_eq!(draft.revoke_hop(&hop, at), add(plain, first(&hop.id()), entry));
            }
            3..=5 => {
                let id = hop_id(source);
                let entry = Entry { since: since.min(LATEST_SINCE), expires: None };
                assert_eq!(draft.revoke_hop_id(&id, at), add(plain, first(&id), entry));
            }
            6 => {
                let id = if source.chance(50) { hop(source).id() } else { hop_id(source) };
                assert_eq!(draft.restore_hop(&id), plain.hops.remove(&first(&id)).is_some());
            }
            7 => self.prune(source),
            8 => {
                let id = [source.below(6) as u8; 16];
                if source.chance(70) {
                    let is_new = !plain.tokens.contains_key(&id);
                    plain.tokens.entry(id).or_insert(since);
                    assert_eq!(draft.revoke_token(id, at), is_new);
                } else {
                    assert_eq!(draft.restore_token(&id), plain.tokens.remove(&id).is_some());
                }
            }
            9 => {
                let name =
                    source.pick(&["alice@acme.com", "B\"o\\b", "é since 1970", "ß", "\u{430}"]);
                if source.chance(70) {
                    let is_new = !plain.owners.contains_key(name);
                    plain.owners.entry(name.to_owned()).or_insert(since);
                    assert_eq!(draft.revoke_owner(name, at), Ok(is_new));
                } else {
                    assert_eq!(draft.restore_owner(name), plain.owners.remove(name).is_some());
                }
            }
            10 | 11 => {
                let own = key(20 + source.below(5) as u8).public_key();
                if source.chance(70) {
                    let (end, plain_end) = end(source);
                    let before = draft.revoke_key(own, end, at);
                    let replaced = plain.keys.insert(own.to_string(), (plain_end, since));
                    assert_eq!(before.is_some(), replaced.is_some());
                } else {
                    let removed = draft.restore_key(&own).is_some();
                    assert_eq!(removed, plain.keys.remove(&own.to_string()).is_some());
                }
            }
            _ if plain.scope == "own" => self.void(source),
            _ => {}
        }
    }

    fn prune(&mut self, source: &mut Source) {
        let hours = source.pick(&[0, 1, 2, 24, 1_000, 9_000]);
        let at = now() + Duration::hours(hours) + Duration::seconds(source.below(600) as i64);
        let seconds = at.unix_timestamp();
        let count = self.plain.hops.len();
        let is_over = |hours: i64| hours * HOUR + 300 <= seconds;
        self.plain.hops.retain(|_, entry| !entry.expires.is_some_and(is_over));
        let pruned = count - self.plain.hops.len();
        assert_eq!(self.draft.prune(at), pruned);
        if pruned > 0 {
            self.pruned = self.pruned.max(seconds);
        }
    }

    fn void(&mut self, source: &mut Source) {
        let from = source.pick(&[0, 1, 7, u64::MAX]);
        let clamped = from.min(i64::MAX as u64);
        match source.below(3) {
            0 => {
                let own = key(20 + source.below(3) as u8).public_key();
                self.draft.void_series(VoidSeries::Own(own), from);
                self.plain.void_own.insert(own.to_string(), clamped);
            }
            1 => {
                let hop = hop_id(source);
                self.draft.void_series(VoidSeries::Power(hop), from);
                self.plain.void_power.insert(hop.to_string(), clamped);
            }
            _ => {
                let list = digest(source);
                self.draft.void_list(list);
                self.plain.void_lists.insert(list.to_string());
            }
        }
    }
}

/// A time, and the seconds that a list states for it.
fn time(source: &mut Source) -> (OffsetDateTime, i64) {
    let seconds = match source.below(8) {
        0 => source.pick(&[-5, 0, LATEST_SINCE - 1, LATEST_SINCE, LATEST_SINCE + 1, END_OF_TIME]),
        _ => now().unix_timestamp() + source.below(250) as i64,
    };
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    let at = if source.chance(20) { at + Duration::milliseconds(900) } else { at };
    (at, seconds.max(0))
}

fn end(source: &mut Source) -> (KeyEnd, End) {
    if source.chance(40) {
        let (at, seconds) = time(source);
        return (KeyEnd::retired(at), End::Retired(seconds));
    }
    let good: Vec<_> = (0..source.below(3)).map(|_| hop_id(source)).collect();
    let successors: Vec<_> = (0..source.below(3)).map(|_| digest(source)).collect();
    let plain_end = End::Compromised {
        good: good.iter().map(ToString::to_string).collect(),
        successors: successors.iter().map(ToString::to_string).collect(),
    };
    let end = good.into_iter().fold(KeyEnd::compromised(), KeyEnd::with_good);
    (successors.into_iter().fold(end, KeyEnd::with_successor), plain_end)
}

fn digest(source: &mut Source) -> StatementDigest {
    StatementDigest::from_bytes([source.below(4) as u8; 32])
}

/// A hop of a token, with one of a few expiries around whole hours.
fn hop(source: &mut Source) -> Hop {
    static HOPS: LazyLock<Vec<Hop>> = LazyLock::new(|| {
        let expires = [1, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR, 24 * HOUR, 40_000_000];
        expires.map(|seconds| hop_until(Duration::seconds(seconds))).to_vec()
    });
    source.pick(&HOPS)
}

/// A hop that expires so long after now.
pub(crate) fn hop_until(expires: Duration) -> Hop {
    let to = agent("planner", &planner());
    let grant = Grant::new(to, [reading("**", 1)], now() + expires, "a test").unwrap();
    Token::parse(&mint(grant).to_text()).unwrap().hops()[0].clone()
}

/// One of a few ids. Most begin alike, and some differ only behind the bytes that a list has.
pub(crate) fn hop_id(source: &mut Source) -> HopId {
    let mut bytes = [0x70; 32];
    let at = source.pick(&[0, 3, 4, 8, 15, 16, 31]);
    bytes[at] = source.pick(&[0, 1, 0x6f, 0x70, 0x71, 0xff]);
    HopId::from_bytes(bytes)
}

fn first(id: &HopId) -> Id {
    *id.to_bytes().first_chunk().unwrap()
}
