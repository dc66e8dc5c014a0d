//! A capability as one query: `docs/FORMAT.md`, section 8.

use std::collections::BTreeMap;

use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::format::datalog::constraint::{
    OnTypeError, decode_expression, decode_fact, encode_expression, satisfies_parameter,
};
use crate::format::datalog::parameter::UNKNOWN;
use crate::format::datalog::read::{self, BlockError, Decoder, Predicate, Query, refuse};
use crate::format::datalog::syntax::Op::{Binary as B, Closure, Unary as U, Value as V};
use crate::format::datalog::syntax::{Binary, Term, Unary};
use crate::format::datalog::vocabulary::{ARG_NAMES, ARGS, MEMBER, OPERATION, PATH, RESOURCE};
use crate::format::datalog::write::{self, Elements, Op, Sink, closure, integer, variable};
use crate::format::wire::Reader;
use crate::limits::{MAX_NAME_CLOSURE_OPS, MAX_QUERY_PARTS};
use crate::request::arguments::{name_above, prefix_below};
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;

pub(super) fn encode_capability(
    own: &Capability,
    guard: OnTypeError,
    to: &mut impl Sink,
) -> write::Result {
    to.query(|to| {
        encode_predicates(own, to)?;
        encode_expressions(own, guard, to)
    })
}

/// Encodes the table "Body".
fn encode_predicates(own: &Capability, to: &mut impl Sink) -> write::Result {
    match own.operation() {
        OperationPattern::Exact(name) => to.predicate("operation", &[Term::Str(name.as_str())])?,
        OperationPattern::Below(_) => to.predicate("operation", &[Term::Variable(OPERATION)])?,
        OperationPattern::Any => {}
    }
    match own.resource() {
        ResourcePattern::Exact(name) => to.predicate("resource", &[Term::Str(name.as_str())])?,
        ResourcePattern::Child(_) => {
            to.predicate("resource", &[Term::Variable(RESOURCE)])?;
            to.predicate("resource_path", &[Term::Variable(PATH)])?;
        }
        ResourcePattern::Below(_) => to.predicate("resource", &[Term::Variable(RESOURCE)])?,
        ResourcePattern::Any => {}
    }
    let (all, required) = (Names::all(own), Names::required(own));
    match ArgNames::of(own) {
        ArgNames::Fixed => to.predicate("arg_names", &[Term::Set(&all)])?,
        ArgNames::Open if required.is_empty() => {}
        ArgNames::Closed | ArgNames::Open => {
            to.predicate("arg_names", &[Term::Variable(ARG_NAMES)])?;
        }
    }
    let mut has_test = false;
    for ((name, _), constraint) in constraints(own) {
        match satisfies_parameter(constraint) {
            Some(parameter) => {
                let kind = Term::Str(constraint.kind().as_str());
                to.predicate("satisfies", &[Term::Str(name), kind, parameter.as_term()])?;
            }
            None => has_test = true,
        }
    }
    if has_test { to.predicate("args", &[Term::Variable(ARGS)]) } else { Ok(()) }
}

/// Encodes the table "Expressions".
fn encode_expressions(own: &Capability, guard: OnTypeError, to: &mut impl Sink) -> write::Result {
    if let OperationPattern::Below(stem) = own.operation() {
        encode_prefix(OPERATION, &format!("{}.", stem.as_str()), to)?;
    }
    if let ResourcePattern::Child(stem) | ResourcePattern::Below(stem) = own.resource() {
        encode_prefix(RESOURCE, &format!("{}/", stem.as_str()), to)?;
    }
    if let ResourcePattern::Child(stem) = own.resource() {
        let length = integer(stem.segments().count().saturating_add(1));
        let [path, length] = [variable(PATH), Op::Value(length)];
        to.expression(&[path, Op::Unary(Unary::Length), length, Op::Binary(Binary::StrictEqual)])?;
    }
    let (all, required) = (Names::all(own), Names::required(own));
    let [named, contains] = [variable(ARG_NAMES), Op::Binary(Binary::Contains)];
    let names = ArgNames::of(own);
    if names == ArgNames::Closed {
        let below: Vec<String> = own.below().map(prefix_below).collect();
        if below.is_empty() {
            to.expression(&[Op::Value(Term::Set(&all)), named, contains])?;
        } else {
            encode_names_and_below(&all, &below, to)?;
        }
    }
    if names != ArgNames::Fixed && !required.is_empty() {
        to.expression(&[named, Op::Value(Term::Set(&required)), contains])?;
    }
    for (argument, constraint) in constraints(own) {
        encode_expression(argument, constraint, guard, to)?;
    }
    let permits_all = matches!(own.operation(), OperationPattern::Any)
        && matches!(own.resource(), ResourcePattern::Any)
        && names == ArgNames::Open
        && required.is_empty()
        && constraints(own).next().is_none();
    if permits_all { to.expression(&[Op::Value(Term::Bool(true))]) } else { Ok(()) }
}

fn encode_prefix(variable: &str, prefix: &str, to: &mut impl Sink) -> write::Result {
    let [variable, prefix] = [self::variable(variable), Op::Value(Term::Str(prefix))];
    to.expression(&[variable, prefix, Op::Binary(Binary::StartsWith)])
}

/// Encodes the paragraph "Below".
fn encode_names_and_below(
    names: &Names<'_>,
    below: &[String],
    to: &mut impl Sink,
) -> write::Result {
    let member = variable(MEMBER);
    let tests: Vec<_> = below
        .iter()
        .map(|prefix| [member, Op::Value(Term::Str(prefix)), Op::Binary(Binary::StartsWith)])
        .collect();
    let mut is_named = vec![Op::Value(Term::Set(names)), member, Op::Binary(Binary::Contains)];
    for test in &tests {
        is_named.extend([closure(&[], test), Op::Binary(Binary::Or)]);
    }
    let is_named = closure(&[MEMBER], &is_named);
    to.expression(&[variable(ARG_NAMES), is_named, Op::Binary(Binary::All)])
}

/// The names that the arguments of a call may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ArgNames {
    /// Exactly those that the capability names.
    Fixed,
    /// At most those that the capability names.
    Closed,
    /// Any.
    Open,
}

impl ArgNames {
    fn of(own: &Capability) -> Self {
        match own.other_args() {
            OtherArgs::Allow => Self::Open,
            OtherArgs::Deny if own.args().values().all(|l| l.presence == Presence::Required) => {
                Self::Fixed
            }
            OtherArgs::Deny => Self::Closed,
        }
    }
}

/// The set of all names, or of the required ones.
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
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        self.iter().try_for_each(|name| visit(Term::Str(name)))
    }
}

fn constraints(own: &Capability) -> impl Iterator<Item = ((&str, Presence), &Constraint)> {
    own.args().iter().flat_map(|(name, limits)| {
        limits.constraints.iter().map(|own| ((name.as_str(), limits.presence), own))
    })
}

pub(super) fn decode_capability<'a>(
    mut query: Query<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Capability> {
    let mut parts = Parts::default();
    for _ in 0..MAX_QUERY_PARTS {
        let Some(predicate) = query.predicate(decoder) else { break };
        parts.add_predicate(&predicate?, decoder)?;
    }
    for _ in 0..MAX_QUERY_PARTS {
        let Some(expression) = query.expression(decoder) else { break };
        parts.add_expression(expression?.as_slice(), decoder)?;
    }
    parts.assemble()
}

/// The parts of a capability, in the order in which its query has them.
#[derive(Default)]
struct Parts<'a> {
    operation: Option<OperationPattern>,
    resource: Option<ResourcePattern>,
    is_child: bool,
    /// All names, unless the capability is open.
    names: Option<Vec<&'a str>>,
    required: Vec<&'a str>,
    below: Vec<String>,
    limits: Vec<(&'a str, Constraint)>,
}

impl<'a> Parts<'a> {
    fn add_predicate(
        &mut self,
        predicate: &Predicate<'a>,
        decoder: &Decoder<'_, 'a>,
    ) -> read::Result<()> {
        match (predicate.name, predicate.terms.as_slice()) {
            ("operation", [Term::Str(name)]) => {
                let exact = name.parse().map(OperationPattern::Exact);
                self.operation = Some(exact.or_else(|_| refuse("names an invalid operation"))?);
            }
            ("resource", [Term::Str(name)]) => {
                let exact = name.parse().map(ResourcePattern::Exact);
                self.resource = Some(exact.or_else(|_| refuse("names an invalid resource"))?);
            }
            ("arg_names", [Term::Set(names)]) => {
                self.required = decoder.texts(*names)?;
                self.names = Some(self.required.clone());
            }
            ("satisfies", [Term::Str(name), Term::Str(kind), parameter]) => {
                self.limits.push((name, decode_fact(kind, *parameter, decoder)?));
            }
            ("operation", [Term::Variable(OPERATION)])
            | ("resource", [Term::Variable(RESOURCE)])
            | ("resource_path", [Term::Variable(PATH)])
            | ("arg_names", [Term::Variable(ARG_NAMES)])
            | ("args", [Term::Variable(ARGS)]) => {}
            _ => return refuse("requires a fact that no capability requires"),
        }
        Ok(())
    }

    fn add_expression(
        &mut self,
        ops: &[read::Op<'a>],
        decoder: &Decoder<'_, 'a>,
    ) -> read::Result<()> {
        match ops {
            [V(Term::Variable(OPERATION)), V(Term::Str(prefix)), B(Binary::StartsWith)] => {
                let stem = prefix.strip_suffix('.').and_then(|stem| stem.parse().ok());
                let stem = stem.ok_or(BlockError("names an invalid operation"))?;
                self.operation = Some(OperationPattern::Below(stem));
            }
            [V(Term::Variable(RESOURCE)), V(Term::Str(prefix)), B(Binary::StartsWith)] => {
                let stem = prefix.strip_suffix('/').and_then(|stem| stem.parse().ok());
                let stem = stem.ok_or(BlockError("names an invalid resource"))?;
                self.resource = Some(ResourcePattern::Below(stem));
            }
            [V(Term::Variable(PATH)), U(Unary::Length), ..] => self.is_child = true,
            [V(Term::Set(names)), V(Term::Variable(ARG_NAMES)), B(Binary::Contains)] => {
                self.names = Some(decoder.texts(*names)?);
            }
            [V(Term::Variable(ARG_NAMES)), V(Term::Set(names)), B(Binary::Contains)] => {
                self.required = decoder.texts(*names)?;
            }
            [V(Term::Variable(ARG_NAMES)), Closure(inner), B(Binary::All)] => {
                self.add_names_and_below(*inner, decoder)?;
            }
            [V(Term::Bool(true))] => {}
            test => self.limits.push(decode_expression(test, decoder)?),
        }
        Ok(())
    }

    fn add_names_and_below(
        &mut self,
        closure: Reader<'a>,
        decoder: &Decoder<'_, 'a>,
    ) -> read::Result<()> {
        let ops = decoder.long_closure::<MAX_NAME_CLOSURE_OPS>(closure)?;
        let [V(Term::Set(names)), _, _, rest @ ..] = ops.as_slice() else {
            return Err(UNKNOWN);
        };
        self.names = Some(decoder.texts(*names)?);
        for op in rest {
            let Closure(inner) = op else { continue };
            let test = decoder.closure(*inner)?;
            let [_, V(Term::Str(prefix)), _] = test.as_slice() else { return Err(UNKNOWN) };
            self.below.push(name_above(prefix).ok_or(UNKNOWN)?);
        }
        Ok(())
    }

    fn assemble(self) -> read::Result<Capability> {
        let resource = match (self.resource, self.is_child) {
            (Some(ResourcePattern::Below(stem)), true) => ResourcePattern::Child(stem),
            (pattern, _) => pattern.unwrap_or(ResourcePattern::Any),
        };
        let operation = self.operation.unwrap_or(OperationPattern::Any);
        let other_args = if self.names.is_some() { OtherArgs::Deny } else { OtherArgs::Allow };
        let below = self.below;
        let mut args: BTreeMap<&str, (Presence, Vec<Constraint>)> = BTreeMap::new();
        for name in self.names.unwrap_or_default() {
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
