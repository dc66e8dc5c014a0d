//! The attacker is listed in a directory, keeps one, or is a stranger who sends one.

use deputize::{
    Agent, AgentStatus, DenyCode, DirectoryDraft, DirectoryPolicy, KeyEnd, NotAccepted, Report,
    RevocationDraft, Signer, SigningKey,
};
use time::Duration;

use super::{
    AGENTS, DAY, both, by_directory, by_hr, by_power_of_root, call, directory, empty, further, hr,
    listed, mallory, officer, power, signed, takes, takes_directory, takes_successor,
};
use crate::common::{agent, alice, anchor, key, now, planner, request, researcher, thief, token};

/// It may be long, and reading it takes long.
#[test]
fn a_directory_of_a_stranger_is_refused_before_it_is_read() {
    let statements = empty(anchor());
    let own = directory(DirectoryDraft::named(), both(), &thief(), now());
    let note = own.as_bytes().iter().position(|byte| *byte == b'{').unwrap();
    let unread = [&own.as_bytes()[..note], b"not an agent"].concat();
    let issuer = Box::new(thief().public_key());
    for bytes in [own.as_bytes(), &unread] {
        let error = statements.accept(bytes, now()).unwrap_err();
        assert_eq!(error, NotAccepted::DirectoryNotNamed { issuer: issuer.clone() });
    }
    // It is read where a policy names the issuer.
    let _ = DirectoryPolicy::issued_by(&statements, *issuer, Duration::HOUR);
    let error = statements.accept(unread, now()).unwrap_err();
    assert!(matches!(error, NotAccepted::Statement(_)), "{error}");
}

/// The keeper's assistant can only refuse more, and does not say who answers for all agents.
#[test]
fn a_report_does_not_show_the_directory_of_an_assistant() {
    let statements = empty(anchor());
    let own = power(&hr(), AGENTS, DAY);
    let of_assistant = further(&own, &hr(), &officer(), AGENTS);
    let first = directory(DirectoryDraft::by_power_of(own), both(), &hr(), now());
    let of_mallory = |name: &str, of: &SigningKey| {
        Agent::new("urn:acme:other", agent(name, of), mallory()).unwrap()
    };
    let agents = [of_mallory("planner", &planner()), of_mallory("researcher", &researcher())];
    let draft = DirectoryDraft::by_power_of(of_assistant).with_first_sequence(1_000_000);
    let other = directory(draft, agents, &officer(), now());
    for own in [first, other] {
        takes_directory(&statements, &own, now());
    }
    let presentation = token().present(&researcher(), &request(), now()).unwrap();
    let verifier = by_power_of_root(&statements, anchor());
    let decision = verifier.decide(presentation, request(), now());
    assert!(decision.is_allowed());
    let text = Report::of(&decision).to_string();
    assert!(text.contains("urn:acme:researcher, answered for by alice@acme.com"), "{text}");
    assert!(!text.contains("mallory@example.com"), "{text}");
}

/// The researcher has a new key, and the old one is lost. An officer who may report the old one could
/// have the new one refused, by a report that does not name the succession.
#[test]
fn a_power_over_one_key_of_an_agent_does_not_divide_it() {
    let statements = empty(anchor());
    let old = key(60);
    let verifier = by_hr(&statements);
    let before = listed("researcher", &old).with_status(AgentStatus::Retired);
    let agents = both().into_iter().chain([before]);
    let own = directory(DirectoryDraft::named(), agents, &hr(), now());
    takes_directory(&statements, &own, now());
    takes_successor(&statements, &old, &researcher());
    assert_eq!(call(&verifier, now()), []);
    let granted = format!("deputize.revoke key/{}", hex::encode(old.public_key().to_bytes()));
    let own = power(&officer(), &[&granted], DAY);
    let report = |mut draft: RevocationDraft| {
        draft.revoke_key(old.public_key(), KeyEnd::compromised(), now());
        draft
    };
    let list = signed(&report(RevocationDraft::by_power_of(own)), &officer(), now());
    takes(&statements, &list, now());
    assert_eq!(call(&verifier, now()), []);
    // The root does.
    takes(&statements, &signed(&report(RevocationDraft::own()), &alice(), now()), now());
    assert_eq!(call(&verifier, now()), [(Some(1), DenyCode::AgentDiffers)]);
}

#[test]
fn a_key_outside_the_directory_spawns_nobody() {
    let statements = empty(anchor());
    let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::HOUR);
    let policy = policy.with_outside([planner().public_key()]);
    let other = listed("other", &key(60)).with_may_spawn(true);
    let own = directory(DirectoryDraft::named(), [other], &hr(), now());
    takes_directory(&statements, &own, now());
    let found = call(&by_directory(policy, anchor()), now());
    assert_eq!(found, [(Some(1), DenyCode::AgentNotListed)]);
}
