//! The chain of delegations behind a token or a presentation, signature by signature.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::batch::first_false;
use crate::container::{
    Container, ED25519, Proof, SIGNATURE_VERSION, SignedBlock, block_id, root_hint,
};
use crate::datalog::{BlockError, Closing, Delegation, Origin, Strings, Symbols};
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
    pub(crate) delegations: Arc<Delegations>,
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
        unauthentic(reason, None, 0)
    }
}

fn unauthentic(reason: Reason, root: Option<PublicKey>, signed: usize) -> Box<Unauthentic> {
    Box::new(Unauthentic { reason, root: root.map(Box::new), signed, is_believed: false })
}

impl Chain {
    /// Checks a presentation, the cheap things first: root, number of hops, shape of every block,
    /// then each signature once, then what the blocks say. What is remembered of the delegations is
    /// not asked again.
    pub(crate) fn authenticate(
        container: &Container<'_>,
        anchors: &[TrustAnchor],
        max_hops: usize,
        memory: &impl Memory,
    ) -> Result<Self, Box<Unauthentic>> {
        let roots = roots(container, anchors)?;
        require_length(container.blocks.len().saturating_sub(1), max_hops)?;
        require_shape(container)?;
        require_closed(container)?;
        let (closing, blocks) = container.blocks.split_last().ok_or_else(not_presented)?;
        if let Some(authentic) = memory.recall(&roots) {
            authentic.ends.require_presented(blocks, closing)?;
            memory.presented();
            let delegations = Arc::clone(&authentic.delegations);
            let mut symbols = Symbols::after(&authentic.strings);
            let chain = Self::read(delegations, closing, &mut symbols);
            return chain.map_err(|reason| authentic.ends.but(reason, container));
        }
        let (ends, delegates) = signatures(blocks, &roots)?;
        ends.require_presented(blocks, closing)?;
        let refuse = |reason| ends.but(reason, container);
        let mut symbols = Symbols::default();
        let delegations = Delegations::read(blocks, &ends.root, &delegates, &mut symbols);
        let delegations = Arc::new(delegations.map_err(refuse)?);
        memory.remember(symbols.all_text(), || {
            let (delegations, strings) = (Arc::clone(&delegations), symbols.to_strings());
            Authentic { ends, delegations, strings }
        });
        Self::read(delegations, closing, &mut symbols).map_err(refuse)
    }

    fn read<'a>(
        delegations: Arc<Delegations>,
        closing: &SignedBlock<'a>,
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, Reason> {
        let hops = delegations.hops.len();
        let last = delegations.hops.last().ok_or_else(not_presented)?.id;
        let presentation_id = block_id(&last.to_bytes(), closing.content, closing.next_key);
        let closing = Closing::from_block(closing.content, symbols).map_err(|e| unlike(hops, e))?;
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
        let (ends, delegates) = signatures(&container.blocks, &roots)?;
        Self::read(&container.blocks, &ends.root, &delegates, &mut Symbols::default())
            .map_err(|reason| ends.but(reason, container))
    }

    /// The key that the chain begins with.
    pub(crate) fn root_key(&self) -> Option<PublicKey> {
        self.hops.first().map(|hop| hop.from.key())
    }

    fn read<'a>(
        blocks: &[SignedBlock<'a>],
        root: &PublicKey,
        delegates: &[PublicKey],
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, Reason> {
        let mut id = [0; 32];
        let mut origin = None;
        let mut hops: Vec<Hop> = Vec::with_capacity(blocks.len());
        for (index, (block, delegate)) in blocks.iter().zip(delegates).enumerate() {
            let delegation = Delegation::from_block(block.content, *delegate, symbols)
                .map_err(|e| unlike(index, e))?;
            id = block_id(&id, block.content, block.next_key);
            let from = match (hops.last(), &delegation.origin) {
                (None, Some(first)) => first.owner.with_key(*root),
                (Some(before), None) => before.grant.to.clone(),
                _ => return Err(unlike(index, BlockError("does not stand in its place"))),
            };
            origin = origin.or(delegation.origin);
            let (grant, issued) = (delegation.grant, delegation.issued);
            hops.push(Hop { from, grant, issued, id: HopId::from_bytes(id) });
        }
        let Origin { owner, token_id } =
            origin.ok_or_else(|| unlike(0, BlockError("does not say whose token it is")))?;
        Ok(Self { owner, token_id, hops })
    }
}

/// What is known of a token's blocks, the last one aside.
pub(crate) trait Memory {
    /// What was found out about them, if they begin with one of these keys.
    fn recall(&self, roots: &[PublicKey]) -> Option<Arc<Authentic>>;

    /// Notes that the holder presented what was recalled.
    fn presented(&self);

    /// Keeps what was found out. All their strings, each as often as it is used, have `text` bytes.
    fn remember(&self, text: usize, found: impl FnOnce() -> Authentic);
}

/// Remembers nothing.
#[derive(Debug)]
pub(crate) struct NoMemory;

impl Memory for NoMemory {
    fn recall(&self, _: &[PublicKey]) -> Option<Arc<Authentic>> {
        None
    }

    fn presented(&self) {}

    fn remember(&self, _: usize, _: impl FnOnce() -> Authentic) {}
}

/// Delegations as they were found authentic: everything about them that cannot change.
#[derive(Debug)]
pub(crate) struct Authentic {
    pub(crate) ends: Ends,
    delegations: Arc<Delegations>,
    /// What the presentation's block may call by number.
    strings: Strings,
}

fn unlike(hop: usize, BlockError(why): BlockError) -> Reason {
    Reason::new(Code::NotCanonical, format!("the block {why}")).at(hop)
}

/// The keys at both ends of delegations whose signatures hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) root: PublicKey,
    holder: PublicKey,
}

impl Ends {
    /// Whether the holder signed the block that closes the token.
    fn require_presented(
        &self,
        blocks: &[SignedBlock<'_>],
        closing: &SignedBlock<'_>,
    ) -> Result<(), Box<Unauthentic>> {
        let before = blocks.last().map(|block| block.signature);
        if closing.is_signed_by(&self.holder, before) {
            return Ok(());
        }
        let holder = self.holder;
        let message = format!("the presentation is not signed by the holder's key {holder}");
        let reason = Reason::new(Code::NotTheHolder, message).at(blocks.len());
        Err(unauthentic(reason, Some(self.root), blocks.len()))
    }

    /// The signatures hold, but what is signed is refused.
    fn but(&self, reason: Reason, container: &Container<'_>) -> Box<Unauthentic> {
        unauthentic(reason, Some(self.root), container.blocks.len())
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

fn not_presented() -> Reason {
    Reason::new(Code::NotPresented, "the token is not presented for any request")
}

/// Whether the last block, and no other, closes the token.
fn require_closed(container: &Container<'_>) -> Result<(), Reason> {
    let terminal = |block: &SignedBlock<'_>| block.next_key == TERMINAL_KEY;
    match container.blocks.iter().position(terminal) {
        Some(at) if at.saturating_add(1) < container.blocks.len() => {
            let message = "a block follows the one that closes the token";
            Err(Reason::new(Code::AfterPresentation, message).at(at.saturating_add(1)))
        }
        None | Some(0) => Err(not_presented()),
        Some(at) if container.proof != Proof::NextSecret(&TERMINAL_SECRET) => {
            let message = "the token does not end with the secret of the terminal key";
            Err(Reason::new(Code::BadProof, message).at(at))
        }
        Some(_) => Ok(()),
    }
}

/// Checks the signatures of all delegations. The other result is the keys that each delegates to.
fn signatures(
    blocks: &[SignedBlock<'_>],
    roots: &[PublicKey],
) -> Result<(Ends, Vec<PublicKey>), Box<Unauthentic>> {
    let root = root_of(blocks, roots)?;
    let mut ends = Ends { root, holder: root };
    let mut delegates = Vec::with_capacity(blocks.len());
    let mut equations = Vec::with_capacity(blocks.len());
    let mut before = None;
    for block in blocks {
        equations.push(block.equation(&ends.holder, before));
        let Some(delegate) = block.delegate() else { break };
        delegates.push(delegate);
        ends.holder = delegate;
        before = Some(block.signature);
    }
    if let Some(hop) = first_false(&equations) {
        let signer = hop.checked_sub(1).and_then(|before| delegates.get(before));
        let signed_root = if hop == 0 { None } else { Some(root) };
        return Err(unauthentic(unsigned(signer).at(hop), signed_root, hop));
    }
    if delegates.len() < blocks.len() {
        let message = "the block names a key that is weak or no key";
        let reason = Reason::new(Code::BadKey, message).at(delegates.len());
        return Err(unauthentic(reason, Some(root), equations.len()));
    }
    Ok((ends, delegates))
}

/// The one of `roots` that signed the first block. If it is the only one, that is yet to be seen.
fn root_of(blocks: &[SignedBlock<'_>], roots: &[PublicKey]) -> Result<PublicKey, Box<Unauthentic>> {
    let first = blocks.first().ok_or_else(not_presented)?;
    let signed = |root: &&PublicKey| first_false(&[first.equation(root, None)]).is_none();
    let root = match roots {
        [only] => Some(only),
        several => several.iter().find(signed),
    };
    root.copied().ok_or_else(|| unauthentic(unsigned(None).at(0), None, 0))
}

fn unsigned(signer: Option<&PublicKey>) -> Reason {
    let message = match signer {
        Some(signer) => format!("the block is not signed by {signer}, whom the hop before names"),
        None => "the block is not signed by the trusted root key".to_owned(),
    };
    Reason::new(Code::BadSignature, message)
}
