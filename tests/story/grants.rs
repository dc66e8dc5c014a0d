//! Grants and requests return their parts, a grant can be passed on whole, and a denial names the
//! nearest capability.

use crate::common::{
    agent, alice, crm_request, denied, key, mint, now, owner, planner, present_for,
};
use crate::common::{researcher, shown, verifier, writer};
use deputize::{ArgumentError, Capability, Constraint, DenyCode, Grant, OtherArgs, Signer, Token};
use time::Duration;

/// A grant with every part that a grant can have.
fn full(name: &str, to: &deputize::SigningKey, hops: u32) -> Grant {
    let own = Capability::new("crm.*", "accounts/*")
        .and_then(|own| own.with_arg("limit", [Constraint::min(1), Constraint::max(100)]))
        .and_then(|own| own.with_optional_arg("note", [Constraint::max_len(80)]))
        .unwrap();
    let read = Capability::new("docs.read", "**").unwrap().with_other_args(OtherArgs::Allow);
    Grant::new(agent(name, to), [own, read], now() + Duration::hours(8), "Q3 review")
        .and_then(|grant| grant.with_max_hops(hops).with_audience(["crm.acme.com", "docs"]))
        .and_then(|grant| {
            grant.with_allowed_delegates([researcher().public_key(), writer().public_key()])
        })
        .and_then(|grant| grant.with_not_before(now() + Duration::minutes(1)))
        .unwrap()
}

#[test]
fn a_grant_returns_its_parts_even_from_a_token() {
    let granted = full("planner", &planner(), 3);
    let token = Token::mint(owner(), &alice(), granted.clone(), now()).unwrap();
    let read = Token::parse(&token.to_text()).unwrap();
    let out_of_token = read.hops()[0].grant();
    for grant in [&granted, out_of_token] {
        assert_eq!(grant.delegate(), &agent("planner", &planner()));
        assert_eq!(grant.capabilities().len(), 2);
        assert_eq!(grant.expires(), now() + Duration::hours(8));
        assert_eq!(grant.not_before(), Some(now() + Duration::minutes(1)));
        assert_eq!(grant.max_hops(), 3);
        assert!(grant.audience().unwrap().iter().eq(["crm.acme.com", "docs"]));
        let keys = grant.allowed_delegates().unwrap();
        assert_eq!(keys.len(), 2);
        assert!(keys.contains(&researcher().public_key()) && keys.contains(&writer().public_key()));
        assert_eq!(grant.purpose(), "Q3 review");
    }
    let own = &granted.capabilities()[0];
    assert_eq!(own.constraints_on("limit").unwrap(), [Constraint::min(1), Constraint::max(100)]);
    assert_eq!(own.constraints_on("note").unwrap(), [Constraint::max_len(80)]);
    assert_eq!(own.constraints_on("other"), None);
    let silent =
        Grant::new(agent("planner", &planner()), [own.clone()], now(), "Q3 review").unwrap();
    assert_eq!((silent.not_before(), silent.audience(), silent.max_hops()), (None, None, 0));
    assert_eq!(silent.allowed_delegates(), None);
}

/// Passing on a whole grant does not widen it, to the last second.
#[test]
fn a_whole_grant_can_be_delegated() {
    let token = Token::mint(owner(), &alice(), full("planner", &planner(), 3), now()).unwrap();
    let whole = full("researcher", &researcher(), 2);
    let passed = token.delegate(&planner(), whole, now()).unwrap();
    let earlier = full("writer", &writer(), 1).with_not_before(now()).unwrap();
    assert!(passed.delegate(&researcher(), earlier, now()).is_err());
}

#[test]
fn a_request_returns_its_arguments() {
    let call = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 5, "in": {"a/b": "x"}}"#);
    assert_eq!(call.arg("limit"), Ok(Some(&5.into())));
    assert_eq!(call.arg("/in/a~1b"), Ok(Some(&"x".into())));
    assert!(matches!(call.arg("in"), Err(ArgumentError::NotAValue { .. })));
    assert_eq!(call.arg("other"), Ok(None));
}

/// Of several capabilities that do not cover a call, the one that comes nearest is named.
#[test]
fn a_denial_names_the_nearest_capability() {
    let of = |operation: &str, resource: &str| Capability::new(operation, resource).unwrap();
    let limited = |name: &str, most| of("crm.read", "a/**").with_arg(name, [Constraint::max(most)]);
    let operation = of("mail.send", "**");
    let resource = of("crm.read", "b/**");
    let unnamed = of("crm.read", "a/**");
    let missing = unnamed.clone().with_other_args(OtherArgs::Allow);
    let missing = missing.with_arg("reason", []).unwrap();
    let value = limited("limit", 3).unwrap();
    let rising = [
        (operation, DenyCode::OperationNotGranted),
        (resource, DenyCode::ResourceNotGranted),
        (unnamed, DenyCode::UnknownArgument),
        (missing, DenyCode::ArgumentMissing),
        (value, DenyCode::ArgumentRefused),
    ];
    let call = crm_request("crm.read", "a/b", r#"{"limit": 5}"#);
    assert!(
        Capability::new("crm.*", "a/*").unwrap().with_other_args(OtherArgs::Allow).permits(&call)
    );
    for (farther, _) in &rising {
        assert!(!farther.permits(&call), "{farther}");
        for (nearer, code) in rising.iter().skip_while(|(own, _)| own != farther) {
            for granted in [[farther, nearer], [nearer, farther]] {
                let grant = Grant::new(
                    agent("planner", &key(2)),
                    granted.map(Clone::clone),
                    now() + Duration::hours(1),
                    "a test",
                );
                let chain = present_for(mint(grant.unwrap()), &planner(), &call);
                let denial = denied(verifier().decide(shown(&chain), call.clone(), now()));
                let codes: Vec<_> = denial.reasons().iter().map(|reason| reason.code).collect();
                assert_eq!(codes, [*code], "{farther} and {nearer}");
            }
        }
    }
}

fn passed_on(outer: &[Capability], inner: Capability) -> Result<Token, String> {
    let end = now() + Duration::hours(1);
    let grant = Grant::new(agent("planner", &planner()), outer.to_vec(), end, "a test").unwrap();
    let held = Token::mint(owner(), &alice(), grant.with_max_hops(1), now()).unwrap();
    let grant = Grant::new(agent("researcher", &researcher()), [inner], end, "a test").unwrap();
    held.delegate(&planner(), grant, now()).map_err(|error| error.to_string())
}

/// Of several capabilities that a grant reaches beyond, the first one with its operation is named.
#[test]
fn a_refused_delegation_names_the_nearest_capability() {
    let of = |operation: &str, resource: &str| Capability::new(operation, resource).unwrap();
    let (mail, a, b) = (of("mail.send", "**"), of("crm.read", "a/**"), of("crm.read", "b/**"));
    for outer in [[mail.clone(), a.clone(), b.clone()], [a, mail, b]] {
        let error = passed_on(&outer, of("crm.read", "c/**")).unwrap_err();
        assert!(error.contains("a/**") && !error.contains("b/**"), "{error}");
        assert!(!error.contains("mail.send"), "{error}");
    }
}

/// An argument that is allowed without being named has no limit.
#[test]
fn a_limit_is_not_dropped_where_other_arguments_are_allowed() {
    let open = Capability::new("crm.read", "**").unwrap().with_other_args(OtherArgs::Allow);
    let limited = open.clone().with_optional_arg("limit", [Constraint::max(10)]).unwrap();
    let outer = [limited.clone()];
    passed_on(&outer, limited).unwrap();
    passed_on(&outer, Capability::new("crm.read", "**").unwrap()).unwrap();
    let error = passed_on(&outer, open).unwrap_err();
    assert!(error.contains("argument `limit`"), "{error}");
}
