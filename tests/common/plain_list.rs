//! Revocation lists by `docs/STATEMENTS.md`, in plain collections and, except for signing, without
//! the library's own code: the content of a list, and its bytes.

#![allow(dead_code, reason = "every test binary uses a part of this")]

use std::collections::{BTreeMap, BTreeSet};

use deputize::{KeyEnd, Note, RevocationList, Signer, SigningKey, StatementScope, VoidSeries};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The first bytes of the id of a hop.
pub(crate) type Id = [u8; 16];

/// The content of a list. Times are seconds; keys, ids of hops and digests are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) issuer: String,
    pub(crate) scope: String,
    pub(crate) sequence: u64,
    pub(crate) issued: i64,
    pub(crate) next: i64,
    pub(crate) previous: Option<String>,
    pub(crate) ends: BTreeSet<String>,
    pub(crate) hops: BTreeMap<Id, Entry>,
    pub(crate) tokens: BTreeMap<Id, i64>,
    pub(crate) owners: BTreeMap<String, i64>,
    pub(crate) keys: BTreeMap<String, (End, i64)>,
    pub(crate) void_own: BTreeMap<String, u64>,
    pub(crate) void_power: BTreeMap<String, u64>,
    pub(crate) void_lists: BTreeSet<String>,
    pub(crate) authority: Option<String>,
}

/// The entry of a hop. The expiry is in hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) since: i64,
    pub(crate) expires: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Retired(i64),
    Compromised { good: BTreeSet<String>, successors: BTreeSet<String> },
}

/// The greatest time of an entry, and its greatest expiry in hours, which is not known.
pub(crate) const LATEST_SINCE: i64 = 0xffff_ffff;
pub(crate) const NOT_KNOWN: i64 = 0xff_ffff;

impl Plain {
    /// The first list of this key, without entries, about the chains in which it is a root or a
    /// delegate.
    pub(crate) fn own(issuer: &SigningKey, issued: OffsetDateTime, next: OffsetDateTime) -> Self {
        Self {
            issuer: issuer.public_key().to_string(),
            scope: "own".to_owned(),
            sequence: 1,
            issued: issued.unix_timestamp(),
            next: next.unix_timestamp(),
            previous: None,
            ends: BTreeSet::new(),
            hops: BTreeMap::new(),
            tokens: BTreeMap::new(),
            owners: BTreeMap::new(),
            keys: BTreeMap::new(),
            void_own: BTreeMap::new(),
            void_power: BTreeMap::new(),
            void_lists: BTreeSet::new(),
            authority: None,
        }
    }

    /// Returns the content of a list by its accessors.
    pub(crate) fn of(list: &RevocationList) -> Self {
        let seconds = OffsetDateTime::unix_timestamp;
        let mut void = [BTreeMap::new(), BTreeMap::new()];
        for (series, from) in list.void_series() {
            match series {
                VoidSeries::Own(key) => void[0].insert(key.to_string(), from),
                VoidSeries::Power(hop) => void[1].insert(hop.to_string(), from),
                other => panic!("{other:?}"),
            };
        }
        let [void_own, void_power] = void;
        let scope = match list.scope() {
            StatementScope::Own => "own".to_owned(),
            StatementScope::Root(key) => format!("root {key}"),
            StatementScope::Power(hop) => format!("power {hop}"),
            other => panic!("{other:?}"),
        };
        Self {
            issuer: list.issuer().to_string(),
            scope,
            sequence: list.sequence(),
            issued: seconds(list.issued()),
            next: seconds(list.next_update()),
            previous: list.previous().map(|digest| digest.to_string()),
            ends: list.ends().map(|digest| digest.to_string()).collect(),
            hops: list
                .hops()
                .map(|hop| {
                    let expires = hop.expires().map(|at| seconds(at) / 3_600);
                    (hop.id(), Entry { since: seconds(hop.since()), expires })
                })
                .collect(),
            tokens: list.tokens().map(|(id, since)| (id, seconds(since))).collect(),
            owners: list.owners().map(|(name, since)| (name.to_owned(), seconds(since))).collect(),
            keys: list
                .keys()
                .map(|(key, revoked)| {
                    (key.to_string(), (End::of(revoked.end()), seconds(revoked.since())))
                })
                .collect(),
            void_own,
            void_power,
            void_lists: list.void_lists().map(|digest| digest.to_string()).collect(),
            authority: list.authority().map(deputize::Token::to_text),
        }
    }

    /// The text that says so.
    pub(crate) fn text(&self) -> String {
        let body = self.body();
        let mut lines = vec![
            format!("deputize revocations v1 {}", self.issuer),
            format!("scope {}", self.scope),
            format!("sequence {}", self.sequence),
            format!("issued {}", at(self.issued)),
            format!("next {}", at(self.next)),
        ];
        lines.extend(self.previous.iter().map(|digest| format!("previous {digest}")));
        lines.extend(self.ends.iter().map(|digest| format!("ends {digest}")));
        lines.push(format!("hops {} {}", self.hops.len(), sha256(&body)));
        for (id, since) in &self.tokens {
            lines.push(format!("token {} since {}", hex::encode(id), at(*since)));
        }
        for (name, since) in &self.owners {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            lines.push(format!("owner \"{name}\" since {}", at(*since)));
        }
        for (key, (end, since)) in &self.keys {
            match end {
                End::Retired(last) => {
                    lines.push(format!("key {key} retired {} since {}", at(*last), at(*since)));
                }
                End::Compromised { good, successors } => {
                    lines.push(format!("key {key} compromised since {}", at(*since)));
                    lines.extend(good.iter().map(|hop| format!("good {hop}")));
                    lines.extend(successors.iter().map(|digest| format!("successor {digest}")));
                }
            }
        }
        lines.extend(self.void_own.iter().map(|(key, from)| format!("void own {key} from {from}")));
        lines.extend(
            self.void_power.iter().map(|(hop, from)| format!("void power {hop} from {from}")),
        );
        lines.extend(self.void_lists.iter().map(|digest| format!("void list {digest}")));
        lines.extend(self.authority.iter().map(|token| format!("authority {token}")));
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let record = |(id, entry): (&Id, &Entry)| {
            let since = u32::try_from(entry.since.min(LATEST_SINCE)).unwrap().to_be_bytes();
            let hours = entry.expires.unwrap_or(NOT_KNOWN).min(NOT_KNOWN);
            let hours = u32::try_from(hours).unwrap().to_be_bytes();
            [&id[..], &since, &hours[1..]].concat()
        };
        self.hops.iter().flat_map(record).collect()
    }

    /// The file, signed by this key.
    pub(crate) fn file(&self, key: &SigningKey) -> Vec<u8> {
        file(&self.text(), &self.body(), key)
    }
}

impl End {
    fn of(end: &KeyEnd) -> Self {
        match end {
            KeyEnd::Retired { at, .. } => Self::Retired(at.unix_timestamp()),
            KeyEnd::Compromised { good, successors, .. } => Self::Compromised {
                good: good.iter().map(ToString::to_string).collect(),
                successors: successors.iter().map(ToString::to_string).collect(),
            },
            other => panic!("{other:?}"),
        }
    }
}

/// A time as in the text.
pub(crate) fn at(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(&Rfc3339).unwrap()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A text with the signature of this key, under the key's name.
pub(crate) fn note(text: &str, key: &SigningKey) -> String {
    let note = Note::new(text).and_then(|note| note.signed_by(key.public_key().to_string(), key));
    note.unwrap().to_string()
}

/// A text, signed by this key, and a body. The text is as it is, whatever it says about the body.
pub(crate) fn file(text: &str, body: &[u8], key: &SigningKey) -> Vec<u8> {
    [note(text, key).as_bytes(), body].concat()
}

/// The text and the body of a list.
pub(crate) fn parts(list: &RevocationList) -> (&str, &[u8]) {
    let (text, _) = list.note().split_once("\n\n").unwrap();
    (&list.note()[..text.len() + 1], &list.as_bytes()[list.note().len()..])
}
