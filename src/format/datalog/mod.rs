//! What a block says in Biscuit's Datalog, and the proof that it says nothing else.
//!
//! A block is accepted only if it is, byte for byte, what we write for what we read from it:
//! [`encode`] says what [`decode`] found once more, and [`writing`] follows that in the block. So
//! there is one spelling of every statement, nothing beside it, and no engine ever runs on a
//! stranger's text. `docs/FORMAT.md` publishes the format.

mod syntax;
mod symbols;
mod vocabulary;
mod writing;
mod encode_limit;
mod encode_capability;
mod encode;
mod reading;
mod decode_capability;
mod decode;
mod stated;
#[cfg(feature = "testing")]
mod raw;

#[cfg(feature = "testing")]
pub(crate) use raw::{RawAuthorityBlock, RawHopBlock, RawPresentationBlock};
pub(crate) use stated::{is_of_deputize, stated_parent, stated_root};
pub(crate) use symbols::{Interner, Strings, Symbols};

use crate::format::datalog::reading::{Block, Decoder};
use crate::format::datalog::writing::Statements;
use crate::format::hop_id::HopId;
use crate::format::wire::Malformed;
use crate::grant::Grant;
use crate::key::PublicKey;
use crate::principal::Owner;
use crate::time::UnixTime;

/// What a block says that delegates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DelegationBlock {
    pub(crate) behind: Position,
    pub(crate) grant: Grant,
    pub(crate) issued: UnixTime,
}

/// What a block of a delegation commits to: the first to the root key, each other one to the hop
/// before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Root(Box<AuthorityHeader>),
    Hop(HopId),
}

/// What only the first block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthorityHeader {
    pub(crate) token_id: [u8; 16],
    pub(crate) owner: Owner,
    pub(crate) root: [u8; 32],
}

/// What the last block of a presentation says: it binds the token to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentationBlock {
    /// The id of the last hop.
    pub(crate) parent: HopId,
    pub(crate) nonce: [u8; 16],
    pub(crate) issued: UnixTime,
    /// Which of a series it is, where its maker counts.
    pub(crate) counted: Option<Counted>,
    /// Seconds before and after `issued` in which the request may be made.
    pub(crate) window: u64,
    pub(crate) audience: String,
    pub(crate) request_digest: [u8; 32],
}

/// One of a series of presentations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) series: [u8; 8],
    /// From 1.
    pub(crate) count: u64,
}

impl DelegationBlock {
    /// The bytes of the block. The key of the delegate is not among them: it is `nextKey`.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> Result<Vec<u8>, Malformed> {
        writing::write(self, symbols)
    }

    /// Reads a block that names `delegate` as the next key.
    pub(crate) fn from_block<'a>(
        bytes: &'a [u8],
        delegate: PublicKey,
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, BlockError> {
        read(bytes, symbols, |block, decoder| decode::delegation(block, delegate, decoder))
    }
}

impl PresentationBlock {
    /// The bytes of the block.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> Result<Vec<u8>, Malformed> {
        writing::write(self, symbols)
    }

    /// Reads the last block of a presentation.
    pub(crate) fn from_block<'a>(
        bytes: &'a [u8],
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, BlockError> {
        read(bytes, symbols, decode::presentation)
    }
}

fn read<'a, T: Statements>(
    bytes: &'a [u8],
    symbols: &mut Symbols<'a>,
    decode: impl FnOnce(&Block<'a>, &Decoder<'_, 'a>) -> Result<T, BlockError>,
) -> Result<T, BlockError> {
    let statements = reading::statements(bytes, symbols)?;
    let decoder = Decoder::new(symbols);
    let read = decode(&decoder.block(statements)?, &decoder)?;
    let same = writing::compare(&read, statements, symbols);
    same.or(Err(BlockError("is not spelled as Deputize spells it")))?;
    Ok(read)
}

/// Why a block is not one of ours, as the end of a sentence that begins with "the block".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockError(pub(crate) &'static str);

impl From<Malformed> for BlockError {
    fn from(_: Malformed) -> Self {
        Self("has something that no block of Deputize has")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;
    use crate::capability::{Capability, OtherArgs};
    use crate::constraint::Constraint;
    use crate::key::{Signer, SigningKey};
    use crate::principal::Principal;

    fn delegate() -> PublicKey {
        SigningKey::from_bytes(&[1; 32]).public_key()
    }

    fn each(limit: Constraint) -> Constraint {
        Constraint::each(limit).unwrap()
    }

    /// Three blocks that between them hold nearly everything that a block can hold.
    fn blocks() -> [Vec<u8>; 3] {
        let key = delegate();
        let capabilities = [
            Capability::new("crm.*", "accounts/*")
                .and_then(|c| c.with_arg("n", [Constraint::min(-3), Constraint::max(300)]))
                .and_then(|c| c.with_optional_arg("s", [Constraint::none_of(["a", "b"])])),
            Capability::new("*", "**").map(|c| c.with_other_args(OtherArgs::Allow)),
            Capability::new("read", "time")
                .and_then(|c| c.with_arg("l", [Constraint::contains_all([1, 2])]))
                .and_then(|c| c.with_arg("m", [Constraint::subset_of([true])]))
                .and_then(|c| c.with_arg("p", [Constraint::glob("a/*").unwrap()])),
            Capability::new("write", "**")
                .and_then(|c| c.with_arg("e", [each(Constraint::none_of([1, 2]))]))
                .and_then(|c| c.with_arg("f", [each(Constraint::max_len(3))]))
                .and_then(|c| c.with_arg("/g/*/h", [each(Constraint::glob("a/*").unwrap())]))
                .and_then(|c| c.with_optional_arg("i", [each(Constraint::prefix("a"))]))
                .and_then(|c| c.with_below("b/*"))
                .and_then(|c| c.with_below("/q/~2")),
        ];
        let to = Principal::agent("planner", key).unwrap();
        let end = datetime!(2026-11-24 02:00 UTC);
        let capabilities = capabilities.map(Result::unwrap);
        let grant = Grant::new(to, capabilities, end, "a purpose")
            .and_then(|grant| grant.with_audience(["a", "b"]))
            .and_then(|grant| grant.with_allowed_delegates([key]))
            .unwrap();
        let issued = UnixTime::from(datetime!(2026-11-23 18:00 UTC));
        let owner = Owner::human("alice").unwrap();
        let origin = AuthorityHeader { token_id: [7; 16], owner, root: key.to_bytes() };
        let first = DelegationBlock { behind: Position::Root(Box::new(origin)), grant, issued };
        let parent = HopId::from_bytes([5; 32]);
        let later = DelegationBlock { behind: Position::Hop(parent), ..first.clone() };
        let presentation = PresentationBlock {
            parent,
            nonce: [9; 16],
            issued,
            counted: Some(Counted { series: [8; 8], count: 300 }),
            window: 30,
            audience: "a".to_owned(),
            request_digest: [3; 32],
        };
        let symbols = Interner::default;
        [
            first.to_block(&mut symbols()).unwrap(),
            later.to_block(&mut symbols()).unwrap(),
            presentation.to_block(&mut symbols()).unwrap(),
        ]
    }

    #[test]
    fn a_string_that_nobody_uses_is_refused() {
        let block = blocks().into_iter().nth(2).unwrap();
        let version = block.windows(2).position(|pair| pair == [0x18, 6]).unwrap();
        let mut longer = block.clone();
        longer.splice(version..version, [0x0a, 1, b'z']);
        assert!(PresentationBlock::from_block(&block, &mut Symbols::default()).is_ok());
        assert!(PresentationBlock::from_block(&longer, &mut Symbols::default()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// However a block is altered: what can still be read is spelled as we spell it, and states
        /// in its places what its words say.
        #[test]
        fn what_is_read_is_what_would_be_written(
            which in 0..3_usize,
            edits in prop::collection::vec((0..3_u8, any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut bytes = blocks().into_iter().nth(which).unwrap();
            for (kind, at, byte) in edits {
                let at = at.index(bytes.len());
                match kind {
                    0 => { bytes.remove(at); }
                    1 => bytes.insert(at, byte),
                    _ => bytes.splice(at..=at, [byte]).for_each(drop),
                }
            }
            let (symbols, strings) = (&mut Symbols::default(), &mut Interner::default());
            let again = match which {
                0 | 1 => DelegationBlock::from_block(&bytes, delegate(), symbols).map(|own| {
                    match &own.behind {
                        Position::Root(origin) => {
                            assert_eq!(stated_root(&bytes), Some(&origin.root));
                        }
                        Position::Hop(id) => {
                            assert_eq!(stated_parent(&bytes, false), Some(id.as_bytes()));
                        }
                    }
                    own.to_block(strings)
                }),
                _ => PresentationBlock::from_block(&bytes, symbols).map(|own| {
                    assert_eq!(stated_parent(&bytes, true), Some(own.parent.as_bytes()));
                    own.to_block(strings)
                }),
            };
            if let Ok(again) = again {
                prop_assert_eq!(again.as_deref(), Ok(bytes.as_slice()));
            }
        }
    }
}
