//! From a presentation to a verified chain: is it authentic, and does it stand today?

use std::sync::Arc;

use thiserror::Error;
use time::{Duration, OffsetDateTime};

#[cfg(feature = "cache")]
use crate::cache::ChainCache;
use crate::chain::{Chain, Delegations, Hop, NoMemory, require_hops};
use crate::container::{Container, text_length};
use crate::denial::{Circumstances, Denial, Evidence, Looked};
use crate::instant::{DEFAULT_CLOCK_TOLERANCE, Instant, whole_seconds};
use crate::key::PublicKey;
use crate::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES, MAX_HOPS, MAX_TOKEN_BYTES};
use crate::presentation::Presentation;
use crate::principal::{Owner, Principal};
use crate::reason::{Code, Reason};
use crate::replay::{Presented, Replays};
use crate::revocation::Revocation;
use crate::standing::{Found, Standing};
use crate::token::Token;
use crate::trust::{Trust, TrustAnchors};

/// How long before or after it was made a presentation is accepted, unless a verifier says
/// otherwise.
pub const DEFAULT_FRESHNESS: Duration = Duration::seconds(30);

/// The most that a verifier may set for freshness. It bounds how long a replay guard remembers.
pub const MAX_FRESHNESS: Duration = Duration::minutes(5);

/// The most that a verifier may set for the clock tolerance. Clocks that differ by more are wrong.
pub const MAX_CLOCK_TOLERANCE: Duration = Duration::minutes(5);

/// The settings of a service, against which it verifies every presentation. Cheap to clone.
///
/// # The duties of a service
///
/// A decision is only as good as its inputs. The service has six duties that no library can take over:
///
/// 1. **Share one replay guard** among all servers that answer to one audience. Its
///    [`consume`](crate::ReplayGuard::consume) must be atomic.
///    [`MemoryReplayGuard`](crate::MemoryReplayGuard) serves one process and forgets everything at a
///    restart. [`MemoryReplayGuard::new`](crate::MemoryReplayGuard::new) takes its starting time, and
///    refuses whatever may have been used before that: by default everything for the first 30 s.
///    Replays may be accepted for read-only operations, which must be named
///    ([`Replays::accepted_for`]).
/// 2. **Build the request from the call that will be made**, in one piece of code, and carry out the
///    request in the [`Permit`](crate::Permit). [`Request::with_args`](crate::Request::with_args)
///    refuses JSON with a repeated key.
/// 3. **Keep the clock right** to within a few seconds. Expiry is exact. The clock of a delegator may
///    be 30 s ahead ([`with_clock_tolerance`](Self::with_clock_tolerance)), and that of a presenter may
///    differ by 30 s either way ([`with_freshness`](Self::with_freshness)).
/// 4. **Get root keys over a trusted channel**, each with the owner that it may speak for
///    ([`TrustAnchor`](crate::TrustAnchor)).
/// 5. **Choose how revocation is checked** ([`Revocation`]). A source that does not know the status of a
///    hop refuses the call. Without a source, hops that live longer than a stated time are refused.
/// 6. **Resolve names itself.** Paths, URLs and addresses are judged as text. Resolve symbolic links
///    before opening a file, and check resolved addresses and redirects before connecting.
///
/// ```
/// use deputize::{MemoryReplayGuard, Replays, Revocation, Signer, SigningKey, TrustAnchor, Verifier};
/// use time::{Duration, OffsetDateTime};
///
/// let alice = SigningKey::generate()?.public_key();
/// let verifier = Verifier::new(
///     TrustAnchor::new(alice, "alice@acme.com"),
///     Revocation::OnlyByExpiry { at_most: Duration::hours(8) },
///     Replays::refused_by(MemoryReplayGuard::new(60_000, OffsetDateTime::now_utc())),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    pub(crate) settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) anchors: TrustAnchors,
    pub(crate) revocation: Revocation,
    pub(crate) replays: Replays,
    clock_tolerance: u64,
    freshness: u64,
    max_lifetime: Option<u64>,
    max_token_bytes: usize,
    max_hops: usize,
    #[cfg(feature = "cache")]
    cache: Option<ChainCache>,
}

impl Verifier {
    /// A verifier that trusts `anchors`: one, or several as [`TrustAnchors`]. Whether it looks for
    /// revoked hops and refuses replays must be said.
    pub fn new(anchors: impl Into<TrustAnchors>, revocation: Revocation, replays: Replays) -> Self {
        let settings = Settings {
            anchors: anchors.into(),
            revocation,
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

    /// Lets the clocks of those who delegate differ by this much, in whole seconds, instead of
    /// [`DEFAULT_CLOCK_TOLERANCE`].
    ///
    /// # Errors
    ///
    /// [`SettingError`] where it is negative or above [`MAX_CLOCK_TOLERANCE`].
    pub fn with_clock_tolerance(self, tolerance: Duration) -> Result<Self, SettingError> {
        let seconds = setting("clock tolerance", tolerance, MAX_CLOCK_TOLERANCE)?;
        Ok(self.with(|settings| settings.clock_tolerance = seconds))
    }

    /// Accepts a presentation for this long before and after it was made, in whole seconds, instead
    /// of [`DEFAULT_FRESHNESS`], and no longer than its maker said.
    ///
    /// # Errors
    ///
    /// [`SettingError`] where it is negative or above [`MAX_FRESHNESS`].
    pub fn with_freshness(self, freshness: Duration) -> Result<Self, SettingError> {
        let seconds = setting("freshness", freshness, MAX_FRESHNESS)?;
        Ok(self.with(|settings| settings.freshness = seconds))
    }

    /// Accepts only chains in which no hop is valid for longer than this, from its issue to its expiry
    /// in whole seconds, however revocation is checked.
    pub fn with_max_lifetime(self, lifetime: Duration) -> Self {
        self.with(|settings| settings.max_lifetime = Some(whole_seconds(lifetime)))
    }

    /// Accepts chains of up to this many hops instead of [`MAX_HOPS`], and never more than
    /// [`HARD_MAX_HOPS`].
    pub fn with_max_hops(self, hops: usize) -> Self {
        self.with(|settings| settings.max_hops = hops.min(HARD_MAX_HOPS))
    }

    /// Accepts tokens of up to this many bytes of text instead of [`MAX_TOKEN_BYTES`], and never
    /// more than [`HARD_MAX_TOKEN_BYTES`].
    pub fn with_max_token_bytes(self, bytes: usize) -> Self {
        self.with(|settings| settings.max_token_bytes = bytes.min(HARD_MAX_TOKEN_BYTES))
    }

    /// Remembers chains in `cache`, so that each further presentation of one costs the check of its
    /// own signature. No decision changes by that.
    #[cfg(feature = "cache")]
    pub fn with_cache(self, cache: ChainCache) -> Self {
        self.with(|settings| settings.cache = Some(cache))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Checks that the chain is authentic, trusted and valid at `now`, for whatever it may be
    /// presented.
    ///
    /// # Errors
    ///
    /// A [`Denial`] with the one reason for which the chain is not authentic, or with all reasons
    /// for which it is not trusted or valid.
    pub fn verify(
        &self,
        presentation: Presentation,
        now: OffsetDateTime,
    ) -> Result<VerifiedChain, Denial> {
        let chain = self.authenticate(presentation, now)?;
        let Found { mut reasons, mut of_hops, trust } = chain.standing();
        reasons.append(&mut of_hops);
        if reasons.is_empty() {
            return Ok(chain);
        }
        let circumstances = chain.circumstances(trust);
        Err(Denial { reasons, evidence: chain.into_evidence(), request: None, circumstances })
    }

    /// Everything but whether the chain is trusted and valid now.
    pub(crate) fn authenticate(
        &self,
        presentation: Presentation,
        now: OffsetDateTime,
    ) -> Result<VerifiedChain, Denial> {
        let at = Instant::of(now);
        match self.settings.authenticate(&presentation) {
            Ok(chain) => Ok(VerifiedChain {
                settings: Arc::clone(&self.settings),
                chain: Box::new(chain),
                at,
            }),
            Err(reason) => Err(Denial {
                reasons: vec![reason],
                circumstances: Circumstances::not_reached(at),
                evidence: Evidence::Unauthentic(presentation, self.settings.anchors.clone()),
                request: None,
            }),
        }
    }

    /// Looks at a token that was not presented, for a report about it. No decision comes of it: who
    /// carries the token has shown no key.
    pub(crate) fn inspect(&self, token: &Token, now: OffsetDateTime) -> Inspection {
        let (settings, at) = (&*self.settings, Instant::of(now));
        let delegations = Arc::clone(token.delegations());
        let length = settings.require_length(token.as_bytes());
        let hops = require_hops(delegations.hops.len(), settings.max_hops);
        let Found { reasons, of_hops, trust } = settings.standing(&delegations, at);
        let reasons = length.err().into_iter().chain(hops.err()).chain(reasons).chain(of_hops);
        let reasons = reasons.collect();
        let revocation = settings.looks_at_revocation();
        let circumstances = Circumstances { revocation, trust, ..Circumstances::not_reached(at) };
        Inspection { delegations, reasons, circumstances }
    }
}

/// Why a verifier cannot be set so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a {name} is between 0 s and {most}, not {found}")]
pub struct SettingError {
    name: &'static str,
    most: Duration,
    found: Duration,
}

fn setting(name: &'static str, found: Duration, most: Duration) -> Result<u64, SettingError> {
    if found.is_negative() || found > most {
        return Err(SettingError { name, most, found });
    }
    Ok(whole_seconds(found))
}

/// What a verifier finds out about a token that was not presented.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) delegations: Arc<Delegations>,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) circumstances: Circumstances,
}

impl Settings {
    fn authenticate(&self, presentation: &Presentation) -> Result<Chain, Reason> {
        let bytes = presentation.as_bytes();
        self.require_length(bytes)?;
        let container = Container::parse(bytes)
            .map_err(|_| Reason::new(Code::NotCanonical, "the token is not a Biscuit"))?;
        let find_root = |stated: &[u8; 32]| self.anchors.find_root(stated);
        #[cfg(feature = "cache")]
        if let Some(place) = self.cache.as_ref().and_then(|own| own.place(bytes)) {
            return Chain::authenticate(&container, find_root, self.max_hops, &place);
        }
        Chain::authenticate(&container, find_root, self.max_hops, &NoMemory)
    }

    fn require_length(&self, bytes: &[u8]) -> Result<(), Reason> {
        let (length, most) = (text_length(bytes.len()), self.max_token_bytes);
        if length <= most {
            return Ok(());
        }
        let message = format!("the token has {length} bytes, and this verifier accepts {most}");
        Err(Reason::new(Code::TooLong, message).differs(most, length))
    }

    /// Everything that keeps the chain from being trusted and valid at `at`.
    fn standing(&self, delegations: &Delegations, at: Instant) -> Found {
        let Self { anchors, revocation, clock_tolerance, .. } = self;
        let clock_tolerance = *clock_tolerance;
        let by_expiry = match revocation {
            Revocation::OnlyByExpiry { at_most } => Some(whole_seconds(*at_most)),
            Revocation::CheckedWith(_) => None,
        };
        let max_lifetime = by_expiry.into_iter().chain(self.max_lifetime).min();
        Standing { delegations, at, anchors, revocation, clock_tolerance, max_lifetime }.find()
    }

    fn looks_at_revocation(&self) -> Looked {
        match self.revocation {
            Revocation::OnlyByExpiry { .. } => Looked::Waived,
            Revocation::CheckedWith(_) => Looked::Checked,
        }
    }
}

/// A presentation whose chain is authentic, trusted and valid at the time at which it was verified.
///
/// Only [`Verifier::verify`] makes one, and it does not come from any text:
///
/// ```compile_fail
/// let chain: deputize::VerifiedChain = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug)]
pub struct VerifiedChain {
    pub(crate) settings: Arc<Settings>,
    pub(crate) chain: Box<Chain>,
    pub(crate) at: Instant,
}

impl VerifiedChain {
    /// Who is accountable for everything that is done with the chain.
    pub fn owner(&self) -> &Owner {
        &self.chain.delegations.owner
    }

    /// The key that the chain begins with.
    pub fn root_key(&self) -> PublicKey {
        self.chain.delegations.root
    }

    /// The delegations, the owner's first. There is at least one.
    pub fn hops(&self) -> &[Hop] {
        &self.chain.delegations.hops
    }

    /// The one who presented the token.
    pub fn holder(&self) -> &Principal {
        &self.chain.delegations.holder
    }

    /// The random id that the owner gave the token.
    pub fn token_id(&self) -> [u8; 16] {
        self.chain.delegations.token_id
    }

    /// The service that the token is presented to.
    pub fn audience(&self) -> &str {
        &self.chain.closing.audience
    }

    /// The time at which the chain was verified.
    pub fn verified_at(&self) -> OffsetDateTime {
        self.at.to_datetime()
    }

    /// Everything that keeps the chain from being trusted and valid at this time.
    pub(crate) fn standing(&self) -> Found {
        let mut found = self.settings.standing(&self.chain.delegations, self.at);
        if !self.is_fresh() {
            let (issued, window) = (self.chain.closing.issued, self.window());
            let message = format!(
                "the presentation was made at {issued}, is good for {window} s before and after that, and it is {}",
                self.at
            );
            let reason = Reason::new(Code::NotFresh, message).at(self.hops().len());
            found.reasons.push(reason.differs(issued, self.at));
        }
        found
    }

    pub(crate) fn is_fresh(&self) -> bool {
        let (issued, window) = (self.chain.closing.issued, self.window());
        (issued.minus(window)..=issued.plus(window)).contains(&self.at)
    }

    fn window(&self) -> u64 {
        self.chain.closing.window.min(self.settings.freshness)
    }

    /// What a replay guard needs to know. Verifiers that share one may have unlike freshness, so it is
    /// told when the first of them could have accepted the presentation, and the last one could.
    pub(crate) fn presented(&self) -> Presented {
        let closing = &self.chain.closing;
        let window = closing.window.min(whole_seconds(MAX_FRESHNESS));
        let id = self.chain.presentation_id;
        Presented {
            id,
            first_hop: self.hops().first().map_or(id, Hop::id),
            from: closing.issued.minus(window).to_datetime(),
            until: closing.issued.plus(window).to_datetime(),
            now: self.at.to_datetime(),
        }
    }

    pub(crate) fn circumstances(&self, trust: Trust) -> Circumstances {
        let revocation = self.settings.looks_at_revocation();
        Circumstances { revocation, trust, ..Circumstances::not_reached(self.at) }
    }

    pub(crate) fn into_evidence(self) -> Evidence {
        Evidence::Authentic(self.chain)
    }
}
