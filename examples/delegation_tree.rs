//! Several agents below one person, another below an organization, and two services: which agent
//! can make which call, and which calls remain when one hop is revoked. At the end, who did what on
//! whose authority.
//!
//! `cargo run --example delegation_tree`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;
use std::sync::Arc;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Constraint, Decision, Grant, MemoryReplayGuard, Owner, PresentOptions, Principal,
    PrincipalKind, ReplayPolicy, Report, Request, RevocationPolicy, RevokedHops, Signer,
    SigningKey, Summary, Token, TrustAnchor, TrustAnchors, Verifier,
};

pub(crate) const CRM: &str = "crm.acme.com";
pub(crate) const MAIL: &str = "mail.acme.com";

/// The calls: a name, operation, resource, service and arguments.
pub(crate) const CALLS: [(&str, &str, &str, &str, &str); 6] = [
    ("read 5 of EMEA", "crm.read", "accounts/emea/42", CRM, r#"{"limit":5}"#),
    ("read 50 of EMEA", "crm.read", "accounts/emea/42", CRM, r#"{"limit":50}"#),
    ("read 5 of APAC", "crm.read", "accounts/apac/7", CRM, r#"{"limit":5}"#),
    ("mail a colleague", "mail.send", "outbox", MAIL, r#"{"to":"bob@acme.com"}"#),
    ("mail a stranger", "mail.send", "outbox", MAIL, r#"{"to":"eve@example.net"}"#),
    ("read 5 of EMEA, by mail", "crm.read", "accounts/emea/42", MAIL, r#"{"limit":5}"#),
];

/// An agent with its key and its token.
pub(crate) struct Agent {
    pub(crate) name: &'static str,
    key: SigningKey,
    pub(crate) token: Token,
}

/// ```text
/// alice@acme.com → planner ┬→ researcher → summarizer
///                          └→ mailer
/// Acme Ltd → auditor
/// ```
pub(crate) fn company(
    alice: &SigningKey,
    acme: &SigningKey,
    now: OffsetDateTime,
) -> Result<[Agent; 5], Box<dyn Error>> {
    let read = |resource: &str, limit: i64| {
        Capability::new("crm.read", resource)?.with_arg("limit", [Constraint::max(limit)])
    };
    let mail = |to: &[Constraint]| {
        Capability::new("mail.send", "outbox")?.with_arg("to", to.iter().cloned())
    };
    let grant = |name: &str, key: &SigningKey, own: Vec<Capability>| -> Result<_, Box<dyn Error>> {
        let to = Principal::agent(name, key.public_key())?;
        let why = format!("the quarterly review needs a {name}");
        Ok(Grant::new(to, own, now + Duration::hours(1), why)?)
    };
    let mint = |owner, root: &SigningKey, name, own, services: &[&str], hops| {
        let key = SigningKey::generate()?;
        let grant = grant(name, &key, own)?.with_audience(services.iter().copied())?;
        let token = Token::mint(owner, root, grant.with_max_hops(hops), now)?;
        Ok::<_, Box<dyn Error>>(Agent { name, key, token })
    };
    let delegate = |from: &Agent, name, own, service, hops| {
        let key = SigningKey::generate()?;
        let grant = grant(name, &key, own)?.with_audience([service])?.with_max_hops(hops);
        let token = from.token.delegate(&from.key, grant, now)?;
        Ok::<_, Box<dyn Error>>(Agent { name, key, token })
    };
    let (person, organization) =
        (Owner::human("alice@acme.com")?, Owner::new("Acme Ltd", PrincipalKind::Organization)?);
    let all = vec![read("accounts/**", 100)?, mail(&[])?];
    let planner = mint(person, alice, "planner", all, &[CRM, MAIL], 2)?;
    let emea = |limit| Ok::<_, Box<dyn Error>>(vec![read("accounts/emea/**", limit)?]);
    let researcher = delegate(&planner, "researcher", emea(50)?, CRM, 1)?;
    let summarizer = delegate(&researcher, "summarizer", emea(5)?, CRM, 0)?;
    let colleagues = vec![mail(&[Constraint::one_of(["bob@acme.com", "carol@acme.com"])])?];
    let mailer = delegate(&planner, "mailer", colleagues, MAIL, 0)?;
    let more = vec![read("accounts/**", 1_000)?];
    let auditor = mint(organization, acme, "auditor", more, &[CRM], 0)?;
    Ok([planner, researcher, summarizer, mailer, auditor])
}

/// A service. Both services trust both owners, and share one list of revoked hops.
pub(crate) fn service(owners: &TrustAnchors, revoked: &RevokedHops) -> Verifier {
    let once = ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000));
    Verifier::new(owners.clone(), RevocationPolicy::CheckedWith(Arc::new(revoked.clone())), once)
}

/// The agent presents its token for one of [`CALLS`], and the service decides.
pub(crate) fn ask(
    services: &[(&str, Verifier)],
    agent: &Agent,
    call: &(&str, &str, &str, &str, &str),
    now: OffsetDateTime,
) -> Result<Decision, Box<dyn Error>> {
    let (_, operation, resource, audience, args) = call;
    let request = Request::new(operation, resource, audience)?.with_args(args)?;
    let anyway = PresentOptions::default().anyway(); // the library would refuse some at once
    let presentation = agent.token.present_with(&agent.key, &request, now, anyway)?;
    let service = services.iter().find(|(name, _)| name == audience);
    let (_, verifier) = service.ok_or("there is no such service")?;
    Ok(verifier.decide(presentation, request, now))
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let (alice, acme) = (SigningKey::generate()?, SigningKey::generate()?);
    let agents = company(&alice, &acme, now)?;
    let owners = TrustAnchors::new([
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        TrustAnchor::new(acme.public_key(), "Acme Ltd"),
    ])?;
    let revoked = RevokedHops::default();
    let services = [(CRM, service(&owners, &revoked)), (MAIL, service(&owners, &revoked))];
    let [_, researcher, ..] = &agents;
    let mut summary = Summary::default();
    for title in ["at first", "with the researcher's hop revoked"] {
        println!("\n{title}");
        for call in &CALLS {
            let mut row = format!("{:<24}", call.0);
            for agent in &agents {
                let decision = ask(&services, agent, call, now)?;
                let can = if decision.is_allowed() { agent.name } else { "-" };
                row += &format!(" {can:<10}");
                summary.add(&Report::of(&decision));
            }
            println!("{}", row.trim_end());
        }
        // The planner revokes its delegation to the researcher, by the id that reports show.
        researcher.token.hops().iter().skip(1).for_each(|hop| {
            revoked.revoke(hop.id());
        });
    }
    println!("\nwho did what\n{summary}");
    Ok(())
}
