//! The participants, the tokens that they made, and the meaning of each block that they signed.

use deputize::testing::{RawBlock, RawProof, RawToken};
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
    /// The keys of the agents that sign on request.
    holders: Vec<SigningKey>,
    /// All public keys, and some that belong to nobody.
    pub(super) keys: Vec<Vec<u8>>,
    /// The tokens that the attacker received or copied.
    pub(super) tokens: Vec<RawToken>,
    pub(super) requests: Vec<Request>,
    /// The grants that a holder gives to the attacker on request.
    pub(super) grants: Vec<Grant>,
    /// The signed blocks of the tokens.
    pub(super) signed: Ledger,
}

/// Every signed block, with its position.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Vec<(Vec<RawBlock>, Meaning)>);

/// The meaning of a block to its signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Hop(Box<Grant>),
    /// The digest of the request.
    Call([u8; 32]),
}

impl Ledger {
    /// Records the meaning of the last block, at its position after the blocks before it.
    pub(super) fn note(&mut self, raw: &RawToken, meant: Meaning) {
        self.0.push((raw.blocks.clone(), meant));
    }

    /// Returns the meaning of the last block, if it was signed at this position, after the blocks
    /// before it.
    ///
    /// Blocks are compared by the content that the signer saw. If it got a block with another
    /// signature version, for example, that is later restored, the meaning does not change.
    pub(super) fn find(&self, blocks: &[RawBlock]) -> Option<&Meaning> {
        self.0
            .iter()
            .find(|(own, _)| own.iter().map(words).eq(blocks.iter().map(words)))
            .map(|(_, meant)| meant)
    }

    fn mint(&mut self, name: &str, owner: &SigningKey, grant: &Grant, id: u8) -> RawToken {
        let name = Owner::human(name).unwrap();
        let raw = RawToken::mint(name, owner, grant.clone(), NOW, [id; 16]);
        self.note(&raw, Meaning::Hop(Box::new(grant.clone())));
        raw
    }

    /// A hop by software that signs after any blocks.
    pub(super) fn delegate(
        &mut self,
        raw: &RawToken,
        signer: &SigningKey,
        grant: &Grant,
    ) -> RawToken {
        let longer = raw.clone().delegate(signer, grant.clone(), NOW);
        self.note(&longer, Meaning::Hop(Box::new(grant.clone())));
        longer
    }

    /// A presentation by software that signs after any blocks.
    pub(super) fn present(
        &mut self,
        raw: &RawToken,
        signer: &SigningKey,
        request: &Request,
        nonce: u8,
    ) -> RawToken {
        let window = Duration::seconds(30);
        let closed = raw.clone().present(signer, request, NOW, window, [nonce; 16]);
        self.note(&closed, Meaning::Call(request.digest()));
        closed
    }
}

/// The content of a block and the key that it names, which an id covers.
fn words(block: &RawBlock) -> (u64, &[u8], &[u8]) {
    (block.algorithm, &block.next_key, &block.content)
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
        let requests = vec![
            request("a/b", 1),
            request("a/b", 10),
            request("a/x", 1),
            request("z", 100),
            request("z/b", 1),
        ];
        let mut signed = Ledger::default();
        let wide = signed.mint("alice", &alice, &grant(&planner, "**", 100, 5), 1);
        let narrow = signed.delegate(&wide, &planner, &grant(&mallory, "a/**", 10, 3));
        let own = signed.mint("alice", &alice, &grant(&mallory, "a/**", 10, 3), 2);
        let back = signed.delegate(&own, &mallory, &grant(&planner, "a/**", 10, 2));
        let back = signed.delegate(&back, &planner, &grant(&other, "a/b", 1, 1));
        let stolen = signed.delegate(&wide, &planner, &grant(&sub, "a/*", 10, 0));
        let stolen = signed.present(&stolen, &sub, &requests[1], 5);
        let bobs = signed.mint("bob", &bob, &grant(&mallory, "a/**", 100, 3), 3);
        let shared = signed.mint("bob", &bob, &grant(&planner, "**", 100, 3), 4);
        let shared = signed.delegate(&shared, &planner, &grant(&mallory, "a/**", 10, 1));
        let shown = signed.present(&own, &mallory, &requests[0], 6);
        // Two tokens of the same shape for a holder: one by an owner, one by the attacker.
        let real = signed.mint("alice", &alice, &grant(&planner, "z/**", 100, 3), 7);
        let mine = signed.mint("mallory", &mallory, &grant(&planner, "a/**", 100, 3), 7);
        let further = signed.delegate(&own, &mallory, &grant(&planner, "a/*", 10, 2));
        let RawProof::NextSecret(secret) = &shown.proof else { panic!("not presented") };
        let terminal = SigningKey::from_bytes(secret.as_slice().try_into().unwrap());
        let mut keys: Vec<_> = [&alice, &bob, &planner, &sub, &mallory, &other, &alone, &terminal]
            .iter()
            .map(|key| key.public_key().to_bytes().to_vec())
            .collect();
        // Of small order, beyond the field, too short, too long.
        let one = [&[1][..], &[0; 31]].concat();
        let beyond = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
        keys.extend([vec![0; 32], one, beyond, vec![7; 31], vec![7; 33]]);
        let grants = vec![
            grant(&mallory, "a/**", 10, 1),
            grant(&mallory, "a/b", 1, 0),
            grant(&other, "**", 100, 2),
        ];
        Self {
            alice: alice.public_key(),
            bob: bob.public_key(),
            known: vec![mallory, other, alone, terminal],
            holders: vec![planner, sub],
            keys,
            signed,
            requests,
            grants,
            tokens: vec![wide, narrow, own, back, stolen, bobs, shared, shown, real, mine, further],
        }
    }

    /// Returns true if the attacker can sign with this key.
    pub(super) fn is_known(&self, key: &[u8]) -> bool {
        self.signer(key).is_some()
    }

    pub(super) fn signer(&self, key: &[u8]) -> Option<&SigningKey> {
        self.known.iter().find(|own| own.public_key().to_bytes() == key)
    }

    /// The key of a holder that signs for the attacker only on request.
    pub(super) fn holder(&self, key: &[u8]) -> Option<&SigningKey> {
        self.holders.iter().find(|own| own.public_key().to_bytes() == key)
    }
}
