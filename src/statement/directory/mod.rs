//! Directories: signed lists of agents, the parties that answer for them, and the states of the
//! agents.

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
