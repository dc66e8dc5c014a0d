//! Names that both the encoder and the decoder use. `docs/FORMAT.md` lists them all.

/// The version of this vocabulary, in the fact `deputize(1)` of the first block.
pub(super) const VOCABULARY: i64 = 1;

// Variables.
pub(super) const TIME: &str = "time";
pub(super) const OPERATION: &str = "operation";
pub(super) const RESOURCE: &str = "resource";
/// Bound to `resource_path`. A default symbol of Biscuit, as are the two parameters below.
pub(super) const PATH: &str = "path";
pub(super) const ARGS: &str = "args";
pub(super) const ARG_NAMES: &str = "arg_names";

// Parameters of closures.
pub(super) const MEMBER: &str = "member";
/// The parameter of a closure inside one that has `member`.
pub(super) const NODE: &str = "node";
