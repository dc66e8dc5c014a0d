//! The one bounded table: it forgets what was used least recently, of whoever has most entries.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map of at most `most` entries, each of which belongs to an owner. If it is full, the owner that has
/// most of the entries loses the one that was used least recently; of several, the owner of the new entry.
#[derive(Debug)]
pub(super) struct Table<K, O, V> {
    most: usize,
    entries: HashMap<K, Entry<O, V>>,
    /// The keys by the number of their last use.
    by_use: BTreeMap<u64, K>,
    owned: HashMap<O, usize>,
    /// The number of the next use.
    next: u64,
    /// The number of entries that were forgotten.
    forgotten: u64,
}

#[derive(Debug)]
struct Entry<O, V> {
    used: u64,
    owner: O,
    value: V,
}

/// An entry that was used.
#[derive(Debug)]
pub(super) struct Used<'a, K, V> {
    pub(super) value: &'a mut V,
    pub(super) is_new: bool,
    pub(super) forgotten: Option<Forgotten<K>>,
}

/// An entry that was forgotten, and the number of those that the table has forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Forgotten<K> {
    pub(super) key: K,
    pub(super) total: u64,
}

impl<K: Copy + Eq + Hash, O: Copy + Eq + Hash, V: Default> Table<K, O, V> {
    pub(super) fn new(most: usize) -> Self {
        let (entries, by_use, owned) = (HashMap::new(), BTreeMap::new(), HashMap::new());
        Self { most, entries, by_use, owned, next: 0, forgotten: 0 }
    }

    /// Returns the entry of a key, which becomes the one that was used last.
    pub(super) fn make(&mut self, key: K, owner: O) -> Used<'_, K, V> {
        self.make_sparing(key, owner, |_| false)
    }

    /// Does the same. An entry that is spared is forgotten only if its owner has no other.
    pub(super) fn make_sparing(
        &mut self,
        key: K,
        owner: O,
        is_spared: impl Fn(&V) -> bool,
    ) -> Used<'_, K, V> {
        let is_new = !self.entries.contains_key(&key);
        let forgotten = if is_new { self.make_room(owner, is_spared) } else { None };
        let used = self.next;
        self.next = used.saturating_add(1);
        if is_new {
            let count = self.owned.entry(owner).or_default();
            *count = count.saturating_add(1);
        }
        let entry = self.entries.entry(key);
        let entry = entry.or_insert_with(|| Entry { used, owner, value: V::default() });
        if !is_new {
            self.by_use.remove(&entry.used);
            entry.used = used;
        }
        self.by_use.insert(used, key);
        Used { value: &mut entry.value, is_new, forgotten }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let Entry { used, owner, value } = self.entries.remove(key)?;
        self.by_use.remove(&used);
        if let Some(count) = self.owned.get_mut(&owner) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.owned.remove(&owner);
            }
        }
        Some(value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|entry| &entry.value)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut().map(|entry| &mut entry.value)
    }

    fn make_room(&mut self, owner: O, is_spared: impl Fn(&V) -> bool) -> Option<Forgotten<K>> {
        if self.entries.len() < self.most {
            return None;
        }
        let most = self.owned.iter().max_by_key(|(own, count)| (**count, **own == owner));
        let loser = *most?.0;
        let entry = |key: &K| self.entries.get(key).filter(|entry| entry.owner == loser);
        let mut oldest = self.by_use.values().filter(|key| entry(key).is_some());
        let mut unspared =
            oldest.clone().filter(|key| entry(key).is_some_and(|own| !is_spared(&own.value)));
        let key = *unspared.next().or_else(|| oldest.next())?;
        self.remove(&key);
        self.forgotten = self.forgotten.saturating_add(1);
        Some(Forgotten { key, total: self.forgotten })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_that_was_used_least_recently_is_forgotten() {
        let mut table = Table::<u8, (), ()>::new(3);
        for key in [1, 2, 3, 1] {
            assert_eq!(table.make(key, ()).forgotten, None);
        }
        assert_eq!(table.make(4, ()).forgotten, Some(Forgotten { key: 2, total: 1 }));
        assert_eq!(table.make(5, ()).forgotten, Some(Forgotten { key: 3, total: 2 }));
        assert!(!table.make(1, ()).is_new);
        assert_eq!((table.entries.len(), table.by_use.len()), (3, 3));
    }

    #[test]
    fn whoever_has_most_entries_pays_for_a_new_one() {
        let mut table = Table::<u8, char, ()>::new(4);
        table.make(0, 'a');
        for key in 1..100 {
            let forgotten = table.make(key, 'b').forgotten;
            assert_eq!(forgotten.map(|own| own.key), key.checked_sub(3).filter(|key| *key > 0));
        }
        assert!(!table.make(0, 'a').is_new);
        // A third owner takes the room of the greatest.
        assert_eq!(table.make(200, 'c').forgotten.map(|own| own.key), Some(97));
        assert_eq!(table.owned.values().sum::<usize>(), 4);
        assert_eq!(table.remove(&0), Some(()));
        assert_eq!(table.owned.get(&'a'), None);
    }
}
