//! The story that all are told: an owner lets an agent make a call, the agent another one, and so
//! on; the last one makes it.

use std::error::Error;

use serde::Serialize;

pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;

/// Delegations, the owner's own included.
pub(crate) const HOPS: [usize; 4] = [1, 2, 4, 8];

pub(crate) const OPERATION: &str = "crm.read";
pub(crate) const REGIONS: [&str; 2] = ["emea", "apac"];
pub(crate) const PURPOSE: &str = "Q3 account review";

/// How long each hop is good for, in seconds.
pub(crate) const LIFETIME: u32 = 3_600;

/// The most that the call's argument may be at this hop: a little less at each.
pub(crate) fn limit(hop: usize) -> Fallible<i32> {
    Ok(100_i32.saturating_sub(i32::try_from(hop)?))
}

pub(crate) fn name(hop: usize) -> String {
    format!("agent-{hop}")
}

/// The secret of whom this hop makes its delegate; hop 0 makes the owner.
pub(crate) fn seed(hop: usize) -> Fallible<[u8; 32]> {
    Ok([u8::try_from(hop)?.saturating_add(1); 32])
}

/// What is asked for, besides the operation.
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

/// What comes over the wire for one call, as text.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) token: String,
    /// What shows that the sender holds a key, where it is not part of the token.
    pub(crate) proof: String,
}

impl Sent {
    pub(crate) fn bytes(&self) -> usize {
        self.token.len().saturating_add(self.proof.len())
    }
}

/// When a chain was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    /// So long ago that it is over by now.
    Expired,
}

/// Why a call is not allowed.
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

/// One that is told the story: it has a chain, and keeps what a service keeps between calls.
pub(crate) trait Peer {
    /// The call as the service hands it over; the service builds it from what it is about to do.
    type Request: Clone;

    /// Whether what is sent for one call is of no use for another.
    const PROVES: bool;

    fn request(&self, call: Call) -> Fallible<Self::Request>;

    /// What the last agent sends with the call.
    fn send(&self, call: Call) -> Fallible<Sent>;

    /// All that a service does, from the text that came to the decision.
    fn decide(&self, sent: &Sent, request: Self::Request) -> Result<(), Refusal>;
}

/// Makes sure that nobody is measured who does not check.
///
/// # Errors
///
/// What was allowed that should not be, or refused for another reason than it should be.
pub(crate) fn try_out<P: Peer>(fresh: &P, expired: &P, hops: usize) -> Fallible<()> {
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
    let expected = if P::PROVES { Err(Refusal::Proof) } else { Ok(()) };
    demand("sent for another call", reused, expected)?;
    for altered in alterations(&sent) {
        if fresh.decide(&altered, fresh.request(Call::GOOD)?).is_ok() {
            return Err("an altered text is allowed".into());
        }
    }
    Ok(())
}

/// The same with one letter changed, here and there.
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
