//! The rows of a summary: calls by their holder, owner and root key, in bounded memory.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::limits::{
    MAX_SHOWN_VALUE, MAX_SUMMARY_CALLS, MAX_SUMMARY_NAMES, MAX_SUMMARY_ROWS, SUMMARY_SHARES,
};
use crate::report::summary::counts::Counts;
use crate::report::{PrincipalReport, RequestReport};
use crate::text::escape::truncated;

/// All rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Rows {
    #[serde(serialize_with = "values")]
    pub(super) roots: BTreeMap<String, Root>,
    /// Calls for which there was no room.
    pub(super) other_calls: Counts,
    #[serde(skip)]
    count: usize,
}

/// The rows under one root key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Root {
    key: String,
    pub(super) fingerprint: String,
    /// The owners, by their names.
    #[serde(serialize_with = "values")]
    pub(super) owners: BTreeMap<String, Owner>,
    /// Calls for which there was no room in the share of this key.
    pub(super) other_calls: Counts,
    #[serde(skip)]
    count: usize,
}

/// An owner: a name for which the root key speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Owner {
    pub(super) name: String,
    /// The holders, by their keys.
    #[serde(serialize_with = "values")]
    pub(super) holders: BTreeMap<String, Holder>,
}

/// A holder: a key. Each of its delegators may have named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Holder {
    /// The first few names.
    pub(super) names: BTreeSet<String>,
    key: String,
    pub(super) fingerprint: String,
    /// The calls, by operation and resource.
    #[serde(serialize_with = "values")]
    pub(super) calls: BTreeMap<(String, String), Call>,
    /// Calls for which there was no room among those of this holder.
    pub(super) other_calls: Counts,
}

/// One operation on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) resource: String,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// Writes the rows as a list: each has its key inside.
fn values<K: Ord, V: Serialize, S: Serializer>(
    rows: &BTreeMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.values())
}

/// The row that counts a call.
enum Place {
    Own,
    RestOfHolder,
    RestOfRoot,
    Rest,
}

impl Rows {
    /// Returns the counts of the row for this call by this holder.
    pub(super) fn counts_of(
        &mut self,
        owner: &PrincipalReport,
        holder: &PrincipalReport,
        request: &RequestReport,
    ) -> &mut Counts {
        // Resources that differ only after the truncation share a row.
        let resource = truncated(&request.resource, MAX_SHOWN_VALUE);
        let call = (request.operation.clone(), resource);
        let place = self.place(owner, holder, &call);
        if matches!(place, Place::Rest) {
            return &mut self.other_calls;
        }
        let root = self.roots.entry(owner.key.clone()).or_insert_with(|| Root {
            key: owner.key.clone(),
            fingerprint: owner.fingerprint.clone(),
            owners: BTreeMap::new(),
            other_calls: Counts::default(),
            count: 0,
        });
        if matches!(place, Place::RestOfRoot) {
            return &mut root.other_calls;
        }
        let owner = root
            .owners
            .entry(owner.name.clone())
            .or_insert_with(|| Owner { name: owner.name.clone(), holders: BTreeMap::new() });
        let row = owner.holders.entry(holder.key.clone()).or_insert_with(|| Holder {
            names: BTreeSet::new(),
            key: holder.key.clone(),
            fingerprint: holder.fingerprint.clone(),
            calls: BTreeMap::new(),
            other_calls: Counts::default(),
        });
        if row.names.len() < MAX_SUMMARY_NAMES {
            row.names.insert(holder.name.clone());
        }
        if matches!(place, Place::RestOfHolder) {
            return &mut row.other_calls;
        }
        let (operation, resource) = call.clone();
        let new = || {
            self.count = self.count.saturating_add(1);
            root.count = root.count.saturating_add(1);
            Call { operation, resource, counts: Counts::default() }
        };
        &mut row.calls.entry(call).or_insert_with(new).counts
    }

    fn place(
        &self,
        owner: &PrincipalReport,
        holder: &PrincipalReport,
        call: &(String, String),
    ) -> Place {
        let root = self.roots.get(&owner.key);
        let of_owner = root.and_then(|root| root.owners.get(&owner.name));
        let of_holder = of_owner.and_then(|owner| owner.holders.get(&holder.key));
        let share = MAX_SUMMARY_ROWS.checked_div(SUMMARY_SHARES).unwrap_or(MAX_SUMMARY_ROWS);
        match (root, of_holder) {
            (_, Some(holder)) if holder.calls.contains_key(call) => Place::Own,
            (_, Some(holder)) if holder.calls.len() >= MAX_SUMMARY_CALLS => Place::RestOfHolder,
            (Some(root), _) if root.count >= share => Place::RestOfRoot,
            (Some(_), _) if self.count >= MAX_SUMMARY_ROWS => Place::RestOfRoot,
            (None, _) if self.count >= MAX_SUMMARY_ROWS => Place::Rest,
            _ => Place::Own,
        }
    }
}
