//! A service's own policies in Datalog: they refuse further, and never allow.

use std::time::Duration;

use biscuit_auth::datalog::RunLimits;
use deputize::biscuit::DatalogPolicy;
use deputize::{
    Decision, DenyCode, MemoryReplayGuard, ReplayPolicy, Report, RevocationPolicy, Signer,
    TrustAnchor, Verifier,
};

use crate::common::{self, alice, codes, denied, now, presented, request, shown};

fn decide(policy: &DatalogPolicy) -> Decision {
    common::verifier().decide_with_policy(shown(&presented()), request(), now(), policy.check())
}

fn by(datalog: &str) -> Decision {
    decide(&DatalogPolicy::new(datalog).unwrap())
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
fn every_fact_about_the_chain_can_be_asked_for() {
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
fn silence_refuses() {
    assert!(why(by("")).contains("no policy allows the call"));
    assert!(why(by("deny if operation(\"crm.write\");")).contains("no policy allows the call"));
}

#[test]
fn a_policy_allows_nothing_that_the_chain_does_not_grant() {
    let policy = DatalogPolicy::new("allow if true;").unwrap();
    let beyond = common::asking("crm.delete", "accounts/emea/42", "{}");
    let presentation = shown(&common::present_for(common::held(), &common::researcher(), &beyond));
    let decision =
        common::verifier().decide_with_policy(presentation, beyond, now(), policy.check());
    let denial = denied(decision);
    assert!(denial.has(DenyCode::OperationNotGranted) && !denial.has(DenyCode::PolicyRefused));
}

#[test]
fn a_refused_call_uses_nothing_up() {
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
    let stopped = |policy: &DatalogPolicy| why(decide(policy)).contains("cannot be decided");
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
    assert!(error.to_string().starts_with("the policy cannot be decided: "), "{error}");
}
