//! The reasons why a policy is not read or not evaluated.

use std::time::Duration;

use biscuit_auth::error::Token as EngineError;
use thiserror::Error;

use crate::limits::{MAX_POLICY_TEXT, MAX_POLICY_VALUES};
use crate::text::escape::Backticked;

/// The reason why a policy could not be read, or not be evaluated for a call.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatalogError {
    /// The text is not Datalog. This is the engine's message.
    #[error("the policy cannot be read: {0}")]
    Syntax(String),
    /// The engine would not evaluate a statement of the policy as it reads.
    #[error("the policy is refused: {} {fault}", Backticked(statement))]
    Statement {
        /// The statement.
        statement: String,
        /// The fault of the statement.
        fault: StatementFault,
    },
    /// The arguments of the call have more than [`MAX_POLICY_VALUES`] values.
    #[error(
        "the policy cannot be evaluated: the arguments have {found} values, and the most is {MAX_POLICY_VALUES}; make several calls with shorter lists"
    )]
    TooManyValues {
        /// The number of arguments, objects and elements of lists.
        found: usize,
    },
    /// The names and strings of the arguments have more than [`MAX_POLICY_TEXT`] bytes.
    #[error(
        "the policy cannot be evaluated: the names and strings of the arguments have {found} bytes, and the most is {MAX_POLICY_TEXT}; pass the digest of a long text instead"
    )]
    TooMuchText {
        /// Their length, in bytes.
        found: usize,
    },
    /// The engine failed, or reached one of its limits.
    #[error("the policy cannot be evaluated: {0}")]
    Engine(String),
    /// The engine failed at a statement.
    #[error("the policy cannot be evaluated: {} fails: {message}", Backticked(statement))]
    Evaluation {
        /// The check or policy.
        statement: String,
        /// The engine's message.
        message: String,
    },
    /// The evaluation took longer than the limit.
    #[error(
        "the policy cannot be evaluated: it took {} ms, and the most is {} ms; simplify its rules, or raise its limit",
        took.as_millis(),
        most.as_millis()
    )]
    TooSlow {
        /// The time that it took.
        took: Duration,
        /// The limit.
        most: Duration,
    },
}

impl DatalogError {
    pub(super) fn engine(error: &EngineError) -> Self {
        Self::Engine(message(error))
    }

    pub(super) fn evaluation(statement: &str, error: &EngineError) -> Self {
        match error {
            // The statements before it took the time.
            EngineError::RunLimit(_) => Self::engine(error),
            _ => Self::Evaluation { statement: statement.to_owned(), message: message(error) },
        }
    }
}

/// The engine's words, without those that repeat ours.
fn message(error: &EngineError) -> String {
    match error {
        EngineError::Execution(failure) => failure.to_string().to_lowercase(),
        EngineError::RunLimit(limit) => limit.to_string(),
        other => other.to_string(),
    }
}

/// The reason why the engine would not evaluate a statement as it reads. Follows the statement in a
/// message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StatementFault {
    /// Neither the policy nor the call has a fact with this name and this number of terms.
    #[error(
        "asks for {}, which is not a fact of the policy or of the call{}; `deputize::biscuit` lists those of the call",
        Backticked(&format!("{name}/{terms}")),
        known.map_or_else(String::new, |known| format!(", as `{name}/{known}` is"))
    )]
    UnknownFact {
        /// The name.
        name: String,
        /// The number of terms.
        terms: usize,
        /// The number of terms of the facts with that name about a call, if there are any.
        known: Option<usize>,
    },
    /// A fact about the call never has a term of this type in this place.
    #[error(
        "asks for {} with {found} as term {index}, which is always {expected}",
        Backticked(name)
    )]
    TermType {
        /// The name of the fact.
        name: String,
        /// The index of the term, from 0.
        index: usize,
        /// The type of that term.
        expected: &'static str,
        /// The type in the statement.
        found: &'static str,
    },
    /// The policy states a fact that only the call can have.
    #[error("states a fact about the call; use another name than {}", Backticked(name))]
    StatesFactOfCall {
        /// The name of the fact.
        name: String,
    },
    /// The engine ignores some queries of `reject if … or …`.
    #[error("has several queries, of which the engine may skip one; write a `reject if` for each")]
    SeveralRejections,
    /// A policy before it allows every call, so it has no effect.
    #[error("is never reached, because a policy before it allows every call; put it first")]
    Unreachable,
    /// A variable in an expression is in no predicate of the query.
    #[error("has the variable ${name} in an expression, and in no predicate")]
    Unbound {
        /// The name of the variable.
        name: String,
    },
    /// A regular expression is invalid, and would never match.
    #[error(
        "has the regular expression {}, which the engine cannot read and would never match",
        Backticked(pattern)
    )]
    Pattern {
        /// The regular expression.
        pattern: String,
    },
    /// A regular expression is not written in the policy, so it may be invalid.
    #[error("has a regular expression that is computed; write it as a string in `matches`")]
    ComputedPattern,
    /// The engine has no function of this name.
    #[error("calls the function {}, and there are none", Backticked(name))]
    Function {
        /// The name, without `extern::`.
        name: String,
    },
}
