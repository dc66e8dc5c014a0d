//! Words that are written and looked for. `docs/FORMAT.md` has them all.

/// The version of this vocabulary, in the fact `deputize(1)` of the first block.
pub(super) const VOCABULARY: i64 = 1;

// Variables.
pub(super) const TIME: &str = "time";
pub(super) const OPERATION: &str = "operation";
pub(super) const RESOURCE: &str = "resource";
/// Bound to `resource_path`; a word that every Biscuit knows.
pub(super) const PATH: &str = "path";
pub(super) const ARGS: &str = "args";
pub(super) const ARG_NAMES: &str = "arg_names";
