//! An owner, a delegator and a security officer take authority back, and a service notices at the
//! next call.
//!
//! `cargo run --example revoke_an_agent`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Decision, Grant, KeyEnd, ListPolicy, MemoryReplayGuard, MemoryStatementState,
    Owner, Permit, Principal, ReplayPolicy, Request, RevocationDraft, RevocationPolicy, Signer,
    SigningKey, Statements, Token, TrustAnchor, Verifier,
};

const CRM: &str = "crm.acme.com";

fn main() -> Result<(), Box<dyn Error>> {
    let mut now = OffsetDateTime::now_utc();
    let end = now + Duration::hours(8);
    let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
    let (researcher, officer) = (SigningKey::generate()?, SigningKey::generate()?);
    let grant = |name: &str, key: &SigningKey, allow: &str| -> Result<Grant, Box<dyn Error>> {
        let to = Principal::agent(name, key.public_key())?;
        Ok(Grant::new(to, [allow.parse::<Capability>()?], end, name)?)
    };
    let alices = || Owner::human("alice@acme.com");

    // Alice lets the planner read accounts, and the planner lets the researcher read some of them.
    // To the security officer she delegates the power to revoke, like any other power.
    let first = grant("planner", &planner, "crm.read accounts/**")?.with_max_hops(1);
    let planners = Token::mint(alices()?, &alice, first, now)?;
    let second = grant("researcher", &researcher, "crm.read accounts/eu/**")?;
    let researchers = planners.delegate(&planner, second, now)?;
    let power = grant("security officer", &officer, "deputize.revoke hop/**")?;
    let officers = Token::mint(alices()?, &alice, power, now)?;

    // The service needs a list by Alice that is at most an hour old. Without one it allows nothing.
    let anchor = TrustAnchor::new(alice.public_key(), "alice@acme.com");
    let statements = Statements::new(anchor.clone(), MemoryStatementState::default())?;
    let crm = Service {
        verifier: Verifier::new(
            anchor,
            RevocationPolicy::by_lists(ListPolicy::new(&statements, Duration::hours(1))),
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
        ),
        statements,
    };
    crm.call("no list yet", &planners, &planner, now)?;

    // Alice publishes a list in which nothing is revoked yet, and promises the next one in a day.
    let list = RevocationDraft::own().sign(&alice, now, now + Duration::DAY)?;
    crm.take("alice's first list", list.as_bytes(), now)?;
    crm.call("planner", &planners, &planner, now)?;
    let job = crm.call("researcher", &researchers, &researcher, now)?;

    // The planner takes back what it gave. Nobody needs its list, but it counts where it is held.
    now += Duration::minutes(5);
    let mut draft = RevocationDraft::own();
    if let Some(hop) = researchers.hops().last() {
        draft.revoke_hop(hop, now);
    }
    let planners_list = draft.sign(&planner, now, now + Duration::DAY)?;
    crm.take("the planner's list", planners_list.as_bytes(), now)?;
    crm.call("researcher, revoked", &researchers, &researcher, now)?;
    crm.call("planner, still", &planners, &planner, now)?;
    // A job that the researcher's call has started learns of it.
    if let Some(Err(ended)) = job.map(|permit| permit.recheck(now)) {
        println!("job of the researcher: stops: {ended}");
    }

    // The planner cannot take back what Alice gave: its list has no power over its own delegator.
    // The officer can: the list carries the officer's token.
    now += Duration::minutes(5);
    let mut draft = RevocationDraft::by_power_of(officers);
    if let Some(hop) = planners.hops().first() {
        draft.revoke_hop(hop, now);
    }
    let officers_list = draft.sign(&officer, now, now + Duration::DAY)?;
    crm.take("the officer's list", officers_list.as_bytes(), now)?;
    crm.call("planner, revoked by the officer", &planners, &planner, now)?;

    // Alice gives the planner a new token, a second later another hop, and then loses sight of the
    // planner's key.
    now += Duration::minutes(5);
    let again = grant("planner", &planner, "crm.read accounts/**")?;
    let again = Token::mint(alices()?, &alice, again, now)?;
    crm.call("planner, new token", &again, &planner, now)?;
    let mut draft = RevocationDraft::after(&list);
    draft.revoke_key(planner.public_key(), KeyEnd::compromised(), now);
    let list = draft.sign(&alice, now, now + Duration::DAY)?;
    crm.take("alice's second list", list.as_bytes(), now)?;
    crm.call("planner, key compromised", &again, &planner, now)?;

    // An attacker who withholds lists gains an hour at most.
    now += Duration::hours(1);
    let fresh = SigningKey::generate()?;
    let token = Token::mint(alices()?, &alice, grant("helper", &fresh, "crm.read **")?, now)?;
    crm.call("helper, but the list is stale", &token, &fresh, now)?;
    Ok(())
}

struct Service {
    verifier: Verifier,
    statements: Statements,
}

impl Service {
    /// Takes a list, as the service does that fetches it from a file or a URL.
    fn take(&self, what: &str, file: &[u8], now: OffsetDateTime) -> Result<(), Box<dyn Error>> {
        let accepted = self.statements.accept(file, now)?;
        println!("{what}: sequence {}, {:?}", accepted.sequence, accepted.effect);
        Ok(())
    }

    /// Decides about one call, and prints the decision.
    fn call(
        &self,
        who: &str,
        token: &Token,
        key: &SigningKey,
        now: OffsetDateTime,
    ) -> Result<Option<Permit>, Box<dyn Error>> {
        let request = Request::new("crm.read", "accounts/eu/42", CRM)?;
        let presentation = token.present(key, &request, now)?;
        match self.verifier.decide(presentation, request, now) {
            Decision::Allow(permit) => {
                println!("{who}: allowed");
                Ok(Some(permit))
            }
            Decision::Deny(denial) => {
                println!("{who}: {denial}");
                Ok(None)
            }
        }
    }
}
