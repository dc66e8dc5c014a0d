//! A key that is kept elsewhere: the library prepares and checks, and something else signs.

use std::fmt::Debug;

use deputize::{
    Ask, AskDesk, Counter, DelegateError, DenyCode, MemoryReplayGuard, MintError, OpenAsks,
    PresentError, PresentOptions, ReplayPolicy, RevocationPolicy, Signature, Signer, SigningKey,
    SigningKind, ToSign, Token, TrustAnchor, UnsignedAsk, UnsignedPresentation, UnsignedToken,
    Verifier, Wallet, Wish, WrongSignature,
};
use time::Duration;

use crate::common::{
    agent, alice, crm_request, grant, now, owner, planner, reading, request, researcher, thief,
};

fn of_planner() -> Token {
    Token::mint(owner(), &alice(), to_planner(), now()).unwrap()
}

fn to_planner() -> deputize::Grant {
    grant("planner", &planner(), reading("accounts/**", 100), Duration::hours(8)).with_max_hops(1)
}

fn to_researcher() -> deputize::Grant {
    grant("researcher", &researcher(), reading("accounts/**", 10), Duration::minutes(15))
}

/// Something of each kind, all to be signed by the planner.
fn prepared() -> (UnsignedToken, UnsignedToken, UnsignedPresentation, UnsignedAsk) {
    let key = planner().public_key();
    let mint = Token::prepare_mint(owner(), key, to_researcher(), now()).unwrap();
    let delegation = of_planner().prepare_delegation(key, to_researcher(), now()).unwrap();
    let presentation = of_planner().prepare_presentation(key, &request(), now()).unwrap();
    let wish = Wish::new(agent("planner", &planner()), [reading("**", 1)], Duration::HOUR, "Q3");
    let ask = Ask::prepare(Duration::MINUTE, wish.unwrap(), alice().public_key(), now()).unwrap();
    (mint, delegation, presentation, ask)
}

fn signature(key: &SigningKey, asked: &ToSign<'_>) -> Signature {
    key.sign(asked.message()).unwrap()
}

/// A block states the series, then the count in 8 bytes.
fn has(open: &UnsignedPresentation, count: u64) -> bool {
    open.to_sign().message().windows(8).any(|bytes| bytes == count.to_be_bytes())
}

fn verifier() -> Verifier {
    Verifier::new(
        TrustAnchor::new(alice().public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(10)),
    )
}

/// The values of the kind are those of the signed result.
#[test]
fn a_signer_sees_the_values_that_are_signed() {
    let (mint, delegation, presentation, ask) = prepared();
    let sign = |asked: ToSign<'_>| {
        assert_eq!(asked.key(), planner().public_key());
        signature(&planner(), &asked)
    };

    let token = mint.signed(&sign(mint.to_sign())).unwrap();
    let SigningKind::Mint { hop, .. } = mint.to_sign().kind() else { panic!("{mint:?}") };
    assert_eq!(Token::parse(&token.to_text()).unwrap().hops(), std::slice::from_ref(hop));
    assert_eq!((hop.delegator().name(), hop.grant()), (owner().name(), &to_researcher()));

    let token = delegation.signed(&sign(delegation.to_sign())).unwrap();
    let SigningKind::Delegate { above, hop, .. } = delegation.to_sign().kind() else {
        panic!("{delegation:?}")
    };
    assert_eq!(
        Token::parse(&token.to_text()).unwrap().hops(),
        [above, std::slice::from_ref(hop)].concat()
    );
    assert_eq!((above.len(), hop.grant()), (1, &to_researcher()));

    let presented = presentation.signed(&sign(presentation.to_sign())).unwrap();
    let SigningKind::Present { hops, request: call, from, until, .. } =
        presentation.to_sign().kind()
    else {
        panic!("{presentation:?}")
    };
    assert_eq!((hops.len(), call), (1, &request()));
    assert_eq!([from, until], [now() - Duration::seconds(30), now() + Duration::seconds(30)]);
    let decided = |at| verifier().decide(presented.clone(), call.clone(), at).is_allowed();
    let second = Duration::SECOND;
    let edges = [from - second, from, until, until + second];
    assert_eq!(edges.map(decided), [false, true, true, false]);

    let signed = ask.signed(&sign(ask.to_sign())).unwrap();
    let SigningKind::Ask { wish, delegator, issued, until, .. } = ask.to_sign().kind() else {
        panic!("{ask:?}")
    };
    let read: Ask = serde_json::from_value(serde_json::to_value(&signed).unwrap()).unwrap();
    assert_eq!((read.wish(), read.delegator()), (wish, delegator));
    assert_eq!((read.issued(), read.until()), (issued, until));
}

/// No signature counts for another message: neither of another kind, nor of the same kind.
#[test]
fn a_signature_counts_for_its_own_message_alone() {
    let (mint, delegation, presentation, ask) = &prepared();
    let (mint_2, delegation_2, presentation_2, ask_2) = &prepared();
    let asked = [
        mint.to_sign(),
        delegation.to_sign(),
        presentation.to_sign(),
        ask.to_sign(),
        mint_2.to_sign(),
        delegation_2.to_sign(),
        presentation_2.to_sign(),
        ask_2.to_sign(),
    ];
    for (i, asked) in asked.iter().enumerate() {
        let signature = &signature(&planner(), asked);
        let accepted = [
            mint.signed(signature).is_ok(),
            delegation.signed(signature).is_ok(),
            presentation.signed(signature).is_ok(),
            ask.signed(signature).is_ok(),
        ];
        // Two delegations by one delegator in the same second, of the same grant, differ in the
        // token that they extend.
        assert_eq!(accepted, [0, 1, 2, 3].map(|own| own == i), "message {i}");
    }
    // The same key for all, so only the message tells them apart.
    assert!(asked.iter().all(|asked| asked.key() == planner().public_key()));
}

/// A device may hold another key, be asked for the wrong one, or return what it returned before.
#[test]
fn after_a_wrong_signature_the_right_one_still_counts() {
    let (_, delegation, presentation, ask) = prepared();
    let wrong = |asked: &ToSign<'_>| signature(&thief(), asked);
    let expected = |error: WrongSignature| *error.key == planner().public_key();
    assert!(expected(delegation.signed(&wrong(&delegation.to_sign())).unwrap_err()));
    assert!(expected(presentation.signed(&wrong(&presentation.to_sign())).unwrap_err()));
    assert!(expected(ask.signed(&wrong(&ask.to_sign())).unwrap_err()));
    assert!(expected(presentation.signed(&Signature::from_bytes(&[0; 64])).unwrap_err()));
    delegation.signed(&signature(&planner(), &delegation.to_sign())).unwrap();
    presentation.signed(&signature(&planner(), &presentation.to_sign())).unwrap();
    ask.signed(&signature(&planner(), &ask.to_sign())).unwrap();
}

#[test]
fn a_presentation_signed_twice_is_one_presentation() {
    let (_, _, open, _) = prepared();
    let sign = || open.signed(&signature(&planner(), &open.to_sign())).unwrap();
    let verifier = verifier();
    assert!(verifier.decide(sign(), request(), now()).is_allowed());
    let denial = verifier.decide(sign(), request(), now()).into_result().unwrap_err();
    assert!(denial.has(DenyCode::Replayed), "{denial}");
}

#[test]
fn what_cannot_be_signed_is_not_prepared() {
    let token = of_planner();
    let (own, other) = (planner().public_key(), thief().public_key());
    let error = token.prepare_presentation(other, &request(), now()).unwrap_err();
    assert!(matches!(error, PresentError::NotTheHolder(_)), "{error}");
    let error = token.prepare_delegation(other, to_researcher(), now()).unwrap_err();
    assert!(matches!(error, DelegateError::NotTheHolder(_)), "{error}");

    let call = crm_request("crm.read", "accounts/42", r#"{"limit": 101}"#);
    let error = token.prepare_presentation(own, &call, now()).unwrap_err();
    assert!(matches!(error, PresentError::NotPermitted(_)), "{error}");
    let anyway = PresentOptions::default().anyway();
    assert!(token.prepare_presentation_with(own, &call, now(), anyway).is_ok());

    let wider = grant("researcher", &researcher(), reading("**", 10), Duration::minutes(15));
    let error = token.prepare_delegation(own, wider, now()).unwrap_err();
    assert!(matches!(error, DelegateError::Widens { hop: 0, .. }), "{error}");
    let error = Token::prepare_mint(owner(), own, to_planner(), now()).unwrap_err();
    assert!(matches!(error, MintError::SelfDelegation), "{error}");
}

/// A number is used up when a presentation is prepared: two must never share one.
#[test]
fn a_presentation_that_is_never_signed_leaves_a_gap_in_its_series() {
    let (token, counter) = (of_planner(), Counter::default());
    let options = PresentOptions::default().counted_by(&counter);
    let prepare = || {
        token.prepare_presentation_with(planner().public_key(), &request(), now(), options).unwrap()
    };
    let (first, _never_signed, third) = (prepare(), prepare(), prepare());
    assert!(has(&first, 1) && has(&third, 3) && !has(&third, 2));
    // A wrong signature uses nothing up.
    first.signed(&signature(&thief(), &first.to_sign())).unwrap_err();
    first.signed(&signature(&planner(), &first.to_sign())).unwrap();
    assert!(has(&prepare(), 4));
}

#[test]
fn an_ask_is_answered_once_by_a_key_that_is_kept_elsewhere() {
    let wish = Wish::new(
        agent("researcher", &researcher()),
        [reading("accounts/eu/**", 10)],
        Duration::HOUR,
        "Q3",
    );
    let open =
        Ask::prepare(Duration::MINUTE, wish.unwrap(), planner().public_key(), now()).unwrap();
    let ask = open.signed(&signature(&researcher(), &open.to_sign())).unwrap();
    let (mut desk, token) = (AskDesk::default(), of_planner());
    let grant = || ask.grant_below(&token, now()).unwrap();
    let error = desk.prepare_answer(&ask, &token, to_planner(), now()).unwrap_err();
    assert!(matches!(error, deputize::AnswerError::ToAnother { .. }), "{error}");
    let open = desk.prepare_answer(&ask, &token, grant(), now()).unwrap();
    let error = desk.prepare_answer(&ask, &token, grant(), now()).unwrap_err();
    assert_eq!(error, deputize::AnswerError::AnsweredBefore);
    let answer = open.signed(&signature(&planner(), &open.to_sign())).unwrap();
    let anchors = TrustAnchor::new(alice().public_key(), "alice@acme.com").into();
    let mut open = OpenAsks::default();
    open.open(ask, now()).unwrap();
    let answer = open.accept(answer, &anchors, now()).unwrap();

    // The wallet of such an agent prepares too.
    let mut wallet = Wallet::new(anchors).counted();
    wallet.add(answer.token, now()).unwrap();
    let call = crm_request("crm.read", "accounts/eu/42", r#"{"limit": 5}"#);
    let prepare = || wallet.prepare_presentation(researcher().public_key(), &call, now()).unwrap();
    let (open, second) = (prepare(), prepare());
    assert!(has(&open, 1) && has(&second, 2));
    let presented = open.signed(&signature(&researcher(), &open.to_sign())).unwrap();
    assert!(verifier().decide(presented, call, now()).is_allowed());
}

/// They wait for a person, in another thread or task.
#[test]
fn what_waits_for_a_signature_can_be_kept_and_shows_no_token() {
    fn shown<T: Debug + Clone + Send + Sync + 'static>(open: T) -> String {
        format!("{open:?}")
    }
    let (mint, delegation, presentation, ask) = prepared();
    assert_eq!(shown(mint), "UnsignedToken(hops: 1, redacted)");
    assert_eq!(shown(delegation), "UnsignedToken(hops: 2, redacted)");
    let length = presentation.to_sign().message().len();
    assert!(format!("{:?}", presentation.to_sign()).contains(&format!("{length} bytes")));
    assert_eq!(
        shown(presentation),
        format!("UnsignedPresentation({length} bytes to sign, redacted)")
    );
    shown(ask);
}
