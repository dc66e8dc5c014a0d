//! From a capability to its query.

use std::collections::{BTreeMap, BTreeSet};

use crate::arguments::prefix_below;
use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::{Constraint, UrlPattern};
use crate::datalog::syntax::{Binary, Unary};
use crate::datalog::vocabulary::{ARG_NAMES, ARGS, OPERATION, PATH, RESOURCE};
use crate::datalog::writing::{Inner, Listed, Op, Said, Sink, Term, variable};
use crate::pattern::{OperationPattern, ResourcePattern};
use crate::value::Value;
use crate::wire::Malformed;

/// Parameters of closures; words that every Biscuit knows.
const OUTER: &str = "member";
const INNER: &str = "node";

/// A comparison of unlike types is an error in Biscuit and fails the whole request. Beside other
/// capabilities it must only fail its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    Needed,
    Idle,
}

impl Guard {
    /// What each of so many capabilities needs.
    pub(super) fn among(capabilities: usize) -> Self {
        if capabilities > 1 { Self::Needed } else { Self::Idle }
    }
}

pub(super) fn capability(own: &Capability, guard: Guard, to: &mut impl Sink) -> Said {
    to.query(|to| {
        predicates(own, to)?;
        expressions(own, guard, to)
    })
}

/// All that must be found.
fn predicates(own: &Capability, to: &mut impl Sink) -> Said {
    match own.operation() {
        OperationPattern::Exact(name) => to.found("operation", &[Term::Str(name.as_str())])?,
        OperationPattern::Below(_) => to.found("operation", &[Term::Variable(OPERATION)])?,
        OperationPattern::Any => {}
    }
    match own.resource() {
        ResourcePattern::Exact(name) => to.found("resource", &[Term::Str(name.as_str())])?,
        ResourcePattern::Child(_) => {
            to.found("resource", &[Term::Variable(RESOURCE)])?;
            to.found("resource_path", &[Term::Variable(PATH)])?;
        }
        ResourcePattern::Below(_) => to.found("resource", &[Term::Variable(RESOURCE)])?,
        ResourcePattern::Any => {}
    }
    let (all, required) = (Names::all(own), Names::required(own));
    match world(own) {
        World::Fixed => to.found("arg_names", &[Term::Set(&all)])?,
        World::Open if required.is_empty() => {}
        World::Closed | World::Open => to.found("arg_names", &[Term::Variable(ARG_NAMES)])?,
    }
    let mut tested = false;
    for (name, _, constraint) in constraints(own) {
        put(name, constraint, |limit| match limit {
            Limit::Fact(parameter) => {
                let kind = Term::Str(constraint.kind());
                to.found("satisfies", &[Term::Str(name), kind, parameter])
            }
            Limit::Test(_) => {
                tested = true;
                Ok(())
            }
        })?;
    }
    if tested { to.found("args", &[Term::Variable(ARGS)]) } else { Ok(()) }
}

/// All that must be true.
fn expressions(own: &Capability, guard: Guard, to: &mut impl Sink) -> Said {
    if let OperationPattern::Below(stem) = own.operation() {
        starts_with(OPERATION, &format!("{}.", stem.as_str()), to)?;
    }
    if let ResourcePattern::Child(stem) | ResourcePattern::Below(stem) = own.resource() {
        starts_with(RESOURCE, &format!("{}/", stem.as_str()), to)?;
    }
    if let ResourcePattern::Child(stem) = own.resource() {
        let length = integer(stem.segments().count().saturating_add(1));
        let [path, length] = [variable(PATH), Op::Value(length)];
        to.holds(&[path, Op::Unary(Unary::Length), length, Op::Binary(Binary::StrictEqual)])?;
    }
    let (all, required) = (Names::all(own), Names::required(own));
    let [named, contains] = [variable(ARG_NAMES), Op::Binary(Binary::Contains)];
    let world = world(own);
    if world == World::Closed {
        let below: Vec<String> = own.below().map(prefix_below).collect();
        if below.is_empty() {
            to.holds(&[Op::Value(Term::Set(&all)), named, contains])?;
        } else {
            named_or_below(&all, &below, to)?;
        }
    }
    if world != World::Fixed && !required.is_empty() {
        to.holds(&[named, Op::Value(Term::Set(&required)), contains])?;
    }
    for (name, presence, constraint) in constraints(own) {
        put(name, constraint, |limit| match limit {
            Limit::Test(ops) => {
                optional(name, presence, ops, |ops| guarded(ops, guard, |ops| to.holds(ops)))
            }
            Limit::Fact(_) => Ok(()),
        })?;
    }
    let is_for_all = matches!(own.operation(), OperationPattern::Any)
        && matches!(own.resource(), ResourcePattern::Any);
    if is_for_all
        && world == World::Open
        && required.is_empty()
        && constraints(own).next().is_none()
    {
        to.holds(&[Op::Value(Term::Bool(true))])?;
    }
    Ok(())
}

/// `$arg_names.all($member -> names.contains($member) || $member.starts_with(prefix) || …)`
fn named_or_below(names: &Names<'_>, below: &[String], to: &mut impl Sink) -> Said {
    let member = variable(OUTER);
    let tests: Vec<_> = below
        .iter()
        .map(|prefix| [member, Op::Value(Term::Str(prefix)), Op::Binary(Binary::StartsWith)])
        .collect();
    let mut is_known = vec![Op::Value(Term::Set(names)), member, Op::Binary(Binary::Contains)];
    for test in &tests {
        is_known.extend([each(&[], test), Op::Binary(Binary::Or)]);
    }
    to.holds(&[variable(ARG_NAMES), each(&[OUTER], &is_known), Op::Binary(Binary::All)])
}

fn starts_with(variable: &str, prefix: &str, to: &mut impl Sink) -> Said {
    let [variable, prefix] = [self::variable(variable), Op::Value(Term::Str(prefix))];
    to.holds(&[variable, prefix, Op::Binary(Binary::StartsWith)])
}

/// Which names the arguments may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum World {
    /// Those that are named, and all of them.
    Fixed,
    /// Those that are named.
    Closed,
    Open,
}

fn world(own: &Capability) -> World {
    match own.other_args() {
        OtherArgs::Allow => World::Open,
        OtherArgs::Deny if own.args().values().all(|l| l.presence == Presence::Required) => {
            World::Fixed
        }
        OtherArgs::Deny => World::Closed,
    }
}

/// The names of arguments.
struct Names<'t> {
    args: &'t BTreeMap<String, ArgLimits>,
    presence: &'static [Presence],
}

impl<'t> Names<'t> {
    fn all(own: &'t Capability) -> Self {
        const ALL: &[Presence] = &[Presence::Required, Presence::Optional, Presence::Below];
        Self { args: own.args(), presence: ALL }
    }

    fn required(own: &'t Capability) -> Self {
        Self { args: own.args(), presence: &[Presence::Required] }
    }

    fn iter(&self) -> impl Iterator<Item = &'t str> {
        let wanted = self.args.iter().filter(|(_, l)| self.presence.contains(&l.presence));
        wanted.map(|(name, _)| name.as_str())
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Listed for Names<'_> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|name| say(Term::Str(name)))
    }
}

fn constraints(own: &Capability) -> impl Iterator<Item = (&str, Presence, &Constraint)> {
    own.args().iter().flat_map(|(name, limits)| {
        limits.constraints.iter().map(|own| (name.as_str(), limits.presence, own))
    })
}

/// How a limit is put to the engine.
enum Limit<'t> {
    Test(&'t [Op<'t>]),
    /// Datalog cannot say it: the verifier adds a fact with this parameter after it found it true.
    Fact(Term<'t>),
}

/// A kind and its parameter.
struct Kind<'t>(&'t str, Term<'t>);

impl Listed for Kind<'_> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        say(Term::Str(self.0))?;
        say(self.1)
    }
}

fn put(name: &str, constraint: &Constraint, say: impl FnOnce(Limit<'_>) -> Said) -> Said {
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
fn each<'t>(parameters: &'t [&'t str], ops: &'t [Op<'t>]) -> Op<'t> {
    Op::Closure(Inner { parameters, ops })
}

/// `!$args.contains("name") || ops`, for an argument that may be absent.
fn optional(
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
fn guarded(ops: &[Op<'_>], guard: Guard, say: impl FnOnce(&[Op<'_>]) -> Said) -> Said {
    match guard {
        Guard::Idle => say(ops),
        Guard::Needed => {
            say(&[each(&[], ops), Op::Value(Term::Bool(false)), Op::Binary(Binary::TryOr)])
        }
    }
}

/// Schemes, hosts, ports, and what a path begins with.
impl Listed for UrlPattern {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        say(Term::Array(self.schemes()))?;
        say(Term::Array(self.hosts()))?;
        say(Term::Array(self.ports()))?;
        say(Term::Str(self.path_prefix()))
    }
}

impl Listed for BTreeSet<String> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|text| say(Term::Str(text)))
    }
}

impl Listed for BTreeSet<u16> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|port| say(Term::Integer(i64::from(*port))))
    }
}

impl Listed for BTreeSet<Value> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|own| say(value(own)))
    }
}

impl Listed for Vec<Value> {
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

fn integer(count: impl TryInto<i64>) -> Term<'static> {
    Term::Integer(count.try_into().unwrap_or(i64::MAX))
}
