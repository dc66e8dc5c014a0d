//! Revocation by lists agrees with a naive model of `docs/STATEMENTS.md`, which shares nothing with the
//! library: who may take back what, what becomes of a list that arrives, and what a decision then says.

mod oracle;
mod world;

mod single;
mod several;
mod series;
mod stores;
mod voids;
