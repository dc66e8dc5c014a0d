//! Signing with keys that never leave a hardware security module: the library prepares, the
//! device signs over PKCS#11, the library checks. The device is SoftHSM.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod device;

use deputize::{
    Capability, Grant, HopId, MemoryReplayGuard, Owner, Principal, PublicKey, ReplayPolicy,
    Request, RevocationPolicy, Signature, SigningKind, ToSign, Token, TrustAnchor,
    UnsignedPresentation, UnsignedToken, Verifier, WrongSignature,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use device::{Key, Slot, with_own_device};

const NOW: OffsetDateTime = datetime!(2026-11-23 18:00 UTC);

/// The program that alone knows the PIN of the slot. It makes what it signs from a token, a grant
/// and a request, and never signs bytes that somebody else made.
struct SigningService {
    slot: Slot,
    /// The hops that a person has seen and confirmed. An id covers the whole chain and the grant.
    confirmed: Vec<HopId>,
}

impl SigningService {
    /// Presentations to one service, for the next minute, need nobody. Hops need a person.
    fn may_sign(&self, asked: &ToSign<'_>) -> bool {
        match asked.kind() {
            SigningKind::Present { request, until, .. } => {
                request.audience() == "crm.acme.com" && until <= NOW + Duration::MINUTE
            }
            SigningKind::Mint { hop, .. } | SigningKind::Delegate { hop, .. } => {
                self.confirmed.contains(&hop.id())
            }
            _ => false,
        }
    }

    fn sign(&self, key: &Key, asked: &ToSign<'_>) -> Result<Signature, &'static str> {
        if !self.may_sign(asked) {
            return Err("not without a person");
        }
        self.slot.sign(key, asked.message()).map_err(|_| "the device failed")
    }

    /// A person has seen the hop, and wants it.
    fn confirm(&mut self, open: &UnsignedToken) {
        self.confirmed.push(open.hop().id());
    }
}

/// Keys of an owner and an agent in the slot, and a token of the agent.
struct Scene {
    service: SigningService,
    root: Key,
    planner: Key,
    token: Token,
}

impl Scene {
    fn new(slot: Slot) -> Self {
        let [root, planner] = ["root", "planner"].map(|label| slot.generate(label).unwrap());
        let mut service = SigningService { slot, confirmed: Vec::new() };
        let alice = Owner::human("alice@acme.com").unwrap();
        let grant = grant("planner", planner.public, Duration::hours(8)).with_max_hops(1);
        let open = Token::prepare_mint(alice, root.public, grant, NOW).unwrap();
        service.confirm(&open);
        let signature = service.sign(&root, &open.to_sign()).unwrap();
        let token = open.signed(&signature).unwrap();
        Self { service, root, planner, token }
    }

    fn presentation(&self, audience: &str, now: OffsetDateTime) -> UnsignedPresentation {
        let call = Request::new("crm.read", "accounts/42", audience).unwrap();
        self.token.prepare_presentation(self.planner.public, &call, now).unwrap()
    }
}

fn grant(name: &str, key: PublicKey, lifetime: Duration) -> Grant {
    let to = Principal::agent(name, key).unwrap();
    Grant::new(to, [Capability::new("crm.read", "accounts/**").unwrap()], NOW + lifetime, "Q3")
        .unwrap()
}

#[test]
fn mint_delegate_and_present_with_keys_in_the_device() {
    with_own_device("mint_delegate_and_present_with_keys_in_the_device", |slot| {
        let Scene { mut service, root, planner, token } = Scene::new(slot);
        let researcher = service.slot.generate("researcher").unwrap();

        let minutes = grant("researcher", researcher.public, Duration::minutes(15));
        let open = token.prepare_delegation(planner.public, minutes, NOW).unwrap();
        service.confirm(&open);
        let signature = service.sign(&planner, &open.to_sign()).unwrap();
        let token = open.signed(&signature).unwrap();

        let call = Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap();
        let open = token.prepare_presentation(researcher.public, &call, NOW).unwrap();
        let signature = service.sign(&researcher, &open.to_sign()).unwrap();
        let presentation = open.signed(&signature).unwrap();

        let verifier = Verifier::new(
            TrustAnchor::new(root.public, "alice@acme.com"),
            RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(100)),
        );
        let decision = verifier.decide(presentation, call, NOW);
        assert!(decision.is_allowed(), "{decision:?}");
    });
}

#[test]
fn a_private_key_does_not_leave_the_device() {
    with_own_device("a_private_key_does_not_leave_the_device", |slot| {
        let key = slot.generate("root").unwrap();
        assert!(slot.is_sealed(&key));
    });
}

#[test]
fn a_signature_by_another_key_of_the_slot_is_refused_and_the_next_one_is_not() {
    with_own_device(
        "a_signature_by_another_key_of_the_slot_is_refused_and_the_next_one_is_not",
        |slot| {
            let scene = Scene::new(slot);
            let open = scene.presentation("crm.acme.com", NOW);
            let sign = |key| scene.service.sign(key, &open.to_sign()).unwrap();
            let error = open.signed(&sign(&scene.root)).unwrap_err();
            assert!(matches!(error, WrongSignature { key, .. } if *key == scene.planner.public));
            open.signed(&sign(&scene.planner)).unwrap();
        },
    );
}

#[test]
fn presentations_are_signed_without_asking_and_delegations_are_not() {
    with_own_device("presentations_are_signed_without_asking_and_delegations_are_not", |slot| {
        let mut scene = Scene::new(slot);
        let signs =
            |scene: &Scene, asked: &ToSign<'_>| scene.service.sign(&scene.planner, asked).is_ok();
        assert!(signs(&scene, &scene.presentation("crm.acme.com", NOW).to_sign()));
        // Neither for later nor for elsewhere.
        let later = scene.presentation("crm.acme.com", NOW + Duration::hours(1));
        assert!(!signs(&scene, &later.to_sign()));
        assert!(!signs(&scene, &scene.presentation("evil.example", NOW).to_sign()));

        let researcher = scene.service.slot.generate("researcher").unwrap();
        let to = |lifetime| {
            let grant = grant("researcher", researcher.public, lifetime);
            scene.token.prepare_delegation(scene.planner.public, grant, NOW).unwrap()
        };
        let (minutes, hours) = (to(Duration::minutes(15)), to(Duration::hours(8)));
        assert!(!signs(&scene, &minutes.to_sign()));
        scene.service.confirm(&minutes);
        assert!(signs(&scene, &minutes.to_sign()));
        assert!(!signs(&scene, &hours.to_sign()));
    });
}
