//! Chains that the library refuses to make. Nothing here is checked: a block gets the contents and
//! the signer that the caller chooses.

use time::{Duration, OffsetDateTime};

use crate::format::container::{
    Container, ED25519, Proof, SIGNATURE_VERSION, SignedBlock, root_hint, signed_bytes, to_text,
};
use crate::format::datalog::{
    Interner, PresentationBlock, RawAuthorityBlock, RawHopBlock, RawPresentationBlock,
    stated_parent,
};
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{Signer, TERMINAL_KEY, TERMINAL_SECRET};
use crate::principal::Owner;
use crate::request::Request;
use crate::token::HELD;

/// A token in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawToken {
    /// The unsigned hint of the root key.
    pub root_hint: Option<u64>,
    /// The blocks.
    pub blocks: Vec<RawBlock>,
    /// The proof at the end.
    pub proof: RawProof,
}

/// One block with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBlock {
    /// The Datalog, in protobuf.
    pub content: Vec<u8>,
    /// 0 for Ed25519, 1 for P-256.
    pub algorithm: u64,
    /// The key that must sign the next block.
    pub next_key: Vec<u8>,
    /// The signature of this block.
    pub signature: Vec<u8>,
    /// The message of a third-party signature.
    pub external_signature: Option<Vec<u8>>,
    /// The version of the signature.
    pub version: u64,
}

/// The proof at the end of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawProof {
    /// The secret of the last key.
    NextSecret(Vec<u8>),
    /// A signature of the last key.
    FinalSignature(Vec<u8>),
}

/// The commitments of a forged block that differ from those of an honest one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stated {
    /// The root key in a first block.
    pub root: Term,
    /// The parent's id.
    pub parent: Term,
    /// The series and count of a presentation.
    pub counted: Option<Vec<u8>>,
}

/// A term of a forged block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Term {
    /// The term of an honest block, if it has one.
    #[default]
    Honest,
    /// No such term.
    Missing,
    /// These bytes.
    Bytes(Vec<u8>),
}

impl Term {
    fn or<'a>(&'a self, honest: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match self {
            Self::Honest => honest,
            Self::Missing => None,
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

impl RawToken {
    /// Starts a chain as [`Token::mint`](crate::Token::mint) does, with any id and without checks.
    pub fn mint(
        owner: Owner,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        issued: OffsetDateTime,
        token_id: [u8; 16],
    ) -> Self {
        Self::mint_stating(&Stated::default(), owner, signer, grant, issued, token_id)
    }

    /// Starts a chain as [`mint`](Self::mint) does, with the stated commitments.
    pub fn mint_stating(
        stated: &Stated,
        owner: Owner,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        issued: OffsetDateTime,
        token_id: [u8; 16],
    ) -> Self {
        let empty = Self {
            root_hint: Some(root_hint(&signer.public_key())),
            blocks: Vec::new(),
            proof: RawProof::FinalSignature(HELD.to_vec()),
        };
        empty.hop(stated, Some((token_id, owner)), signer, grant, issued)
    }

    /// Adds a hop as [`Token::delegate`](crate::Token::delegate) does, without checks.
    pub fn delegate(
        self,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        issued: OffsetDateTime,
    ) -> Self {
        self.delegate_stating(&Stated::default(), signer, grant, issued)
    }

    /// Adds a hop as [`delegate`](Self::delegate) does, with the stated commitments.
    pub fn delegate_stating(
        self,
        stated: &Stated,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        issued: OffsetDateTime,
    ) -> Self {
        self.hop(stated, None, signer, grant, issued)
    }

    /// Adds a hop that names an owner, as only the first block may.
    pub fn delegate_as_owner(
        self,
        owner: Owner,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        issued: OffsetDateTime,
    ) -> Self {
        self.hop(&Stated::default(), Some(([0; 16], owner)), signer, grant, issued)
    }

    fn hop(
        self,
        stated: &Stated,
        header: Option<([u8; 16], Owner)>,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        issued: OffsetDateTime,
    ) -> Self {
        let (next_key, root) = (grant.delegate.key().to_bytes(), signer.public_key().to_bytes());
        let ids = self.hop_ids();
        let header = header.as_ref().map(|(token_id, owner)| RawAuthorityBlock {
            token_id,
            owner,
            root: stated.root.or(Some(&root)),
        });
        let honest = ids.last().map(|id| id.as_bytes().as_slice());
        let hop = RawHopBlock {
            parent: stated.parent.or(honest),
            header,
            grant: &grant,
            issued: UnixTime::from(issued),
        };
        let content = hop.to_block(&mut self.symbols());
        self.block(signer, content, &next_key)
    }

    /// Presents the chain as [`Token::present`](crate::Token::present) does, with any nonce and
    /// without checks.
    pub fn present(
        self,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        issued: OffsetDateTime,
        window: Duration,
        nonce: [u8; 16],
    ) -> Self {
        self.present_stating(&Stated::default(), signer, request, issued, window, nonce)
    }

    /// Presents the chain as [`present`](Self::present) does, with the stated commitments.
    pub fn present_stating(
        self,
        stated: &Stated,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        issued: OffsetDateTime,
        window: Duration,
        nonce: [u8; 16],
    ) -> Self {
        let parent = self.hop_ids().pop().unwrap_or(HopId::BEFORE_FIRST);
        let presentation = PresentationBlock {
            parent,
            nonce,
            issued: UnixTime::from(issued),
            counted: None,
            window: whole_seconds(window),
            audience: request.audience().to_owned(),
            request_digest: request.digest(),
        };
        let block = RawPresentationBlock {
            presentation: &presentation,
            parent: stated.parent.or(Some(parent.as_bytes())),
            counted: stated.counted.as_deref(),
        };
        let content = block.to_block(&mut self.symbols());
        let closed = self.block(signer, content, &TERMINAL_KEY);
        Self { proof: RawProof::NextSecret(TERMINAL_SECRET.to_vec()), ..closed }
    }

    /// Returns the ids of the current blocks.
    pub fn hop_ids(&self) -> Vec<HopId> {
        let id = |before: &mut HopId, block: &RawBlock| {
            *before = before.then(&block.next_key, &block.content);
            Some(*before)
        };
        self.blocks.iter().scan(HopId::BEFORE_FIRST, id).collect()
    }

    /// Signs a block again, after updating the parent that it states, if any, to the current one,
    /// as an honest signer would have.
    pub fn resign(&mut self, index: usize, signer: &(impl Signer + ?Sized)) {
        let parent = index.checked_sub(1).and_then(|before| self.hop_ids().get(before).copied());
        if let (Some(parent), Some(block)) = (parent, self.blocks.get_mut(index)) {
            let is_presentation = block.next_key == TERMINAL_KEY;
            let stated = stated_parent(&block.content, is_presentation).copied();
            let place = stated.and_then(|old| block.content.windows(32).position(|own| own == old));
            let place = place.and_then(|at| block.content.get_mut(at..)?.first_chunk_mut());
            if let Some(place) = place {
                *place = parent.to_bytes();
            }
        }
        self.sign(index, signer);
    }

    /// Adds a block with any content.
    pub fn block(
        mut self,
        signer: &(impl Signer + ?Sized),
        content: Vec<u8>,
        next_key: &[u8; 32],
    ) -> Self {
        self.blocks.push(RawBlock {
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

    /// Signs a block again, in version 1, after the block before it.
    pub fn sign(&mut self, index: usize, signer: &(impl Signer + ?Sized)) {
        let before = index.checked_sub(1).and_then(|i| self.blocks.get(i));
        let previous = before.map(|block| block.signature.clone());
        if let Some(block) = self.blocks.get_mut(index) {
            let message = signed_bytes(&block.content, &block.next_key, previous.as_deref());
            block.signature =
                signer.sign(&message).map_or_else(|_| Vec::new(), |s| s.to_bytes().to_vec());
        }
    }

    /// Parses a token into its parts. Returns `None` if the bytes are not a Biscuit.
    pub fn take_apart(bytes: &[u8]) -> Option<Self> {
        let container = Container::parse(bytes).ok()?;
        let blocks = container.blocks.iter().map(|block| RawBlock {
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
                Proof::NextSecret(secret) => RawProof::NextSecret(secret.to_vec()),
                Proof::FinalSignature(s) => RawProof::FinalSignature(s.to_vec()),
            },
        })
    }

    /// Returns the bytes of the token.
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
            RawProof::NextSecret(secret) => Proof::NextSecret(secret),
            RawProof::FinalSignature(signature) => Proof::FinalSignature(signature),
        };
        Container { root_hint: self.root_hint, blocks: blocks.collect(), proof }.to_bytes()
    }

    /// Returns the text of the token.
    pub fn to_text(&self) -> String {
        to_text(&self.to_bytes())
    }

    fn symbols(&self) -> Interner<'_> {
        let mut symbols = Interner::default();
        for block in &self.blocks {
            // An unreadable block has no strings to add.
            let _ = symbols.skip_block(&block.content);
        }
        symbols
    }
}

/// Removes all capabilities from a grant, which [`Grant::new`] would refuse.
pub fn without_capabilities(grant: Grant) -> Grant {
    Grant { capabilities: Vec::new(), ..grant }
}

/// Sets any purpose, even one that [`Grant::new`] would refuse.
pub fn with_purpose(grant: Grant, purpose: &str) -> Grant {
    Grant { purpose: purpose.to_owned(), ..grant }
}
