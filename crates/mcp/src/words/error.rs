//! Errors of vocabularies and of words.

use deputize::text::Backticked;
use deputize::{CapabilityError, ConstraintError, GrammarFault, ResourceError, ResourcePattern};
use thiserror::Error;

use super::kind::ArgumentKind;
use crate::limits::{MAX_VOCABULARY_BYTES, MAX_WORD_TOOLS};

/// The reason why a text is not a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// The text is too long.
    #[error("the vocabulary has {bytes} bytes, and at most {MAX_VOCABULARY_BYTES} are allowed")]
    TooLong {
        /// The length.
        bytes: usize,
    },
    /// The text has a fault.
    #[error("line {line}, column {column}: {fault}")]
    At {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// The fault.
        fault: VocabularyFault,
    },
}

/// A fault of a vocabulary, without the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VocabularyFault {
    /// The text is not TOML, or has a member that a vocabulary does not have.
    #[error("{why}")]
    Syntax {
        /// The fault.
        why: String,
    },
    /// The name of a tool is not a resource, so it cannot be granted by its name.
    #[error("a tool is granted by its name: {error}")]
    ToolName {
        /// The fault of the name.
        error: Box<ResourceError>,
    },
    /// The name of a word is malformed.
    #[error(
        "{} is not the name of a word; write a lower-case letter, then letters, digits and hyphens",
        Backticked(found)
    )]
    WordName {
        /// The name.
        found: String,
    },
    /// A word has no tools, or too many for one token.
    #[error("the word has {found} tools, and needs 1 to {MAX_WORD_TOOLS}")]
    ToolCount {
        /// The number of tools.
        found: usize,
    },
    /// A word names a tool twice.
    #[error("the word names the tool {} twice", Backticked(tool))]
    ToolTwice {
        /// The tool.
        tool: String,
    },
    /// A word names a tool without an entry.
    #[error(
        "the tool {} has no entry; add `[tools.NAME]` with the kind of each of its arguments",
        Backticked(tool)
    )]
    NoTool {
        /// The tool.
        tool: String,
    },
    /// A word limits an argument that none of its tools has.
    #[error("none of the word's tools has the argument {}", Backticked(name))]
    NoArgument {
        /// The argument.
        name: String,
    },
    /// The list of limits on an argument is empty.
    #[error(
        "the limit on argument {} is an empty list; write `\"?\"` to permit any value",
        Backticked(name)
    )]
    NoText {
        /// The argument.
        name: String,
    },
    /// A word does not say which values of an argument it grants.
    #[error(
        "the word grants the tool {} and has no limit for its argument {}, a `{}`; add one, or `\"?\"` to permit any value",
        Backticked(tool),
        Backticked(name),
        kind.as_str()
    )]
    NoLimit {
        /// The tool.
        tool: String,
        /// The argument.
        name: String,
        /// Its kind.
        kind: ArgumentKind,
    },
    /// An operand is only a part of a value.
    #[error(
        "{{{index}}} stands for a whole value; write it after `=`, `~` or a comma, without quotes, and nothing after it: {}",
        Backticked(found)
    )]
    NotAValue {
        /// The limit.
        found: String,
        /// The index of the operand.
        index: usize,
    },
    /// A word uses its second operand and not its first, or the like.
    #[error("the word has an operand {{{used}}} and none {{{missing}}}; count from {{0}}")]
    OperandMissing {
        /// The highest index.
        used: usize,
        /// The first index that no limit has.
        missing: usize,
    },
    /// A word grants a tool that one of its operands does not limit.
    #[error(
        "the word grants the tool {}, and {{{index}}} limits none of its arguments; put the tool into another word",
        Backticked(tool)
    )]
    BeyondOperand {
        /// The tool.
        tool: String,
        /// The index of the operand.
        index: usize,
    },
    /// A word cannot grant one of its tools, whatever its operands.
    #[error("the word cannot grant the tool {}: {error}", Backticked(tool))]
    Word {
        /// The tool.
        tool: String,
        /// The reason.
        error: Box<WordError>,
    },
}

/// The reason why a word with its operands is not a list of capabilities.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WordError {
    /// The vocabulary does not have the word.
    #[error(
        "{} is not a word of the vocabulary, which has: {words}; put an operation of this name in double quotes",
        Backticked(found)
    )]
    NotAWord {
        /// The word.
        found: String,
        /// The words of the vocabulary.
        words: String,
    },
    /// There are too few operands, or too many.
    #[error(
        "write `{usage}`; there {} here, and a blank in an operand needs double quotes around it",
        operands(*found)
    )]
    Operands {
        /// The word with its operands.
        usage: String,
        /// The number of operands that were given.
        found: usize,
    },
    /// An operand is empty.
    #[error("an operand is empty")]
    Empty,
    /// Quotation marks are inside an operand, not closed, or of another kind.
    #[error(
        "only double quotes around a whole operand are quotation marks, with a JSON string in them, not {}",
        Backticked(found)
    )]
    Quotes {
        /// The operand.
        found: String,
    },
    /// An operand is not a value of the argument that it limits.
    #[error("{expected} is expected here, not {}", Backticked(found))]
    NotAValue {
        /// The operand.
        found: String,
        /// The values.
        expected: &'static str,
    },
    /// A path is not absolute.
    #[error(
        "the path {} must be absolute; write all of it, beginning with `/`, as nothing is completed",
        Backticked(found)
    )]
    NotAbsolute {
        /// The path.
        found: String,
    },
    /// A path is absolute, where it is one inside a folder that another argument names.
    #[error(
        "the path {} is absolute, and this one is inside a folder that is named elsewhere; write the part after that folder",
        Backticked(found)
    )]
    NotInside {
        /// The path.
        found: String,
    },
    /// A path is in another spelling than the one that limits compare.
    #[error("the path {} has another spelling; write {}", Backticked(found), Backticked(instead))]
    Spelling {
        /// The path.
        found: String,
        /// The same path as limits compare it.
        instead: String,
    },
    /// A path has characters that servers expand to something else.
    #[error(
        "the path {} has a `$`, or begins with `~` or `:`, which servers replace by something else; write the path that is meant",
        Backticked(found)
    )]
    Expanded {
        /// The path.
        found: String,
    },
    /// A path could be read in two ways.
    #[error(transparent)]
    Path {
        /// The fault.
        error: Box<ConstraintError>,
    },
    /// With the operand, a limit is malformed.
    #[error("argument {}: {fault}", Backticked(name))]
    Limit {
        /// The argument.
        name: String,
        /// The fault.
        fault: Box<GrammarFault>,
    },
    /// A limit mentions other arguments.
    #[error("the limit on argument {} must be about this argument alone", Backticked(name))]
    OtherArguments {
        /// The argument.
        name: String,
    },
    /// No value of the argument can satisfy the limit.
    #[error(
        "the limit on argument {} is not for `{}`; {}",
        Backticked(name),
        kind.as_str(),
        remedy(*kind)
    )]
    Shape {
        /// The argument.
        name: String,
        /// Its kind.
        kind: ArgumentKind,
    },
    /// The name of a tool is not one that can be granted.
    #[error(transparent)]
    Tool {
        /// The fault.
        error: Box<CapabilityError>,
    },
    /// The limits are not a capability.
    #[error("the tool {tool}: {error}")]
    Capability {
        /// The tool.
        tool: ResourcePattern,
        /// The fault.
        error: Box<CapabilityError>,
    },
}

fn operands(found: usize) -> String {
    match found {
        0 => "is no operand".to_owned(),
        1 => "is 1 operand".to_owned(),
        more => format!("are {more} operands"),
    }
}

fn remedy(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Objects => {
            "write `/**`, or give the members entries of their own, such as `/files/*/path`"
        }
        list if list.is_list() => "limit each element, as in `[]:subpath={0}`",
        _ => "limit the value, as in `:subpath={0}`",
    }
}
