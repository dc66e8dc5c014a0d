//! An agent is talked into asking for what it was not granted. After three refused calls, the service ends
//! what the agent holds, and asks the keeper of its directory to look into it. A stranger who repeats the
//! refused calls of another agent changes nothing.
//!
//! `cargo run -p deputize-audit --example three_strikes`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use deputize::text::Quoted;
use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Grant, MemoryReplayGuard, Owner, PresentOptions, Presentation, Principal,
    ReplayPolicy, Request, RevocationPolicy, RevokedHops, Signer, SigningKey, Token, TrustAnchor,
    Verifier,
};
use deputize_audit::{
    DenialStreak, Event, Log, LogSettings, Monitor, StrikePolicy, WatchedLog, WatchedRecord,
};

/// The service: its verifier, the hops that it has revoked itself, and its log, which is watched.
struct Service {
    verifier: Verifier,
    revoked: RevokedHops,
    log: WatchedLog,
}

impl Service {
    fn new(alice: &SigningKey, log: Log) -> Result<Self, Box<dyn Error>> {
        let revoked = RevokedHops::default();
        let verifier = Verifier::new(
            TrustAnchor::new(alice.public_key(), "alice@acme.com"),
            // A service with revocation lists adds its own hops with `ListPolicy::and_checked_with`.
            RevocationPolicy::checked_with(revoked.clone()),
            // Strikes count only where a guard sees each presentation for the first time.
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1000)),
        );
        let to_revoke = revoked.clone();
        let monitor = Monitor::default()
            .with_strikes(StrikePolicy::new(3, Duration::minutes(5))?, move |streak| {
                for hop in &streak.hops {
                    to_revoke.revoke(*hop);
                }
                println!("  {}", request_to_the_keeper(streak));
            })
            .with_sink(|event: &Event| {
                if let Event::Strike { caller, strikes, of, .. } = event {
                    println!("  strike {strikes} of {of}: {}", Quoted(caller.holder.name()));
                }
            });
        Ok(Self { verifier, revoked, log: WatchedLog::new(log, monitor) })
    }

    /// Answers a call with the code of its refusal, if it is refused.
    fn answer(&self, presentation: &Presentation, call: &Request) -> Result<(), Box<dyn Error>> {
        let now = OffsetDateTime::now_utc();
        let decide = || self.verifier.decide(presentation.clone(), call.clone(), now);
        match self.log.decide(decide)? {
            WatchedRecord::Allowed(own) => {
                println!("{}: done", own.permit().request().operation());
                own.done(None, now)?.wait()?;
            }
            WatchedRecord::Refused { denial, .. } => {
                let codes = denial.reasons().iter().map(|reason| reason.code.as_str());
                let codes = codes.collect::<Vec<_>>().join(", ");
                println!(
                    "{}: refused, {codes}; called by: {}",
                    call.operation(),
                    denial.called_by().as_str()
                );
            }
        }
        Ok(())
    }
}

/// The service ends what it can. Whether the agent goes on elsewhere is for whoever keeps the directory.
fn request_to_the_keeper(streak: &DenialStreak) -> String {
    let (caller, hops) = (&streak.caller, streak.hops.len());
    format!(
        "to the keeper of the directory: suspend {}, which asked {} times for what it was not granted; \
         {hops} hop of it ended here; its delegator calls it {}",
        caller.holder.key(),
        streak.strikes,
        Quoted(caller.holder.name()),
    )
}

/// An agent with its token.
struct Agent {
    key: SigningKey,
    token: Token,
}

impl Agent {
    fn new(name: &str, alice: &SigningKey) -> Result<Self, Box<dyn Error>> {
        let (key, now) = (SigningKey::generate()?, OffsetDateTime::now_utc());
        let to = Principal::agent(name, key.public_key())?;
        let read = Capability::new("crm.read", "accounts/**")?;
        let grant = Grant::new(to, [read], now.saturating_add(Duration::HOUR), "support")?;
        Ok(Self { token: Token::mint(Owner::human("alice@acme.com")?, alice, grant, now)?, key })
    }

    /// Presents its token for a call, though it could know that it is not granted.
    fn asks(&self, operation: &str) -> Result<(Presentation, Request), Box<dyn Error>> {
        let call = Request::new(operation, "accounts/42", "crm.acme.com")?;
        let (now, anyway) = (OffsetDateTime::now_utc(), PresentOptions::default().anyway());
        Ok((self.token.present_with(&self.key, &call, now, anyway)?, call))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("log");
    let (alice, now) = (SigningKey::generate()?, OffsetDateTime::now_utc());
    let settings = LogSettings::new("crm.acme.com", "crm-1");
    let service =
        Service::new(&alice, Log::create(folder, SigningKey::generate()?, settings, now)?)?;
    let (support, billing) = (Agent::new("support", &alice)?, Agent::new("billing", &alice)?);

    println!("A customer's message tells the support agent to export and delete accounts:");
    for operation in ["crm.read", "crm.export", "crm.delete", "crm.delete", "crm.read"] {
        let (presentation, call) = support.asks(operation)?;
        service.answer(&presentation, &call)?;
    }

    println!("A stranger captured two refused calls of the billing agent, and repeats them:");
    let captured = [billing.asks("crm.export")?, billing.asks("crm.delete")?];
    for (presentation, call) in captured.iter().cycle().take(10) {
        service.answer(presentation, call)?;
    }
    let (presentation, call) = billing.asks("crm.read")?;
    service.answer(&presentation, &call)?;
    println!("{} hop is revoked here", service.revoked.len());
    service.log.close()?;
    Ok(())
}
