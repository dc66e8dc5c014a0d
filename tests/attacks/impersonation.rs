//! The attacker has keys of its own, and perhaps one that a verifier trusts for something else, and
//! wants to be taken for the owner, for another agent, or for two agents.

use deputize::testing::RawToken;
use deputize::{
    Decision, DelegateError, DenyCode, MintError, NameError, NoAnchor, OperationPattern, Owner,
    Principal, PrincipalKind, ReplayPolicy, Report, RevocationPolicy, Signer, SigningKey, Token,
    TrustAnchor, TrustAnchors, Verdict, Verifier,
};
use deputize_pages::report_page;
use time::{Duration, OffsetDateTime};

use crate::common::forging::decided_by;
use crate::common::{
    TOKEN_ID, agent, alice, anchor, crm_request, decided, first, grant, held, key, mint,
    not_authentic, now, owner, planner, present, present_for, presented, reading, refused,
    researcher, second, shown, thief, verifier, verifier_of,
};
use crate::editing::renamed;

/// The seeds of two keys whose first four bytes are the same, so that their hints are.
const TWINS: [u64; 2] = [12_977, 96_155];

fn twin(nth: usize) -> SigningKey {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&TWINS[nth].to_le_bytes());
    SigningKey::from_bytes(&seed)
}

/// The decision about the standard presentation by a verifier with these anchors.
fn decided_with(anchors: impl IntoIterator<Item = TrustAnchor>) -> Decision {
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    decided_by(
        Verifier::new(
            TrustAnchors::new(anchors).unwrap(),
            RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
            replays,
        ),
        &presented(),
    )
}

/// A chain that `root` begins in Alice's name, like a chain of Alice's own.
fn begun_by(root: &SigningKey) -> RawToken {
    let raw = RawToken::mint(owner(), root, first(), now(), TOKEN_ID);
    present(raw.delegate(&planner(), second(), now()), &researcher())
}

/// Decides about the standard chain, with another spelling of the owner's name.
fn owned_by(name: &str) -> Decision {
    let owner = Owner::human(name).unwrap();
    let raw = RawToken::mint(owner, &alice(), first(), now(), TOKEN_ID);
    decided(&present(raw.delegate(&planner(), second(), now()), &researcher()))
}

fn alice_until(at: OffsetDateTime) -> TrustAnchor {
    anchor().with_valid_until(at)
}

#[test]
fn a_token_in_the_owners_name_by_another_key() {
    refused(decided(&begun_by(&thief())), [(None, DenyCode::UntrustedRoot)]);
}

/// The hint is not signed, and decides nothing: it must match the key that the owner's block
/// states.
#[test]
fn a_token_by_another_key_with_the_owners_hint() {
    let raw = RawToken { root_hint: presented().root_hint, ..begun_by(&thief()) };
    refused(decided(&raw), [(None, DenyCode::WrongRoot)]);
    assert_eq!(not_authentic(&RawToken { root_hint: None, ..held() }), (None, DenyCode::WrongRoot));
}

#[test]
fn a_token_without_a_hint() {
    refused(decided(&RawToken { root_hint: None, ..presented() }), [(None, DenyCode::WrongRoot)]);
}

#[test]
fn a_token_that_hints_at_some_other_key() {
    for hint in [0, 7, u64::from(u32::MAX)] {
        let raw = RawToken { root_hint: Some(hint), ..presented() };
        refused(decided(&raw), [(None, DenyCode::WrongRoot)]);
    }
}

#[test]
fn a_token_of_an_owner_whom_the_verifier_does_not_know() {
    let bob = TrustAnchor::for_any_owner(key(50).public_key());
    refused(decided_with([bob]), [(None, DenyCode::UntrustedRoot)]);
}

#[test]
fn a_verifier_that_trusts_nobody() {
    assert_eq!(TrustAnchors::new([]).err(), Some(NoAnchor));
}

/// Two trusted keys share a hint. Each may begin chains for its own owner only.
#[test]
fn a_trusted_key_whose_hint_is_the_owners_speaks_for_the_owner() {
    let (own, other) = (twin(0), twin(1));
    let hint = |key: &SigningKey| begun_by(key).root_hint;
    assert_ne!(own.public_key(), other.public_key());
    assert_eq!(hint(&own), hint(&other));
    let verifier = Verifier::new(
        TrustAnchors::new([
            TrustAnchor::new(own.public_key(), "alice@acme.com"),
            TrustAnchor::new(other.public_key(), "mallory@acme.com"),
        ])
        .unwrap(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    assert!(decided_by(verifier.clone(), &begun_by(&own)).is_allowed());
    refused(decided_by(verifier, &begun_by(&other)), [(Some(0), DenyCode::OwnerNotTrusted)]);
}

#[test]
fn a_stranger_whose_hint_is_the_owners() {
    let anchor = TrustAnchor::new(twin(0).public_key(), "alice@acme.com");
    refused(
        decided_by(verifier_of(anchor), &begun_by(&twin(1))),
        [(None, DenyCode::UntrustedRoot)],
    );
}

#[test]
fn a_key_that_may_speak_for_another_owner() {
    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    refused(decided_with([bob]), [(Some(0), DenyCode::OwnerNotTrusted)]);
}

/// The planner's key is an anchor too, for what the planner itself owns.
#[test]
fn an_agent_that_is_an_owner_too_speaks_for_its_delegator() {
    let verifier = Verifier::new(
        TrustAnchors::new([anchor(), TrustAnchor::new(planner().public_key(), "planner")]).unwrap(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    let own = grant("researcher", &researcher(), reading("**", 9), Duration::hours(1));
    let raw = RawToken::mint(owner(), &planner(), own, now(), TOKEN_ID);
    let raw = present(raw, &researcher());
    refused(decided_by(verifier, &raw), [(Some(0), DenyCode::OwnerNotTrusted)]);
}

#[test]
fn an_owner_whose_name_differs_in_case() {
    refused(owned_by("Alice@acme.com"), [(Some(0), DenyCode::OwnerNotTrusted)]);
}

#[test]
fn an_owner_whose_name_has_a_blank_or_a_nul_at_its_end() {
    for name in ["alice@acme.com ", " alice@acme.com", "alice@acme.com\0", "alice@acme.com\u{200b}"]
    {
        assert!(matches!(Owner::human(name), Err(NameError::Hidden { .. })), "{name:?}");
        refused(renamed("alice@acme.com", name), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn an_owner_whose_name_looks_alike() {
    // A Cyrillic `a`, a full-width letter, a full-width at sign.
    for name in ["\u{430}lice@acme.com", "\u{ff41}lice@acme.com", "alice\u{ff20}acme.com"] {
        refused(owned_by(name), [(Some(0), DenyCode::OwnerNotTrusted)]);
    }
}

/// Composed and decomposed, the name is the same to a person, but not to us.
#[test]
fn an_owner_whose_name_is_normalised_otherwise() {
    let anchor = TrustAnchor::new(alice().public_key(), "ren\u{e9}@acme.com");
    let of = |name: &str| {
        let raw = RawToken::mint(Owner::human(name).unwrap(), &alice(), first(), now(), TOKEN_ID);
        decided_by(verifier_of(anchor.clone()), &present(raw, &planner()))
    };
    assert!(of("ren\u{e9}@acme.com").is_allowed());
    refused(of("rene\u{301}@acme.com"), [(Some(0), DenyCode::OwnerNotTrusted)]);
}

/// Wherever the two names are printed, and whether one of them is beside the other or not.
#[test]
fn names_in_two_normal_forms_are_shown_as_different() {
    let raw = |name: &str| {
        let owner = Owner::human(name).unwrap();
        present(RawToken::mint(owner, &alice(), first(), now(), TOKEN_ID), &planner())
    };
    for (composed, decomposed, escaped) in [
        ("ren\u{e9}", "rene\u{301}", r"rene\u{301}"),
        ("\u{e5}sa", "a\u{30a}sa", r"a\u{30a}sa"),
        ("\u{30ac}", "\u{30ab}\u{3099}", "\u{30ab}\\u{3099}"),
        ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}", "\u{1112}\\u{1161}\\u{11ab}"),
        ("\u{c5}sa", "\u{212b}sa", r"\u{212b}sa"),
    ] {
        let anchor = TrustAnchor::new(alice().public_key(), composed);
        let report = Report::of(&decided_by(verifier_of(anchor), &raw(decomposed)));
        for text in [report.to_string(), report.to_markdown(), report_page(&report)] {
            assert!(text.contains(escaped) && !text.contains(decomposed), "{text}");
        }
        // Text in normal form is shown as it is.
        let report = Report::of(&decided(&raw(composed))).to_string();
        assert!(report.contains(&format!("\"{composed}\"")), "{report}");
    }
}

#[test]
fn a_pinned_name_that_looks_alike_is_shown_as_different() {
    for (name, shown) in [
        ("pl\u{430}nner", [r#""pl\u{430}nner""#, r#""planner""#]),
        ("plann\u{435}r", [r#""plann\u{435}r""#, r#""planner""#]),
    ] {
        let mole = grant(name, &thief(), reading("accounts/emea/**", 5), Duration::minutes(5));
        let raw = present(held().delegate(&researcher(), mole, now()), &thief());
        let pinned = anchor().with_pinned(agent("planner", &planner()));
        let report = Report::of(&decided_by(verifier_of(pinned), &raw));
        let reasons: Vec<_> = report.reasons.iter().map(ToString::to_string).collect();
        let reasons = reasons.join("\n");
        assert!(shown.iter().all(|shown| reasons.contains(shown)), "{reasons}");
    }
}

/// A delegator whose grant is refused sees why, although the two resources look the same.
#[test]
fn a_resource_that_looks_like_the_granted_one_is_shown_as_different() {
    let to = |name: &str, key: &SigningKey, resource: &str| {
        grant(name, key, reading(resource, 5), Duration::minutes(5)).with_max_hops(0)
    };
    let own = to("planner", &planner(), "docs/a").with_max_hops(1);
    let token = Token::mint(owner(), &alice(), own, now()).unwrap();
    for (resource, shown) in [
        ("docs/\u{430}", r#"from "docs/a" to "docs/\u{430}""#),
        ("docs/a\u{301}", r#"from "docs/a" to "docs/a\u{301}""#),
        ("docs/b", "from `docs/a` to `docs/b`"),
    ] {
        let wider = to("researcher", &researcher(), resource);
        let error = token.delegate(&planner(), wider, now()).unwrap_err().to_string();
        assert!(error.contains(shown), "{error}");
    }
}

/// UTS #39 §5: a remark, and no reason to refuse.
#[test]
fn names_that_mix_scripts_are_noted() {
    let of = |owner: &str, delegate: &str| {
        let own = reading("accounts/**", 5);
        let to = grant(delegate, &planner(), own, Duration::minutes(5));
        let raw = RawToken::mint(Owner::human(owner).unwrap(), &alice(), to, now(), TOKEN_ID);
        let anchor = TrustAnchor::new(alice().public_key(), owner);
        let report = Report::of(&decided_by(verifier_of(anchor), &present(raw, &planner())));
        assert_eq!(report.verdict, Verdict::Allow);
        report
    };
    let report = of("\u{430}lice", "pl\u{3b1}nner");
    let remark = "the owner's name mixes letters of Cyrillic and Latin";
    assert!(report.remarks.iter().any(|own| own == remark), "{:?}", report.remarks);
    let note = "has a name that mixes letters of Latin and Greek";
    assert!(report.hops[0].notes.iter().any(|own| own == note), "{:?}", report.hops[0].notes);
    // Names alone may mislead, so each has its key beside it.
    assert!(report.summary.contains(&planner().public_key().fingerprint()), "{}", report.summary);
    let report = of("Jos\u{e9}", "\u{5317}\u{4eac} agent");
    assert!(!report.remarks.iter().any(|own| own.contains("mixes")), "{:?}", report.remarks);
    assert!(report.hops[0].notes.is_empty(), "{:?}", report.hops[0].notes);
}

#[test]
fn an_owner_whose_name_begins_like_a_trusted_one() {
    for name in ["alice@acme.com.evil.com", "alice@acme.co", "alice@acme.com,bob@acme.com"] {
        refused(owned_by(name), [(Some(0), DenyCode::OwnerNotTrusted)]);
    }
}

#[test]
fn an_anchor_that_has_ended() {
    refused(decided_with([alice_until(now())]), [(Some(0), DenyCode::AnchorNotValid)]);
}

#[test]
fn an_anchor_that_has_not_begun() {
    let late = anchor().with_valid_from(now() + Duration::SECOND);
    refused(decided_with([late]), [(Some(0), DenyCode::AnchorNotValid)]);
}

/// One key, two anchors: the one for Alice has ended, the one for Bob has not.
#[test]
fn an_anchor_that_has_ended_beside_one_of_the_same_key() {
    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    refused(decided_with([alice_until(now()), bob]), [(Some(0), DenyCode::AnchorNotValid)]);
}

#[test]
fn a_copied_name_with_another_key() {
    let pinned = anchor().with_pinned(agent("researcher", &key(9)));
    refused(decided_with([pinned]), [(Some(1), DenyCode::PinMismatch)]);
}

/// The researcher gives its accomplice the name that is pinned.
#[test]
fn a_hop_to_an_accomplice_under_a_trusted_agents_name() {
    let pinned = anchor().with_pinned(agent("planner", &planner()));
    let mole = grant("planner", &thief(), reading("accounts/emea/**", 5), Duration::minutes(5));
    let raw = present(held().delegate(&researcher(), mole, now()), &thief());
    refused(decided_by(verifier_of(pinned), &raw), [(Some(2), DenyCode::PinMismatch)]);
}

#[test]
fn a_hop_to_an_accomplice_under_the_owners_name() {
    let human =
        Principal::new("alice@acme.com", PrincipalKind::Human, alice().public_key()).unwrap();
    let mole = grant("alice@acme.com", &thief(), reading("accounts/**", 5), Duration::minutes(5));
    let raw = present(held().delegate(&researcher(), mole, now()), &thief());
    let pinned = anchor().with_pinned(human);
    refused(decided_by(verifier_of(pinned), &raw), [(Some(2), DenyCode::PinMismatch)]);
}

/// Without pins a name is a claim, and the report shows its key.
#[test]
fn two_agents_of_one_name_differ_by_their_keys() {
    let mole = grant("planner", &thief(), reading("accounts/emea/**", 5), Duration::minutes(5));
    let raw = present(held().delegate(&researcher(), mole, now()), &thief());
    let report = Report::of(&decided(&raw));
    let of =
        |hop: usize| (report.hops[hop].to.name.clone(), report.hops[hop].to.fingerprint.clone());
    assert_eq!(of(0).0, of(2).0);
    assert_ne!(of(0).1, of(2).1);
    let text = report.to_string();
    assert!([of(0).1, of(2).1].iter().all(|print| text.contains(print)), "{text}");
}

#[test]
fn a_pinned_key_under_another_name() {
    let pinned = anchor().with_pinned(agent("scheduler", &planner()));
    refused(decided_with([pinned]), [(Some(0), DenyCode::PinMismatch)]);
}

#[test]
fn an_owner_who_bears_a_pinned_name() {
    let treasurer =
        Principal::new("alice@acme.com", PrincipalKind::Human, key(60).public_key()).unwrap();
    let of_name = TrustAnchor::for_any_owner(alice().public_key()).with_pinned(treasurer);
    refused(decided_with([of_name]), [(Some(0), DenyCode::PinMismatch)]);
}

#[test]
fn an_owner_who_has_a_pinned_key() {
    let mallory = Principal::new("mallory", PrincipalKind::Human, alice().public_key()).unwrap();
    refused(
        decided_with([anchor().with_pinned(mallory.clone())]),
        [(Some(0), DenyCode::PinMismatch)],
    );
    // Pins of another owner's anchor do not apply to these chains.
    let others = TrustAnchor::new(alice().public_key(), "bob@acme.com").with_pinned(mallory);
    assert!(decided_with([anchor(), others]).is_allowed());
}

/// A pin says which key a name belongs to; a report must not name another as accountable.
#[test]
fn an_owner_that_a_pin_contradicts_is_not_accountable() {
    let pinned =
        Principal::new("alice@acme.com", PrincipalKind::Human, key(60).public_key()).unwrap();
    let anchor = TrustAnchor::for_any_owner(alice().public_key()).with_pinned(pinned);
    for chain in [presented(), present(held(), &thief())] {
        let decision = decided_by(verifier_of(anchor.clone()), &chain);
        let report = Report::of(&decision);
        assert!(report.summary.starts_with("UNVERIFIED, nobody is accountable"), "{report}");
        assert!(report.hops.iter().all(|hop| !hop.trusted), "{report}");
    }
}

#[test]
fn the_owner_delegates_to_itself() {
    let own = grant("assistant", &alice(), reading("**", 9), Duration::hours(1));
    refused(decided(&present(mint(own.clone()), &alice())), [(Some(0), DenyCode::SelfDelegation)]);
    let error = Token::mint(owner(), &alice(), own, now()).unwrap_err();
    assert_eq!(error, MintError::SelfDelegation);
}

#[test]
fn an_agent_delegates_to_itself() {
    let own = grant("helper", &planner(), reading("accounts/**", 9), Duration::hours(1));
    let raw = mint(first()).delegate(&planner(), own.clone(), now());
    refused(decided(&present(raw, &planner())), [(Some(1), DenyCode::SelfDelegation)]);
    let token = Token::parse(&mint(first()).to_text()).unwrap();
    assert_eq!(token.delegate(&planner(), own, now()), Err(DelegateError::SelfDelegation));
}

/// In a cycle, every hop still counts.
#[test]
fn an_agent_delegates_to_itself_through_another() {
    let back = grant("planner", &planner(), reading("accounts/**", 100), Duration::minutes(5));
    let call = crm_request("crm.read", "accounts/apac/7", r#"{"limit": 50}"#);
    let raw = present_for(held().delegate(&researcher(), back, now()), &planner(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
}
