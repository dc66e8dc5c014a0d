//! Why something is not a capability.

use thiserror::Error;

use crate::constraint::{ConstraintError, ConstraintKind};
use crate::limits::{MAX_CONSTRAINTS, MAX_NAME_BYTES};
use crate::request::operation::OperationError;
use crate::request::resource::ResourceError;
use crate::text::escape::Escaped;

/// Why something is not a capability.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CapabilityError {
    /// The text is not an operation.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The text is not a resource.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// A constraint that cannot be.
    #[error("argument `{}`: {error}", Escaped(name))]
    Arg {
        /// The argument.
        name: String,
        /// What is wrong.
        error: ConstraintError,
    },
    /// An argument's name is empty or too long.
    #[error("the argument name `{}` must have between 1 and {MAX_NAME_BYTES} bytes", Escaped(name))]
    ArgName {
        /// The name.
        name: String,
    },
    /// Part of an argument's name would not be seen: control characters, line breaks, marks of
    /// direction, blanks around it.
    #[error(
        "the argument name `{}` {why}; write visible text without blanks around it",
        Escaped(name)
    )]
    ArgNameHidden {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A name that no argument of any call can have.
    #[error("the argument name `{}` {why}", Escaped(name))]
    NothingHasName {
        /// The name.
        name: String,
        /// What is wrong with it, and what to write instead.
        why: &'static str,
    },
    /// An argument is named twice.
    #[error("argument `{}` is named twice; put all its constraints in one place", Escaped(name))]
    ArgTwice {
        /// The argument.
        name: String,
    },
    /// An argument has two constraints of one kind.
    #[error("argument `{}` has two constraints `{kind}`; give one that says both", Escaped(name))]
    KindTwice {
        /// The argument.
        name: String,
        /// The kind of constraint.
        kind: ConstraintKind,
    },
    /// The JSON for an argument is not an object of constraints.
    #[error(
        "argument `{}` needs an object of constraints, such as {{\"max\": 100}}, or {{\"any\": true}}, or {{\"below\": true}} alone",
        Escaped(name)
    )]
    NotLimits {
        /// The argument.
        name: String,
    },
    /// More than [`MAX_CONSTRAINTS`]; an argument without constraints counts as one.
    #[error("a capability has at most {MAX_CONSTRAINTS} constraints, this one has {found}")]
    TooManyConstraints {
        /// How many there are.
        found: usize,
    },
    /// With other arguments allowed, an optional argument that may be anything says nothing.
    #[error(
        "argument `{}` may be absent or anything, which `other_args: allow` says already; leave it out or limit it",
        Escaped(name)
    )]
    SaysNothing {
        /// The argument.
        name: String,
    },
    /// Something else than the object or the list may stand in its place, and then the argument counts
    /// as absent.
    #[error(
        "argument `{}` is optional and lies inside an object or a list in whose place the capability lets something else stand; require it, or neither name the object or the list nor allow other arguments",
        Escaped(name)
    )]
    EvadedByShape {
        /// The argument.
        name: String,
    },
}
