//! A verifier with a cache decides like one without: the same verdict, reasons and report, whatever
//! was decided before.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::chains::prefix;
use crate::random::{Case, NOW, case};
use crate::source::Source;
use deputize::testing::RawToken;
use deputize::{
    ChainCache, Decision, HopId, MemoryReplayGuard, Presentation, Principal, ReplayPolicy, Report,
    RevocationPolicy, RevocationSource, RevocationStatus, Signer, SigningKey, TrustAnchor,
    Verifier,
};
use time::{Duration, OffsetDateTime};

const SEQUENCES: u64 = 24;
const STEPS: usize = 250;

#[derive(Default, Clone)]
struct Revoked(Arc<Mutex<HashSet<HopId>>>);

impl RevocationSource for Revoked {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        let is_revoked = self.0.lock().unwrap().contains(hop);
        if is_revoked { RevocationStatus::Revoked } else { RevocationStatus::Good }
    }
}

/// Verifiers with different anchors and settings, which share a cache.
fn verifiers(revoked: &Revoked, case: &Case) -> Vec<Verifier> {
    let root = case.keys[0].public_key();
    let stranger = SigningKey::from_bytes(&[77; 32]).public_key();
    let pin = Principal::agent("time", stranger).unwrap();
    let anchors = [
        TrustAnchor::new(root, "alice"),
        // An owner for whom the same key may not speak, and an owner with another key.
        TrustAnchor::new(root, "bob"),
        TrustAnchor::new(stranger, "alice"),
        TrustAnchor::new(root, "alice").with_pinned(pin),
    ];
    let verifier = |anchor: TrustAnchor| {
        let revocation = RevocationPolicy::checked_with(revoked.clone());
        Verifier::new(
            anchor,
            revocation,
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(40)),
        )
    };
    let mut all: Vec<_> = anchors.into_iter().map(verifier).collect();
    all.push(all[0].clone().with_max_hops(1));
    all.push(all[0].clone().with_max_token_bytes(1_000));
    all
}

/// Bytes of a presentation: an honest one, the same chain presented anew, cut back, or altered.
fn shown(source: &mut Source, cases: &[Case], case: &Case) -> Vec<u8> {
    let holder = &case.keys[case.chain.len()];
    let present = |held: RawToken, key: &SigningKey, source: &mut Source| {
        let nonce = [source.below(256) as u8; 16];
        held.present(key, &case.request, NOW, Duration::seconds(30), nonce)
    };
    match source.below(10) {
        0..=1 => case.presentation.as_bytes().to_vec(),
        2..=5 => present(case.held.clone(), holder, source).to_bytes(),
        6 => prefix(case, 1 + source.below(case.chain.len())).as_bytes().to_vec(),
        // Presented with another key than the holder's.
        7 => present(case.held.clone(), &case.keys[0], source).to_bytes(),
        8 => {
            let mut bytes = case.presentation.as_bytes().to_vec();
            let at = source.below(bytes.len());
            bytes[at] ^= 1 << source.below(8);
            bytes
        }
        // One block from another chain, or one field of a block.
        _ => {
            let mut raw = present(case.held.clone(), holder, source);
            let other = &cases[source.below(cases.len())].held;
            let (at, from) = (source.below(raw.blocks.len()), source.below(other.blocks.len()));
            let (own, other) = (&mut raw.blocks[at], other.blocks[from].clone());
            match source.below(5) {
                0 => *own = other,
                1 => own.content = other.content,
                2 => own.signature = other.signature,
                3 => own.next_key = other.next_key,
                _ => own.version = 0,
            }
            raw.to_bytes()
        }
    }
}

fn report(decision: &Decision) -> String {
    serde_json::to_string(&Report::of(decision)).unwrap()
}

#[test]
fn decisions_are_the_same_with_and_without_a_cache() {
    let (mut allowed, mut hits, mut misses) = (0, 0, 0);
    for sequence in 0..SEQUENCES {
        let mut source = Source(sequence + 9_000_000);
        let cases: Vec<_> = (0..12).map(|_| case(&mut source)).collect();
        let revoked = Revoked::default();
        // Mostly with too little room, so that evicted chains are inserted again.
        let cache = ChainCache::new(source.pick(&[1, 4, 100]));
        let plain = verifiers(&revoked, &cases[0]);
        // Each verifier has its own guard, or one would refuse what the other has seen.
        let cached = verifiers(&revoked, &cases[0]).into_iter();
        let cached: Vec<_> = cached.map(|verifier| verifier.with_cache(cache.clone())).collect();
        for step in 0..STEPS {
            let at = if source.chance(60) { 0 } else { source.below(plain.len()) };
            let now = NOW + clock(&mut source);
            let case = &cases[source.below(cases.len())];
            let other = &cases[source.below(cases.len())];
            let request = if source.chance(90) { &case.request } else { &other.request };
            let bytes = shown(&mut source, &cases, case);
            let Ok(presentation) = Presentation::from_bytes(bytes) else { continue };
            if source.chance(10) {
                revoke_or_restore(&mut source, &revoked, &plain[0], &presentation, now);
            }
            let [one, other] = [&plain[at], &cached[at]]
                .map(|verifier| verifier.decide(presentation.clone(), request.clone(), now));
            assert_eq!(report(&one), report(&other), "sequence {sequence}, step {step}");
            allowed += usize::from(one.is_allowed());
        }
        hits += cache.hits();
        misses += cache.misses();
    }
    println!("{allowed} allowed, {hits} times known, {misses} times not");
    assert!(allowed > 100, "only {allowed} calls were allowed");
    assert!(hits > 500 && misses > 500, "{hits} times known, {misses} times not");
}

/// Mostly the present; sometimes the past, the future, or the second in which most hops expire.
fn clock(source: &mut Source) -> Duration {
    let seconds = [0, 0, 0, 0, 20, -20, 31, 3_600, -3_600, 100_000];
    Duration::seconds(source.pick(&seconds))
}

fn revoke_or_restore(
    source: &mut Source,
    revoked: &Revoked,
    verifier: &Verifier,
    presentation: &Presentation,
    now: OffsetDateTime,
) {
    let mut ids = revoked.0.lock().unwrap();
    if source.chance(50) {
        ids.clear();
        return;
    }
    drop(ids);
    let Ok(chain) = verifier.verify(presentation.clone(), now) else { return };
    let hops: Vec<_> = chain.hops().iter().map(deputize::Hop::id).collect();
    revoked.0.lock().unwrap().insert(source.pick(&hops));
}
