//! A presentation checked by the stock `biscuit-auth` 6, with nothing of ours on the checking side.
//!
//! `cargo run --example plain_biscuit`
//!
//! A presentation is a standard Biscuit (v3.3). A service in any language that has a Biscuit
//! library can check it: it gives the authorizer the facts about the call that it is about to make,
//! and the policy `allow if true`; the checks in the token do the rest. What such a service does not
//! see is listed in [`deputize::interop`].

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;

use deputize::{
    Capability, Constraint, Grant, Owner, Presentation, Principal, Request, Signer, SigningKey,
    Token, interop,
};
use time::{Duration, OffsetDateTime};

use stock::{Call, Refused, stock_service};

/// The service. It knows `biscuit-auth`, SHA-256, JSON, and the names of the facts.
mod stock {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use biscuit_auth::builder::{Fact, MapKey, Term};
    use biscuit_auth::error::{FailedCheck, Logic, Token};
    use biscuit_auth::{AuthorizerBuilder, AuthorizerLimits, Biscuit, PublicKey};
    use serde_json::Value;
    use sha2::{Digest, Sha256};

    /// The call that the service is about to make, as it sees it.
    #[derive(Clone)]
    pub(super) struct Call<'a> {
        pub(super) operation: &'a str,
        pub(super) resource: &'a str,
        pub(super) audience: &'a str,
        pub(super) args: &'a [(&'a str, Value)],
        /// Seconds since 1970.
        pub(super) now: u64,
    }

    /// Who refused.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(super) enum Refused {
        /// The signatures, or the proof at the end.
        Signatures,
        /// The checks of these blocks.
        Blocks(BTreeSet<u32>),
        /// Anything else.
        Otherwise(String),
    }

    /// Whether the call may be made.
    pub(super) fn stock_service(
        token: &[u8],
        root_public_key_hex: &str,
        call: &Call<'_>,
        further_facts: Vec<Fact>,
    ) -> Result<(), Refused> {
        decide(token, root_public_key_hex, call, further_facts).map_err(refused)
    }

    fn decide(
        token: &[u8],
        root_public_key_hex: &str,
        call: &Call<'_>,
        further_facts: Vec<Fact>,
    ) -> Result<(), Token> {
        let key =
            hex::decode(root_public_key_hex).map_err(|e| Token::ConversionError(e.to_string()))?;
        let root = PublicKey::from_bytes(&key, biscuit_auth::Algorithm::Ed25519)?;
        let token = Biscuit::from(token, root)?;
        // The limit goes on the builder, which copies it, and well above its 1 ms: what runs out of
        // time is refused, and a busy machine needs more for an ordinary token.
        let limits = AuthorizerLimits {
            max_time: Duration::from_millis(100),
            ..AuthorizerLimits::default()
        };
        let mut builder = AuthorizerBuilder::new().set_limits(limits);
        for fact in facts(call)?.into_iter().chain(further_facts) {
            builder = builder.fact(fact)?;
        }
        builder.policy("allow if true")?.build(&token)?.authorize().map(|_policy| ())
    }

    /// Facts are made of terms, never of text: no name or value can turn into Datalog.
    fn facts(call: &Call<'_>) -> Result<Vec<Fact>, Token> {
        let string = |text: &str| Term::Str(text.to_owned());
        let fact = |name: &str, term| Fact::new(name.to_owned(), vec![term]);
        let path = call.resource.split('/').map(string).collect();
        let names = call.args.iter().map(|(name, _)| string(name)).collect();
        // A map can be empty here; Datalog's text cannot write that one down.
        let args = call
            .args
            .iter()
            .map(|(name, value)| Ok((MapKey::Str((*name).to_owned()), term(value)?)))
            .collect::<Result<BTreeMap<_, _>, Token>>()?;
        Ok(vec![
            fact("time", Term::Date(call.now)),
            fact("operation", string(call.operation)),
            fact("resource", string(call.resource)),
            fact("resource_path", Term::Array(path)),
            fact("audience", string(call.audience)),
            fact("args", Term::Map(args)),
            fact("arg_names", Term::Set(names)),
            fact("request_digest", Term::Bytes(digest(call)?)),
        ])
    }

    /// This service takes no arguments of other types. (What lies inside an object is named by its
    /// JSON Pointer; a float must never become an integer.)
    fn term(value: &Value) -> Result<Term, Token> {
        match value {
            Value::Bool(b) => Ok(Term::Bool(*b)),
            Value::String(s) => Ok(Term::Str(s.clone())),
            Value::Number(n) => n
                .as_i64()
                .map(Term::Integer)
                .ok_or_else(|| Token::ConversionError(format!("{n} is no integer"))),
            other => Err(Token::ConversionError(format!("unknown type: {other}"))),
        }
    }

    /// SHA-256 over the canonical JSON (RFC 8785) of the call.
    fn digest(call: &Call<'_>) -> Result<Vec<u8>, Token> {
        let args: serde_json::Map<_, _> =
            call.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let json = serde_json::json!({
            "operation": call.operation,
            "resource": call.resource,
            "audience": call.audience,
            "args": args,
        });
        let canonical = serde_json_canonicalizer::to_vec(&json)
            .map_err(|e| Token::ConversionError(e.to_string()))?;
        Ok(Sha256::digest(canonical).to_vec())
    }

    /// The errors also hold the failed checks as text. It is not shown: Biscuit 6.0.0 prints strings
    /// without escaping them, and whoever wrote the token chose them.
    fn refused(error: Token) -> Refused {
        match error {
            Token::Format(_) => Refused::Signatures,
            Token::FailedLogic(
                Logic::Unauthorized { checks, .. } | Logic::NoMatchingPolicy { checks },
            ) => {
                let blocks = checks.into_iter().filter_map(|check| match check {
                    FailedCheck::Block(check) => Some(check.block_id),
                    FailedCheck::Authorizer(_) => None,
                });
                Refused::Blocks(blocks.collect())
            }
            other => Refused::Otherwise(other.to_string()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let [alice, planner, researcher] =
        [SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?];
    let handed_out = Token::mint(
        Owner::human("alice@acme.com")?,
        &alice,
        Grant::new(
            Principal::agent("planner", planner.public_key())?,
            [Capability::new("crm.read", "accounts/**")?
                .with_arg("limit", [Constraint::max(100)])?],
            now + Duration::hours(8),
            "Q3 account review",
        )?
        .with_max_hops(1),
        now,
    )?;
    let token = handed_out.delegate(
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

    let root = hex::encode(alice.public_key().to_bytes());
    let limit = |limit: i64| [("limit", serde_json::json!(limit))];
    let five = limit(5);
    let call = Call {
        operation: "crm.read",
        resource: "accounts/emea/42",
        audience: "crm.acme.com",
        args: &five,
        now: seconds(now)?,
    };
    // What the researcher presents for a call, at the time of the call.
    let presented = |call: &Call<'_>| -> Result<Presentation, Box<dyn Error>> {
        let at = OffsetDateTime::from_unix_timestamp(i64::try_from(call.now)?)?;
        Ok(token.present(&researcher, &request(call)?, at)?)
    };
    let mut table = Table::default();
    let mut case = |what, token: &[u8], root: &str, call: &Call<'_>, expected| {
        let answer = stock_service(token, root, call, Vec::new());
        table.row(what, answer, expected);
    };
    let good = presented(&call)?;
    // Blocks: 0 is alice's, 1 is the planner's, 2 is the researcher's presentation.
    let blocks = |ids: &[u32]| Err(Refused::Blocks(ids.iter().copied().collect()));

    case("the call as presented", good.as_bytes(), &root, &call, Ok(()));

    let apac = Call { resource: "accounts/apac/7", ..call.clone() };
    case("another resource", good.as_bytes(), &root, &apac, blocks(&[1, 2]));
    let presentation = presented(&apac)?;
    case(
        "another resource, presented as such",
        presentation.as_bytes(),
        &root,
        &apac,
        blocks(&[1]),
    );

    let six = limit(6);
    let other = Call { args: &six, ..call.clone() };
    case("another argument, which is allowed too", good.as_bytes(), &root, &other, blocks(&[2]));
    let many = limit(50);
    let other = Call { args: &many, ..call.clone() };
    let presentation = presented(&other)?;
    case(
        "an argument beyond one limit of two",
        presentation.as_bytes(),
        &root,
        &other,
        blocks(&[1]),
    );
    let none = Call { args: &[], ..call.clone() };
    let presentation = presented(&none)?;
    case(
        "no argument where one is required",
        presentation.as_bytes(),
        &root,
        &none,
        blocks(&[0, 1]),
    );

    let elsewhere = Call { audience: "mail.acme.com", ..call.clone() };
    case("another service", good.as_bytes(), &root, &elsewhere, blocks(&[1, 2]));

    let later = Call { now: seconds(now + Duration::minutes(2))?, ..call.clone() };
    case("the presentation two minutes later", good.as_bytes(), &root, &later, blocks(&[2]));
    let later = Call { now: seconds(now + Duration::minutes(16))?, ..call.clone() };
    let presentation = presented(&later)?;
    case(
        "presented anew when the researcher's hop is over",
        presentation.as_bytes(),
        &root,
        &later,
        blocks(&[1]),
    );

    let signatures = || Err(Refused::Signatures);
    case("the token itself, not presented", token.as_bytes(), &root, &call, signatures());
    let mut tampered = good.as_bytes().to_vec();
    let middle = tampered.len() / 2;
    if let Some(byte) = tampered.get_mut(middle) {
        *byte ^= 1;
    }
    case("one bit of it tampered with", &tampered, &root, &call, signatures());
    let mallory = hex::encode(SigningKey::generate()?.public_key().to_bytes());
    case("the root key of somebody else", good.as_bytes(), &mallory, &call, signatures());

    // For limits that Datalog cannot say, the service needs somebody who judges them. Here it is
    // this crate, and the facts that it finds true are handed over beside the service's own.
    let exporter = SigningKey::generate()?;
    let exporters = Token::mint(
        Owner::human("alice@acme.com")?,
        &alice,
        Grant::new(
            Principal::agent("exporter", exporter.public_key())?,
            [Capability::new("crm.read", "accounts/**")?
                .with_arg("limit", [Constraint::max(100)])?
                .with_arg("export", [Constraint::glob("reports/*.csv")?])?],
            now + Duration::hours(8),
            "Q3 account review",
        )?,
        now,
    )?;
    println!("\nfor limits that Datalog cannot say, with the facts of deputize::interop:\n");
    for (what, export, asks, expected) in [
        ("a glob that fits", "reports/q3.csv", Asks::Deputize, Ok(())),
        ("a glob that fits, and nobody to say so", "reports/q3.csv", Asks::Nobody, blocks(&[0])),
        ("a glob that does not fit", "reports/../salaries.csv", Asks::Deputize, blocks(&[0])),
    ] {
        let args = [("limit", serde_json::json!(5)), ("export", serde_json::json!(export))];
        let call = Call { args: &args, ..call.clone() };
        let request = request(&call)?;
        let presentation = exporters.present(&exporter, &request, now)?;
        let further = match asks {
            Asks::Deputize => satisfied(&presentation, &request, now)?,
            Asks::Nobody => Vec::new(),
        };
        let answer = stock_service(presentation.as_bytes(), &root, &call, further);
        table.row(what, answer, expected);
    }
    table.finish()
}

/// Whom the service asks about limits that Datalog cannot say.
#[derive(Clone, Copy)]
enum Asks {
    Deputize,
    Nobody,
}

/// The facts `satisfies(argument, kind, parameter)` that are true of the request.
fn satisfied(
    presentation: &Presentation,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Vec<biscuit_auth::builder::Fact>, Box<dyn Error>> {
    let facts = interop::facts(presentation, request, now)?.facts;
    let satisfied = facts.into_iter().filter(|fact| fact.name == "satisfies");
    Ok(satisfied
        .map(|fact| {
            let terms: Vec<_> = fact.terms.into_iter().map(term).collect();
            biscuit_auth::builder::Fact::new(fact.name.to_owned(), terms)
        })
        .collect())
}

/// Term by term; whoever hands over all facts of [`interop::facts`] needs no more than this.
fn term(term: interop::Term) -> biscuit_auth::builder::Term {
    use biscuit_auth::builder::{MapKey, Term};
    match term {
        interop::Term::Null => Term::Null,
        interop::Term::Bool(b) => Term::Bool(b),
        interop::Term::Integer(i) => Term::Integer(i),
        interop::Term::String(s) => Term::Str(s),
        interop::Term::Date(seconds) => Term::Date(seconds),
        interop::Term::Bytes(bytes) => Term::Bytes(bytes),
        interop::Term::Set(terms) => Term::Set(terms.into_iter().map(self::term).collect()),
        interop::Term::Array(terms) => Term::Array(terms.into_iter().map(self::term).collect()),
        interop::Term::Map(entries) => Term::Map(
            entries
                .into_iter()
                .map(|(name, value)| (MapKey::Str(name), self::term(value)))
                .collect(),
        ),
    }
}

/// The call as the one who presents describes it.
fn request(call: &Call<'_>) -> Result<Request, Box<dyn Error>> {
    let args = call.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Ok(Request::new(call.operation, call.resource, call.audience)?.with_arg_map(args)?)
}

fn seconds(at: OffsetDateTime) -> Result<u64, Box<dyn Error>> {
    Ok(u64::try_from(at.unix_timestamp())?)
}

/// What came out, and how often it was something else than it should be.
#[derive(Default)]
struct Table {
    wrong: u32,
}

impl Table {
    fn row(&mut self, what: &str, answer: Result<(), Refused>, expected: Result<(), Refused>) {
        let shown = match &answer {
            Ok(()) => "allowed".to_owned(),
            Err(Refused::Signatures) => "refused: no valid token".to_owned(),
            Err(Refused::Blocks(ids)) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                format!("refused by block {}", ids.join(" and "))
            }
            Err(Refused::Otherwise(why)) => format!("refused: {why}"),
        };
        println!("{what:<50} → {shown}");
        if answer != expected {
            println!("    EXPECTED {expected:?}");
            self.wrong += 1;
        }
    }

    fn finish(self) -> Result<(), Box<dyn Error>> {
        match self.wrong {
            0 => Ok(()),
            wrong => Err(format!("{wrong} cases came out other than expected").into()),
        }
    }
}
