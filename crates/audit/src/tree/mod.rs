//! Merkle trees of RFC 6962 §2.1, with SHA-256.

mod hash;
mod error;
mod head;
mod edge;
mod read;
mod climb;
mod inclusion;
mod consistency;

pub use consistency::ConsistencyProof;
pub use edge::RightEdge;
pub use error::TreeError;
pub use hash::{Hash, HashError, leaf_hash, node_hash};
pub use head::TreeHead;
pub use inclusion::InclusionProof;
pub use read::ReadHash;

pub(crate) use read::fold;
