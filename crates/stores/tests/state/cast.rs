//! An owner with two agents, her revocation lists, and a service, for these tests.

use deputize::{
    Capability, Decision, Grant, ListPolicy, NotAccepted, OperationPattern, Owner, Presentation,
    Principal, PublicKey, ReplayPolicy, Request, RevocationDraft, RevocationList, RevocationPolicy,
    Signer, SigningKey, StatementEffect, StatementState, Statements, Token, TrustAnchor, Verifier,
};
use time::{Duration, OffsetDateTime};

/// 2026-11-23T18:00:00Z.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn request() -> Request {
    Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap()
}

pub(crate) fn anchor(root: PublicKey) -> TrustAnchor {
    TrustAnchor::new(root, "alice@acme.com")
}

/// Alice, and two agents to whom she delegated the same.
pub(crate) struct Cast {
    pub(crate) alice: SigningKey,
    pub(crate) agents: [(SigningKey, Token); 2],
}

impl Cast {
    pub(crate) fn new() -> Self {
        let alice = SigningKey::generate().unwrap();
        let agents = ["planner", "researcher"].map(|name| {
            let key = SigningKey::generate().unwrap();
            let to = Principal::agent(name, key.public_key()).unwrap();
            let may = Capability::new("crm.read", "**").unwrap();
            let grant = Grant::new(to, [may], now() + Duration::hours(8), "a test").unwrap();
            let owner = Owner::human("alice@acme.com").unwrap();
            (key, Token::mint(owner, &alice, grant, now()).unwrap())
        });
        Self { alice, agents }
    }

    pub(crate) fn root(&self) -> PublicKey {
        self.alice.public_key()
    }

    /// Signs a list of Alice, issued `minutes` from now and valid for a day.
    pub(crate) fn signed(&self, draft: &RevocationDraft, minutes: i64) -> RevocationList {
        let at = now() + Duration::minutes(minutes);
        draft.sign(&self.alice, at, at + Duration::DAY).unwrap()
    }

    /// Two lists: the first revokes nothing, 40 minutes ago, and the second the hop of the first
    /// agent.
    pub(crate) fn two_lists(&self) -> [RevocationList; 2] {
        let first = self.signed(&RevocationDraft::own(), -40);
        let mut second = RevocationDraft::after(&first);
        second.revoke_hop(&self.agents[0].1.hops()[0], now());
        [self.signed(&second, 0), first].into_iter().rev().collect::<Vec<_>>().try_into().unwrap()
    }

    /// The call of an agent.
    pub(crate) fn present(&self, agent: usize, at: OffsetDateTime) -> Presentation {
        let (key, token) = &self.agents[agent];
        token.present(key, &request(), at).unwrap()
    }
}

/// A service whose lists must be at most an hour old.
pub(crate) struct Crm {
    pub(crate) statements: Statements,
    verifier: Verifier,
}

impl Crm {
    pub(crate) fn new(root: PublicKey, state: impl StatementState + 'static) -> Self {
        let statements = Statements::new(anchor(root), state).unwrap();
        let verifier = Verifier::new(
            anchor(root),
            RevocationPolicy::by_lists(ListPolicy::new(&statements, Duration::HOUR)),
            ReplayPolicy::accepted_for([OperationPattern::Any]),
        );
        Self { statements, verifier }
    }

    pub(crate) fn accept(&self, list: &[u8]) -> Result<StatementEffect, NotAccepted> {
        self.statements.accept(list, now()).map(|accepted| accepted.effect)
    }

    /// `allowed`, or the codes of the refusal.
    pub(crate) fn decide(&self, presentation: Presentation, at: OffsetDateTime) -> String {
        match self.verifier.decide(presentation, request(), at) {
            Decision::Allow(_) => "allowed".to_owned(),
            Decision::Deny(denial) => {
                let codes = denial.reasons().iter().map(|reason| reason.code.as_str());
                codes.collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Returns the decision about a call of an agent `minutes` from now.
    pub(crate) fn call(&self, cast: &Cast, agent: usize, minutes: i64) -> String {
        let at = now() + Duration::minutes(minutes);
        self.decide(cast.present(agent, at), at)
    }
}
