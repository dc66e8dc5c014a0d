//! `README.md` shows one example and the report that it prints. The example is a doctest; here it
//! is run once more, to compare the report.

use std::error::Error;
use std::fs;

use regex::Regex;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Constraint, Grant, MemoryReplayGuard, Owner, Presentation, Principal, ReplayPolicy,
    Report, Request, RevocationPolicy, Signer, SigningKey, Token, TrustAnchor, Verifier,
};

/// The example, line by line.
#[rustfmt::skip]
fn example() -> Result<Report, Box<dyn Error>> {
    // Your program passes OffsetDateTime::now_utc().
    let now = OffsetDateTime::from_unix_timestamp(1_795_456_800)?;
    let alice = SigningKey::generate()?; // each key stays with its owner
    let planner = SigningKey::generate()?;
    let researcher = SigningKey::generate()?;
    // Alice lets the planner read all accounts, 100 at a time, and delegate once.
    let agent = Principal::agent("planner", planner.public_key())?;
    let all =
        Capability::new("crm.read", "accounts/**")?.with_arg("limit", [Constraint::max(100)])?;
    let first = Grant::new(agent, [all], now + Duration::hours(8), "Q3 review")?.with_max_hops(1);
    let planner_token = Token::mint(Owner::human("alice@acme.com")?, &alice, first, now)?;
    // The planner lets the researcher read the European accounts, 10 at a time.
    let sub_agent = Principal::agent("researcher", researcher.public_key())?;
    let eu =
        Capability::new("crm.read", "accounts/eu/**")?.with_arg("limit", [Constraint::max(10)])?;
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
    Ok(Report::of(&decision))
}

fn block(language: &str) -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, rest) = readme.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The code between the head of a function and its last statement, which differ. Line breaks do not
/// count.
fn body(code: &str, head: &str) -> String {
    let lines = code.lines().skip_while(|line| !line.starts_with(head)).skip(1);
    let lines = lines.take_while(|line| !line.contains("Report::of(&decision)"));
    lines.flat_map(str::split_whitespace).collect()
}

#[test]
fn the_example_is_that_of_the_readme() {
    let readme = block("rust");
    let own = body(include_str!("readme.rs"), "fn example()");
    assert!(own.len() > 1_000, "{own}");
    assert_eq!(own, body(&readme, "fn main()"));
}

/// The program to begin with has the example.
#[test]
fn the_starter_is_the_readmes_example() {
    let starter = include_str!("../../examples/starter/src/main.rs");
    assert_eq!(body(starter, "fn main()"), body(&block("rust"), "fn main()"));
}

#[test]
fn the_example_prints_the_report_that_the_readme_shows() {
    // Keys and ids are drawn at random.
    let digits = Regex::new("[0-9a-f]{16,64}").unwrap();
    let masked = |text: &str| digits.replace_all(text.trim(), "…").into_owned();
    assert_eq!(masked(&block("text")), masked(&example().unwrap().to_string()));
}

/// Cargo ignores a profile of a crate that is not in the tree, with a warning that few read.
#[test]
fn the_profile_names_dependencies() {
    let starter = include_str!("../../examples/starter/Cargo.toml");
    let (_, lines) = starter.split_once("\n[profile.dev.package]\n").unwrap();
    assert!(lines.contains("ed25519-dalek"));
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let (dependencies, _) = dependencies.split_once("\n[dev-dependencies]\n").unwrap();
    for line in lines.lines().take_while(|line| !line.is_empty()) {
        let name = line.strip_suffix(".opt-level = 3").unwrap();
        let is_known = dependencies.contains(&format!("\n{name} = "));
        assert!(is_known || name == "deputize", "{name}");
    }
}
