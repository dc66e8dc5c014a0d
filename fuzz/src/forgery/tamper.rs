//! The changes that an attacker makes to a token.

use biscuit_auth::format::schema;
use deputize::testing::{RawBlock, RawProof, RawToken, without_capabilities};
use deputize::{Principal, PublicKey, Request, Token};
use prost::Message;
use time::Duration;

use super::cast::{Cast, Ledger, Meaning};
use crate::random::{self, NOW};
use crate::source::Source;

/// One change.
pub(super) fn once(
    source: &mut Source<'_>,
    cast: &Cast,
    signed: &mut Ledger,
    raw: &mut RawToken,
    request: &Request,
) {
    let count = raw.blocks.len();
    if count == 0 {
        *raw = source.pick(&cast.tokens);
        return;
    }
    let at = source.below(count);
    match source.below(26) {
        0 => drop(raw.blocks.remove(at)),
        1 => raw.blocks.swap(at, source.below(count)),
        2 => raw.blocks.insert(at, raw.blocks[source.below(count)].clone()),
        3 => raw.blocks.truncate(at),
        4 => {
            let other = source.pick(&cast.tokens).blocks;
            raw.blocks.insert(at, source.pick(&other));
        }
        5 => {
            let other = source.pick(&cast.tokens).blocks;
            raw.blocks.truncate(at);
            raw.blocks.extend_from_slice(&other[source.below(other.len())..]);
        }
        6 => {
            let other = source.pick(&cast.tokens).blocks;
            raw.blocks[at].content = source.pick(&other).content;
        }
        7 => edit(source, &mut raw.blocks[at].content),
        8 => raw.blocks[at].content = datalog(source, &raw.blocks[at].content),
        9 => raw.blocks[at].next_key = source.pick(&cast.keys),
        10 => edit(source, &mut raw.blocks[at].next_key),
        11 => sign_otherwise(source, raw, at),
        12 => raw.blocks[at].version = source.pick(&[0, 1, 2, u64::MAX]),
        13 => {
            raw.blocks[at].algorithm = source.pick(&[0, 0, 1, 2]);
            raw.blocks[at].external_signature =
                source.pick(&[None, Some(vec![]), Some(vec![0; 64])]);
        }
        14 => {
            let known = source.pick(&cast.known);
            raw.sign(at, &known);
        }
        15 => raw.proof = proof(source, cast, raw),
        16 => {
            let number = u64::from(u32::from_be_bytes([source.byte(), source.byte(), 0, 0]));
            let other = source.pick(&cast.tokens).root_hint;
            raw.root_hint = source.pick(&[None, Some(number), other]);
        }
        17 => delegate(source, cast, raw),
        18 | 19 => present(source, cast, raw, request),
        20 | 21 => {
            let other = source.pick(&cast.tokens);
            bait(source, cast, raw, &other);
        }
        22 | 23 => ask(source, cast, signed, raw, request),
        24 => transplant(source, cast, signed, raw, request),
        _ => {
            let other = source.pick(&cast.tokens);
            let count = 1 + source.below(count.min(other.blocks.len()));
            put_back(raw, &other, count);
        }
    }
}

/// Signs again every block for which the attacker has the key, from the first block on. Each block
/// states its current parent.
pub(super) fn repair(cast: &Cast, raw: &mut RawToken) {
    for at in 1..raw.blocks.len() {
        if let Some(known) = cast.signer(&raw.blocks[at - 1].next_key) {
            raw.resign(at, known);
        }
    }
}

/// Flips, inserts or removes bytes.
fn edit(source: &mut Source<'_>, bytes: &mut Vec<u8>) {
    let at = source.below(bytes.len() + 1);
    match source.below(4) {
        0 => bytes.insert(at, source.byte()),
        1 if at < bytes.len() => drop(bytes.remove(at)),
        2 => bytes.extend_from_slice(source.bytes(8)),
        _ if at < bytes.len() => bytes[at] ^= source.byte(),
        _ => {}
    }
}

/// Another signature: of another block, with another nonce's half, or beyond the group's order.
fn sign_otherwise(source: &mut Source<'_>, raw: &mut RawToken, at: usize) {
    let other = raw.blocks[source.below(raw.blocks.len())].signature.clone();
    let signature = &mut raw.blocks[at].signature;
    match source.below(4) {
        0 => *signature = other,
        1 => edit(source, signature),
        2 => signature.iter_mut().take(32).for_each(|byte| *byte = 0),
        _ => add_order(signature),
    }
}

/// The same scalar in its second spelling: S + L (RFC 8032, section 5.1.7, forbids it).
fn add_order(signature: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0_u16;
    for (own, order) in signature.iter_mut().skip(32).zip(ORDER) {
        carry += u16::from(*own) + u16::from(order);
        *own = carry.to_le_bytes()[0];
        carry >>= 8;
    }
}

/// The block with a change in its Datalog, made with Biscuit's own schema.
fn datalog(source: &mut Source<'_>, content: &[u8]) -> Vec<u8> {
    let Ok(mut block) = schema::Block::decode(content) else { return content.to_vec() };
    let (facts, checks, symbols) = (block.facts.len(), block.checks.len(), block.symbols.len());
    match source.below(10) {
        0 if checks > 0 => drop(block.checks.remove(source.below(checks))),
        1 if checks > 0 => block.checks.push(block.checks[source.below(checks)].clone()),
        2 if facts > 0 => drop(block.facts.remove(source.below(facts))),
        3 if facts > 0 => block.facts.push(block.facts[source.below(facts)].clone()),
        4 if symbols > 0 => block.symbols[source.below(symbols)] = crate::arbitrary::text(source),
        5 if symbols > 0 => block.symbols.push(crate::arbitrary::text(source)),
        6 if checks > 0 => {
            let rule = block.checks[source.below(checks)].queries.first().cloned();
            block.rules.extend(rule);
        }
        7 if checks > 0 => {
            let check = &mut block.checks[source.below(checks)];
            check.kind = source.pick(&[None, Some(0), Some(1), Some(2)]);
            let first = check.queries.first_mut();
            if let Some(first) = first.filter(|own| !own.expressions.is_empty()) {
                first.expressions.remove(source.below(first.expressions.len()));
            }
        }
        8 => {
            let content = schema::scope::Content::ScopeType(source.pick(&[0, 1]));
            block.scope.push(schema::Scope { content: Some(content) });
        }
        _ => block.version = source.pick(&[None, Some(3), Some(5), Some(6), Some(7)]),
    }
    block.encode_to_vec()
}

fn proof(source: &mut Source<'_>, cast: &Cast, raw: &RawToken) -> RawProof {
    let secret = source.pick(&cast.known).to_bytes().to_vec();
    match source.below(4) {
        0 => RawProof::NextSecret(secret),
        1 => RawProof::FinalSignature(vec![0; 64]),
        2 => RawProof::FinalSignature(raw.blocks[0].signature.clone()),
        _ => source.pick(&cast.tokens).proof,
    }
}

/// Gives the token the signatures of another one, so that blocks signed after it also fit after the
/// other one. It may state the other's root and parents, too.
fn bait(source: &mut Source<'_>, cast: &Cast, raw: &mut RawToken, other: &RawToken) {
    let states_the_others = source.chance(20);
    let [own, others] = [&*raw, other].map(RawToken::hop_ids);
    for (at, foreign) in other.blocks.iter().enumerate().take(raw.blocks.len()) {
        let block = &mut raw.blocks[at];
        block.signature.clone_from(&foreign.signature);
        match at.checked_sub(1) {
            _ if !states_the_others => {}
            Some(parent) => {
                let [own, others] = [own[parent], others[parent]].map(|id| id.to_bytes());
                replace(&mut block.content, &own, &others);
            }
            None => {
                let signer = |hint| cast.keys.iter().find(|key| is_hinted_at(key, hint));
                if let [Some(own), Some(others)] = [raw.root_hint, other.root_hint].map(signer) {
                    replace(&mut block.content, own, others);
                }
            }
        }
    }
    if states_the_others {
        raw.root_hint = other.root_hint;
    }
    raw.proof = held();
}

fn is_hinted_at(key: &[u8], hint: Option<u64>) -> bool {
    let first = key.first_chunk().map(|bytes| u64::from(u32::from_be_bytes(*bytes)));
    first.is_some() && first == hint
}

fn replace(content: &mut [u8], old: &[u8], new: &[u8]) {
    let place = content.windows(old.len()).position(|own| own == old);
    if let Some(place) = place.and_then(|at| content.get_mut(at..at + new.len())) {
        place.copy_from_slice(new);
    }
}

/// The proof of a held token.
fn held() -> RawProof {
    RawProof::FinalSignature(vec![0; 64])
}

/// Asks the holder to delegate or present the token. The holder has this library, which signs only
/// after authentic blocks, or other software, which signs after anything.
fn ask(
    source: &mut Source<'_>,
    cast: &Cast,
    signed: &mut Ledger,
    raw: &mut RawToken,
    request: &Request,
) {
    let last = raw.blocks.last().map(|last| last.next_key.as_slice());
    let Some(holder) = last.and_then(|key| cast.holder(key)) else { return };
    let grant = source.chance(50).then(|| source.pick(&cast.grants));
    if source.chance(50) {
        *raw = match &grant {
            Some(grant) => signed.delegate(raw, holder, grant),
            None => signed.present(raw, holder, request, 7),
        };
        return;
    }
    let token = RawToken { proof: held(), ..raw.clone() };
    let Ok(token) = Token::from_bytes(token.to_bytes()) else { return };
    let (made, meant) = match grant {
        Some(grant) => {
            let longer = token.delegate(holder, grant.clone(), NOW);
            (longer.ok().map(|own| own.as_bytes().to_vec()), Meaning::Hop(Box::new(grant)))
        }
        None => {
            let closed = token.present(holder, request, NOW);
            (closed.ok().map(|own| own.as_bytes().to_vec()), Meaning::Call(request.digest()))
        }
    };
    if let Some(made) = made.and_then(|bytes| RawToken::take_apart(&bytes)) {
        signed.note(&made, meant);
        *raw = made;
    }
}

/// Makes a bait, lets its holder sign after it, and puts the real blocks back.
fn transplant(
    source: &mut Source<'_>,
    cast: &Cast,
    signed: &mut Ledger,
    raw: &mut RawToken,
    request: &Request,
) {
    let real = source.pick(&cast.tokens);
    let count = raw.blocks.len().min(real.blocks.len());
    bait(source, cast, raw, &real);
    ask(source, cast, signed, raw, request);
    put_back(raw, &real, count);
}

/// Replaces the first blocks with those of another token, and the hint with its hint.
fn put_back(raw: &mut RawToken, other: &RawToken, count: usize) {
    raw.blocks[..count].clone_from_slice(&other.blocks[..count]);
    raw.root_hint = other.root_hint;
}

/// A hop with any grant at all, signed with a key that the attacker has.
fn delegate(source: &mut Source<'_>, cast: &Cast, raw: &mut RawToken) {
    let key = source.pick(&cast.keys);
    let key = key.first_chunk().and_then(|bytes| PublicKey::from_bytes(bytes).ok());
    let Some(key) = key else { return };
    let to = Principal::agent("alice", key).unwrap();
    let mut grant = random::grant(source, to, 0);
    if source.chance(10) {
        grant = without_capabilities(grant);
    }
    let signer = holder(source, cast, raw);
    *raw = raw.clone().delegate(&signer, grant, NOW);
}

fn present(source: &mut Source<'_>, cast: &Cast, raw: &mut RawToken, request: &Request) {
    let signer = holder(source, cast, raw);
    *raw = raw.clone().present(&signer, request, NOW, Duration::seconds(30), [8; 16]);
}

/// The holder's key if the attacker has it, or any key of the attacker's.
fn holder(source: &mut Source<'_>, cast: &Cast, raw: &RawToken) -> deputize::SigningKey {
    let own = raw.blocks.last().and_then(|last: &RawBlock| cast.signer(&last.next_key));
    match own {
        Some(own) if source.chance(90) => own.clone(),
        _ => source.pick(&cast.known),
    }
}
