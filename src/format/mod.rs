//! The bytes of a token: protobuf, the Biscuit container, and the Datalog of each block.

pub(crate) mod wire;
pub(crate) mod hop_id;
pub(crate) mod container;
pub(crate) mod datalog;
