//! The story that all systems implement: an owner lets an agent make a call, that agent delegates
//! to another, and so on; the last agent makes the call.

use std::error::Error;

use serde::Serialize;

pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;

/// Delegations, the owner's own included.
pub(crate) const HOPS: [usize; 4] = [1, 2, 4, 8];

pub(crate) const OPERATION: &str = "crm.read";
pub(crate) const REGIONS: [&str; 2] = ["emea", "apac"];
pub(crate) const PURPOSE: &str = "Q3 account review";

/// The lifetime of each hop, in seconds.
pub(crate) const LIFETIME: u32 = 3_600;

/// The maximum of the call's argument at this hop: one less at each.
pub(crate) fn limit(hop: usize) -> Fallible<i32> {
    Ok(100_i32.saturating_sub(i32::try_from(hop)?))
}

pub(crate) fn name(hop: usize) -> String {
    format!("agent-{hop}")
}

/// The secret of the delegate of this hop; that of hop 0 is the owner's.
pub(crate) fn seed(hop: usize) -> Fallible<[u8; 32]> {
    Ok([u8::try_from(hop)?.saturating_add(1); 32])
}

/// The arguments of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    pub(crate) limit: i32,
    pub(crate) region: &'static str,
}

impl Call {
    pub(crate) const GOOD: Self = Self { limit: 5, region: "emea" };
    pub(crate) const OTHER: Self = Self { limit: 6, region: "emea" };
    pub(crate) const ELSEWHERE: Self = Self { limit: 5, region: "amer" };

    /// One more than the last hop allows, and no more than the others do.
    pub(crate) fn over(hops: usize) -> Fallible<Self> {
        Ok(Self { limit: limit(hops)?.saturating_add(1), region: "emea" })
    }
}

/// The text that is sent for one call.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) token: String,
    /// The proof of possession, if it is not part of the token.
    pub(crate) proof: String,
}

impl Sent {
    pub(crate) fn bytes(&self) -> usize {
        self.token.len().saturating_add(self.proof.len())
    }
}

/// The time at which a chain was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    /// So long ago that it has expired.
    Expired,
}

/// The reason why a call is not allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Argument,
    Expired,
    Proof,
    Other(String),
}

impl Refusal {
    pub(crate) fn other(why: impl ToString) -> Self {
        Self::Other(why.to_string())
    }
}

/// A system in the story: it has a chain, and the state that a service keeps between calls.
pub(crate) trait Peer {
    /// The call as the service hands it over; the service builds it from what it is about to do.
    type Request: Clone;

    /// True if the text for one call cannot be used for another.
    const PROVES_POSSESSION: bool;

    fn request(&self, call: Call) -> Fallible<Self::Request>;

    /// The text that the last agent sends with the call.
    fn send(&self, call: Call) -> Fallible<Sent>;

    /// Everything that a service does, from the received text to the decision.
    fn decide(&self, sent: &Sent, request: Self::Request) -> Result<(), Refusal>;
}

/// Makes sure that every measured system performs the checks.
///
/// # Errors
///
/// A call that was allowed and should not be, or refused for another reason than expected.
pub(crate) fn require_checks<P: Peer>(fresh: &P, expired: &P, hops: usize) -> Fallible<()> {
    let ask = |peer: &P, call: Call| -> Fallible<_> {
        Ok(peer.decide(&peer.send(call)?, peer.request(call)?))
    };
    let demand = |what: &str, found: Result<(), Refusal>, expected: Result<(), Refusal>| {
        if found == expected {
            Ok(())
        } else {
            Err(format!("{what}: {found:?} instead of {expected:?}"))
        }
    };
    demand("the good call", ask(fresh, Call::GOOD)?, Ok(()))?;
    demand("over the limit", ask(fresh, Call::over(hops)?)?, Err(Refusal::Argument))?;
    demand("another region", ask(fresh, Call::ELSEWHERE)?, Err(Refusal::Argument))?;
    demand("expired", ask(expired, Call::GOOD)?, Err(Refusal::Expired))?;
    let sent = fresh.send(Call::GOOD)?;
    let reused = fresh.decide(&sent, fresh.request(Call::OTHER)?);
    let expected = if P::PROVES_POSSESSION { Err(Refusal::Proof) } else { Ok(()) };
    demand("sent for another call", reused, expected)?;
    for altered in alterations(&sent) {
        if fresh.decide(&altered, fresh.request(Call::GOOD)?).is_ok() {
            return Err("an altered text is allowed".into());
        }
    }
    Ok(())
}

/// Copies with one letter changed, in many places.
fn alterations(sent: &Sent) -> Vec<Sent> {
    let places = |text: &str| (20..text.len().saturating_sub(4)).step_by(89);
    let change = |text: &str, place: usize| -> String {
        let other = |letter: char| if letter == 'A' { 'B' } else { 'A' };
        let letters = text.chars().enumerate();
        letters.map(|(at, letter)| if at == place { other(letter) } else { letter }).collect()
    };
    let tokens =
        places(&sent.token).map(|place| Sent { token: change(&sent.token, place), ..sent.clone() });
    let proofs =
        places(&sent.proof).map(|place| Sent { proof: change(&sent.proof, place), ..sent.clone() });
    tokens.chain(proofs).collect()
}
