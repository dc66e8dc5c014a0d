//! Directories: signed lists of agents, of who answers for them, and of the state of their lives.

pub(crate) mod error;
pub(crate) mod agent;
mod json;
mod body;
mod names;
pub(crate) mod signed;
pub(crate) mod draft;
pub(crate) mod facts;
pub(crate) mod fault;
pub(crate) mod rules;
pub(crate) mod scim;
#[cfg(test)]
mod samples;
