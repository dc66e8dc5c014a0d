//! From the query of a capability back to the capability.

use std::collections::{BTreeMap, BTreeSet};

use super::decode::{Result, refuse};
use crate::capability::{Capability, OtherArgs, Presence};
use crate::constraint::{Cidr, Constraint, Glob, Subpath, UrlPattern};
use crate::format::datalog::BlockError;
use crate::format::datalog::reading::{
    Decoder, MAX_NAMING_OPS, MAX_PARTS, Op, Predicate, Query, Term,
};
use crate::format::datalog::syntax::Op::{Binary as B, Closure, Unary as U, Value as V};
use crate::format::datalog::syntax::{Binary, Unary};
use crate::format::datalog::vocabulary::{ARG_NAMES, ARGS, OPERATION, PATH, RESOURCE};
use crate::format::wire::Reader;
use crate::request::arguments::name_above;
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;
use crate::request::value::Value;

const UNKNOWN: BlockError = BlockError("limits an argument in a way that is not known");

const BAD: BlockError = BlockError("limits an argument by a parameter that cannot be");

/// The parts of a capability as they turn up in its query.
#[derive(Default)]
struct Parts<'a> {
    operation: Option<OperationPattern>,
    resource: Option<ResourcePattern>,
    child_only: bool,
    /// All names, where the world is closed.
    named: Option<Vec<&'a str>>,
    required: Vec<&'a str>,
    /// The names inside which everything is permitted.
    below: Vec<String>,
    limits: Vec<(&'a str, Constraint)>,
}

pub(super) fn capability<'a>(
    mut query: Query<'a>,
    decoder: &Decoder<'_, 'a>,
) -> Result<Capability> {
    let mut parts = Parts::default();
    for _ in 0..MAX_PARTS {
        let Some(predicate) = query.predicate(decoder) else { break };
        decoder.note_predicate(&predicate?, &mut parts)?;
    }
    for _ in 0..MAX_PARTS {
        let Some(expression) = query.expression(decoder) else { break };
        decoder.note_expression(expression?.as_slice(), &mut parts)?;
    }
    parts.assemble()
}

/// Recognises what a query is made of.
impl<'a> Decoder<'_, 'a> {
    fn note_predicate(&self, predicate: &Predicate<'a>, parts: &mut Parts<'a>) -> Result<()> {
        match (predicate.name, predicate.terms.as_slice()) {
            ("operation", [Term::Str(name)]) => {
                let exact = name.parse().map(OperationPattern::Exact);
                parts.operation = Some(exact.or_else(|_| refuse("names what is no operation"))?);
            }
            ("resource", [Term::Str(name)]) => {
                let exact = name.parse().map(ResourcePattern::Exact);
                parts.resource = Some(exact.or_else(|_| refuse("names what is no resource"))?);
            }
            ("arg_names", [Term::Set(names)]) => {
                parts.required = self.names(*names)?;
                parts.named = Some(parts.required.clone());
            }
            ("satisfies", [Term::Str(name), Term::Str(kind), parameter]) => {
                parts.limits.push((name, self.beyond_datalog(kind, *parameter)?));
            }
            ("operation", [Term::Variable(OPERATION)])
            | ("resource", [Term::Variable(RESOURCE)])
            | ("resource_path", [Term::Variable(PATH)])
            | ("arg_names", [Term::Variable(ARG_NAMES)])
            | ("args", [Term::Variable(ARGS)]) => {}
            _ => return refuse("asks for a fact that no capability asks for"),
        }
        Ok(())
    }

    fn note_expression(&self, ops: &[Op<'a>], parts: &mut Parts<'a>) -> Result<()> {
        match ops {
            [V(Term::Variable(OPERATION)), V(Term::Str(prefix)), B(Binary::StartsWith)] => {
                let stem = prefix.strip_suffix('.').and_then(|stem| stem.parse().ok());
                let stem = stem.ok_or(BlockError("names what is no operation"))?;
                parts.operation = Some(OperationPattern::Below(stem));
            }
            [V(Term::Variable(RESOURCE)), V(Term::Str(prefix)), B(Binary::StartsWith)] => {
                let stem = prefix.strip_suffix('/').and_then(|stem| stem.parse().ok());
                let stem = stem.ok_or(BlockError("names what is no resource"))?;
                parts.resource = Some(ResourcePattern::Below(stem));
            }
            [V(Term::Variable(PATH)), U(Unary::Length), ..] => parts.child_only = true,
            [V(Term::Set(names)), V(Term::Variable(ARG_NAMES)), B(Binary::Contains)] => {
                parts.named = Some(self.names(*names)?);
            }
            [V(Term::Variable(ARG_NAMES)), V(Term::Set(names)), B(Binary::Contains)] => {
                parts.required = self.names(*names)?;
            }
            [V(Term::Variable(ARG_NAMES)), Closure(inner), B(Binary::All)] => {
                self.note_names(*inner, parts)?;
            }
            [V(Term::Bool(true))] => {}
            [Closure(inner), V(Term::Bool(false)), B(Binary::TryOr)] => {
                parts.limits.push(self.limit(self.inside(*inner)?.as_slice())?);
            }
            other => parts.limits.push(self.limit(other)?),
        }
        Ok(())
    }

    /// The names that an argument has or lies below.
    fn note_names(&self, closure: Reader<'a>, parts: &mut Parts<'a>) -> Result<()> {
        let steps = self.inside_long::<MAX_NAMING_OPS>(closure)?;
        let [V(Term::Set(names)), _, _, rest @ ..] = steps.as_slice() else {
            return Err(UNKNOWN);
        };
        parts.named = Some(self.names(*names)?);
        for step in rest {
            let Closure(inner) = step else { continue };
            let test = self.inside(*inner)?;
            let [_, V(Term::Str(prefix)), _] = test.as_slice() else { return Err(UNKNOWN) };
            parts.below.push(name_above(prefix).ok_or(UNKNOWN)?);
        }
        Ok(())
    }

    /// A test, and whatever is around that of an argument that may be absent.
    fn limit(&self, ops: &[Op<'a>]) -> Result<(&'a str, Constraint)> {
        match ops {
            [_, _, _, U(Unary::Negate), Closure(inner), B(Binary::Or)] => {
                self.test(self.inside(*inner)?.as_slice())
            }
            other => self.test(other),
        }
    }

    fn test(&self, ops: &[Op<'a>]) -> Result<(&'a str, Constraint)> {
        if let Some((name, rest)) = argument(ops) {
            let constraint = match rest {
                [V(term), B(Binary::Equal)] => Constraint::Equals(self.value(*term)?),
                [Closure(inner), B(Binary::All)] => {
                    self.on_list(self.inside(*inner)?.as_slice())?
                }
                rest => comparison(rest)?,
            };
            return Ok((name, constraint));
        }
        match ops {
            [V(Term::Array(listed)), rest @ .., B(Binary::Contains)] => {
                let (name, _) = argument(rest).ok_or(UNKNOWN)?;
                Ok((name, Constraint::OneOf(self.set(*listed)?)))
            }
            [V(Term::Array(listed)), Closure(inner), B(Binary::All)] => {
                let inner = self.inside(*inner)?;
                let (name, rest) = argument(inner.as_slice()).ok_or(UNKNOWN)?;
                match rest {
                    [Closure(_), ..] => Ok((name, Constraint::ContainsAll(self.set(*listed)?))),
                    _ => Ok((name, Constraint::NoneOf(self.set(*listed)?))),
                }
            }
            _ => Err(UNKNOWN),
        }
    }

    /// What is asked of each element of a list.
    fn on_list(&self, ops: &[Op<'a>]) -> Result<Constraint> {
        let limit = match ops {
            [V(Term::Array(listed)), V(_), B(Binary::Contains)] => {
                return self.set(*listed).map(Constraint::SubsetOf);
            }
            [V(Term::Array(listed)), Closure(_), B(Binary::All)] => {
                Constraint::NoneOf(self.set(*listed)?)
            }
            [V(Term::Variable(_)), rest @ ..] => comparison(rest)?,
            _ => return Err(UNKNOWN),
        };
        Constraint::each(limit).or(Err(BAD))
    }

    fn beyond_datalog(&self, kind: &str, parameter: Term<'a>) -> Result<Constraint> {
        let ("each", Term::Array(limit)) = (kind, parameter) else {
            return self.of_text(kind, parameter);
        };
        let mut parts = self.items(limit);
        let mut part = || parts.next().ok_or(BAD)?.map_err(BlockError::from);
        let Term::Str(kind) = part()? else { return Err(BAD) };
        Constraint::each(self.of_text(kind, part()?)?).or(Err(BAD))
    }

    fn of_text(&self, kind: &str, parameter: Term<'a>) -> Result<Constraint> {
        match (kind, parameter) {
            ("glob", Term::Str(text)) => text.parse::<Glob>().map(Constraint::Glob).or(Err(BAD)),
            ("subpath", Term::Str(text)) => {
                text.parse::<Subpath>().map(Constraint::Subpath).or(Err(BAD))
            }
            ("cidr", Term::Str(text)) => text.parse::<Cidr>().map(Constraint::Cidr).or(Err(BAD)),
            ("url", Term::Array(parts)) => self.url(parts).map(Constraint::Url),
            _ => Err(UNKNOWN),
        }
    }

    /// Schemes, hosts, ports, and what a path begins with.
    fn url(&self, parts: Reader<'a>) -> Result<UrlPattern> {
        let mut parts = self.items(parts);
        let mut part = || parts.next().ok_or(BAD)?.map_err(BlockError::from);
        let (Term::Array(schemes), Term::Array(hosts), Term::Array(ports), Term::Str(prefix)) =
            (part()?, part()?, part()?, part()?)
        else {
            return Err(BAD);
        };
        let port = |term| match term {
            Term::Integer(port) => u16::try_from(port).or(Err(BAD)),
            _ => Err(BAD),
        };
        let ports: Vec<u16> = self.items(ports).map(|term| port(term?)).collect::<Result<_>>()?;
        UrlPattern::new(self.names(schemes)?, self.names(hosts)?)
            .and_then(|url| url.with_ports(ports))
            .and_then(|url| url.with_path_prefix(prefix))
            .or(Err(BAD))
    }

    fn names(&self, set: Reader<'a>) -> Result<Vec<&'a str>> {
        self.items(set).map(|term| text(term?)).collect()
    }

    fn set(&self, list: Reader<'a>) -> Result<BTreeSet<Value>> {
        self.items(list).map(|term| scalar(term?)).collect()
    }

    fn value(&self, term: Term<'a>) -> Result<Value> {
        match term {
            Term::Array(list) => {
                let items = self.items(list).map(|term| scalar(term?));
                items.collect::<Result<_>>().map(Value::List)
            }
            term => scalar(term),
        }
    }
}

fn scalar(term: Term<'_>) -> Result<Value> {
    Ok(match term {
        Term::Null => Value::Null,
        Term::Bool(b) => Value::Bool(b),
        Term::Integer(i) => Value::Integer(i),
        Term::Str(text) => Value::String(text.to_owned()),
        _ => return refuse("compares an argument with what is no value"),
    })
}

fn text(term: Term<'_>) -> Result<&str> {
    match term {
        Term::Str(text) => Ok(text),
        _ => refuse("has something else where text should be"),
    }
}

/// What is asked of a value that stands before these steps.
fn comparison(rest: &[Op<'_>]) -> Result<Constraint> {
    Ok(match rest {
        [V(Term::Integer(bound)), B(Binary::GreaterOrEqual)] => Constraint::Min(*bound),
        [V(Term::Integer(bound)), B(Binary::LessOrEqual)] => Constraint::Max(*bound),
        [V(Term::Str(text)), B(Binary::StartsWith)] => Constraint::Prefix((*text).to_owned()),
        [V(Term::Str(text)), B(Binary::EndsWith)] => Constraint::Suffix((*text).to_owned()),
        [U(Unary::Length), V(Term::Integer(bound)), ..] => {
            Constraint::MaxLen(u64::try_from(*bound).or(Err(UNKNOWN))?)
        }
        _ => return Err(UNKNOWN),
    })
}

/// The argument that an expression begins with, and the rest of the expression.
fn argument<'a, 'q>(ops: &'q [Op<'a>]) -> Option<(&'a str, &'q [Op<'a>])> {
    match ops {
        [V(Term::Variable(ARGS)), V(Term::Str(name)), B(Binary::Get), rest @ ..] => {
            Some((name, rest))
        }
        _ => None,
    }
}

impl Parts<'_> {
    fn assemble(self) -> Result<Capability> {
        let resource = match (self.resource, self.child_only) {
            (Some(ResourcePattern::Below(stem)), true) => ResourcePattern::Child(stem),
            (pattern, _) => pattern.unwrap_or(ResourcePattern::Any),
        };
        let operation = self.operation.unwrap_or(OperationPattern::Any);
        let other_args = if self.named.is_some() { OtherArgs::Deny } else { OtherArgs::Allow };
        let below = self.below;
        let mut args: BTreeMap<&str, (Presence, Vec<Constraint>)> = BTreeMap::new();
        for name in self.named.unwrap_or_default() {
            args.insert(name, (Presence::Optional, Vec::new()));
        }
        for name in &below {
            args.insert(name, (Presence::Below, Vec::new()));
        }
        for name in self.required {
            args.insert(name, (Presence::Required, Vec::new()));
        }
        for (name, constraint) in self.limits {
            let absent = || (Presence::Optional, Vec::new());
            args.entry(name).or_insert_with(absent).1.push(constraint);
        }
        let capability = Capability::from_patterns(operation, resource).with_other_args(other_args);
        args.into_iter()
            .try_fold(capability, |capability, (name, (presence, constraints))| {
                capability.with_limits(name.to_owned(), presence, constraints)
            })
            .or_else(|_| refuse("limits an argument in a way that no capability may"))
    }
}
