//! Sessions with a process.
