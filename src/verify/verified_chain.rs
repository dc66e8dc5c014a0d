//! Chains that a verifier found authentic, trusted and valid.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::chain::{Hop, PresentedChain};
use crate::instant::{UnixTime, whole_seconds};
use crate::key::PublicKey;
use crate::limits::MAX_FRESHNESS;
use crate::principal::{Owner, Principal};
use crate::reason::{DenyCode, Reason};
use crate::verify::checks::Checks;
use crate::verify::denial::ChainState;
use crate::verify::replay::Presented;
use crate::verify::settings::Settings;
use crate::verify::trust::Trust;
use crate::verify::validity::Findings;

/// A presentation whose chain was authentic, trusted and valid at the time of verification.
///
/// Only a [`Verifier`](crate::Verifier) makes one. It cannot be deserialised:
///
/// ```compile_fail
/// let chain: deputize::VerifiedChain = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug)]
pub struct VerifiedChain {
    pub(crate) settings: Arc<Settings>,
    pub(crate) chain: Box<PresentedChain>,
    pub(crate) at: UnixTime,
}

impl VerifiedChain {
    /// Returns the owner, who is accountable for everything that is done with the chain.
    pub fn owner(&self) -> &Owner {
        &self.chain.delegations.owner
    }

    /// Returns the root key, which signed the first hop.
    pub fn root_key(&self) -> PublicKey {
        self.chain.delegations.root
    }

    /// Returns the delegations, the owner's first. There is at least one.
    pub fn hops(&self) -> &[Hop] {
        &self.chain.delegations.hops
    }

    /// Returns the holder, who presented the token.
    pub fn holder(&self) -> &Principal {
        self.chain.delegations.holder()
    }

    /// Returns the random id that the owner gave the token.
    pub fn token_id(&self) -> [u8; 16] {
        self.chain.delegations.token_id
    }

    /// Returns the service that the token was presented to.
    pub fn audience(&self) -> &str {
        &self.chain.presentation.audience
    }

    /// Returns the time at which the chain was verified.
    pub fn verified_at(&self) -> OffsetDateTime {
        self.at.to_datetime()
    }

    /// Finds all reasons why the chain is not trusted or not valid, or the presentation not fresh.
    pub(crate) fn find_faults(&self) -> Findings {
        let mut found = self.find_ended(self.at);
        if !self.is_fresh() {
            let (issued, window) = (self.chain.presentation.issued, self.window());
            let message = format!(
                "the presentation was made at {issued}, is fresh for {window} s before and after that, and it is {}",
                self.at
            );
            let reason = Reason::new(DenyCode::PresentationNotFresh, message).at(self.hops().len());
            found.reasons.push(reason.differs(issued, self.at));
        }
        found
    }

    /// Finds all reasons why the chain is not trusted or not valid at `at`, without those about the
    /// presentation.
    pub(crate) fn find_ended(&self, at: UnixTime) -> Findings {
        let presented = self.chain.presentation.issued;
        self.settings.find_faults(&self.chain.delegations, presented, at)
    }

    pub(crate) fn is_fresh(&self) -> bool {
        let (issued, window) = (self.chain.presentation.issued, self.window());
        (issued.minus(window)..=issued.plus(window)).contains(&self.at)
    }

    fn window(&self) -> u64 {
        self.chain.presentation.window.min(self.settings.freshness)
    }

    /// Returns the facts that a replay guard needs. Verifiers that share a guard may differ in
    /// freshness, so `from` and `until` are the first and last second in which any verifier could
    /// accept the presentation.
    pub(crate) fn presented(&self) -> Presented {
        let presentation = &self.chain.presentation;
        let window = presentation.window.min(whole_seconds(MAX_FRESHNESS));
        let id = self.chain.presentation_id;
        Presented {
            id,
            first_hop: self.chain.delegations.hops.first().id,
            from: presentation.issued.minus(window).to_datetime(),
            until: presentation.issued.plus(window).to_datetime(),
            now: self.at.to_datetime(),
        }
    }

    pub(crate) fn checks(&self, trust: Trust) -> Checks {
        self.settings.checks(self.at, trust)
    }

    pub(crate) fn into_state(self) -> ChainState {
        ChainState::Authentic(self.chain)
    }
}
