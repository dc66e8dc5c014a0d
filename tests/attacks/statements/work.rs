//! The attacker signs many statements that are valid, so that decisions cost more than they are worth.

use deputize::limits::{MAX_LINKED_SUCCESSORS, MAX_POWERS_OF_ROOT};
use deputize::{
    DenyCode, DirectoryDraft, ListPolicy, NotAccepted, RevocationDraft, Signer, SigningKey,
    Statements, Successor,
};
use time::Duration;

use super::{
    AGENTS, both, by_hr, by_power_of_root, call, directory, empty, hr, listed, numbered, officer,
    powers_of_one, refuses, requiring, signed, takes, takes_directory, takes_successor,
    with_root_list,
};
use crate::common::{anchor, key, now, planner, researcher};

const DIFFERS: &[(Option<usize>, DenyCode)] = &[(Some(1), DenyCode::AgentDiffers)];

fn keys(count: usize) -> Vec<SigningKey> {
    (0..u32::try_from(count).unwrap()).map(numbered).collect()
}

/// A set of statements in which all these keys are listed as the researcher, and so is its own.
fn of_one_name(others: &[SigningKey]) -> Statements {
    let statements = empty(anchor());
    // The policy names the issuer.
    let _ = by_hr(&statements);
    let agents = others.iter().map(|key| listed("researcher", key)).chain(both());
    let own = directory(DirectoryDraft::named(), agents, &hr(), now());
    takes_directory(&statements, &own, now());
    statements
}

#[test]
fn keys_that_more_statements_link_than_are_followed_are_not_linked() {
    for (count, expected) in
        [(MAX_LINKED_SUCCESSORS, &[][..]), (MAX_LINKED_SUCCESSORS + 1, DIFFERS)]
    {
        let others = keys(count);
        let statements = of_one_name(&others);
        let mut old = &researcher();
        for new in &others {
            takes_successor(&statements, old, new);
            old = new;
        }
        assert_eq!(call(&by_hr(&statements), now()), expected);
    }
}

/// An agent that was given a new key makes statements about keys of its own. What it signs is void, and
/// the statement by which it has its name is not.
#[test]
fn an_agent_that_signs_more_statements_than_are_followed_is_refused() {
    let old = key(61);
    for (count, expected) in
        [(MAX_LINKED_SUCCESSORS, &[][..]), (MAX_LINKED_SUCCESSORS + 1, DIFFERS)]
    {
        let statements = of_one_name(std::slice::from_ref(&old));
        takes_successor(&statements, &old, &researcher());
        for new in &keys(count - 1) {
            takes_successor(&statements, &researcher(), new);
        }
        assert_eq!(call(&by_hr(&statements), now()), expected);
    }
}

/// Anybody can send these.
#[test]
fn a_successor_statement_that_is_not_taken_costs_the_same_however_many_are_held() {
    let statements = empty(anchor());
    let known = Successor::sign(&numbered(0), &numbered(1), now()).unwrap().to_text();
    let broken = known.replacen("issued", "issues", 1);
    let cost = |text: &str| {
        let accept = || {
            let _ = statements.accept_successor(text.as_bytes());
        };
        accept();
        allocation_counter::measure(accept).bytes_total
    };
    let few = [cost(&known), cost(&broken)];
    for number in 2..100 {
        takes_successor(&statements, &numbered(number), &numbered(number + 1));
    }
    assert_eq!([cost(&known), cost(&broken)], few);
}

/// The power of each of its series is judged by all lists, in each decision.
#[test]
fn an_officer_has_few_series() {
    let statements = with_root_list();
    let policy = ListPolicy::new(&statements, Duration::HOUR)
        .and_issuer(officer().public_key(), Duration::HOUR);
    let verifier = requiring(policy, anchor());
    let own = powers_of_one(&officer(), &["deputize.revoke key/00"], MAX_POWERS_OF_ROOT + 1);
    let lists = own.into_iter().map(RevocationDraft::by_power_of);
    let lists: Vec<_> = lists.map(|draft| signed(&draft, &officer(), now())).collect();
    let (last, others) = lists.split_last().unwrap();
    for list in others {
        takes(&statements, list, now());
    }
    let error = refuses(&statements, last, now());
    assert_eq!(error, NotAccepted::Full { held: MAX_POWERS_OF_ROOT });
    assert_eq!(call(&verifier, now()), []);
}

/// Each of them must admit.
#[test]
fn a_keeper_has_few_directories() {
    let statements = empty(anchor());
    let own = powers_of_one(&hr(), AGENTS, MAX_POWERS_OF_ROOT + 1);
    let drafts = own.into_iter().map(DirectoryDraft::by_power_of);
    let of_researcher = || [listed("researcher", &researcher()), listed("planner", &planner())];
    let all: Vec<_> = drafts.map(|draft| directory(draft, of_researcher(), &hr(), now())).collect();
    let (last, others) = all.split_last().unwrap();
    for own in others {
        takes_directory(&statements, own, now());
    }
    let error = statements.accept_directory(last.clone(), now()).unwrap_err();
    assert_eq!(error, NotAccepted::Full { held: MAX_POWERS_OF_ROOT });
    assert_eq!(call(&by_power_of_root(&statements, anchor()), now()), []);
}
