//! Tokens by an attacker who has real ones and the keys of some agents, and can ask others to sign.
//! In an allowed call, each block that needs a key which the attacker lacks was made by the owner
//! of that key, at that position, with that meaning.

mod cast;
mod tamper;

use std::sync::LazyLock;

use deputize::testing::RawToken;
use deputize::{
    ChainCache, Decision, OperationPattern, Permit, Presentation, PublicKey, ReplayPolicy, Report,
    Request, RevocationPolicy, TrustAnchor, TrustAnchors, Verifier,
};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::random::NOW;
use crate::source::Source;
use crate::{oracle, wire};
use cast::{Cast, Ledger, Meaning};

static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);

/// Keeps chains from one input to the next.
static KNOWN: LazyLock<ChainCache> = LazyLock::new(|| ChainCache::new(500));

/// A token, a request, and all signed blocks, including those for the attacker.
struct Attempt {
    raw: RawToken,
    request: Request,
    signed: Ledger,
}

/// Draws a real token, tampers with it, and decides about it.
pub fn check(data: &[u8]) {
    judge(&attempt(data));
}

fn attempt(data: &[u8]) -> Attempt {
    let mut source = Source::new(data);
    let request = source.pick(&CAST.requests);
    let mut raw = source.pick(&CAST.tokens);
    let mut signed = CAST.signed.clone();
    for _ in 0..source.below(8) {
        tamper::once(&mut source, &CAST, &mut signed, &mut raw, &request);
    }
    if source.chance(80) {
        tamper::repair(&CAST, &mut raw);
    }
    Attempt { raw, request, signed }
}

fn judge(attempt: &Attempt) {
    let Attempt { raw, request, .. } = attempt;
    let bytes = raw.to_bytes();
    let Ok(presentation) = Presentation::from_bytes(bytes.clone()) else {
        assert!(wire::container(&bytes).is_none(), "a second reader reads it");
        return;
    };
    assert_eq!(RawToken::take_apart(&bytes).unwrap().to_bytes(), bytes);
    let verifier = verifier();
    let decision = verifier.decide(presentation.clone(), request.clone(), NOW);
    let knowing = verifier.with_cache(KNOWN.clone());
    let again = knowing.decide(presentation.clone(), request.clone(), NOW);
    let [report, same] = [&decision, &again].map(|own| Report::of(own).to_string());
    assert_eq!(report, same, "a verifier with a cache decides differently");
    let Decision::Allow(permit) = decision else { return };
    let root = permit.chain().root_key();
    require_signatures(&bytes, root);
    require_meanings(attempt, &permit);
    // The reported owner is the one whose key it is.
    let owner = permit.chain().owner().name();
    assert_eq!(owner, if root == CAST.alice { "alice" } else { "bob" });
    assert!(oracle::engine_allows(root, &presentation, request, NOW), "the engine refuses");
}

fn verifier() -> Verifier {
    let anchors = [TrustAnchor::new(CAST.alice, "alice"), TrustAnchor::new(CAST.bob, "bob")];
    Verifier::new(
        TrustAnchors::new(anchors).unwrap(),
        RevocationPolicy::OnlyByExpiry { at_most: time::Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
}

/// Checks, without our code, that every block is signed with the key that the previous block names.
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
        key.verify_strict(&message, &signature).expect("a block is signed with the right key");
        signer = block.next_key.as_slice().try_into().expect("a key has 32 bytes");
        before = Some(block.signature.clone());
    }
    let secret = ed25519_dalek::SigningKey::from_bytes(
        container.proof.1.as_slice().try_into().expect("a secret has 32 bytes"),
    );
    assert_eq!(container.proof.0, 1, "the proof of a presentation is a secret");
    assert_eq!(secret.verifying_key().to_bytes(), signer, "which belongs to the last key");
}

/// Checks that each block that needs a key which the attacker lacks was signed by its owner at this
/// position, with this meaning.
fn require_meanings(Attempt { raw, request, signed }: &Attempt, permit: &Permit) {
    let hops = permit.chain().hops();
    let mut signer = permit.chain().root_key().to_bytes().to_vec();
    for (index, block) in raw.blocks.iter().enumerate() {
        if !CAST.is_known(&signer) {
            let meant = signed.find(&raw.blocks[..=index]).unwrap_or_else(|| {
                panic!("a block of {} that it never signed behind these", hex::encode(&signer))
            });
            let says = match hops.get(index) {
                Some(hop) => Meaning::Hop(Box::new(hop.grant().clone())),
                None => Meaning::Call(request.digest()),
            };
            assert_eq!(*meant, says, "a block has another meaning than its signer's");
        }
        signer.clone_from(&block.next_key);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use deputize::{DenyCode, Token};

    use super::*;

    fn kept(seed: &str) -> Attempt {
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/forgery.tar.gz");
        let member = format!("./{seed}");
        let tar = Command::new("tar").arg("-xzOf").arg(archive).arg(member).output().unwrap();
        assert!(tar.status.success(), "the archive has no seed {seed}");
        attempt(&tar.stdout)
    }

    /// The reason for a refusal; `None` if the call is allowed.
    fn refused(Attempt { raw, request, .. }: &Attempt) -> Option<(Option<usize>, DenyCode)> {
        let shown = Presentation::from_bytes(raw.to_bytes()).unwrap();
        match verifier().decide(shown, request.clone(), NOW) {
            Decision::Allow(_) => None,
            Decision::Deny(denial) => denial.reasons().first().map(|own| (own.hop, own.code)),
        }
    }

    /// The fuzzer starts with these: without the check of parents they would be allowed, and
    /// [`judge`] would panic.
    #[test]
    fn seeds_lead_to_the_transplant() {
        for way in ["hop", "presentation", "stated", "repaired"] {
            let attempt = kept(&format!("transplant_{way}"));
            assert_eq!(refused(&attempt), Some((Some(1), DenyCode::WrongParent)), "{way}");
        }
    }

    /// A holder with this library signs nothing after a bait, and signs on request otherwise.
    #[test]
    fn seeds_lead_to_holders_that_sign_on_request() {
        let bait = kept("bait_refused").raw;
        assert_eq!(bait.blocks.len(), 1);
        assert!(Token::from_bytes(bait.to_bytes()).is_err());
        for seed in ["asked_to_delegate", "asked_to_present"] {
            assert_eq!(refused(&kept(seed)), None, "{seed}");
        }
    }
}
