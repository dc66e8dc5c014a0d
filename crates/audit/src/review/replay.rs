//! The proof of a proposal: each recorded call, minted, presented and decided again.

use std::collections::HashMap;
use std::error::Error;

use deputize::{
    Decision, DenyCode, Grant, Hop, HopId, KeyError, OperationPattern, Owner, PresentOptions,
    Presentation, Principal, ReplayPolicy, Request, RevocationPolicy, Signer as _, SigningKey,
    Token, TrustAnchor, Verifier,
};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use time::{Duration, OffsetDateTime};

use crate::limits::MAX_LISTED_RECORDS;
use crate::review::call::{CallShown, RecordedCall};
use crate::review::findings::{NewlyRefused, Replay};
use crate::review::proposal::Proposal;
use crate::review::usage::{HopUse, Usage};

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
}

impl Replayer {
    pub(super) fn new() -> Result<Self, KeyError> {
        let (owner, agent) = (SigningKey::generate()?, SigningKey::generate()?);
        let verifier = Verifier::new(
            TrustAnchor::new(owner.public_key(), OWNER),
            RevocationPolicy::OnlyByExpiry { at_most: LIFE },
            // Each call is presented once, and nothing is carried out.
            ReplayPolicy::accepted_for([OperationPattern::Any]),
        );
        Ok(Self { owner, agent, verifier })
    }

    /// Mints a token with the proposed grant at this time, presents the call and decides about it.
    pub(super) fn replay(
        &self,
        proposal: &Proposal,
        request: &Request,
        at: OffsetDateTime,
    ) -> Result<(), Refused> {
        let presented = self
            .present(proposal, request, at)
            .map_err(|why| Refused { codes: Vec::new(), why: why.to_string() })?;
        match self.verifier.decide(presented, request.clone(), at) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) => Err(Refused {
                codes: denial.reasons().iter().map(|own| own.code).collect(),
                why: denial.to_string(),
            }),
        }
    }

    fn present(
        &self,
        proposal: &Proposal,
        request: &Request,
        at: OffsetDateTime,
    ) -> Result<Presentation, Box<dyn Error>> {
        let agent = Principal::agent("replay", self.agent.public_key())?;
        let capabilities = proposal.capabilities.iter().cloned();
        let grant = Grant::new(agent, capabilities, at.saturating_add(LIFE), "replay")?;
        let grant = grant.with_max_hops(proposal.max_hops);
        let grant = match &proposal.audience {
            Some(audience) => grant.with_audience(audience)?,
            None => grant,
        };
        let token = Token::mint(Owner::human(OWNER)?, &self.owner, grant, at)?;
        let anyway = PresentOptions::default().anyway();
        Ok(token.present_with(&self.agent, request, at, anyway)?)
    }
}

/// The proposals, and the recorded calls decided again under them.
pub(super) struct Replays {
    replayer: Replayer,
    of_hops: HashMap<HopId, OfHop>,
}

/// The proposals of one hop, and the replays under them.
#[derive(Debug)]
pub(super) struct OfHop {
    pub(super) proposal: Option<Proposal>,
    /// Made of the calls of the first half of the window.
    of_first_half: Option<Proposal>,
    pub(super) replay: Replay,
    pub(super) held_out: Option<Replay>,
}

/// The answers about a call for one hop: under its proposal, and under that of the first half.
type Answers = (HopId, Option<Result<(), Refused>>, Option<Result<(), Refused>>);

impl Replays {
    pub(super) fn new(all: &Usage, first_half: &Usage, rounding: bool) -> Result<Self, KeyError> {
        let of_hop = |(id, hop): (&HopId, &HopUse)| {
            let first = first_half.hops.get(id).and_then(|own| Proposal::of(own, rounding));
            let own = OfHop {
                proposal: Proposal::of(hop, rounding),
                held_out: first.as_ref().map(|_| Replay::default()),
                of_first_half: first,
                replay: Replay::default(),
            };
            (*id, own)
        };
        Ok(Self { replayer: Replayer::new()?, of_hops: all.hops.iter().map(of_hop).collect() })
    }

    /// Decides these calls again, on all cores.
    pub(super) fn add(&mut self, calls: &[(usize, Box<RecordedCall>)]) {
        let answers = calls.par_iter().map(|(_, call)| self.answers(call)).collect::<Vec<_>>();
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

    fn answers(&self, call: &RecordedCall) -> Vec<Answers> {
        let hops = call.token.iter().flat_map(|token| token.hops());
        let answer = |proposal: Option<&Proposal>| match (&call.shown, proposal) {
            (CallShown::Whole(request), Some(proposal)) => {
                Some(self.replayer.replay(proposal, request, call.at))
            }
            _ => None,
        };
        let of_hop = |hop: &Hop| {
            let own = self.of_hops.get(&hop.id())?;
            let (proposal, first) = (own.proposal.as_ref(), own.of_first_half.as_ref());
            let of_proposal = answer(proposal);
            let of_first_half = match proposal == first {
                true => of_proposal.clone(),
                false => answer(first),
            };
            Some((hop.id(), of_proposal, of_first_half))
        };
        hops.filter_map(of_hop).collect()
    }

    /// Takes the proposals and replays of a hop.
    pub(super) fn take(&mut self, id: &HopId) -> Option<OfHop> {
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
