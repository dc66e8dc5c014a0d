//! The life of an agent: hired, narrowed, suspended, given another key, retired. A service that
//! follows the company's directory of agents decides a call at each step.
//!
//! `cargo run --example an_agents_life`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Agent, Decision, DenyCode, Directory, DirectoryDraft, DirectoryPolicy, Grant, KeyEnd,
    ListPolicy, MemoryReplayGuard, MemoryStatementState, Owner, Principal, ReplayPolicy, Request,
    RevocationDraft, RevocationPolicy, Signer, SigningKey, Statements, Successor, Token,
    TrustAnchor, Verifier,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut now = OffsetDateTime::now_utc();
    let (alice, hr) = (SigningKey::generate()?, SigningKey::generate()?);
    let (planner, next) = (SigningKey::generate()?, SigningKey::generate()?);
    let end = now + Duration::days(30);
    let alices = Owner::human("alice@acme.com")?;
    let grant = |key: &SigningKey, allow: &str| -> Result<Grant, Box<dyn Error>> {
        let to = Principal::agent("planner", key.public_key())?;
        Ok(Grant::new(to, [allow.parse()?], end, "account review")?)
    };

    // The service needs Alice's revocation list, and a directory by HR that is at most a day old.
    let anchor = TrustAnchor::new(alice.public_key(), "alice@acme.com");
    let statements = Statements::new(anchor.clone(), MemoryStatementState::default())?;
    let lists = ListPolicy::new(&statements, Duration::DAY);
    let agents = DirectoryPolicy::issued_by(&statements, hr.public_key(), Duration::DAY);
    let replays = ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000));
    let verifier = Verifier::new(anchor, RevocationPolicy::by_lists(lists), replays);
    let crm = Service { verifier: verifier.with_directory(agents), statements };
    let list = RevocationDraft::own().sign(&alice, now, now + Duration::DAY)?;
    crm.take(list.as_bytes(), now)?;

    // Alice gives the planner a token. Nobody has hired the planner yet.
    let token = Token::mint(alices.clone(), &alice, grant(&planner, "crm.* accounts/**")?, now)?;
    let mut draft = DirectoryDraft::named();
    let sign = |draft: &DirectoryDraft, now| draft.sign(&hr, now, now + Duration::DAY);
    let mut directory = sign(&draft, now)?;
    crm.take(directory.as_bytes(), now)?;
    crm.call("not hired", &token, &planner, "crm.delete", now, Some(DenyCode::AgentNotListed))?;

    // Hired: HR enters the key, who answers for it, what it is for, and when it is looked at again.
    let named = Principal::agent("planner", planner.public_key())?;
    let entry = Agent::new("spiffe://acme.com/agents/planner", named, alices.clone())?;
    let entry = entry.with_responsibilities(["reviews the accounts each quarter"])?;
    draft = DirectoryDraft::of(&directory);
    draft.add(entry.with_next_review(now + Duration::days(90)))?;
    directory = sign(&draft, now)?;
    crm.take(directory.as_bytes(), now)?;
    crm.call("hired", &token, &planner, "crm.delete", now, None)?;

    // Narrowed: Alice takes the token back, and gives one that only reads.
    now += Duration::HOUR;
    let mut revoked = RevocationDraft::after(&list);
    revoked.revoke_token(token.token_id(), now);
    let list = revoked.sign(&alice, now, now + Duration::DAY)?;
    crm.take(list.as_bytes(), now)?;
    crm.call("the first token", &token, &planner, "crm.delete", now, Some(DenyCode::Revoked))?;
    let narrow = grant(&planner, "crm.read accounts/**")?.with_max_hops(1);
    let token = Token::mint(alices, &alice, narrow, now)?;
    crm.call("narrowed", &token, &planner, "crm.read", now, None)?;

    // Suspended while somebody looks at what it did, and resumed.
    now += Duration::HOUR;
    draft = DirectoryDraft::of(&directory);
    draft.suspend(&planner.public_key())?;
    directory = sign(&draft, now)?;
    crm.take(directory.as_bytes(), now)?;
    crm.call("suspended", &token, &planner, "crm.read", now, Some(DenyCode::AgentSuspended))?;
    draft = DirectoryDraft::of(&directory);
    draft.resume(&planner.public_key())?;
    directory = sign(&draft, now)?;
    crm.take(directory.as_bytes(), now)?;
    crm.call("resumed", &token, &planner, "crm.read", now, None)?;

    // Another key: both keys sign that one succeeds the other, so both entries may have one name. The
    // statement moves no authority: the old key delegates to the new one.
    now += Duration::HOUR;
    let statement = Successor::sign(&planner, &next, now)?;
    draft = DirectoryDraft::of(&directory);
    draft.rekey(&statement)?;
    directory = sign(&draft, now)?;
    crm.take(directory.as_bytes(), now)?;
    crm.call("two keys", &token, &planner, "crm.read", now, Some(DenyCode::AgentDiffers))?;
    crm.statements.accept_successor(statement.to_text().as_bytes())?;
    crm.call("the old key", &token, &planner, "crm.read", now, None)?;
    let moved = token.delegate(&planner, grant(&next, "crm.read accounts/**")?, now)?;
    crm.call("the new key", &moved, &next, "crm.read", now, None)?;
    let mut revoked = RevocationDraft::after(&list);
    revoked.revoke_key(planner.public_key(), KeyEnd::retired(now), now);
    let list = revoked.sign(&alice, now, now + Duration::DAY)?;
    crm.take(list.as_bytes(), now)?;
    now += Duration::MINUTE;
    crm.call("the old key", &token, &planner, "crm.read", now, Some(DenyCode::KeyRevoked))?;
    crm.call("the new key", &moved, &next, "crm.read", now, None)?;

    // Retired, which is for good. The entry stays, so that the key cannot come back as a new agent's.
    now += Duration::HOUR;
    draft = DirectoryDraft::of(&directory);
    draft.retire(&next.public_key(), now)?;
    let directory: Directory = sign(&draft, now)?;
    crm.take(directory.as_bytes(), now)?;
    crm.call("retired", &moved, &next, "crm.read", now, Some(DenyCode::AgentRetired))
}

struct Service {
    verifier: Verifier,
    statements: Statements,
}

impl Service {
    /// Takes a list or a directory, as the service does that fetches it from a file or a URL.
    fn take(&self, file: &[u8], now: OffsetDateTime) -> Result<(), Box<dyn Error>> {
        let _ = self.statements.accept(file, now)?;
        Ok(())
    }

    /// Decides about one call, and checks that it is refused for this reason, or allowed.
    fn call(
        &self,
        step: &str,
        token: &Token,
        key: &SigningKey,
        operation: &str,
        now: OffsetDateTime,
        refused: Option<DenyCode>,
    ) -> Result<(), Box<dyn Error>> {
        let request = Request::new(operation, "accounts/eu/42", "crm.acme.com")?;
        let presentation = token.present(key, &request, now)?;
        match (self.verifier.decide(presentation, request, now), refused) {
            (Decision::Allow(_), None) => println!("{step}: allowed"),
            (Decision::Deny(denial), Some(code)) if denial.has(code) => {
                println!("{step}: {denial}");
            }
            (other, expected) => return Err(format!("{step}: {other:?}, not {expected:?}").into()),
        }
        Ok(())
    }
}
