//! A chain of delegations as its holder carries it.

mod error;

use std::fmt::{self, Debug, Formatter};

use time::OffsetDateTime;

use crate::constraint::Work;
use crate::container::{
    Container, FormatError, Proof, SIGNATURE_VERSION, SignedBlock, from_text, root_hint,
    signed_bytes, to_text,
};
use crate::datalog::{BlockError, Delegation, Interner, Origin, Symbols};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::{PublicKey, Signer};
use crate::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES};
use crate::principal::{Owner, Principal};

pub(crate) use error::AppendError;
pub use error::{DelegateError, MintError, TokenError};

/// The proof of a token that was not presented yet: a signature that nobody could have made, so
/// that Biscuit's tools can read the token and every Biscuit verifier refuses it.
pub(crate) const HELD: [u8; 64] = [0; 64];

/// A chain of delegations, held by the one that its last hop names.
///
/// It is no secret: without the holder's key nothing can be presented or delegated with it. What it
/// says is as yet unproven; only a [`Verifier`](crate::Verifier) tells, and only of a
/// [`Presentation`](crate::Presentation).
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    bytes: Vec<u8>,
    hops: Vec<Delegation>,
}

impl Token {
    /// Begins a chain: `owner`, whose key is `signer`'s, makes `grant`.
    ///
    /// # Errors
    ///
    /// [`MintError`] where the grant is to the owner itself or is over already, or nothing could be
    /// signed.
    pub fn mint(
        owner: Owner,
        signer: &impl Signer,
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<Self, MintError> {
        let mut token_id = [0; 16];
        getrandom::fill(&mut token_id).map_err(|_| MintError::NoRandomness)?;
        let root = signer.public_key();
        let issued = Instant::of(now);
        grant.check()?;
        if grant.to.key() == root {
            return Err(MintError::SelfDelegation);
        }
        if grant.expires <= issued {
            return Err(MintError::Over { expires: grant.expires.to_string() });
        }
        let origin = Some(Origin { token_id, owner });
        let delegation = Delegation { origin, grant, issued };
        let empty = Container {
            root_hint: Some(root_hint(&root)),
            blocks: Vec::new(),
            proof: Proof::FinalSignature(&HELD),
        };
        let bytes = append_hop(empty, &delegation, signer)?;
        Ok(Self { bytes, hops: vec![delegation] })
    }

    /// Passes on a part of what this token grants. `signer` must be its holder's.
    ///
    /// # Errors
    ///
    /// [`DelegateError`] where the signer is not the holder, or the grant would reach beyond any
    /// hop of the chain, or go to someone it may not go to; it says which hop and by how much.
    pub fn delegate(
        &self,
        signer: &impl Signer,
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<Self, DelegateError> {
        let issued = Instant::of(now);
        grant.check()?;
        self.require_holder(&signer.public_key())?;
        self.require_within(&grant, issued)?;
        let delegation = Delegation { origin: None, grant, issued };
        let bytes = append_hop(self.container()?, &delegation, signer)?;
        let mut hops = self.hops.clone();
        hops.push(delegation);
        Ok(Self { bytes, hops })
    }

    fn require_holder(&self, found: &PublicKey) -> Result<(), DelegateError> {
        match self.holder() {
            Some(holder) if holder.key() == *found => Ok(()),
            Some(holder) => Err(DelegateError::NotTheHolder {
                holder: holder.to_string(),
                found: Box::new(*found),
            }),
            None => Err(DelegateError::Token(TokenError::NoHop)),
        }
    }

    fn require_within(&self, grant: &Grant, issued: Instant) -> Result<(), DelegateError> {
        if self.holder().is_some_and(|holder| holder.key() == grant.to.key()) {
            return Err(DelegateError::SelfDelegation);
        }
        if self.hops.len() >= HARD_MAX_HOPS {
            return Err(DelegateError::ChainFull);
        }
        if grant.expires <= issued {
            return Err(DelegateError::Over { expires: grant.expires.to_string() });
        }
        let work = Work::of_one_delegation();
        for (index, hop) in self.hops.iter().enumerate() {
            self.require_depth(index, &hop.grant, grant)?;
            if hop.grant.expires <= issued {
                return Err(DelegateError::ParentOver {
                    hop: index,
                    expires: hop.grant.expires.to_string(),
                });
            }
            if hop.grant.delegates.as_ref().is_some_and(|keys| !keys.contains(&grant.to.key())) {
                return Err(DelegateError::NotAllowedDelegate {
                    hop: index,
                    to: grant.to.to_string(),
                });
            }
            let beyond = grant.beyond(&hop.grant, &work);
            if work.is_over() {
                return Err(DelegateError::TooMuchWork { hop: index });
            }
            if let Some(beyond) = beyond {
                return Err(DelegateError::Widens { hop: index, beyond });
            }
        }
        Ok(())
    }

    /// Hop `index` lets `max_hops` delegations follow it; the new one and those that it lets follow
    /// must be among them.
    fn require_depth(&self, index: usize, hop: &Grant, grant: &Grant) -> Result<(), DelegateError> {
        let distance = self.hops.len().saturating_sub(index);
        let distance = u32::try_from(distance).unwrap_or(u32::MAX);
        match hop.max_hops.checked_sub(distance) {
            None => Err(DelegateError::TooDeep { hop: index, max_hops: hop.max_hops }),
            Some(left) if grant.max_hops > left => {
                Err(DelegateError::TooManyHops { hop: index, asked: grant.max_hops, left })
            }
            Some(_) => Ok(()),
        }
    }

    /// Reads a token. Nothing that it says is proven by that.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for what is no token of Deputize, or was presented already.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let bytes = from_text(text)?;
        let container = Container::parse(&bytes).map_err(FormatError::from)?;
        if container.proof != Proof::FinalSignature(&HELD) {
            return Err(TokenError::NotHeld);
        }
        if container.blocks.len() > HARD_MAX_HOPS {
            return Err(TokenError::TooManyHops { found: container.blocks.len() });
        }
        let mut symbols = Symbols::default();
        let read = |(hop, block)| read_hop(hop, block, &mut symbols);
        let hops = container.blocks.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { bytes, hops })
    }

    /// The text that [`parse`](Self::parse) reads: base64url without padding.
    pub fn to_text(&self) -> String {
        to_text(&self.bytes)
    }

    /// The bytes behind the text: a Biscuit (v3.3) that no Biscuit verifier accepts yet.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The one that the last hop names: whose key can use the token.
    pub fn holder(&self) -> Option<&Principal> {
        self.hops.last().map(|hop| &hop.grant.to)
    }

    /// Whose authority the token says it passes on. Unproven.
    pub fn owner(&self) -> Option<&Owner> {
        self.hops.first()?.origin.as_ref().map(|origin| &origin.owner)
    }

    /// What each hop grants, the owner's first. Unproven.
    pub fn grants(&self) -> impl ExactSizeIterator<Item = &Grant> {
        self.hops.iter().map(|hop| &hop.grant)
    }

    pub(crate) fn container(&self) -> Result<Container<'_>, TokenError> {
        Ok(Container::parse(&self.bytes).map_err(FormatError::from)?)
    }
}

/// What a token says is for reports; here only its size and its holder.
impl Debug for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Token(hops: {}, redacted)", self.hops.len())
    }
}

/// Signs a block onto a chain and writes the whole down. `encode` gives the block's content.
pub(crate) fn append(
    container: Container<'_>,
    encode: impl FnOnce(&mut Interner<'_>) -> Result<Vec<u8>, TokenError>,
    next_key: &[u8; 32],
    signer: &impl Signer,
) -> Result<Vec<u8>, AppendError> {
    let mut symbols = Interner::default();
    for block in &container.blocks {
        symbols.skip_block(block.content).map_err(FormatError::from).map_err(TokenError::from)?;
    }
    let content = encode(&mut symbols)?;
    let previous = container.blocks.last().map(|block| block.signature);
    let signature = signer.sign(&signed_bytes(&content, next_key, previous))?.to_bytes();
    let mut longer = Container { ..container };
    longer.blocks.push(SignedBlock::new(&content, next_key, &signature));
    let bytes = longer.to_bytes();
    let found = bytes.len().saturating_mul(4).div_ceil(3);
    if found > HARD_MAX_TOKEN_BYTES {
        return Err(TokenError::from(FormatError::TooLong { found }).into());
    }
    Ok(bytes)
}

fn append_hop(
    container: Container<'_>,
    delegation: &Delegation,
    signer: &impl Signer,
) -> Result<Vec<u8>, AppendError> {
    let encode = |symbols: &mut Interner<'_>| {
        delegation.to_block(symbols).map_err(|_| TokenError::BlockTooLong)
    };
    append(container, encode, delegation.grant.to.key().as_bytes(), signer)
}

fn read_hop<'a>(
    hop: usize,
    block: &SignedBlock<'a>,
    symbols: &mut Symbols<'a>,
) -> Result<Delegation, TokenError> {
    let refuse = |why| TokenError::Block { hop, why };
    if block.version != SIGNATURE_VERSION || block.external_signature.is_some() {
        return Err(refuse("is not signed as Deputize signs"));
    }
    if block.signature().is_none() {
        return Err(refuse("has no signature of 64 bytes"));
    }
    let key = block.delegate().ok_or(refuse("names no Ed25519 key"))?;
    let delegation = Delegation::from_block(block.content, key, symbols)
        .map_err(|BlockError(why)| refuse(why))?;
    match (hop, &delegation.origin) {
        (0, None) => Err(refuse("does not say whose token it is")),
        (1.., Some(_)) => Err(refuse("says whose token it is, which the first block alone does")),
        _ => Ok(delegation),
    }
}
