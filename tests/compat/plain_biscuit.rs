//! The example `plain_biscuit`: a service that uses only the stock `biscuit-auth` allows the
//! presented call, and refuses others because of the blocks that limit them.

use std::collections::BTreeSet;

use biscuit_auth::builder::Fact;
use biscuit_auth::error::{FailedCheck, Logic, Token as Error};
use deputize::testing::RawToken;
use deputize::{Capability, Constraint, PublicKey, Request, Signer, interop};
use serde_json::{Value, json};
use time::Duration;

use crate::common::{
    NONCE, WINDOW, alice, grant, held, key, mint, now, planner, present_for, presented, researcher,
    shown,
};

#[path = "../../examples/plain_biscuit.rs"]
#[expect(dead_code, reason = "the test runs its service, not its `main`")]
mod example;

use example::stock::{self, Call};

/// The blocks whose checks failed, or `None` for a token that is not valid.
type Refused = Option<BTreeSet<u32>>;

/// Alice's block and the planner's are 0 and 1, the presentation is 2.
fn blocks(ids: &[u32]) -> Result<(), Refused> {
    Err(Some(ids.iter().copied().collect()))
}

fn authorize(token: &[u8], root: PublicKey, call: &Call, more: Vec<Fact>) -> Result<(), Refused> {
    stock::authorize(token, &root.to_bytes(), call, more).map_err(|error| match error {
        Error::Format(_) => None,
        Error::FailedLogic(
            Logic::Unauthorized { checks, .. } | Logic::NoMatchingPolicy { checks },
        ) => Some(checks.into_iter().map(block).collect()),
        other => panic!("{other:?}"),
    })
}

fn block(check: FailedCheck) -> u32 {
    match check {
        FailedCheck::Block(check) => check.block_id,
        FailedCheck::Authorizer(check) => panic!("{check:?}"),
    }
}

/// The standard call, this long after the standard time.
fn call(resource: &'static str, args: Value, later: Duration) -> Call {
    let now = (now() + later).unix_timestamp().try_into().unwrap();
    let args = args.as_object().unwrap().clone();
    Call { operation: "crm.read", resource, audience: "crm.acme.com", args, now }
}

fn request(call: &Call) -> Request {
    let request = Request::new(call.operation, call.resource, call.audience).unwrap();
    request.with_arg_map(call.args.clone()).unwrap()
}

#[test]
fn a_call_is_refused_by_the_blocks_that_limit_it() {
    let good = call("accounts/emea/42", json!({"limit": 5}), Duration::ZERO);
    let apac = call("accounts/apac/7", json!({"limit": 5}), Duration::ZERO);
    let six = call("accounts/emea/42", json!({"limit": 6}), Duration::ZERO);
    let fifty = call("accounts/emea/42", json!({"limit": 50}), Duration::ZERO);
    let none = call("accounts/emea/42", json!({}), Duration::ZERO);
    let late = call("accounts/emea/42", json!({"limit": 5}), Duration::minutes(2));
    let over = call("accounts/emea/42", json!({"limit": 5}), Duration::minutes(16));
    let mail = Call { audience: "mail.acme.com", ..good.clone() };
    let anew = |call: &Call, later| {
        held().present(&researcher(), &request(call), now() + later, WINDOW, NONCE)
    };
    let soon = Duration::ZERO;
    let root = alice().public_key();
    for (what, chain, call, expected) in [
        ("the call as presented", presented(), &good, Ok(())),
        ("another resource", presented(), &apac, blocks(&[1, 2])),
        ("another resource, presented as such", anew(&apac, soon), &apac, blocks(&[1])),
        ("another argument, which is allowed too", presented(), &six, blocks(&[2])),
        ("an argument beyond one of two limits", anew(&fifty, soon), &fifty, blocks(&[1])),
        ("no argument where one is required", anew(&none, soon), &none, blocks(&[0, 1])),
        ("another service", presented(), &mail, blocks(&[0, 1, 2])),
        ("the presentation two minutes later", presented(), &late, blocks(&[2])),
        ("presented after the expiry", anew(&over, Duration::minutes(16)), &over, blocks(&[1])),
        ("the token itself, not presented", held(), &good, Err(None)),
    ] {
        assert_eq!(authorize(&chain.to_bytes(), root, call, Vec::new()), expected, "{what}");
    }
    let bytes = presented().to_bytes();
    let other = key(50).public_key();
    assert_eq!(authorize(&bytes, other, &good, Vec::new()), Err(None), "another root key");
    let mut tampered = bytes.clone();
    tampered[bytes.len() / 2] ^= 1;
    assert_eq!(authorize(&tampered, root, &good, Vec::new()), Err(None), "one bit flipped");
}

/// For limits that Datalog cannot express, `interop` adds the facts that are true of the request.
#[test]
fn a_limit_beyond_datalog_needs_the_facts_of_interop() {
    let own = Capability::new("crm.read", "accounts/**")
        .and_then(|own| own.with_arg("export", [Constraint::glob("reports/*.csv").unwrap()]))
        .unwrap();
    let only = grant("planner", &planner(), own, Duration::HOUR);
    for (export, asks, expected) in [
        ("reports/q3.csv", true, Ok(())),
        ("reports/q3.csv", false, blocks(&[0])),
        ("reports/../salaries.csv", true, blocks(&[0])),
    ] {
        let call = call("accounts/emea/42", json!({ "export": export }), Duration::ZERO);
        let chain = present_for(mint(only.clone()), &planner(), &request(&call));
        let more = if asks { satisfied(&chain, &request(&call)) } else { Vec::new() };
        let found = authorize(&chain.to_bytes(), alice().public_key(), &call, more);
        assert_eq!(found, expected, "{export}");
    }
}

/// The facts `satisfies(argument, kind, parameter)`, which consist of strings here.
fn satisfied(chain: &RawToken, request: &Request) -> Vec<Fact> {
    let facts = interop::facts(&shown(chain), request, now()).unwrap().facts;
    let satisfied = facts.into_iter().filter(|fact| fact.name == "satisfies");
    let term = |term| match term {
        interop::Term::String(text) => biscuit_auth::builder::Term::Str(text),
        other => panic!("{other:?}"),
    };
    let fact = |own: interop::Fact| {
        Fact::new(own.name.to_owned(), own.terms.into_iter().map(term).collect::<Vec<_>>())
    };
    satisfied.map(fact).collect()
}
