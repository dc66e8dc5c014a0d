//! Several agents below one person, another below an organization, two services: who can do what,
//! and what is left when one hop is revoked.
//!
//! `cargo run --example delegation_tree`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use deputize::{
    Capability, Constraint, Decision, DenyCode, Grant, HopId, MemoryReplayGuard, Owner, Principal,
    PrincipalKind, ReplayPolicy, Report, Request, RevocationPolicy, RevocationSource,
    RevocationStatus, Signer, SigningKey, Token, TrustAnchor, TrustAnchors, Verifier,
};
use time::{Duration, OffsetDateTime};

const CRM: &str = "crm.acme.com";
const MAIL: &str = "mail.acme.com";

/// What is asked for: a word for it, operation, resource, service and arguments.
const CALLS: [(&str, &str, &str, &str, &str); 6] = [
    ("read 5 of EMEA", "crm.read", "accounts/emea/42", CRM, r#"{"limit":5}"#),
    ("read 50 of EMEA", "crm.read", "accounts/emea/42", CRM, r#"{"limit":50}"#),
    ("read 5 of APAC", "crm.read", "accounts/apac/7", CRM, r#"{"limit":5}"#),
    ("mail a colleague", "mail.send", "outbox", MAIL, r#"{"to":"bob@acme.com"}"#),
    ("mail a stranger", "mail.send", "outbox", MAIL, r#"{"to":"eve@example.net"}"#),
    ("read 5 of EMEA, by mail", "crm.read", "accounts/emea/42", MAIL, r#"{"limit":5}"#),
];

/// Who can do what: a row for each of [`CALLS`], a column for each agent, and in the cell `yes` or
/// the hops that refuse.
const EXPECTED: [[&str; 5]; 6] = [
    ["yes", "yes", "yes", "no: 1", "yes"],
    ["yes", "yes", "no: 2", "no: 1", "yes"],
    ["yes", "no: 1", "no: 1 2", "no: 1", "yes"],
    ["yes", "no: 1", "no: 1 2", "yes", "no: 0"],
    ["yes", "no: 1", "no: 1 2", "no: 1", "no: 0"],
    ["yes", "no: 1", "no: 1 2", "no: 1", "no: 0"],
];

/// The same for the first and the fourth call once the researcher's hop is revoked.
const EXPECTED_THEN: [[&str; 5]; 2] =
    [["yes", "no: 1", "no: 1", "no: 1", "yes"], ["yes", "no: 1", "no: 1 2", "yes", "no: 0"]];

/// One who holds a token.
struct Agent {
    owner: &'static str,
    name: &'static str,
    key: SigningKey,
    token: Token,
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let (alice, acme) = (SigningKey::generate()?, SigningKey::generate()?);
    let agents = company(&alice, &acme, now)?;
    for agent in &agents {
        println!("{}", place(agent));
    }

    // Both services trust both owners, and look into one list of what was revoked.
    let owners = TrustAnchors::new([
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        TrustAnchor::new(acme.public_key(), "Acme Ltd"),
    ])?;
    let revoked = Arc::new(RevocationList::default());
    let service = || {
        Verifier::new(
            owners.clone(),
            RevocationPolicy::CheckedWith(revoked.clone()),
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
        )
    };
    let services = [(CRM, service()), (MAIL, service())];
    let ask = |agent: &Agent, call: usize| ask(&services, agent, call, now);

    println!("\nwho can do what; `no: 1` is refused by hop 1\n");
    let mut wrong = table(&agents, &[0, 1, 2, 3, 4, 5], &EXPECTED, ask)?;

    // Hop 0 is alice's to the planner, hop 1 the planner's to the researcher, and so on.
    let [_, researcher, summarizer, mailer, _] = &agents;
    let refused = ask(summarizer, 1)?;
    println!("\nwhy the summarizer cannot read 50 of EMEA\n\n{}", Report::of(&refused));

    // The planner revokes what it delegated to the researcher, by the id in any report.
    let Decision::Allow(permit) = ask(researcher, 0)? else {
        return Err("the researcher cannot read EMEA".into());
    };
    let hop = permit.chain().hops().get(1).ok_or("there is no hop 1")?;
    revoked.revoke(hop.id());
    println!("\nthe hop {} → {} is revoked\n", hop.delegator(), hop.delegate());
    wrong += table(&agents, &[0, 3], &EXPECTED_THEN, ask)?;

    for (agent, call, is_revoked) in
        [(researcher, 0, true), (summarizer, 0, true), (mailer, 3, false)]
    {
        let found = match ask(agent, call)? {
            Decision::Allow(_) => false,
            Decision::Deny(denial) => denial.has(DenyCode::Revoked),
        };
        wrong += u32::from(found != is_revoked);
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(format!("{wrong} outcomes are other than expected").into()),
    }
}

/// ```text
/// alice@acme.com → planner ┬→ researcher → summarizer
///                          └→ mailer
/// Acme Ltd → auditor
/// ```
fn company(
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
    let grant = |name: &'static str, key: &SigningKey, capabilities: Vec<Capability>, minutes| {
        let why = format!("the quarterly review needs a {name}");
        let to = Principal::agent(name, key.public_key())?;
        let expires = now + Duration::minutes(minutes);
        Ok::<_, Box<dyn Error>>(Grant::new(to, capabilities, expires, why)?)
    };
    let colleagues = [Constraint::suffix("@acme.com")];

    let key = SigningKey::generate()?;
    let everything = vec![read("accounts/**", 100)?, mail(&[])?];
    let granted =
        grant("planner", &key, everything, 480)?.with_max_hops(2).with_audience([CRM, MAIL])?;
    let token = Token::mint(Owner::human("alice@acme.com")?, alice, granted, now)?;
    let planner = Agent { owner: "alice@acme.com", name: "planner", key, token };

    let key = SigningKey::generate()?;
    let emea = vec![read("accounts/emea/**", 50)?];
    let granted = grant("researcher", &key, emea, 60)?.with_max_hops(1).with_audience([CRM])?;
    let researcher = planner.delegate("researcher", key, granted, now)?;

    let key = SigningKey::generate()?;
    let little = vec![read("accounts/emea/**", 5)?];
    let granted = grant("summarizer", &key, little, 15)?.with_audience([CRM])?;
    let summarizer = researcher.delegate("summarizer", key, granted, now)?;

    let key = SigningKey::generate()?;
    let granted = grant("mailer", &key, vec![mail(&colleagues)?], 60)?.with_audience([MAIL])?;
    let mailer = planner.delegate("mailer", key, granted, now)?;

    let key = SigningKey::generate()?;
    let granted =
        grant("auditor", &key, vec![read("accounts/**", 1_000)?], 480)?.with_audience([CRM])?;
    let owner = Owner::new("Acme Ltd", PrincipalKind::Organization)?;
    let token = Token::mint(owner, acme, granted, now)?;
    let auditor = Agent { owner: "Acme Ltd", name: "auditor", key, token };
    Ok([planner, researcher, summarizer, mailer, auditor])
}

impl Agent {
    fn delegate(
        &self,
        name: &'static str,
        key: SigningKey,
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<Self, Box<dyn Error>> {
        let token = self.token.delegate(&self.key, grant, now)?;
        Ok(Self { owner: self.owner, name, key, token })
    }
}

/// The agent's place in the tree, and what its own hop grants it; above an owner's first agent, the
/// owner.
fn place(agent: &Agent) -> String {
    let depth = agent.token.hops().len();
    let mut text = String::new();
    if depth == 1 {
        text.push_str(&format!("{}\n", agent.owner));
    }
    let granted = agent.token.hops().last().map(|hop| hop.grant().capabilities());
    let granted: Vec<_> = granted.unwrap_or_default().iter().map(ToString::to_string).collect();
    let indent = "   ".repeat(depth.saturating_sub(1));
    text.push_str(&format!("{indent}└─ {}: {}", agent.name, granted.join("; ")));
    text
}

/// The agent presents its token for the call, and the service that is asked decides.
fn ask(
    services: &[(&str, Verifier)],
    agent: &Agent,
    call: usize,
    now: OffsetDateTime,
) -> Result<Decision, Box<dyn Error>> {
    let (_, operation, resource, audience, args) = CALLS.get(call).ok_or("no such call")?;
    let request = Request::new(operation, resource, audience)?.with_args(args)?;
    let presentation = agent.token.present(&agent.key, &request, now)?;
    let (_, verifier) =
        services.iter().find(|(name, _)| name == audience).ok_or("no such service")?;
    Ok(verifier.decide(presentation, request, now))
}

/// Prints the table and counts the cells that are not as expected.
fn table<const CALLED: usize>(
    agents: &[Agent; 5],
    calls: &[usize; CALLED],
    expected: &[[&str; 5]; CALLED],
    ask: impl Fn(&Agent, usize) -> Result<Decision, Box<dyn Error>>,
) -> Result<u32, Box<dyn Error>> {
    let header: String = agents.iter().map(|agent| format!("{:<12}", agent.name)).collect();
    println!("{:<26}{header}", "");
    let mut wrong = 0;
    for (call, expected) in calls.iter().zip(expected) {
        let (what, ..) = CALLS.get(*call).ok_or("no such call")?;
        let mut row = String::new();
        for (agent, expected) in agents.iter().zip(expected) {
            let found = cell(&ask(agent, *call)?);
            row.push_str(&format!("{found:<12}"));
            if found != *expected {
                println!("EXPECTED of {}: {expected}", agent.name);
                wrong += 1;
            }
        }
        println!("{what:<26}{row}");
    }
    Ok(wrong)
}

fn cell(decision: &Decision) -> String {
    match decision {
        Decision::Allow(_) => "yes".to_owned(),
        Decision::Deny(denial) => {
            let mut hops: Vec<_> =
                denial.reasons().iter().filter_map(|reason| reason.hop).collect();
            hops.sort_unstable();
            hops.dedup();
            let hops: Vec<_> = hops.iter().map(ToString::to_string).collect();
            format!("no: {}", hops.join(" "))
        }
    }
}

/// A list of revoked hops that services share; elsewhere it would be a table in a database.
#[derive(Default)]
struct RevocationList(RwLock<HashSet<HopId>>);

impl RevocationList {
    fn revoke(&self, hop: HopId) {
        let mut revoked = self.0.write().unwrap_or_else(PoisonError::into_inner);
        revoked.insert(hop);
    }
}

impl RevocationSource for RevocationList {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        let revoked = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if revoked.contains(hop) { RevocationStatus::Revoked } else { RevocationStatus::Good }
    }
}
