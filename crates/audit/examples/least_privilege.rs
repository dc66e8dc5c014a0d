//! An agent was given more than it needs: its calls are recorded, reviewed, and a narrower grant is
//! proposed, proved against the record, minted, and refuses what was never needed.
//!
//! `cargo run -p deputize-audit --example least_privilege`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::path::Path;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Grant, MemoryReplayGuard, Owner, PresentOptions, Principal, ReplayPolicy, Request,
    RevocationPolicy, Signer, SigningKey, Token, TrustAnchor, Verifier,
};
use deputize_audit::{FolderFiles, Log, LogFiles, LogSettings, Proposal, Recorded, Reviewer};

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("log");
    let start = OffsetDateTime::now_utc();
    let (alice, agent) = (SigningKey::generate()?, SigningKey::generate()?);

    // Alice does not know yet what the agent will need.
    let wide = ["crm.* accounts/** limit<=100", "mail.send ** to"];
    let wide: Result<Vec<Capability>, _> = wide.iter().map(|text| text.parse()).collect();
    let token = mint(&alice, &agent, wide?, None, start)?;

    // Watch: the service decides and records for a while.
    let crm = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(30) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    )
    .with_max_lifetime(Duration::days(30));
    let log =
        Log::create(&folder, SigningKey::generate()?, LogSettings::new("crm", "crm-1"), start)?;
    for (day, account, limit) in [(0, "eu/42", 5), (1, "eu/7", 40), (2, "eu/7", 3), (6, "eu/9", 20)]
    {
        let call = read(account, limit)?;
        let now = start.saturating_add(Duration::days(day));
        match log.record(crm.decide(token.present(&agent, &call, now)?, call, now))? {
            Recorded::Allowed(call) => drop(call.done(None, now)?),
            Recorded::Refused { denial, .. } => println!("refused: {denial}"),
        }
    }
    log.close()?;

    // Propose: what was granted beside what was used, and a grant that covers the calls.
    let now = start.saturating_add(Duration::days(7));
    let proposal = review(&folder, now)?.ok_or("nothing was used")?;

    // Mint narrower: the same agent, what it needed.
    let audience = proposal.audience.clone();
    let narrower = mint(&alice, &agent, proposal.capabilities, audience, now)?;
    println!("\nwith the narrower grant");
    for (what, call) in [
        ("what it did", read("eu/42", 40)?),
        ("another region", read("us/1", 5)?),
        ("more at once", read("eu/42", 100)?),
        ("an export", Request::new("crm.export", "accounts/eu/42", "crm.acme.com")?),
    ] {
        let presentation =
            narrower.present_with(&agent, &call, now, PresentOptions::default().anyway())?;
        let word = match crm.decide(presentation, call, now).into_result() {
            Ok(_) => "allowed".to_owned(),
            Err(denial) => format!("refused: {denial}"),
        };
        println!("  {what}: {word}");
    }
    Ok(())
}

/// Prints the review of the agent's grant, and returns the proposal.
fn review(folder: &Path, now: OffsetDateTime) -> Result<Option<Proposal>, Box<dyn Error>> {
    let files = FolderFiles::new(folder);
    let logs: [&dyn LogFiles; 1] = [&files];
    let mut review = Reviewer::new(now).review(&logs, |_| ())?;
    let hop = review.hops.pop().ok_or("no hop was used")?;
    println!("granted");
    for right in &hop.rights {
        println!(
            "  {}: {}, {} calls",
            right.granted.as_written(),
            right.usage.as_str(),
            right.calls
        );
    }
    println!("proposed");
    for capability in hop.proposal.iter().flat_map(|own| &own.capabilities) {
        println!("  {}", capability.as_written());
    }
    // Prove: each recorded call, checked again against a token with the proposal.
    println!(
        "  {} recorded calls pass, {} are newly refused",
        hop.replay.allowed, hop.replay.refused
    );
    Ok(hop.proposal)
}

fn read(account: &str, limit: u32) -> Result<Request, Box<dyn Error>> {
    let call = Request::new("crm.read", &format!("accounts/{account}"), "crm.acme.com")?;
    Ok(call.with_args(&format!("{{\"limit\":{limit}}}"))?)
}

fn mint(
    alice: &SigningKey,
    agent: &SigningKey,
    capabilities: Vec<Capability>,
    audience: Option<std::collections::BTreeSet<String>>,
    now: OffsetDateTime,
) -> Result<Token, Box<dyn Error>> {
    let to = Principal::agent("researcher", agent.public_key())?;
    let until = now.saturating_add(Duration::days(14));
    let mut grant = Grant::new(to, capabilities, until, "Q3 review")?;
    if let Some(audience) = audience {
        grant = grant.with_audience(audience)?;
    }
    Ok(Token::mint(Owner::human("alice@acme.com")?, alice, grant, now)?)
}
