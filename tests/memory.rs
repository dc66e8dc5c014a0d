//! What a token can make a verifier allocate: never more than 64 times the longest text that it
//! accepts, whatever the token.
//!
//! One test, so that nothing else runs beside it in this process.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop"
)]

mod common;

use common::{NONCE, WINDOW, agent, alice, asking, key, mint, now, verifier};
use deputize::forge::{Forge, ForgedBlock};
use deputize::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES, MAX_HOPS, MAX_TOKEN_BYTES};
use deputize::{Capability, Constraint, Grant, Presentation, Signer, Verifier};
use peak_alloc::PeakAlloc;
use time::Duration;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const FACTOR: usize = 64;

/// A chain of so many hops, each with so many of these capabilities, presented for a call that the
/// last one refuses.
fn chain(hops: usize, capabilities: usize, own: &Capability) -> Forge {
    let key = |hop: usize| key(hop as u8 + 1);
    let chain = (0..hops).fold(None, |chain: Option<Forge>, hop| {
        let to = agent("next", &key(hop + 1));
        let all = vec![own.clone(); capabilities];
        let grant = Grant::new(to, all, now() + Duration::HOUR, "why").unwrap().with_max_hops(31);
        Some(match chain {
            None => mint(grant),
            Some(chain) => chain.delegate(&key(hop), grant, now()),
        })
    });
    let request = asking("crm.read", "accounts/42", "{}");
    chain.unwrap().present(&key(hops), &request, now(), WINDOW, NONCE)
}

/// As many capabilities as there is room for in a text of so many bytes.
fn fullest(hops: usize, text: usize, own: &Capability) -> Forge {
    let fits = |forge: &Forge| {
        forge.to_text().len() <= text && forge.blocks.iter().all(|b| !b.content.is_empty())
    };
    // One fits; halve what is between.
    let (mut most, mut too_many) = (1, 65);
    while too_many - most > 1 {
        let middle = usize::midpoint(most, too_many);
        if fits(&chain(hops, middle, own)) { most = middle } else { too_many = middle }
    }
    chain(hops, most, own)
}

fn tokens(hops: usize, text: usize) -> Vec<(&'static str, Forge)> {
    let plain = || Capability::new("crm.read", "**").unwrap();
    let arg = |limit: Constraint| plain().with_arg("a", [limit]).unwrap();
    let any = (0..16).fold(plain(), |own, i| own.with_arg(format!("a{i:02}"), []).unwrap());
    let resource = vec!["r".repeat(63); 60].join("/");
    let blocks = |count: usize| {
        let forge = chain(1, 1, &plain());
        let block = ForgedBlock {
            content: vec![],
            signature: vec![],
            next_key: vec![],
            ..forge.blocks[0].clone()
        };
        Forge { blocks: vec![block; count], ..forge }
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
        ("lists of integers", arg(Constraint::one_of(0..250))),
        ("lists of texts", arg(Constraint::none_of((0..250).map(|i| i.to_string())))),
        ("equal integers", arg(Constraint::equals(vec![1; 250]))),
    ] {
        tokens.push((what, fullest(1, text, &own)));
    }
    tokens
}

/// Most bytes at once, from the text that arrives to the decision.
fn peak(verifier: &Verifier, text: &str) -> usize {
    let request = asking("crm.read", "elsewhere", "{}");
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let presentation = Presentation::parse(text).unwrap();
    let decision = verifier.decide(presentation, request, now());
    let peak = ALLOCATOR.peak_usage() - before;
    assert!(!decision.is_allowed());
    peak
}

#[test]
fn a_verifier_allocates_so_many_times_the_longest_text() {
    assert_eq!(alice().public_key(), key(1).public_key(), "who begins each chain");
    for (hops, most) in [(MAX_HOPS, MAX_TOKEN_BYTES), (HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES)] {
        let verifier = verifier().with_max_hops(hops).with_max_token_bytes(most);
        for (what, forge) in tokens(hops, most) {
            let text = forge.to_text();
            assert!(text.len() <= most, "{what}: {}", text.len());
            let found = peak(&verifier, &text);
            println!(
                "{what}: {found} for {} ({}×), at most {}",
                text.len(),
                found / text.len(),
                FACTOR * most
            );
            assert!(found <= FACTOR * most, "{what}: {found} bytes, at most {}", FACTOR * most);
        }
    }
}
