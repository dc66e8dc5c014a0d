//! Revocation lists: signed lists of revoked authority.

pub(crate) mod entry;
mod index;
mod body;
mod changes;
pub(crate) mod content;
pub(crate) mod list;
pub(crate) mod delta;
pub(crate) mod draft;
pub(crate) mod unsigned;
