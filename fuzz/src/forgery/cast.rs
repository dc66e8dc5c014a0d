//! Who takes part, and the tokens that they really made.

use deputize::forge::{Forge, ForgedBlock, ForgedProof};
use deputize::{
    Capability, Constraint, Grant, Owner, Principal, PublicKey, Request, Signer, SigningKey,
};
use time::Duration;

use crate::random::NOW;

pub(super) struct Cast {
    pub(super) alice: PublicKey,
    pub(super) bob: PublicKey,
    /// The keys that the attacker has: those of two agents, one made up, and the one that ends a
    /// presentation, whose secret is published.
    pub(super) known: Vec<SigningKey>,
    /// The public halves of all keys, and some that are nobody's.
    pub(super) keys: Vec<Vec<u8>>,
    /// What the attacker was given, or has seen.
    pub(super) tokens: Vec<Forge>,
    pub(super) requests: Vec<Request>,
    /// Prefixes of chains, each ending with a block that somebody really signed there.
    pub(super) signed: Vec<Vec<ForgedBlock>>,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn grant(to: &SigningKey, resource: &str, most: i64, hops: u32) -> Grant {
    let to = Principal::agent("agent", to.public_key()).unwrap();
    let own = Capability::new("crm.read", resource)
        .and_then(|own| own.with_arg("limit", [Constraint::max(most)]))
        .unwrap();
    let end = NOW + Duration::hours(1);
    Grant::new(to, [own], end, "a purpose").unwrap().with_max_hops(hops)
}

impl Cast {
    pub(super) fn new() -> Self {
        let [alice, bob, planner, sub] = [1, 2, 3, 4].map(key);
        let [mallory, other, alone] = [10, 11, 12].map(key);
        let request = |resource: &str, limit: i64| {
            let call = Request::new("crm.read", resource, "crm.acme.com").unwrap();
            call.with_args(&format!("{{\"limit\":{limit}}}")).unwrap()
        };
        let requests =
            vec![request("a/b", 1), request("a/b", 10), request("a/x", 1), request("z", 100)];
        let begin = |name: &str, owner: &SigningKey, grant: Grant, id: u8| {
            Forge::mint(Owner::human(name).unwrap(), owner, grant, NOW, [id; 16])
        };
        let window = Duration::seconds(30);
        let wide = begin("alice", &alice, grant(&planner, "**", 100, 5), 1);
        let narrow = wide.clone().delegate(&planner, grant(&mallory, "a/**", 10, 3), NOW);
        let own = begin("alice", &alice, grant(&mallory, "a/**", 10, 3), 2);
        let back = own.clone().delegate(&mallory, grant(&planner, "a/**", 10, 2), NOW).delegate(
            &planner,
            grant(&other, "a/b", 1, 1),
            NOW,
        );
        let stolen = wide.clone().delegate(&planner, grant(&sub, "a/*", 10, 0), NOW).present(
            &sub,
            &requests[1],
            NOW,
            window,
            [5; 16],
        );
        let bobs = begin("bob", &bob, grant(&mallory, "a/**", 100, 3), 3);
        let shared = begin("bob", &bob, grant(&planner, "**", 100, 3), 4).delegate(
            &planner,
            grant(&mallory, "a/**", 10, 1),
            NOW,
        );
        let shown = own.clone().present(&mallory, &requests[0], NOW, window, [6; 16]);
        let ForgedProof::NextSecret(secret) = &shown.proof else { panic!("not presented") };
        let terminal = SigningKey::from_bytes(secret.as_slice().try_into().unwrap());
        let mut keys: Vec<_> = [&alice, &bob, &planner, &sub, &mallory, &other, &alone, &terminal]
            .iter()
            .map(|key| key.public_key().to_bytes().to_vec())
            .collect();
        // Of small order, beyond the field, too short, too long.
        let one = [&[1][..], &[0; 31]].concat();
        let beyond = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
        keys.extend([vec![0; 32], one, beyond, vec![7; 31], vec![7; 33]]);
        let tokens = vec![wide, narrow, own, back, stolen, bobs, shared, shown];
        let signed = tokens.iter().flat_map(|token: &Forge| {
            (1..=token.blocks.len()).map(|end| token.blocks[..end].to_vec())
        });
        Self {
            alice: alice.public_key(),
            bob: bob.public_key(),
            known: vec![mallory, other, alone, terminal],
            keys,
            signed: signed.collect(),
            requests,
            tokens,
        }
    }

    /// Whether the attacker can sign with this key.
    pub(super) fn is_known(&self, key: &[u8]) -> bool {
        self.signer(key).is_some()
    }

    pub(super) fn signer(&self, key: &[u8]) -> Option<&SigningKey> {
        self.known.iter().find(|own| own.public_key().to_bytes() == key)
    }
}
