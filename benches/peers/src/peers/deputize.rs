//! This crate: a presentation, verified completely or with a cached chain.

use deputize::{
    Capability, ChainCache, Constraint, Decision, DenyCode, Grant, OperationPattern, Owner,
    Presentation, Principal, PublicKey, ReplayPolicy, Request, RevocationPolicy, Signature, Signer,
    SignerError, SigningKey, Token, TrustAnchor, Verifier,
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::measure::System;
use crate::story::{
    Age, Call, Fallible, LIFETIME, OPERATION, PURPOSE, Peer, REGIONS, Refusal, Sent, limit, name,
    seed,
};

const OWNER: &str = "alice@acme.com";
pub(crate) const RESOURCES: &str = "accounts/emea/**";

pub(crate) struct Chain {
    now: OffsetDateTime,
    token: Token,
    holder: SigningKey,
    verifier: Verifier,
}

impl Chain {
    pub(crate) fn cold(hops: usize, age: Age) -> Fallible<Self> {
        let now = OffsetDateTime::now_utc();
        let made = match age {
            Age::Fresh => now,
            Age::Expired => now.saturating_sub(Duration::seconds(LIFETIME.into()) * 2),
        };
        let mut token = Token::mint(owner()?, &key(0)?, grant(1, hops, made)?, made)?;
        for hop in 2..=hops {
            let from = key(hop.saturating_sub(1))?;
            token = token.delegate(&from, grant(hop, hops, made)?, made)?;
        }
        Ok(Self { now, token, holder: key(hops)?, verifier: verifier()? })
    }

    pub(crate) fn cached(hops: usize, age: Age) -> Fallible<Self> {
        let cold = Self::cold(hops, age)?;
        let cache = ChainCache::new(1_000);
        let cached = Self { verifier: cold.verifier.with_cache(cache.clone()), ..cold };
        for call in [Call::GOOD, Call::OTHER] {
            let _ = cached.decide(&cached.send(call)?, cached.request(call)?);
        }
        match (cache.misses(), cache.hits()) {
            (1, 1) => Ok(cached),
            (misses, hits) => Err(format!("{misses} misses and {hits} hits").into()),
        }
    }
}

impl Peer for Chain {
    type Request = Request;

    const PROVES_POSSESSION: bool = true;

    fn request(&self, call: Call) -> Fallible<Request> {
        request(&call)
    }

    fn send(&self, call: Call) -> Fallible<Sent> {
        let presentation = self.token.present(&self.holder, &self.request(call)?, self.now)?;
        Ok(Sent { token: presentation.to_text(), proof: String::new() })
    }

    fn decide(&self, sent: &Sent, request: Request) -> Result<(), Refusal> {
        let presentation = Presentation::parse(&sent.token).map_err(Refusal::other)?;
        match self.verifier.decide(presentation, request, self.now) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) if denial.has(DenyCode::Expired) => Err(Refusal::Expired),
            Decision::Deny(denial) if denial.has(DenyCode::WrongRequest) => Err(Refusal::Proof),
            Decision::Deny(denial) if denial.has(DenyCode::ArgumentRefused) => {
                Err(Refusal::Argument)
            }
            Decision::Deny(denial) => Err(Refusal::other(denial)),
        }
    }
}

/// The step that makes a token of this many hops, and the same without the signature.
pub(crate) struct Making {
    pub(crate) whole: System,
    pub(crate) unsigned: System,
}

impl Making {
    pub(crate) fn of(hops: usize) -> Fallible<Self> {
        let from = key(hops.saturating_sub(1))?;
        let unsigned = Unsigned { public: from.public_key(), signature: from.sign(b"once")? };
        Ok(Self { whole: making(hops, from)?, unsigned: making(hops, unsigned)? })
    }
}

fn making(hops: usize, from: impl Signer + 'static) -> Fallible<System> {
    let now = OffsetDateTime::now_utc();
    let grant = grant(hops, hops, now)?;
    let Some(before @ 1..) = hops.checked_sub(1) else {
        let owner = owner()?;
        let prepare = move || (owner.clone(), grant.clone());
        let run = move |(owner, grant)| Token::mint(owner, &from, grant, now);
        return Ok(System::new("mint", hops, prepare, run));
    };
    let mut token = Token::mint(owner()?, &key(0)?, self::grant(1, hops, now)?, now)?;
    for hop in 2..=before {
        let from = key(hop.saturating_sub(1))?;
        token = token.delegate(&from, self::grant(hop, hops, now)?, now)?;
    }
    let run = move |grant| token.delegate(&from, grant, now);
    Ok(System::new("delegate", hops, move || grant.clone(), run))
}

/// A signer that takes no time and returns an invalid signature.
struct Unsigned {
    public: PublicKey,
    signature: Signature,
}

impl Signer for Unsigned {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
        Ok(self.signature)
    }
}

/// Trusts the owner. It has no replay guard, because the others have none either.
pub(crate) fn verifier() -> Fallible<Verifier> {
    Ok(Verifier::new(
        TrustAnchor::new(key(0)?.public_key(), OWNER),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    ))
}

/// The call with these arguments.
pub(crate) fn request(args: &impl Serialize) -> Fallible<Request> {
    let request = Request::new(OPERATION, "accounts/emea/42", "crm.acme.com")?;
    Ok(request.with_args(&serde_json::to_string(args)?)?)
}

pub(crate) fn owner() -> Fallible<Owner> {
    Ok(Owner::human(OWNER)?)
}

pub(crate) fn key(hop: usize) -> Fallible<SigningKey> {
    Ok(SigningKey::from_bytes(&seed(hop)?))
}

fn grant(hop: usize, hops: usize, made: OffsetDateTime) -> Fallible<Grant> {
    grant_of([capability(hop)?], hop, hops, made)
}

/// The capability of the story at this hop.
pub(crate) fn capability(hop: usize) -> Fallible<Capability> {
    let limit = Constraint::max(i64::from(limit(hop)?));
    let plain = Capability::new(OPERATION, RESOURCES)?;
    Ok(plain.with_arg("limit", [limit])?.with_arg("region", [Constraint::one_of(REGIONS)])?)
}

pub(crate) fn grant_of(
    capabilities: impl IntoIterator<Item = Capability>,
    hop: usize,
    hops: usize,
    made: OffsetDateTime,
) -> Fallible<Grant> {
    let grant = Grant::new(
        Principal::agent(name(hop), key(hop)?.public_key())?,
        capabilities,
        made.saturating_add(Duration::seconds(LIFETIME.into())),
        PURPOSE,
    )?;
    Ok(grant.with_max_hops(u32::try_from(hops.saturating_sub(hop))?))
}
