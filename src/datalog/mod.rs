//! What a block says in Biscuit's Datalog, and the proof that it says nothing else.
//!
//! A block is accepted only if it is, byte for byte, what we write for what we read from it:
//! [`syntax`] reads only bytes that it would write itself, and what it read must equal what
//! [`encode`] makes of what [`decode`] found in it. So there is one spelling of every statement,
//! nothing beside it, and no engine ever runs on a stranger's text. `docs/DATALOG.md` publishes the vocabulary.

mod decode;
mod decode_capability;
mod encode;
mod symbols;
mod syntax;

pub(crate) use symbols::Symbols;

use crate::datalog::syntax::Source;
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::PublicKey;
use crate::principal::Owner;
use crate::wire::Malformed;

/// What a block says that delegates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delegation {
    /// Who it all comes from, in the first block only.
    pub(crate) origin: Option<Origin>,
    pub(crate) grant: Grant,
    pub(crate) issued: Instant,
}

/// What only the first block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) token_id: [u8; 16],
    pub(crate) owner: Owner,
}

/// What the last block of a presentation says: it binds the token to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) nonce: [u8; 16],
    pub(crate) issued: Instant,
    /// Seconds before and after `issued` in which the request may be made.
    pub(crate) window: u64,
    pub(crate) audience: String,
    pub(crate) request_digest: [u8; 32],
}

impl Delegation {
    /// The bytes of the block. The key of the delegate is not among them: it is `nextKey`.
    pub(crate) fn to_block(&self, symbols: &mut Symbols<'_>) -> Result<Vec<u8>, Malformed> {
        encode::delegation(self).write(symbols)
    }

    /// Reads a block that names `delegate` as the next key.
    pub(crate) fn from_block<'a>(
        bytes: &'a [u8],
        delegate: PublicKey,
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, BlockError> {
        let source = Source::read(bytes, symbols)?;
        let delegation = decode::delegation(&source, delegate)?;
        require_same(&source, &encode::delegation(&delegation))?;
        Ok(delegation)
    }
}

impl Closing {
    /// The bytes of the block.
    pub(crate) fn to_block(&self, symbols: &mut Symbols<'_>) -> Result<Vec<u8>, Malformed> {
        encode::closing(self).write(symbols)
    }

    /// Reads the last block of a presentation.
    pub(crate) fn from_block<'a>(
        bytes: &'a [u8],
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, BlockError> {
        let source = Source::read(bytes, symbols)?;
        let closing = decode::closing(&source)?;
        require_same(&source, &encode::closing(&closing))?;
        Ok(closing)
    }
}

fn require_same(found: &Source<'_>, expected: &Source<'_>) -> Result<(), BlockError> {
    if found == expected { Ok(()) } else { Err(BlockError("is not spelled as Deputize spells it")) }
}

/// Why a block is not one of ours, as the end of a sentence that begins with "the block".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockError(pub(crate) &'static str);

impl From<Malformed> for BlockError {
    fn from(_: Malformed) -> Self {
        Self("has something that no block of Deputize has")
    }
}
