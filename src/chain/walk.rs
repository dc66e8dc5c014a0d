//! The steps of the one walk over the blocks of a token.
//!
//! Verifiers, holders, Biscuit facts and reports all take these steps, in this order. Each step
//! examines all blocks before the next step begins.

use std::sync::Arc;

use vec1::Vec1;

use crate::chain::hop::Hop;
use crate::chain::types::{DelegationChain, PresentedChain};
use crate::format::container::{
    Container, ED25519, Proof, SIGNATURE_VERSION, SignedBlock, root_hint,
};
use crate::format::datalog::{
    AuthorityHeader, BlockError, DelegationBlock, Position, PresentationBlock, Symbols,
    stated_parent, stated_root as root_stated_in,
};
use crate::format::hop_id::HopId;
use crate::key::batch::first_false;
use crate::key::{PublicKey, TERMINAL_KEY, TERMINAL_SECRET};
use crate::reason::{DenyCode, Reason};

/// Returns the root key that the first block states, if `find` returns it. No other key is tried: a
/// block that Alice signed and that states Bob's key is not authentic.
///
/// The unsigned hint must match, so that a tool that reads only the hint does not attribute the
/// token to another root.
pub(super) fn stated_root(
    container: &Container<'_>,
    find: impl FnOnce(&[u8; 32]) -> Option<PublicKey>,
) -> Result<PublicKey, Reason> {
    let stated = stated_bytes(container)?;
    // A key that `find` returns needs no second decompression.
    if let Some(root) = find(stated).filter(|root| container.root_hint == Some(root_hint(root))) {
        return Ok(root);
    }
    let root = PublicKey::from_bytes(stated).map_err(|why| {
        let message = format!("the root key that the block states is refused: {why}");
        Reason::new(DenyCode::BadKey, message).at(0)
    })?;
    Err(if container.root_hint == Some(root_hint(&root)) {
        let message = format!("no trust anchor of this verifier has the root key {root}");
        Reason::new(DenyCode::UntrustedRoot, message)
    } else {
        let message = format!("the token's hint does not match the root key {root} that it states");
        Reason::new(DenyCode::WrongRoot, message)
    })
}

/// Returns the bytes of the root key that the first block states, without comparing the hint.
pub(super) fn stated_bytes<'a>(container: &Container<'a>) -> Result<&'a [u8; 32], Reason> {
    let first = container.blocks.first().ok_or_else(not_presented)?;
    root_stated_in(first.content).ok_or_else(|| not_canonical(0, STATES_NO_ROOT))
}

const STATES_NO_ROOT: BlockError = BlockError("does not state a 32-byte root key");

/// Checks the number of hops. This precedes the steps whose cost grows with it.
pub(crate) fn require_hops(hops: usize, max: usize) -> Result<(), Reason> {
    if hops > max {
        let message = format!("the chain has {hops} hops, and this verifier accepts at most {max}");
        return Err(Reason::new(DenyCode::ChainTooLong, message).differs(max, hops));
    }
    Ok(())
}

/// Checks the shape of every block. This precedes the signatures, because a signature of version 0
/// would not bind its block to the one before it.
pub(super) fn require_shape(blocks: &[SignedBlock<'_>]) -> Result<(), Reason> {
    for (hop, block) in blocks.iter().enumerate() {
        let refuse = |code, message| Err(Reason::new(code, message).at(hop));
        if block.external_signature.is_some() {
            return refuse(
                DenyCode::ThirdPartySignature,
                "the block is also signed by a third party".to_owned(),
            );
        }
        if block.version != SIGNATURE_VERSION {
            let version = block.version;
            return refuse(
                DenyCode::UnsupportedSignatureVersion,
                format!(
                    "the block has signature version {version}, and only version 1 is accepted"
                ),
            );
        }
        if block.algorithm != ED25519 || block.next_key.len() != 32 {
            return refuse(
                DenyCode::BadKey,
                "the block names a key that is not Ed25519".to_owned(),
            );
        }
    }
    Ok(())
}

pub(super) fn not_presented() -> Reason {
    Reason::new(DenyCode::NotPresented, "the token is not a presentation")
}

/// Checks that the last block is a presentation, and that no other block is.
pub(super) fn require_presentation_last(container: &Container<'_>) -> Result<(), Reason> {
    let terminal = |block: &SignedBlock<'_>| block.next_key == TERMINAL_KEY;
    match container.blocks.iter().position(terminal) {
        Some(at) if at.saturating_add(1) < container.blocks.len() => {
            let message = "a block follows the presentation";
            Err(Reason::new(DenyCode::BlockAfterPresentation, message).at(at.saturating_add(1)))
        }
        // A presentation in block 0 has no delegation to present.
        None | Some(0) => Err(not_presented()),
        // No signature covers the proof. Only one value is accepted, so a presentation has one
        // spelling, and every Biscuit library finds it complete.
        Some(at) if container.proof != Proof::NextSecret(&TERMINAL_SECRET) => {
            let message = "the token does not end with the secret of the terminal key";
            Err(Reason::new(DenyCode::BadProof, message).at(at))
        }
        Some(_) => Ok(()),
    }
}

/// Delegations whose signatures are correct.
#[derive(Debug)]
pub(super) struct Signed {
    root: PublicKey,
    /// The key that each block names, in order.
    delegates: Vec<PublicKey>,
    /// The last of these keys.
    pub(super) holder: PublicKey,
}

/// Checks the signatures of all delegations: the first under `root`, each later one under the key
/// that the block before it names.
pub(super) fn signatures(blocks: &[SignedBlock<'_>], root: PublicKey) -> Result<Signed, Reason> {
    let mut signed = Signed { root, delegates: Vec::with_capacity(blocks.len()), holder: root };
    let mut equations = Vec::with_capacity(blocks.len());
    let mut previous = None;
    for block in blocks {
        equations.push(block.equation(&signed.holder, previous));
        // Weak keys are refused here, because each is the signer of the next block: under a weak
        // key, a signature does not show what was signed. The blocks so far are still checked, so
        // that a bad signature is reported before the bad key.
        let Some(delegate) = block.delegate() else { break };
        signed.delegates.push(delegate);
        signed.holder = delegate;
        previous = Some(block.signature);
    }
    // One batch costs less than half of what single checks cost (`key::batch`). It still names the
    // first bad hop, so the reason does not depend on the others.
    if let Some(hop) = first_false(&equations) {
        let signer = hop.checked_sub(1).and_then(|parent| signed.delegates.get(parent));
        let message = match signer {
            Some(signer) => format!(
                "the block is not signed by {signer}, which hop {} names",
                hop.saturating_sub(1)
            ),
            None => format!("the block is not signed by the root key {root} that it states"),
        };
        return Err(Reason::new(DenyCode::BadSignature, message).at(hop));
    }
    if signed.delegates.len() < blocks.len() {
        let message = "the block names a key that is weak or malformed";
        return Err(Reason::new(DenyCode::BadKey, message).at(signed.delegates.len()));
    }
    Ok(signed)
}

/// Checks that the holder signed the presentation block.
pub(super) fn require_presented(
    holder: &PublicKey,
    blocks: &[SignedBlock<'_>],
    presentation: &SignedBlock<'_>,
) -> Result<(), Reason> {
    let previous = blocks.last().map(|block| block.signature);
    // Alone and strictly, not in the batch: the result must not depend on whether the chain is
    // cached.
    if presentation.is_signed_by(holder, previous) {
        return Ok(());
    }
    let message = format!("the presentation is not signed by the holder's key {holder}");
    Err(Reason::new(DenyCode::NotTheHolder, message).at(blocks.len()))
}

/// Returns the ids of the delegations, after checking that each block states the id of the one
/// before it.
///
/// The signatures alone do not establish this. They cover the signature of the block before, and
/// not its contents, so a holder that signs after unverified bytes could have its block moved to
/// another chain, where its strings would mean something else.
pub(super) fn parents(blocks: &[SignedBlock<'_>]) -> Result<Vec<HopId>, Reason> {
    let mut ids: Vec<HopId> = Vec::with_capacity(blocks.len());
    for (hop, block) in blocks.iter().enumerate() {
        if hop > 0 {
            require_stated(hop, stated_parent(block.content, false), ids.last())?;
        }
        ids.push(block.id(ids.last().unwrap_or(&HopId::BEFORE_FIRST)));
    }
    Ok(ids)
}

/// Checks that a presentation states the last hop as its parent.
pub(super) fn require_parent(
    presentation: &SignedBlock<'_>,
    hops: usize,
    last: Option<&HopId>,
) -> Result<(), Reason> {
    require_stated(hops, stated_parent(presentation.content, true), last)
}

fn require_stated(
    hop: usize,
    stated: Option<&[u8; 32]>,
    parent: Option<&HopId>,
) -> Result<(), Reason> {
    const STATES_NO_PARENT: BlockError = BlockError("does not state the 32-byte id of its parent");
    let stated = stated.ok_or_else(|| not_canonical(hop, STATES_NO_PARENT))?;
    if parent.is_some_and(|parent| parent.as_bytes() == stated) {
        return Ok(());
    }
    let message = "the block was signed to follow another hop, not the one before it";
    let reason = Reason::new(DenyCode::WrongParent, message).at(hop);
    Err(match parent {
        Some(parent) => reason.differs(parent, HopId::from_bytes(*stated)),
        None => reason,
    })
}

/// Decodes delegations whose signatures and parents have been checked.
pub(super) fn contents<'a>(
    blocks: &[SignedBlock<'a>],
    signed: &Signed,
    ids: &[HopId],
    symbols: &mut Symbols<'a>,
) -> Result<DelegationChain, Reason> {
    // The first block starts the chain, and every later one adds a hop.
    let mut chain: Option<DelegationChain> = None;
    for (index, ((block, delegate), id)) in
        blocks.iter().zip(&signed.delegates).zip(ids).enumerate()
    {
        let DelegationBlock { position, grant, issued } =
            DelegationBlock::from_block(block.content, *delegate, symbols)
                .map_err(|why| not_canonical(index, why))?;
        match (&mut chain, position) {
            (None, Position::Root(header)) if header.root == *signed.root.as_bytes() => {
                let AuthorityHeader { owner, token_id, .. } = *header;
                let delegator = owner.with_key(signed.root);
                let first = Hop { delegator, grant, issued, id: *id };
                let hops = Vec1::with_capacity(first, blocks.len());
                chain = Some(DelegationChain::new(signed.root, owner, token_id, hops));
            }
            (Some(chain), Position::Hop(parent)) if parent == chain.last_id() => {
                let delegator = chain.holder().clone();
                chain.hops.push(Hop { delegator, grant, issued, id: *id });
            }
            // Only block 0 names the owner. The root key and the parents were checked as bytes at
            // fixed positions, and the decoded ones must be the same.
            _ => return Err(not_canonical(index, BlockError("is misplaced"))),
        }
    }
    chain.ok_or_else(not_presented)
}

/// Checks and decodes the presentation block, whose signature by the holder has been checked.
pub(super) fn presented_chain<'a>(
    delegations: Arc<DelegationChain>,
    presentation: &SignedBlock<'a>,
    symbols: &mut Symbols<'a>,
) -> Result<PresentedChain, Reason> {
    let hops = delegations.hops.len();
    // For a cached chain, this is the only check of the parent.
    require_parent(presentation, hops, Some(&delegations.last_id()))?;
    let presentation_id = presentation.id(&delegations.last_id());
    let presentation = PresentationBlock::from_block(presentation.content, symbols)
        .map_err(|why| not_canonical(hops, why))?;
    Ok(PresentedChain { delegations, presentation, presentation_id })
}

fn not_canonical(hop: usize, BlockError(why): BlockError) -> Reason {
    Reason::new(DenyCode::NotCanonical, format!("the block {why}")).at(hop)
}
