//! The cache of a verifier: which chains it keeps, and that it never changes a decision.

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

fn caching_verifier(cache: &ChainCache) -> Verifier {
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

/// The numbers of hits and misses.
fn lookups(cache: &ChainCache) -> (u64, u64) {
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
    let verifier = caching_verifier(&cache);
    assert!(decided(&verifier, &presented()).is_allowed());
    assert_eq!((cache.len(), lookups(&cache)), (1, (0, 1)));
    let other = Request::new("crm.read", "accounts/emea/7", "crm.acme.com").unwrap();
    let other = other.with_args(r#"{"limit": 1}"#).unwrap();
    let again = present_for(held(), &researcher(), &other);
    assert!(verifier.decide(shown(&again), other, now()).is_allowed());
    assert_eq!((cache.len(), lookups(&cache)), (1, (1, 1)));
    assert_eq!(format!("{cache:?}"), "ChainCache(1 chains)");
}

#[test]
fn an_outsider_adds_nothing() {
    let cache = ChainCache::new(10);
    let verifier = caching_verifier(&cache);
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
    let verifier = caching_verifier(&cache);
    assert!(decided(&verifier, &presented()).is_allowed());
    refused(decided(&verifier, &present(held(), &planner())), [(Some(2), DenyCode::NotTheHolder)]);
    assert_eq!(lookups(&cache), (0, 1), "a caller that is not the holder counts as no lookup");
}

#[test]
fn verifiers_that_share_a_cache_do_not_share_trust() {
    let cache = ChainCache::new(10);
    assert!(decided(&caching_verifier(&cache), &presented()).is_allowed());
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
        decided(&caching_verifier(&cache).with_max_hops(1), &presented()),
        [(None, DenyCode::ChainTooLong)],
    );
}

/// The hits, and the number of lookups, of `used` chains over `rounds`, with `others` deciding
/// about other chains after each round.
fn hits_of_used_chains(
    cache: &ChainCache,
    used: u64,
    rounds: u64,
    others: impl Fn(u64),
) -> (u64, u64) {
    let verifier = caching_verifier(cache);
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

/// Twenty chains are in use while thousands of others are presented once each.
#[test]
fn chains_that_come_once_do_not_drive_out_those_in_use() {
    let cache = ChainCache::new(200);
    let (found, sought) = hits_of_used_chains(&cache, 20, 300, |round| {
        for once in 0..20 {
            assert!(decided(&caching_verifier(&cache), &chain(round * 1_000 + once)).is_allowed());
        }
        assert!(cache.len() <= 200, "{} chains", cache.len());
    });
    // The first round finds none.
    assert!(found > sought * 95 / 100, "found {found} of {sought}");
}

/// Holders present chains once each, and a thief that saw them presents them again with its own
/// key.
#[test]
fn presentations_of_a_thief_do_not_evict_other_chains() {
    let cache = ChainCache::new(60);
    let verifier = caching_verifier(&cache);
    let (found, sought) = hits_of_used_chains(&cache, 45, 40, |round| {
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

/// The strings of a cached chain count as declared, like those of a chain that was just read.
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
        refused(decided(&caching_verifier(&cache), &again), [(Some(1), DenyCode::NotCanonical)]);
    }
    assert_eq!(lookups(&cache), (1, 1));
    assert!(decided(&caching_verifier(&cache), &honest).is_allowed());
}

#[test]
fn a_chain_larger_than_the_cache_is_verified_every_time() {
    let cache = ChainCache::new(0);
    let verifier = caching_verifier(&cache);
    for _ in 0..3 {
        assert!(decided(&verifier, &presented()).is_allowed());
    }
    assert!(cache.is_empty());
}

#[test]
fn any_number_is_a_valid_size() {
    for chains in [1, 31, 1 << 20, 1 << 40, usize::MAX / 2, usize::MAX] {
        let cache = ChainCache::new(chains);
        assert!(decided(&caching_verifier(&cache), &presented()).is_allowed());
        assert_eq!(cache.len(), 1, "room for {chains}");
    }
}

#[test]
fn threads_share_a_cache() {
    let cache = ChainCache::new(1_000);
    let verifier = caching_verifier(&cache);
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
    let (hits, misses) = lookups(&cache);
    assert!(hits + misses == 480 && misses <= 120, "{hits} hits, {misses} misses");
}
