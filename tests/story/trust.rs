//! Trust anchors: the owners that a root key may speak for, by one rule for verifiers and holders,
//! and names that mislead a reader.

use crate::common::forging::decided_by;
use crate::common::{
    TOKEN_ID, agent, alice, first, grant, held, key, mint, now, planner, present, presented,
    reading, refused, request, researcher, second, shown,
};
use deputize::testing::RawToken;
use deputize::{
    DenyCode, NoAnchor, OperationPattern, Owner, PrincipalKind, ReplayPolicy, Report,
    RevocationPolicy, Signer, Token, TrustAnchor, TrustAnchors, Verifier,
};
use time::Duration;

fn verifier(anchors: &TrustAnchors) -> Verifier {
    let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(1) };
    Verifier::new(anchors.clone(), revocation, ReplayPolicy::accepted_for([OperationPattern::Any]))
}

/// A chain that Bob's key begins under this name.
fn by_bob(name: &str, kind: PrincipalKind) -> RawToken {
    let owner = Owner::new(name, kind).unwrap();
    RawToken::mint(owner, &key(50), first(), now(), TOKEN_ID).delegate(&planner(), second(), now())
}

fn bob() -> TrustAnchor {
    TrustAnchor::for_any_owner(key(50).public_key())
}

/// A verifier and a holder get the same answer about the chain.
#[track_caller]
fn require(anchors: &TrustAnchors, chain: &RawToken, expected: Option<DenyCode>) {
    let token = Token::parse(&chain.to_text()).unwrap();
    let found = anchors.owner_of(&token, now());
    let decision = decided_by(verifier(anchors), &present(chain.clone(), &researcher()));
    let report = Report::of_token(&verifier(anchors), &token, now());
    match expected {
        None => {
            assert_eq!(found.map(Owner::name), Ok(token.claimed_owner().name()));
            assert!(decision.is_allowed() && report.trusted);
        }
        Some(code) => {
            assert!(found.unwrap_err().has(code));
            let hop = (code != DenyCode::UntrustedRoot).then_some(0);
            refused(decision, [(hop, code)]);
            assert!(report.authentic && !report.trusted);
        }
    }
}

#[test]
fn a_key_for_any_owner_does_not_speak_for_a_name_that_another_key_is_bound_to() {
    let alices = || TrustAnchor::new(alice().public_key(), "alice@acme.com");
    let over = alices().with_valid_until(now());
    for alices in [alices(), over] {
        let both = TrustAnchors::new([alices, bob()]).unwrap();
        for name in [
            "alice@acme.com",
            "Alice@Acme.com",
            "\u{430}lice@acme.com",
            "ａlice@acme.com",
            "alice@acrne.com",
            "a1ice@acme.com",
        ] {
            require(&both, &by_bob(name, PrincipalKind::Human), Some(DenyCode::OwnerNotTrusted));
        }
        require(&both, &by_bob("carol@acme.com", PrincipalKind::Human), None);
    }
    // Alone, it speaks for anyone; and so does a key that is also bound to the name.
    require(&bob().into(), &by_bob("alice@acme.com", PrincipalKind::Human), None);
    let own = TrustAnchor::new(key(50).public_key(), "alice@acme.com");
    let two = TrustAnchors::new([own, bob(), alices()]).unwrap();
    require(&two, &by_bob("alice@acme.com", PrincipalKind::Human), None);
}

#[test]
fn trust_is_one_rule_for_holders_and_verifiers() {
    let of = |anchor: TrustAnchor| TrustAnchors::from(anchor);
    let alices = || TrustAnchor::new(alice().public_key(), "alice@acme.com");
    require(&of(alices()), &held(), None);
    require(&of(bob()), &held(), Some(DenyCode::UntrustedRoot));
    let other = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    require(&of(other), &held(), Some(DenyCode::OwnerNotTrusted));
    require(&of(alices().with_valid_until(now())), &held(), Some(DenyCode::AnchorNotValid));
    let part = now() + Duration::milliseconds(1);
    require(&of(alices().with_valid_from(part)), &held(), Some(DenyCode::AnchorNotValid));
    require(&of(alices().with_valid_from(now())), &held(), None);
    let later = now() + Duration::SECOND;
    require(&of(alices().with_valid_from(later)), &held(), Some(DenyCode::AnchorNotValid));
    for name in ["planner", "Planner", "p1anner", "pl\u{430}nner"] {
        require(
            &of(alices().with_pinned(agent(name, &key(9)))),
            &held(),
            Some(DenyCode::PinMismatch),
        );
    }
    require(&of(alices().with_pinned(agent("planner", &planner()))), &held(), None);
    require(&of(alices().with_pinned(agent("painter", &key(9)))), &held(), None);
    assert_eq!(TrustAnchors::new([]).err(), Some(NoAnchor));
}

#[test]
fn an_anchor_may_require_an_accountable_owner() {
    let strict = TrustAnchors::from(bob().with_accountable_owner());
    for (kind, expected) in [
        (PrincipalKind::Human, None),
        (PrincipalKind::Organization, None),
        (PrincipalKind::Agent, Some(DenyCode::OwnerNotTrusted)),
        (PrincipalKind::Service, Some(DenyCode::OwnerNotTrusted)),
    ] {
        require(&strict, &by_bob("acme", kind), expected);
    }
}

/// Trust is checked on every call; the cached facts about a chain depend on its bytes alone.
#[test]
fn verifiers_that_share_a_cache_judge_for_themselves() {
    let cache = deputize::ChainCache::new(10);
    let of = |anchor: TrustAnchor| verifier(&anchor.into()).with_cache(cache.clone());
    let alices = || TrustAnchor::new(alice().public_key(), "alice@acme.com");
    let decide = |verifier: Verifier| decided_by(verifier, &presented());
    assert!(decide(of(alices())).is_allowed());
    for _ in 0..2 {
        refused(decide(of(bob())), [(None, DenyCode::UntrustedRoot)]);
        let other = TrustAnchor::new(alice().public_key(), "bob@acme.com");
        refused(decide(of(other)), [(Some(0), DenyCode::OwnerNotTrusted)]);
        let pinned = alices().with_pinned(agent("planner", &key(9)));
        refused(decide(of(pinned)), [(Some(0), DenyCode::PinMismatch)]);
        refused(decide(of(alices()).with_max_hops(1)), [(None, DenyCode::ChainTooLong)]);
        let short = of(alices()).with_max_token_bytes(100);
        refused(decide(short), [(None, DenyCode::TokenTooLong)]);
        let brief = of(alices()).with_max_lifetime(Duration::hours(1));
        refused(decide(brief), [(Some(0), DenyCode::LifetimeTooLong)]);
        assert!(decide(of(alices())).is_allowed());
    }
    assert_eq!(cache.len(), 1);
}

/// A name that could be mistaken for another has a remark, and keys appear beside the names.
#[test]
fn misleading_names_have_a_remark() {
    let own = |name: &str| grant(name, &planner(), reading("accounts/**", 100), Duration::hours(1));
    let report = |chain: RawToken| Report::of(&decided_by(crate::common::verifier(), &chain));
    let like_owner = report(present(mint(own("Alice@acme.com")), &planner()));
    assert!(
        like_owner
            .hops
            .iter()
            .any(|hop| hop.notes.iter().any(|own| own.contains("named like the owner")))
    );
    assert!(like_owner.summary.contains("(8a88e3dd7409f195)"), "{}", like_owner.summary);

    let second =
        grant("p1anner", &researcher(), reading("accounts/emea/**", 10), Duration::minutes(9));
    let chain = mint(own("planner").with_max_hops(1)).delegate(&planner(), second, now());
    let like_other = report(present(chain, &researcher()));
    let notes: Vec<_> = like_other.hops.iter().flat_map(|hop| &hop.notes).collect();
    assert!(notes.iter().any(|own| own.contains("named like the delegate of hop 0")), "{notes:?}");

    // The same key under the same name is the same principal.
    let plain = report(presented());
    assert!(plain.hops.iter().all(|hop| hop.notes.is_empty()));
    assert!(!plain.summary.contains("(8a88e3dd7409f195)"), "{}", plain.summary);
    let any = verifier(&TrustAnchor::for_any_owner(alice().public_key()).into());
    let any = Report::of(&any.decide(shown(&presented()), request(), now()));
    assert!(any.summary.contains("(8a88e3dd7409f195)"), "{}", any.summary);
    assert!(any.remarks.iter().any(|own| own.contains("any owner")));
}

#[test]
fn a_hop_that_narrows_nothing_has_a_note() {
    let whole = |name: &str, key: &deputize::SigningKey, hops| {
        grant(name, key, reading("accounts/**", 100), Duration::hours(1)).with_max_hops(hops)
    };
    let chain = mint(whole("planner", &planner(), 1)).delegate(
        &planner(),
        whole("researcher", &researcher(), 0),
        now(),
    );
    let report = Report::of(&decided_by(crate::common::verifier(), &present(chain, &researcher())));
    let notes: Vec<_> = report.hops.iter().map(|hop| hop.notes.len()).collect();
    assert_eq!(notes, [0, 1], "{report}");
    assert!(report.to_string().contains("narrows nothing"));
    let agents = by_bob("robot", PrincipalKind::Agent);
    let token = Token::parse(&agents.to_text()).unwrap();
    let report = Report::of_token(&verifier(&bob().into()), &token, now());
    assert!(report.remarks.iter().any(|own| own.contains("of the kind agent")), "{report}");
}
