//! Checks that the engine will evaluate the statements of a policy as they read.
//!
//! In the engine, a query with a misspelled name or an invalid regular expression matches nothing.
//! In a `deny if`, that would allow.

use std::collections::{BTreeSet, HashMap};

use biscuit_auth::Authorizer;
use biscuit_auth::builder::{
    Binary, CheckKind, Convert, Expression, Op, PolicyKind, Predicate, Rule, Term, Unary,
};
use biscuit_auth::datalog::{self, SymbolTable, TemporarySymbolTable};

use super::error::{DatalogError, StatementFault};
use super::facts::{FACTS, type_of};

/// One alternative of a check or policy.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// The text of the check or policy.
    pub(super) statement: String,
    pub(super) rule: Rule,
}

/// Checks all statements of a policy, and returns those queries of its checks and policies whose
/// evaluation may fail: the ones with expressions.
pub(super) fn check(policy: &Authorizer) -> Result<Vec<Query>, DatalogError> {
    let (facts, rules, checks, policies) = policy.dump();
    let stated = facts.iter().map(|fact| &fact.predicate);
    let stated: BTreeSet<_> = stated.chain(rules.iter().map(|rule| &rule.head)).map(id).collect();
    let refused = |statement: String| {
        move |fault| DatalogError::Statement { statement: statement.clone(), fault }
    };

    for fact in &facts {
        check_stated(&fact.predicate).map_err(refused(fact.to_string()))?;
    }
    for rule in &rules {
        check_stated(&rule.head)
            .and_then(|()| check_query(rule, &stated))
            .map_err(refused(rule.to_string()))?;
    }
    let mut queries = Vec::new();
    let mut add = |statement: String, alternatives: Vec<Rule>| {
        for rule in alternatives {
            check_query(&rule, &stated).map_err(refused(statement.clone()))?;
            if !rule.expressions.is_empty() {
                queries.push(Query { statement: statement.clone(), rule });
            }
        }
        Ok(())
    };
    for check in checks {
        let statement = check.to_string();
        if check.kind == CheckKind::Reject && check.queries.len() > 1 {
            return Err(refused(statement)(StatementFault::SeveralRejections));
        }
        add(statement, check.queries)?;
    }
    let mut allows_all = false;
    for policy in policies {
        let statement = policy.to_string();
        match policy.kind {
            PolicyKind::Deny if allows_all => {
                return Err(refused(statement)(StatementFault::Unreachable));
            }
            PolicyKind::Deny => {}
            PolicyKind::Allow => allows_all |= policy.queries.iter().any(always_matches),
        }
        add(statement, policy.queries)?;
    }
    Ok(queries)
}

fn id(predicate: &Predicate) -> (&str, usize) {
    (&predicate.name, predicate.terms.len())
}

fn check_stated(predicate: &Predicate) -> Result<(), StatementFault> {
    let (name, terms) = id(predicate);
    let of_call = FACTS.iter().any(|(own, types)| (*own, types.len()) == (name, terms));
    if of_call {
        return Err(StatementFault::StatesFactOfCall { name: name.to_owned() });
    }
    Ok(())
}

fn always_matches(query: &Rule) -> bool {
    let is_true = |expression: &Expression| expression.ops == [Op::Value(Term::Bool(true))];
    query.body.is_empty() && query.expressions.iter().all(is_true)
}

fn check_query(query: &Rule, stated: &BTreeSet<(&str, usize)>) -> Result<(), StatementFault> {
    for predicate in &query.body {
        if !stated.contains(&id(predicate)) {
            check_fact_of_call(predicate)?;
        }
    }
    let terms = query.body.iter().flat_map(|predicate| &predicate.terms);
    let bound = terms.filter_map(|term| match term {
        Term::Variable(name) => Some(name.as_str()),
        _ => None,
    });
    let bound = bound.collect();
    query.expressions.iter().try_for_each(|expression| check_expression(&expression.ops, &bound))
}

fn check_fact_of_call(predicate: &Predicate) -> Result<(), StatementFault> {
    let name = || predicate.name.clone();
    let types = FACTS.iter().find(|(own, _)| *own == predicate.name).map(|(_, types)| *types);
    let terms = predicate.terms.len();
    let Some(types) = types.filter(|types| types.len() == terms) else {
        let known = types.map(<[_]>::len);
        return Err(StatementFault::UnknownFact { name: name(), terms, known });
    };
    for (index, (term, expected)) in predicate.terms.iter().zip(types.iter().copied()).enumerate() {
        let found = type_of(term);
        if !matches!(term, Term::Variable(_)) && found != expected {
            return Err(StatementFault::TermType { name: name(), index, expected, found });
        }
    }
    Ok(())
}

/// Checks operations in postfix order: those of the right operand end before their operator.
fn check_expression(ops: &[Op], bound: &BTreeSet<&str>) -> Result<(), StatementFault> {
    let mut before: Option<&Op> = None;
    for op in ops {
        match op {
            Op::Value(Term::Variable(name)) if !bound.contains(name.as_str()) => {
                return Err(StatementFault::Unbound { name: name.clone() });
            }
            Op::Unary(Unary::Ffi(name)) | Op::Binary(Binary::Ffi(name)) => {
                return Err(StatementFault::Function { name: name.clone() });
            }
            Op::Binary(Binary::Regex) => match before {
                Some(Op::Value(Term::Str(pattern))) if is_regex(pattern) => {}
                Some(Op::Value(Term::Str(pattern))) => {
                    return Err(StatementFault::Pattern { pattern: pattern.clone() });
                }
                _ => return Err(StatementFault::ComputedPattern),
            },
            Op::Closure(parameters, inner) => {
                let parameters = parameters.iter().map(String::as_str);
                check_expression(inner, &bound.iter().copied().chain(parameters).collect())?;
            }
            _ => {}
        }
        before = Some(op);
    }
    Ok(())
}

/// Returns true if the engine's own build of `regex` compiles the pattern. With an empty alternative before
/// it, it matches the empty text exactly if it compiles.
fn is_regex(pattern: &str) -> bool {
    let text = |text: &str| Op::Value(Term::Str(text.to_owned()));
    let ops = vec![text(""), text(&format!("|{pattern}")), Op::Binary(Binary::Regex)];
    let mut symbols = SymbolTable::new();
    let expression = Expression { ops }.convert(&mut symbols);
    let mut symbols = TemporarySymbolTable::new(&symbols);
    let matches = expression.evaluate(&HashMap::new(), &mut symbols, &HashMap::new());
    matches == Ok(datalog::Term::Bool(true))
}
