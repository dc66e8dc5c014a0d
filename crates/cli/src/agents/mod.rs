//! Agent directories in files: the choice of an agent, the faults of an agent, the changes to a
//! directory, and the issue of the next one.

pub mod state;
pub mod choose;
pub mod changes;
pub mod judge;
pub mod next;
pub mod issued;
pub mod change;
