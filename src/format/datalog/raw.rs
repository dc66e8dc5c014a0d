//! Blocks that commit to whatever a forger wants (feature `testing`).

use crate::format::datalog::PresentationBlock;
use crate::format::datalog::encode::{delegation, origin, presentation};
use crate::format::datalog::symbols::Interner;
use crate::format::datalog::writing::{self, Said, Sink, Statements};
use crate::grant::Grant;
use crate::principal::Owner;
use crate::time::UnixTime;

/// A delegation that states any root, any parent, both or neither.
#[derive(Debug)]
pub(crate) struct RawHopBlock<'a> {
    pub(crate) origin: Option<RawAuthorityBlock<'a>>,
    pub(crate) parent: Option<&'a [u8]>,
    pub(crate) grant: &'a Grant,
    pub(crate) issued: UnixTime,
}

/// What a first block says, with any root.
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
    /// The bytes of the block; none where it has more text than a block may have.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> Vec<u8> {
        writing::write(self, symbols).unwrap_or_default()
    }
}

impl RawPresentationBlock<'_> {
    /// As [`RawHopBlock::to_block`].
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> Vec<u8> {
        writing::write(self, symbols).unwrap_or_default()
    }
}

impl Statements for RawHopBlock<'_> {
    fn say(&self, to: &mut impl Sink) -> Said {
        if let Some(RawAuthorityBlock { token_id, owner, root }) = &self.origin {
            origin(token_id, owner, *root, to)?;
        }
        delegation(self.grant, self.issued, self.parent, to)
    }
}

impl Statements for RawPresentationBlock<'_> {
    fn say(&self, to: &mut impl Sink) -> Said {
        presentation(self.presentation, self.parent, self.counted, to)
    }
}
