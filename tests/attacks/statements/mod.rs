//! The attacker has a key that was succeeded, reported or given a power, or chooses which
//! statements a service gets, and when. It wants to undo a revocation, to have an agent admitted,
//! or to keep the chains of others from being allowed.

mod successors_of_roots;
mod powers;
mod restarts;
mod clocks;
mod work;
mod room;
mod directories;
mod limits;

use deputize::{
    Agent, AgentStatus, Capability, DenyCode, Directory, DirectoryDraft, DirectoryPolicy, Grant,
    ListPolicy, MemoryStatementState, NotAccepted, Owner, PresentOptions, ReplayPolicy,
    RevocationDraft, RevocationList, RevocationPolicy, Signer, SigningKey, StatementEffect,
    Statements, Successor, Token, TrustAnchor, TrustAnchors, Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::common::{
    agent, alice, anchor, key, now, owner, planner, request, researcher, thief, token,
};

const DAY: Duration = Duration::DAY;
const MINUTE: Duration = Duration::MINUTE;

/// A power to revoke any hop.
const HOPS: &[&str] = &["deputize.revoke hop/**"];

/// A power to keep a directory.
const AGENTS: &[&str] = &["deputize.directory agent/**", "deputize.directory spawn/**"];

/// Hops and codes of a denial.
type Found = Vec<(Option<usize>, DenyCode)>;

/// A security officer, to whom a root gives the power to revoke.
fn officer() -> SigningKey {
    key(70)
}

/// The keeper of a directory.
fn hr() -> SigningKey {
    key(50)
}

/// One of many keys.
fn numbered(number: u32) -> SigningKey {
    let mut seed = [9; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

/// The thief as a tenant, with a root key of its own.
fn mallory() -> Owner {
    Owner::human("mallory@example.com").unwrap()
}

/// Anchors for Alice and for Mallory.
fn two_roots() -> TrustAnchors {
    let of_mallory = TrustAnchor::new(thief().public_key(), mallory().name());
    TrustAnchors::new([anchor(), of_mallory]).unwrap()
}

fn empty(anchors: impl Into<TrustAnchors>) -> Statements {
    Statements::new(anchors, MemoryStatementState::default()).unwrap()
}

/// Statements with an empty list of Alice.
fn with_root_list() -> Statements {
    let statements = empty(anchor());
    takes(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    statements
}

fn signed(draft: &RevocationDraft, key: &SigningKey, at: OffsetDateTime) -> RevocationList {
    draft.sign(key, at, at + DAY).unwrap()
}

#[track_caller]
fn takes(statements: &Statements, list: &RevocationList, at: OffsetDateTime) {
    assert_eq!(effect(statements, list, at), StatementEffect::Current);
}

#[track_caller]
fn effect(statements: &Statements, list: &RevocationList, at: OffsetDateTime) -> StatementEffect {
    statements.accept_list(list.clone(), at).unwrap().effect
}

#[track_caller]
fn refuses(statements: &Statements, list: &RevocationList, at: OffsetDateTime) -> NotAccepted {
    statements.accept_list(list.clone(), at).unwrap_err()
}

/// The reasons why a power is not valid.
#[track_caller]
fn why_no_power(error: &NotAccepted) -> Found {
    match error {
        NotAccepted::NoPower { reasons } => {
            reasons.iter().map(|reason| (reason.hop, reason.code)).collect()
        }
        other => panic!("{other}"),
    }
}

#[track_caller]
fn takes_directory(statements: &Statements, directory: &Directory, at: OffsetDateTime) {
    let accepted = statements.accept_directory(directory.clone(), at).unwrap();
    assert_eq!(accepted.effect, StatementEffect::Current);
}

fn takes_successor(statements: &Statements, old: &SigningKey, new: &SigningKey) {
    let own = Successor::sign(old, new, now()).unwrap();
    assert_eq!(statements.accept_successor(own.to_text().as_bytes()), Ok(own.digest()));
}

fn often() -> ReplayPolicy {
    ReplayPolicy::accepted_for(["*".parse().unwrap()])
}

fn requiring(policy: ListPolicy, anchors: impl Into<TrustAnchors>) -> Verifier {
    Verifier::new(anchors, RevocationPolicy::by_lists(policy), often())
}

/// A verifier that needs the root's list.
fn by_lists(statements: &Statements, anchors: impl Into<TrustAnchors>) -> Verifier {
    requiring(ListPolicy::new(statements, Duration::HOUR), anchors)
}

/// A verifier that follows a directory, and applies no lists to chains.
fn by_directory(policy: DirectoryPolicy, anchors: impl Into<TrustAnchors>) -> Verifier {
    let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
    Verifier::new(anchors, revocation, often()).with_directory(policy)
}

/// One that follows the directory of HR, by name.
fn by_hr(statements: &Statements) -> Verifier {
    let policy = DirectoryPolicy::issued_by(statements, hr().public_key(), Duration::HOUR);
    by_directory(policy, anchor())
}

/// One that follows the directories of those to whom the root gave the power.
fn by_power_of_root(statements: &Statements, anchors: impl Into<TrustAnchors>) -> Verifier {
    by_directory(DirectoryPolicy::by_power_of_root(statements, Duration::HOUR), anchors)
}

/// The researcher's call at this time: what speaks against it.
fn call(verifier: &Verifier, at: OffsetDateTime) -> Found {
    call_of(verifier, &token(), &researcher(), at)
}

fn call_of(verifier: &Verifier, token: &Token, by: &SigningKey, at: OffsetDateTime) -> Found {
    let anyway = PresentOptions::default().anyway();
    let presentation = token.present_with(by, &request(), at, anyway).unwrap();
    match verifier.decide(presentation, request(), at).into_result() {
        Ok(_) => Vec::new(),
        Err(denial) => denial.reasons().iter().map(|reason| (reason.hop, reason.code)).collect(),
    }
}

fn all<'a>(granted: &'a [&str]) -> impl Iterator<Item = Capability> + 'a {
    granted.iter().map(|text| text.parse().unwrap())
}

/// A token of a root to one holder, for the researcher's call.
fn minted(root: &SigningKey, own: Owner, to: &SigningKey) -> Token {
    let until = now() + Duration::HOUR;
    let grant = Grant::new(agent("helper", to), all(&["crm.read ** ..."]), until, "a test");
    Token::mint(own, root, grant.unwrap(), now()).unwrap()
}

/// A power of Alice for this long.
fn power(to: &SigningKey, granted: &[&str], until: Duration) -> Token {
    power_of(&alice(), owner(), to, granted, until)
}

fn power_of(
    root: &SigningKey,
    own: Owner,
    to: &SigningKey,
    granted: &[&str],
    until: Duration,
) -> Token {
    let grant = Grant::new(agent("officer", to), all(granted), now() + until, "a power").unwrap();
    Token::mint(own, root, grant.with_max_hops(3), now()).unwrap()
}

/// A part of a power, which its holder delegates for an hour.
fn further(power: &Token, holder: &SigningKey, to: &SigningKey, granted: &[&str]) -> Token {
    let until = now() + Duration::HOUR;
    let grant = Grant::new(agent("assistant", to), all(granted), until, "assists").unwrap();
    power.delegate(holder, grant, now()).unwrap()
}

/// Powers of one holder: its own, delegated to others and back, as often as it likes.
fn powers_of_one(holder: &SigningKey, granted: &[&str], count: usize) -> Vec<Token> {
    let own = power(holder, granted, DAY);
    let to = |key: &SigningKey, hops| {
        let until = now() + Duration::HOUR;
        let grant = Grant::new(agent("officer", key), all(granted), until, "more").unwrap();
        grant.with_max_hops(hops)
    };
    let back = |number| {
        let helper = numbered(1_000_000 + number);
        let further = own.delegate(holder, to(&helper, 1), now()).unwrap();
        further.delegate(&helper, to(holder, 0), now()).unwrap()
    };
    (0..u32::try_from(count).unwrap()).map(back).collect()
}

/// A draft that revokes this hop of a token.
fn revoking(mut draft: RevocationDraft, token: &Token, hop: usize) -> RevocationDraft {
    assert!(draft.revoke_hop(&token.hops()[hop], now()));
    draft
}

/// A draft of the next list, without the researcher's hop.
fn restoring(before: &RevocationList) -> RevocationDraft {
    let mut draft = RevocationDraft::after(before);
    assert!(draft.restore_hop(&token().hops()[1].id()));
    draft
}

fn listed(name: &str, of: &SigningKey) -> Agent {
    Agent::new(format!("urn:acme:{name}"), agent(name, of), owner()).unwrap()
}

/// The planner and the researcher, as the standard chain states them.
fn both() -> [Agent; 2] {
    [listed("planner", &planner()), listed("researcher", &researcher())]
}

fn with_researcher_suspended() -> [Agent; 2] {
    both().map(|agent| match agent.key() == researcher().public_key() {
        true => agent.with_status(AgentStatus::Suspended),
        false => agent,
    })
}

fn directory(
    mut draft: DirectoryDraft,
    agents: impl IntoIterator<Item = Agent>,
    by: &SigningKey,
    at: OffsetDateTime,
) -> Directory {
    agents.into_iter().for_each(|agent| draft.add(agent).unwrap());
    draft.sign(by, at, at + DAY).unwrap()
}
