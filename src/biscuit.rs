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
//! # let request = Request::new("crm.read", "accounts/emea/42", "crm.acme.com")?;
//! # let presentation = token.present(&planner, &request, now)?;
//! # let verifier = Verifier::new(
//! #     TrustAnchor::new(alice.public_key(), "alice@acme.com"),
//! #     RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
//! #     ReplayPolicy::refused_by(MemoryReplayGuard::new(1_000, now)),
//! # );
//! let policy = DatalogPolicy::new(
//!     r#"
//!     // Nobody works on frozen accounts, whatever their grant says.
//!     frozen("accounts/emea/42");
//!     deny if resource($path), frozen($path);
//!     // Chains of more than three hops are refused.
//!     deny if hop($index, $delegator, $delegate, $id), $index > 2;
//!     allow if true;
//!     "#,
//! )?;
//! let decision = verifier.decide_with_policy(presentation, request, now, policy.check());
//! let denial = decision.into_result().unwrap_err();
//! assert!(denial.has(DenyCode::PolicyRefused));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The engine gets facts about a verified chain and the request, and no block of any token. So no
//! untrusted rule is run.
//!
//! | fact | type of its terms |
//! |---|---|
//! | those of [`interop`](crate::interop), but `satisfies` | |
//! | `owner(name, kind, root_key)` | string, string, bytes |
//! | `hop(index, delegator, delegate, id)`, from 0 | integer, string, string, bytes |
//! | `issued(index, time)`, `expires(index, time)` | integer, date |
//! | `purpose(index, text)` | integer, string |
//! | `key(index, delegate_key)` | integer, bytes |
//! | `holder(name, kind, key)` | string, string, bytes |

use biscuit_auth::Authorizer;
use biscuit_auth::builder::AuthorizerBuilder;
use biscuit_auth::builder::{Fact as EngineFact, MapKey, Term as EngineTerm};
use biscuit_auth::datalog::RunLimits;
use biscuit_auth::error::{FailedCheck, Logic, MatchedPolicy, Token as EngineError};
use thiserror::Error;

use crate::interop::{Fact, Term, bytes, fact, request_facts, string};
use crate::limits::{MAX_POLICY_FACTS, MAX_POLICY_ITERATIONS, MAX_POLICY_TIME};
use crate::principal::PrincipalKind;
use crate::request::Request;
use crate::time::UnixTime;
use crate::verify::verified_chain::VerifiedChain;

/// A Datalog policy of a service, in addition to the grants of a chain.
///
/// It is evaluated last, for a call that everything else allows, so it can only refuse. A call
/// passes if the first matching policy is an `allow` and every check holds. If the engine fails or
/// exceeds its limits, the call is refused.
#[derive(Debug, Clone)]
pub struct DatalogPolicy {
    rules: AuthorizerBuilder,
    limits: RunLimits,
}

impl DatalogPolicy {
    /// Reads facts, rules, checks and policies. Without at least one `allow`, such as a final
    /// `allow if true;`, every call is refused.
    ///
    /// # Errors
    ///
    /// [`DatalogError`] if the text is not Datalog.
    pub fn new(datalog: &str) -> Result<Self, DatalogError> {
        let rules = AuthorizerBuilder::new().code(datalog).map_err(|e| DatalogError::of(&e))?;
        let limits = RunLimits {
            max_facts: MAX_POLICY_FACTS,
            max_iterations: MAX_POLICY_ITERATIONS,
            max_time: MAX_POLICY_TIME,
        };
        Ok(Self { rules, limits })
    }

    /// Sets limits of the engine, instead of [`MAX_POLICY_FACTS`], [`MAX_POLICY_ITERATIONS`] and
    /// [`MAX_POLICY_TIME`].
    pub fn with_limits(self, limits: RunLimits) -> Self {
        Self { limits, ..self }
    }

    /// Returns an authorizer with this policy and the facts about `chain` and `request`, ready to
    /// run. Its `time` is that of the chain's verification.
    ///
    /// # Errors
    ///
    /// [`DatalogError`] if the engine refuses a fact or a rule, or reaches a limit.
    pub fn authorizer(
        &self,
        chain: &VerifiedChain,
        request: &Request,
    ) -> Result<Authorizer, DatalogError> {
        let facts = request_facts(request, chain.at).into_iter().chain(chain_facts(chain));
        // The engine derives facts while it is built, so the limits must be set first.
        let mut rules = self.rules.clone().set_limits(self.limits.clone());
        for Fact { name, terms } in facts {
            let terms: Vec<EngineTerm> = terms.into_iter().map(EngineTerm::from).collect();
            let fact = EngineFact::new(name.to_owned(), terms);
            rules = rules.fact(fact).map_err(|e| DatalogError::of(&e))?;
        }
        rules.build_unauthenticated().map_err(|e| DatalogError::of(&e))
    }

    /// Returns the policy in the form that
    /// [`Verifier::decide_with_policy`](crate::Verifier::decide_with_policy) and
    /// [`VerifiedChain::authorize_with_policy`] take.
    pub fn check(&self) -> impl FnOnce(&VerifiedChain, &Request) -> Result<(), String> + '_ {
        |chain, request| {
            let mut authorizer = self.authorizer(chain, request).map_err(|e| e.to_string())?;
            match authorizer.authorize() {
                Ok(_) => Ok(()),
                Err(error) => Err(refusal(&error, &authorizer)),
            }
        }
    }
}

fn chain_facts(chain: &VerifiedChain) -> Vec<Fact> {
    let (owner, holder) = (chain.owner(), chain.holder());
    let kind = |kind: PrincipalKind| string(kind.as_str());
    let date = |at: UnixTime| Term::Date(at.seconds());
    let mut facts = vec![
        fact(
            "owner",
            vec![string(owner.name()), kind(owner.kind()), bytes(&chain.root_key().to_bytes())],
        ),
        fact(
            "holder",
            vec![string(holder.name()), kind(holder.kind()), bytes(&holder.key().to_bytes())],
        ),
    ];
    for (index, hop) in (0_i64..).zip(chain.hops()) {
        let index = || Term::Integer(index);
        let (delegator, delegate) = (hop.delegator(), hop.delegate());
        facts.extend([
            fact(
                "hop",
                vec![
                    index(),
                    string(delegator.name()),
                    string(delegate.name()),
                    bytes(&hop.id().to_bytes()),
                ],
            ),
            fact("key", vec![index(), bytes(&delegate.key().to_bytes())]),
            fact("issued", vec![index(), date(hop.issued)]),
            fact("expires", vec![index(), date(hop.grant.expires)]),
            fact("purpose", vec![index(), string(hop.grant().purpose())]),
        ]);
    }
    facts
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
        other => (format!("the policy cannot be decided: {other}"), Vec::new()),
    };
    let parts = Some(policy).filter(|policy| !policy.is_empty()).into_iter().chain(checks);
    parts.collect::<Vec<_>>().join("; ")
}

impl From<Term> for EngineTerm {
    fn from(term: Term) -> Self {
        match term {
            Term::Null => Self::Null,
            Term::Bool(b) => Self::Bool(b),
            Term::Integer(i) => Self::Integer(i),
            Term::String(text) => Self::Str(text),
            Term::Date(seconds) => Self::Date(seconds),
            Term::Bytes(bytes) => Self::Bytes(bytes),
            Term::Set(terms) => Self::Set(terms.into_iter().map(Self::from).collect()),
            Term::Array(terms) => Self::Array(terms.into_iter().map(Self::from).collect()),
            Term::Map(entries) => Self::Map(
                entries.into_iter().map(|(name, term)| (MapKey::Str(name), term.into())).collect(),
            ),
        }
    }
}

/// The failure of the engine to read a policy or to decide by it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the policy cannot be decided: {0}")]
pub struct DatalogError(String);

impl DatalogError {
    fn of(error: &EngineError) -> Self {
        Self(error.to_string())
    }
}
