//! Blocks with a given number of capabilities, constraints, values and keys, and calls that cost
//! work.

use biscuit_auth::format::schema;
use deputize::testing::with_purpose;
use deputize::{Constraint, Decision, PublicKey, Signer, SigningKey, UrlPattern};
use schema::op::Content as Op;
use schema::term::Content as Term;

use super::{edited, granted, granting, plain, plain_grant, x};

/// The query that is the first capability.
fn capability(block: &mut schema::Block) -> &mut schema::Rule {
    &mut block.checks.last_mut().unwrap().queries[0]
}

pub(super) fn capabilities(count: usize) -> Decision {
    edited(granting([plain(), plain()]), "{}", |block| {
        let queries = &mut block.checks.last_mut().unwrap().queries;
        *queries = vec![queries[0].clone(); count];
    })
}

/// All but one are upper bounds; the last is a lower bound on the first argument.
pub(super) fn constraints(count: usize) -> Decision {
    let names = || (0..count - 1).map(|i| format!("a{i:02}"));
    let own = names().fold(plain(), |own, name| own.with_arg(name, [Constraint::max(1)]).unwrap());
    let args: Vec<_> = names().map(|name| format!(r#""{name}":1"#)).collect();
    edited(granting([own]), &format!("{{{}}}", args.join(",")), |block| {
        let expressions = &mut capability(block).expressions;
        let mut at_least = expressions[0].clone();
        let Some(Op::Binary(operator)) = at_least.ops.last_mut().unwrap().content.as_mut() else {
            panic!("no operator")
        };
        // `>=`
        operator.kind = 3;
        expressions.insert(0, at_least);
    })
}

/// A list in a limit of the first capability.
fn list(block: &mut schema::Block) -> &mut Vec<schema::Term> {
    let ops = &mut capability(block).expressions[0].ops;
    // If a grant has several capabilities, each limit is in a closure.
    let Some(Op::Closure(closure)) = ops[0].content.as_mut() else { panic!("no closure") };
    match closure.ops[0].content.as_mut() {
        Some(Op::Value(schema::Term { content: Some(Term::Array(array)) })) => &mut array.array,
        other => panic!("{other:?}"),
    }
}

pub(super) fn integer(most: usize) -> Decision {
    let own = plain().with_arg("a", [Constraint::one_of([1])]).unwrap();
    edited(granting([own, plain()]), "{}", |block| {
        list(block)[0].content = Some(Term::Integer(most as i64));
    })
}

pub(super) fn values(count: usize) -> Decision {
    let own = plain().with_arg("a", [Constraint::one_of([1])]).unwrap();
    edited(granting([own, plain()]), "{}", |block| {
        let term = |i| schema::Term { content: Some(Term::Integer(i)) };
        *list(block) = (0..count as i64).map(term).collect();
    })
}

pub(super) fn services(count: usize) -> Decision {
    let names = (0..count - 1).map(|i| format!("s{i:03}")).chain(["crm.acme.com".to_owned()]);
    // The last service has the name of the delegate, so that the block declares no further string.
    let names: Vec<String> = names.take(count - 1).collect();
    let grant = with_purpose(granting([plain()]), "why")
        .with_audience(names.iter().take(count - 2).cloned().chain(["crm.acme.com".to_owned()]))
        .unwrap();
    edited(grant, "{}", |block| {
        let why = block.symbols.iter().position(|symbol| symbol == "why").unwrap();
        let queries = &mut block.checks[1].queries;
        let mut last = queries.last().unwrap().clone();
        last.body[0].terms[0].content = Some(Term::String(1_024 + why as u64));
        queries.push(last);
    })
}

pub(super) fn ports(count: usize) -> Decision {
    let url = UrlPattern::new(["https"], ["a.com"]).unwrap().with_ports([1]).unwrap();
    let own = plain().with_optional_arg("a", [Constraint::url(url)]).unwrap();
    edited(granting([own, plain()]), "{}", |block| {
        let body = &mut capability(block).body;
        let fact = body.iter_mut().find(|fact| fact.terms.len() == 3).unwrap();
        let Some(Term::Array(parts)) = fact.terms[2].content.as_mut() else { panic!("no array") };
        let Some(Term::Array(ports)) = parts.array[2].content.as_mut() else { panic!("no array") };
        let port = |i| schema::Term { content: Some(Term::Integer(i)) };
        ports.array = (1..=count as i64).map(port).collect();
    })
}

pub(super) fn delegates(count: usize) -> Decision {
    let seed = |i: usize| [(i / 256) as u8 + 1, (i % 256) as u8].repeat(16);
    let key = |i| SigningKey::from_bytes(seed(i).first_chunk().unwrap()).public_key();
    let mut keys: Vec<PublicKey> = (0..count).map(key).collect();
    keys.sort();
    let last = keys.pop().unwrap();
    edited(plain_grant().with_allowed_delegates(keys.drain(..1)).unwrap(), "{}", |block| {
        let Some(Term::Set(set)) =
            block.facts.last_mut().unwrap().predicate.terms[0].content.as_mut()
        else {
            panic!("no set")
        };
        let term =
            |key: &PublicKey| schema::Term { content: Some(Term::Bytes(key.to_bytes().to_vec())) };
        set.set.extend(keys.iter().chain([&last]).map(term));
    })
}

/// A block whose strings have this many bytes in total, each counted at every use.
pub(super) fn block_text(bytes: usize) -> Decision {
    let long = plain().with_arg("a", [Constraint::equals(x(4_000))]).unwrap();
    let last = plain().with_arg("a", [Constraint::equals("last")]).unwrap();
    let all = std::iter::once(plain()).chain(vec![long; 16]).chain([last]);
    edited(granting(all), "{}", |block| {
        let symbol = block.symbols.iter_mut().find(|symbol| *symbol == "last").unwrap();
        *symbol = format!("l{}", x(bytes - 16 * 4_000 - WORDS - 1));
    })
}

/// Bytes of the other strings in the block of [`block_text`], each counted at every use.
const WORDS: usize = 873;

/// `count` arguments of 4 KiB, each under a glob that scans all of it.
pub(super) fn globs(count: usize) -> Decision {
    let names = || (0..count).map(|i| format!("a{i:02}"));
    let glob = || Constraint::glob("**").unwrap();
    let own = names().fold(plain(), |own, name| own.with_arg(name, [glob()]).unwrap());
    let args: Vec<_> = names().map(|name| format!(r#""{name}":"{}""#, x(4_096))).collect();
    granted(granting([own]), &format!("{{{}}}", args.join(",")))
}

/// Sixteen directories and paths below them, of this many bytes in total.
pub(super) fn subpaths(bytes: usize) -> Decision {
    let names = || (0..16).map(|i| format!("a{i:02}"));
    let below = || Constraint::subpath("x").unwrap();
    let own = names().fold(plain(), |own, name| own.with_arg(name, [below()]).unwrap());
    let each = bytes / 16 - 1;
    let more = bytes % 16;
    let args: Vec<_> = names()
        .enumerate()
        .map(|(i, name)| {
            let length = each + usize::from(i < more);
            format!(r#""{name}":"x/{}""#, x(length - 2))
        })
        .collect();
    granted(granting([own]), &format!("{{{}}}", args.join(",")))
}
