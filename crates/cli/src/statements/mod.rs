//! The common part of revocation lists and agent directories: their place in a series, whether they
//! are fresh, and how the next one is issued.

pub mod issue;
pub mod place;
pub mod fresh;
pub mod relation;
pub mod standing;
