//! The chain of delegations behind a presentation, signature by signature.

use time::OffsetDateTime;

use crate::container::{
    Container, ED25519, Proof, SIGNATURE_VERSION, SignedBlock, block_id, root_hint,
};
use crate::datalog::{BlockError, Closing, Delegation, Symbols};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::{PublicKey, TERMINAL_KEY, TERMINAL_SECRET};
use crate::principal::{Owner, Principal};
use crate::reason::{Code, Reason};
use crate::revocation::HopId;
use crate::trust::TrustAnchor;

/// One delegation of a verified chain: who signed it, to whom, and what it grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub(crate) from: Principal,
    pub(crate) grant: Grant,
    pub(crate) issued: Instant,
    pub(crate) id: HopId,
}

impl Hop {
    /// Who delegated, with the key that signed.
    pub fn from(&self) -> &Principal {
        &self.from
    }

    /// To whom.
    pub fn to(&self) -> &Principal {
        &self.grant.to
    }

    /// What was granted.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// When, by the clock of the one who delegated.
    pub fn issued(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }

    /// The id to revoke it by.
    pub fn id(&self) -> HopId {
        self.id
    }
}

/// A chain in which every block was signed by whom the block before it names, and says what
/// Deputize says and nothing else. Whether it is valid now, and for what, is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) owner: Owner,
    pub(crate) token_id: [u8; 16],
    pub(crate) hops: Vec<Hop>,
    pub(crate) closing: Closing,
    pub(crate) presentation_id: [u8; 32],
}

/// Why a chain is not authentic, and how much of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unauthentic {
    pub(crate) reason: Reason,
    /// The key that signed the first block, where it did.
    pub(crate) root: Option<Box<PublicKey>>,
    /// How many blocks are signed by whom they should be.
    pub(crate) signed: usize,
    /// Whether that root may speak for the owner whom the first block names, and now.
    pub(crate) is_believed: bool,
}

impl From<Reason> for Box<Unauthentic> {
    fn from(reason: Reason) -> Self {
        Self::new(Unauthentic { reason, root: None, signed: 0, is_believed: false })
    }
}

impl Chain {
    /// Checks a chain, the cheap things first: root, number of hops, shape of every block, then
    /// each signature once, then what the blocks say.
    pub(crate) fn authenticate(
        container: &Container<'_>,
        anchors: &[TrustAnchor],
        max_hops: usize,
    ) -> Result<Self, Box<Unauthentic>> {
        let roots = roots(container, anchors)?;
        let hops = container.blocks.len().saturating_sub(1);
        if hops > max_hops {
            let message =
                format!("the chain has {hops} hops, and this verifier accepts {max_hops}");
            return Err(Reason::new(Code::TooManyHops, message).differs(max_hops, hops).into());
        }
        require_shape(container)?;
        let (root, delegates) = signatures(container, &roots)?;
        Self::read(container, root, &delegates).map_err(|reason| {
            Box::new(Unauthentic {
                reason,
                root: Some(Box::new(root)),
                signed: container.blocks.len(),
                is_believed: false,
            })
        })
    }

    fn read(
        container: &Container<'_>,
        root: PublicKey,
        delegates: &[PublicKey],
    ) -> Result<Self, Reason> {
        let mut symbols = Symbols::default();
        let mut id = [0; 32];
        let mut origin = None;
        let mut hops: Vec<Hop> = Vec::with_capacity(delegates.len());
        let unlike = |hop, BlockError(why): BlockError| {
            Reason::new(Code::NotCanonical, format!("the block {why}")).at(hop)
        };
        let blocks = container.blocks.iter().zip(delegates).enumerate();
        for (index, (block, delegate)) in blocks {
            let delegation = Delegation::from_block(block.content, *delegate, &mut symbols)
                .map_err(|e| unlike(index, e))?;
            id = block_id(&id, block.content, block.next_key);
            let from = match (hops.last(), &delegation.origin) {
                (None, Some(first)) => first.owner.with_key(root),
                (Some(before), None) => before.grant.to.clone(),
                _ => return Err(unlike(index, BlockError("does not stand in its place"))),
            };
            origin = origin.or(delegation.origin);
            let (grant, issued) = (delegation.grant, delegation.issued);
            hops.push(Hop { from, grant, issued, id: HopId::from_bytes(id) });
        }
        let last = hops.len();
        let (Some(origin), Some(block)) = (origin, container.blocks.last()) else {
            return Err(unlike(0, BlockError("does not say whose token it is")));
        };
        let closing =
            Closing::from_block(block.content, &mut symbols).map_err(|e| unlike(last, e))?;
        Ok(Self {
            owner: origin.owner,
            token_id: origin.token_id,
            hops,
            closing,
            presentation_id: block_id(&id, block.content, block.next_key),
        })
    }
}

/// The keys of the anchors that the token's hint goes with.
fn roots(container: &Container<'_>, anchors: &[TrustAnchor]) -> Result<Vec<PublicKey>, Reason> {
    let mut keys: Vec<PublicKey> = anchors
        .iter()
        .map(|anchor| anchor.key)
        .filter(|key| container.root_hint == Some(root_hint(key)))
        .collect();
    keys.sort();
    keys.dedup();
    if keys.is_empty() {
        return Err(Reason::new(
            Code::UntrustedRoot,
            "the token does not begin with the key of a trust anchor of this verifier",
        ));
    }
    Ok(keys)
}

/// What every block must look like before its signature is worth checking.
fn require_shape(container: &Container<'_>) -> Result<(), Reason> {
    for (hop, block) in container.blocks.iter().enumerate() {
        let refuse = |code, message| Err(Reason::new(code, message).at(hop));
        if block.external_signature.is_some() {
            return refuse(Code::ThirdParty, "a third party signed this block too".to_owned());
        }
        if block.version != SIGNATURE_VERSION {
            let version = block.version;
            return refuse(
                Code::SignatureVersion,
                format!("the block is signed in version {version}, and only version 1 is accepted"),
            );
        }
        if block.algorithm != ED25519 || block.next_key.len() != 32 {
            return refuse(Code::BadKey, "the block names a key that is not Ed25519".to_owned());
        }
    }
    let terminal = |block: &SignedBlock<'_>| block.next_key == TERMINAL_KEY;
    match container.blocks.iter().position(terminal) {
        Some(at) if at.saturating_add(1) < container.blocks.len() => {
            let message = "a block follows the one that closes the token";
            Err(Reason::new(Code::AfterPresentation, message).at(at.saturating_add(1)))
        }
        None | Some(0) => {
            Err(Reason::new(Code::NotPresented, "the token is not presented for any request"))
        }
        Some(at) if container.proof != Proof::NextSecret(&TERMINAL_SECRET) => {
            let message = "the token does not end with the secret of the terminal key";
            Err(Reason::new(Code::BadProof, message).at(at))
        }
        Some(_) => Ok(()),
    }
}

/// Checks every signature once. Gives the root key and the key that each hop delegates to.
fn signatures(
    container: &Container<'_>,
    roots: &[PublicKey],
) -> Result<(PublicKey, Vec<PublicKey>), Box<Unauthentic>> {
    let mut delegates = Vec::with_capacity(container.blocks.len());
    let mut root = None;
    let mut previous: Option<(&SignedBlock<'_>, PublicKey)> = None;
    for (index, block) in container.blocks.iter().enumerate() {
        let so_far = root;
        let fail = |reason: Reason| {
            Box::new(Unauthentic {
                reason: reason.at(index),
                root: so_far.map(Box::new),
                signed: index,
                is_believed: false,
            })
        };
        let before = previous.map(|(block, _)| block.signature);
        let signer = match previous {
            None => roots.iter().find(|key| block.is_signed_by(key, None)).copied(),
            Some((_, signer)) => Some(signer).filter(|key| block.is_signed_by(key, before)),
        };
        let is_last = index.saturating_add(1) == container.blocks.len();
        let Some(signer) = signer else {
            return Err(fail(unsigned(previous.map(|(_, signer)| signer), is_last)));
        };
        root = root.or(Some(signer));
        if !is_last {
            let Some(delegate) = block.delegate() else {
                return Err(fail(Reason::new(
                    Code::BadKey,
                    "the block names a key that is weak or no key",
                )));
            };
            delegates.push(delegate);
            previous = Some((block, delegate));
        }
    }
    match root {
        Some(root) => Ok((root, delegates)),
        None => Err(Reason::new(Code::NotPresented, "the token has no block").into()),
    }
}

fn unsigned(signer: Option<PublicKey>, is_last: bool) -> Reason {
    match signer {
        Some(holder) if is_last => {
            let message = format!("the presentation is not signed by the holder's key {holder}");
            Reason::new(Code::NotTheHolder, message)
        }
        Some(signer) => {
            let message = format!("the block is not signed by {signer}, whom the hop before names");
            Reason::new(Code::BadSignature, message)
        }
        None => Reason::new(Code::BadSignature, "the block is not signed by the trusted root key"),
    }
}
