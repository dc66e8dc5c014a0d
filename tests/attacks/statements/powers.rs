//! The attacker has a power of its own, or one that was delegated to it.

use deputize::{DenyCode, ListPolicy, RevocationDraft};
use time::Duration;

use super::{
    DAY, HOPS, by_lists, call, empty, further, mallory, officer, power, power_of, refuses,
    requiring, revoking, signed, takes, why_no_power, with_root_list,
};
use crate::common::{anchor, now, planner, thief, token};

#[test]
fn a_power_does_not_reach_the_hop_that_it_comes_from() {
    let statements = with_root_list();
    let all = &["deputize.revoke **"];
    let own = power(&planner(), all, DAY);
    let of_officer = further(&own, &planner(), &officer(), all);
    let draft = RevocationDraft::by_power_of(of_officer);
    let mut draft = revoking(draft, &own, 0);
    assert!(draft.revoke_token(own.token_id(), now()));
    takes(&statements, &signed(&draft, &officer(), now()), now());
    // The planner's list by its power still counts.
    let draft = revoking(RevocationDraft::by_power_of(own), &token(), 1);
    takes(&statements, &signed(&draft, &planner(), now()), now());
    assert_eq!(call(&by_lists(&statements, anchor()), now()), [(Some(1), DenyCode::Revoked)]);
}

#[test]
fn a_power_of_a_root_that_no_anchor_has_is_none() {
    let statements = with_root_list();
    let of_thief = power_of(&thief(), mallory(), &officer(), HOPS, DAY);
    let draft = revoking(RevocationDraft::by_power_of(of_thief), &token(), 1);
    let error = refuses(&statements, &signed(&draft, &officer(), now()), now());
    assert_eq!(why_no_power(&error), [(None, DenyCode::UntrustedRoot)]);
    assert_eq!(call(&by_lists(&statements, anchor()), now()), []);
}

/// A policy that was made of a configuration without issuers would need no list at all.
#[test]
fn a_policy_of_no_issuers_needs_the_list_of_the_root() {
    let unknown = [(Some(0), DenyCode::RevocationUnknown)];
    for (statements, expected) in [(empty(anchor()), &unknown[..]), (with_root_list(), &[])] {
        let policy = ListPolicy::of_issuers(&statements, [], Duration::HOUR);
        assert_eq!(call(&requiring(policy, anchor()), now()), expected);
    }
}
