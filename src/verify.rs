//! From a presentation to a verified chain: is it authentic, and does it stand today?

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

#[cfg(feature = "cache")]
use crate::cache::ChainCache;
use crate::chain::{Chain, Delegations, Hop, NoMemory, Unauthentic};
use crate::container::Container;
use crate::datalog::Origin;
use crate::denial::{Circumstances, Denial, Evidence, Looked};
use crate::instant::Instant;
use crate::key::PublicKey;
use crate::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES, MAX_HOPS, MAX_TOKEN_BYTES};
use crate::presentation::Presentation;
use crate::principal::{Owner, Principal};
use crate::reason::{Code, Reason};
use crate::replay::Replays;
use crate::request::Request;
use crate::revocation::Revocation;
use crate::standing::Standing;
use crate::token::Token;
use crate::trust::TrustAnchor;

/// How long before or after it was made a presentation is accepted, unless a verifier says
/// otherwise.
pub const DEFAULT_FRESHNESS: Duration = Duration::seconds(30);

/// The most that a verifier may set for freshness. It bounds how long a replay guard remembers.
pub const MAX_FRESHNESS: Duration = Duration::minutes(5);

/// How far another clock may be ahead, unless a verifier says otherwise. It never lengthens an
/// authority: expiry is exact.
pub const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::seconds(30);

/// What a service knows beforehand, and checks every presentation against. Cheap to clone.
///
/// ```
/// use deputize::{MemoryReplayGuard, Replays, Revocation, Signer, SigningKey, TrustAnchor, Verifier};
///
/// let alice = SigningKey::generate()?.public_key();
/// let verifier = Verifier::new(
///     [TrustAnchor::new(alice, "alice@acme.com")],
///     Revocation::NotChecked,
///     Replays::refused_by(MemoryReplayGuard::new(60_000)),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    pub(crate) settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    anchors: Vec<TrustAnchor>,
    pub(crate) revocation: Revocation,
    pub(crate) replays: Replays,
    clock_tolerance: u64,
    pub(crate) freshness: u64,
    max_token_bytes: usize,
    max_hops: usize,
    #[cfg(feature = "cache")]
    cache: Option<ChainCache>,
}

impl Verifier {
    /// A verifier that believes `anchors`. Whether it looks for revoked hops and refuses replays
    /// must be said.
    pub fn new(
        anchors: impl IntoIterator<Item = TrustAnchor>,
        revocation: Revocation,
        replays: Replays,
    ) -> Self {
        let settings = Settings {
            anchors: anchors.into_iter().collect(),
            revocation,
            replays,
            clock_tolerance: seconds(DEFAULT_CLOCK_TOLERANCE),
            freshness: seconds(DEFAULT_FRESHNESS),
            max_token_bytes: MAX_TOKEN_BYTES,
            max_hops: MAX_HOPS,
            #[cfg(feature = "cache")]
            cache: None,
        };
        Self { settings: Arc::new(settings) }
    }

    /// Lets the clocks of those who delegate be ahead by this much, in whole seconds, instead of
    /// [`DEFAULT_CLOCK_TOLERANCE`].
    pub fn with_clock_tolerance(self, tolerance: Duration) -> Self {
        self.with(|settings| settings.clock_tolerance = seconds(tolerance))
    }

    /// Accepts a presentation for this long before and after it was made, in whole seconds, instead
    /// of [`DEFAULT_FRESHNESS`], no longer than its maker said, and never longer than
    /// [`MAX_FRESHNESS`].
    pub fn with_freshness(self, freshness: Duration) -> Self {
        self.with(|settings| settings.freshness = seconds(freshness.min(MAX_FRESHNESS)))
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

    /// Checks that the chain is authentic and stands at `now`, for whatever it may be presented.
    ///
    /// # Errors
    ///
    /// A [`Denial`] with the one reason for which the chain is not authentic, or with all reasons
    /// for which it does not stand.
    pub fn verify(
        &self,
        presentation: Presentation,
        now: OffsetDateTime,
    ) -> Result<VerifiedChain, Denial> {
        let chain = self.authenticate(presentation, now)?;
        let reasons = chain.standing();
        if reasons.is_empty() { Ok(chain) } else { Err(chain.deny(reasons, None)) }
    }

    /// Everything but whether the chain stands now.
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
            Err(mut unauthentic) => {
                self.settings.believe(&mut unauthentic, presentation.as_bytes(), at);
                Err(Denial {
                    reasons: vec![unauthentic.reason.clone()],
                    circumstances: Circumstances {
                        at,
                        revocation: Looked::NotReached,
                        replays: Looked::NotReached,
                        policy: Looked::NotReached,
                        is_believed: unauthentic.is_believed,
                    },
                    evidence: Evidence::Unauthentic(presentation, unauthentic),
                    request: None,
                })
            }
        }
    }

    /// Looks at a token that was not presented, for a report about it. No decision comes of it: who
    /// carries the token has shown no key.
    pub(crate) fn inspect(
        &self,
        token: &Token,
        now: OffsetDateTime,
    ) -> Result<Inspection, Box<Unauthentic>> {
        let (settings, at) = (&*self.settings, Instant::of(now));
        let delegations = settings.delegations(token).map_err(|mut unauthentic| {
            settings.believe(&mut unauthentic, token.as_bytes(), at);
            unauthentic
        })?;
        let circumstances = Circumstances {
            at,
            revocation: settings.looks_at_revocation(),
            replays: Looked::NotReached,
            policy: Looked::NotReached,
            is_believed: settings.believes_owner_of(&delegations, at),
        };
        let reasons = settings.standing(&delegations, at);
        Ok(Inspection { delegations, reasons, circumstances })
    }
}

/// What a verifier finds out about a token that was not presented.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) delegations: Delegations,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) circumstances: Circumstances,
}

impl Settings {
    fn authenticate(&self, presentation: &Presentation) -> Result<Chain, Box<Unauthentic>> {
        let container = self.container(presentation.as_bytes())?;
        #[cfg(feature = "cache")]
        if let Some(place) = self.cache.as_ref().and_then(|own| own.place(presentation.as_bytes()))
        {
            return Chain::authenticate(&container, &self.anchors, self.max_hops, &place);
        }
        Chain::authenticate(&container, &self.anchors, self.max_hops, &NoMemory)
    }

    fn delegations(&self, token: &Token) -> Result<Delegations, Box<Unauthentic>> {
        let container = self.container(token.as_bytes())?;
        Delegations::authenticate(&container, &self.anchors, self.max_hops)
    }

    fn container<'a>(&self, bytes: &'a [u8]) -> Result<Container<'a>, Reason> {
        // Four characters of base64 for three bytes.
        let length = bytes.len().saturating_mul(4).div_ceil(3);
        let most = self.max_token_bytes;
        if length > most {
            let message = format!("the token has {length} bytes, and this verifier accepts {most}");
            return Err(Reason::new(Code::TooLong, message).differs(most, length));
        }
        Container::parse(bytes)
            .map_err(|_| Reason::new(Code::NotCanonical, "the token is no Biscuit"))
    }

    /// Everything that keeps the chain from standing at `at`.
    fn standing(&self, delegations: &Delegations, at: Instant) -> Vec<Reason> {
        let Self { anchors, revocation, clock_tolerance, .. } = self;
        let clock_tolerance = *clock_tolerance;
        Standing { delegations, at, anchors, revocation, clock_tolerance }.reasons()
    }

    fn looks_at_revocation(&self) -> Looked {
        match self.revocation {
            Revocation::NotChecked => Looked::Waived,
            Revocation::CheckedWith(_) => Looked::Checked,
        }
    }

    /// Notes whether the key that signed the first block may speak for whom that block names.
    fn believe(&self, unauthentic: &mut Unauthentic, bytes: &[u8], at: Instant) {
        let named = unauthentic.root.as_deref().zip(first_owner(bytes));
        unauthentic.is_believed =
            named.is_some_and(|(root, owner)| self.believes(root, &owner, at));
    }

    fn believes_owner_of(&self, delegations: &Delegations, at: Instant) -> bool {
        delegations.root_key().is_some_and(|root| self.believes(&root, &delegations.owner, at))
    }

    /// Whether the key that signed the first block may speak for the owner whom it names, and now,
    /// and nothing pinned says otherwise. If not it proves nothing, however far the signatures go.
    fn believes(&self, root: &PublicKey, owner: &Owner, at: Instant) -> bool {
        let name = owner.name();
        let mut anchors =
            self.anchors.iter().filter(|anchor| anchor.key == *root && anchor.speaks_for(name));
        let contradicts = |pin: &Principal| (pin.name() == name) != (pin.key() == *root);
        let is_pinned_elsewhere =
            anchors.clone().any(|anchor| anchor.pinned.iter().any(contradicts));
        anchors.any(|anchor| anchor.is_valid_at(at)) && !is_pinned_elsewhere
    }
}

/// A presentation whose chain is authentic and stands at the instant at which it was verified.
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
    pub fn root_key(&self) -> Option<PublicKey> {
        self.chain.delegations.root_key()
    }

    /// The delegations, the owner's first. There is at least one.
    pub fn hops(&self) -> &[Hop] {
        &self.chain.delegations.hops
    }

    /// The one who presented the token.
    pub fn holder(&self) -> Option<&Principal> {
        self.chain.delegations.hops.last().map(Hop::to)
    }

    /// The random id that the owner gave the token.
    pub fn token_id(&self) -> [u8; 16] {
        self.chain.delegations.token_id
    }

    /// The service that the token is presented to.
    pub fn audience(&self) -> &str {
        &self.chain.closing.audience
    }

    /// The instant at which the chain was verified. All decisions about it are made for that one.
    pub fn verified_at(&self) -> OffsetDateTime {
        self.at.to_datetime()
    }

    /// Everything that keeps the chain from standing at this instant.
    pub(crate) fn standing(&self) -> Vec<Reason> {
        let mut reasons = self.settings.standing(&self.chain.delegations, self.at);
        self.check_freshness(&mut reasons);
        reasons
    }

    fn check_freshness(&self, reasons: &mut Vec<Reason>) {
        let closing = &self.chain.closing;
        let window = self.window();
        let earliest = closing.issued.minus(window);
        if self.at < earliest || self.at > self.fresh_until() {
            let message = format!(
                "the presentation was made at {}, is good for {window} s before and after that, and it is {}",
                closing.issued, self.at
            );
            let reason = Reason::new(Code::NotFresh, message).at(self.chain.delegations.hops.len());
            reasons.push(reason.differs(closing.issued, self.at));
        }
    }

    fn window(&self) -> u64 {
        self.chain.closing.window.min(self.settings.freshness)
    }

    /// The last second in which this verifier accepts the presentation.
    fn fresh_until(&self) -> Instant {
        self.chain.closing.issued.plus(self.window())
    }

    /// The last second in which any verifier accepts it, whatever freshness that one asks for: so
    /// long a replay guard that they share must remember it.
    pub(crate) fn remember_until(&self) -> Instant {
        self.chain.closing.issued.plus(self.chain.closing.window.min(seconds(MAX_FRESHNESS)))
    }

    pub(crate) fn circumstances(&self, policy: Looked, replays: Looked) -> Circumstances {
        let revocation = self.settings.looks_at_revocation();
        let is_believed = self.settings.believes_owner_of(&self.chain.delegations, self.at);
        Circumstances { at: self.at, revocation, replays, policy, is_believed }
    }

    pub(crate) fn deny(self, reasons: Vec<Reason>, request: Option<Request>) -> Denial {
        let circumstances = self.circumstances(Looked::NotReached, Looked::NotReached);
        Denial {
            reasons,
            evidence: Evidence::Authentic(self.chain),
            request: request.map(Box::new),
            circumstances,
        }
    }
}

/// Whose token the first block says it is.
fn first_owner(bytes: &[u8]) -> Option<Owner> {
    Origin::of_first_block(Container::parse(bytes).ok()?.blocks.first()?.content)
        .map(|own| own.owner)
}

fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.whole_seconds()).unwrap_or(0)
}
