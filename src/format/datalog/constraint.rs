//! A limit on an argument: `docs/FORMAT.md`, section 9.
//!
//! A kind has one [`Shape`], which both directions use: the encoder builds the ops of that shape,
//! and the decoder finds the kind by the shape of the ops.

use crate::capability::Presence;
use crate::constraint::{Constraint, ConstraintKind};
use crate::format::datalog::parameter::{BAD_PARAMETER, Parameter, UNKNOWN, decode_parameter};
use crate::format::datalog::read::{self, Bounded, Decoder};
use crate::format::datalog::syntax::Op::{Binary as B, Closure, Unary as U, Value as V};
use crate::format::datalog::syntax::{Binary, Term, Unary};
use crate::format::datalog::vocabulary::{ARGS, MEMBER, NODE};
use crate::format::datalog::write::{self, Op, Sink, closure, variable};
use crate::format::wire::Malformed;
use crate::limits::MAX_EXPRESSION_OPS;

/// The form of a limit. *X* is `$args "name" Get`, or `$member` inside `each`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// *X* parameter operator
    Comparison(Binary),
    /// *X* `Length` parameter operator
    LengthComparison(Binary),
    /// parameter *X* `Contains`
    IsListed,
    /// parameter `(member:` *X* `$member NotEqual) All`
    IsNotListed,
    /// *X* `(member:` parameter `$member Contains) All`
    ElementsAreListed,
    /// parameter `(member:` *X* `(node: $node $member HeterogeneousEqual) Any) All`
    ListIsAmongElements,
    /// *X* `(member:` the test of the limit on elements `) All`, or a fact if that limit is one
    EachElement,
    /// `satisfies("name", "kind", parameter)`, for a limit that Datalog cannot express
    Fact,
}

impl Shape {
    fn of(kind: ConstraintKind) -> Self {
        match kind {
            ConstraintKind::Equals => Self::Comparison(Binary::Equal),
            ConstraintKind::OneOf => Self::IsListed,
            ConstraintKind::NoneOf => Self::IsNotListed,
            ConstraintKind::Min => Self::Comparison(Binary::GreaterOrEqual),
            ConstraintKind::Max => Self::Comparison(Binary::LessOrEqual),
            ConstraintKind::Prefix => Self::Comparison(Binary::StartsWith),
            ConstraintKind::Suffix => Self::Comparison(Binary::EndsWith),
            ConstraintKind::Glob => Self::Fact,
            ConstraintKind::Subpath => Self::Fact,
            ConstraintKind::Url => Self::Fact,
            ConstraintKind::Cidr => Self::Fact,
            ConstraintKind::MaxLen => Self::LengthComparison(Binary::LessOrEqual),
            ConstraintKind::SubsetOf => Self::ElementsAreListed,
            ConstraintKind::ContainsAll => Self::ListIsAmongElements,
            ConstraintKind::Each => Self::EachElement,
        }
    }
}

// The predicate `satisfies`.

/// Returns the parameter of the fact `satisfies`, if Datalog cannot express the limit.
pub(crate) fn satisfies_parameter(constraint: &Constraint) -> Option<Parameter<'_>> {
    is_fact(constraint).then(|| Parameter::of(constraint))
}

fn is_fact(constraint: &Constraint) -> bool {
    let limit = if let Constraint::Each(limit) = constraint { limit } else { constraint };
    Shape::of(limit.kind()) == Shape::Fact
}

/// Decodes the second and third term of `satisfies`.
pub(super) fn decode_fact<'a>(
    kind: &str,
    parameter: read::Term<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Constraint> {
    let kind = kind.parse().or(Err(UNKNOWN))?;
    match (Shape::of(kind), parameter) {
        (Shape::Fact, parameter) => decode_parameter(kind, parameter, decoder),
        (Shape::EachElement, Term::Array(limit)) => {
            let mut parts = decoder.items(limit);
            let mut part = || parts.next().ok_or(BAD_PARAMETER)?.map_err(read::BlockError::from);
            let Term::Str(kind) = part()? else { return Err(BAD_PARAMETER) };
            let kind = kind.parse().or(Err(UNKNOWN))?;
            if Shape::of(kind) != Shape::Fact {
                return Err(UNKNOWN);
            }
            let limit = decode_parameter(kind, part()?, decoder)?;
            Constraint::each(limit).or(Err(BAD_PARAMETER))
        }
        _ => Err(UNKNOWN),
    }
}

// Expressions.

/// The effect of an expression that compares values of unlike types. In Datalog, such a comparison
/// is an error that fails the whole request. In a grant with several capabilities, it must fail
/// only its own capability.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnTypeError {
    Contain,
    Propagate,
}

impl OnTypeError {
    /// Returns the effect that is needed in a grant with this number of capabilities.
    pub(super) fn among(capabilities: usize) -> Self {
        if capabilities > 1 { Self::Contain } else { Self::Propagate }
    }
}

/// Encodes a limit as a test, if it is not a fact, with the ops around it that presence and other
/// capabilities need.
pub(super) fn encode_expression(
    (name, presence): (&str, Presence),
    constraint: &Constraint,
    guard: OnTypeError,
    to: &mut impl Sink,
) -> write::Result {
    if is_fact(constraint) {
        return Ok(());
    }
    let mut encode = |ops: &[Op<'_>]| match guard {
        OnTypeError::Propagate => to.expression(ops),
        OnTypeError::Contain => {
            let denied = Op::Value(Term::Bool(false));
            to.expression(&[closure(&[], ops), denied, Op::Binary(Binary::TryOr)])
        }
    };
    encode_test(name, constraint, |test| match presence {
        Presence::Required => encode(test),
        Presence::Optional => encode(&[
            variable(ARGS),
            Op::Value(Term::Str(name)),
            Op::Binary(Binary::Contains),
            Op::Unary(Unary::Negate),
            closure(&[], test),
            Op::Binary(Binary::Or),
        ]),
        // Such an argument has no limits.
        Presence::Below => Err(Malformed),
    })
}

/// Decodes an expression of [`encode_expression`] into the name of the argument and the limit.
pub(super) fn decode_expression<'a>(
    ops: &[read::Op<'a>],
    decoder: &Decoder<'_, 'a>,
) -> read::Result<(&'a str, Constraint)> {
    match ops {
        [Closure(inner), V(Term::Bool(false)), B(Binary::TryOr)] => {
            decode_optional(decoder.closure(*inner)?.as_slice(), decoder)
        }
        ops => decode_optional(ops, decoder),
    }
}

fn decode_optional<'a>(
    ops: &[read::Op<'a>],
    decoder: &Decoder<'_, 'a>,
) -> read::Result<(&'a str, Constraint)> {
    match ops {
        [_, _, _, U(Unary::Negate), Closure(inner), B(Binary::Or)] => {
            decode_test(decoder.closure(*inner)?.as_slice(), decoder)
        }
        ops => decode_test(ops, decoder),
    }
}

// Tests.

fn encode_test(
    name: &str,
    constraint: &Constraint,
    then: impl FnOnce(&[Op<'_>]) -> write::Result,
) -> write::Result {
    let value = [variable(ARGS), Op::Value(Term::Str(name)), Op::Binary(Binary::Get)];
    let Constraint::Each(limit) = constraint else {
        return encode_test_of(&value, MEMBER, constraint, then);
    };
    if limit.kind().refused_by_each().is_some() {
        return Err(Malformed);
    }
    encode_test_of(&[variable(MEMBER)], NODE, limit, |test| {
        then(steps(&[&value, &[closure(&[MEMBER], test), Op::Binary(Binary::All)]])?.as_slice())
    })
}

/// Encodes the test of the value that the ops of `value` compute. The outermost closure of the
/// test, if there is one, has the parameter `item`.
fn encode_test_of(
    value: &[Op<'_>],
    item: &str,
    constraint: &Constraint,
    then: impl FnOnce(&[Op<'_>]) -> write::Result,
) -> write::Result {
    let parameter = Parameter::of(constraint);
    let parameter = Op::Value(parameter.as_term());
    let (items, item) = ([item], variable(item));
    let (all, contains) = (Op::Binary(Binary::All), Op::Binary(Binary::Contains));
    match Shape::of(constraint.kind()) {
        Shape::Comparison(operator) => {
            then(steps(&[value, &[parameter, Op::Binary(operator)]])?.as_slice())
        }
        Shape::LengthComparison(operator) => {
            let compared = [Op::Unary(Unary::Length), parameter, Op::Binary(operator)];
            then(steps(&[value, &compared])?.as_slice())
        }
        Shape::IsListed => then(steps(&[&[parameter], value, &[contains]])?.as_slice()),
        Shape::IsNotListed => {
            let differs = steps(&[value, &[item, Op::Binary(Binary::StrictNotEqual)]])?;
            then(&[parameter, closure(&items, differs.as_slice()), all])
        }
        Shape::ElementsAreListed => {
            let is_listed = [parameter, item, contains];
            then(steps(&[value, &[closure(&items, &is_listed), all]])?.as_slice())
        }
        Shape::ListIsAmongElements => {
            let is_same = [variable(NODE), item, Op::Binary(Binary::Equal)];
            let any_is_same = [closure(&[NODE], &is_same), Op::Binary(Binary::Any)];
            let is_there = steps(&[value, &any_is_same])?;
            then(&[parameter, closure(&items, is_there.as_slice()), all])
        }
        Shape::EachElement | Shape::Fact => Err(Malformed),
    }
}

fn steps<'t>(parts: &[&[Op<'t>]]) -> write::Result<Bounded<Op<'t>, MAX_EXPRESSION_OPS>> {
    Bounded::concat(parts)
}

fn decode_test<'a>(
    ops: &[read::Op<'a>],
    decoder: &Decoder<'_, 'a>,
) -> read::Result<(&'a str, Constraint)> {
    if let Some((name, rest)) = split_value(ops) {
        let constraint = match rest {
            [Closure(inner), B(Binary::All)] => {
                decode_test_of_elements(decoder.closure(*inner)?.as_slice(), decoder)
            }
            rest => decode_comparison(rest, decoder),
        };
        return Ok((name, constraint?));
    }
    match ops {
        [V(list), rest @ .., B(Binary::Contains)] => {
            let (name, _) = split_value(rest).ok_or(UNKNOWN)?;
            Ok((name, decode_shape(Shape::IsListed, *list, decoder)?))
        }
        [V(list), Closure(inner), B(Binary::All)] => {
            let inner = decoder.closure(*inner)?;
            let (name, rest) = split_value(inner.as_slice()).ok_or(UNKNOWN)?;
            let shape = match rest {
                [Closure(_), ..] => Shape::ListIsAmongElements,
                _ => Shape::IsNotListed,
            };
            Ok((name, decode_shape(shape, *list, decoder)?))
        }
        _ => Err(UNKNOWN),
    }
}

/// Returns the name of the argument in `$args "name" Get`, and the ops after these.
fn split_value<'a, 'q>(ops: &'q [read::Op<'a>]) -> Option<(&'a str, &'q [read::Op<'a>])> {
    match ops {
        [V(Term::Variable(ARGS)), V(Term::Str(name)), B(Binary::Get), rest @ ..] => {
            Some((name, rest))
        }
        _ => None,
    }
}

fn decode_test_of_elements<'a>(
    ops: &[read::Op<'a>],
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Constraint> {
    let limit = match ops {
        [V(list), V(_), B(Binary::Contains)] => {
            return decode_shape(Shape::ElementsAreListed, *list, decoder);
        }
        [V(list), Closure(_), B(Binary::All)] => decode_shape(Shape::IsNotListed, *list, decoder)?,
        [V(Term::Variable(MEMBER)), rest @ ..] => decode_comparison(rest, decoder)?,
        _ => return Err(UNKNOWN),
    };
    Constraint::each(limit).or(Err(BAD_PARAMETER))
}

fn decode_comparison<'a>(
    ops: &[read::Op<'a>],
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Constraint> {
    let (shape, parameter) = match ops {
        [V(parameter), B(operator)] => (Shape::Comparison(*operator), parameter),
        [U(Unary::Length), V(parameter), B(operator)] => {
            (Shape::LengthComparison(*operator), parameter)
        }
        _ => return Err(UNKNOWN),
    };
    decode_shape(shape, *parameter, decoder)
}

fn decode_shape<'a>(
    shape: Shape,
    parameter: read::Term<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Constraint> {
    let kind = ConstraintKind::ALL.iter().find(|kind| Shape::of(**kind) == shape);
    decode_parameter(*kind.ok_or(UNKNOWN)?, parameter, decoder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_facts_share_a_shape() {
        for kind in ConstraintKind::ALL {
            let shape = Shape::of(*kind);
            let same = ConstraintKind::ALL.iter().filter(|other| Shape::of(**other) == shape);
            assert!(shape == Shape::Fact || same.count() == 1, "{kind}");
        }
    }
}
