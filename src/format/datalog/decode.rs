//! From Datalog back to the typed model.
//!
//! It reads what it looks for where that should stand. That nothing else stands there is not its own
//! promise: the block is compared with what we would write for what was read.

use std::collections::BTreeSet;

use super::decode_capability::capability;
use crate::capability::Capability;
use crate::format::datalog::reading::{Block, Check, Decoder, Op, Predicate, Query, Term};
use crate::format::datalog::vocabulary::{TIME, VOCABULARY};
use crate::format::datalog::{
    AuthorityHeader, BlockError, Counted, DelegationBlock, Position, PresentationBlock,
};
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::key::PublicKey;
use crate::limits::{MAX_CAPABILITIES, MAX_LIST};
use crate::principal::{Owner, Principal, PrincipalKind};
use crate::request::check_audience;
use crate::time::UnixTime;

pub(super) type Result<T> = std::result::Result<T, BlockError>;

pub(super) fn refuse<T>(why: &'static str) -> Result<T> {
    Err(BlockError(why))
}

pub(super) fn delegation<'a>(
    block: &Block<'a>,
    delegate: PublicKey,
    decoder: &Decoder<'_, 'a>,
) -> Result<DelegationBlock> {
    let (origin, facts) = origin_and_rest(block.facts.as_slice())?;
    let (fact, delegates) = match facts {
        [fact] => (fact, None),
        [fact, keys] => (fact, Some(delegates(keys, decoder)?)),
        _ => return refuse("has other facts than a delegation has"),
    };
    let (validity, audience, capabilities) = match block.checks.as_slice() {
        [validity, capabilities] => (validity, None, capabilities),
        [validity, audience, capabilities] => (validity, Some(audience), capabilities),
        _ => return refuse("has other checks than a delegation has"),
    };
    let Stated { to, purpose, issued, max_hops, parent } = hop(fact, delegate)?;
    let behind = match (origin, parent) {
        (Some(origin), None) => Position::Root(Box::new(origin)),
        (None, Some(parent)) => Position::Hop(parent),
        (Some(_), Some(_)) => return refuse("is a first block, and says that a hop is before it"),
        (None, None) => return refuse("does not say which hop is before it"),
    };
    let (not_before, expires) = window(*validity, decoder)?;
    let grant = Grant {
        delegate: to,
        capabilities: self::capabilities(*capabilities, decoder)?,
        not_before,
        expires,
        max_hops,
        audience: audience.map(|check| services(*check, decoder)).transpose()?,
        allowed_delegates: delegates,
        purpose,
    };
    grant.check().or_else(|_| refuse("grants something that no grant may hold"))?;
    if expires <= issued {
        return refuse("ends before it is issued");
    }
    Ok(DelegationBlock { behind, grant, issued })
}

/// What the first block says before all others, where it stands there; and the facts behind it.
fn origin_and_rest<'f, 'a>(
    facts: &'f [Predicate<'a>],
) -> Result<(Option<AuthorityHeader>, &'f [Predicate<'a>])> {
    Ok(match facts {
        [deputize, token, owner, rest @ ..] if deputize.name == "deputize" => {
            (Some(origin(deputize, token, owner)?), rest)
        }
        rest => (None, rest),
    })
}

pub(super) fn presentation<'a>(
    block: &Block<'a>,
    decoder: &Decoder<'_, 'a>,
) -> Result<PresentationBlock> {
    const UNLIKE: BlockError = BlockError("is no presentation");
    let ([fact], [check]) = (block.facts.as_slice(), block.checks.as_slice()) else {
        return Err(UNLIKE);
    };
    let (
        "presentation",
        [Term::Bytes(nonce), Term::Date(issued), Term::Bytes(parent), counted @ ..],
    ) = (fact.name, fact.terms.as_slice())
    else {
        return Err(UNLIKE);
    };
    let counted = match counted {
        [] => None,
        [Term::Bytes(bytes)] => Some(Counted::from_bytes(bytes).ok_or(UNLIKE)?),
        _ => return Err(UNLIKE),
    };
    let mut query = check.query()?;
    let mut predicate = || query.predicate(decoder).ok_or(UNLIKE);
    let (digest, audience, _time) = (predicate()??, predicate()??, predicate()??);
    let mut expression = || query.expression(decoder).ok_or(UNLIKE);
    let (since, until) = (expression()??, expression()??);
    let ([Term::Bytes(digest)], [Term::Str(audience)]) =
        (digest.terms.as_slice(), audience.terms.as_slice())
    else {
        return Err(UNLIKE);
    };
    let issued = instant(*issued)?;
    // One of them is nearer where time begins or ends.
    let [since, until] = [bound(since.as_slice())?, bound(until.as_slice())?];
    let window = issued.since(since).max(until.since(issued));
    if check_audience(audience).is_err() {
        return refuse("names an audience that is not visible text");
    }
    Ok(PresentationBlock {
        parent: id(parent).ok_or(UNLIKE)?,
        nonce: (*nonce).try_into().or(Err(UNLIKE))?,
        issued,
        counted,
        window,
        audience: (*audience).to_owned(),
        request_digest: (*digest).try_into().or(Err(UNLIKE))?,
    })
}

fn origin(
    deputize: &Predicate<'_>,
    token: &Predicate<'_>,
    owner: &Predicate<'_>,
) -> Result<AuthorityHeader> {
    let [Term::Integer(VOCABULARY)] = deputize.terms.as_slice() else {
        return refuse("is written in a vocabulary that this version does not know");
    };
    let ([Term::Bytes(id)], [Term::Str(name), Term::Str(kind), Term::Bytes(root)]) =
        (token.terms.as_slice(), owner.terms.as_slice())
    else {
        return refuse("does not say whose token it is");
    };
    let token_id = (*id).try_into().or_else(|_| refuse("has a token id of other than 16 bytes"))?;
    let owner = Owner::new(*name, self::kind(kind)?);
    let owner = owner.or_else(|_| refuse("names an owner by no name"))?;
    let root =
        (*root).try_into().or_else(|_| refuse("states a root key of other than 32 bytes"))?;
    Ok(AuthorityHeader { token_id, owner, root })
}

/// What the fact `delegate` says.
struct Stated {
    to: Principal,
    purpose: String,
    issued: UnixTime,
    max_hops: u32,
    parent: Option<HopId>,
}

fn hop(fact: &Predicate<'_>, key: PublicKey) -> Result<Stated> {
    const UNLIKE: BlockError = BlockError("does not say to whom it delegates");
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
        return Err(UNLIKE);
    };
    let parent = match parent {
        [] => None,
        [Term::Bytes(bytes)] => {
            Some(id(bytes).ok_or(BlockError("names a parent by other than 32 bytes"))?)
        }
        _ => return Err(UNLIKE),
    };
    let to = Principal::new(*name, self::kind(kind)?, key)
        .or_else(|_| refuse("names a delegate by no name"))?;
    let max_hops =
        u32::try_from(*hops).or_else(|_| refuse("grants a number of hops that cannot be"))?;
    let (purpose, issued) = ((*purpose).to_owned(), instant(*issued)?);
    Ok(Stated { to, purpose, issued, max_hops, parent })
}

fn id(bytes: &[u8]) -> Option<HopId> {
    bytes.try_into().ok().map(HopId::from_bytes)
}

fn key(bytes: &[u8]) -> Option<PublicKey> {
    bytes.try_into().ok().and_then(|bytes| PublicKey::from_bytes(bytes).ok())
}

impl Counted {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (series, count) = bytes.split_first_chunk::<8>()?;
        let count = u64::from_be_bytes(count.try_into().ok()?);
        Some(Self { series: *series, count }).filter(|own| own.count > 0)
    }
}

fn kind(word: &str) -> Result<PrincipalKind> {
    PrincipalKind::from_word(word).ok_or(BlockError("names a kind of principal that is not known"))
}

fn delegates<'a>(fact: &Predicate<'a>, decoder: &Decoder<'_, 'a>) -> Result<BTreeSet<PublicKey>> {
    let [Term::Set(keys)] = fact.terms.as_slice() else {
        return refuse("has a fact that no delegation has");
    };
    let key = |term| match term {
        Term::Bytes(bytes) => key(bytes),
        _ => None,
    };
    let key = |term| key(term).ok_or(BlockError("allows a delegate by what is not a key"));
    decoder.items(*keys).map(|term| key(term?)).collect()
}

fn instant(seconds: u64) -> Result<UnixTime> {
    UnixTime::from_seconds(seconds).ok_or(BlockError("has a date after the year 9999"))
}

fn window<'a>(check: Check<'a>, decoder: &Decoder<'_, 'a>) -> Result<(Option<UnixTime>, UnixTime)> {
    let mut query = check.query()?;
    let _time = query.predicate(decoder).transpose()?;
    let mut next = || query.expression(decoder).map(|ops| bound(ops?.as_slice())).transpose();
    match (next()?, next()?) {
        (start @ Some(_), Some(end)) => Ok((start, end)),
        (Some(end), None) => Ok((None, end)),
        (None, _) => refuse("does not say when it expires"),
    }
}

fn bound(expression: &[Op<'_>]) -> Result<UnixTime> {
    match expression {
        [Op::Value(Term::Variable(TIME)), Op::Value(Term::Date(seconds)), Op::Binary(_)] => {
            instant(*seconds)
        }
        _ => refuse("compares time in a way that no block of Deputize does"),
    }
}

fn services<'a>(check: Check<'a>, decoder: &Decoder<'_, 'a>) -> Result<BTreeSet<String>> {
    let name = |mut query: Query<'a>| {
        let asked_at = query.predicate(decoder).transpose()?.unwrap_or_default();
        match asked_at.terms.as_slice() {
            [Term::Str(service)] => Ok((*service).to_owned()),
            _ => refuse("has an audience that is no list of services"),
        }
    };
    check.queries().take(MAX_LIST).map(|query| name(query?)).collect()
}

fn capabilities<'a>(check: Check<'a>, decoder: &Decoder<'_, 'a>) -> Result<Vec<Capability>> {
    check.queries().take(MAX_CAPABILITIES).map(|query| capability(query?, decoder)).collect()
}
