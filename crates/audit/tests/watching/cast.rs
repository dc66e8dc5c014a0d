//! Owners, agents and services, and a sink that keeps what it is told.

use std::sync::{Arc, Mutex};

use deputize::{
    Capability, Constraint, Decision, Grant, HopId, MemoryReplayGuard, Owner, PresentOptions,
    Presentation, Principal, PublicKey, ReplayPolicy, Request, RevocationPolicy, Signer,
    SigningKey, Token, TrustAnchor, TrustAnchors, Verifier,
};
use deputize_audit::{DenialStreak, Event, Monitor, StrikePolicy};
use time::{Duration, OffsetDateTime};

/// 2026-11-23T18:00:00Z.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn later(seconds: i64) -> OffsetDateTime {
    now() + Duration::seconds(seconds)
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// The key of an agent of which there are many.
pub(crate) fn key_of_many(number: u32) -> SigningKey {
    let mut seed = [200; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

pub(crate) fn alice() -> SigningKey {
    key(1)
}

pub(crate) fn planner() -> SigningKey {
    key(2)
}

pub(crate) fn researcher() -> SigningKey {
    key(3)
}

/// Another owner whom the service trusts, for herself.
pub(crate) fn mallory() -> SigningKey {
    key(66)
}

/// Reading accounts, at most 10 at a time, or as many as an agent deep below was given.
fn reading() -> Capability {
    Capability::new("crm.read", "accounts/**")
        .and_then(|own| own.with_arg("limit", [Constraint::max(10)]))
        .unwrap()
}

fn to(name: &str, key: &SigningKey) -> Grant {
    let writing = Capability::new("crm.note", "accounts/**").unwrap();
    let to = Principal::agent(name, key.public_key()).unwrap();
    Grant::new(to, [reading(), writing], now() + Duration::hours(2), "a test").unwrap()
}

/// A token that an owner minted for an agent.
pub(crate) fn minted(name: &str, root: &SigningKey, agent: (&str, &SigningKey)) -> Token {
    let grant = to(agent.0, agent.1).with_max_hops(2);
    Token::mint(Owner::human(name).unwrap(), root, grant, now()).unwrap()
}

/// Alice's token for the planner.
pub(crate) fn planners() -> Token {
    minted("alice@acme.com", &alice(), ("planner", &planner()))
}

/// The token of an agent below the planner.
pub(crate) fn spawned(planners: &Token, name: &str, agent: &SigningKey) -> Token {
    planners.delegate(&planner(), to(name, agent), now()).unwrap()
}

/// An agent with its token.
pub(crate) struct Agent {
    pub(crate) key: SigningKey,
    pub(crate) token: Token,
}

impl Agent {
    /// The researcher below a token of Alice's planner, which is a new one each time.
    pub(crate) fn researcher() -> Self {
        Self::below(&planners())
    }

    /// The researcher below this token of the planner.
    pub(crate) fn below(planners: &Token) -> Self {
        Self { token: spawned(planners, "researcher", &researcher()), key: researcher() }
    }

    pub(crate) fn id(&self) -> PublicKey {
        self.key.public_key()
    }

    pub(crate) fn last_hop(&self) -> HopId {
        self.token.hop_ids().last().unwrap()
    }

    /// A presentation for a call, whatever the token permits.
    pub(crate) fn presents(&self, call: &Request, at: OffsetDateTime) -> Presentation {
        let anyway = PresentOptions::default().anyway();
        self.token.present_with(&self.key, call, at, anyway).unwrap()
    }
}

pub(crate) fn call(operation: &str, limit: u32) -> Request {
    let request = Request::new(operation, "accounts/42", "crm.acme.com").unwrap();
    request.with_args(&format!("{{\"limit\":{limit}}}")).unwrap()
}

/// A call that the tokens of this cast permit.
pub(crate) fn granted() -> Request {
    call("crm.read", 5)
}

/// A call that they do not permit.
pub(crate) fn not_granted() -> Request {
    call("crm.read", 50)
}

pub(crate) fn anchors() -> TrustAnchors {
    let named = [(alice(), "alice@acme.com"), (mallory(), "mallory@acme.com")];
    let anchors = named.map(|(key, name)| TrustAnchor::new(key.public_key(), name));
    TrustAnchors::new(anchors).unwrap()
}

pub(crate) fn by_expiry() -> RevocationPolicy {
    RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) }
}

pub(crate) fn verifier_with(revocation: RevocationPolicy) -> Verifier {
    let guard = MemoryReplayGuard::for_new_audience(100_000).with_share(100_000);
    Verifier::new(anchors(), revocation, ReplayPolicy::refused_by(guard))
}

/// A monitor of three strikes within a minute, its events, and the runs of its hook.
pub(crate) struct Watch {
    pub(crate) monitor: Monitor,
    pub(crate) verifier: Verifier,
    events: Arc<Mutex<Vec<Event>>>,
    hooked: Arc<Mutex<Vec<DenialStreak>>>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self::of(3, verifier_with(by_expiry()))
    }

    pub(crate) fn of(strikes: usize, verifier: Verifier) -> Self {
        let (events, hooked) = <(Arc<Mutex<Vec<Event>>>, Arc<Mutex<Vec<_>>>)>::default();
        let (to_events, to_hooked) = (Arc::clone(&events), Arc::clone(&hooked));
        let policy = StrikePolicy::new(strikes, Duration::minutes(1)).unwrap();
        let monitor = Monitor::default()
            .with_near_expiry(Duration::minutes(10))
            .with_strikes(policy, move |own: &DenialStreak| {
                to_hooked.lock().unwrap().push(own.clone());
            })
            .with_sink(move |own: &Event| to_events.lock().unwrap().push(own.clone()));
        Self { monitor, verifier, events, hooked }
    }

    /// Decides about a presentation that arrives, and shows the monitor the decision.
    pub(crate) fn decide(
        &self,
        presentation: &Presentation,
        call: &Request,
        at: OffsetDateTime,
    ) -> Decision {
        let decide = || self.verifier.decide(presentation.clone(), call.clone(), at);
        self.monitor.decide(decide)
    }

    /// An agent makes a call, with a presentation of its own.
    pub(crate) fn calls(&self, agent: &Agent, call: &Request, at: OffsetDateTime) -> bool {
        self.decide(&agent.presents(call, at), call, at).is_allowed()
    }

    /// An agent is refused what it was not granted.
    pub(crate) fn refuses(&self, agent: &Agent, at: OffsetDateTime) {
        assert!(!self.calls(agent, &not_granted(), at));
    }

    pub(crate) fn hooked(&self) -> Vec<DenialStreak> {
        self.hooked.lock().unwrap().clone()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, is_meant: impl Fn(&Event) -> bool) -> usize {
        self.events().iter().filter(|event| is_meant(event)).count()
    }

    pub(crate) fn strikes(&self) -> usize {
        self.count(|event| matches!(event, Event::Strike { .. } | Event::DenialStreak(_)))
    }
}
