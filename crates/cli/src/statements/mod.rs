//! The part that revocation lists and agent directories have in common: the place in a series, the
//! check that a statement is fresh, and the options to issue the next one.

pub mod issue;
pub mod place;
pub mod fresh;
pub mod relation;
pub mod current;
