//! What an attacker with fresh eyes saw. Each test states what happens, and a comment what
//! `docs/STATEMENTS.md` lets expect. Those that begin with `held_` are attempts that failed.

use std::sync::Arc;
use std::time::Instant;

use deputize::{
    Agent, AgentStatus, Capability, DenyCode, Directory, DirectoryDraft, DirectoryPolicy, Grant,
    KeyEnd, ListPolicy, MemoryStatementState, NotAccepted, Owner, Principal, PrincipalKind,
    ReplayPolicy, RevocationDraft, RevocationList, RevocationPolicy, Signer, SigningKey, Standing,
    Statements, Successor, Token, TrustAnchor, TrustAnchors, Verifier, VoidSeries,
};
use time::{Duration, OffsetDateTime};

use crate::common::{
    agent, alice, anchor, key, key_of, now, owner, planner, request, researcher, thief, token,
};

const DAY: Duration = Duration::DAY;
const MINUTE: Duration = Duration::MINUTE;

type Found = Vec<(Option<usize>, DenyCode)>;

fn new_alice() -> SigningKey {
    key_of("new-alice")
}

fn officer() -> SigningKey {
    key(70)
}

fn empty(anchors: impl Into<TrustAnchors>) -> Statements {
    Statements::new(anchors, MemoryStatementState::default()).unwrap()
}

fn signed(draft: &RevocationDraft, key: &SigningKey, at: OffsetDateTime) -> RevocationList {
    draft.sign(key, at, at + DAY).unwrap()
}

#[track_caller]
fn take(statements: &Statements, list: &RevocationList, at: OffsetDateTime) -> Standing {
    statements.accept_list(list.clone(), at).unwrap().standing
}

fn often() -> ReplayPolicy {
    ReplayPolicy::accepted_for(["*".parse().unwrap()])
}

fn by_lists(statements: &Statements, anchors: impl Into<TrustAnchors>) -> Verifier {
    let policy = ListPolicy::new(statements, Duration::HOUR);
    Verifier::new(anchors, RevocationPolicy::by_lists(policy), often())
}

/// A verifier that needs no list, and applies those that are held.
fn requiring_none(statements: &Statements, anchors: impl Into<TrustAnchors>) -> Verifier {
    let policy = ListPolicy::of_issuers(statements, [], Duration::HOUR);
    Verifier::new(anchors, RevocationPolicy::by_lists(policy), often())
}

fn only_by_expiry() -> RevocationPolicy {
    RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) }
}

fn call_of(verifier: &Verifier, token: &Token, by: &SigningKey, at: OffsetDateTime) -> Found {
    let anyway = deputize::PresentOptions::default().anyway();
    let presentation = token.present_with(by, &request(), at, anyway).unwrap();
    match verifier.decide(presentation, request(), at).into_result() {
        Ok(_) => Vec::new(),
        Err(denial) => denial.reasons().iter().map(|reason| (reason.hop, reason.code)).collect(),
    }
}

fn call(verifier: &Verifier, at: OffsetDateTime) -> Found {
    call_of(verifier, &token(), &researcher(), at)
}

/// A token of this root to one holder, for what the researcher's call needs.
fn minted(root: &SigningKey, own: Owner, to: &SigningKey, at: OffsetDateTime) -> Token {
    let all = "crm.read ** ...".parse::<Capability>().unwrap();
    let grant = Grant::new(agent("helper", to), [all], at + Duration::HOUR, "a test").unwrap();
    Token::mint(own, root, grant, at).unwrap()
}

fn power_of(
    root: &SigningKey,
    own: Owner,
    to: &SigningKey,
    granted: &[&str],
    until: Duration,
) -> Token {
    let granted = granted.iter().map(|text| text.parse::<Capability>().unwrap());
    let grant = Grant::new(agent("officer", to), granted, now() + until, "a power").unwrap();
    Token::mint(own, root, grant.with_max_hops(3), now()).unwrap()
}

fn revoking(mut draft: RevocationDraft, token: &Token, hop: usize) -> RevocationDraft {
    assert!(draft.revoke_hop(&token.hops()[hop], now()));
    draft
}

// ---------------------------------------------------------------------------------------------
// Roots and their successors
// ---------------------------------------------------------------------------------------------

/// Alice's key is succeeded by her new one.
fn rotated() -> (TrustAnchor, Successor) {
    let statement = Successor::sign(&alice(), &new_alice(), now()).unwrap();
    (anchor().with_successor(statement.clone()).unwrap(), statement)
}

/// The new key reports the old one as compromised. Whoever has the old key voids that report, and
/// mints new tokens. Section 3.1: the new key's lists have a root's power over chains of the old one,
/// *but not the other way round*.
#[test]
fn a_stolen_old_root_key_voids_the_list_of_its_successor() {
    for end in [KeyEnd::compromised(), KeyEnd::retired(now() - MINUTE)] {
        let (anchor, statement) = rotated();
        let end = match end {
            KeyEnd::Compromised { .. } => end.with_successor(statement.digest()),
            other => other,
        };
        let statements = empty(anchor.clone());
        let verifier = by_lists(&statements, anchor);
        let mut report = RevocationDraft::own();
        report.revoke_key(alice().public_key(), end, now());
        take(&statements, &signed(&report, &new_alice(), now()), now());
        let stolen = minted(&alice(), owner(), &thief(), now());
        assert_eq!(call_of(&verifier, &stolen, &thief(), now()), [(Some(0), DenyCode::KeyRevoked)]);
        // The thief's list, with the old key.
        let mut of_thief = RevocationDraft::own();
        of_thief.void_series(VoidSeries::Own(new_alice().public_key()), 1);
        assert_eq!(
            take(&statements, &signed(&of_thief, &alice(), now()), now()),
            Standing::Current
        );
        // Allowed.
        assert_eq!(call_of(&verifier, &stolen, &thief(), now()), []);
    }
}

/// One list that is fresh suffices, so who has the old key only has to withhold newer lists of the new
/// one.
#[test]
fn a_list_of_the_old_root_key_stands_in_for_a_stale_one_of_its_successor() {
    let (anchor, _) = rotated();
    let statements = empty(anchor.clone());
    let verifier = by_lists(&statements, anchor);
    let first = signed(&RevocationDraft::own(), &new_alice(), now());
    take(&statements, &first, now());
    let late = now() + Duration::minutes(14);
    let policy = ListPolicy::new(&statements, Duration::minutes(10));
    let strict = Verifier::new(rotated().0, RevocationPolicy::by_lists(policy), often());
    assert_eq!(call(&strict, late), [(Some(0), DenyCode::RevocationStale)]);
    take(&statements, &signed(&RevocationDraft::own(), &alice(), late), late);
    assert_eq!(call(&strict, late), []);
    let _ = verifier;
}

/// After a restart, the state knows that the new key has issued lists. One of the old key suffices all
/// the same, and what the new key has revoked lives again.
#[test]
fn after_a_restart_the_list_of_the_successor_is_not_missed() {
    let (anchor, statement) = rotated();
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor.clone(), state.clone()).unwrap();
    let mut report = RevocationDraft::own();
    let end = KeyEnd::compromised().with_successor(statement.digest());
    report.revoke_key(alice().public_key(), end, now());
    take(&before, &signed(&report, &new_alice(), now()), now());
    let stolen = minted(&alice(), owner(), &thief(), now());
    let found = call_of(&by_lists(&before, anchor.clone()), &stolen, &thief(), now());
    assert_eq!(found, [(Some(0), DenyCode::KeyRevoked)]);
    // Restarted. The thief withholds the list of the new key.
    let after = Statements::new(anchor.clone(), state).unwrap();
    let verifier = by_lists(&after, anchor);
    let found = call_of(&verifier, &stolen, &thief(), now());
    assert_eq!(found, [(Some(0), DenyCode::RevocationUnknown)]);
    take(&after, &signed(&RevocationDraft::own(), &alice(), now()), now());
    assert_eq!(call_of(&verifier, &stolen, &thief(), now()), []);
}

/// Whoever has the old key reports it without naming the statement: the new key is refused,
/// until its own list voids the old one's, which is final. Section 5: a list with a root's power *over the chain* may report a key;
/// that of the old key has none over chains of the new one.
#[test]
fn a_stolen_old_root_key_locks_its_successor_out_until_that_voids_its_lists() {
    let (anchor, statement) = rotated();
    let statements = empty(anchor.clone());
    let verifier = by_lists(&statements, anchor.clone());
    // The new key has reported the old one, and has named the statement.
    let mut report = RevocationDraft::own();
    let end = KeyEnd::compromised().with_successor(statement.digest());
    report.revoke_key(alice().public_key(), end, now());
    let honest = signed(&report, &new_alice(), now());
    take(&statements, &honest, now());
    let own = minted(&new_alice(), owner(), &planner(), now());
    assert_eq!(call_of(&verifier, &own, &planner(), now()), []);
    let mut of_thief = RevocationDraft::own();
    of_thief.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    take(&statements, &signed(&of_thief, &alice(), now()), now());
    assert_eq!(call_of(&verifier, &own, &planner(), now()), [(Some(0), DenyCode::KeyRevoked)]);
    let mut void = RevocationDraft::after(&honest);
    void.void_series(VoidSeries::Own(alice().public_key()), 1);
    take(&statements, &signed(&void, &new_alice(), now()), now());
    // But it does, so the new key can help itself, at every verifier that gets its list.
    assert_eq!(call_of(&verifier, &own, &planner(), now()), []);
    // Nor may the old key correct it.
    let mut right = RevocationDraft::own().with_first_sequence(9);
    let end = KeyEnd::compromised().with_successor(statement.digest());
    right.revoke_key(alice().public_key(), end, now());
    let error = statements.accept_list(signed(&right, &alice(), now()), now()).unwrap_err();
    assert_eq!(error, NotAccepted::SeriesEnded);
}

/// An officer of the new key who may report one key, the old root key, takes the new root key's chains
/// down, all of them.
#[test]
fn whoever_may_report_the_old_root_key_takes_down_all_chains_of_the_new_one() {
    let (anchor, _) = rotated();
    let statements = empty(anchor.clone());
    let verifier = by_lists(&statements, anchor);
    take(&statements, &signed(&RevocationDraft::own(), &new_alice(), now()), now());
    let own = minted(&new_alice(), owner(), &planner(), now());
    assert_eq!(call_of(&verifier, &own, &planner(), now()), []);
    let granted = format!("deputize.revoke key/{}", hex::encode(alice().public_key().to_bytes()));
    let power = power_of(&new_alice(), owner(), &officer(), &[&granted], DAY);
    let mut draft = RevocationDraft::by_power_of(power);
    draft.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    take(&statements, &signed(&draft, &officer(), now()), now());
    assert_eq!(call_of(&verifier, &own, &planner(), now()), [(Some(0), DenyCode::KeyRevoked)]);
}

// ---------------------------------------------------------------------------------------------
// Withholding after a restart
// ---------------------------------------------------------------------------------------------

fn hr() -> SigningKey {
    key(50)
}

fn second_hr() -> SigningKey {
    key(54)
}

fn listed(name: &str, of: &SigningKey) -> Agent {
    Agent::new(format!("urn:acme:{name}"), agent(name, of), owner()).unwrap()
}

fn both() -> [Agent; 2] {
    [listed("planner", &planner()), listed("researcher", &researcher())]
}

const ALL: &[&str] = &["deputize.directory agent/**", "deputize.directory spawn/**"];

fn directory(
    draft: DirectoryDraft,
    agents: impl IntoIterator<Item = Agent>,
    by: &SigningKey,
    at: OffsetDateTime,
) -> Directory {
    let mut draft = draft;
    agents.into_iter().for_each(|agent| draft.add(agent).unwrap());
    draft.sign(by, at, at + DAY).unwrap()
}

fn following(statements: &Statements, anchors: impl Into<TrustAnchors>) -> Verifier {
    let policy = DirectoryPolicy::by_power_of_root(statements, Duration::HOUR);
    Verifier::new(anchors, only_by_expiry(), often()).with_directory(policy)
}

/// Section 4: where several have the power, the directory of each must be fresh and must admit every
/// delegate.
#[test]
fn after_a_restart_a_second_directory_is_not_missed() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let of = |holder: &SigningKey, agents: [Agent; 2]| {
        let power = power_of(&alice(), owner(), holder, ALL, DAY);
        directory(DirectoryDraft::by_power_of(power), agents, holder, now())
    };
    let [planner_entry, researcher_entry] = both();
    let first = of(&hr(), both());
    let suspended = researcher_entry.with_status(AgentStatus::Suspended);
    let second = of(&second_hr(), [planner_entry, suspended]);
    for own in [&first, &second] {
        let _ = before.accept_directory(own.clone(), now()).unwrap();
    }
    let found = call(&following(&before, anchor()), now());
    assert_eq!(found, [(Some(1), DenyCode::AgentSuspended)]);
    // Restarted. The second one is withheld, and the suspended agent acts.
    let after = Statements::new(anchor(), state).unwrap();
    let _ = after.accept_directory(first, now()).unwrap();
    assert_eq!(call(&following(&after, anchor()), now()), []);
}

/// The officer, whose list is required, got a new power before the old one ended.
#[test]
fn after_a_restart_the_list_by_an_earlier_power_is_not_missed() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let requiring = |statements: &Statements| {
        let policy = ListPolicy::of_issuers(statements, [officer().public_key()], Duration::HOUR);
        Verifier::new(anchor(), RevocationPolicy::by_lists(policy), often())
    };
    let power = |until| power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], until);
    let draft = revoking(RevocationDraft::by_power_of(power(DAY)), &token(), 1);
    let first = signed(&draft, &officer(), now());
    let second = signed(&RevocationDraft::by_power_of(power(2 * DAY)), &officer(), now());
    for own in [&first, &second] {
        take(&before, own, now());
    }
    assert_eq!(call(&requiring(&before), now()), [(Some(1), DenyCode::Revoked)]);
    let after = Statements::new(anchor(), state).unwrap();
    take(&after, &second, now());
    assert_eq!(call(&requiring(&after), now()), []);
}

// ---------------------------------------------------------------------------------------------
// Powers
// ---------------------------------------------------------------------------------------------

/// A root key speaks for several owners. What it granted in the name of Bob counts for Alice's chains.
/// Section 3.1 asks that of a revoker whom an anchor names ("speaks for the chain's owner"), and not
/// of a power.
#[test]
fn a_power_in_the_name_of_one_owner_counts_for_the_chains_of_another() {
    let anchors = TrustAnchor::for_any_owner(alice().public_key());
    let bob = Owner::human("bob@acme.com").unwrap();
    let statements = empty(anchors.clone());
    let verifier = by_lists(&statements, anchors.clone());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    assert_eq!(call(&verifier, now()), []);
    let power = power_of(&alice(), bob.clone(), &officer(), &["deputize.revoke **"], DAY);
    let draft = revoking(RevocationDraft::by_power_of(power), &token(), 0);
    take(&statements, &signed(&draft, &officer(), now()), now());
    assert_eq!(call(&verifier, now()), [(Some(0), DenyCode::Revoked)]);
    // Bob's directory admits for Alice, who has none.
    let statements = empty(anchors.clone());
    let power = power_of(&alice(), bob, &hr(), ALL, DAY);
    let own = directory(DirectoryDraft::by_power_of(power), both(), &hr(), now());
    let _ = statements.accept_directory(own, now()).unwrap();
    assert_eq!(call(&following(&statements, anchors), now()), []);
}

/// A thief of an officer's key whose power has expired is first at a new verifier. The officer's last
/// list is refused from then on, and what it revoked lives. Section 6: "Otherwise what an officer
/// revoked would live again at a new verifier".
#[test]
fn a_thief_who_is_first_keeps_the_last_list_of_an_ended_power_out() {
    let end = 10 * MINUTE;
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], end);
    let honest = revoking(RevocationDraft::by_power_of(power.clone()), &token(), 1);
    let honest = signed(&honest, &officer(), now());
    let of_thief = RevocationDraft::by_power_of(power).with_first_sequence(7);
    let of_thief = signed(&of_thief, &officer(), now() + MINUTE);
    let at = now() + 11 * MINUTE;
    let statements = empty(anchor());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), at), at);
    assert_eq!(take(&statements, &of_thief, at), Standing::PowerEnded);
    let error = statements.accept_list(honest.clone(), at).unwrap_err();
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error}");
    assert_eq!(call(&by_lists(&statements, anchor()), at), []);
    // The other way round, it counts.
    let statements = empty(anchor());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), at), at);
    assert_eq!(take(&statements, &honest, at), Standing::PowerEnded);
    assert_eq!(call(&by_lists(&statements, anchor()), at), [(Some(1), DenyCode::Revoked)]);
}

/// The same key, reported as retired: a list that is dated back follows what was seen, and gives back
/// what it lacks. After an *expired* power, nothing that is dated back does.
#[test]
fn a_retired_officers_list_that_is_dated_back_gives_back_what_was_revoked() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], DAY);
    let honest = revoking(RevocationDraft::by_power_of(power), &token(), 1);
    let honest = signed(&honest, &officer(), now());
    take(&statements, &honest, now());
    let at = now() + 10 * MINUTE;
    let mut root = RevocationDraft::own();
    root.revoke_key(officer().public_key(), KeyEnd::retired(now() + 5 * MINUTE), at);
    take(&statements, &signed(&root, &alice(), at), at);
    assert_eq!(call(&by_lists(&statements, anchor()), at), [(Some(1), DenyCode::Revoked)]);
    let mut of_thief = RevocationDraft::after(&honest);
    assert!(of_thief.restore_hop(&token().hops()[1].id()));
    let of_thief = signed(&of_thief, &officer(), now() + 4 * MINUTE);
    assert_eq!(take(&statements, &of_thief, at), Standing::Current);
    assert_eq!(call(&by_lists(&statements, anchor()), at), []);
}

/// The same of a directory: the thief of a retired key admits itself.
#[test]
fn a_retired_keepers_directory_that_is_dated_back_is_followed() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &hr(), ALL, DAY);
    let [planner_entry, researcher_entry] = both();
    let suspended = researcher_entry.with_status(AgentStatus::Suspended);
    let honest =
        directory(DirectoryDraft::by_power_of(power), [planner_entry, suspended], &hr(), now());
    let _ = statements.accept_directory(honest.clone(), now()).unwrap();
    let at = now() + 10 * MINUTE;
    let mut root = RevocationDraft::own();
    root.revoke_key(hr().public_key(), KeyEnd::retired(now() + 5 * MINUTE), at);
    take(&statements, &signed(&root, &alice(), at), at);
    assert_eq!(call(&following(&statements, anchor()), at), [(Some(1), DenyCode::AgentSuspended)]);
    let mut of_thief = DirectoryDraft::of(&honest);
    of_thief.resume(&researcher().public_key()).unwrap();
    let of_thief = directory(of_thief, [], &hr(), now() + 4 * MINUTE);
    let standing = statements.accept_directory(of_thief, at).unwrap().standing;
    assert_eq!(standing, Standing::Current);
    assert_eq!(call(&following(&statements, anchor()), at), []);
}

/// A thief's list is void, and with it every memory of the honest one before it: an older list is
/// current again.
#[test]
fn once_a_list_is_void_an_older_one_is_current() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], DAY);
    let first = signed(&RevocationDraft::by_power_of(power), &officer(), now());
    let second = signed(&revoking(RevocationDraft::after(&first), &token(), 1), &officer(), now());
    let mut third = RevocationDraft::after(&second);
    assert!(third.restore_hop(&token().hops()[1].id()));
    let third = signed(&third, &officer(), now());
    for own in [&first, &second, &third] {
        take(&statements, own, now());
    }
    let mut root = RevocationDraft::own();
    root.void_list(third.digest());
    take(&statements, &signed(&root, &alice(), now()), now());
    let policy = ListPolicy::of_issuers(&statements, [officer().public_key()], Duration::HOUR);
    let verifier = Verifier::new(anchor(), RevocationPolicy::by_lists(policy), often());
    assert_eq!(call(&verifier, now()), [(Some(0), DenyCode::RevocationUnknown)]);
    // The second is withheld, and the first is shown.
    assert_eq!(take(&statements, &first, now()), Standing::Current);
    assert_eq!(call(&verifier, now()), []);
}

// ---------------------------------------------------------------------------------------------
// Others' chains
// ---------------------------------------------------------------------------------------------

/// A list may be issued half a minute ahead, whatever tolerance the verifier has. So one tenant's root
/// key makes the chains of all others unknown.
#[test]
fn a_root_that_is_ahead_makes_the_chains_of_other_roots_unknown() {
    let of_thief = TrustAnchor::new(thief().public_key(), "mallory@example.com");
    let anchors = TrustAnchors::new([anchor(), of_thief]).unwrap();
    let statements = empty(anchors.clone());
    let none = Duration::ZERO;
    let verifier = by_lists(&statements, anchors).with_clock_tolerance(none).unwrap();
    take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    assert_eq!(call(&verifier, now()), []);
    let ahead = now() + Duration::seconds(30);
    let mut list = signed(&RevocationDraft::own(), &thief(), ahead);
    take(&statements, &list, now());
    assert_eq!(call(&verifier, now()), [(Some(0), DenyCode::RevocationUnknown)]);
    // And again, as long as the thief wants.
    for second in 1..=120 {
        let at = now() + Duration::seconds(second);
        list = signed(&RevocationDraft::after(&list), &thief(), at + Duration::seconds(30));
        take(&statements, &list, at);
        assert_eq!(call(&verifier, at), [(Some(0), DenyCode::RevocationUnknown)]);
    }
}

/// An own list of somebody, with this many entries.
fn long_list(issuer: &SigningKey, count: usize, at: OffsetDateTime) -> Vec<u8> {
    use sha2::Digest as _;
    let mut body = Vec::with_capacity(count * 23);
    for number in 0..u64::try_from(count).unwrap() {
        body.extend_from_slice(&(number << 40).to_be_bytes());
        body.extend_from_slice(&[0; 8]);
        body.extend_from_slice(&[0, 0, 0, 1, 0xff, 0xff, 0xff]);
    }
    let text =
        |at: OffsetDateTime| at.format(&time::format_description::well_known::Rfc3339).unwrap();
    let (name, digest) =
        (issuer.public_key().to_string(), hex::encode(sha2::Sha256::digest(&body)));
    let text = format!(
        "deputize revocations v1 {name}\nscope own\nsequence 1\nissued {}\nnext {}\nhops {count} {digest}\n",
        text(at),
        text(at + DAY)
    );
    let note = deputize::Note::new(text).unwrap().signed_by(name, issuer).unwrap();
    [note.to_string().into_bytes(), body].concat()
}

/// Anybody's own lists take the room of those to whom the root gave a power.
#[test]
fn two_lists_of_strangers_keep_an_officers_list_out() {
    use deputize::limits::{MAX_HELD_HOPS, MAX_LISTED_HOPS};
    let statements = empty(anchor());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let each = usize::try_from(MAX_LISTED_HOPS).unwrap();
    for stranger in 0..MAX_HELD_HOPS / each {
        let list = long_list(&key(200 + u8::try_from(stranger).unwrap()), each, now());
        let _ = statements.accept(list, now()).unwrap();
    }
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], DAY);
    let draft = revoking(RevocationDraft::by_power_of(power), &token(), 0);
    let error = statements.accept_list(signed(&draft, &officer(), now()), now()).unwrap_err();
    assert!(matches!(error, NotAccepted::Full { .. }));
    // Nor does a delegate's surrender fit.
    let draft = revoking(RevocationDraft::own(), &token(), 1);
    let error = statements.accept_list(signed(&draft, &researcher(), now()), now()).unwrap_err();
    assert!(matches!(error, NotAccepted::Full { .. }));
    assert_eq!(call(&by_lists(&statements, anchor()), now()), []);
}

fn numbered(number: u32) -> SigningKey {
    let mut seed = [9; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

/// The error says to remove some of the sources. The state remembers them all the same.
#[test]
fn the_room_that_strangers_have_filled_is_full_after_a_restart_too() {
    use deputize::limits::MAX_HELD_SERIES;
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let start = Instant::now();
    for number in 0..u32::try_from(MAX_HELD_SERIES).unwrap() {
        take(&before, &signed(&RevocationDraft::own(), &numbered(number), now()), now());
    }
    println!("{MAX_HELD_SERIES} strangers: {:?}", start.elapsed());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], DAY);
    let draft = revoking(RevocationDraft::by_power_of(power), &token(), 0);
    let list = signed(&draft, &officer(), now());
    assert!(matches!(before.accept_list(list.clone(), now()), Err(NotAccepted::Full { .. })));
    // The sources of strangers are removed, and the service is started again.
    let after = Statements::new(anchor(), state).unwrap();
    take(&after, &signed(&RevocationDraft::own(), &alice(), now()), now());
    assert!(matches!(after.accept_list(list, now()), Err(NotAccepted::Full { .. })));
    assert_eq!(call(&by_lists(&after, anchor()), now()), []);
}

// ---------------------------------------------------------------------------------------------
// Keys that are reported
// ---------------------------------------------------------------------------------------------

/// The planner revoked the researcher's hop. Then its key was stolen, and reported, with its hops as
/// good. A thief's list in the planner's name gives the hop back.
#[test]
fn a_delegates_key_that_is_reported_gives_back_what_it_revoked() {
    let statements = empty(anchor());
    let policy = ListPolicy::new(&statements, Duration::HOUR).and_every_delegator(Duration::HOUR);
    let verifier = Verifier::new(anchor(), RevocationPolicy::by_lists(policy), often());
    let own = signed(&revoking(RevocationDraft::own(), &token(), 1), &planner(), now());
    take(&statements, &own, now());
    let mut root = RevocationDraft::own();
    let end = KeyEnd::compromised().with_good(token().hops()[1].id());
    root.revoke_key(planner().public_key(), end, now());
    take(&statements, &signed(&root, &alice(), now()), now());
    assert_eq!(call(&verifier, now()), [(Some(1), DenyCode::Revoked)]);
    let mut of_thief = RevocationDraft::after(&own);
    assert!(of_thief.restore_hop(&token().hops()[1].id()));
    let standing = take(&statements, &signed(&of_thief, &planner(), now()), now());
    assert_eq!(standing, Standing::Current);
    assert_eq!(call(&verifier, now()), []);
}

/// The root reports the key of the directory's issuer, whom the policy names. Nothing changes: its
/// next directory is followed.
#[test]
fn a_named_keeper_whose_key_is_reported_is_followed() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let verifier = by_lists(&statements, anchor()).with_directory(policy);
    let mut root = RevocationDraft::own();
    root.revoke_key(hr().public_key(), KeyEnd::compromised(), now());
    take(&statements, &signed(&root, &alice(), now()), now());
    let own = directory(DirectoryDraft::named(), both(), &hr(), now());
    let _ = statements.accept_directory(own, now()).unwrap();
    assert_eq!(call(&verifier, now()), []);
}

/// A power is judged by the lists of the set that holds the directory, and not by those of the policy
/// for revocation, if that has another set.
#[test]
fn a_power_that_is_revoked_in_another_set_of_statements_goes_on() {
    let [lists, directories] = [empty(anchor()), empty(anchor())];
    let power = power_of(&alice(), owner(), &hr(), ALL, DAY);
    let root = signed(&revoking(RevocationDraft::own(), &power, 0), &alice(), now());
    take(&lists, &root, now());
    let own = directory(DirectoryDraft::by_power_of(power), both(), &hr(), now());
    let _ = directories.accept_directory(own, now()).unwrap();
    let policy = DirectoryPolicy::by_power_of_root(&directories, Duration::HOUR);
    assert_eq!(call(&by_lists(&lists, anchor()).with_directory(policy), now()), []);
}

/// A delegate with the root's key may be called anything, and be of any kind.
#[test]
fn a_delegate_with_the_root_key_has_any_name() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let verifier = Verifier::new(anchor(), only_by_expiry(), often()).with_directory(policy);
    let own = directory(DirectoryDraft::named(), both(), &hr(), now());
    let _ = statements.accept_directory(own, now()).unwrap();
    let all = || ["crm.read ** ...".parse::<Capability>().unwrap()];
    let first = Grant::new(agent("planner", &planner()), all(), now() + Duration::HOUR, "a test");
    let first = Token::mint(owner(), &alice(), first.unwrap().with_max_hops(3), now()).unwrap();
    for (name, kind) in [("researcher", PrincipalKind::Agent), ("HR", PrincipalKind::Organization)]
    {
        let named = Principal::new(name, kind, alice().public_key()).unwrap();
        let grant = Grant::new(named, all(), now() + Duration::HOUR, "a test").unwrap();
        let token = first.delegate(&planner(), grant, now()).unwrap();
        assert_eq!(call_of(&verifier, &token, &alice(), now()), []);
    }
}

/// A policy that names no issuer needs no list at all.
#[test]
fn a_policy_of_no_issuers_needs_no_list() {
    assert_eq!(call(&requiring_none(&empty(anchor()), anchor()), now()), []);
}

/// The list of an officer that is not required was one of a fork, and only the other side is shown
/// after a restart. A list that was rolled back would make the chain unknown.
#[test]
fn after_a_restart_one_side_of_a_fork_suffices() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let root = signed(&RevocationDraft::own(), &alice(), now());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], DAY);
    let one = signed(
        &revoking(RevocationDraft::by_power_of(power.clone()), &token(), 1),
        &officer(),
        now(),
    );
    let other = signed(&RevocationDraft::by_power_of(power), &officer(), now());
    for own in [&root, &one, &other] {
        take(&before, own, now());
    }
    assert_eq!(call(&by_lists(&before, anchor()), now()), [(Some(1), DenyCode::Revoked)]);
    let after = Statements::new(anchor(), state).unwrap();
    take(&after, &root, now());
    println!("{:?}", take(&after, &other, now()));
    assert_eq!(call(&by_lists(&after, anchor()), now()), []);
}

/// Whoever may report one lost key has its successor refused, too.
#[test]
fn whoever_may_report_one_key_of_an_agent_blocks_its_other_key() {
    let statements = empty(anchor());
    let next = key(60);
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let verifier = Verifier::new(anchor(), only_by_expiry(), often()).with_directory(policy);
    let before = listed("researcher", &next).with_status(AgentStatus::Retired);
    let agents = both().into_iter().chain([before]);
    let _ = statements
        .accept_directory(directory(DirectoryDraft::named(), agents, &hr(), now()), now())
        .unwrap();
    let own = Successor::sign(&next, &researcher(), now()).unwrap();
    let _ = statements.accept_successor(own.to_text().as_bytes()).unwrap();
    // The list counts although only expiry is asked for: see below.
    let granted = format!("deputize.revoke key/{}", hex::encode(next.public_key().to_bytes()));
    let power = power_of(&alice(), owner(), &officer(), &[&granted], DAY);
    let mut draft = RevocationDraft::by_power_of(power);
    draft.revoke_key(next.public_key(), KeyEnd::compromised(), now());
    assert_eq!(call(&verifier, now()), []);
    take(&statements, &signed(&draft, &officer(), now()), now());
    assert_eq!(call(&verifier, now()), [(Some(1), DenyCode::AgentDiffers)]);
}

// ---------------------------------------------------------------------------------------------
// Work
// ---------------------------------------------------------------------------------------------

/// The sizes that are tried: small ones, or that of the environment variable `FRESH_SIZE`.
fn sizes(small: [u32; 3]) -> Vec<u32> {
    match std::env::var("FRESH_SIZE") {
        Ok(size) => vec![size.parse().unwrap()],
        Err(_) => small.to_vec(),
    }
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let found = run();
    println!("{what}: {:?}", start.elapsed());
    found
}

fn with_successors(
    statements: &Statements,
    pairs: impl IntoIterator<Item = (SigningKey, SigningKey)>,
) {
    for (old, new) in pairs {
        let own = Successor::sign(&old, &new, now()).unwrap();
        let _ = statements.accept_successor(own.to_text().as_bytes()).unwrap();
    }
}

/// One name, many keys, each of which succeeds the one before: the parties are resolved anew for each
/// of them, in each decision.
#[test]
fn many_keys_of_one_name_cost_the_square_in_each_decision() {
    for count in sizes([10, 50, 100]) {
        let statements = empty(anchor());
        let keys: Vec<_> = std::iter::once(researcher()).chain((1..count).map(numbered)).collect();
        let pairs = keys.windows(2).map(|two| (two[0].clone(), two[1].clone()));
        with_successors(&statements, pairs);
        let agents = keys.iter().map(|key| listed("researcher", key));
        let agents = agents.chain([listed("planner", &planner())]);
        let power = power_of(&alice(), owner(), &hr(), ALL, DAY);
        let own = directory(DirectoryDraft::by_power_of(power), agents, &hr(), now());
        let _ = statements.accept_directory(own, now()).unwrap();
        let verifier = following(&statements, anchor());
        let found = timed(&format!("a decision with {count} keys"), || call(&verifier, now()));
        assert_eq!(found, []);
    }
}

/// An agent that was given a new key signs thousands of statements about others of its own.
#[test]
fn an_agent_makes_the_decisions_about_it_dear() {
    for count in sizes([10, 100, 200]) {
        let statements = empty(anchor());
        let old = key(61);
        let own = std::iter::once((old.clone(), researcher()));
        let others = (0..count).map(|number| (researcher(), numbered(number)));
        timed(&format!("to accept {count}"), || with_successors(&statements, own.chain(others)));
        let agents = both().into_iter().chain([listed("researcher", &old)]);
        let power = power_of(&alice(), owner(), &hr(), ALL, DAY);
        let own = directory(DirectoryDraft::by_power_of(power), agents, &hr(), now());
        let _ = statements.accept_directory(own, now()).unwrap();
        let verifier = following(&statements, anchor());
        let found =
            timed(&format!("a decision with {count} successors"), || call(&verifier, now()));
        // What it signed is void, and the statement by which it has its name is not.
        assert_eq!(found, []);
    }
}

/// Anybody's statements fill the room for all. Each costs a copy of all before it, also one that is
/// refused.
#[test]
#[ignore = "takes twenty minutes"]
fn anybody_fills_the_room_for_successors() {
    use deputize::limits::MAX_SUCCESSORS;
    let statements = empty(anchor());
    let one = numbered(0);
    let count = u32::try_from(MAX_SUCCESSORS).unwrap();
    let all: Vec<_> = (1..=count)
        .map(|number| Successor::sign(&one, &numbered(number), now()).unwrap().to_text())
        .collect();
    for part in all.chunks(4096) {
        timed("to accept 4096", || {
            for text in part {
                let _ = statements.accept_successor(text.as_bytes()).unwrap();
            }
        });
    }
    let honest = Successor::sign(&researcher(), &key(60), now()).unwrap().to_text();
    let error = timed("one that is refused", || statements.accept_successor(honest.as_bytes()));
    println!("{:?}", error.unwrap_err());
}

/// What a statement of a stranger costs before it is refused.
#[test]
fn a_directory_of_a_stranger_is_read_to_the_end_before_its_issuer_is_asked_for() {
    let statements = empty(anchor());
    let agents = (0..20_000).map(|number| listed(&format!("agent-{number}"), &numbered(number)));
    let own = directory(DirectoryDraft::named(), agents, &thief(), now());
    println!("{} bytes", own.as_bytes().len());
    let error = timed("20,000 agents, refused", || statements.accept(own.as_bytes(), now()));
    assert!(matches!(error, Err(NotAccepted::DirectoryNotNamed { .. })));
}

#[test]
fn held_look_alike_names_cost_nothing_in_a_decision() {
    for count in [1000, 20_000] {
        let statements = empty(anchor());
        let agents = (0..count).map(|number| listed("researcher", &numbered(number)));
        let own =
            directory(DirectoryDraft::named(), both().into_iter().chain(agents), &hr(), now());
        let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
        let _ = timed("to accept", || statements.accept(own.as_bytes(), now())).unwrap();
        let verifier = Verifier::new(anchor(), only_by_expiry(), often()).with_directory(policy);
        let found = timed(&format!("a decision with {count} names"), || call(&verifier, now()));
        assert_eq!(found, [(Some(1), DenyCode::AgentDiffers)]);
    }
}

#[test]
fn held_no_time_is_too_early_or_too_late() {
    let (root, own) = (
        signed(&RevocationDraft::own(), &alice(), now()),
        directory(DirectoryDraft::named(), both(), &hr(), now()),
    );
    let ends = [
        OffsetDateTime::from_unix_timestamp(-377_705_116_800).unwrap(),
        OffsetDateTime::from_unix_timestamp(-1).unwrap(),
        OffsetDateTime::UNIX_EPOCH,
        OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap(),
    ];
    for at in ends {
        let statements = empty(anchor());
        let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::MAX);
        let _ = statements.accept_list(root.clone(), at);
        let _ = statements.accept_directory(own.clone(), at);
        let verifier = by_lists(&statements, anchor()).with_directory(policy);
        let presentation = token().present(&researcher(), &request(), now()).unwrap();
        assert!(verifier.decide(presentation, request(), at).into_result().is_err());
    }
}

/// Powers of the officer: its own, delegated to a helper of its own and back, as often as it likes.
fn powers_of_one(holder: &SigningKey, granted: &[&str], count: u32) -> Vec<Token> {
    let own = power_of(&alice(), owner(), holder, granted, DAY);
    let granted: Vec<_> = granted.iter().map(|text| text.parse::<Capability>().unwrap()).collect();
    let to = |name: &str, key: &SigningKey, hops| {
        let grant = Grant::new(agent(name, key), granted.clone(), now() + Duration::HOUR, "more");
        grant.unwrap().with_max_hops(hops)
    };
    let back = |number| {
        let helper = numbered(1_000_000 + number);
        let further = own.delegate(holder, to("helper", &helper, 1), now()).unwrap();
        further.delegate(&helper, to("officer", holder, 0), now()).unwrap()
    };
    (0..count).map(back).collect()
}

/// An officer that is required may report one key. It makes hundreds of series, and each decision
/// about the chains of its root judges the power of each by all lists.
#[test]
fn an_officer_with_many_powers_makes_each_decision_dear() {
    for count in sizes([10, 50, 100]) {
        let statements = empty(anchor());
        take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
        let granted =
            format!("deputize.revoke key/{}", hex::encode(key(80).public_key().to_bytes()));
        let policy = ListPolicy::new(&statements, Duration::HOUR)
            .and_issuer(officer().public_key(), Duration::HOUR);
        let verifier = Verifier::new(anchor(), RevocationPolicy::by_lists(policy), often());
        timed(&format!("to accept {count}"), || {
            for power in powers_of_one(&officer(), &[&granted], count) {
                take(
                    &statements,
                    &signed(&RevocationDraft::by_power_of(power), &officer(), now()),
                    now(),
                );
            }
        });
        let found = timed(&format!("a decision with {count} series"), || call(&verifier, now()));
        assert_eq!(found, []);
    }
}

/// And takes the room of all others: whoever has a tiny power and may delegate it further needs no
/// source that is open to strangers.
#[test]
fn an_officer_with_many_powers_keeps_other_lists_out() {
    use deputize::limits::MAX_HELD_SERIES;
    let statements = empty(anchor());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let granted = format!("deputize.revoke key/{}", hex::encode(key(80).public_key().to_bytes()));
    for power in powers_of_one(&officer(), &[&granted], u32::try_from(MAX_HELD_SERIES).unwrap()) {
        take(&statements, &signed(&RevocationDraft::by_power_of(power), &officer(), now()), now());
    }
    let power = power_of(&alice(), owner(), &hr(), &["deputize.revoke hop/**"], DAY);
    let draft = revoking(RevocationDraft::by_power_of(power), &token(), 0);
    let error = statements.accept_list(signed(&draft, &hr(), now()), now()).unwrap_err();
    assert!(matches!(error, NotAccepted::Full { .. }));
    assert_eq!(call(&by_lists(&statements, anchor()), now()), []);
}

/// A keeper of a directory does the same, and each directory must be judged.
#[test]
fn a_keeper_with_many_powers_makes_each_decision_dear() {
    for count in sizes([10, 50, 100]) {
        let statements = empty(anchor());
        for power in powers_of_one(&officer(), &["deputize.revoke key/00"], count) {
            take(
                &statements,
                &signed(&RevocationDraft::by_power_of(power), &officer(), now()),
                now(),
            );
        }
        for power in powers_of_one(&hr(), ALL, count) {
            let own = directory(DirectoryDraft::by_power_of(power), both(), &hr(), now());
            let _ = statements.accept_directory(own, now()).unwrap();
        }
        let verifier = following(&statements, anchor());
        let what = format!("a decision with {count} directories and as many lists");
        assert_eq!(timed(&what, || call(&verifier, now())), []);
    }
}

/// The verifier checks no revocation, and so bounds the life of every hop. Not that of a power.
#[test]
fn a_power_may_live_for_ever_where_nothing_else_may() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &hr(), ALL, Duration::days(36_500));
    let own = directory(DirectoryDraft::by_power_of(power), both(), &hr(), now());
    let _ = statements.accept_directory(own, now()).unwrap();
    let policy = DirectoryPolicy::by_power_of_root(&statements, Duration::HOUR);
    let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) };
    let verifier = Verifier::new(anchor(), revocation, often()).with_directory(policy);
    assert_eq!(call(&verifier, now()), []);
}

/// The keeper gets a new power. Its first directory lacks the agent that the last one suspended, and
/// below an agent that may spawn it acts again.
#[test]
fn a_new_power_forgets_whom_the_old_one_suspended() {
    let statements = empty(anchor());
    let [planner_entry, researcher_entry] = both();
    let spawner = planner_entry.with_may_spawn(true);
    let suspended = researcher_entry.with_status(AgentStatus::Suspended);
    let power = |until| power_of(&alice(), owner(), &hr(), ALL, until);
    let first = DirectoryDraft::by_power_of(power(MINUTE));
    let first = directory(first, [spawner.clone(), suspended], &hr(), now());
    let second = DirectoryDraft::by_power_of(power(DAY));
    let second = directory(second, [spawner], &hr(), now());
    for own in [first, second] {
        let _ = statements.accept_directory(own, now()).unwrap();
    }
    let verifier = following(&statements, anchor());
    assert_eq!(call(&verifier, now()), [(Some(1), DenyCode::AgentSuspended)]);
    assert_eq!(call(&verifier, now() + MINUTE), []);
}

/// The operator decides against a thief's lists again and again, until there is no room for a decision.
#[test]
fn the_operator_cannot_decide_any_more() {
    let statements = empty(anchor());
    let honest = signed(&RevocationDraft::own().with_first_sequence(5), &planner(), now());
    take(&statements, &honest, now());
    let mut decided = 0;
    for seed in 0..20_i64 {
        let of_thief = RevocationDraft::own().with_first_sequence(5);
        let of_thief = of_thief.sign(&planner(), now(), now() + DAY + Duration::seconds(seed + 1));
        let standing = take(&statements, &of_thief.unwrap(), now());
        assert!(matches!(standing, Standing::Forked { .. }));
        match statements.accept_fork(honest.digest()) {
            Ok(accepted) => {
                assert_eq!(accepted.standing, Standing::Current);
                decided += 1;
            }
            Err(error) => {
                println!("after {decided}: {error}");
                break;
            }
        }
    }
    assert_eq!(decided, 16);
    // What the issuer signs next ends it only if it names the thief's, too.
    let standing =
        take(&statements, &signed(&RevocationDraft::after(&honest), &planner(), now()), now());
    assert!(matches!(standing, Standing::Forked { .. }));
}

#[test]
fn held_a_key_outside_spawns_nobody() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let policy = policy.with_outside([planner().public_key()]);
    let own = directory(
        DirectoryDraft::named(),
        [listed("other", &key(60)).with_may_spawn(true)],
        &hr(),
        now(),
    );
    let _ = statements.accept_directory(own, now()).unwrap();
    let verifier = Verifier::new(anchor(), only_by_expiry(), often()).with_directory(policy);
    assert_eq!(call(&verifier, now()), [(Some(1), DenyCode::AgentNotListed)]);
}

#[test]
fn held_a_power_that_the_planner_delegates_does_not_reach_its_own_hop() {
    let statements = empty(anchor());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let own = power_of(&alice(), owner(), &planner(), &["deputize.revoke **"], DAY);
    let granted = ["deputize.revoke **".parse::<Capability>().unwrap()];
    let grant = Grant::new(agent("officer", &officer()), granted, now() + DAY, "more").unwrap();
    let further = own.delegate(&planner(), grant, now()).unwrap();
    let mut draft = revoking(RevocationDraft::by_power_of(further.clone()), &further, 0);
    assert!(draft.revoke_token(further.token_id(), now()));
    take(&statements, &signed(&draft, &officer(), now()), now());
    // The planner's own list by its power still counts.
    let draft = revoking(RevocationDraft::by_power_of(own), &token(), 1);
    assert_eq!(take(&statements, &signed(&draft, &planner(), now()), now()), Standing::Current);
    assert_eq!(call(&by_lists(&statements, anchor()), now()), [(Some(1), DenyCode::Revoked)]);
}

// ---------------------------------------------------------------------------------------------
// More
// ---------------------------------------------------------------------------------------------

/// A policy that requires the new key by name is not deceived.
#[test]
fn held_a_policy_that_requires_the_new_root_key_by_name() {
    let (anchor, statement) = rotated();
    let statements = empty(anchor.clone());
    let policy = ListPolicy::new(&statements, Duration::HOUR)
        .and_issuer(new_alice().public_key(), Duration::HOUR);
    let verifier = Verifier::new(anchor, RevocationPolicy::by_lists(policy), often());
    let mut report = RevocationDraft::own();
    let end = KeyEnd::compromised().with_successor(statement.digest());
    report.revoke_key(alice().public_key(), end, now());
    take(&statements, &signed(&report, &new_alice(), now()), now());
    let mut of_thief = RevocationDraft::own();
    of_thief.void_series(VoidSeries::Own(new_alice().public_key()), 1);
    take(&statements, &signed(&of_thief, &alice(), now()), now());
    let stolen = minted(&alice(), owner(), &thief(), now());
    let found = call_of(&verifier, &stolen, &thief(), now());
    assert_eq!(found, [(Some(0), DenyCode::RevocationUnknown)]);
}

/// The first key's list reported it as compromised, and is final: the thief is late.
#[test]
fn held_a_root_key_that_reported_itself_voids_nothing_later() {
    let (anchor, statement) = rotated();
    let statements = empty(anchor);
    let mut last = RevocationDraft::own();
    let end = KeyEnd::compromised().with_successor(statement.digest());
    last.revoke_key(alice().public_key(), end, now());
    take(&statements, &signed(&last, &alice(), now()), now());
    let mut of_thief = RevocationDraft::own().with_first_sequence(7);
    of_thief.void_series(VoidSeries::Own(new_alice().public_key()), 1);
    let error = statements.accept_list(signed(&of_thief, &alice(), now()), now()).unwrap_err();
    assert_eq!(error, NotAccepted::SeriesEnded);
}

/// Of several directories, the report shows the one with the highest number, whoever signed it: an
/// assistant to whom the keeper delegated its power, and who can only refuse more, says who answers for
/// all agents.
#[test]
fn the_report_shows_the_directory_with_the_highest_number() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &hr(), ALL, DAY);
    let own = directory(DirectoryDraft::by_power_of(power.clone()), both(), &hr(), now());
    let granted = ALL.iter().map(|text| text.parse::<Capability>().unwrap());
    let grant = Grant::new(agent("assistant", &officer()), granted, now() + Duration::HOUR, "x");
    let further = power.delegate(&hr(), grant.unwrap(), now()).unwrap();
    let of_mallory = |name: &str, of: &SigningKey| {
        let mallory = Owner::human("mallory@example.com").unwrap();
        Agent::new("urn:acme:other", agent(name, of), mallory).unwrap()
    };
    let agents = [of_mallory("planner", &planner()), of_mallory("researcher", &researcher())];
    let draft = DirectoryDraft::by_power_of(further).with_first_sequence(1_000_000);
    let other = directory(draft, agents, &officer(), now());
    for own in [own, other] {
        let _ = statements.accept_directory(own, now()).unwrap();
    }
    let presentation = token().present(&researcher(), &request(), now()).unwrap();
    let verifier = following(&statements, anchor());
    let decision = verifier.decide(presentation, request(), now());
    assert!(decision.is_allowed());
    let text = deputize::Report::of(&decision).to_string();
    assert!(text.contains("answered for by mallory@example.com"), "{text}");
    assert!(!text.contains("answered for by alice@acme.com"), "{text}");
}

/// An assistant to whom an officer delegated its power cannot revoke the hop that gives it. It revokes
/// the officer's next power before that is used.
#[test]
fn an_assistant_revokes_the_new_power_of_who_appointed_it() {
    let statements = empty(anchor());
    take(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let granted = &["deputize.revoke hop/**"];
    let first = power_of(&alice(), owner(), &officer(), granted, DAY);
    let to = Grant::new(
        agent("assistant", &thief()),
        ["deputize.revoke hop/**".parse::<Capability>().unwrap()],
        now() + DAY,
        "assists",
    );
    let of_assistant = first.delegate(&officer(), to.unwrap(), now()).unwrap();
    let next = power_of(&alice(), owner(), &officer(), granted, 2 * DAY);
    let draft = revoking(RevocationDraft::by_power_of(of_assistant.clone()), &next, 0);
    let list = signed(&revoking(draft, &first, 0), &thief(), now());
    take(&statements, &list, now());
    // The power from which its own comes goes on, the next one does not.
    let own = signed(&RevocationDraft::by_power_of(first), &officer(), now());
    take(&statements, &own, now());
    let own = signed(&RevocationDraft::by_power_of(next), &officer(), now());
    let error = statements.accept_list(own, now()).unwrap_err();
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error}");
}

/// A verifier has seen a list of seven o'clock, and its clock is set back to ten past six. No decision is
/// made, but a list of a power that ended at half past six is taken, and stays when the clock is right
/// again.
#[test]
fn while_the_clock_is_set_back_a_list_of_an_ended_power_follows() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], 30 * MINUTE);
    let honest = revoking(RevocationDraft::by_power_of(power), &token(), 1);
    let honest = signed(&honest, &officer(), now());
    take(&statements, &honest, now());
    let seven = now() + Duration::HOUR;
    take(&statements, &signed(&RevocationDraft::own(), &alice(), seven), seven);
    let mut of_thief = RevocationDraft::after(&honest);
    assert!(of_thief.restore_hop(&token().hops()[1].id()));
    let back = now() + 10 * MINUTE;
    let of_thief = signed(&of_thief, &officer(), back);
    // Not with the right clock.
    assert!(statements.accept_list(of_thief.clone(), seven).is_err());
    let verifier = by_lists(&statements, anchor());
    assert_eq!(
        call(&verifier, back),
        [(Some(1), DenyCode::Revoked), (Some(0), DenyCode::RevocationUnknown)]
    );
    assert_eq!(take(&statements, &of_thief, back), Standing::Current);
    // The researcher's hop ends at quarter past six, so another token is needed to see it later.
    assert_eq!(call(&verifier, back), [(Some(0), DenyCode::RevocationUnknown)]);
    let series = of_thief.series();
    assert_eq!(statements.list(&series).unwrap().hop_count(), 0);
    assert!(matches!(
        statements.accept_list(honest, seven),
        Err(NotAccepted::NoPower { .. } | NotAccepted::RolledBack { .. })
    ));
}

/// Two processes share a state. One has seen the officer's last list, the other started before that. After
/// the power has ended, the other takes a list that is dated back, and stores it as the head.
#[test]
fn a_process_that_has_not_looked_lets_a_list_that_is_dated_back_follow() {
    let state = Arc::new(MemoryStatementState::default());
    let [one, other] = [(); 2].map(|()| Statements::new(anchor(), state.clone()).unwrap());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], 10 * MINUTE);
    let honest = revoking(RevocationDraft::by_power_of(power), &token(), 1);
    let honest = signed(&honest, &officer(), now());
    take(&one, &honest, now());
    let mut of_thief = RevocationDraft::after(&honest);
    assert!(of_thief.restore_hop(&token().hops()[1].id()));
    let of_thief = signed(&of_thief, &officer(), now() + MINUTE);
    let at = now() + 11 * MINUTE;
    // The one that has seen the list.
    assert!(matches!(one.accept_list(of_thief.clone(), at), Err(NotAccepted::NoPower { .. })));
    // The other.
    assert_eq!(take(&other, &of_thief, at), Standing::PowerEnded);
    assert!(matches!(other.accept_list(honest.clone(), at), Err(NotAccepted::NoPower { .. })));
    take(&other, &signed(&RevocationDraft::own(), &alice(), at), at);
    assert_eq!(call(&by_lists(&other, anchor()), at), []);
    // And whoever starts now takes the thief's list as the last one.
    let third = Statements::new(anchor(), state).unwrap();
    assert_eq!(take(&third, &of_thief, at), Standing::PowerEnded);
    assert!(third.accept_list(honest, at).is_err());
    take(
        &third,
        &signed(
            &RevocationDraft::after(&signed(&RevocationDraft::own(), &alice(), at)),
            &alice(),
            at,
        ),
        at,
    );
    assert_eq!(call(&by_lists(&third, anchor()), at), []);
}

/// A state that two processes share remembers more series than one process may hold. After a restart,
/// each series counts, held or not, and an officer's list that was held before does not fit any more.
#[test]
fn after_a_restart_a_list_that_was_held_does_not_fit_any_more() {
    let state = Arc::new(MemoryStatementState::default());
    let [one, other] = [(); 2].map(|()| Statements::new(anchor(), state.clone()).unwrap());
    let root = signed(&RevocationDraft::own(), &alice(), now());
    let power = power_of(&alice(), owner(), &officer(), &["deputize.revoke hop/**"], DAY);
    let list =
        signed(&revoking(RevocationDraft::by_power_of(power), &token(), 1), &officer(), now());
    for own in [&root, &list] {
        take(&one, own, now());
    }
    for number in 0..600 {
        take(&one, &signed(&RevocationDraft::own(), &numbered(number), now()), now());
        take(&other, &signed(&RevocationDraft::own(), &numbered(600 + number), now()), now());
    }
    assert_eq!(call(&by_lists(&one, anchor()), now()), [(Some(1), DenyCode::Revoked)]);
    let after = Statements::new(anchor(), state).unwrap();
    take(&after, &root, now());
    assert!(matches!(after.accept_list(list, now()), Err(NotAccepted::Full { .. })));
    assert_eq!(call(&by_lists(&after, anchor()), now()), []);
}

/// The root voids all lists of an officer's power. Those of powers that the officer made of it go on, and
/// each must be voided by its own hop: a list has at most 4,096 such lines.
#[test]
fn to_void_a_power_does_not_void_those_that_come_of_it() {
    let statements = empty(anchor());
    let granted = &["deputize.revoke hop/**"];
    let own = power_of(&alice(), owner(), &officer(), granted, DAY);
    let to = Grant::new(
        agent("helper", &thief()),
        ["deputize.revoke hop/**".parse::<Capability>().unwrap()],
        now() + DAY,
        "helps",
    );
    let further = own.delegate(&officer(), to.unwrap(), now()).unwrap();
    let draft = revoking(RevocationDraft::by_power_of(further), &token(), 0);
    take(&statements, &signed(&draft, &thief(), now()), now());
    let mut root = revoking(RevocationDraft::own(), &own, 0);
    root.void_series(VoidSeries::Power(own.hops()[0].id()), 1);
    take(&statements, &signed(&root, &alice(), now()), now());
    assert_eq!(call(&by_lists(&statements, anchor()), now()), [(Some(0), DenyCode::Revoked)]);
}

/// The keeper suspends an agent, and its assistant lists it as active: it is refused. Then the keeper's key
/// is retired. Its power has ended, that of the assistant has not, and the assistant alone decides.
#[test]
fn where_the_keepers_key_is_retired_its_assistant_admits() {
    let statements = empty(anchor());
    let power = power_of(&alice(), owner(), &hr(), ALL, DAY);
    let granted = ALL.iter().map(|text| text.parse::<Capability>().unwrap());
    let grant = Grant::new(agent("assistant", &officer()), granted, now() + Duration::HOUR, "x");
    let further = power.delegate(&hr(), grant.unwrap(), now()).unwrap();
    let [planner_entry, researcher_entry] = both();
    let suspended = researcher_entry.with_status(AgentStatus::Suspended);
    let later = now() + 2 * MINUTE;
    let own = DirectoryDraft::by_power_of(power);
    let own = directory(own, [planner_entry, suspended], &hr(), later);
    let other = directory(DirectoryDraft::by_power_of(further), both(), &officer(), later);
    for own in [own, other] {
        let _ = statements.accept_directory(own, later).unwrap();
    }
    let verifier = following(&statements, anchor());
    assert_eq!(call(&verifier, later), [(Some(1), DenyCode::AgentSuspended)]);
    let mut root = RevocationDraft::own();
    root.revoke_key(hr().public_key(), KeyEnd::retired(now() + MINUTE), later);
    take(&statements, &signed(&root, &alice(), later), later);
    assert_eq!(call(&verifier, later), []);
}

/// A thief of the keeper's key adds agents that nobody may ever delete. At 100,000, the keeper can add
/// none of its own, in this series, for a year and longer.
#[test]
fn what_a_thief_adds_to_a_directory_stays_for_ever() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let first = directory(DirectoryDraft::named(), both(), &hr(), now());
    let strangers = (0..5).map(|number| listed(&format!("stranger-{number}"), &numbered(number)));
    let of_thief = directory(DirectoryDraft::of(&first), strangers, &hr(), now());
    for own in [&first, &of_thief] {
        let _ = statements.accept_directory(own.clone(), now()).unwrap();
    }
    let _ = policy;
    // The keeper does not know of it: a fork.
    let second = directory(DirectoryDraft::of(&first), [listed("new", &key(60))], &hr(), now());
    let standing = statements.accept_directory(second.clone(), now()).unwrap().standing;
    assert!(matches!(standing, Standing::Forked { .. }));
    // The end of the fork has all of the thief's agents.
    let end = DirectoryDraft::ending_fork(&second, &of_thief);
    assert_eq!(end.agents().count(), 8);
    let mut without = end;
    without.remove(&numbered(0).public_key()).unwrap();
    let century = now() + 36_500 * DAY;
    for at in [now(), century] {
        assert!(without.sign(&hr(), at, at + DAY).is_err());
    }
}

/// A stranger's list by a power of the stranger's own root, which no anchor has. Everything is compared
/// with every capability of every hop before trust in the root is asked for, and while the set is locked.
#[test]
fn the_power_of_a_strangers_root_is_compared_before_trust_is_asked_for() {
    let statements = empty(anchor());
    let capabilities = || {
        let others = (0..63).map(|number| format!("deputize.revoke x/{number}"));
        let all = others.chain(["deputize.revoke key/**".to_owned()]);
        all.map(|text| text.parse::<Capability>().unwrap()).collect::<Vec<_>>()
    };
    let root = numbered(2_000_000);
    let to = |number: u32, hops| {
        let named = agent(&format!("a-{number}"), &numbered(2_000_001 + number));
        let grant = Grant::new(named, capabilities(), now() + Duration::HOUR, "x").unwrap();
        grant.with_max_hops(hops)
    };
    let most = 12_u32;
    let mut token = Token::mint(owner(), &root, to(0, most), now()).unwrap();
    let mut last = 0;
    for number in 1..=most {
        let holder = numbered(2_000_001 + number - 1);
        match token.delegate(&holder, to(number, most - number), now()) {
            Ok(next) => (token, last) = (next, number),
            Err(error) => {
                println!("{number}: {error}");
                break;
            }
        }
    }
    println!("{} hops, {} characters", token.hops().len(), token.to_text().len());
    let mut draft = RevocationDraft::by_power_of(token);
    for number in 0..4_000 {
        draft.revoke_key(numbered(3_000_000 + number).public_key(), KeyEnd::compromised(), now());
    }
    let list = signed(&draft, &numbered(2_000_001 + last), now());
    let list = RevocationList::parse(list.as_bytes()).unwrap();
    let error = timed("refused", || statements.accept_list(list, now()));
    assert!(matches!(error, Err(NotAccepted::NoPower { .. })));
}

/// A verifier's clock was a year ahead for a moment, and one tenant's root used it. The chains of all other
/// roots are unknown for a year, also after a restart, although their own lists are fresh.
#[test]
fn one_list_that_was_taken_while_the_clock_was_ahead_stops_all_tenants() {
    let of_thief = TrustAnchor::new(thief().public_key(), "mallory@example.com");
    let anchors = TrustAnchors::new([anchor(), of_thief]).unwrap();
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchors.clone(), state.clone()).unwrap();
    let year = now() + 365 * DAY;
    take(&before, &signed(&RevocationDraft::own(), &thief(), year), year);
    let after = Statements::new(anchors.clone(), state).unwrap();
    take(&after, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let found = call(&by_lists(&after, anchors), now());
    assert_eq!(found, [(Some(0), DenyCode::RevocationUnknown)]);
}

/// The id "stays when the key changes", so it names one agent. Two may have it.
#[test]
fn two_agents_may_have_one_id() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let same =
        |name: &str, of: &SigningKey| Agent::new("urn:acme:one", agent(name, of), owner()).unwrap();
    let agents = [same("planner", &planner()), same("researcher", &researcher())];
    let own = directory(DirectoryDraft::named(), agents, &hr(), now());
    let _ = statements.accept_directory(own, now()).unwrap();
    let verifier = Verifier::new(anchor(), only_by_expiry(), often()).with_directory(policy);
    assert_eq!(call(&verifier, now()), []);
}

/// Nobody looks at the date of a successor statement.
#[test]
fn a_successor_statement_of_the_year_9999_counts_now() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let agents = both().into_iter().chain([listed("researcher", &key(60))]);
    let own = directory(DirectoryDraft::named(), agents, &hr(), now());
    let _ = statements.accept_directory(own, now()).unwrap();
    let last = OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap();
    let own = Successor::sign(&researcher(), &key(60), last).unwrap();
    let _ = statements.accept_successor(own.to_text().as_bytes()).unwrap();
    let verifier = Verifier::new(anchor(), only_by_expiry(), often()).with_directory(policy);
    assert_eq!(call(&verifier, now()), []);
}
