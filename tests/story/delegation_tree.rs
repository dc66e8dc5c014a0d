//! The example `delegation_tree`: who can make which call, which hops refuse the others, and that
//! the revocation of one hop ends what was delegated below it and nothing else.

use deputize::{Decision, DenyCode, Hop, RevokedHops, Signer, TrustAnchor, TrustAnchors, Verifier};

use crate::common::{alice, anchor, key, now};

#[path = "../../examples/delegation_tree.rs"]
#[expect(dead_code, reason = "the test runs its services, not its `main`")]
mod example;

use example::{Agent, CALLS, CRM, MAIL, ask, company, service};

/// A row for each call, a column for each agent: `yes`, or the hops that refuse.
const EXPECTED: [[&str; 5]; 6] = [
    ["yes", "yes", "yes", "1", "yes"],
    ["yes", "yes", "2", "1", "yes"],
    ["yes", "1", "1 2", "1", "yes"],
    ["yes", "1", "1 2", "yes", "0"],
    ["yes", "1", "1 2", "1", "0"],
    ["yes", "1", "1 2", "1", "0"],
];

/// The same for the first and the fourth call once the researcher's hop is revoked.
const EXPECTED_THEN: [(usize, [&str; 5]); 2] =
    [(0, ["yes", "1", "1", "1", "yes"]), (3, ["yes", "1", "1 2", "yes", "0"])];

fn scene() -> ([Agent; 5], [(&'static str, Verifier); 2], RevokedHops) {
    let acme = key(60);
    let owners = [anchor(), TrustAnchor::new(acme.public_key(), "Acme Ltd")];
    let owners = TrustAnchors::new(owners).unwrap();
    let revoked = RevokedHops::default();
    let services = [(CRM, service(&owners, &revoked)), (MAIL, service(&owners, &revoked))];
    (company(&alice(), &acme, now()).unwrap(), services, revoked)
}

fn row(agents: &[Agent; 5], services: &[(&str, Verifier)], call: usize) -> [String; 5] {
    agents.each_ref().map(|agent| match ask(services, agent, &CALLS[call], now()).unwrap() {
        Decision::Allow(_) => "yes".to_owned(),
        Decision::Deny(denial) => {
            let mut hops: Vec<_> = denial.reasons().iter().filter_map(|own| own.hop).collect();
            hops.sort_unstable();
            hops.dedup();
            hops.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
    })
}

#[test]
fn each_agent_can_make_the_calls_that_every_hop_above_it_allows() {
    let (agents, services, _) = scene();
    for (call, expected) in EXPECTED.iter().enumerate() {
        assert_eq!(row(&agents, &services, call), *expected, "{}", CALLS[call].0);
    }
}

#[test]
fn a_revoked_hop_ends_what_was_delegated_below_it() {
    let (agents, services, revoked) = scene();
    let [_, researcher, summarizer, mailer, _] = &agents;
    revoked.revoke(researcher.token.hops()[1].id());
    for (call, expected) in EXPECTED_THEN {
        assert_eq!(row(&agents, &services, call), expected, "{}", CALLS[call].0);
    }
    for (agent, call, is_revoked) in
        [(researcher, 0, true), (summarizer, 0, true), (mailer, 3, false)]
    {
        let found = match ask(&services, agent, &CALLS[call], now()).unwrap() {
            Decision::Allow(_) => false,
            Decision::Deny(denial) => denial.has(DenyCode::Revoked),
        };
        assert_eq!(found, is_revoked, "{}", agent.name);
    }
}

/// The example grants nothing that cannot be meant, and nothing that is wider than it seems.
#[test]
fn no_hop_has_a_lint() {
    let (agents, ..) = scene();
    for agent in &agents {
        let grants: Vec<_> = agent.token.hops().iter().map(Hop::grant).collect();
        assert_eq!(grants[0].lints(now()), [], "{}", agent.name);
        for pair in grants.windows(2) {
            assert_eq!(pair[1].lints_below(pair[0], now()), [], "{}", agent.name);
        }
    }
}
