//! The cache of a verifier: what it keeps, and that it never changes a decision.

use std::thread;

use crate::common::{
    alice, anchor, grant, held, mint, now, owner, planner, present, present_for, presented,
    reading, refused, request, researcher, shown, thief,
};
use deputize::testing::RawToken;
use deputize::{
    ChainCache, Decision, DenyCode, OperationPattern, ReplayPolicy, Request, RevocationPolicy,
    Signer, TrustAnchor, Verifier,
};
use time::Duration;

fn knowing(cache: &ChainCache) -> Verifier {
    Verifier::new(
        anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
    .with_cache(cache.clone())
}

fn decided(verifier: &Verifier, chain: &RawToken) -> Decision {
    verifier.decide(shown(chain), request(), now())
}

/// What was found, and what was not.
fn looks(cache: &ChainCache) -> (u64, u64) {
    (cache.hits(), cache.misses())
}

/// A chain of one hop that nobody else has.
fn chain(number: u64) -> RawToken {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    let grant = grant("planner", &planner(), reading("**", 9), Duration::hours(1));
    present(RawToken::mint(owner(), &alice(), grant, now(), id), &planner())
}

#[test]
fn each_further_presentation_of_a_token_finds_its_chain() {
    let cache = ChainCache::new(10);
    assert!(cache.is_empty());
    let verifier = knowing(&cache);
    assert!(decided(&verifier, &presented()).is_allowed());
    assert_eq!((cache.len(), looks(&cache)), (1, (0, 1)));
    let other = Request::new("crm.read", "accounts/emea/7", "crm.acme.com").unwrap();
    let other = other.with_args(r#"{"limit": 1}"#).unwrap();
    let again = present_for(held(), &researcher(), &other);
    assert!(verifier.decide(shown(&again), other, now()).is_allowed());
    assert_eq!((cache.len(), looks(&cache)), (1, (1, 1)));
    assert_eq!(format!("{cache:?}"), "ChainCache(1 chains)");
}

#[test]
fn a_stranger_puts_nothing_there() {
    let cache = ChainCache::new(10);
    let verifier = knowing(&cache);
    // Another chain, presented with a key that is not its holder's.
    refused(decided(&verifier, &present(held(), &thief())), [(Some(2), DenyCode::NotTheHolder)]);
    // A chain of its own, and one whose signature it altered.
    let own = grant("thief", &thief(), reading("**", 9), Duration::hours(1));
    let own = RawToken::mint(owner(), &thief(), own, now(), [1; 16]);
    assert!(!decided(&verifier, &present(own, &thief())).is_allowed());
    let mut altered = presented();
    altered.blocks[1].signature[3] ^= 1;
    assert!(!decided(&verifier, &altered).is_allowed());
    assert!(cache.is_empty());
}

#[test]
fn a_cached_chain_is_presented_by_its_holder_alone() {
    let cache = ChainCache::new(10);
    let verifier = knowing(&cache);
    assert!(decided(&verifier, &presented()).is_allowed());
    refused(decided(&verifier, &present(held(), &planner())), [(Some(2), DenyCode::NotTheHolder)]);
    assert_eq!(looks(&cache), (0, 1), "who is not the holder has asked for nothing");
}

#[test]
fn verifiers_that_share_a_cache_do_not_share_trust() {
    let cache = ChainCache::new(10);
    assert!(decided(&knowing(&cache), &presented()).is_allowed());
    let with = |anchor| {
        Verifier::new(
            anchor,
            RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
            ReplayPolicy::accepted_for([OperationPattern::Any]),
        )
        .with_cache(cache.clone())
    };
    let other = TrustAnchor::new(thief().public_key(), "alice@acme.com");
    refused(decided(&with(other), &presented()), [(None, DenyCode::UntrustedRoot)]);
    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    assert!(!decided(&with(bob), &presented()).is_allowed());
    refused(
        decided(&knowing(&cache).with_max_hops(1), &presented()),
        [(None, DenyCode::ChainTooLong)],
    );
}

/// How often chains in use are found, of how many times they are looked for, while `others` come by
/// between one round and the next.
fn found(cache: &ChainCache, used: u64, rounds: u64, others: impl Fn(u64)) -> (u64, u64) {
    let verifier = knowing(cache);
    let hot: Vec<_> = (0..used).map(chain).collect();
    let mut found = 0;
    for round in 1..=rounds {
        for own in &hot {
            let before = cache.hits();
            assert!(decided(&verifier, own).is_allowed());
            found += cache.hits() - before;
        }
        others(round);
    }
    (found, rounds * used)
}

/// Twenty chains are in use while many thousands come by once each.
#[test]
fn chains_that_come_once_do_not_drive_out_those_in_use() {
    let cache = ChainCache::new(200);
    let (found, sought) = found(&cache, 20, 300, |round| {
        for once in 0..20 {
            assert!(decided(&knowing(&cache), &chain(round * 1_000 + once)).is_allowed());
        }
        assert!(cache.len() <= 200, "{} chains", cache.len());
    });
    // The first round finds none.
    assert!(found > sought * 95 / 100, "found {found} of {sought}");
}

/// Holders present chains once each, and a thief who saw them presents them again with its own key.
#[test]
fn presentations_of_a_thief_do_not_evict_other_chains() {
    let cache = ChainCache::new(60);
    let verifier = knowing(&cache);
    let (found, sought) = found(&cache, 45, 40, |round| {
        for once in 0..20 {
            let once = chain(round * 1_000 + once);
            assert!(decided(&verifier, &once).is_allowed());
            let mut stolen = once;
            stolen.sign(1, &thief());
            for _ in 0..3 {
                refused(decided(&verifier, &stolen), [(Some(1), DenyCode::NotTheHolder)]);
            }
        }
    });
    assert!(found > sought * 95 / 100, "found {found} of {sought}");
}

/// The strings of a cached chain count as declared, as those of one that was just read do.
#[test]
fn a_presentation_that_declares_a_string_again() {
    let asking_at = |service| {
        let grant = grant("planner", &planner(), reading("**", 9), Duration::hours(1));
        present(mint(grant.with_audience([service]).unwrap()), &planner())
    };
    let (honest, other) = (asking_at("crm.acme.com"), asking_at("crx.acme.com"));
    let mut again = honest.clone();
    again.blocks[1].content = other.blocks[1].content.clone();
    again.resign(1, &planner());
    assert!(again.blocks[1].content.len() > honest.blocks[1].content.len());
    let cache = ChainCache::new(10);
    for _ in 0..2 {
        refused(decided(&knowing(&cache), &again), [(Some(1), DenyCode::NotCanonical)]);
    }
    assert_eq!(looks(&cache), (1, 1));
    assert!(decided(&knowing(&cache), &honest).is_allowed());
}

#[test]
fn a_chain_larger_than_the_cache_is_verified_every_time() {
    let cache = ChainCache::new(0);
    let verifier = knowing(&cache);
    for _ in 0..3 {
        assert!(decided(&verifier, &presented()).is_allowed());
    }
    assert!(cache.is_empty());
}

#[test]
fn any_number_is_a_size() {
    for chains in [1, 31, 1 << 20, 1 << 40, usize::MAX / 2, usize::MAX] {
        let cache = ChainCache::new(chains);
        assert!(decided(&knowing(&cache), &presented()).is_allowed());
        assert_eq!(cache.len(), 1, "room for {chains}");
    }
}

#[test]
fn threads_share_a_cache() {
    let cache = ChainCache::new(1_000);
    let verifier = knowing(&cache);
    let chains: Vec<_> = (0..30).map(chain).collect();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for own in chains.iter().cycle().take(120) {
                    assert!(decided(&verifier, own).is_allowed());
                }
            });
        }
    });
    assert_eq!(cache.len(), 30);
    let (hits, misses) = looks(&cache);
    assert!(hits + misses == 480 && misses <= 120, "{hits} hits, {misses} misses");
}
