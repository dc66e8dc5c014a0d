//! Facts about a request for a plain Biscuit authorizer, which can then check a presentation.
//!
//! Our own verifier never runs Datalog. A service that checks tokens with another Biscuit library,
//! in any language, gives its authorizer these facts and the policy `allow if true`. The checks in
//! the token do the rest. The names are a public contract:
//!
//! | fact | type of its terms |
//! |---|---|
//! | `time(now)` | date |
//! | `operation(text)` | string |
//! | `resource(text)` | string |
//! | `resource_path(segments)` | array of strings |
//! | `audience(text)` | string |
//! | `args(map)` | map from argument name or pointer to value, with objects and lists of objects |
//! | `arg_names(names)` | set of strings: all names except those of objects and lists of objects |
//! | `request_digest(bytes)` | bytes |
//! | `satisfies(argument, kind, parameter)` | string, string, string or array |
//!
//! `satisfies` is for limits that Datalog cannot express (`glob`, `subpath`, `url`, `cidr`, and
//! `each` of them). [`facts`] adds it for every such limit in the token that the request satisfies,
//! or whose argument is absent.
//!
//! Such an authorizer does *not* check the number of hops that may follow, the allowed delegates,
//! that no hop outlives its parent, that a hop is not issued in the future, that the root key may
//! speak for the owner, revocation by our ids, replays, and the work of a decision.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::capability::Capability;
use crate::chain::{NoCache, PresentedChain, any_root};
use crate::format::container::{Container, FormatError};
use crate::format::datalog::{self, Elements, satisfies_parameter};
use crate::grant::Grant;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::limits::HARD_MAX_HOPS;
use crate::request::Request;
use crate::request::arguments::Argument;
use crate::request::value::Value;
use crate::token::TokenError;
use crate::token::presentation::Presentation;

/// One fact, for the builder of a Biscuit authorizer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The name of the predicate.
    pub name: &'static str,
    /// The terms.
    pub terms: Vec<Term>,
}

/// A term of Biscuit's Datalog (v3.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A 64-bit integer.
    Integer(i64),
    /// A string.
    String(String),
    /// Seconds since 1970. In `args`, second 0 represents a value that no limit can judge: a float,
    /// an object, or a member that is not in all elements of a list of objects. An array of these
    /// dates represents a list of that length; limits can judge only its length.
    Date(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A set of strings.
    Set(Vec<Term>),
    /// An array.
    Array(Vec<Term>),
    /// A map with strings for keys.
    Map(BTreeMap<String, Term>),
}

/// Facts for an authorizer, and the presentation that they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The root key that the presentation states, under which it was verified. The caller must
    /// check that it is trusted and may speak for the owner that the token names. Give the
    /// authorizer no other key.
    pub root_key: PublicKey,
    /// The bytes of the verified presentation. Give the authorizer no others.
    pub bytes: Vec<u8>,
    /// The facts.
    pub facts: Vec<Fact>,
}

/// Verifies a presentation under the root key that it states, and returns the facts about `request`
/// at `now`. They include a `satisfies` fact for each limit of the token that Datalog cannot
/// express and that the request satisfies.
///
/// # Errors
///
/// [`TokenError::NotAuthentic`], with the hop and the code with which a
/// [`Verifier`](crate::Verifier) would refuse it as not authentic.
pub fn facts(
    presentation: &Presentation,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Facts, TokenError> {
    let container = Container::parse(presentation.as_bytes()).map_err(FormatError::from)?;
    let chain = PresentedChain::authenticate(&container, any_root, HARD_MAX_HOPS, &NoCache)
        .map_err(|reason| TokenError::NotAuthentic(reason.into()))?;
    let mut facts = request_facts(request, UnixTime::from(now));
    let hops = &chain.delegations.hops;
    let mut satisfied: Vec<Fact> =
        hops.iter().flat_map(|hop| satisfied(hop.grant(), request)).collect();
    satisfied.sort();
    satisfied.dedup();
    facts.append(&mut satisfied);
    let bytes = presentation.as_bytes().to_vec();
    Ok(Facts { root_key: chain.delegations.root, bytes, facts })
}

/// Returns the facts of the request alone.
pub(crate) fn request_facts(request: &Request, now: UnixTime) -> Vec<Fact> {
    let names = request.arguments().names().map(string).collect();
    let segments = request.resource().segments().map(string).collect();
    let args = request.arguments().all().map(|(name, value)| {
        let term = match value {
            Argument::Value(value) => term(value),
            Argument::List(length) | Argument::Objects(length) => {
                Term::Array(vec![Term::Date(0); length])
            }
            Argument::Absent | Argument::Object | Argument::Undecidable => Term::Date(0),
        };
        (name.to_owned(), term)
    });
    vec![
        fact("time", vec![Term::Date(now.seconds())]),
        fact("operation", vec![string(request.operation().as_str())]),
        fact("resource", vec![string(request.resource().as_str())]),
        fact("resource_path", vec![Term::Array(segments)]),
        fact("audience", vec![string(request.audience())]),
        fact("args", vec![Term::Map(args.collect())]),
        fact("arg_names", vec![Term::Set(names)]),
        fact("request_digest", vec![bytes(&request.digest())]),
    ]
}

fn satisfied(grant: &Grant, request: &Request) -> Vec<Fact> {
    let limits = grant.capabilities.iter().flat_map(Capability::args);
    let each = limits.flat_map(|(name, limits)| limits.constraints.iter().map(move |c| (name, c)));
    each.filter_map(|(name, constraint)| {
        let holds = match request.arguments().get(name) {
            Argument::Absent => true,
            Argument::Value(value) => constraint.permits(value),
            // A limit on the length alone can be expressed in Datalog, so it needs no fact.
            _ => false,
        };
        let parameter = satisfies_parameter(constraint).filter(|_| holds)?;
        let kind = string(constraint.kind().as_str());
        Some(fact("satisfies", vec![string(name), kind, ground(parameter.as_term())?]))
    })
    .collect()
}

/// Converts a term without variables to a term of a fact.
fn ground(term: datalog::Term<'_>) -> Option<Term> {
    let items = |list: &dyn Elements| {
        let mut items = Vec::new();
        let visited = list.for_each(&mut |item| {
            items.push(ground(item));
            Ok(())
        });
        visited.ok().and_then(|()| items.into_iter().collect())
    };
    Some(match term {
        datalog::Term::Variable(_) => return None,
        datalog::Term::Integer(i) => Term::Integer(i),
        datalog::Term::Str(text) => string(text),
        datalog::Term::Date(seconds) => Term::Date(seconds),
        datalog::Term::Bytes(bytes) => Term::Bytes(bytes.to_vec()),
        datalog::Term::Bool(b) => Term::Bool(b),
        datalog::Term::Null => Term::Null,
        datalog::Term::Set(list) => Term::Set(items(list)?),
        datalog::Term::Array(list) => Term::Array(items(list)?),
    })
}

fn term(value: &Value) -> Term {
    match value {
        Value::Null => Term::Null,
        Value::Bool(b) => Term::Bool(*b),
        Value::Integer(i) => Term::Integer(*i),
        Value::String(s) => string(s),
        Value::List(items) => Term::Array(items.iter().map(term).collect()),
    }
}

pub(crate) fn fact(name: &'static str, terms: Vec<Term>) -> Fact {
    Fact { name, terms }
}

pub(crate) fn string(text: &str) -> Term {
    Term::String(text.to_owned())
}

pub(crate) fn bytes(bytes: &[u8]) -> Term {
    Term::Bytes(bytes.to_vec())
}
