//! Directories of issuers with and without a power from a root key.

use deputize::{
    Agent, Capability, DenyCode, DirectoryDraft, DirectoryPolicy, Grant, NotAccepted,
    RevocationDraft, Signer, SigningKey, Token,
};
use time::Duration;

use crate::agents::{STALE, Service, UNKNOWN, both, hr, signed};
use crate::common::{agent, alice, now, owner, planner, thief, writer};

/// A token by which a root gives somebody the power over the directory, with these capabilities.
fn power(root: &SigningKey, to: &SigningKey, capabilities: &[&str], until: Duration) -> Token {
    let capabilities = capabilities.iter().map(|text| text.parse::<Capability>().unwrap());
    let grant = Grant::new(agent("hr", to), capabilities, now() + until, "keeps the directory");
    Token::mint(owner(), root, grant.unwrap().with_max_hops(1), now()).unwrap()
}

const ALL: &[&str] = &["deputize.directory agent/**", "deputize.directory spawn/**"];

fn by_power(token: Token, agents: impl IntoIterator<Item = Agent>) -> DirectoryDraft {
    let mut draft = DirectoryDraft::by_power_of(token);
    agents.into_iter().for_each(|agent| draft.add(agent).unwrap());
    draft
}

#[test]
fn the_directory_of_a_power_counts_for_its_root_alone() {
    let service = Service::by_power();
    assert_eq!(service.call(), UNKNOWN);
    // Another root cannot give it.
    let of_thief = power(&thief(), &hr(), ALL, Duration::DAY);
    let error = service.refuses(&signed(&by_power(of_thief, both()), &hr(), now()));
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error:?}");
    let own = power(&alice(), &hr(), ALL, Duration::DAY);
    // The holder of the token signs, and nobody else.
    let draft = by_power(own.clone(), both());
    let error = service.refuses(&signed(&draft, &thief(), now()));
    assert!(matches!(error, NotAccepted::NotTheHolder { .. }), "{error:?}");
    service.takes(&signed(&draft, &hr(), now()));
    assert_eq!(service.call(), []);
    // A verifier that names the issuer itself follows another series.
    let named = DirectoryPolicy::issued_by(&service.statements, hr().public_key(), Duration::HOUR);
    assert_eq!(Service { policy: named, ..service }.call(), UNKNOWN);
}

#[test]
fn the_power_is_given_by_name_and_over_all_agents() {
    let [planner_entry, researcher_entry] = both();
    let spawner = planner_entry.clone().with_may_spawn(true);
    let one =
        format!("deputize.directory agent/{}", hex::encode(planner().public_key().to_bytes()));
    for (granted, agents, missing) in [
        (vec!["* **"], vec![], "agent/*"),
        (vec!["deputize.* agent/**"], vec![], "agent/*"),
        (vec!["deputize.revoke agent/**"], vec![], "agent/*"),
        (vec!["deputize.directory spawn/**"], vec![], "agent/*"),
        (vec![one.as_str()], vec![planner_entry.clone()], "agent/*"),
        (vec!["deputize.directory agent/** limit<=1"], vec![], "agent/*"),
        (vec!["deputize.directory agent/**"], vec![spawner.clone()], "spawn/*"),
    ] {
        let own = power(&alice(), &hr(), &granted, Duration::DAY);
        let service = Service::by_power();
        let error = service.refuses(&signed(&by_power(own, agents), &hr(), now()));
        let resource = missing.to_owned();
        let operation = "deputize.directory";
        assert_eq!(error, NotAccepted::NotGranted { hop: 0, operation, resource }, "{granted:?}");
        assert_eq!(service.call(), UNKNOWN);
    }
    for granted in [&["deputize.directory **"][..], &["deputize.directory agent/*"], ALL] {
        let service = Service::by_power();
        let own = power(&alice(), &hr(), granted, Duration::DAY);
        let agents = [planner_entry.clone(), researcher_entry.clone()];
        service.takes(&signed(&by_power(own, agents), &hr(), now()));
        assert_eq!(service.call(), []);
    }
}

#[test]
fn the_end_of_the_power_is_the_end_of_its_directory() {
    let service = Service::by_power();
    let minute = Duration::MINUTE;
    let own = power(&alice(), &hr(), ALL, minute);
    let first = signed(&by_power(own.clone(), both()), &hr(), now());
    service.takes(&first);
    assert_eq!(service.call_at(now() + minute - Duration::SECOND), []);
    assert_eq!(service.call_at(now() + minute), STALE);
    let later = DirectoryDraft::of(&first);
    let error = service.refuses(&signed(&later, &hr(), now() + minute));
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error:?}");
    // At a verifier that is new, too: nothing that is not fresh admits anybody.
    let new = Service::by_power();
    let error = new.statements.accept(first.as_bytes(), now() + minute).unwrap_err();
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error:?}");
    // The root takes the power back.
    let service = Service::by_power();
    service.takes(&first);
    let mut list = RevocationDraft::own();
    assert!(list.revoke_hop(&own.hops()[0], now()));
    let list = list.sign(&alice(), now(), now() + Duration::DAY).unwrap();
    let _ = service.statements.accept_list(list, now()).unwrap();
    assert_eq!(service.call(), STALE);
    // Somebody else gets it, and the directory before gives way.
    let next = power(&alice(), &writer(), ALL, Duration::DAY);
    service.takes(&signed(&by_power(next, both()), &writer(), now()));
    assert_eq!(service.call(), []);
}

#[test]
fn of_two_that_have_the_power_each_must_admit() {
    let service = Service::by_power();
    for (holder, agents) in [(hr(), both().to_vec()), (writer(), vec![both()[0].clone()])] {
        let own = power(&alice(), &holder, ALL, Duration::DAY);
        service.takes(&signed(&by_power(own, agents), &holder, now()));
    }
    assert_eq!(service.call(), [(Some(1), DenyCode::AgentNotListed)]);
}

#[test]
fn a_delegated_power_is_given_by_every_hop() {
    let first = power(&alice(), &hr(), ALL, Duration::DAY);
    let delegated = |capabilities: &[&str]| {
        let capabilities = capabilities.iter().map(|text| text.parse::<Capability>().unwrap());
        let to = agent("assistant", &writer());
        let grant = Grant::new(to, capabilities, now() + Duration::HOUR, "keeps it").unwrap();
        first.delegate(&hr(), grant, now()).unwrap()
    };
    let service = Service::by_power();
    service.takes(&signed(&by_power(delegated(ALL), both()), &writer(), now()));
    assert_eq!(service.call(), []);
    let narrower = delegated(&["deputize.directory agent/00"]);
    let error = service.refuses(&signed(&by_power(narrower, []), &writer(), now()));
    let (operation, resource) = ("deputize.directory", "agent/*".to_owned());
    assert_eq!(error, NotAccepted::NotGranted { hop: 1, operation, resource });
}

#[test]
fn a_root_cannot_void_a_directory_only_the_power() {
    let service = Service::by_power();
    let own = power(&alice(), &hr(), ALL, Duration::DAY);
    let directory = signed(&by_power(own, both()), &hr(), now());
    service.takes(&directory);
    let mut list = RevocationDraft::own();
    list.void_list(directory.digest());
    let list = list.sign(&alice(), now(), now() + Duration::DAY).unwrap();
    let _ = service.statements.accept_list(list, now()).unwrap();
    assert_eq!(service.call(), []);
}
