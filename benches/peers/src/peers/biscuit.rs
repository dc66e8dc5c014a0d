//! `biscuit-auth`: blocks appended by anyone who has the token, decided by its Datalog engine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use biscuit_auth::builder::{
    AuthorizerBuilder, BlockBuilder, Fact, Policy, date, fact, int, string,
};
use biscuit_auth::error::{FailedCheck, Logic, Token};
use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair, PrivateKey, PublicKey};

use crate::story::{
    Age, Call, Fallible, LIFETIME, OPERATION, PURPOSE, Peer, REGIONS, Refusal, Sent, limit, name,
    seed,
};

pub(crate) struct Chain {
    now: SystemTime,
    token: String,
    root: PublicKey,
    /// The policy and the limits of every call.
    rules: AuthorizerBuilder,
}

impl Chain {
    pub(crate) fn of(hops: usize, age: Age) -> Fallible<Self> {
        let now = SystemTime::now();
        let lifetime = Duration::from_secs(LIFETIME.into());
        let expires = match age {
            Age::Fresh => now + lifetime,
            Age::Expired => now - lifetime,
        };
        let key = PrivateKey::from_bytes(&seed(0)?, biscuit_auth::builder::Algorithm::Ed25519)?;
        let root = KeyPair::from(&key);
        let mut token = Biscuit::builder().merge(block(1, expires)?).build(&root)?;
        for hop in 2..=hops {
            token = token.append(block(hop, expires)?)?;
        }
        let policy: Policy = "allow if true".try_into()?;
        // Its default time limit of a millisecond is too short for a busy machine.
        let limits =
            AuthorizerLimits { max_time: Duration::from_secs(10), ..AuthorizerLimits::default() };
        let rules = AuthorizerBuilder::new().policy(policy)?.set_limits(limits);
        Ok(Self { now, token: token.to_base64()?, root: root.public(), rules })
    }

    fn authorize(&self, text: &str, facts: [Fact; 3]) -> Result<(), Token> {
        let token = Biscuit::from_base64(text, self.root)?;
        let mut rules = self.rules.clone();
        for fact in facts {
            rules = rules.fact(fact)?;
        }
        rules.fact(fact("time", &[date(&self.now)]))?.build(&token)?.authorize()?;
        Ok(())
    }
}

impl Peer for Chain {
    type Request = [Fact; 3];

    /// Nothing is signed for a call in this story.
    const PROVES_POSSESSION: bool = false;

    fn request(&self, call: Call) -> Fallible<Self::Request> {
        Ok([
            fact("operation", &[string(OPERATION)]),
            fact("limit", &[int(call.limit.into())]),
            fact("region", &[string(call.region)]),
        ])
    }

    fn send(&self, _: Call) -> Fallible<Sent> {
        Ok(Sent { token: self.token.clone(), proof: String::new() })
    }

    fn decide(&self, sent: &Sent, facts: Self::Request) -> Result<(), Refusal> {
        match self.authorize(&sent.token, facts) {
            Ok(()) => Ok(()),
            Err(Token::FailedLogic(Logic::Unauthorized { checks, .. })) => {
                let is_time = |check: &FailedCheck| check.to_string().contains("time(");
                let is_expired = checks.iter().any(is_time);
                Err(if is_expired { Refusal::Expired } else { Refusal::Argument })
            }
            Err(other) => Err(Refusal::other(other)),
        }
    }
}

fn block(hop: usize, expires: SystemTime) -> Fallible<BlockBuilder> {
    let (name, limit) = (name(hop), limit(hop)?);
    let expires = expires.duration_since(UNIX_EPOCH)?.as_secs();
    let expires = time::OffsetDateTime::from_unix_timestamp(i64::try_from(expires)?)?
        .format(&time::format_description::well_known::Rfc3339)?;
    let [here, there] = REGIONS;
    Ok(BlockBuilder::new().code(format!(
        r#"delegate("{name}");
        purpose("{PURPOSE}");
        check if operation("{OPERATION}"), limit($limit), $limit <= {limit},
            region($region), {{"{here}", "{there}"}}.contains($region);
        check if time($time), $time < {expires};"#
    ))?)
}
