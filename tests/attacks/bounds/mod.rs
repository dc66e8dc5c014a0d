//! Every limit at *n* and at *n* + 1, when values are made and when chains are verified.
//!
//! The numbers are written out, because they are a promise: a test that took them from the library
//! would accept any.

mod making;
mod memory;
mod verifying;
mod durations;
