//! Agent directories in files: which agent is meant, what speaks against one, what a change did, and
//! how the next directory is issued.

pub mod state;
pub mod choose;
pub mod changes;
pub mod judge;
pub mod next;
pub mod issued;
pub mod change;
