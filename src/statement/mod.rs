//! Signed statements beside tokens: notes whose first line states their kind and their issuer.
//! `docs/STATEMENTS.md` specifies them.

pub(crate) mod note;
pub(crate) mod error;
pub(crate) mod digest;
pub(crate) mod kind;
pub(crate) mod lines;
pub(crate) mod series;
pub(crate) mod authority;
pub(crate) mod state;
pub(crate) mod in_series;
pub(crate) mod heads;

pub(crate) mod revocation;
pub(crate) mod succession;
pub(crate) mod directory;
