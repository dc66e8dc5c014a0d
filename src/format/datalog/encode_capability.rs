//! From a capability to its query.

use std::collections::BTreeMap;

use super::encode_limit::{Limit, OUTER, OnTypeError, each, guarded, integer, optional, put};
use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::format::datalog::syntax::{Binary, Unary};
use crate::format::datalog::vocabulary::{ARG_NAMES, ARGS, OPERATION, PATH, RESOURCE};
use crate::format::datalog::writing::{Elements, Op, Said, Sink, Term, variable};
use crate::request::arguments::prefix_below;
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;

pub(super) fn capability(own: &Capability, guard: OnTypeError, to: &mut impl Sink) -> Said {
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
    match arg_names(own) {
        ArgNames::Exactly => to.found("arg_names", &[Term::Set(&all)])?,
        ArgNames::Any if required.is_empty() => {}
        ArgNames::AtMost | ArgNames::Any => to.found("arg_names", &[Term::Variable(ARG_NAMES)])?,
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
fn expressions(own: &Capability, guard: OnTypeError, to: &mut impl Sink) -> Said {
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
    let names_allowed = arg_names(own);
    if names_allowed == ArgNames::AtMost {
        let below: Vec<String> = own.below().map(prefix_below).collect();
        if below.is_empty() {
            to.holds(&[Op::Value(Term::Set(&all)), named, contains])?;
        } else {
            named_or_below(&all, &below, to)?;
        }
    }
    if names_allowed != ArgNames::Exactly && !required.is_empty() {
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
        && names_allowed == ArgNames::Any
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
enum ArgNames {
    /// Those that are named, and all of them.
    Exactly,
    /// Those that are named.
    AtMost,
    Any,
}

fn arg_names(own: &Capability) -> ArgNames {
    match own.other_args() {
        OtherArgs::Allow => ArgNames::Any,
        OtherArgs::Deny if own.args().values().all(|l| l.presence == Presence::Required) => {
            ArgNames::Exactly
        }
        OtherArgs::Deny => ArgNames::AtMost,
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

impl Elements for Names<'_> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|name| say(Term::Str(name)))
    }
}

fn constraints(own: &Capability) -> impl Iterator<Item = (&str, Presence, &Constraint)> {
    own.args().iter().flat_map(|(name, limits)| {
        limits.constraints.iter().map(|own| (name.as_str(), limits.presence, own))
    })
}
