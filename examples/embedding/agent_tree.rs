//! Agents as tasks: each makes its own key, asks another agent for a part of its authority, and calls
//! tools. One of them is malicious. At the end: who did what, on whose authority.
//!
//! `GLUE` marks the lines that every such program would write again, `GLUE!` those of them that
//! security depends on.

#![expect(clippy::print_stdout, clippy::arithmetic_side_effects, reason = "an example")]

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use deputize::{
    Ask, AskDesk, Capability, Grant, MemoryReplayGuard, OpenAsks, Owner, Permit, Principal,
    PublicKey, ReplayPolicy, Report, Request, RevocationPolicy, Signature, Signer, SignerError,
    SigningKey, Summary, Token, TrustAnchor, TrustAnchors, Verifier, Wallet, Wish,
};
use serde_json::{Value as Json, json};
use time::{Duration, OffsetDateTime};
use tokio::sync::{mpsc, oneshot};

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const AUDIENCE: &str = "tools.acme.com";

/// An ask as it arrives at a delegator, and where the answer goes.
type Asked = (String, oneshot::Sender<Result<String, String>>);

/// An agent: a key, its tokens, and a mailbox for those who ask it for a part of its authority.
struct Agent {
    me: Principal,
    key: SigningKey,
    anchors: TrustAnchors,
    held: Mutex<(Wallet, OpenAsks)>,
    mailbox: mpsc::Sender<Asked>,
    tools: Arc<Tools>,
}

impl Agent {
    fn start(name: &str, tools: &Arc<Tools>, anchors: &TrustAnchors) -> Result<Arc<Self>> {
        let (mailbox, mut asked) = mpsc::channel::<Asked>(8);
        let key = SigningKey::generate()?;
        let agent = Arc::new(Self {
            me: Principal::agent(name, key.public_key())?,
            key,
            anchors: anchors.clone(),
            held: Mutex::new((Wallet::new(anchors.clone()), OpenAsks::default())),
            mailbox,
            tools: Arc::clone(tools),
        });
        let clerk = Arc::clone(&agent);
        tokio::spawn(async move {
            let mut desk = AskDesk::default();
            while let Some((ask, reply)) = asked.recv().await {
                let answer = clerk.answer(&mut desk, &ask).map_err(|why| why.to_string());
                // The asker may have gone away.
                let _ = reply.send(answer);
            }
        });
        Ok(agent)
    }

    // GLUE {
    fn with_held<T>(&self, act: impl FnOnce(&mut Wallet, &mut OpenAsks) -> T) -> T {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (wallet, open) = &mut *held;
        act(wallet, open)
    }
    // GLUE }

    // GLUE! {
    /// Answers an ask from the first of this agent's tokens that allows all of it.
    fn answer(&self, desk: &mut AskDesk, ask: &str) -> Result<String> {
        let (ask, now): (Ask, _) = (serde_json::from_str(ask)?, OffsetDateTime::now_utc());
        if ask.wish().asker().name() == self.me.name() {
            return Err("another agent has this name".into());
        }
        let mut refusal = "there is no token to delegate from".into();
        for token in self.with_held(|wallet, _| wallet.tokens().to_vec()) {
            let grant = ask.grant_below(&token, now)?;
            if grant.max_hops() < ask.wish().max_hops() {
                refusal = "that many further delegations are not possible".into();
                continue;
            }
            match desk.answer(&ask, &token, grant, &self.key, now) {
                Ok(answered) => return Ok(answered.token.to_text()),
                Err(why) => refusal = why.into(),
            }
        }
        Err(refusal)
    }

    async fn ask(&self, delegator: &Self, wish: Wish) -> Result<()> {
        let ask = Ask::new(wish, delegator.me.key(), &self.key, OffsetDateTime::now_utc())?;
        let text = serde_json::to_string(&ask)?;
        self.with_held(|_, open| open.open(ask, OffsetDateTime::now_utc()))?;
        let (reply, answer) = oneshot::channel();
        delegator.mailbox.send((text, reply)).await?;
        let (token, now) = (Token::parse(&answer.await??)?, OffsetDateTime::now_utc());
        self.with_held(|wallet, open| -> Result<()> {
            Ok(wallet.add(open.accept(token, &self.anchors, now)?.token, now)?)
        })
    }
    // GLUE! }

    fn wish(&self, allowed: &str, minutes: i64, max_hops: u32, purpose: &str) -> Result<Wish> {
        let lifetime = Duration::minutes(minutes);
        let wish = Wish::new(self.me.clone(), [allowed.parse()?], lifetime, purpose)?;
        Ok(wish.with_max_hops(max_hops)?)
    }

    // GLUE {
    fn call(&self, operation: &str, resource: &str, args: &Json) -> Result<String> {
        let request = Request::new(operation, resource, AUDIENCE)?.with_args_of(args)?;
        let now = OffsetDateTime::now_utc();
        let shown = self.with_held(|wallet, _| wallet.present(&self.key, &request, now))?;
        self.tools.call(&shown.to_text(), request)
    }
    // GLUE }
}

struct Tools {
    verifier: Verifier,
    summary: Mutex<Summary>,
}

impl Tools {
    // GLUE! {
    fn call(&self, shown: &str, request: Request) -> Result<String> {
        let decision = self.verifier.decide_text(Some(shown), request, OffsetDateTime::now_utc());
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        summary.add(&Report::of(&decision));
        match decision.into_result() {
            Ok(permit) => Ok(carry_out(&permit)),
            Err(denial) => Err(denial.for_caller().to_string().into()),
        }
    }
    // GLUE! }
}

fn carry_out(permit: &Permit) -> String {
    format!("done: {} on {}", permit.request().operation(), permit.request().resource())
}

/// A signer that claims a key which it does not have.
struct Liar<'a>(PublicKey, &'a SigningKey);

impl Signer for Liar<'_> {
    fn public_key(&self) -> PublicKey {
        self.0
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        self.1.sign(message)
    }
}

fn show(what: &str, result: Result<String>) {
    match result {
        Ok(answer) => println!("{what:<20} {answer}"),
        Err(why) => println!("{what:<20} refused: {why}"),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let now = OffsetDateTime::now_utc();
    let alice = SigningKey::generate()?;
    let anchors = TrustAnchors::from(TrustAnchor::new(alice.public_key(), "alice@acme.com"));
    let tools = Arc::new(Tools {
        verifier: Verifier::new(
            anchors.clone(),
            RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
            ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(60_000)),
        ),
        summary: Mutex::default(),
    });
    let start = |name| Agent::start(name, &tools, &anchors);
    let (planner, researcher) = (start("planner")?, start("researcher")?);
    let (intern, mallory) = (start("intern")?, start("summarizer")?);

    let allowed: [Capability; 2] = [
        "crm.read accounts/** limit=0..100".parse()?,
        "mail.send summary to:one_of=alice@acme.com,bob@acme.com".parse()?,
    ];
    let grant = Grant::new(planner.me.clone(), allowed, now + Duration::hours(8), "Q3 review")?
        .with_max_hops(2)
        .with_audience([AUDIENCE])?;
    let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
    planner.with_held(|wallet, _| wallet.add(token, now))?;

    let wish = researcher.wish("crm.read accounts/emea/** limit=0..10", 15, 1, "read EMEA")?;
    researcher.ask(&planner, wish).await?;
    let wish = intern.wish("crm.read accounts/emea/42 limit=0..5", 60, 0, "read one")?;
    intern.ask(&researcher, wish).await?;
    let wish = mallory.wish("mail.send summary to=alice@acme.com", 15, 0, "send the summary")?;
    mallory.ask(&planner, wish).await?;

    println!("── honest work, in parallel");
    let work = [
        (&researcher, "crm.read", "accounts/emea/42", json!({ "limit": 5 })),
        (&researcher, "crm.read", "accounts/emea/7", json!({ "limit": 10 })),
        (&intern, "crm.read", "accounts/emea/42", json!({ "limit": 5 })),
        (&intern, "crm.read", "accounts/emea/43", json!({ "limit": 5 })),
        (&mallory, "mail.send", "summary", json!({ "to": "alice@acme.com" })),
    ];
    let tasks = work.map(|(agent, operation, resource, args)| {
        let agent = Arc::clone(agent);
        tokio::spawn(
            async move { (agent.me.name().to_owned(), agent.call(operation, resource, &args)) },
        )
    });
    for task in tasks {
        let (name, result) = task.await?;
        show(&name, result);
    }

    println!("── the malicious one");
    for (what, allowed, max_hops) in [
        ("asks for all", "* ** ...", 0),
        ("asks for depth", "crm.read accounts/** limit=0..100", 5),
    ] {
        let wish = mallory.wish(allowed, 60, max_hops, "more");
        let result = match wish {
            Ok(wish) => mallory.ask(&planner, wish).await.map(|()| "a token".to_owned()),
            Err(why) => Err(why),
        };
        show(what, result);
    }
    let spoof = Principal::agent("planner", mallory.key.public_key())?;
    let wish = Wish::new(spoof, ["crm.read **".parse()?], Duration::hours(1), "more")?;
    show("asks as planner", mallory.ask(&planner, wish).await.map(|()| "a token".to_owned()));
    let eve = json!({ "to": "eve@evil.example" });
    show("another recipient", mallory.call("mail.send", "summary", &eve));
    show("reads", mallory.call("crm.read", "accounts/emea/42", &json!({ "limit": 1 })));

    // The planner's token without the planner's key.
    let at = |resource| Request::new("crm.read", resource, AUDIENCE)?.with_args(r#"{"limit": 1}"#);
    let stolen = planner.with_held(|wallet, _| wallet.tokens().to_vec()).remove(0);
    let liar = Liar(planner.me.key(), &mallory.key);
    let forged = stolen.present(&liar, &at("accounts/apac/1")?, OffsetDateTime::now_utc());
    show("a stolen token", forged.map(|shown| shown.to_text()).map_err(Into::into));
    // A presentation of the researcher's that was captured: for another call, and twice for its own.
    let (call, now) = (at("accounts/emea/9")?, OffsetDateTime::now_utc());
    let captured = researcher.with_held(|wallet, _| wallet.present(&researcher.key, &call, now))?;
    for (what, resource) in [
        ("captured, changed", "accounts/emea/8"),
        ("(by the researcher)", "accounts/emea/9"),
        ("captured, again", "accounts/emea/9"),
    ] {
        show(what, tools.call(&captured.to_text(), at(resource)?));
    }

    println!("── who did what, on whose authority");
    // GLUE {
    print!("{}", tools.summary.lock().unwrap_or_else(PoisonError::into_inner));
    // GLUE }
    Ok(())
}
