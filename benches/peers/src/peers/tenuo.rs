//! `tenuo`: a stack of warrants and a proof of possession, checked by an `Authorizer`.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tenuo::wire::{WarrantStack, decode_stack, encode_stack};
use tenuo::{
    Authorizer, ConstraintSet, ConstraintValue, Error, OneOf, Range, Signature, SigningKey, Warrant,
};

use crate::story::{
    Age, Call, Fallible, LIFETIME, OPERATION, PURPOSE, Peer, REGIONS, Refusal, Sent, limit, name,
    seed,
};

/// The additional content of a warrant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Labels {
    None,
    /// The delegate's name as `agent_id`, the purpose as an extension.
    NamesAndPurpose,
}

pub(crate) struct Chain {
    /// Unix time of the decision.
    now: i64,
    stack: String,
    leaf: Warrant,
    holder: SigningKey,
    authorizer: Authorizer,
}

impl Chain {
    pub(crate) fn of(hops: usize, age: Age, labels: Labels) -> Fallible<Self> {
        let lifetime = Duration::from_secs(LIFETIME.into());
        // Warrants are valid at once, so an expired chain is checked at a later time.
        let now = match age {
            Age::Fresh => SystemTime::now(),
            Age::Expired => SystemTime::now() + lifetime * 2,
        };
        let mut root = Warrant::builder()
            .capability(OPERATION, limits(1)?)
            .holder(key(1)?.public_key())
            .ttl(lifetime);
        if labels == Labels::NamesAndPurpose {
            root = root.agent_id(name(1)).extension("purpose", PURPOSE.into());
        }
        let mut leaf = root.build(&key(0)?)?;
        let mut warrants = vec![leaf.clone()];
        for hop in 2..=hops {
            let mut next =
                leaf.attenuate().capability(OPERATION, limits(hop)?).holder(key(hop)?.public_key());
            if labels == Labels::NamesAndPurpose {
                next = next.agent_id(name(hop)).extension("purpose", PURPOSE.into());
            }
            leaf = next.build(&key(hop.saturating_sub(1))?)?;
            warrants.push(leaf.clone());
        }
        Ok(Self {
            now: i64::try_from(now.duration_since(UNIX_EPOCH)?.as_secs())?,
            stack: URL_SAFE_NO_PAD.encode(encode_stack(&WarrantStack::new(warrants))?),
            leaf,
            holder: key(hops)?,
            authorizer: Authorizer::new().with_trusted_root(key(0)?.public_key()),
        })
    }
}

impl Peer for Chain {
    type Request = HashMap<String, ConstraintValue>;

    const PROVES_POSSESSION: bool = true;

    fn request(&self, call: Call) -> Fallible<Self::Request> {
        Ok(HashMap::from([
            ("limit".to_owned(), ConstraintValue::Integer(call.limit.into())),
            ("region".to_owned(), ConstraintValue::String(call.region.to_owned())),
        ]))
    }

    fn send(&self, call: Call) -> Fallible<Sent> {
        let args = self.request(call)?;
        let proof =
            self.leaf.sign_with_timestamp(&self.holder, OPERATION, &args, Some(self.now))?;
        Ok(Sent { token: self.stack.clone(), proof: URL_SAFE_NO_PAD.encode(proof.to_bytes()) })
    }

    fn decide(&self, sent: &Sent, args: Self::Request) -> Result<(), Refusal> {
        let stack = URL_SAFE_NO_PAD.decode(&sent.token).map_err(Refusal::other)?;
        let chain = decode_stack(&stack).map_err(Refusal::other)?.0;
        let proof = URL_SAFE_NO_PAD.decode(&sent.proof).map_err(Refusal::other)?;
        let proof: [u8; 64] =
            proof.try_into().map_err(|_| Refusal::other("the proof is not a signature"))?;
        let proof = Signature::from_bytes(&proof).map_err(Refusal::other)?;
        // `check_chain` with an explicit time: half a minute after the proof was made, the library
        // verifies it for a further window, and that would be measured.
        let checked = self.authorizer.check_chain_with_pop_args_as_of(
            &chain,
            OPERATION,
            &args,
            &args,
            Some(&proof),
            &[],
            self.now,
        );
        match checked {
            Ok(_) => Ok(()),
            Err(Error::ConstraintNotSatisfied { .. }) => Err(Refusal::Argument),
            Err(Error::WarrantExpired { .. }) => Err(Refusal::Expired),
            Err(Error::SignatureInvalid(_)) => Err(Refusal::Proof),
            Err(other) => Err(Refusal::other(other)),
        }
    }
}

fn key(hop: usize) -> Fallible<SigningKey> {
    Ok(SigningKey::from_bytes(&seed(hop)?))
}

fn limits(hop: usize) -> Fallible<ConstraintSet> {
    let mut limits = ConstraintSet::new();
    limits.insert("limit", Range::max(f64::from(limit(hop)?))?);
    limits.insert("region", OneOf::new(REGIONS));
    Ok(limits)
}
