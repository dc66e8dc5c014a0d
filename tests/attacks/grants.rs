//! The attacker is an agent in the chain. It writes a hop that grants more than it has, signs it
//! with its own valid key, and wants the verifier to consider that hop alone.

use deputize::testing::{RawToken, without_capabilities};
use deputize::{
    Capability, Constraint, Decision, DelegateError, DenyCode, Grant, OtherArgs, Request, Signer,
    Token, Widening,
};
use time::{Duration, OffsetDateTime};

use crate::common::forging::{granting, to_the_writer, with_second};
use crate::common::{
    NONCE, TOKEN_ID, WINDOW, agent, alice, crm_request, decided, first, grant, held, mint, now,
    owner, planner, present, present_for, reading, refused, request, researcher, second, shown,
    verifier, writer,
};

fn minutes(count: i64) -> Duration {
    Duration::minutes(count)
}

/// A capability for everything.
fn all() -> Capability {
    Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow)
}

/// Decides about a wide hop to the writer after this chain, and a call by the writer.
fn wide_behind(chain: RawToken, call: Request) -> Decision {
    let wide = grant("writer", &writer(), all(), minutes(5)).with_max_hops(9);
    let raw = present_for(chain.delegate(&researcher(), wide, now()), &writer(), &call);
    verifier().decide(shown(&raw), call, now())
}

fn mail(operation: &str, resource: &str) -> Capability {
    Capability::new(operation, resource).unwrap()
}

#[test]
fn a_wide_hop_under_a_narrow_one() {
    let decision =
        wide_behind(held(), crm_request("crm.read", "accounts/apac/7", r#"{"limit": 5}"#));
    refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
    let decision =
        wide_behind(held(), crm_request("crm.erase", "accounts/emea/42", r#"{"limit": 5}"#));
    refused(
        decision,
        [(Some(0), DenyCode::OperationNotGranted), (Some(1), DenyCode::OperationNotGranted)],
    );
}

/// A reader that skips empty grants would consider only the two others.
#[test]
fn an_empty_grant_in_the_middle_and_a_wide_one_under_it() {
    let chain = mint(first()).delegate(&planner(), without_capabilities(second()), now());
    refused(wide_behind(chain, request()), [(Some(1), DenyCode::NoCapability)]);
}

#[test]
fn an_empty_grant_at_the_end() {
    refused(with_second(without_capabilities(second())), [(Some(1), DenyCode::NoCapability)]);
}

#[test]
fn an_empty_grant_at_the_beginning() {
    let chain = mint(without_capabilities(first())).delegate(&planner(), second(), now());
    refused(decided(&present(chain, &researcher())), [(Some(0), DenyCode::NoCapability)]);
}

/// Two capabilities, the stricter for `mail.send`. The child drops that one and keeps `mail.*`,
/// whose resource it widens to that of the other.
#[test]
fn a_wildcard_kept_after_its_strict_sibling_was_dropped() {
    let strict = mail("mail.send", "**").with_arg("to", [Constraint::suffix("@acme.com")]).unwrap();
    let drafts = mail("mail.*", "drafts/**").with_other_args(OtherArgs::Allow);
    let to = agent("planner", &planner());
    let outer = Grant::new(to, [strict, drafts], now() + Duration::hours(1), "mail").unwrap();
    let kept = mail("mail.*", "**").with_other_args(OtherArgs::Allow);
    let inner = grant("researcher", &researcher(), kept, minutes(5));
    let token = mint(outer.with_max_hops(1));

    let call = crm_request("mail.send", "outbox/1", r#"{"to": "mallory@evil.com"}"#);
    let raw =
        present_for(token.clone().delegate(&planner(), inner.clone(), now()), &researcher(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    refused(decision, [(Some(0), DenyCode::ArgumentRefused)]);

    let token = Token::parse(&token.to_text()).unwrap();
    let error = token.delegate(&planner(), inner, now()).unwrap_err();
    let is_widening = matches!(
        &error,
        DelegateError::Widens { hop: 0, beyond: Widening::Capability { index: 0, .. } }
    );
    assert!(is_widening, "{error}");
}

/// One capability grants half of the call, another the other half.
#[test]
fn a_call_put_together_from_two_capabilities() {
    let to = agent("researcher", &researcher());
    let own = [mail("crm.read", "reports/**"), mail("mail.send", "accounts/**")];
    let two = Grant::new(to, own, now() + minutes(5), "two").unwrap();
    let raw = present(mint(first()).delegate(&planner(), two, now()), &researcher());
    refused(decided(&raw), [(Some(1), DenyCode::ResourceNotGranted)]);
}

#[test]
fn an_operation_that_one_hop_does_not_grant() {
    refused(granting("crm.write", "accounts/**"), [(Some(1), DenyCode::OperationNotGranted)]);
}

#[test]
fn the_operation_below_which_all_is_granted() {
    refused(granting("crm.read.*", "accounts/**"), [(Some(1), DenyCode::OperationNotGranted)]);
}

#[test]
fn an_operation_that_begins_like_one_that_is_granted() {
    let below = grant("planner", &planner(), mail("crm.*", "**"), Duration::hours(1));
    let decide = |operation: &str| {
        let call = crm_request(operation, "accounts/1", "{}");
        let raw = present_for(mint(below.clone()), &planner(), &call);
        verifier().decide(shown(&raw), call, now())
    };
    assert!(decide("crm.read").is_allowed());
    for operation in ["crm2.read", "crm", "crm-admin.read", "crm:read", "CRM.read", "crm/x.read"] {
        refused(decide(operation), [(Some(0), DenyCode::OperationNotGranted)]);
    }
}

#[test]
fn a_resource_two_segments_below_one_whose_children_are_granted() {
    refused(granting("crm.read", "accounts/*"), [(Some(1), DenyCode::ResourceNotGranted)]);
}

#[test]
fn the_resource_below_which_all_is_granted() {
    let decision = granting("crm.read", "accounts/emea/42/**");
    refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
    let decision = granting("crm.read", "accounts/emea/42/*");
    refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
}

#[test]
fn an_expiry_raised_by_a_second() {
    let longer =
        grant("researcher", &researcher(), reading("**", 9), Duration::hours(8) + Duration::SECOND);
    refused(with_second(longer), [(Some(1), DenyCode::OutlivesParent)]);
}

#[test]
fn an_expiry_raised_to_the_end_of_time() {
    let end = Grant::new(
        agent("researcher", &researcher()),
        [reading("**", 9)],
        OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap(),
        "for ever",
    );
    refused(
        with_second(end.unwrap()),
        [(Some(1), DenyCode::LifetimeTooLong), (Some(1), DenyCode::OutlivesParent)],
    );
}

/// The parent has expired; its child states a later expiry.
#[test]
fn a_chain_revived_after_its_parent_expired() {
    let later = now() + Duration::hours(9);
    let alive = grant("researcher", &researcher(), reading("**", 9), Duration::hours(20));
    let raw = mint(first()).delegate(&planner(), alive, now());
    let raw = raw.present(&researcher(), &request(), later, WINDOW, NONCE);
    refused(
        verifier().decide(shown(&raw), request(), later),
        [(Some(0), DenyCode::Expired), (Some(1), DenyCode::OutlivesParent)],
    );
}

/// The hop in the middle has expired, those around it have not.
#[test]
fn a_hop_after_an_expired_one() {
    let over =
        grant("researcher", &researcher(), reading("**", 9), Duration::ZERO).with_max_hops(1);
    let start = now() - Duration::hours(1);
    let chain = RawToken::mint(owner(), &alice(), first(), start, TOKEN_ID);
    let chain = chain.delegate(&planner(), over, start);
    refused(
        wide_behind(chain, request()),
        [(Some(1), DenyCode::Expired), (Some(2), DenyCode::OutlivesParent)],
    );
}

#[test]
fn a_hop_after_one_that_allows_none() {
    let raw = mint(first().with_max_hops(0)).delegate(&planner(), second(), now());
    refused(decided(&present(raw, &researcher())), [(Some(1), DenyCode::DelegationDepthExceeded)]);
}

#[test]
fn a_second_hop_where_the_owner_allows_one() {
    let raw = mint(first().with_max_hops(1)).delegate(&planner(), second(), now());
    refused(
        decided(&present(to_the_writer(raw), &writer())),
        [(Some(2), DenyCode::DelegationDepthExceeded)],
    );
}

/// The hop in the middle states that 31 may follow it.
#[test]
fn a_depth_raised_in_the_middle() {
    let raised = second().with_max_hops(31);
    let raw = mint(first().with_max_hops(1)).delegate(&planner(), raised, now());
    refused(
        decided(&present(to_the_writer(raw), &writer())),
        [(Some(2), DenyCode::DelegationDepthExceeded)],
    );
}

#[test]
fn a_hop_after_two_that_allow_none() {
    let raw = mint(first().with_max_hops(0)).delegate(&planner(), second().with_max_hops(0), now());
    refused(
        decided(&present(to_the_writer(raw), &writer())),
        [
            (Some(1), DenyCode::DelegationDepthExceeded),
            (Some(2), DenyCode::DelegationDepthExceeded),
        ],
    );
}

#[test]
fn a_delegate_whom_the_owner_does_not_name() {
    let only = first().with_allowed_delegates([writer().public_key()]).unwrap();
    let raw = mint(only).delegate(&planner(), second(), now());
    refused(decided(&present(raw, &researcher())), [(Some(1), DenyCode::DelegateNotAllowed)]);
}

#[test]
fn a_later_delegate_whom_the_owner_does_not_name() {
    let only = first().with_allowed_delegates([researcher().public_key()]).unwrap();
    let raw = mint(only).delegate(&planner(), second(), now());
    refused(
        decided(&present(to_the_writer(raw), &writer())),
        [(Some(2), DenyCode::DelegateNotAllowed)],
    );
}

/// The hop in the middle allows a delegate that the owner does not.
#[test]
fn allowed_delegates_raised_in_the_middle() {
    let only = first().with_allowed_delegates([researcher().public_key()]).unwrap();
    let raised = second().with_allowed_delegates([writer().public_key()]).unwrap();
    let raw = mint(only).delegate(&planner(), raised, now());
    refused(
        decided(&present(to_the_writer(raw), &writer())),
        [(Some(2), DenyCode::DelegateNotAllowed)],
    );
}

#[test]
fn an_audience_raised_to_another_service() {
    let call = Request::new("crm.read", "accounts/emea/42", "files.acme.com")
        .and_then(|call| call.with_args(r#"{"limit": 5}"#))
        .unwrap();
    let raised = second().with_audience(["crm.acme.com", "files.acme.com"]).unwrap();
    let raw = mint(first()).delegate(&planner(), raised, now());
    let raw = present_for(raw, &researcher(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    refused(decision, [(Some(0), DenyCode::AudienceNotGranted)]);
}

#[test]
fn an_audience_raised_to_any_service() {
    let call = Request::new("crm.read", "accounts/emea/42", "files.acme.com")
        .and_then(|call| call.with_args(r#"{"limit": 5}"#))
        .unwrap();
    let any = grant("researcher", &researcher(), reading("accounts/**", 10), minutes(5));
    let raw = mint(first()).delegate(&planner(), any, now());
    let raw = present_for(raw, &researcher(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    refused(decision, [(Some(0), DenyCode::AudienceNotGranted)]);
}

#[test]
fn a_service_that_one_hop_does_not_name() {
    let elsewhere = second().with_audience(["files.acme.com"]).unwrap();
    refused(with_second(elsewhere), [(Some(1), DenyCode::AudienceNotGranted)]);
}

/// The owner's limit on an argument, raised by the hop that passes it on.
#[test]
fn a_limit_on_an_argument_raised() {
    let raised = grant("researcher", &researcher(), reading("accounts/**", 1_000), minutes(5));
    let call = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 500}"#);
    let raw = present_for(mint(first()).delegate(&planner(), raised, now()), &researcher(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    refused(decision, [(Some(0), DenyCode::ArgumentRefused)]);
}

/// The child uses another name for the argument, so that no limit applies to it.
#[test]
fn other_arguments_allowed_by_a_child_alone() {
    let call = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 5, "raw": true}"#);
    let open = reading("accounts/**", 10).with_other_args(OtherArgs::Allow);
    let open = grant("researcher", &researcher(), open, minutes(5));
    let raw = present_for(mint(first()).delegate(&planner(), open, now()), &researcher(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    refused(decision, [(Some(0), DenyCode::UnknownArgument)]);
}
