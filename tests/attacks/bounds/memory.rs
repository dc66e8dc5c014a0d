//! Memory: a token makes a verifier allocate at most 64 times the longest text that it accepts, and
//! a cache keeps at most 64 KiB for each chain of its capacity. The counts are per thread, so tests
//! may run side by side.

use crate::common::{
    NONCE, WINDOW, agent, alice, anchor, crm_request, key, mint, now, planner, present, request,
    shown, thief, verifier,
};
use deputize::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES, MAX_HOPS, MAX_TOKEN_BYTES};
use deputize::testing::{RawBlock, RawToken};
use deputize::{
    Capability, ChainCache, Constraint, Grant, OperationPattern, Presentation, ReplayPolicy,
    RevocationPolicy, Signer, Verifier,
};
use time::Duration;

const FACTOR: usize = 64;

/// A chain of `hops` hops, each with this many copies of a capability, presented for a call that
/// the last hop refuses.
fn chain(hops: usize, capabilities: usize, own: &Capability) -> RawToken {
    let key = |hop: usize| key(hop as u8 + 1);
    let chain = (0..hops).fold(None, |chain: Option<RawToken>, hop| {
        let to = agent("next", &key(hop + 1));
        let all = vec![own.clone(); capabilities];
        let grant = Grant::new(to, all, now() + Duration::HOUR, "why").unwrap().with_max_hops(31);
        Some(match chain {
            None => mint(grant),
            Some(chain) => chain.delegate(&key(hop), grant, now()),
        })
    });
    let request = crm_request("crm.read", "accounts/42", "{}");
    chain.unwrap().present(&key(hops), &request, now(), WINDOW, NONCE)
}

/// A chain with as many capabilities as fit into a text of this many bytes.
fn fullest(hops: usize, text: usize, own: &Capability) -> RawToken {
    let fits = |raw: &RawToken| {
        raw.to_text().len() <= text && raw.blocks.iter().all(|b| !b.content.is_empty())
    };
    // One fits: bisect.
    let (mut most, mut too_many) = (1, 65);
    while too_many - most > 1 {
        let middle = usize::midpoint(most, too_many);
        if fits(&chain(hops, middle, own)) { most = middle } else { too_many = middle }
    }
    chain(hops, most, own)
}

fn tokens(hops: usize, text: usize) -> Vec<(&'static str, RawToken)> {
    let plain = || Capability::new("crm.read", "**").unwrap();
    let arg = |limit: Constraint| plain().with_arg("a", [limit]).unwrap();
    let any = (0..16).fold(plain(), |own, i| own.with_arg(format!("a{i:02}"), []).unwrap());
    let everything = Capability::new("*", "**").unwrap();
    let resource = vec!["r".repeat(63); 60].join("/");
    let blocks = |count: usize| {
        let raw = chain(1, 1, &plain());
        let block = RawBlock {
            content: vec![],
            signature: vec![],
            next_key: vec![],
            ..raw.blocks[0].clone()
        };
        RawToken { blocks: vec![block; count], ..raw }
    };
    let mut tokens = vec![
        ("blocks of nothing", blocks(text / 4 * 3 / 16)),
        (
            "one text again and again",
            fullest(hops, text, &arg(Constraint::equals(vec!["x".repeat(4_000); 15]))),
        ),
        (
            "one resource again and again",
            fullest(hops, text, &Capability::new("crm.read", &resource).unwrap()),
        ),
    ];
    for (what, own) in [
        ("capabilities", plain()),
        ("capabilities with a limit", arg(Constraint::max(1))),
        ("arguments that may be anything", any),
        // The shortest to encode and the largest in memory: a tree node for one name.
        ("one argument that may be anything", everything.with_arg("read", []).unwrap()),
        ("lists of integers", arg(Constraint::one_of(0..250))),
        ("lists of texts", arg(Constraint::none_of((0..250).map(|i| i.to_string())))),
        ("equal integers", arg(Constraint::equals(vec![1; 250]))),
    ] {
        tokens.push((what, fullest(1, text, &own)));
    }
    tokens
}

/// The peak of allocated bytes, from the received text to the decision.
fn peak(verifier: &Verifier, text: &str) -> usize {
    let request = crm_request("crm.read", "elsewhere", "{}");
    let allocated = allocation_counter::measure(|| {
        let presentation = Presentation::parse(text).unwrap();
        assert!(!verifier.decide(presentation, request, now()).is_allowed());
    });
    allocated.bytes_max as usize
}

/// The bytes that a cache for `chains` chains keeps for this one; `None` if the chain does not fit.
fn kept(verifier: &Verifier, text: &str, chains: usize) -> Option<usize> {
    let request = crm_request("crm.read", "elsewhere", "{}");
    let mut cache = None;
    let allocated = allocation_counter::measure(|| {
        let own = cache.insert(ChainCache::new(chains)).clone();
        let presentation = Presentation::parse(text).unwrap();
        let decision = verifier.clone().with_cache(own).decide(presentation, request, now());
        assert!(!decision.is_allowed());
    });
    (!cache.unwrap().is_empty()).then_some(allocated.bytes_current as usize)
}

/// Checks that the smallest cache that keeps the chain stays within its size.
fn require_room(verifier: &Verifier, text: &str, what: &str) {
    const ROOM: usize = 64 * 1024;
    let least = (1..100).find_map(|chains| Some((chains, kept(verifier, text, chains)?)));
    let (chains, found) = least.unwrap();
    println!("{what}: {found} kept of {} in {chains} rooms, {}×", text.len(), found / text.len());
    assert!(found <= chains * ROOM, "{what}: {found} bytes in {chains} rooms");
}

#[test]
fn a_verifier_allocates_at_most_64_times_the_longest_text() {
    assert_eq!(alice().public_key(), key(1).public_key(), "the owner of each chain");
    for (hops, most) in [(MAX_HOPS, MAX_TOKEN_BYTES), (HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES)] {
        let verifier = verifier().with_max_hops(hops).with_max_token_bytes(most);
        for (what, raw) in tokens(hops, most) {
            let text = raw.to_text();
            assert!(text.len() <= most, "{what}: {}", text.len());
            let found = peak(&verifier, &text);
            println!(
                "{what}: {found} for {} ({}×), at most {}",
                text.len(),
                found / text.len(),
                FACTOR * most
            );
            assert!(found <= FACTOR * most, "{what}: {found} bytes, at most {}", FACTOR * most);
            if what != "blocks of nothing" && most == MAX_TOKEN_BYTES {
                require_room(&verifier, &text, what);
            }
        }
    }
}

fn ordinary(hops: usize) -> String {
    let plain = Capability::new("crm.read", "accounts/**").unwrap();
    let limits = [Constraint::max(9), Constraint::min(0)];
    let limited = plain.with_optional_arg("limit", limits).unwrap();
    chain(hops, 1, &limited).to_text()
}

/// As the documentation of [`ChainCache::new`] says.
#[test]
fn an_ordinary_chain_is_kept_in_few_bytes() {
    for (hops, rooms, most) in [(1, 1, 4_200), (2, 1, 7_000), (8, 4, 22_000)] {
        let text = ordinary(hops);
        let found = kept(&verifier(), &text, rooms).unwrap();
        println!("{hops} hops: {found} bytes");
        assert!(found <= most && found > most / 2, "{hops} hops: {found} bytes");
        assert!(rooms == 1 || kept(&verifier(), &text, rooms - 1).is_none(), "{hops} hops");
    }
    let empty = kept(&verifier(), &ordinary(1), 100_000).unwrap();
    assert!(empty < 8_000, "room for 100,000 takes {empty} bytes before they come");
}

/// Allocations, which cost about as much as reading, from the received text to the decision.
#[test]
fn the_allocations_of_a_decision_are_counted() {
    let count = |hops: usize, verifier: &Verifier| {
        let text = ordinary(hops);
        let request = crm_request("crm.read", "accounts/42", "{}");
        let decide = || {
            let presentation = Presentation::parse(&text).unwrap();
            assert!(verifier.decide(presentation, request.clone(), now()).is_allowed());
        };
        decide();
        allocation_counter::measure(decide).count_total
    };
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    let cold = Verifier::new(
        anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        replays,
    );
    let cached = cold.clone().with_cache(ChainCache::new(100));
    let counts = [1, 8].map(|hops| (count(hops, &cold), count(hops, &cached)));
    assert_eq!(counts, [(42, 15), (156, 19)], "(cold, cached) for one hop and for eight");
}

/// Anyone who has a token's bytes can send them without its holder's key. The verifier then does
/// not read its content again, however expensive that would be.
#[test]
fn a_cached_chain_that_a_thief_presents_takes_little_memory() {
    let resource = vec!["r".repeat(14); 60].join("/");
    let dear = Capability::new("*", &resource).unwrap();
    let delegates = (0..=250).map(|n| key(n).public_key());
    let grant =
        Grant::new(agent("planner", &planner()), vec![dear; 60], now() + Duration::HOUR, "a test");
    let held = mint(grant.unwrap().with_allowed_delegates(delegates).unwrap());
    let verifier = verifier().with_cache(ChainCache::new(100));
    let taken = |closer| {
        let presentation = shown(&present(held.clone(), closer));
        let call = request();
        allocation_counter::measure(|| {
            let _ = verifier.decide(presentation, call, now());
        })
        .bytes_total
    };
    let (cold, known, stolen) = (taken(&planner()), taken(&planner()), taken(&thief()));
    assert!(known * 10 < cold && stolen < known * 3, "{cold}, then {known}, stolen {stolen} bytes");
}
