//! One call that is allowed and three that are refused, each with its report.
//!
//! `cargo run --example quickstart`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::expect_used, reason = "the thief must not get a presentation")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;

use deputize::testing::RawToken;
use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Constraint, Decision, Grant, MemoryReplayGuard, Owner, PresentOptions,
    Presentation, Principal, ReplayPolicy, Report, Request, RevocationPolicy, Signer, SigningKey,
    Token, TrustAnchor, Verifier,
};

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let [alice, planner, researcher] =
        [SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?];

    // Alice lets the planner read all accounts until the evening.
    let token = Token::mint(
        Owner::human("alice@acme.com")?,
        &alice,
        Grant::new(
            Principal::agent("planner", planner.public_key())?,
            [Capability::new("crm.read", "accounts/**")?
                .with_arg("limit", [Constraint::max(100)])?],
            now + Duration::hours(8),
            "Q3 account review",
        )?
        .with_max_hops(3)
        .with_audience(["crm.acme.com"])?,
        now,
    )?;

    // The planner lets a researcher read the accounts in EMEA, ten at a time, for a quarter of an
    // hour.
    let handed_on = token.delegate(
        &planner,
        Grant::new(
            Principal::agent("researcher", researcher.public_key())?,
            [Capability::new("crm.read", "accounts/emea/**")?
                .with_arg("limit", [Constraint::max(10)])?],
            now + Duration::minutes(15),
            "read the EMEA accounts",
        )?
        .with_audience(["crm.acme.com"])?,
        now,
    )?;

    // The service knows only Alice's public key.
    let crm = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );
    let request = |resource: &str| {
        Request::new("crm.read", resource, "crm.acme.com")?.with_args(r#"{"limit": 5}"#)
    };

    let emea = request("accounts/emea/42")?;
    let presented = handed_on.present(&researcher, &emea, now)?;
    show("the researcher reads an account in EMEA", &crm, &presented.to_text(), emea, now)?;

    // The token itself does not permit the next call. A service refuses it too.
    let apac = request("accounts/apac/7")?;
    let refused = handed_on.would_permit(&apac, now).expect_err("the call is not in EMEA");
    println!("the library tells the researcher: {refused}\n");
    let anyway = PresentOptions::default().anyway();
    let presented = handed_on.present_with(&researcher, &apac, now, anyway)?;
    show("the researcher reads an account in APAC", &crm, &presented.to_text(), apac, now)?;

    // A thief that copies a token does not have its key. The honest library refuses to present it …
    let thief = SigningKey::generate()?;
    let emea = request("accounts/emea/42")?;
    let refused = handed_on.present(&thief, &emea, now).expect_err("the thief is not the holder");
    println!("the library tells the thief: {refused}\n");
    // … so the thief takes software that signs all the same.
    let presented = forced(&handed_on, &thief, &emea, now)?;
    show("a thief presents the researcher's token", &crm, &presented, emea, now)?;

    // The researcher also has the bytes of the planner's token, which allows more.
    let apac = request("accounts/apac/7")?;
    let presented = forced(&token, &researcher, &apac, now)?;
    show("the researcher cuts the chain back to its parent", &crm, &presented, apac, now)
}

/// The service's part of each call: text in, decision and report out.
fn show(
    title: &str,
    crm: &Verifier,
    text: &str,
    request: Request,
    now: OffsetDateTime,
) -> Result<(), Box<dyn Error>> {
    let decision = crm.decide(Presentation::parse(text)?, request, now);
    let word = match &decision {
        Decision::Allow(_) => "allowed",
        Decision::Deny(_) => "refused",
    };
    println!("═══ {title}: {word}\n\n{}\n", Report::of(&decision));
    Ok(())
}

/// A presentation by any signer, holder or not.
fn forced(
    token: &Token,
    signer: &SigningKey,
    request: &Request,
    now: OffsetDateTime,
) -> Result<String, Box<dyn Error>> {
    let raw = RawToken::take_apart(token.as_bytes()).ok_or("a token can be taken apart")?;
    Ok(raw.present(signer, request, now, Duration::seconds(30), [0; 16]).to_text())
}
