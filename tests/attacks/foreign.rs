//! The attacker has Biscuits that other programs made and other keys signed, or writes Datalog that
//! Biscuits may have and delegations do not, and wants it to count as a delegation.

use biscuit_auth::format::schema;
use biscuit_auth::macros::{biscuit, block};
use deputize::testing::{RawProof, RawToken};
use deputize::{Decision, DenyCode, Owner, Signer, SigningKey, Token, TokenError, interop};
use prost::Message;

use crate::common::forging::{altered, terminal, without_blocks};
use crate::common::{
    alice, decided, first, held, mint, not_authentic, now, planner, present, presented, refused,
    request, researcher, second, shown, thief,
};
use crate::editing::{edited, previous, written_by_biscuit};

/// Alice's key in the types of the stock library.
fn stock_root() -> biscuit_auth::KeyPair {
    let secret = alice().to_bytes();
    let key = biscuit_auth::PrivateKey::from_bytes(&*secret, biscuit_auth::Algorithm::Ed25519);
    biscuit_auth::KeyPair::from(&key.unwrap())
}

/// A stock Biscuit taken apart, with the hint of Alice's key.
fn hinted(bytes: &[u8]) -> RawToken {
    RawToken { root_hint: presented().root_hint, ..RawToken::take_apart(bytes).unwrap() }
}

/// Signature version 0 covers the block and the next key, and nothing before them.
fn signed_in_version_0(signer: &SigningKey, content: &[u8], next_key: &[u8]) -> Vec<u8> {
    let message = [content, &0_i32.to_le_bytes()[..], next_key].concat();
    signer.sign(&message).unwrap().to_bytes().to_vec()
}

/// Decides about a first hop of Alice's with this Datalog, presented.
fn saying(content: Vec<u8>) -> Decision {
    let raw = without_blocks().block(&alice(), content, &planner().public_key().to_bytes());
    decided(&present(raw, &planner()))
}

#[test]
fn a_stock_biscuit_of_the_right_root() {
    let token = biscuit!(r#"operation("crm.read");"#).build(&stock_root()).unwrap();
    let raw = hinted(&token.to_vec().unwrap());
    refused(decided(&raw), [(Some(0), DenyCode::NotCanonical)]);
    assert_eq!(Token::parse(&raw.to_text()), Err(TokenError::AnotherBiscuit));
}

#[test]
fn a_stock_biscuit_that_is_sealed() {
    let token = biscuit!(r#"operation("crm.read");"#).build(&stock_root()).unwrap();
    let sealed = token.seal().unwrap().to_vec().unwrap();
    refused(decided(&hinted(&sealed)), [(Some(0), DenyCode::NotCanonical)]);
}

/// The stock library lets every holder of an open token attenuate it.
#[test]
fn a_stock_biscuit_attenuated_by_the_stock_library() {
    let token = biscuit!(r#"operation("crm.read");"#).build(&stock_root()).unwrap();
    let token = token.append(block!(r#"check if true"#)).unwrap();
    refused(decided(&hinted(&token.to_vec().unwrap())), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn a_stock_biscuit_that_ends_like_a_presentation() {
    let token = biscuit!(r#"operation("crm.read");"#).build(&stock_root()).unwrap();
    let mut raw = hinted(&token.to_vec().unwrap());
    let RawProof::NextSecret(secret) = raw.proof.clone() else { panic!("not open") };
    let holder = SigningKey::from_bytes(&secret.try_into().unwrap());
    refused(decided(&present(raw.clone(), &holder)), [(Some(0), DenyCode::NotCanonical)]);
    raw.blocks[0].version = 1;
    raw.sign(0, &alice());
    refused(decided(&present(raw, &holder)), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn a_held_token_sealed() {
    let sealed = RawToken { proof: RawProof::FinalSignature(vec![7; 64]), ..held() };
    refused(decided(&sealed), [(None, DenyCode::NotPresented)]);
    assert_eq!(Token::parse(&sealed.to_text()), Err(TokenError::NotHeld));
}

#[test]
fn a_presentation_sealed() {
    let seal = |bytes| RawToken { proof: RawProof::FinalSignature(bytes), ..presented() };
    refused(decided(&seal(vec![0; 64])), [(Some(2), DenyCode::BadProof)]);
    let own = researcher().sign(&presented().blocks[2].signature).unwrap().to_bytes().to_vec();
    refused(decided(&seal(own)), [(Some(2), DenyCode::BadProof)]);
}

#[test]
fn a_version_0_signature_by_an_agents_key() {
    refused(
        altered(|raw| {
            let block = &mut raw.blocks[1];
            block.signature = signed_in_version_0(&planner(), &block.content, &block.next_key);
            block.version = 0;
            raw.sign(2, &researcher());
        }),
        [(Some(1), DenyCode::UnsupportedSignatureVersion)],
    );
}

#[test]
fn a_version_0_signature_by_the_owners_key() {
    refused(
        altered(|raw| {
            let block = &mut raw.blocks[0];
            block.signature = signed_in_version_0(&alice(), &block.content, &block.next_key);
            block.version = 0;
            raw.sign(1, &planner());
            raw.sign(2, &researcher());
        }),
        [(Some(0), DenyCode::UnsupportedSignatureVersion)],
    );
}

#[test]
fn a_version_0_signature_of_a_presentation() {
    refused(
        altered(|raw| {
            let block = &mut raw.blocks[2];
            block.signature = signed_in_version_0(&researcher(), &block.content, &block.next_key);
            block.version = 0;
        }),
        [(Some(2), DenyCode::UnsupportedSignatureVersion)],
    );
}

#[test]
fn a_version_0_signature_labelled_version_1() {
    refused(
        altered(|raw| {
            let block = &mut raw.blocks[1];
            block.signature = signed_in_version_0(&planner(), &block.content, &block.next_key);
            raw.sign(2, &researcher());
        }),
        [(Some(1), DenyCode::BadSignature)],
    );
}

/// In version 0, the signed message has no marks. The block of a version-0 token could be chosen so
/// that its signed bytes are those of a version-1 block; the key that it names is then cut short.
#[test]
fn a_version_1_message_signed_as_the_content_of_a_version_0_block() {
    let words = presented().blocks[1].content.clone();
    let next = researcher().public_key().to_bytes();
    let before = presented().blocks[0].signature.clone();
    // Version 0 appends an algorithm and a key to the content.
    let content = [&b"\0BLOCK\0\0VERSION\0"[..], &1_u32.to_le_bytes(), b"\0PAYLOAD\0", &words]
        .into_iter()
        .chain([&b"\0ALGORITHM\0"[..], &0_i32.to_le_bytes(), b"\0NEXTKEY\0", &next])
        .chain([&b"\0PREVSIG\0"[..], &before])
        .collect::<Vec<_>>()
        .concat();
    let signature = signed_in_version_0(&planner(), &content, &thief().public_key().to_bytes());
    refused(
        altered(|raw| {
            raw.blocks[1].signature = signature;
            raw.sign(2, &researcher());
        }),
        [(Some(1), DenyCode::BadSignature)],
    );
}

#[test]
fn signature_versions_that_do_not_exist() {
    for version in [2, 255, u64::from(u32::MAX) + 2, u64::MAX] {
        let decision = altered(|raw| raw.blocks[2].version = version);
        refused(decision, [(Some(2), DenyCode::UnsupportedSignatureVersion)]);
    }
}

#[test]
fn a_block_that_a_third_party_signed_too() {
    let message = schema::ExternalSignature {
        signature: thief().sign(&presented().blocks[1].content).unwrap().to_bytes().to_vec(),
        public_key: schema::PublicKey {
            algorithm: 0,
            key: thief().public_key().to_bytes().to_vec(),
        },
    };
    let bytes = message.encode_to_vec();
    let decision = altered(|raw| raw.blocks[1].external_signature = Some(bytes));
    refused(decision, [(Some(1), DenyCode::ThirdPartySignature)]);
}

#[test]
fn an_empty_third_party_signature() {
    let decision = altered(|raw| raw.blocks[0].external_signature = Some(Vec::new()));
    refused(decision, [(Some(0), DenyCode::ThirdPartySignature)]);
    let mut raw = held();
    raw.blocks[1].external_signature = Some(Vec::new());
    assert_eq!(not_authentic(&raw), (Some(1), DenyCode::ThirdPartySignature));
}

#[test]
fn a_rule_that_invents_facts() {
    let rule = |block: &mut schema::Block| block.rules.push(block.checks[0].queries[0].clone());
    for hop in 0..3 {
        refused(edited(hop, rule), [(Some(hop), DenyCode::NotCanonical)]);
    }
}

#[test]
fn a_rule_that_would_run_for_long() {
    let content = written_by_biscuit(
        r#"deputize(1); loop(0); loop($y) <- loop($x), loop($y), $x + $y < 1000000;
        check if operation("crm.read");"#,
    );
    refused(saying(content), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn a_fact_that_pretends_to_be_the_verifiers() {
    for fact in
        [r#"operation("crm.erase");"#, "time(2020-01-01T00:00:00Z);", "args({\"limit\": 5});"]
    {
        let word = decoded_fact(fact);
        let decision = edited(1, |block| {
            block.symbols.extend(word.symbols);
            block.facts.extend(word.facts);
        });
        refused(decision, [(Some(1), DenyCode::NotCanonical)]);
    }
}

fn decoded_fact(datalog: &str) -> schema::Block {
    schema::Block::decode(written_by_biscuit(datalog).as_slice()).unwrap()
}

#[test]
fn a_check_that_is_always_true() {
    let words = decoded_fact("check if true;");
    let decision = edited(1, |block| block.checks = words.checks);
    refused(decision, [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn a_scope_of_a_block() {
    refused(edited(1, |block| block.scope.push(previous())), [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn a_scope_of_a_check() {
    refused(
        edited(1, |block| block.checks[0].queries[0].scope.push(previous())),
        [(Some(1), DenyCode::NotCanonical)],
    );
}

#[test]
fn the_key_of_a_third_party_to_trust() {
    refused(
        edited(1, |block| {
            let key = thief().public_key().to_bytes().to_vec();
            block.public_keys.push(schema::PublicKey { algorithm: 0, key });
        }),
        [(Some(1), DenyCode::NotCanonical)],
    );
}

#[test]
fn a_block_with_a_context() {
    refused(
        edited(0, |block| block.context = Some("be generous".to_owned())),
        [(Some(0), DenyCode::NotCanonical)],
    );
}

#[test]
fn another_version_of_datalog() {
    for version in [None, Some(0), Some(3), Some(5), Some(7), Some(u32::MAX)] {
        let decision = edited(0, |block| block.version = version);
        refused(decision, [(Some(0), DenyCode::NotCanonical)]);
    }
}

/// An empty block that names the terminal key would make a token valid for every call.
#[test]
fn an_empty_block_in_the_place_of_the_presentation() {
    let open = RawToken {
        proof: presented().proof,
        ..held().block(&researcher(), vec![0x18, 6], &terminal().public_key().to_bytes())
    };
    refused(decided(&open), [(Some(2), DenyCode::NotCanonical)]);
    assert_eq!(no_facts(&open), (Some(2), DenyCode::NotCanonical));
    assert!(interop::facts(&shown(&presented()), &request(), now()).is_ok());
}

/// A plain authorizer would accept a bearer token as presented.
#[test]
fn a_bearer_token_given_to_a_plain_authorizer() {
    let secret = researcher().to_bytes().to_vec();
    let bearer = RawToken { proof: RawProof::NextSecret(secret), ..held() };
    assert_eq!(no_facts(&bearer), (None, DenyCode::NotPresented));
}

/// The hop and the code for which a presentation gets no facts.
fn no_facts(raw: &RawToken) -> (Option<usize>, DenyCode) {
    match interop::facts(&shown(raw), &request(), now()) {
        Err(TokenError::NotAuthentic(reason)) => (reason.hop, reason.code),
        other => panic!("{other:?}"),
    }
}

/// A plain authorizer must not get the facts of a chain whose second hop names another owner.
#[test]
fn facts_for_a_chain_whose_second_hop_names_another_owner() {
    let bob = Owner::human("bob@acme.com").unwrap();
    let raw = mint(first()).delegate_as_owner(bob, &planner(), second(), now());
    assert_eq!(no_facts(&present(raw, &researcher())), (Some(1), DenyCode::NotCanonical));
}

/// Facts are given only for authentic chains, and describe nothing else.
#[test]
fn facts_name_the_bytes_and_the_root_that_they_describe() {
    let facts = interop::facts(&shown(&presented()), &request(), now()).unwrap();
    assert_eq!((facts.root_key, facts.bytes), (alice().public_key(), presented().to_bytes()));
    let stolen = present(held(), &thief());
    assert_eq!(no_facts(&stolen), (Some(2), DenyCode::NotTheHolder));
}
