//! The example of deputize's README: four parties, one call, one report.

use deputize::{
    Capability, Constraint, Grant, MemoryReplayGuard, Owner, Presentation, Principal, ReplayPolicy,
    Report, Request, RevocationPolicy, Signer, SigningKey, Token, TrustAnchor, Verifier,
};
use deputize::time::{Duration, OffsetDateTime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Your program passes OffsetDateTime::now_utc().
    let now = OffsetDateTime::from_unix_timestamp(1_795_456_800)?;
    let alice = SigningKey::generate()?; // each key stays with its owner
    let planner = SigningKey::generate()?;
    let researcher = SigningKey::generate()?;
    // Alice lets the planner read all accounts, 100 at a time, and delegate once.
    let agent = Principal::agent("planner", planner.public_key())?;
    let all = Capability::new("crm.read", "accounts/**")?.with_arg("limit", [Constraint::max(100)])?;
    let first = Grant::new(agent, [all], now + Duration::hours(8), "Q3 review")?.with_max_hops(1);
    let planner_token = Token::mint(Owner::human("alice@acme.com")?, &alice, first, now)?;
    // The planner lets the researcher read the European accounts, 10 at a time.
    let sub_agent = Principal::agent("researcher", researcher.public_key())?;
    let eu = Capability::new("crm.read", "accounts/eu/**")?.with_arg("limit", [Constraint::max(10)])?;
    let second = Grant::new(sub_agent, [eu], now + Duration::minutes(15), "European accounts")?;
    let researcher_token = planner_token.delegate(&planner, second, now)?;
    // The researcher presents its token for one call, and sends the text along with the call.
    let call =
        Request::new("crm.read", "accounts/eu/42", "crm.acme.com")?.with_args(r#"{"limit": 5}"#)?;
    let text = researcher_token.present(&researcher, &call, now)?.to_text();
    // The service knows Alice's public key. It builds the same request from the call, and decides.
    let crm = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(60_000)),
    );
    let decision = crm.decide(Presentation::parse(&text)?, call, now);
    println!("{}", Report::of(&decision));
    Ok(())
}
