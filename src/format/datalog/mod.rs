//! The Datalog of a block, in the one spelling that we accept. `docs/FORMAT.md` specifies it.
//!
//! The decoder extracts the fields that it expects. The comparison with our own encoding of the
//! result rejects everything else. So each block has one spelling, and no engine ever runs
//! untrusted Datalog. Each file encodes and decodes one thing.

mod syntax;
mod symbols;
mod vocabulary;
mod read;
mod write;
mod parameter;
mod constraint;
mod capability;
mod delegation;
mod presentation;
mod stated;
#[cfg(feature = "testing")]
mod raw;

pub(crate) use constraint::satisfies_parameter;
pub(crate) use delegation::{AuthorityHeader, DelegationBlock, Position};
pub(crate) use presentation::{Counted, PresentationBlock};
#[cfg(feature = "testing")]
pub(crate) use raw::{RawAuthorityBlock, RawHopBlock, RawPresentationBlock};
pub(crate) use read::BlockError;
pub(crate) use stated::{is_of_deputize, stated_parent, stated_root};
pub(crate) use symbols::{Interner, Strings, Symbols};
pub(crate) use write::{Elements, Term};

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;
    use crate::capability::{Capability, OtherArgs};
    use crate::constraint::Constraint;
    use crate::format::hop_id::HopId;
    use crate::grant::Grant;
    use crate::instant::UnixTime;
    use crate::key::{PublicKey, Signer, SigningKey};
    use crate::principal::{Owner, Principal};

    fn delegate() -> PublicKey {
        SigningKey::from_bytes(&[1; 32]).public_key()
    }

    fn each(limit: Constraint) -> Constraint {
        Constraint::each(limit).unwrap()
    }

    /// Three blocks that together have nearly everything that a block can have.
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
        let header = AuthorityHeader { token_id: [7; 16], owner, root: key.to_bytes() };
        let first = DelegationBlock { position: Position::Root(Box::new(header)), grant, issued };
        let parent = HopId::from_bytes([5; 32]);
        let later = DelegationBlock { position: Position::Hop(parent), ..first.clone() };
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
    fn an_unused_string_is_refused() {
        let block = blocks().into_iter().nth(2).unwrap();
        let version = block.windows(2).position(|pair| pair == [0x18, 6]).unwrap();
        let mut longer = block.clone();
        longer.splice(version..version, [0x0a, 1, b'z']);
        assert!(PresentationBlock::from_block(&block, &mut Symbols::default()).is_ok());
        assert!(PresentationBlock::from_block(&longer, &mut Symbols::default()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// However a block is altered, if it still decodes, it is in our encoding, and the
        /// commitments found by position are the decoded ones.
        #[test]
        fn whatever_decodes_is_canonical(
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
                    match &own.position {
                        Position::Root(header) => {
                            assert_eq!(stated_root(&bytes), Some(&header.root));
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
