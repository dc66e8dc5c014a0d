//! `macaroon`: caveats in a chain of HMACs, checked with the owner's secret.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use macaroon::{ByteString, Format, Macaroon, MacaroonError, MacaroonKey, Verifier};

use crate::story::{
    Age, Call, Fallible, LIFETIME, OPERATION, Peer, REGIONS, Refusal, Sent, limit, seed,
};

thread_local! {
    /// The call to decide about, and the time: the check of a caveat is a plain function that gets
    /// only the caveat.
    static ASKED: Cell<Option<(Call, u64)>> = const { Cell::new(None) };
}

pub(crate) struct Chain {
    now: u64,
    token: String,
    key: MacaroonKey,
    verifier: Verifier,
}

impl Chain {
    pub(crate) fn of(hops: usize, age: Age) -> Fallible<Self> {
        macaroon::initialize().map_err(broken)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let expires = match age {
            Age::Fresh => now.saturating_add(LIFETIME.into()),
            Age::Expired => now.saturating_sub(LIFETIME.into()),
        };
        let key = MacaroonKey::from(seed(0)?);
        let mut token = Macaroon::create(None, &key, "alice@acme.com".into()).map_err(broken)?;
        for hop in 1..=hops {
            token.add_first_party_caveat(operation());
            token.add_first_party_caveat(format!("limit <= {}", limit(hop)?).into());
            token.add_first_party_caveat(format!("region in {}", REGIONS.join(",")).into());
            token.add_first_party_caveat(format!("time < {expires}").into());
        }
        let mut verifier = Verifier::default();
        verifier.satisfy_exact(operation());
        verifier.satisfy_general(is_satisfied);
        Ok(Self { now, token: token.serialize(Format::V2).map_err(broken)?, key, verifier })
    }
}

impl Peer for Chain {
    type Request = Call;

    /// A bearer token.
    const PROVES_POSSESSION: bool = false;

    fn request(&self, call: Call) -> Fallible<Call> {
        Ok(call)
    }

    fn send(&self, _: Call) -> Fallible<Sent> {
        Ok(Sent { token: self.token.clone(), proof: String::new() })
    }

    fn decide(&self, sent: &Sent, call: Call) -> Result<(), Refusal> {
        let token = Macaroon::deserialize(&sent.token).map_err(|e| Refusal::other(broken(e)))?;
        ASKED.set(Some((call, self.now)));
        match self.verifier.verify(&token, &self.key, Vec::new()) {
            Ok(()) => Ok(()),
            Err(MacaroonError::CaveatNotSatisfied(caveat)) if caveat.contains("time <") => {
                Err(Refusal::Expired)
            }
            Err(MacaroonError::CaveatNotSatisfied(_)) => Err(Refusal::Argument),
            Err(other) => Err(Refusal::other(broken(other))),
        }
    }
}

fn operation() -> ByteString {
    format!("operation = {OPERATION}").into()
}

fn is_satisfied(caveat: &ByteString) -> bool {
    let (Ok(caveat), Some((call, now))) = (str::from_utf8(caveat.as_ref()), ASKED.get()) else {
        return false;
    };
    if let Some(most) = caveat.strip_prefix("limit <= ") {
        most.parse().is_ok_and(|most: i32| call.limit <= most)
    } else if let Some(regions) = caveat.strip_prefix("region in ") {
        regions.split(',').any(|region| region == call.region)
    } else if let Some(end) = caveat.strip_prefix("time < ") {
        end.parse().is_ok_and(|end: u64| now < end)
    } else {
        false
    }
}

/// Its error type does not implement `Error`.
fn broken(error: MacaroonError) -> String {
    format!("{error:?}")
}
