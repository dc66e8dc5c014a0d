//! The attacker is an agent that uses the library as it is, and wants it to sign a grant that
//! reaches beyond what the agent was given, or that nobody could read.

use deputize::limits::MAX_INTEGER;
use deputize::{
    Capability, CapabilityError, Constraint, DelegateError, Excess, Grant, GrantError, MintError,
    OtherArgs, Signer, Token, Value, Widening,
};
use time::Duration;

use crate::common::{
    agent, alice, first, grant, mint, now, owner, planner, reading, researcher, thief, writer,
};

fn minutes(count: i64) -> Duration {
    Duration::minutes(count)
}

/// The planner's token, with this grant of the owner.
fn planners(grant: Grant) -> Token {
    Token::mint(owner(), &alice(), grant, now()).unwrap()
}

fn to_the_researcher(own: Capability) -> Grant {
    grant("researcher", &researcher(), own, minutes(5)).with_audience(["crm.acme.com"]).unwrap()
}

/// The reason why the planner cannot delegate this grant.
#[track_caller]
fn error(grant: Grant) -> DelegateError {
    planners(first()).delegate(&planner(), grant, now()).unwrap_err()
}

/// A way to widen the owner's capability.
#[track_caller]
fn widened(own: Capability) -> String {
    match error(to_the_researcher(own)) {
        DelegateError::Widens { hop: 0, beyond: Widening::Capability { index: 0, excess } } => {
            match *excess {
                Excess::Operation { .. } => "operation".to_owned(),
                Excess::Resource { .. } => "resource".to_owned(),
                Excess::OtherArgs => "arguments".to_owned(),
                Excess::ArgAdded { name }
                | Excess::ArgNotRequired { name }
                | Excess::ArgUnlimited { name, .. }
                | Excess::ArgConstraint { name, .. } => format!("argument {name}"),
                other => panic!("{other}"),
            }
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_narrower_grant_is_delegated() {
    let narrower = to_the_researcher(reading("accounts/emea/**", 10));
    assert!(planners(first()).delegate(&planner(), narrower, now()).is_ok());
}

#[test]
fn another_operation() {
    for operation in ["crm.write", "crm.*", "*", "crm.read.*", "CRM.read"] {
        let own = Capability::new(operation, "accounts/**")
            .and_then(|own| own.with_arg("limit", [Constraint::max(10)]));
        assert_eq!(widened(own.unwrap()), "operation");
    }
}

#[test]
fn another_resource() {
    for resource in ["**", "reports/**", "accounts", "accounts2/**", "Accounts/**"] {
        assert_eq!(widened(reading(resource, 10)), "resource");
    }
}

#[test]
fn a_higher_limit() {
    assert_eq!(widened(reading("accounts/**", 101)), "argument limit");
    assert_eq!(widened(reading("accounts/**", MAX_INTEGER)), "argument limit");
}

#[test]
fn no_limit() {
    let own = Capability::new("crm.read", "accounts/**").and_then(|own| own.with_arg("limit", []));
    assert_eq!(widened(own.unwrap()), "argument limit");
}

/// Limits of another kind that permit more.
#[test]
fn a_limit_of_another_kind() {
    for limit in [
        Constraint::min(5),
        Constraint::one_of([1, 101]),
        Constraint::equals("5"),
        Constraint::none_of([101]),
        Constraint::max_len(1),
        Constraint::one_of([Value::Null]),
    ] {
        let own = Capability::new("crm.read", "accounts/**")
            .and_then(|own| own.with_arg("limit", [limit]));
        assert_eq!(widened(own.unwrap()), "argument limit");
    }
}

#[test]
fn an_argument_made_optional() {
    let own = Capability::new("crm.read", "accounts/**")
        .and_then(|own| own.with_optional_arg("limit", [Constraint::max(10)]));
    assert_eq!(widened(own.unwrap()), "argument limit");
}

#[test]
fn an_argument_left_out() {
    assert_eq!(widened(Capability::new("crm.read", "accounts/**").unwrap()), "argument limit");
}

#[test]
fn an_additional_argument() {
    let own = reading("accounts/**", 10).with_arg("raw", [Constraint::equals(true)]).unwrap();
    assert_eq!(widened(own), "argument raw");
}

#[test]
fn any_other_argument() {
    let own = reading("accounts/**", 10).with_other_args(OtherArgs::Allow);
    assert_eq!(widened(own), "arguments");
}

#[test]
fn a_longer_life() {
    let grant = Grant::new(
        agent("researcher", &researcher()),
        [reading("accounts/**", 10)],
        now() + Duration::hours(8) + Duration::SECOND,
        "longer",
    );
    let grant = grant.and_then(|grant| grant.with_audience(["crm.acme.com"])).unwrap();
    let error = error(grant);
    let is_expiry =
        matches!(&error, DelegateError::Widens { hop: 0, beyond: Widening::Expiry { .. } });
    assert!(is_expiry, "{error}");
}

#[test]
fn an_earlier_beginning() {
    let late = first().with_not_before(now() + minutes(1)).unwrap();
    let token = planners(late);
    for earlier in [
        to_the_researcher(reading("accounts/**", 10)),
        to_the_researcher(reading("accounts/**", 10)).with_not_before(now()).unwrap(),
    ] {
        let error = token.delegate(&planner(), earlier, now()).unwrap_err();
        let is_beginning =
            matches!(&error, DelegateError::Widens { hop: 0, beyond: Widening::NotBefore { .. } });
        assert!(is_beginning, "{error}");
    }
}

#[test]
fn another_service() {
    let added = |grant: Grant| match error(grant) {
        DelegateError::Widens { hop: 0, beyond: Widening::Audience { added } } => added,
        other => panic!("{other}"),
    };
    let of = |services: &[&str]| {
        let own = to_the_researcher(reading("accounts/**", 10));
        own.with_audience(services.iter().copied()).unwrap()
    };
    for service in ["files.acme.com", "CRM.acme.com", "crm.acme.com."] {
        assert_eq!(added(of(&["crm.acme.com", service])).as_deref(), Some(service));
    }
    let any = grant("researcher", &researcher(), reading("accounts/**", 10), minutes(5));
    assert_eq!(added(any), None);
}

#[test]
fn a_deeper_chain() {
    let deep = |hops| to_the_researcher(reading("accounts/**", 10)).with_max_hops(hops);
    let expected = DelegateError::TooManyHops { hop: 0, requested: 3, left: 2 };
    assert_eq!(error(deep(3)), expected);
    assert!(planners(first()).delegate(&planner(), deep(2), now()).is_ok());
    let made = planners(first().with_max_hops(0)).delegate(&planner(), deep(0), now());
    assert_eq!(made, Err(DelegateError::TooDeep { hop: 0, max_hops: 0, distance: 1 }));
}

#[test]
fn a_chain_deeper_than_chains_get() {
    for hops in [32, u32::MAX] {
        let error = error(to_the_researcher(reading("accounts/**", 10)).with_max_hops(hops));
        assert_eq!(error, DelegateError::Grant(GrantError::TooManyHops { found: hops }));
        let minted = Token::mint(owner(), &alice(), first().with_max_hops(hops), now());
        assert_eq!(minted, Err(MintError::Grant(GrantError::TooManyHops { found: hops })));
    }
}

#[test]
fn a_delegate_who_is_not_allowed() {
    let only = first().with_allowed_delegates([writer().public_key()]).unwrap();
    let own = to_the_researcher(reading("accounts/**", 10));
    let error = planners(only).delegate(&planner(), own, now()).unwrap_err();
    assert!(matches!(error, DelegateError::NotAllowedDelegate { hop: 0, .. }), "{error}");
}

#[test]
fn more_delegates_than_were_allowed() {
    let only = first().with_allowed_delegates([researcher().public_key()]).unwrap();
    let token = planners(only);
    let own = || to_the_researcher(reading("accounts/**", 10)).with_max_hops(1);
    let both = [researcher().public_key(), thief().public_key()];
    let thief = Some(Box::new(thief().public_key()));
    for (grant, expected) in [(own().with_allowed_delegates(both).unwrap(), thief), (own(), None)] {
        match token.delegate(&planner(), grant, now()).unwrap_err() {
            DelegateError::Widens { hop: 0, beyond: Widening::Delegates { added } } => {
                assert_eq!(added, expected);
            }
            other => panic!("{other}"),
        }
    }
}

/// The chain has expired; the delegator chooses the times of the new hop.
#[test]
fn an_expired_token_delegated() {
    let own = || to_the_researcher(reading("accounts/**", 10));
    let later = now() + Duration::hours(8);
    let late = Grant::new(
        agent("researcher", &researcher()),
        [reading("accounts/**", 10)],
        later + minutes(1),
        "late",
    );
    let error = planners(first()).delegate(&planner(), late.unwrap(), later).unwrap_err();
    assert!(matches!(error, DelegateError::ParentExpired { hop: 0, .. }), "{error}");
    let error = planners(first()).delegate(&planner(), own(), later).unwrap_err();
    assert!(matches!(error, DelegateError::Expired { .. }), "{error}");
}

/// A grant within the forged, wide last hop of a chain is not within the first.
#[test]
fn a_grant_within_a_forged_parent_and_beyond_the_owners() {
    let wide = Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow);
    let forged = grant("researcher", &researcher(), wide.clone(), Duration::hours(2));
    let forged = forged.with_max_hops(2).with_audience(["crm.acme.com"]).unwrap();
    let token = Token::parse(&mint(first()).delegate(&planner(), forged, now()).to_text()).unwrap();
    let next = grant("writer", &writer(), wide, Duration::hours(1));
    let error = token.delegate(&researcher(), next, now()).unwrap_err();
    assert!(matches!(error, DelegateError::Widens { hop: 0, .. }), "{error}");
}

#[test]
fn an_empty_grant() {
    let made = Grant::new(agent("researcher", &researcher()), [], now() + minutes(5), "nothing");
    assert_eq!(made, Err(GrantError::NoCapability));
}

/// An optional limit inside an object could be bypassed by sending another shape.
#[test]
fn a_limit_that_another_shape_evades() {
    let open = Capability::new("db.query", "**")
        .and_then(|own| own.with_optional_arg("/filter/owner", [Constraint::equals("me")]))
        .unwrap()
        .with_other_args(OtherArgs::Allow);
    let made = |own| Grant::new(agent("planner", &planner()), [own], now() + minutes(5), "query");
    let is_evaded = |error| {
        let error: Result<Grant, GrantError> = error;
        matches!(
            error,
            Err(GrantError::Capability { index: 0, error: CapabilityError::EvadedByShape { .. } })
        )
    };
    assert!(is_evaded(made(open)));
    for outer in ["f/~", "/f~1~0/b"] {
        let evaded = Capability::new("db.query", "**")
            .and_then(|own| own.with_optional_arg(outer, []))
            .and_then(|own| own.with_optional_arg("/f~1~0/b/c", [Constraint::equals("me")]));
        assert!(is_evaded(made(evaded.unwrap())), "{outer}");
    }
}
