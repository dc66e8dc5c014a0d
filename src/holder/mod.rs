//! The holder of tokens: which of them to use, and how to pass a part of one on.

pub(crate) mod below;
pub(crate) mod wallet;
pub(crate) mod ask;
pub(crate) mod to_sign;
