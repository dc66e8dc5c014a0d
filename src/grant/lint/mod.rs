//! Lints: parts of a grant that cannot be meant, or permit more than they seem to.

mod code;
mod finding;
mod words;
mod through;
mod limits;
mod loose;
mod overlap;
mod whole;
mod all;

pub use code::LintCode;
pub use finding::GrantLint;
