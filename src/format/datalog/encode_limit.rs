//! From a limit on an argument to the test or the fact that says it.

use std::collections::BTreeSet;

use crate::capability::Presence;
use crate::constraint::{Constraint, UrlPattern};
use crate::format::datalog::syntax::{Binary, Unary};
use crate::format::datalog::vocabulary::ARGS;
use crate::format::datalog::writing::{Elements, Inner, Op, Said, Term, variable};
use crate::format::wire::Malformed;
use crate::request::value::Value;

/// Parameters of closures; words that every Biscuit knows.
pub(super) const OUTER: &str = "member";
const INNER: &str = "node";

/// A comparison of unlike types is an error in Biscuit and fails the whole request. Beside other
/// capabilities it must only fail its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnTypeError {
    Contain,
    Propagate,
}

impl OnTypeError {
    /// What each of so many capabilities needs.
    pub(super) fn among(capabilities: usize) -> Self {
        if capabilities > 1 { Self::Contain } else { Self::Propagate }
    }
}

/// How a limit is put to the engine.
pub(super) enum Limit<'t> {
    Test(&'t [Op<'t>]),
    /// Datalog cannot say it: the verifier adds a fact with this parameter after it found it true.
    Fact(Term<'t>),
}

/// A kind and its parameter.
struct Kind<'t>(&'t str, Term<'t>);

impl Elements for Kind<'_> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        say(Term::Str(self.0))?;
        say(self.1)
    }
}

pub(super) fn put(
    name: &str,
    constraint: &Constraint,
    say: impl FnOnce(Limit<'_>) -> Said,
) -> Said {
    use Limit::{Fact, Test};
    let [args, own, get] = [variable(ARGS), Op::Value(Term::Str(name)), Op::Binary(Binary::Get)];
    let compare = |operator, operand| [args, own, get, Op::Value(operand), Op::Binary(operator)];
    match constraint {
        Constraint::Equals(wanted) => say(Test(&compare(Binary::Equal, value(wanted)))),
        Constraint::OneOf(listed) => say(Test(&[
            Op::Value(Term::Array(listed)),
            args,
            own,
            get,
            Op::Binary(Binary::Contains),
        ])),
        Constraint::NoneOf(listed) => {
            let differs = [args, own, get, variable(OUTER), Op::Binary(Binary::StrictNotEqual)];
            let [listed, differs] = [Op::Value(Term::Array(listed)), each(&[OUTER], &differs)];
            say(Test(&[listed, differs, Op::Binary(Binary::All)]))
        }
        Constraint::Min(bound) => {
            say(Test(&compare(Binary::GreaterOrEqual, Term::Integer(*bound))))
        }
        Constraint::Max(bound) => say(Test(&compare(Binary::LessOrEqual, Term::Integer(*bound)))),
        Constraint::Prefix(text) => say(Test(&compare(Binary::StartsWith, Term::Str(text)))),
        Constraint::Suffix(text) => say(Test(&compare(Binary::EndsWith, Term::Str(text)))),
        Constraint::MaxLen(bound) => {
            let [length, bound] = [Op::Unary(Unary::Length), Op::Value(integer(*bound))];
            say(Test(&[args, own, get, length, bound, Op::Binary(Binary::LessOrEqual)]))
        }
        Constraint::SubsetOf(listed) => {
            let listed = Op::Value(Term::Array(listed));
            let is_listed = [listed, variable(OUTER), Op::Binary(Binary::Contains)];
            say(Test(&[args, own, get, each(&[OUTER], &is_listed), Op::Binary(Binary::All)]))
        }
        Constraint::ContainsAll(listed) => {
            let same = [variable(INNER), variable(OUTER), Op::Binary(Binary::Equal)];
            let is_there = [args, own, get, each(&[INNER], &same), Op::Binary(Binary::Any)];
            let [listed, is_there] = [Op::Value(Term::Array(listed)), each(&[OUTER], &is_there)];
            say(Test(&[listed, is_there, Op::Binary(Binary::All)]))
        }
        Constraint::Glob(_) | Constraint::Subpath(_) | Constraint::Cidr(_) | Constraint::Url(_) => {
            beyond_datalog(constraint, say)
        }
        Constraint::Each(limit) => put_element(limit, |inner| match inner {
            Test(test) => {
                say(Test(&[args, own, get, each(&[OUTER], test), Op::Binary(Binary::All)]))
            }
            Fact(parameter) => say(Fact(Term::Array(&Kind(limit.kind(), parameter)))),
        }),
    }
}

/// A limit that no test can say.
fn beyond_datalog(constraint: &Constraint, say: impl FnOnce(Limit<'_>) -> Said) -> Said {
    match constraint {
        Constraint::Glob(glob) => say(Limit::Fact(Term::Str(glob.as_str()))),
        Constraint::Subpath(base) => say(Limit::Fact(Term::Str(base.as_str()))),
        Constraint::Cidr(network) => say(Limit::Fact(Term::Str(&network.to_string()))),
        Constraint::Url(pattern) => say(Limit::Fact(Term::Array(pattern))),
        _ => Err(Malformed),
    }
}

/// A limit on the element of a list that `$member` is bound to.
fn put_element(constraint: &Constraint, say: impl FnOnce(Limit<'_>) -> Said) -> Said {
    use Limit::Test;
    let own = variable(OUTER);
    let compare = |operator, operand| [own, Op::Value(operand), Op::Binary(operator)];
    match constraint {
        Constraint::NoneOf(listed) => {
            let differs = [own, variable(INNER), Op::Binary(Binary::StrictNotEqual)];
            let [listed, differs] = [Op::Value(Term::Array(listed)), each(&[INNER], &differs)];
            say(Test(&[listed, differs, Op::Binary(Binary::All)]))
        }
        Constraint::Min(bound) => {
            say(Test(&compare(Binary::GreaterOrEqual, Term::Integer(*bound))))
        }
        Constraint::Max(bound) => say(Test(&compare(Binary::LessOrEqual, Term::Integer(*bound)))),
        Constraint::Prefix(text) => say(Test(&compare(Binary::StartsWith, Term::Str(text)))),
        Constraint::Suffix(text) => say(Test(&compare(Binary::EndsWith, Term::Str(text)))),
        Constraint::MaxLen(bound) => {
            let [length, bound] = [Op::Unary(Unary::Length), Op::Value(integer(*bound))];
            say(Test(&[own, length, bound, Op::Binary(Binary::LessOrEqual)]))
        }
        Constraint::Glob(_) | Constraint::Subpath(_) | Constraint::Cidr(_) | Constraint::Url(_) => {
            beyond_datalog(constraint, say)
        }
        // No capability has `each` of these.
        Constraint::Equals(_)
        | Constraint::OneOf(_)
        | Constraint::SubsetOf(_)
        | Constraint::ContainsAll(_)
        | Constraint::Each(_) => Err(Malformed),
    }
}

/// `$parameter -> ops`
pub(super) fn each<'t>(parameters: &'t [&'t str], ops: &'t [Op<'t>]) -> Op<'t> {
    Op::Closure(Inner { parameters, ops })
}

/// `!$args.contains("name") || ops`, for an argument that may be absent.
pub(super) fn optional(
    name: &str,
    presence: Presence,
    ops: &[Op<'_>],
    say: impl FnOnce(&[Op<'_>]) -> Said,
) -> Said {
    match presence {
        Presence::Required => say(ops),
        // Nothing is limited there.
        Presence::Below => Err(Malformed),
        Presence::Optional => say(&[
            variable(ARGS),
            Op::Value(Term::Str(name)),
            Op::Binary(Binary::Contains),
            Op::Unary(Unary::Negate),
            each(&[], ops),
            Op::Binary(Binary::Or),
        ]),
    }
}

/// `(ops).try_or(false)`
pub(super) fn guarded(
    ops: &[Op<'_>],
    guard: OnTypeError,
    say: impl FnOnce(&[Op<'_>]) -> Said,
) -> Said {
    match guard {
        OnTypeError::Propagate => say(ops),
        OnTypeError::Contain => {
            say(&[each(&[], ops), Op::Value(Term::Bool(false)), Op::Binary(Binary::TryOr)])
        }
    }
}

/// Schemes, hosts, ports, and what a path begins with.
impl Elements for UrlPattern {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        say(Term::Array(self.schemes()))?;
        say(Term::Array(self.hosts()))?;
        say(Term::Array(self.ports()))?;
        say(Term::Str(self.path_prefix()))
    }
}

impl Elements for BTreeSet<String> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|text| say(Term::Str(text)))
    }
}

impl Elements for BTreeSet<u16> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|port| say(Term::Integer(i64::from(*port))))
    }
}

impl Elements for BTreeSet<Value> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|own| say(value(own)))
    }
}

impl Elements for Vec<Value> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|own| say(value(own)))
    }
}

fn value(value: &Value) -> Term<'_> {
    match value {
        Value::Null => Term::Null,
        Value::Bool(b) => Term::Bool(*b),
        Value::Integer(i) => Term::Integer(*i),
        Value::String(text) => Term::Str(text),
        Value::List(items) => Term::Array(items),
    }
}

pub(super) fn integer(count: impl TryInto<i64>) -> Term<'static> {
    Term::Integer(count.try_into().unwrap_or(i64::MAX))
}
