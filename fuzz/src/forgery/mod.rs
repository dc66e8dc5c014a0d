//! Tokens by an attacker who has real ones, and the keys of some agents, and can ask others to sign:
//! whatever is allowed was made by those whose keys the attacker lacks, block by block, in that very
//! place, and says what they meant.

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
use cast::{Cast, Ledger, Meant};

static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);

/// Remembers chains from one input to the next.
static KNOWN: LazyLock<ChainCache> = LazyLock::new(|| ChainCache::new(500));

/// A token, a request, and everything that was signed, for the attacker too.
struct Attempt {
    raw: RawToken,
    request: Request,
    signed: Ledger,
}

/// Draws a real token, tampers with it, and shows it.
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
    assert_eq!(report, same, "one that remembers chains decides otherwise");
    let Decision::Allow(permit) = decision else { return };
    let root = permit.chain().root_key();
    require_signatures(&bytes, root);
    require_meant(attempt, &permit);
    // The owner who is told of is the one whose key it is.
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

/// Whatever needs a key that the attacker lacks was signed by its owner in this very place, and says
/// what its owner meant.
fn require_meant(Attempt { raw, request, signed }: &Attempt, permit: &Permit) {
    let hops = permit.chain().hops();
    let mut signer = permit.chain().root_key().to_bytes().to_vec();
    for (index, block) in raw.blocks.iter().enumerate() {
        if !CAST.is_known(&signer) {
            let meant = signed.find(&raw.blocks[..=index]).unwrap_or_else(|| {
                panic!("a block of {} that it never signed behind these", hex::encode(&signer))
            });
            let says = match hops.get(index) {
                Some(hop) => Meant::Hop(Box::new(hop.grant().clone())),
                None => Meant::Call(request.digest()),
            };
            assert_eq!(*meant, says, "a block says something else than was meant");
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

    /// Why it is refused, if it is.
    fn refused(Attempt { raw, request, .. }: &Attempt) -> Option<(Option<usize>, DenyCode)> {
        let shown = Presentation::from_bytes(raw.to_bytes()).unwrap();
        match verifier().decide(shown, request.clone(), NOW) {
            Decision::Allow(_) => None,
            Decision::Deny(denial) => denial.reasons().first().map(|own| (own.hop, own.code)),
        }
    }

    /// A fuzzer begins with these: without the check of parents they are allowed, and [`judge`] stops.
    #[test]
    fn seeds_lead_to_the_transplant() {
        for way in ["hop", "presentation", "stated", "repaired"] {
            let attempt = kept(&format!("transplant_{way}"));
            assert_eq!(refused(&attempt), Some((Some(1), DenyCode::WrongParent)), "{way}");
        }
    }

    /// A holder that has this library signs nothing behind a bait, and what it is asked to otherwise.
    #[test]
    fn seeds_lead_to_holders_who_are_asked() {
        let bait = kept("bait_refused").raw;
        assert_eq!(bait.blocks.len(), 1);
        assert!(Token::from_bytes(bait.to_bytes()).is_err());
        for seed in ["asked_to_delegate", "asked_to_present"] {
            assert_eq!(refused(&kept(seed)), None, "{seed}");
        }
    }
}
