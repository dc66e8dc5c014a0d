//! The relation of two lists in a series, and the differences between their entries.

use std::collections::BTreeMap;

use deputize::limits::MAX_CLOCK_TOLERANCE;
use deputize::{HopId, RevocationList, RevokedHop};
use schemars::JsonSchema;
use serde::Serialize;

use crate::revocations::entry::Entry;
use crate::revocations::place::is_final;
use crate::statements::issue::Issue;
use crate::statements::relation::Relation;

/// Returns the relation of a list to an older one, as a verifier that holds the older one judges
/// it.
pub fn relation(new: &RevocationList, old: &RevocationList) -> Relation {
    match Relation::of(&Issue::from(new), &Issue::from(old)) {
        // Otherwise a thief could withdraw the report.
        Relation::Next | Relation::Newer | Relation::Fork if is_final(old) => Relation::AfterFinal,
        relation => relation,
    }
}

/// An entry that only the older list has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Removed {
    /// The entry.
    pub entry: Entry,
    /// True if the revocation was withdrawn: the entry had not expired when the newer list was
    /// issued.
    pub given_back: bool,
}

/// An entry that was changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// The entry in the older list.
    pub before: Entry,
    /// The entry in the newer list.
    pub after: Entry,
    /// True if the newer entry revokes less than the older one.
    pub given_back: bool,
}

/// The differences between the entries of two lists.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Changes {
    /// The entries that only the newer list has.
    pub added: Vec<Entry>,
    /// The entries that only the older list has.
    pub removed: Vec<Removed>,
    /// The entries that were changed.
    pub changed: Vec<Changed>,
}

impl Changes {
    /// Returns the differences from a list without entries: all entries are added.
    pub fn all_of(list: &RevocationList) -> Self {
        let hops = list.hops().map(|hop| Entry::hop(&hop));
        let added = hops.chain(Entry::of_text(list)).collect();
        Self { added, ..Self::default() }
    }

    /// Returns the differences from the entries of `old` to those of `new`.
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
