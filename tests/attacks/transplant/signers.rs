//! A signer that does not sign.

use deputize::{
    DelegateError, DenyCode, MintError, PresentError, PublicKey, Signature, Signer, SignerError,
    SigningKey, Token,
};
use time::Duration;

use crate::common::{
    alice, decided_with_cache_of, first, held, mint, now, owner, planner, presented, refused,
    request, researcher, second, verifier,
};

/// A signer that returns a fixed signature.
#[derive(Clone)]
struct FixedSignature {
    key: SigningKey,
    returns: [u8; 64],
}

impl Signer for FixedSignature {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
        Ok(Signature::from_bytes(&self.returns))
    }
}

/// If the signature bytes were the same every time, later blocks would fit every such token.
#[test]
fn a_signer_that_returns_zeros_or_what_it_returned_before() {
    let token = Token::parse(&held().to_text()).unwrap();
    let parent = Token::parse(&mint(first()).to_text()).unwrap();
    let signature = |hop: usize| *presented().blocks[hop].signature.first_chunk().unwrap();
    for returns in [None, Some(())] {
        let fixed = |hop: usize| FixedSignature {
            key: [alice(), planner(), researcher()][hop].clone(),
            returns: returns.map_or([0; 64], |()| signature(hop)),
        };
        let error = Token::mint(owner(), &fixed(0), first(), now()).unwrap_err();
        assert!(matches!(error, MintError::Signer(_)), "{error}");
        let later = now() + Duration::SECOND;
        let error = parent.delegate(&fixed(1), second(), later).unwrap_err();
        assert!(matches!(error, DelegateError::Signer(_)), "{error}");
        let error = token.present(&fixed(2), &request(), now()).unwrap_err();
        assert!(matches!(error, PresentError::Signer(_)), "{error}");
    }
    let codes = [DenyCode::BadSignature, DenyCode::BadSignature, DenyCode::NotTheHolder];
    for (hop, code) in codes.into_iter().enumerate() {
        let mut chain = presented();
        chain.blocks[hop].signature = vec![0; 64];
        for (later, signer) in [alice(), planner(), researcher()].iter().enumerate() {
            if later > hop {
                chain.sign(later, signer);
            }
        }
        let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
        refused(decision, [(Some(hop), code)]);
    }
}
