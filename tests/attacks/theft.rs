//! The attacker has copied tokens and presentations of others, and wants to use them: for something
//! else, somewhere else, or once more.

use std::sync::Arc;

use deputize::limits::MAX_FRESHNESS;
use deputize::testing::{RawProof, RawToken};
use deputize::{
    Capability, Decision, DelegateError, DenyCode, MemoryReplayGuard, OtherArgs, PresentError,
    PublicKey, ReplayGuard, ReplayPolicy, Request, RequestError, RevocationPolicy, Signature,
    Signer, SignerError, SigningKey, Token, TokenError, Verifier,
};
use serde_json::Value;
use time::Duration;

use crate::common::forging::decided_by;
use crate::common::{
    NONCE, WINDOW, alice, anchor, crm_request, decided, first, grant, held, key, mint,
    not_authentic, now, planner, present, present_for, presented, reading, refused, request,
    researcher, shown, thief, verifier,
};
use crate::signatures::signed_again;

/// A signer that claims one key and signs with another.
struct ImpostorSigner {
    claimed: PublicKey,
    actual: SigningKey,
}

impl Signer for ImpostorSigner {
    fn public_key(&self) -> PublicKey {
        self.claimed
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        self.actual.sign(message)
    }
}

fn token() -> Token {
    Token::parse(&held().to_text()).unwrap()
}

/// The decision about another request with the standard presentation.
fn shown_for(call: Request) -> Decision {
    verifier().decide(shown(&presented()), call, now())
}

fn at(audience: &str) -> Request {
    let call = Request::new("crm.read", "accounts/emea/42", audience);
    call.and_then(|call| call.with_args(r#"{"limit": 5}"#)).unwrap()
}

/// One hop without an audience, presented to the CRM and shown to another service.
fn shown_at(audience: &str) -> Decision {
    let anywhere = grant("planner", &planner(), reading("**", 9), Duration::hours(1));
    verifier().decide(shown(&present(mint(anywhere), &planner())), at(audience), now())
}

#[test]
fn a_stolen_token_presented_with_the_thiefs_key() {
    refused(decided(&present(held(), &thief())), [(Some(2), DenyCode::NotTheHolder)]);
    let error = token().present(&thief(), &request(), now()).unwrap_err();
    assert!(matches!(error, PresentError::NotTheHolder { .. }), "{error}");
}

#[test]
fn a_stolen_token_delegated_with_the_thiefs_key() {
    let own = grant("mule", &key(98), reading("accounts/emea/**", 5), Duration::minutes(1));
    let error = token().delegate(&thief(), own.clone(), now()).unwrap_err();
    assert!(matches!(error, DelegateError::NotTheHolder { .. }), "{error}");
    let forged = present(held().delegate(&thief(), own, now()), &key(98));
    refused(decided(&forged), [(Some(2), DenyCode::BadSignature)]);
}

/// The library asks a signer for its key, but the answer proves nothing.
#[test]
fn a_signer_that_claims_the_holders_key() {
    let liar = ImpostorSigner { claimed: researcher().public_key(), actual: thief() };
    let error = token().present(&liar, &request(), now()).unwrap_err();
    assert!(matches!(error, PresentError::Signer(_)), "{error}");
}

#[test]
fn a_child_presented_by_the_holder_of_its_parent() {
    refused(decided(&present(held(), &planner())), [(Some(2), DenyCode::NotTheHolder)]);
}

#[test]
fn the_parents_token_presented_by_the_child() {
    refused(decided(&present(mint(first()), &researcher())), [(Some(1), DenyCode::NotTheHolder)]);
}

#[test]
fn a_token_presented_by_its_owner() {
    refused(decided(&present(held(), &alice())), [(Some(2), DenyCode::NotTheHolder)]);
}

#[test]
fn a_held_token_that_was_not_presented() {
    refused(decided(&held()), [(None, DenyCode::NotPresented)]);
}

/// In stock Biscuit, anyone with the secret of the last key may use it as the proof.
#[test]
fn a_held_token_made_a_bearer_token_by_its_holder() {
    let secret = researcher().to_bytes().to_vec();
    let bearer = RawToken { proof: RawProof::NextSecret(secret), ..held() };
    refused(decided(&bearer), [(None, DenyCode::NotPresented)]);
    let error = Token::parse(&bearer.to_text()).unwrap_err();
    assert_eq!(error, TokenError::NotHeld);
}

#[test]
fn a_held_token_with_the_published_secret_at_its_end() {
    let bearer = RawToken { proof: presented().proof, ..held() };
    refused(decided(&bearer), [(None, DenyCode::NotPresented)]);
}

#[test]
fn a_presentation_with_the_end_of_a_held_token() {
    let proof = held().proof;
    let reopened = RawToken { proof, ..presented() };
    refused(decided(&reopened), [(Some(2), DenyCode::BadProof)]);
    assert_eq!(not_authentic(&reopened), (Some(2), DenyCode::BadKey));
}

#[test]
fn a_presentation_taken_for_a_token() {
    assert_eq!(Token::parse(&presented().to_text()), Err(TokenError::NotHeld));
}

#[test]
fn a_presentation_shown_to_another_service() {
    refused(shown_at("files.acme.com"), [(Some(1), DenyCode::WrongAudience)]);
}

#[test]
fn a_presentation_shown_to_a_service_whose_name_differs_in_case() {
    refused(shown_at("CRM.acme.com"), [(Some(1), DenyCode::WrongAudience)]);
}

#[test]
fn a_presentation_shown_to_a_service_with_a_dot_at_its_end() {
    refused(shown_at("crm.acme.com."), [(Some(1), DenyCode::WrongAudience)]);
}

/// The first letter is Cyrillic; in Punycode the name is another one too.
#[test]
fn a_presentation_shown_to_a_service_that_looks_alike() {
    refused(shown_at("\u{441}rm.acme.com"), [(Some(1), DenyCode::WrongAudience)]);
    refused(shown_at("xn--rm-cmd.acme.com"), [(Some(1), DenyCode::WrongAudience)]);
}

#[test]
fn a_presentation_shown_to_a_service_at_a_port() {
    refused(shown_at("crm.acme.com:443"), [(Some(1), DenyCode::WrongAudience)]);
}

#[test]
fn a_presentation_used_for_other_arguments() {
    let other = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    refused(shown_for(other), [(Some(2), DenyCode::WrongRequest)]);
}

#[test]
fn a_presentation_used_for_another_resource() {
    let other = crm_request("crm.read", "accounts/emea/43", r#"{"limit": 5}"#);
    refused(shown_for(other), [(Some(2), DenyCode::WrongRequest)]);
}

#[test]
fn a_presentation_used_for_another_operation() {
    let own = Capability::new("*", "**").and_then(|own| own.with_arg("limit", [])).unwrap();
    let all = grant("planner", &planner(), own, Duration::hours(1));
    let other = crm_request("crm.delete", "accounts/emea/42", r#"{"limit": 5}"#);
    let decision = verifier().decide(shown(&present(mint(all), &planner())), other, now());
    refused(decision, [(Some(1), DenyCode::WrongRequest)]);
}

/// `{"ab": 1}` and `{"a": {"b": 1}}`, or two strings with a shifted boundary, must not share a
/// digest.
#[test]
fn a_presentation_used_for_a_request_that_joins_to_the_same_text() {
    let own = Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow);
    let pairs = [
        (("crm", "read/x", "{}"), ("crm/read", "x", "{}")),
        (("a", "b", r#"{"ab": 1}"#), ("a", "b", r#"{"a": {"b": 1}}"#)),
        (("a", "b", r#"{"x": "1"}"#), ("a", "b", r#"{"x": 1}"#)),
        (("a", "b", r#"{"x": [1, 2]}"#), ("a", "b", r#"{"x": [2, 1]}"#)),
        (("a", "b", r#"{"x": null}"#), ("a", "b", "{}")),
        (("a", "b", r#"{"x": {}}"#), ("a", "b", r#"{"x": []}"#)),
    ];
    for ((o, r, a), (operation, resource, args)) in pairs {
        let all = grant("planner", &planner(), own.clone(), Duration::hours(1));
        let presented = present_for(mint(all), &planner(), &crm_request(o, r, a));
        let other = crm_request(operation, resource, args);
        let decision = verifier().decide(shown(&presented), other, now());
        refused(decision, [(Some(1), DenyCode::WrongRequest)]);
    }
}

/// A verifier that accepts replays of reads, and has no guard for other operations.
#[test]
fn a_presentation_that_must_not_repeat_at_a_verifier_without_a_guard() {
    let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
    let unguarded = |operation: &str| {
        let replays = ReplayPolicy::accepted_for([operation.parse().unwrap()]);
        Verifier::new(anchor(), by_expiry.clone(), replays)
    };
    refused(decided_by(unguarded("crm.list"), &presented()), [(Some(2), DenyCode::NoReplayGuard)]);
    assert!(decided_by(unguarded("crm.read"), &presented()).is_allowed());
}

#[test]
fn a_presentation_used_twice() {
    let verifier = verifier();
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    refused(decided_by(verifier, &presented()), [(Some(2), DenyCode::Replayed)]);
}

/// The holder of the key can sign the same content again with other bytes; the id must not change.
#[test]
fn a_presentation_used_twice_and_signed_again() {
    let verifier = verifier();
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    let again = signed_again(2, researcher());
    refused(decided_by(verifier, &again), [(Some(2), DenyCode::Replayed)]);
}

/// An earlier signature is covered by the later ones, but no id covers any.
#[test]
fn a_presentation_used_twice_and_its_first_hop_signed_again() {
    let verifier = verifier();
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    let again = signed_again(0, alice());
    refused(decided_by(verifier, &again), [(Some(2), DenyCode::Replayed)]);
}

#[test]
fn a_presentation_used_twice_through_verify_and_authorize() {
    let verifier = verifier();
    let chain = || verifier.verify(shown(&presented()), now()).unwrap();
    let (one, two) = (chain(), chain());
    assert!(one.authorize(request(), now()).is_allowed());
    refused(two.authorize(request(), now()), [(Some(2), DenyCode::Replayed)]);
}

/// Two verifiers of different freshness share a guard, which must not forget a presentation that
/// one of them still accepts.
#[test]
fn a_presentation_used_at_two_verifiers_of_different_freshness() {
    let guard: Arc<dyn ReplayGuard> = Arc::new(MemoryReplayGuard::for_new_audience(100));
    let of = |freshness| {
        let replays = ReplayPolicy::refused_by(Arc::clone(&guard));
        Verifier::new(
            anchor(),
            RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
            replays,
        )
        .with_freshness(freshness)
        .unwrap()
    };
    let (strict, lenient) = (of(Duration::seconds(30)), of(MAX_FRESHNESS));
    let long = Duration::hours(1);
    let chain = held().present(&researcher(), &request(), now(), long, NONCE);
    assert!(strict.decide(shown(&chain), request(), now()).is_allowed());
    for seconds in [0, 31, 60, 299, 300] {
        let later = now() + Duration::seconds(seconds);
        let decision = lenient.decide(shown(&chain), request(), later);
        refused(decision, [(Some(2), DenyCode::Replayed)]);
    }
    let stale = lenient.decide(shown(&chain), request(), now() + Duration::seconds(301));
    refused(stale, [(Some(2), DenyCode::PresentationNotFresh)]);
}

/// The guard forgets presentations that no verifier accepts any more. A clock that goes back must
/// not revive them.
#[test]
fn a_presentation_used_again_after_the_clock_went_back() {
    let verifier = verifier();
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    let later = now() + Duration::minutes(2);
    let other = held().present(&researcher(), &request(), later, WINDOW, [1; 16]);
    assert!(verifier.decide(shown(&other), request(), later).is_allowed());
    refused(decided_by(verifier, &presented()), [(Some(2), DenyCode::ReplayUnknown)]);
}

#[test]
fn many_at_once_with_one_presentation() {
    let verifier = verifier();
    let decide = || decided_by(verifier.clone(), &presented()).is_allowed();
    let allowed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(decide)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(allowed, 1);
}

/// The context of a presentation is signed as well, and is not an argument.
#[test]
fn a_presentation_used_in_another_context() {
    let round = |n: i64| request().with_context("round", n).unwrap();
    let raw = present_for(held(), &researcher(), &round(1));
    let decide = |request| verifier().decide(shown(&raw), request, now());
    assert!(decide(round(1)).is_allowed());
    for other in [round(2), request(), round(1).with_context("more", Value::Null).unwrap()] {
        refused(decide(other), [(Some(2), DenyCode::WrongRequest)]);
    }
    assert_eq!(
        request().digest(),
        crm_request("crm.read", "accounts/emea/42", r#"{"limit":5}"#).digest()
    );
    // With the name of a limited argument, it is still not that argument.
    let beside =
        crm_request("crm.read", "accounts/emea/42", "{}").with_context("limit", 5).unwrap();
    let raw = present_for(held(), &researcher(), &beside);
    refused(
        verifier().decide(shown(&raw), beside, now()),
        [(Some(0), DenyCode::ArgumentMissing), (Some(1), DenyCode::ArgumentMissing)],
    );
    let twice = round(1).with_context("round", 1);
    assert!(matches!(twice, Err(RequestError::ContextTwice { .. })), "{twice:?}");
    let json = r#"{"operation":"crm.read","resource":"accounts/emea/42","audience":"crm.acme.com","args":{"limit":5},"context":{"round":1.0}}"#;
    assert_eq!(Request::from_json(json).unwrap(), round(1));
}
