//! From Datalog back to the typed model.
//!
//! It reads what it recognises and refuses the rest. That it overlooks nothing is not its own
//! promise: what it read is encoded again and compared with the block.

use std::collections::BTreeSet;

use super::decode_capability::capability;
use crate::datalog::encode::{TIME, VOCABULARY};
use crate::datalog::syntax::{Check, Op, Predicate, Query, Source, Term};
use crate::datalog::{BlockError, Closing, Delegation, Origin};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::PublicKey;
use crate::principal::{Kind, Owner, Principal};
use crate::request::check_audience;

pub(super) type Result<T> = std::result::Result<T, BlockError>;

pub(super) fn refuse<T>(why: &'static str) -> Result<T> {
    Err(BlockError(why))
}

pub(super) fn delegation(source: &Source<'_>, delegate: PublicKey) -> Result<Delegation> {
    let (origin, facts) = match source.facts.as_slice() {
        [deputize, token, owner, rest @ ..] if deputize.name == "deputize" => {
            (Some(origin(deputize, token, owner)?), rest)
        }
        rest => (None, rest),
    };
    let (fact, delegates) = match facts {
        [fact] => (fact, None),
        [fact, keys] => (fact, Some(delegates(keys)?)),
        _ => return refuse("has other facts than a delegation has"),
    };
    let (validity, audience, capabilities) = match source.checks.as_slice() {
        [validity, capabilities] => (validity, None, capabilities),
        [validity, audience, capabilities] => (validity, Some(audience), capabilities),
        _ => return refuse("has other checks than a delegation has"),
    };
    let (to, purpose, issued, max_hops) = hop(fact, delegate)?;
    let (not_before, expires) = window(validity)?;
    let grant = Grant {
        to,
        capabilities: capabilities.iter().map(capability).collect::<Result<_>>()?,
        not_before,
        expires,
        max_hops,
        audience: audience.map(services).transpose()?,
        delegates,
        purpose,
    };
    grant.check().or_else(|_| refuse("grants something that no grant may hold"))?;
    Ok(Delegation { origin, grant, issued })
}

pub(super) fn closing(source: &Source<'_>) -> Result<Closing> {
    let (Source { facts, checks }, unlike) = (source, BlockError("is no presentation"));
    let ([fact], [check]) = (facts.as_slice(), checks.as_slice()) else {
        return Err(unlike);
    };
    let ("presentation", [Term::Bytes(nonce), Term::Date(issued)]) =
        (fact.name, fact.terms.as_slice())
    else {
        return Err(unlike);
    };
    let [Query { body, expressions }] = check.as_slice() else {
        return Err(unlike);
    };
    let ([digest, audience, _], [_, until]) = (body.as_slice(), expressions.as_slice()) else {
        return Err(unlike);
    };
    let ([Term::Bytes(digest)], [Term::Str(audience)]) =
        (digest.terms.as_slice(), audience.terms.as_slice())
    else {
        return Err(unlike);
    };
    let issued = instant(*issued)?;
    let window = bound(until)?.since(issued);
    if check_audience(audience).is_err() {
        return refuse("names an audience that is not visible text");
    }
    Ok(Closing {
        nonce: (*nonce).try_into().or(Err(unlike))?,
        issued,
        window,
        audience: audience.to_string(),
        request_digest: (*digest).try_into().or(Err(unlike))?,
    })
}

fn origin(
    deputize: &Predicate<'_>,
    token: &Predicate<'_>,
    owner: &Predicate<'_>,
) -> Result<Origin> {
    if deputize.terms != [Term::Integer(VOCABULARY)] {
        return refuse("is written in a vocabulary that this version does not know");
    }
    let ([Term::Bytes(id)], [Term::Str(name), Term::Str(kind)]) =
        (token.terms.as_slice(), owner.terms.as_slice())
    else {
        return refuse("does not say whose token it is");
    };
    let token_id = (*id).try_into().or_else(|_| refuse("has a token id of other than 16 bytes"))?;
    let owner = Owner::new(name.as_ref(), self::kind(kind)?);
    Ok(Origin { token_id, owner: owner.or_else(|_| refuse("names an owner by no name"))? })
}

fn hop(fact: &Predicate<'_>, key: PublicKey) -> Result<(Principal, String, Instant, u32)> {
    let (
        "delegate",
        [
            Term::Str(name),
            Term::Str(kind),
            Term::Str(purpose),
            Term::Date(issued),
            Term::Integer(hops),
        ],
    ) = (fact.name, fact.terms.as_slice())
    else {
        return refuse("does not say to whom it delegates");
    };
    let to = Principal::new(name.as_ref(), self::kind(kind)?, key)
        .or_else(|_| refuse("names a delegate by no name"))?;
    let hops =
        u32::try_from(*hops).or_else(|_| refuse("grants a number of hops that cannot be"))?;
    Ok((to, purpose.to_string(), instant(*issued)?, hops))
}

fn kind(word: &str) -> Result<Kind> {
    Kind::from_word(word).ok_or(BlockError("names a kind of principal that is not known"))
}

fn delegates(fact: &Predicate<'_>) -> Result<BTreeSet<PublicKey>> {
    let [Term::Set(keys)] = fact.terms.as_slice() else {
        return refuse("has a fact that no delegation has");
    };
    let key = |term: &Term<'_>| match term {
        Term::Bytes(bytes) => {
            let bytes: Option<[u8; 32]> = (*bytes).try_into().ok();
            bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok())
        }
        _ => None,
    };
    let keys: Option<BTreeSet<_>> = keys.iter().map(key).collect();
    keys.ok_or(BlockError("allows a delegate by what is no key"))
}

fn instant(seconds: u64) -> Result<Instant> {
    Instant::from_seconds(seconds).ok_or(BlockError("has a date after the year 9999"))
}

fn window(check: &Check<'_>) -> Result<(Option<Instant>, Instant)> {
    let [query] = check.as_slice() else {
        return refuse("does not say when it expires");
    };
    match query.expressions.as_slice() {
        [end] => Ok((None, bound(end)?)),
        [start, end] => {
            let start = bound(start)?;
            Ok((Some(start), bound(end)?))
        }
        _ => refuse("does not say when it expires"),
    }
}

fn bound(expression: &[Op<'_>]) -> Result<Instant> {
    match expression {
        [Op::Value(TIME), Op::Value(Term::Date(seconds)), Op::Binary(_)] => instant(*seconds),
        _ => refuse("compares time in a way that no block of Deputize does"),
    }
}

fn services(check: &Check<'_>) -> Result<BTreeSet<String>> {
    let name = |query: &Query<'_>| match query.body.as_slice() {
        [Predicate { name: "audience", terms }] => match terms.as_slice() {
            [Term::Str(service)] => Some(service.to_string()),
            _ => None,
        },
        _ => None,
    };
    let names: Option<BTreeSet<_>> = check.iter().map(name).collect();
    names.ok_or(BlockError("has an audience that is no list of services"))
}
