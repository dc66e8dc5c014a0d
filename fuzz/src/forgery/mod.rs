//! Tokens by an attacker who has real ones, and the keys of some agents: whatever is allowed was
//! granted by those whose keys the attacker lacks.

mod cast;
mod tamper;

use std::sync::LazyLock;

use deputize::forge::Forge;
use deputize::{
    ChainCache, Decision, OperationPattern, Presentation, PublicKey, Replays, Report, Request,
    Revocation, TrustAnchor, TrustAnchors, Verifier,
};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::dice::Dice;
use crate::random::NOW;
use crate::{oracle, wire};
use cast::Cast;

static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);

/// Remembers chains from one input to the next.
static KNOWN: LazyLock<ChainCache> = LazyLock::new(|| ChainCache::new(500));

/// Draws a real token, tampers with it, and shows it.
pub fn check(data: &[u8]) {
    let mut dice = Dice::new(data);
    let request = dice.pick(&CAST.requests);
    let mut forge = dice.pick(&CAST.tokens);
    for _ in 0..dice.below(8) {
        tamper::once(&mut dice, &CAST, &mut forge, &request);
    }
    if dice.chance(80) {
        tamper::repair(&CAST, &mut forge);
    }
    judge(&forge, &request);
}

fn judge(forge: &Forge, request: &Request) {
    let bytes = forge.to_bytes();
    let Ok(presentation) = Presentation::from_bytes(bytes.clone()) else {
        assert!(wire::container(&bytes).is_none(), "a second reader reads it");
        return;
    };
    assert_eq!(Forge::take_apart(&bytes).unwrap().to_bytes(), bytes);
    let anchors = [TrustAnchor::new(CAST.alice, "alice"), TrustAnchor::new(CAST.bob, "bob")];
    let anchors = TrustAnchors::new(anchors).unwrap();
    let replays = Replays::accepted_for([OperationPattern::Any]);
    let verifier = Verifier::new(
        anchors,
        Revocation::OnlyByExpiry { at_most: time::Duration::days(365) },
        replays,
    );
    let decision = verifier.decide(presentation.clone(), request.clone(), NOW);
    let knowing = verifier.with_cache(KNOWN.clone());
    let again = knowing.decide(presentation.clone(), request.clone(), NOW);
    let [report, same] = [&decision, &again].map(|own| Report::of(own).to_string());
    assert_eq!(report, same, "one that remembers chains decides otherwise");
    let Decision::Allow(permit) = decision else { return };
    let root = permit.chain().root_key();
    require_signatures(&bytes, root);
    require_intact(forge, root);
    // The owner who is told of is the one whose key it is.
    let owner = permit.chain().owner().name();
    assert_eq!(owner, if root == CAST.alice { "alice" } else { "bob" });
    assert!(oracle::engine_allows(root, &presentation, request, NOW), "the engine refuses");
}

/// Every block is signed by whom the one before names, checked again without our code.
fn require_signatures(bytes: &[u8], root: PublicKey) {
    let container = wire::container(bytes).expect("a second reader reads it");
    let mut signer = root.to_bytes();
    let mut before: Option<Vec<u8>> = None;
    for block in &container.blocks {
        assert!(block.version == 1 && block.algorithm == 0 && block.external.is_none());
        let mut message = b"\0BLOCK\0\0VERSION\0\x01\0\0\0\0PAYLOAD\0".to_vec();
        message.extend_from_slice(&block.content);
        message.extend_from_slice(b"\0ALGORITHM\0\0\0\0\0\0NEXTKEY\0");
        message.extend_from_slice(&block.next_key);
        if let Some(before) = &before {
            message.extend_from_slice(b"\0PREVSIG\0");
            message.extend_from_slice(before);
        }
        let key = VerifyingKey::from_bytes(&signer).expect("a signer has a key");
        let signature = Signature::from_slice(&block.signature).expect("a signature has 64 bytes");
        key.verify_strict(&message, &signature).expect("a block is signed by whom it should be");
        signer = block.next_key.as_slice().try_into().expect("a key has 32 bytes");
        before = Some(block.signature.clone());
    }
    let secret = ed25519_dalek::SigningKey::from_bytes(
        container.proof.1.as_slice().try_into().expect("a secret has 32 bytes"),
    );
    assert_eq!(container.proof.0, 1, "the proof of a presentation is a secret");
    assert_eq!(secret.verifying_key().to_bytes(), signer, "which belongs to the last key");
}

/// Whatever needs a key that the attacker lacks was made by its owner, in this very place.
fn require_intact(forge: &Forge, root: PublicKey) {
    let mut signer = root.to_bytes().to_vec();
    let mut prefix = Vec::new();
    for block in &forge.blocks {
        prefix.push(block.clone());
        if !CAST.is_known(&signer) {
            assert!(
                CAST.signed.contains(&prefix),
                "a block of {} that its owner never made, behind these",
                hex::encode(&signer)
            );
        }
        signer.clone_from(&block.next_key);
    }
}
