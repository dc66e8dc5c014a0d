//! Policies of a service in Biscuit Datalog (feature `biscuit`).
//!
//! A chain carries the limits of its owner and its delegators. A service often has rules of its own
//! too, and can keep them as Datalog, in a file that changes independently of the program:
//!
//! ```
//! # use deputize::*;
//! # use deputize::biscuit::DatalogPolicy;
//! # use time::{Duration, macros::datetime};
//! # let now = datetime!(2026-11-23 18:00 UTC);
//! # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
//! # let agent = Principal::agent("planner", planner.public_key())?;
//! # let grant = Grant::new(agent, [Capability::new("crm.read", "**")?], now + Duration::hours(8), "Q3")?;
//! # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
//! # let request = Request::new("crm.read", "accounts/apac/42", "crm.acme.com")?;
//! # let presentation = token.present(&planner, &request, now)?;
//! # let verifier = Verifier::new(
//! #     TrustAnchor::new(alice.public_key(), "alice@acme.com"),
//! #     RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
//! #     ReplayPolicy::refused_by(MemoryReplayGuard::new(1_000, now)),
//! # );
//! let policy = DatalogPolicy::new(
//!     r#"
//!     // Agents work in these regions only, whatever their grant says.
//!     region("emea"); region("amer");
//!     check if resource_path($path), region($region),
//!         $path.get(0) === "accounts", $path.get(1) === $region;
//!     // Chains of more than three hops are refused.
//!     deny if hop($index, $delegator, $delegate, $id), $index > 2;
//!     allow if operation("crm.read");
//!     "#,
//! )?;
//! let decision = verifier.decide_with_policy(presentation, request, now, policy.check());
//! let denial = decision.into_result().unwrap_err();
//! assert!(denial.has(DenyCode::PolicyRefused));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! List what is permitted, as here. A `deny if` that names a resource misses its other spellings:
//! `accounts/emea/%34%32`, or digits of another script.
//!
//! The engine gets facts about a verified chain and the request, and no block of any token. So no
//! untrusted rule is run.
//!
//! | fact | type of its terms |
//! |---|---|
//! | those of [`interop`](crate::interop), except `satisfies` | |
//! | `owner(name, kind, root_key)` | string, string, bytes |
//! | `hop(index, delegator, delegate, id)`, from 0 | integer, string, string, bytes |
//! | `issued(index, time)`, `expires(index, time)` | integer, date |
//! | `purpose(index, text)` | integer, string |
//! | `key(index, delegate_key)` | integer, bytes |
//! | `holder(name, kind, key)` | string, string, bytes |
//!
//! # Names are claims
//!
//! A delegator chooses the name of its delegate: a planner can call Mallory's key `alice@acme.com`.
//! Only the owner's name is bound to a key. Compare the keys of others, which are 32 bytes:
//!
//! ```
//! # use deputize::{Signer, SigningKey, biscuit::DatalogPolicy};
//! # let planner = SigningKey::generate()?;
//! let key = planner.public_key().to_string().replace("ed25519/", "hex:");
//! let policy = DatalogPolicy::new(&format!(
//!     "our_planner({key}); check if key(0, $key), our_planner($key); allow if true;"
//! ))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Values of arguments
//!
//! - Compare with `===` and `!==`. Values of different types are an error to them, and an error in
//!   any statement refuses the call. To `==` they are only different.
//! - A value that no limit can judge (a float, an object, an element of a list that contains one)
//!   has no type, order or length here, and is not second 0 as in [`interop`](crate::interop).
//!   Every operation on it is an error, except that it is `!=` and never `==` to anything, itself
//!   included, and that no list contains it. Two lists of such values differ, unless they are
//!   empty.
//! - An absent argument is `null`, and `null === null`. Check that it is present:
//!   `$args.contains("amount")`.
//!
//! # Limits
//!
//! The arguments of a call may have [`MAX_POLICY_VALUES`] values and [`MAX_POLICY_TEXT`] bytes of
//! text. A policy that takes longer than [`MAX_POLICY_TIME`] refuses the call, but the engine does
//! not interrupt a query, so the refusal may come late. Keep queries small: one over *k* hops looks
//! at (number of hops)<sup>*k*</sup> combinations, 0.1 s for three of 32 hops and some seconds for
//! four, and `all` inside `all` at the square of a list, 0.2 s for 900 elements.

mod error;
mod facts;
mod statements;

use std::time::Instant;

use biscuit_auth::Authorizer;
use biscuit_auth::builder::{AuthorizerBuilder, Fact as EngineFact};
use biscuit_auth::datalog::RunLimits;
use biscuit_auth::error::{FailedCheck, Logic, MatchedPolicy, Token as EngineError};

use crate::limits::{
    HARD_MAX_POLICY_TIME, MAX_POLICY_FACTS, MAX_POLICY_ITERATIONS, MAX_POLICY_TIME,
};
#[cfg(doc)]
use crate::limits::{MAX_POLICY_TEXT, MAX_POLICY_VALUES};
use crate::request::Request;
use crate::verify::verified_chain::VerifiedChain;

use facts::facts;
use statements::Query;

pub use error::{DatalogError, StatementFault};

/// A Datalog policy of a service, in addition to the grants of a chain.
///
/// It is evaluated last, for a call that everything else allows, so it can only refuse. A call
/// passes if the first matching policy is an `allow` and every check holds. If the engine fails or
/// exceeds its limits, the call is refused.
///
/// Every query of every check and policy is evaluated in full, also after a policy that matches. So
/// the answer depends on the chain, the call and the policy alone, except for the limit of time.
#[derive(Debug, Clone)]
pub struct DatalogPolicy {
    rules: AuthorizerBuilder,
    queries: Vec<Query>,
    limits: RunLimits,
}

impl DatalogPolicy {
    /// Reads facts, rules, checks and policies. Without at least one `allow`, such as a final
    /// `allow if true;`, every call is refused.
    ///
    /// # Errors
    ///
    /// [`DatalogError::Syntax`] if the text is not Datalog. [`DatalogError::Statement`] if the
    /// engine would not evaluate a statement as it reads, as [`StatementFault`] lists.
    pub fn new(datalog: &str) -> Result<Self, DatalogError> {
        let rules = AuthorizerBuilder::new()
            .code(datalog)
            .map_err(|error| DatalogError::Syntax(error.to_string()))?;
        let parsed = rules.clone().build_unauthenticated();
        let queries = statements::check(&parsed.map_err(|error| DatalogError::engine(&error))?)?;
        let limits = RunLimits {
            max_facts: MAX_POLICY_FACTS,
            max_iterations: MAX_POLICY_ITERATIONS,
            max_time: MAX_POLICY_TIME,
        };
        Ok(Self { rules, queries, limits })
    }

    /// Sets limits of the engine, instead of [`MAX_POLICY_FACTS`], [`MAX_POLICY_ITERATIONS`] and
    /// [`MAX_POLICY_TIME`]. The time is at most [`HARD_MAX_POLICY_TIME`], and there is at least one
    /// iteration.
    pub fn with_limits(self, limits: RunLimits) -> Self {
        // The engine adds the time to the present and subtracts from the iterations, unchecked.
        let limits = RunLimits {
            max_iterations: limits.max_iterations.max(1),
            max_time: limits.max_time.min(HARD_MAX_POLICY_TIME),
            ..limits
        };
        Self { limits, ..self }
    }

    /// Returns an authorizer with this policy and the facts about `chain` and `request`, to query
    /// them. Its `time` is that of the chain's verification.
    ///
    /// Decide with [`check`](Self::check). The authorizer's own `authorize` stops at the first
    /// match, so it may miss an error.
    ///
    /// # Errors
    ///
    /// [`DatalogError::TooManyValues`] and [`DatalogError::TooMuchText`] about the arguments, and
    /// [`DatalogError::Engine`] if the engine refuses a fact.
    pub fn authorizer(
        &self,
        chain: &VerifiedChain,
        request: &Request,
    ) -> Result<Authorizer, DatalogError> {
        let mut rules = self.rules.clone().set_limits(self.limits.clone());
        for fact in facts(chain, request)? {
            rules = rules.fact(fact).map_err(|error| DatalogError::engine(&error))?;
        }
        rules.build_unauthenticated().map_err(|error| DatalogError::engine(&error))
    }

    /// Returns the policy in the form that
    /// [`Verifier::decide_with_policy`](crate::Verifier::decide_with_policy) and
    /// [`VerifiedChain::authorize_with_policy`] take.
    pub fn check(&self) -> impl FnOnce(&VerifiedChain, &Request) -> Result<(), String> + '_ {
        |chain, request| {
            // A bound on work, as in the engine, and not a time that is compared with others.
            let start = Instant::now();
            let mut authorizer = self.authorizer(chain, request).map_err(|e| e.to_string())?;
            self.evaluate_in_full(&mut authorizer).map_err(|e| e.to_string())?;
            authorizer.authorize().map_err(|error| refusal(&error, &authorizer))?;
            // The engine does not count the time in which it reads facts.
            let (took, most) = (start.elapsed(), self.limits.max_time);
            if took >= most {
                return Err(DatalogError::TooSlow { took, most }.to_string());
            }
            Ok(())
        }
    }

    /// Evaluates each query for all facts. The engine keeps them in random order, and
    /// `Authorizer::authorize` stops at the first match or error: where a query has both, its answer
    /// is random.
    fn evaluate_in_full(&self, authorizer: &mut Authorizer) -> Result<(), DatalogError> {
        authorizer.run().map_err(|error| DatalogError::engine(&error))?;
        for Query { statement, rule } in &self.queries {
            authorizer
                .query::<_, EngineFact, _>(rule.clone())
                .map_err(|error| DatalogError::evaluation(statement, &error))?;
        }
        Ok(())
    }
}

/// Describes a refusal by the text of the policy or the checks that refused.
fn refusal(error: &EngineError, authorizer: &Authorizer) -> String {
    let failed = |checks: &[FailedCheck]| {
        let rule = |check: &FailedCheck| match check {
            FailedCheck::Block(own) => own.rule.clone(),
            FailedCheck::Authorizer(own) => own.rule.clone(),
        };
        checks.iter().map(rule).collect::<Vec<_>>()
    };
    let (policy, checks) = match error {
        EngineError::FailedLogic(Logic::NoMatchingPolicy { checks }) => {
            ("no policy allows the call".to_owned(), failed(checks))
        }
        EngineError::FailedLogic(Logic::Unauthorized { policy, checks }) => match policy {
            MatchedPolicy::Deny(index) => {
                let (_, _, _, policies) = authorizer.dump();
                (policies.get(*index).map_or_else(String::new, ToString::to_string), failed(checks))
            }
            MatchedPolicy::Allow(_) => (String::new(), failed(checks)),
        },
        other => (DatalogError::engine(other).to_string(), Vec::new()),
    };
    let parts = Some(policy).filter(|policy| !policy.is_empty()).into_iter().chain(checks);
    parts.collect::<Vec<_>>().join("; ")
}
