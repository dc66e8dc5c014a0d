//! How one list follows another, and how their entries differ.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use deputize::limits::MAX_CLOCK_TOLERANCE;
use deputize::{HopId, RevocationList, RevokedHop};
use schemars::JsonSchema;
use serde::Serialize;

use crate::revocations::entry::Entry;
use crate::revocations::place::is_final;

/// How a list stands to an older one, as a verifier that holds the older one judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It is the same list.
    Same,
    /// It names the older one as the list before it, or as one whose fork it ends.
    Next,
    /// It is newer, and does not follow directly: lists between the two were not compared.
    Newer,
    /// It is older: a verifier refuses it.
    Older,
    /// Neither follows the other: the issuer signed two lists for one place. Verifiers treat both as
    /// not fresh until a list ends the fork.
    Fork,
    /// The older one reports its own key as compromised, and no list may follow it.
    AfterFinal,
    /// It has another issuer or scope.
    OtherSeries,
}

impl Relation {
    /// Returns how `new` stands to `old`.
    pub fn of(new: &RevocationList, old: &RevocationList) -> Self {
        let is_higher = new.sequence() > old.sequence();
        let is_direct = old.sequence().checked_add(1) == Some(new.sequence());
        let names_it =
            new.previous() == Some(old.digest()) || new.ends().any(|own| own == old.digest());
        let is_older = new.sequence() < old.sequence() && new.issued() <= old.issued();
        match () {
            () if new.series() != old.series() => Self::OtherSeries,
            () if new.digest() == old.digest() => Self::Same,
            () if is_older => Self::Older,
            () if is_final(old) => Self::AfterFinal,
            () if is_higher && new.issued() >= old.issued() && names_it => Self::Next,
            () if is_higher && new.issued() >= old.issued() && !is_direct => Self::Newer,
            () => Self::Fork,
        }
    }

    /// Returns true if a verifier that holds the older list takes this one, or has it.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Same | Self::Next | Self::Newer)
    }
}

impl Display for Relation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "is the same list",
            Self::Next => "follows directly",
            Self::Newer => "is newer; the lists between are not compared",
            Self::Older => "is OLDER; verifiers refuse it",
            Self::Fork => {
                "is a FORK: neither follows the other, and verifiers trust neither until a list ends it"
            }
            Self::AfterFinal => "comes AFTER A FINAL list; verifiers refuse it",
            Self::OtherSeries => "is a list of ANOTHER SERIES; its issuer or its scope differs",
        })
    }
}

/// An entry that only the older list has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Removed {
    /// The entry.
    pub entry: Entry,
    /// True if what it revoked counts again: it had not expired when the newer list was issued.
    pub given_back: bool,
}

/// An entry that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// The entry in the older list.
    pub before: Entry,
    /// The entry in the newer list.
    pub after: Entry,
    /// True if something that the older one revoked counts again.
    pub given_back: bool,
}

/// How the entries of two lists differ.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Changes {
    /// The entries that only the newer list has.
    pub added: Vec<Entry>,
    /// The entries that only the older list has.
    pub removed: Vec<Removed>,
    /// The entries that differ.
    pub changed: Vec<Changed>,
}

impl Changes {
    /// Returns the entries of a list, as if it came after one without entries.
    pub fn all_of(list: &RevocationList) -> Self {
        let hops = list.hops().map(|hop| Entry::hop(&hop));
        let added = hops.chain(Entry::of_text(list)).collect();
        Self { added, ..Self::default() }
    }

    /// Returns how the entries of `new` differ from those of `old`.
    pub fn between(old: &RevocationList, new: &RevocationList) -> Self {
        let mut own = Self::default();
        for hop in new.hops() {
            match find(old, &hop) {
                None => own.added.push(Entry::hop(&hop)),
                Some(before) if before != hop => {
                    let (before, after) = (Entry::hop(&before), Entry::hop(&hop));
                    own.changed.push(Changed { before, after, given_back: false });
                }
                Some(_) => {}
            }
        }
        for hop in old.hops().filter(|hop| find(new, hop).is_none()) {
            let given_back = !is_over(&hop, new);
            own.removed.push(Removed { entry: Entry::hop(&hop), given_back });
        }
        let by_subject = |list| -> BTreeMap<_, _> {
            Entry::of_text(list).into_iter().map(|entry| (entry.subject(), entry)).collect()
        };
        let (mut before, after) = (by_subject(old), by_subject(new));
        for (subject, after) in after {
            match before.remove(&subject) {
                None => own.added.push(after),
                Some(before) if before != after => {
                    let given_back = after.is_weaker_than(&before);
                    own.changed.push(Changed { before, after, given_back });
                }
                Some(_) => {}
            }
        }
        own.removed.extend(before.into_values().map(|entry| {
            let given_back = !entry.is_void();
            Removed { entry, given_back }
        }));
        own
    }
}

/// Returns the entry of a list about the same hop. Only the first bytes of its id count.
fn find(list: &RevocationList, hop: &RevokedHop) -> Option<RevokedHop> {
    let mut id = [0; 32];
    id.iter_mut().zip(hop.id()).for_each(|(own, byte)| *own = byte);
    list.hop(&HopId::from_bytes(id))
}

/// Returns true if a writer prunes the entry from a list that is issued when this one is.
fn is_over(hop: &RevokedHop, list: &RevocationList) -> bool {
    let end = hop.expires().and_then(|expires| expires.checked_add(MAX_CLOCK_TOLERANCE));
    end.is_some_and(|end| end <= list.issued())
}
