//! The block of a hop: `docs/FORMAT.md`, section 7.

use std::collections::BTreeSet;

use crate::capability::Capability;
use crate::format::datalog::capability::{decode_capability, encode_capability};
use crate::format::datalog::constraint::OnTypeError;
use crate::format::datalog::read::{
    self, Block, BlockError, Check, Decoder, Predicate, Query, refuse,
};
use crate::format::datalog::symbols::{Interner, Symbols};
use crate::format::datalog::syntax::{Binary, Op, Term};
use crate::format::datalog::vocabulary::{TIME, VOCABULARY};
use crate::format::datalog::write::{self, Elements, Encode, Sink, variable};
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::limits::{MAX_CAPABILITIES, MAX_LIST};
use crate::principal::{Owner, Principal, PrincipalKind};

/// The content of a block that delegates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DelegationBlock {
    pub(crate) position: Position,
    pub(crate) grant: Grant,
    pub(crate) issued: UnixTime,
}

/// The commitment of a hop: the first hop to the root key, each later one to the hop before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Root(Box<AuthorityHeader>),
    Hop(HopId),
}

/// The facts that only the first block has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthorityHeader {
    pub(crate) token_id: [u8; 16],
    pub(crate) owner: Owner,
    pub(crate) root: [u8; 32],
}

impl DelegationBlock {
    /// Encodes the block, without the key of the delegate, which is `nextKey`.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> write::Result<Vec<u8>> {
        write::encode(self, symbols)
    }

    /// Reads a block whose `nextKey` is `delegate`.
    pub(crate) fn from_block<'a>(
        bytes: &'a [u8],
        delegate: PublicKey,
        symbols: &mut Symbols<'a>,
    ) -> read::Result<Self> {
        write::decode_canonical(bytes, symbols, |block, decoder| {
            decode_block(block, delegate, decoder)
        })
    }
}

impl Encode for DelegationBlock {
    fn encode(&self, to: &mut impl Sink) -> write::Result {
        let Self { position, grant, issued } = self;
        match position {
            Position::Root(header) => {
                let AuthorityHeader { token_id, owner, root } = &**header;
                encode_authority_header(token_id, owner, Some(root), to)?;
                encode_grant(grant, *issued, None, to)
            }
            Position::Hop(parent) => encode_grant(grant, *issued, Some(parent.as_bytes()), to),
        }
    }
}

fn decode_block<'a>(
    block: &Block<'a>,
    delegate: PublicKey,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<DelegationBlock> {
    let (header, facts) = split_authority_header(block.facts.as_slice())?;
    let (fact, allowed_delegates) = match facts {
        [fact] => (fact, None),
        [fact, keys] => (fact, Some(decode_allowed_delegates(keys, decoder)?)),
        _ => return refuse("does not have the facts of a delegation"),
    };
    let (validity, audience, capabilities) = match block.checks.as_slice() {
        [validity, capabilities] => (validity, None, capabilities),
        [validity, audience, capabilities] => (validity, Some(audience), capabilities),
        _ => return refuse("does not have the checks of a delegation"),
    };
    let DelegateFact { to, purpose, issued, max_hops, parent } = decode_delegate(fact, delegate)?;
    let position = match (header, parent) {
        (Some(header), None) => Position::Root(Box::new(header)),
        (None, Some(parent)) => Position::Hop(parent),
        (Some(_), Some(_)) => return refuse("is a first block, and states a parent"),
        (None, None) => return refuse("states neither an owner nor a parent"),
    };
    let (not_before, expires) = decode_validity(*validity, decoder)?;
    let grant = Grant {
        delegate: to,
        capabilities: decode_capabilities(*capabilities, decoder)?,
        not_before,
        expires,
        max_hops,
        audience: audience.map(|check| decode_audience(*check, decoder)).transpose()?,
        allowed_delegates,
        purpose,
    };
    grant.check().or_else(|_| refuse("has a grant that breaks a rule"))?;
    if expires <= issued {
        return refuse("expires by the time it is issued");
    }
    Ok(DelegationBlock { position, grant, issued })
}

// The facts `deputize`, `token` and `owner`.

/// Encodes the facts that only the first block has. Only forged blocks have no root.
pub(super) fn encode_authority_header(
    token_id: &[u8],
    owner: &Owner,
    root: Option<&[u8]>,
    to: &mut impl Sink,
) -> write::Result {
    to.fact("deputize", &[Term::Integer(VOCABULARY)])?;
    to.fact("token", &[Term::Bytes(token_id)])?;
    let (name, kind) = (Term::Str(owner.name()), Term::Str(owner.kind().as_str()));
    match root {
        Some(root) => to.fact("owner", &[name, kind, Term::Bytes(root)]),
        None => to.fact("owner", &[name, kind]),
    }
}

/// Decodes the facts that only the first block has, if there are any, and returns the facts after
/// them.
fn split_authority_header<'f, 'a>(
    facts: &'f [Predicate<'a>],
) -> read::Result<(Option<AuthorityHeader>, &'f [Predicate<'a>])> {
    Ok(match facts {
        [deputize, token, owner, rest @ ..] if deputize.name == "deputize" => {
            (Some(decode_authority_header(deputize, token, owner)?), rest)
        }
        rest => (None, rest),
    })
}

fn decode_authority_header(
    deputize: &Predicate<'_>,
    token: &Predicate<'_>,
    owner: &Predicate<'_>,
) -> read::Result<AuthorityHeader> {
    let [Term::Integer(VOCABULARY)] = deputize.terms.as_slice() else {
        return refuse("uses a vocabulary that this version does not know");
    };
    let ([Term::Bytes(id)], [Term::Str(name), Term::Str(kind), Term::Bytes(root)]) =
        (token.terms.as_slice(), owner.terms.as_slice())
    else {
        return refuse("does not state a token id and an owner");
    };
    let token_id =
        (*id).try_into().or_else(|_| refuse("has a token id that is not 16 bytes long"))?;
    let owner = Owner::new(*name, decode_principal_kind(kind)?);
    let owner = owner.or_else(|_| refuse("names an owner by an invalid name"))?;
    let root =
        (*root).try_into().or_else(|_| refuse("states a root key that is not 32 bytes long"))?;
    Ok(AuthorityHeader { token_id, owner, root })
}

fn decode_principal_kind(word: &str) -> read::Result<PrincipalKind> {
    PrincipalKind::from_word(word).ok_or(BlockError("names an unknown kind of principal"))
}

/// Encodes the facts and checks that every hop has.
pub(super) fn encode_grant(
    grant: &Grant,
    issued: UnixTime,
    parent: Option<&[u8]>,
    to: &mut impl Sink,
) -> write::Result {
    encode_delegate(grant, issued, parent, to)?;
    if let Some(keys) = &grant.allowed_delegates {
        to.fact("delegates", &[Term::Set(keys)])?;
    }
    to.check(|to| encode_validity(grant, to))?;
    if let Some(audience) = &grant.audience {
        to.check(|to| audience.iter().try_for_each(|service| encode_audience(service, to)))?;
    }
    let guard = OnTypeError::among(grant.capabilities.len());
    to.check(|to| grant.capabilities.iter().try_for_each(|own| encode_capability(own, guard, to)))
}

// The fact `delegate`.

fn encode_delegate(
    grant: &Grant,
    issued: UnixTime,
    parent: Option<&[u8]>,
    to: &mut impl Sink,
) -> write::Result {
    let [name, kind, purpose, issued, hops] = [
        Term::Str(grant.delegate.name()),
        Term::Str(grant.delegate.kind().as_str()),
        Term::Str(&grant.purpose),
        encode_time(issued),
        Term::Integer(i64::from(grant.max_hops)),
    ];
    match parent {
        None => to.fact("delegate", &[name, kind, purpose, issued, hops]),
        Some(parent) => {
            to.fact("delegate", &[name, kind, purpose, issued, hops, Term::Bytes(parent)])
        }
    }
}

struct DelegateFact {
    to: Principal,
    purpose: String,
    issued: UnixTime,
    max_hops: u32,
    parent: Option<HopId>,
}

fn decode_delegate(fact: &Predicate<'_>, key: PublicKey) -> read::Result<DelegateFact> {
    const NO_DELEGATE: BlockError = BlockError("does not name a delegate");
    let (
        "delegate",
        [
            Term::Str(name),
            Term::Str(kind),
            Term::Str(purpose),
            Term::Date(issued),
            Term::Integer(hops),
            parent @ ..,
        ],
    ) = (fact.name, fact.terms.as_slice())
    else {
        return Err(NO_DELEGATE);
    };
    let parent = match parent {
        [] => None,
        [Term::Bytes(bytes)] => {
            Some(decode_id(bytes).ok_or(BlockError("states a parent that is not 32 bytes long"))?)
        }
        _ => return Err(NO_DELEGATE),
    };
    let to = Principal::new(*name, decode_principal_kind(kind)?, key)
        .or_else(|_| refuse("names a delegate by an invalid name"))?;
    let max_hops =
        u32::try_from(*hops).or_else(|_| refuse("allows an impossible number of hops"))?;
    let (purpose, issued) = ((*purpose).to_owned(), decode_time(*issued)?);
    Ok(DelegateFact { to, purpose, issued, max_hops, parent })
}

pub(super) fn decode_id(bytes: &[u8]) -> Option<HopId> {
    bytes.try_into().ok().map(HopId::from_bytes)
}

// The fact `delegates`.

impl Elements for BTreeSet<PublicKey> {
    fn for_each(&self, visit: &mut dyn FnMut(write::Term<'_>) -> write::Result) -> write::Result {
        self.iter().try_for_each(|key| visit(Term::Bytes(key.as_bytes())))
    }
}

fn decode_allowed_delegates<'a>(
    fact: &Predicate<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<BTreeSet<PublicKey>> {
    let [Term::Set(keys)] = fact.terms.as_slice() else {
        return refuse("has a fact that no delegation has");
    };
    let key = |term| match term {
        Term::Bytes(bytes) => PublicKey::from_bytes(bytes.try_into().ok()?).ok(),
        _ => None,
    };
    let key = |term| key(term).ok_or(BlockError("allows a delegate with a bad key"));
    decoder.items(*keys).map(|term| key(term?)).collect()
}

// The check of the time.

fn encode_validity(grant: &Grant, to: &mut impl Sink) -> write::Result {
    to.query(|to| {
        to.predicate("time", &[Term::Variable(TIME)])?;
        if let Some(start) = grant.not_before {
            encode_time_bound(Binary::GreaterOrEqual, start, to)?;
        }
        encode_time_bound(Binary::LessThan, grant.expires, to)
    })
}

fn decode_validity<'a>(
    check: Check<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<(Option<UnixTime>, UnixTime)> {
    let mut query = check.query()?;
    let _time = query.predicate(decoder).transpose()?;
    let mut next =
        || query.expression(decoder).map(|ops| decode_time_bound(ops?.as_slice())).transpose();
    match (next()?, next()?) {
        (start @ Some(_), Some(end)) => Ok((start, end)),
        (Some(end), None) => Ok((None, end)),
        (None, _) => refuse("does not state an expiry"),
    }
}

pub(super) fn encode_time_bound(
    comparison: Binary,
    bound: UnixTime,
    to: &mut impl Sink,
) -> write::Result {
    to.expression(&[variable(TIME), Op::Value(encode_time(bound)), Op::Binary(comparison)])
}

pub(super) fn decode_time_bound(ops: &[read::Op<'_>]) -> read::Result<UnixTime> {
    match ops {
        [Op::Value(Term::Variable(TIME)), Op::Value(Term::Date(seconds)), Op::Binary(_)] => {
            decode_time(*seconds)
        }
        _ => refuse("compares time in a way that no block of Deputize does"),
    }
}

pub(super) fn encode_time(time: UnixTime) -> write::Term<'static> {
    Term::Date(time.seconds())
}

pub(super) fn decode_time(seconds: u64) -> read::Result<UnixTime> {
    UnixTime::from_seconds(seconds).ok_or(BlockError("has a date after the year 9999"))
}

// The check of the audience.

fn encode_audience(service: &str, to: &mut impl Sink) -> write::Result {
    to.query(|to| to.predicate("audience", &[Term::Str(service)]))
}

fn decode_audience<'a>(
    check: Check<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<BTreeSet<String>> {
    let service = |mut query: Query<'a>| {
        let audience = query.predicate(decoder).transpose()?.unwrap_or_default();
        match audience.terms.as_slice() {
            [Term::Str(service)] => Ok((*service).to_owned()),
            _ => refuse("has an audience that is not a list of services"),
        }
    };
    check.queries().take(MAX_LIST).map(|query| service(query?)).collect()
}

// The check of the capabilities, which `encode_grant` encodes.

fn decode_capabilities<'a>(
    check: Check<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<Vec<Capability>> {
    check.queries().take(MAX_CAPABILITIES).map(|query| decode_capability(query?, decoder)).collect()
}
