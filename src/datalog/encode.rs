//! From the typed model to Datalog.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::{Constraint, UrlPattern};
use crate::datalog::syntax::{Binary, Check, Op, Predicate, Query, Source, Term, Unary};
use crate::datalog::{Closing, Delegation};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::pattern::{OperationPattern, ResourcePattern};
use crate::value::Value;

/// The version of this vocabulary, in the fact `deputize(1)` of the first block.
pub(super) const VOCABULARY: i64 = 1;

pub(super) fn delegation(delegation: &Delegation) -> Source<'_> {
    let Delegation { origin, grant, issued } = delegation;
    let mut facts = Vec::new();
    if let Some(origin) = origin {
        facts.push(fact("deputize", vec![Term::Integer(VOCABULARY)]));
        facts.push(fact("token", vec![Term::Bytes(&origin.token_id)]));
        let owner = &origin.owner;
        facts.push(fact("owner", vec![string(owner.name()), string(owner.kind().as_str())]));
    }
    facts.push(fact(
        "delegate",
        vec![
            string(grant.to.name()),
            string(grant.to.kind().as_str()),
            string(&grant.purpose),
            date(*issued),
            Term::Integer(i64::from(grant.max_hops)),
        ],
    ));
    if let Some(keys) = &grant.delegates {
        let keys = keys.iter().map(|key| Term::Bytes(key.as_bytes())).collect();
        facts.push(fact("delegates", vec![Term::Set(keys)]));
    }
    let mut checks = vec![validity(grant)];
    if let Some(audience) = &grant.audience {
        checks.push(audience.iter().map(|name| asked_at(name)).collect());
    }
    let guard = if grant.capabilities.len() > 1 { Guard::Needed } else { Guard::Idle };
    checks.push(grant.capabilities.iter().map(|own| capability(own, guard)).collect());
    Source { facts, checks }
}

pub(super) fn closing(closing: &Closing) -> Source<'_> {
    let facts = vec![fact("presentation", vec![Term::Bytes(&closing.nonce), date(closing.issued)])];
    let query = Query {
        body: vec![
            fact("request_digest", vec![Term::Bytes(&closing.request_digest)]),
            fact("audience", vec![string(&closing.audience)]),
            fact("time", vec![TIME]),
        ],
        expressions: vec![
            compare_time(Binary::GreaterOrEqual, closing.issued.minus(closing.window)),
            compare_time(Binary::LessOrEqual, closing.issued.plus(closing.window)),
        ],
    };
    Source { facts, checks: vec![vec![query]] }
}

pub(super) const TIME: Term<'static> = Term::Variable("time");
pub(super) const OPERATION: Term<'static> = Term::Variable("operation");
pub(super) const RESOURCE: Term<'static> = Term::Variable("resource");
/// Bound to `resource_path`; a word that every Biscuit knows.
pub(super) const PATH: Term<'static> = Term::Variable("path");
pub(super) const ARGS: Term<'static> = Term::Variable("args");
pub(super) const ARG_NAMES: Term<'static> = Term::Variable("arg_names");
/// Parameters of closures; words that every Biscuit knows.
const OUTER: &str = "member";
const INNER: &str = "node";

fn validity(grant: &Grant) -> Check<'_> {
    let mut expressions = Vec::new();
    if let Some(start) = grant.not_before {
        expressions.push(compare_time(Binary::GreaterOrEqual, start));
    }
    expressions.push(compare_time(Binary::LessThan, grant.expires));
    vec![Query { body: vec![fact("time", vec![TIME])], expressions }]
}

fn compare_time(comparison: Binary, bound: Instant) -> Vec<Op<'static>> {
    vec![Op::Value(TIME), Op::Value(date(bound)), Op::Binary(comparison)]
}

fn asked_at(audience: &str) -> Query<'_> {
    Query { body: vec![fact("audience", vec![string(audience)])], expressions: Vec::new() }
}

/// A comparison of unlike types is an error in Biscuit and fails the whole request. Beside other
/// capabilities it must only fail its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    Needed,
    Idle,
}

fn capability(own: &Capability, guard: Guard) -> Query<'_> {
    let mut query = Query::default();
    operation(own.operation(), &mut query);
    resource(own.resource(), &mut query);
    arg_names(own, &mut query);
    let limits = own
        .args()
        .iter()
        .flat_map(|(name, limits)| limits.constraints.iter().map(move |c| (name, limits, c)));
    let mut tests = Vec::new();
    for (name, limits, constraint) in limits {
        match test(name, constraint) {
            Test::Expression(ops) => tests.push(guarded(optional(name, limits, ops), guard)),
            Test::Satisfies(parameter) => query
                .body
                .push(fact("satisfies", vec![string(name), string(constraint.kind()), parameter])),
        }
    }
    if !tests.is_empty() {
        query.body.push(fact("args", vec![ARGS]));
        query.expressions.append(&mut tests);
    }
    if query.body.is_empty() && query.expressions.is_empty() {
        query.expressions.push(vec![Op::Value(Term::Bool(true))]);
    }
    query
}

fn operation<'a>(pattern: &'a OperationPattern, query: &mut Query<'a>) {
    match pattern {
        OperationPattern::Exact(own) => {
            query.body.push(fact("operation", vec![string(own.as_str())]));
        }
        OperationPattern::Below(own) => {
            query.body.push(fact("operation", vec![OPERATION]));
            query.expressions.push(starts_with(OPERATION, format!("{}.", own.as_str())));
        }
        OperationPattern::Any => {}
    }
}

fn resource<'a>(pattern: &'a ResourcePattern, query: &mut Query<'a>) {
    match pattern {
        ResourcePattern::Exact(own) => {
            query.body.push(fact("resource", vec![string(own.as_str())]));
        }
        ResourcePattern::Child(own) => {
            let length = own.segments().count().saturating_add(1);
            query.body.push(fact("resource", vec![RESOURCE]));
            query.body.push(fact("resource_path", vec![PATH]));
            query.expressions.push(starts_with(RESOURCE, format!("{}/", own.as_str())));
            query.expressions.push(vec![
                Op::Value(PATH),
                Op::Unary(Unary::Length),
                Op::Value(Term::Integer(i64::try_from(length).unwrap_or(i64::MAX))),
                Op::Binary(Binary::StrictEqual),
            ]);
        }
        ResourcePattern::Below(own) => {
            query.body.push(fact("resource", vec![RESOURCE]));
            query.expressions.push(starts_with(RESOURCE, format!("{}/", own.as_str())));
        }
        ResourcePattern::Any => {}
    }
}

fn starts_with(variable: Term<'_>, prefix: String) -> Vec<Op<'_>> {
    vec![
        Op::Value(variable),
        Op::Value(Term::Str(Cow::Owned(prefix))),
        Op::Binary(Binary::StartsWith),
    ]
}

/// The closed world, and the presence of what is required.
fn arg_names<'a>(own: &'a Capability, query: &mut Query<'a>) {
    let names = |wanted: &[Presence]| {
        let named = own.args().iter().filter(|(_, limits)| wanted.contains(&limits.presence));
        named.map(|(name, _)| string(name)).collect::<Vec<_>>()
    };
    let all = names(&[Presence::Required, Presence::Optional]);
    let required = names(&[Presence::Required]);
    let closed = own.other_args() == OtherArgs::Deny;
    if closed && all.len() == required.len() {
        return query.body.push(fact("arg_names", vec![Term::Set(all)]));
    }
    if closed {
        query.expressions.push(vec![
            Op::Value(Term::Set(all)),
            Op::Value(ARG_NAMES),
            Op::Binary(Binary::Contains),
        ]);
    }
    if !required.is_empty() {
        query.expressions.push(vec![
            Op::Value(ARG_NAMES),
            Op::Value(Term::Set(required.clone())),
            Op::Binary(Binary::Contains),
        ]);
    }
    if closed || !required.is_empty() {
        query.body.push(fact("arg_names", vec![ARG_NAMES]));
    }
}

/// How a constraint is put to the engine.
enum Test<'a> {
    Expression(Vec<Op<'a>>),
    /// Datalog cannot say it: the verifier adds the fact after it found it true.
    Satisfies(Term<'a>),
}

fn test<'a>(name: &'a str, constraint: &'a Constraint) -> Test<'a> {
    let compare = |operator, operand| {
        let mut ops = argument(name);
        ops.extend([Op::Value(operand), Op::Binary(operator)]);
        ops
    };
    Test::Expression(match constraint {
        Constraint::Equals(wanted) => compare(Binary::Equal, value(wanted)),
        Constraint::OneOf(listed) => {
            let mut ops = vec![Op::Value(list(listed))];
            ops.extend(argument(name));
            ops.push(Op::Binary(Binary::Contains));
            ops
        }
        Constraint::NoneOf(listed) => {
            let differs = {
                let mut ops = argument(name);
                ops.push(Op::Value(Term::Variable(OUTER)));
                ops.push(Op::Binary(Binary::StrictNotEqual));
                ops
            };
            each(vec![Op::Value(list(listed))], OUTER, differs, Binary::All)
        }
        Constraint::Min(bound) => compare(Binary::GreaterOrEqual, Term::Integer(*bound)),
        Constraint::Max(bound) => compare(Binary::LessOrEqual, Term::Integer(*bound)),
        Constraint::Prefix(text) => compare(Binary::StartsWith, string(text)),
        Constraint::Suffix(text) => compare(Binary::EndsWith, string(text)),
        Constraint::MaxLen(bound) => {
            let mut ops = argument(name);
            let bound = i64::try_from(*bound).unwrap_or(i64::MAX);
            ops.push(Op::Unary(Unary::Length));
            ops.push(Op::Value(Term::Integer(bound)));
            ops.push(Op::Binary(Binary::LessOrEqual));
            ops
        }
        Constraint::SubsetOf(listed) => {
            let is_listed = vec![
                Op::Value(list(listed)),
                Op::Value(Term::Variable(OUTER)),
                Op::Binary(Binary::Contains),
            ];
            each(argument(name), OUTER, is_listed, Binary::All)
        }
        Constraint::ContainsAll(listed) => {
            let same = vec![
                Op::Value(Term::Variable(INNER)),
                Op::Value(Term::Variable(OUTER)),
                Op::Binary(Binary::Equal),
            ];
            let is_there = each(argument(name), INNER, same, Binary::Any);
            each(vec![Op::Value(list(listed))], OUTER, is_there, Binary::All)
        }
        Constraint::Glob(glob) => return Test::Satisfies(string(glob.as_str())),
        Constraint::Subpath(base) => return Test::Satisfies(string(base.as_str())),
        Constraint::Cidr(network) => {
            return Test::Satisfies(Term::Str(Cow::Owned(network.to_string())));
        }
        Constraint::Url(pattern) => return Test::Satisfies(url(pattern)),
    })
}

/// `$args.get("name")`
fn argument(name: &str) -> Vec<Op<'_>> {
    vec![Op::Value(ARGS), Op::Value(string(name)), Op::Binary(Binary::Get)]
}

/// `of.all($parameter -> holds)`, or `any`.
fn each<'a>(
    mut of: Vec<Op<'a>>,
    parameter: &'a str,
    holds: Vec<Op<'a>>,
    quantifier: Binary,
) -> Vec<Op<'a>> {
    of.push(Op::Closure(vec![parameter], holds));
    of.push(Op::Binary(quantifier));
    of
}

/// `!$args.contains("name") || ops`, for an argument that may be absent.
fn optional<'a>(name: &'a str, limits: &ArgLimits, ops: Vec<Op<'a>>) -> Vec<Op<'a>> {
    match limits.presence {
        Presence::Required => ops,
        Presence::Optional => vec![
            Op::Value(ARGS),
            Op::Value(string(name)),
            Op::Binary(Binary::Contains),
            Op::Unary(Unary::Negate),
            Op::Closure(Vec::new(), ops),
            Op::Binary(Binary::Or),
        ],
    }
}

/// `(ops).try_or(false)`
fn guarded(ops: Vec<Op<'_>>, guard: Guard) -> Vec<Op<'_>> {
    match guard {
        Guard::Idle => ops,
        Guard::Needed => vec![
            Op::Closure(Vec::new(), ops),
            Op::Value(Term::Bool(false)),
            Op::Binary(Binary::TryOr),
        ],
    }
}

fn url(pattern: &UrlPattern) -> Term<'_> {
    Term::Array(vec![
        Term::Array(pattern.schemes().iter().map(|s| string(s)).collect()),
        Term::Array(pattern.hosts().iter().map(|s| string(s)).collect()),
        Term::Array(pattern.ports().iter().map(|p| Term::Integer(i64::from(*p))).collect()),
        string(pattern.path_prefix()),
    ])
}

fn list(values: &BTreeSet<Value>) -> Term<'_> {
    Term::Array(values.iter().map(value).collect())
}

pub(super) fn value(value: &Value) -> Term<'_> {
    match value {
        Value::Null => Term::Null,
        Value::Bool(b) => Term::Bool(*b),
        Value::Integer(i) => Term::Integer(*i),
        Value::String(s) => string(s),
        Value::List(items) => Term::Array(items.iter().map(self::value).collect()),
    }
}

fn fact<'a>(name: &'a str, terms: Vec<Term<'a>>) -> Predicate<'a> {
    Predicate { name, terms }
}

fn string(text: &str) -> Term<'_> {
    Term::Str(Cow::Borrowed(text))
}

fn date(at: Instant) -> Term<'static> {
    Term::Date(at.seconds())
}
