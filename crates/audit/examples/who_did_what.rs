//! An agent acts, and later somebody asks what it did: the log of a service answers, is verified, is
//! tampered with, and forgets a value.
//!
//! `cargo run -p deputize-audit --example who_did_what`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::fs;
use std::path::Path;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Constraint, FieldKind, Grant, MemoryReplayGuard, Owner, PresentOptions, Principal,
    RecordKind, ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey, Token, TrustAnchor,
    Verifier,
};
use deputize_audit::{
    ErasedRange, ErasureReason, FolderFiles, Log, LogReader, LogSettings, LogVerifier, Recorded,
    SignedCheckpoint,
};

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("log");
    let now = OffsetDateTime::now_utc();
    let (alice, agent, log_key) =
        (SigningKey::generate()?, SigningKey::generate()?, SigningKey::from_bytes(&[7; 32]));

    // Alice lets an agent read the European accounts, 10 at a time.
    let eu =
        Capability::new("crm.read", "accounts/eu/**")?.with_arg("limit", [Constraint::max(10)])?;
    let to = Principal::agent("researcher", agent.public_key())?;
    let grant = Grant::new(to, [eu], now.saturating_add(Duration::HOUR), "Q3 review")?;
    let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;

    // The service decides, records, and only then makes the call.
    let crm = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::HOUR },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );
    let log =
        Log::create(&folder, log_key.clone(), LogSettings::new("crm.acme.com", "crm-1"), now)?;
    let origin = *log.origin();
    for (resource, limit) in [("accounts/eu/42", 5), ("accounts/eu/7", 10), ("accounts/us/1", 5)] {
        let call = Request::new("crm.read", resource, "crm.acme.com")?;
        let call = call.with_args(&format!("{{\"limit\":{limit}}}"))?;
        let anyway = PresentOptions::default().anyway();
        let presentation = token.present_with(&agent, &call, now, anyway)?;
        match log.record(crm.decide(presentation, call, now))? {
            Recorded::Allowed(call) => drop(call.done(Some(b"ACME Ltd"), now)?),
            Recorded::Refused { denial, .. } => println!("refused: {denial}"),
        }
    }
    log.close()?;

    println!("\nwho did what");
    show(&folder)?;

    // Anybody who has the files verifies them; a copy of the checkpoint shows later what was cut off.
    let kept = SignedCheckpoint::parse(&fs::read(folder.join("checkpoint"))?)?;
    let verifier = LogVerifier::default().expecting(origin).having_seen(kept);
    let judge = |title: &str| -> Result<(), Box<dyn Error>> {
        let verdict = verifier.verify(&FolderFiles::new(&folder), |_| ())?;
        let word = if verdict.is_whole() { "whole" } else { "NOT whole" };
        println!("\n{title}: {word}, {} values shown, {} erased", verdict.shown, verdict.erased);
        for finding in &verdict.findings {
            let place = finding.record.map_or("log".to_owned(), |own| format!("record {own}"));
            println!("  {place}: {}", finding.fault);
        }
        Ok(())
    };
    judge("the log")?;

    // Somebody who can write to the disk makes a refusal of a success.
    let cores = folder.join("segments/00000000.jsonl");
    let honest = fs::read_to_string(&cores)?;
    fs::write(&cores, honest.replace("\"result\":\"done\"", "\"result\":\"failed\""))?;
    judge("after a change")?;
    fs::write(&cores, honest)?;

    // A customer asks to be forgotten: the first account is erased, and every proof still holds.
    let log = Log::open(&folder, log_key, LogSettings::new("", ""), None, now)?;
    let resource = ErasedRange { first: 1, last: 1, kinds: Some(vec![FieldKind::Resource]) };
    log.erase([resource], ErasureReason::Request, now)?;
    log.close()?;
    judge("after an erasure")?;
    show(&folder)
}

/// Prints the decisions of a log.
fn show(folder: &Path) -> Result<(), Box<dyn Error>> {
    let files = FolderFiles::new(folder);
    let mut records = LogReader::new(&files);
    while let Some(record) = records.next_record()? {
        let RecordKind::Decision(decision) = &record.core.kind else { continue };
        let text = |kind, member: &str| {
            let value = record.value(kind).map(|own| own.get(member).unwrap_or(own).to_string());
            value.unwrap_or_else(|| "(erased)".into())
        };
        let word = if decision.allowed { "allowed" } else { "refused" };
        let agents = record.value(FieldKind::Agents).and_then(|own| own.as_array());
        let agent = agents.and_then(|own| own.last()).and_then(|own| own.get("name"));
        println!(
            "  {word}: {} for {}: {} on {}",
            agent.map(ToString::to_string).unwrap_or_default(),
            text(FieldKind::Owner, "name"),
            text(FieldKind::Call, "operation"),
            text(FieldKind::Resource, ""),
        );
    }
    Ok(())
}
