//! MCP over HTTP (`docs/BINDINGS.md`, section 2, "MCP over HTTP"): a [`Door`] in front of servers over
//! stdio, and [`connect`] for a client over stdio with a server over HTTP.

mod fields;
mod events;
mod refusal;
mod rename;
mod places;
mod patient;
mod notes;
mod outbox;
mod asking;
mod router;
mod inbox;
mod sessions;
mod reply;
mod received;
mod door;
mod listen;
mod target;
mod near;
mod posts;
mod fault;
mod response;
mod exchange;
mod connect;

pub use connect::{LinkSeen, connect};
pub use listen::{Door, DoorSettings};
pub use refusal::NotServed;
pub use sessions::DoorSeen;
pub use target::{Target, TargetError};
