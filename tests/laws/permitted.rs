//! The arguments that a token says it permits: every call that it permits is within them.

use crate::random::{NOW, case};
use crate::source::Source;
use deputize::limits::{MAX_DECISION_WORK, MAX_DELEGATION_WORK};
use deputize::testing::Scene;
use deputize::{Constraint, PermittedArgs, Request, Token};

const CASES: u64 = 4_000;

fn is_within(call: &Request, permitted: &PermittedArgs<'_>, mut work: usize, case: u64) {
    for name in call.args().keys() {
        assert!(permitted.may_have(name), "case {case}: {name}");
    }
    for name in permitted.top_level() {
        assert!(
            !permitted.requires(&name) || call.args().contains_key(&name),
            "case {case}: {name}"
        );
    }
    for name in call.args().keys().map(String::as_str).chain(permitted.names()) {
        let limits = permitted.limits_on(name, &mut work);
        if let Ok(Some(value)) = call.arg(name) {
            let permits = |own: &Vec<&Constraint>| own.iter().all(|limit| limit.permits(value));
            assert!(limits.iter().any(permits), "case {case}: {name} is {value}: {limits:?}");
        }
    }
}

#[test]
fn every_permitted_call_is_within_what_is_said() {
    let mut seen = 0;
    for seed in 0..CASES {
        let mut source = Source(seed + 73_000_000);
        let case = case(&mut source);
        let token = Token::from_bytes(case.held.to_bytes()).unwrap();
        let permitted = token.permitted(&case.request, NOW);
        assert_eq!(permitted.is_some(), token.may_permit(&case.request, NOW), "case {seed}");
        if token.would_permit(&case.request, NOW).is_err() {
            continue;
        }
        seen += 1;
        let permitted = permitted.unwrap();
        // Little work, and that of other tokens, permit more.
        for work in [MAX_DELEGATION_WORK, 200, 0] {
            is_within(&case.request, &permitted, work, seed);
        }
        is_within(&case.request, &permitted.clone().or(permitted.clone()), MAX_DECISION_WORK, seed);
        let names = case.request.args().keys().map(String::as_str);
        let with_all = permitted.with_all(names).unwrap();
        is_within(&case.request, &with_all, MAX_DECISION_WORK, seed);
    }
    assert!(seen > CASES / 20, "{seen}");
}

/// Returns the limits of a scene's token on the argument `p` of the tool `t`, in words.
fn limits(allowed: &[&str]) -> Vec<String> {
    let scene = Scene::allowing(allowed.iter().copied(), NOW).unwrap();
    let call = Request::call("t", None, "fs.acme.com").unwrap();
    let permitted = scene.token().permitted(&call, NOW).unwrap();
    let all = permitted.limits_on("p", &mut MAX_DECISION_WORK.clone());
    let words = |own: Vec<&Constraint>| {
        own.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    };
    all.into_iter().map(words).collect()
}

#[test]
fn limits_are_alternatives_of_what_must_hold() {
    for (allowed, expected) in [
        (&["tools/call t p=1..5"][..], &[">= 1 and <= 5"][..]),
        (&["tools/call t p=1", "tools/call t p=2"], &["= 1", "= 2"]),
        // What another alternative permits is not said twice.
        (&["tools/call t p:subpath=/a", "tools/call t p:subpath=/a/b"], &["under \"/a\""]),
        (&["tools/call t p<=5", "tools/call t p"], &[""]),
        (&["tools/call t p<=5", "tools/call t ..."], &[""]),
        (&["tools/call t p<=5", "tools/call t /p/x"], &[""]),
        (&["tools/call t p<=5", "tools/call t q", "tools/call u p"], &["<= 5"]),
        (&["tools/call t q"], &[]),
    ] {
        assert_eq!(limits(allowed), expected, "{allowed:?}");
    }
}
