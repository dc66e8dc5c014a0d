//! The parameter of a limit: `docs/FORMAT.md`, section 9.

use std::collections::BTreeSet;

use crate::constraint::{Constraint, ConstraintKind, UrlPattern};
use crate::format::datalog::read::{self, BlockError, Decoder, refuse};
use crate::format::datalog::syntax::Term;
use crate::format::datalog::write::{self, Elements, integer};
use crate::format::wire::Reader;
use crate::request::value::Value;

pub(super) const UNKNOWN: BlockError = BlockError("limits an argument in an unknown way");

pub(super) const BAD_PARAMETER: BlockError = BlockError("limits an argument by a bad parameter");

/// The parameter of a limit as a term.
pub(crate) enum Parameter<'t> {
    Term(write::Term<'t>),
    Text(String),
}

impl<'t> Parameter<'t> {
    pub(super) fn of(constraint: &'t Constraint) -> Self {
        Self::Term(match constraint {
            Constraint::Equals(value) => encode_value(value),
            Constraint::OneOf(set)
            | Constraint::NoneOf(set)
            | Constraint::SubsetOf(set)
            | Constraint::ContainsAll(set) => Term::Array(set),
            Constraint::Min(bound) | Constraint::Max(bound) => Term::Integer(*bound),
            Constraint::MaxLen(bound) => integer(*bound),
            Constraint::Prefix(text) | Constraint::Suffix(text) => Term::Str(text),
            Constraint::Glob(pattern) => Term::Str(pattern.as_str()),
            Constraint::Subpath(directory) => Term::Str(directory.as_str()),
            Constraint::Url(pattern) => Term::Array(pattern),
            Constraint::Cidr(network) => return Self::Text(network.to_string()),
            Constraint::Each(limit) => Term::Array(limit.as_ref()),
        })
    }

    pub(crate) fn as_term(&self) -> write::Term<'_> {
        match self {
            Self::Term(term) => *term,
            Self::Text(text) => Term::Str(text),
        }
    }
}

pub(super) fn decode_parameter<'a>(
    kind: ConstraintKind,
    parameter: read::Term<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Constraint> {
    match kind {
        ConstraintKind::Equals => decode_value(parameter, decoder).map(Constraint::Equals),
        ConstraintKind::OneOf => decode_set(parameter, decoder).map(Constraint::OneOf),
        ConstraintKind::NoneOf => decode_set(parameter, decoder).map(Constraint::NoneOf),
        ConstraintKind::Min => decode_integer(parameter).map(Constraint::Min),
        ConstraintKind::Max => decode_integer(parameter).map(Constraint::Max),
        ConstraintKind::Prefix => decode_text(parameter).map(Constraint::prefix),
        ConstraintKind::Suffix => decode_text(parameter).map(Constraint::suffix),
        ConstraintKind::Glob => Constraint::glob(decode_text(parameter)?).or(Err(BAD_PARAMETER)),
        ConstraintKind::Subpath => {
            Constraint::subpath(decode_text(parameter)?).or(Err(BAD_PARAMETER))
        }
        ConstraintKind::Url => decode_url(parameter, decoder).map(Constraint::Url),
        ConstraintKind::Cidr => Constraint::cidr(decode_text(parameter)?).or(Err(BAD_PARAMETER)),
        ConstraintKind::MaxLen => {
            let bound = u64::try_from(decode_integer(parameter)?);
            bound.map(Constraint::MaxLen).or(Err(UNKNOWN))
        }
        ConstraintKind::SubsetOf => decode_set(parameter, decoder).map(Constraint::SubsetOf),
        ConstraintKind::ContainsAll => decode_set(parameter, decoder).map(Constraint::ContainsAll),
        // Its parameter is another limit, which the callers decode.
        ConstraintKind::Each => Err(UNKNOWN),
    }
}

fn decode_integer(term: read::Term<'_>) -> read::Result<i64> {
    if let Term::Integer(integer) = term { Ok(integer) } else { Err(UNKNOWN) }
}

fn decode_text(term: read::Term<'_>) -> read::Result<&str> {
    if let Term::Str(text) = term { Ok(text) } else { Err(UNKNOWN) }
}

/// `["kind", parameter]`: a limit on elements, as the parameter of `each` in a fact.
impl Elements for Constraint {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        visit(Term::Str(self.kind().as_str()))?;
        visit(Parameter::of(self).as_term())
    }
}

/// `[[schemes], [hosts], [ports], "path prefix"]`
impl Elements for UrlPattern {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        visit(Term::Array(self.schemes()))?;
        visit(Term::Array(self.hosts()))?;
        visit(Term::Array(self.ports()))?;
        visit(Term::Str(self.path_prefix()))
    }
}

impl Elements for BTreeSet<String> {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        self.iter().try_for_each(|text| visit(Term::Str(text)))
    }
}

impl Elements for BTreeSet<u16> {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        self.iter().try_for_each(|port| visit(Term::Integer(i64::from(*port))))
    }
}

fn decode_url<'a>(term: read::Term<'a>, decoder: &Decoder<'_, 'a>) -> read::Result<UrlPattern> {
    let Term::Array(parts) = term else { return Err(UNKNOWN) };
    let mut parts = decoder.items(parts);
    let mut part = || parts.next().ok_or(BAD_PARAMETER)?.map_err(BlockError::from);
    let (Term::Array(schemes), Term::Array(hosts), Term::Array(ports), Term::Str(prefix)) =
        (part()?, part()?, part()?, part()?)
    else {
        return Err(BAD_PARAMETER);
    };
    let port = |term| match term {
        Term::Integer(port) => u16::try_from(port).or(Err(BAD_PARAMETER)),
        _ => Err(BAD_PARAMETER),
    };
    let ports = decoder.items(ports).map(|term| port(term?));
    let ports: Vec<u16> = ports.collect::<read::Result<_>>()?;
    UrlPattern::new(decoder.texts(schemes)?, decoder.texts(hosts)?)
        .and_then(|url| url.with_ports(ports))
        .and_then(|url| url.with_path_prefix(prefix))
        .or(Err(BAD_PARAMETER))
}

// Values.

fn encode_value(value: &Value) -> write::Term<'_> {
    match value {
        Value::Null => Term::Null,
        Value::Bool(b) => Term::Bool(*b),
        Value::Integer(i) => Term::Integer(*i),
        Value::String(text) => Term::Str(text),
        Value::List(items) => Term::Array(items),
    }
}

impl Elements for BTreeSet<Value> {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        self.iter().try_for_each(|value| visit(encode_value(value)))
    }
}

impl Elements for Vec<Value> {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        self.iter().try_for_each(|value| visit(encode_value(value)))
    }
}

fn decode_value<'a>(term: read::Term<'a>, decoder: &Decoder<'_, 'a>) -> read::Result<Value> {
    match term {
        Term::Array(list) => decode_scalars(list, decoder).map(Value::List),
        term => decode_scalar(term),
    }
}

fn decode_set<'a>(
    term: read::Term<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<BTreeSet<Value>> {
    let Term::Array(list) = term else { return Err(UNKNOWN) };
    decode_scalars(list, decoder)
}

fn decode_scalars<'a, C: FromIterator<Value>>(
    list: Reader<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<C> {
    decoder.items(list).map(|term| decode_scalar(term?)).collect()
}

fn decode_scalar(term: read::Term<'_>) -> read::Result<Value> {
    Ok(match term {
        Term::Null => Value::Null,
        Term::Bool(b) => Value::Bool(b),
        Term::Integer(i) => Value::Integer(i),
        Term::Str(text) => Value::String(text.to_owned()),
        _ => return refuse("compares an argument with a term that is not a value"),
    })
}
