//! The rules of the grammar that a text can break.

use thiserror::Error;

use crate::capability::CapabilityError;
use crate::constraint::{ConstraintError, ConstraintKind};
use crate::request::operation::OperationError;
use crate::request::resource::ResourceError;
use crate::text::escape::Backticked;

/// The reason why a text is not a capability, without the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GrammarFault {
    /// The operation is missing.
    #[error("expected an operation, such as `crm.read`")]
    NoOperation,
    /// The resource is missing.
    #[error("expected a resource, such as `accounts/**`")]
    NoResource,
    /// The second word is an argument.
    #[error(
        "this is an argument, and the resource before it is missing; write `**` for every resource, and a resource that looks like this in double quotes"
    )]
    ArgumentAsResource,
    /// The first word is not an operation.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The second word is not a resource.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The name or the number of limits of an argument is refused.
    #[error(transparent)]
    Capability(Box<CapabilityError>),
    /// A limit is invalid.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),

    /// The name before an operator is missing.
    #[error("the name of an argument is missing")]
    NoName,
    /// A name without quotes begins with another character.
    #[error("a name begins with a letter, `_` or `/`; put any other name in double quotes")]
    NameStart,
    /// A character is neither part of a name nor an operator.
    #[error("an operator or a blank is expected here; put the whole name in double quotes")]
    NoOperator,
    /// The text is an operator of another language.
    #[error("`{found}` is not an operator; {instead}")]
    OtherOperator {
        /// The operator.
        found: &'static str,
        /// The remedy.
        instead: &'static str,
    },
    /// There is a second `?` after a name.
    #[error("one `?` is enough")]
    OptionalTwice,
    /// `?` follows `[]`.
    #[error("write `?` before `[]`")]
    OptionalAfterElements,
    /// An argument is optional in one place and required in another.
    #[error(
        "the argument {} is optional in one place and required in another; write `?` in both or in neither",
        Backticked(name)
    )]
    MixedOptional {
        /// The argument.
        name: String,
    },
    /// A limit or `?` follows `...`.
    #[error("`...` takes no limit")]
    LimitOnOthers,
    /// `**` follows something other than a name and a slash.
    #[error("write `/**` after a name, for the argument and everything inside it")]
    MisplacedBelow,
    /// A limit or `?` follows `/**`.
    #[error("`/**` takes no limit and no `?`: it allows any value, or none")]
    LimitOnBelow,
    /// An argument has `/**` in one place and not in another.
    #[error(
        "the argument {} has `/**` in one place and not in another; put limits on the members inside it",
        Backticked(name)
    )]
    MixedBelow {
        /// The argument.
        name: String,
    },

    /// No kind of limit follows `:`.
    #[error(
        "the kind of a limit is expected after `:`, as in `path:subpath=/srv`; put a name with `:` in double quotes"
    )]
    NoKind,
    /// `=` does not follow the kind of a limit.
    #[error("`=` is expected after the kind of a limit, as in `:{kind}=`")]
    NoEquals {
        /// The kind.
        kind: ConstraintKind,
    },
    /// `each` is written as a kind.
    #[error("write `[]` for `each`, as in `files[]:subpath=/srv`")]
    EachAsKind,
    /// No limit follows `[]`.
    #[error("a limit on each element is missing after `[]`")]
    NoLimitOnElements,
    /// A range, which is two limits, follows `[]`.
    #[error(
        "each element takes one limit, and a range is two; write one end with `[]<=` or `[]>=`, or list the elements with `:subset_of=`"
    )]
    RangeOnElements,

    /// The value after an operator is missing.
    #[error("a value is missing{}", if *may_be_empty { "; write `\"\"` for the empty string" } else { "" })]
    NoValue {
        /// True where the value may be the empty string.
        may_be_empty: bool,
    },
    /// A value is missing in a list, or after a comma.
    #[error("a value is missing; write no blank after a comma, and `\"\"` for the empty string")]
    NoListedValue,
    /// A double quote is not closed.
    #[error("the double quote is not closed")]
    OpenQuote,
    /// The text in double quotes is not a JSON string.
    #[error("text in double quotes must be a JSON string, with `\\\\` for `\\`")]
    NotAJsonString,
    /// Something other than a blank, or the comma of a list, follows the closing quote.
    #[error("a blank is missing after the double quote")]
    AfterQuote,
    /// A double quote is inside a text that does not begin with one.
    #[error("put the whole text in double quotes, with `\\\"` for a double quote in it")]
    QuoteInside,
    /// A text begins with a quotation mark other than the double quote.
    #[error("only `\"` is a quotation mark here; put the text in double quotes")]
    OtherQuote,
    /// The value begins like a limit, which is written before the `=`.
    #[error(
        "the kind of a limit is written before `=`, as in `:{kind}=`; put a string that begins like this in double quotes"
    )]
    KindAfterEquals {
        /// The kind.
        kind: ConstraintKind,
    },
    /// A list of values is written as JSON.
    #[error("write the values with commas between them and without brackets: `a,b`")]
    JsonList,
    /// The value begins like JSON, and is not.
    #[error("this is not JSON; write it without blanks, or as a string in double quotes")]
    NotJson,
    /// The value is a number in another spelling than the one that is signed, so it could be meant
    /// as a string.
    #[error(
        "{} can be a string or the number {number}; write `{number}`, or put it in double quotes",
        Backticked(found)
    )]
    NumberInAnotherSpelling {
        /// The value.
        found: String,
        /// The number in the spelling that is signed.
        number: String,
    },
    /// No limit can compare the JSON.
    #[error(
        "no limit can compare {}; give an integer, a string, a boolean, null or a list of these, or put it in double quotes",
        Backticked(found)
    )]
    NotComparable {
        /// The JSON.
        found: String,
    },
    /// The value is a string, and the limit takes an integer.
    #[error("an integer is expected here, not a string")]
    QuotedNumber,
    /// The value is not an integer, or beyond ±(2^53 − 1).
    #[error("an integer within ±(2^53 − 1) is expected here, not {}", Backticked(found))]
    NotAnInteger {
        /// The value.
        found: String,
    },
    /// The value looks like a range, and is not one.
    #[error(
        "{} is not a range; a range has two integers, which are both permitted, as in `0..100`; for one bound write `<=` or `>=`; put a string in double quotes",
        Backticked(found)
    )]
    NotARange {
        /// The value.
        found: String,
    },
    /// The first integer of a range is greater than the second.
    #[error("the range `{min}..{max}` permits no integer; write the smaller one first")]
    EmptyRange {
        /// The first integer.
        min: i64,
        /// The second integer.
        max: i64,
    },
    /// A range is written where a single value is expected.
    #[error(
        "{} is not a single value; write a range as `limit=0..100`, and put a string in double quotes",
        Backticked(found)
    )]
    RangeAsValue {
        /// The range.
        found: String,
    },
}

impl From<CapabilityError> for GrammarFault {
    fn from(error: CapabilityError) -> Self {
        Self::Capability(Box::new(error))
    }
}
