//! A chain with one more block, before it is signed.

use crate::format::container::{
    Container, FormatError, SignedBlock, require_text_length, signed_bytes,
};
use crate::format::datalog::Interner;
use crate::format::hop_id::HopId;
use crate::key::{PublicKey, Signature, Signer, SignerError, WrongSignature};
use crate::token::error::TokenError;

/// The bytes of a token or a presentation, except for the last signature.
#[derive(Clone)]
pub(crate) struct UnsignedBlock {
    pub(crate) message: Vec<u8>,
    /// The key that must sign.
    pub(crate) signer: PublicKey,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl UnsignedBlock {
    /// Adds a block to a chain. `encode` writes the content of the block. Returns the id of the
    /// block too, which does not depend on the signature.
    pub(crate) fn new(
        container: Container<'_>,
        parent: &HopId,
        encode: impl FnOnce(&mut Interner<'_>) -> Result<Vec<u8>, TokenError>,
        next_key: &[u8; 32],
        signer: PublicKey,
    ) -> Result<(Self, HopId), TokenError> {
        // Blocks refer to strings by number, counted through the tables of all earlier blocks.
        let mut symbols = Interner::default();
        for block in &container.blocks {
            symbols.skip_block(block.content).map_err(FormatError::from)?;
        }
        let content = encode(&mut symbols)?;
        let previous = container.blocks.last().map(|block| block.signature);
        let message = signed_bytes(&content, next_key, previous);
        let block = SignedBlock::new(&content, next_key, &[0; 64]);
        let mut longer = Container { ..container };
        longer.blocks.push(block);
        let [before, after] = longer.around_last_signature();
        require_text_length(before.len().saturating_add(64).saturating_add(after.len()))?;
        let id = block.id(parent);
        Ok((Self { message, signer, before, after }, id))
    }

    /// Checks the signature, and returns the bytes with it.
    pub(crate) fn signed(self, signature: &Signature) -> Result<Vec<u8>, WrongSignature> {
        WrongSignature::check(&self.signer, &self.message, signature)?;
        let mut bytes = self.before;
        bytes.extend_from_slice(&signature.to_bytes());
        bytes.extend_from_slice(&self.after);
        Ok(bytes)
    }

    pub(crate) fn signed_by(self, signer: &(impl Signer + ?Sized)) -> Result<Vec<u8>, SignerError> {
        let signature = signer.sign(&self.message)?;
        Ok(self.signed(&signature)?)
    }
}
