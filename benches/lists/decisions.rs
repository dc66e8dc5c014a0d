//! The cost of lists and directories in a decision: the same call with and without them.

use std::hint::black_box;

use deputize::{
    Agent, ChainCache, DirectoryDraft, DirectoryPolicy, ListPolicy, MemoryStatementState,
    OperationPattern, Owner, Presentation, Principal, ReplayPolicy, RevocationDraft,
    RevocationList, RevocationPolicy, Signer, SigningKey, StatementEffect, Statements, TrustAnchor,
    Verifier,
};
use time::Duration;

use super::fixture::Chain;
use super::{Table, cpu, hash, now};

/// Decisions in one try: a few milliseconds.
const BATCH: usize = 30;

const TRIES: usize = 40;

/// The most that the root's list may add.
const WITH_LIST: f64 = 1.05;

const AGENTS: u64 = 10_000;

/// The hops in the list of each delegator.
const OF_A_DELEGATOR: u64 = 10_000;

pub(crate) fn with_lists(table: &mut Table, million: &RevocationList) {
    for hops in 1..=3 {
        let chain = Chain::of(hops - 1).unwrap();
        let statements = statements(&chain);
        accept(&statements, million.as_bytes());
        let policy = ListPolicy::new(&statements, Duration::DAY);
        let with = verifier(&chain, RevocationPolicy::by_lists(policy));
        compare(
            table,
            &format!("{hops} hops, with the root's list"),
            &chain,
            &with,
            Some(WITH_LIST),
        );
    }
    // A list of each delegator, and the root's.
    let chain = Chain::of(7).unwrap();
    let statements = statements(&chain);
    accept(&statements, million.as_bytes());
    for hop in 0..7 {
        let mut draft = RevocationDraft::own();
        for n in 0..OF_A_DELEGATOR {
            assert!(draft.revoke_hop_id(&hash((hop + 2) * 10_000_000 + n), now()));
        }
        let key = SigningKey::from_bytes(&[u8::try_from(hop).unwrap() + 10; 32]);
        let list = draft.sign(&key, now(), now() + Duration::DAY).unwrap();
        accept(&statements, list.as_bytes());
    }
    let policy = ListPolicy::new(&statements, Duration::DAY).and_every_delegator(Duration::DAY);
    let with = verifier(&chain, RevocationPolicy::by_lists(policy));
    compare(table, "8 hops, with a list of every delegator", &chain, &with, None);
}

pub(crate) fn with_a_directory(table: &mut Table) {
    let hr = SigningKey::from_bytes(&[50; 32]);
    let accountable = Owner::human("alice@acme.com").unwrap();
    let listed = |name: String, key: &SigningKey| {
        let named = Principal::agent(&name, key.public_key()).unwrap();
        Agent::new(format!("urn:acme:{name}"), named, accountable.clone()).unwrap()
    };
    let mut draft = DirectoryDraft::named();
    for n in 0..3 {
        let key = SigningKey::from_bytes(&[n + 10; 32]);
        draft.add(listed(format!("agent-{n}"), &key)).unwrap();
    }
    for n in 0..AGENTS {
        let key = SigningKey::from_bytes(&hash(n).to_bytes());
        draft.add(listed(format!("other-{n}"), &key)).unwrap();
    }
    let directory = draft.sign(&hr, now(), now() + Duration::DAY).unwrap();
    for hops in 1..=3 {
        let chain = Chain::of(hops - 1).unwrap();
        let statements = statements(&chain);
        let policy = DirectoryPolicy::issued_by(&statements, hr.public_key(), Duration::DAY);
        accept(&statements, directory.as_bytes());
        let with = chain.verifier.clone().with_directory(policy);
        let what = format!("{hops} hops, with a directory of {AGENTS} agents");
        compare(table, &what, &chain, &with, None);
    }
}

fn anchor(chain: &Chain) -> TrustAnchor {
    TrustAnchor::new(chain.root.public_key(), "alice@acme.com")
}

fn statements(chain: &Chain) -> Statements {
    Statements::new(anchor(chain), MemoryStatementState::default()).unwrap()
}

fn accept(statements: &Statements, file: &[u8]) {
    let accepted = statements.accept(file, now()).unwrap();
    assert_eq!(accepted.effect, StatementEffect::Current);
}

fn verifier(chain: &Chain, revocation: RevocationPolicy) -> Verifier {
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    Verifier::new(anchor(chain), revocation, replays).with_max_hops(16)
}

/// Compares a verifier with the chain's own, which checks neither lists nor a directory.
fn compare(table: &mut Table, what: &str, chain: &Chain, with: &Verifier, most: Option<f64>) {
    let without = &chain.verifier;
    let caching = |verifier: &Verifier| verifier.clone().with_cache(ChainCache::new(10));
    let cached = [caching(without), caching(with)];
    for (word, [without, with]) in [("cold", [without, with]), ("cached", [&cached[0], &cached[1]])]
    {
        let [mut least, mut least_with] = [f64::MAX; 2];
        for _ in 0..TRIES {
            least = least.min(decide(chain, without));
            least_with = least_with.min(decide(chain, with));
        }
        table.row(&format!("{what}: {word}"), least_with / least, "× without", most);
        let [own, more] = [without, with].map(|verifier| allocations(chain, verifier));
        table.row(&format!("{what}: {word}, allocations"), (more - own) as f64, "more", None);
    }
}

/// The time of some decisions.
fn decide(chain: &Chain, verifier: &Verifier) -> f64 {
    let calls: Vec<_> = (0..BATCH)
        .map(|_| (Presentation::parse(&chain.text).unwrap(), chain.request.clone()))
        .collect();
    let (took, decisions) = cpu(|| {
        let decided = calls.into_iter().map(|(presentation, request)| {
            verifier.decide(black_box(presentation), request, chain.now)
        });
        decided.collect::<Vec<_>>()
    });
    assert!(decisions.iter().all(deputize::Decision::is_allowed));
    took
}

fn allocations(chain: &Chain, verifier: &Verifier) -> i64 {
    let presentation = Presentation::parse(&chain.text).unwrap();
    let request = chain.request.clone();
    let mut decision = None;
    let found = allocation_counter::measure(|| {
        decision = Some(verifier.decide(presentation, request, chain.now));
    });
    i64::try_from(found.count_total).unwrap()
}
