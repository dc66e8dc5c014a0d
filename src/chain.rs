//! The chain of delegations behind a token or a presentation, signature by signature.

use time::OffsetDateTime;

use crate::container::{
    Container, ED25519, Proof, SIGNATURE_VERSION, SignedBlock, block_id, root_hint,
};
use crate::datalog::{BlockError, Closing, Delegation, Origin, Symbols};
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

/// Delegations of which every one was signed by whom the one before it names, and says what
/// Deputize says and nothing else. Whether they are valid now, and for what, is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delegations {
    pub(crate) owner: Owner,
    pub(crate) token_id: [u8; 16],
    pub(crate) hops: Vec<Hop>,
}

/// The same, closed over one request by their holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) delegations: Delegations,
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
    /// Checks a presentation, the cheap things first: root, number of hops, shape of every block,
    /// then each signature once, then what the blocks say.
    pub(crate) fn authenticate(
        container: &Container<'_>,
        anchors: &[TrustAnchor],
        max_hops: usize,
    ) -> Result<Self, Box<Unauthentic>> {
        let roots = roots(container, anchors)?;
        require_length(container.blocks.len().saturating_sub(1), max_hops)?;
        require_shape(container)?;
        require_closed(container)?;
        let signed = signatures(container, &roots, Ending::Presented)?;
        Self::read(container, &signed).map_err(|reason| signed.but(reason))
    }

    fn read(container: &Container<'_>, signed: &Signed) -> Result<Self, Reason> {
        let mut symbols = Symbols::default();
        let (delegations, id) = Delegations::read(container, signed, &mut symbols)?;
        let last = delegations.hops.len();
        let block = container.blocks.last();
        let block = block.ok_or_else(|| unlike(last, BlockError("does not stand in its place")))?;
        let closing =
            Closing::from_block(block.content, &mut symbols).map_err(|e| unlike(last, e))?;
        let presentation_id = block_id(&id, block.content, block.next_key);
        Ok(Self { delegations, closing, presentation_id })
    }
}

impl Delegations {
    /// Checks a token that was not presented. It proves who delegated what to whom, and nothing of
    /// whoever carries it: for reports, never for decisions.
    pub(crate) fn authenticate(
        container: &Container<'_>,
        anchors: &[TrustAnchor],
        max_hops: usize,
    ) -> Result<Self, Box<Unauthentic>> {
        let roots = roots(container, anchors)?;
        require_length(container.blocks.len(), max_hops)?;
        require_shape(container)?;
        let signed = signatures(container, &roots, Ending::Held)?;
        let read = Self::read(container, &signed, &mut Symbols::default());
        read.map(|(delegations, _)| delegations).map_err(|reason| signed.but(reason))
    }

    /// The key that the chain begins with.
    pub(crate) fn root_key(&self) -> Option<PublicKey> {
        self.hops.first().map(|hop| hop.from.key())
    }

    /// What the delegations say, and the id of the last.
    fn read<'a>(
        container: &Container<'a>,
        signed: &Signed,
        symbols: &mut Symbols<'a>,
    ) -> Result<(Self, [u8; 32]), Reason> {
        let mut id = [0; 32];
        let mut origin = None;
        let mut hops: Vec<Hop> = Vec::with_capacity(signed.delegates.len());
        let blocks = container.blocks.iter().zip(&signed.delegates).enumerate();
        for (index, (block, delegate)) in blocks {
            let delegation = Delegation::from_block(block.content, *delegate, symbols)
                .map_err(|e| unlike(index, e))?;
            id = block_id(&id, block.content, block.next_key);
            let from = match (hops.last(), &delegation.origin) {
                (None, Some(first)) => first.owner.with_key(signed.root),
                (Some(before), None) => before.grant.to.clone(),
                _ => return Err(unlike(index, BlockError("does not stand in its place"))),
            };
            origin = origin.or(delegation.origin);
            let (grant, issued) = (delegation.grant, delegation.issued);
            hops.push(Hop { from, grant, issued, id: HopId::from_bytes(id) });
        }
        let Origin { owner, token_id } =
            origin.ok_or_else(|| unlike(0, BlockError("does not say whose token it is")))?;
        Ok((Self { owner, token_id, hops }, id))
    }
}

fn unlike(hop: usize, BlockError(why): BlockError) -> Reason {
    Reason::new(Code::NotCanonical, format!("the block {why}")).at(hop)
}

/// What the last block of a chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The presentation, which delegates to nobody.
    Presented,
    /// A delegation like the others.
    Held,
}

/// A chain whose signatures hold.
struct Signed {
    root: PublicKey,
    /// The key that each hop delegates to.
    delegates: Vec<PublicKey>,
    blocks: usize,
}

impl Signed {
    /// The signatures hold, but what is signed is refused.
    fn but(&self, reason: Reason) -> Box<Unauthentic> {
        let root = Some(Box::new(self.root));
        Box::new(Unauthentic { reason, root, signed: self.blocks, is_believed: false })
    }
}

/// The keys of the anchors that the token's hint goes with.
fn roots(container: &Container<'_>, anchors: &[TrustAnchor]) -> Result<Vec<PublicKey>, Reason> {
    let mut keys: Vec<PublicKey> = anchors
        .iter()
        .map(|anchor| anchor.key)
        .filter(|key| !key.is_published() && container.root_hint == Some(root_hint(key)))
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

fn require_length(hops: usize, most: usize) -> Result<(), Reason> {
    if hops > most {
        let message = format!("the chain has {hops} hops, and this verifier accepts {most}");
        return Err(Reason::new(Code::TooManyHops, message).differs(most, hops));
    }
    Ok(())
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
    Ok(())
}

/// Whether the last block, and no other, closes the token.
fn require_closed(container: &Container<'_>) -> Result<(), Reason> {
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

/// Checks every signature once.
fn signatures(
    container: &Container<'_>,
    roots: &[PublicKey],
    ending: Ending,
) -> Result<Signed, Box<Unauthentic>> {
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
        let is_last =
            ending == Ending::Presented && index.saturating_add(1) == container.blocks.len();
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
        Some(root) => Ok(Signed { root, delegates, blocks: container.blocks.len() }),
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
