//! The limits of statements: attacks that succeed. The documents describe the remedies. Each of
//! these tests fails if its attack does not succeed any more.

use std::sync::Arc;

use deputize::{
    AgentStatus, Capability, DenyCode, DirectoryDraft, DirectoryPolicy, Grant, KeyEnd, ListPolicy,
    MemoryStatementState, Owner, Principal, PrincipalKind, RevocationDraft, Signer, Statements,
    Token, TrustAnchor,
};
use time::Duration;

use super::{
    AGENTS, DAY, HOPS, MINUTE, both, by_hr, by_lists, by_power_of_root, call, call_of, directory,
    empty, further, hr, listed, officer, power, power_of, requiring, restoring, revoking, signed,
    takes, takes_directory, with_researcher_suspended,
};
use crate::common::{agent, alice, anchor, key, now, owner, planner, researcher, token};

const REVOKED: &[(Option<usize>, DenyCode)] = &[(Some(1), DenyCode::Revoked)];
const SUSPENDED: &[(Option<usize>, DenyCode)] = &[(Some(1), DenyCode::AgentSuspended)];

/// A service shows all of [`Statements::not_held`] again before it decides.
#[test]
fn a_statement_that_is_withheld_after_a_restart_refuses_nothing_unless_it_is_required() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let root = signed(&RevocationDraft::own(), &alice(), now());
    let own = RevocationDraft::by_power_of(power(&officer(), HOPS, DAY));
    let list = signed(&revoking(own, &token(), 1), &officer(), now());
    for own in [&root, &list] {
        takes(&before, own, now());
    }
    let [first, second] =
        [(hr(), both()), (key(54), with_researcher_suspended())].map(|(keeper, agents)| {
            let draft = DirectoryDraft::by_power_of(power(&keeper, AGENTS, DAY));
            let own = directory(draft, agents, &keeper, now());
            takes_directory(&before, &own, now());
            own
        });
    assert_eq!(before.not_held(), []);
    let after = Statements::new(anchor(), state).unwrap();
    assert_eq!(after.not_held().len(), 4);
    takes(&after, &root, now());
    takes_directory(&after, &first, now());
    let mut withheld = [list.series(), second.series()];
    withheld.sort_unstable();
    assert_eq!(after.not_held(), withheld);
    let of_root = DirectoryPolicy::by_power_of_root(&after, Duration::HOUR);
    assert_eq!(call(&by_lists(&after, anchor()).with_directory(of_root), now()), []);
    let policy = ListPolicy::of_issuers(&after, [officer().public_key()], Duration::HOUR);
    let found = call(&requiring(policy, anchor()), now());
    assert_eq!(found, [(Some(0), DenyCode::RevocationUnknown)]);
    takes(&after, &list, now());
    assert_eq!(call(&by_lists(&after, anchor()), now()), REVOKED);
    takes_directory(&after, &second, now());
    assert_eq!(call(&by_power_of_root(&after, anchor()), now()), SUSPENDED);
    assert_eq!(after.not_held(), []);
}

/// It is judged by the dates that it signs. Where somebody else may have it, report it as
/// compromised.
#[test]
fn a_retired_key_issues_lists_that_are_dated_before_its_end() {
    let statements = empty(anchor());
    let verifier = by_lists(&statements, anchor());
    let own = power(&officer(), HOPS, DAY);
    let first = revoking(RevocationDraft::by_power_of(own), &token(), 1);
    let first = signed(&first, &officer(), now());
    takes(&statements, &first, now());
    let [dated, end, at] = [4, 5, 10].map(|minutes| now() + Duration::minutes(minutes));
    let mut root = RevocationDraft::own();
    root.revoke_key(officer().public_key(), KeyEnd::retired(end), at);
    takes(&statements, &signed(&root, &alice(), at), at);
    assert_eq!(call(&verifier, at), REVOKED);
    takes(&statements, &signed(&restoring(&first), &officer(), dated), at);
    assert_eq!(call(&verifier, at), []);
}

/// A void list counts as never seen, and so does the one that it replaced.
#[test]
fn once_a_list_is_void_one_before_the_last_is_current() {
    let statements = empty(anchor());
    let own = power(&officer(), HOPS, DAY);
    let first = signed(&RevocationDraft::by_power_of(own), &officer(), now());
    let second = signed(&revoking(RevocationDraft::after(&first), &token(), 1), &officer(), now());
    let third = signed(&restoring(&second), &officer(), now());
    for own in [&first, &second, &third] {
        takes(&statements, own, now());
    }
    let mut root = RevocationDraft::own();
    root.void_list(third.digest());
    takes(&statements, &signed(&root, &alice(), now()), now());
    let policy = ListPolicy::of_issuers(&statements, [officer().public_key()], Duration::HOUR);
    let verifier = requiring(policy, anchor());
    assert_eq!(call(&verifier, now()), [(Some(0), DenyCode::RevocationUnknown)]);
    takes(&statements, &first, now());
    assert_eq!(call(&verifier, now()), []);
    // Until the last one is shown.
    takes(&statements, &second, now());
    assert_eq!(call(&verifier, now()), REVOKED);
}

/// Only a key that reports itself ends its series. The root voids the lists of a thief.
#[test]
fn a_delegates_key_that_the_root_reports_issues_lists() {
    let statements = empty(anchor());
    let policy = ListPolicy::new(&statements, Duration::HOUR).and_every_delegator(Duration::HOUR);
    let verifier = requiring(policy, anchor());
    let own = signed(&revoking(RevocationDraft::own(), &token(), 1), &planner(), now());
    takes(&statements, &own, now());
    let mut root = RevocationDraft::own();
    let end = KeyEnd::compromised().with_good(token().hops()[1].id());
    root.revoke_key(planner().public_key(), end, now());
    takes(&statements, &signed(&root, &alice(), now()), now());
    assert_eq!(call(&verifier, now()), REVOKED);
    takes(&statements, &signed(&restoring(&own), &planner(), now()), now());
    assert_eq!(call(&verifier, now()), []);
}

/// As does the keeper that a policy names: the operator takes the name away.
#[test]
fn a_keeper_whom_a_policy_names_is_followed_whatever_the_root_reports() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let verifier = by_lists(&statements, anchor()).with_directory(policy);
    let mut root = RevocationDraft::own();
    root.revoke_key(hr().public_key(), KeyEnd::compromised(), now());
    takes(&statements, &signed(&root, &alice(), now()), now());
    let own = directory(DirectoryDraft::named(), both(), &hr(), now());
    takes_directory(&statements, &own, now());
    assert_eq!(call(&verifier, now()), []);
}

/// A new keeper has another series, and copies all agents.
#[test]
fn the_directory_of_a_new_power_need_not_have_whom_the_old_one_suspended() {
    let statements = empty(anchor());
    let spawner = listed("planner", &planner()).with_may_spawn(true);
    let suspended = listed("researcher", &researcher()).with_status(AgentStatus::Suspended);
    for (until, agents) in [(MINUTE, vec![spawner.clone(), suspended]), (DAY, vec![spawner])] {
        let draft = DirectoryDraft::by_power_of(power(&hr(), AGENTS, until));
        takes_directory(&statements, &directory(draft, agents, &hr(), now()), now());
    }
    let verifier = by_power_of_root(&statements, anchor());
    assert_eq!(call(&verifier, now()), SUSPENDED);
    assert_eq!(call(&verifier, now() + MINUTE), []);
}

/// A retired keeper's directory is not followed any more, and what it delegated before is valid.
#[test]
fn where_the_keepers_key_is_retired_its_assistant_admits() {
    let statements = empty(anchor());
    let own = power(&hr(), AGENTS, DAY);
    let of_assistant = further(&own, &hr(), &officer(), AGENTS);
    let later = now() + 2 * MINUTE;
    let draft = DirectoryDraft::by_power_of(own);
    let own = directory(draft, with_researcher_suspended(), &hr(), later);
    let draft = DirectoryDraft::by_power_of(of_assistant);
    let other = directory(draft, both(), &officer(), later);
    for own in [own, other] {
        takes_directory(&statements, &own, later);
    }
    let verifier = by_power_of_root(&statements, anchor());
    assert_eq!(call(&verifier, later), SUSPENDED);
    let mut root = RevocationDraft::own();
    root.revoke_key(hr().public_key(), KeyEnd::retired(now() + MINUTE), later);
    takes(&statements, &signed(&root, &alice(), later), later);
    assert_eq!(call(&verifier, later), []);
}

/// A key that speaks for several owners is one party.
#[test]
fn a_power_in_the_name_of_one_owner_counts_for_all_owners_of_its_root() {
    let any = TrustAnchor::for_any_owner(alice().public_key());
    let bob = || Owner::human("bob@acme.com").unwrap();
    let statements = empty(any.clone());
    takes(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let own = power_of(&alice(), bob(), &officer(), &["deputize.revoke **"], DAY);
    let draft = revoking(RevocationDraft::by_power_of(own), &token(), 1);
    takes(&statements, &signed(&draft, &officer(), now()), now());
    assert_eq!(call(&by_lists(&statements, any.clone()), now()), REVOKED);
    let own = power_of(&alice(), bob(), &hr(), AGENTS, DAY);
    let own = directory(DirectoryDraft::by_power_of(own), both(), &hr(), now());
    takes_directory(&statements, &own, now());
    assert_eq!(call(&by_power_of_root(&statements, any), now()), []);
}

/// A service has one set for both.
#[test]
fn a_power_is_judged_by_the_lists_of_its_own_set() {
    let [lists, directories] = [empty(anchor()), empty(anchor())];
    let own = power(&hr(), AGENTS, DAY);
    let root = signed(&revoking(RevocationDraft::own(), &own, 0), &alice(), now());
    takes(&lists, &root, now());
    let own = directory(DirectoryDraft::by_power_of(own), both(), &hr(), now());
    takes_directory(&directories, &own, now());
    let policy = DirectoryPolicy::by_power_of_root(&directories, Duration::HOUR);
    let verifier = by_lists(&lists, anchor()).with_directory(policy.clone());
    assert_eq!(call(&verifier, now()), []);
    takes(&directories, &root, now());
    let verifier = by_lists(&lists, anchor()).with_directory(policy);
    assert_eq!(call(&verifier, now()), [(None, DenyCode::DirectoryStale)]);
}

/// The root is not looked up, whatever its key is called further down.
#[test]
fn a_delegate_with_the_root_key_has_any_name() {
    let statements = empty(anchor());
    let verifier = by_hr(&statements);
    let own = directory(DirectoryDraft::named(), both(), &hr(), now());
    takes_directory(&statements, &own, now());
    let all = || ["crm.read ** ...".parse::<Capability>().unwrap()];
    let until = now() + Duration::HOUR;
    let first = Grant::new(agent("planner", &planner()), all(), until, "a test").unwrap();
    let first = Token::mint(owner(), &alice(), first.with_max_hops(3), now()).unwrap();
    for (name, kind) in [("researcher", PrincipalKind::Agent), ("HR", PrincipalKind::Organization)]
    {
        let named = Principal::new(name, kind, alice().public_key()).unwrap();
        let grant = Grant::new(named, all(), until, "a test").unwrap();
        let token = first.delegate(&planner(), grant, now()).unwrap();
        assert_eq!(call_of(&verifier, &token, &alice(), now()), []);
    }
}
