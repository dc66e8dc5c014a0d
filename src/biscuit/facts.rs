//! The facts that a policy gets about a chain and a request.

use biscuit_auth::builder::{Fact as EngineFact, MapKey, Term as EngineTerm};

use crate::instant::UnixTime;
use crate::interop::{Fact, Term, bytes, fact, request_facts, string};
use crate::limits::{MAX_POLICY_TEXT, MAX_POLICY_VALUES};
use crate::principal::PrincipalKind;
use crate::request::Request;
use crate::request::arguments::Argument;
use crate::request::value::Value;
use crate::verify::verified_chain::VerifiedChain;

use super::error::DatalogError;

/// The names of the facts, and the types of their terms as [`type_of`] names them.
pub(super) const FACTS: [(&str, &[&str]); 15] = [
    ("time", &["a date"]),
    ("operation", &["a string"]),
    ("resource", &["a string"]),
    ("resource_path", &["an array"]),
    ("audience", &["a string"]),
    ("args", &["a map"]),
    ("arg_names", &["a set"]),
    ("request_digest", &["bytes"]),
    ("owner", &["a string", "a string", "bytes"]),
    ("holder", &["a string", "a string", "bytes"]),
    ("hop", &["an integer", "a string", "a string", "bytes"]),
    ("key", &["an integer", "bytes"]),
    ("issued", &["an integer", "a date"]),
    ("expires", &["an integer", "a date"]),
    ("purpose", &["an integer", "a string"]),
];

pub(super) fn type_of(term: &EngineTerm) -> &'static str {
    match term {
        EngineTerm::Variable(_) => "a variable",
        EngineTerm::Integer(_) => "an integer",
        EngineTerm::Str(_) => "a string",
        EngineTerm::Date(_) => "a date",
        EngineTerm::Bytes(_) => "bytes",
        EngineTerm::Bool(_) => "a boolean",
        EngineTerm::Set(_) => "a set",
        EngineTerm::Parameter(_) => "a parameter",
        EngineTerm::Null => "null",
        EngineTerm::Array(_) => "an array",
        EngineTerm::Map(_) => "a map",
    }
}

/// Returns the facts for the engine. All but the arguments are bounded by the limits of grants and
/// requests.
///
/// # Errors
///
/// [`DatalogError`] if the arguments are too large.
pub(super) fn facts(
    chain: &VerifiedChain,
    request: &Request,
) -> Result<Vec<EngineFact>, DatalogError> {
    check_size(request)?;
    let facts = request_facts(request, chain.at).into_iter().chain(chain_facts(chain));
    Ok(facts
        .map(|Fact { name, terms }| {
            let terms = terms.into_iter();
            let terms: Vec<EngineTerm> = if name == "args" {
                let mut unjudged = 0;
                terms.map(|term| argument(term, &mut unjudged)).collect()
            } else {
                terms.map(EngineTerm::from).collect()
            };
            EngineFact::new(name.to_owned(), terms)
        })
        .collect())
}

/// The engine compares each string with all before it, and looks at no clock meanwhile.
fn check_size(request: &Request) -> Result<(), DatalogError> {
    let (mut values, mut text) = (0_usize, 0_usize);
    for (name, argument) in request.arguments().all() {
        let (found, bytes) = match argument {
            Argument::Value(value) => size(value),
            Argument::List(length) | Argument::Objects(length) => (length.saturating_add(1), 0),
            Argument::Absent | Argument::Object | Argument::Undecidable => (1, 0),
        };
        values = values.saturating_add(found);
        text = text.saturating_add(name.len()).saturating_add(bytes);
    }
    if values > MAX_POLICY_VALUES {
        return Err(DatalogError::TooManyValues { found: values });
    }
    if text > MAX_POLICY_TEXT {
        return Err(DatalogError::TooMuchText { found: text });
    }
    Ok(())
}

/// Returns the number of values, and the length of their strings.
fn size(value: &Value) -> (usize, usize) {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => (1, 0),
        Value::String(text) => (1, text.len()),
        Value::List(items) => {
            items.iter().map(size).fold((1, 0), |(values, text), (more, bytes)| {
                (values.saturating_add(more), text.saturating_add(bytes))
            })
        }
    }
}

/// Converts a term of `args`. Dates represent values that no limit can judge.
///
/// The engine has no value that equals no other and has no order and no length. A variable inside
/// an argument is all of that, since nothing binds it: `==` is false, `!=` is true, and any other
/// operation on it is an error, which refuses the call. Each has its own name, or two lists of them
/// would be equal. No variable of a policy has a blank in its name.
fn argument(term: Term, unjudged: &mut usize) -> EngineTerm {
    match term {
        Term::Date(_) => {
            *unjudged = unjudged.saturating_add(1);
            EngineTerm::Variable(format!("not judged {unjudged}"))
        }
        Term::Array(items) => {
            EngineTerm::Array(items.into_iter().map(|item| argument(item, unjudged)).collect())
        }
        Term::Map(entries) => EngineTerm::Map(
            entries
                .into_iter()
                .map(|(name, term)| (MapKey::Str(name), argument(term, unjudged)))
                .collect(),
        ),
        other => other.into(),
    }
}

fn chain_facts(chain: &VerifiedChain) -> Vec<Fact> {
    let (owner, holder) = (chain.owner(), chain.holder());
    let kind = |kind: PrincipalKind| string(kind.as_str());
    let date = |at: UnixTime| Term::Date(at.seconds());
    let mut facts = vec![
        fact(
            "owner",
            vec![string(owner.name()), kind(owner.kind()), bytes(&chain.root_key().to_bytes())],
        ),
        fact(
            "holder",
            vec![string(holder.name()), kind(holder.kind()), bytes(&holder.key().to_bytes())],
        ),
    ];
    for (index, hop) in (0_i64..).zip(chain.hops()) {
        let index = || Term::Integer(index);
        let (delegator, delegate) = (hop.delegator(), hop.delegate());
        facts.extend([
            fact(
                "hop",
                vec![
                    index(),
                    string(delegator.name()),
                    string(delegate.name()),
                    bytes(&hop.id().to_bytes()),
                ],
            ),
            fact("key", vec![index(), bytes(&delegate.key().to_bytes())]),
            fact("issued", vec![index(), date(hop.issued)]),
            fact("expires", vec![index(), date(hop.grant.expires)]),
            fact("purpose", vec![index(), string(hop.grant().purpose())]),
        ]);
    }
    facts
}

impl From<Term> for EngineTerm {
    fn from(term: Term) -> Self {
        match term {
            Term::Null => Self::Null,
            Term::Bool(b) => Self::Bool(b),
            Term::Integer(i) => Self::Integer(i),
            Term::String(text) => Self::Str(text),
            Term::Date(seconds) => Self::Date(seconds),
            Term::Bytes(bytes) => Self::Bytes(bytes),
            Term::Set(terms) => Self::Set(terms.into_iter().map(Self::from).collect()),
            Term::Array(terms) => Self::Array(terms.into_iter().map(Self::from).collect()),
            Term::Map(entries) => Self::Map(
                entries.into_iter().map(|(name, term)| (MapKey::Str(name), term.into())).collect(),
            ),
        }
    }
}
