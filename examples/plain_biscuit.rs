//! A service checks a presentation with the stock `biscuit-auth` 6, without Deputize.
//!
//! `cargo run --example plain_biscuit`
//!
//! A presentation is a standard Biscuit (v3.3), so a service in any language that has a Biscuit
//! library can check it. It gives the authorizer the facts about the call that it is about to make,
//! and the policy `allow if true`; the checks in the token do the rest. [`deputize::interop`] lists
//! what such a service does not check.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Constraint, Grant, Owner, Principal, Request, Signer, SigningKey, Token,
};

use stock::Call;

/// The service. It uses `biscuit-auth`, SHA-256, JSON, and the names of the facts.
pub(crate) mod stock {
    use biscuit_auth::builder::{Fact, MapKey, Term};
    use biscuit_auth::error::Token as Error;
    use biscuit_auth::{Algorithm, AuthorizerBuilder, AuthorizerLimits, Biscuit, PublicKey};
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    /// The call that the service is about to make.
    #[derive(Clone)]
    pub(crate) struct Call {
        pub(crate) operation: &'static str,
        pub(crate) resource: &'static str,
        pub(crate) audience: &'static str,
        pub(crate) args: serde_json::Map<String, Value>,
        /// Seconds since 1970.
        pub(crate) now: u64,
    }

    /// Authorizes the call with the facts about it, and with further ones.
    pub(crate) fn authorize(
        token: &[u8],
        root_key: &[u8],
        call: &Call,
        further: Vec<Fact>,
    ) -> Result<(), Error> {
        let token = Biscuit::from(token, PublicKey::from_bytes(root_key, Algorithm::Ed25519)?)?;
        // Well above the default of 1 ms, which a busy machine exceeds for an ordinary token.
        let max_time = std::time::Duration::from_millis(100);
        let limits = AuthorizerLimits { max_time, ..AuthorizerLimits::default() };
        let mut builder = AuthorizerBuilder::new().set_limits(limits);
        for fact in facts(call)?.into_iter().chain(further) {
            builder = builder.fact(fact)?;
        }
        builder.policy("allow if true")?.build(&token)?.authorize().map(|_policy| ())
    }

    /// Facts are made of terms, never of text: no name or value can turn into Datalog.
    fn facts(call: &Call) -> Result<[Fact; 8], Error> {
        let string = |text: &str| Term::Str(text.to_owned());
        let fact = |name: &str, term| Fact::new(name.to_owned(), vec![term]);
        let args = call.args.iter();
        let args = args.map(|(name, value)| Ok((MapKey::Str(name.clone()), term(value)?)));
        Ok([
            fact("time", Term::Date(call.now)),
            fact("operation", string(call.operation)),
            fact("resource", string(call.resource)),
            fact("resource_path", Term::Array(call.resource.split('/').map(string).collect())),
            fact("audience", string(call.audience)),
            fact("args", Term::Map(args.collect::<Result<_, Error>>()?)),
            fact("arg_names", Term::Set(call.args.keys().map(|name| string(name)).collect())),
            fact("request_digest", Term::Bytes(digest(call)?)),
        ])
    }

    /// This service accepts no other types. A float must never become an integer.
    fn term(value: &Value) -> Result<Term, Error> {
        match (value, value.as_i64()) {
            (Value::Bool(b), _) => Ok(Term::Bool(*b)),
            (Value::String(s), _) => Ok(Term::Str(s.clone())),
            (Value::Number(_), Some(n)) => Ok(Term::Integer(n)),
            _ => Err(Error::ConversionError(format!("{value} is of another type"))),
        }
    }

    /// SHA-256 over the canonical JSON (RFC 8785) of the call.
    fn digest(call: &Call) -> Result<Vec<u8>, Error> {
        let json = json!({
            "operation": call.operation,
            "resource": call.resource,
            "audience": call.audience,
            "args": call.args,
        });
        let canonical = serde_json_canonicalizer::to_vec(&json)
            .map_err(|e| Error::ConversionError(e.to_string()))?;
        Ok(Sha256::digest(canonical).to_vec())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let (alice, planner, researcher) =
        (SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?);
    let read = |resource: &str, most: i64| {
        Capability::new("crm.read", resource)?.with_arg("limit", [Constraint::max(most)])
    };
    let to = Principal::agent("planner", planner.public_key())?;
    let all = Grant::new(to, [read("accounts/**", 100)?], now + Duration::hours(8), "Q3 review")?;
    let token = Token::mint(Owner::human("alice@acme.com")?, &alice, all.with_max_hops(1), now)?;
    let to = Principal::agent("researcher", researcher.public_key())?;
    let end = now + Duration::minutes(15);
    let some = Grant::new(to, [read("accounts/emea/**", 10)?], end, "read the EMEA accounts")?
        .with_audience(["crm.acme.com"])?;
    let token = token.delegate(&planner, some, now)?;

    // The researcher presents the token for one call, and the service authorizes calls with the
    // presentation.
    let request = Request::new("crm.read", "accounts/emea/42", "crm.acme.com")?
        .with_args(r#"{"limit":5}"#)?;
    let presentation = token.present(&researcher, &request, now)?;
    let call = Call {
        operation: "crm.read",
        resource: "accounts/emea/42",
        audience: "crm.acme.com",
        args: [("limit".to_owned(), 5.into())].into_iter().collect(),
        now: u64::try_from(now.unix_timestamp())?,
    };
    for (what, token, call) in [
        ("the call as presented", presentation.as_bytes(), call.clone()),
        ("another resource", presentation.as_bytes(), Call { resource: "a/7", ..call.clone() }),
        ("another service", presentation.as_bytes(), Call { audience: "mail", ..call.clone() }),
        (
            "two minutes later",
            presentation.as_bytes(),
            Call { now: call.now + 120, ..call.clone() },
        ),
        ("the token, not presented", token.as_bytes(), call),
    ] {
        let allowed = stock::authorize(token, &alice.public_key().to_bytes(), &call, Vec::new());
        // The error is not printed: Biscuit 6.0.0 does not escape the texts of the token in it.
        println!("{what}: {}", if allowed.is_ok() { "allowed" } else { "refused" });
    }
    Ok(())
}
