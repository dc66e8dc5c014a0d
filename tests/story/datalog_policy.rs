//! A service's own policies in Datalog: they refuse further, and never allow.

use std::collections::BTreeSet;
use std::time::Duration;

use biscuit_auth::builder::Term;
use biscuit_auth::datalog::RunLimits;
use deputize::biscuit::{DatalogError, DatalogPolicy};
use deputize::limits::{HARD_MAX_POLICY_TIME, MAX_POLICY_TEXT, MAX_POLICY_VALUES};
use deputize::{
    Capability, Decision, DenyCode, Grant, MemoryReplayGuard, OtherArgs, ReplayPolicy, Report,
    RevocationPolicy, Signer, TrustAnchor, Verifier,
};

use crate::common::{self, alice, codes, denied, now, presented, request, shown};

fn decide(policy: &DatalogPolicy) -> Decision {
    common::verifier().decide_with_policy(shown(&presented()), request(), now(), policy.check())
}

fn by(datalog: &str) -> Decision {
    decide(&DatalogPolicy::new(datalog).unwrap())
}

/// Decides about a call with these arguments, for which the grant allows any.
fn decide_about(policy: &DatalogPolicy, args: &str) -> Decision {
    let any = Capability::new("crm.read", "**").unwrap().with_other_args(OtherArgs::Allow);
    let planner = common::agent("planner", &common::planner());
    let expires = now() + time::Duration::hours(8);
    let grant = Grant::new(planner, [any], expires, "a test").unwrap();
    let call = common::crm_request("crm.read", "accounts/emea/42", args);
    let presentation = shown(&common::present_for(common::mint(grant), &common::planner(), &call));
    common::verifier().decide_with_policy(presentation, call, now(), policy.check())
}

fn about(args: &str, datalog: &str) -> Decision {
    decide_about(&DatalogPolicy::new(datalog).unwrap(), args)
}

fn why(decision: Decision) -> String {
    let denial = denied(decision);
    assert_eq!(codes(&denial), [(None, DenyCode::PolicyRefused)]);
    denial.reasons()[0].message.clone()
}

#[test]
fn a_call_passes_where_a_policy_allows_it() {
    let decision = by("allow if operation(\"crm.read\");");
    assert!(decision.is_allowed());
    let report = Report::of(&decision).to_string();
    let checked = report.lines().find(|line| line.starts_with("checked:")).unwrap();
    assert!(checked.contains("policy"), "{report}");
}

#[test]
fn a_policy_can_query_every_fact_about_the_chain() {
    let decision = by(r#"
        check if owner("alice@acme.com", "human", $root);
        check if hop(0, "alice@acme.com", "planner", $id), hop(1, "planner", "researcher", $other);
        check if issued(0, $issued), expires(0, $expires), $issued < $expires, time($now), $now < $expires;
        check if key(1, $key), holder("researcher", "agent", $key);
        check if purpose(0, $first), purpose(1, $second);
        check if resource($path), $path.starts_with("accounts/"), audience($service);
        check if args($args), $args.get("limit") < 100;
        check if request_digest($digest), $digest.length() == 32;
        check if arg_names($names), $names.contains("limit");
        allow if true;
    "#);
    assert!(decision.is_allowed(), "{:?}", denied(decision));
}

#[test]
fn a_refusal_quotes_the_rule() {
    let refused = why(by(r#"deny if hop($index, $from, "researcher", $id); allow if true;"#));
    assert!(refused.contains(r#"deny if hop($index"#), "{refused}");
    let refused = why(by("check if operation(\"crm.write\"); allow if true;"));
    assert!(refused.contains("check if operation"), "{refused}");
}

#[test]
fn a_call_that_no_policy_allows_is_refused() {
    assert!(why(by("")).contains("no policy allows the call"));
    assert!(why(by("deny if operation(\"crm.write\");")).contains("no policy allows the call"));
}

#[test]
fn a_policy_allows_nothing_that_the_chain_does_not_grant() {
    let policy = DatalogPolicy::new("allow if true;").unwrap();
    let beyond = common::crm_request("crm.delete", "accounts/emea/42", "{}");
    let presentation = shown(&common::present_for(common::held(), &common::researcher(), &beyond));
    let decision =
        common::verifier().decide_with_policy(presentation, beyond, now(), policy.check());
    let denial = denied(decision);
    assert!(denial.has(DenyCode::OperationNotGranted) && !denial.has(DenyCode::PolicyRefused));
}

#[test]
fn a_refused_call_does_not_use_the_presentation_up() {
    let verifier = Verifier::new(
        TrustAnchor::new(alice().public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: time::Duration::days(30) },
        ReplayPolicy::refused_by(MemoryReplayGuard::new(10, now() - time::Duration::hours(1))),
    );
    let [no, yes] = ["deny if true;", "allow if true;"].map(|own| DatalogPolicy::new(own).unwrap());
    let decide = |policy: &DatalogPolicy| {
        verifier.decide_with_policy(shown(&presented()), request(), now(), policy.check())
    };
    assert!(!decide(&no).is_allowed());
    assert!(decide(&yes).is_allowed());
    assert!(denied(decide(&yes)).has(DenyCode::Replayed));
}

/// Rules that derive too many facts, in too many rounds, or for too long.
#[test]
fn the_engine_is_bounded() {
    let stopped = |policy: &DatalogPolicy| why(decide(policy)).contains("cannot be evaluated");
    let numbers: String = (0..40).map(|n| format!("n({n});")).collect();
    let product = format!("{numbers} m($a, $b) <- n($a), n($b); allow if true;");
    let many = DatalogPolicy::new(&product).unwrap();
    assert!(stopped(&many));
    let none =
        RunLimits { max_facts: 10_000, max_iterations: 100, max_time: Duration::from_secs(60) };
    let decision = decide(&many.clone().with_limits(none.clone()));
    assert!(decision.is_allowed(), "{decision:?}");
    assert!(stopped(&many.with_limits(RunLimits { max_time: Duration::ZERO, ..none.clone() })));

    let steps: String = (0..20).map(|n| format!("step({n}, {});", n + 1)).collect();
    let reach = format!("{steps} at(0); at($b) <- at($a), step($a, $b); allow if at(20);");
    let far = DatalogPolicy::new(&reach).unwrap();
    assert!(decide(&far).is_allowed());
    assert!(stopped(&far.with_limits(RunLimits { max_iterations: 10, ..none })));
}

#[test]
fn a_text_that_is_not_datalog_is_refused() {
    let error = DatalogPolicy::new("allow when true;").unwrap_err();
    assert!(error.to_string().starts_with("the policy cannot be read: "), "{error}");
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<_> = items.into_iter().collect();
    format!("[{}]", items.join(", "))
}

/// The engine reads facts without looking at a clock, in the square of their strings.
#[test]
fn arguments_that_would_keep_the_engine_busy_are_refused() {
    // On a busy machine, what is allowed may take longer than usual.
    let limits = RunLimits { max_time: HARD_MAX_POLICY_TIME, ..RunLimits::default() };
    let policy = DatalogPolicy::new("allow if true;").unwrap().with_limits(limits);
    let strings = |count: usize| list((0..count).map(|n| format!("\"{n}\"")));
    let floats = |count: usize| list((0..count).map(|n| format!("{n}.5")));
    let objects = |count: usize| list((0..count).map(|n| format!("{{\"id\": {n}}}")));
    // The list counts as well. A list of objects is two: the objects, and their members.
    let most = MAX_POLICY_VALUES - 1;
    for args in [strings(most), floats(most), objects(most / 2)] {
        assert!(decide_about(&policy, &format!("{{\"list\": {args}}}")).is_allowed());
    }
    for args in [strings(most + 1), floats(most + 1), objects(most / 2 + 1)] {
        let refused = why(decide_about(&policy, &format!("{{\"list\": {args}}}")));
        assert!(refused.contains("values, and the most is 1000; make several"), "{refused}");
    }
    let text = |bytes: usize| format!("{{\"text\": \"{}\"}}", "x".repeat(bytes - "text".len()));
    assert!(decide_about(&policy, &text(MAX_POLICY_TEXT)).is_allowed());
    let refused = why(decide_about(&policy, &text(MAX_POLICY_TEXT + 1)));
    assert!(refused.contains("have 1048577 bytes, and the most is 1048576; pass"), "{refused}");
}

#[test]
fn the_time_in_which_the_engine_reads_facts_counts() {
    let limits = RunLimits { max_time: Duration::from_millis(1), ..RunLimits::default() };
    let policy = DatalogPolicy::new("allow if true;").unwrap().with_limits(limits);
    let long = list((0..999).map(|n| format!("\"{n:0>1000}\"")));
    let refused = why(decide_about(&policy, &format!("{{\"list\": {long}}}")));
    assert!(refused.contains("the policy cannot be evaluated: "), "{refused}");
}

#[test]
fn no_limits_make_the_engine_panic() {
    let policy = DatalogPolicy::new("at(0); at(1) <- at(0); allow if at(1);").unwrap();
    let most = RunLimits { max_facts: u64::MAX, max_iterations: u64::MAX, max_time: Duration::MAX };
    assert!(decide(&policy.clone().with_limits(most.clone())).is_allowed());
    let none = RunLimits { max_iterations: 0, ..most };
    assert!(why(decide(&policy.with_limits(none.clone()))).contains("too many engine iterations"));
    assert!(decide(&DatalogPolicy::new("allow if true;").unwrap().with_limits(none)).is_allowed());
}

/// Values that no limit can judge: an operation on one refuses the call, whatever it is for.
#[test]
fn what_no_limit_can_judge_satisfies_no_policy() {
    for (x, y) in [("1.5", "99.5"), ("1.5", "1.5"), ("{}", "{}"), ("{\"a\": 1}", "1e300")] {
        let args = format!("{{\"x\": {x}, \"y\": {y}, \"list\": [{x}, [], {y}]}}");
        let pairs = [
            r#"$a.get("x"), $a.get("y")"#,
            r#"$a.get("x"), $a.get("x")"#,
            r#"$a.get("x"), 5"#,
            r#"$a.get("x"), 1970-01-01T00:00:00Z"#,
            r#"$a.get("list").get(0), $a.get("list").get(2)"#,
        ];
        for (left, right) in pairs.iter().map(|pair| pair.split_once(", ").unwrap()) {
            for operator in ["===", "!==", "<", "<=", ">", ">="] {
                for kind in ["check if", "deny if", "reject if", "allow if"] {
                    let datalog =
                        format!("{kind} args($a), {left} {operator} {right}; allow if true;");
                    let refused = why(about(&args, &datalog));
                    assert!(refused.contains("fails: invalid type"), "{datalog}: {refused}");
                }
            }
            let equal = format!("check if args($a), {left} == {right}; allow if true;");
            assert!(!about(&args, &equal).is_allowed(), "{equal}");
            let different = format!("check if args($a), {left} != {right}; allow if true;");
            assert!(about(&args, &different).is_allowed(), "{different}");
        }
    }
    for use_of_it in [
        r#"$a.get("x").length() < 100"#,
        r#"$a.get("x").type() !== "string""#,
        r#"{"a", "b"}.contains($a.get("x"))"#,
        r#"["a", "b"].contains($a.get("x"))"#,
        r#"$a.get("list").contains($a.get("x"))"#,
        r#"$a.get("list") === $a.get("other")"#,
        r#"$a.get("list").starts_with($a.get("other"))"#,
        r#"$a.get("x").all($each -> true)"#,
    ] {
        let args = r#"{"x": 1.5, "list": [1.5, 2.5], "other": [1.5, 2.5]}"#;
        let datalog = format!("check if args($a), {use_of_it}; allow if true;");
        assert!(!about(args, &datalog).is_allowed(), "{use_of_it}");
    }
    let known = r#"check if args($a), $a.contains("x"), $a.get("list").length() === 2;
        check if args($a), $a.get("x") != null; allow if true;"#;
    assert!(about(r#"{"x": 1.5, "list": [1.5, 2.5]}"#, known).is_allowed());
}

/// Statements on which the engine would stay silent, so that the call would pass.
#[test]
fn a_statement_without_effect_is_refused() {
    let refused = |statement: &str| {
        let error = DatalogPolicy::new(&format!("{statement} allow if true;")).unwrap_err();
        assert!(matches!(error, DatalogError::Statement { .. }), "{statement}: {error}");
        error.to_string()
    };
    for (statement, part) in [
        (r#"reject if operation("crm.read") or resource("nope");"#, "a `reject if` for each"),
        (
            "deny if hop($i);",
            "asks for `hop/1`, which is not a fact of the policy or of the call, as `hop/4` is;",
        ),
        ("deny if hops($i, $from, $to, $id);", "asks for `hops/4`"),
        ("deny if satisfies($a, $b, $c);", "asks for `satisfies/3`"),
        ("check if operation($o) or operation($o, $o);", "asks for `operation/2`"),
        ("bad($i) <- hop($i, $from); deny if bad($i);", "asks for `hop/2`"),
        ("bad(1); deny if bad($i, $j);", "asks for `bad/2`"),
        (r#"deny if hop("0", $from, $to, $id);"#, "a string as term 0, which is always an integer"),
        (r#"deny if key($i, "ed25519/00");"#, "a string as term 1, which is always bytes"),
        (r#"operation("crm.read");"#, "use another name than `operation`"),
        (r#"resource($o) <- operation($o);"#, "use another name than `resource`"),
        (r#"deny if resource($r), $r.matches("[");"#, "the regular expression `[`"),
        (r#"deny if resource($r), $r.matches("a)|(b");"#, "the regular expression `a)|(b`"),
        (r#"deny if resource($r), $r.matches("a\\");"#, "the regular expression `a\\`"),
        (r#"bad($r) <- resource($r), $r.matches("(");"#, "the regular expression `(`"),
        (r#"deny if args($a), $a.all($p -> $p.get(0).matches("*"));"#, "expression `*`"),
        (r#"deny if resource($r), operation($o), $r.matches($o);"#, "is computed"),
        (r#"deny if resource($r), $r.matches("^" + "a");"#, "is computed"),
        ("deny if resource($r), $r.extern::bad();", "calls the function `bad`"),
        ("deny if resource($r), true || $r.extern::bad(1);", "calls the function `bad`"),
        ("deny if resource($r), $x === 1;", "has the variable $x"),
        ("deny if args($a), $a.any($p -> $q === 1);", "has the variable $q"),
        ("allow if true; deny if operation($o);", "put it first"),
    ] {
        let message = refused(statement);
        assert!(message.contains(part), "{statement}: {message}");
    }
    for statement in [
        r#"reject if operation("crm.delete"); reject if resource("nope");"#,
        r#"deny if resource($r), $r.matches("^accounts/(apac|amer)/[0-9]+$");"#,
        r#"deny if resource($r), $r.matches("");"#,
        r#"low(1); lower($i) <- low($i), hop($i, $from, $to, $id), $i > 1; deny if lower($i);"#,
        r#"deny if args($a), $a.any($p -> $p.get(0) === "x" && $a.length() > 9);"#,
        "deny if true; allow if true;",
    ] {
        assert!(DatalogPolicy::new(&format!("{statement} allow if true;")).is_ok(), "{statement}");
    }
}

/// The check of statements knows each fact that a policy gets, with the types of its terms.
#[test]
fn a_policy_may_ask_for_every_fact_that_it_gets() {
    let verifier = common::verifier();
    let chain = verifier.verify(shown(&presented()), now()).unwrap();
    let policy = DatalogPolicy::new("allow if true;").unwrap();
    let (facts, ..) = policy.authorizer(&chain, &request()).unwrap().dump();
    let mut names = BTreeSet::new();
    for fact in facts {
        let literals = fact.predicate.terms.iter().map(|term| match term {
            Term::Integer(_) => "1",
            Term::Str(_) => "\"a\"",
            Term::Date(_) => "2026-01-01T00:00:00Z",
            Term::Bytes(_) => "hex:00",
            Term::Array(_) => "[]",
            Term::Set(_) => "{\"a\"}",
            Term::Map(_) => "{\"a\": 1}",
            _ => "null",
        });
        let literals: Vec<_> = literals.collect();
        let name = fact.predicate.name;
        DatalogPolicy::new(&format!("check if {name}({});", literals.join(", "))).unwrap();
        for index in 0..literals.len() {
            let mut wrong = literals.clone();
            wrong[index] = "true";
            DatalogPolicy::new(&format!("check if {name}({});", wrong.join(", "))).unwrap_err();
        }
        names.insert(name);
    }
    let documented = "arg_names args audience expires holder hop issued key operation owner \
        purpose request_digest resource resource_path time";
    assert_eq!(names, documented.split_whitespace().map(str::to_owned).collect());
}

/// The engine keeps facts in random order, and stops at the first match or error.
#[test]
fn the_answer_does_not_depend_on_the_order_of_facts() {
    for datalog in [
        "allow if hop($i, $from, $to, $id), 10 / $i > 0;",
        "check if hop($i, $from, $to, $id), 10 / $i > 0; allow if true;",
        "allow if operation($o) or hop($i, $from, $to, $id), 10 / $i > 0;",
        "allow if true; allow if hop($i, $from, $to, $id), 10 / $i > 0;",
    ] {
        let policy = DatalogPolicy::new(datalog).unwrap();
        for _ in 0..40 {
            let refused = why(decide(&policy));
            let expected = "10 / $i > 0` fails: division by zero";
            assert!(refused.contains(expected), "{datalog}: {refused}");
        }
    }
}

/// A planner can call any key `alice@acme.com`, so a policy compares keys.
#[test]
fn a_policy_can_compare_the_keys_behind_names() {
    let allows = |key: &deputize::PublicKey| {
        let key = key.to_string().replace("ed25519/", "hex:");
        by(&format!("ours({key}); check if key(0, $key), ours($key); allow if true;")).is_allowed()
    };
    assert!(allows(&common::planner().public_key()));
    assert!(!allows(&common::thief().public_key()));
}
