//! From Datalog back to the typed model.
//!
//! It reads what it recognises and refuses the rest. That it overlooks nothing is not its own
//! promise: what it read is encoded again and compared with the block.

use std::collections::BTreeSet;

use crate::capability::{Capability, OtherArgs, Presence};
use crate::constraint::{Cidr, Constraint, Glob, Subpath, UrlPattern};
use crate::datalog::encode::{
    ARG_NAMES, ARGS, INNER, OPERATION, OUTER, PATH, RESOURCE, TIME, VOCABULARY,
};
use crate::datalog::syntax::{Binary, Check, Op, Predicate, Query, Source, Term, Unary};
use crate::datalog::{BlockError, Closing, Delegation, Origin};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::PublicKey;
use crate::pattern::{OperationPattern, ResourcePattern};
use crate::principal::{Kind, Owner, Principal};
use crate::request::check_audience;
use crate::value::Value;

type Result<T> = std::result::Result<T, BlockError>;

fn refuse<T>(why: &'static str) -> Result<T> {
    Err(BlockError(why))
}

pub(super) fn delegation(source: &Source<'_>, delegate: PublicKey) -> Result<Delegation> {
    let (origin, facts) = match source.facts.as_slice() {
        [deputize, token, owner, rest @ ..] if deputize.name == "deputize" => {
            (Some(origin(deputize, token, owner)?), rest)
        }
        rest => (None, rest),
    };
    let (fact, delegates) = match facts {
        [fact] => (fact, None),
        [fact, keys] => (fact, Some(delegates(keys)?)),
        _ => return refuse("has other facts than a delegation has"),
    };
    let (validity, audience, capabilities) = match source.checks.as_slice() {
        [validity, capabilities] => (validity, None, capabilities),
        [validity, audience, capabilities] => (validity, Some(audience), capabilities),
        _ => return refuse("has other checks than a delegation has"),
    };
    let (to, purpose, issued, max_hops) = hop(fact, delegate)?;
    let (not_before, expires) = window(validity)?;
    let grant = Grant {
        to,
        capabilities: capabilities.iter().map(capability).collect::<Result<_>>()?,
        not_before,
        expires,
        max_hops,
        audience: audience.map(services).transpose()?,
        delegates,
        purpose,
    };
    grant.check().or_else(|_| refuse("grants something that no grant may hold"))?;
    Ok(Delegation { origin, grant, issued })
}

pub(super) fn closing(source: &Source<'_>) -> Result<Closing> {
    let (Source { facts, checks }, unlike) = (source, BlockError("is no presentation"));
    let ([fact], [check]) = (facts.as_slice(), checks.as_slice()) else {
        return Err(unlike);
    };
    let ("presentation", [Term::Bytes(nonce), Term::Date(issued)]) =
        (fact.name, fact.terms.as_slice())
    else {
        return Err(unlike);
    };
    let [Query { body, expressions }] = check.as_slice() else {
        return Err(unlike);
    };
    let ([digest, audience, _], [_, until]) = (body.as_slice(), expressions.as_slice()) else {
        return Err(unlike);
    };
    let ([Term::Bytes(digest)], [Term::Str(audience)]) =
        (digest.terms.as_slice(), audience.terms.as_slice())
    else {
        return Err(unlike);
    };
    let issued = instant(*issued)?;
    let window = bound(until, Binary::LessOrEqual)?.since(issued);
    if check_audience(audience).is_err() {
        return refuse("names an audience that is not visible text");
    }
    Ok(Closing {
        nonce: (*nonce).try_into().or(Err(unlike))?,
        issued,
        window,
        audience: audience.to_string(),
        request_digest: (*digest).try_into().or(Err(unlike))?,
    })
}

fn origin(
    deputize: &Predicate<'_>,
    token: &Predicate<'_>,
    owner: &Predicate<'_>,
) -> Result<Origin> {
    if deputize.terms != [Term::Integer(VOCABULARY)] {
        return refuse("is written in a vocabulary that this version does not know");
    }
    let ([Term::Bytes(id)], [Term::Str(name), Term::Str(kind)]) =
        (token.terms.as_slice(), owner.terms.as_slice())
    else {
        return refuse("does not say whose token it is");
    };
    let token_id = (*id).try_into().or_else(|_| refuse("has a token id of other than 16 bytes"))?;
    let owner = Owner::new(name.as_ref(), self::kind(kind)?);
    Ok(Origin { token_id, owner: owner.or_else(|_| refuse("names an owner by no name"))? })
}

fn hop(fact: &Predicate<'_>, key: PublicKey) -> Result<(Principal, String, Instant, u32)> {
    let (
        "delegate",
        [
            Term::Str(name),
            Term::Str(kind),
            Term::Str(purpose),
            Term::Date(issued),
            Term::Integer(hops),
        ],
    ) = (fact.name, fact.terms.as_slice())
    else {
        return refuse("does not say to whom it delegates");
    };
    let to = Principal::new(name.as_ref(), self::kind(kind)?, key)
        .or_else(|_| refuse("names a delegate by no name"))?;
    let hops =
        u32::try_from(*hops).or_else(|_| refuse("grants a number of hops that cannot be"))?;
    Ok((to, purpose.to_string(), instant(*issued)?, hops))
}

fn kind(word: &str) -> Result<Kind> {
    Kind::from_word(word).ok_or(BlockError("names a kind of principal that is not known"))
}

fn delegates(fact: &Predicate<'_>) -> Result<BTreeSet<PublicKey>> {
    let [Term::Set(keys)] = fact.terms.as_slice() else {
        return refuse("has a fact that no delegation has");
    };
    let key = |term: &Term<'_>| match term {
        Term::Bytes(bytes) => {
            let bytes: Option<[u8; 32]> = (*bytes).try_into().ok();
            bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok())
        }
        _ => None,
    };
    let keys: Option<BTreeSet<_>> = keys.iter().map(key).collect();
    keys.ok_or(BlockError("allows a delegate by what is no key"))
}

fn instant(seconds: u64) -> Result<Instant> {
    Instant::from_seconds(seconds).ok_or(BlockError("has a date after the year 9999"))
}

fn window(check: &Check<'_>) -> Result<(Option<Instant>, Instant)> {
    let [query] = check.as_slice() else {
        return refuse("does not say when it expires");
    };
    match query.expressions.as_slice() {
        [end] => Ok((None, bound(end, Binary::LessThan)?)),
        [start, end] => {
            let start = bound(start, Binary::GreaterOrEqual)?;
            Ok((Some(start), bound(end, Binary::LessThan)?))
        }
        _ => refuse("does not say when it expires"),
    }
}

fn bound(expression: &[Op<'_>], comparison: Binary) -> Result<Instant> {
    match expression {
        [Op::Value(TIME), Op::Value(Term::Date(seconds)), Op::Binary(found)]
            if *found == comparison =>
        {
            instant(*seconds)
        }
        _ => refuse("compares time in a way that no block of Deputize does"),
    }
}

fn services(check: &Check<'_>) -> Result<BTreeSet<String>> {
    let name = |query: &Query<'_>| match query.body.as_slice() {
        [Predicate { name: "audience", terms }] => match terms.as_slice() {
            [Term::Str(service)] => Some(service.to_string()),
            _ => None,
        },
        _ => None,
    };
    let names: Option<BTreeSet<_>> = check.iter().map(name).collect();
    names.ok_or(BlockError("has an audience that is no list of services"))
}

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

fn capability(query: &Query<'_>) -> Result<Capability> {
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
            Op::Value(ARG_NAMES),
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
        [
            Op::Value(Term::Array(listed)),
            Op::Closure(parameters, inner),
            Op::Binary(Binary::All),
        ] if parameters == &[OUTER] => {
            let (name, rest) = argument(inner).ok_or(UNKNOWN)?;
            match rest {
                [Op::Closure(inner, _), ..] if inner == &[INNER] => {
                    Ok((name, Constraint::ContainsAll(set(listed)?)))
                }
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
