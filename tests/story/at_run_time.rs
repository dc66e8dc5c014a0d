//! Signers and policies that are chosen at run time, as another language hands them over.

use std::sync::Arc;

use deputize::{
    Ask, AskDesk, Decision, DenyCode, Grant, Presentation, Request, Signer, SigningKey, Token,
    TrustAnchors, VerifiedChain, Wallet, Wish,
};
use time::Duration;

use crate::common::{
    agent, alice, anchor, first, now, owner, planner, reading, refused, request, researcher,
    second, verifier,
};

type Policy = Box<dyn Fn(&VerifiedChain, &Request) -> Result<(), String> + Send + Sync>;

/// Nothing is generic over the signer: each of these is behind a pointer.
struct Cast {
    alice: Box<dyn Signer>,
    planner: Arc<dyn Signer + Send + Sync>,
}

fn cast() -> Cast {
    Cast { alice: Box::new(alice()), planner: Arc::new(planner()) }
}

fn presented() -> Presentation {
    let Cast { alice, planner } = cast();
    let held = Token::mint(owner(), &*alice, first(), now()).unwrap();
    let token = held.delegate(&*planner, second(), now()).unwrap();
    let researcher: &dyn Signer = &researcher();
    token.present(researcher, &request(), now()).unwrap()
}

#[test]
fn every_step_takes_a_signer_behind_a_pointer() {
    assert!(verifier().decide(presented(), request(), now()).is_allowed());
    let Cast { alice, planner } = cast();
    let held = Token::mint(owner(), &alice, first(), now()).unwrap();
    let key: SigningKey = researcher();
    let asker: &dyn Signer = &key;
    let own = reading("accounts/emea/**", 10);
    let wish = Wish::new(agent("researcher", &key), [own], Duration::minutes(15), "a test");
    let ask = Ask::new(wish.unwrap(), planner.public_key(), asker, now()).unwrap();
    let grant: Grant = ask.grant_below(&held, now()).unwrap();
    let answered = AskDesk::default().answer(&ask, &held, grant, &*planner, now()).unwrap();
    let mut wallet = Wallet::new(TrustAnchors::from(anchor()));
    wallet.add(answered.token, now()).unwrap();
    let presentation = wallet.present(asker, &request(), now()).unwrap();
    assert!(verifier().decide(presentation, request(), now()).is_allowed());
}

#[test]
fn a_policy_is_a_value() {
    let policies: [(Policy, bool); 2] = [
        (Box::new(|chain, _| chain.hops().first().map(drop).ok_or_else(String::new)), true),
        (Box::new(|_, request| Err(format!("not {}", request.operation()))), false),
    ];
    for (policy, is_allowed) in policies {
        let decide = |verifier: deputize::Verifier| -> [Decision; 2] {
            let chain = verifier.verify(presented(), now()).unwrap();
            [
                verifier.decide_with_policy(presented(), request(), now(), &policy),
                chain.authorize_with_policy(request(), now(), &*policy),
            ]
        };
        for decision in decide(verifier()) {
            match is_allowed {
                true => assert!(decision.is_allowed()),
                false => refused(decision, [(None, DenyCode::PolicyRefused)]),
            }
        }
        // A box is a policy by itself.
        let decision = verifier().decide_with_policy(presented(), request(), now(), policy);
        assert_eq!(decision.is_allowed(), is_allowed);
    }
}
