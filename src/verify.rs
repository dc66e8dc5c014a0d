//! From a presentation to a verified chain: is it authentic, and does it stand today?

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::chain::{Chain, Hop, Unauthentic};
use crate::container::Container;
use crate::datalog::{Delegation, Symbols};
use crate::denial::{Circumstances, Denial, Evidence, Looked};
use crate::inert::Inert;
use crate::instant::Instant;
use crate::key::PublicKey;
use crate::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES, MAX_HOPS, MAX_TOKEN_BYTES};
use crate::presentation::Presentation;
use crate::principal::{Owner, Principal};
use crate::reason::{Code, Reason};
use crate::replay::Replays;
use crate::request::Request;
use crate::revocation::{Revocation, RevocationStatus};
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
                let root = unauthentic.root.as_deref();
                let named = root.zip(first_owner(&presentation));
                let is_believed =
                    named.is_some_and(|(root, owner)| self.settings.believes(root, &owner, at));
                unauthentic.is_believed = is_believed;
                Err(Denial {
                    reasons: vec![unauthentic.reason.clone()],
                    evidence: Evidence::Unauthentic(presentation, unauthentic),
                    request: None,
                    circumstances: Circumstances {
                        at,
                        revocation: Looked::NotReached,
                        replays: Looked::NotReached,
                        policy: Looked::NotReached,
                        is_believed,
                    },
                })
            }
        }
    }
}

impl Settings {
    fn authenticate(&self, presentation: &Presentation) -> Result<Chain, Box<Unauthentic>> {
        // Four characters of base64 for three bytes.
        let length = presentation.as_bytes().len().saturating_mul(4).div_ceil(3);
        let most = self.max_token_bytes;
        if length > most {
            let message = format!("the token has {length} bytes, and this verifier accepts {most}");
            return Err(Reason::new(Code::TooLong, message).differs(most, length).into());
        }
        let container = Container::parse(presentation.as_bytes())
            .map_err(|_| Reason::new(Code::NotCanonical, "the token is no Biscuit"))?;
        Chain::authenticate(&container, &self.anchors, self.max_hops)
    }

    /// Whether the key that signed the first block may speak for the owner whom it names, and now,
    /// and nothing pinned says otherwise. If not it proves nothing, however far the signatures go.
    pub(crate) fn believes(&self, root: &PublicKey, owner: &Owner, at: Instant) -> bool {
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
        &self.chain.owner
    }

    /// The key that the chain begins with.
    pub fn root_key(&self) -> Option<PublicKey> {
        self.chain.hops.first().map(|hop| hop.from.key())
    }

    /// The delegations, the owner's first. There is at least one.
    pub fn hops(&self) -> &[Hop] {
        &self.chain.hops
    }

    /// The one who presented the token.
    pub fn holder(&self) -> Option<&Principal> {
        self.chain.hops.last().map(Hop::to)
    }

    /// The random id that the owner gave the token.
    pub fn token_id(&self) -> [u8; 16] {
        self.chain.token_id
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
        let mut reasons = Vec::new();
        self.check_anchor(&mut reasons);
        for (index, hop) in self.chain.hops.iter().enumerate() {
            self.check_times(index, hop, &mut reasons);
            self.check_linkage(index, hop, &mut reasons);
            self.check_revocation(index, hop, &mut reasons);
        }
        self.check_freshness(&mut reasons);
        reasons
    }

    /// What the anchor of this chain's root key says of its owner and of the names in it.
    fn check_anchor(&self, reasons: &mut Vec<Reason>) {
        let Some(root) = self.root_key() else { return };
        let owner = self.chain.owner.name();
        let of_key = || self.settings.anchors.iter().filter(|anchor| anchor.key == root);
        let for_owner: Vec<_> = of_key().filter(|anchor| anchor.speaks_for(owner)).collect();
        if for_owner.is_empty() {
            let message = format!("the trust anchor {root} may not speak for {}", Inert(owner));
            reasons.push(Reason::new(Code::OwnerNotTrusted, message).at(0));
        } else if !for_owner.iter().any(|anchor| anchor.is_valid_at(self.at)) {
            let message = format!("the trust anchor {root} is not valid at {}", self.at);
            reasons.push(Reason::new(Code::AnchorNotValid, message).at(0));
        }
        let pins: Vec<_> = for_owner.iter().flat_map(|anchor| &anchor.pinned).collect();
        let delegates = self.chain.hops.iter().enumerate().map(|(index, hop)| (index, hop.to()));
        let owner = self.chain.hops.first().map(|hop| (0, hop.from()));
        for (index, named) in owner.into_iter().chain(delegates) {
            let differs =
                |pin: &&&Principal| (pin.name() == named.name()) != (pin.key() == named.key());
            if let Some(pin) = pins.iter().find(differs) {
                let message = format!("names {named}, and pinned is {pin}");
                reasons.push(Reason::new(Code::Pinned, message).at(index).differs(pin, named));
            }
        }
    }

    fn check_times(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        let latest = self.at.plus(self.settings.clock_tolerance);
        if hop.issued > latest {
            let message = format!("was issued at {}, and it is {}", hop.issued, self.at);
            let reason = Reason::new(Code::NotYetValid, message).at(index);
            reasons.push(reason.differs(hop.issued, self.at));
        }
        if let Some(start) = hop.grant.not_before.filter(|start| self.at < *start) {
            let message = format!("begins at {start}, and it is {}", self.at);
            reasons.push(Reason::new(Code::NotYetValid, message).at(index).differs(start, self.at));
        }
        let end = hop.grant.expires;
        if self.at >= end {
            let message = format!("expired at {end}, and it is {}", self.at);
            reasons.push(Reason::new(Code::Expired, message).at(index).differs(end, self.at));
        }
    }

    /// How the hop goes with those before it.
    fn check_linkage(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        if hop.from.key() == hop.to().key() {
            let message = format!("{} delegates to its own key", hop.from);
            reasons.push(Reason::new(Code::SelfDelegation, message).at(index));
        }
        let before = self.chain.hops.iter().take(index).enumerate();
        for (earlier, parent) in before {
            let distance = index.saturating_sub(earlier);
            let allowed = usize::try_from(parent.grant.max_hops).unwrap_or(usize::MAX);
            if distance == allowed.saturating_add(1) {
                let message = format!(
                    "follows hop {earlier}, which lets {allowed} further hops follow at most"
                );
                reasons
                    .push(Reason::new(Code::MaxHops, message).at(index).differs(allowed, distance));
            }
            let keys = parent.grant.delegates.as_ref();
            if keys.is_some_and(|keys| !keys.contains(&hop.to().key())) {
                let message = format!("hop {earlier} does not allow delegation to {}", hop.to());
                reasons.push(Reason::new(Code::DelegateNotAllowed, message).at(index));
            }
        }
        let parent = index.checked_sub(1).and_then(|parent| self.chain.hops.get(parent));
        if let Some(parent) = parent
            && hop.grant.expires > parent.grant.expires
        {
            let (own, outer) = (hop.grant.expires, parent.grant.expires);
            let message = format!("expires at {own}, after its parent at {outer}");
            reasons.push(Reason::new(Code::OutlivesParent, message).at(index).differs(outer, own));
        }
    }

    fn check_revocation(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        let Revocation::CheckedWith(source) = &self.settings.revocation else {
            return;
        };
        let (code, message) = match source.status(&hop.id) {
            RevocationStatus::Good => return,
            RevocationStatus::Revoked => (Code::Revoked, "was revoked"),
            RevocationStatus::Unknown => {
                (Code::RevocationUnknown, "may have been revoked: the source does not know")
            }
        };
        reasons.push(Reason::new(code, message).at(index));
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
            let reason = Reason::new(Code::NotFresh, message).at(self.chain.hops.len());
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
        let revocation = match self.settings.revocation {
            Revocation::NotChecked => Looked::Waived,
            Revocation::CheckedWith(_) => Looked::Checked,
        };
        let is_believed = self
            .root_key()
            .is_some_and(|root| self.settings.believes(&root, self.owner(), self.at));
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
fn first_owner(presentation: &Presentation) -> Option<Owner> {
    let container = Container::parse(presentation.as_bytes()).ok()?;
    let block = container.blocks.first()?;
    let mut symbols = Symbols::default();
    let first = Delegation::from_block(block.content, block.delegate()?, &mut symbols).ok()?;
    first.origin.map(|origin| origin.owner)
}

fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.whole_seconds()).unwrap_or(0)
}
