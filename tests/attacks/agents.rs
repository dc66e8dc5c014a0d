//! Agents that a verifier's directory does not admit, and directories that it cannot rely on.

use std::sync::Arc;

use deputize::{
    Agent, AgentStatus, Capability, ChainCache, DenyCode, Directory, DirectoryDraft,
    DirectoryPolicy, Grant, KeyEnd, ListPolicy, MemoryStatementState, NotAccepted, PresentOptions,
    Principal, PrincipalKind, ReplayPolicy, Report, RevocationDraft, RevocationPolicy, SeriesState,
    Signer, SigningKey, StateError, StatementEffect, StatementState, Statements, Successor, Token,
    Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::common::{
    agent, alice, anchor, key, now, owner, planner, request, researcher, thief, token, writer,
};

pub(crate) type Found = Vec<(Option<usize>, DenyCode)>;

/// Shorter than the researcher's hop is valid.
pub(crate) const MAX_STALE: Duration = Duration::minutes(10);

/// The key of the directory's keeper.
pub(crate) fn hr() -> SigningKey {
    key(50)
}

fn listed(name: &str, of: &SigningKey) -> Agent {
    Agent::new(format!("urn:acme:{name}"), agent(name, of), owner()).unwrap()
}

/// The planner and the researcher, as the standard chain states them.
pub(crate) fn both() -> [Agent; 2] {
    [listed("planner", &planner()), listed("researcher", &researcher())]
}

fn draft_of(agents: impl IntoIterator<Item = Agent>) -> DirectoryDraft {
    let mut draft = DirectoryDraft::named();
    agents.into_iter().for_each(|agent| draft.add(agent).unwrap());
    draft
}

pub(crate) fn signed(draft: &DirectoryDraft, key: &SigningKey, at: OffsetDateTime) -> Directory {
    draft.sign(key, at, at + Duration::DAY).unwrap()
}

/// A service that follows a directory.
pub(crate) struct Service {
    pub(crate) statements: Statements,
    pub(crate) policy: DirectoryPolicy,
}

impl Service {
    /// One that follows the directory of HR, at most ten minutes old.
    fn of_hr() -> Self {
        Self::with_state(MemoryStatementState::default())
    }

    fn with_state(state: impl StatementState + 'static) -> Self {
        let statements = Statements::new(anchor(), state).unwrap();
        let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), MAX_STALE);
        Self { statements, policy }
    }

    pub(crate) fn by_power() -> Self {
        let statements = Statements::new(anchor(), MemoryStatementState::default()).unwrap();
        let policy = DirectoryPolicy::by_power_of_root(&statements, MAX_STALE);
        Self { statements, policy }
    }

    fn holding(agents: impl IntoIterator<Item = Agent>) -> Self {
        let service = Self::of_hr();
        service.takes(&signed(&draft_of(agents), &hr(), now()));
        service
    }

    #[track_caller]
    pub(crate) fn takes(&self, directory: &Directory) {
        let accepted = self.statements.accept(directory.as_bytes(), directory.issued()).unwrap();
        assert_eq!(accepted.effect, StatementEffect::Current);
    }

    pub(crate) fn refuses(&self, directory: &Directory) -> NotAccepted {
        self.statements.accept(directory.as_bytes(), directory.issued()).unwrap_err()
    }

    fn verifier(&self) -> Verifier {
        let replays = ReplayPolicy::accepted_for(["*".parse().unwrap()]);
        let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
        Verifier::new(anchor(), revocation, replays).with_directory(self.policy.clone())
    }

    /// The reasons against the researcher's call at this time, cold and from the cache.
    pub(crate) fn call_at(&self, at: OffsetDateTime) -> Found {
        let cached = self.verifier().with_cache(ChainCache::new(10));
        let [cold, again] = [self.verifier(), cached].map(|verifier| {
            let _ = decided(&verifier, at);
            decided(&verifier, at)
        });
        assert_eq!(cold, again);
        cold
    }

    pub(crate) fn call(&self) -> Found {
        self.call_at(now())
    }
}

fn decided(verifier: &Verifier, at: OffsetDateTime) -> Found {
    let anyway = PresentOptions::default().anyway();
    let presentation = token().present_with(&researcher(), &request(), at, anyway).unwrap();
    match verifier.decide(presentation, request(), at).into_result() {
        Ok(_) => Vec::new(),
        Err(denial) => denial.reasons().iter().map(|reason| (reason.hop, reason.code)).collect(),
    }
}

pub(crate) const STALE: &[(Option<usize>, DenyCode)] = &[(None, DenyCode::DirectoryStale)];
pub(crate) const UNKNOWN: &[(Option<usize>, DenyCode)] = &[(None, DenyCode::DirectoryUnknown)];

#[test]
fn each_delegate_is_looked_up_by_its_key() {
    let [planner_entry, researcher_entry] = both();
    let as_planner = |entry: Agent| [entry, researcher_entry.clone()];
    let as_researcher = |entry: Agent| [planner_entry.clone(), entry];
    let of = |hop, code| vec![(Some(hop), code)];
    let minute = Duration::MINUTE;
    let [early, late] = [now() - minute, now() + minute];
    let named_service =
        Principal::new("researcher", PrincipalKind::Service, researcher().public_key());
    let as_service = Agent::new("urn:acme:r", named_service.unwrap(), owner()).unwrap();
    for (agents, expected) in [
        (vec![], [of(0, DenyCode::AgentNotListed), of(1, DenyCode::AgentNotListed)].concat()),
        (both().to_vec(), vec![]),
        (vec![planner_entry.clone()], of(1, DenyCode::AgentNotListed)),
        (vec![researcher_entry.clone()], of(0, DenyCode::AgentNotListed)),
        (vec![planner_entry.clone().with_may_spawn(true)], vec![]),
        (
            as_planner(planner_entry.clone().with_status(AgentStatus::Suspended)).to_vec(),
            of(0, DenyCode::AgentSuspended),
        ),
        (
            as_researcher(researcher_entry.clone().with_status(AgentStatus::Retired)).to_vec(),
            of(1, DenyCode::AgentRetired),
        ),
        (
            as_researcher(researcher_entry.clone().with_valid_from(late)).to_vec(),
            of(1, DenyCode::AgentNotInTime),
        ),
        (as_researcher(researcher_entry.clone().with_valid_from(now())).to_vec(), vec![]),
        (
            as_researcher(researcher_entry.clone().with_valid_until(now())).to_vec(),
            of(1, DenyCode::AgentNotInTime),
        ),
        (
            as_researcher(researcher_entry.clone().with_next_review(now())).to_vec(),
            of(1, DenyCode::AgentReviewOverdue),
        ),
        (as_researcher(researcher_entry.clone().with_next_review(late)).to_vec(), vec![]),
        (as_researcher(listed("reader", &researcher())).to_vec(), of(1, DenyCode::AgentDiffers)),
        // An agent that is called something else than it is.
        (as_researcher(as_service).to_vec(), of(1, DenyCode::AgentDiffers)),
        // Two keys of one name, and of names that look alike.
        (
            [both().to_vec(), vec![listed("researcher", &writer())]].concat(),
            of(1, DenyCode::AgentDiffers),
        ),
        (
            [both().to_vec(), vec![listed_as("rеsearcher", &writer())]].concat(),
            of(1, DenyCode::AgentDiffers),
        ),
        // All faults of one agent.
        (
            as_researcher(
                researcher_entry
                    .clone()
                    .with_status(AgentStatus::Suspended)
                    .with_valid_until(early)
                    .with_next_review(early),
            )
            .to_vec(),
            [
                of(1, DenyCode::AgentSuspended),
                of(1, DenyCode::AgentNotInTime),
                of(1, DenyCode::AgentReviewOverdue),
            ]
            .concat(),
        ),
    ] {
        let shown = format!("{agents:?}");
        assert_eq!(Service::holding(agents).call(), expected, "{shown}");
    }
}

fn listed_as(name: &str, of: &SigningKey) -> Agent {
    Agent::new("urn:acme:other", agent(name, of), owner()).unwrap()
}

#[test]
fn below_a_suspended_spawner_nobody_is_admitted() {
    let [planner_entry, _] = both();
    let spawner = planner_entry.with_may_spawn(true).with_status(AgentStatus::Suspended);
    let found = [(Some(0), DenyCode::AgentSuspended), (Some(1), DenyCode::AgentNotListed)];
    assert_eq!(Service::holding([spawner]).call(), found);
}

#[test]
fn a_key_outside_needs_no_entry() {
    let [planner_entry, researcher_entry] = both();
    let mut service = Service::of_hr();
    let first = signed(&draft_of([planner_entry]), &hr(), now());
    service.takes(&first);
    service.policy = service.policy.with_outside([researcher().public_key()]);
    assert_eq!(service.call(), []);
    // An entry counts all the same.
    let mut draft = DirectoryDraft::of(&first);
    draft.add(researcher_entry.with_status(AgentStatus::Suspended)).unwrap();
    service.takes(&signed(&draft, &hr(), now()));
    assert_eq!(service.call(), [(Some(1), DenyCode::AgentSuspended)]);
}

#[test]
fn no_directory_and_a_stale_one_admit_nobody() {
    let service = Service::of_hr();
    assert_eq!(service.call(), UNKNOWN);
    service.takes(&signed(&draft_of(both()), &hr(), now()));
    let second = Duration::SECOND;
    // Each limit counts: the verifier's own, and the issuer's.
    assert_eq!(service.call_at(now() + MAX_STALE - second), []);
    assert_eq!(service.call_at(now() + MAX_STALE), STALE);
    let service = Service::of_hr();
    service.takes(&draft_of(both()).sign(&hr(), now(), now() + 10 * second).unwrap());
    assert_eq!(service.call_at(now() + 9 * second), []);
    assert_eq!(service.call_at(now() + 10 * second), STALE);
    // The clock was set back by more than the tolerance.
    let service = Service::of_hr();
    service.takes(&signed(&draft_of(both()), &hr(), now() + 31 * second));
    assert_eq!(service.call(), UNKNOWN);
    assert_eq!(service.call_at(now() + second), []);
}

#[test]
fn only_the_issuer_that_a_policy_names_is_followed() {
    let service = Service::of_hr();
    for stranger in [thief(), alice(), planner()] {
        let error = service.refuses(&signed(&draft_of(both()), &stranger, now()));
        let issuer = Box::new(stranger.public_key());
        assert_eq!(error, NotAccepted::DirectoryNotNamed { issuer });
    }
    assert_eq!(service.call(), UNKNOWN);
    // Nor is one followed whom another policy names.
    let other =
        DirectoryPolicy::issued_by(&service.statements, thief().public_key(), Duration::HOUR);
    service.takes(&signed(&draft_of(both()), &thief(), now()));
    assert_eq!(service.call(), UNKNOWN);
    let service = Service { policy: other, ..service };
    assert_eq!(service.call(), []);
}

#[test]
fn a_directory_is_not_a_list_and_a_list_is_not_a_directory() {
    let service = Service::of_hr();
    let list = RevocationDraft::own().sign(&hr(), now(), now() + Duration::DAY).unwrap();
    let _ = service.statements.accept(list.as_bytes(), now()).unwrap();
    assert_eq!(service.call(), UNKNOWN);
    let directory = signed(&draft_of(both()), &alice(), now());
    let policy = ListPolicy::new(&service.statements, Duration::HOUR);
    let replays = ReplayPolicy::accepted_for(["*".parse().unwrap()]);
    let verifier = Verifier::new(anchor(), RevocationPolicy::by_lists(policy), replays);
    let _ = DirectoryPolicy::issued_by(&service.statements, alice().public_key(), Duration::HOUR);
    service.takes(&directory);
    assert_eq!(decided(&verifier, now()), [(Some(0), DenyCode::RevocationUnknown)]);
}

#[test]
fn a_cached_chain_and_a_running_job_see_a_suspension_at_once() {
    let first = signed(&draft_of(both()), &hr(), now());
    let service = Service::of_hr();
    service.takes(&first);
    let verifier = service.verifier().with_cache(ChainCache::new(10));
    assert_eq!(decided(&verifier, now()), []);
    let presentation = token().present(&researcher(), &request(), now()).unwrap();
    let permit = verifier.decide(presentation, request(), now()).into_result().unwrap();
    assert_eq!(permit.recheck(now()), Ok(()));
    let mut draft = DirectoryDraft::of(&first);
    draft.suspend(&planner().public_key()).unwrap();
    service.takes(&signed(&draft, &hr(), now()));
    assert_eq!(decided(&verifier, now()), [(Some(0), DenyCode::AgentSuspended)]);
    assert!(permit.recheck(now()).unwrap_err().has(DenyCode::AgentSuspended));
}

#[test]
fn an_older_directory_is_rolled_back_and_after_a_restart_leaves_everything_unknown() {
    let state = Arc::new(MemoryStatementState::default());
    let service = Service::with_state(state.clone());
    let first = signed(&draft_of(both()), &hr(), now());
    service.takes(&first);
    let mut draft = DirectoryDraft::of(&first);
    draft.suspend(&researcher().public_key()).unwrap();
    let second = signed(&draft, &hr(), now());
    service.takes(&second);
    assert_eq!(service.refuses(&first), NotAccepted::RolledBack { seen: 2, offered: 1 });
    let after = Service::with_state(state);
    assert_eq!(after.call(), UNKNOWN);
    let accepted = after.statements.accept(first.as_bytes(), now()).unwrap();
    assert!(matches!(accepted.effect, StatementEffect::RolledBack { seen: 2, .. }));
    assert_eq!(after.call(), UNKNOWN);
    after.takes(&second);
    assert_eq!(after.call(), [(Some(1), DenyCode::AgentSuspended)]);
}

#[test]
fn of_a_fork_each_side_must_admit_and_neither_is_fresh() {
    let first = signed(&draft_of(both()), &hr(), now());
    let service = Service::of_hr();
    service.takes(&first);
    let mut one = DirectoryDraft::of(&first);
    one.suspend(&researcher().public_key()).unwrap();
    let mut other = DirectoryDraft::of(&first);
    other.suspend(&planner().public_key()).unwrap();
    let [one, other] = [one, other].map(|draft| signed(&draft, &hr(), now()));
    service.takes(&one);
    let accepted = service.statements.accept(other.as_bytes(), now()).unwrap();
    assert!(matches!(accepted.effect, StatementEffect::Forked { .. }));
    let of_both = [(Some(0), DenyCode::AgentSuspended), (Some(1), DenyCode::AgentSuspended)];
    assert_eq!(service.call(), [STALE, &of_both].concat());
    // The operator decides for one.
    let _ = service.statements.accept_fork(other.digest()).unwrap();
    service.takes(&other);
    assert_eq!(service.call(), [(Some(0), DenyCode::AgentSuspended)]);
    assert_eq!(service.refuses(&one), NotAccepted::Rejected);
}

/// A store that cannot store anything after the first state of a series.
#[derive(Debug, Default)]
struct Full(MemoryStatementState);

impl StatementState for Full {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        self.0.load()
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        match before {
            None => self.0.replace(before, after),
            Some(before) if before == after => Ok(()),
            Some(_) => Err(StateError::Failed("is full".to_owned())),
        }
    }
}

#[test]
fn where_a_newer_directory_cannot_be_stored_both_must_admit() {
    let service = Service::with_state(Full::default());
    let first = signed(&draft_of(both()), &hr(), now());
    service.takes(&first);
    let mut draft = DirectoryDraft::of(&first);
    draft.suspend(&researcher().public_key()).unwrap();
    let second = signed(&draft, &hr(), now());
    let accepted = service.statements.accept(second.as_bytes(), now()).unwrap();
    assert!(matches!(accepted.effect, StatementEffect::NotStored { .. }));
    assert_eq!(service.call(), [(Some(1), DenyCode::AgentSuspended)]);
    // Nor does it admit anybody whom only the newer one has.
    let service = Service::with_state(Full::default());
    let first = signed(&draft_of([both()[0].clone()]), &hr(), now());
    service.takes(&first);
    let mut draft = DirectoryDraft::of(&first);
    draft.add(both()[1].clone()).unwrap();
    let _ = service.statements.accept(signed(&draft, &hr(), now()).as_bytes(), now()).unwrap();
    assert_eq!(service.call(), [(Some(1), DenyCode::AgentNotListed)]);
}

#[test]
fn a_newer_directory_that_lacks_an_agent_is_refused() {
    let [planner_entry, researcher_entry] = both();
    let spawner = planner_entry.with_may_spawn(true);
    let suspended = researcher_entry.with_status(AgentStatus::Suspended);
    let service = Service::of_hr();
    let first = signed(&draft_of([spawner.clone(), suspended]), &hr(), now());
    service.takes(&first);
    let found = [(Some(1), DenyCode::AgentSuspended)];
    assert_eq!(service.call(), found);
    // A series that forgot: its draft was not made from the directory before.
    let forgetful = draft_of([spawner]);
    let second = {
        let second = signed(&forgetful, &hr(), now());
        signed(&DirectoryDraft::of(&second), &hr(), now())
    };
    let third = signed(&DirectoryDraft::of(&second), &hr(), now());
    let key = Box::new(researcher().public_key());
    assert_eq!(service.refuses(&third), NotAccepted::LacksAgent { key });
    assert_eq!(service.call(), found);
}

#[test]
fn two_keys_of_one_name_stand_only_while_a_statement_links_them() {
    let next = key(60);
    let agents = [both().to_vec(), vec![listed("researcher", &next)]].concat();
    let service = Service::holding(agents);
    let differs = [(Some(1), DenyCode::AgentDiffers)];
    assert_eq!(service.call(), differs);
    // A thief's statement, for which only one of the keys signed, is not one.
    let own = Successor::sign(&researcher(), &next, now()).unwrap();
    let text = own.to_text();
    let (before, _) = text.trim_end().rsplit_once('\n').unwrap();
    assert!(service.statements.accept_successor(format!("{before}\n").as_bytes()).is_err());
    assert_eq!(service.call(), differs);
    assert_eq!(service.statements.accept_successor(text.as_bytes()), Ok(own.digest()));
    assert_eq!(service.call(), []);
    // A second successor makes both void.
    let of_thief = Successor::sign(&researcher(), &thief(), now()).unwrap();
    let _ = service.statements.accept_successor(of_thief.to_text().as_bytes()).unwrap();
    assert_eq!(service.call(), differs);
    // Until the root reports the key, and names the right one.
    let mut report = RevocationDraft::own();
    let end = KeyEnd::compromised().with_successor(own.digest());
    report.revoke_key(researcher().public_key(), end, now());
    let report = report.sign(&alice(), now(), now() + Duration::DAY).unwrap();
    let _ = service.statements.accept_list(report, now()).unwrap();
    assert_eq!(service.call(), []);
}

#[test]
fn a_report_by_a_delegate_does_not_divide_a_party() {
    let next = key(60);
    let agents = [both().to_vec(), vec![listed("researcher", &next)]].concat();
    let service = Service::holding(agents);
    let own = Successor::sign(&researcher(), &next, now()).unwrap();
    let _ = service.statements.accept_successor(own.to_text().as_bytes()).unwrap();
    assert_eq!(service.call(), []);
    let mut draft = RevocationDraft::own();
    draft.revoke_key(researcher().public_key(), KeyEnd::compromised(), now());
    for (issuer, expected) in
        [(planner(), vec![]), (alice(), vec![(Some(1), DenyCode::AgentDiffers)])]
    {
        let list = draft.sign(&issuer, now(), now() + Duration::DAY).unwrap();
        let _ = service.statements.accept_list(list, now()).unwrap();
        assert_eq!(service.call(), expected);
    }
}

#[test]
fn a_report_shows_the_directorys_word_with_its_age() {
    let service = Service::holding(both());
    let at = now() + Duration::MINUTE;
    let presentation = token().present(&researcher(), &request(), at).unwrap();
    let report = Report::of(&service.verifier().decide(presentation, request(), at));
    let text = report.to_string();
    let fingerprint = hr().public_key().fingerprint();
    let of_directory = format!("; directory 1 of {fingerprint}, 1 min old");
    let line = format!(
        "directory: active, urn:acme:researcher, answered for by alice@acme.com (human){of_directory}"
    );
    assert!(text.contains(&line), "{text}");
    let check = format!("directory of agents (1 of {fingerprint}, 1 min old)");
    assert!(text.contains(&check), "{text}");
}

#[test]
fn the_owner_is_not_looked_up() {
    // The directory makes no key trusted, and needs no entry for a root.
    assert_eq!(Service::holding(both()).call(), []);
    let with_root = [both().to_vec(), vec![listed_as("mallory", &thief())]].concat();
    let service = Service::holding(with_root);
    let grant = Grant::new(
        agent("planner", &planner()),
        ["crm.read ** ...".parse::<Capability>().unwrap()],
        now() + Duration::HOUR,
        "a test",
    );
    let forged = Token::mint(owner(), &thief(), grant.unwrap(), now()).unwrap();
    let presentation = forged.present(&planner(), &request(), now()).unwrap();
    let denial = service.verifier().decide(presentation, request(), now()).into_result();
    assert!(denial.unwrap_err().has(DenyCode::UntrustedRoot));
}
