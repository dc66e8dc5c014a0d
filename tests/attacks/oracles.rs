//! The attacker runs code beside a signing program that signs presentations and asks of the planner
//! for anybody who asks, and hops only after a person has confirmed them. It wants a hop, or
//! another call than the one that was signed.

use deputize::testing::{RawProof, RawToken};
use deputize::{
    Ask, DenyCode, Grant, PublicKey, Request, RequestError, Signature, Signer, SignerError,
    SigningKind, ToSign, Token, Wish,
};
use time::Duration;

use crate::common::{
    agent, alice, first, grant, mint, not_authentic, now, owner, planner, reading, refused,
    request, shown, thief, verifier,
};

/// The signing program.
fn signs(asked: &ToSign<'_>) -> Option<Signature> {
    match asked.kind() {
        SigningKind::Present { .. } | SigningKind::Ask { .. } => {
            Some(planner().sign(asked.message()).unwrap())
        }
        _ => None,
    }
}

/// A signer of blocks that has a signature already.
struct Had(Signature);

impl Signer for Had {
    fn public_key(&self) -> PublicKey {
        planner().public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
        Ok(self.0)
    }
}

fn token() -> Token {
    Token::parse(&mint(first()).to_text()).unwrap()
}

fn presented() -> RawToken {
    let open = token().prepare_presentation(planner().public_key(), &request(), now()).unwrap();
    let signature = signs(&open.to_sign()).unwrap();
    RawToken::take_apart(open.signed(&signature).unwrap().as_bytes()).unwrap()
}

#[test]
fn the_program_signs_no_hop() {
    let all = Grant::below(&token(), agent("mule", &thief()), [reading("accounts/**", 1)], "Q3");
    let all = all.unwrap();
    let open = token().prepare_delegation(planner().public_key(), all.clone(), now()).unwrap();
    assert!(signs(&open.to_sign()).is_none());
    let open = Token::prepare_mint(owner(), planner().public_key(), all, now());
    assert!(signs(&open.unwrap().to_sign()).is_none());
}

/// The block of a presentation names the key that may sign the next block. The signature covers it.
#[test]
fn a_signed_presentation_passed_off_as_a_hop_to_the_attacker() {
    let mut hop = presented();
    hop.blocks[1].next_key = thief().public_key().to_bytes().to_vec();
    hop.proof = RawProof::FinalSignature(vec![0; 64]);
    assert_eq!(not_authentic(&hop), (Some(1), DenyCode::BadSignature));

    let of_hop = mint(first()).delegate(
        &planner(),
        grant("mule", &thief(), reading("**", 1), Duration::HOUR),
        now(),
    );
    hop.blocks[1].content = of_hop.blocks[1].content.clone();
    assert_eq!(not_authentic(&hop), (Some(1), DenyCode::BadSignature));
}

/// The same signature over a block with the content of another request.
#[test]
fn a_signed_presentation_passed_off_as_one_of_another_request() {
    let other = Request::new("crm.read", "accounts/emea/1", "crm.acme.com").unwrap();
    let other = other.with_args(r#"{"limit": 1}"#).unwrap();
    let had = Had(Signature::from_bytes(presented().blocks[1].signature[..].try_into().unwrap()));
    let forged = mint(first()).present(&had, &other, now(), Duration::seconds(30), [1; 16]);
    refused(verifier().decide(shown(&forged), other, now()), [(Some(1), DenyCode::NotTheHolder)]);
}

#[test]
fn a_signed_ask_passed_off_as_a_hop() {
    let wish = Wish::new(agent("planner", &planner()), [reading("**", 1)], Duration::HOUR, "Q3");
    let open = Ask::prepare(Duration::HOUR, wish.unwrap(), alice().public_key(), now()).unwrap();
    let had = Had(signs(&open.to_sign()).unwrap());
    let all = grant("mule", &thief(), reading("**", 1), Duration::HOUR);
    let forged = mint(first()).delegate(&had, all.clone(), now());
    assert_eq!(not_authentic(&forged), (Some(1), DenyCode::BadSignature));
    // The whole message as the content of a block: the signed bytes of a block begin differently.
    let message = open.to_sign().message().to_vec();
    let forged = mint(first()).block(&had, message, &thief().public_key().to_bytes());
    assert_eq!(not_authentic(&forged), (Some(1), DenyCode::BadSignature));
}

/// The audience is the only text of a request that the signed bytes contain.
#[test]
fn an_audience_that_continues_as_the_rest_of_a_message() {
    let audience = "crm\0ALGORITHM\0\0\0\0\0\0NEXTKEY\0";
    let error = Request::new("crm.read", "accounts/42", audience).unwrap_err();
    assert!(matches!(error, RequestError::Audience { .. }), "{error:?}");
}
