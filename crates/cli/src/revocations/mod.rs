//! Revocation lists in files: what is in them, what their issuer has power over, how one follows
//! another, and how the next one is issued.

pub mod entry;
pub mod place;
pub mod compare;
pub mod power;
pub mod judge;
pub mod next;
pub mod issued;
