//! The settings of a verifier, and the checks that need nothing else.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::chain::{DelegationChain, NoCache, PresentedChain, TimeRules};
use crate::format::container::{Container, text_length};
use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{MAX_CLOCK_TOLERANCE, MAX_FRESHNESS, MAX_OBSERVATION};
use crate::reason::{DenyCode, Reason};
use crate::token::presentation::Presentation;
#[cfg(feature = "cache")]
use crate::verify::cache::ChainCache;
use crate::verify::checks::{CheckState, Checks};
use crate::verify::directory::DirectoryPolicy;
use crate::verify::replay::ReplayPolicy;
use crate::verify::revocation::RevocationPolicy;
use crate::verify::trust::{Trust, TrustAnchors};
use crate::verify::validity::{Findings, Validity};

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) anchors: TrustAnchors,
    pub(crate) revocation: RevocationPolicy,
    pub(crate) directory: Option<DirectoryPolicy>,
    pub(crate) replays: ReplayPolicy,
    pub(super) clock_tolerance: u64,
    pub(super) freshness: u64,
    pub(super) max_lifetime: Option<u64>,
    pub(super) max_token_bytes: usize,
    pub(super) max_hops: usize,
    #[cfg(feature = "cache")]
    pub(super) cache: Option<ChainCache>,
}

impl Settings {
    pub(super) fn authenticate(
        &self,
        presentation: &Presentation,
    ) -> Result<PresentedChain, Reason> {
        let bytes = presentation.as_bytes();
        // The length first, because everything below takes time in proportion to it.
        self.require_length(bytes)?;
        let container = Container::parse(bytes)
            .map_err(|_| Reason::new(DenyCode::NotCanonical, "the token is not a Biscuit"))?;
        // An anchor's key suffices here, even if the anchor is not valid now. Trust is checked on
        // every call after this, because the result of this function may come from the cache.
        let find_root = |stated: &[u8; 32]| self.anchors.find_root(stated);
        #[cfg(feature = "cache")]
        if let Some(slot) = self.cache.as_ref().and_then(|cache| cache.slot(bytes)) {
            return PresentedChain::authenticate(&container, find_root, self.max_hops, &slot);
        }
        PresentedChain::authenticate(&container, find_root, self.max_hops, &NoCache)
    }

    pub(super) fn require_length(&self, bytes: &[u8]) -> Result<(), Reason> {
        let (length, max) = (text_length(bytes.len()), self.max_token_bytes);
        if length <= max {
            return Ok(());
        }
        let message =
            format!("the token has {length} bytes, and this verifier accepts at most {max}");
        Err(Reason::new(DenyCode::TokenTooLong, message).differs(max, length))
    }

    /// Finds all reasons why the chain is not trusted or not valid at `at`.
    pub(super) fn find_faults(
        &self,
        delegations: &DelegationChain,
        presented: UnixTime,
        at: UnixTime,
    ) -> Findings {
        let Self { anchors, revocation, directory, clock_tolerance, .. } = self;
        // Without a revocation source, only expiry ends the use of a stolen key, so the policy
        // bounds every lifetime. The verifier's own bound applies too, and the smaller one counts.
        let by_expiry = match revocation {
            RevocationPolicy::OnlyByExpiry { at_most } => Some(whole_seconds(*at_most)),
            RevocationPolicy::CheckedWith(_) | RevocationPolicy::ByLists(_) => None,
        };
        let max_lifetime = by_expiry.into_iter().chain(self.max_lifetime).min();
        let rules = TimeRules { at, clock_tolerance: *clock_tolerance, max_lifetime };
        let directory = directory.as_ref();
        Validity { delegations, anchors, revocation, directory, rules, presented }.find()
    }

    /// Returns the checks of a chain that was judged by these settings.
    pub(super) fn checks(&self, at: UnixTime, trust: Trust) -> Checks {
        let revocation = match self.revocation {
            RevocationPolicy::OnlyByExpiry { .. } => CheckState::Waived,
            RevocationPolicy::CheckedWith(_) | RevocationPolicy::ByLists(_) => CheckState::Done,
        };
        let agents = if self.directory.is_some() { CheckState::Done } else { CheckState::Waived };
        Checks { revocation, agents, trust, ..Checks::not_reached(at) }
    }
}

/// A setting of a verifier that is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingError {
    /// Negative, or more than [`MAX_CLOCK_TOLERANCE`].
    #[error("the clock tolerance is between 0s and {MAX_CLOCK_TOLERANCE}, not {found}")]
    ClockTolerance {
        /// The duration.
        found: Duration,
    },
    /// Negative, or more than [`MAX_FRESHNESS`].
    #[error("the freshness is between 0s and {MAX_FRESHNESS}, not {found}")]
    Freshness {
        /// The duration.
        found: Duration,
    },
    /// The end is more than [`MAX_OBSERVATION`] after the start.
    #[error("an observation ends at most {MAX_OBSERVATION} after its start, not at {}", UnixTime::from(*.until))]
    Observation {
        /// The end.
        until: OffsetDateTime,
    },
}

/// Returns the whole seconds of a duration between zero and `max`, and `None` for any other.
pub(super) fn seconds_up_to(max: Duration, found: Duration) -> Option<u64> {
    let is_in_range = !found.is_negative() && found <= max;
    is_in_range.then(|| whole_seconds(found))
}
