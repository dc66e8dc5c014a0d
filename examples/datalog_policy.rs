//! A service adds rules of its own, in Biscuit Datalog, to what the chain allows.
//!
//! ```sh
//! cargo run --example datalog_policy --features biscuit
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;

use deputize::biscuit::DatalogPolicy;
use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Grant, MemoryReplayGuard, Owner, PresentOptions, Principal, ReplayPolicy, Report,
    Request, RevocationPolicy, Signer, SigningKey, Token, TrustAnchor, Verifier,
};

/// The rules of the service. They can be kept in a file and changed without building the service.
const RULES: &str = r#"
    // Agents work on accounts of these regions, whatever their grant says. The list is of what is
    // permitted, because a list of what is not would miss other spellings.
    region("emea"); region("amer");
    check if resource_path($path), region($region),
        $path.get(0) === "accounts", $path.get(1) === $region;

    // Deletions need a chain that begins with a person, and no more than two hops.
    deny if operation("crm.delete"), owner($name, $kind, $root), $kind !== "human";
    deny if operation("crm.delete"), hop($index, $from, $to, $id), $index > 1;

    allow if true;
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);

    let agent = Principal::agent("planner", planner.public_key())?;
    let all = ["crm.read", "crm.delete"].map(|operation| Capability::new(operation, "accounts/**"));
    let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    let grant = Grant::new(agent, all, now + Duration::hours(8), "Q3 review")?;
    let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;

    let verifier = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );
    let policy = DatalogPolicy::new(RULES)?;

    for (operation, resource) in [
        ("crm.read", "accounts/emea/7"),   // granted, and no rule refuses it
        ("crm.read", "accounts/apac/42"),  // granted, and the service refuses
        ("crm.delete", "accounts/emea/7"), // granted by a person, one hop
        ("crm.export", "accounts/emea/7"), // not granted: the rules are not run
    ] {
        let call = Request::new(operation, resource, "crm.acme.com")?;
        let presentation =
            token.present_with(&planner, &call, now, PresentOptions::default().anyway())?;
        let decision = verifier.decide_with_policy(presentation, call, now, policy.check());
        println!("{}\n", Report::of(&decision).summary);
    }
    Ok(())
}
