//! The contents and the order of a denial: all reasons together, the policy last, and a
//! presentation used up only by an allowed call. `tests/attacks` has the attacks for each code.

use std::collections::HashSet;

use crate::common::forging::{
    decided_by, decided_on_args, hop_ids, presented_at, second_of, with_second,
};
use crate::common::{
    TOKEN_ID, agent, alice, anchor, codes, crm_request, denied, first, grant, key, mint, now,
    owner, planner, present, present_for, presented, reading, refused, request, researcher, second,
    shown, verifier, verifier_of, writer,
};
use deputize::testing::RawToken;
use deputize::{
    Capability, Constraint, DenyCode, OperationPattern, OtherArgs, ReplayPolicy, Request,
    RevocationPolicy, Signer, TrustAnchor, Verifier,
};
use time::Duration;

#[test]
fn reasons_of_the_chain_and_of_the_call_each_at_its_own_hop() {
    let read = Capability::new("crm.read", "**").unwrap();
    let first = grant("planner", &planner(), read, Duration::hours(1)).with_max_hops(1);
    let write =
        Capability::new("crm.write", "**").and_then(|own| own.with_arg("reason", [])).unwrap();
    let over = grant("researcher", &researcher(), write, Duration::ZERO);
    let call = crm_request("crm.write", "accounts/emea/42", "{}");
    let start = now() - Duration::hours(1);
    let chain = RawToken::mint(owner(), &alice(), first, start, TOKEN_ID);
    let raw = present_for(chain.delegate(&planner(), over, start), &researcher(), &call);
    refused(
        verifier().decide(shown(&raw), call, now()),
        [
            (Some(1), DenyCode::Expired),
            (Some(0), DenyCode::OperationNotGranted),
            (Some(1), DenyCode::ArgumentMissing),
        ],
    );
}

#[test]
fn everything_that_can_be_wrong_with_an_authentic_chain() {
    let narrow = first().with_max_hops(0).with_allowed_delegates([writer().public_key()]).unwrap();
    let later = now() + Duration::minutes(16);
    let raw =
        present(mint(narrow).delegate(&planner(), second_of("crm.write"), now()), &researcher());
    let revoked = HashSet::from([*hop_ids(&raw).get(1).unwrap()]);
    let pinned = TrustAnchor::new(alice().public_key(), "bob@acme.com")
        .with_pinned(agent("researcher", &key(9)));
    let strict = Verifier::new(
        pinned,
        RevocationPolicy::checked_with(revoked),
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    let call = Request::new("crm.read", "reports/1", "files.acme.com").unwrap();
    refused(
        strict.decide(shown(&raw), call, later),
        [
            (Some(0), DenyCode::OwnerNotTrusted),
            (Some(2), DenyCode::PresentationNotFresh),
            (Some(2), DenyCode::WrongAudience),
            (Some(1), DenyCode::Expired),
            (Some(1), DenyCode::DelegationDepthExceeded),
            (Some(1), DenyCode::DelegateNotAllowed),
            (Some(1), DenyCode::Revoked),
            (Some(0), DenyCode::AudienceNotGranted),
            (Some(0), DenyCode::ResourceNotGranted),
            (Some(1), DenyCode::AudienceNotGranted),
            (Some(1), DenyCode::OperationNotGranted),
        ],
    );
}

#[test]
fn an_anchor_is_valid_from_its_first_second_to_its_last() {
    let of = |anchor| decided_by(verifier_of(anchor), &presented());
    assert!(of(anchor().with_valid_from(now())).is_allowed());
    assert!(of(anchor().with_valid_until(now() + Duration::SECOND)).is_allowed());
}

#[test]
fn matching_pins_refuse_nothing() {
    let pinned = anchor()
        .with_pinned(agent("planner", &planner()))
        .with_pinned(agent("researcher", &researcher()));
    assert!(decided_by(verifier_of(pinned), &presented()).is_allowed());
}

#[test]
fn a_hop_may_last_as_long_as_its_parent_and_is_valid_to_its_last_second() {
    for end in [Duration::hours(8), Duration::SECOND] {
        let own = grant("researcher", &researcher(), reading("**", 9), end);
        assert!(with_second(own).is_allowed(), "{end}");
    }
    assert!(with_second(second().with_not_before(now()).unwrap()).is_allowed());
}

#[test]
fn a_presentation_is_fresh_for_30_s_before_and_after() {
    for ago in [-30, 30] {
        assert!(presented_at(Duration::seconds(ago), Duration::seconds(100)).is_allowed(), "{ago}");
    }
}

#[test]
fn only_a_call_that_all_else_allows_uses_a_presentation_up() {
    let verifier = verifier();
    let refused = verifier.decide_with_policy(shown(&presented()), request(), now(), |_, _| {
        Err("not yet".to_owned())
    });
    assert_eq!(codes(&denied(refused)), [(None, DenyCode::PolicyRefused)]);
    let other = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    let refused = verifier.decide(shown(&presented()), other, now());
    assert_eq!(codes(&denied(refused)), [(Some(2), DenyCode::WrongRequest)]);
    let late = now() + Duration::seconds(31);
    let refused = verifier.decide(shown(&presented()), request(), late);
    assert_eq!(codes(&denied(refused)), [(Some(2), DenyCode::PresentationNotFresh)]);

    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    let again = decided_by(verifier, &presented());
    assert_eq!(codes(&denied(again)), [(Some(2), DenyCode::Replayed)]);
}

/// The sender of the presentation learns the request that it is for, and nothing of the service's
/// own.
#[test]
fn a_presentation_for_another_request_is_named_by_its_digest() {
    let other = crm_request("crm.erase", "accounts/emea/secret", r#"{"limit": 6}"#);
    let denial = denied(verifier().decide(shown(&presented()), other.clone(), now()));
    let reason = denial.reasons().iter().find(|own| own.code == DenyCode::WrongRequest).unwrap();
    assert_eq!(
        (&reason.allowed, &reason.requested),
        (&Vec::<String>::new(), &Some(hex::encode(request().digest())))
    );
    let text = serde_json::to_string(reason).unwrap() + &reason.to_string();
    for own in ["erase", "secret", &hex::encode(other.digest())] {
        assert!(!text.contains(own), "{text}");
    }
}

#[test]
fn verify_and_authorize_give_the_reasons_that_decide_gives_together() {
    let verifier = verifier();
    let chain = verifier.verify(shown(&presented()), now()).unwrap();
    let other = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    let denial = denied(chain.authorize(other, now()));
    assert_eq!(codes(&denial), [(Some(2), DenyCode::WrongRequest)]);

    let over = grant("researcher", &researcher(), reading("**", 1), Duration::ZERO);
    let start = now() - Duration::hours(1);
    let chain = RawToken::mint(owner(), &alice(), first(), start, TOKEN_ID);
    let raw = present(chain.delegate(&planner(), over, start), &researcher());
    let denial = verifier.verify(shown(&raw), now()).unwrap_err();
    assert_eq!(codes(&denial), [(Some(1), DenyCode::Expired)]);
    let both = denied(verifier.decide(shown(&raw), request(), now()));
    assert_eq!(codes(&both), [(Some(1), DenyCode::Expired), (Some(1), DenyCode::ArgumentRefused)]);
}

#[test]
fn a_policy_is_not_called_for_a_call_that_the_chain_refuses() {
    let mut was_called = false;
    let other = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    let decision = verifier().decide_with_policy(shown(&presented()), other, now(), |_, _| {
        was_called = true;
        Ok(())
    });
    assert!(!decision.is_allowed());
    assert!(!was_called);
}

/// The message about an argument that no limit can judge, or that is in the wrong place.
#[test]
fn a_refused_limit_inside_a_list_names_the_fault() {
    let each = |directory| Constraint::subpath(directory).and_then(Constraint::each).unwrap();
    let own = Capability::new("crm.read", "**")
        .and_then(|own| own.with_arg("/files/*/path", [each("/srv")]))
        .and_then(|own| own.with_optional_arg("tags", [Constraint::max_len(2)]))
        .and_then(|own| own.with_optional_arg("ids", [Constraint::subset_of([1])]))
        .unwrap();
    let message = |own: &Capability, args| {
        let denial = denied(decided_on_args(own.clone(), args));
        denial.reasons().first().unwrap().message.clone()
    };
    let open = own.clone().with_other_args(OtherArgs::Allow);
    let list = Capability::new("crm.read", "**").and_then(|own| own.with_arg("files", []));
    let list = list.unwrap().with_other_args(OtherArgs::Allow);
    let files = r#""files": [{"path": "/srv"}]"#;
    let with = |more: &str| format!("{{{files}, {more}}}");
    let lines = [
        message(&own, r#"{"files": []}"#),
        message(&open, r#"{"files": []}"#),
        message(&open, r#"{"files": ["/srv"]}"#),
        message(&own, r#"{"other": []}"#),
        message(&own, r#"{"files": [{"path": "/srv"}, {"path": "/etc"}]}"#),
        message(&own, r#"{"files": [{"path": "/srv"}, {"path": 1.5}]}"#),
        message(&open, r#"{"files": [{"path": "/srv"}, {"name": "/etc"}]}"#),
        message(&open, &with(r#""tags": [{"a": 1}, {"a": 1}, {"a": 1}]"#)),
        message(&open, &with(r#""ids": [{"a": 1}]"#)),
        message(&open, &with(r#""ids": [1.5]"#)),
        message(&open, &with(r#""ids": 1.5"#)),
        message(&list, &with(r#""ids": 1.5"#)),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}
