//! Blocks decoded with Biscuit's own schema, changed, encoded, and signed again by the right keys.

use biscuit_auth::format::schema;
use deputize::testing::RawToken;
use deputize::{Decision, DenyCode};
use prost::Message;

use crate::common::forging::{resigned, with_content};
use crate::common::{decided, presented, refused};

/// One block of a chain in the types of Biscuit's own schema.
pub(crate) fn decoded(raw: &RawToken, hop: usize) -> schema::Block {
    schema::Block::decode(raw.blocks[hop].content.as_slice()).unwrap()
}

/// The standard chain with one block edited.
pub(crate) fn edited(hop: usize, edit: impl FnOnce(&mut schema::Block)) -> Decision {
    let mut block = decoded(&presented(), hop);
    edit(&mut block);
    with_content(hop, block.encode_to_vec())
}

/// Checks that the chain with an edited block is refused as `not_canonical`.
#[track_caller]
pub(crate) fn refused_edit(hop: usize, edit: impl FnOnce(&mut schema::Block)) {
    refused(edited(hop, edit), [(Some(hop), DenyCode::NotCanonical)]);
}

/// Another chain of the same three signers, with one block edited.
pub(crate) fn edited_in(
    raw: RawToken,
    hop: usize,
    edit: impl FnOnce(&mut schema::Block),
) -> Decision {
    let mut block = decoded(&raw, hop);
    edit(&mut block);
    decided(&resigned(raw, hop, block.encode_to_vec()))
}

/// The standard chain with another string in its first block.
pub(crate) fn renamed(from: &str, to: &str) -> Decision {
    edited(0, |block| {
        let symbol = block.symbols.iter_mut().find(|symbol| *symbol == from);
        *symbol.unwrap() = to.to_owned();
    })
}

pub(crate) fn fact(name: u64, terms: Vec<schema::Term>) -> schema::Fact {
    schema::Fact { predicate: schema::Predicate { name, terms } }
}

pub(crate) fn term(content: schema::term::Content) -> schema::Term {
    schema::Term { content: Some(content) }
}

pub(crate) fn int(i: i64) -> schema::Term {
    term(schema::term::Content::Integer(i))
}

/// `trusting previous`
pub(crate) fn previous() -> schema::Scope {
    schema::Scope { content: Some(schema::scope::Content::ScopeType(1)) }
}

/// The first block of a token that the stock library makes of this Datalog.
pub(crate) fn written_by_biscuit(datalog: &str) -> Vec<u8> {
    let token = biscuit_auth::Biscuit::builder()
        .code(datalog)
        .and_then(|builder| builder.build(&biscuit_auth::KeyPair::new()))
        .unwrap();
    let mut raw = RawToken::take_apart(&token.to_vec().unwrap()).unwrap();
    raw.blocks.remove(0).content
}
