//! Untrusted text: how it is read, compared and shown.

pub(crate) mod reserved;
pub(crate) mod escape;
pub(crate) mod confusable;
pub(crate) mod contrast;
pub(crate) mod json;
pub(crate) mod path;
