//! Revocation lists of a million hops: sizes, loading and deltas in multiples of one SHA-256 of the
//! same bytes, look-ups in nanoseconds, the cost of the worst lists that an issuer can sign, and
//! the cost that lists and directories add to a decision.
//!
//! `cargo bench --bench lists` prints one table, and fails where a target is missed. Times are CPU
//! times of the thread. A ratio is that of the least of some tries of both, which alternate, so it
//! is the same on a slow or busy machine.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "the table is its output, and a benchmark that cannot go on should stop"
)]

mod decisions;
#[expect(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../fixture/mod.rs"]
mod fixture;

use std::hint::black_box;
use std::process::ExitCode;

use deputize::limits::MAX_LISTED_LINES;
use deputize::{
    HopId, KeyEnd, RevocationDraft, RevocationList, Signer, SigningKey, StatementError,
};
use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

const HOPS: u64 = 1_000_000;

/// Changes of the delta.
const CHANGES: u64 = 1_000;

const LOOK_UPS: u64 = 100_000;

/// The time of a look-up, in nanoseconds: a read of the index and one of an entry.
const LOOK_UP: f64 = 100.0;

/// The same where all entries are in one bucket: a binary search, of which each step reads memory.
const SEARCH: f64 = 1_000.0;

/// Enough for one try that nothing interrupts.
const TRIES: usize = 25;

fn main() -> ExitCode {
    let mut table = Table::default();
    let spread = million(hash);
    sizes(&mut table, &spread);
    loading(&mut table, &spread);
    look_ups(&mut table, "ids that are hashes", &spread, hash, LOOK_UP);
    let prefixed = million(one_prefix);
    look_ups(&mut table, "one prefix of 8 bytes", &prefixed, one_prefix, SEARCH);
    drop(prefixed);
    deltas(&mut table, &spread);
    hostile_texts(&mut table);
    hostile_deltas(&mut table, &spread);
    decisions::with_lists(&mut table, &spread);
    decisions::with_a_directory(&mut table);
    table.verdict()
}

/// The measured figures, their targets, and the targets that were missed.
#[derive(Default)]
struct Table {
    missed: Vec<String>,
}

impl Table {
    fn row(&mut self, what: &str, found: f64, unit: &str, most: Option<f64>) {
        let target = most.map_or_else(String::new, |most| format!("≤ {most} {unit}"));
        println!("{what:<58} {found:>10.2} {unit:<14} {target}");
        if most.is_some_and(|most| found > most) {
            self.missed.push(format!("{what}: {found:.2} {unit}, {target}"));
        }
    }

    fn verdict(self) -> ExitCode {
        if self.missed.is_empty() {
            println!("\nThe least of {TRIES} tries. All targets are met.");
            return ExitCode::SUCCESS;
        }
        println!();
        self.missed.iter().for_each(|line| println!("MISSED: {line}"));
        ExitCode::FAILURE
    }
}

fn sizes(table: &mut Table, list: &RevocationList) {
    let bytes = list.as_bytes().to_vec();
    table.row("file of a million hops", bytes.len() as f64 / 1e6, "MB", Some(24.0));
    let mut kept = None;
    let own = allocation_counter::measure(|| {
        kept = Some(RevocationList::parse(list.as_bytes()).unwrap());
    });
    let held = own.bytes_current as f64 / HOPS as f64;
    table.row("memory of the list, for each hop", held, "bytes", Some(32.0));
    let peak = own.bytes_max as f64 / bytes.len() as f64;
    table.row("the most memory while it is read", peak, "× the file", Some(1.5));
}

fn loading(table: &mut Table, list: &RevocationList) {
    let bytes = list.as_bytes();
    let (read, yard) = alternating(
        || bytes.to_vec(),
        |file| RevocationList::parse(file).unwrap(),
        || Sha256::digest(black_box(bytes)),
    );
    table.row("SHA-256 of the file", yard / 1e6, "ms", None);
    table.row("read and check", read / yard, "× SHA-256", Some(8.0));
}

fn look_ups(table: &mut Table, what: &str, list: &RevocationList, id: fn(u64) -> HopId, most: f64) {
    // In an order that no cache foresees.
    let ids = |from: u64| -> Vec<HopId> {
        (0..LOOK_UPS).map(|n| id(from + n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % HOPS)).collect()
    };
    for (word, ids, found) in [("hit", ids(0), LOOK_UPS), ("miss", ids(HOPS), 0)] {
        let count = || ids.iter().filter(|id| list.hop(id).is_some()).count();
        assert_eq!(count() as u64, found);
        let took = (0..TRIES).map(|_| cpu(count).0).fold(f64::MAX, f64::min);
        let what = format!("look-up of a hop, {what}: {word}");
        table.row(&what, took / LOOK_UPS as f64, "ns", Some(most));
        let allocated = allocation_counter::measure(|| {
            black_box(count());
        });
        assert_eq!(allocated.count_total, 0, "a look-up copies nothing");
    }
}

fn deltas(table: &mut Table, base: &RevocationList) {
    let mut draft = RevocationDraft::after(base);
    for n in 0..CHANGES / 2 {
        assert!(draft.restore_hop(&hash(n * (HOPS / CHANGES))));
        assert!(draft.revoke_hop_id(&hash(HOPS + n), now()));
    }
    let result = sign(&draft, 1);
    let delta = result.delta_from(base);
    assert_eq!(base.apply(&delta).unwrap(), result);
    let body = &result.as_bytes()[result.note().len()..];
    let (took, yard) =
        alternating(|| (), |()| base.apply(&delta).unwrap(), || Sha256::digest(black_box(body)));
    table.row("delta of 1,000 changes", delta.len() as f64 / 1e3, "kB", None);
    table.row("SHA-256 of the body", yard / 1e6, "ms", None);
    table.row("apply the delta", took / yard, "× SHA-256", Some(3.0));
    let (took, yard) =
        alternating(|| (), |()| result.delta_from(base), || Sha256::digest(black_box(body)));
    table.row("write the delta", took / yard, "× SHA-256", None);
    let (took, yard) = alternating(|| (), |()| sign(&draft, 1), || Sha256::digest(black_box(body)));
    table.row("sign the list after it", took / yard, "× SHA-256", None);
}

/// The longest texts that an issuer can sign, which cost most for their length.
fn hostile_texts(table: &mut Table) {
    let key = |n: u64| SigningKey::from_bytes(&hash(n).to_bytes()).public_key();
    let name = |n: u64| format!("{n:04}{}", "\u{430}".repeat(126));
    let mut tokens = RevocationDraft::own();
    let (mut keys, mut owners, mut good) = (tokens.clone(), tokens.clone(), tokens.clone());
    let mut known = KeyEnd::compromised();
    for n in 0..MAX_LISTED_LINES {
        tokens.revoke_token(hash(n).to_bytes()[..16].try_into().unwrap(), now());
        keys.revoke_key(key(n), KeyEnd::retired(now()), now());
        known = if n > 0 { known.with_good(hash(n)) } else { known };
        if n < 3_000 {
            owners.revoke_owner(name(n), now()).unwrap();
        }
    }
    good.revoke_key(key(0), known, now());
    for (what, draft, most) in [
        ("4,096 tokens", tokens, 20.0),
        ("4,095 exceptions", good, 20.0),
        // A point of the curve each.
        ("4,096 keys", keys, 60.0),
        // A name, and what looks like it, each.
        ("3,000 owners of 256 bytes", owners, 150.0),
    ] {
        let list = sign(&draft, 0);
        let bytes = list.as_bytes();
        let read = || RevocationList::parse(bytes).unwrap();
        let took = (0..TRIES).map(|_| cpu(read).0).fold(f64::MAX, f64::min);
        table.row(&format!("read a text with {what}"), took / 1e6, "ms", Some(most));
    }
}

/// A delta that replaces the whole list, and one with a body that its note does not commit to.
fn hostile_deltas(table: &mut Table, base: &RevocationList) {
    let mut draft = RevocationDraft::after(base);
    for n in 0..HOPS {
        draft.restore_hop(&hash(n));
        draft.revoke_hop_id(&hash(HOPS + n), now());
    }
    let result = sign(&draft, 1);
    let delta = result.delta_from(base);
    let mut wrong = delta.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(base.apply(&wrong), Err(StatementError::BodyDigest));
    for (what, delta) in [("of a million changes", &delta), ("with a wrong body", &wrong)] {
        let (took, yard) =
            alternating(|| (), |()| base.apply(delta), || Sha256::digest(black_box(delta)));
        table.row(&format!("apply a delta {what}"), took / yard, "× its SHA-256", Some(20.0));
    }
}

/// A list of a million hops with these ids.
fn million(id: impl Fn(u64) -> HopId) -> RevocationList {
    let mut draft = RevocationDraft::own();
    for n in 0..HOPS {
        assert!(draft.revoke_hop_id(&id(n), now()));
    }
    sign(&draft, 0)
}

fn sign(draft: &RevocationDraft, hours: i64) -> RevocationList {
    let now = now() + Duration::hours(hours);
    draft.sign(&alice(), now, now + Duration::hours(24)).unwrap()
}

fn alice() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

/// An id that is a hash, as all honest ones are.
fn hash(n: u64) -> HopId {
    HopId::from_bytes(Sha256::digest(n.to_be_bytes()).into())
}

/// An id with the first eight bytes of all others, as an attacker can find them.
fn one_prefix(n: u64) -> HopId {
    let mut bytes = hash(n).to_bytes();
    bytes[..8].fill(7);
    HopId::from_bytes(bytes)
}

/// The least CPU times of both, in nanoseconds, which run one after the other.
fn alternating<P, T, Y>(
    prepare: impl Fn() -> P,
    run: impl Fn(P) -> T,
    yard: impl Fn() -> Y,
) -> (f64, f64) {
    let (mut least, mut least_yard) = (f64::MAX, f64::MAX);
    for _ in 0..TRIES {
        least_yard = least_yard.min(cpu(&yard).0);
        let input = black_box(prepare());
        // The result is dropped outside the measured time.
        let (took, result) = cpu(|| run(input));
        drop(black_box(result));
        least = least.min(took);
    }
    (least, least_yard)
}

/// The CPU time of this thread, in nanoseconds.
fn cpu<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let now = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        i128::from(at.tv_sec) * 1_000_000_000 + i128::from(at.tv_nsec)
    };
    let start = now();
    let result = run();
    ((now() - start) as f64, result)
}
