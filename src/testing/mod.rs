//! Tests of services and verifiers (feature `testing`).
//!
//! - A [`Scene`] is an owner, two agents and a token, to test a service with calls that it allows and
//!   refuses, and one refused call for each [`DenyCode`](crate::DenyCode).
//! - [`check_replay_guard`], [`check_revocation_source`] and [`check_statement_state`] test other
//!   implementations of these traits.
//! - A [`RawToken`] is a chain that the library refuses to make, for tests of verifiers. Nothing in
//!   it is checked, and a verifier must refuse it.

mod raw;
mod scene;
mod stage;
mod agents;
mod refused;
mod contract;
mod state;

pub use contract::{Broken, check_replay_guard, check_revocation_source};
pub use raw::{RawBlock, RawProof, RawToken, Stated, Term, with_purpose, without_capabilities};
pub use refused::RefusedCall;
pub use scene::{Scene, SceneError};
pub use state::check_statement_state;
