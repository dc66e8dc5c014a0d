//! An agent's life in a directory: hired, suspended, reviewed, rekeyed, retired.

use deputize::limits::AGENTS_KEPT;
use deputize::{
    Agent, AgentFinding, AgentStatus, Directory, DirectoryDraft, DirectoryError, DirectoryRules,
    Owner, Parties, Principal, Signer, SigningKey, SigningKind, Successions, Successor,
};
use time::{Duration, OffsetDateTime};

use crate::common::{agent, key, now, owner, planner, researcher, thief, token};

fn security() -> SigningKey {
    key(50)
}

fn hired(name: &str, own: &SigningKey) -> Agent {
    let name_in_id: String = name.chars().filter(char::is_ascii).collect();
    let id = format!("spiffe://acme.com/agents/{name_in_id}");
    Agent::new(id, agent(name, own), owner()).unwrap()
}

fn sign(draft: &DirectoryDraft, at: OffsetDateTime) -> Directory {
    draft.sign(&security(), at, at + Duration::DAY).unwrap()
}

/// Returns the faults of the standard chain, from Alice over the planner to the researcher.
fn judged(directory: &Directory, parties: &Parties, at: OffsetDateTime) -> Vec<(usize, String)> {
    let rules = DirectoryRules::new([directory.clone()]);
    let found = rules.judge(token().hops(), parties, at);
    found.into_iter().map(|AgentFinding { hop, fault, .. }| (hop, fault.to_string())).collect()
}

#[test]
fn a_directory_is_text_that_people_read_and_a_line_of_json_for_each_agent() {
    let mut draft = DirectoryDraft::named();
    let planner = hired("planner", &planner())
        .with_responsibilities(["plans the account review"])
        .unwrap()
        .with_valid_from(now())
        .with_valid_until(now() + Duration::days(365))
        .with_may_spawn(true);
    draft.add(planner).unwrap();
    draft.add(hired("researcher", &researcher())).unwrap();
    draft.review(&researcher().public_key(), now(), now() + Duration::days(90)).unwrap();
    let own = sign(&draft, now());
    insta::assert_snapshot!(String::from_utf8_lossy(own.as_bytes()), @r#"
    deputize agents v1 ed25519/5e212c0980e4b39fc09721134aa02109374edfd260c0d3d03cb501c8d65457a9
    scope named
    sequence 1
    issued 2026-11-23T18:00:00Z
    next 2026-11-24T18:00:00Z
    agents 2 714 24d8184cfd89d5593296d45d73e19e7496dd84bb3c07608f045edb5cc99f01fa

    — ed25519/5e212c0980e4b39fc09721134aa02109374edfd260c0d3d03cb501c8d65457a9 w1bxfQqFXOrDirnK5fVt0UJaoALCjOzBNya+3eY1Ob33xwwYyBIy/BylmHCewqWPtgaImneH9FGGUvmfJgpwxq1Luwc=
    {"accountable":{"kind":"human","name":"alice@acme.com"},"id":"spiffe://acme.com/agents/planner","key":"ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394","kind":"agent","may_spawn":true,"name":"planner","responsibilities":["plans the account review"],"status":"active","valid_from":"2026-11-23T18:00:00Z","valid_until":"2027-11-23T18:00:00Z"}
    {"accountable":{"kind":"human","name":"alice@acme.com"},"id":"spiffe://acme.com/agents/researcher","key":"ed25519/ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1","kind":"agent","last_review":"2026-11-23T18:00:00Z","may_spawn":false,"name":"researcher","next_review":"2027-02-21T18:00:00Z","responsibilities":[],"status":"active"}
    "#);
}

#[test]
fn each_step_of_an_agents_life_decides() {
    let nobody = Parties::default();
    let [planner_key, researcher_key] = [planner(), researcher()].map(|key| key.public_key());
    let mut draft = DirectoryDraft::named();
    let mut at = now();
    let mut step = |draft: &mut DirectoryDraft, parties: &Parties| {
        let signed = sign(draft, at);
        let found = judged(&signed, parties, at);
        at += Duration::MINUTE;
        *draft = DirectoryDraft::of(&signed);
        found
    };
    let of = |hop, what: &str| (hop, what.to_owned());

    let unlisted = "is not in the directory";
    assert_eq!(step(&mut draft, &nobody), [of(0, unlisted), of(1, unlisted)]);
    draft.add(hired("planner", &planner())).unwrap();
    assert_eq!(step(&mut draft, &nobody), [of(1, unlisted)]);
    // The planner may start helpers, or each of them is listed.
    draft.replace(hired("planner", &planner()).with_may_spawn(true)).unwrap();
    assert_eq!(step(&mut draft, &nobody), []);
    draft.replace(hired("planner", &planner())).unwrap();
    draft.add(hired("researcher", &researcher())).unwrap();
    assert_eq!(step(&mut draft, &nobody), []);

    draft.suspend(&researcher_key).unwrap();
    assert_eq!(step(&mut draft, &nobody), [of(1, "is suspended in the directory")]);
    draft.resume(&researcher_key).unwrap();
    assert_eq!(step(&mut draft, &nobody), []);

    // A new key takes the place of the researcher's: both are admitted while a statement links
    // them.
    let next = key(60);
    let statement = Successor::sign(&researcher(), &next, now()).unwrap();
    draft.rekey(&statement).unwrap();
    let shared = format!(
        "shares its name in the directory with the key {}, and no successor statement links them",
        next.public_key().fingerprint()
    );
    let divided = step(&mut draft, &nobody);
    assert_eq!(divided.len(), 1);
    assert_eq!(divided, [of(1, &shared)]);
    let mut known = Successions::new();
    known.add(statement).unwrap();
    let parties = known.resolve(|_| false);
    assert_eq!(step(&mut draft, &parties), []);
    // Once the old key is reported as compromised, they are not one party any more.
    assert_eq!(step(&mut draft, &known.resolve(|_| true)), [of(1, &shared)]);

    draft.review(&planner_key, now(), now() + Duration::HOUR).unwrap();
    let signed = sign(&draft, now() + Duration::HOUR);
    let overdue = judged(&signed, &parties, now() + Duration::HOUR);
    assert_eq!(overdue, [of(0, "had to be reviewed by 2026-11-23T19:00:00Z, by the directory")]);

    let end = now() + Duration::HOUR;
    draft.retire(&planner_key, end).unwrap();
    let retired = DirectoryError::Retired { key: Box::new(planner_key) };
    assert_eq!(draft.resume(&planner_key), Err(retired.clone()));
    assert_eq!(draft.suspend(&planner_key), Err(retired));
    assert_eq!(step(&mut draft, &parties), [of(0, "is retired in the directory")]);
    // Its entry stays for a year, so that its key cannot come back as that of an unknown agent.
    let before = sign(&draft, end);
    let mut draft = DirectoryDraft::of(&before);
    assert_eq!(draft.remove(&planner_key).unwrap().valid_until(), Some(end));
    let sign_at = |at| draft.sign(&security(), at, at + Duration::DAY);
    let early = DirectoryError::RemovedEarly { key: Box::new(planner_key) };
    let year = end + AGENTS_KEPT;
    assert_eq!(sign_at(year).map(drop), Err(early));
    let later = sign_at(year + Duration::SECOND).unwrap();
    assert_eq!(later.lacks_of(&before), None);
    assert_eq!(later.agents().len() + 1, before.agents().len());

    let gone = DirectoryError::NotListed { key: Box::new(planner_key) };
    assert_eq!(draft.remove(&planner_key), Err(gone.clone()));
    assert_eq!(draft.retire(&planner_key, end), Err(gone));
    let again = DirectoryError::AlreadyListed { key: Box::new(researcher_key) };
    assert_eq!(draft.add(hired("another", &researcher())), Err(again));
    let backwards = draft.review(&researcher_key, now(), now());
    assert!(matches!(backwards, Err(DirectoryError::ReviewNotLater { .. })));
    assert_eq!(draft.agents().count(), 2);
}

#[test]
fn a_name_that_is_meant_to_be_mistaken_is_refused_below_a_spawner_too() {
    let mut draft = DirectoryDraft::named();
    draft.add(hired("planner", &planner()).with_may_spawn(true)).unwrap();
    let with = |name: &str| {
        let mut draft = draft.clone();
        draft.add(hired(name, &thief())).unwrap();
        judged(&sign(&draft, now()), &Parties::default(), now())
    };
    assert_eq!(with("writer"), []);
    let listed = thief().public_key().fingerprint();
    let same =
        format!("has the name researcher, which is the name of the key {listed} in the directory");
    assert_eq!(with("researcher"), [(1, same)]);
    let [(1, alike)] = &with("re\u{455}earcher")[..] else { panic!() };
    assert_eq!(
        *alike,
        format!(
            r#"has the name "researcher", which looks like "re\u{{455}}earcher", the name of the key {listed} in the directory"#
        )
    );
    // The policy names a key, and not a name.
    let rules = DirectoryRules::new([sign(&draft, now())]);
    let rules = rules.with_outside([researcher().public_key()]);
    assert_eq!(rules.judge(token().hops(), &Parties::default(), now()), []);
}

#[test]
fn an_id_may_be_a_spiffe_id() {
    let id = "spiffe://acme.com/agents/planner";
    let mut draft = DirectoryDraft::named();
    draft.add(hired("planner", &planner())).unwrap();
    let read = Directory::parse(sign(&draft, now()).as_bytes()).unwrap();
    assert_eq!(read.agent(&planner().public_key()).unwrap().id(), id);
    // A hop may name a delegate by it as well.
    let named = Principal::agent(id, planner().public_key()).unwrap();
    let team = Owner::new("Payments", deputize::PrincipalKind::Organization).unwrap();
    assert_eq!(Agent::new(id, named, team).unwrap().principal().name(), id);
}

#[test]
fn the_facts_of_a_report_are_the_directorys_word() {
    let mut draft = DirectoryDraft::named();
    draft.add(hired("planner", &planner()).with_status(AgentStatus::Suspended)).unwrap();
    let own = sign(&draft, now());
    let key = planner().public_key();
    let facts = own.facts(&key, now() + Duration::MINUTE).unwrap();
    assert_eq!((facts.issuer, facts.sequence), (security().public_key(), 1));
    assert_eq!((facts.issued, facts.age), (now(), Duration::MINUTE));
    assert_eq!(
        (facts.id.as_str(), facts.status),
        ("spiffe://acme.com/agents/planner", AgentStatus::Suspended)
    );
    assert_eq!((facts.accountable, facts.responsibilities), (owner(), vec![]));
    // A clock that is behind makes no negative age.
    assert_eq!(own.facts(&key, now() - Duration::MINUTE).unwrap().age, Duration::ZERO);
    assert_eq!(own.facts(&thief().public_key(), now()), None);
}

/// The signer sees the text and the agents that are signed.
#[test]
fn a_signer_sees_what_a_statement_says() {
    let mut draft = DirectoryDraft::named();
    draft.add(hired("planner", &planner())).unwrap();
    let open = draft.prepare(security().public_key(), now(), now() + Duration::DAY).unwrap();
    let asked = open.to_sign();
    assert_eq!((asked.key(), asked.message()), (security().public_key(), open.message()));
    let SigningKind::Agents { text, agents, .. } = asked.kind() else { panic!("{asked:?}") };
    assert_eq!((text.as_bytes(), agents), (asked.message(), open.agents()));
    let wrong = open.signed(&thief().sign(open.message()).unwrap()).unwrap_err();
    assert_eq!(*wrong.key, security().public_key());
    let signed = open.signed(&security().sign(asked.message()).unwrap()).unwrap();
    assert_eq!(signed.as_bytes(), sign(&draft, now()).as_bytes());

    let [old, new] = [planner(), key(60)];
    let open = Successor::prepare(old.public_key(), new.public_key(), now()).unwrap();
    let [by_old, by_new] = open.to_sign();
    assert_eq!((by_old.key(), by_new.key()), (old.public_key(), new.public_key()));
    for asked in [by_old, by_new] {
        let SigningKind::Successor { text, old: from, new: to, .. } = asked.kind() else {
            panic!("{asked:?}")
        };
        assert_eq!((text.as_bytes(), asked.message()), (open.message(), open.message()));
        assert_eq!((*from, *to), (old.public_key(), new.public_key()));
    }
}

/// A writer finds out before verifiers do.
#[test]
fn entries_that_could_be_mistaken_for_each_other_are_found() {
    let mut draft = DirectoryDraft::named();
    draft.add(hired("planner", &planner())).unwrap();
    draft.add(hired("researcher", &researcher())).unwrap();
    assert_eq!(draft.agent(&planner().public_key()).unwrap().principal().name(), "planner");
    assert!(draft.agent(&thief().public_key()).is_none());
    assert_eq!(sign(&draft, now()).alike(&planner().public_key()).count(), 0);
    // With a Cyrillic `а`.
    draft.add(hired("pl\u{430}nner", &thief())).unwrap();
    let own = sign(&draft, now());
    let alike = |own: &SigningKey, directory: &Directory| {
        directory.alike(&own.public_key()).map(Agent::key).collect::<Vec<_>>()
    };
    assert_eq!(alike(&planner(), &own), [thief().public_key()]);
    assert_eq!(alike(&thief(), &own), [planner().public_key()]);
    assert_eq!(alike(&researcher(), &own), []);
    assert_eq!(alike(&key(9), &own), []);
}

#[test]
fn a_lost_series_begins_after_the_lost_directories() {
    let begun = |sequence| sign(&DirectoryDraft::named().with_first_sequence(sequence), now());
    assert_eq!((begun(0).sequence(), begun(1).sequence(), begun(40).sequence()), (1, 1, 40));
    let next = |own: &Directory, at| sign(&DirectoryDraft::of(own), now() + Duration::seconds(at));
    let (first, other) = (next(&begun(40), 1), next(&begun(40), 2));
    assert_eq!((first.sequence(), first.ends().count()), (41, 0));
    // The end of a fork names the head that it does not follow directly.
    let end = sign(&DirectoryDraft::ending_fork(&first, &other), now() + Duration::seconds(3));
    let named: Vec<_> = end.previous().into_iter().chain(end.ends()).collect();
    // And the directory before both, which a verifier that missed one has as its head.
    for head in [first.digest(), other.digest(), begun(40).digest()] {
        assert!(named.contains(&head), "{head}");
    }
    assert!(end.ends().all(|head| Some(head) != end.previous()));
    // A directory of another series is not its other end, nor is one that is issued later.
    let by = DirectoryDraft::named().sign(&key(51), now(), now() + Duration::DAY).unwrap();
    let at = now() + Duration::seconds(1);
    for (other, at) in [(&by, at + Duration::SECOND), (&other, at)] {
        let end =
            DirectoryDraft::ending_fork(&first, other).sign(&security(), at, at + Duration::DAY);
        assert!(end.is_err());
    }
}
