//! Blocks whose commitments a forger chooses (feature `testing`).

use crate::format::datalog::delegation::{encode_authority_header, encode_grant};
use crate::format::datalog::presentation::{PresentationBlock, encode_presentation};
use crate::format::datalog::symbols::Interner;
use crate::format::datalog::write::{self, Encode, Sink};
use crate::grant::Grant;
use crate::instant::UnixTime;
use crate::principal::Owner;

/// A delegation that states any root, any parent, both or neither.
#[derive(Debug)]
pub(crate) struct RawHopBlock<'a> {
    pub(crate) header: Option<RawAuthorityBlock<'a>>,
    pub(crate) parent: Option<&'a [u8]>,
    pub(crate) grant: &'a Grant,
    pub(crate) issued: UnixTime,
}

/// The facts that only the first block has, with any root.
#[derive(Debug)]
pub(crate) struct RawAuthorityBlock<'a> {
    pub(crate) token_id: &'a [u8],
    pub(crate) owner: &'a Owner,
    pub(crate) root: Option<&'a [u8]>,
}

/// A presentation that states any parent and any count.
#[derive(Debug)]
pub(crate) struct RawPresentationBlock<'a> {
    pub(crate) presentation: &'a PresentationBlock,
    pub(crate) parent: Option<&'a [u8]>,
    pub(crate) counted: Option<&'a [u8]>,
}

impl RawHopBlock<'_> {
    /// Encodes the block. The result is empty if the block has more text than is allowed.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> Vec<u8> {
        write::encode(self, symbols).unwrap_or_default()
    }
}

impl RawPresentationBlock<'_> {
    /// Encodes the block, as [`RawHopBlock::to_block`] does.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> Vec<u8> {
        write::encode(self, symbols).unwrap_or_default()
    }
}

impl Encode for RawHopBlock<'_> {
    fn encode(&self, to: &mut impl Sink) -> write::Result {
        if let Some(RawAuthorityBlock { token_id, owner, root }) = &self.header {
            encode_authority_header(token_id, owner, *root, to)?;
        }
        encode_grant(self.grant, self.issued, self.parent, to)
    }
}

impl Encode for RawPresentationBlock<'_> {
    fn encode(&self, to: &mut impl Sink) -> write::Result {
        encode_presentation(self.presentation, self.parent, self.counted, to)
    }
}
