//! The holder that made a call, for monitors.

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::Principal;
use crate::reason::DenyCode;
use crate::verify::checks::{CalledBy, CheckState};
use crate::verify::decision::Decision;
use crate::verify::denial::{ChainState, Denial};
use crate::verify::observer::Observation;

/// The holder that made a call, with the chain under which it called.
///
/// There is one only if [`CalledBy::Holder`] is true of the decision, so nobody else can make a monitor
/// believe that a holder did something. Count by keys and ids: a name is the word of a delegator, who can
/// give any name to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The root key, which is trusted.
    pub root: PublicKey,
    /// The holder: the key that signed the call, under the name that its delegator gave it.
    pub holder: Principal,
    /// The id of hop 0. Its delegate can spawn keys below it.
    pub first_hop: HopId,
    /// The id of the last hop, whose delegate is the holder.
    pub last_hop: HopId,
    /// The id of the presentation.
    pub presentation: HopId,
    /// True if a replay guard was asked and had not seen the presentation. If not, somebody else can
    /// have repeated the call.
    pub is_first_use: bool,
    /// The time at which the first of the hops expires, and with it the authority to call.
    pub expires: OffsetDateTime,
}

impl Caller {
    /// Returns the holder that made the call; `None` if nothing ties a holder to it.
    ///
    /// ```
    /// # use deputize::testing::Scene;
    /// # use deputize::*;
    /// # let now = deputize::time::OffsetDateTime::now_utc();
    /// let scene = Scene::allowing(["crm.read accounts/**"], now)?;
    /// let (verifier, call) = (scene.verifier(), Request::new("crm.delete", "accounts/42", "crm.acme.com")?);
    /// let refused = scene.present(&call)?;
    /// let caller = Caller::of(&verifier.decide(refused.clone(), call.clone(), now)).unwrap();
    /// assert_eq!(caller.holder.key(), scene.holder_key().public_key());
    /// // Somebody repeats it.
    /// assert_eq!(Caller::of(&verifier.decide(refused, call, now)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(decision: &Decision) -> Option<Self> {
        let (chain, checks) = match decision {
            Decision::Allow(permit) => (&*permit.chain.chain, &permit.checks),
            Decision::Deny(Denial { chain: ChainState::Authentic(chain, _), checks, .. }) => {
                (&**chain, checks)
            }
            Decision::Deny(_) => return None,
        };
        let hops = &chain.delegations.hops;
        let expires = hops.iter().map(|hop| hop.grant.expires).min();
        (checks.called_by == CalledBy::Holder).then(|| Self {
            root: chain.delegations.root,
            holder: chain.delegations.holder().clone(),
            first_hop: hops.first().id,
            last_hop: hops.last().id,
            presentation: chain.presentation_id,
            is_first_use: checks.replays == CheckState::Done,
            expires: expires.unwrap_or(UnixTime::MAX).to_datetime(),
        })
    }

    /// Returns the holder that made a call that was observed and not enforced.
    pub fn of_observation(observation: &Observation) -> Option<Self> {
        Self::of(&observation.decision)
    }
}

/// A first hop that has filled its share of a replay guard, as the guard said when it was asked about a
/// call.
///
/// A refused call is charged to nobody then, since the guard cannot tell whether the holder made it or
/// somebody repeated it. The full share is charged to the first hop: each presentation in it was signed by
/// its delegate, or by a key to which that key or one below it delegated. Nobody else can add one. The
/// presentation that found the share full says nothing about its own holder, and anybody can have sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FullShare {
    /// The root key, which is trusted.
    pub root: PublicKey,
    /// The id of hop 0.
    pub first_hop: HopId,
    /// The delegate of hop 0, under the name that the owner gave it.
    pub delegate: Principal,
    /// True if it is the share of refused presentations: until some of them end, refusals below this first
    /// hop are charged to nobody. False if it is that of used ones: until some of them end, calls below
    /// this first hop are refused.
    pub is_of_refused: bool,
}

impl FullShare {
    /// Returns the first hop whose share the call found full; `None` if there was room, or nobody asked.
    pub fn of(decision: &Decision) -> Option<Self> {
        let Decision::Deny(denial) = decision else { return None };
        let ChainState::Authentic(chain, _) = &denial.chain else { return None };
        let first = chain.delegations.hops.first();
        denial.checks.is_share_full.then(|| Self {
            root: chain.delegations.root,
            first_hop: first.id,
            delegate: first.grant.delegate.clone(),
            is_of_refused: !denial.has(DenyCode::ReplayGuardFull),
        })
    }

    /// Returns the same of a call that was observed and not enforced.
    pub fn of_observation(observation: &Observation) -> Option<Self> {
        Self::of(&observation.decision)
    }
}
