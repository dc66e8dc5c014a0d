//! The holder of tokens: the choice among them, and the delegation of a part of one.

pub(crate) mod below;
pub(crate) mod wallet;
pub(crate) mod ask;
pub(crate) mod to_sign;
