//! Every limit at *n* and at *n* + 1, where one makes things and where one verifies them.
//!
//! The numbers stand here as numbers: they are a promise, and a test that took them from the library
//! would agree with any.

mod making;
mod memory;
mod verifying;
mod durations;
