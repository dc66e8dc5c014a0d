//! The proof of a proposal: each recorded call, checked again against a token that has it, and the first
//! ones presented and decided.

use std::collections::HashMap;
use std::error::Error;

use deputize::limits::MAX_DELEGATION_WORK;
use deputize::{
    Capability, Decision, DenyCode, Grant, Hop, HopId, KeyError, OperationPattern, Owner,
    PresentOptions, Principal, ReplayPolicy, Request, RevocationPolicy, Signer as _, SigningKey,
    Token, TrustAnchor, Verifier,
};
use rayon::iter::{
    IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _,
};
use time::{Duration, OffsetDateTime};

use crate::limits::{MAX_LISTED_RECORDS, PRESENTED_CALLS};
use crate::review::call::{CallShown, Decided, RecordedCall};
use crate::review::keys::{KeyId, KeyUse};
use crate::review::proposal::Proposal;
use crate::review::replayed::{NewlyRefused, Replay};
use crate::review::room::Room;
use crate::review::usage::HopUse;

/// The owner to whom the throw-away key belongs.
const OWNER: &str = "replay";
/// The life of a throw-away token. It is used at the instant at which it is minted.
const LIFE: Duration = Duration::MINUTE;

/// The refusal of a replayed call.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    /// The deny codes; none if the proposal could not be minted or the call not be presented.
    pub(super) codes: Vec<DenyCode>,
    pub(super) why: String,
}

/// Throw-away keys, and a verifier that trusts them.
pub(super) struct Replayer {
    owner: SigningKey,
    agent: SigningKey,
    verifier: Verifier,
    /// The time of all replays: no limit depends on it.
    at: OffsetDateTime,
}

impl Replayer {
    pub(super) fn new(at: OffsetDateTime) -> Result<Self, KeyError> {
        let (owner, agent) = (SigningKey::generate()?, SigningKey::generate()?);
        let verifier = Verifier::new(
            TrustAnchor::new(owner.public_key(), OWNER),
            RevocationPolicy::OnlyByExpiry { at_most: LIFE },
            // Each call is presented once, and nothing is carried out.
            ReplayPolicy::accepted_for([OperationPattern::Any]),
        );
        Ok(Self { owner, agent, verifier, at })
    }

    /// Mints a token with the proposed grant.
    fn mint(&self, proposal: &Proposal) -> Result<Token, Refused> {
        let mint = || -> Result<Token, Box<dyn Error>> {
            let agent = Principal::agent("replay", self.agent.public_key())?;
            let capabilities = proposal.capabilities.iter().cloned();
            let grant = Grant::new(agent, capabilities, self.at.saturating_add(LIFE), "replay")?;
            let grant = grant.with_max_hops(proposal.max_hops);
            let grant = match &proposal.audience {
                Some(audience) => grant.with_audience(audience)?,
                None => grant,
            };
            Ok(Token::mint(Owner::human(OWNER)?, &self.owner, grant, self.at)?)
        };
        mint().map_err(Refused::of)
    }

    fn is_grantable(&self, own: &Capability) -> bool {
        let Ok(agent) = Principal::agent("replay", self.agent.public_key()) else { return false };
        Grant::new(agent, [own.clone()], self.at.saturating_add(LIFE), "replay").is_ok()
    }

    /// Checks a call against the minted token, as a verifier does. If it is to be presented, or would be
    /// refused, it is presented and decided about.
    fn replay(
        &self,
        minted: &Result<Token, Refused>,
        request: &Request,
        is_presented: bool,
    ) -> Result<(), Refused> {
        let token = minted.as_ref().map_err(Clone::clone)?;
        if !is_presented && token.would_permit(request, self.at).is_ok() {
            return Ok(());
        }
        let anyway = PresentOptions::default().anyway();
        let presented = token.present_with(&self.agent, request, self.at, anyway);
        let presented = presented.map_err(|why| Refused::of(why.into()))?;
        match self.verifier.decide(presented, request.clone(), self.at) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) => Err(Refused {
                codes: denial.reasons().iter().map(|own| own.code).collect(),
                why: denial.to_string(),
            }),
        }
    }
}

impl Refused {
    fn of(why: Box<dyn Error>) -> Self {
        Self { codes: Vec::new(), why: why.to_string() }
    }
}

/// The proposals, and the recorded calls decided again under them.
pub(super) struct Replays {
    replayer: Replayer,
    of_hops: HashMap<Subject, OfHop>,
}

/// A hop or a key for which a grant is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Hop(HopId),
    Key(KeyId),
}

/// The proposals of one hop, and the replays under them.
#[derive(Debug)]
pub(super) struct OfHop {
    pub(super) proposal: Option<Proposal>,
    /// Parts of it are as granted, because narrowing takes too much work.
    pub(super) is_cut: bool,
    /// A token with it.
    minted: Option<Result<Token, Refused>>,
    /// One with the proposal that was made of the calls of the first half of the window.
    of_first_half: Option<Result<Token, Refused>>,
    /// True if that is the same proposal.
    is_same: bool,
    /// Calls that were presented.
    presented: u64,
    pub(super) replay: Replay,
    pub(super) held_out: Option<Replay>,
}

/// The answers about a call for one hop: under its proposal, and under that of the first half.
type Answers = (Subject, Option<Result<(), Refused>>, Option<Result<(), Refused>>);

impl Replays {
    /// Makes the proposals. Each takes its work from the room of its key.
    pub(super) fn new(
        hops: &HashMap<HopId, HopUse>,
        work: &mut Room,
        rounding: bool,
        now: OffsetDateTime,
    ) -> Result<Self, KeyError> {
        let mut own = Self { replayer: Replayer::new(now)?, of_hops: HashMap::new() };
        for (id, hop) in hops {
            let allotted = work.left_for(hop.branch).min(MAX_DELEGATION_WORK);
            let mut left = allotted;
            let proposal = Proposal::of(hop, &hop.all, rounding, &mut left);
            let is_cut = proposal.is_some() && left == 0;
            let first = Proposal::of(hop, &hop.first_half, rounding, &mut left);
            work.take(hop.branch, allotted.saturating_sub(left));
            let mint = |proposal: &Option<Proposal>| {
                proposal.as_ref().map(|proposal| own.replayer.mint(proposal))
            };
            let of_hop = OfHop {
                is_cut,
                minted: mint(&proposal),
                of_first_half: mint(&first),
                is_same: proposal == first,
                proposal,
                presented: 0,
                replay: Replay::default(),
                held_out: first.map(|_| Replay::default()),
            };
            own.of_hops.insert(Subject::Hop(*id), of_hop);
        }
        Ok(own)
    }

    /// Makes the proposals for keys. Returns the calls that each leaves out.
    pub(super) fn add_keys(
        &mut self,
        keys: &HashMap<KeyId, KeyUse>,
        work: &mut Room,
        rounding: bool,
    ) -> HashMap<KeyId, u64> {
        let mut left_out = HashMap::new();
        for (id, key) in keys {
            let allotted = work.left_for(key.branch).min(MAX_DELEGATION_WORK);
            let mut left = allotted;
            let is_grantable = |own: &Capability| self.replayer.is_grantable(own);
            let (proposal, calls) = Proposal::of_key(key, rounding, &mut left, is_grantable);
            work.take(key.branch, allotted.saturating_sub(left));
            left_out.insert(*id, calls);
            let of_key = OfHop {
                is_cut: false,
                minted: proposal.as_ref().map(|proposal| self.replayer.mint(proposal)),
                of_first_half: None,
                is_same: true,
                proposal,
                presented: 0,
                replay: Replay::default(),
                held_out: None,
            };
            self.of_hops.insert(Subject::Key(*id), of_key);
        }
        left_out
    }

    /// Returns true if a grant can have the capability.
    pub(super) fn is_grantable(&self, capability: &Capability) -> bool {
        self.replayer.is_grantable(capability)
    }

    /// Decides these calls again, on all cores.
    pub(super) fn add(&mut self, calls: &[(usize, Box<RecordedCall>)]) {
        let hops: Vec<_> = calls.iter().map(|(_, call)| self.hops_of(call)).collect();
        let answers = calls.par_iter().zip(hops).map(|((_, call), hops)| self.answers(call, hops));
        let answers = answers.collect::<Vec<_>>();
        for ((log, call), answers) in calls.iter().zip(answers) {
            for (id, answer, of_first_half) in answers {
                if let Some(own) = self.of_hops.get_mut(&id) {
                    own.replay.add(*log, call, answer);
                    if let Some(held_out) = &mut own.held_out {
                        held_out.add(*log, call, of_first_half);
                    }
                }
            }
        }
    }

    /// Returns the reviewed hops of a call, each with true if the call is to be presented for it.
    fn hops_of(&mut self, call: &RecordedCall) -> Vec<(Subject, bool)> {
        // Of what a grant does not cover, no hop has a part.
        let hops = call.token.iter().filter(|_| call.decided == Decided::Allowed);
        let hops = hops.flat_map(|token| token.hops()).map(|hop| Subject::Hop(Hop::id(hop)));
        let key = KeyId::of(call).filter(|_| call.decided != Decided::Barred);
        let hops = hops.chain(key.map(Subject::Key));
        let of_hop = |id: Subject| {
            let own = self.of_hops.get_mut(&id)?;
            let is_presented =
                own.presented < PRESENTED_CALLS && matches!(call.shown, CallShown::Whole(_));
            own.presented = own.presented.saturating_add(is_presented.into());
            Some((id, is_presented))
        };
        hops.filter_map(of_hop).collect()
    }

    fn answers(&self, call: &RecordedCall, hops: Vec<(Subject, bool)>) -> Vec<Answers> {
        let of_hop = |(id, is_presented): (Subject, bool)| {
            let own = self.of_hops.get(&id)?;
            let answer = |minted: &Option<Result<Token, Refused>>| match (&call.shown, minted) {
                (CallShown::Whole(request), Some(minted)) => {
                    Some(self.replayer.replay(minted, request, is_presented))
                }
                _ => None,
            };
            let of_proposal = answer(&own.minted);
            let of_first_half = match own.is_same {
                true => of_proposal.clone(),
                false => answer(&own.of_first_half),
            };
            Some((id, of_proposal, of_first_half))
        };
        hops.into_iter().filter_map(of_hop).collect()
    }

    /// Takes the proposals and replays of a hop or a key.
    pub(super) fn take(&mut self, id: &Subject) -> Option<OfHop> {
        self.of_hops.remove(id)
    }
}

impl Replay {
    /// Counts further calls that cannot be replayed.
    pub(super) fn without(mut self, calls: u64) -> Self {
        self.not_replayed = self.not_replayed.saturating_add(calls);
        self
    }

    fn add(&mut self, log: usize, call: &RecordedCall, answer: Option<Result<(), Refused>>) {
        match answer {
            None => self.not_replayed = self.not_replayed.saturating_add(1),
            Some(Ok(())) => self.allowed = self.allowed.saturating_add(1),
            Some(Err(Refused { codes, why })) => {
                self.refused = self.refused.saturating_add(1);
                if self.newly_refused.len() < MAX_LISTED_RECORDS {
                    self.newly_refused.push(NewlyRefused { log, record: call.index, codes, why });
                }
            }
        }
    }
}
