//! From the query of a capability back to the capability.

use std::collections::BTreeSet;

use super::decode::{Result, refuse};
use crate::capability::{Capability, OtherArgs, Presence};
use crate::constraint::{Cidr, Constraint, Glob, Subpath, UrlPattern};
use crate::datalog::BlockError;
use crate::datalog::encode::{ARG_NAMES, ARGS, OPERATION, PATH, RESOURCE};
use crate::datalog::syntax::{Binary, Op, Predicate, Query, Term, Unary};
use crate::pattern::{OperationPattern, ResourcePattern};
use crate::value::Value;

/// The parts of a capability as they turn up in its query.
#[derive(Default)]
struct Parts<'q> {
    operation: Option<OperationPattern>,
    resource: Option<ResourcePattern>,
    child_only: bool,
    /// All names, where the world is closed.
    named: Option<&'q [Term<'q>]>,
    required: &'q [Term<'q>],
    limits: Vec<(&'q str, Presence, Constraint)>,
}

pub(super) fn capability(query: &Query<'_>) -> Result<Capability> {
    let mut parts = Parts::default();
    for predicate in &query.body {
        body(predicate, &mut parts)?;
    }
    for expression in &query.expressions {
        self::expression(expression, &mut parts)?;
    }
    parts.assemble()
}

fn body<'q>(predicate: &'q Predicate<'q>, parts: &mut Parts<'q>) -> Result<()> {
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
            parts.named = Some(names);
            parts.required = names;
        }
        ("satisfies", [Term::Str(name), Term::Str(kind), parameter]) => {
            // Whether the argument is optional shows in the names alone.
            parts.limits.push((name, Presence::Required, beyond_datalog(kind, parameter)?));
        }
        ("operation", [OPERATION])
        | ("resource", [RESOURCE])
        | ("resource_path", [PATH])
        | ("arg_names", [ARG_NAMES])
        | ("args", [ARGS]) => {}
        _ => return refuse("asks for a fact that no capability asks for"),
    }
    Ok(())
}

fn expression<'q>(ops: &'q [Op<'q>], parts: &mut Parts<'q>) -> Result<()> {
    match ops {
        [Op::Value(OPERATION), Op::Value(Term::Str(prefix)), Op::Binary(Binary::StartsWith)] => {
            let stem = prefix.strip_suffix('.').and_then(|stem| stem.parse().ok());
            let stem = stem.ok_or(BlockError("names what is no operation"))?;
            parts.operation = Some(OperationPattern::Below(stem));
        }
        [Op::Value(RESOURCE), Op::Value(Term::Str(prefix)), Op::Binary(Binary::StartsWith)] => {
            let stem = prefix.strip_suffix('/').and_then(|stem| stem.parse().ok());
            let stem = stem.ok_or(BlockError("names what is no resource"))?;
            parts.resource = Some(ResourcePattern::Below(stem));
        }
        [Op::Value(PATH), Op::Unary(Unary::Length), ..] => parts.child_only = true,
        [Op::Value(Term::Set(names)), Op::Value(ARG_NAMES), Op::Binary(Binary::Contains)] => {
            parts.named = Some(names);
        }
        [Op::Value(ARG_NAMES), Op::Value(Term::Set(names)), Op::Binary(Binary::Contains)] => {
            parts.required = names;
        }
        [Op::Value(Term::Bool(true))] => {}
        [Op::Closure(_, inner), Op::Value(Term::Bool(false)), Op::Binary(Binary::TryOr)] => {
            parts.limits.push(limit(inner)?);
        }
        other => parts.limits.push(limit(other)?),
    }
    Ok(())
}

fn limit<'q>(ops: &'q [Op<'q>]) -> Result<(&'q str, Presence, Constraint)> {
    match ops {
        [
            Op::Value(ARGS),
            Op::Value(Term::Str(_)),
            Op::Binary(Binary::Contains),
            Op::Unary(Unary::Negate),
            Op::Closure(_, inner),
            Op::Binary(Binary::Or),
        ] => {
            let (name, constraint) = test(inner)?;
            Ok((name, Presence::Optional, constraint))
        }
        other => {
            let (name, constraint) = test(other)?;
            Ok((name, Presence::Required, constraint))
        }
    }
}

fn test<'q>(ops: &'q [Op<'q>]) -> Result<(&'q str, Constraint)> {
    const UNKNOWN: BlockError = BlockError("limits an argument in a way that is not known");
    if let Some((name, rest)) = argument(ops) {
        let constraint = match rest {
            [Op::Value(term), Op::Binary(Binary::Equal)] => Constraint::Equals(value(term)?),
            [Op::Value(Term::Integer(bound)), Op::Binary(Binary::GreaterOrEqual)] => {
                Constraint::Min(*bound)
            }
            [Op::Value(Term::Integer(bound)), Op::Binary(Binary::LessOrEqual)] => {
                Constraint::Max(*bound)
            }
            [Op::Value(Term::Str(text)), Op::Binary(Binary::StartsWith)] => {
                Constraint::Prefix(text.to_string())
            }
            [Op::Value(Term::Str(text)), Op::Binary(Binary::EndsWith)] => {
                Constraint::Suffix(text.to_string())
            }
            [Op::Unary(Unary::Length), Op::Value(Term::Integer(bound)), ..] => {
                Constraint::MaxLen(u64::try_from(*bound).or(Err(UNKNOWN))?)
            }
            [Op::Closure(_, inner), Op::Binary(Binary::All)] => match inner.as_slice() {
                [Op::Value(Term::Array(listed)), ..] => Constraint::SubsetOf(set(listed)?),
                _ => return Err(UNKNOWN),
            },
            _ => return Err(UNKNOWN),
        };
        return Ok((name, constraint));
    }
    match ops {
        [Op::Value(Term::Array(listed)), rest @ .., Op::Binary(Binary::Contains)] => {
            let (name, _) = argument(rest).ok_or(UNKNOWN)?;
            Ok((name, Constraint::OneOf(set(listed)?)))
        }
        [Op::Value(Term::Array(listed)), Op::Closure(_, inner), Op::Binary(Binary::All)] => {
            let (name, rest) = argument(inner).ok_or(UNKNOWN)?;
            match rest {
                [Op::Closure(..), ..] => Ok((name, Constraint::ContainsAll(set(listed)?))),
                _ => Ok((name, Constraint::NoneOf(set(listed)?))),
            }
        }
        _ => Err(UNKNOWN),
    }
}

/// The argument that an expression begins with, and the rest of the expression.
fn argument<'q>(ops: &'q [Op<'q>]) -> Option<(&'q str, &'q [Op<'q>])> {
    match ops {
        [Op::Value(ARGS), Op::Value(Term::Str(name)), Op::Binary(Binary::Get), rest @ ..] => {
            Some((name, rest))
        }
        _ => None,
    }
}

fn beyond_datalog(kind: &str, parameter: &Term<'_>) -> Result<Constraint> {
    const BAD: BlockError = BlockError("limits an argument by a parameter that cannot be");
    match (kind, parameter) {
        ("glob", Term::Str(text)) => text.parse::<Glob>().map(Constraint::Glob).or(Err(BAD)),
        ("subpath", Term::Str(text)) => {
            text.parse::<Subpath>().map(Constraint::Subpath).or(Err(BAD))
        }
        ("cidr", Term::Str(text)) => text.parse::<Cidr>().map(Constraint::Cidr).or(Err(BAD)),
        ("url", Term::Array(parts)) => url(parts).map(Constraint::Url).ok_or(BAD),
        _ => refuse("limits an argument in a way that is not known"),
    }
}

fn url(parts: &[Term<'_>]) -> Option<UrlPattern> {
    let [Term::Array(schemes), Term::Array(hosts), Term::Array(ports), Term::Str(prefix)] = parts
    else {
        return None;
    };
    let strings = |terms: &[Term<'_>]| -> Option<Vec<String>> {
        terms
            .iter()
            .map(|term| if let Term::Str(s) = term { Some(s.to_string()) } else { None })
            .collect()
    };
    let port = |term: &Term<'_>| match term {
        Term::Integer(port) => u16::try_from(*port).ok(),
        _ => None,
    };
    let ports: Option<Vec<u16>> = ports.iter().map(port).collect();
    UrlPattern::new(strings(schemes)?, strings(hosts)?)
        .and_then(|url| url.with_ports(ports.unwrap_or_default()))
        .and_then(|url| url.with_path_prefix(prefix.as_ref()))
        .ok()
}

fn set(terms: &[Term<'_>]) -> Result<BTreeSet<Value>> {
    terms.iter().map(value).collect()
}

fn value(term: &Term<'_>) -> Result<Value> {
    Ok(match term {
        Term::Null => Value::Null,
        Term::Bool(b) => Value::Bool(*b),
        Term::Integer(i) => Value::Integer(*i),
        Term::Str(s) => Value::String(s.to_string()),
        Term::Array(items) => Value::List(items.iter().map(value).collect::<Result<_>>()?),
        _ => return refuse("compares an argument with what is no value"),
    })
}

impl Parts<'_> {
    fn assemble(self) -> Result<Capability> {
        let resource = match (self.resource, self.child_only) {
            (Some(ResourcePattern::Below(stem)), true) => ResourcePattern::Child(stem),
            (pattern, _) => pattern.unwrap_or(ResourcePattern::Any),
        };
        let operation = self.operation.unwrap_or(OperationPattern::Any);
        let mut capability = Capability::from_patterns(operation, resource);
        if self.named.is_none() {
            capability = capability.with_other_args(OtherArgs::Allow);
        }
        let required: BTreeSet<_> = self.required.iter().filter_map(text).collect();
        let named = self.named.unwrap_or(self.required).iter().filter_map(text);
        let limited = self.limits.iter().map(|(name, ..)| *name);
        let names: BTreeSet<&str> = named.chain(limited).collect();
        for name in names {
            let presence =
                if required.contains(name) { Presence::Required } else { Presence::Optional };
            let own = self.limits.iter().filter(|(limited, ..)| *limited == name);
            let constraints = own.map(|(_, _, constraint)| constraint.clone()).collect();
            capability = capability
                .with_limits(name.to_owned(), presence, constraints)
                .or_else(|_| refuse("limits an argument in a way that no capability may"))?;
        }
        Ok(capability)
    }
}

fn text<'q>(term: &'q Term<'_>) -> Option<&'q str> {
    match term {
        Term::Str(text) => Some(text),
        _ => None,
    }
}
