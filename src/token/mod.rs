//! Chains of delegations, as their holders keep them.

mod error;
mod unsigned;
pub(crate) mod effective;
pub(crate) mod counter;
pub(crate) mod presentation;
pub(crate) mod any;
mod text;

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::OffsetDateTime;
use vec1::Vec1;

use crate::chain::{DelegationChain, Hop};
use crate::constraint::Budget;
use crate::format::container::{
    Container, FormatError, Proof, from_text, require_text_length, root_hint, to_text,
};
use crate::format::datalog::{
    AuthorityHeader, DelegationBlock, Interner, Position, is_of_deputize,
};
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{PublicKey, Signature, Signer, TERMINAL_KEY, WrongSignature};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, HARD_MAX_HOPS};
use crate::principal::{Owner, Principal};

pub use error::{DelegateError, MintError, NotTheHolder, TokenError};
use unsigned::UnsignedBlock;

/// The proof of a held token: a signature that nobody can have made. Biscuit's tools can read the
/// token, and every Biscuit verifier refuses it.
pub(crate) const HELD: [u8; 64] = [0; 64];

/// A chain of delegations, held by the delegate of its last hop.
///
/// A token is authentic: each hop is signed by the key that the hop before it names, the first by
/// the root key that the token states, and each states the id of its parent. No other token can be
/// parsed or made, so a holder never signs after unverified blocks.
///
/// Authentic is not trusted. Anybody can make a key and sign as "alice";
/// [`TrustAnchors::owner_of`](crate::TrustAnchors::owner_of) checks whose token it is. Authentic is
/// not valid either: an expired token is still authentic.
///
/// A token is not secret. Without the holder's key, nobody can present or delegate it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    bytes: Vec<u8>,
    delegations: Arc<DelegationChain>,
}

impl Token {
    /// Starts a chain with `grant` by `owner`, whose key `signer` has.
    ///
    /// # Errors
    ///
    /// [`MintError`] if the delegate is the owner, the grant is invalid or has expired, or the
    /// signer fails.
    pub fn mint(
        owner: Owner,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<Self, MintError> {
        let open = Self::prepare_mint(owner, signer.public_key(), grant, now)?;
        Ok(Self { bytes: open.block.signed_by(signer)?, delegations: open.delegations })
    }

    /// Does all of [`mint`](Self::mint) but sign, for a root key that is kept elsewhere.
    ///
    /// # Errors
    ///
    /// As [`mint`](Self::mint).
    pub fn prepare_mint(
        owner: Owner,
        root: PublicKey,
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<UnsignedToken, MintError> {
        let mut token_id = [0; 16];
        getrandom::fill(&mut token_id).map_err(|_| MintError::NoRandomness)?;
        let issued = UnixTime::from(now);
        grant.check()?;
        if *root.as_bytes() == TERMINAL_KEY {
            return Err(MintError::PublishedKey);
        }
        if grant.delegate.key() == root {
            return Err(MintError::SelfDelegation);
        }
        if grant.expires <= issued {
            let (expires, now) = (grant.expires(), issued.to_datetime());
            return Err(MintError::Expired { expires, now });
        }
        // The first block states the root key, so that the hop's id covers it: the same content
        // under two roots has two ids.
        let header = AuthorityHeader { token_id, owner: owner.clone(), root: root.to_bytes() };
        let delegation =
            DelegationBlock { position: Position::Root(Box::new(header)), grant, issued };
        let empty = Container {
            root_hint: Some(root_hint(&root)),
            blocks: Vec::new(),
            proof: Proof::FinalSignature(&HELD),
        };
        let (block, id) = unsigned_hop(empty, &HopId::BEFORE_FIRST, &delegation, root)?;
        let DelegationBlock { grant, .. } = delegation;
        let hops = Vec1::new(Hop { delegator: owner.with_key(root), grant, issued, id });
        let delegations = Arc::new(DelegationChain::new(root, owner, token_id, hops));
        Ok(UnsignedToken { block, delegations })
    }

    /// Delegates a part of this token's authority. `signer` must have the holder's key.
    ///
    /// The clock may be up to [`DEFAULT_CLOCK_TOLERANCE`] behind the clock of the holder's own
    /// delegator. The hop is then issued at the same time as its parent.
    ///
    /// # Errors
    ///
    /// [`DelegateError`] if the signer is not the holder, or the grant exceeds a hop of the chain
    /// or goes to a delegate that a hop does not allow. The error has the hop and both values.
    pub fn delegate(
        &self,
        signer: &(impl Signer + ?Sized),
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<Self, DelegateError> {
        let open = self.prepare_delegation(signer.public_key(), grant, now)?;
        Ok(Self { bytes: open.block.signed_by(signer)?, delegations: open.delegations })
    }

    /// Does all of [`delegate`](Self::delegate) but sign, for a holder whose key is kept elsewhere.
    ///
    /// # Errors
    ///
    /// As [`delegate`](Self::delegate). `signer` must be the holder's key.
    pub fn prepare_delegation(
        &self,
        signer: PublicKey,
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<UnsignedToken, DelegateError> {
        grant.check()?;
        self.require_holder(signer)?;
        let issued = self.issue_time(UnixTime::from(now))?;
        self.require_within(&grant, issued)?;
        let parent = self.delegations.last_id();
        let delegation = DelegationBlock { position: Position::Hop(parent), grant, issued };
        let (block, id) = unsigned_hop(self.container()?, &parent, &delegation, signer)?;
        let delegations = Arc::new(self.delegations.with_hop(delegation.grant, issued, id));
        Ok(UnsignedToken { block, delegations })
    }

    fn require_holder(&self, signer: PublicKey) -> Result<(), Box<NotTheHolder>> {
        let holder = self.holder();
        if holder.key() == signer {
            return Ok(());
        }
        Err(Box::new(NotTheHolder { holder: holder.clone(), signer }))
    }

    /// Returns the time at which the next hop is issued: now, but not before the last hop.
    fn issue_time(&self, now: UnixTime) -> Result<UnixTime, DelegateError> {
        let parent = self.delegations.hops.last().issued;
        if parent.since(now) > whole_seconds(DEFAULT_CLOCK_TOLERANCE) {
            let (issued, now) = (parent.to_datetime(), now.to_datetime());
            return Err(DelegateError::BeforeParent { issued, now });
        }
        Ok(now.max(parent))
    }

    fn require_within(&self, grant: &Grant, issued: UnixTime) -> Result<(), DelegateError> {
        let hops = &self.delegations.hops;
        if self.holder().key() == grant.delegate.key() {
            return Err(DelegateError::SelfDelegation);
        }
        if hops.len() >= HARD_MAX_HOPS {
            return Err(DelegateError::ChainFull);
        }
        if grant.expires <= issued {
            let (expires, now) = (grant.expires(), issued.to_datetime());
            return Err(DelegateError::Expired { expires, now });
        }
        // Every hop counts, not only the last: a hop that was made with other software may claim
        // more than its parents have, and a grant within that hop alone could never be used in
        // full.
        let work = Budget::for_delegation();
        for (index, hop) in hops.iter().enumerate() {
            self.require_depth(index, &hop.grant, grant)?;
            if hop.grant.expires <= issued {
                let (expires, now) = (hop.grant.expires(), issued.to_datetime());
                return Err(DelegateError::ParentExpired { hop: index, expires, now });
            }
            if hop
                .grant
                .allowed_delegates
                .as_ref()
                .is_some_and(|keys| !keys.contains(&grant.delegate.key()))
            {
                let to = Box::new(grant.delegate.clone());
                return Err(DelegateError::NotAllowedDelegate { hop: index, to });
            }
            let beyond = grant.beyond(&hop.grant, &work);
            if work.is_exhausted() {
                return Err(DelegateError::TooMuchWork { hop: index });
            }
            if let Some(beyond) = beyond {
                return Err(DelegateError::Widens { hop: index, beyond });
            }
        }
        Ok(())
    }

    /// Checks that the new delegation, and the further ones that it allows, fit into the `max_hops`
    /// of hop `index`.
    fn require_depth(&self, index: usize, hop: &Grant, grant: &Grant) -> Result<(), DelegateError> {
        let distance = self.delegations.hops.len().saturating_sub(index);
        let distance = u32::try_from(distance).unwrap_or(u32::MAX);
        let Some(left) = hop.max_hops.checked_sub(distance) else {
            let max_hops = hop.max_hops;
            return Err(DelegateError::TooDeep { hop: index, max_hops, distance });
        };
        if grant.max_hops > left {
            return Err(DelegateError::TooManyHops { hop: index, requested: grant.max_hops, left });
        }
        Ok(())
    }

    /// Reads a token and checks that it is authentic, as a verifier does: every signature, the
    /// parent of every hop, and the exact encoding of every block. Whether its root key is trusted
    /// and whether it is valid now are not checked.
    ///
    /// # Errors
    ///
    /// [`TokenError`] if the text is not a token of Deputize, has been presented already, or is not
    /// authentic. In the last case it has the hop, and the code with which a verifier would refuse
    /// it.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        Self::from_bytes(from_text(text)?)
    }

    /// Reads the bytes of a token, with the checks of [`parse`](Self::parse).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, TokenError> {
        require_text_length(bytes.len())?;
        let container = Container::parse(&bytes).map_err(FormatError::from)?;
        if !container.blocks.first().is_some_and(|first| is_of_deputize(first.content)) {
            return Err(TokenError::AnotherBiscuit);
        }
        if container.proof != Proof::FinalSignature(&HELD) {
            return Err(TokenError::NotHeld);
        }
        let delegations = DelegationChain::authenticate(&container);
        let delegations = delegations.map_err(|reason| TokenError::NotAuthentic(reason.into()))?;
        Ok(Self { bytes, delegations: Arc::new(delegations) })
    }

    /// Reads the value of the field [`Chain`](crate::FieldKind::Chain) of a record, which has the
    /// delegations of a token, with the checks of [`parse`](Self::parse).
    pub fn from_recorded_chain(text: &str) -> Result<Self, TokenError> {
        let held = Proof::FinalSignature(&HELD).to_bytes();
        Self::from_bytes([from_text(text)?, held].concat())
    }

    /// Returns the text that [`parse`](Self::parse) reads: base64url without padding.
    pub fn to_text(&self) -> String {
        to_text(&self.bytes)
    }

    /// Returns the bytes that the text encodes: a Biscuit (v3.3) that no Biscuit verifier accepts
    /// until it is presented.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the delegate of the last hop, whose key can use the token.
    pub fn holder(&self) -> &Principal {
        self.delegations.holder()
    }

    /// Returns the random id that the owner gave the token, by which it can be revoked.
    pub fn token_id(&self) -> [u8; 16] {
        self.delegations.token_id
    }

    /// Returns the key that signed the first hop.
    pub fn root_key(&self) -> PublicKey {
        self.delegations.root
    }

    /// Returns the owner that the first hop names. The holder of the [root key](Self::root_key) can
    /// name any owner; [`TrustAnchors::owner_of`](crate::TrustAnchors::owner_of) checks whether
    /// that key may speak for this one.
    pub fn claimed_owner(&self) -> &Owner {
        &self.delegations.owner
    }

    /// Returns the delegations, the owner's first.
    pub fn hops(&self) -> &[Hop] {
        &self.delegations.hops
    }

    pub(crate) fn delegations(&self) -> &Arc<DelegationChain> {
        &self.delegations
    }

    pub(crate) fn container(&self) -> Result<Container<'_>, TokenError> {
        Ok(Container::parse(&self.bytes).map_err(FormatError::from)?)
    }
}

/// Shows only the number of hops. Reports show the contents.
impl Debug for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Token(hops: {}, redacted)", self.hops().len())
    }
}

fn unsigned_hop(
    container: Container<'_>,
    parent: &HopId,
    delegation: &DelegationBlock,
    signer: PublicKey,
) -> Result<(UnsignedBlock, HopId), TokenError> {
    let encode = |symbols: &mut Interner<'_>| {
        delegation.to_block(symbols).map_err(|_| TokenError::BlockTooLong)
    };
    let next_key = delegation.grant.delegate.key().to_bytes();
    UnsignedBlock::new(container, parent, encode, &next_key, signer)
}

/// A token whose last hop is not signed yet, from [`Token::prepare_mint`] or
/// [`Token::prepare_delegation`]. [`to_sign`](Self::to_sign) has the message for the signer.
///
/// It holds no secret, and may wait for a device, a service or a person. The hop stays issued at
/// the time at which it was prepared.
#[derive(Clone)]
pub struct UnsignedToken {
    block: UnsignedBlock,
    delegations: Arc<DelegationChain>,
}

impl UnsignedToken {
    /// Returns the token with this signature.
    ///
    /// After a wrong signature, ask the signer again. A second signature over the same message does
    /// not make a second token: ids do not cover signatures, so both have the same ids and are
    /// revoked together.
    ///
    /// # Errors
    ///
    /// [`WrongSignature`] if the bytes are not a signature over this message, by the key of the
    /// last hop's delegator.
    pub fn signed(&self, signature: &Signature) -> Result<Token, WrongSignature> {
        let bytes = self.block.clone().signed(signature)?;
        Ok(Token { bytes, delegations: Arc::clone(&self.delegations) })
    }

    /// Returns the hop that is to be signed. A person can confirm it by its [id](Hop::id), which
    /// covers the whole chain and the grant.
    pub fn hop(&self) -> &Hop {
        self.delegations.hops.last()
    }

    pub(crate) fn message(&self) -> &[u8] {
        &self.block.message
    }

    pub(crate) fn hops(&self) -> &[Hop] {
        &self.delegations.hops
    }
}

impl Debug for UnsignedToken {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "UnsignedToken(hops: {}, redacted)", self.hops().len())
    }
}
