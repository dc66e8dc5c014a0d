//! Verification of presentations.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::chain::{DelegationChain, require_hops};
use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{
    DEFAULT_CLOCK_TOLERANCE, DEFAULT_FRESHNESS, HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES,
    MAX_CLOCK_TOLERANCE, MAX_FRESHNESS, MAX_HOPS, MAX_TOKEN_BYTES,
};
use crate::reason::Reason;
use crate::token::Token;
use crate::token::presentation::Presentation;
#[cfg(feature = "cache")]
use crate::verify::cache::ChainCache;
use crate::verify::checks::Checks;
use crate::verify::denial::{ChainState, Denial};
use crate::verify::directory::DirectoryPolicy;
use crate::verify::replay::ReplayPolicy;
use crate::verify::revocation::RevocationPolicy;
use crate::verify::settings::{SettingError, Settings, seconds_up_to};
use crate::verify::trust::TrustAnchors;
use crate::verify::validity::Findings;
use crate::verify::verified_chain::VerifiedChain;

/// A verifier of presentations, with the settings of one service. Cheap to clone.
///
/// # The duties of a service
///
/// A decision is only as good as its inputs. The service has six duties that no library can take
/// over:
///
/// 1. **Share one replay guard** among all servers of one audience. Its
///    [`consume`](crate::ReplayGuard::consume) must be atomic.
///    [`MemoryReplayGuard`](crate::MemoryReplayGuard) serves one process and forgets everything at
///    a restart. [`MemoryReplayGuard::new`](crate::MemoryReplayGuard::new) takes its starting time,
///    and refuses every presentation that may have been used before it: by default, all of them for
///    the first 30 s. Replays may be accepted for read-only operations, which must be named
///    ([`ReplayPolicy::accepted_for`]).
/// 2. **Build the request from the call that will be made**, in one piece of code, and execute the
///    request in the [`Permit`](crate::Permit).
///    [`Request::with_args`](crate::Request::with_args) refuses JSON with a repeated key.
/// 3. **Keep the clock right** to within a few seconds. Expiry is exact. The clock of a delegator
///    may be 30 s ahead ([`with_clock_tolerance`](Self::with_clock_tolerance)), and that of a
///    presenter may differ by 30 s either way ([`with_freshness`](Self::with_freshness)).
/// 4. **Get root keys over a trusted channel**, each with the owner that it may speak for
///    ([`TrustAnchor`](crate::TrustAnchor)).
/// 5. **Choose how revocation is checked** ([`RevocationPolicy`]). If the source cannot determine
///    the status of a hop, the call is refused. Without a source, hops that live longer than a
///    stated time are refused.
/// 6. **Resolve names itself.** Paths, URLs and addresses are judged as text. Resolve symbolic
///    links before opening a file, and check resolved addresses and redirects before connecting.
///
/// ```
/// use deputize::{MemoryReplayGuard, ReplayPolicy, RevocationPolicy, Signer, SigningKey, TrustAnchor, Verifier};
/// use time::{Duration, OffsetDateTime};
///
/// let alice = SigningKey::generate()?.public_key();
/// let verifier = Verifier::new(
///     TrustAnchor::new(alice, "alice@acme.com"),
///     RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
///     ReplayPolicy::refused_by(MemoryReplayGuard::new(60_000, OffsetDateTime::now_utc())),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    pub(crate) settings: Arc<Settings>,
}

impl Verifier {
    /// Creates a verifier that trusts `anchors`: a single [`TrustAnchor`](crate::TrustAnchor), or
    /// several as [`TrustAnchors`]. The policies for revocation and replays are explicit, and have
    /// no defaults.
    pub fn new(
        anchors: impl Into<TrustAnchors>,
        revocation: RevocationPolicy,
        replays: ReplayPolicy,
    ) -> Self {
        let settings = Settings {
            anchors: anchors.into(),
            revocation,
            directory: None,
            replays,
            clock_tolerance: whole_seconds(DEFAULT_CLOCK_TOLERANCE),
            freshness: whole_seconds(DEFAULT_FRESHNESS),
            max_lifetime: None,
            max_token_bytes: MAX_TOKEN_BYTES,
            max_hops: MAX_HOPS,
            #[cfg(feature = "cache")]
            cache: None,
        };
        Self { settings: Arc::new(settings) }
    }

    /// Sets the tolerance for the clocks of delegators, in whole seconds, instead of
    /// [`DEFAULT_CLOCK_TOLERANCE`].
    ///
    /// # Errors
    ///
    /// [`SettingError`] if it is negative or above [`MAX_CLOCK_TOLERANCE`].
    pub fn with_clock_tolerance(self, tolerance: Duration) -> Result<Self, SettingError> {
        let seconds = seconds_up_to(MAX_CLOCK_TOLERANCE, tolerance)
            .ok_or(SettingError::ClockTolerance { found: tolerance })?;
        Ok(self.with(|settings| settings.clock_tolerance = seconds))
    }

    /// Sets how long before and after its creation a presentation is accepted, in whole seconds,
    /// instead of [`DEFAULT_FRESHNESS`]. The presentation's own window still applies if it is
    /// shorter.
    ///
    /// # Errors
    ///
    /// [`SettingError`] if it is negative or above [`MAX_FRESHNESS`].
    pub fn with_freshness(self, freshness: Duration) -> Result<Self, SettingError> {
        let seconds = seconds_up_to(MAX_FRESHNESS, freshness)
            .ok_or(SettingError::Freshness { found: freshness })?;
        Ok(self.with(|settings| settings.freshness = seconds))
    }

    /// Sets the maximum lifetime of every hop, from its issue to its expiry, in whole seconds. It
    /// applies in addition to the revocation policy.
    pub fn with_max_lifetime(self, lifetime: Duration) -> Self {
        self.with(|settings| settings.max_lifetime = Some(whole_seconds(lifetime)))
    }

    /// Requires that every delegate is an agent in this directory, and that the hop agrees with the
    /// entry.
    pub fn with_directory(self, directory: DirectoryPolicy) -> Self {
        self.with(|settings| settings.directory = Some(directory))
    }

    /// Sets the maximum number of hops instead of [`MAX_HOPS`], at most [`HARD_MAX_HOPS`].
    pub fn with_max_hops(self, hops: usize) -> Self {
        self.with(|settings| settings.max_hops = hops.min(HARD_MAX_HOPS))
    }

    /// Sets the maximum length of a token's text in bytes instead of [`MAX_TOKEN_BYTES`], at most
    /// [`HARD_MAX_TOKEN_BYTES`].
    pub fn with_max_token_bytes(self, bytes: usize) -> Self {
        self.with(|settings| settings.max_token_bytes = bytes.min(HARD_MAX_TOKEN_BYTES))
    }

    /// Caches chains in `cache`, so that each further presentation of a chain costs only the check
    /// of its own signature. No decision changes.
    #[cfg(feature = "cache")]
    pub fn with_cache(self, cache: ChainCache) -> Self {
        self.with(|settings| settings.cache = Some(cache))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Checks that the chain is authentic, trusted and valid at `now`, independent of any request.
    ///
    /// # Errors
    ///
    /// A [`Denial`] with the one reason why the chain is not authentic, or with all reasons why it
    /// is not trusted or valid.
    pub fn verify(
        &self,
        presentation: Presentation,
        now: OffsetDateTime,
    ) -> Result<VerifiedChain, Denial> {
        let chain = self.authenticate(presentation, now)?;
        let Findings { mut reasons, mut hop_reasons, trust, list, directory } = chain.find_faults();
        reasons.append(&mut hop_reasons);
        if reasons.is_empty() {
            return Ok(chain);
        }
        let checks = Checks { list, directory, ..chain.checks(trust) };
        Err(Denial { reasons, chain: chain.into_state(), request: None, checks })
    }

    /// Checks only that the chain is authentic, not that it is trusted and valid now.
    pub(crate) fn authenticate(
        &self,
        presentation: Presentation,
        now: OffsetDateTime,
    ) -> Result<VerifiedChain, Denial> {
        let at = UnixTime::from(now);
        let anchors = || self.settings.anchors.clone();
        match self.settings.authenticate(&presentation) {
            Ok(chain) => Ok(VerifiedChain {
                settings: Arc::clone(&self.settings),
                chain: Box::new(chain),
                at,
            }),
            Err(reason) => Err(Denial {
                reasons: vec![reason],
                checks: Checks::not_reached(at),
                chain: ChainState::NotAuthentic(Box::new((presentation, anchors()))),
                request: None,
            }),
        }
    }

    /// Examines a held token, for a report. No decision can follow, because the bearer of the token
    /// has not shown possession of the key.
    pub(crate) fn inspect(&self, token: &Token, now: OffsetDateTime) -> Inspection {
        let (settings, at) = (&*self.settings, UnixTime::from(now));
        let delegations = Arc::clone(token.delegations());
        // Reading a token enforces the hard limits only, so this verifier's own limits are checked
        // here.
        let length = settings.require_length(token.as_bytes());
        let hops = require_hops(delegations.hops.len(), settings.max_hops);
        // A held token has no presentation, so it is judged as if it were presented now.
        let Findings { reasons, hop_reasons, trust, list, directory } =
            settings.find_faults(&delegations, at, at);
        let reasons = length.err().into_iter().chain(hops.err()).chain(reasons).chain(hop_reasons);
        let reasons = reasons.collect();
        let checks = Checks { list, directory, ..settings.checks(at, trust) };
        Inspection { delegations, reasons, checks }
    }
}

/// The findings of a verifier about a held token.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) delegations: Arc<DelegationChain>,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) checks: Checks,
}
