//! The reasons why a capability is refused.

use thiserror::Error;

use crate::constraint::{ConstraintError, ConstraintKind};
use crate::limits::{MAX_CONSTRAINTS, MAX_NAME_BYTES};
use crate::request::arguments::PointerFault;
use crate::request::operation::OperationError;
use crate::request::resource::ResourceError;
use crate::text::escape::{Backticked, TextFault};

/// The reason why something is not a capability.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CapabilityError {
    /// The text is not an operation.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The text is not a resource.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// A constraint is invalid.
    #[error("argument {}: {error}", Backticked(name))]
    Arg {
        /// The argument.
        name: String,
        /// The fault of the constraint.
        error: ConstraintError,
    },
    /// An argument's name is empty or longer than [`MAX_NAME_BYTES`].
    #[error(
        "the argument name {} has {} bytes, and a name has 1 to {MAX_NAME_BYTES}",
        Backticked(name),
        name.len()
    )]
    ArgName {
        /// The name.
        name: String,
    },
    /// Part of an argument's name is invisible.
    #[error(
        "the argument name {} {fault}; write visible text without blanks around it",
        Backticked(name)
    )]
    ArgNameHidden {
        /// The name.
        name: String,
        /// The rule that it breaks.
        fault: TextFault,
    },
    /// The name is a JSON Pointer that cannot be the name of any argument.
    #[error("the argument name {} {fault}", Backticked(name))]
    ArgPointer {
        /// The name.
        name: String,
        /// The rule that it breaks.
        fault: PointerFault,
    },
    /// An argument is named twice.
    #[error("argument {} is named twice; put all its constraints in one place", Backticked(name))]
    ArgTwice {
        /// The argument.
        name: String,
    },
    /// An argument has two constraints of one kind.
    #[error("argument {} has two `{kind}` constraints; combine them into one", Backticked(name))]
    KindTwice {
        /// The argument.
        name: String,
        /// The kind of constraint.
        kind: ConstraintKind,
    },
    /// The JSON for an argument is not an object of constraints.
    #[error(
        "argument {} needs an object of constraints, such as `{{\"max\": 100}}`, or `{{\"any\": true}}` or `{{\"below\": true}}` alone",
        Backticked(name)
    )]
    NotLimits {
        /// The argument.
        name: String,
    },
    /// The capability has more than [`MAX_CONSTRAINTS`] constraints; an argument without any counts
    /// as one.
    #[error("a capability has at most {MAX_CONSTRAINTS} constraints, and this one has {found}")]
    TooManyConstraints {
        /// The number of constraints.
        found: usize,
    },
    /// An argument is optional and has no constraints, which has no effect if other arguments are
    /// allowed.
    #[error(
        "argument {} is optional and has no constraint, and `other_args: allow` permits that already; remove or constrain it",
        Backticked(name)
    )]
    SaysNothing {
        /// The argument.
        name: String,
    },
    /// The capability permits a value of another shape in place of the object or list that contains
    /// the argument, and the argument then counts as absent.
    #[error(
        "optional argument {} can be bypassed: a caller could send something else in place of the object or list that holds it; require it, or neither name that object or list nor set `other_args: allow`",
        Backticked(name)
    )]
    EvadedByShape {
        /// The argument.
        name: String,
    },
}
