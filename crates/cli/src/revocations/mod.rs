//! Revocation lists in files: their entries, the power of their issuer, the comparison of two
//! lists, and the issue of the next one.

pub mod entry;
pub mod place;
pub mod compare;
pub mod power;
pub mod judge;
pub mod next;
pub mod issued;
