//! Chains that the library refuses to make, for testing whoever verifies them (feature `forge`).
//!
//! Nothing here is checked: blocks say what they are told to say and are signed by whoever is told
//! to sign them. A verifier must refuse what comes out, by a fitting [`Code`](crate::Code).

use time::{Duration, OffsetDateTime};

use crate::container::{
    Container, ED25519, Proof, SIGNATURE_VERSION, SignedBlock, root_hint, signed_bytes, to_text,
};
use crate::datalog::{Closing, Delegation, Interner, Origin};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::{Signer, TERMINAL_KEY, TERMINAL_SECRET};
use crate::principal::Owner;
use crate::request::Request;
use crate::token::HELD;

/// A token in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forge {
    /// The unsigned hint at the root key.
    pub root_hint: Option<u64>,
    /// The blocks.
    pub blocks: Vec<ForgedBlock>,
    /// What stands at the end.
    pub proof: ForgedProof,
}

/// One block with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgedBlock {
    /// The Datalog, in protobuf.
    pub content: Vec<u8>,
    /// 0 for Ed25519, 1 for P-256.
    pub algorithm: u64,
    /// The key that is to sign the next block.
    pub next_key: Vec<u8>,
    /// The signature of this one.
    pub signature: Vec<u8>,
    /// The message of a third party's signature.
    pub external_signature: Option<Vec<u8>>,
    /// The version of the signature.
    pub version: u64,
}

/// What stands at the end of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForgedProof {
    /// The secret of the last key.
    NextSecret(Vec<u8>),
    /// A signature of the last key.
    FinalSignature(Vec<u8>),
}

impl Forge {
    /// Begins a chain, as [`Token::mint`](crate::Token::mint) does, with any id and without a
    /// question.
    pub fn mint(
        owner: Owner,
        signer: &impl Signer,
        grant: Grant,
        issued: OffsetDateTime,
        token_id: [u8; 16],
    ) -> Self {
        let empty = Self {
            root_hint: Some(root_hint(&signer.public_key())),
            blocks: Vec::new(),
            proof: ForgedProof::FinalSignature(HELD.to_vec()),
        };
        empty.delegation(Some(Origin { token_id, owner }), signer, grant, issued)
    }

    /// Adds a hop, as [`Token::delegate`](crate::Token::delegate) does, without a question.
    pub fn delegate(self, signer: &impl Signer, grant: Grant, issued: OffsetDateTime) -> Self {
        self.delegation(None, signer, grant, issued)
    }

    /// Adds a hop that says again whose token it is.
    pub fn delegate_as_owner(
        self,
        owner: Owner,
        signer: &impl Signer,
        grant: Grant,
        issued: OffsetDateTime,
    ) -> Self {
        self.delegation(Some(Origin { token_id: [0; 16], owner }), signer, grant, issued)
    }

    fn delegation(
        self,
        origin: Option<Origin>,
        signer: &impl Signer,
        grant: Grant,
        issued: OffsetDateTime,
    ) -> Self {
        let next_key = grant.to.key().to_bytes();
        let delegation = Delegation { origin, grant, issued: Instant::of(issued) };
        let content = delegation.to_block(&mut self.symbols()).unwrap_or_default();
        self.block(signer, content, &next_key)
    }

    /// Closes the chain, as [`Token::present`](crate::Token::present) does, with any nonce and
    /// without a question.
    pub fn present(
        self,
        signer: &impl Signer,
        request: &Request,
        issued: OffsetDateTime,
        window: Duration,
        nonce: [u8; 16],
    ) -> Self {
        let closing = Closing {
            nonce,
            issued: Instant::of(issued),
            window: u64::try_from(window.whole_seconds()).unwrap_or(0),
            audience: request.audience().to_owned(),
            request_digest: request.digest(),
        };
        let content = closing.to_block(&mut self.symbols()).unwrap_or_default();
        let closed = self.block(signer, content, &TERMINAL_KEY);
        Self { proof: ForgedProof::NextSecret(TERMINAL_SECRET.to_vec()), ..closed }
    }

    /// Adds a block with any content.
    pub fn block(mut self, signer: &impl Signer, content: Vec<u8>, next_key: &[u8; 32]) -> Self {
        self.blocks.push(ForgedBlock {
            content,
            algorithm: ED25519,
            next_key: next_key.to_vec(),
            signature: Vec::new(),
            external_signature: None,
            version: SIGNATURE_VERSION,
        });
        let last = self.blocks.len().saturating_sub(1);
        self.sign(last, signer);
        self
    }

    /// Signs a block anew, in version 1, behind the one before it.
    pub fn sign(&mut self, index: usize, signer: &impl Signer) {
        let before = index.checked_sub(1).and_then(|i| self.blocks.get(i));
        let previous = before.map(|block| block.signature.clone());
        if let Some(block) = self.blocks.get_mut(index) {
            let message = signed_bytes(&block.content, &block.next_key, previous.as_deref());
            block.signature =
                signer.sign(&message).map_or_else(|_| Vec::new(), |s| s.to_bytes().to_vec());
        }
    }

    /// Takes a token apart; `None` for what is no Biscuit.
    pub fn take_apart(bytes: &[u8]) -> Option<Self> {
        let container = Container::parse(bytes).ok()?;
        let blocks = container.blocks.iter().map(|block| ForgedBlock {
            content: block.content.to_vec(),
            algorithm: block.algorithm,
            next_key: block.next_key.to_vec(),
            signature: block.signature.to_vec(),
            external_signature: block.external_signature.map(<[u8]>::to_vec),
            version: block.version,
        });
        Some(Self {
            root_hint: container.root_hint,
            blocks: blocks.collect(),
            proof: match container.proof {
                Proof::NextSecret(secret) => ForgedProof::NextSecret(secret.to_vec()),
                Proof::FinalSignature(s) => ForgedProof::FinalSignature(s.to_vec()),
            },
        })
    }

    /// The bytes of the token.
    pub fn to_bytes(&self) -> Vec<u8> {
        let blocks = self.blocks.iter().map(|block| SignedBlock {
            content: &block.content,
            algorithm: block.algorithm,
            next_key: &block.next_key,
            signature: &block.signature,
            external_signature: block.external_signature.as_deref(),
            version: block.version,
        });
        let proof = match &self.proof {
            ForgedProof::NextSecret(secret) => Proof::NextSecret(secret),
            ForgedProof::FinalSignature(signature) => Proof::FinalSignature(signature),
        };
        Container { root_hint: self.root_hint, blocks: blocks.collect(), proof }.to_bytes()
    }

    /// The text of the token.
    pub fn to_text(&self) -> String {
        to_text(&self.to_bytes())
    }

    fn symbols(&self) -> Interner<'_> {
        let mut symbols = Interner::default();
        for block in &self.blocks {
            // What cannot be read has no strings to take over.
            let _ = symbols.skip_block(&block.content);
        }
        symbols
    }
}

/// The same grant of nothing at all, which [`Grant::new`] refuses.
pub fn without_capabilities(grant: Grant) -> Grant {
    Grant { capabilities: Vec::new(), ..grant }
}

/// The same grant with any purpose, also one that [`Grant::new`] refuses.
pub fn with_purpose(grant: Grant, purpose: &str) -> Grant {
    Grant { purpose: purpose.to_owned(), ..grant }
}
