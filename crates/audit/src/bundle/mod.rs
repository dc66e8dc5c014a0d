//! Bundles: some records of a log in one file, with everything that shows what they are.

mod error;
mod format;
mod draft;
mod verdict;
mod check;

pub use draft::BundleDraft;
pub use error::BundleError;
pub use format::Bundle;
pub use verdict::{BundleFault, BundleFinding, BundleVerdict};
