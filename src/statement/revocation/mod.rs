//! Revocation lists: what was taken back, signed by whom it belonged to.

pub(crate) mod entry;
mod index;
mod body;
mod changes;
pub(crate) mod content;
pub(crate) mod list;
pub(crate) mod delta;
pub(crate) mod draft;
pub(crate) mod unsigned;
