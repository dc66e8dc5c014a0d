//! Revocation by lists agrees with a naive model of `docs/STATEMENTS.md`, which shares nothing with
//! the library: the power to revoke, the acceptance of a list, and the verdict of a decision.

mod oracle;
mod world;

mod single;
mod several;
mod series;
mod stores;
mod voids;
